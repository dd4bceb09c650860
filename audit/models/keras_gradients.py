"""The gradient of the score at encoded rows, and what it gathers on straight ways, in compiled functions.

Every call has one fixed size, so a row's numbers are the same bits alone and among others. The points of
the ways to some rows are made inside of one, their slopes are added up there step by step, and only the
sums come back: a call costs as much as a step.

Gradients are taken where the encoded matrix begins: behind string look-ups, in front of everything
else. So the places of a one-hot look-up have a gradient, and a code has none: an embedding's id, a
whole number, a number that is cut into bins.

Why so, the walk: TensorFlow answers 0 for what it cannot differentiate, and a column with a false 0
would be said to do nothing. So on the first rows that come the graph is run once, step by step. A
step that passes no gradient to what it reads is found there, and with it the columns that feed it.
A column of which any part is lost is refused as a whole. What a layer of somebody's own loses inside
cannot be seen so; a column that moves scores and has a slope of 0 on all of these rows is refused too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from audit.errors import UsageError
from audit.models.keras_graph import Graph, graph_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 4096  # rows of one compiled call; shorter batches are padded
INSTEAD = "Use shapley, shap or occlusion"
_WALKED = 256  # rows on which the graph is walked
_BITS = {4: tf.int32, 8: tf.int64}  # bytes of a float -> the whole numbers of its size
_MOVED = 1e-5  # two float32 ways to one score differ by about 1e-7


class Gradients:
    """The compiled gradient of one model.

    Parameters
    ----------
    graph : what leads to the model's output
    starts : the tensors that the trunk starts from, each with the column that owns it; no column
        where one tensor holds all of them
    spans : column -> start and stop in the encoded matrix
    split : encoded rows -> the tensors that the trunk starts from, by their id
    trunk : encoded rows -> scores
    """

    def __init__(
        self,
        *,
        graph: Graph,
        starts: Sequence[tuple[Any, str | None]],
        spans: Mapping[str, tuple[int, int]],
        split: Callable[[Any], Mapping[int, Any]],
        trunk: Callable[[Any], Any],
        dtype: np.dtype[Any],
        jit: bool = True,
    ) -> None:
        self._graph, self._starts, self._spans = graph, tuple(starts), dict(spans)
        self._split, self._trunk, self._dtype = split, trunk, dtype
        self._lost: dict[str, str] | None = None  # column -> why; None before the first rows came
        self._jit = jit
        self._compiled = tf.function(self._both, jit_compile=jit, autograph=False)
        self._gather = tf.function(self._on_all_ways, jit_compile=jit, autograph=False)

    def __call__(self, encoded: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return scores float64[n] and gradients float64[n, width]; the same bits for a row alone.

        Raises
        ------
        UsageError
            Where a column has no gradient, or a gradient is not finite; it names the column.
        """
        n = len(encoded)
        scores, gradients = np.empty(n), np.empty((n, encoded.shape[1]))
        if n:
            self._refuse_lost(encoded)
        for start in range(0, n, BATCH):
            part = encoded[start : start + BATCH]
            padded = np.zeros((BATCH, encoded.shape[1]), dtype=self._dtype)
            padded[: len(part)] = part
            found = [np.asarray(one) for one in self._tried("_compiled", padded)]
            scores[start : start + len(part)] = found[0][: len(part)]
            gradients[start : start + len(part)] = found[1][: len(part)]
        self._refuse_endless(gradients)
        return scores, gradients

    def gathered(
        self,
        rows: NDArray[Any],
        starts: NDArray[Any],
        places: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return float64[n, width]: the sum over m of weight times gradient times distance from the start.

        Parameters
        ----------
        rows : encoded[n, width]
        starts : encoded[m, width], where each way to a row begins
        places : float64[m] in [0, 1], how far along it the gradient is asked for
        weights : float64[m]

        Raises
        ------
        UsageError
            As a call does.
        """
        n, m = len(rows), len(places)
        found = np.zeros(rows.shape)
        if not n or not m:
            return found
        self._refuse_lost(rows)
        size = -(-m // -(-m // BATCH))  # blocks that share the points evenly
        at_once = max(1, BATCH // size)
        in_call = BATCH // at_once * at_once
        padded = np.repeat(rows[-1:].astype(self._dtype), -(-n // in_call) * in_call, axis=0)
        padded[:n] = rows
        zero = tf.constant(0, _BITS[self._dtype.itemsize])
        for first in range(0, m, size):
            # What fills up a block is the last point again, with no weight: a slope there is no surprise.
            place = np.minimum(np.arange(first, first + size), m - 1)
            weighs = np.where(np.arange(first, first + size) < m, weights[place], 0.0)
            block = starts[place].astype(self._dtype), places[place].astype(self._dtype), weighs
            way = [tf.constant(one) for one in block]
            for row in range(0, n, in_call):
                some = padded[row : row + in_call].reshape(-1, at_once, rows.shape[1])
                count = tf.constant(-(-min(in_call, n - row) // at_once))
                sums = self._tried("_gather", tf.constant(some), count, *way, zero)
                found[row : row + in_call] += np.asarray(sums)[: n - row]
        if not np.isfinite(found).all():
            self._refuse_endless_on_ways(rows, starts, places)
        return found

    def _on_all_ways(self, rows: Any, count: Any, starts: Any, places: Any, weights: Any, zero: Any) -> Any:
        """Return float64[rows, width]: ``_on_ways`` of the first ``count`` of rows[steps, rows, width]."""

        def one(at: Any, out: Any) -> tuple[Any, Any]:
            sums = self._on_ways(rows[at], starts, places, weights, zero)
            return at + 1, tf.tensor_scatter_nd_update(out, [[at]], sums[None])

        none = tf.zeros(rows.shape, tf.float64)
        found = tf.while_loop(lambda at, _: at < count, one, (tf.constant(0), none))[1]
        return tf.reshape(found, (-1, rows.shape[2]))

    def _on_ways(self, rows: Any, starts: Any, places: Any, weights: Any, zero: Any) -> Any:
        """Return float64[rows, width]: weight times slope times distance, added up over a block of points."""
        apart = rows[:, None] - starts
        # ``zero`` is not known when this is compiled, so product and sum are rounded one after the other, as
        # outside: at a kink of the network the last bit of a point decides which slope is found.
        further = tf.bitcast(
            tf.bitwise.bitwise_xor(tf.bitcast(places[:, None] * apart, zero.dtype), zero), apart.dtype
        )
        points = tf.reshape(starts + further, (-1, starts.shape[1]))
        n = points.shape[0]
        # As many as in a call, so that a point's slope has the bits that a call gives it.
        slopes = self._both(tf.pad(points, [[0, BATCH - n], [0, 0]]))[1][:n]
        of_points = weights[:, None] * tf.cast(tf.reshape(slopes, apart.shape), tf.float64)
        return tf.reduce_sum(of_points * tf.cast(apart, tf.float64), axis=1)

    def _refuse_endless_on_ways(
        self, rows: NDArray[Any], starts: NDArray[Any], places: NDArray[np.float64]
    ) -> None:
        """Ask again point by point, so that the column is named whose slope has no end."""
        for row in rows:
            for first in range(0, len(places), BATCH):
                some = starts[first : first + BATCH].astype(self._dtype)
                self(some + places[first : first + BATCH].astype(self._dtype)[:, None] * (row - some))

    def _both(self, encoded: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(encoded)
            scores = self._trunk(encoded)
        # A row's score depends on no other row, so the gradient of their sum is each row's own.
        return scores, tape.gradient(scores, encoded, unconnected_gradients="zero")

    def _tried(self, name: str, *given: Any) -> Any:
        """Call a compiled function, without XLA from the moment when that refuses."""
        try:
            return getattr(self, name)(*given)
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
            if not self._jit:
                raise
        self._jit = False  # XLA knows the way forward of some layers and not the way back
        self._compiled = tf.function(self._both, jit_compile=False, autograph=False)
        self._gather = tf.function(self._on_all_ways, jit_compile=False, autograph=False)
        return getattr(self, name)(*given)

    def _refuse_lost(self, encoded: NDArray[Any]) -> None:
        if self._lost is None:
            self._lost = self._walk(encoded[:_WALKED].astype(self._dtype))
        for column, why in self._lost.items():
            raise UsageError(f"explain: the column {column!r} has no gradient: {why}. {INSTEAD}")

    def _refuse_endless(self, gradients: NDArray[np.float64]) -> None:
        bad = ~np.isfinite(gradients)
        if not bad.any():
            return
        for column, (start, stop) in self._spans.items():
            n = int(np.count_nonzero(bad[:, start:stop].any(axis=1)))
            if n:
                raise UsageError(
                    f"explain: the gradient of the column {column!r} is not finite "
                    f"at {n} of {len(gradients)} points. {INSTEAD}"
                )

    def _walk(self, encoded: NDArray[Any]) -> dict[str, str]:
        """Return the columns whose gradient is lost on the way, each with what loses it."""
        lost = {
            column: "it goes into the model as a code or a whole number"
            for tensor, owner in self._starts
            for column in ([owner] if owner is not None else self._spans)
            if not tf.as_dtype(tensor.dtype).is_floating
        }
        rows = tf.constant(encoded)
        draw = np.random.default_rng(0)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(rows)
            taken = list(_taken(self._graph, dict(self._split(rows))))
        for name, reads, writes in taken:
            for read in reads:
                if writes and tape.gradient(writes, read) is not None:
                    continue
                # Random weights: the sum of what a softmax gives does not move with any column.
                weights = tf.constant(draw.uniform(1.0, 2.0, read.shape), read.dtype)
                feeding = tape.gradient(read, rows, output_gradients=weights)
                if feeding is not None:  # else it was lost before, or is a constant
                    size = np.abs(np.asarray(feeding, dtype=np.float64)).sum(axis=0)
                    for column, (start, stop) in self._spans.items():
                        if (size[start:stop] != 0).any():
                            lost.setdefault(column, f"the layer {name!r} passes none")
        return self._unmoved(encoded) | lost

    def _unmoved(self, encoded: NDArray[Any]) -> dict[str, str]:
        """Return the columns that move scores with a slope of 0 everywhere: lost inside of some layer."""
        scores, gradients = (np.asarray(one) for one in self._both(tf.constant(encoded)))
        found = {}
        for column, (start, stop) in self._spans.items():
            if (gradients[:, start:stop] == 0).all():
                swapped = encoded.copy()
                swapped[:, start:stop] = np.roll(encoded[:, start:stop], 1, axis=0)
                if np.abs(np.asarray(self._trunk(tf.constant(swapped))) - scores).max() > _MOVED:
                    found[column] = "it moves scores, and its slope is 0 wherever it was looked at"
        return found


def _taken(graph: Graph, known: dict[int, Any]) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """Run a graph; yield each step's name with the tensors of numbers that it read and wrote.

    A model inside of the model is walked step by step too.
    """
    for step in graph.needed(set(known), keras.tree.flatten(graph.output)):
        arguments, keywords = step.arguments.fill_in(known)
        model = step.operation if isinstance(step.operation, keras.Model) else None
        given = keras.tree.flatten(arguments)
        if model is not None and len(given) == len(getattr(model, "inputs", None) or ()):
            inside = {id(place): one for place, one in zip(model.inputs, given, strict=True)}
            yield from _taken(graph_of(model, model.outputs), inside)
            results = [inside[id(place)] for place in model.outputs]
        else:
            results = keras.tree.flatten(step.operation(*arguments, **keywords))
            reads = [known[one] for one in step.reads if known[one].dtype.is_floating]
            yield step.operation.name, reads, [one for one in results if one.dtype.is_floating]
        known |= {id(place): one for place, one in zip(step.outputs, results, strict=True)}
