"""The bootstrap over counts: what other people of the same kind would have shown.

In the Poisson bootstrap each person counts a Poisson(1) number of times. People of one cell are alike,
so a cell of ``n`` counts Poisson(n) times, and a draw costs as much for ten people as for ten million.
It is used where no closed form is known; whatever has one keeps it.

Source: Hanley and MacGibbon (2006), "Creating non-parametric bootstrap samples using Poisson frequencies",
Computer Methods and Programs in Biomedicine 83:57.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audit.fairness.intervals import ALPHA

DRAWS = 1000
MOST_LOST = 0.05  # where more draws have no value (an empty denominator), no interval is given

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def draws(counts: Integers, names: Sequence[str], seed: int, n_draws: int = DRAWS) -> Integers:
    """Return int64[n_draws, *counts.shape], every count drawn anew.

    Parameters
    ----------
    names : whose counts these are (attribute, group …)
        The stream of a group hangs on its name, so that other groups of an audit change nothing.
    """
    stream = np.random.default_rng([seed, zlib.crc32("\0".join(names).encode())])
    drawn: Integers = stream.poisson(counts, size=(n_draws, *counts.shape))
    return drawn


def interval(drawn: Floats, value: float, alpha: float = ALPHA) -> tuple[float, float] | None:
    """Return the percentile interval of the draws, widened to its value; None where draws were lost."""
    known = drawn[np.isfinite(drawn)]
    if len(known) < (1 - MOST_LOST) * len(drawn):
        return None
    low, high = np.quantile(known, [alpha / 2, 1 - alpha / 2]).tolist()
    return min(low, value), max(high, value)
