"""The words of letters, by kind and language: files of words, so that a language is added without code.

``templates/letters/languages/<code>.yaml`` holds what all letters of a language share,
``templates/letters/<kind>/words.<code>.yaml`` what one kind says. Kinds that say much alike name
another folder in ``extends``, whose words they take and write over. A house puts its own files of the
same names into its folder; what they leave out is ours, and what they refuse
is refused beside what ours refuse. Dates and numbers are Babel's.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit import assets
from audit.errors import UsageError
from audit.vague import FILLER, is_vague
from reports import written

if TYPE_CHECKING:
    from re import Pattern

SHARED = "letters/languages"
EXTENDS = "extends"
_RULES = ("protected", "age", "vague")  # lists of regular expressions: a house adds to them
_NO_WORDS = ("locale", *_RULES, "filler")  # each language has its own


class WordsError(UsageError):
    """A file of words that cannot be used."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language of one kind of letter, as it is written in one jurisdiction.

    Parameters
    ----------
    code : two letters, as in ``record.language``
    locale : what Babel writes dates and numbers by, e.g. ``en_US``
    words : key to words; a key may hold a mapping of words in turn
    protected : what no reason may name in this language (12 CFR 1002.2(z))
    protected_but_age : the same, where age is scored by leave and may be a reason (1002.6(b)(2))
    vague : what says nothing specific in this language (12 CFR 1002.9(b)(2)); None: no list of its own.
        English has ``audit.vague`` besides.
    filler : words that say nothing beside it
    """

    code: str
    locale: str
    words: Mapping[str, Any]
    protected: Pattern[str]
    protected_but_age: Pattern[str]
    vague: Pattern[str] | None = None
    filler: frozenset[str] = frozenset()

    def __getitem__(self, key: str) -> Any:
        """Return the words of a key."""
        return self.words[key]

    def is_vague(self, statement: str) -> bool:
        """Whether a statement names a score, a model or a policy, and nothing specific beside it (R9)."""
        return _is_vague(self.code, self.vague, self.filler, statement)

    def day(self, date: dt.date) -> str:
        """Return a date in words with plain blanks, so that text and page hold the same bytes."""
        return _day(date, self.locale)

    def number(self, value: float, digits: int = 6) -> str:
        """Return a number with the locale's marks: so many decimals at most, and three digits at least.

        Below them a number would be rounded to 0, and a value that is not 0 never reads so.
        """
        from babel.numbers import format_decimal

        if value and math.isfinite(value):
            digits = max(digits, 2 - math.floor(math.log10(abs(value))))

        shown = format_decimal(value, format=f"#,##0.{'#' * digits}", locale=self.locale)
        return " ".join(str(shown).split())


@lru_cache(8192)  # a portfolio has millions of reasons and a few sentences
def _is_vague(code: str, vague: Pattern[str] | None, filler: frozenset[str], statement: str) -> bool:
    if code == "en" and is_vague(statement):
        return True
    if vague is None or not vague.search(statement):
        return False
    rest = re.findall(r"[^\W\d_]+", vague.sub(" ", statement).lower())
    return set(rest) <= filler


@lru_cache(4096)  # and the days of some months
def _day(date: dt.date, locale: str) -> str:
    from babel.dates import format_date

    return " ".join(format_date(date, format="long", locale=locale).split())


def languages(kind: str, house: Path | None = None) -> tuple[str, ...]:
    """Return the languages that a kind of letter has words in, in alphabetical order."""
    found = {
        path.name.split(".")[1]
        for root in _roots(house)
        for path in (root / "letters" / kind).glob("words.*.yaml")
        if any((one / SHARED / f"{path.name.split('.')[1]}.yaml").is_file() for one in _roots(house))
    }
    return tuple(sorted(found))


@cache
def language(kind: str, code: str, jurisdiction: str, house: Path | None = None) -> Language:
    """Return the words of a kind of letter in a language.

    Raises
    ------
    WordsError
        There is no such file, a word of the English one is missing in it, a word is no text, or a rule is
        no regular expression.
    """
    shared, own = f"{SHARED}/{code}.yaml", f"letters/{kind}/words.{code}.yaml"
    words = _over(_read(shared, house), _of_kind(kind, code, house))
    asked = _over(_read(f"{SHARED}/en.yaml", None), _of_kind(kind, "en", None))
    if missing := sorted(_keys(asked) - _keys(words)):
        raise WordsError(
            f"{own}: the words of {missing[0]} are missing. Add them, as words.en.yaml has them."
        )
    try:
        locale = words["locale"].get(jurisdiction, words["locale"]["other"])
        vague = _pattern(words["vague"]) if code != "en" or "vague" in words else None
        filler = frozenset(words.get("filler", "").lower().split()) | (FILLER if code == "en" else set())
        but_age = _pattern(words["protected"])
        protected = _pattern([*words["protected"], *words["age"]])
        return Language(code, locale, words, protected, but_age, vague, filler)
    except (KeyError, AttributeError, TypeError, re.error) as error:
        raise WordsError(f"{shared}: {error}. Write it as languages/en.yaml does.") from error


def _pattern(parts: list[str]) -> Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


def _keys(words: Mapping[str, Any], before: str = "") -> set[str]:
    """Return the keys that a template may ask for."""
    out = set()
    for key, value in words.items():
        name = f"{before}{key}"
        if name in _NO_WORDS:
            continue
        out |= _keys(value, f"{name}.") if isinstance(value, Mapping) else {name}
    return out


def _roots(house: Path | None) -> tuple[Path, ...]:
    return (assets.templates(),) if house is None else (assets.templates(), house)


def _read(name: str, house: Path | None) -> dict[str, Any]:
    """Return the words of one file: ours, and over them the house's."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    files = [root / name for root in _roots(house) if (root / name).is_file()]
    if not files:
        raise WordsError(f"{name}: there is no such file. Add it, or ask for another language.")
    words: dict[str, Any] = {}
    for path in files:
        try:
            # One sign a letter, as the statements have it: else no rule finds what it forbids.
            text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
            found = YAML(typ="safe").load(text)
        except (YAMLError, UnicodeDecodeError) as error:
            raise WordsError(f"{name}: it is no YAML ({str(error).splitlines()[0]}). Correct it.") from error
        if not isinstance(found, dict):
            raise WordsError(f"{path}:1: it holds no words. Write key: words.")
        if fault := written.first_fault(path, found, {"filler": "", EXTENDS: "", **words}, rules=_RULES):
            raise WordsError(str(fault))
        words = _over(words, found)
    return words


def _of_kind(kind: str, code: str, house: Path | None) -> dict[str, Any]:
    """Return the words of a kind, over those of the folder that it extends."""
    own = _read(f"letters/{kind}/words.{code}.yaml", house)
    extended = own.get(EXTENDS)
    return own if extended is None else _over(_read(f"letters/{extended}/words.{code}.yaml", house), own)


def _over(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return their words over ours; of what no reason may say, both: nobody's list takes ours away."""
    out = dict(ours)
    for key, value in theirs.items():
        if key in _RULES and isinstance(ours.get(key), list):
            out[key] = [*ours[key], *value]
        elif key == "filler" and key in ours:
            out[key] = f"{ours[key]} {value}"
        elif isinstance(value, Mapping) and isinstance(ours.get(key), Mapping):
            out[key] = _over(ours[key], value)
        else:
            out[key] = value
    return out
