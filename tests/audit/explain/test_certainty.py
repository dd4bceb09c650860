"""A ranking is called settled only where what is printed cannot change."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.certainty import Rule, _decisive, certified, exactly

RULE = Rule(at_most=2, floor=0.05, tolerance=1e-5, z=3.0)


def spread(*sizes):
    """Return a covariance of independent errors of these sizes."""
    return np.diag(np.square(np.array(sizes)))


def test_exact_values_with_a_gap_are_exact():
    """Without sampling only a tie can stand in the way."""
    assert certified(np.array([0.4, 0.2, 0.1]), None, RULE) == "exact"


def test_a_gap_below_the_tolerance_is_a_tie_only_where_it_decides():
    """Equal factors behind the last printed place decide nothing."""
    assert certified(np.array([0.4, 0.200001, 0.2]), None, RULE) == "tie"
    assert certified(np.array([0.4, 0.2, 0.1, 0.1]), None, RULE) == "exact"
    assert certified(np.array([0.4, 0.2, -0.1, -0.1]), None, RULE) == "exact"


def test_a_factor_at_the_floor_is_a_tie():
    """Whether it is printed hangs on less than the tolerance."""
    at_floor = 0.05 / 0.95 * 0.4  # a share of 5 % of the total
    assert certified(np.array([0.4, at_floor]), None, RULE) == "tie"


def test_a_difference_counts_in_its_own_standard_errors():
    """Errors that two factors share leave their difference certain."""
    values = np.array([0.30, 0.27])
    rule = Rule(at_most=1, floor=0.0)
    assert certified(values, spread(0.02, 0.02), rule) == "false"
    together = np.full((2, 2), 0.02**2)
    assert certified(values, together, rule) == "certain"


def test_a_distant_factor_with_a_large_error_unsettles_the_last_place():
    """Not only neighbours are looked at."""
    values = np.array([0.5, 0.3, 0.2, 0.1])
    assert certified(values, spread(1e-4, 1e-4, 1e-4, 1e-4), RULE) == "certain"
    assert certified(values, spread(1e-4, 1e-4, 1e-4, 0.1), RULE) == "false"


def test_a_settled_tie_is_a_tie():
    """Sampled values that agree to within the tolerance, errors and all, are a tie and no doubt."""
    assert certified(np.array([0.3, 0.3, 0.1]), spread(1e-7, 1e-7, 1e-7), RULE) == "tie"


def test_nothing_that_pushed_is_settled_too():
    """A row where all factors helped has no reason, and certainly so."""
    assert certified(np.array([-0.3, -0.2]), spread(1e-3, 1e-3), RULE) == "certain"


@pytest.mark.parametrize("seed", range(8))
def test_differences_and_errors_are_those_of_the_matrix_form(seed):
    """Each difference is a weighing of the contributions, and its variance that weighing's quadratic form."""
    draw = np.random.default_rng(seed)
    k = int(draw.integers(1, 9))
    values, root = draw.normal(size=k), draw.normal(size=(k, k)) / 10
    rule = Rule(at_most=int(draw.integers(1, 5)), floor=0.05)
    unit, order = np.eye(k), np.argsort(-values, kind="stable")
    to_floor = unit - rule.floor * (values > 0)
    above = (to_floor @ values > 0)[order]
    printed = min(rule.at_most, int(above.sum()))
    full = printed == rule.at_most
    weights = [
        unit[order[i]] - unit[order[j]] for i in range(printed) for j in range(i + 1, k) if full or above[j]
    ]
    weights += [to_floor[order[i]] for i in range(printed if full else k)]
    gaps, errors = _decisive(values, root @ root.T, rule)
    assert gaps == pytest.approx([one @ values for one in weights], abs=1e-15)
    assert errors == pytest.approx([np.linalg.norm(one @ root) for one in weights], abs=1e-12)


def test_exact_verdicts_look_at_every_difference_that_decides():
    """Looking at the next in the ranking alone is as good as looking at all, on ties of every kind."""
    draw = np.random.default_rng(5)
    values = np.round(draw.normal(size=(3000, 5)), 1) + draw.choice([0, 4e-6, 3e-5], size=(3000, 5))
    values[:500] = np.abs(values[:500])
    for at_most in (1, 2, 4, 9):
        rule = Rule(at_most=at_most, floor=0.05, tolerance=1e-5)
        told = exactly(values, rule)
        for row, verdict in zip(values, told, strict=True):
            gaps, _ = _decisive(row, np.zeros((5, 5)), rule)
            assert verdict == ("tie" if (np.abs(gaps) < rule.tolerance).any() else "exact")
        assert set(told) == {"tie", "exact"}
