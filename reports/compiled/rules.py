"""What in a house's template keeps its letters from being compiled once, told by file and line.

A letter that breaks a rule is no wrong letter: WeasyPrint renders it, or its page is compiled for it alone,
and either takes a hundred times as long. What is seen here are the usual causes; the press finds every one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from audit.errors import Fault

if TYPE_CHECKING:
    from pathlib import Path

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_IF, _END = re.compile(r"\{%-?\s*(?:if|for)\b"), re.compile(r"\{%-?\s*end(?:if|for)\b")
# Said to everybody, or by few other words: what a pack, a text of law or the house's own name fills.
_KNOWN = re.compile(
    r"(?:words[.\[]|program\b|loop\.|super\(|self\.|notice\.(?:lang|texts_lang|letterhead|creditor|sentence|phone_label)\b"
    r'|"%\.2f"\|format\(bar\.'  # the bars of all who were scored: the same in every letter
    r"|\w+\.(?:note|heading|title|label|intro)\b)"
)
_CALL = re.compile(r"[\w.]+\(.*\)", re.DOTALL)  # a macro writes blocks of its own
_VALUE, _SAID, _OPENED, _CLOSED = "\ue000", "\ue001", "\ue002", "\ue003"
_TAG, _CONDITIONS = re.compile("<[^<>]*>"), re.compile(f"[{_OPENED}{_CLOSED}]")
_SHARE = re.compile(rf"margin-left:\s*{_VALUE}%")
_INLINE = frozenset(
    {"a", "abbr", "b", "cite", "code", "em", "i", "mark", "s", "small", "span", "strong", "u"}
)
_CLOSES = frozenset({"p", "td", "th", "tr", "li", "tbody", "thead"})
_VOID = frozenset({"meta", "link", "img", "br", "hr", "col", "input", "wbr"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_ATTRIBUTES = frozenset({"style", "alt", "title", "src", "href", "id"})
_STYLES = (
    (r"text-align(?:-all|-last)?:\s*justify", "the text is justified", "Align it left"),
    (r"text-align(?:-all)?:\s*(?:right|center|end)", "the text does not begin at the left", "Align it left"),
    (r"table-layout:\s*auto", "columns have no fixed width", "Take table-layout: auto away"),
    (
        r"display:\s*(?:inline-)?(?:flex|grid)|display:\s*inline-block|float:\s*\w",
        "what stands beside a value moves with it",
        "Set it in a table, or place it with a fixed width",
    ),
    (r"position:\s*fixed", "it repeats on every page", "Place it with position: absolute"),
)
_PATTERNS = tuple((re.compile(pattern), fact, out) for pattern, fact, out in _STYLES)


def slow_places(path: Path, source: str) -> tuple[Fault, ...]:
    """Return the places of a template that keep its letters from being compiled once.

    Parameters
    ----------
    path : Path
        As the user named it.
    source : str
        The template's HTML.
    """
    reader = _Reader()
    # A condition within a tag chooses an attribute and no element.
    reader.feed(_TAG.sub(lambda tag: _CONDITIONS.sub(" ", tag[0]), _JINJA.sub(_marked, source)))
    reader.close()
    found = sorted({*reader.found, *reader.unclosed()})
    return tuple(Fault(str(path), line, place, fact, out) for line, place, fact, out in found)


_Found = tuple[int, str, str, str]


def _marked(found: re.Match[str]) -> str:
    """Return what stands for a piece of Jinja: as many lines, and no tag."""
    piece = found[0]
    lines = "\n" * piece.count("\n")
    if piece.startswith("{{"):
        written = piece[2:-2].strip("-+ \n")
        if _CALL.fullmatch(written):
            return lines
        return (_SAID if _KNOWN.match(written) else _VALUE) + lines
    if _IF.match(piece):
        return _OPENED + lines
    return (_CLOSED if _END.match(piece) else "") + lines


@dataclass(slots=True)
class _Element:
    name: str
    line: int
    depth: int  # how many conditions it stands in
    value: bool = False  # a value stands among its own words
    beside: bool = False  # and an element that is always there


class _Reader(HTMLParser):
    """Reads a template whose Jinja is marked."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Found] = []
        self._open: list[_Element] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        above = self._open[-1] if self._open else None
        if above is not None and above.depth == self._depth:
            above.beside = True
        if tag == "svg":
            self._say(
                line, tag, "a drawing stands in the page", "Give it as a picture: img with a data address"
            )
        if tag == "tr" and above is not None and above.name == "table":
            self._say(line, tag, "a row stands in a table without tbody", "Write tbody out")
        if tag == "p" and above is not None and above.name == "p":
            self._say(above.line, "p", "the element is not closed", "Write its closing tag")
        for name, value in attrs:
            self._attribute(line, tag, name, value or "")
        if tag not in _VOID:
            self._open.append(_Element(tag, line, self._depth))

    def handle_endtag(self, tag: str) -> None:
        stack = self._open
        if tag not in [one.name for one in stack]:
            return
        while stack:
            element = stack.pop()
            self._judge(element)
            if element.name == tag:
                return
            self._open_ended(element)

    def handle_data(self, data: str) -> None:
        for piece in re.split(f"([{_OPENED}{_CLOSED}])", data):
            if piece == _OPENED:
                self._depth += 1
            elif piece == _CLOSED:
                self._depth -= 1
            elif self._open and _VALUE in piece:
                self._open[-1].value = True
        if self._open and self._open[-1].name == "style":
            self._styled(self.getpos()[0], "style", data)

    def unclosed(self) -> list[_Found]:
        """Return what was left open at the end."""
        for element in self._open:
            self._open_ended(element)
        return self.found

    def _open_ended(self, element: _Element) -> None:
        if element.name in _CLOSES:
            self._say(element.line, element.name, "the element is not closed", "Write its closing tag")

    def _judge(self, element: _Element) -> None:
        name, line = element.name, element.line
        if not element.value:
            return
        if name in _HEADINGS:
            fact = "a value stands in a heading, which the file's outlines repeat"
            self._say(line, name, fact, "Set it as a paragraph")
        elif name in _INLINE:
            fact = "a value stands in a part of a line"
            self._say(line, name, fact, "Let it be the only text of its paragraph or cell, styled by a class")
        elif element.beside:
            fact = "a value shares its line with another element"
            self._say(line, name, fact, "Let it be the only text of its paragraph or cell")

    def _attribute(self, line: int, tag: str, name: str, value: str) -> None:
        if name == "style":
            self._styled(line, tag, value)
            value = _SHARE.sub("", value)
        if _VALUE in value and name in _ATTRIBUTES:
            fact = f"a value stands in the attribute {name}, so each letter is a page of its own"
            self._say(line, tag, fact, "Show it as text, or a mark's place as margin-left in percent")

    def _styled(self, line: int, tag: str, style: str) -> None:
        for pattern, fact, out in _PATTERNS:
            for found in pattern.finditer(style):
                self._say(line + style.count("\n", 0, found.start()), tag, fact, out)

    def _say(self, line: int, place: str, fact: str, out: str) -> None:
        self.found.append((line, place, fact, out))
