"""A network of dense layers as plain arrays: what is left of a model when its framework is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DenseLayer:
    """One layer: ``activation(given @ kernel + bias)``.

    Attributes
    ----------
    kernel : float64[numbers in, units]
    bias : float64[units]
    activation : its name: relu, linear, sigmoid …
    outputs : float64[rows, units], what the units gave for some rows
    """

    name: str
    kernel: Floats
    bias: Floats
    activation: str
    outputs: Floats


@dataclass(frozen=True, slots=True, eq=False)
class DenseNetwork:
    """Layers in a row, from the numbers that the first one reads to the one output that is the score.

    Attributes
    ----------
    columns : the column that each number read by the first layer comes from
    given : float64[rows, numbers], those numbers for some rows
    layers : the last has one unit
    """

    columns: tuple[str, ...]
    given: Floats
    layers: tuple[DenseLayer, ...]
