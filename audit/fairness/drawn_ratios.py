"""Every rate of every group over the reference's, drawn a thousand times at once.

Beside the exact interval of the selection ratio this is a second witness that assumes no distribution;
for ratios of error rates it is the one at hand in other tools.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.fairness.bootstrap import DRAWS, draws
from audit.fairness.groups import CountTable
from audit.fairness.rates import SELECTION, WITH_OUTCOME, Share

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def ratios(
    table: CountTable, attribute: str, reference: str, seed: int, n_draws: int = DRAWS
) -> dict[tuple[str, str], Floats]:
    """Return, for every rate and group, the draws of the group's rate over the reference's.

    Returns
    -------
    (metric, group) -> float64[n_draws]
        NaN in draws where a denominator is empty.
    """
    groups = table.groups(attribute)
    drawn = {
        group: draws(table.matrix(attribute, group), (attribute, group), seed, n_draws) for group in groups
    }
    found = {}
    for metric, (share, _) in (SELECTION | WITH_OUTCOME).items():
        base = _shares(share, drawn[reference])
        for group in groups:
            if group != reference:
                found[metric, group] = _over(_shares(share, drawn[group]), base)
    return found


def _shares(share: Share, drawn: Integers) -> Floats:
    counted, of = share(drawn)
    return _over(counted.astype(np.float64), of.astype(np.float64))


def _over(top: Floats, bottom: Floats) -> Floats:
    found = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=found, where=bottom > 0)
    return found
