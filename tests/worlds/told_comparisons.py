"""The further comparisons of the told audit, by hand: round numbers, an awkward group, a law's table."""

from __future__ import annotations

from typing import Any

from audit.fairness.definitions import defined
from audit.record import Disparity, Figure
from tests.worlds.told_figures import GROUPS

SURE = ("age", "18-24")  # the one group whose gaps are more than chance, all tests counted in
SIGNED = {
    "shortfall": 30.0,
    "equal_opportunity_difference": 0.08,
    "false_negative_rate_difference": 0.05,
    "positive_predictive_value_difference": -0.02,
    "residual_standardized_mean_difference": 0.12,
    "auc_difference": 0.021,
    "ks_difference": 0.034,
    "controlled_marginal_effect": 0.06,
    "matched_pairs_difference": 0.055,
    "controlled_standardized_mean_difference": 0.2,
    "price_gap": 0.4,
}


def compared() -> tuple[Disparity, ...]:
    """Each measure for every single group: 18-24 fares worse, others as well as none; 12 unknown are few."""
    rows = []
    for attribute, (reference, groups) in GROUPS.items():
        for group, (n, _) in groups.items():
            if group == reference or " x " in attribute:
                continue
            worse = (attribute, group) == SURE
            few = "too few: n < 30" if n < 30 else None

            def row(metric: str, value: float, half: float, at=(attribute, group, reference, n, few)) -> Any:
                attribute, group, reference, n, few = at
                p = 0.001 if (attribute, group) == SURE else 0.4
                ends = round(value - half, 4), round(value + half, 4)
                return Disparity(attribute, group, reference, metric, n, value, *ends, p, few)

            rows += [row(m, v if worse else round(v / 10, 4), abs(v) / 2) for m, v in SIGNED.items()]
            rows.append(row("odds_ratio", 0.69 if worse else 1.02, 0.2))
            rows.append(row("segmented_adverse_impact_ratio", 0.91 if worse else 1.01, 0.06))
            odds = row("equalized_odds_difference", 0.08 if worse else 0.02, 0.02)
            rows.append(odds)
            cause = "perfect separation: control 'region' decides without exception"
            price = Disparity(attribute, group, reference, "controlled_price_gap", n, None, cause=cause)
            rows.append(price)
    return tuple(rows)


def figures() -> dict[str, Figure]:
    """The figures that the section reads beside these rows."""
    rows = compared()
    metrics = {one.metric for one in rows} | {"selection_rate", "adverse_impact_ratio"}
    families = [
        {
            "metric": metric,
            "n_tests": 14 if metric == "adverse_impact_ratio" else 7,
            "line": {"at_least": 0.8} if metric == "adverse_impact_ratio" else None,
            "rows": [
                {
                    "attribute": one.attribute,
                    "group": one.group,
                    "p_value": one.p_value,
                    "statistical": None if one.cause else (one.attribute, one.group) == SURE,
                    "practical": False if metric == "adverse_impact_ratio" and not one.cause else None,
                }
                for one in rows
                if one.metric == ("shortfall" if metric == "adverse_impact_ratio" else metric)
            ],
        }
        for metric in ("adverse_impact_ratio", *SIGNED, "odds_ratio", "segmented_adverse_impact_ratio")
    ]
    classical = [
        {"attribute": one.attribute, "group": one.group, "smallest_detectable_gap": 0.0712}
        for one in rows
        if one.metric == "shortfall"
    ]
    law = {
        "n": 5000,
        "n_unknown": 212,
        "justification": "fewer than 2 % of the data",
        "tables": [
            {
                "basis": "selection_rate",
                "kind": "sex",
                "rows": [
                    _category("Male", 1977, 1484, 0.957),
                    _category("Female", 3023, 2370, 1.0),
                    _category("Other", 20, 17, None),
                ],
            },
            {"basis": "scoring_rate", "kind": "sex", "cause": "the decisions have no scores"},
        ],
    }
    pairs = {
        "controls": ["housing", "debt_to_income"],
        "rows": [
            {"attribute": one.attribute, "group": one.group, "reference": one.reference}
            | {"n_kinds": 9, "n_pairs": one.n - 2, "against": one.n // 9, "toward": one.n // 12}
            for one in rows
            if one.metric == "shortfall"
        ],
    }
    departed = {
        "n": 4990,
        "n_by_rule": 10,
        "attributes": [
            {
                "attribute": attribute,
                "reference": reference,
                "groups": [
                    {"group": group, **_departed(n, group == reference)} for group, (n, _) in of.items()
                ],
            }
            for attribute, (reference, of) in GROUPS.items()
        ],
    }
    bodies: dict[str, dict[str, Any]] = {
        "definitions": {"rows": defined(metrics)},
        "families": {"families": families},
        "classical": {"rows": classical},
        "ll144": law,
        "matched_pairs": pairs,
        "overrides": departed,
    }
    return {name: Figure(name, "fair_lending", body) for name, body in bodies.items()}


def _departed(n: int, is_reference: bool) -> dict[str, Any]:
    """One in fifty of those whom the score approves is refused; one in ten of the others is approved."""

    def side(of: int, x: int, gap: float) -> dict[str, Any]:
        row = {"n": of, "n_departed": x, "rate": x / of, "low": x / of / 2, "high": x / of * 2}
        ends = {
            "difference": gap,
            "difference_low": gap - 0.02,
            "difference_high": gap + 0.02,
            "p_value": 0.21,
        }
        if of < 30:
            return row | dict.fromkeys(("rate", "low", "high", *ends)) | {"cause": "too few: n < 30"}
        return row | (dict.fromkeys(ends) if is_reference else ends) | {"cause": None}

    approved = n * 3 // 4
    return {
        "toward_refusal": side(approved, approved // 50, 0.004),
        "toward_approval": side(n - approved, (n - approved) // 10, -0.011),
    }


def _category(name: str, n: int, selected: int, ratio: float | None) -> dict[str, Any]:
    return {
        "category": name,
        "n": n,
        "n_counted": selected,
        "rate": selected / n,
        "impact_ratio": ratio,
        "excluded": ratio is None,
    }
