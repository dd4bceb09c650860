"""`--help` and `--version` answer at once: nothing but the command line's own library is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from audit.cli import COMMANDS
from tests.install.conftest import clean_environment

LIMIT = 0.3  # seconds
HEAVY = {
    "tensorflow",
    "keras",
    "torch",
    "shap",
    "lime",
    "sklearn",
    "scipy",
    "numpy",
    "polars",
    "pandas",
    "pyarrow",
    "pydantic",
    "ruamel",
    "sqlalchemy",
    "alembic",
    "weasyprint",
    "jinja2",
    "babel",
    "cryptography",
    "pikepdf",
    "rich",
}
# Runs the console command's function and then says what was loaded by it.
LOADED = """\
import json, sys
from audit.cli import main
try:
    main(sys.argv[1:])
except SystemExit as leave:
    assert not leave.code, leave.code
print()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Neither a model library nor an array, database or rendering library is loaded by any --help."""
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "typer" in loaded
    # typer itself loads pydantic, where that is installed, when it reads a command's options.
    allowed = {"pydantic"} if arguments[0] in COMMANDS else set()
    assert loaded & HEAVY <= allowed


def test_help_answers_within_three_tenths_of_a_second() -> None:
    """The best of five starts, Python's own start included, is under 0.3 s."""
    command = [sys.executable, "-c", "from audit.cli import main; main(['--help'])"]
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
        seconds.append(time.perf_counter() - begun)
        assert done.returncode == 0, done.stderr
    assert min(seconds) < LIMIT, f"best of five: {min(seconds):.2f} s"
