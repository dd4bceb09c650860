"""Gradient methods give what loops give, say how sure they are, and refuse what has no gradient."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from audit.errors import UsageError
from audit.explain import (
    EXPLAINERS,
    expected_gradients,
    explainer,
    gradients,
    integrated_gradients,
    smoothgrad,
)
from audit.explain.path import stratified, trapezoid
from audit.models.keras import scorer_of
from tests.oracles import gradients as oracle
from tests.worlds.small_networks import COLUMNS, FACTORS, as_matrix, network, networked, some_rows
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, bent, bent_rows

OF_GRADIENTS = [name for name in EXPLAINERS if "gradient" in explainer(name).needs]
EACH = {column: [column] for column in COLUMNS}


def a_network(n=5, n_reference=12, activation="tanh"):
    """Return a scorer, rows, reference rows, and the same network in plain float64."""
    model = network(activation)
    (kernel, bias), (out, shift) = (layer.get_weights() for layer in model.layers)
    score = oracle.tanh_network(kernel.tolist(), bias.tolist(), out[:, 0].tolist(), float(shift[0]))
    return scorer_of(model, features=COLUMNS), some_rows(n, 1), some_rows(n_reference, 2), score


# --- integrated gradients -------------------------------------------------------------------------


def test_integrated_gradients_are_those_of_plain_loops():
    """The trapezoid rule in float64, point by point, gives the same for each column and factor."""
    scorer, rows, reference, score = a_network()
    found = integrated_gradients.explain(scorer, rows, reference, EACH, steps=40)
    slope = oracle.numerical_gradient(score)
    baseline = as_matrix(reference).mean(axis=0).tolist()
    true = np.array(
        [oracle.integrated_gradients(slope, row, baseline, 40) for row in as_matrix(rows).tolist()]
    )
    assert found.values == pytest.approx(true, abs=1e-6)
    assert found.base == pytest.approx(score(baseline), abs=1e-6)
    grouped = integrated_gradients.explain(scorer, rows, reference, FACTORS, steps=40)
    assert grouped.values[:, 2] == pytest.approx(true[:, 2] + true[:, 3], abs=1e-6)


def test_integrated_gradients_are_salienciess():
    """The library of the method's own school gives the same, with many steps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saliency = pytest.importorskip("saliency.core")
    scorer, rows, reference, _ = a_network(n=3)
    found = integrated_gradients.explain(scorer, rows, reference, EACH)
    encoded, baseline = scorer.encode(rows), scorer.encode(reference).mean(axis=0)

    def call(points, call_model_args=None, expected_keys=None):
        return {saliency.base.INPUT_OUTPUT_GRADIENTS: scorer.gradients(np.asarray(points, np.float32))[1]}

    for at, row in enumerate(encoded):
        theirs = saliency.IntegratedGradients().GetMask(
            row, call, x_steps=4000, x_baseline=baseline, batch_size=4096
        )
        assert found.values[at] == pytest.approx(theirs, abs=1e-4)


def test_each_reference_row_in_its_turn_is_the_mean_of_all_baselines():
    """With the baseline ``each`` the values are the mean over single baselines, and so is the base."""
    scorer, rows, reference, _ = a_network(n=3, n_reference=4)
    found = integrated_gradients.explain(scorer, rows, reference, FACTORS, baseline="each")
    singles = [
        integrated_gradients.explain(scorer, rows, {c: v[at : at + 1] for c, v in reference.items()}, FACTORS)
        for at in range(4)
    ]
    assert found.values == pytest.approx(np.mean([one.values for one in singles], axis=0), abs=1e-7)
    assert found.base == pytest.approx(np.mean([one.base for one in singles], axis=0), abs=1e-7)
    assert found.base == pytest.approx(scorer.score(reference).mean(), abs=1e-7)


def test_more_steps_leave_less_over():
    """On a network with kinks the residual falls with the steps, and is stated as it is."""
    scorer = networked("relu")
    rows, reference = some_rows(40, 1), some_rows(20, 2)
    left = [
        np.abs(integrated_gradients.explain(scorer, rows, reference, FACTORS, steps=steps).residual).max()
        for steps in (10, 200)
    ]
    assert left[1] < left[0] / 5
    assert left[1] < 5e-3


def test_an_unknown_baseline_is_refused():
    """A spelling mistake never becomes another method."""
    scorer, rows, reference, _ = a_network(n=1)
    with pytest.raises(UsageError, match="knows no baseline 'zero' with 200 steps"):
        integrated_gradients.explain(scorer, rows, reference, FACTORS, baseline="zero")
    with pytest.raises(UsageError, match="with 0 steps"):
        integrated_gradients.explain(scorer, rows, reference, FACTORS, steps=0)


def test_a_way_longer_than_one_batch_is_cut_and_added_up(monkeypatch):
    """Where points are held a few at a time, the sum is the same."""
    scorer, rows, reference, _ = a_network(n=3)
    whole = integrated_gradients.explain(scorer, rows, reference, FACTORS, baseline="each", steps=20)
    monkeypatch.setattr("audit.explain.path.POINTS", 50)
    told = []
    cut = integrated_gradients.explain(
        scorer, rows, reference, FACTORS, baseline="each", steps=20, progress=told.append
    )
    assert cut.values == pytest.approx(whole.values, abs=1e-12)
    assert told[-1] == 3


# --- expected gradients ---------------------------------------------------------------------------


