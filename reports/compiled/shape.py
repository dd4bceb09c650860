"""The shape of a letter's page: all of its HTML but the texts that may change without moving another.

Two letters of one shape differ only in texts that stand alone in their element, in the notice number
of the footer, in where the mark on a score's scale stands, and in the title and the dates of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape

from reports.compiled import codes as qr_codes
from reports.compiled.stated import Stated

_TAGS = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
# Where a tag holds a value: what margin boxes repeat, and a mark's place on its scale.
_NUMBER = re.compile(r'(?<= data-number=")[^"]*(?=")')
SHARE = re.compile(r'(?<= style="margin-left: )\d+\.\d\d(?=%")')
# What the file says of itself: its title, and the day of its making.
_STATED = re.compile(
    r"(?<=<title>)(?P<title>[^<]+)(?=</title>)"
    r'|(?<=<meta name="dcterms\.created" content=")(?P<created>\d{4}-\d\d-\d\d)(?=">)'
    r'|(?<=<meta name="dcterms\.modified" content=")(?P<modified>\d{4}-\d\d-\d\d)(?=">)'
)
# Outlines repeat headings, so these are of the shape.
_KEPT = frozenset({"title", "h1", "h2", "h3", "h4", "h5", "h6", "style", "script", "textarea", "option"})
_VOID = frozenset({"meta", "link", "img", "br", "hr", "col", "input", "wbr", "source", "area", "base"})
_SLOT = "\0"


@dataclass(frozen=True, slots=True)
class Shape:
    """A page taken apart: ``key`` holds what is the same for every letter of the shape.

    Attributes
    ----------
    key : str
        The page with a mark in place of each value.
    tokens : tuple of str
        Texts and tags in turn, as they stand.
    texts : tuple of str
        What stands alone in its element, unescaped; ``at`` are their positions in ``tokens``.
    numbers, shares : tuple of str
        The notice numbers that margins repeat, and the places of marks, in percent.
    stated : Stated
        The title and the dates.
    codes : tuple of str
        The paths of QR codes.
    own : frozenset of str, optional
        The values that are one person's own, as texts; None where nobody told. The other texts are said to
        many.
    """

    key: str
    tokens: tuple[str, ...]
    at: tuple[int, ...]
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    shares: tuple[str, ...]
    stated: Stated
    codes: tuple[str, ...]
    own: frozenset[str] | None = field(default=None, compare=False)

    def filled(
        self,
        texts: tuple[str, ...],
        numbers: tuple[str, ...],
        shares: tuple[str, ...],
        stated: Stated,
        codes: tuple[str, ...],
    ) -> str:
        """Return the page of this shape with other values."""
        tokens = list(self.tokens)
        for place, text in zip(self.at, texts, strict=True):
            tokens[place] = escape(text)
        html = "".join(tokens)
        for pattern, values in ((_NUMBER, numbers), (SHARE, shares), (qr_codes.PATH, codes)):
            left = iter(values)
            html = pattern.sub(lambda _, left=left: escape(next(left)), html)  # type: ignore[misc]
        head, end, rest = html.partition("</head>")
        return _STATED.sub(lambda found: escape(getattr(stated, str(found.lastgroup))), head) + end + rest

    def elements(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return the names of all elements in order, and for each text the number of its element."""
        names: list[str] = []
        of: dict[int, int] = {}
        for place in range(1, len(self.tokens), 2):
            if (found := _NAME.match(self.tokens[place])) and not self.tokens[place].startswith("</"):
                of[place + 1] = len(names)
                names.append(found[1].lower())
        return tuple(names), tuple(of[place] for place in self.at)

    def marks(self) -> tuple[int, ...]:
        """Return the numbers of the elements that stand at a share of their scale."""
        opened = [tag for tag in self.tokens[1::2] if not tag.startswith(("</", "<!"))]
        return tuple(n for n, tag in enumerate(opened) for _ in SHARE.findall(tag))


@lru_cache(1)  # a letter's page is taken apart to be checked, and again to be printed
def shape_of(html: str) -> Shape:
    """Take a page apart.

    >>> shape_of('<p>Dear</p> <p class="a">Ms &amp; Mr</p>').texts
    ('Dear', 'Ms & Mr')
    >>> shape_of("<p>one</p>").key == shape_of("<p>another</p>").key
    True
    >>> shape_of("<p>no <b>x</b></p>").texts
    ('x',)
    """
    tokens = _TAGS.split(html)
    key, at, texts = list(tokens), [], []
    for place in range(2, len(tokens) - 1, 2):
        text = tokens[place]
        if text.isspace() or not text:
            continue
        before, after = tokens[place - 1], tokens[place + 1]
        name = _NAME.match(before)
        if name is None or before[1] == "/" or after[:2] != "</" or name[1].lower() in _KEPT | _VOID:
            continue
        key[place] = _SLOT
        at.append(place)
        texts.append(unescape(text) if "&" in text else text)
    numbers: list[str] = []
    shares: list[str] = []
    joined = "".join(key)
    head, end, joined = joined.partition("</head>")
    said = Stated(**{str(found.lastgroup): unescape(found[0]) for found in _STATED.finditer(head)})
    joined = _STATED.sub(_SLOT, head) + end + joined
    joined = _NUMBER.sub(lambda found: numbers.append(unescape(found[0])) or _SLOT, joined)  # type: ignore[func-returns-value]
    joined = SHARE.sub(lambda found: shares.append(found[0]) or _SLOT, joined)  # type: ignore[func-returns-value]
    codes = tuple(qr_codes.PATH.findall(joined)) if "<svg" in joined else ()
    if codes:
        joined = qr_codes.PATH.sub(_SLOT, joined)
    return Shape(joined, tuple(tokens), tuple(at), tuple(texts), tuple(numbers), tuple(shares), said, codes)
