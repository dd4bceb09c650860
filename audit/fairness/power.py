"""What the numbers of people could have shown: power, and the smallest gap that would be found.

A test that finds nothing among forty people has shown little. Beside each comparison stands how
large a gap had to be for these numbers to find it four times in five.
"""

from __future__ import annotations

import math

from audit.fairness.intervals import Z

POWER = 0.8


def power_of_gap(rate: float, n: int, reference_rate: float, n_reference: int) -> float:
    """Return how often two samples of these sizes would differ at 5 %, were these the true rates.

    Parameters
    ----------
    rate, reference_rate : float in [0, 1]
    n, n_reference : int > 0

    Returns
    -------
    float in [0, 1]
        At equal rates the level itself, 0.05.

    Source: Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, equation 4.14
    turned round: the pooled rate under equality, each its own otherwise. An exact test finds less in
    small samples; there this is an upper bound.
    """
    from scipy.special import ndtr

    pooled = (n * rate + n_reference * reference_rate) / (n + n_reference)
    equal = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_reference))
    own = math.sqrt(rate * (1 - rate) / n + reference_rate * (1 - reference_rate) / n_reference)
    gap = abs(reference_rate - rate)
    if own == 0:
        return 1.0 if gap > Z * equal else 0.05 if gap == 0 else 0.0
    return float(ndtr((gap - Z * equal) / own) + ndtr((-gap - Z * equal) / own))


def smallest_detectable_gap(
    n: int, reference_rate: float, n_reference: int, power: float = POWER
) -> float | None:
    """Return by how much a group's rate must lie below the reference's to be found with that power.

    Returns
    -------
    float in (0, reference_rate], or None
        None where even a group of which nobody is selected would be found less often.

    Examples
    --------
    >>> round(smallest_detectable_gap(100, 0.6, 400), 3)
    0.155
    """
    if reference_rate == 0 or power_of_gap(0.0, n, reference_rate, n_reference) < power:
        return None
    low, high = 0.0, reference_rate
    for _ in range(60):
        middle = (low + high) / 2
        if power_of_gap(reference_rate - middle, n, reference_rate, n_reference) < power:
            low = middle
        else:
            high = middle
    return high
