"""Tests of the folder that takes its place as a whole."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from audit.cli import output
from audit.cli.marker import MARKER
from audit.cli.output import OutputFolder
from audit.errors import AuditError, UsageError


def names(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_a_new_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    """Nothing stands at the path until the context ends; then all files do."""
    place = tmp_path / "deep" / "out"
    with OutputFolder(place) as folder:
        final = folder.write("letters/A.txt", "one")
        assert not place.exists()
    assert final == place / "letters/A.txt"
    assert final.read_text() == "one"
    assert names(place) == {"letters/A.txt", MARKER}
    assert [p.name for p in place.parent.iterdir()] == ["out"]


def test_a_folder_of_ours_is_replaced(tmp_path: Path) -> None:
    """The second run's files are there and the first run's are gone."""
    place = tmp_path / "out"
    with OutputFolder(place) as folder:
        folder.write("a.txt", "1")
    with OutputFolder(place) as folder:
        folder.write("b.txt", b"2")
    assert names(place) == {"b.txt", MARKER}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_replacing_works_without_an_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system cannot swap two folders, two renames do it."""
    monkeypatch.setattr(output, "_exchange", lambda one, other: False)
    test_a_folder_of_ours_is_replaced(tmp_path)


@pytest.mark.parametrize("foreign", ["notes.txt", "sub/notes.txt"])
def test_foreign_files_are_refused_and_untouched(tmp_path: Path, foreign: str) -> None:
    """A folder with a file of somebody else's is named and left as it is, ours or not."""
    for ours in (False, True):
        place = tmp_path / f"out{ours}"
        if ours:
            with OutputFolder(place) as folder:
                folder.write("a.txt", "1")
        (place / foreign).parent.mkdir(parents=True, exist_ok=True)
        (place / foreign).write_text("mine")
        with pytest.raises(UsageError, match="did not write"), OutputFolder(place):
            pytest.fail("a folder with foreign files was opened")
        assert (place / foreign).read_text() == "mine"
        assert (place / "a.txt").exists() == ours


def test_a_foreign_empty_folder_is_foreign(tmp_path: Path) -> None:
    """A folder somebody made inside is not thrown away."""
    (tmp_path / "out" / "theirs").mkdir(parents=True)
    with pytest.raises(UsageError, match="theirs"), OutputFolder(tmp_path / "out"):
        pytest.fail("opened")


