"""Which legal theory each test serves, and which classes the law protects, as data with their days.

The pack ``screening`` has both beside its ``law.yaml``: ``theories.yaml``, one entry a test, with what it
served since which day and by which source; ``classes.yaml``, one entry a protected class. A report takes
what was in force on its audit's day. Neither says what follows from a number.

Why so, no part of a pack's digest: like ``law.yaml`` it changes no finding. What a document took from it
is in the digest that the document prints and is recorded with.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from audit.clauses import LawEntry
from audit.config.faults import read_model
from audit.config.reader import read_yaml
from audit.config.section import Date, Many, Section, Text, refusal
from audit.errors import Fault, PolicyError
from audit.law import PackLaw, law_of, state
from audit.policy import PACKS

HOME = PACKS / "screening"
FILE, CLASSES = "theories.yaml", "classes.yaml"
PACKS_OF_LENDING = ("us_ecoa_regb", "screening")

S = TypeVar("S", bound=Section)
Serves = Literal["disparate_treatment", "disparate_impact", "validation", "notice", "none"]


class HeldEntry(Section):
    """What a test served from a day on."""

    since: Date = Field(alias="from")
    serves: Annotated[Many[Serves], Field(min_length=1)]
    says: Text
    source: Text
    checked: Date


class TheoryEntry(Section):
    """One test, and what it served since when."""

    title: Text
    held: Annotated[Many[HeldEntry], Field(min_length=1)]
    rests_on: Annotated[Many[Text], Field(min_length=1)]
    """Pieces of law, ``<pack>.<item>`` of a ``law.yaml``."""

    @model_validator(mode="after")
    def _in_order(self) -> TheoryEntry:
        days = [one.since for one in self.held]
        if days != sorted(set(days)):
            raise refusal("the days do not ascend", "Write the oldest first, one entry a day")
        if any("none" in one.serves and len(one.serves) > 1 for one in self.held):
            raise refusal("'none' stands beside a theory", "Keep one of them")
        return self


class ClassEntry(Section):
    """One protected class."""

    title: Text
    laws: Annotated[Many[Literal["ECOA", "FHA"]], Field(min_length=1)]
    names: Annotated[Many[Text], Field(min_length=1)]
    """Names of attributes that are this class; ``estimated``: groups estimated from name and address."""

    collected: Text
    source: Text
    checked: Date


@dataclass(frozen=True, slots=True)
class Theory:
    """A test, and what it serves on a day; ``since`` is None where nothing was in force yet."""

    test: str
    title: str
    serves: tuple[Serves, ...]
    says: str
    source: str
    since: dt.date | None
    checked: dt.date | None


@dataclass(frozen=True, slots=True)
class LawOnDay:
    """A piece of law as it stood on a day."""

    item: str
    title: str
    state: str
    confidence: str
    checked: dt.date
    source: str
    verify: str


def theories(day: dt.date, folder: Path = HOME) -> tuple[Theory, ...]:
    """Return what each test serves on a day.

    Raises
    ------
    PolicyError
        With all faults, each with file and line.

    >>> [one.serves for one in theories(dt.date(2026, 11, 20)) if one.test == "four_fifths"]
    [('none',)]
    """
    return tuple(_on(test, entry, day) for test, entry in _entries(folder / FILE, TheoryEntry).items())


def classes(folder: Path = HOME) -> Mapping[str, ClassEntry]:
    """Return the protected classes in the order of print."""
    return _entries(folder / CLASSES, ClassEntry)


def law_on(day: dt.date, folder: Path = HOME) -> tuple[LawOnDay, ...]:
    """Return the pieces of law that the theories rest on, as they stood on a day.

    Raises
    ------
    PolicyError
        A theory rests on an item that no pack has.
    """
    packs = {pack.name: pack for pack in law_of(PACKS_OF_LENDING)}
    named = dict.fromkeys(
        item for one in _entries(folder / FILE, TheoryEntry).values() for item in one.rests_on
    )
    return tuple(_law(item, _find(item, packs, folder), day) for item in named)


def digest(folder: Path = HOME) -> str:
    """Return one SHA-256 over all that a report takes from these files and from the law beside them."""
    hashed = hashlib.sha256()
    files = [folder / FILE, folder / CLASSES, *(PACKS / name / "law.yaml" for name in PACKS_OF_LENDING)]
    for path in files:
        # A checkout on another system may have other line ends.
        content = path.read_bytes().replace(b"\r\n", b"\n")
        hashed.update(f"{path.parent.name}/{path.name}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()


def _on(test: str, entry: TheoryEntry, day: dt.date) -> Theory:
    begun = [one for one in entry.held if one.since <= day]
    if not begun:
        return Theory(test, entry.title, (), "", "", None, None)
    one = begun[-1]
    return Theory(test, entry.title, tuple(one.serves), one.says, one.source, one.since, one.checked)


def _law(item: str, entry: LawEntry, day: dt.date) -> LawOnDay:
    told = state(entry, day)
    return LawOnDay(
        item, entry.title, told, entry.confidence, entry.checked, entry.source, entry.verify or ""
    )


def _find(item: str, packs: Mapping[str, PackLaw], folder: Path) -> LawEntry:
    pack, _, name = item.partition(".")
    if pack not in packs or name not in packs[pack].items:
        fact = f"no pack has a piece of law called {item!r}"
        raise PolicyError((Fault(str(folder / FILE), None, "rests_on", fact, "Name an item of law.yaml"),))
    return packs[pack].items[name]


def _entries(path: Path, model: type[S]) -> dict[str, S]:
    data, lines = read_yaml(path)
    if not isinstance(data, dict) or not data:
        raise PolicyError((lines.fault((), "nothing stands in this file", "Fill it"),))
    found: dict[str, S] = {}
    faults: list[Fault] = []
    for name, value in data.items():
        entry, refused = read_model(model, value, lines, (name,))
        faults += refused
        if entry is not None:
            found[name] = entry
    if faults:
        raise PolicyError(tuple(faults))
    return found
