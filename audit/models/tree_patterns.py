"""The compiled loops of ``tree_tables``: questions answered, patterns counted, tables made and looked up.

Why so: nothing of it is kept on disk. Compiling takes some seconds a process, and a compiled file that
is out of date would give the numbers of code that is no longer there.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


def _answer(
    columns: Any, feature: Any, threshold: Any, missing_left: Any, inclusive: bool, answers: Any
) -> None:
    """Set ``answers`` bool[nodes, n]: whether a row goes left, for columns float64[columns, n]."""
    for node in range(len(feature)):
        if feature[node] < 0:
            answers[node] = False
            continue
        values, bound, missing = columns[feature[node]], threshold[node], missing_left[node]
        told = answers[node]
        if inclusive:
            for row in range(len(values)):
                told[row] = (values[row] <= bound) | ((values[row] != values[row]) & missing)
        else:
            for row in range(len(values)):
                told[row] = (values[row] < bound) | ((values[row] != values[row]) & missing)


answer: Any = numba.njit(nogil=True)(_answer)


def _add_leaves(roots: Any, left: Any, right: Any, value: Any, answers: Any, totals: Any) -> None:
    """Add to ``totals`` float64[n] the leaf of each tree that a row falls into."""
    for root in roots:
        for row in range(len(totals)):
            node = root
            while left[node] >= 0:
                node = left[node] if answers[node, row] else right[node]
            totals[row] += value[node]


add_leaves: Any = numba.njit(nogil=True)(_add_leaves)


def _extent(roots: Any, left: Any, right: Any) -> tuple[int, int, int]:
    """Return how many leaves there are, how many questions lead to all of them, and the most to one."""
    n_leaves, n_asked, deepest = 0, 0, 0
    waiting, depths = np.empty(len(left) + 1, np.int64), np.empty(len(left) + 1, np.int64)
    for root in roots:
        waiting[0], depths[0], n_waiting = root, 0, 1
        while n_waiting:
            n_waiting -= 1
            node, depth = waiting[n_waiting], depths[n_waiting]
            if left[node] < 0:
                n_leaves += 1
                n_asked += depth
                deepest = max(deepest, depth)
                continue
            for child in (left[node], right[node]):
                waiting[n_waiting], depths[n_waiting] = child, depth + 1
                n_waiting += 1
    return n_leaves, n_asked, deepest


extent: Any = numba.njit(nogil=True)(_extent)


def _list_leaves(
    roots: Any,
    left: Any,
    right: Any,
    owner: Any,
    value: Any,
    deepest: int,
    values: Any,
    asked: Any,
    nodes: Any,
    lefts: Any,
    places: Any,
    owned: Any,
    players: Any,
) -> None:
    """Fill the lists of ``tree_tables.Leaves``."""
    leaf, at, n_players = 0, 0, 0
    waiting = np.empty((len(left) + 1, 4), np.int64)  # node, depth, the node before, which way from there
    way_node, way_left = np.empty(deepest + 1, np.int64), np.empty(deepest + 1, np.bool_)
    for root in roots:
        waiting[0, 0], waiting[0, 1] = root, 0
        n_waiting = 1
        while n_waiting:
            n_waiting -= 1
            node, depth = waiting[n_waiting, 0], waiting[n_waiting, 1]
            if depth:
                way_node[depth - 1] = waiting[n_waiting, 2]
                way_left[depth - 1] = waiting[n_waiting, 3] == 1
            if left[node] >= 0:
                for child, way in ((left[node], 1), (right[node], 0)):
                    waiting[n_waiting, 0], waiting[n_waiting, 1] = child, depth + 1
                    waiting[n_waiting, 2], waiting[n_waiting, 3] = node, way
                    n_waiting += 1
                continue
            first = n_players
            for step in range(depth):
                player = owner[way_node[step]]
                place = -1
                if player >= 0:
                    place = 0
                    while first + place < n_players and players[first + place] != player:
                        place += 1
                    if first + place == n_players:
                        players[n_players] = player
                        n_players += 1
                nodes[at], lefts[at], places[at] = way_node[step], way_left[step], place
                at += 1
            values[leaf] = value[node]
            leaf += 1
            asked[leaf], owned[leaf] = at, n_players


list_leaves: Any = numba.njit(nogil=True)(_list_leaves)


def _patterns(
    first: int, last: int, nodes: Any, lefts: Any, places: Any, n: int, answers: Any, bits: Any, out: Any
) -> None:
    """Set ``bits`` int32[n]: which of a leaf's players answer all their questions as the leaf wants.

    ``out`` bool[n]: whether a question that nobody owns is answered otherwise.
    """
    bits[:] = (1 << n) - 1
    out[:] = False
    for at in range(first, last):
        told, way = answers[nodes[at]], lefts[at]
        if places[at] < 0:
            for row in range(len(bits)):
                out[row] |= told[row] != way
        else:
            bit = np.int32(1 << places[at])
            for row in range(len(bits)):
                bits[row] &= ~(np.int32(told[row] != way) * bit)


patterns: Any = numba.njit(nogil=True)(_patterns)


def _count_patterns(
    asked: Any, nodes: Any, lefts: Any, places: Any, owned: Any, answers: Any, counted: Any, counts: Any
) -> None:
    """Add to ``counts`` how many of some reference rows have each pattern, leaf by leaf."""
    n = answers.shape[1]
    bits, out = np.empty(n, np.int32), np.empty(n, np.bool_)
    for leaf in range(len(asked) - 1):
        size = owned[leaf + 1] - owned[leaf]
        patterns(asked[leaf], asked[leaf + 1], nodes, lefts, places, size, answers, bits, out)
        for row in range(n):
            if not out[row]:
                counts[counted[leaf] + bits[row]] += 1.0


count_patterns: Any = numba.njit(nogil=True)(_count_patterns)


def _bits(number: int) -> int:
    n = 0
    while number:
        number &= number - 1
        n += 1
    return n


n_bits: Any = numba.njit(nogil=True)(_bits)


def _add_tables(
    values: Any, owned: Any, weights: Any, counted: Any, counts: Any, told: Any, tables: Any
) -> None:
    """Fill ``tables``: what a leaf gives to each of its players, for each pattern of a row.

    A mix reaches the leaf where those whose row fails (``given``) stay away, and those whose reference
    row fails (``kept``) have joined; ``weights[p, q]`` is ``(p-1)! q! / (p+q)!``, the share of orders in
    which a certain one of p comes last of them, before all of q others.
    """
    for leaf in range(len(values)):
        size = owned[leaf + 1] - owned[leaf]
        everyone = (1 << size) - 1
        for pattern in range(1 << size):
            given = everyone & ~pattern
            n_given = n_bits(given)
            line = tables[told[leaf] + pattern * size : told[leaf] + (pattern + 1) * size]
            kept = pattern
            while True:
                many = counts[counted[leaf] + (everyone & ~kept)]
                if many:
                    n_kept = n_bits(kept)
                    gain = many * values[leaf] * weights[n_kept, n_given]
                    loss = many * values[leaf] * weights[n_given, n_kept]
                    for place in range(size):
                        if (kept >> place) & 1:
                            line[place] += gain
                        elif (given >> place) & 1:
                            line[place] -= loss
                if not kept:
                    break
                kept = (kept - 1) & pattern


add_tables: Any = numba.njit(nogil=True)(_add_tables)


def _look_up(
    asked: Any,
    nodes: Any,
    lefts: Any,
    places: Any,
    owned: Any,
    players: Any,
    answers: Any,
    told: Any,
    tables: Any,
    shares: Any,
) -> None:
    """Add to ``shares`` float64[players, n] what all leaves give."""
    n = answers.shape[1]
    bits, out = np.empty(n, np.int32), np.empty(n, np.bool_)
    for leaf in range(len(asked) - 1):
        size = owned[leaf + 1] - owned[leaf]
        if not size:
            continue
        patterns(asked[leaf], asked[leaf + 1], nodes, lefts, places, size, answers, bits, out)
        for place in range(size):
            line, first = shares[players[owned[leaf] + place]], told[leaf] + place
            for row in range(n):
                line[row] += tables[first + bits[row] * size]


look_up: Any = numba.njit(nogil=True)(_look_up)
