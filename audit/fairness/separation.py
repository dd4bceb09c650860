"""Whether a regression's columns decide without exception, so that no coefficient of theirs is finite.

Where all people of one kind were approved, a logit would make their effect infinite; solvers stop somewhere
on the way and print what they have. A linear program tells it exactly.

Source: Albert and Anderson (1984), Biometrika 71:1; the program after Konis (2007).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SURE = 1e-6
SEPARATED = "perfect separation"  # how a cause begins that says so


def separated_by(x: Floats, adverse: Floats, favourable: Floats) -> tuple[int, ...] | None:
    """Return the columns of a direction that separates the decisions, None where there is none.

    Parameters
    ----------
    x : float64[k, columns]
    adverse, favourable : float64[k], people of each row by decision
    """
    from scipy.optimize import linprog

    # A direction separates where no favourable row lies below 0, no adverse one above, and one is not on it.
    rows = np.concatenate([x[favourable > 0], -x[adverse > 0]])
    found = linprog(
        -rows.sum(axis=0), A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=[(-1, 1)] * x.shape[1], method="highs"
    )
    if not found.success or -found.fun <= SURE:
        return None
    return tuple(np.flatnonzero(np.abs(found.x) > SURE).tolist())
