"""What holds for every file of the project, whatever is in it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("audit", "reports", "templates", "migrations", "tests", ".ci")
TOP = ("README.md", "Makefile", "pyproject.toml", "constraints.txt")
LIMIT = 400  # lines; a longer file holds two thoughts
# A verifier that a stranger must be able to read and carry away whole is one file by design.
WHOLE = {"audit/proof_check/__init__.py"}
# In two pieces, so that this file does not hold what it looks for.
REGISTRIES = ("py" + "pi.org", "pythonho" + "sted.org", "npm" + "js.", "ana" + "conda.org", "crates" + ".io")
MACHINES = (
    r"(?<![\w.])/(?:work|root|opt|mnt|srv/build)/[a-z]",
    r"(?<![\w.])/home/[a-z]",
    r"(?<![\w.])/Users/[A-Za-z]",
    r"[A-Z]:\\Users",
)


@cache
def _tracked() -> tuple[Path, ...]:
    """Return the project's files: what git tracks, or in an unpacked sdist what lies there."""
    found = [file for folder in OURS for file in (ROOT / folder).rglob("*")] + [ROOT / name for name in TOP]
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    return tuple(file for file in found if file.is_file() and "__pycache__" not in file.parts)


def _texts() -> list[tuple[str, str]]:
    """Return name and text of every file that is text."""
    found = []
    for file in _tracked():
        try:
            found.append((str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # fonts, models and packed data
    return found


def test_there_are_files() -> None:
    """The tests below look at something."""
    names = {name for name, _ in _texts()}
    assert {"README.md", "audit/__init__.py", "templates/base.html", "tests/test_files.py"} <= names


@pytest.mark.parametrize(
    "folder", ["audit", "reports", "migrations", "templates", "tests/worlds", "tests/oracles"]
)
def test_a_file_is_one_thought(folder: str) -> None:
    """No file of the program, nor of what its tests stand on, is longer than 400 lines."""
    long = {
        name: n
        for name, text in _texts()
        if name.startswith(f"{folder}/") and name not in WHOLE and (n := text.count("\n")) > LIMIT
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    """Each Python file begins with a docstring."""
    silent = [
        name for name, text in _texts() if name.endswith(".py") and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_every_test_says_what_is_true() -> None:
    """Each test has a docstring."""
    silent = []
    for name, text in _texts():
        if not Path(name).name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.FunctionDef)
                and node.name.startswith("test_")
                and not ast.get_docstring(node)
            ):
                silent.append(f"{name}: {node.name}")
    assert silent == []


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_points_to_a_registry(host: str) -> None:
    """Where packages come from is the installer's own setting; no file names a host for them."""
    assert [name for name, text in _texts() if host in text] == []


@pytest.mark.parametrize("pattern", MACHINES)
def test_no_file_knows_a_machine(pattern: str) -> None:
    """No path of somebody's machine stands in any file."""
    found = [
        f"{name}: {line.strip()}"
        for name, text in _texts()
        if name != "tests/test_files.py"
        for line in text.splitlines()
        if re.search(pattern, line)
    ]
    assert found == []


def test_no_module_is_called_by_what_it_is_not() -> None:
    """A function belongs to a noun: there is no utils, helpers, common, manager or base module."""
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
    names = [Path(name) for name, _ in _texts() if name.endswith(".py")]
    assert [str(name) for name in names if vague & {*name.parts[:-1], name.stem}] == []


def test_every_yaml_of_the_program_is_read_by_its_own_reader() -> None:
    """All YAML that is delivered parses without a duplicate key."""
    from audit.config import read_yaml

    files = [file for file in _tracked() if file.suffix == ".yaml" and "tests" not in file.parts]
    assert len(files) > 10
    for file in files:
        assert read_yaml(file)[0], file
