"""LightGBM models: ``.txt`` files, which are data and run nothing.

The score is what the library's own prediction gives: the probability for ``binary``, the raw output
in the unit of the objective for others, and the class that ``model.output`` counts to where there
are several. A category that the training never met counts as missing, as it does in the library.

Why so, the names: the library writes a blank in a column's name as an underscore, and nowhere says
so. Where the config's features have such a name, it is that column.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import ModelError
from audit.models import check_digest
from audit.models.feature_table import FeatureTable
from audit.models.lightgbm_file import LightGBMFile, read_file, trees_of
from audit.models.tree_scorer import TreeScorer
from audit.record import Model, Trust

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def open_lightgbm(
    target: Path,
    *,
    trust: Trust | None = None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> TreeScorer:
    """Open a model's ``.txt`` file; see ``audit.models.open_model``."""
    content = target.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None:
        check_digest(target.name, digest, sha256)
    lightgbm = _library(target.name)
    try:
        text = content.decode()
        file = read_file(text)
        trees = trees_of(file)
        booster = lightgbm.Booster(model_str=file.checked)
    except (ValueError, OverflowError, lightgbm.basic.LightGBMError) as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"model {target.name}: LightGBM cannot read it ({first[0][:200]}). "
            "Save it with Booster.save_model by the version installed here."
        ) from None
    chosen, said = _output(file, target.name, output)
    columns = _columns(file, target.name, features)
    n_columns = len(columns)

    def predict(matrix: NDArray[np.float64]) -> Any:
        values = booster.predict(matrix.reshape(-1, n_columns))
        return values[:, chosen] if values.ndim == 2 else values

    return TreeScorer(
        predict,
        FeatureTable(
            target.name,
            columns,
            {columns[at]: known for at, known in file.categories.items()},
            unknown_is_missing=True,
        ),
        Model(
            digest=digest,
            name=target.name,
            framework="lightgbm",
            version=digest[:16],
            inputs=columns,
            output=said,
            n_parameters=sum(2 * int(tree["num_leaves"]) - 1 for tree in file.trees),
            layers=({"name": "gbdt", "kind": file.objective, "units": len(file.trees) // file.n_outputs},),
            trust=trust,
        ),
        trees,
        booster,
    )


def _library(name: str) -> Any:
    try:
        import lightgbm
    except ImportError:
        raise ModelError(
            f"model {name}: reading it needs the package lightgbm. Install plainspoken[boosting]."
        ) from None
    except OSError:  # its wheel leaves out the library that its threads need
        raise ModelError(
            f"model {name}: lightgbm does not start without libgomp. Debian: apt-get install libgomp1."
        ) from None
    # Its own lines would go to stdout, between what a command prints there.
    lightgbm.register_logger(logging.getLogger("lightgbm"))
    return lightgbm


def _columns(file: LightGBMFile, name: str, features: Sequence[str]) -> tuple[str, ...]:
    if not file.named and features:
        if len(features) != len(file.columns):
            raise ModelError(
                f"model {name}: it was trained on {len(file.columns)} columns without names, the config "
                f"names {len(features)} features. Name them in the order of the training in data.features."
            )
        return tuple(features)
    written = {feature.replace(" ", "_"): feature for feature in features}
    return tuple(column if column in features else written.get(column, column) for column in file.columns)


def _output(file: LightGBMFile, name: str, output: int | str) -> tuple[int, str]:
    """Return which of a row's numbers is the score, and what it is."""
    kind = file.objective.split()[0] if file.objective else "raw"
    n = file.n_outputs
    binary = kind == "binary"
    if isinstance(output, str) or not 0 <= output < (2 if binary else n):
        raise ModelError(
            f"model {name}: it has no output {output!r} (it gives {n} a row, by number). "
            "Correct model.output."
        )
    if binary:  # one number a row, the probability of the second class
        return 0, "probability of 1"
    if n == 1:
        return 0, kind
    return output, f"{'probability of' if kind.startswith('multiclass') else f'{kind}, output'} {output}"
