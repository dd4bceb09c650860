"""The same audit again: found, and told alike whatever the order and the parts of its rows."""

from __future__ import annotations

import datetime as dt
import random

import audit
from audit.ledger import Ledger, verify
from tests.worlds.desk import Desk


def test_the_same_audit_exists(fresh) -> None:
    """A second run returns the first one, with its exit code and its time; --again makes another."""
    world = fresh("proxy")
    first = audit.run(world.config, now=lambda: dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC))
    second = audit.run(world.config, fail_on=["error"])
    assert (first.existing, second.existing) == (False, True)
    assert first.audit.audit == second.audit.audit
    assert (first.exit_code, second.exit_code) == (3, 3)
    assert second.audit.sealed_at == dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
    assert second.audit.checkpoint == first.audit.checkpoint
    third = audit.run(world.config, again=1)
    assert not third.existing
    assert third.audit.audit != first.audit.audit
    assert third.outcomes == first.outcomes
    assert audit.run(world.config, slot="2026-11-20").audit.audit not in (
        first.audit.audit,
        third.audit.audit,
    )


def test_a_model_that_changed_is_another_audit(fresh) -> None:
    """The model is opened anew for each audit of a process, as a notebook needs it."""
    desk = Desk(fresh("even").folder)
    first = audit.run(desk.config)
    desk.text("model.py", "return 0.15 +", "return 0.19 +")
    second = audit.run(desk.config)
    assert not second.existing
    assert second.audit.model.digest != first.audit.model.digest
    assert second.audit.counts["adverse"] > first.audit.counts["adverse"]


def test_the_order_of_rows_changes_nothing_that_is_told(audited, fresh) -> None:
    """The same rows in another order have the same reference, reasons, rates and figures."""
    before = audited("tiny")
    desk = Desk(fresh("tiny").folder)
    desk.rows(lambda rows: random.Random(3).sample(rows, len(rows)))
    after = audit.run(desk.config)
    assert after.audit.audit != before.result.audit.audit
    with Ledger.open(after.ledger_url) as ledger:
        assert {one.digest for one in ledger.references(after.audit.audit)} == set(before.references)
        for key, decision in before.decisions.items():
            other = ledger.decision(after.audit.audit, key)
            assert [(r.code, r.contribution) for r in other.reasons] == [
                (r.code, r.contribution) for r in decision.reasons
            ]
    assert after.rates == before.result.rates
    assert after.disparities == before.result.disparities
    assert after.findings == before.result.findings


def test_several_partitions_are_as_one(audited, fresh, monkeypatch) -> None:
    """An audit in five partitions finds what an audit in one does, to the last bit."""
    whole = audited("tiny")
    monkeypatch.setattr("audit.data.csv_file.PARTITION_ROWS", 64)
    world = fresh("tiny")
    parts = audit.run(world.config)
    assert parts.audit.audit == whole.result.audit.audit  # cutting is no part of what an audit is
    with Ledger.open(parts.ledger_url) as ledger:
        found = list(ledger.decisions(parts.audit.audit))
        assert {one.seq for one in found} == set(range(5))
        reasons_of = [[(r.code, r.statement, r.contribution) for r in one.reasons] for one in found]
        assert {one.digest for one in ledger.references(parts.audit.audit)} == set(whole.references)
        assert verify(ledger).ok
    assert reasons_of == [
        [(r.code, r.statement, r.contribution) for r in one.reasons] for one in whole.decisions.values()
    ]
    assert parts.rates == whole.result.rates
    assert parts.disparities == whole.result.disparities
    assert parts.findings == whole.result.findings
    assert parts.audit.counts == whole.result.audit.counts
    different = {
        name for name, figure in parts.figures.items() if figure.body != whole.result.figures[name].body
    }
    assert different == set()


def test_a_partition_of_bad_rows_alone_is_no_obstacle(fresh, monkeypatch) -> None:
    """The first 64 rows have no id; they are set aside, and the rest is audited."""
    monkeypatch.setattr("audit.data.csv_file.PARTITION_ROWS", 64)
    desk = Desk(fresh("even").folder).set(data__max_quarantined=0.25)
    desk.rows(lambda rows: [{**row, "application_id": ""} if i < 64 else row for i, row in enumerate(rows)])
    result = audit.run(desk.config)
    counts = result.audit.counts
    assert counts["quarantined"] == 64
    assert counts["rows"] == 320 == counts["adverse"] + counts["favourable"] + 64
    causes = result.figures["population"].body["quarantined_causes"]
    assert causes == [{"cause": "application_id: the id is missing", "n": 64}]
