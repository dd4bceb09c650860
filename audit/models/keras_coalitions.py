"""Scores all coalitions of some players against a whole reference, in one compiled loop.

Where the columns of a network first meet in a Dense layer, its sum over a mix adds up what each player
gives to it. So the players are cut into two halves: the sums of every coalition of either half are made
once, and a coalition of all players is one of each. Of the first layer one addition is left for a mix.

Why so, the shape of the loops: one row at a time, and for it the reference in steps of one fixed size. So
a row's numbers are the same bits alone and among others, and what a step writes stays in the cache.

Why so, parts: a step is too small for two processors. So the reference is cut into parts by its size alone,
each is gone through by a thread of its own, and what they found is added up in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from audit.explain.design import all_coalitions
from audit.models.keras_graph import Graph, Mixing, tail_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP = 1 << 20  # numbers that the first layer writes in one step
PARTS = 2  # of the reference, gone through side by side
HELD = 1 << 21  # numbers of the reference's sums that one part holds
ROWS = 64  # rows handed over in one call; the loop runs over as many as are there


class Coalitions:
    """The compiled loops of one model, through its first mixing layer.

    Parameters
    ----------
    mixing : the layer in which columns first meet
    owners : int[width], position of the column that owns each encoded number
    split : encoded rows -> the tensors that the trunk starts from, by their id
    trunk : encoded rows -> scores
    chosen : the model's output -> scores
    """

    def __init__(
        self,
        *,
        graph: Graph,
        mixing: Mixing,
        owners: NDArray[np.int64],
        split: Callable[[Any], Mapping[int, Any]],
        trunk: Callable[[Any], Any],
        chosen: Callable[[Any], Any],
        dtype: np.dtype[Any],
        jit: bool = True,
    ) -> None:
        self._graph, self._mixing, self._owners = graph, mixing, owners
        self._split, self._trunk, self._chosen, self._dtype = split, trunk, chosen, dtype
        self._tail = tail_of(graph, mixing)
        compiled = {"jit_compile": jit, "autograph": False}
        self._loop = tf.function(self._over_rows, **compiled)
        self._reference_part = tf.function(self._part_of_reference, **compiled)

    def try_on(self, rows: NDArray[Any]) -> float:
        """Return how far this lies from whole mixes, at most, on some rows."""
        whose = np.random.default_rng(0).integers(0, 4, int(self._owners.max()) + 1)  # the fourth has none
        owned = (whose == np.arange(3)[:, None])[:, self._owners]
        row = rows[:1].astype(self._dtype)
        plain = [
            np.asarray(self._trunk(tf.constant(np.where(mask, row, rows.astype(self._dtype))))).mean()
            for mask in (all_coalitions(3).astype(int) @ owned).astype(bool)
        ]
        return float(np.abs(self.means(row, rows, owned)[0] - plain).max())

    def means(
        self, rows: NDArray[Any], reference: NDArray[Any], owned: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, 2^k]: the mean over all reference rows, for each coalition.

        Parameters
        ----------
        rows : encoded[n, width]
        reference : encoded[b, width]
        owned : bool[k, width], the encoded numbers of each player; what nobody owns stays the reference's
        """
        halves = self._halves(owned)
        steps = self._steps(len(reference), int(self._mixing.dense.kernel.shape[1]), len(owned))
        given = np.zeros((-(-len(rows) // ROWS) * ROWS, rows.shape[1]), dtype=self._dtype)
        given[: len(rows)] = rows

        def against(part: tuple[NDArray[Any], NDArray[np.float64]]) -> NDArray[np.float64]:
            some, weights = part
            sums = self._reference_part(tf.constant(some), *halves)
            found = [
                self._loop(
                    tf.constant(given[first : first + ROWS]),
                    tf.constant(min(ROWS, len(rows) - first)),
                    *halves[:2],
                    *sums,
                    tf.constant(weights),
                )
                for first in range(0, len(rows), ROWS)
            ]
            return np.concatenate([np.asarray(one) for one in found])[: len(rows)]

        out = np.zeros((len(rows), 1 << len(owned)))
        if len(rows):
            with ThreadPoolExecutor(PARTS) as pool:
                for found in pool.map(against, _in_parts(reference.astype(self._dtype), *steps)):
                    out += found  # in the order of the parts, whichever was done first
        return out

    @staticmethod
    def _steps(n_reference: int, units: int, n_players: int) -> tuple[int, int]:
        """Return how many steps are in one part, and how many reference rows in one step."""
        in_step = max(1, STEP // (units << n_players))
        n_steps = -(-n_reference // in_step)
        sums = units * ((1 << n_players // 2) + (1 << (n_players + 1) // 2))
        held = max(1, HELD // (sums * in_step))  # steps of one part at most
        n_parts = max(min(PARTS, n_steps), -(-n_steps // held))
        per_part = -(-n_steps // n_parts)
        return per_part, -(-n_reference // (n_parts * per_part))  # they share the reference evenly

    def _halves(self, owned: NDArray[np.bool_]) -> tuple[Any, Any, Any]:
        """Return which numbers of the layer each coalition of the first half has, of the second, and nobody.

        bool[coalitions, numbers] twice, and bool[numbers].
        """
        by_column = np.zeros((len(owned), int(self._owners.max()) + 1), dtype=bool)
        by_column[:, self._owners] = owned
        inside = by_column[:, self._mixing.owners]
        first = len(owned) // 2
        low, high = (
            (all_coalitions(len(half)).astype(np.uint8) @ half.astype(np.uint8)).astype(bool)
            for half in (inside[:first], inside[first:])
        )
        return tf.constant(low), tf.constant(high), tf.constant(~inside.any(axis=0))

    def _part_of_reference(self, reference: Any, low: Any, high: Any, nobodys: Any) -> tuple[Any, Any]:
        """Return the layer's sums float32[steps, b, coalitions, units] over what is not the row's, by halves.

        The bias and what nobody owns are in those of the first half.
        """
        before = self._before(tf.reshape(reference, (-1, reference.shape[2])))
        dense, shape = self._mixing.dense, reference.shape[:2]
        sums = []
        for half, more in ((low, nobodys), (high, None)):
            replaced = half[-1] & ~half  # the last coalition has all numbers of its half
            if more is not None:
                replaced |= more
            kept = tf.where(replaced, before[:, None], 0.0)
            part = tf.reshape(kept, (-1, kept.shape[2])) @ tf.convert_to_tensor(dense.kernel)
            if more is not None and dense.use_bias:
                part += tf.convert_to_tensor(dense.bias)
            sums.append(tf.reshape(part, (*shape, half.shape[0], -1)))
        return sums[0], sums[1]

    def _before(self, encoded: Any) -> Any:
        """Return what the layer reads."""
        return self._graph.run(dict(self._split(encoded)), [self._mixing.read])[0]

    def _over_rows(
        self, rows: Any, count: Any, low: Any, high: Any, lows: Any, highs: Any, weights: Any
    ) -> Any:
        """Return float64[rows, coalitions] for the first ``count`` rows, one after the other."""
        kernel = tf.convert_to_tensor(self._mixing.dense.kernel)

        def one(at: Any, out: Any) -> tuple[Any, Any]:
            before = self._before(rows[at][None])
            own = [tf.where(half, before, 0.0) @ kernel for half in (low, high)]

            def step(place: Any, means: Any) -> tuple[Any, Any]:
                first, second = lows[place] + own[0], highs[place] + own[1]
                summed = first[:, None] + second[:, :, None]  # b, second half, first half, units
                scores = self._chosen(self._tail(tf.reshape(summed, (-1, summed.shape[3]))))
                of_reference = tf.reshape(scores, (summed.shape[0], -1)) * weights[place][:, None]
                return place + 1, means + tf.reduce_sum(of_reference, axis=0)

            none = tf.zeros(low.shape[0] * high.shape[0], tf.float64)
            steps = lows.shape[0]
            means = tf.while_loop(lambda place, _: place < steps, step, (tf.constant(0), none))[1]
            return at + 1, tf.tensor_scatter_nd_update(out, [[at]], means[None])

        out = tf.zeros((rows.shape[0], low.shape[0] * high.shape[0]), tf.float64)
        return tf.while_loop(lambda at, _: at < count, one, (tf.constant(0), out))[1]


def _in_parts(
    reference: NDArray[Any], n_steps: int, in_step: int
) -> Iterator[tuple[NDArray[Any], NDArray[np.float64]]]:
    """Yield the reference as [steps, b, width], always of one size, with the weight of each row.

    What fills up the last is the last row again, with no weight.
    """
    n, at_once = len(reference), n_steps * in_step
    for start in range(0, n, at_once):
        place = np.arange(start, start + at_once)
        weights = np.where(place < n, 1.0 / n, 0.0)
        some = reference[np.minimum(place, n - 1)]
        yield some.reshape(n_steps, in_step, -1), weights.reshape(n_steps, in_step)
