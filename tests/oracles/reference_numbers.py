"""Each figure that public tools computed on public data, beside ours: met by how much, or why it cannot be.

``python -m tests.oracles.reference_numbers`` prints the table. Nothing is skipped: what is no figure of this
project stands in ``NOT_COMPUTABLE`` with the cause, and a figure that nobody knows is an error.

The favourable outcome is the positive of those tools; ours is the adverse one, so that their true positive
rate is our true negative rate. They take the label, or a fixed rule, for the decision.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from audit.fairness import disparities, rates
from audit.fairness.classical import clopper_pearson_interval, katz_interval
from audit.fairness.error_gaps import error_gaps
from audit.fairness.intervals import wilson_interval
from audit.fairness.segments import common
from audit.slicing.measures import shares
from tests.oracles.public_people import DATA, counted, people, table

FILE = DATA / "reference_numbers.json"
REFERENCES = {"sex": "male", "age_band": ">=25", "age_le25": ">25", "race": "White"}
PRINTED = {"solas-ai 0.6.0": 6, "holisticai 1.0.14": 5}  # decimals that the tool printed
NOT_COMPUTABLE = {
    "z_pooled, p below 1e-300": "the test keeps its p-value and not z, and p is 0 in double precision",
    "Cohen D": "over the spread of decisions within groups; ours is of scores, over the spread of all",
}
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Met:
    """One number of the file, beside ours; ``ours`` is None where this project has no such figure."""

    entry: Entry
    key: str
    theirs: float
    ours: float | None

    @property
    def apart(self) -> float:
        """How far they are apart; of p-values, in parts of theirs."""
        assert self.ours is not None
        apart = abs(self.ours - self.theirs)
        return apart / self.theirs if self.is_p and self.theirs else apart

    @property
    def is_p(self) -> bool:
        """Whether it is a p-value."""
        return self.key == "p_two_sided" or self.entry["metric"] == "fisher_p_two_sided"

    @property
    def allowed(self) -> float:
        """Half a unit of the last printed decimal, else rounding of doubles."""
        decimals = PRINTED.get(self.entry["tool"])
        if self.entry["metric"] == "recall@0.5":
            return 1e-7  # summed in single precision
        return (1e-10 if self.is_p else 1e-12) if decimals is None else 0.500001 * 10.0**-decimals


def entries() -> list[Entry]:
    """Return every entry of the file."""
    found = json.loads(FILE.read_text())["values"]
    assert isinstance(found, list)
    return found


def why_not(entry: Entry, key: str) -> str | None:
    """Return why this project has no such figure; None where it has."""
    underflows = entry.get("p_two_sided", 1.0) < 1e-300 and key == "value"
    return NOT_COMPUTABLE.get("z_pooled, p below 1e-300" if underflows else entry["metric"])


def compared() -> list[Met]:
    """Return every number of every entry: its value or both ends of it, and what stands beside it."""
    found = []
    for entry in entries():
        metric = entry["metric"]
        for key in ("value", "p_two_sided", "point"):
            if key not in entry:
                continue
            theirs = entry[key] if isinstance(entry[key], list) else [entry[key]]
            if why_not(entry, key) is not None:
                found += [Met(entry, key, one, None) for one in theirs]
                continue
            told = FIGURES[metric if key == "value" else key](Case(entry))
            ours = told if isinstance(told, tuple) else (told,)
            found += [Met(entry, key, a, b) for a, b in zip(theirs, ours, strict=True)]
    return found


class Case:
    """The people whom an entry speaks of, counted by this project."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.attribute = entry["protected"] or "all"
        self.group = entry.get("group", "all")
        if "=" in self.attribute and self.attribute not in REFERENCES:  # a slice: race=White & sex=Male
            parts = dict(part.split("=") for part in self.attribute.split(" & "))
            self.attribute, self.group = (
                " x ".join(sorted(parts, reverse=True)),
                " & ".join(parts[name] for name in sorted(parts, reverse=True)),
            )
        if self.attribute == "all rows":
            self.attribute = "all"
        self.table = table(entry["dataset"], "labels" if entry["case"] == "labels" else "rule")
        base = REFERENCES.get(self.attribute, "")
        self.reference = "Male" if (entry["dataset"], base) == ("adult", "male") else base
        if entry.get("reference") not in (None, self.reference):
            raise AssertionError(f"another reference: {entry}")

    def selected(self, group: str | None = None) -> tuple[int, int]:
        """Return how many of a group were selected, and how many it has."""
        matrix = self.table.matrix(self.attribute, group or self.group)
        return int(matrix[1].sum()), int(matrix.sum())

    def pair(self) -> tuple[int, int, int, int]:
        """Return both of the group and of the reference."""
        return *self.selected(), *self.selected(self.reference)

    def rate(self, metric: str, group: str | None = None) -> float:
        """Return a rate of a group."""
        return self.by_group(metric)[group or self.group]

    def by_group(self, metric: str) -> dict[str, float]:
        """Return a rate of every group."""
        return _rates(self.entry["dataset"], self.entry["case"], self.attribute, metric)

    def share(self, metric: str) -> float:
        """Return a rate of a slice."""
        matrix = self.table.matrix(self.attribute, self.group)
        return next(float(one.value or 0) for one in shares(matrix) if one.metric == metric)

    def spread(self, metric: str) -> float:
        """Return the largest minus the smallest group's rate."""
        values = self.by_group(metric).values()
        return max(values) - min(values)

    def evenness(self, metric: str) -> float:
        """Return the smallest over the largest group's rate."""
        values = self.by_group(metric).values()
        return min(values) / max(values)

    def against(self, metric: str) -> float:
        """Return what the audit says of the group against its reference."""
        return _compared(self.entry["dataset"], self.entry["case"], self.attribute, self.reference)[
            metric, self.group
        ]

    def largest(self, metric: str, among_all: float) -> float:
        """Return what the audit says of the one other group; of several, what lies between any two."""
        others = [group for group in self.table.groups(self.attribute) if group != self.reference]
        if len(others) > 1:
            return among_all
        self.group = others[0]
        return self.against(metric)

    def pooled(self, metric: str) -> float:
        """Return what it says of all other groups in one pool against the reference."""
        key = self.entry["dataset"], self.entry["case"], self.attribute, self.reference
        return _compared(*key, pooled=True)[metric, "others"]

    def of_both(self, metric: str) -> float:
        """Return it of the pool where the tool pools, and of the largest and smallest group where not."""
        return self.pooled(metric) if self.entry["tool"].startswith("aif360") else self.against(metric)


