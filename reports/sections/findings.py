"""Findings: first what is not met, each with its way out, then what is open, met, and the screens."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reports.numbered import Numbered, numbered
from reports.outcomes import OPEN, duties
from reports.sealed import read
from reports.wording import capital, count, number_in_words, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.sealed import Reading

LABEL = "Findings"
MOST_ROWS = 50  # the rest stands in the attached file


@dataclass(frozen=True, slots=True)
class Block:
    """One group of rows under a heading."""

    heading: str
    rows: tuple[Numbered, ...]
    source: str = ""
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the section prints."""

    finding: str
    cards: tuple[Numbered, ...]
    blocks: tuple[Block, ...]
    screens: tuple[Block, ...]
    left_off: int
    total: int
    wide: bool  # an interval stands in the column of measured values


def _by_screen(rows: Sequence[Numbered]) -> tuple[Block, ...]:
    return tuple(
        Block(title, (first, *rest), first.source, first.bound)
        for title, its in groupby(rows, key=lambda n: n.title)
        for first, *rest in (list(its),)
    )


def query(ledger: Reading, audit_id: str) -> Findings:
    """Read every finding."""
    sealed = read(ledger, audit_id)
    every = numbered(sealed.asked, sealed.references)
    owed = [n for n in every if n.kind != "convention"]
    cards = [n for n in owed if n.outcome in ("not_met", "error")]
    blocks = [
        ("Open", [n for n in owed if n.outcome in ("inconclusive", "not_measured")]),
        ("Met", [n for n in owed if n.outcome == "met"]),
        ("Does not apply", [n for n in owed if n.outcome == "not_applicable"]),
    ]
    screens = [n for n in every if n.kind == "convention"]
    room = MOST_ROWS - sum(len(rows) for _, rows in blocks)
    shown = screens[: max(room, 12)]
    asked = duties(sealed.asked)
    unmet = sum(a.outcome == "not_met" for a in asked)
    open_ = sum(a.outcome in OPEN for a in asked)
    met = sum(a.outcome == "met" for a in asked)
    if not asked:
        finding = "No duty was asked about; screens only"
    elif unmet:
        finding = (
            f"{capital(number_in_words(unmet))} {plural(unmet, 'requirement is', 'requirements are')} not met"
        )
        finding += f"; {number_in_words(open_)} {plural(open_, 'is', 'are')} open" if open_ else ""
    elif open_:
        finding = f"{capital(number_in_words(met))} met, none found unmet; {number_in_words(open_)} open"
    else:
        finding = (
            f"All {count(met)} requirements that were measured are met" if met else "Nothing was evaluated"
        )
    return Findings(
        finding,
        tuple(cards),
        tuple(Block(heading, tuple(rows)) for heading, rows in blocks if rows),
        _by_screen(shown),
        len(screens) - len(shown),
        len(every),
        any(len(n.measured) > 12 and n.outcome != "not_measured" for _, rows in blocks for n in rows),
    )


def title(data: Findings) -> str:
    """Return how many requirements are not met, and how many open."""
    return data.finding
