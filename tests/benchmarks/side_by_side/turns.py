"""Methods that take turns on one machine, and how fast it multiplied matrices meanwhile.

Every method takes its turn in every round and the medians count, so a busy machine slows all of them
alike. A product of two large float32 matrices takes a turn too: what it reached is the peak that a
method's own operations are compared with.

Processor seconds are counted beside those of the clock: where others hold half of the machine, they say
more surely what a method costs, though not what a second core would have given it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.side_by_side.table import Row

PEAK = "matmul"
_SIDE = 2048  # of the square matrices


class Turns:
    """Seconds a row of each method, by round: of the clock, and of all processors together.

    Parameters
    ----------
    methods : name -> (what explains n rows, n)
    """

    def __init__(self, methods: Mapping[str, tuple[Callable[[int], Any], int]], rounds: int) -> None:
        import tensorflow as tf

        square = tf.random.stateless_normal((_SIDE, _SIDE), (7, 7))
        product = tf.function(lambda matrix: matrix @ matrix)
        all_ = {**methods, PEAK: (lambda n: [product(square).numpy() for _ in range(n)], 2)}
        for run, n in all_.values():
            run(min(n, 2))  # compiled once, and not counted
        self.seconds: dict[str, list[float]] = {name: [] for name in all_}
        self.processor: dict[str, list[float]] = {name: [] for name in all_}
        for _ in range(rounds):
            for name, (run, n) in all_.items():
                begun, busy = time.perf_counter(), time.process_time()
                run(n)
                self.seconds[name].append((time.perf_counter() - begun) / n)
                self.processor[name].append((time.process_time() - busy) / n)

    def rate(self, name: str) -> float:
        """Return rows a second."""
        return 1 / statistics.median(self.seconds[name])

    def processor_ratio(self, name: str, peer: str) -> float:
        """Return how many times the processor seconds of ours a row of the peer costs."""
        return statistics.median(self.processor[peer]) / statistics.median(self.processor[name])

    def row(self, what: str, peer: str, reference: int, **more: Any) -> Row:
        """Return the row that compares a method with a peer."""
        ratio = self.processor_ratio(what, peer)
        return Row(what, self.rate(what), peer, self.rate(peer), reference, processor_ratio=ratio, **more)

    @property
    def peak(self) -> float:
        """Floating point operations a second of a large product."""
        return 2.0 * _SIDE**3 * self.rate(PEAK)

    def share(self, name: str, flop: float) -> float:
        """Return the share of the peak that a method reaches which needs ``flop`` operations a row."""
        return self.rate(name) * flop / self.peak


def flop_of_mixes(kernels: Sequence[tuple[int, int]], n_mixes: int, n_masks: int) -> float:
    """Return the operations that the scores of so many mixes of one row need.

    The first layer is needed once a mask, all others once a mix; a multiplication and an addition are
    two. Only what the answer needs is counted, so whatever else is done lowers the share of the peak.

    >>> flop_of_mixes([(3, 2), (2, 1)], 10, 5)
    100.0
    """
    first, *behind = (2.0 * numbers * units for numbers, units in kernels)
    return n_masks * first + n_mixes * sum(behind)


def flop_of_joins(kernels: Sequence[tuple[int, int]], n_mixes: float) -> float:
    """Return the same where each mix is another with a player more: an addition a unit for the first layer.

    >>> flop_of_joins([(3, 2), (2, 1)], 10)
    60.0
    """
    first, *behind = kernels
    return n_mixes * (first[1] + sum(2.0 * numbers * units for numbers, units in behind))


def players_apart(rows: np.ndarray, reference: np.ndarray, owned: Sequence[Sequence[int]]) -> np.ndarray:
    """Return int[n, B]: by how many players two rows differ; the others need no mix.

    ``owned`` lists the columns of each player.

    >>> players_apart(np.array([[1, 2, 3]]), np.array([[1, 2, 4], [0, 0, 3]]), [[0, 1], [2]]).tolist()
    [[1, 1]]
    """
    apart = rows[:, None] != reference[None]
    return np.sum([apart[:, :, list(columns)].any(axis=2) for columns in owned], axis=0)


def kernels_of(model: Any) -> list[tuple[int, int]]:
    """Return the sizes of a Keras model's dense layers: numbers in, units out."""
    found = [getattr(layer, "kernel", None) for layer in model.layers]
    return [(int(kernel.shape[0]), int(kernel.shape[1])) for kernel in found if kernel is not None]
