"""What the weights of a dense network say by themselves: sizes, idle units, and paths to the score.

- A unit is *idle* where it gave the same value for every row looked at (for a relu mostly 0), and
  *cut off* where no path of weights other than 0 leads to it or from it, whatever the rows are.
- The *path weight* of a column is the product of absolute weights along a path, summed over all
  paths from the column to the score, each input taken at its standard deviation over the rows.
  Nothing cancels in it, so where activations are no steeper than 1 (relu, tanh, sigmoid) it bounds
  what the column can do before the last activation; it is no measure of what it does.
- The *signed* path weight is the slope itself, where all layers but the last are linear. Elsewhere
  units switch paths on and off, and a sum with signs would mean nothing.

Source: the product of absolute weights over paths is that of Garson (1991) without its shares, and
the path norm of Neyshabur, Salakhutdinov and Srebro (2015); the sum with signs is that of Olden and
Jackson (2002).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.models.dense import DenseNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

source = "Garson (1991); Neyshabur, Salakhutdinov and Srebro (2015); Olden and Jackson (2002)"
NOT_DENSE = "the model is no Keras network, so it has no layers of weights to read"
STRONGEST = 3  # inputs named of a unit
_SMALL = 1e-3  # of the layer's largest weight: next to nothing


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """One layer in numbers.

    ``norm`` is the root of the sum of squares, ``gain`` the largest singular value (how far the
    layer can stretch what it reads), ``small`` the share of weights under a thousandth of the largest.
    """

    name: str
    units: int
    activation: str
    norm: float
    gain: float
    small: float
    idle: int
    cut_off: int


@dataclass(frozen=True, slots=True)
class ColumnWeight:
    """A column's path weight, its share of all (0 to 1), and the slope where layers are linear."""

    column: str
    path: float
    share: float
    signed: float | None


@dataclass(frozen=True, slots=True)
class UnitMix:
    """What one unit of the first layer mixes.

    ``reach`` is its share of all path weight; ``inputs`` are its strongest ones: column, signed
    weight for one standard deviation, share of the unit's whole.
    """

    unit: int
    reach: float
    inputs: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything said of a network's weights; columns and units by size."""

    n: int
    layers: tuple[LayerWeights, ...]
    columns: tuple[ColumnWeight, ...]
    units: tuple[UnitMix, ...]
    linear: bool


def weights(network: DenseNetwork, strongest: int = STRONGEST) -> Weights:
    """Read the weights of a network.

    Parameters
    ----------
    strongest : inputs that are named of each unit of the first layer
    """
    kernels = [layer.kernel for layer in network.layers]
    spread = network.given.std(axis=0)
    linear = all(layer.activation == "linear" for layer in network.layers[:-1])
    onward = paths_from([np.abs(kernel) for kernel in kernels])
    mixed = np.abs(kernels[0]) * spread[:, None]
    path = mixed @ onward[1][:, 0]
    signed = chained(kernels)[:, 0] * spread if linear else None
    return Weights(
        len(network.given),
        tuple(_layers(network, onward)),
        _columns(network, path, signed),
        _units(network, mixed, spread, onward[1][:, 0], strongest),
        linear,
    )


def chained(kernels: list[Floats]) -> Floats:
    """Return the product of kernels, float64[numbers in, units out].

    >>> chained([np.array([[1.0, 2.0]]), np.array([[3.0], [-1.0]])]).tolist()
    [[1.0]]
    """
    product = kernels[0]
    for kernel in kernels[1:]:
        product = product @ kernel
    return product


def paths_from(kernels: list[Floats]) -> list[Floats]:
    """Return, by layer, the product of its kernel and all later ones; last, that of the output itself."""
    onward = [np.eye(kernels[-1].shape[1])]
    for kernel in reversed(kernels):
        onward.append(kernel @ onward[-1])
    return onward[::-1]


def _layers(network: DenseNetwork, onward: list[Floats]) -> list[LayerWeights]:
    reached = np.ones((1, network.layers[0].kernel.shape[0]))
    found = []
    for place, layer in enumerate(network.layers):
        size = np.abs(layer.kernel)
        reached = reached @ size
        cut_off = (reached[0] == 0) | (onward[place + 1].sum(axis=1) == 0)
        found.append(
            LayerWeights(
                layer.name,
                layer.kernel.shape[1],
                layer.activation,
                float(np.linalg.norm(layer.kernel)),
                float(np.linalg.norm(layer.kernel, 2)),
                float((size < _SMALL * size.max()).mean()) if size.max() > 0 else 1.0,
                int((np.ptp(layer.outputs, axis=0) == 0).sum()),
                int(cut_off.sum()),
            )
        )
    return found


def _columns(network: DenseNetwork, path: Floats, signed: Floats | None) -> tuple[ColumnWeight, ...]:
    total = float(path.sum())
    found = []
    for column in dict.fromkeys(network.columns):
        mine = np.array([name == column for name in network.columns])
        own = float(path[mine].sum())
        # The parts of one column (one-hot codes) have slopes of their own and none in common.
        slope = float(signed[mine][0]) if signed is not None and mine.sum() == 1 else None
        found.append(ColumnWeight(column, own, own / total if total else 0.0, slope))
    return tuple(sorted(found, key=lambda one: (-one.path, one.column)))


def _units(
    network: DenseNetwork, mixed: Floats, spread: Floats, onward: Floats, strongest: int
) -> tuple[UnitMix, ...]:
    kernel = network.layers[0].kernel * spread[:, None]
    through = mixed.sum(axis=0) * onward
    total = float(through.sum())
    found = []
    for unit in range(kernel.shape[1]):
        whole = float(mixed[:, unit].sum())
        order = np.argsort(-mixed[:, unit], kind="stable")[:strongest]
        inputs = tuple(
            (network.columns[at], float(kernel[at, unit]), float(mixed[at, unit] / whole))
            for at in order
            if mixed[at, unit] > 0
        )
        found.append(UnitMix(unit, float(through[unit] / total) if total else 0.0, inputs))
    return tuple(sorted(found, key=lambda one: (-one.reach, one.unit)))
