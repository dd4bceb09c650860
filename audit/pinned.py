"""A reference that an earlier audit, or a file, gives: the applicants that a night of refusals needs.

A batch holds refusals alone, so it has nobody to compare with. Its reference is pinned by digest, and
refused where it was scored by another model or chosen for another cutoff.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.config import Config, PinnedSeen
from audit.errors import ConfigError, UsageError
from audit.host import Host
from audit.record import Model, Reference

if TYPE_CHECKING:
    from audit.data.dataset import Kind
    from audit.job import References, Values

Row = Mapping[str, float | str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """A pinned reference with its rows, and what ``check`` judges of it."""

    reference: Reference
    values: Values
    seen: PinnedSeen

    @property
    def by_cutoff(self) -> References:
        """The reference under the cutoff that it is for; None where it serves every cutoff."""
        return {self.reference.cutoff: (self.reference, self.values)}


def pinned_reference(
    config: Config, model: Model, kinds: Mapping[str, str], ledger: str, host: Host | None
) -> Pinned | None:
    """Fetch the pinned reference that a config names; None where it names none.

    Parameters
    ----------
    kinds : feature -> number, truth or text
    ledger : str
        URL of the ledger in which ``from: AUDIT`` is looked for.
    host : Host, optional
        Holds the model, which scores the applicants anew.

    Raises
    ------
    ConfigError
        Neither a file nor an audit of that name is there, or it holds no such reference.
    LedgerError
        The applicants of an audit's reference are locked, and its key file is not at hand.
    """
    pinned = config.explain.reference.pinned
    if pinned is None:
        return None
    file = config.file(pinned.origin)
    if file.is_file():
        reference, rows, of_model = _from_file(config, file)
    else:
        reference, rows, of_model = _from_audit(config, ledger)
    values = columns_of(config, rows, kinds)
    few = config.explain.reference.min_rows
    cause = f"only {len(rows)} applicants, {few} are needed" if len(rows) < few else None
    reference = replace(reference, kind="pinned", rows=(), n=len(rows), cause=cause, origin=pinned.origin)
    if of_model == model.digest and rows and host is not None:
        # The same model gives the same scores: what the report prints of it is measured, not copied.
        scores = host.score(values)
        reference = replace(
            reference,
            mean_score=float(scores.mean()),
            low=float(scores.min()),
            high=float(scores.max()),
        )
    seen = PinnedSeen(
        digest=reference.digest,
        model_digest=of_model,
        cutoffs=() if reference.cutoff is None else (reference.cutoff,),
        low=reference.low,
        high=reference.high,
    )
    return Pinned(reference, values, seen)


def kinds_of(config: Config, ledger: str) -> dict[str, Kind]:
    """Return what each feature is, number or text, by the applicants of the pinned reference."""
    pinned = config.explain.reference.pinned
    if pinned is None:
        return {}
    file = config.file(pinned.origin)
    _, rows, _ = _from_file(config, file) if file.is_file() else _from_audit(config, ledger)
    words = {column for row in rows for column, cell in row.items() if isinstance(cell, str)}
    return {column: "text" if column in words else "number" for row in rows[:1] for column in row}


def columns_of(config: Config, rows: Sequence[Row], kinds: Mapping[str, str]) -> Values:
    """Turn rows into the columns that a scorer takes: float64 with NaN, or objects with "".

    Raises
    ------
    ConfigError
        A feature stands in no row, or holds what its column in the data cannot.
    """
    import numpy as np

    found: dict[str, Any] = {}
    for column, kind in kinds.items():
        if rows and not any(column in row for row in rows):
            fact = f"the pinned reference does not hold the feature {column!r}"
            raise _fault(config, fact, "Pin a reference of the model and the features of this config")
        cells = [row.get(column) for row in rows]
        if not all(cell is None or (isinstance(cell, str) == (kind == "text")) for cell in cells):
            fact = f"the feature {column!r} is {kind} in the data, and is not in the pinned reference"
            raise _fault(config, fact, "Pin a reference that was made of data like these")
        if kind == "text":
            found[column] = np.array(["" if cell is None else cell for cell in cells], dtype=object)
        else:
            numbers = [np.nan if cell is None else float(cell) for cell in cells]
            found[column] = np.array(numbers, dtype=np.float64)
    return found


def written(reference: Reference, rows: Sequence[Row], model_digest: str) -> bytes:
    """Return the bytes of a reference file; its SHA-256 is what a config pins."""
    body = {
        "kind": reference.kind,
        "model": model_digest,
        "cutoff": reference.cutoff,
        "rows": [dict(sorted(row.items())) for row in rows],
    }
    return (json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _from_file(config: Config, file: Path) -> tuple[Reference, list[Row], str]:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    try:
        body = json.loads(content)
        rows, cutoff, of_model = body["rows"], body["cutoff"], str(body["model"])
        if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
            raise TypeError
        cutoff = None if cutoff is None else float(cutoff)
    except (ValueError, KeyError, TypeError) as error:
        fact = f"{file.name} is no reference file"
        way_out = "Write one with plainspoken show AUDIT --reference FILE"
        raise _fault(config, fact, way_out) from error
    return Reference("pinned", digest, len(rows), len(rows), cutoff, None, None, None), rows, of_model


def _from_audit(config: Config, url: str) -> tuple[Reference, list[Row], str]:
    from audit.ledger import Ledger
    from audit.ledger.database import is_empty

    pinned = config.explain.reference.pinned
    assert pinned is not None
    try:
        if is_empty(url):
            raise UsageError("there is no ledger")
        with Ledger.open(url) as ledger:
            audit = ledger.find(pinned.origin)
            known = {one.digest: one for one in ledger.references(audit.audit)}
    except UsageError as error:
        fact = f"no file and no audit {pinned.origin!r} is found"
        raise _fault(config, fact, "Name a reference file, or an audit of this ledger") from error
    if pinned.sha256 not in known:
        held = ", ".join(sorted(known)) or "none"
        fact = f"audit {audit.audit[:12]} has no reference {pinned.sha256[:16]} (it has {held})"
        raise _fault(config, fact, "Pin one that it has")
    with Ledger.open(url) as ledger:
        rows: list[Row] = list(ledger.reference_rows(audit.audit, pinned.sha256))
    return known[pinned.sha256], rows, audit.model.digest


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and all(
        cell is None
        or isinstance(cell, str)
        or (isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell))
        for cell in row.values()
    )


def _fault(config: Config, fact: str, way_out: str) -> ConfigError:
    return ConfigError(config.lines.fault(("explain", "reference", "pinned", "from"), fact, way_out))
