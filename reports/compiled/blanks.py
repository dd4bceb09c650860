"""A letter's words written once for all letters that are alike but for their values.

Most of what a letter says is said to everybody. So a page is rendered once with blanks in place of the
values, and each letter of its like fills them: the same words that its templates would have written.

Why so, with proof: a template may look at a value and write another page for it. A blank refuses to be
looked at. What a template does to the text that holds one is found out by three letters (the one at hand,
one of short values, one of long ones with marks that HTML escapes): where one of them comes out otherwise
than rendered, no blank of the like is ever filled, and each letter is rendered as before.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NoReturn

from markupsafe import escape

from reports import printing
from reports.compiled.shape import SHARE, Shape, shape_of
from reports.disclosure import Disclosure, ScoreBlock
from reports.kinds.incomplete import Incomplete
from reports.printing import Page
from reports.sheet import ReasonLine, Row, Sheet

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reports.terms import Terms

# What differs from person to person, and stands in a letter as it is. All else is said to everybody.
_BLANK: dict[type, frozenset[str]] = {
    Sheet: frozenset({"number", "address"}),
    Row: frozenset({"value"}),
    ReasonLine: frozenset({"statement"}),
    ScoreBlock: frozenset({"value", "created_on", "low", "high", "key_factors"}),
    Incomplete: frozenset({"missing"}),
}
# Explaining letters set their values in columns of text and in sentences: these are rendered each.
_SHEETS = (Disclosure, Incomplete)
_BEGIN, _END = "\ue000", "\ue001"
_MARK = re.compile(f"{_BEGIN}([0-9]+){_END}")
_KEPT = 512  # likes, of some 40 KB each
_SHORT = "n"
_LONG = "Other & <longer> “words” than 'any' \"value\" has, so that a line and a column are full of them"


class _Looked(Exception):
    """A template looked at a value."""


class Blank:
    """Stands where a value will, and can only be written out."""

    __slots__ = ("_mark",)

    def __init__(self, n: int) -> None:
        self._mark = f"{_BEGIN}{n}{_END}"

    def __str__(self) -> str:
        return self._mark

    def __html__(self) -> str:
        return self._mark

    def __bool__(self) -> bool:
        return True  # an empty value is no value of the like

    def _looked(self, *_: object) -> NoReturn:
        raise _Looked

    __getattr__ = __getitem__ = __len__ = __iter__ = __contains__ = __eq__ = __ne__ = __hash__ = _looked
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = _looked
    __rmod__ = __format__ = __int__ = __float__ = __index__ = __call__ = __repr__ = _looked


class _Form:
    """A text with blanks."""

    __slots__ = ("_parts", "_slots")

    def __init__(self, marked: str) -> None:
        self._parts: list[str] = _MARK.split(marked)
        self._slots = [(at, int(self._parts[at])) for at in range(1, len(self._parts), 2)]

    def __bool__(self) -> bool:
        return bool(self._slots)

    def fill(self, values: list[str]) -> str:
        parts = self._parts.copy()
        for at, n in self._slots:
            parts[at] = values[n]
        return "".join(parts)

    def told(self, values: list[str]) -> tuple[str, ...]:
        """Return what fills the blanks."""
        return tuple([values[n] for _, n in self._slots])

    @property
    def bare(self) -> int | None:
        """The number of the one blank that is all of the text; None where there is more."""
        return self._slots[0][1] if len(self._slots) == 1 and not self.still else None

    @property
    def still(self) -> str:
        """What stands between the blanks."""
        return "".join(self._parts[::2])


class _Forms:
    """Texts of which some have blanks."""

    __slots__ = ("_bare", "_forms", "_texts")

    def __init__(self, marked: Sequence[str]) -> None:
        self._texts = list(marked)
        forms = [(at, form) for at, one in enumerate(marked) if (form := _Form(one))]
        self._bare = [(at, form.bare) for at, form in forms if form.bare is not None]
        self._forms = [(at, form) for at, form in forms if form.bare is None]

    def fill(self, values: list[str]) -> tuple[str, ...]:
        texts = self._texts.copy()
        for at, n in self._bare:
            texts[at] = values[n]
        for at, form in self._forms:
            texts[at] = form.fill(values)
        return tuple(texts)


@dataclass(slots=True)
class _Like:
    """The page of letters that are alike, with its blanks."""

    subject: _Form
    title: _Form
    text: _Form
    still: str
    html_words: _Form
    said: _Form
    html_said: _Form
    shape: Shape
    key: _Form
    tokens: _Forms
    texts: _Forms
    numbers: list[_Form]
    shares: list[_Form]
    page: Page
    keys: dict[tuple[str, ...], str]

    def filled(self, sheet: Sheet, values: list[str], token: str) -> Page:
        """Return the page of a letter from its values."""
        escaped = [str(escape(one)) if _is_escaped(one) else one for one in values]
        tokens, texts = self.tokens.fill(escaped), self.texts.fill(values)
        told = self.key.told(escaped)
        if (key := self.keys.get(told)) is None:
            if len(self.keys) > 64:
                self.keys.clear()
            key = self.keys[told] = self.key.fill(escaped)
        facts = {**self.page.facts, "notice": sheet, "token": token, "subject": self.subject.fill(values)}
        return Page(
            plain="".join(tokens),
            text=self.text.fill(values),
            body=self.page.body,
            facts=facts,
            house=None,
            html_words=self.html_words.fill(values),
            said=self.said.fill(values),
            html_said=self.html_said.fill(values),
            shape=Shape(
                key,
                tokens,
                self.shape.at,
                texts,
                tuple([form.fill(values) for form in self.numbers]),
                tuple([form.fill(values) for form in self.shares]),
                self.shape.stated._replace(title=self.title.fill(values)),
                self.shape.codes,
                frozenset(values),
            ),
            still=self.still,
            told=self.text.told(values),
        )


class Pages:
    """Writes the words of letters, those of a known like by filling its blanks."""

    def __init__(self) -> None:
        self.filled = 0
        self._likes: OrderedDict[tuple[Any, ...], _Like | None] = OrderedDict()
        self._once: OrderedDict[int, None] = OrderedDict()

    def page(
        self, kind: str, terms: Terms, sheet: Sheet, date: dt.date, token: str, house: Path | None
    ) -> Page:
        """Return a letter's words from its facts.

        The parameters, and what it raises, are those of ``printing.page``.
        """
        values = list[str]()
        key: list[Any] = [kind, terms.entity, terms.words.code, date]
        # What a house's template does with a value is not ours to know.
        if house is not None or sheet.draft or not isinstance(sheet, _SHEETS):
            return printing.page(kind, terms, sheet, date, token, house)
        _take_apart(sheet, key, values)
        values += _shares(sheet)
        if not all(map(_is_plain, values)):
            return printing.page(kind, terms, sheet, date, token, house)
        like = tuple(key)
        known = self._likes.get(like)
        if known is not None:
            self._likes.move_to_end(like)
            self.filled += 1
            return known.filled(sheet, values, token)
        made = printing.page(kind, terms, sheet, date, token, house)
        made = replace(made, shape=replace(made.shape, own=frozenset(values)))
        # What comes once is not worth the proof; what comes twice comes again.
        if like not in self._likes and self._comes_again(hash(like)):
            self._likes[like] = _proved(kind, terms, sheet, date, token, values, made)
            if len(self._likes) > _KEPT:
                self._likes.popitem(last=False)
        return made

    def _comes_again(self, like: int) -> bool:
        if like in self._once:
            return True
        self._once[like] = None
        if len(self._once) > 8 * _KEPT:
            self._once.popitem(last=False)
        return False


_is_escaped = re.compile("[&<>\"']").search  # what HTML writes otherwise


def _is_plain(value: str) -> bool:
    """Whether a value is written as it is: words with one blank between them, on one line."""
    return bool(value) and value.isprintable() and "  " not in value and value.strip() == value


def _shares(sheet: Sheet) -> list[str]:
    """Return where the marks of scores stand on their scales, in percent, as pages write it."""
    return [f"{one.share * 100:.2f}" for one in getattr(sheet, "scores", ())]


_plans: dict[type, tuple[tuple[str, ...], tuple[str, ...]] | None] = {}


def _plan(of: type) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the fields of a class that are blank, and the others; None where it has no blank."""
    if of not in _plans:
        _plans[of] = _planned(of)
    return _plans[of]


