"""One decision now: the same as in a batch, sealed before it is answered, and refused where it cannot be."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.errors import ConfigError, DataError
from audit.ledger import Ledger, releases, verify
from audit.live import Live
from tests.worlds import even_lender
from tests.worlds.desk import Desk

AT = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
GIVEN = (
    "model",
    "dictionary",
    "decision__cutoff",
    "decision__adverse",
    "explain__reasons",
    "explain__reference",
)


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world whose audit was accepted, with its ledger."""
    world = even_lender.build(tmp_path_factory.mktemp("accepted") / "world", n_profiles=40)
    found = audit.run(world.config)
    with Ledger.open(found.ledger_url) as ledger:
        releases.accept(ledger, "latest", by="Model Risk", reason="yearly validation", at=AT)
    return world.folder


@pytest.fixture
def counter(accepted: Path, tmp_path: Path, capsys) -> Desk:
    """A config under that release, and the applications beside it."""
    desk = Desk.copy(accepted, tmp_path / "counter", capsys)
    whole = json.loads(desk.config.read_text())
    whole["audit"]["kind"] = "batch"
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        whole["release"] = releases.releases(ledger)[-1].audit
    desk.config.write_text(json.dumps(whole))
    return desk.set(**dict.fromkeys(GIVEN))


@pytest.fixture
def rows(counter: Desk) -> list[dict[str, str]]:
    """The applications, as text."""
    with (counter.folder / "applications.csv").open() as file:
        return list(csv.DictReader(file))


def test_alone_a_decision_is_what_it_is_in_a_batch(counter: Desk, rows) -> None:
    """Outcome, score, reasons, sizes, reference and notice are equal to the bit."""
    batch = audit.run(counter.config)
    with Ledger.open(batch.ledger_url) as ledger:
        of_batch = {
            row["application_id"]: ledger.decision(batch.audit.audit, row["application_id"]) for row in rows
        }
    with Live(counter.config) as live:
        some = [
            next(r for r in rows if of_batch[r["application_id"]].outcome == o)
            for o in ("adverse", "favourable")
        ]
        for row in [*some, *rows[:6]]:
            one, other = live.decide(row).decision, of_batch[row["application_id"]]
            assert (one.outcome, one.score, one.cutoff) == (other.outcome, other.score, other.cutoff)
            assert one.reference == other.reference or one.outcome == "favourable"
            if one.outcome == "adverse":
                assert one.reasons == other.reasons
                assert one.dropped == other.dropped
                assert (one.certified, one.notice, one.residual) == (
                    other.certified,
                    other.notice,
                    other.residual,
                )


def test_it_is_sealed_before_it_is_answered(counter: Desk, rows) -> None:
    """What was answered is in the log, signed; the same row again is the same audit."""
    with audit.open(counter.config) as live:
        first = live.decide(rows[0])
        with Ledger.open(first.result.ledger_url) as ledger:
            assert verify(ledger).ok
            assert ledger.find(first.result.audit.audit).state == "sealed"
        again = live.decide(rows[0])
        assert again.result.existing
        assert again.decision == first.decision
        assert live.decide({**rows[0], "income": "61"}).result.audit.audit != first.result.audit.audit


def test_typed_cells_are_those_of_a_file(counter: Desk, rows) -> None:
    """Numbers as numbers, and null for what is not known, give what their text gives."""
    row = rows[1]
    typed: dict[str, Any] = {**row, "income": float(row["income"]), "years_at_address": None}
    with Live(counter.config) as live:
        one = live.decide(typed).decision
        other = live.decide({**row, "years_at_address": ""}).decision
    assert (one.score, one.outcome) == (other.score, other.outcome)