def _z_pooled(case: Case) -> float:
    """Return the pooled z: the test of segments with one segment, but for its N - 1."""
    x, n, y, m = case.pair()
    return math.copysign(math.sqrt(_chi_square(case) * (n + m) / (n + m - 1)), x / n - y / m)


def _chi_square(case: Case) -> float:
    from scipy.stats import chi2

    return float(chi2.isf(common([case.pair()]).p_value, 1))


def _p_pooled(case: Case) -> float:
    return math.erfc(abs(_z_pooled(case)) / math.sqrt(2))


def _selection_gap(case: Case) -> float:
    return -case.of_both("marginal_effect")


def _opportunity(case: Case) -> float:
    if case.entry["tool"].startswith("fairlearn"):
        return case.spread("true_negative_rate")
    return -case.of_both("equal_opportunity_difference")


def _average_odds(case: Case) -> float:
    well, badly = (
        case.of_both(f"{name}_difference") for name in ("equal_opportunity", "false_negative_rate")
    )
    return -(well + badly) / 2


def _of_reference(metric: str) -> Callable[[Case], float]:
    return lambda case: case.rate(metric) / case.rate(metric, case.reference)


def _odds(case: Case) -> tuple[float, float]:
    return case.spread("true_negative_rate"), case.spread("false_negative_rate")


def _known(case: Case) -> int:
    return int(case.table.matrix(case.attribute, case.group)[:2, 1].sum())


def _accuracy_gap(case: Case) -> float:
    mine, base = Case(case.entry), Case(case.entry)
    base.group = case.reference
    return mine.share("accuracy") - base.share("accuracy")


