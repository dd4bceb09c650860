"""Checkpoints that leave the machine: what a later run, and verify, see by them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audit.cli import checkpoints
from audit.errors import EvidenceError, UsageError
from audit.ledger import Ledger
from tests.worlds import even_lender
from tests.worlds.desk import Desk
from tests.worlds.sealed import seal_small_audit, small_audit, write_audit


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder with the ledger of a sealed audit, and a folder for checkpoints."""
    (tmp_path / "ledger").mkdir()
    (tmp_path / "away").mkdir()
    ledger, _ = seal_small_audit(tmp_path / "ledger")
    ledger.close()
    return Desk(tmp_path / "ledger", capsys)


def keep(desk: Desk) -> Path:
    """Leave the newest checkpoint."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        return checkpoints.keep(ledger, desk.folder.parent / "away")


def more(desk: Desk, name: str) -> None:
    """Seal one more audit."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        write_audit(ledger, small_audit(name))


def test_each_is_a_file_and_verify_takes_the_newest(desk: Desk) -> None:
    """Two runs, two files; a third try without news writes none; the folder serves verify."""
    first = keep(desk)
    more(desk, "Second")
    second = keep(desk)
    assert keep(desk) == second
    away = desk.folder.parent / "away"
    assert sorted(away.iterdir()) == sorted([first, second])
    assert desk.of_ledger("verify", "--checkpoint", away).code == 0
    assert "is of another ledger" not in desk.of_ledger("verify", "--checkpoint", first).out


def test_an_older_copy_put_back_is_seen_by_the_next_run(desk: Desk) -> None:
    """Cut short, and forked by the holder of the key: the checkpoint that lies there tells."""
    backup = desk.folder.parent / "backup"
    shutil.copytree(desk.folder, backup)
    more(desk, "What was found")
    keep(desk)
    shutil.rmtree(desk.folder)
    shutil.copytree(backup, desk.folder)
    with pytest.raises(EvidenceError, match="cut short"):
        keep(desk)
    more(desk, "What should have been found")
    more(desk, "And more")
    with pytest.raises(EvidenceError, match="are not those"):
        keep(desk)
    assert desk.of_ledger("verify", "--checkpoint", desk.folder.parent / "away").code == 4


def test_what_is_no_folder_is_refused(desk: Desk) -> None:
    """An absent folder is not made: it may be one that was not mounted."""
    with (
        Ledger.open(str(desk.folder / "ledger.db")) as ledger,
        pytest.raises(UsageError, match="no such folder"),
    ):
        checkpoints.keep(ledger, desk.folder / "absent")
    (desk.folder.parent / "empty").mkdir()
    assert desk.of_ledger("verify", "--checkpoint", desk.folder.parent / "empty").code == 2


def test_a_run_leaves_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`run --checkpoints DIR`: the file is named in the JSON, and holds for what the run wrote."""
    world = even_lender.build(tmp_path / "world", n_profiles=40)
    desk = Desk(world.config.parent, capsys)
    (tmp_path / "away").mkdir()
    refused = desk.of_ledger("run", desk.config, "--checkpoints", tmp_path / "absent")
    assert refused.code == 2
    assert not (desk.folder / "ledger.db").exists()
    answer = desk.of_ledger("run", desk.config, "--checkpoints", tmp_path / "away", "--json")
    file = Path(answer.json["checkpoint_file"])
    assert file.parent == tmp_path / "away"
    assert file.read_text() == answer.json["checkpoint"]
    assert desk.of_ledger("verify", "--checkpoint", file).code == 0
