"""What the files of a policy pack may say: requirements with dated bounds, texts, seeds, the pack itself.

Each entry is checked by itself here; what stands between entries and between packs is
``audit.policy``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

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


class PackEntry(Section):
    """What a pack is, and when somebody last checked its law."""

    title: Text
    as_of: Date
    extends: Annotated[Many[Text], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = ()
    note: Text | None = None
