"""Page 1 of a fair-lending report: the widest gap, the duties about groups, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import ratios, register, wording
from reports.access import heading_of
from reports.outcomes import duties
from reports.sealed import read
from reports.sections import summary
from reports.verdict import verdict
from reports.wording import count, number_in_words, plural

if TYPE_CHECKING:
    from reports.charts import forest
    from reports.outcomes import Mark
    from reports.sealed import Reading, Sealed

LABEL = "Summary"
_RESTRICTED = ("fair_lending", "privileged")


@dataclass(frozen=True, slots=True)
class LendingSummary:
    """Everything page 1 prints."""

    name: str
    about: str
    access: str
    counsel: bool
    demonstration: str
    trust: str
    verdict: str
    lead: str
    duties: str
    keys: tuple[summary.Key, ...]
    strip_title: str
    strip: forest.Strip | None
    strip_narrow: forest.Strip | None
    meaning: str
    tests: str
    open: tuple[register.Item, ...]
    counts: tuple[tuple[str, Mark], ...]


def query(ledger: Reading, audit_id: str, *, counsel: bool = False) -> LendingSummary:
    """Read what page 1 tells.

    Parameters
    ----------
    counsel : whether the report says that counsel directed it
    """
    sealed = read(ledger, audit_id)
    whole = summary.query(ledger, audit_id)
    held = register.register(sealed)
    opened = tuple(one for one in held if one.open)
    finding = ratios.finding(sealed)
    return LendingSummary(
        name=whole.name,
        about=whole.about,
        access=heading_of(sealed, counsel=counsel),
        counsel=counsel,
        demonstration=whole.demonstration,
        trust=whole.trust,
        verdict=finding + ".",
        lead=_lead(len(held), opened),
        duties=_duties(sealed),
        keys=whole.keys[:3],
        strip_title=whole.strip_title,
        strip=whole.strip,
        strip_narrow=whole.strip_narrow,
        meaning=ratios.meaning(sealed) if whole.strip else "",
        tests=whole.lowest,
        open=opened,
        counts=whole.counts,
    )


def title(data: LendingSummary) -> str:
    """Return the widest gap."""
    return data.verdict


def _duties(sealed: Sealed) -> str:
    """Say what became of the duties that speak of groups; all others stand in Findings."""
    asked = tuple(
        a for a in duties(sealed.asked) if a.requirement is not None and a.requirement.access in _RESTRICTED
    )
    if not asked:
        return "No policy in force asks a duty about groups."
    n = len(asked)
    spoken = verdict(asked, sealed.references)
    many = f"{wording.capital(number_in_words(n))} {plural(n, 'duty speaks', 'duties speak')}"
    return f"{many} of groups. {spoken}"


def _lead(n: int, opened: tuple[register.Item, ...]) -> str:
    if not opened:
        return f"All {count(n)} items that a report of this kind holds were measured or stated."
    return (
        f"Of {count(n)} items that a report of this kind holds, {number_in_words(len(opened))} "
        f"{plural(len(opened), 'was', 'were')} not measured or not stated; each is named below with its "
        "cause."
    )
