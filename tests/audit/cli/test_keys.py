"""``plainspoken keys``: make, show and change the signing key from the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.ledger.notes import Signer
from tests.worlds.desk import Desk
from tests.worlds.sealed import seal_small_audit

WHO = ("--by", "Ada", "--reason", "yearly")


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder with the ledger of a sealed audit."""
    ledger, _ = seal_small_audit(tmp_path)
    ledger.close()
    return Desk(tmp_path, capsys)


def test_new_makes_a_file_for_its_owner_alone(desk: Desk) -> None:
    """The public half is printed, the private one is not; an existing file is left as it is."""
    file = desk.folder / "next.sign"
    answer = desk.ask("keys", "new", "--out", file)
    assert answer.code == 0
    assert answer.out.strip() == Signer(file.read_text()).public
    assert "PRIVATE" not in answer.out + answer.err
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    assert desk.ask("keys", "new", "--out", file).code == 2
    assert file.read_text() == before


def test_show_tells_which_keys_signed_and_where_the_private_half_is(desk: Desk) -> None:
    """One line for a file to be kept; all keys with their entries; a file that others can read is told."""
    line = desk.of_ledger("keys", "show", "--public").out.strip()
    told = desk.of_ledger("keys", "show", "--json").json
    assert told["keys"] == [{"entry": 0, "public_key": line}]
    assert told["private"] == str(desk.folder / "ledger.sign")
    assert told["open_to_others"] is False
    (desk.folder / "ledger.sign").chmod(0o644)
    assert "chmod 600" in desk.of_ledger("keys", "show").out
    (desk.folder / "ledger.sign").unlink()
    assert "not at hand" in desk.of_ledger("keys", "show").out


def test_rotate_changes_the_key_and_everything_still_holds(desk: Desk) -> None:
    """A made key, then one handed in; the first public key still verifies all of it."""
    kept = desk.folder / "first.pub"
    kept.write_text(desk.of_ledger("keys", "show", "--public").out)
    done = desk.of_ledger("keys", "rotate", *WHO, "--json")
    assert done.code == 0, done.err
    assert "PRIVATE" not in done.out
    assert Path(done.json["file"]).is_file()
    handed = desk.folder / "handed.sign"
    desk.ask("keys", "new", "--out", handed)
    assert desk.of_ledger("keys", "rotate", *WHO, "--to", handed).code == 0
    assert len(desk.of_ledger("keys", "show", "--json").json["keys"]) == 3
    assert desk.of_ledger("verify", "--key", kept).code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*WHO, "--to", "absent.sign"), "no such file"),
        ((*WHO, "--to", "absent.sign", "--people"), "one key at a time"),
        ((*WHO, "--signer", "absent"), "no signer is called"),
        (("--by", " ", "--reason", "yearly"), "kept in the log"),
    ],
)
def test_rotate_refuses_what_it_cannot(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    """Nothing is written, and the key in force stays."""
    before = desk.of_ledger("keys", "show", "--public").out
    answer = desk.of_ledger("keys", "rotate", *arguments)
    assert answer.code in (1, 2)
    assert words in answer.err
    assert desk.of_ledger("keys", "show", "--public").out == before
