"""Shapley values of a sum of leaves by tables: what a leaf gives to each player, for every way to meet it.

A leaf is reached by a mix where each of its few players, taken from the row or from the reference row,
answers all of its questions on the way to the leaf. So to a leaf a row is a pattern of some bits, and the
reference is how many of its rows have each pattern. What the leaf gives to its players is worked out
once for every pattern; a row then only looks it up. The size of the reference costs nothing a row.

Why so, beside ``tree_walk``: tables double with every player of a leaf, so very deep trees are walked
instead. Which of the two is used hangs on the model and the players alone, never on how many rows come.

Source: the interventional game of Lundberg et al. 2020 (Nature Machine Intelligence 2, 56-67), with
factors as players.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from audit.models.cores import share_out
from audit.models.trees import linked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.models.trees import Trees

_ROWS = 256  # of one compiled call
_MOST = 1 << 27  # steps of making the tables, above which trees are walked


@dataclass(frozen=True, eq=False)
class Leaves:
    """The leaves of all trees, with what is asked on the way to each.

    Attributes
    ----------
    value : float64[leaves]
    asked : int64[leaves + 1], where a leaf's questions begin in the next three
    node : int64, the node that asks
    left : bool, which answer leads to the leaf
    place : int64, which of the leaf's players answers; -1 where it is always the reference row
    owned : int64[leaves + 1], where a leaf's players begin in the next
    player : int64
    """

    value: NDArray[np.float64]
    asked: NDArray[np.int64]
    node: NDArray[np.int64]
    left: NDArray[np.bool_]
    place: NDArray[np.int64]
    owned: NDArray[np.int64]
    player: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """int64[leaves], how many players each has."""
        return np.diff(self.owned)


def leaves_of(trees: Trees, players: NDArray[np.int32]) -> Leaves | None:
    """Return the leaves for some players; None where tables would be too large.

    Parameters
    ----------
    players : int32[columns], the player that owns each; -1 for columns that stay the reference's
    """
    from audit.models.tree_patterns import extent, list_leaves

    owner = np.where(trees.feature >= 0, players[np.maximum(trees.feature, 0)], -1).astype(np.int64)
    n_leaves, n_asked, deepest = extent(trees.roots, trees.left, trees.right)
    found = Leaves(
        np.zeros(n_leaves),
        np.zeros(n_leaves + 1, np.int64),
        np.zeros(n_asked, np.int64),
        np.zeros(n_asked, np.bool_),
        np.zeros(n_asked, np.int64),
        np.zeros(n_leaves + 1, np.int64),
        np.zeros(n_asked, np.int64),
    )
    list_leaves(
        trees.roots,
        trees.left,
        trees.right,
        owner,
        trees.value,
        deepest,
        found.value,
        found.asked,
        found.node,
        found.left,
        found.place,
        found.owned,
        found.player,
    )
    steps = (3.0**found.sizes * np.maximum(found.sizes, 1)).sum()
    return found if steps <= _MOST else None


def shares(
    trees: Trees,
    leaves: Leaves,
    rows: NDArray[np.float64],
    reference: NDArray[np.float64],
    n_players: int,
) -> NDArray[np.float64]:
    """Return float64[n, players]; ``trees`` must be a plain sum of leaves."""
    from audit.models.tree_patterns import add_tables, count_patterns, look_up

    sizes = leaves.sizes
    counted = np.concatenate([[0], np.cumsum(1 << sizes)])
    told = np.concatenate([[0], np.cumsum((1 << sizes) * sizes)])
    most = int(sizes.max(initial=0)) + 1
    weights = np.array([[1.0 / (p * comb(p + q, p)) if p else 0.0 for q in range(most)] for p in range(most)])
    counts, tables = np.zeros(counted[-1]), np.zeros(told[-1])
    asked = leaves.asked, leaves.node, leaves.left, leaves.place
    for start in range(0, len(reference), _ROWS):
        answers = answers_of(trees, reference[start : start + _ROWS])
        count_patterns(*asked, leaves.owned, answers, counted, counts)
    add_tables(leaves.value / len(reference), leaves.owned, weights, counted, counts, told, tables)
    found = np.zeros((n_players, len(rows)))

    def some(which: slice) -> None:
        answers = answers_of(trees, rows[which])
        look_up(*asked, leaves.owned, leaves.player, answers, told, tables, found[:, which])

    share_out(some, len(rows), _ROWS)
    return np.ascontiguousarray(found.T)


def answers_of(trees: Trees, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return bool[nodes, n]: whether a row would go left at a node; of leaves it means nothing."""
    from audit.models.tree_patterns import answer

    matrix = rows.astype(np.float32).astype(np.float64) if trees.single else rows
    answers = np.empty((trees.n_nodes, len(rows)), dtype=np.bool_)
    columns = np.ascontiguousarray(matrix.T, dtype=np.float64)
    answer(columns, trees.feature, trees.threshold, trees.missing_left, trees.inclusive, answers)
    for node in trees.categories:
        answers[node] = trees.goes_left_at(node, columns[trees.feature[node]])
    return answers


def scores(trees: Trees, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return float64[n], the score of each row, some rows at a time."""
    from audit.models.tree_patterns import add_leaves

    totals = np.full(len(rows), trees.base)

    def some(which: slice) -> None:
        answers = answers_of(trees, rows[which])
        add_leaves(trees.roots, trees.left, trees.right, trees.value, answers, totals[which])

    share_out(some, len(rows), _ROWS)
    return linked(totals, trees.link, trees.steepness)
