"""What would have turned a refusal: found when the audit runs, locked, told, replayed and erased."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import audit
from audit.ledger import Ledger
from audit.record import Change, Counterfactual, NoCounterfactual
from audit.record.turned import as_values, from_values
from tests.worlds.desk import Desk
from tests.worlds.lender import refused, score


def audited(desk: Desk):
    """Audit a world; return its refusals with their cases, by the ids of the data."""
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        found = ledger.decisions(result.audit.audit, outcome="adverse")
        cases = [ledger.case(result.audit.audit, one) for one in found]
        return result, {case.decision: case.counterfactuals for case in cases}


def test_every_refusal_has_a_change_that_turns_it(fresh) -> None:
    """Each change told, made in the data and scored in plain Python, is approved; nobody else has one."""
    world = fresh("tiny")
    desk = Desk(world.folder).set(explain__counterfactuals={"at_most": 2})
    _, found = audited(desk)
    rows = {row["application_id"]: row for row in world.rows}
    assert set(found) == {name for name, row in rows.items() if refused(row)}
    told = [(name, one) for name, turned in found.items() for one in turned]
    assert len(told) > len(found)
    for name, one in told:
        changed = rows[name] | {column: after for column, _, after in one.changes}
        assert not refused(changed)
        assert one.score_after == pytest.approx(score(changed), abs=1e-9)
        assert one.score_before == pytest.approx(score(rows[name]), abs=1e-9)
        assert all(rows[name][column] == before for column, before, _ in one.changes)
    assert max(len(turned) for turned in found.values()) == 2


def test_without_being_asked_for_none_is_looked_for(fresh) -> None:
    """An audit that needs none stores none, and its records are as they were."""
    _, found = audited(Desk(fresh("tiny").folder))
    assert set(found.values()) == {None}


def test_under_the_gdpr_every_refusal_has_one(fresh) -> None:
    """Where the European policy is in force nobody need ask for it."""
    desk = Desk(fresh("tiny").folder).set(policies=["eu_gdpr"])
    _, found = audited(desk)
    assert found
    assert all(isinstance(turned, tuple) and turned for turned in found.values())


def test_what_cannot_be_found_says_why(fresh) -> None:
    """Decisions without a model: the cause stands where the changes would."""
    desk = Desk(fresh("tiny").folder).set(explain__counterfactuals={})
    desk.set(model={"scores": "score"})
    desk.rows(lambda rows: [{**row, "score": str(score(_numbers(row)))} for row in rows])
    _, found = audited(desk)
    assert {turned.cause for turned in found.values()} == {"no model was opened"}


def _numbers(row: dict[str, str]) -> dict[str, float | None]:
    names = ("income", "utilisation", "late_payments", "years_at_address")
    return {name: float(row[name]) if row[name] else None for name in names}


def test_they_are_told_replayed_and_erased(fresh, capsys) -> None:
    """``explain`` prints them, a replay finds the same, and an erasure takes them along."""
    world = fresh("tiny")
    desk = Desk(world.folder, capsys).set(explain__counterfactuals={})
    result, found = audited(desk)
    name, turned = next(iter(found.items()))
    told = desk.of_ledger("explain", "latest", name, "--json").json
    assert told["counterfactuals"] == as_values(turned)
    assert f"the score would be {turned[0].score_after:.4f}" in desk.of_ledger("explain", "latest", name).out
    assert desk.of_ledger("replay", "latest").code == 0
    with Ledger.open(result.ledger_url) as ledger:
        decision = ledger.decision(result.audit.audit, name)
        case = ledger.case(result.audit.audit, decision)
        assert case.counterfactuals == turned
    body = Path(world.folder / "ledger.db").read_bytes()
    assert b"score_after" not in body
    with sqlite3.connect(world.folder / "ledger.db") as connection:
        assert connection.execute("SELECT count(*) FROM locked_fields").fetchone()[0] > 0


def test_values_come_back() -> None:
    """To JSON values and back is the same; what is none is refused."""
    one = Counterfactual((Change("a", None, 2.0), Change("t", "x", "y")), ("f",), 0.5, 0.25, 1.5)
    for turned in ((one,), (), NoCounterfactual("nothing", 3)):
        assert from_values(as_values(turned)) == turned
    with pytest.raises(TypeError):
        from_values([{**as_values((one,))[0], "changes": [["a", None, True]]}])
