"""Which coalitions are asked for, and how their values become Shapley values: ``phi = C @ y``.

Three designs. *Exact*: all 2^k coalitions, each against the whole reference. *Stratified antithetic*:
for each reference row some random orders of the players, each with its reverse; along an order
the players join one by one, and a player's share is what its joining changed. Every reference row
has the same number of orders, so the reference adds no noise of its own. *Kernel least squares*
(``kernel``): drawn coalitions, each against the whole reference.

Source: Shapley 1953; Mitchell, Cooper, Frank and Holmes, arXiv 2104.12199, for antithetic orders.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def all_coalitions(n_players: int) -> NDArray[np.bool_]:
    """Return bool[2^k, k]; player j is in coalition i where bit j of i is set.

    >>> all_coalitions(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    numbers = np.arange(1 << n_players)
    return ((numbers[:, None] >> np.arange(n_players)) & 1).astype(bool)


def exact_contrasts(n_players: int) -> NDArray[np.float64]:
    """Return C float64[k, 2^k] with ``phi = C @ y`` for the values y of ``all_coalitions``.

    >>> exact_contrasts(1).tolist()
    [[-1.0, 1.0]]
    """
    coalitions = all_coalitions(n_players)
    sizes = coalitions.sum(axis=1)
    if not n_players:
        return np.zeros((0, 1))
    whole = factorial(n_players)
    joins = np.array([factorial(s) * factorial(n_players - s - 1) / whole for s in range(n_players)])
    # A coalition with the player counts as the one it joined (one smaller); one without, negatively.
    gained = joins[np.maximum(sizes - 1, 0)][:, None]
    lost = joins[np.minimum(sizes, n_players - 1)][:, None]
    contrasts: NDArray[np.float64] = np.where(coalitions, gained, -lost).T
    return np.ascontiguousarray(contrasts)


def contracted(contrasts: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``values @ contrasts.T``, each row by itself.

    Why so: a matrix product may sum in another order when rows come together, and a decision that
    is explained alone must have the bits that it has in a batch.
    """
    out = np.empty((len(values), len(contrasts)))
    for player, contrast in enumerate(contrasts):
        for start in range(0, len(values), 256):
            out[start : start + 256, player] = (values[start : start + 256] * contrast).sum(axis=1)
    return out


def digest(*arrays: NDArray[Any]) -> str:
    """Return the SHA-256 of a design: which coalitions are asked for, and how they become values.

    Two runs with the same digest asked the same questions; what differs then is the model or the rows.
    """
    named = hashlib.sha256(b"design/1\n")
    for array in arrays:
        plain = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
        named.update(f"{plain.dtype.str} {plain.shape}\n".encode())
        named.update(plain.tobytes())
    return named.hexdigest()


@dataclass(frozen=True, eq=False)
class Orders:
    """A stratified antithetic design.

    Attributes
    ----------
    orders : int[reference rows, pairs, 2, players], who joins first, second …; the second of a
        pair is the first reversed
    """

    orders: NDArray[np.int64]

    @cached_property
    def coalitions(self) -> NDArray[np.bool_]:
        """bool[e, players], the coalitions on the way, without the empty and the full one."""
        n_players = self.orders.shape[3]
        ranks = np.argsort(self.orders, axis=3)  # when each player joins
        joined = ranks[..., None, :] < np.arange(1, n_players)[:, None]  # after 1 … k-1 have joined
        coalitions: NDArray[np.bool_] = joined.reshape(-1, n_players)
        return coalitions

    @cached_property
    def background(self) -> NDArray[np.int64]:
        """int[e], the reference row of each."""
        n_reference, pairs, _, n_players = self.orders.shape
        return np.repeat(np.arange(n_reference), pairs * 2 * (n_players - 1))


def antithetic_orders(n_players: int, n_reference: int, pairs: int, seed: int) -> Orders:
    """Draw a design; the same seed gives the same one, whatever is explained with it."""
    generator = np.random.default_rng([seed, n_players, n_reference, pairs])
    shape = (n_reference, pairs, n_players)
    first = generator.permuted(np.broadcast_to(np.arange(n_players), shape), axis=2)
    return Orders(np.stack([first, first[:, :, ::-1]], axis=2))


def gains(
    design: Orders,
    values: NDArray[np.float64],
    empty: NDArray[np.float64],
    full: float,
) -> NDArray[np.float64]:
    """Return float64[reference rows, pairs, players]: what each changed by joining, mean of a pair's orders.

    Parameters
    ----------
    values : float64[e], the scores of the design's mixes for one row
    empty : float64[reference rows], the scores of the reference rows
    full : the score of the row with all players' columns
    """
    n_reference, pairs, _, n_players = design.orders.shape
    path = np.empty((n_reference, pairs, 2, n_players + 1))
    path[..., 0] = empty[:, None, None]
    path[..., 1:-1] = values.reshape(n_reference, pairs, 2, n_players - 1)
    path[..., -1] = full
    found = np.empty((n_reference, pairs, 2, n_players))
    np.put_along_axis(found, design.orders, np.diff(path, axis=-1), axis=3)
    mean: NDArray[np.float64] = found.mean(axis=2)
    return mean


def shares(of_pairs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return one row's Shapley values and the covariance of their errors.

    Parameters
    ----------
    of_pairs : float64[reference rows, pairs, players], as ``gains`` gives them

    Returns
    -------
    float64[k] and float64[k, k]. The covariance is within reference rows alone, since all of them
    are in the design; with a single pair it is not known and NaN.
    """
    n_reference, pairs, n_players = of_pairs.shape
    of_rows = of_pairs.mean(axis=1)
    if pairs < 2:
        return of_rows.mean(axis=0), np.full((n_players, n_players), np.nan)
    apart = of_pairs - of_rows[:, None]
    flat = apart.reshape(-1, n_players)
    covariance = flat.T @ flat / ((pairs - 1) * pairs * n_reference**2)
    return of_rows.mean(axis=0), covariance
