"""Mixes of two rows through a network of dense layers, each from the one before.

Where the columns of a network first meet in a Dense layer, its sum over a mix is the reference row's
sum plus a part for each player that has joined. Along an order of the players, and through all
coalitions taken by number, each mix has one player more than one that came before: so the first layer
costs one addition a unit and mix, whatever the number of columns, and a player whose numbers are the
reference row's own costs nothing.

Why so, beside ``keras_mixing``: XLA has every mix multiplied with the first layer, and each of its
passes over a block goes through memory. Here a tile stays in a core's first cache; that halves
the time of a mix. Taken are networks of relu layers, whose parts are a few instructions each.

Why so, one row on one core: a row's numbers have the same bits alone and among others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.models.cores import share_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LANES = 16  # numbers of units are filled up to a multiple of it; as in ``vectors``
_AT_ONCE = 16  # rows of one compiled call
_FLOORS = {"relu": 0.0, "linear": -np.inf}
_ENDS = {"sigmoid": True, "linear": False}


@dataclass(frozen=True, eq=False)
class Layers:
    """Dense layers as the compiled loops read them.

    Attributes
    ----------
    kernel : float32[numbers, units], that of the first layer
    bias : float32[units]
    layers : int64[layers, 4] of those behind: numbers in, units, and where kernel and bias lie in ``weights``
    floors : float32[layers], what the numbers of a layer are raised to; the first layer's comes first
    weights : float32, all kernels and biases
    sigmoid : whether the score is the sigmoid of the last number
    """

    kernel: Floats
    bias: Floats
    layers: NDArray[np.int64]
    floors: Floats
    weights: Floats
    sigmoid: bool

    @property
    def net(self) -> tuple[Any, ...]:
        """All behind the first kernel, in the order in which the loops take it."""
        return self.layers, self.floors, self.weights, self.sigmoid, self.widest

    @property
    def widest(self) -> int:
        """The most units of a layer."""
        return max(int(self.kernel.shape[1]), *(int(units) for units in self.layers[:, 1]))


def layers_of(
    kernels: Sequence[Floats], biases: Sequence[Floats], activations: Sequence[str]
) -> Layers | None:
    """Return dense layers for the loops, the last with one unit; None where an activation is not known.

    >>> one = np.ones((3, 2), np.float32), np.ones((2, 1), np.float32)
    >>> layers_of(one, (np.zeros(2, np.float32), np.zeros(1, np.float32)), ["relu", "sigmoid"]).widest
    16
    """
    *inner, last = activations
    if len(kernels) < 2 or not set(inner) <= set(_FLOORS) or last not in _ENDS:
        return None
    filled = [_filled(kernel, at) for at, kernel in enumerate(kernels)]
    parts: list[Floats] = []
    told, at = [], 0
    for kernel, bias in zip(filled[1:], biases[1:], strict=True):
        n_in, n_out = kernel.shape
        told.append([n_in, n_out, at, at + n_in * n_out])
        parts += [kernel.ravel(), _behind(bias, n_out)]
        at += n_in * n_out + n_out
    # The last layer has one unit, whatever it is filled up to: its kernel is one column.
    n_in, _, kernel_at, _ = told[-1]
    told[-1] = [n_in, 1, kernel_at, kernel_at + n_in]
    parts[-2:] = [filled[-1][:, 0], np.asarray(biases[-1], np.float32)]
    return Layers(
        filled[0],
        _behind(biases[0], filled[0].shape[1]),
        np.array(told, dtype=np.int64),
        np.array([_FLOORS[one] for one in inner], dtype=np.float32),
        np.ascontiguousarray(np.concatenate(parts)),
        _ENDS[last],
    )


def _filled(kernel: Floats, at: int) -> Floats:
    """Return a kernel with zeros behind its units, and behind its numbers where another layer is before."""
    n_in, n_out = kernel.shape
    full = np.zeros((_up(n_in) if at else n_in, _up(n_out)), dtype=np.float32)
    full[:n_in, :n_out] = kernel
    return full


def _behind(bias: Floats, n: int) -> Floats:
    full = np.zeros(n, dtype=np.float32)
    full[: len(bias)] = bias
    return full


def _up(n: int) -> int:
    return -(-n // LANES) * LANES


class DenseMixer:
    """The mixes of one reference and one set of players.

    Parameters
    ----------
    layers : of the network
    reference : float32[B, numbers], what the first layer reads
    player : int64[numbers], who owns each; -1 for numbers that stay the reference row's
    n_players : how many there are
    """

    def __init__(self, layers: Layers, reference: Floats, player: NDArray[np.int64], n_players: int) -> None:
        from audit.models.dense_tile import parts

        self._layers, self._player, self._n = layers, player, n_players
        reference = np.ascontiguousarray(reference)
        starts = np.tile(layers.bias, (len(reference), 1, 1))
        parts(reference, np.zeros_like(player), layers.kernel, starts)  # as if one player owned all numbers
        self._others = reference, player, self._parts(reference), np.ascontiguousarray(starts[:, 0])

    def along(
        self,
        rows: Floats,
        orders: NDArray[np.int64],
        empty: NDArray[np.float64],
        full: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return float64[n, B, pairs, players]: what each player changed by joining, mean of a pair's orders.

        Parameters
        ----------
        orders : int[B, pairs, 2, players]
        empty, full : float64[B], float64[n], the scores with nobody's and with all players' numbers;
            every number must have an owner
        """
        from audit.models.dense_walk import along_orders

        rows = np.ascontiguousarray(rows)
        own, net = self._parts(rows), self._layers.net
        gains = np.zeros((len(rows), *orders.shape[:2], self._n))

        def some(which: slice) -> None:
            along_orders(rows[which], own[which], full[which], self._others, orders, empty, net, gains[which])

        share_out(some, len(rows), _AT_ONCE)
        return gains

    def all_means(self, rows: Floats) -> NDArray[np.float64]:
        """Return float64[n, 2^players]: the mean score of each coalition over the reference."""
        from audit.models.dense_walk import of_all_coalitions

        rows = np.ascontiguousarray(rows)
        own, net = self._parts(rows), self._layers.net
        sums = np.zeros((len(rows), 1 << self._n))

        def some(which: slice) -> None:
            of_all_coalitions(rows[which], own[which], self._others, net, sums[which])

        share_out(some, len(rows), _AT_ONCE)
        return sums / len(self._others[0])

    def _parts(self, rows: Floats) -> Floats:
        """Return float32[n, players, units]: what each player's numbers give to the first layer's sum."""
        from audit.models.dense_tile import parts

        found = np.zeros((len(rows), self._n, self._layers.kernel.shape[1]), dtype=np.float32)
        parts(rows, self._player, self._layers.kernel, found)
        return found
