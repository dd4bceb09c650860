"""A host in a child process: started behind the walls, asked over a line, ended with the audit."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, ModelError
from audit.host import Order, answers
from audit.host.line import OPENING_SECONDS, Line
from audit.host.spawning import Home, end_group_with, spawned
from audit.record import Attributions, Figure, Model, Pictured, ReasonCode
from audit.sandbox import bubblewrap, environment, in_words, interpreter_paths, readable, strongest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.explain.behaviour import Setting
    from audit.host import Columns, Tell
    from audit.record.turned import Turned

_MOST_PATHS = 2_500  # that the walls name one by one: bubblewrap takes 9,000 words
_START = "import sys; sys.path[:0] = [sys.argv[1]]; from audit.host.serve import main; main()"


class ChildHost:
    """Starts the child at once; the first question waits until the model is open. See ``audit.host.Host``."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._in_turn = threading.RLock()  # one question at a time, or one thread hears another's answer
        self._walls: str | None = None
        self._model: Model | None = None
        self._stated = _digest(order)
        offered = strongest()
        self._wrapped = offered.bubblewrap
        paths = readable([*interpreter_paths(), *_of_the_model(order)], order.hidden)
        if len(paths) > _MOST_PATHS:
            raise ModelError(
                f"model {order.path}: it may read {len(paths):,} files, which lie beside what it may not. "
                "Put the config and what belongs to its model into a folder of their own."
            )
        own = None if self._wrapped else Home.make()
        home = bubblewrap.HOME if own is None else own.path
        argv = [sys.executable, "-I", "-c", _START, str(Path(__file__).resolve().parents[2])]
        found = environment(home)
        if self._wrapped:
            argv = bubblewrap.command(argv, paths, found)
        process = spawned(argv, found)
        if not self._wrapped:
            end_group_with(process)
        self._line = Line(process, order.path, own)
        self._line.say(
            {
                "parent": 0 if self._wrapped else os.getpid(),
                # Landlock would open a link to all that lies behind it.
                "readable": [str(path) for path in paths if not path.is_symlink()],
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
        with self._in_turn:
            if self._walls is None:
                told = self._started()
                names = ["bubblewrap"] if self._wrapped else []
                names += [f"Landlock {told['landlock']}"] if told["landlock"] else []
                names += ["seccomp"] if told["seccomp"] else []
                self._walls = in_words(names)
            return self._walls

    def model(self) -> Model:
        """Return what the model is."""
        with self._in_turn:
            if self._model is None:
                self.walls()
                told = self._line.hear(OPENING_SECONDS, opening=True)
                model = answers.model_of(told, self._order.path, self._order.trust)
                if self._stated is not None and model.digest != self._stated:
                    self._line.close()
                    raise ModelError(
                        f"model {self._order.path}: the file changed while it was opened. Start again, on a "
                        "file that stands still."
                    )
                self._model = model
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
        return answers.attributions_of(self._ask(question, tell, n), method, n, tuple(factors))

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
        from audit.explain.counterfactual.movable import movable

        of = {"protected": options.get("protected", ()), "flags": options.get("flags", ())}
        told = self._ask(question, tell, len(cutoffs))
        return answers.counterfactuals_of(told, len(cutoffs), movable(codes, tuple(rows), **of))

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
        return answers.pictured_of(self._ask(question, tell, n), method, (n, height, width))

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

    def retrained(
        self,
        rows: Columns,
        outcomes: NDArray[np.float64],
        weights: NDArray[np.float64],
        held: Columns,
        seed: int,
    ) -> NDArray[np.float64]:
        """Return the scores of rows by a model trained anew."""
        from audit.models import checked_scores

        question = {
            "do": "retrain",
            "rows": rows,
            "outcomes": outcomes,
            "weights": weights,
            "held": held,
            "seed": seed,
        }
        return checked_scores(self._ask(question), len(next(iter(held.values()), ())))

    def close(self) -> None:
        """End the child: it has nothing that could be lost."""
        self._line.close()

    def _started(self) -> Any:
        try:
            return self._line.hear(OPENING_SECONDS, opening=True)
        except ModelError as error:
            how = str(error).partition(": ")[2].partition(". ")[0]
            raise AuditError(
                f"model {self._order.path}: the walls around it could not be put up, so it was not opened "
                f"({how}). Ask `plainspoken doctor`, and start again."
            ) from error

    def _ask(self, question: Mapping[str, Any], tell: Tell | None = None, n: int = 0) -> Any:
        with self._in_turn:
            self.model()
            self._line.say(question)
            return self._line.hear(tell=tell, n=n)


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
