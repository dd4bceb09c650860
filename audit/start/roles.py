"""What each column seems to be: ids, what was observed and decided, dates, protected attributes.

Names are English, as data sets mostly are. A guess is written with how it was made, and a column that the
model reads is an input whatever it is called: it is then only said what its name sounds like.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from audit.config.protected import band_names
from audit.start.names import words_of
from audit.start.table import FEW, Column, Table

# 12 CFR 1002.2(z), and what state laws add: words of a name that sound like one of them.
PROTECTED: dict[str, frozenset[str]] = {
    "sex": frozenset(("sex", "gender", "female", "male")),
    "age": frozenset(("age", "dob", "birth", "birthdate", "birthday", "birthyear")),
    "race": frozenset(("race", "racial")),
    "ethnicity": frozenset(("ethnic", "ethnicity", "hispanic", "latino")),
    "marital_status": frozenset(("marital", "marriage", "married")),
    "religion": frozenset(("religion", "religious")),
    "national_origin": frozenset(("nationality", "citizenship", "citizen", "foreign", "origin", "immigrant")),
    "disability": frozenset(("disability", "disabled", "pregnant", "pregnancy")),
    "public_assistance": frozenset(("assistance", "welfare")),
}
_STANDS_FOR = frozenset(("zip", "zipcode", "postcode", "postal", "surname", "lastname", "language", "tract"))
# The age of an account, a car or a file is nobody's age.
_NOT_A_PERSONS = frozenset((
    "account", "accounts", "acct", "loan", "trade", "file", "history", "vehicle", "car", "auto",
    "automobile", "home", "house", "oldest", "newest", "card",
))  # fmt: skip
_IDS = frozenset(("id", "key", "no", "nr", "number", "num", "ref", "reference", "identifier", "uuid"))
_DECISIONS = frozenset(("application", "app", "appl", "loan", "decision", "record", "case", "request", "row"))
_PERSONS = frozenset(("applicant", "customer", "cust", "person", "client", "borrower", "member", "party"))
_OBSERVED = frozenset((
    "default", "defaulted", "bad", "chargeoff", "charged", "delinquent", "risk", "outcome", "target",
    "label", "repaid", "good", "arrears",
))  # fmt: skip
_ADVERSE_NAMES = frozenset(("default", "defaulted", "bad", "chargeoff", "charged", "delinquent", "arrears"))
_ADVERSE_WORDS = re.compile(
    r"bad|default(ed)?|charged?[ _-]?off|late|delinquent|loss|not repaid|unpaid", re.I
)
_REFUSED = re.compile(r"denied|deny|declined?|rejected?|refused?|adverse", re.I)
_APPROVED = re.compile(r"approved?|accepted?|granted|booked|originated", re.I)
_SCORES = frozenset((
    "score", "scores", "prob", "probability", "pd", "prediction", "predicted", "fico", "vantage",
    "vantagescore",
))  # fmt: skip
_DATES = {
    "received_at": frozenset(("received", "applied", "submitted", "application", "app")),
    "completed_at": frozenset(("completed", "complete", "completion")),
    "decided_at": frozenset(("decided", "decision", "action", "adjudicated")),
}
_BANDS = (18, 25, 40, 62)  # 62: 12 CFR 1002.2(o), an elderly applicant


@dataclass(frozen=True, slots=True)
class Attribute:
    """A protected attribute as it is proposed."""

    name: str
    column: str
    type: str  # category | integer | number
    reference: str
    bands: tuple[int, ...] = ()
    n: int = 0  # rows of the reference group


@dataclass(frozen=True, slots=True)
class Label:
    """A column of two outcomes; ``adverse`` is the bad one where that can be told."""

    column: str
    values: tuple[str, ...]
    adverse: str | None


@dataclass(frozen=True, slots=True)
class Roles:
    """What the columns seem to be; every name is one of the data's."""

    id: str | None = None
    person: str | None = None
    observed: tuple[Label, ...] = ()  # one: proposed; several: for a person to choose
    taken: Label | None = None
    scores: tuple[str, ...] = ()
    dates: dict[str, str] = field(default_factory=dict)
    product: str | None = None
    protected: tuple[Attribute, ...] = ()
    sounds_protected: dict[str, str] = field(default_factory=dict)  # column -> of what; inputs too
    stands_for: tuple[str, ...] = ()  # columns that often stand for where or of whom somebody is

    def taken_columns(self) -> frozenset[str]:
        """Return the columns that have a role, so that they are no inputs of the model."""
        named = [self.id, self.person, self.taken.column if self.taken else None, self.product]
        named += [one.column for one in self.observed]
        return frozenset(one for one in (*named, *self.scores, *self.dates.values()) if one is not None)


def sounds_like(column: str) -> str | None:
    """Return the protected attribute that a name sounds like, or None.

    >>> sounds_like("personal_status_sex"), sounds_like("age_of_oldest_account")
    ('sex', None)
    """
    words = set(words_of(column))
    for attribute, signs in PROTECTED.items():
        if words & signs and not (attribute == "age" and words & _NOT_A_PERSONS):
            return attribute
    return None


