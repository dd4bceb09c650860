"""Takes a Keras model apart: where its strings become numbers, and where its columns first mix.

Two cuts are looked for, both by reading the graph:

- the *trunk* starts at the first tensors that hold no string. What lies before (StringLookup,
  Hashing, TextVectorization) is run once for each row, when it is encoded;
- the *first mixing layer* is the Dense layer through which everything flows and before which every
  number belongs to one column alone. Its input is a sum over columns, so a mix of two rows is a
  sum of two parts that are known beforehand.

Source: for the second cut, linearity: ``W x = sum_j W_j x_j``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ELEMENTWISE = (
    keras.layers.Activation,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
    keras.layers.Normalization,
    keras.layers.ReLU,
    keras.layers.Rescaling,
)

_MIXES = {"softmax", "log_softmax", "sparsemax", "glu"}  # activations of a whole row

EACH = {  # activations of single numbers
    *("linear", "relu", "relu6", "elu", "selu", "gelu", "silu", "mish", "tanh", "sigmoid", "hard_sigmoid"),
    *("softplus", "softsign", "exponential", "leaky_relu", "log_sigmoid"),
}


@dataclass(frozen=True)
class Step:
    """One operation of the graph, with the ids of the tensors that it reads and writes."""

    operation: Any
    arguments: Any
    reads: tuple[int, ...]
    outputs: tuple[Any, ...]


@dataclass(frozen=True)
class Graph:
    """A functional graph as a list of steps, in an order in which they can be run."""

    inputs: tuple[Any, ...]  # KerasTensors
    output: Any
    steps: tuple[Step, ...]

    def run(self, values: Mapping[int, Any], wanted: Sequence[Any]) -> list[Any]:
        """Return the values of the tensors ``wanted``, given those of some others by their id.

        Only the steps on the way are run. A tensor that is given is not computed again.
        """
        known = dict(values)
        for step in self.needed(set(known), wanted):
            arguments, keywords = step.arguments.fill_in(known)
            results = keras.tree.flatten(step.operation(*arguments, **keywords))
            known.update({id(place): result for place, result in zip(step.outputs, results, strict=True)})
        return [known[id(tensor)] for tensor in wanted]

    def needed(self, given: set[int], wanted: Sequence[Any]) -> list[Step]:
        """Return the steps that lead from the tensors given to those wanted, in order."""
        missing = {id(tensor) for tensor in wanted} - given
        steps: list[Step] = []
        for step in reversed(self.steps):
            if missing & {id(place) for place in step.outputs}:
                steps.append(step)
                missing -= {id(place) for place in step.outputs}
                missing |= set(step.reads) - given
        return steps[::-1]


def graph_of(model: Any, output: Any) -> Graph:
    """Return the graph of a Sequential or functional model that leads to one of its outputs."""
    functional = keras.Function(model.inputs, output)
    steps = []
    for depth in sorted(functional._nodes_by_depth, reverse=True):
        for node in functional._nodes_by_depth[depth]:
            if not node.is_input:
                reads = tuple(id(tensor) for tensor in node.input_tensors)
                steps.append(Step(node.operation, node.arguments, reads, tuple(node.outputs)))
    return Graph(tuple(model.inputs), output, tuple(steps))


def trunk_inputs(graph: Graph) -> tuple[tuple[Any, Any], ...]:
    """Return where the trunk starts: pairs (tensor, the model input that alone it comes from).

    A numeric input starts there itself. For a string input these are the first tensors made of
    it that hold no string.

    Raises
    ------
    ValueError
        Where strings of several inputs are combined before they become numbers.
    """
    origin: dict[int, Any] = {id(tensor): tensor for tensor in graph.inputs if tensor.dtype == "string"}
    starts: list[tuple[Any, Any]] = [(t, t) for t in graph.inputs if t.dtype != "string"]
    for step in graph.steps:
        sources = {id(origin[read]): origin[read] for read in step.reads if read in origin}
        if not sources:
            continue
        if len(sources) > 1 or any(read not in origin for read in step.reads):
            raise ValueError(f"layer {step.operation.name!r} combines text columns before they are looked up")
        (source,) = sources.values()
        for place in step.outputs:
            if place.dtype == "string":
                origin[id(place)] = source
            else:
                starts.append((place, source))
    return tuple(starts)


@dataclass(frozen=True)
class Mixing:
    """The first mixing layer: what it reads, which column owns each number of it, what it writes."""

    dense: Any
    read: Any
    write: Any
    owners: NDArray[np.int64]  # int[inputs of the layer], position of a column


def first_mixing(graph: Graph, starts: Sequence[tuple[Any, NDArray[np.int64]]]) -> Mixing | None:
    """Return the Dense layer where columns first mix, or None where the graph has no such place.

    Parameters
    ----------
    starts : pairs (tensor, owner of each of its numbers, one row)
    """
    owners: dict[int, NDArray[np.int64]] = {id(tensor): owner for tensor, owner in starts}
    given = set(owners)
    for step in graph.needed(given, [graph.output]):
        known = [owners.get(read) for read in step.reads]
        if any(one is None for one in known):
            continue
        parts = [one for one in known if one is not None]
        passed = _owners_after(step, parts)
        if passed is not None:
            owners[id(step.outputs[0])] = passed
        elif isinstance(step.operation, keras.layers.Dense) and parts[0].ndim == 1:
            # Everything must flow through this layer: behind it nothing may read what lies before.
            write = step.outputs[0]
            if _is_cut(graph, write):
                read = next(t for t in _tensors(graph, starts) if id(t) == step.reads[0])
                return Mixing(step.operation, read, write, parts[0])
            return None
        else:
            return None
    return None


def _owners_after(step: Step, parts: list[NDArray[np.int64]]) -> NDArray[np.int64] | None:
    """Return who owns each number that a step writes; None where it mixes columns."""
    if len(step.outputs) != 1 or any(size is None for size in step.outputs[0].shape[1:]):
        return None
    shape = tuple(step.outputs[0].shape[1:])
    distinct = np.unique(np.concatenate([part.ravel() for part in parts]))
    if len(distinct) == 1:
        return np.full(shape, distinct[0], dtype=np.int64)
    operation = step.operation
    if isinstance(operation, keras.layers.Concatenate):
        return np.concatenate(parts, axis=operation.axis - 1 if operation.axis > 0 else operation.axis)
    if isinstance(operation, keras.layers.Embedding) and parts[0].shape == shape[:-1]:
        return np.repeat(parts[0][..., None], shape[-1], axis=-1)
    if isinstance(operation, (keras.layers.Flatten, keras.layers.Reshape)):
        return parts[0].reshape(shape)
    if isinstance(operation, _ELEMENTWISE) and len(parts) == 1 and parts[0].shape == shape:
        mixes = isinstance(operation, keras.layers.Activation) and operation.activation.__name__ in _MIXES
        return None if mixes else parts[0]
    return None


def _is_cut(graph: Graph, place: Any) -> bool:
    """Return whether nothing behind ``place`` reads what lies before it."""
    behind = graph.needed({id(place)}, [graph.output])
    made = {id(place)} | {id(written) for step in behind for written in step.outputs}
    return all(read in made for step in behind for read in step.reads)


def _tensors(graph: Graph, starts: Sequence[tuple[Any, Any]]) -> list[Any]:
    return [tensor for tensor, _ in starts] + [place for step in graph.steps for place in step.outputs]


def tail_of(graph: Graph, mixing: Mixing) -> Callable[[Any], Any]:
    """Return the function from the sum inside the first mixing layer to the model's output."""

    def tail(summed: Any) -> Any:
        activated = summed if mixing.dense.activation is None else mixing.dense.activation(summed)
        return graph.run({id(mixing.write): activated}, [graph.output])[0]

    return tail


