"""Words that nobody approved reach no letter, by whatever way letters are asked for."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from tests.worlds.desk import Desk

DATE = ("--date", "2026-11-20")
WAYS = {
    "lacking": ("approved: {by: Model Risk, date: 2026-11-02}", ""),
    "to come": (
        "approved: {by: Model Risk, date: 2026-11-02}",
        "approved: {by: Model Risk, date: 2026-11-21}",
    ),
}


@pytest.fixture(params=sorted(WAYS))
def desk(
    request: pytest.FixtureRequest,
    fresh: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    """An audit whose statements nobody approved, or only after its day."""
    from audit.host.local import LocalHost

    monkeypatch.setattr("audit.host.start", LocalHost)
    desk = Desk(fresh("even").folder, capsys)
    desk.text("reasons.yaml", *WAYS[request.param])
    audit.run(desk.config)
    return desk


@pytest.mark.parametrize("asked", [("--all",), ("--unsent",), ("--decision",)])
@pytest.mark.parametrize("form", ["txt", "html"])
def test_no_letter_is_written(desk: Desk, tmp_path: Path, asked: tuple[str, ...], form: str) -> None:
    """Every one of them is an exception with its cause; none is a document of the ledger."""
    out = tmp_path / "letters"
    if asked == ("--decision",):
        listed = audit.open(desk.folder / "ledger.db").decisions_frame()
        asked = ("--decision", str(listed.filter(listed["outcome"] == "adverse")["decision"][0]))
    told = desk.of_ledger("letters", "latest", *asked, "--format", form, *DATE, "--out", out)
    assert told.code == 3
    assert list(out.glob(f"*.{form}")) == []
    with (out / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        causes = [row["cause"] for row in csv.DictReader(file)]
    assert causes
    assert all("no approved statement" in cause for cause in causes)


def test_a_draft_says_that_it_is_one(desk: Desk, tmp_path: Path) -> None:
    """With --draft each says so, names the reasons, and counts as not sent."""
    out = tmp_path / "letters"
    told = desk.of_ledger("letters", "latest", "--all", "--draft", "--format", "txt", *DATE, "--out", out)
    assert told.code in (0, 3)
    letters = [file.read_text(encoding="utf-8") for file in out.glob("*.txt")]
    assert letters
    assert all("DRAFT. Do not send." in text for text in letters)
    again = desk.of_ledger("letters", "latest", "--unsent", "--format", "txt", *DATE, "--out", out)
    assert again.code == 3
    assert list(out.glob("*.txt")) == []
