"""Scores encoded rows in one compiled function of one fixed size, which stops where the rows end.

Rows go through it a part at a time, so a row's score is the same bits alone and among others, and a
question about one row costs one part and not the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 4096  # rows of one compiled call; shorter batches are padded
PART = 256  # rows that go through the trunk at once


class Batches:
    """The compiled scores of one trunk.

    Parameters
    ----------
    trunk : encoded[m, width] -> scores float64[m], each row by itself
    note : told where the trunk is not compiled, and why

    Attributes
    ----------
    jit : bool
        Whether XLA compiles the trunk; False from the moment when it refuses.
    """

    def __init__(
        self, trunk: Callable[[Any], Any], dtype: np.dtype[Any], note: Callable[[str], None]
    ) -> None:
        self._trunk, self._dtype, self._note = trunk, dtype, note
        self.jit = True
        self._compiled: Callable[[Any, Any], Any] | None = None

    def __call__(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]."""
        scores = np.empty(len(encoded), dtype=np.float64)
        for start in range(0, len(encoded), BATCH):
            some = encoded[start : start + BATCH]
            padded = np.zeros((BATCH, encoded.shape[1]), dtype=self._dtype)
            padded[: len(some)] = some
            scores[start : start + len(some)] = self._run(padded, -(-len(some) // PART))[: len(some)]
        return scores

    def _run(self, padded: NDArray[Any], n_parts: int) -> NDArray[Any]:
        given = tf.constant(padded), tf.constant(n_parts)
        if self._compiled is None:
            self._compiled = self._made(self._by_parts, *given)
        try:
            return np.asarray(self._compiled(*given))
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
            if not self.jit:
                raise
            self.jit = False
            self._note(f"not compiled by XLA: {str(error).splitlines()[0][:200]}")
            self._compiled = self._made(lambda rows, _: self._trunk(rows), *given)
            return np.asarray(self._compiled(*given))

    def _made(self, scores: Callable[[Any, Any], Any], *given: Any) -> Callable[[Any, Any], Any]:
        """Return a function of one size: what it is asked need not be looked at in every call."""
        function = tf.function(scores, jit_compile=self.jit, autograph=False)
        made: Callable[[Any, Any], Any] = function.get_concrete_function(*given)
        return made

    def _by_parts(self, rows: Any, n_parts: Any) -> Any:
        """Return float64[rows], of the first parts alone."""
        parts = tf.reshape(rows, (-1, PART, rows.shape[1]))

        def one(at: Any, out: Any) -> tuple[Any, Any]:
            return at + 1, tf.tensor_scatter_nd_update(out, [[at]], self._trunk(parts[at])[None])

        none = tf.zeros(parts.shape[:2], tf.float64)
        return tf.reshape(tf.while_loop(lambda at, _: at < n_parts, one, (tf.constant(0), none))[1], (-1,))