def _planned(of: type) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    blank = frozenset[str]().union(*(_BLANK.get(one, ()) for one in of.__mro__))
    if not blank:
        return None
    names = [one.name for one in fields(of) if not (of is ScoreBlock and one.name == "share")]
    return tuple(n for n in names if n in blank), tuple(n for n in names if n not in blank)


def _take_apart(given: Any, key: list[Any], values: list[str]) -> None:
    """Add what is the same for letters of one like to the key, and the values in their order."""
    plan = _plan(type(given))
    if plan is None:
        key.append(given)
        return
    blank, same = plan
    for name in blank:
        value = getattr(given, name)
        if type(value) is tuple:
            key.append(len(value))
            values += value
        else:
            values.append(value)
    for name in same:
        value = getattr(given, name)
        if type(value) is tuple and value and _plan(type(value[0])) is not None:
            key.append(len(value))
            for one in value:
                _take_apart(one, key, values)
        else:
            key.append(value)


def _with(given: Any, values: Iterator[Any]) -> Any:
    """Return the same with other values, in the order in which it was taken apart."""
    plan = _plan(type(given))
    if plan is None:
        return given
    changes: dict[str, Any] = {}
    blank, same = plan
    for name in blank:
        value = getattr(given, name)
        changes[name] = tuple(next(values) for _ in value) if type(value) is tuple else next(values)
    for name in same:
        value = getattr(given, name)
        if type(value) is tuple and value and _plan(type(value[0])) is not None:
            changes[name] = tuple(_with(one, values) for one in value)
    return replace(given, **changes)


