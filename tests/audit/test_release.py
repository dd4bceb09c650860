"""A batch under a release: what it takes from the accepted audit, and every difference that is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.errors import ConfigError, EvidenceError, UsageError
from audit.ledger import Ledger, releases, verify
from audit.pinned import written
from audit.prepare import prepare
from tests.worlds import even_lender
from tests.worlds.desk import Desk
from tests.worlds.lender import refused

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
def night(accepted: Path, tmp_path: Path) -> Callable[..., Desk]:
    """Return a night of refusals beside the ledger of the accepted audit, under its release."""

    def of(**changes: Any) -> Desk:
        desk = Desk.copy(accepted, tmp_path / "night")
        desk.rows(lambda rows: [row for row in rows if _refused(row)])
        whole = json.loads(desk.config.read_text())
        whole["audit"]["kind"] = "batch"
        whole["release"] = release_of(desk)[:16]
        desk.config.write_text(json.dumps(whole))
        desk.set(**dict.fromkeys(GIVEN))
        return desk.set(**changes)

    return of


def _refused(row: dict[str, str]) -> bool:
    values: dict[str, Any] = {
        name: float(row[name]) if row[name] else None
        for name in ("income", "utilisation", "late_payments", "years_at_address")
    }
    return refused(values)


def release_of(desk: Desk) -> str:
    """Return the id of the accepted audit."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        return releases.releases(ledger)[-1].audit


def faults(desk: Desk) -> list[str]:
    """Return what keeps the night from running."""
    with pytest.raises(ConfigError) as refusal:
        prepare(desk.config)
    return [str(fault) for fault in refusal.value.faults]


def test_a_batch_takes_what_was_accepted(night) -> None:
    """Without a word of model, dictionary, cutoff, method and reference it runs with those of the release."""
    desk = night()
    found = audit.run(desk.config)
    assert found.audit.counts["adverse"] == found.audit.counts["rows"] > 20
    with Ledger.open(found.ledger_url) as ledger:
        first = ledger.find(release_of(desk))
        assert found.audit.model.digest == first.model.digest
        assert ledger.codes(found.audit) == ledger.codes(first)
        (reference,) = ledger.references(found.audit)
        assert reference.digest in {one.digest for one in ledger.references(first)}
        assert found.audit.config["decision"]["cutoff"] == first.config["decision"]["cutoff"]
        assert found.audit.config["explain"]["reasons"] == first.config["explain"]["reasons"]
        assert found.audit.config["release"] == first.audit  # whole, however short it was written
        # The same refusals have the same reasons as in the accepted audit.
        reasons = {one.decision: one.reasons for one in ledger.decisions(first, outcome="adverse")}
        for one in ledger.decisions(found.audit):
            assert [r.code for r in one.reasons] == [r.code for r in reasons[one.decision]]


def test_a_batch_may_say_it_all_again(night, accepted: Path) -> None:
    """What is said beside the release and is equal to it is no fault; the reference may lie in a file."""
    whole = json.loads((accepted / "audit.yaml").read_text())
    desk = night(
        model=whole["model"],
        dictionary=whole["dictionary"],
        decision__cutoff=whole["decision"]["cutoff"],
        decision__adverse="high",
        explain__reasons={"floor": 0.05},
    )
    file = desk.folder / "reference.json"
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        found = ledger.find("latest")
        (reference,) = ledger.references(found)
        rows = ledger.reference_rows(found, reference.digest)
        file.write_bytes(written(reference, rows, found.model.digest))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    desk.set(explain__reference={"pinned": {"from": "reference.json", "sha256": digest}, "min_rows": 20})
    assert prepare(desk.config).seen.release is not None


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"decision__cutoff": 0.41}, "decision.cutoff", "has 0.4 (got 0.41)"),
        ({"decision__adverse": "low"}, "decision.adverse", "has 'high' (got 'low')"),
        ({"decision__at_cutoff": "favourable"}, "decision.at_cutoff", "has 'adverse' (got 'favourable')"),
        ({"explain__reasons": {"floor": 0.1}}, "explain.reasons.floor", "has 0.05 (got 0.1)"),
        ({"explain__reasons": {"at_most": 3}}, "explain.reasons.at_most", "has 4 (got 3)"),
        ({"explain__reasons": {"exact_up_to": 3}}, "explain.reasons.exact_up_to", "has 10 (got 3)"),
    ],
)
def test_a_statement_that_differs_is_refused_at_its_line(night, changes, place: str, words: str) -> None:
    """Cutoff and method are those of the release, or the batch does not run."""
    found = faults(night(**changes))
    assert any(f": {place}: release " in fault and words in fault for fault in found), found


