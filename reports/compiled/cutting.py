"""WeasyPrint's finished pages cut into what every letter of a shape has, and slots for what differs.

WeasyPrint draws each line of text as one ``BT … ET``, and the box tree says which line of which
element it is. So nothing is searched for by its looks: a line is matched by the place where it was
drawn, and each slot is proved by setting its text alone and finding the same bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from reports.compiled.codes import drawn
from reports.compiled.setting import Line, Setter, Unset, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reports.compiled.shape import Shape

_DRAWN = re.compile(
    rb"BT\n1 0 0 -1 ([-\d.]+) ([-\d.]+) Tm\n(?:/(\w+) ([-\d.]+) Tf\n)\[((?:<[0-9a-f]*>|[-\d.]+)+)\] TJ\nET\n"
)
_BEGUN = re.compile(rb"^BT\n(?!ET$)", re.MULTILINE)  # a drawing's title is an empty text


class Uncut(Exception):
    """A page that cannot be compiled; the message is the cause and what to change, without any value."""


class Slot(NamedTuple):
    """Where a value goes: a line of a text, a notice number, or the place of a mark."""

    kind: str  # "text", "number", "share", "code"
    of: int
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
    numbers, scales : tuples
        The setters of the notice numbers, and the scales of the marks.
    """

    pages: tuple[tuple[bytes | Slot, ...], ...]
    texts: tuple[Setter | None, ...]
    counts: tuple[int, ...]
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
    text_of = {id(elements[owner]): index for index, owner in enumerate(owners)}
    mark_of = {id(elements[number]): index for index, number in enumerate(shape.marks())}
    lines: dict[int, tuple[Setter, tuple[Line, ...]]] = {}
    done: Counter[int] = Counter()
    loose: set[int] = set()  # texts that share their line, or do not begin at its left
    numbers: list[Setter | None] = [None] * len(shape.numbers)
    scales: dict[int, Scale] = {}
    pages: list[tuple[bytes | Slot, ...]] = []
    for page, stream in zip(document.pages, streams, strict=True):
        slots = [*_marks(page, stream, mark_of, shape, scales), *_codes(stream, shape)]
        boxes = _by_place(page)
        found = list(_DRAWN.finditer(stream))
        if len(found) != len(_BEGUN.findall(stream)):
            raise Uncut("a text is drawn in several fonts, or turned: give it one font")
        for one in found:
            box = boxes.get((one[1], one[2]))
            if box is None:
                raise Uncut("two texts stand in one place, or a text has no box")
            index = text_of.get(id(box.text.element))
            if box.margin:
                slot = _in_margin(box, shape, numbers, setter)
                slots += [] if slot is None else [(*one.span(5), slot)]
            elif index is not None and not (box.alone and _begins_left(box)):
                loose.add(index)
            elif index is not None:
                if index not in lines:
                    lines[index] = _set(box, shape.texts[index], setter)
                theirs = lines[index][1]
                if done[index] == len(theirs) or not _same(theirs[done[index]], one):
                    raise Uncut(f"the text of {_place(shape, index)} is drawn otherwise than set alone")
                slots.append((*one.span(5), Slot("text", index, done[index])))
                done[index] += 1
        pages.append(tuple(_parts(stream, slots)))
    for index, (_, theirs) in lines.items():
        if done[index] != len(theirs) or index in loose:
            raise Uncut(f"not every line of {_place(shape, index)} is drawn")
    if len(scales) != len(mark_of):
        raise Uncut("a mark on a scale is not drawn as one rectangle")
    places = [part.of for page in pages for part in page if isinstance(part, Slot) and part.kind == "code"]
    if sorted(places) != list(range(len(shape.codes))):
        raise Uncut("a code is drawn otherwise than its path says, or not once")
    n = len(shape.texts)
    return Cut(
        pages=tuple(pages),
        texts=tuple(lines[index][0] if index in lines else None for index in range(n)),
        counts=tuple(done[index] for index in range(n)),
        numbers=tuple(numbers),
        scales=tuple(scales[index] for index in range(len(scales))),
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
            return Slot("number", index)
    return None


def _set(box: _Box, text: str, setter: Callable[[Any, float], Setter]) -> tuple[Setter, tuple[Line, ...]]:
    x = box.block.content_box_x()
    found = setter(box.text.style, (x + box.block.width) - x)  # as WeasyPrint's lines reckon it
    try:
        return found, found.lines(text)
    except Unset as cause:
        raise Uncut(str(cause)) from cause


def _same(line: Line, drawn: re.Match[bytes]) -> bool:
    return (line.font.encode(), line.size, line.shown) == (drawn[3], drawn[4], drawn[5])


def _marks(
    page: Any, stream: bytes, mark_of: dict[int, int], shape: Shape, scales: dict[int, Scale]
) -> Iterator[tuple[int, int, Slot]]:
    """Yield the places of marks on scales: rectangles whose left edge is a share of their block's width."""
    for block in (box for root in page._page_box.children for box in root.descendants(placeholders=True)):
        for box in block.children:
            index = mark_of.get(id(box.element))
            if index is None or box.children:
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


def _codes(stream: bytes, shape: Shape) -> Iterator[tuple[int, int, Slot]]:
    """Yield the places of QR codes."""
    for index, path in enumerate(shape.codes):
        lines = drawn(path)
        for found in re.finditer(rb"(?m)^" + re.escape(lines), stream):
            yield *found.span(), Slot("code", index)


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
