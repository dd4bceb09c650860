"""The one Jinja environment, and what every document needs of its HTML.

Templates get finished values and only loop and place: what they print was worded by
``wording`` from sealed rows. Autoescape is on for every template, since names of audits,
columns and groups are somebody else's text; an undefined name is an error, never a blank.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from audit import assets
from reports import qr, wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# Text of these is no words of the document: `svg` and `details` repeat a drawing's table, a form
# is for the screen alone.
_SILENT = frozenset(
    {"script", "style", "svg", "title", "head", "nav", "template", "button", "noscript", "form", "details"}
)
_BREAKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"ul", "ol", "li", "dl", "dt", "dd", "tr", "th", "td", "table", "caption", "figure", "figcaption"}
    | {"main", "address", "br", "hr"}
)
# What a line must not break: 0.83–0.97, ages 18–24, −0.1 to +0.2 (its blanks are fixed), 12 CFR 1002.9(b)(2).
_UNBROKEN = re.compile(
    r"\d+ (?:CFR|USC|U\.S\.C\.) \d[\w.()-]*[\w)]"
    r"|\b\d+\([a-z]\)(?:\(\w+\))*(?:-\d+)?"
    r"|(?:\w+\u00a0)*[\w.,%+\u2212]*\d%?[\u2013-][+\u2212]?\d[\d.,]*[%+]?"
    r"|`[^`]+`"
)


# Art. 22(2)(a) GDPR, Art. 22 Abs. 2 Buchst. a DSGVO, art. 22, par. 2, point a), RGPD.
_CLAUSE = re.compile(
    r"\b[Aa]rt\. \d+(?:\(\w\))*(?:,? (?:Abs\.|Buchst\.|par\.|point) \w\)?)*,? (?:UK )?(?:GDPR|DSGVO|RGPD)"
)


@cache
def environment(house: Path | None = None) -> Environment:
    """Return the environment that renders every template of ours.

    Filters are the functions of `wording`, by name; ``style(name)`` and ``font_data(name)``
    put a style sheet, a script or a font of ``templates/style`` into the file itself, and
    ``script_digest(name)`` names the script that may run.

    Parameters
    ----------
    house : Path, optional
        A folder whose templates stand in for ours of the same names. Such a template extends ours as
        ``plainspoken/<name>``, and overrides one block at a time. It is somebody else's, so it runs
        where no attribute with an underscore is reached.
    """
    ours = FileSystemLoader(assets.templates(), encoding="utf-8")
    options: dict[str, Any] = {
        "loader": ours,
        "autoescape": select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "keep_trailing_newline": False,
        "extensions": ["jinja2.ext.do"],
    }
    if house is None:
        env = Environment(**options)
    else:
        theirs = FileSystemLoader(house, encoding="utf-8")
        options["loader"] = ChoiceLoader([theirs, ours, PrefixLoader({"plainspoken": ours})])
        env = SandboxedEnvironment(**options)
    filters = {name: getattr(wording, name) for name in wording.__all__}
    env.filters.update(filters, prose=prose, clauses=clauses)
    env.globals.update(
        style=_style, script_digest=_script_digest, font_data=_font_data, svg_address=_svg_address, qr=qr.svg
    )
    return env


def prose(text: str) -> Markup:
    """Return running text, escaped, in which no interval and no citation breaks over lines.

    What stands between back quotes is set as a name to type.


    >>> print(prose("ratio <0.90> (0.83–0.97)"))
    ratio &lt;0.90&gt; (<span class="nw">0.83–0.97</span>)
    """
    parts: list[str] = []
    end = 0
    for match in _UNBROKEN.finditer(text):
        kept = match[0]
        # Packs write names of config keys between back quotes.
        form = "<code>{}</code>" if kept.startswith("`") else '<span class="nw">{}</span>'
        parts += [escape(text[end : match.start()]), Markup(form).format(kept.strip("`"))]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def clauses(text: str) -> Markup:
    """Return a letter's text, escaped, in which no clause of the GDPR breaks over lines.

    >>> print(clauses("at any time (Art. 7(3) GDPR)"))
    at any time (<span class="clause">Art. 7(3) GDPR</span>)
    """
    form, parts, end = Markup('<span class="clause">{}</span>'), list[Markup](), 0
    for match in _CLAUSE.finditer(text):
        parts += [escape(text[end : match.start()]), form.format(match[0])]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def _style(name: str) -> Markup:
    """Return a style sheet of ``templates/style`` as it stands."""
    return Markup((assets.templates() / "style" / name).read_text(encoding="utf-8"))


def _script_digest(name: str) -> str:
    """Return a script of ``templates/style`` as a Content-Security-Policy names it: only that one runs."""
    digest = hashlib.sha256(_style(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _svg_address(drawing: Markup) -> Markup:
    """Return a drawing as a data address, for backgrounds."""
    return Markup(f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}")


def _font_data(name: str) -> Markup:
    """Return a font of ``templates/style/fonts`` as a data address."""
    data = (assets.templates() / "style" / "fonts" / name).read_bytes()
    return Markup(f"data:font/{name.rsplit('.', 1)[1]};base64,{base64.b64encode(data).decode()}")


_SPACES, _BLANKS = re.compile(r"\s+"), re.compile(r"[ \u00a0]+")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(_SPACES.sub(" ", data))


# A page of start and end tags in full and of escaped texts: what a parser has to know besides is not in it.
_TAG = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:\s+[a-zA-Z][\w:.-]*(?:="[^"<>]*")?)*\s*>')
_DOCTYPE = re.compile(r"\s*<!doctype html>", re.IGNORECASE)
_RAW = re.compile(
    r"<(?:script|style|textarea|xmp|iframe|noembed|noframes|plaintext|template)\b", re.IGNORECASE
)


class _NotPlain(Exception):
    """A page that is to be read by the parser."""


class _Plain(_Words):
    """Reads such a page; many letters are one like the other, and this is several times as fast."""

    def feed(self, html: str) -> None:
        """Read a whole page.

        Raises
        ------
        _NotPlain
            Something in it is no full tag and no escaped text.
        """
        if _RAW.search(html):
            raise _NotPlain
        begun = _DOCTYPE.match(html)
        end = begun.end() if begun else 0
        for tag in _TAG.finditer(html, end):
            if tag.start() > end:
                self._text(html[end : tag.start()])
            name = tag[2].lower()
            if tag[1]:
                self.handle_endtag(name)
            else:
                self.handle_starttag(name, [])
            end = tag.end()
        if end < len(html):
            self._text(html[end:])

    def _text(self, text: str) -> None:
        if "<" in text or ">" in text:
            raise _NotPlain
        if text == "\n":  # between most tags of a page
            if not self._silent:
                self.parts.append(" ")
            return
        self.handle_data(unescape(text) if "&" in text else text)


def words(html: str) -> str:
    """Return the text of a document as a person reads it, one block a line.

    >>> words("<h1>One duty</h1><p>is <b>not</b> met.</p><script>no()</script>")
    'One duty\\nis not met.'
    """
    parser: _Words = _Plain()
    try:
        parser.feed(html)
    except _NotPlain:
        parser = _Words()
        parser.feed(html)
    parser.close()
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def template_digest(folders: Iterable[str], house: Path | None = None, letterhead: str = "") -> str:
    """Return one SHA-256 over the named templates: their paths and their bytes, in order.

    Parameters
    ----------
    folders : iterable of str
        Files or folders inside the templates folder, e.g. ``("letters/adverse_action", "style")``.
    house : Path, optional
        A folder whose files of these names count too.
    letterhead : str
        The house's mark; it counts where there is one.
    """
    names, digest = tuple(folders), hashlib.sha256()
    for root in (assets.templates(), house):
        for name, content in _files(root, names) if root is not None else ():
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    digest.update(letterhead.encode())
    return digest.hexdigest()


def _files(root: Path, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    files: set[str] = set()
    for name in names:
        path = root / name
        found = path.rglob("*") if path.is_dir() else (path,)
        files.update(file.relative_to(root).as_posix() for file in found if file.is_file())
    for name in sorted(files):
        yield name, (root / name).read_bytes()


@cache
def environment_digest() -> str:
    """Return one SHA-256 over the versions of what turns a template into bytes."""
    tools = ("plainspoken", "jinja2", "markupsafe", "weasyprint", "pydyf", "fonttools", "pikepdf")
    return hashlib.sha256("\n".join(f"{tool}=={version(tool)}" for tool in tools).encode()).hexdigest()