def test_an_empty_folder_is_filled_and_a_file_is_refused(tmp_path: Path) -> None:
    """An empty folder is as good as none; a file is not a folder."""
    (tmp_path / "out").mkdir()
    with OutputFolder(tmp_path / "out") as folder:
        folder.write("a.txt", "1")
    assert "a.txt" in names(tmp_path / "out")
    with pytest.raises(UsageError, match="not a folder"), OutputFolder(tmp_path / "out" / "a.txt"):
        pytest.fail("opened")


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    """What fails half-way leaves what stood there, and nothing beside it."""
    place = tmp_path / "out"
    with OutputFolder(place) as folder:
        folder.write("a.txt", "1")

    def half_way() -> None:
        with OutputFolder(place) as folder:
            folder.write("a.txt", "2")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    assert (place / "a.txt").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without room ends with place, fact and way out, and nothing half-written."""

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(output.os, "fsync", full)
    with pytest.raises(AuditError, match="No space left"), OutputFolder(tmp_path / "out") as folder:
        folder.write("a.txt", "1")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_whole_however_little_the_disk_takes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a write leaves is written by the next; where there is no next, the file is gone again."""
    write, content, room = os.write, bytes(range(256)) * 9, [10_000]

    def sparing(number: int, data: bytes) -> int:
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room[0] -= (n := write(number, data[:100]))
        return n

    monkeypatch.setattr(output.os, "write", sparing)
    for name in ("a", "b"):
        output.put(tmp_path / name, content, settled=False, told=tmp_path)
    output.put(tmp_path / "a", b"", settled=True, told=tmp_path)
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"", content)
    room[0] = 1_000
    with pytest.raises(AuditError, match="No space left"):
        output.put(tmp_path / "b", content, settled=False, told=tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_kept_files_outlast_a_replacement(tmp_path: Path) -> None:
    """A ledger that lives in the folder is neither foreign nor lost, and is the same file."""
    place = tmp_path / "out"
    place.mkdir()
    (place / "ledger.db").write_text("rows")
    inode = (place / "ledger.db").stat().st_ino
    for content in ("1", "2"):
        with OutputFolder(place, kept=("ledger.*",)) as folder:
            folder.write("a.txt", content)
    assert (place / "ledger.db").read_text() == "rows"
    assert (place / "ledger.db").stat().st_ino == inode
    assert (place / "a.txt").read_text() == "2"


def test_a_private_folder_is_the_owner_s_alone(tmp_path: Path) -> None:
    """Letters lie in a folder that no other account can list."""
    with OutputFolder(tmp_path / "out", private=True) as folder:
        folder.write("a.txt", "1")
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_a_file_outside_is_refused(tmp_path: Path) -> None:
    """A name cannot climb out of the folder."""
    with OutputFolder(tmp_path / "out") as folder, pytest.raises(UsageError, match="outside"):
        folder.write("../x.txt", "1")


def test_what_is_recorded_outlasts_an_error(tmp_path: Path) -> None:
    """A folder with letters that are records stays where the next call finds it, and may be gone on with."""
    place, purpose = tmp_path / "out", {"audit": "a"}

    def half_way() -> None:
        with OutputFolder(place, purpose=purpose) as folder:
            folder.write("a.txt", "1")
            folder.lasting = True
            assert output.orphans(place) == []  # it is being filled
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    (left,) = output.orphans(place)
    assert output.purpose_of(left) == purpose
    with OutputFolder(place, purpose=purpose, orphan=left) as folder:
        folder.write("b.txt", "2")
    assert names(place) == {"a.txt", "b.txt", MARKER}
    assert output.purpose_of(place) == purpose
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_a_killed_process_of_the_same_number_is_kept(tmp_path: Path) -> None:
    """After a restart numbers come again: what was filled for a purpose is not removed by whoever has it."""
    left = tmp_path / f".out.{os.getpid()}.part"
    left.mkdir()
    (left / MARKER).write_text('{"purpose": {"audit": "a"}}')
    with OutputFolder(tmp_path / "out") as folder:
        folder.write("a.txt", "1")
    assert names(tmp_path / "out") == {"a.txt", MARKER}
    assert output.orphans(tmp_path / "out") == [left]


def test_a_file_is_named_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other processes put there has no name of its own, and no half of a file stays."""
    with OutputFolder(tmp_path / "out", purpose={}) as folder:
        made = folder.filled / output.MAKING / "1-1"
        output.put(made, b"whole", settled=True, told=folder.path)
        folder.name("1-1", "a.txt")
        output.put(made, b"never named", settled=False, told=folder.path)
        monkeypatch.setattr(output.os, "fsync", lambda number: os.write(-1, b""))
        with pytest.raises(AuditError, match=r"out: out: "):
            output.put(folder.inside("b.txt"), b"half", settled=True, told=folder.path)
        monkeypatch.undo()
    assert names(tmp_path / "out") == {"a.txt", MARKER}
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"whole"


def test_the_marker_names_every_file_in_order(tmp_path: Path) -> None:
    """Whatever order the file system gives them in; a name that is no UTF-8 is named too."""
    place = tmp_path / "out"
    written = ["b.txt", "a.txt", "in/c.txt", 'q"uote.txt', os.fsdecode(b"\xff.txt")]
    with OutputFolder(place) as folder:
        for name in written:
            folder.write(name, name.encode("utf-8", "surrogateescape"))
    told = json.loads((place / MARKER).read_text("utf-8"))
    assert told == {"made_by": "plainspoken", "lasting": False, "files": sorted(written, key=os.fsencode)}
    with OutputFolder(place) as folder:  # so it is ours, and is replaced
        folder.write("a.txt", "")
    with OutputFolder(tmp_path / "none"):
        pass
    assert json.loads((tmp_path / "none" / MARKER).read_text("utf-8"))["files"] == []
