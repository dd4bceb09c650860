"""Tests of ``schedule``, ``tick``, ``serve`` and ``accept`` as commands."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.ledger import Ledger, schedules, slots, verify
from tests.worlds import even_lender
from tests.worlds.desk import Desk

ADD = ("--cron", "30 1 * * *", "--zone", "America/New_York", "--by", "Operations")


@pytest.fixture
def desk(tmp_path, capsys, blank_ledger) -> Desk:
    """A world to schedule, with the tables of its ledger and no keys yet."""
    world = even_lender.build(tmp_path / "world", n_profiles=30)
    shutil.copyfile(blank_ledger, world.folder / "ledger.db")
    return Desk(world.folder, capsys)


def at_work(desk: Desk, name: str, *arguments: str):
    """Give an act of ``schedule`` about the ledger of the desk."""
    return desk.ask("schedule", name, *arguments, "--ledger", desk.folder / "ledger.db")


def due_yesterday(desk: Desk, name: str = "daily") -> None:
    """Add a schedule that is due each midnight, since two days ago."""
    with Ledger.open(str(desk.folder / "ledger.db"), create=True) as ledger:
        schedules.add(
            ledger,
            name,
            config=str(desk.config),
            expression="every 1d",
            zone="UTC",
            missed="latest",
            out=str(desk.folder / "reports"),
            reason="",
            by="test",
            at=dt.datetime.now(dt.UTC) - dt.timedelta(days=1, minutes=1),
        )


def test_a_schedule_is_added_listed_paused_resumed_and_removed(desk: Desk) -> None:
    """Each act answers with the schedule as it stands, and the ledger verifies."""
    added = at_work(desk, "add", str(desk.config), *ADD, "--json")
    assert added.code == 0, added
    told = added.json["schedule"]
    assert (told["name"], told["expression"], told["zone"], told["missed"]) == (
        "audit", "30 1 * * *", "America/New_York", "latest",
    )  # fmt: skip
    assert told["config"] == str(desk.config)
    assert told["next"].endswith("T01:30[America/New_York]")
    assert "stands already" in at_work(desk, "add", str(desk.config), *ADD).err
    (listed,) = at_work(desk, "list", "--json").json["schedules"]
    assert (listed["by"], listed["paused"], listed["last"]) == ("Operations", None, None)
    paused = at_work(desk, "pause", "audit", "--reason", "moving house", "--by", "Operations", "--json")
    assert paused.json["schedule"]["paused"]["reason"] == "moving house"
    assert "paused by Operations" in at_work(desk, "list").out
    assert "rests already" in at_work(desk, "pause", "audit", "--reason", "x").err
    assert at_work(desk, "resume", "audit", "--json").json["schedule"]["paused"] is None
    assert "not paused" in at_work(desk, "resume", "audit").err
    assert at_work(desk, "remove", "audit", "--reason", "over").code == 0
    gone = at_work(desk, "remove", "audit", "--reason", "over")
    assert (gone.code, "none of that name" in gone.err) == (2, True)
    assert at_work(desk, "list").out.startswith("No schedule yet")
    assert desk.of_ledger("verify").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--zone", "UTC"), "--cron, --every: give one"),
        (("--cron", "30 1 * *", "--zone", "UTC"), "4 fields, expected 5"),
        (("--cron", "30 1 * * *", "--zone", "Berlin"), "Did you mean Europe/Berlin?"),
        (("--every", "often", "--zone", "UTC"), "this is no interval"),
        (("--cron", "30 1 * * *", "--zone", "UTC", "--missed", "never"), "Use latest, all, skip"),
        (("--cron", "30 1 * * *", "--zone", "UTC", "--name", "a/b"), "is no name"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(desk: Desk, arguments, words: str) -> None:
    """Nothing is written, and the way out is named."""
    before = (desk.folder / "ledger.db").read_bytes()
    answer = at_work(desk, "add", str(desk.config), *arguments)
    assert (answer.code, words in answer.err) == (2, True), answer
    assert (desk.folder / "ledger.db").read_bytes() == before


def test_a_config_that_cannot_run_is_not_scheduled(desk: Desk) -> None:
    """Its faults are told when it is scheduled and not in the night."""
    desk.set(decision__adverse="sideways")
    answer = at_work(desk, "add", str(desk.config), *ADD)
    assert (answer.code, "decision.adverse" in answer.err) == (2, True)


def test_a_tick_runs_what_is_due_and_leaves_report_and_checkpoint(desk: Desk, tmp_path: Path) -> None:
    """The JSON has the audit, its report lies in the slot's folder, the checkpoint outside."""
    due_yesterday(desk)
    (tmp_path / "kept").mkdir()
    answer = desk.of_ledger("tick", "--json", "--checkpoints", tmp_path / "kept")
    (ran,) = answer.json["ran"]
    assert answer.code == ran["exit_code"] == 3  # thirty applicants are too few to compare with
    assert ran["slot"] == dt.datetime.now(dt.UTC).date().isoformat() + "T00:00[UTC]"
    folder = desk.folder / "reports" / ran["slot"][:16].replace(":", "")
    assert {file.name for file in folder.iterdir()} >= {"report.html", "report.pdf"}
    assert len(list((tmp_path / "kept").glob("*.txt"))) == 1
    again = desk.of_ledger("tick", "--json")
    assert (again.code, again.json["ran"]) == (0, [])
    (listed,) = at_work(desk, "list", "--json").json["schedules"]
    assert (listed["last"]["state"], listed["last"]["audit"]) == ("run", ran["audit"])
    assert desk.of_ledger("verify").code == 0


