"""TensorFlow SavedModels: a folder with ``saved_model.pb``, which is a program and needs trust.

The endpoint is ``serving_default`` (or ``serve``, or the only one there is). It scores and no more:
a SavedModel hands out no gradients, so methods that need them are ``not_measured``. Inputs and outputs
are counted in the order of their names: the file keeps no other.

Why so, trust for each: a graph may read and write files by ordinary operations, and TensorFlow's
own policy is that models are programs. The digest is of every file in the folder, by name and
content in sorted order; a link among them is refused, since what it leads to may change.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.models import check_digest, checked_scores
from audit.models.codebook import CodeBook, as_asked
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 4096  # rows of one call; shorter batches are filled up
GRAPH = "saved_model.pb"
_ENDPOINTS = ("serving_default", "serve")


def open_saved_model(
    target: Path,
    *,
    trust: Trust | None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> SavedModelScorer:
    """Open a folder; see ``audit.models.open_model``, which refuses it without trust."""
    if trust is None:
        raise ModelError(f"model {target.name}: a SavedModel needs trust. State model.trust.")
    digest = digest_of_folder(target)
    if sha256 is not None:
        check_digest(target.name, digest, sha256)
    from audit.models.keras import import_keras_quietly

    import_keras_quietly()
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(target))
    except Exception as error:
        # Whatever a damaged or foreign folder makes TensorFlow raise, it is the model owner's move.
        raise ModelError(
            f"model {target.name}: TensorFlow cannot load it ({type(error).__name__}). "
            "Export it again with the version installed here."
        ) from None
    return SavedModelScorer(
        loaded, name=target.name, digest=digest, output=output, features=features, trust=trust
    )


def digest_of_folder(folder: Path) -> str:
    """Return the SHA-256 over every file of a folder: its path and its content, in sorted order.

    Raises
    ------
    ModelError
        Where the folder holds a link, or something that is no file.
    """
    whole = hashlib.sha256()
    found: dict[str, Path] = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place) / name
            told = path.relative_to(folder).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise ModelError(
                    f"model {folder.name}: {told!r} in it is a link or no plain file. "
                    "Copy the folder with what its links lead to."
                )
            if path.is_file():
                found[told] = path
    for told in sorted(found):
        with found[told].open("rb") as handle:
            content = hashlib.file_digest(handle, "sha256").digest()
        name_bytes = told.encode()
        whole.update(len(name_bytes).to_bytes(8, "big") + name_bytes + content)
    return whole.hexdigest()


class SavedModelScorer:
    """Scores rows by an endpoint of a loaded SavedModel."""

    def __init__(
        self,
        loaded: Any,
        *,
        name: str,
        digest: str,
        output: int | str = 0,
        features: Sequence[str] = (),
        trust: Trust | None = None,
    ) -> None:
        self._loaded = loaded  # its variables live only as long as it is held
        self._name, self._digest, self._trust = name, digest, trust
        self._call, self._endpoint = _endpoint(loaded, name)
        self._inputs = dict(sorted(self._call.structured_input_signature[1].items()))
        self._check_inputs()
        self._by_name = len(self._inputs) > 1
        self._book = CodeBook(tuple(self._inputs) if self._by_name else tuple(features))
        self._check_width()
        self._key, self._at, self._said = _output(self._call.structured_outputs, output, name)
        fixed = [spec.shape[0] for spec in self._inputs.values() if spec.shape[0]]
        self._batch = int(min(fixed)) if fixed else BATCH

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
        typed = {c: self._typed(c, np.asarray(rows[c])) for c in known if c in rows}
        encoded = self._book.encode(typed)
        self._check_width()
        return encoded

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]; the same bits for a row alone and among others."""
        n = len(encoded)
        scores = np.empty(n, dtype=np.float64)
        for start in range(0, n, self._batch):
            part = encoded[start : start + self._batch]
            filled = np.concatenate([part, np.repeat(part[-1:], self._batch - len(part), axis=0)])
            scores[start : start + len(part)] = checked_scores(self._run(filled), self._batch)[: len(part)]
        return scores

    def score(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))

    def describe(self) -> Model:
        """Return what is kept of the model; of its layers only the endpoint is known."""
        variables = getattr(self._loaded, "variables", ()) or self._call.variables
        return Model(
            digest=self._digest,
            name=self._name,
            framework="saved_model",
            version=self._digest[:16],
            inputs=self.columns,
            output=self._said,
            n_parameters=int(sum(np.prod(one.shape, dtype=np.int64) for one in variables)),
            layers=({"name": self._endpoint, "kind": "SavedModel", "units": None},),
            trust=self._trust,
        )

    def _run(self, encoded: NDArray[Any]) -> NDArray[Any]:
        import tensorflow as tf

        columns = self._book.decode(encoded)
        if not self._by_name:
            (key,) = self._inputs
            columns = {key: np.stack(list(columns.values()), axis=1)}
        fed = {}
        for key, spec in self._inputs.items():
            values = columns[key]
            typed = (
                values.astype(str) if spec.dtype == tf.string else values.astype(spec.dtype.as_numpy_dtype)
            )
            fed[key] = tf.constant(typed.reshape(len(encoded), *([] if len(spec.shape) == 1 else [-1])))
        try:
            found = self._call(**fed)[self._key]
        except tf.errors.OpError as error:
            # The error's own words may quote a person's value: only its kind is told.
            raise ModelError(
                f"model {self._name}: TensorFlow refused the rows ({type(error).__name__}). "
                "Give it the columns, types and values that it was made for."
            ) from None
        return np.asarray(found).reshape(len(encoded), -1)[:, self._at]

    def _typed(self, column: str, values: NDArray[Any]) -> NDArray[Any]:
        spec = self._inputs.get(column, next(iter(self._inputs.values())))
        whole = spec.dtype.is_integer or spec.dtype.is_bool
        return as_asked(self._name, column, values, text=spec.dtype.name == "string", whole=whole)

    def _check_inputs(self) -> None:
        several = len(self._inputs) > 1
        for key, spec in self._inputs.items():
            shape = spec.shape
            if shape.rank not in (1, 2) or (several and shape.rank == 2 and shape[1] not in (1, None)):
                raise ModelError(
                    f"model {self._name}: its input {key!r} has the shape {shape}, which is no column. "
                    "Give the model one input a column, or one matrix of all columns."
                )
        if not self._inputs:
            raise ModelError(f"model {self._name}: {self._endpoint} takes no input. Export what scores.")

    def _check_width(self) -> None:
        (first, *others) = self._inputs.values()
        width = 1 if first.shape.rank == 1 else first.shape[1]
        if others or not self.columns or width in (None, len(self.columns)):
            return
        raise ModelError(
            f"model {self._name}: it takes {width} columns, and data.features names {len(self.columns)}. "
            "Name the columns in the order in which the model was trained."
        )


