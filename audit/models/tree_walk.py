"""The compiled loops of ``tree_mixing``: down all trees with two rows at once.

Why so: nothing of it is kept on disk. Compiling takes some seconds a process, and a compiled
file that is out of date would give the numbers of code that is no longer there.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


def _sum_over_parts(table: Any) -> None:
    """Replace each number of ``table`` float64[2^k] by the sum over all parts of its coalition."""
    size = len(table)
    step = 1
    while step < size:
        for first in range(0, size, 2 * step):
            for at in range(first, first + step):
                table[at + step] += table[at]
        step *= 2


sum_over_parts: Any = numba.njit(nogil=True)(_sum_over_parts)


def _walk(
    roots: Any,
    left: Any,
    right: Any,
    owner: Any,
    value: Any,
    own: Any,
    others: Any,
    base: float,
    link: int,
    steepness: float,
    n_players: int,
    sums: Any,
) -> None:
    """Add to ``sums`` float64[2^k] the scores of all coalitions, over some reference rows."""
    size = 1 << n_players
    table = np.zeros(size)
    signs = np.ones(size)  # -1 for an odd number of players
    for at in range(1, size):
        signs[at] = -signs[at & (at - 1)]
    # Each step down either goes one way or leaves one branch waiting, so depth bounds the waiting.
    waiting = np.empty((len(left) + 1, 3), dtype=np.int64)
    for other in range(len(others)):
        theirs = others[other]
        table[0] += base
        for root in roots:
            waiting[0, 0], waiting[0, 1], waiting[0, 2] = root, 0, 0
            n_waiting = 1
            while n_waiting:
                n_waiting -= 1
                node, kept, given = waiting[n_waiting, 0], waiting[n_waiting, 1], waiting[n_waiting, 2]
                while left[node] >= 0:
                    mine = own[node]
                    if mine != theirs[node]:
                        player = owner[node]
                        bit = 0 if player < 0 else 1 << player
                        if player == -1 or given & bit:
                            mine = theirs[node]
                        elif player >= 0 and not kept & bit:
                            away = left[node] if theirs[node] else right[node]
                            waiting[n_waiting, 0] = away
                            waiting[n_waiting, 1], waiting[n_waiting, 2] = kept, given | bit
                            n_waiting += 1
                            kept |= bit
                    node = left[node] if mine else right[node]
                amount, part = value[node], given
                while part:
                    table[kept | part] += signs[part] * amount
                    part = (part - 1) & given
                table[kept] += amount
        if link:
            sum_over_parts(table)
            for at in range(size):
                if link == 1:
                    sums[at] += 1.0 / (1.0 + np.exp(-steepness * table[at]))
                else:
                    sums[at] += np.exp(table[at])
            table[:] = 0.0
    if not link:  # a sum of sums needs the passes only once
        sum_over_parts(table)
        sums += table


walk: Any = numba.njit(nogil=True)(_walk)
