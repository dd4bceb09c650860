"""What the files of a policy pack may say: requirements with dated bounds, texts, seeds, the pack itself.

Each entry is checked by itself here; what stands between entries and between packs is
``audit.policy``'s.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from audit.config.nearest import did_you_mean
from audit.config.section import Date, Many, Section, Text, refusal
from audit.record import Access, Kind

#: What a run can measure; a requirement that names anything else needs ``not_measured``.
MEASURES = frozenset(
    {
        "selection_rate",
        "adverse_impact_ratio",
        "standardized_mean_difference",
        "marginal_effect",
        "true_positive_rate",
        "false_positive_rate",
        "false_negative_rate",
        "positive_predictive_value",
        "auc",
        "protected_inputs",
        "elderly_age_negative",
        "proxy_columns_scored",
        "inputs_without_factor",
        "factors_without_statement",
        "vague_statements",
        "unapproved_statements",
        "adverse_without_reason",
        "reasons_not_adverse",
        "reasons_at_most_four",
        "held_notices",
        "uncertain_rankings",
        "completeness_residual",
        "reference_size",
        "shap_top4_overlap",
        "lime_top4_overlap",
        "seed_same_reasons",
        "reference_draw_overlap",
        "reasons_share_moved",
        "reasons_moved_more",
        "reasons_against_alone",
        "named_method_overlap",
        "shap_difference",
        "most_common_reason_share",
        "other_reasons_share",
        "reason_mix_psi",
        "stated_reason_overlap",
        "decision_differs",
        "directions_not_shown",
        "notice_days",
        "disclosed_score_role",
        "agency_stated",
        "image_accuracy",
        "image_region_curve",
        "image_agreement",
        "image_completeness",
    }
)


class BoundEntry(Section):
    """A bound and the day from which it holds."""

    since: Date = Field(alias="from")
    at_least: float | None = None
    at_most: float | None = None
    equals: float | None = None

    @model_validator(mode="after")
    def _one_number(self) -> BoundEntry:
        if sum(number is not None for number in (self.at_least, self.at_most, self.equals)) != 1:
            raise refusal("a bound has exactly one number", "Keep one of at_least, at_most and equals")
        return self


class RequirementEntry(Section):
    """A yes/no question, what answers it, and what the answer must be."""

    title: Text
    question: Text
    kind: Kind
    access: Access
    measure: Text
    bound: Many[BoundEntry] = ()
    source: Text
    remedy: Text
    population: bool = False
    not_measured: Text | None = None

    @model_validator(mode="after")
    def _can_be_answered(self) -> RequirementEntry:
        if not self.bound and self.not_measured is None:
            raise refusal("there is neither a bound nor a cause", "Add `bound:` or `not_measured:`")
        days = [bound.since for bound in self.bound]
        if len(set(days)) < len(days):
            raise refusal("two bounds begin on the same day", "Keep one bound a day")
        if self.not_measured is None and self.measure not in MEASURES:
            hint = did_you_mean(self.measure, MEASURES)
            raise refusal(f"no run measures {self.measure!r}", f"{hint}Name a measure or add `not_measured:`")
        return self


class StatementEntry(Section):
    """A text and the day from which it is the one to use."""

    since: Date = Field(alias="from")
    source: Text
    text: Annotated[Mapping[str, Text], Field(min_length=1)]


class SeedEntry(Section):
    """A reason of a published list: a fact to start a dictionary from, never an automatic text."""

    statement: Annotated[Mapping[str, Text], Field(min_length=1)]
    hmda: Annotated[int, Field(ge=1, le=10)] | None = None
    source: Text


LawStatus = Literal["enacted", "challenged", "proposed", "withdrawn"]
"""challenged: in force, and a suit or a repeal is pending; withdrawn: nobody may cite it any more."""


class PackEntry(Section):
    """What a pack is, since when it speaks, and when somebody last checked its law."""

    title: Text
    as_of: Date
    """The day on which its law was last checked."""

    since: Date | None = Field(default=None, alias="from")
    """The day from which it asks anything; before it nothing of it is in force."""

    until: Date | None = None
    status: LawStatus = "enacted"
    sources: Many[Text] = ()
    extends: Annotated[Many[Text], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = ()
    counterfactuals: bool = False
    """Whether a letter under it must be able to say what would have turned the decision."""

    note: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> PackEntry:
        _refuse_backwards(self.since, self.until)
        return self


class AwaitedEntry(Section):
    """A day on which something is to be known that is not known yet."""

    on: Date
    what: Text


class LawEntry(Section):
    """One piece of law that a pack rests on, with what is known of its state and how surely."""

    title: Text
    status: LawStatus
    confidence: Literal["high", "medium", "low"]
    checked: Date
    source: Text
    since: Date | None = Field(default=None, alias="from")
    until: Date | None = None
    verify: Text | None = None
    """What a lawyer should look at before anybody relies on it."""

    awaited: Many[AwaitedEntry] = ()
    concerns: Many[Text] = ()
    """Requirements, statements and terms of retention of the same pack that rest on it."""

    @model_validator(mode="after")
    def _in_order(self) -> LawEntry:
        _refuse_backwards(self.since, self.until)
        if self.status == "proposed" and self.since is not None:
            raise refusal("what is proposed has no day of effect yet", "Use `awaited:`, or another status")
        return self


def _refuse_backwards(since: dt.date | None, until: dt.date | None) -> None:
    if since is not None and until is not None and until <= since:
        raise refusal(f"it ends on {until}, and begins on {since}", "Mend the two days")
