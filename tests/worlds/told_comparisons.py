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
    law = local_law_144()
    pairs = {
        "controls": ["housing", "debt_to_income"],
        "rows": [
            {"attribute": one.attribute, "group": one.group, "reference": one.reference}
            | {"n_kinds": 9, "n_pairs": one.n - 2, "against": one.n // 9, "toward": one.n // 12}
            for one in rows
            if one.metric == "shortfall"
        ],
    }
    bodies: dict[str, dict[str, Any]] = {
        "definitions": {"rows": defined(metrics)},
        "families": {"families": families},
        "classical": {"rows": classical},
        "ll144": law,
        "matched_pairs": pairs,
    }
    return {name: Figure(name, "fair_lending", body) for name, body in bodies.items()}


def local_law_144() -> dict[str, Any]:
    """The tables under Local Law 144: categories under 2 %, and one that would tell of people."""
    both = {
        ("Female", "White"): (385, 197),
        ("Female", "Asian"): (295, 135),
        ("Female", "Two or More Races"): (3, 1),
        ("Male", "White"): (412, 215),
        ("Male", "Asian"): (321, 167),
        ("Male", "Two or More Races"): (15, 7),
    }
    withheld = {
        ("Female", "Two or More Races"),
        ("Male", "Two or More Races"),
        ("Female", "Asian"),
        ("Male", "Asian"),
    }
    tables = []
    for basis in ("selection_rate", "scoring_rate"):
        for kind, names in _PLACES.items():
            counts: dict[tuple[str, ...], list[int]] = {}
            for category, (n, selected) in both.items():
                key = tuple(category[place] for place in names)
                counts.setdefault(key, [0, 0])
                counts[key][0] += n
                counts[key][1] += selected
            hidden = {key for key in counts if key in withheld}
            tables.append(_table(basis, kind, counts, hidden))
    return {
        "n": 1443,
        "n_unknown": 12,
        "least": 5,
        "median_score": 0.41,
        "justification": "fewer than 2 % of the data",
        "distributed_on": "2026-01-05",
        "source": "Historical data of the employer, 2025; no test data were needed",
        "tables": tables,
    }


_PLACES = {"sex": (0,), "race_ethnicity": (1,), "intersectional": (0, 1)}


def _table(
    basis: str, kind: str, counts: dict[tuple[str, ...], list[int]], hidden: set[tuple[str, ...]]
) -> dict[str, Any]:
    total = sum(n for n, _ in counts.values())
    inside = [key for key, (n, _) in counts.items() if n >= 0.02 * total]
    top = max(inside, key=lambda key: counts[key][1] / counts[key][0])
    rows = []
    for key, (n, selected) in counts.items():
        excluded = key not in inside
        ratio = None if excluded else selected / n / (counts[top][1] / counts[top][0])
        rows.append(
            {
                "category": " x ".join(key),
                "n": n,
                "n_counted": selected,
                "rate": selected / n,
                "impact_ratio": ratio,
                "low": ratio,
                "high": ratio,
                "share": n / total,
                "under_two_percent": excluded,
                "excluded": excluded,
                "withheld": key in hidden,
            }
        )
    attributes = [("sex", "race")[place] for place in _PLACES[kind]]
    highest = " x ".join(top)
    return {
        "basis": basis,
        "kind": kind,
        "attributes": attributes,
        "n": total,
        "highest": highest,
        "rows": rows,
    }
