"""How long the records of an audit are kept: the ``retention.yaml`` of the packs, as in force on a day.

Why so, no part of a pack's digest: the digest says what an audit was judged by, and a longer or
shorter retention changes no finding. Retention is the law of the day on which something is to go,
not of the day of the audit; the terms that were applied are sealed with each erasure and purge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from audit.config.faults import read_model
from audit.config.reader import read_yaml
from audit.config.section import Date, Many, Section, Text, refusal
from audit.errors import Fault, PolicyError
from audit.policy import pack_folders
from audit.record import Kept, KeptFor, RetentionTerm

FILE = "retention.yaml"


class MonthsEntry(Section):
    """A number of months after the notice, and the day from which it is the one that holds."""

    since: Date = Field(alias="from")
    months: Annotated[int, Field(ge=1)]
    kind: Literal["law", "house"]
    source: Text


class TermEntry(Section):
    """A class of records, how long it must be kept, and how long it may be."""

    title: Text
    covers: Annotated[Many[Kept], Field(min_length=1)]
    purpose: Literal["consumer", "business"] | None = None
    at_least: Many[MonthsEntry] = ()
    at_most: Many[MonthsEntry] = ()
    note: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> TermEntry:
        if not (self.at_least or self.at_most or self.note):
            raise refusal("there is neither a time nor a note", "Add `at_least:`, `at_most:` or `note:`")
        for entries in (self.at_least, self.at_most):
            days = [entry.since for entry in entries]
            if len(set(days)) < len(days):
                raise refusal("two times begin on the same day", "Keep one time a day")
        for least in self.at_least:
            short = [most for most in self.at_most if most.months < least.months]
            if short:
                fact = f"at most {short[0].months} months is less than at least {least.months}"
                raise refusal(fact, "Make it longer")
        return self


def load_retention(
    names: Sequence[str], as_of: dt.date, folder: Path | None = None
) -> tuple[RetentionTerm, ...]:
    """Read the terms of packs and of what they extend, as in force on a day.

    Parameters
    ----------
    names : names of known packs, or folders of house policies
    as_of : the day on which something is to go
    folder : where the folders of house policies are looked for

    Raises
    ------
    PolicyError
        With all faults, each with file and line.
    """
    terms: list[RetentionTerm] = []
    faults: list[Fault] = []
    for pack, where in pack_folders(names, folder).items():
        path = where / FILE
        if not path.exists():
            continue
        data, lines = read_yaml(path)
        if not isinstance(data, dict) or not data:
            faults.append(lines.fault((), "nothing stands in this file", "Fill it, or remove it"))
            continue
        for name, value in data.items():
            entry, refused = read_model(TermEntry, value, lines, (name,))
            faults += refused
            if entry is not None:
                terms.append(_term(f"{pack}.{name}", entry, as_of))
    if faults:
        raise PolicyError(tuple(dict.fromkeys(faults)))
    return tuple(terms)


def _term(name: str, entry: TermEntry, as_of: dt.date) -> RetentionTerm:
    return RetentionTerm(
        term=name,
        title=entry.title,
        covers=tuple(entry.covers),
        purpose=entry.purpose,
        at_least=_in_force(entry.at_least, as_of),
        at_most=_in_force(entry.at_most, as_of),
        note=entry.note or "",
    )


def _in_force(entries: Sequence[MonthsEntry], as_of: dt.date) -> KeptFor | None:
    begun = [entry for entry in entries if entry.since <= as_of]
    last = max(begun, key=lambda entry: entry.since, default=None)
    return None if last is None else KeptFor(last.months, last.since, last.kind, last.source)