def test_expected_gradients_lie_within_their_standard_errors():
    """Errors to the integral over all baselines are as large as the standard errors say."""
    scorer, rows, reference, _ = a_network(n=40, n_reference=50)
    exact = integrated_gradients.explain(scorer, rows, reference, FACTORS, baseline="each")
    squares, variances = [], []
    for seed in range(5):
        found = expected_gradients.explain(scorer, rows, reference, FACTORS, seed=seed, draws=4)
        squares.append(((found.values - exact.values)[:, :3] ** 2).mean())
        variances.append((found.standard_error[:, :3] ** 2).mean())
    assert 0.7 < np.sqrt(np.mean(squares) / np.mean(variances)) < 1.4


def test_more_draws_are_nearer_and_a_single_one_has_no_error():
    """The standard error falls with the draws; of one draw it is not known."""
    scorer, rows, reference, _ = a_network(n=20, n_reference=50)
    few, many = (
        expected_gradients.explain(scorer, rows, reference, FACTORS, draws=draws) for draws in (4, 64)
    )
    assert np.median(many.standard_error[:, 0]) < np.median(few.standard_error[:, 0]) / 2
    assert np.abs(many.residual).max() < np.abs(few.residual).max()
    assert expected_gradients.explain(scorer, rows, reference, FACTORS, draws=1).standard_error is None
    assert expected_gradients.explain(scorer, rows, reference, FACTORS).details["draws"] == 80


def test_stratified_places_are_one_in_each_part():
    """There are as many equal parts as starts, with one place in each, given out by lot."""
    path = stratified(np.zeros((50, 2)), np.random.default_rng(1))
    assert (np.sort(path.places) * 50).astype(int).tolist() == list(range(50))
    assert path.places.tolist() != sorted(path.places.tolist())
    assert path.weights.sum() == pytest.approx(1.0)
    assert trapezoid(np.zeros((3, 2)), 7).weights.sum() == pytest.approx(1.0)


# --- gradients and smoothgrad -----------------------------------------------------------------------


def test_gradients_are_slope_times_distance_and_tell_their_norm():
    """A factor gets the sum over its columns; the plain gradient's norm stands in the details."""
    scorer, rows, reference, score = a_network()
    found = gradients.explain(scorer, rows, reference, FACTORS)
    slopes = np.array([oracle.numerical_gradient(score)(row) for row in as_matrix(rows).tolist()])
    apart = as_matrix(rows) - as_matrix(reference).mean(axis=0)
    true = slopes * apart
    assert found.values[:, 0] == pytest.approx(true[:, 0], abs=1e-6)
    assert found.values[:, 2] == pytest.approx(true[:, 2] + true[:, 3], abs=1e-6)
    assert found.base == pytest.approx(scorer.score(reference).mean(), abs=1e-7)
    norms = found.details["gradient_norm"]
    assert norms["cd"] == pytest.approx(np.hypot(slopes[:, 2], slopes[:, 3]).mean(), abs=1e-6)
    assert norms["idle"] == 0.0


def test_smoothgrad_is_the_mean_over_shifted_rows():
    """The noise has the stated share of the reference's spread; the loop over shifts gives the same."""
    scorer, rows, reference, score = a_network(n=2)
    found = smoothgrad.explain(scorer, rows, reference, EACH, samples=8, noise=0.3, seed=5)
    slope = oracle.numerical_gradient(score)
    spread = as_matrix(reference).std(axis=0)
    shifts = np.random.default_rng([5, 8, len(COLUMNS)]).normal(size=(8, len(COLUMNS))) * spread * 0.3
    for at, row in enumerate(as_matrix(rows)):
        each = np.array([slope((row + shift).tolist()) for shift in shifts])
        contributions = each * (row - as_matrix(reference).mean(axis=0))
        assert found.values[at] == pytest.approx(contributions.mean(axis=0), abs=1e-6)
        errors = contributions.std(axis=0, ddof=1) / np.sqrt(8)
        assert found.standard_error[at] == pytest.approx(errors, abs=1e-6)


def test_smoothgrad_without_noise_is_the_gradient():
    """No shift, no smoothing, no error."""
    scorer, rows, reference, _ = a_network()
    found = smoothgrad.explain(scorer, rows, reference, FACTORS, noise=0.0)
    plain = gradients.explain(scorer, rows, reference, FACTORS)
    assert found.values == pytest.approx(plain.values, abs=1e-9)
    assert np.abs(found.standard_error).max() < 1e-12


# --- what cannot be measured --------------------------------------------------------------------------


@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_a_model_of_scores_alone_is_refused(name):
    """A function has no gradient; the way out is named."""
    scorer = PlainScorer(bent, BENT_COLUMNS)
    with pytest.raises(UsageError, match=f"{name} needs gradients, and this model gives scores alone. Use"):
        explainer(name).explain(scorer, bent_rows(2, 1), bent_rows(3, 2), BENT_FACTORS)


@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_a_missing_value_is_refused_by_its_column(name):
    """There is no way from a gap to a number; in the rows or in the reference."""
    scorer, rows, reference, _ = a_network()
    for one in (rows, reference):
        kept, one["c"] = one["c"], np.where(np.arange(len(one["c"])) == 1, np.nan, one["c"])
        with pytest.raises(UsageError, match=f"the column 'c' has missing values, and {name} has no way"):
            explainer(name).explain(scorer, rows, reference, FACTORS)
        one["c"] = kept


@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_no_rows_give_no_contributions(name):
    """An empty batch is no error."""
    scorer, rows, reference, _ = a_network()
    nobody = {column: cells[:0] for column, cells in rows.items()}
    assert explainer(name).explain(scorer, nobody, reference, FACTORS).values.shape == (0, len(FACTORS))


@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_progress_ends_at_all_rows(name):
    """Who watches is told when all rows are done."""
    scorer, rows, reference, _ = a_network()
    told = []
    explainer(name).explain(scorer, rows, reference, FACTORS, progress=told.append)
    assert told[-1] == 5
