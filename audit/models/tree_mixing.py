"""Values of all coalitions for a sum of trees, without scoring a single mixed row.

A leaf is reached by a mix exactly where some players come from the row (P) and some from the
reference row (N); the others do not matter to it. Walking each tree with both rows at once finds
the leaves that any mix can reach, a few of each tree. With ``m[P | T] += (-1)^|T| v`` for every
part T of N, the sum over subsets of a coalition is the sum of leaves of its mix: one pass a player
gives all 2^k sums, and each is then put through the link. So the answer is exact on the scale of the
score, also where that is a probability, which shap's tree algorithm can only rescale to.

Where the score is the plain sum of leaves, each leaf's share of each player has a closed form, and any
number of players is as cheap as few.

Why so, one row after the other and one thread: a row's numbers have the same bits alone and among
others, and an audit's processes are its threads.

Source: the interventional game of Lundberg et al. 2020 (Nature Machine Intelligence 2, 56-67), with
factors as players; Yates 1937 for sums over subsets.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from audit.models.trees import Trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PLAYERS = 16  # of a table: a table of 2^16 numbers still lies in a core's own cache
MOST_BITS = 62  # players that one number can list
_BLOCK = 1 << 26  # answers of reference rows held at once
_LINKS = {"identity": 0, "sigmoid": 1, "exponential": 2}
_FROM_REFERENCE, _FROM_ROW = -1, -2


def players_of(masks: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64], int]:
    """Return the player of each column, the coalition of each mask as bits, and how many players.

    Columns that go together in all masks are one player. A column that no mask takes from the row
    has the player -1, one that all do -2.

    >>> players_of(np.array([[False, True, True, False], [True, True, True, False]]))[0].tolist()
    [0, -2, -2, -1]
    """
    patterns, places = np.unique(masks, axis=1, return_inverse=True)
    ids = np.empty(patterns.shape[1], dtype=np.int32)
    bits = np.zeros(len(masks), dtype=np.int64)
    n_players = 0
    for place, pattern in enumerate(patterns.T):
        if pattern.all() or not pattern.any():
            ids[place] = _FROM_ROW if pattern.all() else _FROM_REFERENCE
            continue
        ids[place] = n_players
        if n_players < MOST_PLAYERS:
            bits |= pattern.astype(np.int64) << n_players
        n_players += 1
    return ids[places.ravel()], bits, n_players


def mixed_mean(
    trees: Trees,
    rows: NDArray[np.float64],
    reference: NDArray[np.float64],
    players: NDArray[np.int32],
    coalitions: NDArray[np.int64],
    n_players: int,
) -> NDArray[np.float64]:
    """Return float64[n, m]: the mean score over the reference, for each coalition.

    Parameters
    ----------
    rows, reference : float64[n, columns], float64[B, columns]
    players, coalitions, n_players : as ``players_of`` gives them
    """
    from audit.models.tree_walk import add_scores

    sums = np.zeros((len(rows), 1 << n_players))
    for place, own, others, owner in _pairs(trees, rows, reference, players):
        add_scores(
            trees.roots,
            trees.left,
            trees.right,
            owner,
            trees.value,
            own,
            others,
            trees.base,
            _LINKS[trees.link],
            trees.steepness,
            sums[place],
        )
    return np.ascontiguousarray(sums[:, coalitions] / len(reference))


def shares(
    trees: Trees,
    rows: NDArray[np.float64],
    reference: NDArray[np.float64],
    players: NDArray[np.int32],
    n_players: int,
) -> NDArray[np.float64]:
    """Return float64[n, players], the Shapley values of any number of players up to 62.

    Parameters
    ----------
    trees : of a score that is the plain sum of leaves (``link`` is ``identity``)
    players : int32[columns], the player that owns each; -1 for columns that stay the reference's
    """
    from audit.models.tree_walk import add_shares

    sizes = range(n_players + 1)
    weights = np.array([[1.0 / (p * comb(p + q, p)) if p else 0.0 for q in sizes] for p in sizes])
    sums = np.zeros((len(rows), n_players))
    for place, own, others, owner in _pairs(trees, rows, reference, players):
        add_shares(
            trees.roots, trees.left, trees.right, owner, trees.value, own, others, weights, sums[place]
        )
    return sums / len(reference)


def _pairs(
    trees: Trees, rows: NDArray[np.float64], reference: NDArray[np.float64], players: NDArray[np.int32]
) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int32]]]:
    """Yield each row with blocks of reference rows, by the answers that they give at each node."""
    owner = np.where(trees.feature >= 0, players[np.maximum(trees.feature, 0)], 0).astype(np.int32)
    at_once = max(1, _BLOCK // trees.n_nodes)
    own = trees.goes_left(rows)
    for start in range(0, len(reference), at_once):
        others = trees.goes_left(reference[start : start + at_once])
        for place in range(len(rows)):
            yield place, own[place], others, owner