def _shared(sheet: Any, shares: list[float]) -> Any:
    """Return a sheet whose marks stand elsewhere."""
    if not shares:
        return sheet
    return replace(
        sheet, scores=tuple(replace(one, share=at) for one, at in zip(sheet.scores, shares, strict=True))
    )


def _proved(
    kind: str, terms: Terms, sheet: Sheet, date: dt.date, token: str, values: list[str], made: Page
) -> _Like | None:
    """Return the page with blanks; None where it cannot be filled."""
    n_shares = len(_shares(sheet))
    n = len(values) - n_shares
    try:
        blank = _shared(_with(sheet, iter([Blank(i) for i in range(n)])), [0.0] * n_shares)
        like = _like(printing.page(kind, terms, blank, date, "", None), n, n_shares)
    except _Looked:
        return None
    if like is None:
        return None
    letters = [(sheet, values, made)]
    for word, share in ((_SHORT, 0.031416), (_LONG, 0.9)):
        other = [f"{word}{i}" for i in range(n)]
        theirs = _shared(_with(sheet, iter(other)), [share] * n_shares)
        letters.append(
            (theirs, other + _shares(theirs), printing.page(kind, terms, theirs, date, token, None))
        )
    same = all(like.filled(one, told, token) == page for one, told, page in letters)
    return like if same else None


def _like(marked: Page, n: int, n_shares: int) -> _Like | None:
    """Return a page that was rendered with blanks, taken apart."""
    shape = shape_of(marked.plain)
    if len(shape.shares) != n_shares or _BEGIN in _MARK.sub("", marked.plain + marked.text):
        return None
    left = iter(range(n, n + n_shares))
    tokens = [SHARE.sub(lambda _: f"{_BEGIN}{next(left)}{_END}", one) for one in shape.tokens]
    text = _Form(marked.text)
    return _Like(
        subject=_Form(marked.facts["subject"]),
        title=_Form(shape.stated.title),
        text=text,
        still=text.still,
        html_words=_Form(marked.html_words),
        said=_Form(marked.said),
        html_said=_Form(marked.html_said),
        shape=shape,
        key=_Form(shape.key),
        tokens=_Forms(tokens),
        texts=_Forms(shape.texts),
        numbers=[_Form(one) for one in shape.numbers],
        shares=[_Form(f"{_BEGIN}{i}{_END}") for i in range(n, n + n_shares)],
        page=marked,
        keys={},
    )
