"""Opens models: one framework a file, imported on use, and nothing that runs code without trust.

A path names its framework: by its ending, by being a folder (a SavedModel), or by
``python:module:function`` or ``scores:COLUMN``.
An opener is a function ``open_x(path, *, trust, sha256, output, folder, features) -> Scorer``;
what it returns also has ``describe() -> Model``.

Why so: the rule "what can run code needs somebody who answers for it" stands here and in no
adapter, so that a new framework cannot forget it. What a Keras file would run is looked for
before anything of it is loaded.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from audit.errors import ModelError
from audit.record import Classifier, Model, Scorer, Trust

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BY_ENDING",
    "BY_PREFIX",
    "as_trust",
    "checked_scores",
    "describe",
    "digest_of",
    "open_classifier",
    "open_model",
    "stated_digest",
]

BY_ENDING: Mapping[str, str] = {
    ".keras": "audit.models.keras:open_keras",
    ".h5": "audit.models.keras:open_keras",
    ".skops": "audit.models.sklearn:open_skops",
    ".joblib": "audit.models.sklearn:open_pickle",
    ".pkl": "audit.models.sklearn:open_pickle",
    ".pickle": "audit.models.sklearn:open_pickle",
    ".json": "audit.models.xgboost:open_xgboost",
    ".ubj": "audit.models.xgboost:open_xgboost",
    ".txt": "audit.models.lightgbm:open_lightgbm",
    ".onnx": "audit.models.onnx:open_onnx",
}
BY_PREFIX: Mapping[str, str] = {
    "python": "audit.models.function:open_function",
    "scores": "audit.models.scores:open_scores",
}
FOLDER = "audit.models.saved_model:open_saved_model"
_PICKLES = (".joblib", ".pkl", ".pickle")


class TrustStated(Protocol):
    """Trust as a config states it."""

    @property
    def by(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def date(self) -> dt.date: ...


class _Described(Protocol):
    def describe(self) -> Model: ...


def open_model(
    path: str | Path,
    trust: Trust | Mapping[str, Any] | TrustStated | None = None,
    *,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> Scorer:
    """Open a model as a scorer.

    Parameters
    ----------
    path : str or Path
        A model file, the folder of a SavedModel, ``python:package.module:function``, or
        ``scores:COLUMN``.
    trust : Trust, or a mapping or section with by, reason, date; optional
        Who answers for a format that can run code; mandatory for those.
    sha256 : str, optional
        The digest that the file must have; mandatory for pickles.
    output : int or str
        Which output is the score, where the model has several.
    folder : Path, optional
        Where relative paths and modules are looked for first: the config's folder.
    features : sequence of str
        The columns in the order of the config; a model that names its own columns keeps them.

    Returns
    -------
    Scorer
        With ``describe()``.

    Raises
    ------
    ModelError
        Unknown format, missing file, another digest, missing trust, or a model that cannot be read.
    """
    name = str(path)
    given = as_trust(trust)
    prefix = name.partition(":")[0]
    if prefix in BY_PREFIX:
        entry = BY_PREFIX[prefix]
        if prefix == "python" and given is None:
            raise ModelError(f"model {name}: a python function runs code, and nobody is named. {_TRUST}.")
        target: str | Path = name.partition(":")[2]
    else:
        file = Path(name) if folder is None else folder / name
        entry = _entry_for(file, name)
        _check_file(file, given, sha256)
        target = file
    return cast(
        Scorer,
        _resolve(entry)(
            target, trust=given, sha256=sha256, output=output, folder=folder, features=tuple(features)
        ),
    )


def open_classifier(
    path: str,
    trust: Trust | Mapping[str, Any] | TrustStated | None = None,
    *,
    sha256: str | None = None,
    folder: Path | None = None,
) -> Classifier:
    """Open a Keras model that reads pictures; trust and digest are asked for as by ``open_model``.

    Raises
    ------
    ModelError
        No Keras file, another digest, missing trust, or a model that reads no pictures.
    """
    given, file = as_trust(trust), Path(path) if folder is None else folder / path
    if not _entry_for(file, path).startswith("audit.models.keras:"):
        raise ModelError(f"model {file.name}: pictures are read by Keras models alone. Use .keras or .h5.")
    _check_file(file, given, sha256)
    return cast(Classifier, _resolve("audit.models.keras:open_classifier")(file, trust=given))


_TRUST = "Read it, then state model.trust: {by, reason, date} in the config"


def _entry_for(file: Path, name: str) -> str:
    ending = file.suffix.lower()
    if file.is_dir():
        return FOLDER
    if name.endswith("/"):
        raise ModelError(f"model {name}: there is no such folder in {file.parent}. Correct model.path.")
    if ending in BY_ENDING:
        return BY_ENDING[ending]
    known = ", ".join([*BY_ENDING, "a SavedModel's folder", "python:module:function"])
    raise ModelError(f"model {file.name}: no framework reads the ending {ending!r}. Use one of {known}.")


def _check_file(file: Path, trust: Trust | None, sha256: str | None) -> None:
    """Refuse, before any of it is loaded, what is absent, altered, or runs code untrusted."""
    if file.is_dir():
        if not (file / "saved_model.pb").is_file():
            raise ModelError(
                f"model {file.name}: the folder holds no saved_model.pb. "
                "Name the folder of a SavedModel, or a file."
            )
        if trust is None:
            raise ModelError(
                f"model {file.name}: a SavedModel is a program that may read and write files, and nobody is "
                f"named. {_TRUST}; or save it as .keras."
            )
        return
    if not file.is_file():
        raise ModelError(f"model {file.name}: there is no such file in {file.parent}. Correct model.path.")
    if file.suffix.lower() in _PICKLES:
        if trust is None:
            raise ModelError(
                f"model {file.name}: a pickle runs code when it is opened, and nobody is named. "
                f"{_TRUST}, and its model.sha256; or save it as .skops."
            )
        if sha256 is None:
            raise ModelError(
                f"model {file.name}: a pickle must be pinned by its digest. "
                f"State model.sha256: {digest_of(file)} once you know that this is the file you trust."
            )
    if sha256 is not None:
        check_digest(file.name, digest_of(file), sha256)
    if BY_ENDING[file.suffix.lower()].startswith("audit.models.keras:") and trust is None:
        code: list[str] = _resolve("audit.models.keras_code:code_in_keras")(file)
        if code:
            raise ModelError(
                f"model {file.name}: it holds code that would run ({', '.join(code)}), and nobody is named. "
                f"{_TRUST}."
            )


def check_digest(name: str, found: str, pinned: str) -> None:
    """Raise ModelError where the digest found is not the one that the config pins."""
    if found != pinned.lower():
        raise ModelError(
            f"model {name}: its SHA-256 is {found}, the config pins {pinned.lower()}. "
            "Restore the model that was approved, or pin the new one."
        )


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a model, in hex: of a file's bytes, of all that lies in a folder.

    Where the weights of an ``.onnx`` file lie beside it, they are part of what is digested.
    """
    if file.is_dir():
        return str(_resolve("audit.models.saved_model:digest_of_folder")(file))
    if file.suffix.lower() == ".onnx":
        return str(_resolve("audit.models.onnx_file:digest_of_onnx")(file))
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def stated_digest(path: str, folder: Path) -> str | None:
    """Return the digest of a model as its file shows it, without opening it; None where no file is seen.

    An ``.onnx`` file is not looked at: which files belong to it is known by reading it alone.
    """
    prefix, _, rest = path.partition(":")
    if prefix == "python":
        file: Path | None = _resolve("audit.models.function:module_file")(rest.partition(":")[0], folder)
    else:
        file = None if prefix in BY_PREFIX or path.lower().endswith(".onnx") else folder / path
    return digest_of(file) if file is not None and file.exists() else None


