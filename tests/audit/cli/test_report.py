"""``plainspoken report --kind``: which report, for whom, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.cli import main
from audit.ledger import Ledger
from audit.ledger import documents as issued
from tests.worlds.desk import Desk
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


def test_an_audit_of_hiring_ends_in_a_public_summary(
    fresh: Callable[[str], Desk], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a config with `fairness.ll144` to the summary: counts as in the data, recorded as public."""

    def with_race(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                **row,
                "score": 0.2 + (at % 7) / 10,
                "granted": "no" if at % 7 > 3 else "yes",
                "race": "ABAC"[at % 4],
            }
            for at, row in enumerate(rows)
        ]

    desk = Desk(fresh("even").folder).rows(with_race)
    desk.set(
        model={"scores": "score"},
        dictionary=None,
        decision={"adverse": "high", "cutoff": 0.55, "taken": {"column": "granted", "adverse": "no"}},
        data__observed=None,
        protected__race={"column": "race", "type": "category", "reference": "A"},
        intersections=[],
        fairness={
            "ll144": {
                "sex": "sex",
                "race": "race",
                "distributed_on": "2026-01-05",
                "source": "Historical data of an employer that does not exist",
            }
        },
        policies=["screening"],
    )
    result = audit.run(desk.config)
    out = tmp_path / "summary.html"
    code, err = _report(capsys, "latest", "--kind", "ll144", "--ledger", result.ledger_url, "--out", str(out))
    assert code == 0, err
    words = out.read_text(encoding="utf-8")
    assert "5\u00a0January\u00a02026" in words or "5 January 2026" in words
    assert "Historical data of an employer that does not exist" in words
    with (desk.folder / "applications.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    n, chosen = (
        sum(r["race"] == "A" and r["granted"] in side for r in rows) for side in (("yes", "no"), ("yes",))
    )
    assert f'<th scope="row">A</th><td class="n" data-label="Assessed">{n:,}</td>' in words
    assert f'data-label="Selected">{chosen:,}</td>' in words
    with Ledger.open(result.ledger_url) as ledger:
        kept = issued.documents(ledger, result.audit.audit)
    assert [(one.kind, one.access) for one in kept] == [("ll144_summary", "public")]
