"""Figures hold what the counts say, as JSON values only."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import figures
from audit.data.profile import profile
from audit.fairness import count
from audit.record import Model, QuarantinedRow, Trust


def lender(n: int = 600):
    rng = np.random.default_rng(11)
    score = rng.random(n)
    outcome = np.where(score >= 0.5, "adverse", "favourable").astype(object)
    outcome[:7] = "none"
    observed = (rng.random(n) < score).astype(int)
    sex = np.where(rng.random(n) < 0.5, "f", "m").astype(object)
    return outcome, sex, score, observed


def body_of(figure):
    return json.loads(json.dumps(figure.body, allow_nan=False))


def test_population_adds_up() -> None:
    """Adverse, favourable, none and quarantined are all rows, and the rate has its interval."""
    outcome, sex, score, observed = lender()
    table = count(outcome, {"sex": sex}, score, observed)
    aside = [QuarantinedRow(5, "age: text"), QuarantinedRow(9, "id twice"), QuarantinedRow(2, "id twice")]
    body = body_of(figures.population(table, held=3, quarantined=aside))
    assert body["rows"] == 603 == body["adverse"] + body["favourable"] + body["none"] + body["quarantined"]
    assert (body["none"], body["held"]) == (7, 3)
    assert body["quarantined_causes"] == [{"cause": "id twice", "n": 2}, {"cause": "age: text", "n": 1}]
    rate = body["selection_rate"]
    assert rate["value"] == body["favourable"] / 593
    assert rate["low"] < rate["value"] < rate["high"]


def test_population_without_decisions_has_no_rate() -> None:
    """Where nobody was decided upon there is no rate, and no crash."""
    body = body_of(figures.population(count(["none"], {}), held=0, quarantined=()))
    assert body["selection_rate"] is None


def test_score_counts_add_up_by_group() -> None:
    """Every decided applicant lies in one step, and the groups add up to all."""
    outcome, sex, score, observed = lender()
    body = body_of(figures.scores(count(outcome, {"sex": sex}, score, observed), 0.5))
    assert sum(body["counts"]) == 593
    assert body["counts"] == [a + b for a, b in zip(*body["by_group"]["sex"].values(), strict=True)]
    decided = score[outcome != "none"]
    assert body["counts"] == np.histogram(decided, body["edges"])[0].tolist()
    assert body["cutoff"] == 0.5


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_edges_enclose_every_score(values) -> None:
    """Whatever the scores, the edges ascend and no applicant falls outside."""
    body = body_of(figures.scores(count(["adverse"] * len(values), {}, values), None))
    edges = body["edges"]
    assert all(a < b for a, b in itertools.pairwise(edges))
    assert edges[0] <= min(values)
    assert max(values) <= edges[-1]
    assert sum(body["counts"]) == len(values)
    assert len(body["counts"]) <= 42


def test_calibration_bins_hold_everybody_and_follow_the_truth() -> None:
    """Ten bins of about equal count; where scores are true probabilities the interval holds most means."""
    outcome, sex, score, observed = lender(6000)
    body = body_of(figures.calibration(count(outcome, {"sex": sex}, score, observed), adverse_high=True))
    bins = body["bins"]
    assert len(bins) == 10
    assert sum(each["n"] for each in bins) == 5993
    assert max(each["n"] for each in bins) - min(each["n"] for each in bins) <= 1
    assert sum(each["low"] <= each["mean_score"] <= each["high"] for each in bins) >= 8
    assert body["outcome"] == "adverse"


def test_calibration_of_scores_that_promise_the_good_outcome() -> None:
    """Where low is adverse, bins compare scores with the share of favourable outcomes."""
    outcome, sex, score, observed = lender(6000)
    table = count(outcome, {"sex": sex}, 1 - score, observed)
    body = body_of(figures.calibration(table, adverse_high=False))
    assert body["outcome"] == "favourable"
    assert sum(each["low"] <= each["mean_score"] <= each["high"] for each in body["bins"]) >= 8


@pytest.mark.parametrize(
    ("score", "observed", "cause"),
    [
        (None, [1, 0] * 40, "no score has an observed outcome"),
        ([0.1, 0.2] * 40, None, "no score has an observed outcome"),
        ([600.0, 700.0] * 40, [1, 0] * 40, "no probabilities"),
        ([0.1, float("nan"), float("nan"), float("nan")] * 20, [1, 0] * 40, "too few: n < 30"),
    ],
)
def test_calibration_that_cannot_be_measured_has_a_cause(score, observed, cause) -> None:
    """Without scores, outcomes, probabilities or enough rows there is a cause and nothing else."""
    body = body_of(figures.calibration(count(["adverse"] * 80, {}, score, observed), adverse_high=True))
    assert set(body) == {"cause"}
    assert cause in body["cause"]


def test_equal_scores_share_a_bin() -> None:
    """Two distinct scores give two bins at most, each with all its rows."""
    table = count(["adverse"] * 300, {}, [0.2] * 100 + [0.6] * 200, [1, 0] * 150)
    bins = body_of(figures.calibration(table, adverse_high=True))["bins"]
    assert [(each["n"], round(each["mean_score"], 9)) for each in bins] == [(100, 0.2), (200, 0.6)]


def test_confusion_counts_decided_rows_with_an_outcome() -> None:
    """Positive is adverse; rows without decision or outcome stay out."""
    outcome = ["adverse", "adverse", "favourable", "favourable", "none", "adverse"]
    body = body_of(figures.confusion(count(outcome, {}, None, [1, 0, 1, 0, 1, None])))
    assert [body[key] for key in ("true_positive", "false_positive", "true_negative", "false_negative")] == [
        1,
        1,
        1,
        1,
    ]
    assert (body["n"], body["accuracy"]) == (4, 0.5)
    assert "cause" in body_of(figures.confusion(count(outcome, {})))


def test_the_data_figure_shows_every_group_with_its_size() -> None:
    """Groups count all rows, those without a decision too."""
    outcome, sex, score, observed = lender()
    table = count(outcome, {"sex": sex}, score, observed)
    stated = SimpleNamespace(type="category", provenance="collected", reference="m")
    body = body_of(
        figures.data("loans", "ab" * 32, profile({"amount": score}), table, {"sex": stated}, ("late", 1))
    )
    (attribute,) = body["protected"]
    assert sum(each["n"] for each in attribute["groups"]) == 600
    assert body["observed"] == {"column": "late", "adverse": 1, "n_known": 600}
    assert body["features"][0]["name"] == "amount"


def test_the_model_figure_prints_who_trusted_it() -> None:
    """Trust, layers and protected inputs are shown as they are."""
    model = Model(
        "ab" * 32,
        "card",
        "function",
        "v1",
        inputs=("age", "debt"),
        layers=({"name": "dense", "kind": "Dense", "units": 8},),
        trust=Trust("Risk", "reviewed", dt.date(2026, 1, 2)),
    )
    body = body_of(figures.model(model, {"age": "age"}))
    assert body["trust"] == {"by": "Risk", "reason": "reviewed", "date": "2026-01-02"}
    assert body["protected_inputs"] == [{"column": "age", "attribute": "age"}]
    assert body["layers"] == [{"name": "dense", "kind": "Dense", "units": 8}]


def test_method_and_environment_are_kept_as_given() -> None:
    """What the run states is what the figure holds."""
    body = body_of(
        figures.method(
            reasons="shapley", exact_up_to=10, at_most=4, floor=0.05, players=8, seed=7, scale="score"
        )
    )
    assert body["reasons"]["players"] == 8
    assert (body["seed"], body["scale"]) == (7, "score")
    body = body_of(
        figures.environment(
            program="0.1",
            python="3.11",
            packages={"b": "2", "a": "1"},
            platform="linux",
            fingerprint="ff",
            walls="seccomp",
        )
    )
    assert body["walls"] == "seccomp"
    assert list(body["packages"]) == ["a", "b"]
    assert body_of(figures.demonstration("An example"))["note"] == "An example"
