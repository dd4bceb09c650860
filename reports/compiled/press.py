"""The press: a letter's page becomes its PDF by stamping where that is proved equal, else by WeasyPrint.

Whether a letter is stamped depends on its own page alone and never on what was printed before, so
equal letters are equal bytes whatever came first and however many processes share the work.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from reports.compiled.cutting import Cut, Slot, Uncut, cut
from reports.compiled.frozen import Frozen, freeze
from reports.compiled.proving import other_number, other_share, other_texts
from reports.compiled.setting import Line, Setter, Unset
from reports.compiled.shape import Shape, shape_of
from reports.compiled.specimen import least, specimen
from reports.pdf import to_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.pdf import AttachedFile

_LOG = logging.getLogger(__name__)
_KEPT = 512  # compiled pages, of some 60 KB each


class Printed(NamedTuple):
    """A letter's PDF, how many pages it has, and the texts that stand on them."""

    content: bytes
    pages: int
    drawn: list[str]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A page whose texts take so many lines, with the fonts of each repertoire."""

    cut: Cut
    frozen: tuple[Frozen, ...]
    still: str  # what is drawn besides the texts of slots


@dataclass(slots=True)
class _Known:
    """A shape: what sets its texts, and its pages by the lines that they take."""

    cut: Cut
    pages: OrderedDict[tuple[Any, ...], _Compiled | Uncut] = field(default_factory=OrderedDict)


class Press:
    """Prints letters one after another, and remembers the shapes of their pages.

    Attributes
    ----------
    stamped : int
        How many letters were stamped.
    causes : Counter of str
        Why the others were rendered by WeasyPrint. No cause tells anything of a letter.
    """

    def __init__(self) -> None:
        self.stamped = 0
        self.causes: Counter[str] = Counter()
        self._known: OrderedDict[tuple[Any, ...], _Known | Uncut] = OrderedDict()
        self._setters: dict[str, Setter] = {}

    def print(
        self,
        html: str,
        styles: Sequence[str],
        identifier: bytes,
        attachments: Sequence[AttachedFile] = (),
        *,
        shape: Shape | None = None,
    ) -> Printed:
        """Return the PDF of a letter's page.

        Parameters
        ----------
        html, styles, identifier, attachments : as ``pdf.to_pdf``
        shape : Shape, optional
            That of the page, where it is known already.
        """
        shape = shape_of(html) if shape is None else shape
        try:
            made = self._stamp(shape, tuple(styles), identifier, attachments)
        except (Uncut, Unset) as cause:
            self.causes[str(cause)] += 1
            _LOG.info("a letter is rendered by WeasyPrint: %s", cause)
            return rendered(html, styles, identifier, attachments)
        self.stamped += 1
        return made

    def _stamp(
        self, shape: Shape, styles: tuple[str, ...], identifier: bytes, files: Sequence[AttachedFile]
    ) -> Printed:
        if "<svg" in shape.key:  # a code for each letter would be a shape for each letter
            raise Uncut("a drawing in the page, which may be another in each letter: give it as a picture")
        repertoire = _repertoire(shape, styles)
        named = tuple((one.name, one.description, one.at, one.relationship) for one in files)
        key = (shape.key, styles, named)
        known = self._recalled(self._known, key)
        if known is None:
            try:
                first = self._compile(shape, styles, files)
            except Uncut as cause:
                self._keep(self._known, key, cause)
                raise
            known = _Known(first.cut)
            known.pages[_lines_key(shape, first.cut, _set(shape, first.cut))] = first
            self._keep(self._known, key, known)
        lines = _set(shape, known.cut)
        numbers = [
            None if setter is None else setter.lines(number)[0]
            for setter, number in zip(known.cut.numbers, shape.numbers, strict=True)
        ]
        taken = _lines_key(shape, known.cut, lines)
        page = self._recalled(known.pages, taken)
        if page is None:
            try:
                page = self._compile_like(known.cut, shape, styles, files)
            except Uncut as cause:
                self._keep(known.pages, taken, cause)
                raise
            self._keep(known.pages, taken, page)
        made = specimen(styles, repertoire)
        for setters, texts in ((known.cut.texts, shape.texts), (known.cut.numbers, shape.numbers)):
            for setter, text in zip(setters, texts, strict=True):
                if setter is not None and not setter.is_within(text, made):
                    raise Unset("a glyph outside of the repertoire")
        contents = [_filled(parts, lines, numbers, page.cut, shape) for parts in page.cut.pages]
        content = page.frozen[repertoire].letter(contents, [one.content for one in files], identifier)
        drawn = [page.still, *(line.text for each in lines for line in each or ())]
        return Printed(content, len(contents), drawn)

    def _compile(self, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]) -> _Compiled:
        """Compile a letter's page, and prove it with another letter of its shape."""
        import pikepdf

        html = shape.filled(shape.texts, shape.numbers, shape.shares)
        first, _, content = self._cut(html, shape, styles, files)
        made = self._compile_like(first, shape, styles, files)
        if first != made.cut:
            raise Uncut("what stands beside a text moves with it: give it a fixed place and width")
        for other, repertoire in zip(made.frozen, (0, 1), strict=True):
            with pikepdf.open(BytesIO(content)) as pdf:
                if freeze(pdf, specimen(styles, repertoire)) != other:
                    raise Uncut("a text stands in the file's outlines or metadata too")
        return made

    def _compile_like(
        self, cut: Cut, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]
    ) -> _Compiled:
        """Compile another letter's page, whose texts take as many lines as this one's.

        No value of a letter comes near what is kept of a page.
        """
        import pikepdf

        lines = _set(shape, cut)
        counts = tuple(len(each or ()) for each in lines)
        texts = other_texts(shape.texts, cut.texts, counts)
        numbers = tuple(map(other_number, shape.numbers))
        another = shape_of(shape.filled(texts, numbers, tuple(map(other_share, shape.shares))))
        if another.key != shape.key:
            raise Uncut("a page that cannot be taken apart into tags and texts")
        made, drawn, content = self._cut("".join(another.tokens), another, styles, files)
        if (made.texts, made.numbers, made.scales, made.counts) != (
            cut.texts,
            cut.numbers,
            cut.scales,
            counts,
        ):
            raise Uncut("a text's width depends on another text: give its column a fixed width")
        frozen = []
        for repertoire in (0, 1):
            with pikepdf.open(BytesIO(content)) as pdf:
                try:
                    frozen.append(freeze(pdf, specimen(styles, repertoire)))
                except KeyError as error:
                    raise Uncut("a font that the letters' style does not name") from error
        for setter, text in zip(made.texts, another.texts, strict=True):
            for line in setter.lines(text) if setter is not None else ():
                drawn.remove(line.text)
        return _Compiled(made, tuple(frozen), "".join(drawn))

    def _cut(
        self, html: str, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]
    ) -> tuple[Cut, list[str], bytes]:
        import pikepdf

        laid: list[tuple[Any, Any]] = []
        drawn: list[str] = []
        content = to_pdf(
            html, styles=styles, identifier=b"\0" * 16, attachments=files, drawn=drawn, laid=laid
        )
        document, tree = laid[0]
        with pikepdf.open(BytesIO(content)) as pdf:
            streams = [page.Contents.read_bytes() for page in pdf.pages]
        return cut(document, tree, streams, shape, self._setter), drawn, content

    def _setter(self, style: Any, width: float) -> Setter:
        name = Setter.signature(style, width)
        if name not in self._setters:
            self._setters[name] = Setter(style, width)
        return self._setters[name]

    @staticmethod
    def _recalled(kept: OrderedDict[tuple[Any, ...], Any], key: tuple[Any, ...]) -> Any:
        found = kept.get(key)
        if isinstance(found, Uncut):
            raise found
        if found is not None:
            kept.move_to_end(key)
        return found

    @staticmethod
    def _keep(kept: OrderedDict[tuple[Any, ...], Any], key: tuple[Any, ...], made: Any) -> None:
        kept[key] = made
        if len(kept) > _KEPT:
            kept.popitem(last=False)


