"""``explain``: the one method that letters quote, whom it compares with, and the cross-checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from audit.config.section import Label, Many, OneOf, Positive, Section, Sha256, Text, Unique, Whole, refusal

KNOWN_METHODS = (
    "shapley",
    "shap",
    "lime",
    "integrated_gradients",
    "expected_gradients",
    "gradients",
    "smoothgrad",
    "occlusion",
    "factor_points",
    "counterfactual",
    "permutation_importance",
    "partial_dependence",
    "ice",
    "ale",
    "interaction",
    "weights",
)
PICTURE_METHODS = ("xrai", "grad_cam")
"""Each says where in a picture a model looks, and nothing of columns: `audit.kind: images`."""

REASONS_METHODS = ("shapley",)
LOCAL_METHODS = (
    "shap",
    "lime",
    "integrated_gradients",
    "expected_gradients",
    "gradients",
    "smoothgrad",
    "occlusion",
    "factor_points",
)
"""Each says of one decision what its factors did: a cross-check of the reasons."""

GLOBAL_METHODS = ("permutation_importance", "partial_dependence", "ice", "ale", "interaction", "weights")
"""Each says of a model how it behaves over many decisions, and of no decision why."""

ALSO_METHODS = (*LOCAL_METHODS, "counterfactual", *GLOBAL_METHODS)


class ReasonsSection(Section):
    """How reasons are found and how many are told."""

    method: Annotated[Text, OneOf("method for reasons", REASONS_METHODS, KNOWN_METHODS)] = "shapley"
    exact_up_to: Annotated[int, Field(ge=1, le=16)] = 10
    """Up to so many factors the values are exact; past that they are sampled."""

    sampling: Literal["orders", "kernel"] = "orders"
    """How factors past that are sampled: random orders of them, or least squares over coalitions."""

    at_most: Annotated[int, Field(ge=1, le=10)] = 4
    """Reasons told at most; more than four are seldom helpful (comment 9(b)(2)-1)."""

    floor: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """The share of the total adverse contribution below which a factor is no reason."""


class Pinned(Section):
    """A reference that an earlier audit, or a file, gives."""

    origin: Annotated[Text, Field(alias="from")]
    """The audit or the file; in the file the key is `from`."""

    sha256: Sha256
    """The digest of that reference."""


class ReferenceSection(Section):
    """Whom a refused applicant is compared with."""

    kind: Literal["near_cutoff", "all_applicants", "pinned"] = "near_cutoff"
    rows: Positive = 1000
    """At most so many rows; at or above the number of candidates it means all of them."""

    min_rows: Positive = 50
    """With fewer rows the reference is inconclusive."""

    pinned: Pinned | None = None

    @model_validator(mode="before")
    @classmethod
    def _pinned_is_a_kind(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("pinned") is not None and "kind" not in data:
            return {**data, "kind": "pinned"}
        return data

    @model_validator(mode="after")
    def _fits(self) -> ReferenceSection:
        if (self.kind == "pinned") != (self.pinned is not None):
            raise refusal(
                f"the kind is {self.kind} and pinned is {'given' if self.pinned else 'not given'}",
                "Write pinned: {from: …, sha256: …} alone, or another kind without it",
            )
        if self.min_rows > self.rows:
            raise refusal(f"min_rows ({self.min_rows}) is above rows ({self.rows})", "Mend the two")
        return self


class CounterfactualsSection(Section):
    """Which changes would have turned a refusal, and how far they are looked for."""

    at_most: Annotated[int, Field(ge=1, le=5)] = 3
    """Changes told at most, of different factors."""

    most_factors: Annotated[int, Field(ge=1, le=6)] = 4
    """Factors that are changed together at most."""

    budget: Annotated[int, Field(ge=64)] = 1024
    """Evaluations of the model that each number of factors changed together may cost a decision."""


class ExplainSection(Section):
    """What is explained, and how."""

    reasons: ReasonsSection = Field(default_factory=ReasonsSection)
    reference: ReferenceSection = Field(default_factory=ReferenceSection)
    also: Annotated[
        Many[Annotated[Text, OneOf("method", ALSO_METHODS, KNOWN_METHODS, PICTURE_METHODS)]], Unique("method")
    ] = ()
    """Cross-checks on a sample, and pictures of how the model behaves over many decisions."""

    orders: Mapping[Label, Annotated[Many[Label], Field(min_length=2), Unique("level")]] = Field(
        default_factory=dict
    )
    """Categories whose levels have a natural order, lowest first: `ale` moves along it."""

    sample: Whole = 200
    """Decisions that the cross-checks explain."""

    favourable: Whole = 500
    """Favourable decisions attributed, for the global pictures."""

    counterfactuals: CounterfactualsSection | None = None
    """How far is looked for what would have turned a refusal. It is looked for at every refusal where this
    is given, where `also` names counterfactual, or where a policy in force asks for it, as `eu_gdpr` does."""

    @property
    def cross_checks(self) -> tuple[str, ...]:
        """What explains decisions one by one, beside the method that letters quote."""
        return tuple(method for method in self.also if method in LOCAL_METHODS)

    @property
    def global_methods(self) -> tuple[str, ...]:
        """What is asked of the model over many decisions."""
        return tuple(method for method in self.also if method in GLOBAL_METHODS)
