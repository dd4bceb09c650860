"""What a harmful model may say over the line, and what the driver makes of it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.errors import AuditError, ModelError
from audit.host import Order, answers
from audit.host.child import ChildHost
from audit.host.line import Line, printable
from audit.host.spawning import spawned
from audit.record import Proxy, ReasonCode, Trust

TRUST = Trust("Model Risk", "a test", dt.date(2026, 11, 20))
ROWS = {"x": np.zeros(3)}
FACTORS = {"x": ["x"]}
CODE = ReasonCode("x", "X", ("x",), {"en": "x"}, changeable=True)

# It finds the end of the line that is open for writing, and says there what it likes.
SOURCE = """
import fcntl, json, os, stat, struct

def line():
    for number in range(3, 32):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode) and fcntl.fcntl(number, fcntl.F_GETFL) & 3 == 1:
                return number
        except OSError:
            pass

def say(head, sizes=None):
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    os.write(line(), struct.pack("<QQ", *(sizes or (len(head), 0))) + head)

def score(rows):
    SAID
    os._exit(0)
"""


def attributed(**changed: object) -> str:
    """Return what says an attribution of three rows, with something wrong in it."""
    told: dict[str, object] = {
        "method": "shapley",
        "factors": ["x"],
        "values": [[1.0]] * 3,
        "base": [0.0] * 3,
        "output": [1.0] * 3,
        "residual": [0.0] * 3,
        "standard_error": None,
        "certified": ["exact"] * 3,
        "details": {},
    }
    return f"say({ {'done': told | changed}!r})".replace("nan", "float('nan')")


def changed(**other: object) -> str:
    """Return what says a change of three rows, with something wrong in it."""
    told: dict[str, object] = {
        "changes": [["x", 1.0, 2.0]],
        "factors": ["x"],
        "score_before": 0.9,
        "score_after": 0.1,
        "cost": 1.0,
    }
    return f"say({ {'done': [[told | other]] * 3}!r})".replace("nan", "float('nan')")


@pytest.fixture
def saying(tmp_path: Path) -> Iterator[Callable[[str], ChildHost]]:
    """Return a host whose model says something over the line when it is to score."""
    hosts: list[ChildHost] = []

    def host(said: str) -> ChildHost:
        (tmp_path / "model.py").write_text(SOURCE.replace("SAID", said))
        hosts.append(ChildHost(Order("python:model:score", tmp_path, trust=TRUST, features=("x",))))
        return hosts[-1]

    yield host
    for one in hosts:
        one.close()


def attribute(host: ChildHost, told: list[int] | None = None) -> Any:
    """Ask for an attribution."""
    tell = None if told is None else told.append
    return host.attribute("shapley", ROWS, ROWS, FACTORS, {"seed": 7}, tell)


def counterfactuals(host: ChildHost, code: ReasonCode = CODE) -> Any:
    """Ask for counterfactuals."""
    options: dict[str, Any] = {"adverse": "high", "at_cutoff": "adverse", "protected": [], "flags": []}
    return host.counterfactuals(ROWS, ROWS, [code], np.zeros(3), options)


@pytest.mark.parametrize(
    "said",
    [
        'say({"error": "ModelError"})',
        'say({"fault": "x"})',
        'say({"further": 1})',
        'say({"done": [10**400] * 3})',
        'say({"done": {"\\x00numbers": ["<f8", [0, 10**30], 0]}})',
        'say(b"[" * 10**6 + b"]" * 10**6)',
        'say(b"", sizes=(1 << 32, 0))',
        "say(b'{\"further\": Infinity}')",
        "say(b'3')",
    ],
)
def test_no_message_is_an_error_of_the_model(said: str, saying) -> None:
    """Parts that are missing, of another kind, without end or beyond any size are told, and harm nobody."""
    host = saying(said)
    with pytest.raises(ModelError):
        host.score(ROWS)
    with pytest.raises(AuditError):  # who broke the line is not asked again
        host.score(ROWS)


@pytest.mark.parametrize(
    "said",
    [
        attributed(values=[[float("nan")]] * 3),
        attributed(standard_error=[[-1.0]] * 3),
        attributed(method="lime"),
        attributed(details={"design": float("nan")}),
        attributed(base=[10**400] * 3),
        attributed(certified=["surely"] * 3),
    ],
)
def test_an_attribution_is_of_finite_numbers_and_of_the_method_asked(said: str, saying) -> None:
    """Nothing else is let into reasons and figures."""
    with pytest.raises(ModelError, match="no answer"):
        attribute(saying(said))


def test_a_change_is_of_what_can_change(saying) -> None:
    """What the dictionary calls fixed, protected, or a blocked proxy does not move, whoever says so."""
    assert counterfactuals(saying(changed()))[0][0].score_after == 0.1
    for wrong in (
        {"changes": [["y", 1.0, 2.0]]},
        {"changes": []},
        {"factors": ["z"]},
        {"score_after": float("nan")},
        {"cost": -1.0},
    ):
        with pytest.raises(ModelError, match="no answer"):
            counterfactuals(saying(changed(**wrong)))
    fixed = ReasonCode("x", "X", ("x",), {"en": "x"}, changeable=False)
    with pytest.raises(ModelError, match="no answer"):
        counterfactuals(saying(changed()), fixed)


def test_a_flag_that_only_says_missing_may_be_taken_back(saying) -> None:
    """A column that the dictionary names under ``missing`` alone is one of its factor's."""
    code = ReasonCode("x", "X", ("x",), {"en": "x"}, changeable=True, missing_columns=("m",))
    host = saying(changed(changes=[["x", None, 2.0], ["m", 1.0, 0.0]]))
    rows = {"x": np.full(3, np.nan), "m": np.ones(3)}
    options: dict[str, Any] = {"adverse": "high", "at_cutoff": "adverse", "protected": [], "flags": ["m"]}
    found: Any = host.counterfactuals(rows, rows, [code], np.zeros(3), options)
    assert [change.column for change in found[0][0].changes] == ["x", "m"]


