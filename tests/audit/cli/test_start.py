"""The command line starts at once: help and version load nothing heavy, and errors are sentences."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

import audit.cli
from tests.worlds.desk import Desk

HEAVY = {
    "numpy", "polars", "scipy", "sqlalchemy", "alembic", "pydantic", "ruamel", "jinja2", "weasyprint",
    "tensorflow", "keras", "shap", "lime", "sklearn", "cryptography", "rich.console", "babel",
}  # fmt: skip
COMMANDS = (
    "demo", "init", "check", "run", "report", "letters", "explain", "list", "show", "compare", "verify",
    "replay", "packs", "doctor", "migrate",
)  # fmt: skip
SHELL = {f"audit.cli.{path.stem}" for path in Path(audit.cli.__file__).parent.glob("*.py")} | {
    "audit.cli",
    "audit.errors",
}
ASK = """
import sys
from audit.cli import main
try:
    main({arguments!r})
except SystemExit as leave:
    code = leave.code or 0
print("LOADED", code, *sorted(sys.modules))
"""


def loaded(*arguments: str) -> tuple[int, set[str], str]:
    """Return exit code, loaded modules and what was said by a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    said, _, listed = done.stdout.rpartition("LOADED ")
    code, *modules = listed.split()
    return int(code), set(modules), said


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "--help"), ("letters", "--help")])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Help and version need the command line library alone (which looks for pydantic's types itself)."""
    code, modules, said = loaded(*arguments)
    assert code == 0
    assert said
    assert HEAVY & modules <= ({"pydantic"} if len(arguments) > 1 else set())
    assert not {name for name in modules if name.startswith(("audit.", "reports"))} - SHELL


def test_help_answers_at_once() -> None:
    """The best of five starts takes less than 0.3 s of a processor, whatever else the machine does."""
    best = 10.0
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", "from audit.cli import main; main(['--help'])"],
            capture_output=True,
            text=True,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert "Audits models" in done.stdout
    assert best < 0.3


def test_every_command_is_in_the_help(capsys) -> None:
    """And each of them has help of its own."""
    desk = Desk(Path(), capsys)
    told = desk.ask("--help").out
    for command in COMMANDS:
        assert f"  {command} " in told
        answer = desk.ask(command, "--help")
        assert answer.code == 0
        assert "Usage: plainspoken" in answer.out


def test_listing_needs_no_model_library(tmp_path: Path) -> None:
    """``list`` of an absent ledger loads no model library on its way to saying so."""
    code, modules, _ = loaded("list", "--ledger", str(tmp_path / "none.db"))
    assert code == 2
    assert not {"tensorflow", "keras", "shap", "lime", "sklearn", "numpy", "polars"} & modules


@pytest.mark.parametrize(
    "arguments", [(), ("no-such-command",), ("run",), ("run", "a", "b"), ("show", "--nope")]
)
def test_a_wrong_command_ends_with_2(capsys, arguments: tuple[str, ...]) -> None:
    """Usage is told, and no traceback."""
    answer = Desk(Path(), capsys).ask(*arguments)
    assert answer.code == 2
    assert "Usage" in answer.out + answer.err
    assert "Traceback" not in answer.err


def test_the_schema_for_editors_needs_no_config(capsys) -> None:
    """``check --schema`` prints a JSON Schema; ``check`` without a config is refused."""
    import json

    desk = Desk(Path(), capsys)
    assert json.loads(desk.ask("check", "--schema").out)["properties"]["audit"]
    assert desk.ask("check").code == 2


def test_a_reader_that_leaves_is_no_error() -> None:
    """``plainspoken packs | head -1`` says nothing on standard error."""
    done = subprocess.run(
        f'{sys.executable} -c \'from audit.cli import main; main(["check", "--schema"])\' | head -1',
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""
