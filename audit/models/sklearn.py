"""Scikit-learn pipelines: ``.skops`` (data alone), or a pickle that somebody answers for.

A pipeline that was fitted on a data frame gets one (polars, which scikit-learn takes since 1.4);
one that was fitted on arrays gets an array in the order of the config's features.

The score is the probability of the second class of a binary classifier, of the class that
``model.output`` names or counts to where there are more, else the decision function or prediction.

Why so: a .skops file is opened with no trusted types but ``numpy.dtype`` and scikit-learn's two classes
of trees. Imputers hold the first, and skops builds it from an empty array without pickle, whatever the
file says; trees hold numbers alone, which are checked before anything follows them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from audit.errors import ModelError
from audit.models import check_digest, checked_scores
from audit.models.codebook import CodeBook
from audit.models.sklearn_trees import TREE_TYPES, check_trees, trees_of
from audit.models.tree_mixer import TreeMixer
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DATA_TYPES = frozenset({"numpy.dtype"}) | TREE_TYPES


def open_skops(
    target: Path,
    *,
    trust: Trust | None = None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> PipelineScorer:
    """Open a ``.skops`` file; see ``audit.models.open_model``."""
    try:
        from skops import io as skops_io
    except ImportError:
        raise ModelError(
            f"model {target.name}: reading .skops needs the package skops. Install plainspoken[sklearn-safe]."
        ) from None
    content = _content(target, sha256)
    try:
        unknown = sorted(set(skops_io.get_untrusted_types(data=content)) - _DATA_TYPES)
    except Exception as error:
        raise _unreadable(target, error) from None
    if unknown:
        raise ModelError(
            f"model {target.name}: it holds types beyond scikit-learn's own ({', '.join(unknown[:5])}), "
            "and these can run code. Save it without them, or as .joblib with trust and sha256."
        )
    try:
        pipeline = skops_io.loads(content, trusted=sorted(_DATA_TYPES))
        check_trees(pipeline)
    except Exception as error:
        raise _unreadable(target, error) from None
    return PipelineScorer(pipeline, target.name, content, output, features, trust)


def open_pickle(
    target: Path,
    *,
    trust: Trust | None,
    sha256: str | None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> PipelineScorer:
    """Open a pickle; only ``audit.models.open_model`` calls it, once trust and digest are stated."""
    if trust is None or sha256 is None:
        raise ModelError(f"model {target.name}: a pickle needs trust and sha256. State both.")
    import joblib

    content = _content(target, sha256)  # what is opened is what was digested
    try:
        pipeline = joblib.load(io.BytesIO(content))
    except Exception as error:
        raise _unreadable(target, error) from None
    return PipelineScorer(pipeline, target.name, content, output, features, trust)


class PipelineScorer:
    """Scores rows by a fitted pipeline or estimator."""

    def __init__(
        self,
        pipeline: Any,
        name: str,
        content: bytes,
        output: int | str = 0,
        features: Sequence[str] = (),
        trust: Trust | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._name = name
        self._digest = hashlib.sha256(content).hexdigest()
        self._trust = trust
        own = getattr(pipeline, "feature_names_in_", None)
        self._takes_frame = own is not None
        columns = tuple(str(column) for column in own) if own is not None else tuple(features)
        n_inputs = getattr(pipeline, "n_features_in_", len(columns))
        if not columns or n_inputs != len(columns):
            raise ModelError(
                f"model {name}: it was fitted on {n_inputs} columns without names, the config names "
                f"{len(columns)} features. Name them in the order of the fit in data.features."
            )
        self._book = CodeBook(columns)
        self._function, self._output, at = _output(pipeline, name, output)
        # Behind other steps the trees' columns are no longer the rows' own.
        steps = getattr(pipeline, "steps", [("model", pipeline)])
        alone = all(step in (None, "passthrough") for _, step in steps[:-1])
        self._mixer = TreeMixer(trees_of(steps[-1][1], at) if alone else None, self.score_encoded)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, in the order of the fit."""
        return self._book.columns

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        """Start and stop of each column in the encoded matrix."""
        return self._book.spans

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n, columns]."""
        encoded = self._book.encode(rows)
        self._mixer.try_on(encoded)
        return encoded

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]."""
        if not len(encoded):
            return np.empty(0, dtype=np.float64)
        columns = self._book.decode(encoded)
        try:
            values = self._function(self._table(columns))
        except Exception as error:
            # The error's own words may quote a person's value: only its kind is told.
            raise ModelError(
                f"model {self._name}: the pipeline refused the rows ({type(error).__name__}). "
                "Give it the columns, types and values that it was fitted on."
            ) from None
        return checked_scores(values, len(encoded))

    def score(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))

    @property
    def mixes(self) -> bool:
        """Whether ``mixed_mean`` goes through its trees, which answer as the library does."""
        return self._mixer.trees is not None

    def mixed_mean(
        self, rows: NDArray[Any], reference: NDArray[Any], masks: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, m]: the mean score over the reference, of the row where a mask is set."""
        return self._mixer.mean(rows, reference, masks)

    def shares(
        self, rows: NDArray[Any], reference: NDArray[Any], owned: NDArray[np.bool_]
    ) -> NDArray[np.float64] | None:
        """Return the Shapley values float64[n, players] of a score that is a sum of leaves, else None."""
        return self._mixer.shares(rows, reference, owned)

    def describe(self) -> Model:
        """Return what is kept of the model; its layers are the steps of the pipeline."""
        steps = getattr(self._pipeline, "steps", [(type(self._pipeline).__name__.lower(), self._pipeline)])
        return Model(
            digest=self._digest,
            name=self._name,
            framework="sklearn",
            version=self._digest[:16],
            inputs=self.columns,
            output=self._output,
            n_parameters=_n_parameters(steps[-1][1]),
            layers=tuple(
                {"name": str(name), "kind": type(step).__name__, "units": None} for name, step in steps
            ),
            trust=self._trust,
        )

    def _table(self, columns: dict[str, NDArray[Any]]) -> Any:
        if not self._takes_frame:
            if any(values.dtype == object for values in columns.values()):
                return np.array([values.astype(object) for values in columns.values()], dtype=object).T
            return np.column_stack(list(columns.values()))
        return pl.DataFrame(
            [
                pl.Series(name, [word or None for word in values.tolist()], dtype=pl.String)
                if values.dtype == object
                else pl.Series(name, values)
                for name, values in columns.items()
            ]
        )


def _output(pipeline: Any, name: str, output: int | str) -> tuple[Callable[[Any], Any], str, int]:
    """Return the function that scores, what its score is, and the class that it is of."""
    classes = [str(one) for one in getattr(pipeline, "classes_", ())]
    if hasattr(pipeline, "predict_proba") and classes:
        if isinstance(output, str):
            if output not in classes:
                raise ModelError(
                    f"model {name}: it has no class {output!r} (classes: {', '.join(classes[:12])}). "
                    "Correct model.output."
                )
            at = classes.index(output)
        else:
            # A binary classifier has one output, the probability of its second class.
            at = 1 if len(classes) == 2 else output
        if not 0 <= at < len(classes):
            raise ModelError(
                f"model {name}: it has {len(classes)} classes, and none is number {at}. Correct model.output."
            )
        return (lambda table: pipeline.predict_proba(table)[:, at]), f"probability of {classes[at]}", at
    if hasattr(pipeline, "decision_function") and len(classes) <= 2:
        return pipeline.decision_function, "decision function", 0
    if hasattr(pipeline, "predict") and not classes:
        return pipeline.predict, "prediction", 0
    raise ModelError(
        f"model {name}: it gives no score (no predict_proba, decision_function or predict). "
        "Fit a model that does."
    )


def _n_parameters(model: Any) -> int | None:
    sizes = [np.size(getattr(model, key)) for key in ("coef_", "intercept_") if hasattr(model, key)]
    return int(sum(sizes)) if sizes else None


def _content(target: Path, sha256: str | None) -> bytes:
    content = target.read_bytes()
    if sha256 is not None:
        check_digest(target.name, hashlib.sha256(content).hexdigest(), sha256)
    return content


def _unreadable(target: Path, error: Exception) -> ModelError:
    return ModelError(
        f"model {target.name}: it cannot be opened ({type(error).__name__}). "
        "Save it again with the versions installed here."
    )
