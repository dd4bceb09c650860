"""The first hour: a model and its data become a config and a dictionary to complete.

``begin`` looks at both, scores some rows behind the walls that every model is held by, and returns the two
texts; it writes nothing. ``draft`` does the dictionary alone, for the inputs that have no factor yet.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import host as hosts
from audit.config.model import PICKLES
from audit.data.cells import as_words, equal, numbers, truths
from audit.data.dataset import as_array
from audit.errors import ModelError, UsageError
from audit.host import Host, Order
from audit.models import digest_of
from audit.record import Model, Trust
from audit.start.audit_yaml import Found, audit_yaml
from audit.start.factors import drafts
from audit.start.reasons_yaml import reasons_yaml
from audit.start.roles import Roles, roles_of
from audit.start.scored import Cut, Orientation, cut, orientation, same_order
from audit.start.table import Column, Table, look

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORED = 5_000  # rows at most, evenly spaced


@dataclass(frozen=True, slots=True)
class Begun:
    """The two drafts, and what was seen, a sentence a thing."""

    audit_yaml: str
    reasons_yaml: str
    told: tuple[str, ...]


def begin(
    model: str,
    data: Path,
    folder: Path,
    *,
    today: dt.date,
    features: Sequence[str] = (),
    output: int | str = 0,
    trust: tuple[str, str] | None = None,
    name: str | None = None,
) -> Begun:
    """Look at a model and its data, and draft what an audit of them needs.

    Parameters
    ----------
    model : a file, a SavedModel's folder, or ``python:module:function``
    data : a CSV or Parquet file
    folder : where the drafts are to lie; paths in them start there
    today : the day that trust and the audit are dated for
    features : the model's inputs in the order of its training, where it does not name them
    trust : by whom, and why, a model that runs code may be opened

    Raises
    ------
    UsageError
        A file is not there, or the data have not the columns that the model reads.
    DataError, ModelError
    """
    table = look(data)
    path = _model_path(model, folder)
    # The folder of the drafts need not be there yet, so a file is opened where it lies.
    where = path if ":" in path else str(Path(model).resolve())
    with _Opened(where, folder, data, table, features, output, trust, today) as opened:
        described, inputs, named = opened.model, opened.inputs, opened.named
        roles = roles_of(table, frozenset(inputs))
        at = np.unique(np.linspace(0, table.n - 1, min(SCORED, table.n)).astype(np.int64))
        scores = opened.host.score({name: _cells(table, name)[at] for name in inputs})
    seen, cutoff = _oriented(table, roles, scores, at)
    found = Found(
        name=name or f"{data.name.split('.')[0]}, {described.name}",
        as_of=today,
        model_path=path,
        model_is=_in_words(described, len(inputs)),
        data_path=_relative(data, folder),
        table=table,
        inputs=inputs,
        named_by_model=named or bool(features),
        roles=roles,
        orientation=seen,
        low=float(scores.min()),
        high=float(scores.max()),
        cut=cutoff,
        output=output,
        sha256=described.digest if path.lower().endswith(PICKLES) else None,
        trust=trust,
        same_scores=tuple(one for one in roles.scores if same_order(scores, _numbers(table, one)[at])),
    )
    factors = drafts(table, inputs)
    return Begun(
        audit_yaml(found), reasons_yaml(factors, roles.sounds_protected), tuple(_told(found, len(factors)))
    )


class _Opened:
    """The model behind its walls, with the inputs that it reads; a context manager."""

    def __init__(
        self,
        path: str,
        folder: Path,
        data: Path,
        table: Table,
        features: Sequence[str],
        output: int | str,
        trust: tuple[str, str] | None,
        today: dt.date,
    ) -> None:
        self._order = (path, folder, data, output, trust, today)
        absent = [one for one in features if one not in table]
        if absent:
            raise _absent("--features names", absent, table)
        self.host = self._start(tuple(features))
        try:
            self.model, self.inputs, self.named = self._inputs(table, features)
        except BaseException:
            self.host.close()
            raise

    def __enter__(self) -> _Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.host.close()

    def _start(self, features: tuple[str, ...]) -> Host:
        path, folder, data, output, trust, today = self._order
        stated = Trust(*trust, today) if trust is not None else None
        pinned = digest_of(Path(path)) if path.lower().endswith(PICKLES) and stated else None
        return hosts.start(
            Order(path, folder.resolve(), stated, pinned, output, features, hidden=(data.resolve(),))
        )

    def _inputs(self, table: Table, features: Sequence[str]) -> tuple[Model, tuple[str, ...], bool]:
        try:
            found = self.host.model()
        except ModelError as error:
            if features or "without names" not in str(error):
                raise
            found = None  # a model that counts its columns and does not name them
        if found is not None and found.inputs:
            absent = [one for one in found.inputs if one not in table]
            if absent:
                raise _absent("the model reads", absent, table)
            return found, found.inputs, True
        # It takes columns by their order: those that have no other role, first without protected ones.
        failures: list[ModelError] = []
        for candidates in _candidates(table):
            self.host.close()
            self.host = self._start(candidates)
            try:
                return self.host.model(), candidates, False
            except ModelError as error:
                failures.append(error)
        raise UsageError(
            f"{failures[0]} It does not name its columns: give them with --features, in their order."
        )


def _candidates(table: Table) -> list[tuple[str, ...]]:
    """Return the inputs that a model without names may read, the likelier ones first."""
    roles = roles_of(table, frozenset())
    dates = {column.name for column in table.columns if column.kind in ("date", "empty")}
    free = [one.name for one in table.columns if one.name not in roles.taken_columns() | dates]
    plain = tuple(one for one in free if one not in roles.sounds_protected)
    return list(dict.fromkeys((plain, tuple(free))))


def _absent(who: str, absent: Sequence[str], table: Table) -> UsageError:
    listed = ", ".join(absent[:12]) + (f" and {len(absent) - 12} more" if len(absent) > 12 else "")
    columns = ", ".join(table.frame.columns[:12]) + (" …" if table.frame.width > 12 else "")
    return UsageError(
        f"{table.name}: columns: {who} {listed}, which the data do not have (they have {columns}). "
        "Give the data as the model reads them, after all preparation."
    )


def _cells(table: Table, name: str) -> NDArray[Any]:
    column: Column = table[name]
    cells = table.frame[name]
    if column.kind == "number":
        return as_array(numbers(cells).fill_nan(None))
    if column.kind == "truth":
        return as_array(truths(cells).cast(float))
    return as_array(as_words(cells))


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    return np.asarray(numbers(table.frame[name]).fill_null(np.nan).to_numpy(), dtype=np.float64)


def _oriented(
    table: Table, roles: Roles, scores: NDArray[np.float64], at: NDArray[np.int64]
) -> tuple[Orientation, Cut | None]:
    seen = Orientation(None, "no column of the data says what was decided or what happened")
    cutoff = None
    # What was decided comes first: the outcome of those who were refused is seldom known.
    labels = ([roles.taken] if roles.taken is not None else []) + list(
        roles.observed if len(roles.observed) == 1 else ()
    )
    for label in labels:
        cells = table.frame[label.column][at]
        known = cells.is_not_null().to_numpy()
        if label.adverse is None:
            seen = Orientation(None, f"which value of {label.column} is the bad one is not told by its name")
            continue
        adverse = equal(cells, label.adverse).to_numpy()[known]
        seen = orientation(scores[known], adverse, label.column)
        if label is roles.taken and seen.adverse is not None:
            cutoff = cut(scores[known], adverse, seen.adverse)
        if seen.adverse is not None:
            break
    return seen, cutoff


def _model_path(model: str, folder: Path) -> str:
    if model.startswith(("python:", "scores:")):
        return model
    file = Path(model)
    if not file.exists():
        raise UsageError(f"{model}: model: there is no such file. Name the model's file with --model.")
    return _relative(file, folder) + ("/" if file.is_dir() else "")


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def _in_words(model: Model, n: int) -> str:
    return f"{model.framework}, {n} inputs, output: {model.output}"


def _told(found: Found, n_factors: int) -> list[str]:
    roles = found.roles
    rows = f"{found.table.n:,} rows" if found.table.whole else f"the first {found.table.n:,} rows"
    order = "" if found.named_by_model else "It does not name them: check their order. "
    lines = [
        f"Model: {found.model_is}. {order}Scores {found.low:.4g} to {found.high:.4g}.",
        f"Data: {found.table.name}, {rows} looked at; {n_factors} factors proposed.",
        f"Bad scores: {f'{found.orientation.adverse}, guessed: ' if found.orientation.adverse else ''}"
        f"{found.orientation.how}.",
    ]
    if roles.protected:
        lines.append(f"Protected, proposed from names: {', '.join(one.column for one in roles.protected)}.")
    heard = [one for one in found.inputs if one in roles.sounds_protected]
    if heard:
        lines.append(f"LOOK AT THIS FIRST: the model reads {', '.join(heard)}, protected by its name.")
    return lines
