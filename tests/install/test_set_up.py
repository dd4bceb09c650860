"""`make` sets a bare machine up, or says exactly what is missing: tried on a path of stand-ins.

The path holds the real shell, make and grep, and scripts in the place of Python, ldconfig, apt-get,
sudo and id that note what they were asked. Nothing is installed and nothing is downloaded.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.install.conftest import CHECKOUT

REAL = ("sh", "make", "grep", "touch", "cat", "sed", "expand", "mkdir", "chmod", "rm", "test")
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0", "libseccomp.so.2")
PACKAGES = {
    "libpango-1.0-0": LIBRARIES[0],
    "libpangoft2-1.0-0": LIBRARIES[1],
    "libharfbuzz-subset0": LIBRARIES[2],
    "libseccomp2": LIBRARIES[3],
}
# Answers what the scripts ask a Python; $VERSION is its minor version, and the file `ensurepip`
# says whether it can make environments.
PYTHON = """\
echo "{name} $*${{PIP_CONSTRAINT:+ [$PIP_CONSTRAINT]}}" >> "{log}"
case "$1 $2" in
    "-c import sys; sys.exit(sys.version_info < (3, 11))") [ {minor} -ge 11 ] ;;
    "-c import sys; sys.exit(not (3, 11)"*) [ {minor} -ge 11 ] && [ {minor} -lt 14 ] ;;
    "-c import ensurepip, venv") [ -f "{folder}/ensurepip" ] ;;
    "-c import sys; print"*) echo python3.{minor} ;;
    "-m venv") mkdir -p .venv/bin && cat "$0" > .venv/bin/python && chmod +x .venv/bin/python ;;
    "-m pip") [ ! -f "{folder}/no-network" ] || [ "$3" != install ] ;;
    *) exit 9 ;;
esac
"""


class Machine:
    """A machine whose programs are chosen by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.path = folder, folder / "log", folder / "bin"
        self.checkout = folder / "checkout"
        self.path.mkdir()
        self.checkout.mkdir()
        self.log.touch()
        for name in REAL:
            found = shutil.which(name)
            assert found, f"no {name} here"
            (self.path / name).symlink_to(found)
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(CHECKOUT / name, self.checkout)
        shutil.copytree(CHECKOUT / ".ci", self.checkout / ".ci")
        self.has("id", "echo 0")
        self.loaded = folder / "libraries"
        self.loaded.write_text("\n".join(LIBRARIES), encoding="utf-8")
        self.has("ldconfig", f'cat "{self.loaded}"')
        self.has("bwrap", "exit 0")

    def has(self, name: str, script: str) -> None:
        """Put a program on the path; each notes how it was called."""
        file = self.path / name
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(0o755)

    def has_python(self, name: str, minor: int) -> None:
        """Put a Python 3.``minor`` on the path."""
        self.has(name, PYTHON.format(name=name, minor=minor, log=self.log, folder=self.folder))

    def has_apt(self, *, works: bool = True) -> None:
        """Put Debian's installer on the path; it makes the libraries appear."""
        install = "\n".join(
            f'case "$*" in *install*{package}*) echo {library} >> "{self.loaded}";; esac'
            for package, library in PACKAGES.items()
        )
        install += f'\ncase "$*" in *install*-venv*) touch "{self.folder}/ensurepip";; esac'
        self.has("apt-get", f'echo "apt-get $*" >> "{self.log}"\n{install if works else "exit 100"}')

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run make in the checkout with nothing else on the path."""
        return self._run("make", "--no-print-directory", *arguments)

    def script(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one script of `.ci`."""
        return self._run("sh", f".ci/{name}", *arguments)

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.path / command[0]), *command[1:]],
            cwd=self.checkout,
            env={"PATH": str(self.path), "HOME": str(self.folder), "LC_ALL": "C"},
            capture_output=True,
            text=True,
        )

    @property
    def asked(self) -> list[str]:
        """What was called, in order."""
        return self.log.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with the system libraries, able to make environments, without any Python."""
    (tmp_path / "ensurepip").touch()
    return Machine(tmp_path)


def test_nothing_is_asked_where_the_libraries_are(machine: Machine) -> None:
    """With all libraries there the script says nothing and calls no installer."""
    machine.has_apt()
    done = machine.script("system-libraries")
    assert (done.returncode, done.stdout, done.stderr, machine.asked) == (0, "", "", [])


def test_missing_libraries_are_installed_by_root(machine: Machine) -> None:
    """As root on Debian the packages are installed without a question."""
    machine.loaded.write_text("libc.so.6\n", encoding="utf-8")
    machine.has_apt()
    done = machine.script("system-libraries")
    assert done.returncode == 0, done.stderr
    assert "Installing system libraries: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in done.stdout
    assert machine.asked == [
        "apt-get update -qq",
        "apt-get install -y -qq libpango-1.0-0 libpangoft2-1.0-0",
        "apt-get install -y -qq libharfbuzz-subset0",
        "apt-get install -y -qq bubblewrap libseccomp2",
    ]


def test_without_walls_a_model_is_audited_all_the_same(machine: Machine) -> None:
    """Walls are asked for; where they are not to be had that is said, and stops nothing."""
    machine.loaded.write_text("\n".join(LIBRARIES[:3]), encoding="utf-8")
    (machine.path / "bwrap").unlink()
    done = machine.script("system-libraries")
    assert done.returncode == 0
    assert done.stdout.startswith("Optional, walls around models: bwrap libseccomp.so.2")


def test_an_ordinary_user_installs_by_sudo(machine: Machine) -> None:
    """Without root sudo is asked, without a password prompt that would hang a job."""
    machine.loaded.write_text("", encoding="utf-8")
    machine.has_apt()
    machine.has("id", "echo 1000")
    machine.has("sudo", f'echo "sudo $1" >> "{machine.log}"\nshift\n"$@"')
    assert machine.script("system-libraries").returncode == 0
    assert machine.asked.count("sudo -n") == 4


@pytest.mark.parametrize("apt", [True, False])
def test_what_cannot_be_installed_is_named(machine: Machine, apt: bool) -> None:
    """Where apt-get fails or is absent: exit 2, what is missing, the commands that bring it."""
    machine.loaded.write_text("libpangoft2-1.0.so.0\n", encoding="utf-8")
    if apt:
        machine.has_apt(works=False)
    done = machine.script("system-libraries")
    assert done.returncode == 2
    assert "Missing system libraries: libpango-1.0.so.0 libharfbuzz-subset.so.0" in done.stderr
    assert "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in done.stderr


def test_the_subsetter_alone_stops_nothing(machine: Machine) -> None:
    """Rendering works without HarfBuzz's subsetter: it is named as optional, and the exit code is 0."""
    machine.loaded.write_text("\n".join([*LIBRARIES[:2], LIBRARIES[3]]), encoding="utf-8")
    done = machine.script("system-libraries")
    assert done.returncode == 0
    assert done.stdout.startswith("Optional, for faster PDFs: libharfbuzz-subset.so.0")


