"""The compiled loops that take a tile of mixes through dense layers, for ``dense_walk``.

A network comes as one tuple, ``net``: layers int64[layers, 4] behind the first (numbers in, units, where
kernel and bias lie in the weights), floors float32[layers] (what the numbers of a layer are raised to, the
first layer's first), weights float32, whether a sigmoid ends it, and the most units of a layer.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from audit.models.vectors import LANES, MOST_VECTORS, ROWS_OF, layer_of, less, weighted

TILE = 96  # mixes run together; a multiple of all rows of ``vectors``
_N_IN, _N_OUT, _KERNEL, _BIAS = range(4)

_four, _two, _one = (layer_of.get(vectors, layer_of[1]) for vectors in (4, 2, 1))
_rows_of_four, _rows_of_two, _rows_of_one = (ROWS_OF.get(vectors, ROWS_OF[1]) for vectors in (4, 2, 1))


def _run(count: int, tile: Any, other: Any, net: Any, scores: Any) -> None:
    """Set ``scores`` float32[count] of the first rows of a tile; both tiles are used up.

    ``tile`` float32[TILE * units], flat, holds what the first layer gave; the last layer has one unit.
    """
    layers, floors, weights, sigmoid, _ = net
    for at in range(len(layers) - 1):
        n_in, n_out, kernel, bias = layers[at]
        floor, unit = floors[at + 1], 0
        while unit < n_out:
            k, b = kernel + unit, bias + unit
            if n_out - unit >= 4 * LANES and MOST_VECTORS >= 4:
                for row in range(0, count, _rows_of_four):
                    to = row * n_out + unit
                    _four(tile, row * n_in, n_in, weights, k, b, n_out, floor, other, to)
                unit += 4 * LANES
            elif n_out - unit >= 2 * LANES and MOST_VECTORS >= 2:
                for row in range(0, count, _rows_of_two):
                    to = row * n_out + unit
                    _two(tile, row * n_in, n_in, weights, k, b, n_out, floor, other, to)
                unit += 2 * LANES
            else:
                for row in range(0, count, _rows_of_one):
                    to = row * n_out + unit
                    _one(tile, row * n_in, n_in, weights, k, b, n_out, floor, other, to)
                unit += LANES
        tile, other = other, tile
    n_in, kernel, bias = layers[-1, _N_IN], layers[-1, _KERNEL], layers[-1, _BIAS]
    for row in range(count):
        scores[row] = weighted(tile, row * n_in, weights, kernel, n_in) + weights[bias]
    if sigmoid:
        for row in range(count):
            scores[row] = np.float32(1.0) / (np.float32(1.0) + math.exp(-scores[row]))


run: Any = numba.njit(nogil=True, error_model="numpy")(_run)


def _parts(rows: Any, player: Any, kernel: Any, out: Any) -> None:
    """Add to ``out`` float32[n, players, units] what each player's numbers give to the first layer's sum.

    ``rows`` float32[n, numbers], ``player`` int64[numbers]: -1 where nobody owns a number.
    """
    for row in range(len(rows)):
        for at in range(len(player)):
            if player[at] >= 0:
                for unit in range(kernel.shape[1]):
                    out[row, player[at], unit] += rows[row, at] * kernel[at, unit]


parts: Any = numba.njit(nogil=True, error_model="numpy")(_parts)


def _differences(row: Any, other: Any, player: Any, own: Any, theirs: Any, out: Any, moves: Any) -> int:
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