FIGURES: dict[str, Callable[[Case], float | tuple[float, ...]]] = {
    "n_rows": lambda case: case.selected()[1],
    "n": lambda case: case.selected()[1],
    "n_pred1": lambda case: case.selected()[0],
    "n_favourable_label": _known,
    "overall_selection_rate": lambda case: case.rate("selection_rate"),
    "selection_rate": lambda case: case.rate("selection_rate"),
    "pprev": lambda case: case.rate("selection_rate"),
    "accuracy": lambda case: case.share("accuracy"),
    "Accuracy Difference": _accuracy_gap,
    "tpr": lambda case: case.rate("true_negative_rate"),
    "fpr": lambda case: case.rate("false_negative_rate"),
    "tnr": lambda case: case.rate("true_positive_rate"),
    "fnr": lambda case: case.rate("false_positive_rate"),
    "precision": lambda case: case.rate("negative_predictive_value"),
    "recall@0.5": lambda case: case.rate("true_negative_rate"),
    "demographic_parity_difference": lambda case: case.spread("selection_rate"),
    "demographic_parity_ratio": lambda case: case.evenness("selection_rate"),
    "equal_opportunity_difference": _opportunity,
    "Equality of Opportunity Difference": _opportunity,
    "equalized_odds_difference": lambda case: case.largest("equalized_odds_difference", max(_odds(case))),
    "equalized_odds_difference_mean": lambda case: sum(_odds(case)) / 2,
    "equalized_odds_ratio": lambda case: min(
        case.evenness("true_negative_rate"), case.evenness("false_negative_rate")
    ),
    "average_odds_difference": _average_odds,
    "Average Odds Difference": _average_odds,
    "False Positive Rate Difference": lambda case: -case.against("false_negative_rate_difference"),
    "disparate_impact_ratio": lambda case: case.pooled("adverse_impact_ratio"),
    "statistical_parity_difference": _selection_gap,
    "Statistical Parity": _selection_gap,
    "percent_difference_favourable": lambda case: case.against("marginal_effect"),
    "adverse_impact_ratio": lambda case: case.against("adverse_impact_ratio"),
    "AIR": lambda case: case.against("adverse_impact_ratio"),
    "Disparate Impact": lambda case: case.against("adverse_impact_ratio"),
    "Four Fifths Rule": lambda case: min(r := case.against("adverse_impact_ratio"), 1 / r),
    "point": lambda case: case.against("adverse_impact_ratio"),
    "pprev_disparity": lambda case: case.rate("selection_rate") / case.rate("selection_rate", case.reference),
    "ppr_disparity": lambda case: case.selected()[0] / case.selected(case.reference)[0],
    "tpr_disparity": _of_reference("true_negative_rate"),
    "fpr_disparity": _of_reference("false_negative_rate"),
    "shortfall": lambda case: case.against("shortfall"),
    "fisher_p_two_sided": lambda case: case.against("p"),
    "z_pooled": _z_pooled,
    "2SD Rule": _z_pooled,
    "p_two_sided": _p_pooled,
    "selection_rate_ci95_wilson": lambda case: wilson_interval(*case.selected()),
    "selection_rate_ci95_clopper_pearson": lambda case: clopper_pearson_interval(*case.selected()),
    "adverse_impact_ratio_ci95_katz_log": lambda case: katz_interval(*case.pair()) or (),
}


@cache
def _rates(dataset: str, case: str, attribute: str, metric: str) -> dict[str, float]:
    found = rates(table(dataset, "labels" if case == "labels" else "rule"), 1)
    of = [one for one in found if (one.attribute, one.metric) == (attribute, metric)]
    return {one.group: float(one.value) for one in of if one.value is not None}


@cache
def _compared(
    dataset: str, case: str, attribute: str, reference: str, *, pooled: bool = False
) -> dict[tuple[str, str], float]:
    whole = table(dataset, case)
    if pooled:
        groups, label, rule = people(dataset)
        pool = [reference if one == reference else "others" for one in groups[attribute]]
        whole = counted({attribute: pool}, label if case == "labels" else rule, label)
    of = {attribute: reference}
    tests = (*disparities(whole, of, True, 1), *error_gaps(whole, of, True, 1))
    found = {(one.metric, one.group): float(one.value) for one in tests if one.value is not None}
    ratios = [one for one in tests if one.metric == "adverse_impact_ratio"]
    return found | {("p", one.group): one.p_value for one in ratios if one.p_value is not None}


def main() -> None:
    """Print, by tool and metric, how many numbers there are and how far the farthest is from ours.

    Counts of persons, rates and ends of intervals apart as they are, p-values in parts of themselves.
    """
    by_metric: dict[tuple[str, str, str], list[Met]] = {}
    for one in compared():
        name = one.entry["metric"] + ("" if one.key == "value" else f", {one.key}")
        by_metric.setdefault((one.entry["tool"], name, why_not(one.entry, one.key) or ""), []).append(one)
    for (tool, name, cause), its in sorted(by_metric.items()):
        farthest = f"no such figure: {cause}" if cause else f"{max(one.apart for one in its):.1e}"
        print(f"{tool:<42} {name:<42} {len(its):>3}  {farthest}")


if __name__ == "__main__":
    main()
