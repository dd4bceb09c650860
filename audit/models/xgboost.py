"""XGBoost models: ``.json`` and ``.ubj`` files, which are data and run nothing.

The score is what the library's own prediction gives: the probability for ``binary:logistic``, the
raw output in the unit of the objective for others, and the class that ``model.output`` counts to
where there are several. Without early stopping all rounds are used; after it, scikit-learn's
interface uses the best ones, the library's own interface all, and we do as the one that saved it.

Why so, ``inplace_predict``: building a DMatrix a call costs more than small batches of rows do.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.models import check_digest
from audit.models.feature_table import FeatureTable
from audit.models.tree_scorer import TreeScorer
from audit.models.xgboost_file import XGBoostFile, read_file, trees_of
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray


def open_xgboost(
    target: Path,
    *,
    trust: Trust | None = None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> TreeScorer:
    """Open a ``.json`` or ``.ubj`` file; see ``audit.models.open_model``."""
    try:
        import xgboost
    except ImportError:
        raise ModelError(
            f"model {target.name}: reading it needs the package xgboost-cpu. Install plainspoken[boosting]."
        ) from None
    content = target.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None:
        check_digest(target.name, digest, sha256)
    try:
        file = read_file(content, target.suffix.lower())
        rounds = min(file.best_rounds or file.rounds, file.rounds)
        trees = trees_of(file, rounds)
        booster = xgboost.Booster()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a file of an older version is no fault of its owner
            booster.load_model(bytearray(content))
    except (ValueError, TypeError, OverflowError, xgboost.core.XGBoostError) as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"model {target.name}: XGBoost cannot read it ({first[0][:200]}). "
            "Save it with Booster.save_model by the version installed here."
        ) from None
    chosen, said = _output(booster, file, target.name, output)
    columns = _columns(file, target.name, features)
    table = FeatureTable(
        target.name,
        columns,
        {columns[at]: known for at, known in file.categories.items()},
        unknown_is_missing=False,
    )
    some = f", {rounds} of {file.rounds} rounds" if rounds != file.rounds else ""
    return TreeScorer(
        _predict(xgboost, booster, file, rounds, chosen),
        table,
        Model(
            digest=digest,
            name=target.name,
            framework="xgboost",
            version=digest[:16],
            inputs=columns,
            output=said + some,
            n_parameters=sum(len(tree["left_children"]) for tree in file.model.get("trees", [])) or None,
            layers=({"name": file.booster, "kind": file.objective, "units": rounds},),
            trust=trust,
        ),
        trees,
        booster,
    )


def _columns(file: XGBoostFile, name: str, features: Sequence[str]) -> tuple[str, ...]:
    columns = file.columns or tuple(features)
    if len(columns) != file.n_columns:
        raise ModelError(
            f"model {name}: it was trained on {file.n_columns} columns without names, the config names "
            f"{len(columns)} features. Name them in the order of the training in data.features."
        )
    return columns


def _output(booster: Any, file: XGBoostFile, name: str, output: int | str) -> tuple[int, str]:
    """Return which of a row's numbers is the score, and what it is."""
    n = file.n_outputs
    if file.objective == "multi:softmax":
        # It would answer with the number of a class, which is no score: its probability is asked for.
        booster.set_param({"objective": "multi:softprob"})
    binary = file.objective == "binary:logistic" and n == 1
    if isinstance(output, str) or not 0 <= output < (2 if binary else n):
        raise ModelError(
            f"model {name}: it has no output {output!r} (it gives {n} a row, by number). "
            "Correct model.output."
        )
    if binary:  # one number a row, the probability of the second class
        return 0, "probability of 1"
    if n == 1:
        return 0, file.objective
    what = "probability of" if file.objective.startswith("multi:") else f"{file.objective}, output"
    return output, f"{what} {output}"


def _predict(
    xgboost: Any, booster: Any, file: XGBoostFile, rounds: int, chosen: int
) -> Callable[[NDArray[np.float64]], Any]:
    asked = {"iteration_range": (0, rounds)} if file.booster != "gblinear" else {}

    def predict(matrix: NDArray[np.float64]) -> Any:
        single = matrix.astype(np.float32)
        if file.booster == "gblinear":  # it has no prediction in place
            values = booster.predict(xgboost.DMatrix(single), validate_features=False)
        else:
            values = booster.inplace_predict(single, validate_features=False, **asked)
        return values[:, chosen] if values.ndim == 2 else values

    return predict
