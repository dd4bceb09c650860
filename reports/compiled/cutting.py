"""WeasyPrint's finished pages cut into what every letter of a shape has, and slots for what differs.

WeasyPrint draws each line of text as one ``BT … ET``, and the box tree says which line of which
element it is. So nothing is searched for by its looks: a line is matched by the place where it was
drawn, and each slot is proved by setting its text alone and finding the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from reports.compiled.setting import Line, Setter, Unset, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reports.compiled.shape import Shape

_DRAWN = re.compile(
    rb"BT\n1 0 0 -1 ([-\d.]+) ([-\d.]+) Tm\n(?:/(\w+) ([-\d.]+) Tf\n)\[((?:<[0-9a-f]*>|[-\d.]+)+)\] TJ\nET\n"
)
_BEGUN = re.compile(rb"^BT$", re.MULTILINE)


class Uncut(Exception):
    """A page that cannot be compiled; the message is the cause and what to change, without any value."""


class Slot(NamedTuple):
    """Where a value goes: a line of a text, a notice number, or the place of a mark."""

    kind: str  # "text", "number", "share"
    index: int
    line: int = 0


class Scale(NamedTuple):
    """A mark on a scale: where the scale begins, and how wide it is."""

    start: float
    width: float

    def place(self, share: str) -> bytes:
        """Return the mark's place, share in percent."""
        return written(self.start + self.width * float(share) / 100)


@dataclass(frozen=True, slots=True)
class Cut:
    """Pages with slots, and what fills each.

    Attributes
    ----------
    pages : tuple of tuples
        For each page its bytes and slots in turn.
    texts : tuple
        The setter of each text of the shape; None where the text may not change.
    counts : tuple of int
        How many lines each text has.
    drawn : tuple of bool
        Whether each text stands on a page.
    numbers, scales : tuples
        The setters of the notice numbers, and the scales of the marks.
    """

    pages: tuple[tuple[bytes | Slot, ...], ...]
    texts: tuple[Setter | None, ...]
    counts: tuple[int, ...]
    drawn: tuple[bool, ...]
    numbers: tuple[Setter | None, ...]
    scales: tuple[Scale, ...]


class _Box(NamedTuple):
    """A text box with the block that it lies in."""

    text: Any
    block: Any
    alone: bool
    margin: bool


def cut(
    document: Any, tree: Any, streams: Sequence[bytes], shape: Shape, setter: Callable[[Any, float], Setter]
) -> Cut:
    """Cut the pages of a document.

    Parameters
    ----------
    document, tree : what WeasyPrint laid out, and the elements that it read
    streams : sequence of bytes
        The pages' contents.
    setter : callable
        Returns the setter of a style and a width.

    Raises
    ------
    Uncut
        Something of the page is drawn otherwise than its text says.
    """
    names, owners = shape.elements()
    elements = [one for one in tree.iter() if isinstance(one.tag, str)]
    if [str(one.tag).rpartition("}")[2] for one in elements] != list(names):
        raise Uncut("the page leaves out tags that HTML adds: write out tbody, head and every closing tag")
    number_of = {id(one): n for n, one in enumerate(elements)}
    text_of = {owner: index for index, owner in enumerate(owners)}
    with_numbers, with_shares = shape.marked()

    setters: dict[int, Setter] = {}
    lines: dict[int, list[Line]] = {}
    numbers: list[Setter | None] = [None] * len(shape.numbers)
    scales: dict[int, Scale] = {}
    pages: list[tuple[bytes | Slot, ...]] = []
    loose: set[int] = set()  # texts that share their line, or do not begin at its left
    for page, stream in zip(document.pages, streams, strict=True):
        slots: list[tuple[int, int, Slot]] = []
        boxes = _by_place(page)
        found = list(_DRAWN.finditer(stream))
        if len(found) != len(_BEGUN.findall(stream)):
            raise Uncut("a text is drawn in several fonts, or turned: give it one font")
        for one in found:
            box = boxes.get((one[1], one[2]))
            if box is None:
                raise Uncut("two texts stand in one place, or a text has no box")
            slot = None
            if box.margin:
                slot = _in_margin(box, shape, numbers, setter)
            elif (index := text_of.get(number_of.get(id(box.text.element), -1))) is not None:
                if not box.alone or not _begins_left(box):
                    loose.add(index)
                    continue
                if index not in setters:
                    x = box.block.content_box_x()
                    setters[index] = setter(box.text.style, (x + box.block.width) - x)
                    lines[index] = _set(setters[index], shape.texts[index])
                done = sum(slot.index == index for _, _, slot in slots) + sum(
                    isinstance(part, Slot) and part.kind == "text" and part.index == index
                    for ready in pages
                    for part in ready
                )
                slot = Slot("text", index, done)
                if done >= len(lines[index]) or not _same(lines[index][done], one):
                    raise Uncut(f"the text of {_place(shape, index)} is drawn otherwise than set alone")
            if slot is not None:
                slots.append((*one.span(5), slot))
        slots += _marks(page, stream, elements, with_shares, shape, scales)
        pages.append(tuple(_parts(stream, slots)))
    for index, theirs in lines.items():
        drawn = sum(p.kind == "text" and p.index == index for ready in pages for p in ready if isinstance(p, Slot))
        if drawn != len(theirs) or index in loose:
            raise Uncut(f"not every line of {_place(shape, index)} is drawn")
    if len(scales) != len(with_shares):
        raise Uncut("a mark on a scale is not drawn as one rectangle")
    n = len(shape.texts)
    return Cut(
        pages=tuple(pages),
        texts=tuple(setters.get(index) for index in range(n)),
        counts=tuple(len(lines.get(index, ())) for index in range(n)),
        drawn=tuple(index in lines for index in range(n)),
        numbers=tuple(numbers),
        scales=tuple(scales[index] for index in range(len(with_shares))),
    )


