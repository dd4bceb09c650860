"""One refusal from score to letter: its factors, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from reports import wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.record import Decision
    from reports.sealed import Reading, Sealed

# The example is the first refusal that is not held with the most reasons among so many.
_LOOKED_AT = 200

DROPPED = {
    "helped": "never printed: it helped",
    "below_floor": "not printed: under the floor",
    "beyond_at_most": "not printed: beyond the number allowed",
    "other_component": "not printed: another component decided",
}


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One factor of the example: ``width`` of 100 to the right of zero, or to its left."""

    code: str
    label: str
    points: str
    right: float
    left: float
    letter: str
    printed: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One refusal from score to letter."""

    about: str
    rows: tuple[ExampleRow, ...]


def example(ledger: Reading, sealed: Sealed, labels: Mapping[str, tuple[str, str]]) -> Example | None:
    """Choose a refusal that may be told, and tell it.

    Parameters
    ----------
    labels : factor -> its code and its label
    """
    # Whether its letter was sent meanwhile must not change the report, so only held ones are passed over.
    refused = ledger.decisions(sealed.audit.audit, outcome="adverse")
    told = (decision for decision in refused if decision.notice.state != "held")
    found: Decision | None = None
    for decision in islice(told, _LOOKED_AT):
        scored = [r for r in decision.reasons if r.contribution is not None]
        if scored and (found is None or len(scored) > len(found.reasons)):
            found = decision
    if found is None or found.score is None:
        return None
    sizes = [r.contribution for r in found.reasons if r.contribution is not None]
    dropped = [(d.factor, d.contribution, d.cause) for d in found.dropped if d.contribution is not None]
    sizes += [size for _, size, _ in dropped]
    most = max(abs(s) for s in sizes) or 1.0

    def row(factor: str, size: float, letter: str, *, printed: bool) -> ExampleRow:
        code, label = labels.get(factor, ("", factor.replace("_", " ")))
        width = round(abs(size) / most * 70, 1)
        right, left = (width, 0.0) if size > 0 else (0.0, round(width * 3 / 7, 1))
        return ExampleRow(code, label, wording.signed(size), right, left, letter, printed)

    rows = [
        row(r.factor, r.contribution, f"reason {r.rank}", printed=True)
        for r in found.reasons
        if r.contribution is not None
    ]
    for factor, size, cause in sorted(dropped, key=lambda d: (-d[1], d[0])):
        rows.append(row(factor, size, DROPPED.get(cause, cause.replace("_", " ")), printed=False))
    references = (sealed.figure("reference") or {}).get("references", ())
    mean = next((r["mean_score"] for r in references if r["digest"] == found.reference), None)
    against = (
        "" if mean is None else f" Compared with the average of the comparison group, {wording.score(mean)}."
    )
    name = f"Decision {wording.short_id(found.decision)} (a pseudonym)"
    about = f"{name}, score {wording.score(found.score)}.{against} Right: toward refusal."
    return Example(about, tuple(rows))
