"""ONNX models: ``.onnx`` files, run by onnxruntime on the processor.

One input takes all columns as one matrix, in the order of the config's features; several inputs are
one column each, by name. What the file carries is looked at first (``onnx_file``), and the session
is made of what was looked at.

Why so, fixed batches: libraries of matrices add in another order for one row than for many. Every
call has the same number of rows, so a row has the same bits alone and among others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.models import check_digest, checked_scores
from audit.models.codebook import CodeBook, as_asked
from audit.models.onnx_ends import TEXT, Input, inputs_of, output_of
from audit.models.onnx_file import check_operators, digest, external_files, read_model, take_in
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 1024  # rows of one call; shorter batches are filled up


def open_onnx(
    target: Path,
    *,
    trust: Trust | None = None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> ONNXScorer:
    """Open an ``.onnx`` file; see ``audit.models.open_model``."""
    content = target.read_bytes()
    model = read_model(content, target.name)
    check_operators(model, target.name)
    found = digest(content, take_in(model, external_files(model, target), target.name))
    if sha256 is not None:
        check_digest(target.name, found, sha256)
    session = _session(model, target.name)
    return ONNXScorer(
        session, model, name=target.name, digest=found, output=output, features=features, trust=trust
    )


def _session(model: Any, name: str) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise ModelError(
            f"model {name}: running .onnx needs the package onnxruntime. Install plainspoken[boosting]."
        ) from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is raised; its lines would go to the terminal
    # A file can be read as ONNX and as onnxruntime's own format: it is what it was looked at as.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its classes are of its compiled part, and have no common one
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"model {name}: onnxruntime cannot run it ({first[0][:200]}). "
            "Export it for the version installed here."
        ) from None


class ONNXScorer:
    """Scores rows by a session."""

    def __init__(
        self,
        session: Any,
        model: Any,
        *,
        name: str,
        digest: str,
        output: int | str = 0,
        features: Sequence[str] = (),
        trust: Trust | None = None,
    ) -> None:
        self._session, self._name, self._digest, self._trust = session, name, digest, trust
        self._inputs = inputs_of(session, name)
        self._output = output_of(session, model, output, name)
        self._layers = tuple(
            {"name": node.name, "kind": node.op_type, "units": None} for node in model.graph.node
        )
        self._n_parameters = int(
            sum(np.prod(tensor.dims, dtype=np.int64) for tensor in model.graph.initializer)
        )
        self._by_name = len(self._inputs) > 1
        own = tuple(one.name for one in self._inputs) if self._by_name else tuple(features)
        self._book = CodeBook(own)
        self._check_width()
        fixed = {one.rows for one in self._inputs if one.rows}
        self._batch = min(fixed) if fixed else BATCH

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads: its inputs, or the features in the order of the config."""
        return self._book.columns

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        """Start and stop of each column in the encoded matrix."""
        return self._book.spans

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n, columns]; words become codes of this process."""
        known = self.columns or tuple(rows)
        typed = {column: self._typed(column, np.asarray(rows[column])) for column in known if column in rows}
        encoded = self._book.encode(typed if self.columns else {c: typed[c] for c in known})
        self._check_width()
        return encoded

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]; the same bits for a row alone and among others."""
        n = len(encoded)
        scores = np.empty(n, dtype=np.float64)
        for start in range(0, n, self._batch):
            part = encoded[start : start + self._batch]
            # The last row again, and no row of zeros: a model may refuse a zero that no row has.
            filled = np.concatenate([part, np.repeat(part[-1:], self._batch - len(part), axis=0)])
            values = self._run(filled)
            scores[start : start + len(part)] = checked_scores(values, self._batch)[: len(part)]
        return scores

    def score(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))

    def describe(self) -> Model:
        """Return what is kept of the model; its layers are the nodes of its graph."""
        return Model(
            digest=self._digest,
            name=self._name,
            framework="onnx",
            version=self._digest[:16],
            inputs=self.columns,
            output=self._output.said,
            n_parameters=self._n_parameters,
            layers=self._layers,
            trust=self._trust,
        )

    def _run(self, encoded: NDArray[Any]) -> Any:
        columns = self._book.decode(encoded)
        if self._by_name:
            fed = {one.name: one.fed(columns[one.name]) for one in self._inputs}
        else:
            (one,) = self._inputs
            fed = {one.name: one.fed(np.stack(list(columns.values()), axis=1))}
        try:
            (values,) = self._session.run([self._output.name], fed)
            return self._output.take(values)
        except Exception as error:
            # The error's own words may quote a person's value: only its kind is told.
            raise ModelError(
                f"model {self._name}: onnxruntime refused the rows ({type(error).__name__}). "
                "Give it the columns, types and values that it was made for."
            ) from None

    def _input(self, column: str) -> Input:
        return next((one for one in self._inputs if one.name == column), self._inputs[0])

    def _typed(self, column: str, values: NDArray[Any]) -> NDArray[Any]:
        one = self._input(column)
        return as_asked(self._name, column, values, text=one.kind == TEXT, whole=one.whole)

    def _check_width(self) -> None:
        (first, *others) = self._inputs
        if others or not self.columns or first.width in (None, len(self.columns)):
            return
        raise ModelError(
            f"model {self._name}: it takes {first.width} columns, and data.features names "
            f"{len(self.columns)}. Name the columns in the order in which the model was trained."
        )
