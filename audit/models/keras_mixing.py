"""Scores mixes of two rows in one compiled loop: the inner work of every Shapley value.

A mix takes some columns from the row that is explained and the others from a reference row. Where
the columns of a network first meet in a Dense layer, its sum over a mix is a part of the row plus a
part of the reference row; the second is computed once for all rows, and only what lies behind the
layer is left to run. Otherwise whole mixes are put through the whole trunk.

Why so, numbers before rows: where only Dense layers follow, a block lies as float32[units, mixes],
so that every pass over it is long; that is twice as fast as rows of 32 numbers.

Why so, the shape of the loops: blocks of mixes outside, rows inside, one row at a time with a fixed
number of mixes. So a row's numbers do not depend on which rows come with it, the reference part is
made once a block, and memory stays at one block whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from audit.explain.design import all_coalitions
from audit.models.keras_coalitions import Coalitions
from audit.models.keras_graph import Graph, chain_of, first_mixing, tail_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


BLOCK = 1 << 14  # mixes of one row in one step: what a layer of 64 units leaves behind stays in the cache
READ = 1024  # rows whose numbers are read in one call
ROWS = 64  # rows handed over in one call; the loop runs over as many as are there


class Mixer:
    """The compiled loops of one model.

    Parameters
    ----------
    starts : pairs (tensor, position of the column that owns each of its numbers)
    owners : int[width], position of the column that owns each encoded number
    split : encoded rows -> the tensors that the trunk starts from, by their id
    trunk : encoded rows -> scores
    chosen : the model's output -> scores
    """

    def __init__(
        self,
        *,
        graph: Graph,
        starts: Sequence[tuple[Any, NDArray[np.int64]]],
        owners: NDArray[np.int64],
        split: Callable[[Any], Mapping[int, Any]],
        trunk: Callable[[Any], Any],
        chosen: Callable[[Any], Any],
        dtype: np.dtype[Any],
        jit: bool = True,
    ) -> None:
        self._graph, self._split, self._trunk, self._chosen = graph, split, trunk, chosen
        self._dtype, self._jit = dtype, jit
        self.walked: bool | None = None  # whether ``keras_walk`` answers alike, once it was tried
        self.owners, self.n_columns = owners, int(owners.max()) + 1
        self._mixing = first_mixing(graph, starts)
        if self._mixing is not None and self._mixing.dense.compute_dtype != "float32":
            self._mixing = None
        self._chain = None if self._mixing is None else chain_of(graph, self._mixing)
        self._coalitions: Coalitions | None = None
        if self._mixing is not None:
            self._coalitions = Coalitions(
                graph=graph,
                mixing=self._mixing,
                owners=owners,
                split=split,
                trunk=trunk,
                chosen=chosen,
                dtype=dtype,
                jit=jit,
            )
        compiled = {"jit_compile": jit, "autograph": False}
        self._loop = tf.function(self._over_rows, **compiled)
        self._read = tf.function(self._before, **compiled)
        self._reference_part = tf.function(self._part_of_reference, **compiled)

    @property
    def through_first_layer(self) -> bool:
        """Whether mixes are made inside the first layer."""
        return self._mixing is not None

    def try_on(self, rows: NDArray[Any], tolerance: float) -> str | None:
        """Compare both ways on some rows; leave the first layer alone, and say why, where they differ."""
        if self._mixing is None:
            return None
        rows = rows.astype(self._dtype)
        columns = np.random.default_rng(0).random((8, self.n_columns)) < 0.5
        worst = 0.0
        for place, mask in enumerate(columns[:, self.owners]):
            row = rows[place % len(rows)]
            plain = np.asarray(self._trunk(tf.constant(np.where(mask, row, rows))))
            masks, part = self._prepared(np.repeat(mask[None], len(rows), axis=0), rows[:, None])
            fast = np.asarray(self._row(tf.constant(row), masks, part))
            worst = float(np.maximum(worst, np.abs(plain - fast).max()))  # keeps a NaN
        if self._coalitions is not None:
            worst = float(np.maximum(worst, self._coalitions.try_on(rows)))
        if worst <= tolerance:  # a NaN is no agreement either
            return None
        self._mixing = self._chain = self._coalitions = None
        return f"mixes are not made inside the first layer: they differ from whole mixes by {worst:.3g}"

    def mean(
        self, rows: NDArray[Any], reference: NDArray[Any], masks: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, m]: the mean over all reference rows, for each mask."""
        everyone = reference.astype(self._dtype)[None]
        per_block = _even(len(masks), max(1, BLOCK // len(reference)))
        return self._blocks(rows, masks, per_block, lambda start: everyone)

    def means_of_all(
        self, rows: NDArray[Any], reference: NDArray[Any], owned: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, 2^k]: the mean over all reference rows, for each coalition of k players."""
        if self._coalitions is not None:
            return self._coalitions.means(rows, reference, owned)
        return self.mean(rows, reference, (all_coalitions(len(owned)).astype(np.uint8) @ owned).astype(bool))

    def each(
        self,
        rows: NDArray[Any],
        reference: NDArray[Any],
        masks: NDArray[np.bool_],
        background: NDArray[np.integer[Any]],
    ) -> NDArray[np.float64]:
        """Return float64[n, e]: the score of each mix."""
        per_block = _even(len(masks), BLOCK)

        def others(start: int) -> NDArray[Any]:
            whom = _padded(background[start : start + per_block], per_block)
            several: NDArray[Any] = reference[whom].astype(self._dtype)[:, None]
            return several

        return self._blocks(rows, masks, per_block, others)

    def _blocks(
        self,
        rows: NDArray[Any],
        masks: NDArray[np.bool_],
        per_block: int,
        others: Callable[[int], NDArray[Any]],
    ) -> NDArray[np.float64]:
        n, m = len(rows), len(masks)
        out = np.empty((n, m), dtype=np.float64)
        given = np.zeros((-(-n // ROWS) * ROWS, rows.shape[1]), dtype=self._dtype)
        given[:n] = rows
        for start in range(0, m, per_block):
            block = self._prepared(_padded(masks[start : start + per_block], per_block), others(start))
            for first in range(0, n, ROWS):
                some = tf.constant(given[first : first + ROWS])
                count = min(ROWS, n - first)
                found = np.asarray(self._loop(some, tf.constant(count), *block))
                out[first : first + count, start : start + per_block] = found[:count, : m - start]
        return out

    # --- what lies before and behind the first layer, for ``keras_walk`` -------------------------

    def inside(self, masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return bool[m, numbers]: a number inside is the row's where the column that owns it is."""
        assert self._mixing is not None
        by_column = np.zeros((len(masks), self.n_columns), dtype=bool)
        by_column[:, self.owners] = masks
        inside: NDArray[np.bool_] = by_column[:, self._mixing.owners]
        return inside

    def numbers(self, encoded: NDArray[Any]) -> NDArray[np.float32]:
        """Return float32[n, numbers]: what the first layer reads; the same bits for a row alone."""
        parts = [
            np.asarray(self._read(tf.constant(_padded(encoded[at : at + READ].astype(self._dtype), READ))))
            for at in range(0, len(encoded), READ)
        ]
        assert self._mixing is not None
        whole = np.concatenate(parts) if parts else np.empty((0, len(self._mixing.owners)))
        return whole[: len(encoded)].astype(np.float32)

    def dense_chain(
        self,
    ) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]], list[str]] | None:
        """Return kernels, biases and activations of Dense layers in a row; None where there are others."""
        if self._mixing is None or self._chain is None:
            return None
        layers = [self._mixing.dense]
        named: list[list[str]] = [[]]
        for link in self._chain:
            if link.dense is not None:
                layers.append(link.dense)
                named.append([])
            name = getattr(link.activation, "__name__", "linear")
            if name != "linear":
                named[-1].append(name)
        kernels = [np.asarray(one.kernel, dtype=np.float32) for one in layers]
        biases = [
            np.asarray(one.bias, np.float32) if one.use_bias else np.zeros(kernel.shape[1], np.float32)
            for one, kernel in zip(layers, kernels, strict=True)
        ]
        return kernels, biases, [", ".join(names) or "linear" for names in named]

    # --- one block: m masks, each with the same number of reference rows -------------------------

    def _prepared(self, masks: NDArray[np.bool_], others: NDArray[Any]) -> tuple[Any, Any]:
        """Return what a block takes from the row that is explained, and what from the others.

        ``others`` is encoded[m, b, width], or encoded[1, b, width] for the same under every mask. Where a
        chain follows, what is taken from the row comes numbers before masks.
        """
        if self._mixing is None:
            return tf.constant(masks), tf.constant(others)
        wanted = self.inside(masks).astype(np.float32)
        wanted = tf.constant(wanted if self._chain is None else np.ascontiguousarray(wanted.T))
        return wanted, self._reference_part(wanted, tf.constant(others))

    def _part_of_reference(self, wanted: Any, others: Any) -> Any:
        """Return the first layer's sum over the columns not taken from the row.

        float32[m, b, units], or float32[units, m, b] where a chain follows.
        """
        mixing = self._mixing
        assert mixing is not None
        before = self._before(tf.reshape(others, (-1, others.shape[2])))
        before = tf.reshape(before, (*others.shape[:2], len(mixing.owners)))
        kernel = tf.convert_to_tensor(mixing.dense.kernel)
        if self._chain is not None:
            kept = tf.where(wanted[:, :, None] > 0, 0.0, tf.transpose(before, (2, 0, 1)))
            part = tf.matmul(kernel, tf.reshape(kept, (len(mixing.owners), -1)), transpose_a=True)
            if mixing.dense.use_bias:
                part += tf.convert_to_tensor(mixing.dense.bias)[:, None]
            return tf.reshape(part, (-1, wanted.shape[1], others.shape[1]))
        kept = tf.where(wanted[:, None] > 0, tf.zeros_like(before), before)
        part = tf.reshape(kept, (-1, len(mixing.owners))) @ kernel
        if mixing.dense.use_bias:
            part += tf.convert_to_tensor(mixing.dense.bias)
        return tf.reshape(part, (wanted.shape[0], others.shape[1], -1))

    def _before(self, encoded: Any) -> Any:
        """Return what the first mixing layer reads."""
        assert self._mixing is not None
        return self._graph.run(dict(self._split(encoded)), [self._mixing.read])[0]

    def _over_rows(self, rows: Any, count: Any, masks: Any, others: Any) -> Any:
        """Return float64[rows, m] for the first ``count`` rows, one after the other."""

        def one(at: Any, out: Any) -> tuple[Any, Any]:
            means = self._row(rows[at], masks, others)
            return at + 1, tf.tensor_scatter_nd_update(out, [[at]], means[None])

        n_masks = masks.shape[0 if self._chain is None else 1]
        start = (tf.constant(0), tf.zeros((rows.shape[0], n_masks), tf.float64))
        return tf.while_loop(lambda at, out: at < count, one, start)[1]

    def _row(self, row: Any, masks: Any, others: Any) -> Any:
        """Return float64[m]: for each mask, the mean score of one row mixed with the others."""
        n_masks, n_others = others.shape[1:] if self._chain is not None else (masks.shape[0], others.shape[1])
        if self._mixing is None:
            mixes = tf.where(masks[:, None], row[None, None], others)
            scores = self._trunk(tf.reshape(mixes, (n_masks * n_others, row.shape[0])))
        else:
            before = self._before(row[None])
            kernel = tf.convert_to_tensor(self._mixing.dense.kernel)
            if self._chain is None:
                own = tf.where(masks > 0, before, tf.zeros_like(masks)) @ kernel
                summed = tf.reshape(own[:, None] + others, (n_masks * n_others, others.shape[2]))
                output = tail_of(self._graph, self._mixing)(summed)
            else:
                own = tf.where(masks > 0, tf.transpose(before), tf.zeros_like(masks))
                summed = tf.matmul(kernel, own, transpose_a=True)[:, :, None] + others
                output = self._through_chain(tf.reshape(summed, (others.shape[0], n_masks * n_others)))
            scores = self._chosen(output)
        return tf.reduce_mean(tf.reshape(scores, (n_masks, n_others)), axis=1)

    def _through_chain(self, numbers: Any) -> Any:
        """Return float32[mixes, outputs] from float32[units, mixes]."""
        for link in self._chain or ():
            if link.dense is not None:
                kernel = tf.convert_to_tensor(link.dense.kernel)
                if kernel.shape[1] == 1:
                    numbers = tf.reduce_sum(numbers * kernel, axis=0, keepdims=True)
                else:
                    numbers = tf.matmul(kernel, numbers, transpose_a=True)
                if link.dense.use_bias:
                    numbers += tf.convert_to_tensor(link.dense.bias)[:, None]
            if link.activation is not None:
                numbers = link.activation(numbers)
        return tf.transpose(numbers)


def _even(n: int, most: int) -> int:
    """Return the size of blocks that share n evenly, none above ``most``: little is padded then.

    >>> _even(256, 168)
    128
    """
    return max(1, -(-n // -(-n // most))) if n else 1


def _padded(array: NDArray[Any], n: int) -> NDArray[Any]:
    """Return the array with its last rows filled up with zeros to ``n``: one compiled shape for all."""
    missing = n - len(array)
    return np.concatenate([array, np.zeros((missing, *array.shape[1:]), array.dtype)]) if missing else array
