"""A host in a child process: started behind the walls, asked over a line, ended with the audit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, ModelError, UsageError
from audit.host import Order, answers
from audit.host.wire import WireError, receive, send
from audit.record import Attributions, Figure, Model, Pictured, ReasonCode
from audit.sandbox import bubblewrap, environment, in_words, interpreter_paths, readable, strongest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.explain.behaviour import Setting
    from audit.host import Columns, Tell
    from audit.record.turned import Turned

OPENING_SECONDS = 900.0
_START = "import sys; sys.path[:0] = [sys.argv[1]]; from audit.host.serve import main; main()"


class ChildHost:
    """Starts the child at once; the first question waits until the model is open. See ``audit.host.Host``."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._walls: str | None = None
        self._model: Model | None = None
        self._stated = _digest(order)
        offered = strongest()
        self._wrapped = offered.bubblewrap
        home = bubblewrap.HOME if self._wrapped else tempfile.mkdtemp(prefix="plainspoken-model-")
        paths = readable([*interpreter_paths(), *_of_the_model(order)], order.hidden)
        argv = [sys.executable, "-I", "-c", _START, str(Path(__file__).resolve().parents[2])]
        found = environment(home)
        if self._wrapped:
            argv = bubblewrap.command(argv, paths, found)
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=found,
            cwd="/",
            start_new_session=True,  # the terminal's interrupt is the driver's to answer
        )
        self._end = weakref.finalize(self, _ended, self._process, None if self._wrapped else home)
        self._send(
            {
                "parent": 0 if self._wrapped else os.getpid(),
                "readable": [str(path) for path in paths],
                "listed": [str(order.folder.absolute())] if order.trust else [],
                "writable": [home],
                "landlock": offered.landlock > 0,
                "seccomp": offered.seccomp,
                "path": [one for one in sys.path if one and os.path.isdir(one)] if order.trust else [],
                "order": {
                    "path": order.path,
                    "folder": str(order.folder.absolute()),
                    "trust": _trust(order),
                    "sha256": order.sha256,
                    "output": order.output,
                    "features": order.features,
                    "reads": order.reads,
                },
            }
        )

    def walls(self) -> str:
        """Return which walls stand, as the child told when it had put them up."""
        if self._walls is None:
            told = self._heard(opening=True)
            names = ["bubblewrap"] if self._wrapped else []
            names += [f"Landlock {told['landlock']}"] if told["landlock"] else []
            names += ["seccomp"] if told["seccomp"] else []
            self._walls = in_words(names)
        return self._walls

    def model(self) -> Model:
        """Return what the model is."""
        if self._model is None:
            self.walls()
            watch = threading.Timer(OPENING_SECONDS, self._process.kill)
            watch.daemon = True
            watch.start()
            try:
                told = self._heard(opening=True)
            finally:
                watch.cancel()
            self._model = answers.model_of(told, self._order.path, self._order.trust)
            if self._stated is not None and self._model.digest != self._stated:
                raise ModelError(
                    f"model {self._order.path}: the file changed while it was opened. Start again, on a file "
                    "that stands still."
                )
        return self._model

    def score(self, rows: Columns) -> NDArray[np.float64]:
        """Return float64[n]."""
        from audit.models import checked_scores

        n = len(next(iter(rows.values()))) if rows else 0
        return checked_scores(self._ask({"do": "score", "rows": rows}), n)

    def attribute(
        self,
        method: str,
        rows: Columns,
        reference: Columns,
        factors: Mapping[str, Sequence[str]],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> Attributions:
        """Return what a method says of each row."""
        n = len(next(iter(rows.values()))) if rows else 0
        question = {
            "do": "attribute",
            "method": method,
            "rows": rows,
            "reference": reference,
            "factors": factors,
            "options": options,
            "tell": tell is not None,
        }
        return answers.attributions_of(self._ask(question, tell), n, tuple(factors))

    def counterfactuals(
        self,
        rows: Columns,
        reference: Columns,
        codes: Sequence[ReasonCode],
        cutoffs: NDArray[np.float64],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> list[Turned]:
        """Return, for each row, the changes that would have turned the decision, or why none is told."""
        question = {
            "do": "counterfactuals",
            "rows": rows,
            "reference": reference,
            "codes": answers.codes_as_values(codes),
            "cutoffs": cutoffs,
            "options": options,
            "tell": tell is not None,
        }
        known = frozenset(column for code in codes for column in code.columns)
        return answers.counterfactuals_of(self._ask(question, tell), len(cutoffs), known)

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return float64[n, classes]."""
        question = {"do": "pictures", "method": None, "images": images, "tell": False}
        return answers.classes_of(self._ask(question), len(images))

    def pictures(
        self,
        method: str,
        images: NDArray[np.float32],
        targets: NDArray[np.int64],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> Pictured:
        """Return what a method says of each picture."""
        question = {
            "do": "pictures",
            "method": method,
            "images": images,
            "targets": targets,
            "options": options,
            "tell": tell is not None,
        }
        n, height, width = images.shape[:3]
        return answers.pictured_of(self._ask(question, tell), method, (n, height, width))

    def behaviour(
        self,
        setting: Setting,
        rows: Columns,
        groups: Mapping[str, NDArray[Any]],
        outcomes: NDArray[np.float64] | None,
        reference: Columns | None,
        methods: Sequence[str],
        *,
        cutoffs: NDArray[np.float64] | None = None,
    ) -> tuple[Figure, ...]:
        """Return what global methods say of the model."""
        question = {
            "do": "behaviour",
            "setting": asdict(setting),
            "rows": rows,
            "groups": groups,
            "outcomes": outcomes,
            "reference": reference,
            "methods": methods,
            "cutoffs": cutoffs,
        }
        return answers.behaviour_of(self._ask(question), methods)

    def close(self) -> None:
        """End the child: it has nothing that could be lost."""
        self._end()

    # --- the line ----------------------------------------------------------------------------

    def _ask(self, question: Mapping[str, Any], tell: Tell | None = None) -> Any:
        self.model()
        self._send(question)
        return self._heard(tell)

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended: what is heard next says so
            send(self._process.stdin, message)

    def _heard(self, tell: Tell | None = None, *, opening: bool = False) -> Any:
        assert self._process.stdout is not None
        while True:
            try:
                message = receive(self._process.stdout)
            except EOFError:
                raise self._died(opening) from None
            except WireError as error:
                self.close()
                raise ModelError(
                    f"model {self._order.path}: the process that holds it sent what is no answer ({error}). "
                    "Look at the model: it writes where it must not."
                ) from None
            if not isinstance(message, dict):
                message = {"fault": "no answer", "place": "the line"}
            if "done" in message:
                return message["done"]
            if "further" in message and tell is not None:
                tell(int(message["further"]))
            elif "error" in message:
                raise _error(str(message["error"]), str(message["words"]))
            elif "fault" in message:
                kind, place = str(message["fault"])[:60], str(message["place"])[:60]
                raise AuditError(
                    f"model {self._order.path}: the process that holds it failed with {kind} at {place}. "
                    "Start again; if it fails again, it is a fault of this program."
                )

    def _died(self, opening: bool) -> AuditError:
        code = self._process.wait()
        self.close()
        code = code - 128 if code > 128 else -code  # bubblewrap tells a signal as 128 and its number
        how = f"ended with exit code {-code}"
        if code > 0:
            how = f"was ended by {signal.Signals(code).name}"
        kind = ModelError if opening else AuditError
        return kind(
            f"model {self._order.path}: the process that holds it {how}. Look whether the file is whole and "
            "whether memory ran out, then start again."
        )


def _ended(process: subprocess.Popen[bytes], home: str | None) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):  # what was still to be written went with the child
                stream.close()
    if home is not None:
        shutil.rmtree(home, ignore_errors=True)


def _of_the_model(order: Order) -> list[Path]:
    """Return what a model needs to read: its own file; where it runs code, also what lies beside it."""
    own = [] if ":" in order.path else [order.folder / order.path]
    if order.path.lower().endswith(".onnx"):
        own += [path.parent for path in own]  # its weights may lie beside it
    if order.trust is None:
        return [*own, *(path.resolve() for path in own)]
    there = [Path(one) for one in sys.path if one and os.path.isdir(one)]
    return [order.folder, *own, *(path.resolve() for path in own), *there]


def _digest(order: Order) -> str | None:
    """Return the digest of the model's file as the driver sees it; None where there is none to see."""
    from audit.models import stated_digest

    return stated_digest(order.path, order.folder)


def _trust(order: Order) -> dict[str, str] | None:
    trust = order.trust
    if trust is None:
        return None
    return {"by": trust.by, "reason": trust.reason, "date": trust.date.isoformat()}


def _error(kind: str, words: str) -> AuditError:
    # Only these come from a model or a method; whatever else is named, it is the model's fault.
    return UsageError(words) if kind == "UsageError" else ModelError(words)
