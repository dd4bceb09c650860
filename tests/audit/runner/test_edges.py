"""Small scores, cross-checks, sampled values, full disks, and the ways to call an audit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import audit
from audit.ledger import Ledger, verify
from tests.oracles.lending import near_cutoff
from tests.worlds.closed_form import MIN_ROWS, expected, told
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, score


def test_small_scores_have_the_same_reasons(audited, fresh) -> None:
    """What counts as equal is a share of the scores: a scale a million times smaller changes nothing."""
    whole = audited("even")
    desk = Desk(fresh("even").folder).set(decision__cutoff=CUTOFF * 1e-6)
    desk.text(
        "model.py",
        "return 0.15 + sum(terms(columns).values())",
        "return 1e-6 * (0.15 + sum(terms(columns).values()))",
    )
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        found = [told(one) for one in ledger.decisions(result.audit.audit)]
    assert found == [told(one) for one in whole.decisions.values()]


def test_other_methods_cross_check_a_sample(fresh) -> None:
    """shap agrees with the exact values of a linear lender; lime is measured; both are judged."""
    desk = Desk(fresh("even").folder).set(explain__also=["shap", "lime"], explain__sample=8)
    result = audit.run(desk.config)
    found = {row["method"]: row for row in result.figures["agreement"].body["with"]}
    assert found["shap"]["n"] == found["lime"]["n"] == 8
    assert found["shap"]["top4_overlap"] == 1.0
    assert found["shap"]["max_difference"] < 1e-6
    judged = {f.requirement: f.outcome for f in result.findings}
    assert judged["screening.shap_agrees"] == "met"
    assert judged["screening.lime_agrees"] != "not_measured"


def test_sampled_values_are_certain_or_held(fresh) -> None:
    """Past exact_up_to values are sampled, and the reasons stay those of the closed form."""
    world = fresh("even")
    desk = Desk(world.folder).set(explain__reasons__exact_up_to=2)
    result = audit.run(desk.config)
    reference = [world.rows[i] for i in near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)]
    n = 0
    with Ledger.open(result.ledger_url) as ledger:
        for row in world.rows:
            decision = ledger.decision(result.audit.audit, row["application_id"])
            if decision.outcome == "adverse" and decision.notice.state == "ready":
                n += 1
                assert decision.certified in ("exact", "certain", "tie")
                assert told(decision) == expected(row, reference)
    assert n > 0.9 * result.audit.counts["adverse"]


def test_a_full_disk_leaves_no_half_of_an_audit(fresh) -> None:
    """Where the ledger cannot grow the run ends with 1 and says so; with room it runs from the start."""
    import resource

    from audit.errors import LedgerError

    world = fresh("even")
    (world.folder / "ledger.db").unlink()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        with pytest.raises(LedgerError, match=r"ledger\.db: .*\. .*\.$") as refused_by:
            audit.run(world.config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused_by.value.exit_code == 1
    result = audit.run(world.config)
    assert not result.existing
    with Ledger.open(result.ledger_url) as ledger:
        assert len(ledger.audits()) == 1
        assert verify(ledger).ok


def test_a_bare_path_is_a_ledger(fresh, tmp_path: Path) -> None:
    """``ledger=`` takes the path of a SQLite file as well as a URL, and an empty file is no ledger yet."""
    (tmp_path / "kept.db").touch()
    world = fresh("even")
    (world.folder / "ledger.db").unlink()
    first = audit.run(world.config, ledger=str(tmp_path / "kept.db"))
    again = audit.run(world.config, ledger=f"sqlite:///{tmp_path / 'kept.db'}")
    assert (first.existing, again.existing) == (False, True)
    assert not (world.folder / "ledger.db").exists()


def test_a_config_may_be_python_values(fresh, monkeypatch) -> None:
    """A mapping is audited like a file; paths start at the current folder."""
    world = fresh("even")
    monkeypatch.chdir(world.folder)
    values = json.loads(world.config.read_text())
    from_values = audit.run(values, ledger="values.db")
    from_file = audit.run(world.config)
    assert from_values.audit.audit == from_file.audit.audit
    assert from_values.findings == from_file.findings


def test_an_unknown_outcome_in_fail_on_is_refused(fresh) -> None:
    """A misspelt word would never fail on anything."""
    from audit.errors import UsageError

    with pytest.raises(UsageError, match=r"'notmet'.*not_met"):
        audit.run(fresh("even").config, fail_on=["notmet"])
