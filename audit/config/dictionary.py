"""``reasons.yaml``: what each factor is called where people read it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, RootModel, model_validator

from audit.config.blanks import blank_faults
from audit.config.faults import read_model, touched
from audit.config.nearest import did_you_mean, listed
from audit.config.reader import Lines, Loc, read_yaml
from audit.config.section import Date, Label, Many, Section, Text, Unique, refusal
from audit.errors import ConfigError, Fault
from audit.record import Approval, BureauCode, Proxy, ReasonCode
from audit.vague import is_vague

ENDS = ("high", "low")


def _one_language(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


def _as_read(text: str) -> str:
    """Return a sentence with one sign a letter, so that what may not be said is found however it was typed.

    An accent may be a sign of its own, and a sign may have no width: both read like the word and are not.
    """
    hidden = sorted({f"U+{ord(sign):04X}" for sign in text if unicodedata.category(sign) == "Cf"})
    if hidden:
        raise refusal(f"the words hold what nobody sees ({', '.join(hidden)})", "Type the words anew")
    return unicodedata.normalize("NFC", text)


Sentence = Annotated[Text, AfterValidator(_as_read)]
Words = Annotated[
    Mapping[str, Sentence],
    Field(min_length=1),
    BeforeValidator(_one_language, json_schema_input_type=Text | Mapping[str, Text]),
]
"""Language -> sentence; a sentence alone is English."""


class MissingSection(Section):
    """What is said where the information is missing: that it is (R12), not what was put in its place."""

    columns: Annotated[Many[Text], Unique("column")] = ()
    statement: Words


class ProxySection(Section):
    """What was decided about a factor's likeness to a protected attribute."""

    of: Text
    verdict: Literal["reviewed", "blocked"]
    by: Text
    date: Date
    reason: Text


class ApprovedSection(Section):
    """Who approved the statement, and when."""

    by: Text
    date: Date


class BureauSection(Section):
    """What a bureau's score calls the same thing; codes differ by bureau and by model."""

    bureau: Text
    model: Text
    code: Label


class FactorSection(Section):
    """One factor of the model; without columns a rule or a ground of judgment."""

    columns: Annotated[Many[Text], Unique("column")] = ()
    code: Label
    statement: Words
    """What letters print, by language; under `high:` or `low:` it also says which end is adverse."""

    direction: Mapping[Literal["high", "low"], Literal["adverse"]] = Field(default_factory=dict)
    hmda: Annotated[int, Field(ge=1, le=10)] | None = None
    bureau: Many[BureauSection] = ()
    """The crosswalk to the codes of bureaus' scores; for the file, never for the letter (R15)."""

    changeable: bool = True
    """Whether the applicant can change it; what they cannot is never told as a way to another decision."""

    change: Mapping[Text, Literal["increase", "decrease", "any", "never"]] = Field(default_factory=dict)
    """Which way a column can go, where not both; a column that is not named can go any way."""

    missing: MissingSection | None = None
    priority: int | None = None
    proxy: ProxySection | None = None
    approved: ApprovedSection | None = None

    @model_validator(mode="before")
    @classmethod
    def _said_of_an_end(cls, data: Any) -> Any:
        """Read words that stand under an end of the scale as a statement and a direction."""
        statement = data.get("statement") if isinstance(data, Mapping) else None
        if not isinstance(statement, Mapping):
            return data
        ends = [end for end in ENDS if end in statement]
        if not ends:
            return data
        if len(statement) > 1:
            # R19: words that say which way need an effect that goes one way.
            fact = f"{' and '.join(statement)} both have words, and only one end can be adverse"
            raise refusal(fact, "Keep one end, or write neutral words without an end")
        stated = data.get("direction") or {ends[0]: "adverse"}
        if stated != {ends[0]: "adverse"}:
            raise refusal(
                f"the words are said of {ends[0]}, and direction says otherwise", "Mend one of them"
            )
        return {**data, "statement": statement[ends[0]], "direction": stated}

    @model_validator(mode="after")
    def _one_way(self) -> FactorSection:
        if len(self.direction) > 1:
            raise refusal("high and low cannot both be adverse", "Keep one direction, or none")
        return self

    @model_validator(mode="after")
    def _codes_once(self) -> FactorSection:
        named = [(one.bureau, one.model, one.code) for one in self.bureau]
        twice = sorted({" ".join(one) for one in named if named.count(one) > 1})
        if twice:
            raise refusal(f"bureau names {', '.join(twice)} twice", "Name it once")
        return self

    @model_validator(mode="after")
    def _ways_fit(self) -> FactorSection:
        own = dict.fromkeys((*self.columns, *(self.missing.columns if self.missing else ())))
        if self.change and not self.changeable:
            fact = "change says how it can change, and changeable says that it cannot"
            raise refusal(fact, "Remove one of the two")
        for column in self.change:
            if column not in own:
                fact = f"change names {column!r}, which is no column of this factor ({listed(own) or 'none'})"
                raise refusal(fact, f"{did_you_mean(column, own)}Name one of its columns")
        if self.columns and all(self.change.get(column) == "never" for column in self.columns):
            raise refusal("none of its columns can change", "Write changeable: false instead of change")
        return self


