"""What each number of an audit is: formula, direction, denominator, reference, interval.

An audit seals the definitions of the measures that it took, and reports print them. "Group" and "reference"
are one group at a time; a difference has its direction in words, since tools disagree on signs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

_WILSON = "Wilson"
_EXACT = "Fisher’s exact test, inverted; ratio, difference, odds ratio and p-value are one test"
_WALD = "normal, from the regression’s errors"
_SELF = "none: of one group"
_STATED = "the stated reference group"


@dataclass(frozen=True, slots=True)
class Definition:
    """How one measure is computed and read."""

    metric: str
    title: str
    formula: str
    direction: str
    denominator: str
    reference: str
    interval: str


def _rate(metric: str, title: str, formula: str, denominator: str, direction: str) -> Definition:
    return Definition(metric, title, formula, direction, denominator, _SELF, _WILSON)


def _gap(
    metric: str, title: str, formula: str, denominator: str, direction: str, interval: str = _EXACT
) -> Definition:
    return Definition(metric, title, formula, direction, denominator, _STATED, interval)


_WORSE = "0 = alike; positive: the group fares worse; negative: better"
_OF_GROUP = "people of the group who were decided upon"

DEFINITIONS: dict[str, Definition] = {
    one.metric: one
    for one in (
        _rate(
            "selection_rate",
            "Approval rate",
            "approved / decided upon",
            _OF_GROUP,
            "0 = nobody, 1 = everybody",
        ),
        _rate(
            "true_positive_rate",
            "Refused, of those that turned out badly",
            "refused and turned out badly / turned out badly",
            "people of the group whose outcome was adverse",
            "1 = all of them were refused",
        ),
        _rate(
            "false_positive_rate",
            "Refused, of those that turned out well",
            "refused and turned out well / turned out well",
            "people of the group whose outcome was favourable",
            "1 = all of them were refused",
        ),
        _rate(
            "true_negative_rate",
            "Approved, of those that turned out well",
            "approved and turned out well / turned out well",
            "people of the group whose outcome was favourable",
            "1 = all of them were approved",
        ),
        _rate(
            "false_negative_rate",
            "Approved, of those that turned out badly",
            "approved and turned out badly / turned out badly",
            "people of the group whose outcome was adverse",
            "1 = all of them were approved",
        ),
        _rate(
            "positive_predictive_value",
            "Turned out badly, of those refused",
            "refused and turned out badly / refused with an observed outcome",
            "people of the group who were refused and whose outcome is known",
            "1 = every refusal was borne out",
        ),
        _rate(
            "negative_predictive_value",
            "Turned out well, of those approved",
            "approved and turned out well / approved with an observed outcome",
            "people of the group who were approved and whose outcome is known",
            "1 = every approval was borne out",
        ),
        _rate(
            "adverse_outcome_rate",
            "Turned out badly",
            "turned out badly / outcome observed",
            "people of the group whose outcome is known",
            "1 = all of them",
        ),
        Definition(
            "auc",
            "AUC",
            "pairs of an adverse and a favourable outcome that scores order rightly, ties half / all pairs",
            "0.5 = no order, 1 = every pair",
            "pairs within the group",
            _SELF,
            "Newcombe’s score interval",
        ),
        Definition(
            "ks",
            "KS distance",
            "largest gap between the cumulative shares of scores of adverse and of favourable outcomes",
            "0 = both lie alike, 1 = a cutoff parts them",
            "people of the group with a score and a known outcome",
            _SELF,
            "Smirnov’s test, inverted",
        ),
        Definition(
            "calibration_gap",
            "Score minus outcome",
            "mean of score - outcome, turned toward adverse",
            "0 = promised as it came; positive: the group was scored too harshly",
            "people of the group with a score and a known outcome",
            _SELF,
            "normal, from the spread of score - outcome",
        ),
        _gap(
            "adverse_impact_ratio",
            "Approval ratio (adverse impact ratio)",
            "approval rate of the group / of the reference",
            _OF_GROUP,
            "1 = alike; below 1: the group is approved less often",
        ),
        _gap(
            "marginal_effect",
            "Gap in approval rates",
            "approval rate of the reference - of the group",
            _OF_GROUP,
            _WORSE,
        ),
        _gap(
            "shortfall",
            "Shortfall in persons",
            "people of the group x (approval rate of the reference - of the group)",
            _OF_GROUP,
            "persons of the group fewer than at the reference’s rate; negative: more",
        ),
        _gap(
            "odds_ratio",
            "Odds ratio of approval",
            "odds of approval of the group / of the reference",
            _OF_GROUP,
            "1 = alike; below 1: the group is approved less often",
        ),
        _gap(
            "standardized_mean_difference",
            "Score gap in standard deviations",
            "(mean score of the group - of the reference) / standard deviation of all scores",
            "people of the group with a score",
            "0 = alike; positive: the group is scored nearer to refusal",
            "Welch’s t",
        ),
        _gap(
            "residual_standardized_mean_difference",
            "Gap in score minus outcome, in standard deviations",
            "(mean of score - outcome of the group - of the reference) / its standard deviation in both",
            "people of the group with a score and a known outcome",
            "0 = scores err alike; positive: the group is scored more harshly than what came of it",
            "Welch’s t",
        ),
        _gap(
            "equal_opportunity_difference",
            "Equal opportunity difference",
            "approved of those that turned out well: reference - group",
            "people of the group whose outcome was favourable",
            _WORSE,
        ),
        _gap(
            "false_negative_rate_difference",
            "Gap in approvals that turned out badly",
            "approved of those that turned out badly: reference - group",
            "people of the group whose outcome was adverse",
            "0 = alike; positive: the group is approved less often",
        ),
        _gap(
            "equalized_odds_difference",
            "Equalized odds difference",
            "larger gap in approval: among those that turned out well, or those that turned out badly",
            "people of the group whose outcome is known",
            "0 = alike in both, 1 = not at all; it has no side",
            "Newcombe’s of both gaps at 97.5 % each (Bonferroni)",
        ),
        _gap(
            "positive_predictive_value_difference",
            "Gap in refusals borne out",
            "turned out badly of those refused: reference - group",
            "people of the group who were refused and whose outcome is known",
            "0 = alike; positive: refusals of the group were borne out less often",
        ),
        _gap(
            "negative_predictive_value_difference",
            "Gap in approvals borne out",
            "turned out well of those approved: reference - group",
            "people of the group who were approved and whose outcome is known",
            "0 = alike; positive: approvals of the group were borne out less often",
        ),
        _gap(
            "auc_difference",
            "Gap in AUC",
            "AUC of the reference - of the group",
            "people of the group with a score and a known outcome",
            "0 = alike; positive: scores rank the group worse",
            "DeLong",
        ),
        _gap(
            "ks_difference",
            "Gap in KS distance",
            "KS distance of the reference - of the group",
            "people of the group with a score and a known outcome",
            "0 = alike; positive: scores part the group worse",
            "Smirnov’s test of both, inverted",
        ),
        _gap(
            "segmented_adverse_impact_ratio",
            "Approval ratio within segments",
            "Mantel-Haenszel ratio of approval rates over segments, group / reference",
            "people of the group in segments where both groups are",
            "1 = alike within segments; below 1: the group is approved less often",
            "Greenland and Robins; p-value of Cochran, Mantel and Haenszel",
        ),
        _gap(
            "segmented_odds_ratio",
            "Odds ratio of approval within segments",
            "Mantel-Haenszel odds ratio over segments, group / reference",
            "people of the group in segments where both groups are",
            "1 = alike within segments; below 1: the group is approved less often",
            "Robins, Breslow and Greenland; p-value of Cochran, Mantel and Haenszel",
        ),
        _gap(
            "controlled_marginal_effect",
            "Gap in approval with controls",
            "chance of approval by the logit: as the reference - as the group, averaged over both",
            _OF_GROUP,
            _WORSE,
            _WALD,
        ),
        _gap(
            "controlled_odds_ratio",
            "Odds ratio of approval with controls",
            "exp of the group’s coefficient in a logit of approval on group and controls",
            _OF_GROUP,
            "1 = alike; below 1: the group is approved less often",
            _WALD,
        ),
        _gap(
            "controlled_standardized_mean_difference",
            "Score gap with controls, in standard deviations",
            "the group’s coefficient in least squares of score on group and controls / SD of all scores",
            "people of the group with a score",
            "0 = alike; positive: the group is scored nearer to refusal",
            _WALD,
        ),
        _gap(
            "matched_pairs_difference",
            "Gap between matched pairs",
            "pairs alike in all controls: only the reference approved - only the group approved / pairs",
            "pairs; nobody is in two, averaged over all ways to pair",
            _WORSE,
            "randomization within strata",
        ),
        _gap(
            "price_gap",
            "Gap in price",
            "mean price of the group - of the reference, turned toward worse; in the unit of the price",
            "people of the group who were approved at a known price",
            _WORSE,
            "Welch’s t",
        ),
        _gap(
            "controlled_price_gap",
            "Gap in price with controls",
            "the group’s coefficient in least squares of price on group and controls, turned toward worse",
            "people of the group who were approved at a known price",
            _WORSE,
            _WALD,
        ),
    )
}


def defined(metrics: Iterable[str]) -> list[dict[str, Any]]:
    """Return the definitions of these metrics, in the order of this file.

    Raises
    ------
    KeyError
        A metric without a definition.
    """
    wanted = set(metrics)
    if strange := sorted(wanted - set(DEFINITIONS)):
        raise KeyError(f"no definition says what {strange[0]} is")
    return [asdict(one) for name, one in DEFINITIONS.items() if name in wanted]
