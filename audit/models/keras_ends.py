"""What goes into a Keras model and what comes out: columns by name, and the output that is a score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError

if TYPE_CHECKING:
    from audit.models.keras_graph import Graph


def size_of(tensor: Any) -> int:
    """Return how many numbers one row has in a tensor."""
    return int(np.prod(tensor.shape[1:], dtype=np.int64))


def inputs_by_name(model: Any, name: str) -> dict[str, Any]:
    """Return the inputs by their name; each is one column, unless there is one input for all.

    Raises
    ------
    ModelError
        Where the model does not state its inputs, or one of several is no column.
    """
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise ModelError(
            f"model {name}: it does not state its inputs (a subclassed or unbuilt model). "
            "Save it as a functional or Sequential model, or wrap it in a python function"
        )
    struct = getattr(model, "_inputs_struct", None)
    named = dict(struct) if isinstance(struct, dict) else {tensor.name: tensor for tensor in inputs}
    for key, tensor in named.items():
        if len(named) == 1 and len(tensor.shape) == 4:
            raise ModelError(
                f"model {name}: it reads pictures, of the shape {tuple(tensor.shape[1:])}, and no columns. "
                "Write audit.kind: images, and name the pictures in data.path"
            )
        if (len(named) > 1 and _width(tensor) != 1) or len(tensor.shape) > 2 or None in tensor.shape[1:]:
            raise ModelError(
                f"model {name}: its input {key!r} has the shape {tuple(tensor.shape)}, which is no column. "
                "Give the model one input a column, or one input for all columns"
            )
    return named


def embeddings_of(graph: Graph) -> tuple[tuple[Any, int], ...]:
    """Return what is looked up in tables: pairs (the tensor of places, how many places there are).

    Tables inside a model that stands as a layer within this one are not seen.
    """
    import keras

    tensors = {id(place): place for step in graph.steps for place in step.outputs}
    tensors |= {id(tensor): tensor for tensor in graph.inputs}
    return tuple(
        (tensors[step.reads[0]], int(step.operation.input_dim))
        for step in graph.steps
        if isinstance(step.operation, keras.layers.Embedding)
    )


def _width(tensor: Any) -> int:
    return 1 if len(tensor.shape) == 1 else int(tensor.shape[1] or 0)


def output_of(model: Any, output: int | str, name: str) -> tuple[Any, int, str]:
    """Return the tensor, the column of it, and the name of the output that is the score.

    Raises
    ------
    ModelError
        Where there is no such output, or it gives several scores a row.
    """
    struct = getattr(model, "_outputs_struct", None)
    tensors = list(model.outputs)
    names = list(struct) if isinstance(struct, dict) else list(getattr(model, "output_names", []))
    if isinstance(struct, dict):
        tensors = [struct[key] for key in names]
    if len(tensors) == 1 and isinstance(output, int):
        width = size_of(tensors[0])
        label = names[0] if names else "output"
        if 0 <= output < width:
            return tensors[0], output, label if width == 1 else f"{label}[{output}]"
        raise ModelError(
            f"model {name}: it has no output {output} (it gives {width} a row). Correct model.output"
        )
    place = names.index(output) if output in names else output
    if not isinstance(place, int) or not 0 <= place < len(tensors):
        raise ModelError(
            f"model {name}: it has no output {output!r} (outputs: {', '.join(names)}). Correct model.output"
        )
    if size_of(tensors[place]) != 1:
        raise ModelError(
            f"model {name}: its output {names[place]!r} gives {size_of(tensors[place])} numbers a row. "
            "Choose an output with one score"
        )
    return tensors[place], 0, names[place]


def check_width(name: str, tensor: Any, n: int) -> None:
    """Refuse a model whose one input takes text, or another number of columns than n.

    Raises
    ------
    ModelError
    """
    if tensor.dtype == "string":
        raise ModelError(f"model {name}: its one input takes text. Give the model one named input a column")
    width = size_of(tensor)
    if width != n:
        raise ModelError(
            f"model {name}: it takes {width} columns, and data.features names {n}. "
            "Name the columns in the order in which the model was trained"
        )


def check_places(name: str, embeddings: Sequence[tuple[Any, int]], found: Sequence[Any]) -> None:
    """Refuse rows with a number that an Embedding has no place for.

    Parameters
    ----------
    embeddings : the tensor that each reads, and how many places it has
    found : what stands in these tensors, a row of each

    Why so: Keras refuses such a number, and XLA takes the last place for it without a word.

    Raises
    ------
    ModelError
    """
    for places, (tensor, n) in zip(found, embeddings, strict=True):
        whole = np.trunc(np.asarray(places, dtype=np.float64)).reshape(len(places), -1)
        outside = ~((whole >= -n) & (whole < n)).all(axis=1)
        if outside.any():
            raise ModelError(
                f"model {name}: {int(outside.sum())} of {len(whole)} rows have a number that its "
                f"Embedding of {n} places, which reads {tensor.name!r}, has no place for. "
                "Correct them, or set these rows aside"
            )


def layers_of(model: Any) -> tuple[dict[str, Any], ...]:
    """Return the name, kind and units of each layer but the inputs, as a report prints them."""
    import keras

    return tuple(
        {"name": layer.name, "kind": type(layer).__name__, "units": getattr(layer, "units", None)}
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    )
