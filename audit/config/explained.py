"""What letters that explain a decision must be told: words about the controller, its inputs and its score.

Nothing here is guessed from the data: a letter that needs a key which is not stated is refused, and
names the key. Words stand in one language, or under each language of the letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from audit.config.section import Label, Many, Section, Text, refusal


def _words(value: Any) -> str:
    return "<text>" if isinstance(value, str) else "<languages>"


def _told(value: Any) -> str:
    if isinstance(value, str):
        return "<text>"
    return "<lines>" if isinstance(value, list | tuple) else "<languages>"


def _one_or_more(value: Any) -> str:
    return "<text>" if isinstance(value, str) else "<lines>"


Lines = Annotated[Many[Text], Field(min_length=1)]

Words = Annotated[
    Annotated[Text, Tag("<text>")]
    | Annotated[Annotated[Mapping[str, Text], Field(min_length=1)], Tag("<languages>")],
    Discriminator(_words),
]
"""Words for every language, or one entry a language: `{en: …, de: …}`."""

_OneOrMore = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[Lines, Tag("<lines>")], Discriminator(_one_or_more)
]

Told = Annotated[
    Annotated[Text, Tag("<text>")]
    | Annotated[Lines, Tag("<lines>")]
    | Annotated[Annotated[Mapping[str, _OneOrMore], Field(min_length=1)], Tag("<languages>")],
    Discriminator(_told),
]
"""One or several lines, for every language or one entry a language."""


class Withheld(Section):
    """Something that a letter does not tell: of what kind it is, and why."""

    what: Words
    reason: Words


class AiSystem(Section):
    """The system that a letter under Article 86 of the AI Act explains."""

    role: Literal["decisive", "advisory"]
    """decisive: its result is the decision; advisory: a person decides and may decide otherwise."""

    provider: Text
    registration: Text
    """Its number in the EU database, or why it has none."""


class Overlay(Section):
    """What a state adds to a notice of adverse action for those who live there."""

    correction: Told
    """How a person asks for inaccurate data to be corrected."""

    human_review: Told
    """How a person asks for a review by a human."""

    more: Told | None = None
    """How a person gets more information."""


class Controller(Section):
    """What a lender says of its processing in letters that explain a decision."""

    purposes: Told | None = None
    """Why the data are used (Art. 15(1)(a) GDPR; 11 CCR 7222(b)(1))."""

    categories: Told | None = None
    """Which kinds of data are used (Art. 15(1)(b) GDPR)."""

    recipients: Told | None = None
    """Who receives them (Art. 15(1)(c) GDPR)."""

    storage: Told | None = None
    """How long they are kept, or by what this is decided (Art. 15(1)(d) GDPR)."""

    transfers: Told | None = None
    """Transfers to third countries and their safeguards, where there are any (Art. 15(2) GDPR)."""

    consequences: Told | None = None
    """What else the decision leads to for the person, beside the refusal itself (Art. 15(1)(h) GDPR)."""

    human_step: Told | None = None
    """Who takes part before the decision and with what authority, where `record.human_involved` is true."""

    review_time: Told | None = None
    """Within what time somebody answers who asked for a review."""

    debt_advice: Told | None = None
    """Advisory services for people in debt that a refused consumer is referred to (CCD2 Art. 18(9))."""

    databases: Mapping[Text, Told] = Field(default_factory=dict)
    """Name of a database in `sources` -> the categories of data that it gave (CCD2 Art. 19(6))."""

    fairness_checks: Told | None = None
    """UK: how the procedure is checked for unequal treatment."""

    performance_checks: Told | None = None
    """UK: how its accuracy and security are checked."""

    withheld: Many[Withheld] = ()
    ai_system: AiSystem | None = None
    overlays: Mapping[Literal["CO"], Overlay] = Field(default_factory=dict)
    """State -> what its residents are told beside the notice of adverse action."""


class InputSection(Section):
    """One input of the model, as the person it is about reads of it."""

    label: Words
    """What it is called, its unit included: the column's name is nobody's word."""

    source: Words
    """applicant, own, derived, cra, affiliate, third_party, the name of one of `sources`, or words."""

    of: Literal["primary", "joint", "guarantor", "all"] = "primary"
    """Whose it is: no other person of the application is told it."""

    values: Mapping[Label, Words] = Field(default_factory=dict)
    """What the codes of the data mean: `{1: {en: yes}, 0: {en: no}}`."""


class OwnScore(Section):
    """The range of the lender's score, and who calculates it."""

    low: float | int
    high: float | int
    provider: Words | None = None
    """Without it the lender; needed where the scores come in a column."""

    @model_validator(mode="after")
    def _ascends(self) -> OwnScore:
        if self.low >= self.high:
            raise refusal(f"low ({self.low}) is not below high ({self.high})", "Mend the two")
        return self


class Explained(Section):
    """What explaining letters print of inputs, factors and the score."""

    inputs: Mapping[Text, InputSection] = Field(default_factory=dict)
    """Column -> what it is called, where it came from, whose it is."""

    factors: Mapping[Text, Words] = Field(default_factory=dict)
    """Factor -> a name without a direction, for factors that are no reason; else its inputs' names."""

    score: OwnScore | None = None