def as_trust(trust: Trust | Mapping[str, Any] | TrustStated | None) -> Trust | None:
    """Return a ``Trust`` from what a caller states; all three parts are needed.

    >>> as_trust({"by": "Model Risk", "reason": "read line by line", "date": "2026-11-20"}).by
    'Model Risk'
    """
    if trust is None or isinstance(trust, Trust):
        return trust
    keys = ("by", "reason", "date")
    stated = {
        key: trust.get(key) if isinstance(trust, Mapping) else getattr(trust, key, None) for key in keys
    }
    missing = [key for key in keys if not stated[key]]
    if missing:
        raise ModelError(f"model.trust: {', '.join(missing)} not stated. {_TRUST}.")
    date = stated["date"]
    return Trust(
        by=str(stated["by"]),
        reason=str(stated["reason"]),
        date=date if isinstance(date, dt.date) else dt.date.fromisoformat(str(date)),
    )


def describe(scorer: Scorer | Classifier, version: str | None = None) -> Model:
    """Return what is kept of a model; ``version`` is the config's ``model.version`` where given."""
    model = cast(_Described, scorer).describe()
    return model if version is None else replace(model, version=version)


def checked_scores(values: object, n: int) -> NDArray[np.float64]:
    """Return ``values`` as float64[n].

    Raises
    ------
    ModelError
        Where they are not n finite numbers; the message counts rows and names no value.
    """
    import numpy as np

    try:
        scores = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelError("model: its scores are not numbers. Return one float a row.") from None
    if scores.shape == (n, 1):
        scores = scores[:, 0]
    if scores.shape != (n,):
        raise ModelError(
            f"model: the scores have the wrong length (got shape {scores.shape}, expected ({n},)). "
            "Return one float a row, or choose the output with model.output."
        )
    bad = int(np.count_nonzero(~np.isfinite(scores)))
    if bad:
        raise ModelError(
            f"model: {bad} of {n} scores are NaN or infinite. "
            "Correct the model, or set aside the rows that it cannot score."
        )
    return scores


def _resolve(entry: str) -> Any:
    module, _, attribute = entry.partition(":")
    return getattr(import_module(module), attribute)
