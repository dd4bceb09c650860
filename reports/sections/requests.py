"""Requests: what people asked after their decisions, and how often a review overturned one.

Why so: people ask after the audit was sealed, so no run can seal these numbers. Each request is sealed by
entries of its own; the section counts those rows, and names the last of the entries that it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.fairness.intervals import wilson_interval
from reports.wording import count, percent, percent_interval, plural

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Requests"


@dataclass(frozen=True, slots=True)
class Requests:
    """What the section prints."""

    finding: str
    rows: tuple[tuple[str, str], ...]
    rests_on: str
    meaning: str


def query(ledger: Reading, audit_id: str) -> Requests | None:
    """Read what came of the requests; None where nobody asked for anything."""
    found = ledger.reviews(audit_id)
    if found is None:
        return None
    rows = [
        ("Requests", count(found.opened)),
        ("Not answered yet", count(found.waiting)),
        ("Past their last day", count(found.late)),
        ("Reviews decided", count(found.decided)),
    ]
    rate, n = found.overturn_rate, found.decided
    if rate is None:
        finding = f"{count(found.opened)} {plural(found.opened, 'request')}; no review was decided"
    else:
        share = f"{count(found.overturned)} of {count(n)}"
        finding = f"{share} reviewed decisions {plural(found.overturned, 'was', 'were')} overturned"
        low, high = wilson_interval(found.overturned, n)
        rows.append(("Overturned", f"{share}, {percent(rate)} (95 % interval {percent_interval(low, high)})"))
    return Requests(
        finding=finding,
        rows=tuple(rows),
        rests_on=f"Counted from the acts of this audit up to log entry {count(found.entry)}.",
        meaning=(
            "A review is one by somebody who could change the decision. The interval says what a few reviews "
            "leave open; people who asked for one are no sample of all."
        ),
    )


def title(data: Requests) -> str:
    """Return what the reviews came to."""
    return data.finding
