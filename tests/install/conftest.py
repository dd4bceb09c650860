"""The distributions built from this checkout, an environment that holds only the wheel, and a ledger."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import sysconfig
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from audit.ledger import Ledger
from tests.worlds import sealed

CHECKOUT = Path(__file__).resolve().parents[2]
# The sealed world says of itself only what a report needs; letters also need its columns and files.
FILES = {
    "model": {"path": "python:linear:score", "trust": {"by": "A", "reason": "read", "date": "2026-11-02"}},
    "data": {
        "path": "applications.csv",
        "id": "application_id",
        "person": "applicant_id",
        "features": [column for column, *_ in sealed.FACTORS.values()],
    },
    "dictionary": "reasons.yaml",
    "recipients": {
        "path": "recipients.csv",
        "decision": "decision",
        "person": "person",
        "role": "role",
        "name": "name",
        "address": ["street", "town"],
        "channel": "channel",
        "esign_consent": "esign_consent",
    },
}


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and an empty folder to start commands from."""

    folder: Path
    environment: dict[str, str]

    @property
    def site(self) -> Path:
        """Where its own packages lie."""
        return next((self.folder / "lib").glob("python3*")) / "site-packages"

    def python(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run its Python."""
        return self._run(self.folder / "bin" / "python", arguments, cwd)

    def plainspoken(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run its console command."""
        return self._run(self.folder / "bin" / "plainspoken", arguments, cwd)

    def _run(self, program: Path, arguments: tuple[str, ...], cwd: Path) -> subprocess.CompletedProcess[str]:
        command = [str(program), *arguments]
        return subprocess.run(command, cwd=cwd, env=self.environment, capture_output=True, text=True)


def clean_environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what would lead back to the checkout or to a network."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PLAINSPOKEN", "VIRTUAL_ENV", "PYTEST"))
    }
    return {**kept, "PIP_NO_INDEX": "1", **more}


def build(source: Path, out: Path, what: str) -> Path:
    """Build one distribution with the tools that are here; return its file."""
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        f"--{what}",
        "--outdir",
        str(out),
        str(source),
    ]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = out.glob("*.whl" if what == "wheel" else "*.tar.gz")
    return found


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The sdist, a wheel from the checkout, a wheel from the unpacked sdist, and that unpacked sdist."""
    folder = tmp_path_factory.mktemp("built")
    sdist = build(CHECKOUT, folder / "sdist", "sdist")
    wheel = build(CHECKOUT, folder / "wheel", "wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return SimpleNamespace(
        sdist=sdist, wheel=wheel, unpacked=unpacked, again=build(unpacked, folder / "again", "wheel")
    )


def fresh(folder: Path) -> Installed:
    """Make an environment that sees the dependencies from here, and nothing of ours.

    A line of a ``.pth`` file adds a folder to the path without reading the ``.pth`` files in it, so
    that an editable install of the checkout stays unseen.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    found = Installed(folder, clean_environment())
    paths = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (found.site / "dependencies.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    return found


def install(into: Installed, *what: str) -> None:
    """Install something of ours without its dependencies and without a network."""
    pip = [sys.executable, "-m", "pip", "--python", str(into.folder / "bin" / "python"), "install", "--quiet"]
    pip += ["--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed", *what]
    done = subprocess.run(pip, env=into.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def installed(built: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment with our wheel in its own site-packages."""
    found = fresh(tmp_path_factory.mktemp("venv") / "installed")
    install(found, str(built.wheel))
    return found


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """A folder with a sealed ledger and its recipients, and nothing else of the project."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    small = sealed.small_audit()
    small = replace(small, head=replace(small.head, config={**small.head.config, **FILES}))
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}", create=True) as ledger:
        sealed.write_audit(ledger, small)
    with (folder / "recipients.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["decision", "person", "role", "name", "street", "town", "channel", "esign_consent"])
        for one in sealed.recipients():
            row = [one.decision, one.person, one.role, one.name, *one.address, one.channel]
            writer.writerow([*row, "yes" if one.esign_consent else "no"])
    return folder