def roles_of(table: Table, inputs: frozenset[str]) -> Roles:
    """Return what the columns seem to be; a column in ``inputs`` gets no other role."""
    free = [column for column in table.columns if column.name not in inputs]
    own = _id(free, table.n)
    rest = [column for column in free if column.name != own]
    person = _person(rest)
    dates = _dates(rest)
    taken = next((label for column in rest if (label := _taken(column))), None)
    left = [column for column in rest if column.name not in {person, *dates.values()}]
    left = [column for column in left if taken is None or column.name != taken.column]
    sounds = {one.name: said for one in table.columns if (said := sounds_like(one.name))}
    observed = tuple(
        label for column in left if column.name not in sounds and (label := _observed(column)) is not None
    )
    return Roles(
        id=own,
        person=person,
        observed=observed,
        taken=taken,
        scores=tuple(
            one.name
            for one in left
            if one.kind == "number" and set(words_of(one.name)) & _SCORES and one.distinct > FEW
        ),
        dates=dates,
        product=next((one.name for one in left if "product" in words_of(one.name)), None),
        protected=_protected([one for one in table.columns if one.name in sounds], sounds),
        sounds_protected=sounds,
        stands_for=tuple(one.name for one in table.columns if set(words_of(one.name)) & _STANDS_FOR),
    )


def _id(columns: list[Column], n: int) -> str | None:
    unique = [one for one in columns if one.distinct == n and not one.missing]
    named = [one for one in unique if set(words_of(one.name)) & _IDS]
    of_decisions = [one for one in named if set(words_of(one.name)) & _DECISIONS]
    others = [one for one in named if not set(words_of(one.name)) & _PERSONS]
    found = [*of_decisions, *others, *named]
    return found[0].name if found else None


def _person(columns: list[Column]) -> str | None:
    for one in columns:
        words = set(words_of(one.name))
        if words & _PERSONS and words & _IDS and not one.missing:
            return one.name
    return None


def _dates(columns: list[Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, signs in _DATES.items():
        for one in columns:
            if one.kind == "date" and one.name not in found.values() and set(words_of(one.name)) & signs:
                found.setdefault(key, one.name)
    return found


def _taken(column: Column) -> Label | None:
    words = [word for word, _ in column.words]
    refused = [word for word in words if _REFUSED.fullmatch(word)]
    approved = [word for word in words if _APPROVED.fullmatch(word)]
    if len(words) == 2 and len(refused) == 1 and len(approved) == 1:
        return Label(column.name, tuple(words), refused[0])
    return None


def _observed(column: Column) -> Label | None:
    words, values = words_of(column.name), [word for word, _ in column.words]
    if len(values) != 2 or column.missing > 0.9 * sum(n for _, n in column.words):
        return None
    telling = [value for value in values if _ADVERSE_WORDS.fullmatch(value)]
    if not (set(words) & _OBSERVED or column.name.lower() in ("y", "class") or len(telling) == 1):
        return None
    if len(telling) == 1:
        return Label(column.name, tuple(values), telling[0])
    truthful = [value for value in values if value.lower() in ("1", "true", "yes")]
    # In a column called "default" 1 is a default; in one called "target" only its owner knows.
    sure = set(words) & _ADVERSE_NAMES and len(truthful) == 1
    return Label(column.name, tuple(values), truthful[0] if sure else None)


def _protected(columns: list[Column], sounds: dict[str, str]) -> tuple[Attribute, ...]:
    found: dict[str, Attribute] = {}
    # The column that is called so comes before one whose name holds the word: sex before personal_status_sex.
    for one in sorted(columns, key=lambda one: len(words_of(one.name))):
        name = sounds[one.name]
        name = name if name not in found else one.name
        proposed = _banded(one, name) if sounds[one.name] == "age" else _category(one, name)
        if proposed is not None:
            found[name] = proposed
    return tuple(found.values())


def _category(column: Column, name: str) -> Attribute | None:
    if len(column.words) < 2:
        return None  # one group alone, or too many for a category
    reference, n = column.words[0]
    return Attribute(name, column.name, "category", reference, n=n)


def _banded(column: Column, name: str) -> Attribute | None:
    low, high = column.low, column.high
    if column.kind != "number" or low is None or high is None or not 0 <= low < high <= 120:
        return _category(column, name)
    bands = tuple(dict.fromkeys((min(math.floor(low), _BANDS[0]), *_BANDS[1:])))
    inside = tuple(
        end for at, end in enumerate(bands) if end <= high and (at + 1 == len(bands) or bands[at + 1] > low)
    )
    if len(inside) < 2:
        return None
    names = band_names(inside, whole=column.whole)
    # The reference is the band before the last, as it is where 40-61 stands beside 62 and older.
    return Attribute(name, column.name, "integer" if column.whole else "number", names[-2], inside)