def test_a_tick_says_in_words_what_failed(desk: Desk) -> None:
    """The fault stands on standard error in full, the exit code is the fault's."""
    due_yesterday(desk)
    (desk.folder / "applications.csv").unlink()
    answer = desk.of_ledger("tick")
    assert answer.code == 2
    assert "there is no data file" in answer.err
    assert "failed (attempt 1), exit code 2" in answer.out
    assert "alert: daily: the audit failed" in answer.out


def test_a_wrong_address_keeps_no_audit_from_running(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit is sealed, the address is named as what is wrong, and the exit code says so."""
    due_yesterday(desk)
    monkeypatch.setenv("PLAINSPOKEN_NOTIFY", "nonsense://hunter2/")
    answer = desk.of_ledger("tick", "--json")
    assert len(answer.json["ran"]) == 1
    assert (answer.code, "address 1 cannot be read" in answer.err, "hunter2" in answer.err) == (
        1,
        True,
        False,
    )


def test_an_audit_is_accepted_and_later_ones_are_compared(desk: Desk) -> None:
    """``accept`` answers with what it pins; the next run's JSON has the comparison."""
    first = desk.ask("run", desk.config, "--json").json
    accepted = desk.of_ledger("accept", "latest", "--by", "Model Risk", "--reason", "validated", "--json")
    assert accepted.code == 0, accepted
    assert accepted.json["audit"] == first["audit"]
    assert set(accepted.json["pins"]) == {"model", "dictionary", "cutoff", "method", "reference"}
    assert accepted.json["checkpoint"].startswith("plainspoken/")
    second = desk.ask("run", desk.config, "--slot", "another", "--json").json
    assert second["comparison"]["audit"] == first["audit"]
    assert (second["comparison"]["findings_changed"], second["comparison"]["drifted"]) == (0, [])
    refused = desk.of_ledger("accept", "latest", "--by", "", "--reason", "x")
    assert (refused.code, "a release needs both" in refused.err) == (2, True)


def test_serve_ticks_until_it_is_told_to_stop(desk: Desk) -> None:
    """It runs what is due at once, and SIGTERM ends it with 0."""
    due_yesterday(desk)
    url = f"sqlite:///{desk.folder / 'ledger.db'}"
    program = "from audit.cli import main; main(['serve', '--scheduler', '--ledger', '" + url + "'])"
    served = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ.copy()
    )
    try:
        for _ in range(600):
            with Ledger.open(url) as ledger:
                if any(one.state == "sealed" for one in ledger.audits()):
                    break
            time.sleep(0.1)
        served.send_signal(signal.SIGTERM)
        out, err = served.communicate(timeout=60)
    finally:
        served.kill()
    assert served.returncode == 0, err.decode()
    assert out.decode().splitlines()[0].startswith("Calling tick each minute on sqlite:///")
    assert out.decode().splitlines()[-1] == "Stopped."
    with Ledger.open(url) as ledger:
        assert [one.slot[-5:] for one in ledger.audits()] == ["[UTC]"]


def test_what_serve_was_stopped_in_goes_on_with_the_next(desk: Desk) -> None:
    """SIGTERM within a run: nothing is sealed, the slot is let go, and another clock ends the one run."""
    desk.text("model.py", "def score(columns):\n", "def score(columns):\n    import time; time.sleep(0.05)\n")
    due_yesterday(desk)
    url = f"sqlite:///{desk.folder / 'ledger.db'}"
    program = "from audit.cli import main; main(['serve', '--scheduler', '--ledger', '" + url + "'])"

    def serve(until: Callable[[Ledger], bool]) -> None:
        served = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            for _ in range(1200):
                with Ledger.open(url) as ledger:
                    if until(ledger):
                        break
                time.sleep(0.05)
            served.send_signal(signal.SIGTERM)
            out, _ = served.communicate(timeout=60)
        finally:
            served.kill()
        assert (served.returncode, out.decode().splitlines()[-1]) == (0, "Stopped."), out.decode()

    serve(lambda ledger: bool(ledger.audits()))
    with Ledger.open(url) as ledger:
        (begun,) = ledger.audits()
        assert begun.state == "open"
        assert slots.slots(ledger, "daily") == ()
    serve(lambda ledger: any(row.act == "run" for row in slots.slots(ledger, "daily")))
    with Ledger.open(url) as ledger:
        (ended,) = ledger.audits()
        assert (ended.audit, ended.state) == (begun.audit, "sealed")
        assert [row.act for row in slots.slots(ledger, "daily")] == ["run"]
        assert verify(ledger).ok


def test_serve_wants_to_be_told_what(desk: Desk) -> None:
    """Nothing is served by default."""
    answer = desk.of_ledger("serve")
    assert (answer.code, "Give --scheduler" in answer.err) == (2, True)


def test_the_json_of_a_list_is_whole(desk: Desk) -> None:
    """A machine finds every key whether or not there is a schedule."""
    assert json.loads(at_work(desk, "list", "--json").out) == {"schedules": []}
