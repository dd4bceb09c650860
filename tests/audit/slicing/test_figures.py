"""Figures of slices hold what the counts say, add up, and are the same however rows were cut."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audit.fairness import count
from audit.record import Figure
from audit.slicing import figures
from audit.slicing.counts import Plan, Rows, SliceCounts, Spec, count_slices, merge_slices
from audit.slicing.cuts import Cut
from tests.worlds.told_slices import PLAN, TERMS, population, slices


def body_of(figure: Figure) -> Any:
    return json.loads(json.dumps(dict(figure.body), allow_nan=False))


def in_parts(*ends: int) -> SliceCounts:
    frame, sex, rows = population()
    parts = []
    for a, b in zip((0, *ends), (*ends, frame.height), strict=True):
        part = slice(a, b)
        parts.append(
            count_slices(
                PLAN,
                frame[a:b],
                {name: groups[part] for name, groups in sex.items()},
                Rows(
                    rows.outcome[part],
                    rows.score[part],
                    rows.observed[part],  # type: ignore[index]
                    rows.baseline[part],  # type: ignore[index]
                    rows.model_adverse[part],  # type: ignore[index]
                    rows.baseline_adverse[part],  # type: ignore[index]
                ),
            )
        )
    return merge_slices(reversed(parts))


@pytest.mark.parametrize("ends", [(600,), (1, 2, 900), (400, 800)])
def test_partitions_give_the_same_bytes(ends: tuple[int, ...]) -> None:
    """Every figure is equal, bit for bit, however the rows were cut and in whatever order they came."""
    _, sex, rows = population()
    whole = count(rows.outcome, sex, rows.score, rows.observed)
    counted = in_parts(*ends)
    told = {"column": "score_2024", "path": None, "digest": None, "cutoff": 0.4}
    found = (
        figures.over_time(counted, PLAN, TERMS, None),
        figures.slices(whole, counted, PLAN, TERMS),
        figures.worst(counted, PLAN, TERMS, 8),
        figures.baseline(counted, PLAN, TERMS, told),
    )
    once = slices()
    for one in found:
        assert body_of(one) == body_of(once[one.name])


def test_slices_of_an_entry_hold_everybody_once() -> None:
    """Counts add up to all; each slice's confusion adds up to its observed outcomes."""
    for entry in body_of(slices()["slices"])["slices"]:
        assert sum(one["n"] for one in entry["groups"]) == 1200
        for one in entry["groups"]:
            assert sum(one["confusion"].values()) == one["n_observed"]


def test_a_slice_of_everything_is_the_whole() -> None:
    """One group that holds all rows has every number of the whole population."""
    frame, sex, rows = population()
    plan = Plan(specs=(Spec("region", (Cut("region", "values", levels=()),)),))
    frame = frame.with_columns(region=frame["region"].replace({"north": "x"}))
    counted = count_slices(plan, frame, sex, rows)
    whole = count(rows.outcome, sex, rows.score, rows.observed)
    (entry,) = body_of(figures.slices(whole, counted, plan, TERMS))["slices"]
    (one,) = entry["groups"]
    all_ = body_of(figures.performance(whole, TERMS))
    for key in ("n", "measures", "confusion", "calibration", "sweep"):
        assert one[key] == all_[key]


def test_protected_slices_are_a_matter_of_fair_lending() -> None:
    """By a protected attribute the class is stricter; by region alone it is model risk."""
    assert slices()["slices"].access == slices()["slice_search"].access == "fair_lending"
    frame, sex, rows = population()
    plan = replace(PLAN, specs=PLAN.specs[:1], searched=PLAN.searched[:2])
    counted = count_slices(plan, frame, sex, rows)
    whole = count(rows.outcome, sex, rows.score, rows.observed)
    assert figures.slices(whole, counted, plan, TERMS).access == "model_risk"
    assert figures.worst(counted, plan, TERMS, 5).access == "model_risk"
    assert slices()["performance"].access == slices()["over_time"].access == "model_risk"


def test_a_small_slice_keeps_its_counts_and_has_a_cause() -> None:
    """It is inconclusive and not hidden."""
    (entry, *_) = body_of(slices()["slices"])["slices"]
    (isle,) = [one for one in entry["groups"] if one["slice"] == "isle"]
    assert isle["cause"] == "too few: n < 30"
    assert 0 < isle["n"] < 30
    assert isle["measures"]["error_rate"]["value"] is not None


def test_too_many_slices_are_refused_and_say_how_many() -> None:
    """Bins and categories that were not seen before counting are capped all the same."""
    n = figures.MOST_SLICES + 1
    rows = Rows(np.array(["favourable"] * n, dtype=object), np.full(n, 0.5), None)
    plan = Plan(specs=(Spec("zip", (Cut("zip", "categories"),)),))
    import polars as pl

    frame = pl.DataFrame({"zip": [str(k) for k in range(n)]})
    counted = count_slices(plan, frame, {}, rows)
    (entry,) = body_of(figures.slices(count(rows.outcome, {}, rows.score), counted, plan, TERMS))["slices"]
    assert entry["cause"] == "501 slices, more than 500"


def test_a_name_that_holds_a_cross_is_sorted_by_name() -> None:
    """A category called "a x b" cannot be parted, so its order is plain."""
    spec = Spec("a x b", (Cut("a", "categories"), Cut("b", "categories")))
    assert figures.ordered(spec, ["p x q x r", "a x b"]) == ["a x b", "p x q x r"]


@pytest.mark.parametrize(
    ("metric", "cause"),
    [
        ("error_rate", "what really happened was not observed"),
        ("false_positive_rate", "no favourable outcome was observed"),
    ],
)
def test_a_search_without_outcomes_says_why(metric: Any, cause: str) -> None:
    """Nothing is found, and that is not called a finding."""
    frame, sex, rows = population()
    plan = replace(PLAN, metric=metric)
    counted = count_slices(plan, frame, sex, replace(rows, observed=None))
    assert figures.worst(counted, plan, TERMS, 5).body == {"cause": cause}
    assert figures.worst(SliceCounts(), Plan(), TERMS, 5).body == {
        "cause": "no column has two groups to search"
    }


def test_without_dates_or_scores_the_cause_is_sealed() -> None:
    """No column of dates, and decisions without scores."""
    frame, sex, rows = population()
    plan = Plan()
    assert "no column of dates" in figures.over_time(SliceCounts(), plan, TERMS, None).body["cause"]
    nothing = count(rows.outcome, sex, None, rows.observed)
    assert figures.performance(nothing, TERMS).body == {"cause": "the decisions have no scores"}
    no_scores = replace(rows, score=np.full(len(rows.score), np.nan), baseline=None)
    counted = count_slices(PLAN, frame, sex, no_scores)
    (entry, *_) = body_of(figures.slices(nothing, counted, PLAN, TERMS))["slices"]
    measures = entry["groups"][1]["measures"]
    assert measures["auc"]["cause"] == "no score has an observed outcome"
    assert measures["error_rate"]["value"] is not None
    assert entry["groups"][1]["sweep"] == {"cause": "the decisions have no scores"}
