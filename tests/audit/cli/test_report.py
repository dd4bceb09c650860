"""``plainspoken report --kind``: which report, for whom, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.cli import main
from audit.ledger import Ledger
from audit.ledger import documents as issued
from tests.worlds.sealed import seal_small_audit


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A small audit in a real ledger: its address and its id."""
    folder = tmp_path_factory.mktemp("report")
    ledger, name = seal_small_audit(folder)
    ledger.close()
    return f"sqlite:///{folder / 'ledger.db'}", name


def _report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as leave:
        main(["report", *arguments])
    code = leave.value.code
    return code if isinstance(code, int) else 0, capsys.readouterr().err


def test_a_fair_lending_report_is_written_and_recorded(
    small: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With and without counsel's direction, each with its access class in the ledger."""
    url, name = small
    for more, words in (
        ((), "Internal · fair lending"),
        (("--at-direction-of-counsel",), "Prepared at the direction of counsel"),
    ):
        out = tmp_path / f"lending{len(more)}.html"
        code, err = _report(
            capsys, "latest", "--kind", "fair-lending", *more, "--ledger", url, "--out", str(out)
        )
        assert code == 0, err
        assert words in out.read_text(encoding="utf-8")
    with Ledger.open(url) as ledger:
        kept = issued.documents(ledger, name)
    assert [(one.kind, one.access) for one in kept] == [
        ("fair_lending_report", "fair_lending"),
        ("fair_lending_report", "privileged"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "ll144"), "no tables under Local Law 144"),
        (("--kind", "board"), "no kind of report. The kinds are: audit, fair-lending, ll144"),
        (("--at-direction-of-counsel",), "Use --kind fair-lending"),
    ],
)
def test_what_cannot_be_rendered_is_refused(
    small: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    """Exit code 2, the way out, and no file."""
    out = tmp_path / "report.html"
    code, err = _report(capsys, "latest", *arguments, "--ledger", small[0], "--out", str(out))
    assert (code, out.exists()) == (2, False)
    assert words in " ".join(err.split())