def test_another_model_is_refused(night) -> None:
    """A comment more in the model's file is another model, though it is called the same."""
    desk = night()
    (desk.folder / "model.py").write_text((desk.folder / "model.py").read_text() + "\n# mended\n")
    assert any("release: release" in one and "is of another model" in one for one in faults(desk))


def test_another_dictionary_is_refused(night) -> None:
    """A word changed in one reason is named by its factor."""
    desk = night().text("reasons.yaml", "Length of residence", "Time at your address")
    (found,) = faults(desk)
    assert "has another dictionary (factors years_at_address)" in found


def test_another_reference_is_refused(night, accepted: Path) -> None:
    """Applicants of another audit are no reference under this release."""
    desk = night()
    other = Desk.copy(accepted, desk.folder.parent / "other").set(explain__reference__kind="all_applicants")
    url = f"sqlite:///{desk.folder / 'ledger.db'}"
    second = audit.run(other.config, ledger=url)
    with Ledger.open(url) as ledger:
        (reference,) = ledger.references(second.audit)
    pinned = {"pinned": {"from": second.audit.audit, "sha256": reference.digest}, "min_rows": 20}
    found = faults(desk.set(explain__reference=pinned))
    assert any(
        "explain.reference.pinned.sha256: release" in one and "compared with others" in one for one in found
    )


def test_an_audit_that_nobody_accepted_is_no_release(night) -> None:
    """Neither an unknown id, nor an audit that was only sealed, nor another ledger serves."""
    desk = night(release="3f2a")
    (found,) = faults(desk)
    assert "release: no accepted audit begins with '3f2a'" in found
    assert "plainspoken accept AUDIT" in found
    (desk.folder / "ledger.db").unlink()
    (found,) = faults(desk)
    assert "there is no ledger" in found


def test_a_population_has_no_release(night) -> None:
    """What is accepted is an audit of a population; it is not held to an earlier one."""
    assert any("only a batch runs under a release" in one for one in faults(night(audit__kind="population")))


def test_accepting_is_an_entry_with_a_name_and_a_reason(accepted: Path, tmp_path: Path) -> None:
    """A release is sealed in the log; a second one of the same audit, or one by nobody, is refused."""
    desk = Desk.copy(accepted, tmp_path / "copy")
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        assert verify(ledger).ok
        (release,) = releases.releases(ledger)
        assert (release.by, release.reason, release.accepted_at) == ("Model Risk", "yearly validation", AT)
        with pytest.raises(UsageError, match="Model Risk accepted it on 2026-11-20"):
            releases.accept(ledger, "latest", by="x", reason="y", at=AT)
        with pytest.raises(UsageError, match="a release needs both"):
            releases.accept(ledger, "latest", by=" ", reason="y", at=AT)


def test_what_was_altered_cannot_be_accepted(accepted: Path, tmp_path: Path) -> None:
    """Accepting verifies first."""
    desk = Desk.copy(accepted, tmp_path / "copy")
    found = audit.run(desk.config, again=1)
    file = desk.folder / "ledger.db"
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TRIGGER findings_no_update")
        connection.execute("UPDATE findings SET outcome = 'met'")
    connection.close()
    with Ledger.open(str(file)) as ledger, pytest.raises(EvidenceError, match="findings"):
        releases.accept(ledger, found.audit.audit, by="x", reason="y", at=AT)