@dataclass(frozen=True)
class Link:
    """A Dense layer (None: none) and the activation behind it (None: linear)."""

    dense: Any
    activation: Callable[[Any], Any] | None


def chain_of(graph: Graph, mixing: Mixing) -> tuple[Link, ...] | None:
    """Return what follows the first mixing layer, where it is nothing but Dense layers in a row.

    The first link is the activation of the mixing layer itself. None where something else follows,
    or an activation that is not taken number by number.
    """
    first = _each_by_itself(mixing.dense.activation)
    if first is None:
        return None
    links = [Link(None, first)]
    place = mixing.write
    for step in graph.needed({id(place)}, [graph.output]):
        operation = step.operation
        if step.reads != (id(place),) or len(step.outputs) != 1 or len(step.outputs[0].shape) != 2:
            return None
        if isinstance(operation, keras.layers.Dense) and operation.compute_dtype == "float32":
            activation = _each_by_itself(operation.activation)
            links.append(Link(operation, activation))
        elif isinstance(operation, keras.layers.Activation):
            activation = _each_by_itself(operation.activation)
            links.append(Link(None, activation))
        elif isinstance(operation, (keras.layers.Dropout, keras.layers.Identity)):
            activation = keras.activations.linear
        else:
            return None
        if activation is None:
            return None
        place = step.outputs[0]
    return tuple(links)


def _each_by_itself(activation: Any) -> Callable[[Any], Any] | None:
    found = keras.activations.linear if activation is None else activation
    known: Callable[[Any], Any] | None = found if getattr(found, "__name__", "") in EACH else None
    return known
