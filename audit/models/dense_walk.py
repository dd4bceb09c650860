"""The compiled loops of ``dense_mixing``: mixes of two rows, each from one that came before.

Mixes are gathered to tiles, so that a tile's numbers stay in a core's first cache on their way through
the layers. A player whose numbers are those of the reference row changes nothing by joining, and no
mix is run for it.

The reference comes as one tuple, ``others``: what the first layer reads of it float32[B, numbers], who owns
each number int64[numbers], its parts float32[B, players, units], and its sums float32[B, units]. ``net`` is
said in ``dense_tile``.

Why so: nothing of it is kept on disk. Compiling takes some seconds a process, and a compiled file that
is out of date would give the numbers of code that is no longer there.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from audit.models.dense_tile import TILE, differences, run
from audit.models.vectors import joined


def _settle(
    count: int,
    scores: Any,
    who: Any,
    begins: Any,
    closes: Any,
    start: float,
    full: float,
    gains: Any,
    before: float,
) -> float:
    """Add to ``gains`` float64[pairs * players], flat, what each joining of a tile changed.

    ``before`` is the score before the first of them, ``start`` that of the reference row. Where an order
    ends behind a mix, ``closes`` is who joins last, else -1. Returns the score behind the last mix.
    """
    for at in range(count):
        if begins[at]:
            before = start
        gains[who[at]] += 0.5 * (scores[at] - before)
        before = scores[at]
        if closes[at] >= 0:
            gains[closes[at]] += 0.5 * (full - before)
    return before


settle: Any = numba.njit(nogil=True, error_model="numpy")(_settle)


def _along_orders(
    rows: Any, own: Any, full: Any, others: Any, orders: Any, empty: Any, net: Any, gains: Any
) -> None:
    """Set ``gains`` float64[n, B, pairs, players]: what each changed by joining, mean of a pair's orders.

    Parameters
    ----------
    rows : float32[n, numbers], what the first layer reads
    own : float32[n, players, units], their parts
    full : float64[n], the scores with all players' numbers
    orders : int64[B, pairs, 2, players]
    empty : float64[B], the scores of the reference rows
    """
    reference, player, theirs, starts = others
    n_units, n_players, widest, floor = starts.shape[1], orders.shape[3], net[4], net[1][0]
    tile, other = np.zeros(TILE * widest, np.float32), np.zeros(TILE * widest, np.float32)
    scores, summed = np.zeros(TILE, np.float32), np.zeros(n_units, np.float32)
    who, closes, begins = np.zeros(TILE, np.int64), np.zeros(TILE, np.int64), np.zeros(TILE, np.bool_)
    joins, moves = np.zeros((n_players, n_units), np.float32), np.zeros(n_players, np.bool_)
    for pair_of_rows in range(len(rows) * len(reference)):
        row, b = pair_of_rows // len(reference), pair_of_rows % len(reference)
        n_moving = differences(rows[row], reference[b], player, own[row], theirs[b], joins, moves)
        told = gains[row, b].reshape(-1)
        count, before = 0, 0.0
        for order in range(orders.shape[1] * 2):
            pair, way = order // 2, order % 2
            summed[:] = starts[b]
            n_joined = 0
            for step in range(n_players):
                comes = orders[b, pair, way, step]
                if not moves[comes]:
                    continue
                n_joined += 1
                place = pair * n_players + comes
                if n_joined == n_moving:
                    if n_joined == 1:
                        told[place] += 0.5 * (full[row] - empty[b])
                    else:
                        closes[count - 1] = place
                    break
                if count == TILE:
                    run(count, tile, other, net, scores)
                    before = settle(count, scores, who, begins, closes, empty[b], full[row], told, before)
                    count = 0
                to = count * n_units
                joined(summed, 0, joins, comes * n_units, n_units, floor, summed, 0, tile, to)
                who[count], closes[count], begins[count] = place, -1, n_joined == 1
                count += 1
        run(count, tile, other, net, scores)
        settle(count, scores, who, begins, closes, empty[b], full[row], told, before)


along_orders: Any = numba.njit(nogil=True, error_model="numpy")(_along_orders)


def _of_all_coalitions(rows: Any, own: Any, others: Any, net: Any, sums: Any) -> None:
    """Add to ``sums`` float64[n, 2^players] the scores of all coalitions, over the reference.

    A coalition's sum is that of the same without its lowest player, which was met before, and that
    player's part.
    """
    reference, player, theirs, starts = others
    n_units, n_players, widest, floor = starts.shape[1], own.shape[1], net[4], net[1][0]
    tile, other = np.zeros(TILE * widest, np.float32), np.zeros(TILE * widest, np.float32)
    scores, who = np.zeros(TILE, np.float32), np.zeros(TILE, np.int64)
    moves = np.zeros(n_players, np.bool_)
    # Behind all players stands one who gives nothing: the lowest of the empty coalition.
    joins, met = (
        np.zeros((n_players + 1, n_units), np.float32),
        np.zeros((n_players + 1, n_units), np.float32),
    )
    table = np.zeros(sums.shape[1], np.float32)
    for pair_of_rows in range(len(rows) * len(reference)):
        row, b = pair_of_rows // len(reference), pair_of_rows % len(reference)
        n_moving = differences(rows[row], reference[b], player, own[row], theirs[b], joins, moves)
        moving = 0
        for one in range(n_players):
            moving |= int(moves[one]) << one
        met[n_players] = starts[b]
        coalition, count = 0, 0
        for which in range(1 << n_moving):
            last, rest = lowest(coalition, n_players), lowest(coalition & (coalition - 1), n_players)
            here, to = last * n_units, count * n_units
            joined(met, rest * n_units, joins, here, n_units, floor, met, here, tile, to)
            who[count] = coalition
            count += 1
            coalition = (coalition - moving) & moving  # the next part of those who move
            if count == TILE or which + 1 == 1 << n_moving:
                run(count, tile, other, net, scores)
                for at in range(count):
                    table[who[at]] = scores[at]
                count = 0
        for at in range(len(table)):
            sums[row, at] += table[at & moving]


def _lowest(coalition: int, none: int) -> int:
    """Return the lowest player of a coalition; ``none`` for the empty one."""
    if not coalition:
        return none
    player = 0
    while not (coalition >> player) & 1:
        player += 1
    return player


lowest: Any = numba.njit(nogil=True)(_lowest)
of_all_coalitions: Any = numba.njit(nogil=True, error_model="numpy")(_of_all_coalitions)
