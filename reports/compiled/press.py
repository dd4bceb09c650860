"""The press: a letter's page becomes its PDF by stamping where that is proved equal, else by WeasyPrint.

Whether a letter is stamped depends on its own page alone and never on what was printed before, so
equal letters are equal bytes whatever came first and however many processes share the work.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from reports.compiled.codes import OTHER
from reports.compiled.cutting import Cut, Uncut, cut
from reports.compiled.frozen import freeze
from reports.compiled.page import Compiled
from reports.compiled.plate import Alike
from reports.compiled.proving import other_number, other_share, other_stated, other_texts
from reports.compiled.setting import Line, Setter, Unset
from reports.compiled.shape import Shape, shape_of
from reports.compiled.shelf import Shelf
from reports.compiled.specimen import REPERTOIRES
from reports.pdf import to_pdf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.compiled.cache import Cache
    from reports.pdf import AttachedFile

_LOG = logging.getLogger(__name__)
_KEPT = 1024  # plates


class Printed(NamedTuple):
    """A letter's PDF, how many pages it has, and the texts that stand on them."""

    content: bytes
    pages: int
    drawn: list[str]


class Press:
    """Prints letters one after another, and remembers the shapes of their pages.

    Parameters
    ----------
    cache : Cache, optional
        Where compiled pages outlast the press.

    Attributes
    ----------
    stamped, compiled : int
        How many letters were stamped, and how many pages were compiled for them.
    causes : Counter of str
        Why the others were rendered by WeasyPrint. No cause tells anything of a letter.
    """

    def __init__(self, cache: Cache | None = None) -> None:
        self.stamped = self.compiled = 0
        self.causes: Counter[str] = Counter()
        self._shelf = Shelf(cache)
        self._alikes: dict[tuple[Any, ...], Alike] = {}
        self._plates = 0

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
        alike = self._alike(shape, styles, files)
        own = [shape.texts[n] for n in alike.own]
        repertoire = max(alike.repertoire, self._repertoire((*own, *shape.numbers), styles))
        said = shape.stated.placed()
        setters = [alike.cut.texts[n] for n in alike.own]
        lines = list(alike.lines)
        taken: list[Any] = [repertoire, *map(len, shape.numbers)]
        for n, setter, text in zip(alike.own, setters, own, strict=True):
            theirs = lines[n] = None if setter is None else setter.lines(text)
            taken.append(text if theirs is None else len(theirs))
        numbers = _numbers(shape, alike.cut)
        plate = alike.plates.get(tuple(taken))
        if plate is None:
            page = self._page(alike.cut, shape, styles, files)
            self._made_room()
            plate = alike.plate(page, repertoire, is_told=shape.own is not None)
            alike.plates[tuple(taken)] = plate
            self._need_glyphs(alike.cut.texts, shape.texts, styles, repertoire)
        self._need_glyphs(setters, own, styles, repertoire)
        self._need_glyphs(alike.cut.numbers, shape.numbers, styles, repertoire)
        contents = plate.contents(shape, lines, numbers)
        content = plate.frozen.letter(contents, files, identifier, said)
        drawn = [plate.still, *[line.text for n in alike.own for line in lines[n] or ()]]
        return Printed(content, len(contents), drawn)

    def _alike(self, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]) -> Alike:
        """Return what is known of the letters that say what this one says, but for their own texts."""
        own = shape.own
        same = None if own is None else tuple([None if text in own else text for text in shape.texts])
        like = (shape.key, styles, _named(files), same)
        found = self._alikes.get(like)
        if found is not None:
            return found
        # One for each letter would be a shape for each letter.
        if shape.key.count("<svg") != len(shape.codes):
            raise Uncut("a drawing in the page, which may be another in each letter: give it as a picture")
        self._repertoire((*shape.texts, *shape.numbers), styles)
        shape.stated.placed()
        key = like[:3]
        known = self._shelf.get(key, styles)
        if known is None:
            known = self._first(key, shape, styles, files)
        texts = same or (None,) * len(shape.texts)
        lines = tuple(
            None if setter is None or text is None else setter.lines(text)
            for setter, text in zip(known.cut.texts, texts, strict=True)
        )
        theirs = tuple(n for n, text in enumerate(texts) if text is None)
        needed = self._repertoire([text for text in texts if text is not None], styles)
        self._made_room()
        found = self._alikes[like] = Alike(known.cut, theirs, lines, needed)
        return found

    def _made_room(self) -> None:
        """Let go of all plates, of some 20 KB each, before there are too many."""
        self._plates += 1
        if self._plates > _KEPT:
            self._plates = 0
            self._alikes.clear()

    def _page(
        self, cut: Cut, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]
    ) -> Compiled:
        """Return the compiled page of a letter's lines."""
        key = (shape.key, styles, _named(files)), _lines_key(shape, cut, _set(shape, cut))
        page = self._shelf.get(key, styles)
        if page is None:
            try:
                page = self._compile_like(cut, shape, styles, files)
            except Uncut as cause:
                self._shelf.put(key, styles, cause)
                raise
            self._shelf.put(key, styles, page)
        return page

    def _need_glyphs(
        self,
        setters: Sequence[Setter | None],
        texts: Sequence[str],
        styles: tuple[str, ...],
        repertoire: int,
    ) -> None:
        made = self._shelf.specimen(styles, repertoire)
        for setter, text in zip(setters, texts, strict=True):
            if setter is not None and not setter.is_within(text, made):
                raise Unset("a glyph outside of the repertoire")

    def _first(
        self, key: Any, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]
    ) -> Compiled:
        """Compile a shape, and keep what sets its texts and the page of this letter's lines."""
        try:
            made = self._compile(shape, styles, files)
        except Uncut as cause:
            self._shelf.put(key, styles, cause)
            raise
        self._shelf.put((key, _lines_key(shape, made.cut, _set(shape, made.cut))), styles, made)
        known = Compiled(replace(made.cut, pages=()), (), "")
        self._shelf.put(key, styles, known)
        return known

    def _compile(self, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]) -> Compiled:
        """Compile a letter's page, and prove it with another letter of its shape."""
        import pikepdf

        html = shape.filled(shape.texts, shape.numbers, shape.shares, shape.stated, shape.codes)
        first, _, content = self._cut(html, shape, styles, files)
        made = self._compile_like(first, shape, styles, files)
        if first != made.cut:
            raise Uncut("what stands beside a text moves with it: give it a fixed place and width")
        for other, repertoire in zip(made.frozen, (0, 1), strict=True):
            with pikepdf.open(BytesIO(content)) as pdf:
                if freeze(pdf, self._shelf.specimen(styles, repertoire), shape.stated) != other:
                    raise Uncut("a text stands in the file's outlines or metadata too")
        return made

    def _compile_like(
        self, cut: Cut, shape: Shape, styles: tuple[str, ...], files: Sequence[AttachedFile]
    ) -> Compiled:
        """Compile another letter's page, whose texts take as many lines as this one's.

        No value of a letter comes near what is kept of a page.
        """
        import pikepdf

        lines = _set(shape, cut)
        counts = tuple(len(each or ()) for each in lines)
        texts = other_texts(shape.texts, cut.texts, counts)
        numbers = tuple(map(other_number, shape.numbers))
        shares = tuple(map(other_share, shape.shares))
        codes = (OTHER,) * len(shape.codes)
        another = shape_of(shape.filled(texts, numbers, shares, other_stated(shape.stated), codes))
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
                    frozen.append(freeze(pdf, self._shelf.specimen(styles, repertoire), another.stated))
                except KeyError as error:
                    raise Uncut("a font that the letters' style does not name") from error
        for setter, text in zip(made.texts, another.texts, strict=True):
            for line in setter.lines(text) if setter is not None else ():
                drawn.remove(line.text)
        self.compiled += 1
        return Compiled(made, tuple(frozen), "".join(drawn))

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
        setter = partial(self._shelf.setter, styles)
        return cut(document, tree, streams, shape, setter), drawn, content

    def _repertoire(self, texts: Iterable[str], styles: tuple[str, ...]) -> int:
        """Return the first repertoire that has every character of these texts."""
        characters = set("".join(texts))
        for n in range(len(REPERTOIRES)):
            if characters <= self._shelf.specimen(styles, n).characters:
                return n
        raise Unset("a character outside of the repertoire")


def _named(files: Sequence[AttachedFile]) -> tuple[tuple[str, str, str], ...]:
    """Return what the files of letters of one shape have in common."""
    return tuple([(one.name, one.description, one.relationship) for one in files])


def rendered(
    html: str, styles: Sequence[str], identifier: bytes, attachments: Sequence[AttachedFile]
) -> Printed:
    """Return the PDF of a letter's page as WeasyPrint renders it."""
    import pikepdf

    drawn: list[str] = []
    content = to_pdf(html, styles=styles, identifier=identifier, attachments=attachments, drawn=drawn)
    with pikepdf.open(BytesIO(content)) as pdf:
        return Printed(content, len(pdf.pages), drawn)


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


def _numbers(shape: Shape, made: Cut) -> list[Line | None]:
    return [
        None if setter is None else setter.lines(number)[0]
        for setter, number in zip(made.numbers, shape.numbers, strict=True)
    ]
