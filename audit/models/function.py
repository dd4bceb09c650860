"""A Python function as a model: ``python:package.module:function``.

The function receives ``dict[str, numpy.ndarray]`` (column -> n values; missing numbers are NaN,
missing strings are empty) and returns n floats. Its module is found beside the config first; its
digest is of that module's file, so what it imports in turn is under the trust but not the digest.

Why so: the folder is on ``sys.path`` only while the module is loaded, and what was loaded from
there leaves ``sys.modules`` again. Two audits in one process may each have their ``model.py``,
and a user's folder ``audit`` never stands in front of this package.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.models import check_digest, checked_scores
from audit.models.codebook import CodeBook
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROBE_ROWS = 4  # rows scored once more alone, to see that a row's score is its own


def open_function(
    target: str,
    *,
    trust: Trust | None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> FunctionScorer:
    """Open ``package.module:function``; see ``audit.models.open_model``."""
    module_name, _, function_name = target.partition(":")
    if not module_name or not function_name:
        raise ModelError(
            f"model python:{target}: not a function's name. Write python:package.module:function."
        )
    file = _module_file(module_name, folder)
    code = file.read_bytes()
    digest = hashlib.sha256(code).hexdigest()
    if sha256 is not None:
        check_digest(f"python:{target}", digest, sha256)
    module = _load(module_name, file, folder)
    function = getattr(module, function_name, None)
    if not callable(function):
        raise ModelError(
            f"model python:{target}: {file.name} has no function {function_name!r}. Correct model.path."
        )
    return FunctionScorer(function, name=target, file=file, digest=digest, features=features, trust=trust)


class FunctionScorer:
    """Scores rows by calling the function on decoded columns."""

    def __init__(
        self,
        function: Callable[[dict[str, NDArray[Any]]], object],
        *,
        name: str,
        file: Path,
        digest: str,
        features: Sequence[str] = (),
        trust: Trust | None = None,
    ) -> None:
        self._function = function
        self._name = name
        self._file = file
        self._digest = digest
        self._trust = trust
        self._book = CodeBook(features)
        self._probed = False

    @property
    def function(self) -> Callable[..., object]:
        """The function itself."""
        return self._function

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, in the order of the config."""
        return self._book.columns

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        """Start and stop of each column in the encoded matrix."""
        return self._book.spans

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n, columns]."""
        return self._book.encode(rows)

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]."""
        scores = self._call(encoded)
        if not self._probed and len(encoded) > _PROBE_ROWS:
            self._probed = True
            alone = self._call(encoded[:_PROBE_ROWS])
            if not np.allclose(alone, scores[:_PROBE_ROWS], rtol=1e-4, atol=1e-6):
                raise ModelError(
                    f"model python:{self._name}: a row's score changes with the rows scored beside it. "
                    "Take means, ranks and random numbers out of it: fix them when the model is made."
                )
        return scores

    def score(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))

    def describe(self) -> Model:
        """Return what is kept of the model."""
        return Model(
            digest=self._digest,
            name=self._name,
            framework="function",
            version=self._digest[:16],
            inputs=self.columns,
            trust=self._trust,
        )

    def _call(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        if not len(encoded):
            return np.empty(0, dtype=np.float64)
        columns = self._book.decode(encoded)
        try:
            values = self._function(columns)
        except (Exception, SystemExit) as error:
            # The error's own words may quote a person's value: only its kind and line are told.
            raise ModelError(
                f"{self._file.name}:{_line_in(error, self._file)}: model python:{self._name}: "
                f"the function raised {type(error).__name__}. Correct it, or the rows that it cannot score."
            ) from None
        return checked_scores(values, len(encoded))


def _line_in(error: BaseException, file: Path) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame.lineno for frame in frames if frame.lineno and Path(frame.filename) == file]
    return inside[-1] if inside else 1


def module_file(name: str, folder: Path | None) -> Path | None:
    """Return where a module's source lies, without running any of it; None where it is not found.

    Why so: the usual way to find ``a.b`` imports ``a``, and whoever only looks must not run it.
    """
    if folder is not None:
        path = folder.joinpath(*name.split("."))
        for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if file.is_file():
                return file.resolve()
    places: Sequence[str] | None = None
    spec = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:end]), places)
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or ())
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).resolve()


def _module_file(name: str, folder: Path | None) -> Path:
    file = module_file(name, folder)
    if file is None:
        raise ModelError(
            f"model python:{name}: there is no module of this name beside the config or on the path. "
            "Correct model.path, or put the module beside the config."
        )
    return file


def _load(name: str, file: Path, folder: Path | None) -> ModuleType:
    beside = folder is not None and file.is_relative_to(folder.resolve())
    try:
        if not beside or folder is None:
            return importlib.import_module(name)
        with _beside(folder.resolve(), name.partition(".")[0]):
            return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"{file.name}:{_line_in(error, file)}: model python:{name}: the module cannot be imported "
            f"({type(error).__name__}). Make `python -c 'import {name}'` work in the config's folder."
        ) from error


@contextmanager
def _beside(folder: Path, top: str) -> Iterator[None]:
    """Import from ``folder`` as if nothing of this name had been imported, and leave no trace."""
    aside = {key: sys.modules.pop(key) for key in list(sys.modules) if _belongs(key, top)}
    before = set(sys.modules)
    compiled = (sys.pycache_prefix, sys.dont_write_bytecode)
    sys.path.insert(0, str(folder))
    # Compiled files are told from stale ones by size and second alone: a module that was changed
    # within a second would run as it was, under the digest of what it is now. So none is read.
    sys.pycache_prefix, sys.dont_write_bytecode = os.devnull, True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.pycache_prefix, sys.dont_write_bytecode = compiled
        sys.path.remove(str(folder))
        for key in set(sys.modules) - before:
            origin = getattr(sys.modules[key], "__file__", None)
            if _belongs(key, top) or (origin and Path(origin).resolve().is_relative_to(folder)):
                del sys.modules[key]
        sys.modules.update(aside)


def _belongs(key: str, top: str) -> bool:
    return key == top or key.startswith(f"{top}.")
