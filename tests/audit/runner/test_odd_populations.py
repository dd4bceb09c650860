"""Odd populations: nobody refused, everybody, nothing protected, names that are no names."""

from __future__ import annotations

import pytest

import audit
from audit.ledger import Ledger, verify
from tests.worlds.closed_form import with_decisions
from tests.worlds.desk import Desk


def test_nobody_is_refused(fresh) -> None:
    """Without an adverse decision nothing is told, nothing held, and no requirement is failed for it."""
    desk = Desk(fresh("even").folder)
    desk.set(
        decision={"adverse": "high", "taken": {"column": "granted", "adverse": "no"}}, policies=["screening"]
    )
    desk.rows(lambda rows: [{**row, "granted": "yes"} for row in with_decisions(rows)])
    desk.set(explain__reference={"kind": "all_applicants", "rows": 100, "min_rows": 20})
    result = audit.run(desk.config)
    assert result.audit.counts["adverse"] == 0
    assert {r.value for r in result.rates if r.metric == "selection_rate"} == {1.0}
    assert result.outcomes["not_met"] == 0


def test_everybody_is_refused(fresh) -> None:
    """With one outcome only there is nobody to compare with: held, inconclusive, no ratio and no error."""
    desk = Desk(fresh("even").folder)
    desk.set(decision__taken={"column": "granted", "adverse": "no"}, decision__stage={"column": "stage"})
    desk.rows(lambda rows: [{**row, "granted": "no", "stage": "score"} for row in with_decisions(rows)])
    result = audit.run(desk.config)
    counts = result.audit.counts
    assert counts["adverse"] == counts["rows"] == counts["held"]
    assert {d.value for d in result.disparities if d.metric == "adverse_impact_ratio"} == {None}
    assert {f.outcome for f in result.findings if f.measure == "adverse_impact_ratio"} <= {
        "inconclusive",
        "not_measured",
    }
    assert result.outcomes["error"] == 0
    with Ledger.open(result.ledger_url) as ledger:
        assert verify(ledger).ok


def test_nothing_protected_and_nothing_observed(fresh) -> None:
    """Without protected attributes the population alone has rates."""
    desk = Desk(fresh("even").folder).set(protected={}, intersections=[], data__observed=None)
    result = audit.run(desk.config)
    assert {one.attribute for one in result.rates} == {"all"}
    assert result.disparities == ()
    assert result.audit.counts["held"] == 0


def test_no_requirement_is_no_pass(fresh) -> None:
    """Without a policy nothing is evaluated, and the exit code says so."""
    desk = Desk(fresh("even").folder).set(policies=[])
    result = audit.run(desk.config)
    assert result.findings == ()
    assert result.exit_code == 3


@pytest.mark.parametrize(
    "name",
    [
        "{i}",
        "-{i}",
        "00{i}",
        "Žluťoučký-{i}",
        "申込 {i}",
        "a/b/../{i}",
        "x'; DROP TABLE {i}",
        "{i}" + "9" * 400,
        "latest{i}",
    ],
    ids=["number", "negative", "zeros", "latin", "cjk", "path", "sql", "huge", "latest"],
)
def test_ids_are_names_and_nothing_else(fresh, name: str) -> None:
    """Whatever an id looks like, its decision is found by it, unchanged."""
    world = fresh("even")
    desk = Desk(world.folder).set(recipients=None, data__person=None)
    desk.rows(lambda rows: [{**row, "application_id": name.format(i=i)} for i, row in enumerate(rows)])
    result = audit.run(desk.config)
    assert result.audit.counts["quarantined"] == 0
    with Ledger.open(result.ledger_url) as ledger:
        for i in (1, 77):
            decision = ledger.decision(result.audit.audit, name.format(i=i))
            assert decision.row == i
            assert ledger.case(result.audit.audit, decision).decision == name.format(i=i)


def test_no_name_stands_in_the_ledger(audited) -> None:
    """Ids, names and inputs of persons are in no byte of the ledger's files."""
    found = audited("joint")
    for file in found.world.folder.glob("ledger.*"):
        content = file.read_bytes()
        for row in found.world.rows[:40]:
            assert row["application_id"].encode() not in content, file.name
            assert row["applicant_id"].encode() not in content, file.name
        assert b"Fictional" not in content
