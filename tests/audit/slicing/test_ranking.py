"""Measures of ranking and of nearness equal scikit-learn's, whichever side is bad, ties and all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from audit.fairness import count
from audit.fairness.groups import ScoreCounts
from audit.slicing.losses import NO_PROBABILITIES, losses
from audit.slicing.ranking import Walk, gains, ranking


def rows(n: int = 700, steps: int = 40, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return scores of few values, so that many are equal, and outcomes (1 adverse)."""
    rng = np.random.default_rng(seed)
    score = (1 + rng.integers(0, steps, n)) / (steps + 2)
    return score, (rng.random(n) < score).astype(np.int64)


def counted(score: np.ndarray, observed: np.ndarray | None) -> ScoreCounts:
    decided = np.where(np.arange(len(score)) % 3 == 0, "adverse", "favourable").astype(object)
    return count(decided, {}, score, observed).score_counts()


def values(found: tuple) -> dict[str, float | None]:
    return {one.metric: one.value for one in found}


@pytest.mark.parametrize("high", [True, False])
def test_ranking_is_that_of_scikit_learn(high: bool) -> None:
    """AUC, Gini, KS and average precision; positive = adverse, whichever side is bad."""
    score, observed = rows()
    toward = score if high else 1 - score
    found = values(ranking(counted(toward, observed), adverse_high=high))
    auc = roc_auc_score(observed, score)
    assert found["auc"] == pytest.approx(auc, abs=1e-14)
    assert found["gini"] == pytest.approx(2 * auc - 1, abs=1e-14)
    assert found["ks"] == pytest.approx(
        ks_2samp(score[observed == 1], score[observed == 0]).statistic, abs=1e-14
    )
    assert found["average_precision"] == pytest.approx(average_precision_score(observed, score), abs=1e-14)


@pytest.mark.parametrize("high", [True, False])
def test_losses_are_those_of_scikit_learn(high: bool) -> None:
    """A score is the probability of what a high score stands for."""
    score, observed = rows()
    happened = observed if high else 1 - observed
    found = losses(counted(score, observed), adverse_high=high)
    assert values(found)["brier"] == pytest.approx(brier_score_loss(happened, score), abs=1e-14)
    assert values(found)["log_loss"] == pytest.approx(log_loss(happened, score), abs=1e-13)
    assert values(found)["calibration_ratio"] == pytest.approx(score.sum() / happened.sum(), abs=1e-13)
    (brier,) = [one for one in found if one.metric == "brier"]
    each = (score - happened) ** 2
    half = 1.959963984540054 * each.std(ddof=1) / math.sqrt(len(each))
    assert (brier.low, brier.high) == pytest.approx((each.mean() - half, each.mean() + half), abs=1e-13)


def test_a_certain_score_that_was_wrong_has_no_log_loss() -> None:
    """Others move such a score inside by a little and print a number; here the cause is printed."""
    counts = counted(np.array([0.0, 0.5, 1.0, 0.2]), np.array([1, 1, 1, 0]))
    found = {one.metric: one for one in losses(counts, adverse_high=True)}
    assert found["log_loss"].value is None
    assert found["log_loss"].cause == "1 scores of 0 or 1 turned out wrong: their loss is infinite"
    assert found["brier"].value == pytest.approx((1 + 0.25 + 0.04) / 4)


def test_scores_that_are_no_probabilities_have_no_loss() -> None:
    """A score of 600 comes near nothing; its order is measured all the same."""
    score, observed = rows()
    counts = counted(300 + 550 * score, observed)
    assert {one.cause for one in losses(counts, adverse_high=True)[1:]} == {NO_PROBABILITIES}
    assert values(ranking(counts, adverse_high=True))["auc"] == pytest.approx(roc_auc_score(observed, score))


@pytest.mark.parametrize(
    ("observed", "cause"),
    [
        (None, "no score has an observed outcome"),
        (np.ones(9, dtype=np.int64), "every observed outcome is adverse"),
        (np.zeros(9, dtype=np.int64), "every observed outcome is favourable"),
    ],
)
def test_one_class_of_outcome_ranks_nothing(observed: np.ndarray | None, cause: str) -> None:
    """No measure of order has a value, and each says why."""
    counts = counted(np.linspace(0.1, 0.9, 9), observed)
    found = ranking(counts, adverse_high=True)
    assert [one.value for one in found] == [None] * 5
    assert {one.cause for one in found} == {cause}
    assert gains(counts, adverse_high=True) == cause


def test_rows_without_a_score_are_left_out() -> None:
    """NaN is no score: it is in no measure, and n says so."""
    score, observed = rows(100)
    score[:30] = np.nan
    found = ranking(counted(score, observed), adverse_high=True)
    assert {one.n for one in found} == {70}


def test_gains_hold_what_a_plain_sort_holds() -> None:
    """Where scores differ, each tenth holds the outcomes of its own people."""
    rng = np.random.default_rng(5)
    score = rng.permutation(np.linspace(0.01, 0.99, 500))
    observed = (rng.random(500) < score).astype(np.int64)
    tenths = gains(counted(score, observed), adverse_high=True)
    order = observed[np.argsort(-score)]
    for at, one in enumerate(tenths, start=1):
        captured = order[: 50 * at].sum() / observed.sum()
        assert one["captured"] == pytest.approx(captured, abs=1e-14)
        assert one["lift"] == pytest.approx(captured / (at / 10), abs=1e-13)
        assert one["score"] == np.sort(score)[::-1][50 * at - 1]


def test_equal_scores_gain_nothing() -> None:
    """A model that says one thing of everybody holds a tenth of the outcomes in each tenth."""
    counts = counted(np.full(400, 0.3), np.arange(400) % 2)
    assert [one["lift"] for one in gains(counts, adverse_high=True)] == pytest.approx([1.0] * 10)
    assert values(ranking(counts, adverse_high=True)) == {
        "auc": 0.5, "gini": 0.0, "ks": 0.0, "average_precision": 0.5, "pr_auc": 0.5,
    }  # fmt: skip


def test_the_interval_of_ks_holds_the_truth() -> None:
    """Of 300 samples of a known distance, at least 95 % of the intervals hold it."""
    rng, held = np.random.default_rng(8), 0
    for _ in range(300):
        bad, good = rng.random(80) ** 0.5, rng.random(120)  # distance of x and x ** 2: 1 / 4
        counts = counted(np.concatenate([bad, good]), np.repeat([1, 0], [80, 120]))
        (ks,) = [one for one in ranking(counts, adverse_high=True) if one.metric == "ks"]
        held += ks.low <= 0.25 <= ks.high
    assert held >= 285


def test_the_interval_of_average_precision_holds_the_truth() -> None:
    """Scores that order nothing have the base rate as their average precision."""
    rng, held = np.random.default_rng(9), 0
    for _ in range(300):
        observed = (rng.random(3000) < 0.3).astype(np.int64)
        counts = counted(rng.random(3000), observed)
        (found,) = [one for one in ranking(counts, adverse_high=True) if one.metric == "average_precision"]
        held += found.low <= 0.3 <= found.high
    assert held >= 280


def test_a_walk_counts_everybody() -> None:
    """The last step of a walk holds all outcomes, from the worst score on."""
    walk = Walk.of(counted(np.array([0.2, 0.9, 0.5]), np.array([0, 1, 1])), adverse_high=True)
    assert walk.score.tolist() == [0.9, 0.5, 0.2]
    assert (walk.adverse.tolist(), walk.favourable.tolist()) == ([1, 2, 2], [0, 0, 1])
