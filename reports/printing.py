"""A finished letter in its formats: one page of HTML for paper, one for the screen, and text.

All three come from the same facts and the same folder of templates; the words of two of them are
held together before the third is drawn.
"""

from __future__ import annotations

import traceback
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import TemplateSyntaxError

from audit.errors import Fault, UsageError
from audit.reading import grade_of_lines
from reports.compiled.shape import shape_of
from reports.html import environment, template_digest, words
from reports.language import EXTENDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from jinja2 import Template

    from reports.compiled.press import Press, Printed
    from reports.compiled.shape import Shape
    from reports.pdf import AttachedFile
    from reports.sheet import Sheet
    from reports.terms import Terms

Format = Literal["html", "pdf", "txt"]
FORMATS: tuple[Format, ...] = ("pdf", "html", "txt")

_FRAME = ("letters/letter.html", "letters/letter.txt", "letters/blocks.html", "letters/blocks.txt")
_STYLES = {
    "letter": ("style/letter-fonts.css", "style/letter.css"),
    "a4": ("style/letter-fonts.css", "style/letter.css", "style/letter-a4.css"),
}


class TemplateFault(UsageError):
    """A template of the house that cannot be rendered."""


@contextmanager
def _of_the_house(house: Path | None) -> Iterator[None]:
    """Say where a template of the house broke; what breaks in ours is our error and stays as it is."""
    try:
        yield
    except Exception as error:
        at = None if house is None else _place(error, house)
        if at is None:
            raise
        fact = f"the template breaks ({type(error).__name__}: {' '.join(str(error).split()).rstrip('.')})"
        raise TemplateFault(str(Fault(at[0], at[1], "", fact, "Correct it, or take it away"))) from error


def _place(error: Exception, house: Path) -> tuple[str, int | None] | None:
    """Return file and line of the template of the house in which an error arose; None where in none."""
    frames = [(one.filename, one.lineno) for one in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, TemplateSyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    root = house.resolve()
    theirs = [(name, line) for name, line in frames if Path(name).resolve().is_relative_to(root)]
    return theirs[-1] if theirs else None


@cache
def _program() -> str:
    return f"plainspoken {version('plainspoken')}"


@dataclass(frozen=True, slots=True)
class Page:
    """A letter's words in their two forms, and what the page for the screen is made of."""

    plain: str  # HTML whose style comes from beside it
    text: str
    body: Template
    facts: Mapping[str, Any]
    house: Path | None
    html_words: str  # what a person reads of ``plain``, one block a line
    # The words of text and HTML, one blank between two.
    said: str
    html_said: str
    shape: Shape
    # The text again, as what is said to everybody and what to this person, value by value.
    still: str = field(compare=False)
    told: tuple[str, ...] = field(default=(), compare=False)

    @property
    def grade(self) -> float | None:
        """The reading grade of the lines that are sentences, as of an English letter."""
        lines = self.html_words.split("\n")
        return grade_of_lines([line for line in lines if line.endswith((".", "?", "!"))])

    @property
    def styled(self) -> str:
        """The page for the screen, its style within it."""
        with _of_the_house(self.house):
            return self.body.render(**self.facts, styled=True)


def page(kind: str, terms: Terms, sheet: Sheet, date: dt.date, token: str, house: Path | None) -> Page:
    """Return a letter's words from its facts.

    Parameters
    ----------
    token : str
        Tells this letter from every other and gives nothing away; a house template may show it.
    house : Path, optional
        The folder of the house's own templates.

    Raises
    ------
    TemplateFault
        A template of the house breaks; the message names file and line.
    """
    env, folder = environment(house), f"letters/{kind}"
    facts = {
        "notice": sheet,
        "words": terms.words.words,
        "date": date.isoformat(),
        "program": _program(),
        "token": token,
    }
    with _of_the_house(house):
        facts["subject"] = " ".join(env.get_template(f"{folder}/subject.txt").render(**facts).split())
        body = env.get_template(f"{folder}/body.html")
        text = env.get_template(f"{folder}/body.txt").render(**facts).strip() + "\n"
        plain = body.render(**facts, styled=False)
    html_words = words(plain)
    said, html_said = (" ".join(one.split()) for one in (text, html_words))
    return Page(plain, text, body, facts, house, html_words, said, html_said, shape_of(plain), text)


def files(
    page: Page,
    formats: Sequence[Format],
    paper: str,
    identifier: bytes,
    attachments: Sequence[AttachedFile] = (),
    pages: int | None = None,
    press: Press | None = None,
) -> dict[str, bytes] | str:
    """Return a letter in the formats asked for, or why it cannot be sent so.

    Parameters
    ----------
    identifier : bytes
        The PDF's /ID, from the record.
    pages : int, optional
        How many there may be.
    press : Press, optional
        Stamps the PDF where that is proved equal to WeasyPrint's.
    """
    contents: dict[str, bytes] = {}
    if "pdf" in formats:
        sheet = (page.plain, _STYLES[paper], identifier, attachments)
        printed = _to_pdf(*sheet) if press is None else press.print(*sheet, shape=page.shape)
        contents["pdf"], n, drawn = printed
        if pages is not None and n > pages:
            return f"the notice runs to {n} pages; {pages} can be sent: shorten what it says"
        # A template may hide a block; every letter of the text has to stand on the pages.
        if _lacking(page, drawn):
            return "the PDF does not show all words of the letter: a template hides some"
    if "html" in formats:
        contents["html"] = page.styled.encode()
    if "txt" in formats:
        contents["txt"] = page.text.encode()
    return contents


def _lacking(page: Page, drawn: Sequence[str]) -> bool:
    """Whether a letter of the text is not drawn.

    What is said to everybody, and what is drawn on each page of its like, are long and few: they are
    counted once. What is told to a person is mostly drawn as it is told, line by line, and equal texts on
    both sides need no count; what is left is counted for each letter.
    """
    spare, enough = _spare(drawn[0] if drawn else "", page.still)
    shown, told = list(drawn[1:]), list[str]()
    for value in page.told:
        if value in shown:
            shown.remove(value)
        else:
            told.append(value)
    if enough and not told:
        return False
    spare = spare.copy()
    spare.update(Counter("".join("".join(shown).split())))
    spare.subtract(Counter("".join("".join(told).split())))
    return min(spare.values(), default=0) < 0


@lru_cache(64)
def _spare(drawn: str, said: str) -> tuple[Counter[str], bool]:
    """Return how much oftener each letter is drawn than said (below 0: less often), and if all are."""
    spare = Counter("".join(drawn.split()))
    spare.subtract(Counter("".join(said.split())))
    return spare, min(spare.values(), default=0) >= 0


def digest(kind: str, terms: Terms, house: Path | None) -> str:
    """Return the digest of all that a letter is rendered from but its facts."""
    folders = [f"letters/{one}" for one in (kind, terms.words.words.get(EXTENDS)) if one]
    shared = (f"letters/languages/{terms.words.code}.yaml", *folders, "style/fonts", *_FRAME)
    return template_digest((*shared, *_STYLES[terms.paper]), house=house, letterhead=terms.letterhead)


def _to_pdf(
    html: str, styles: Sequence[str], identifier: bytes, attachments: Sequence[AttachedFile]
) -> Printed:
    from reports.compiled.press import rendered

    return rendered(html, styles, identifier, attachments)