def rendered(
    html: str, styles: Sequence[str], identifier: bytes, attachments: Sequence[AttachedFile]
) -> Printed:
    """Return the PDF of a letter's page as WeasyPrint renders it."""
    import pikepdf

    drawn: list[str] = []
    content = to_pdf(html, styles=styles, identifier=identifier, attachments=attachments, drawn=drawn)
    with pikepdf.open(BytesIO(content)) as pdf:
        return Printed(content, len(pdf.pages), drawn)


def _repertoire(shape: Shape, styles: tuple[str, ...]) -> int:
    """Return which repertoire a letter needs."""
    needed = 0
    for text in (*shape.texts, *shape.numbers):
        if (found := least(text, styles)) is None:
            raise Unset("a character outside of the repertoire")
        needed = max(needed, found)
    return needed


def _set(shape: Shape, made: Cut) -> list[tuple[Line, ...] | None]:
    return [
        None if setter is None else setter.lines(text)
        for setter, text in zip(made.texts, shape.texts, strict=True)
    ]


def _lines_key(shape: Shape, made: Cut, lines: list[tuple[Line, ...] | None]) -> tuple[Any, ...]:
    """Return how many lines each text takes; where a text may not change, the text."""
    texts = tuple(
        text if theirs is None else len(theirs) for text, theirs in zip(shape.texts, lines, strict=True)
    )
    return (*texts, *map(len, shape.numbers))


def _filled(
    parts: tuple[bytes | Slot, ...],
    lines: list[tuple[Line, ...] | None],
    numbers: list[Line | None],
    made: Cut,
    shape: Shape,
) -> bytes:
    """Return a page's contents."""
    found = []
    for part in parts:
        if isinstance(part, bytes):
            found.append(part)
        elif part.kind == "text":
            found.append(lines[part.of][part.line].shown)  # type: ignore[index]
        elif part.kind == "number":
            found.append(numbers[part.of].shown)  # type: ignore[union-attr]
        else:
            found.append(made.scales[part.of].place(shape.shares[part.of]))
    return b"".join(found)
