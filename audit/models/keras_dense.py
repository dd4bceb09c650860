"""Reads a Keras model as a network of dense layers, where it is one.

From the first layer that mixes columns on, nothing may follow but Dense layers, activations taken
number by number, and layers that do nothing when a model scores. What lies before (scaling,
look-ups, one-hot codes) belongs to single columns and is taken as given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from audit.models.dense import DenseLayer, DenseNetwork
from audit.models.keras_graph import EACH, Graph, first_mixing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SILENT = (
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
)
_ACTIVATIONS = (keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)


def dense_network(
    graph: Graph,
    starts: Sequence[tuple[Any, NDArray[np.int64]]],
    columns: Sequence[str],
    values: dict[int, Any],
    output: int,
) -> DenseNetwork | str:
    """Return the network of a graph, with what its units gave for some rows; or why it is none.

    Parameters
    ----------
    starts : pairs (tensor, position of the column that owns each of its numbers)
    values : id of each of those tensors -> its numbers for the rows
    output : which unit of the last layer is the score
    """
    mixing = first_mixing(graph, starts)
    if mixing is None:
        return "its columns do not first meet in a Dense layer that everything flows through"
    place, steps = mixing.write, []
    for step in graph.needed({id(place)}, [graph.output]):
        operation = step.operation
        if step.reads != (id(place),) or len(step.outputs) != 1:
            return f"its layers are not in a row: {operation.name!r} reads or writes more than one"
        if not isinstance(operation, (keras.layers.Dense, *_ACTIVATIONS, *_SILENT)):
            return f"layer {operation.name!r} is no Dense layer ({type(operation).__name__})"
        place = step.outputs[0]
        steps.append((operation, place))
    tensors = [mixing.read, mixing.write, *(written for _, written in steps)]
    given, *found = (
        np.asarray(one, dtype=np.float64).reshape(len(np.asarray(one)), -1)
        for one in graph.run(values, tensors)
    )
    layers: list[DenseLayer] = []
    for (operation, _), outputs in zip(((mixing.dense, None), *steps), found, strict=True):
        if isinstance(operation, keras.layers.Dense):
            layers.append(_layer(operation, outputs))
        elif not isinstance(operation, _SILENT):
            last = layers[-1]
            named = _named(operation)
            both = named if last.activation == "linear" else f"{last.activation}, {named}"
            layers[-1] = DenseLayer(last.name, last.kernel, last.bias, both, outputs)
    for layer in layers:
        if not set(layer.activation.split(", ")) <= EACH:
            return f"layer {layer.name!r} has an activation of a whole row ({layer.activation})"
    last = layers[-1]
    layers[-1] = DenseLayer(
        last.name,
        last.kernel[:, [output]],
        last.bias[[output]],
        last.activation,
        last.outputs[:, [output]],
    )
    return DenseNetwork(tuple(columns[at] for at in mixing.owners.ravel().tolist()), given, tuple(layers))


def _layer(dense: Any, outputs: NDArray[np.float64]) -> DenseLayer:
    kernel = np.asarray(dense.kernel, dtype=np.float64)
    bias = np.asarray(dense.bias, dtype=np.float64) if dense.use_bias else np.zeros(kernel.shape[1])
    return DenseLayer(dense.name, kernel, bias, getattr(dense.activation, "__name__", "linear"), outputs)


def _named(operation: Any) -> str:
    if isinstance(operation, keras.layers.Activation):
        return str(getattr(operation.activation, "__name__", type(operation.activation).__name__))
    return {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu"}[type(operation).__name__]
