"""Kernel least squares gives the Shapley values of the definition, and knows its errors."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from audit.errors import UsageError
from audit.explain import shapley
from audit.explain.design import all_coalitions, antithetic_orders, digest, exact_contrasts
from audit.explain.kernel import fit, kernel_design
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, bent, bent_rows


def places(coalitions: np.ndarray) -> np.ndarray:
    """Return where each coalition stands in ``all_coalitions``."""
    return (coalitions * (1 << np.arange(coalitions.shape[1]))).sum(axis=1)


def test_with_every_coalition_it_is_the_shapley_value() -> None:
    """Any game of six players: all coalitions, weighed by the kernel, give the exact contrasts' answer."""
    k = 6
    value = np.random.default_rng(1).normal(size=1 << k)
    inner = all_coalitions(k)[1:-1]
    sizes = inner.sum(axis=1)
    weights = np.array([(k - 1) / (comb(k, int(s)) * s * (k - s)) for s in sizes])
    assert fit(inner, weights) @ value == pytest.approx(exact_contrasts(k) @ value, abs=1e-13)


@pytest.mark.parametrize(("k", "m"), [(2, 2), (3, 4), (7, 20), (15, 64)])
def test_a_sum_is_split_exactly_by_any_draw(k: int, m: int) -> None:
    """An additive game's values are its terms, whatever was drawn; and they sum to what is explained."""
    terms = np.random.default_rng(k).normal(size=k)
    for draw in range(3):
        design = kernel_design(k, m, seed=5, draw=draw)
        assert design.contrasts @ (design.coalitions @ terms) == pytest.approx(terms, abs=1e-9)
        assert design.contrasts.sum(axis=0)[[0, -1]] == pytest.approx([-1, 1])
        assert design.contrasts.sum(axis=0)[1:-1] == pytest.approx(0, abs=1e-9)


def test_the_mean_of_many_draws_is_the_exact_answer() -> None:
    """On a game with interactions it is consistent: larger draws come nearer."""
    k = 6
    value = np.random.default_rng(2).normal(size=1 << k)
    exact = exact_contrasts(k) @ value
    far = []
    for m in (40, 400, 4000):
        designs = [kernel_design(k, m, seed=3, draw=draw) for draw in range(20)]
        found = np.mean([one.contrasts @ value[places(one.coalitions)] for one in designs], axis=0)
        far.append(np.abs(found - exact).max())
    assert far[2] < far[1] < far[0]
    assert far[2] < 0.03


def test_in_the_engine_its_errors_are_calibrated() -> None:
    """Values lie about a standard error from the exact ones, and add up to the score."""
    scorer, rows, reference = PlainScorer(bent, BENT_COLUMNS), bent_rows(30, 1), bent_rows(25, 2)
    exact = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    options = {"exact_up_to": 2, "escalate": False, "sampling": "kernel"}
    found = shapley.explain(scorer, rows, reference, BENT_FACTORS, **options)
    moving = [factor != "idle" for factor in BENT_FACTORS]
    errors = found.standard_error[:, moving]
    far = np.abs(found.values - exact.values)[:, moving]
    assert np.abs(found.residual).max() < 1e-12
    assert far.max() < 0.02
    assert 0.3 < np.sqrt((far**2).mean() / (errors**2).mean()) < 2.5


def test_rows_that_are_not_settled_end_exactly() -> None:
    """With a budget for it the engine escalates, as it does from orders."""
    scorer, rows, reference = PlainScorer(bent, BENT_COLUMNS), bent_rows(20, 1), bent_rows(15, 2)
    exact = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    found = shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=2, sampling="kernel")
    assert "false" not in found.certified
    for at, verdict in enumerate(found.certified):
        if verdict == "exact":
            assert found.values[at] == pytest.approx(exact.values[at], abs=1e-12)


def test_a_design_has_a_digest_of_what_it_asks() -> None:
    """The same seed asks the same; another seed, number or maker asks something else."""
    scorer, rows, reference = PlainScorer(bent, BENT_COLUMNS), bent_rows(3, 1), bent_rows(9, 2)

    def asked(**options: object) -> str:
        return shapley.explain(scorer, rows, reference, BENT_FACTORS, **options).details["design"]

    every = [
        asked(),
        asked(exact_up_to=2, escalate=False),
        asked(exact_up_to=2, escalate=False, seed=8),
        asked(exact_up_to=2, escalate=False, sampling="kernel"),
    ]
    assert len(set(every)) == 4
    assert asked(exact_up_to=2, escalate=False) == every[1]
    assert asked() == shapley.exact_digest(5)
    assert every[1] == digest(antithetic_orders(5, 9, 2, 7).orders)


def test_an_unknown_sampling_is_refused() -> None:
    """A word that is none of ours never falls back to another."""
    with pytest.raises(UsageError, match="no sampling 'guess'"):
        shapley.explain(
            PlainScorer(bent, BENT_COLUMNS), bent_rows(1, 1), bent_rows(2, 2), BENT_FACTORS, sampling="guess"
        )


def test_each_column_can_be_a_player() -> None:
    """Per column: factors of one column each; a factor's value is not the sum of its columns'."""
    scorer, rows, reference = PlainScorer(bent, BENT_COLUMNS), bent_rows(4, 1), bent_rows(9, 2)
    by_column = shapley.explain(scorer, rows, reference, {column: [column] for column in BENT_COLUMNS})
    by_factor = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    assert by_column.factors == BENT_COLUMNS
    assert np.abs(by_column.residual).max() < 1e-12
    summed = by_column.values[:, 0] + by_column.values[:, 1]
    assert np.abs(summed - by_factor.values[:, 0]).max() > 1e-3  # a acts with d, which is another factor