def _endpoint(loaded: Any, name: str) -> tuple[Any, str]:
    """Return the function that scores, and its name."""
    signatures = dict(getattr(loaded, "signatures", {}))
    for key in (*_ENDPOINTS, *(signatures if len(signatures) == 1 else ())):
        if key in signatures:
            return signatures[key], key
    known = ", ".join(signatures) or "none"
    raise ModelError(
        f"model {name}: it has no endpoint serving_default or serve (endpoints: {known}). "
        "Export it with model.export, or with a signature of that name."
    )


def _output(outputs: Mapping[str, Any], output: int | str, name: str) -> tuple[str, int, str]:
    """Return the key of the output that is the score, the place in it, and its name."""
    names = sorted(outputs)
    if len(names) == 1 and isinstance(output, int):
        width = _width(outputs[names[0]].shape)
        if not 0 <= output < width:
            raise ModelError(
                f"model {name}: it has no output {output} (it gives {width} a row). Correct model.output."
            )
        return names[0], output, names[0] if width == 1 else f"{names[0]}[{output}]"
    key = (
        output
        if output in names
        else names[output]
        if isinstance(output, int) and 0 <= output < len(names)
        else ""
    )
    if key not in names:
        raise ModelError(
            f"model {name}: it has no output {output!r} (outputs: {', '.join(names)}). Correct model.output."
        )
    if _width(outputs[key].shape) != 1:
        raise ModelError(
            f"model {name}: its output {key!r} gives {_width(outputs[key].shape)} numbers a row. "
            "Choose an output with one score."
        )
    return str(key), 0, str(key)


def _width(shape: Any) -> int:
    return int(np.prod([size or 1 for size in shape[1:]], dtype=np.int64))
