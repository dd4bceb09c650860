"""Keras models: ``.keras`` and ``.h5``, opened without running what they carry.

Keras's safe mode is on unless the file carries a program and somebody answers for it (``trust``).
What a file carries is read from its config first (``code_in_keras``), without loading it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import ModelError
from audit.models import digest_of
from audit.models.keras_code import code_in_keras
from audit.record import Trust

if TYPE_CHECKING:
    from audit.models.keras_classifier import KerasClassifier
    from audit.models.keras_scorer import KerasScorer

__all__ = ["code_in_keras", "loaded", "open_classifier", "open_keras", "scorer_of"]


def open_keras(
    path: Path,
    *,
    trust: Trust | None = None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> KerasScorer:
    """Open a ``.keras`` or ``.h5`` file; see ``audit.models.open_model``.

    A model with one input takes the columns of ``features`` in their order; a model with named
    inputs takes the columns of those names.

    Raises
    ------
    ModelError
        Where it cannot be read, carries a program that nobody answers for, has no such output, or
        wants another number of columns.
    """
    path = Path(path)
    model, digest = loaded(path, trust)
    return scorer_of(model, name=path.name, digest=digest, output=output, features=features, trust=trust)


def loaded(path: Path, trust: Trust | None) -> tuple[Any, str]:
    """Load a Keras file and return the model and the digest of its bytes.

    Raises
    ------
    ModelError
        Where it cannot be read, or carries a program that nobody answers for.
    """
    code = code_in_keras(path)
    if code and trust is None:
        raise ModelError(
            f"model {path.name}: it holds code that would run ({', '.join(code)}), and nobody is named. "
            "Read it, then state model.trust: {by, reason, date} in the config"
        )
    import_keras_quietly()
    import keras

    try:
        # compile=False: losses and metrics are of no use here, and may be programs.
        model = keras.saving.load_model(path, compile=False, safe_mode=not code)
    except Exception as error:
        # Whatever a damaged or foreign file makes Keras raise, it is the model owner's move.
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"model {path.name}: Keras cannot load it ({first[0][:200]}). "
            "Save it again with this version of Keras, or wrap it in a python function"
        ) from error
    return model, digest_of(path)


def open_classifier(path: Path, *, trust: Trust | None = None) -> KerasClassifier:
    """Open a ``.keras`` or ``.h5`` file that reads pictures; see ``audit.models.open_classifier``.

    Raises
    ------
    ModelError
        Where it cannot be read, carries a program that nobody answers for, or reads no pictures.
    """
    model, digest = loaded(path, trust)
    from audit.models.keras_classifier import KerasClassifier

    return KerasClassifier(model, name=path.name, digest=digest, trust=trust)


def scorer_of(
    model: Any,
    *,
    name: str = "model in memory",
    digest: str = "",
    output: int | str = 0,
    features: Sequence[str] = (),
    trust: Trust | None = None,
) -> KerasScorer:
    """Return the scorer of a Keras model that is already in memory."""
    from audit.models.keras_scorer import KerasScorer

    return KerasScorer(model, name=name, digest=digest, output=output, features=features, trust=trust)


def import_keras_quietly() -> None:
    """Import TensorFlow and Keras without their start-up lines on stderr.

    Why so: the lines are written by C++ before any log level counts. They are kept aside, and shown
    where the import fails.
    """
    if "keras" in sys.modules and "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _stderr_aside():
        import keras
        import tensorflow  # noqa: F401

    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"keras: its backend is {keras.backend.backend()!r}, and only tensorflow is built. "
            "Unset KERAS_BACKEND"
        )


@contextmanager
def _stderr_aside() -> Iterator[None]:
    sys.stderr.flush()
    with tempfile.TemporaryFile() as aside:
        kept = os.dup(2)
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