def _by_place(page: Any) -> dict[tuple[bytes, bytes], _Box | None]:
    """Return the text boxes of a page by where their text begins; None where two begin in one place."""
    from weasyprint.formatting_structure.boxes import LineBox, MarginBox, TextBox

    found: dict[tuple[bytes, bytes], _Box | None] = {}
    for root in page._page_box.children:
        for block in root.descendants(placeholders=True):
            for line in block.children:
                if not isinstance(line, LineBox):
                    continue
                texts = [one for one in line.descendants() if isinstance(one, TextBox)]
                for text in texts:
                    if not text.text.strip():
                        continue
                    place = (written(text.position_x), written(text.position_y + text.baseline))
                    alone = len(line.children) == 1 and line.children[0] is text
                    alone = alone and text.element is block.element
                    box = _Box(text, block, alone, isinstance(root, MarginBox))
                    found[place] = None if place in found else box
    return found


def _begins_left(box: _Box) -> bool:
    style = box.text.style
    return (
        style["direction"] == "ltr"
        and box.block.style["text_align_all"] in ("start", "left")
        and bool(box.text.position_x == box.block.content_box_x())
        and bool(style["color"].alpha > 0)
    )


def _in_margin(
    box: _Box, shape: Shape, numbers: list[Setter | None], setter: Callable[[Any, float], Setter]
) -> Slot | None:
    for index, number in enumerate(shape.numbers):
        if box.text.text == number and _begins_left(box):
            numbers[index] = setter(box.text.style, inf)
            _set(numbers[index], number)  # type: ignore[arg-type]
            return Slot("number", index)
    return None


def _set(setter: Setter, text: str) -> list[Line]:
    try:
        return list(setter.lines(text))
    except Unset as cause:
        raise Uncut(str(cause)) from cause


def _same(line: Line, drawn: re.Match[bytes]) -> bool:
    return (line.font.encode(), line.size, line.shown) == (drawn[3], drawn[4], drawn[5])


def _marks(
    page: Any, stream: bytes, elements: list[Any], with_shares: Sequence[int], shape: Shape, scales: dict[int, Scale]
) -> Iterator[tuple[int, int, Slot]]:
    """Yield the places of marks on scales: rectangles whose left edge is a share of their block's width."""
    wanted = {id(elements[number]): index for index, number in enumerate(with_shares)}
    for block in (box for root in page._page_box.children for box in root.descendants(placeholders=True)):
        for box in block.children:
            index = wanted.get(id(getattr(box, "element", None)))
            if index is None or getattr(box, "children", ()):
                continue
            scale = Scale(box.position_x, block.width)
            edge, *rest = map(
                written, (box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height())
            )
            if scale.place(shape.shares[index]) != edge:
                raise Uncut("a mark's left edge is no share of its scale: give it a margin-left in percent")
            drawn = re.compile(rb"(?m)^(" + re.escape(edge) + rb") " + re.escape(b" ".join(rest)) + rb" re$")
            spans = [one.span(1) for one in drawn.finditer(stream)]
            if not spans:
                raise Uncut("a mark on a scale is not drawn as one rectangle")
            scales[index] = scale
            yield from ((*span, Slot("share", index)) for span in spans)


def _parts(stream: bytes, slots: list[tuple[int, int, Slot]]) -> Iterator[bytes | Slot]:
    end = 0
    for start, stop, slot in sorted(slots):
        yield stream[end:start]
        yield slot
        end = stop
    yield stream[end:]


def _place(shape: Shape, index: int) -> str:
    """Return a text's element as it is written in the page, so that a template's author finds it."""
    return shape.tokens[shape.at[index] - 1]
