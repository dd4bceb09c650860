"""Compiled pages with what many letters say set into them: a letter sets its own few words, and is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reports.compiled.codes import drawn
from reports.compiled.cutting import Slot
from reports.compiled.frozen import compressed
from reports.compiled.packed import Packed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.compiled.cutting import Cut
    from reports.compiled.frozen import Frozen
    from reports.compiled.page import Compiled
    from reports.compiled.setting import Line
    from reports.compiled.shape import Shape

Lines = tuple["Line", ...] | None  # of a text; None where it may not change


@dataclass(frozen=True, slots=True)
class Plate:
    """A page whose own texts take so many lines.

    Parameters
    ----------
    packed : the contents of its pages, what many say compressed; None where nobody told what that is
    still : what is drawn besides the own texts
    """

    cut: Cut
    packed: tuple[Packed, ...] | None
    frozen: Frozen
    still: str

    def contents(self, shape: Shape, lines: Sequence[Lines], numbers: Sequence[Line | None]) -> list[bytes]:
        """Return the compressed contents of a letter's pages."""

        def value(slot: Slot) -> bytes:
            kind, of, line = slot
            if kind == "text":
                return lines[of][line].shown  # type: ignore[index]
            if kind == "number":
                return numbers[of].shown  # type: ignore[union-attr]
            if kind == "code":
                return drawn(shape.codes[of])
            return self.cut.scales[of].place(shape.shares[of])

        if self.packed is not None:
            return [page.filled(value) for page in self.packed]
        return [
            compressed(b"".join([value(part) if isinstance(part, Slot) else part for part in parts]))
            for parts in self.cut.pages
        ]


@dataclass(frozen=True, slots=True)
class Alike:
    """What is known of letters that say the same, but for what is each person's own.

    Parameters
    ----------
    cut : what sets the texts of their shape; without pages
    own : the places of the own texts among all
    lines : of the other texts; None for the own ones
    repertoire : what the other texts need at the least
    plates : by the numbers of lines of their own texts
    """

    cut: Cut
    own: tuple[int, ...]
    lines: tuple[Lines, ...]
    repertoire: int
    plates: dict[tuple[Any, ...], Plate] = field(default_factory=dict)

    def plate(self, page: Compiled, repertoire: int, *, is_told: bool) -> Plate:
        """Return the plate of a compiled page.

        Parameters
        ----------
        is_told : bool
            Whether the places of the own texts were told, and are not merely all there are.
        """
        packed = tuple(Packed(self._set(parts)) for parts in page.cut.pages) if is_told else None
        still = "".join(line.text for each in self.lines for line in each or ())
        return Plate(page.cut, packed, page.frozen[repertoire], page.still + still)

    def _set(self, parts: Sequence[bytes | Slot]) -> Iterator[bytes | Slot]:
        """Yield the parts of a page, the slots filled of what is not somebody's own."""
        for part in parts:
            if isinstance(part, Slot) and part.kind == "text" and (lines := self.lines[part.of]) is not None:
                yield lines[part.line].shown
            else:
                yield part
