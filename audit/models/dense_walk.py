"""The compiled loops of ``dense_mixing``: mixes of two rows, each from the one before, through dense layers.

Mixes are gathered to tiles, so that a tile's numbers stay in a core's first cache on their way through
the layers. A player whose numbers are those of the reference row changes nothing by joining, and no
mix is run for it.

Why so: nothing of it is kept on disk. Compiling takes some seconds a process, and a compiled file that
is out of date would give the numbers of code that is no longer there.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from audit.models.vectors import LANES, MOST_VECTORS, ROWS_OF, joined, layer_of, less, weighted

TILE = 96  # mixes run together; a multiple of all rows of ``vectors``
N_IN, N_OUT, KERNEL, BIAS = range(4)  # what is said of a layer, as places in the flat weights

_four, _two, _one = (layer_of.get(vectors, layer_of[1]) for vectors in (4, 2, 1))
_rows_of_four, _rows_of_two, _rows_of_one = (ROWS_OF.get(vectors, ROWS_OF[1]) for vectors in (4, 2, 1))


def _run(
    count: int, tile: Any, other: Any, layers: Any, floors: Any, weights: Any, sigmoid: bool, scores: Any
) -> None:
    """Set ``scores`` float32[count] of the first rows of a tile; both tiles are used up.

    ``tile`` float32[TILE * units] holds what the first layer gave; the last layer has one unit.
    """
    for at in range(len(layers) - 1):
        n_in, n_out = layers[at, N_IN], layers[at, N_OUT]
        unit = 0
        while unit < n_out:
            kernel, bias = layers[at, KERNEL] + unit, layers[at, BIAS] + unit
            if n_out - unit >= 4 * LANES and MOST_VECTORS >= 4:
                for row in range(0, count, _rows_of_four):
                    _four(
                        tile, row * n_in, n_in, weights, kernel, bias, n_out, floors[at], other,
                        row * n_out + unit,
                    )
                unit += 4 * LANES
            elif n_out - unit >= 2 * LANES and MOST_VECTORS >= 2:
                for row in range(0, count, _rows_of_two):
                    _two(
                        tile, row * n_in, n_in, weights, kernel, bias, n_out, floors[at], other,
                        row * n_out + unit,
                    )
                unit += 2 * LANES
            else:
                for row in range(0, count, _rows_of_one):
                    _one(
                        tile, row * n_in, n_in, weights, kernel, bias, n_out, floors[at], other,
                        row * n_out + unit,
                    )
                unit += LANES
        tile, other = other, tile
    n_in, kernel = layers[-1, N_IN], layers[-1, KERNEL]
    bias = weights[layers[-1, BIAS]]
    for row in range(count):
        scores[row] = weighted(tile, row * n_in, weights, kernel, n_in) + bias
    if sigmoid:
        for row in range(count):
            scores[row] = np.float32(1.0) / (np.float32(1.0) + math.exp(-scores[row]))


run: Any = numba.njit(nogil=True, error_model="numpy")(_run)


def _parts(numbers: Any, player: Any, kernel: Any, out: Any) -> None:
    """Add to ``out`` float32[players, units] what each player's numbers give to the first layer's sum.

    ``player`` int64[numbers]: -1 where nobody owns a number.
    """
    for at in range(len(numbers)):
        if player[at] >= 0:
            for unit in range(kernel.shape[1]):
                out[player[at], unit] += numbers[at] * kernel[at, unit]


parts: Any = numba.njit(nogil=True, error_model="numpy")(_parts)


def _differences(
    row: Any, other: Any, player: Any, own: Any, theirs: Any, out: Any, moves: Any
) -> int:
    """Set ``out = own - theirs`` float32[players, units] of players who change anything; return how many.

    ``row`` and ``other`` float32[numbers] are what the first layer reads.
    """
    moves[:] = False
    for at in range(len(row)):
        if player[at] >= 0 and row[at] != other[at]:
            moves[player[at]] = True
    n_moving, n_units = 0, own.shape[1]
    for one in range(len(own)):
        if moves[one]:
            n_moving += 1
            less(own, one * n_units, theirs, one * n_units, n_units, out, one * n_units)
    return n_moving


differences: Any = numba.njit(nogil=True, error_model="numpy")(_differences)


def _settle(
    count: int, scores: Any, who: Any, begins: Any, closes: Any, start: float, full: float, gains: Any,
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
    row: Any, reference: Any, player: Any, own: Any, others: Any, starts: Any, orders: Any, empty: Any, full: float, layers: Any, floors: Any,
    weights: Any, sigmoid: bool, widest: int, gains: Any,
) -> None:
    """Set ``gains`` float64[B, pairs, players]: what each player changed by joining, mean of a pair's orders.

    Parameters
    ----------
    row, reference : float32[numbers], float32[B, numbers], what the first layer reads
    player : int64[numbers], who owns each
    own : float32[players, units], parts of the row that is explained
    others : float32[B, players, units], parts of the reference rows
    starts : float32[B, units], the first layer's sums of the reference rows
    orders : int[B, pairs, 2, players]
    empty, full : float64[B], the scores of the reference rows; that of the row with all players' numbers
    floors : float32[layers], what the numbers of a layer are raised to; the first layer's comes first
    """
    n_units, n_players = starts.shape[1], orders.shape[3]
    tile, other = np.zeros(TILE * widest, np.float32), np.zeros(TILE * widest, np.float32)
    scores, summed = np.zeros(TILE, np.float32), np.zeros(n_units, np.float32)
    who, closes, begins = np.zeros(TILE, np.int64), np.zeros(TILE, np.int64), np.zeros(TILE, np.bool_)
    joins, moves = np.zeros((n_players, n_units), np.float32), np.zeros(n_players, np.bool_)
    floor = floors[0]
    for other_row in range(len(orders)):
        n_moving = differences(
            row, reference[other_row], player, own, others[other_row], joins, moves
        )
        told = gains[other_row].reshape(-1)
        told[:] = 0.0
        count, before = 0, 0.0
        for pair in range(orders.shape[1]):
            for way in range(2):
                summed[:] = starts[other_row]
                n_joined = 0
                for step in range(n_players):
                    comes = orders[other_row, pair, way, step]
                    if not moves[comes]:
                        continue
                    n_joined += 1
                    place = pair * n_players + comes
                    if n_joined == n_moving:
                        if n_joined == 1:
                            told[place] += 0.5 * (full - empty[other_row])
                        else:
                            closes[count - 1] = place
                        break
                    if count == TILE:
                        run(count, tile, other, layers, floors[1:], weights, sigmoid, scores)
                        before = settle(
                            count, scores, who, begins, closes, empty[other_row], full, told, before
                        )
                        count = 0
                    joined(summed, 0, joins, comes * n_units, n_units, floor, summed, 0, tile, count * n_units)
                    who[count], closes[count], begins[count] = place, -1, n_joined == 1
                    count += 1
        run(count, tile, other, layers, floors[1:], weights, sigmoid, scores)
        settle(count, scores, who, begins, closes, empty[other_row], full, told, before)


along_orders: Any = numba.njit(nogil=True, error_model="numpy")(_along_orders)


def _of_all_coalitions(
    row: Any, reference: Any, player: Any, own: Any, others: Any, starts: Any, layers: Any, floors: Any, weights: Any, sigmoid: bool, widest: int,
    sums: Any,
) -> None:
    """Add to ``sums`` float64[2^players] the scores of all coalitions, over some reference rows.

    A coalition's sum is that of the same without its lowest player, which was met before, and that player's.
    """
    n_units, n_players = starts.shape[1], len(own)
    tile, other = np.zeros(TILE * widest, np.float32), np.zeros(TILE * widest, np.float32)
    scores, who = np.zeros(TILE, np.float32), np.zeros(TILE, np.int64)
    joins, moves = np.zeros((n_players + 1, n_units), np.float32), np.zeros(n_players, np.bool_)
    # The sum of the last coalition met with a certain lowest player; behind all players, of the empty one.
    met = np.zeros((n_players + 1, n_units), np.float32)
    table = np.zeros(len(sums), np.float32)
    floor = floors[0]
    for other_row in range(len(starts)):
        n_moving = differences(
            row, reference[other_row], player, own, others[other_row], joins, moves
        )
        moving = 0
        for one in range(n_players):
            moving |= np.int64(moves[one]) << one
        met[n_players] = starts[other_row]
        coalition, count = np.int64(0), 0
        for _ in range(1 << n_moving):
            if count == TILE:
                run(count, tile, other, layers, floors[1:], weights, sigmoid, scores)
                for at in range(count):
                    table[who[at]] = scores[at]
                count = 0
            last = _lowest(coalition, n_players)  # behind all players, for the empty one: it joins nothing
            rest = _lowest(coalition & (coalition - 1), n_players)
            joined(
                met, rest * n_units, joins, last * n_units, n_units, floor, met, last * n_units, tile,
                count * n_units,
            )
            who[count] = coalition
            count += 1
            coalition = (coalition - moving) & moving  # the next part of those who move
        run(count, tile, other, layers, floors[1:], weights, sigmoid, scores)
        for at in range(count):
            table[who[at]] = scores[at]
        for at in range(len(sums)):
            sums[at] += table[at & moving]


def _lowest_of(coalition: int, none: int) -> int:
    """Return the lowest player of a coalition; ``none`` for the empty one."""
    if not coalition:
        return none
    player = 0
    while not (coalition >> player) & 1:
        player += 1
    return player


_lowest: Any = numba.njit(nogil=True)(_lowest_of)
of_all_coalitions: Any = numba.njit(nogil=True, error_model="numpy")(_of_all_coalitions)


def _along_orders_of(
    rows: Any, reference: Any, player: Any, own: Any, others: Any, starts: Any, orders: Any, empty: Any,
    full: Any, layers: Any, floors: Any, weights: Any, sigmoid: bool, widest: int, gains: Any,
) -> None:
    """Do ``along_orders`` for each of some rows."""
    for at in range(len(rows)):
        along_orders(
            rows[at], reference, player, own[at], others, starts, orders, empty, full[at], layers, floors,
            weights, sigmoid, widest, gains[at],
        )


def _of_all_coalitions_of(
    rows: Any, reference: Any, player: Any, own: Any, others: Any, starts: Any, layers: Any, floors: Any,
    weights: Any, sigmoid: bool, widest: int, sums: Any,
) -> None:
    """Do ``of_all_coalitions`` for each of some rows."""
    for at in range(len(rows)):
        of_all_coalitions(
            rows[at], reference, player, own[at], others, starts, layers, floors, weights, sigmoid, widest,
            sums[at],
        )


along_orders_of: Any = numba.njit(nogil=True, error_model="numpy")(_along_orders_of)
of_all_coalitions_of: Any = numba.njit(nogil=True, error_model="numpy")(_of_all_coalitions_of)


def _parts_of(rows: Any, player: Any, kernel: Any, out: Any) -> None:
    """Do ``parts`` for each of some rows."""
    for at in range(len(rows)):
        parts(rows[at], player, kernel, out[at])


parts_of: Any = numba.njit(nogil=True, error_model="numpy")(_parts_of)