def test_figures_are_those_that_were_asked_for() -> None:
    """Each of them, under no other name, and of what a ledger can hold."""
    told: Any = {"ale": {"n": 3}, "ale_by_group": {"cause": "a\x1b"}}
    found = answers.behaviour_of(told, ["ale"])
    assert [(one.name, one.access) for one in found] == [
        ("ale", "model_risk"),
        ("ale_by_group", "fair_lending"),
    ]
    assert found[1].body == {"cause": "a "}
    for wrong in ({}, {**told, "rates": {}}, {"ale": {"n": float("nan")}}, {"ale": {"n": np.zeros(2)}}):
        with pytest.raises(ModelError, match="no answer"):
            answers.behaviour_of(wrong, ["ale"])


def test_a_blocked_proxy_is_told_as_what_cannot_change() -> None:
    """The child learns of no proxy's verdict but this."""
    proxy = Proxy("sex", "blocked", "A. Reviewer", None, "likeness")
    blocked = ReasonCode("x", "X", ("x",), {"en": "x"}, changeable=True, proxy=proxy)
    (told,) = answers.codes_of(answers.codes_as_values([blocked]))
    assert not told.changeable
    (told,) = answers.codes_of(answers.codes_as_values([CODE]))
    assert told.changeable


def test_progress_only_rises_and_ends_with_the_rows(saying) -> None:
    """A bar is never told less, nor more than there is."""
    host = saying('[say({"further": done}) for done in (1, -5, 1, 3, 2)]; ' + attributed())
    told: list[int] = []
    attribute(host, told)
    assert told == [1, 3]
    with pytest.raises(ModelError, match="more rows than there are"):
        attribute(saying('say({"further": 4})'), [])


def test_words_do_not_command_a_terminal(saying) -> None:
    """Escape codes and turned writing are blanks, and no error is longer than a paragraph."""
    host = saying('say({"error": "ModelError", "words": "a\\x1b[2J\\u202eb" + "c" * 10**5})')
    with pytest.raises(ModelError) as told:
        host.score(ROWS)
    assert str(told.value).startswith("a [2J bccc")
    assert len(str(told.value)) == 1_000
    assert printable("a\x07\x9b\nb") == "a   b"


def test_a_model_is_known_by_its_digest() -> None:
    """Names lose their escape codes; a version is that of the digest; layers hold no array."""
    told: dict[str, Any] = {
        "digest": "ab" * 32,
        "version": "ab" * 8,
        "name": "m\x1b]0;x\x07",
        "framework": "onnx",
        "inputs": ["x\x1b"],
        "output": "y",
        "n_parameters": 3,
        "layers": [{"name": "a\x1b", "kind": "Gemm", "units": None}],
    }
    found = answers.model_of(told, "m.onnx", None)
    assert (found.name, found.inputs, found.layers[0]["name"]) == ("m ]0;x ", ("x ",), "a ")
    for wrong in (
        {"version": "v2"},
        {"digest": "AB"},
        {"n_parameters": 1 << 63},
        {"n_parameters": float("inf")},
        {"inputs": "x"},
        {"layers": [{"units": float("nan")}]},
    ):
        with pytest.raises(ModelError, match="no answer"):
            answers.model_of(told | wrong, "m.onnx", None)


def test_who_gives_no_answer_is_ended() -> None:
    """Silent, deaf, or busy with telling nothing new: the wait has a bound, and its end is told."""
    wrote = "import struct; m = b'{\"further\":0}'; m = struct.pack('<QQ', len(m), 0) + m"
    for source in (
        "import time; time.sleep(60)",
        f"import sys; {wrote}\nwhile True: sys.stdout.buffer.write(m)",
    ):
        line = Line(spawned([sys.executable, "-c", source], {}), "m", None)
        start = time.monotonic()
        line.say({"rows": ["x" * 100] * 10_000}, 0.5)
        with pytest.raises(ModelError, match="gave no answer in time"):
            line.hear(0.5, lambda done: None, 3)
        assert time.monotonic() - start < 20


def test_who_closes_the_line_and_stays_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver does not wait for a process that nobody hears any more."""
    monkeypatch.setattr("audit.host.spawning._ENDING_SECONDS", 0.3)
    source = "import os, time; os.close(0); os.close(1); time.sleep(60)"
    process: subprocess.Popen[bytes] = spawned([sys.executable, "-c", source], {})
    with pytest.raises(AuditError, match="ended by SIGKILL"):
        Line(process, "m", None).hear(30)
    assert process.returncode is not None