def test_python_3_11_comes_first(machine: Machine) -> None:
    """The version that the constraints are pinned for is taken where there are several."""
    for name, minor in (("python3.11", 11), ("python3", 12), ("python3.13", 13)):
        machine.has_python(name, minor)
    assert machine.script("python").stdout.strip() == str(machine.path / "python3.11")


def test_a_newer_python3_is_used_where_3_11_is_absent(machine: Machine) -> None:
    """`make venv` makes the environment with python3 where that is 3.11 or newer, and installs the pins."""
    machine.has_python("python3", 12)
    done = machine.make("venv")
    assert done.returncode == 0, done.stderr
    assert "python3 -m venv --clear .venv" in machine.asked
    assert "python3 -m pip install --quiet --use-pep517 --editable .[dev] [constraints.txt]" in machine.asked
    before = len(machine.asked)
    assert machine.make("venv").returncode == 0
    assert len(machine.asked) == before  # what is installed is not installed again


@pytest.mark.parametrize("python3", [None, 9, 14])
def test_a_missing_python_is_named(machine: Machine, python3: int | None) -> None:
    """Without a Python of 3.11 to 3.13 make ends with 2 and says what to install."""
    if python3 is not None:
        machine.has_python("python3", python3)
    done = machine.make("venv")
    assert done.returncode == 2
    assert "Python 3.11 is missing" in done.stderr
    assert "apt-get install python3.11 python3.11-venv" in done.stderr


def test_a_newer_version_beside_an_unfit_python3_is_found(machine: Machine) -> None:
    """Where python3 is too new for TensorFlow's wheels, python3.12 beside it is taken."""
    machine.has_python("python3", 14)
    machine.has_python("python3.12", 12)
    assert machine.script("python").stdout.strip().endswith("/python3.12")


@pytest.mark.parametrize(
    ("minor", "words"), [(None, "There is no 'mine' on the path"), (10, "mine is older than Python 3.11")]
)
def test_a_named_python_is_used_or_refused(machine: Machine, minor: int | None, words: str) -> None:
    """`make PYTHON=…` takes that one or none, even where another would do."""
    machine.has_python("python3.11", 11)
    if minor is not None:
        machine.has_python("mine", minor)
    done = machine.make("venv", "PYTHON=mine")
    assert done.returncode == 2
    assert words in done.stderr
    machine.has_python("mine", 12)
    assert machine.script("python", "mine").stdout.strip() == str(machine.path / "mine")


def test_the_venv_package_is_installed_or_named(machine: Machine, tmp_path: Path) -> None:
    """Debian's Python without its -venv package: installed where possible, else named with its version."""
    (tmp_path / "ensurepip").unlink()
    machine.has_python("python3.11", 11)
    done = machine.make("venv")
    assert done.returncode == 2
    assert "cannot make virtual environments" in done.stderr
    assert "sudo apt-get install python3.11-venv" in done.stderr
    machine.has_apt()
    done = machine.make("venv")
    assert done.returncode == 0, done.stderr
    assert "apt-get install -y -qq python3.11-venv" in machine.asked


def test_a_failed_download_is_tried_again(machine: Machine, tmp_path: Path) -> None:
    """A broken download ends with 2 and leaves no mark of success; the next make goes on from there."""
    machine.has_python("python3.11", 11)
    (tmp_path / "no-network").touch()
    done = machine.make("venv")
    assert done.returncode == 2
    assert "The dependencies are not installed" in done.stderr
    (tmp_path / "no-network").unlink()
    assert machine.make("venv").returncode == 0
    assert machine.asked.count("python3.11 -m venv --clear .venv") == 1


def test_every_target_is_explained(machine: Machine) -> None:
    """`make` alone lists all targets that can be called, each with a sentence."""
    text = (machine.checkout / "Makefile").read_text(encoding="utf-8")
    (declared,) = [line for line in text.splitlines() if line.startswith(".PHONY:")]
    listed = {line.split()[0]: line.split(maxsplit=1)[1] for line in machine.make().stdout.splitlines()}
    assert set(listed) == set(declared.split()[1:])
