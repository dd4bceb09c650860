"""Page 2 of a fair-lending report: its contents, and every item that it should hold, measured or not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reports.register import Item, register
from reports.sealed import read

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Contents"
LIMITS = (
    "This report states what was measured. It does not conclude that a model or a lender obeys the law, and "
    "a number of it is no evidence that anybody was or was not treated unlawfully.",
    "It names no applicant. A group that was estimated is a weight, and nobody’s race or ethnicity.",
    "A small gap can matter and a large one can be noise: read each number with its n and its interval.",
)


@dataclass(frozen=True, slots=True)
class LendingContents:
    """What page 2 prints beside the contents."""

    held: tuple[tuple[str, tuple[Item, ...]], ...]
    limits: tuple[str, ...]


def query(ledger: Reading, audit_id: str) -> LendingContents:
    """Read what was measured of all that such a report should hold."""
    items = register(read(ledger, audit_id))
    held = tuple((heading, tuple(its)) for heading, its in groupby(items, key=lambda one: one.heading))
    return LendingContents(held, LIMITS)


def title(data: LendingContents) -> str:
    """Return what page 2 is; it has no finding."""
    return "Contents, and what was measured of them" if data.held else "Contents"
