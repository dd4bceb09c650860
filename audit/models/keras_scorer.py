"""Scores rows with a Keras model: strings become numbers once, the rest is one compiled function.

``encode`` runs the look-ups; ``score_encoded`` runs the trunk behind them, compiled by XLA on
batches of one fixed size. A row's score is the same bits alone and among others, which is what a
replay demands; ``model.predict`` would give neither that nor the speed.

Why so, the trial: the trunk is cut out of the graph by reading it. On the first rows that come, cut
and whole model are compared; where they differ, or where text is mixed before it is looked up, the
whole model is called and ``notes`` says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from audit.errors import ModelError, UsageError
from audit.models import checked_scores
from audit.models.codebook import CodeBook, as_asked
from audit.models.dense import DenseNetwork
from audit.models.keras_batches import BATCH, Batches
from audit.models.keras_dense import dense_network
from audit.models.keras_ends import (
    check_places,
    check_width,
    embeddings_of,
    inputs_by_name,
    layers_of,
    output_of,
    size_of,
)
from audit.models.keras_gradients import INSTEAD, Gradients
from audit.models.keras_graph import graph_of, trunk_inputs
from audit.models.keras_mixing import Mixer
from audit.models.keras_walk import Walker, walker_of
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TRIAL_ROWS = 32
_TRIAL_TOLERANCE = 1e-5  # two float32 ways through one network differ by about 1e-7


class KerasScorer:
    """A Keras model as a scorer.

    Attributes
    ----------
    notes : list of str
        What was not done the fast way, and why.
    """

    def __init__(
        self,
        model: Any,
        *,
        name: str,
        digest: str,
        output: int | str = 0,
        features: Sequence[str] = (),
        trust: Trust | None = None,
    ) -> None:
        self._model, self._name, self._digest, self._trust = model, name, digest, trust
        self.notes: list[str] = []
        self._inputs = inputs_by_name(model, name)
        self._by_name = len(self._inputs) > 1 or isinstance(getattr(model, "_inputs_struct", None), dict)
        self._tensor, self._column_of_output, self._output_name = output_of(model, output, name)
        self._graph = graph_of(model, self._tensor)
        self._embeddings = embeddings_of(self._graph)
        self.columns: tuple[str, ...] = tuple(self._inputs) if self._by_name else tuple(features)
        self._check_inputs()
        self._starts: dict[str, list[Any]] = {}
        self._book: CodeBook | None = None  # set where the whole model is called on its strings
        self._tried = False
        self._mixer: Mixer | None = None
        self._gradients: Gradients | None = None
        self._place_starts()
        self._batches = Batches(self._trunk, self._dtype, self.notes.append)

    # --- columns and codes -------------------------------------------------------------------

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        """Start and stop of each column in the encoded matrix."""
        if self._book is not None:
            return self._book.spans
        spans: dict[str, tuple[int, int]] = {}
        at = 0
        for column in self.columns:
            width = sum(size_of(start) for start in self._starts[column]) if self._by_name else 1
            spans[column] = (at, at + width)
            at += width
        return spans

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Return float32[n, width] (float64 where an input is an integer or double)."""
        if not self.columns:
            self.columns = tuple(rows)
            self._check_inputs()
        absent = [column for column in self.columns if column not in rows]
        if absent:
            raise ModelError(
                f"model {self._name}: it reads the column {absent[0]!r}, which the rows do not have "
                f"({', '.join(list(rows)[:12])}). Add it to data.features"
            )
        values = {column: self._typed(column, np.asarray(rows[column])) for column in self.columns}
        encoded = self._encoded(values)
        if self._book is None and len(encoded):
            self._check_places(encoded)
            if not self._tried:
                self._try(values)
        return encoded if self._book is None else self._encoded(values)

    def _check_places(self, encoded: NDArray[Any]) -> None:
        """Refuse what an Embedding has no place for."""
        if self._embeddings:
            found = self._graph.run(self._split(tf.constant(encoded)), [t for t, _ in self._embeddings])
            check_places(self._name, self._embeddings, found)

    def _encoded(self, values: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        if self._book is not None:
            return self._book.encode(values)
        if not self._by_name:
            return np.stack([values[c] for c in self.columns], axis=1).astype(self._dtype)
        parts = [self._codes(column, values[column]) for column in self.columns]
        return np.concatenate(parts, axis=1).astype(self._dtype)

    def _codes(self, column: str, values: NDArray[Any]) -> NDArray[Any]:
        if self._inputs[column].dtype != "string":
            return values[:, None]
        # Text is looked up once a distinct word.
        words, places = np.unique(values.astype(str), return_inverse=True)
        fed = self._fed(column, tf.constant(words, shape=(len(words),)))
        found = self._graph.run({id(self._inputs[column]): fed}, self._starts[column])
        sizes = [size_of(start) for start in self._starts[column]]
        flat = [np.asarray(one).reshape(len(words), n) for one, n in zip(found, sizes, strict=True)]
        codes: NDArray[Any] = np.concatenate(flat, axis=1)[places.ravel()]
        return codes

    def _typed(self, column: str, values: NDArray[Any]) -> NDArray[Any]:
        tensor = self._inputs[column] if self._by_name else next(iter(self._inputs.values()))
        wants_text = tensor.dtype == "string"
        whole = "int" in tensor.dtype
        asked = as_asked(self._name, column, values, text=wants_text, whole=whole)
        if wants_text:
            return np.array(["" if v is None else str(v) for v in asked.tolist()], dtype=object)
        return asked.astype(np.float64)

    def _fed(self, column: str, values: Any) -> Any:
        tensor = self._inputs[column]
        shaped = values[:, None] if len(tensor.shape) == 2 else values
        return shaped if tensor.dtype == "string" else tf.cast(shaped, tensor.dtype)

    # --- scores ------------------------------------------------------------------------------

    def score(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]; the same bits for a row alone and among others."""
        n = len(encoded)
        if self._book is not None:
            return checked_scores(self._whole(self._book.decode(encoded)), n)
        return checked_scores(self._batches(encoded), n)

    def _trunk(self, encoded: Any) -> Any:
        """Return the score of each encoded row; the part that is compiled."""
        return self._chosen(self._graph.run(self._split(encoded), [self._tensor])[0])

    def _split(self, encoded: Any) -> dict[int, Any]:
        """Return the tensors that the trunk starts from, by their id."""
        if not self._by_name:
            (tensor,) = self._inputs.values()
            return {id(tensor): tf.cast(encoded, tensor.dtype)}
        given, at = {}, 0
        for column in self.columns:
            for start in self._starts[column]:
                size = size_of(start)
                part = tf.reshape(encoded[:, at : at + size], (-1, *start.shape[1:]))
                given[id(start)] = tf.cast(part, start.dtype)
                at += size
        return given

    def _chosen(self, output: Any) -> Any:
        scores = tf.reshape(output, (tf.shape(output)[0], -1))
        return tf.cast(scores[:, self._column_of_output], tf.float64)

    def _whole(self, values: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Score by the model as it stands, in batches, without taking it apart."""
        n = len(next(iter(values.values())))
        scores = []
        for start in range(0, n, BATCH):
            part = {column: array[start : start + BATCH] for column, array in values.items()}
            if self._by_name:
                fed: Any = {c: self._fed(c, tf.constant(v.tolist())) for c, v in part.items()}
            else:
                (tensor,) = self._inputs.values()
                fed = tf.constant(np.stack([part[c] for c in self.columns], axis=1), dtype=tensor.dtype)
            given = [fed[column] for column in self._inputs] if self._by_name else [fed]
            ids = {id(tensor): value for tensor, value in zip(self._inputs.values(), given, strict=True)}
            scores.append(np.asarray(self._chosen(self._graph.run(ids, [self._tensor])[0])))
        return np.concatenate(scores) if scores else np.empty(0)

    # --- mixes of rows, for explainers ---------------------------------------------------------

    @property
    def mixes(self) -> bool:
        """Whether ``mixed`` and ``mixed_mean`` can be used: the trunk stands apart from its strings."""
        return self._book is None

    def mixed_mean(
        self, rows: NDArray[Any], reference: NDArray[Any], masks: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, m]: the mean score over the reference, of the row where mask m is set."""
        return self._mixing(reference).mean(rows, reference, masks)

    def mixed_means_of_all(
        self, rows: NDArray[Any], reference: NDArray[Any], owned: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, 2^k]: ``mixed_mean`` of each coalition of players bool[k, width]."""
        return self._mixing(reference).means_of_all(rows, reference, owned)

    def mixed(
        self,
        rows: NDArray[Any],
        reference: NDArray[Any],
        masks: NDArray[np.bool_],
        background: NDArray[np.integer[Any]],
    ) -> NDArray[np.float64]:
        """Return float64[n, e]: the score of the row where mask e is set, else of ``background[e]``."""
        return self._mixing(reference).each(rows, reference, masks, background)

    def walker(self, reference: NDArray[Any], owned: NDArray[np.bool_]) -> Walker | None:
        """Return the fastest ways through all mixes, where the model has them; see ``keras_walk``."""
        return walker_of(self._mixing(reference), self._column_of_output, reference, owned, self.notes)

    def _owned_starts(self) -> list[tuple[Any, NDArray[np.int64]]]:
        """Return where the trunk starts, with the position of the column that owns each number."""
        if not self._by_name:
            (tensor,) = self._inputs.values()
            return [(tensor, np.arange(len(self.columns)))]
        return [
            (start, np.full(start.shape[1:], place))
            for place, column in enumerate(self.columns)
            for start in self._starts[column]
        ]

    def dense(self, encoded: NDArray[Any]) -> DenseNetwork | str:
        """Return the model as dense layers, with what their units gave for some rows; or why it is none."""
        if self._book is not None:
            return "its text is mixed before it becomes numbers, so its layers cannot be told apart"
        given = self._split(np.asarray(encoded, dtype=self._dtype))
        return dense_network(self._graph, self._owned_starts(), self.columns, given, self._column_of_output)

    def _mixing(self, reference: NDArray[Any]) -> Mixer:
        if self._mixer is None:
            spans = self.spans
            owners = np.repeat(np.arange(len(spans)), [stop - start for start, stop in spans.values()])
            self._mixer = Mixer(
                graph=self._graph,
                starts=self._owned_starts(),
                owners=owners,
                split=self._split,
                trunk=self._trunk,
                chosen=self._chosen,
                dtype=self._dtype,
                jit=self._batches.jit,
            )
            cause = self._mixer.try_on(reference[:_TRIAL_ROWS], _TRIAL_TOLERANCE)
            if cause:
                self.notes.append(cause)
        return self._mixer

    # --- gradients, for explainers ---------------------------------------------------------------

    def gradients(self, encoded: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return scores float64[n] and their gradients float64[n, width]; see ``Gradients``."""
        return self._sloped()(encoded)

    def gathered(
        self,
        rows: NDArray[Any],
        starts: NDArray[Any],
        places: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return float64[n, width]: gradients gathered on straight ways; see ``Gradients.gathered``."""
        return self._sloped().gathered(rows, starts, places, weights)

    def _sloped(self) -> Gradients:
        self._refuse_whole()
        if self._gradients is None:
            self._gradients = Gradients(
                graph=self._graph,
                starts=self._trunk_starts(),
                spans=self.spans,
                split=self._split,
                trunk=self._trunk,
                dtype=self._dtype,
                jit=self._batches.jit,
            )
        return self._gradients

    def trunk_tensors(self) -> tuple[list[Any], Any, int]:
        """Return the Keras tensors that the trunk starts from, its output, and the score's place in that."""
        self._refuse_whole()
        return [tensor for tensor, _ in self._trunk_starts()], self._tensor, self._column_of_output

    def trunk_parts(self, encoded: NDArray[Any]) -> list[NDArray[Any]]:
        """Return encoded rows as one array for each of the tensors that the trunk starts from."""
        return [np.asarray(part) for part in self._split(tf.constant(encoded.astype(self._dtype))).values()]

    def _trunk_starts(self) -> list[tuple[Any, str | None]]:
        if not self._by_name:
            return [(tensor, None) for tensor in self._inputs.values()]
        return [(start, column) for column in self.columns for start in self._starts[column]]

    def _refuse_whole(self) -> None:
        if self._book is not None:
            text = next((c for c in self.columns if self._by_name and self._inputs[c].dtype == "string"), "")
            raise UsageError(
                f"explain: the column {text!r} has no gradient: the model is called on its text. {INSTEAD}"
            )

    # --- opening -----------------------------------------------------------------------------

    def _check_inputs(self) -> None:
        if self.columns and not self._by_name:
            (tensor,) = self._inputs.values()
            check_width(self._name, tensor, len(self.columns))

    def _place_starts(self) -> None:
        for column in self._inputs:
            self._starts[column] = []
        try:
            names = {id(tensor): column for column, tensor in self._inputs.items()}
            for start, source in trunk_inputs(self._graph):
                if (
                    None in start.shape[1:]
                    or getattr(start, "sparse", False)
                    or getattr(start, "ragged", False)
                ):
                    raise ValueError(f"the tensor behind {names[id(source)]!r} has no fixed size")
                self._starts[names[id(source)]].append(start)
        except ValueError as cause:
            self._call_whole(str(cause))
        exact = all(
            start.dtype != "float64" and not (start is self._inputs[column] and "int" in start.dtype)
            for column, starts in self._starts.items()
            for start in starts
        )
        self._dtype = np.dtype(np.float32 if exact else np.float64)

    def _try(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Compare the trunk with the whole model on the first rows; fall back where they differ."""
        self._tried = True
        if self._book is not None:
            return
        first = {column: array[:_TRIAL_ROWS] for column, array in values.items()}
        whole = self._whole(first)
        trunk = np.asarray(self._trunk(self._encoded(first)))
        if not np.allclose(whole, trunk, rtol=0.0, atol=_TRIAL_TOLERANCE, equal_nan=True):
            worst = float(np.nanmax(np.abs(whole - trunk)))
            self._call_whole(f"cut behind its look-ups it gives other scores (by up to {worst:.3g})")

    def _call_whole(self, cause: str) -> None:
        self.notes.append(f"the whole model is called on its text: {cause}")
        self._book = CodeBook(self.columns)

    def describe(self) -> Model:
        """Return what is kept of the model."""
        return Model(
            digest=self._digest,
            name=self._name,
            framework="keras",
            version=self._digest[:16],
            inputs=self.columns,
            output=self._output_name,
            n_parameters=int(self._model.count_params()),
            layers=layers_of(self._model),
            trust=self._trust,
        )
