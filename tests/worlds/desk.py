"""A desk: a world's folder whose files can be changed, and commands given in this process."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Answer:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object on the last line."""
        found = json.loads(self.out.splitlines()[-1])
        assert isinstance(found, dict)
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        """One object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Desk:
    """A copy of a world, to change and to audit."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str] | None = None) -> None:
        self.folder = folder
        self._capsys = capsys

    @classmethod
    def copy(cls, of: Path, to: Path, capsys: pytest.CaptureFixture[str] | None = None) -> Desk:
        """Return a desk with the same files as ``of``."""
        shutil.copytree(of, to)
        return cls(to, capsys)

    @property
    def config(self) -> Path:
        """The config's file, which is JSON and so YAML."""
        return self.folder / "audit.yaml"

    def set(self, **changes: Any) -> Desk:
        """Put values into the config: ``set(decision__cutoff=0.5)``; None takes a key out."""
        whole = json.loads(self.config.read_text())
        for name, value in changes.items():
            section, *rest = name.split("__")
            inside, key = whole, section
            for step in rest:
                inside, key = inside.setdefault(key, {}), step
            if value is None:
                inside.pop(key, None)
            else:
                inside[key] = value
        self.config.write_text(json.dumps(whole, indent=1))
        return self

    def rows(self, change: Callable[[list[dict[str, str]]], Iterable[dict[str, Any]]]) -> Desk:
        """Change the rows of the applications."""
        path = self.folder / "applications.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        changed = list(change(rows))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(changed[0]) if changed else list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(changed)
        return self

    def text(self, name: str, old: str, new: str) -> Desk:
        """Change the text of a file."""
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{name} does not say {old!r}"
        path.write_text(text.replace(old, new))
        return self

    def files(self) -> set[str]:
        """Return the names of all files, but for what Python leaves behind."""
        names = (str(file.relative_to(self.folder)) for file in self.folder.rglob("*") if file.is_file())
        return {name for name in names if "__pycache__" not in name}

    def ask(self, *arguments: Any) -> Answer:
        """Give a command; return what it said."""
        from audit.cli import main

        assert self._capsys is not None
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as leave:
            main([str(argument) for argument in arguments])
        told = self._capsys.readouterr()
        return Answer(int(leave.value.code or 0), told.out, told.err)

    def of_ledger(self, command: str, *arguments: Any) -> Answer:
        """Give a command about the ledger beside the config."""
        return self.ask(command, *arguments, "--ledger", self.folder / "ledger.db")
