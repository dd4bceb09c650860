"""A sealed audit told by hand: the reading half of a ledger, without a database.

Its numbers are invented and round enough to be recognised on a page; it has every figure, every
outcome and every awkward group that a report must be able to print.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from audit.ledger.requests import Reviews
from audit.record import (
    Approval,
    Audit,
    Bound,
    Dataset,
    Decision,
    Disparity,
    Evidence,
    Figure,
    Finding,
    Model,
    PackVersion,
    Rate,
    ReasonCode,
    Reference,
    Requirement,
    Statement,
)
from tests.worlds import told_comparisons
from tests.worlds.told_figures import FACTORS, GROUPS, decisions, figures
from tests.worlds.told_reasons import HMDA

if TYPE_CHECKING:
    from collections.abc import Iterator

AUDIT = "7f3a91c2" + "0b5d6e4f" * 7
AS_OF = dt.date(2026, 11, 20)
# What a score test would say, by hand: low and high of the ratio, and p.
RATIOS = {
    ("sex", "female"): (1.01, 1.08, 0.006),
    ("age", "18-24"): (0.832, 0.968, 0.002),
    ("age", "25-39"): (1.01, 1.09, 0.008),
    ("age", "62+"): (0.962, 1.27, 0.101),
    ("marital_status", "single"): (0.98, 1.06, 0.201),
    ("marital_status", "others"): (0.7925, 1.11, 0.705),
    ("marital_status", "unknown"): (0.61, 1.2, 0.916),
    ("sex x age", "male x 18-24"): (0.702, 0.957, 0.011),
    ("sex x age", "male x 25-39"): (0.98, 1.11, 0.14),
    ("sex x age", "male x 62+"): (0.9, 1.34, 0.2),
    ("sex x age", "female x 18-24"): (0.87, 1.04, 0.32),
    ("sex x age", "female x 25-39"): (1.03, 1.15, 0.001),
    ("sex x age", "female x 40-61"): (0.98, 1.11, 0.15),
    ("sex x age", "female x 62+"): (0.84, 1.33, 0.3),
}


def _requirement(
    name: str, kind: str, measure: str, bound: Bound | None, title: str, **more: Any
) -> Requirement:
    return Requirement(
        requirement=name,
        kind=kind,  # type: ignore[arg-type]
        access=more.pop("access", "model_risk"),
        question=more.pop("question", f"{title}?"),
        measure=measure,
        bound=bound,
        source=more.pop("source", "12 CFR 1002.9(b)(2)"),
        remedy=more.pop("remedy", "Change what is named here and run again."),
        title=title,
        **more,
    )


_SINCE = dt.date(2020, 1, 1)
_ZERO = Bound(_SINCE, at_most=0)
REQUIREMENTS = (
    _requirement(
        "us_ecoa_regb.protected_basis_not_scored",
        "law",
        "protected_inputs",
        _ZERO,
        "No protected attribute is a model input",
        source="12 CFR 1002.6(b)(1)",
    ),
    _requirement(
        "us_ecoa_regb.statements_approved",
        "law",
        "unapproved_statements",
        _ZERO,
        "Every statement is approved",
        remedy="Approve a statement for the factor, then render the held notices.",
    ),
    _requirement(
        "us_ecoa_regb.reasons_given",
        "law",
        "adverse_without_reason",
        _ZERO,
        "Each refusal has a reason",
        source="12 CFR 1002.9(a)(2)",
    ),
    _requirement(
        "us_ecoa_regb.notice_in_time",
        "law",
        "notice_days",
        Bound(_SINCE, at_most=30),
        "Notices leave within 30 days",
        source="12 CFR 1002.9(a)(1)",
        question="Were notices sent within 30 days?",
        not_measured="no sending dates are recorded yet",
        remedy="Run again after the letters are sent.",
    ),
    _requirement(
        "us_ecoa_regb.reference_named",
        "guidance",
        "reference_size",
        Bound(_SINCE, at_least=50),
        "The comparison group is large enough",
        source="12 CFR 1002.9, comment 9(b)(2)-5",
    ),
    _requirement(
        "house.age_gap",
        "house",
        "standardized_mean_difference",
        Bound(_SINCE, at_most=0.1),
        "No age group more than 0.10 SD nearer to refusal",
        access="fair_lending",
        source="House policy 4.2",
        remedy="Review earlier late payments and payment amounts: they carry the most.",
    ),
    _requirement(
        "screening.similar_to_named_method",
        "house",
        "named_method_overlap",
        Bound(_SINCE, at_least=0.75),
        "Similar to a method that Regulation B names",
        source="12 CFR part 1002, comment 9(b)(2)-5",
    ),
    _requirement(
        "screening.four_fifths",
        "convention",
        "adverse_impact_ratio",
        Bound(_SINCE, at_least=0.8),
        "Four fifths",
        access="fair_lending",
        source="29 CFR 1607.4(D)",
        question="Is every group approved at least four fifths as often as the reference group?",
        remedy="Look for a less discriminatory alternative and record the search.",
    ),
    _requirement(
        "screening.standardized_gap",
        "convention",
        "standardized_mean_difference",
        Bound(_SINCE, at_most=0.3),
        "Score gap of 0.30 SD",
        access="fair_lending",
        source="Fair lending practice",
    ),
)


def rates() -> tuple[Rate, ...]:
    """Selection, error rates and AUC of every group, and of all."""
    rows = [
        Rate("all", "all", "selection_rate", 5000, 0.7708, 0.7589, 0.7822),
        Rate("all", "all", "auc", 5000, 0.785, 0.7702, 0.8009),
        Rate("all", "all", "false_positive_rate", 3893, 0.152, 0.141, 0.164),
        Rate("all", "all", "true_positive_rate", 1107, 0.502, 0.472, 0.531),
    ]
    for attribute, (_, groups) in GROUPS.items():
        for group, (n, approved) in groups.items():
            few = "too few: n < 30" if n < 30 else None
            share = approved / n
            spread = 1.96 * (share * (1 - share) / n) ** 0.5
            rows.append(
                Rate(
                    attribute,
                    group,
                    "selection_rate",
                    n,
                    share,
                    max(0, share - spread),
                    min(1, share + spread),
                    few,
                )
            )
            rows.append(Rate(attribute, group, "false_positive_rate", round(n * 0.78), 0.15, 0.12, 0.18, few))
            rows.append(Rate(attribute, group, "true_positive_rate", round(n * 0.22), 0.5, 0.44, 0.56, few))
    return tuple(rows)


def disparities() -> tuple[Disparity, ...]:
    """Ratios, score gaps and marginal effects of every group but the references."""
    rows = []
    for (attribute, group), (low, high, p) in RATIOS.items():
        reference, groups = GROUPS[attribute]
        n, approved = groups[group]
        base = groups[reference][1] / groups[reference][0]
        few = "too few: n < 30" if n < 30 else None
        value = approved / n / base
        rows += [
            Disparity(attribute, group, reference, "adverse_impact_ratio", n, value, low, high, p, few),
            Disparity(
                attribute,
                group,
                reference,
                "standardized_mean_difference",
                n,
                round((1 - value) * 2.6, 3),
                round((1 - value) * 2.6 - 0.11, 3),
                round((1 - value) * 2.6 + 0.11, 3),
                None,
                few,
            ),
            Disparity(
                attribute, group, reference, "marginal_effect", n, base - approved / n, None, None, p, few
            ),
        ]
    return tuple(rows)


def _screen(requirement: Requirement, row: Disparity) -> Finding:
    bound = requirement.bound
    assert bound is not None
    assert row.value is not None
    low = row.low if row.low is not None else row.value
    high = row.high if row.high is not None else row.value
    line = bound.at_least if bound.at_least is not None else bound.at_most
    assert line is not None
    below, above = high < line, low > line
    good = above if bound.at_least is not None else below
    outcome = "inconclusive" if row.cause or not (below or above) else "met" if good else "not_met"
    return Finding(
        requirement.requirement,
        requirement.kind,
        requirement.access,
        outcome,  # type: ignore[arg-type]
        requirement.measure,
        row.attribute,
        row.group,
        row.value,
        row.low,
        row.high,
        row.n,
        f"at {'least' if bound.at_least is not None else 'most'} {line}",
        requirement.source,
        row.cause,
    )


def findings() -> tuple[Finding, ...]:
    """One finding a requirement and group; each outcome occurs."""
    by_name = {r.requirement.split(".")[1]: r for r in REQUIREMENTS}

    def one(
        name: str, outcome: str, value: float | None, cause: str | None = None, n: int | None = None
    ) -> Finding:
        r = by_name[name]
        return Finding(
            r.requirement,
            r.kind,
            r.access,
            outcome,
            r.measure,
            value=value,
            n=n,
            bound="at most 0",
            source=r.source,
            cause=cause,
        )

    rows = [
        one("protected_basis_not_scored", "met", 0, n=3),
        one("statements_approved", "not_met", 1, n=len(FACTORS)),
        one("reasons_given", "met", 0, n=1146),
        one("notice_in_time", "not_measured", None, "no sending dates are recorded yet"),
        one("reference_named", "met", 386, n=386),
        replace(one("similar_to_named_method", "met", 0.832, n=500), low=0.797, high=0.863),
    ]
    for row in disparities():
        if row.metric == "adverse_impact_ratio":
            rows.append(_screen(by_name["four_fifths"], row))
        elif row.metric == "standardized_mean_difference":
            rows.append(_screen(by_name["standardized_gap"], row))
            if row.attribute == "age":
                rows.append(_screen(by_name["age_gap"], row))
    return tuple(rows)


def audit() -> Audit:
    """The audit itself."""
    return Audit(
        audit=AUDIT,
        name="Card portfolio, 2026 Q4",
        kind="population",
        owner="Model Risk",
        as_of=AS_OF,
        model=Model(
            "3f" * 32,
            "credit_mlp.keras",
            "keras",
            "3f9c1b7ae2d04586",
            ("credit_limit", "status_latest", "region"),
            "score",
            1089,
        ),
        dataset=Dataset("a7" * 32, "applications.csv.gz", 5000, ("credit_limit", "status_latest", "region")),
        config={
            "decision": {"adverse": "high", "cutoff": 0.3, "at_cutoff": "adverse"},
            "fairness": {"min_group": 30},
            "policies": ["us_ecoa_regb", "screening", "house/policy"],
            "data": {"path": "applications.csv.gz"},
        },
        state="sealed",
        seed=7,
        program="0.1.0",
        opened_at=dt.datetime(2026, 11, 20, 18, 40, 21, tzinfo=dt.UTC),
        sealed_at=dt.datetime(2026, 11, 20, 18, 41, 7, tzinfo=dt.UTC),
        exit_code=3,
        counts={"rows": 5000, "adverse": 1146, "favourable": 3854, "none": 0, "held": 132, "quarantined": 0},
        timings={"score": 1.2, "explain": 8.8},
        checkpoint="plainspoken\n214\nsQ4MbZpX8uhhMQTaRXnuLxjAfDg0jRUJ5YoGVMT+3SE=\n",
        environment={"python": "3.11.7"},
    )


@dataclass
class ToldLedger:
    """The reading half of a ledger, from memory."""

    the_audit: Audit = field(default_factory=audit)
    the_requirements: tuple[Requirement, ...] = REQUIREMENTS
    the_findings: tuple[Finding, ...] = field(default_factory=findings)
    the_figures: dict[str, Figure] = field(default_factory=lambda: figures() | told_comparisons.figures())
    the_reviews: Reviews | None = field(default_factory=lambda: Reviews(14, 3, 7, 2, 1, 211))
    the_rates: tuple[Rate, ...] = field(default_factory=rates)
    the_disparities: tuple[Disparity, ...] = field(
        default_factory=lambda: (*disparities(), *told_comparisons.compared())
    )

    def find(self, _: str) -> Audit:
        return self.the_audit

    def reviews(self, _: Any) -> Reviews | None:
        return self.the_reviews

    def requirements(self, _: Any) -> tuple[Requirement, ...]:
        return self.the_requirements

    def findings(self, _: Any) -> tuple[Finding, ...]:
        return self.the_findings

    def rates(self, _: Any) -> tuple[Rate, ...]:
        return self.the_rates

    def disparities(self, _: Any) -> tuple[Disparity, ...]:
        return self.the_disparities

    def figures(self, _: Any) -> dict[str, Figure]:
        return self.the_figures

    def codes(self, _: Any) -> tuple[ReasonCode, ...]:
        approval = Approval("Head of Credit", AS_OF)
        return tuple(
            ReasonCode(
                f, code, (f,), {"en": label}, hmda=HMDA.get(f), approved=None if code == "L2" else approval
            )
            for f, code, label in FACTORS
        )

    def statements(self, _: Any) -> tuple[Statement, ...]:
        note = "Section 1002.6(a) says that the Act provides no effects test (91 FR 21620)."
        return (Statement("us_ecoa_regb.note", "en", note, "Regulation B", "us_ecoa_regb"),)

    def packs(self, _: Any) -> tuple[PackVersion, ...]:
        return (
            PackVersion("us_ecoa_regb", "0d" * 32, dt.date(2026, 7, 21), "Regulation B"),
            PackVersion("screening", "1d" * 32, dt.date(2026, 7, 21), "Screening conventions"),
        )

    def references(self, _: Any) -> tuple[Reference, ...]:
        return (Reference("near_cutoff", "86" * 32, 386, 386, 0.3, 0.2612, 0.2201, 0.2999),)

    def decisions(
        self, _: Any, *, outcome: str | None = None, notice: str | None = None
    ) -> Iterator[Decision]:
        for decision in decisions():
            if outcome in (None, decision.outcome) and notice in (None, decision.notice.state):
                yield decision

    def evidence(self, _: Any) -> tuple[Evidence, ...]:
        return (
            Evidence("model", "3f" * 32, 3),
            Evidence("data", "a7" * 32, 4),
            Evidence("config", "51" * 32, 5),
        )
