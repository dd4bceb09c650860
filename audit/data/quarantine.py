"""Rows that cannot be audited, and why; the rest goes on without them.

A row is set aside when it has no id or shares it, when what decides about it is missing or says
what the config does not know, or when a feature is no number or an infinite one in a column of
numbers. A missing feature, a missing protected attribute and an outcome not yet observed are no
faults. No message here names an id or a value: only columns, counts and row numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from audit.config import bind
from audit.data.cells import as_words, equal, numbers
from audit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import Config

    Mask = NDArray[np.bool_]

STAGES = ("rule", "score", "judgmental", "gray_band")
UNDECIDED = ("incomplete", "withdrawn")
RAGGED = "the row has another number of cells than the header"
DUPLICATE = "{id}: the id stands in more than one row"
_ROWS_NAMED = 5


def action_words(config: Config, frame: pl.DataFrame) -> pl.Series | None:
    """Return the action of each row in our words, null where it has none; None where none is stated."""
    stated = config.record.action
    if stated is None:
        return None
    bound = bind(stated, frame.columns)
    if bound.column is None:
        return pl.Series([bound.value], dtype=pl.String).new_from_index(0, frame.height)
    words = as_words(frame[bound.column])
    return _meant(words, stated.values)


def stage_words(config: Config, frame: pl.DataFrame) -> pl.Series | None:
    """Return what decided each row in our words, null where it does not say; None where none is stated."""
    stated = config.decision.stage
    return None if stated is None else _meant(as_words(frame[stated.column]), stated.values)


def _meant(words: pl.Series, values: Mapping[str, str]) -> pl.Series:
    """Return words of the data as ours, "?" where the config gives them no meaning."""
    if not values:
        return words
    meaning = {str(word).strip(): ours for word, ours in values.items()}
    return words.replace_strict(meaning, default="?", return_dtype=pl.String).zip_with(
        words.is_not_null(), pl.Series([None], dtype=pl.String)
    )


def row_faults(config: Config, frame: pl.DataFrame) -> dict[str, Mask]:
    """Return, by cause, which rows of a chunk of text cannot be decided about.

    Duplicate ids and features are not looked at here: they need the whole pass.
    """
    decision = config.decision
    faults: dict[str, pl.Series] = {}
    faults[f"{config.data.id}: the id is missing"] = frame[config.data.id].is_null()
    if config.data.person is not None:
        faults[f"{config.data.person}: the person is missing"] = frame[config.data.person].is_null()
    decided = pl.Series([True]).new_from_index(0, frame.height)
    actions = action_words(config, frame)
    if actions is not None:
        known = actions.is_in(_ACTIONS).fill_null(False)
        faults["record.action: the action is missing"] = actions.is_null()
        faults["record.action: an action that the config does not know"] = actions.is_not_null() & ~known
        # An application that was withdrawn or never complete has no decision to be missing.
        decided = ~actions.is_in(UNDECIDED).fill_null(False)
    if decision.taken is not None:
        column = decision.taken.column
        faults[f"{column}: the decision taken is missing"] = frame[column].is_null() & decided
    words = stage_words(config, frame)
    if decision.stage is not None and words is not None:
        column = decision.stage.column
        faults[f"{column}: the stage is missing"] = words.is_null() & decided
        unknown = ~words.is_in(STAGES).fill_null(True)
        faults[f"{column}: a stage other than {', '.join(STAGES)}"] = unknown
    for column, what in _decided_by(config):
        values = numbers(frame[column])
        faults[f"{column}: the {what} is missing"] = values.is_null() & decided
        faults[f"{column}: the {what} is not a finite number"] = ~values.is_finite().fill_null(True)
    if decision.cutoff is not None and decision.cutoff.by is not None:
        column = decision.cutoff.by
        words = as_words(frame[column])
        named = words.is_in(list(decision.cutoff.values)).fill_null(False)
        faults[f"{column}: no cutoff is stated for its value"] = ~named & decided
    return {cause: mask.to_numpy() for cause, mask in faults.items() if mask.any()}


_ACTIONS = (
    "approved",
    "denied",
    "counteroffer",
    "partial",
    "limit_decrease",
    "terminate",
    "apr_increase",
    *UNDECIDED,
)


def _decided_by(config: Config) -> list[tuple[str, str]]:
    columns = []
    if config.model is not None and config.model.scores is not None:
        columns.append((config.model.scores, "score"))
    if config.decision.cutoff is not None and config.decision.cutoff.column is not None:
        columns.append((config.decision.cutoff.column, "cutoff"))
    return columns


def taken_adverse(config: Config, frame: pl.DataFrame) -> pl.Series | None:
    """Return whether the decision really taken was a refusal; None where the config names none."""
    taken = config.decision.taken
    return None if taken is None else equal(frame[taken.column], taken.adverse)


def check_share(name: str, causes: Mapping[str, list[int]], n_rows: int, at_most: float) -> None:
    """Refuse data of which too large a share was set aside.

    Parameters
    ----------
    causes : mapping
        Rows (from 0) by cause, each row once.

    Raises
    ------
    DataError
        With counts by cause and row numbers (from 1, the header not counted).
    """
    n_bad = sum(len(rows) for rows in causes.values())
    if not n_rows:
        raise DataError(f"{name}: it holds no rows. Nothing can be audited without one.")
    if n_bad <= at_most * n_rows and n_bad < n_rows:
        return
    told = "; ".join(
        f"{cause} ({len(rows)}: {'row' if len(rows) == 1 else 'rows'} {_first(rows)})"
        for cause, rows in sorted(causes.items(), key=lambda item: -len(item[1]))
    )
    raise DataError(
        f"{name}: {n_bad} of {n_rows} rows cannot be read ({n_bad / n_rows:.2%}, at most {at_most:.2%} "
        f"may be set aside): {told}. Correct these rows, or raise data.max_quarantined."
    )


def _first(rows: list[int]) -> str:
    named = ", ".join(str(row + 1) for row in rows[:_ROWS_NAMED])
    return named + (" …" if len(rows) > _ROWS_NAMED else "")
