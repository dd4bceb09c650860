"""The shapes that an explaining letter prints: parts with a heading, and what may stand in one.

Each shape has one macro in ``templates/letters/explanation/parts.html`` and one of the same words in
``parts.txt``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reports.sheet import ReasonLine, Row, Sheet


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text without a variable in it."""

    text: str
    form: ClassVar[str] = "paragraph"


@dataclass(frozen=True, slots=True)
class Rows:
    """Labels and their values; a value may have several lines."""

    rows: tuple[tuple[str, tuple[str, ...]], ...]
    form: ClassVar[str] = "rows"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list under a heading of its own; ranked where the order says something."""

    title: str
    items: tuple[str, ...]
    ranked: bool = True
    form: ClassVar[str] = "listing"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a head, under a heading of its own where there is one."""

    title: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    form: ClassVar[str] = "grid"


Block = Paragraph | Rows | Listing | Grid


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a letter: a heading, and blocks in reading order."""

    name: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Sheet):
    """Everything that an explaining letter prints, in reading order."""

    asked: tuple[Row, ...]
    opening: tuple[str, ...]
    reasons: tuple[ReasonLine, ...]
    parts: tuple[Part, ...]


def part(name: str, heading: str, blocks: Iterable[Block | None]) -> Part | None:
    """Return a part of the blocks that are there; None where none is."""
    found = tuple(block for block in blocks if block is not None)
    return Part(name, heading, found) if found else None


def paragraphs(*texts: str) -> tuple[Paragraph, ...]:
    """Return a paragraph of each text that says something."""
    return tuple(Paragraph(" ".join(text.split())) for text in texts if text.strip())


def rows(*pairs: tuple[str, Iterable[str]]) -> Rows | None:
    """Return the pairs that have a value; None where none has."""
    found = tuple((label, lines) for label, given in pairs if (lines := tuple(given)))
    return Rows(found) if found else None


def listing(title: str, items: Iterable[str], *, ranked: bool = True) -> Listing | None:
    """Return a list; None where it would be empty."""
    found = tuple(items)
    return Listing(title, found, ranked) if found else None