class Factors(RootModel[dict[str, FactorSection]]):
    """A whole dictionary of reasons."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary as far as it could be read, and what is wrong with it."""

    codes: tuple[ReasonCode, ...]
    lines: Lines
    faults: tuple[Fault, ...]
    complete: bool = False  # every entry could be read, if not without fault


def load_dictionary(path: Path | str, language: str = "en") -> tuple[ReasonCode, ...]:
    """Read and check a dictionary of reasons.

    Raises
    ------
    ConfigError
        With all faults, each with its line.
    """
    dictionary = read_dictionary(path, language)
    if dictionary.faults:
        raise ConfigError(dictionary.faults)
    return dictionary.codes


def read_dictionary(path: Path | str, language: str = "en") -> Dictionary:
    """Read a dictionary, and return its faults instead of raising them."""
    try:
        data, lines = read_yaml(path)
    except ConfigError as error:
        return Dictionary((), Lines(str(path)), error.faults)
    if not isinstance(data, dict) or not data:
        fault = Fault(lines.file, 1, "", "no factor stands in this file", "Add one entry a factor")
        return Dictionary((), lines, (fault,))
    faults: list[Fault] = []
    codes: list[ReasonCode] = []
    for factor, entry in data.items():
        open_ = tuple(blank_faults(entry, lines, (factor,)))
        section, refused = read_model(FactorSection, entry, lines, (factor,))
        faults += open_
        faults += (fault for fault in refused if not touched(fault, open_))
        if section is not None:
            codes.append(_code(factor, section))
            faults += _wording(factor, section, language, lines)
    faults += _duplicates(codes, lines)
    faults.sort(key=lambda fault: fault.line or 0)
    return Dictionary(tuple(codes), lines, tuple(dict.fromkeys(faults)), len(codes) == len(data))


def _code(factor: str, section: FactorSection) -> ReasonCode:
    proxy, approved, missing = section.proxy, section.approved, section.missing
    return ReasonCode(
        factor=factor,
        code=section.code,
        columns=section.columns,
        statement=dict(section.statement),
        direction={str(end): str(way) for end, way in section.direction.items()},
        hmda=section.hmda,
        changeable=section.changeable,
        change={str(column): str(way) for column, way in section.change.items()},
        missing_columns=missing.columns if missing else (),
        missing_statement=dict(missing.statement) if missing else {},
        priority=section.priority,
        proxy=Proxy(proxy.of, proxy.verdict, proxy.by, proxy.date, proxy.reason) if proxy else None,
        approved=Approval(approved.by, approved.date) if approved else None,
        bureau=tuple(BureauCode(one.bureau, one.model, one.code) for one in section.bureau),
    )


def _wording(factor: str, section: FactorSection, language: str, lines: Lines) -> Iterator[Fault]:
    texts: list[tuple[Loc, Mapping[str, str]]] = [((factor, "statement"), section.statement)]
    if section.missing is not None:
        texts.append(((factor, "missing", "statement"), section.missing.statement))
    for loc, statement in texts:
        if language not in statement:
            yield lines.fault(loc, f"there is no statement in {language!r}", f"Add `{language}: …`")
        for tongue, text in statement.items():
            if is_vague(text):
                fact = f"{text[:60]!r} names nothing specific (12 CFR 1002.9(b)(2))"
                yield lines.fault((*loc, tongue), fact, "Say what about the applicant counted")


def _duplicates(codes: list[ReasonCode], lines: Lines) -> Iterator[Fault]:
    by_code: dict[str, str] = {}
    by_column: dict[str, str] = {}
    for code in codes:
        if code.code in by_code:
            fact = f"the code {code.code!r} belongs to {by_code[code.code]} already"
            yield lines.fault((code.factor, "code"), fact, "Give each factor a code of its own")
        by_code.setdefault(code.code, code.factor)
        for index, column in enumerate(code.columns):
            if column in by_column:
                fact = f"the column {column!r} belongs to {by_column[column]} already"
                yield lines.fault((code.factor, "columns", index), fact, "Name each column in one factor")
            by_column.setdefault(column, code.factor)
