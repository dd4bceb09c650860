"""`plainspoken doctor` sees another package of our name, and a folder of it that hides ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audit.cli.doctor import examine
from tests.install.conftest import CHECKOUT, clean_environment


def _package(name: str, here: Path) -> tuple[bool, str]:
    (found,) = [one for one in examine(here) if one.name == f"package {name}"]
    return found.ok, found.fact


@pytest.mark.parametrize("name", ["audit", "reports"])
def test_a_folder_of_the_user_that_hides_the_package_is_told(name: str, tmp_path: Path) -> None:
    """A folder `audit` or `reports` where commands are started is named with its way out."""
    assert _package(name, tmp_path)[0]
    (tmp_path / name).mkdir()
    ok, fact = _package(name, tmp_path)
    assert not ok
    assert f"the folder '{name}' here hides our package" in fact
    assert "rename it" in fact


def test_a_module_of_the_user_that_hides_the_package_is_told(tmp_path: Path) -> None:
    """A file `audit.py` hides the package as a folder does."""
    (tmp_path / "audit.py").touch()
    ok, fact = _package("audit", tmp_path)
    assert not ok
    assert "'audit.py' here hides our package" in fact


def test_the_checkout_hides_nothing() -> None:
    """Where the folder is the package itself, all is well."""
    assert _package("audit", CHECKOUT) == (True, "our own package is found")


def test_doctor_ends_with_1_and_says_so(tmp_path: Path) -> None:
    """The command in such a folder: exit 1, the symptom marked, and nothing else wrong because of it."""
    (tmp_path / "reports").mkdir()
    command = [sys.executable, "-c", "from audit.cli import main; main(['doctor', '--json'])"]
    environment = clean_environment(PYTHONPATH=str(CHECKOUT))
    # -P leaves the current folder off the path, as the console command does.
    command.insert(1, "-P")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert [one["name"] for one in told["checks"] if one["needed"] and not one["ok"]] == ["package reports"]
    assert told["ok"] is False


def test_a_stranger_of_our_name_on_the_path_is_told(tmp_path: Path) -> None:
    """Another installed package called audit, such as libaudit's, is seen as what it is."""
    stranger = tmp_path / "elsewhere" / "reports"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").touch()
    code = (
        "import sys; import audit.cli.doctor as doctor\n"
        f"sys.path.insert(0, {str(stranger.parent)!r})\n"
        "print(*[one.fact for one in doctor.examine() if one.name == 'package reports'])"
    )
    environment = clean_environment(PYTHONPATH=str(CHECKOUT))
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert f"another package of that name comes first ({stranger})" in done.stdout, done.stderr
