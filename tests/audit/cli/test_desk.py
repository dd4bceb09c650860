"""The desk: what a call remembers of its letters, beside its memory, and leaves nowhere."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from audit.cli import desk as module
from audit.cli.desk import Desk, cells_of, of_cells
from audit.errors import AuditError

ONE, OTHER = bytes(range(16)), bytes(16)


def test_rows_are_found_by_their_decision_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Whatever order they were laid in; a decision without any is left out."""
    with Desk(tmp_path) as desk:
        desk.lay([(ONE, 3, of_cells(("a", "Zoë"))), (OTHER, 2, b""), (ONE, 1, of_cells(("a", "Ann")))])
        desk.sort()
        found = desk.cards([ONE, bytes(15) + b"x"])
        assert [cells_of(card) for card in found[ONE]] == [(1, ("a", "Ann")), (3, ("a", "Zoë"))]
        assert list(found) == [ONE]


def test_a_name_is_taken_once_and_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """The order is that of Python's strings, beyond the first plane too."""
    names = ["B", "A", "a", "é", "\U0001f600", "\uffee", "A-2"]
    with Desk(tmp_path) as desk:
        assert [desk.takes(name) for name in [*names, "A"]] == [True] * len(names) + [False]
        for at, name in enumerate(names):
            desk.note(name, f"{at:064x}")
        assert [name for name, _ in desk.noted()] == sorted(names)
        assert dict(desk.noted())["A"] == f"{1:064x}"


def test_nothing_of_it_has_a_name_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while it is written to, and so not after a kill; its file is its owner's alone."""
    monkeypatch.setattr(module, "_CACHE_KIB", 64)
    with Desk(tmp_path) as desk:
        assert list(tmp_path.iterdir()) == []
        desk.lay((os.urandom(16), n, b"Ann Fictional" * 40) for n in range(5000))
        desk.sort()
        assert list(tmp_path.iterdir()) == []
        held = next(one for one in map(Path, _open_files()) if os.readlink(one).startswith(str(tmp_path)))
        assert held.stat().st_mode & 0o777 == 0o600
        assert held.stat().st_nlink == 0
        assert held.stat().st_size > 1_000_000  # its pages are there, not in memory


def _open_files() -> list[str]:
    names = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return [name for name in names if os.path.lexists(name)]


def test_a_disk_that_does_not_take_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the folder, the fact and the way out."""
    with pytest.raises(AuditError, match=r"nowhere: No such file or directory\. Make room"):
        Desk(tmp_path / "nowhere")
    real = sqlite3.connect

    def small(*given: object, **named: object) -> sqlite3.Connection:
        made = real(*given, **named)  # type: ignore[call-overload]
        made.execute("PRAGMA max_page_count = 20")
        return made  # type: ignore[no-any-return]

    monkeypatch.setattr(sqlite3, "connect", small)
    with Desk(tmp_path) as desk, pytest.raises(AuditError, match="database or disk is full"):
        desk.lay((ONE, n, bytes(500)) for n in range(5000))
    assert list(tmp_path.iterdir()) == []
