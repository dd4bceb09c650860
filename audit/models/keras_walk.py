"""A Keras network of relu layers as ``dense_mixing`` takes it, for as long as both score alike.

Why so, the comparison: the layers are run by loops of ours, and Keras is what decides about people. On
the first reference rows the loops are compared with the model's own way; where they differ, they are
left alone, and the scorer's ``notes`` say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from audit.models.dense_mixing import DenseMixer, Layers, layers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.models.keras_mixing import Mixer

_PLAYERS, _TRIAL_ROWS = 3, 32
_TRIAL_TOLERANCE = 1e-5  # two float32 ways through one network differ by about 1e-7


class Walker:
    """The ways through all mixes of one reference and one set of players."""

    def __init__(
        self, mixer: Mixer, layers: Layers, reference: NDArray[Any], owned: NDArray[np.bool_]
    ) -> None:
        inside = mixer.inside(owned)
        player = np.where(inside.any(axis=0), inside.argmax(axis=0), -1)
        self._mixer = mixer
        self._mixes = DenseMixer(layers, mixer.numbers(reference), player.astype(np.int64), len(owned))

    def along(
        self,
        rows: NDArray[Any],
        orders: NDArray[np.int64],
        empty: NDArray[np.float64],
        full: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return float64[n, B, pairs, players]; see ``DenseMixer.along``."""
        return self._mixes.along(self._mixer.numbers(rows), orders, empty, full)

    def all_means(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n, 2^players]; see ``DenseMixer.all_means``."""
        return self._mixes.all_means(self._mixer.numbers(rows))


def walker_of(
    mixer: Mixer, column: int, reference: NDArray[Any], owned: NDArray[np.bool_], notes: list[str]
) -> Walker | None:
    """Return the ways through all mixes; None where the model has other layers, or answered otherwise.

    Parameters
    ----------
    column : which unit of the last layer is the score
    reference : encoded; the first time its first rows are the trial
    owned : bool[players, width]
    notes : gets the cause where the trial fails
    """
    chain = mixer.dense_chain()  # read anew each time: weights may have been changed
    layers = None if chain is None else layers_of(*_of_one_output(chain, column))
    if layers is None:
        return None
    if mixer.walked is None:
        worst = _worst(mixer, layers, reference[:_TRIAL_ROWS])
        mixer.walked = worst <= _TRIAL_TOLERANCE  # a NaN is no agreement either
        if not mixer.walked:
            notes.append(f"mixes are made by the model alone: run layer by layer they differ by {worst:.3g}")
    return Walker(mixer, layers, reference, owned) if mixer.walked else None


def _worst(mixer: Mixer, layers: Layers, rows: NDArray[Any]) -> float:
    """Return the largest difference between both ways, for all coalitions of a few players."""
    columns = np.random.default_rng(0).integers(0, _PLAYERS, mixer.n_columns)
    owned = columns[mixer.owners] == np.arange(_PLAYERS)[:, None]
    coalitions = (np.arange(1 << _PLAYERS)[:, None] >> np.arange(_PLAYERS)) & 1
    found = Walker(mixer, layers, rows, owned).all_means(rows[:2])
    return float(np.abs(found - mixer.mean(rows[:2], rows, (coalitions @ owned).astype(bool))).max())


def _of_one_output(
    chain: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]], list[str]], column: int
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]], list[str]]:
    kernels, biases, activations = chain
    last = slice(column, column + 1)
    return [*kernels[:-1], kernels[-1][:, last]], [*biases[:-1], biases[-1][last]], activations
