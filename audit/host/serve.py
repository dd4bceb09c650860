"""What runs in the child process: first the walls, then the model, then questions until the line closes.

Nothing of a model is opened, and no library of numbers imported, before the walls stand.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from audit.errors import AuditError, ModelError
from audit.host import answers
from audit.host.wire import receive, send
from audit.sandbox import landlock, limits, seccomp

if TYPE_CHECKING:
    from audit.host import Order
    from audit.host.local import LocalHost
    from audit.record import Figure

# Of /proc and /sys only what libraries ask to know their machine: another process's folder there
# tells its environment.
_OF_THE_MACHINE = (
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self", "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/fs/cgroup",
    "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip
_WRITABLE = ("/dev/null",)


def main() -> None:
    """Serve one driver until it closes the line."""
    line = os.fdopen(os.dup(1), "wb")
    questions = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what a model prints may quote an applicant, and goes nowhere
        os.dup2(nothing, stream)
    hello = receive(questions)
    send(line, {"done": _confine(hello)})
    sys.path += [path for path in hello["path"] if path not in sys.path]
    from audit.host.local import LocalHost

    host = LocalHost(_order(hello["order"]))
    _answer(line, lambda: _opened(host))
    while True:
        try:
            question = receive(questions)
        except EOFError:
            return
        _answer(line, lambda question=question: _asked(host, question, line))


def _confine(hello: Mapping[str, Any]) -> dict[str, Any]:
    """Put up the walls and return which stand."""
    if hello["parent"]:
        limits.die_with(hello["parent"])
    limits.confine()
    abi = 0
    if hello["landlock"]:
        readable = [*hello["readable"], *_OF_THE_MACHINE]
        writable = [*hello["writable"], *_WRITABLE]
        abi = landlock.confine(map(Path, readable), map(Path, writable), map(Path, hello["listed"]))
    return {"landlock": abi, "seccomp": bool(hello["seccomp"]) and seccomp.confine()}


def _order(stated: Mapping[str, Any]) -> Order:
    from audit.host import Order
    from audit.models import as_trust

    return Order(
        path=stated["path"],
        folder=Path(stated["folder"]),
        trust=as_trust(stated["trust"]),
        sha256=stated["sha256"],
        output=stated["output"],
        features=tuple(stated["features"]),
        reads=stated["reads"],
    )


def _opened(host: LocalHost) -> dict[str, Any]:
    try:
        return answers.model_as_values(host.model())
    except (AuditError, MemoryError):
        raise
    except Exception as error:  # whatever a broken or harmful file makes a library raise, it is the file
        raise ModelError(
            f"model {host.path}: it cannot be opened ({type(error).__name__}). Save it again, or look at it."
        ) from None


def _asked(host: LocalHost, question: Mapping[str, Any], line: IO[bytes]) -> object:
    if question["do"] == "score":
        return host.score(question["rows"])
    if question["do"] == "retrain":
        return host.retrained(
            question["rows"], question["outcomes"], question["weights"], question["held"], question["seed"]
        )
    if question["do"] == "behaviour":
        return answers.behaviour_as_values(_behaviour(host, question))

    def further(done: int) -> None:
        send(line, {"further": done})

    tell = further if question["tell"] else None
    if question["do"] == "pictures":
        images, method = question["images"], question["method"]
        if method is None:
            return host.classify(images)
        return answers.pictured_as_values(
            host.pictures(method, images, question["targets"], question["options"], tell)
        )
    rows, reference, options = question["rows"], question["reference"], question["options"]
    if question["do"] == "counterfactuals":
        codes = answers.codes_of(question["codes"])
        found = host.counterfactuals(rows, reference, codes, question["cutoffs"], options, tell)
        return answers.counterfactuals_as_values(found)
    return answers.attributions_as_values(
        host.attribute(question["method"], rows, reference, question["factors"], options, tell)
    )


def _behaviour(host: LocalHost, question: Mapping[str, Any]) -> tuple[Figure, ...]:
    from audit.explain.behaviour import Setting

    return host.behaviour(
        Setting(**question["setting"]),
        question["rows"],
        question["groups"],
        question["outcomes"],
        question["reference"],
        question["methods"],
        cutoffs=question["cutoffs"],
    )


def _answer(line: IO[bytes], question: Any) -> None:
    try:
        answer = {"done": question()}
    except AuditError as error:
        answer = {"error": type(error).__name__, "words": str(error)}
    except MemoryError:
        answer = {"error": "ModelError", "words": _NO_MEMORY}
    except Exception as error:  # a fault of ours: told by its kind and place, since its words may hold values
        place = traceback.extract_tb(error.__traceback__)[-1]
        answer = {"fault": type(error).__name__, "place": f"{Path(place.filename).name}:{place.lineno}"}
    send(line, answer)


_NO_MEMORY = (
    "model: it asks for more memory than this machine has. Give it a larger machine, or a smaller model."
)
