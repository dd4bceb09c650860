"""What was found, as a sentence: one line for each measure that a requirement may name.

A measure without a line here is told by its name, number and bound, so an outsider's pack
still reads plainly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports import wording
from reports.groups import group_words
from reports.wording import count, number_in_words, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.record import Bound, Finding

_COUNTED: Final = {
    "protected_inputs": ("model input is a protected attribute", "model inputs are protected attributes"),
    "elderly_age_negative": (
        "applicant of 62 or older fares worse than with the best younger age",
        "applicants of 62 or older fare worse than with the best younger age",
    ),
    "inputs_without_factor": ("model input belongs to no factor", "model inputs belong to no factor"),
    "factors_without_statement": ("factor has no statement", "factors have no statement"),
    "vague_statements": ("statement is too vague", "statements are too vague"),
    "unapproved_statements": ("reason statement is not approved", "reason statements are not approved"),
    "adverse_without_reason": ("refusal has no reason", "refusals have no reason"),
    "reasons_not_adverse": (
        "printed reason did not push toward refusal",
        "printed reasons did not push toward refusal",
    ),
    "held_notices": ("notice is held", "notices are held"),
    "uncertain_rankings": (
        "refusal has an order of reasons that is not settled",
        "refusals have an order of reasons that is not settled",
    ),
    "decision_differs": (
        "decision differs from model and cutoff",
        "decisions differ from model and cutoff",
    ),
}
_RATES: Final = {
    "selection_rate": "are approved",
    "true_positive_rate": "are refused, of those that turned out badly",
    "false_positive_rate": "are refused, of those that turned out well",
    "false_negative_rate": "are approved, of those that turned out badly",
    "positive_predictive_value": "turned out badly, of those refused",
    "true_negative_rate": "are approved, of those that turned out well",
    "negative_predictive_value": "turned out well, of those approved",
}
_COUNT_MEASURES: Final = frozenset(_COUNTED) | {"reference_size", "reasons_at_most_four", "notice_days"}
_PERCENT_MEASURES: Final = frozenset(_RATES) | {
    "shap_top4_overlap",
    "lime_top4_overlap",
    "most_common_reason_share",
    "other_reasons_share",
    "marginal_effect",
    "seed_same_reasons",
    "reference_draw_overlap",
    "reasons_moved_more",
    "reasons_against_alone",
    "named_method_overlap",
}
_SCORE_MEASURES: Final = frozenset({"auc"})
_RATIO_MEASURES: Final = frozenset(
    {"adverse_impact_ratio", "standardized_mean_difference", "reasons_share_moved"}
)
_SENTENCES: Final = {
    "other_reasons_share": "{} of refusals are told a reason that only says “other”",
    "seed_same_reasons": "another seed gives {} of refusals the same reasons in the same order",
    "reference_draw_overlap": "{} of reasons stay when the comparison group is drawn anew",
    "reasons_share_moved": "put right, the printed reasons carry the score {} of the way to the comparison "
    "group’s average",
    "reasons_moved_more": "in {} of refusals the printed reasons move the score further than as many other "
    "factors",
    "reasons_against_alone": "put right alone, {} of printed reasons move the score toward refusal",
    "named_method_overlap": "the nearer of the two methods that Regulation B names gives {} of the same four "
    "factors",
}


def measure_words(measure: str) -> str:
    """Return the name of a measure as people say it."""
    return {
        "auc": "ranking quality (AUC)",
        "standardized_mean_difference": "score gap in standard deviations",
        "marginal_effect": "gap in approval rates",
        "selection_rate": "approval rate",
        "adverse_impact_ratio": "approval ratio",
        "shortfall": "shortfall in persons",
        "odds_ratio": "odds ratio of approval",
        "ks": "distance of scores by outcome (KS)",
        "calibration_gap": "score minus outcome",
        "price_gap": "gap in price",
    }.get(measure, measure.replace("_", " "))


def bounds_of(bound: Bound | None) -> tuple[float, ...]:
    """Return the numbers of a bound, for rounding beside them."""
    if bound is None:
        return ()
    return tuple(b for b in (bound.at_least, bound.at_most, bound.equals) if b is not None)


def number(measure: str, value: float | None, bounds: Sequence[float] = ()) -> str:
    """Return a value in the form of its measure: count, percent, ratio or score."""
    if value is None:
        return wording.NOTHING
    if measure in _COUNT_MEASURES and float(value).is_integer():
        return count(int(value))
    if measure in _PERCENT_MEASURES:
        return wording.percent(value, bounds=bounds)
    if measure == "standardized_mean_difference":
        return wording.signed(value, 2, bounds)
    if measure in _RATIO_MEASURES:
        return wording.ratio(value, bounds)
    if measure == "completeness_residual":
        tiny = f"<{wording.NO_BREAK}0.000001"
        return tiny if 0 < value < 1e-6 else f"{value:.6f}".rstrip("0").rstrip(".")
    if float(value).is_integer() and measure not in _SCORE_MEASURES:
        return count(int(value))
    return wording.score(value, bounds)


def of_how_many(finding: Finding) -> str:
    """Return of how many a count was found: `` of 1,170``; empty where it is no count, or nobody knows."""
    value, n = finding.value, finding.n
    if finding.measure not in _COUNTED or n is None or value is None or not 0 <= value <= n:
        return ""
    return f" of {count(n)}"


def measured(finding: Finding, bounds: Sequence[float] = ()) -> str:
    """Return value and interval, or a count and its n: ``0.90 (0.83–0.97)``, ``0 of 1,170``."""
    text = number(finding.measure, finding.value, bounds) + of_how_many(finding)
    if finding.low is None or finding.high is None or finding.value is None:
        return text
    if finding.measure in _PERCENT_MEASURES and finding.low >= 0:
        return f"{text} ({wording.percent_interval(finding.low, finding.high, mark=False)})"
    if finding.measure in _PERCENT_MEASURES:
        return f"{text} ({wording.signed_interval(finding.low * 100, finding.high * 100, 1)})"
    if finding.measure == "standardized_mean_difference":
        return f"{text} ({wording.signed_interval(finding.low, finding.high, 2, bounds)})"
    if finding.measure == "adverse_impact_ratio":
        return f"{text} ({wording.ratio_interval(finding.low, finding.high, bounds)})"
    if finding.measure == "reasons_share_moved":
        return f"{text} ({wording.interval(finding.low, finding.high, 2, bounds)})"
    return f"{text} ({wording.interval(finding.low, finding.high, 3, bounds)})"


def bound_words(finding: Finding, bound: Bound | None) -> str:
    """Return the bound in the form of its measure: ``at least 0.80``."""
    if bound is None:
        return finding.bound or wording.NOTHING
    for prefix, value in (("at least", bound.at_least), ("at most", bound.at_most), ("", bound.equals)):
        if value is not None:
            if finding.measure in _PERCENT_MEASURES:
                text = wording.percent(value).replace(".0%", "%")
            elif finding.measure == "completeness_residual":
                text = number(finding.measure, value)
            elif float(value).is_integer() and finding.measure not in _RATIO_MEASURES:
                text = count(int(value))
            else:
                text = number(finding.measure, value)
            return f"{prefix} {text.removeprefix('+')}".strip()
    return wording.NOTHING


def fact(finding: Finding, references: Mapping[str, str], bounds: Sequence[float] = ()) -> str:
    """Return what was measured as a clause without a full stop.

    Parameters
    ----------
    finding : Finding
        One with a value.
    references : mapping of attribute to its reference group
        Whom a group was compared with.
    bounds : sequence of float
        Numbers that no printed value may round across.
    """
    value = finding.value
    who = group_words(finding.attribute, finding.group)
    whom = group_words(finding.attribute, references.get(finding.attribute, "the reference group"))
    shown = number(finding.measure, value, bounds)
    if value is None:
        return finding.cause or "no value"
    if finding.measure in _COUNTED and float(value).is_integer():
        one, many = _COUNTED[finding.measure]
        return f"{number_in_words(int(value))} {plural(int(value), one, many)}"
    if finding.measure == "adverse_impact_ratio":
        return f"{who} are approved {often(value, bounds)} as {whom}"
    if finding.measure == "standardized_mean_difference":
        size = wording.size(abs(value), 2, [abs(b) for b in bounds])
        side = "nearer to refusal" if value > 0 else "further from refusal"
        return f"{who} score {size} standard deviations {side} than {whom}"
    if finding.measure == "marginal_effect":
        points = wording.size(abs(value) * 100, 1, [abs(b) * 100 for b in bounds])
        side = "less" if value > 0 else "more"
        return f"{who} are approved {points} percentage points {side} often than {whom}"
    if finding.measure in _RATES:
        return f"{shown} of {who} {_RATES[finding.measure]}"
    if finding.measure == "reasons_at_most_four":
        return f"a refusal names up to {number_in_words(int(value))} {plural(int(value), 'reason')}"
    if finding.measure == "reference_size":
        people = plural(int(value), "person", "people")
        return f"the smallest comparison group holds {count(int(value))} {people}"
    if finding.measure in {"shap_top4_overlap", "lime_top4_overlap"}:
        other = finding.measure.partition("_")[0].upper()
        return f"{other} names {shown} of the same four factors"
    if finding.measure == "most_common_reason_share":
        return f"the most common first reason leads {shown} of refusals"
    if finding.measure == "completeness_residual":
        return f"the contributions miss a score by up to {shown}"
    if finding.measure in _SENTENCES:
        return _SENTENCES[finding.measure].format(shown)
    where = "" if finding.attribute == "all" else f" of {who}"
    return f"the {measure_words(finding.measure)}{where} is {shown}"


def often(ratio: float, bounds: Sequence[float] = ()) -> str:
    """Return a ratio of rates in words: ``nine tenths as often``, ``1.16 times as often``."""
    rounded = wording.ratio(ratio, (*bounds, 1.0))
    tenths = {"0.50": "half", "0.75": "three quarters", "0.90": "nine tenths", "0.70": "seven tenths"}
    if rounded in tenths:
        return f"{tenths[rounded]} as often"
    return f"{rounded} times as often"
