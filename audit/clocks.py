"""How long the law gives for an answer: the ``clocks.yaml`` of the packs, as in force on a day.

A clock starts when a person asks (``of: request``) or when a letter went out (``of: notice``), and runs for
days or for months. ``ask_within`` is how long after the notice a person may ask; ``may_extend`` by how much
an answer may be put off once, with reasons.

Why so, no part of a pack's digest and of every known pack: a request is answered by the law of the day on
which it came, whatever the audit of the decision was judged by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from audit.config.faults import read_model
from audit.config.reader import read_yaml
from audit.config.section import Date, Many, Section, Text, refusal
from audit.errors import Fault, PolicyError
from audit.policy import PACKS
from audit.record import Clock, Span

FILE = "clocks.yaml"


class SpanEntry(Section):
    """A number of days or of months, the day from which it holds, and who says so."""

    since: Date = Field(alias="from")
    days: Annotated[int, Field(ge=1)] | None = None
    months: Annotated[int, Field(ge=1)] | None = None
    kind: Literal["law", "house"]
    source: Text

    @model_validator(mode="after")
    def _counts_one_thing(self) -> SpanEntry:
        if (self.days is None) == (self.months is None):
            raise refusal("it counts either days or months", "Keep one of the two")
        return self


class ClockEntry(Section):
    """What is to be answered, and in what time."""

    title: Text
    of: Literal["request", "notice"]
    review: bool = False
    answer: Annotated[Many[SpanEntry], Field(min_length=1)]
    ask_within: Many[SpanEntry] = ()
    may_extend: Many[SpanEntry] = ()


def load_clocks(as_of: dt.date, packs: Path = PACKS) -> Mapping[str, Clock]:
    """Return the clocks of every pack as in force on a day, by name; one that begins later is left out.

    Raises
    ------
    PolicyError
        With all faults, each with file and line.
    """
    found: dict[str, Clock] = {}
    faults: list[Fault] = []
    for path in sorted(packs.glob(f"*/{FILE}")):
        data, lines = read_yaml(path)
        if not isinstance(data, dict) or not data:
            faults.append(lines.fault((), "nothing stands in this file", "Fill it, or remove it"))
            continue
        for name, value in data.items():
            entry, refused = read_model(ClockEntry, value, lines, (name,))
            faults += refused
            if name in found:
                fact = f"the pack {found[name].pack!r} has a clock of this name already"
                faults.append(lines.fault((name,), fact, "Choose another name"))
            elif entry is not None and (answer := _in_force(entry.answer, as_of)) is not None:
                found[name] = Clock(
                    name=name,
                    pack=path.parent.name,
                    title=entry.title,
                    of=entry.of,
                    review=entry.review,
                    answer=answer,
                    ask_within=_in_force(entry.ask_within, as_of),
                    may_extend=_in_force(entry.may_extend, as_of),
                )
    if faults:
        raise PolicyError(tuple(faults))
    return found


def _in_force(entries: tuple[SpanEntry, ...], as_of: dt.date) -> Span | None:
    begun = [entry for entry in entries if entry.since <= as_of]
    last = max(begun, key=lambda entry: entry.since, default=None)
    return None if last is None else Span(last.days, last.months, last.kind, last.source)