def test_what_is_no_application_is_refused_and_nothing_written(counter: Desk, rows) -> None:
    """A missing column, text among numbers, and no id: each is named, and the ledger stays as it was."""
    with Ledger.open(str(counter.folder / "ledger.db")) as ledger:
        before = len(ledger.audits())
    with Live(counter.config) as live:
        with pytest.raises(ConfigError, match="income"):
            live.decide({column: cell for column, cell in rows[0].items() if column != "income"})
        with pytest.raises(DataError, match="text in a column of numbers"):
            live.decide({**rows[0], "income": "plenty"})
        with pytest.raises(DataError, match=r"application_id|id"):
            live.decide({**rows[0], "application_id": ""})
        assert live.decide(rows[0]).decision.outcome in ("adverse", "favourable")
    with Ledger.open(str(counter.folder / "ledger.db")) as ledger:
        assert len(ledger.audits()) == before + 1


def test_an_id_with_blanks_around_it_is_answered(counter: Desk, rows) -> None:
    """It is the id that the data have, as in a file, and not an error after the seal."""
    with Live(counter.config) as live:
        one = live.decide({**rows[0], "application_id": f"  {rows[0]['application_id']} "})
        assert one.decision == live.decide(rows[0]).decision
        with pytest.raises(DataError, match="cannot be read as a data frame"):
            live.decide({**rows[0], "income": 10**40})


def test_what_another_process_sealed_meanwhile_is_the_answer(counter: Desk, rows, monkeypatch) -> None:
    """Two counters with one application: the second finds it sealed after it had looked for it."""
    from audit.result import Result

    with Live(counter.config) as live:
        first = live.decide(rows[0])
        monkeypatch.setattr(Result, "if_sealed", lambda url, audit: None)  # it looked too early
        again = live.decide(rows[0])
    assert again.result.existing
    assert again.decision == first.decision


def test_without_a_release_nobody_is_decided_on(counter: Desk) -> None:
    """One applicant has nobody to compare with: an accepted audit gives whom."""
    with pytest.raises(ConfigError, match=r"release: no release is named. Accept an audit"):
        Live({**json.loads(counter.config.read_text()), "release": None, **_own(counter)})


def _own(desk: Desk) -> dict[str, Any]:
    """Return what a config without a release must say itself."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        first = dict(ledger.find(releases.releases(ledger)[-1].audit).config)
    stated = json.loads(desk.config.read_text())
    return {
        "audit": {**stated["audit"], "kind": "population"},
        "model": first["model"],
        "dictionary": first["dictionary"],
        "decision": first["decision"],
        "explain": first["explain"],
    }


def test_the_command_decides_on_a_file(counter: Desk, rows, capsys: pytest.CaptureFixture[str]) -> None:
    """``run --row`` prints what ``explain`` prints, as words or JSON, and names the audit."""
    file = counter.folder / "row.json"
    file.write_text(json.dumps(rows[2]))
    told = counter.ask("run", counter.config, "--row", file, "--json")
    assert told.code == 3  # a batch of one whose requirements are not all so, as the night's would be
    assert told.json["decision"] == rows[2]["application_id"]
    assert len(told.json["audit"]) == 64
    assert "sealed as audit" in counter.ask("run", counter.config, "--row", file).out
    for text, words in (("[1]", "no object"), ("{", "not JSON"), ('{"a": [1]}', "no single value")):
        file.write_text(text)
        answer = counter.ask("run", counter.config, "--row", file)
        assert answer.code == 2
        assert words in answer.err
    assert counter.ask("run", counter.config, "--row", counter.folder / "absent.json").code == 2


def test_data_in_memory_are_audited_as_a_file_is(fresh: Callable[..., Any]) -> None:
    """``audit.run(config, data=frame)`` finds what it finds in the file."""
    import polars as pl

    world = fresh("even")
    of_file = audit.run(world.config)
    frame = pl.read_csv(world.folder / "applications.csv", infer_schema_length=0)
    (world.folder / "applications.csv").unlink()
    of_frame = audit.run(world.config, data=frame, again=1)
    assert of_frame.audit.dataset.digest == of_file.audit.dataset.digest
    assert of_frame.rates == of_file.rates
