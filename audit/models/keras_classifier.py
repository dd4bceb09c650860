"""A Keras model that reads pictures: its scores, their gradient at the pixels, and its last convolution.

Explained is the score of a class before the last softmax or sigmoid. Why so: behind a softmax a
picture that is recognised with certainty has the score 1 and, in float32, the gradient 0 exactly; and
what speaks against all other classes would count as speaking for this one.

Why so, batches of one size: a picture's numbers are then the same bits alone and among others.

Source: for the score before the softmax, Selvaraju and others, arXiv 1610.02391, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from audit.errors import ModelError, UsageError
from audit.models.keras_graph import Graph, graph_of
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXELS = 1 << 20  # numbers of one compiled call at most
BATCH = 64  # pictures of one compiled call at most
_ENDS = ("softmax", "sigmoid")
_TABLE = "Pictures are audited with `kind: images`, a table of columns with `kind: population`"


class KerasClassifier:
    """A Keras model as ``audit.record.Classifier``.

    Attributes
    ----------
    shape : height, width and channels; None where the model takes any
    explained : how the score that is explained is said
    """

    def __init__(self, model: Any, *, name: str, digest: str = "", trust: Trust | None = None) -> None:
        self._model, self._name, self._digest, self._trust = model, name, digest, trust
        self.shape = _picture_shape(model, name)
        self._width = _classes(model, name)
        read, self._end, self.explained, self._ends_in = _before_the_end(model)
        if self._width == 1 and self._ends_in != "sigmoid":
            raise ModelError(
                f"model {name}: its one output is no probability, so it names no class. "
                "End it in a sigmoid, or in one output a class"
            )
        self._read, self._before = read, keras.Model(model.inputs, read)
        self._scored = tf.function(self._scores, autograph=False)
        self._sloped = tf.function(self._gradients, autograph=False)
        self._featured: Callable[[Any, Any], tuple[Any, Any]] | None = None

    def scores(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return float64[n, classes]; of one output its two sides, ``1 - p`` and ``p``."""
        (found,) = self._in_batches(images, None, lambda part, _: (self._scored(part),))
        given = found.astype(np.float64)
        if self._width == 1:
            given = np.concatenate([1.0 - given, given], axis=1)
        bad = int(np.count_nonzero(~np.isfinite(given).all(axis=1)))
        if bad:
            raise ModelError(
                f"model {self._name}: the scores of {bad} of {len(given)} pictures are NaN or infinite. "
                "Correct the model, or take out the pictures that it cannot score"
            )
        return given

    def gradients(
        self, images: NDArray[np.float32], targets: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return the score that is explained, float64[n], and its gradient at the pixels.

        Raises
        ------
        UsageError
            The model passes no gradient to its pixels, or one that is not finite.
        """
        told, slopes = self._in_batches(images, targets, self._sloped)
        if not np.isfinite(slopes).all():
            raise UsageError(f"model {self._name}: its gradient at some pixels is not finite. {_NO_GRADIENT}")
        return told.astype(np.float64), slopes

    def features(
        self, images: NDArray[np.float32], targets: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what the last convolution gives and the gradient of the class score there.

        Raises
        ------
        UsageError
            The model has no convolution, or none that passes a gradient.
        """
        if self._featured is None:
            self._featured = tf.function(self._feature_gradients(), autograph=False)
        given, slopes = self._in_batches(images, targets, self._featured)
        return given, slopes

    def describe(self) -> Model:
        """Return what is kept of the model; its one input says the pictures' size."""
        layers = tuple(
            {"name": one.name, "kind": type(one).__name__, "units": _units(one)}
            for one in self._model.layers
            if not isinstance(one, keras.layers.InputLayer)
        )
        size = " x ".join("any" if one is None else str(one) for one in self.shape)
        classes = 2 if self._width == 1 else self._width
        return Model(
            digest=self._digest,
            name=self._name,
            framework="keras",
            version=self._digest[:16],
            inputs=(f"pictures of {size}",),
            output=f"{classes} classes; explained: {self.explained}",
            n_parameters=int(self._model.count_params()),
            layers=layers,
            trust=self._trust,
        )

    # --- compiled ----------------------------------------------------------------------------

    def _scores(self, images: Any) -> Any:
        return self._model(images, training=False)

    def _chosen(self, given: Any, targets: Any) -> Any:
        if self._width == 1:  # before a sigmoid the two classes are one number and its opposite
            sides = tf.where(targets == 1, 1.0, -1.0)
            return given[:, 0] * tf.cast(sides, given.dtype)
        return tf.gather(given, targets, batch_dims=1)

    def _gradients(self, images: Any, targets: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            told = self._chosen(self._end(self._before(images, training=False)), targets)
        # A picture's score depends on no other picture, so the gradient of their sum is each one's own.
        slopes = tape.gradient(told, images)
        if slopes is None:
            raise UsageError(f"model {self._name}: it passes no gradient to its pixels. {_NO_GRADIENT}")
        return told, slopes

    def _feature_gradients(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        # Run step by step: a model that is called as a whole gives copies of what lies inside of it.
        graph = graph_of(self._model, self._read)
        place = _last_convolution(graph, self._name)
        (start,) = self._model.inputs

        def run(images: Any, targets: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                tape.watch(images)
                given, read = graph.run({id(start): images}, [place, self._read])
                told = self._chosen(self._end(read), targets)
            slopes = tape.gradient(told, given)
            if slopes is None:
                raise UsageError(f"model {self._name}: its last convolution has no gradient. {_NO_GRADIENT}")
            return given, slopes

        return run

    def _in_batches(
        self,
        images: NDArray[np.float32],
        targets: NDArray[np.int64] | None,
        ask: Callable[[Any, Any], Sequence[Any]],
    ) -> list[NDArray[Any]]:
        self._refuse_shape(images)
        size = max(1, min(BATCH, PIXELS // max(1, int(np.prod(images.shape[1:])))))
        found: list[list[NDArray[Any]]] = []
        for start in range(0, len(images), size):
            part = np.zeros((size, *images.shape[1:]), dtype=np.float32)
            n = len(images[start : start + size])
            part[:n] = images[start : start + size]
            classes = np.zeros(size, dtype=np.int64)
            if targets is not None:
                classes[:n] = targets[start : start + size]
            answers = ask(tf.constant(part), tf.constant(classes))
            found.append([np.asarray(one)[:n] for one in answers])
        return [np.concatenate(one) for one in zip(*found, strict=True)]

    def _refuse_shape(self, images: NDArray[np.float32]) -> None:
        given = images.shape[1:]
        if len(given) != 3 or any(
            one is not None and one != mine for one, mine in zip(self.shape, given, strict=True)
        ):
            wanted = " x ".join("any" if one is None else str(one) for one in self.shape)
            raise UsageError(
                f"pictures: they are {' x '.join(map(str, given))} (height x width x channels), and the "
                f"model reads {wanted}. Bring the pictures to the model's size"
            )


_NO_GRADIENT = "Leave out the methods that ask for gradients"


def _units(layer: Any) -> int | None:
    found = getattr(layer, "units", None) or getattr(layer, "filters", None)
    return int(found) if isinstance(found, int) else None


def _picture_shape(model: Any, name: str) -> tuple[int | None, int | None, int]:
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise ModelError(
            f"model {name}: it does not state its inputs (a subclassed or unbuilt model). "
            "Save it as a functional or Sequential model"
        )
    shape = tuple(inputs[0].shape)
    if len(inputs) != 1 or len(shape) != 4:
        what = f"{len(inputs)} inputs" if len(inputs) != 1 else f"an input of the shape {shape}"
        raise ModelError(f"model {name}: it reads no pictures ({what}). {_TABLE}")
    height, width, channels = shape[1:]
    if channels not in (1, 3) or not tf.as_dtype(inputs[0].dtype).is_floating:
        raise ModelError(
            f"model {name}: its input of the shape {shape} and type {inputs[0].dtype} is no picture of one "
            "or three channels. Save it with the channels last, reading floats"
        )
    return height, width, channels


def _classes(model: Any, name: str) -> int:
    shape = tuple(model.outputs[0].shape)
    if len(model.outputs) != 1 or len(shape) != 2 or not shape[1]:
        raise ModelError(
            f"model {name}: it gives {len(model.outputs)} outputs, the first of the shape {shape}, and no "
            "score a class. Give it one output with one number a class"
        )
    return int(shape[1])


def _before_the_end(model: Any) -> tuple[Any, Callable[[Any], Any], str, str]:
    """Return where a last softmax or sigmoid begins.

    Returns
    -------
    The tensor before it, the function from there to the class scores, how these are said, and what
    activation the model ends in (empty: another, or none).
    """
    out = model.outputs[0]
    operation, node = out._keras_history.operation, out._keras_history.node_index
    activation = getattr(getattr(operation, "activation", None), "__name__", "")
    if isinstance(operation, keras.layers.Softmax):
        activation = "softmax"
    told = f"the class score before the {activation}"
    if activation in _ENDS:
        read = operation._inbound_nodes[node].input_tensors[0]
        if isinstance(operation, keras.layers.Dense):
            return read, lambda given: _weighed(operation, given), told, activation
        if isinstance(operation, (keras.layers.Activation, keras.layers.Softmax)):
            return read, lambda given: given, told, activation
    return out, lambda given: given, "the model's output", ""


def _weighed(dense: Any, given: Any) -> Any:
    """Return what a Dense layer gives before its activation."""
    summed = tf.matmul(given, dense.kernel)
    return summed if dense.bias is None else summed + dense.bias


def _last_convolution(graph: Graph, name: str) -> Any:
    """Return the tensor that the last convolution writes; a model inside of the model counts as one."""
    for step in reversed(graph.steps):
        convolves = "Conv" in type(step.operation).__name__ or isinstance(step.operation, keras.Model)
        if convolves and len(step.outputs) == 1 and len(step.outputs[0].shape) == 4:
            return step.outputs[0]
    raise UsageError(f"model {name}: it has no convolution to look at. Leave out grad_cam")
