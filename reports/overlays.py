"""What a state adds to a notice of adverse action for its residents: lines that the lender states.

Colorado, SB 26-189, decisions from 1 January 2027: a creditor that sends a notice under the ECOA or the
FCRA owes no duplicate (6-1-1704(6)). How to have data corrected and a human look is printed where the
lender states it; the attorney general's rules were still to come.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.deadline import read_date
from reports.explaining.stated import entity, told
from reports.sheet import Row

if TYPE_CHECKING:
    from audit.record import CaseFile
    from reports.terms import Terms

FIRST_DAYS = {"CO": dt.date(2027, 1, 1)}
LINES = ("correction", "human_review", "more")


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the residents of a state are told: rows under a heading."""

    state: str
    heading: str
    rows: tuple[Row, ...]


def overlays(terms: Terms, case: CaseFile, date: dt.date) -> tuple[Overlay, ...]:
    """Return what this person's state adds to the notice; empty where it adds nothing.

    Parameters
    ----------
    date : the day of the notice, which counts where the record has no day of decision
    """
    state = case.record.get("residence", "").strip().upper()
    decided = read_date(case.record.get("decided_at", "")) or date
    first, stated = FIRST_DAYS.get(state), (entity(terms).get("overlays") or {}).get(state)
    if first is None or decided < first or not stated:
        return ()
    words = terms.words["overlays"]
    lines = {key: told(stated.get(key), terms.words.code) for key in LINES}
    rows = tuple(Row(words[key], " ".join(text)) for key, text in lines.items() if text)
    return (Overlay(state, words[state], rows),) if rows else ()
