"""The line to the process that holds a model: what is said, what is heard, for how long and how much.

Whoever is at the other end may mean harm. So every wait and every size has a bound, what comes is one of
four kinds of messages or an error, and its words are printed without what a terminal would obey.
"""

from __future__ import annotations

import re
import signal
import subprocess
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, ModelError, UsageError
from audit.host.patience import Patience
from audit.host.spawning import Home, ended, exit_code
from audit.host.wire import WireError, receive, send

if TYPE_CHECKING:
    from audit.host import Tell

OPENING_SECONDS = 900.0
ANSWER_SECONDS = 6 * 3600.0  # without an answer, or without one row more that is done
_LEAST_BYTES, _BYTES_A_BYTE = 64 << 20, 8  # of an answer: granted at least, and for each byte asked
_MOST_WORDS = 1_000  # characters of an error
# Control characters (a terminal obeys them) and those that turn the direction of what follows.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_KINDS: Mapping[str, Mapping[str, type]] = {
    "done": {},
    "further": {"further": int},
    "error": {"error": str, "words": str},
    "fault": {"fault": str, "place": str},
}


def printable(text: str, most: int = _MOST_WORDS) -> str:
    r"""Return text that a terminal can show and not obey.

    >>> printable("a\x1b[2J b")
    'a [2J b'
    """
    return _UNPRINTABLE.sub(" ", text[:most])


class Line:
    """One process, asked and answering in turn.

    Parameters
    ----------
    name : the model, as messages name it
    home : the folder that goes with it
    """

    def __init__(self, process: subprocess.Popen[bytes], name: str, home: Home | None) -> None:
        self.process = process
        self._name = name
        self._asked = 0
        self._patience = Patience(process)
        self.close = weakref.finalize(self, _ended, self._patience, process, home)

    def say(self, message: Mapping[str, Any], seconds: float = ANSWER_SECONDS) -> None:
        """Send a message; who does not take it in time is ended, as what is heard next says."""
        self._refuse_closed()
        assert self.process.stdin is not None
        with self._patience(seconds), suppress(BrokenPipeError):  # it has ended: what is heard next says so
            self._asked = send(self.process.stdin, message)

    def hear(
        self, seconds: float = ANSWER_SECONDS, tell: Tell | None = None, n: int = 0, *, opening: bool = False
    ) -> Any:
        """Return what is answered.

        Parameters
        ----------
        seconds : how long is waited for it, or for one row more
        tell : called with the number of rows that are done, rising, at most n

        Raises
        ------
        ModelError, UsageError
            What the model's process says is wrong, or no answer.
        AuditError
            It ended.
        """
        self._refuse_closed()
        done = 0
        while True:
            with self._patience(seconds):
                message = self._received(opening)
                while "further" in message and message["further"] <= done:
                    message = self._received(opening)
            if "further" not in message:
                break
            done = message["further"]
            if tell is None or done > n:
                raise self._no_answer("it tells of more rows than there are")
            tell(done)
        if "error" in message:
            words = printable(message["words"])
            # Only these come from a model or a method; whatever else is named, it is the model's fault.
            raise UsageError(words) if message["error"] == "UsageError" else ModelError(words)
        if "fault" in message:
            kind, place = printable(message["fault"], 60), printable(message["place"], 60)
            raise AuditError(
                f"model {self._name}: the process that holds it failed with {kind} at {place}. "
                "Start again; if it fails again, it is a fault of this program."
            )
        return message["done"]

    def _received(self, opening: bool) -> dict[str, Any]:
        assert self.process.stdout is not None
        try:
            message = receive(self.process.stdout, _LEAST_BYTES + _BYTES_A_BYTE * self._asked)
        except EOFError:
            raise self._died(opening) from None
        except WireError as error:
            raise (self._died(opening) if self._patience.lost else self._no_answer(str(error))) from None
        for kind, parts in _KINDS.items():
            if isinstance(message, dict) and kind in message:
                if all(type(message.get(name)) is of for name, of in parts.items()):
                    return message
                break
        raise self._no_answer("it is no message")

    def _refuse_closed(self) -> None:
        if not self.close.alive:
            raise ModelError(f"model {self._name}: the process that holds it was ended before. Start again.")

    def _no_answer(self, why: str) -> ModelError:
        self.close()
        return ModelError(
            f"model {self._name}: the process that holds it sent what is no answer ({why}). "
            "Look at the model: it writes where it must not."
        )

    def _died(self, opening: bool) -> AuditError:
        code = exit_code(self.process)
        self.close()
        if self._patience.lost:
            return ModelError(
                f"model {self._name}: the process that holds it gave no answer in time and was ended. Look "
                "whether the model comes to an end on every row, then start again."
            )
        code = code - 128 if code > 128 else -code  # bubblewrap tells a signal as 128 and its number
        how = f"ended with exit code {-code}"
        if code > 0:
            known = {one.value: one.name for one in signal.Signals}
            how = f"was ended by {known.get(code, f'signal {code}')}"
        kind = ModelError if opening else AuditError
        return kind(
            f"model {self._name}: the process that holds it {how}. Look whether the file is whole and "
            "whether memory ran out, then start again."
        )


def _ended(patience: Patience, process: subprocess.Popen[bytes], home: Home | None) -> None:
    patience.end()
    ended(process, home)
