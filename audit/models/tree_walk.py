"""The compiled loops of ``tree_mixing``: down all trees with two rows at once.

Why so: nothing of it is kept on disk. Compiling takes some seconds a process, and a compiled file that
is out of date would give the numbers of code that is no longer there.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


def _reach(
    roots: Any, left: Any, right: Any, owner: Any, own: Any, theirs: Any, waiting: Any, found: Any
) -> int:
    """List the leaves that mixes of two rows can reach; return how many there are.

    ``found`` int64[leaves, 3] gets the leaf, the players that must come from the row, and those that
    must come from the reference row, as bits. ``waiting`` has the same shape and is scratch.
    """
    n_found = 0
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
                    bit = np.int64(0) if player < 0 else np.int64(1) << player
                    if player == -1 or given & bit:
                        mine = theirs[node]
                    elif player >= 0 and not kept & bit:
                        waiting[n_waiting, 0] = left[node] if theirs[node] else right[node]
                        waiting[n_waiting, 1], waiting[n_waiting, 2] = kept, given | bit
                        n_waiting += 1
                        kept |= bit
                node = left[node] if mine else right[node]
            found[n_found, 0], found[n_found, 1], found[n_found, 2] = node, kept, given
            n_found += 1
    return n_found


reach: Any = numba.njit(nogil=True)(_reach)


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


def _add_scores(
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
    sums: Any,
) -> None:
    """Add to ``sums`` float64[2^k] the scores of all coalitions, over some reference rows."""
    size = len(sums)
    table = np.zeros(size)
    signs = np.ones(size)  # -1 for an odd number of players
    for at in range(1, size):
        signs[at] = -signs[at & (at - 1)]
    waiting = np.empty((len(left) + 1, 3), dtype=np.int64)
    found = np.empty((len(left) + 1, 3), dtype=np.int64)
    for other in range(len(others)):
        table[0] += base
        for place in range(reach(roots, left, right, owner, own, others[other], waiting, found)):
            kept, given = found[place, 1], found[place, 2]
            amount, part = value[found[place, 0]], given
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


add_scores: Any = numba.njit(nogil=True)(_add_scores)


def _add_shares(
    roots: Any,
    left: Any,
    right: Any,
    owner: Any,
    value: Any,
    own: Any,
    others: Any,
    weights: Any,
    shares: Any,
) -> None:
    """Add to ``shares`` float64[k] what each player has of the sum of leaves, over some reference rows.

    ``weights[p, q]`` is ``(p-1)! q! / (p+q)!``: of all orders in which p players must join before
    none of q others has, those that end with a certain one of the p.
    """
    waiting = np.empty((len(left) + 1, 3), dtype=np.int64)
    found = np.empty((len(left) + 1, 3), dtype=np.int64)
    for other in range(len(others)):
        for place in range(reach(roots, left, right, owner, own, others[other], waiting, found)):
            kept, given = found[place, 1], found[place, 2]
            n_kept, n_given = 0, 0
            rest = kept
            while rest:
                rest &= rest - 1
                n_kept += 1
            rest = given
            while rest:
                rest &= rest - 1
                n_given += 1
            amount = value[found[place, 0]]
            gain, loss = amount * weights[n_kept, n_given], amount * weights[n_given, n_kept]
            player, rest = 0, kept | given
            while rest:
                if rest & 1:
                    shares[player] += gain if (kept >> player) & 1 else -loss
                rest >>= 1
                player += 1


add_shares: Any = numba.njit(nogil=True)(_add_shares)
