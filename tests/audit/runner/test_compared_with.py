"""Whom a refused applicant is compared with: each cutoff's own, everybody, too few, a pinned reference."""

from __future__ import annotations

from pathlib import Path

import pytest

import audit
from audit.ledger import Ledger, verify
from tests.oracles.lending import near_cutoff
from tests.worlds.closed_form import MIN_ROWS, expected, told
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, refused, score


def test_each_cutoff_has_its_own_reference(fresh) -> None:
    """R16: who missed the card's cutoff is compared with those near it, not with the loan's."""
    cutoffs = {"card": 0.34, "loan": 0.44}
    world = fresh("tiny")
    desk = Desk(world.folder).set(
        decision__cutoff={"by": "product", "values": cutoffs}, record__product="product"
    )
    rows = [{**row, "product": ("card", "loan")[i % 2]} for i, row in enumerate(world.rows)]
    desk.rows(lambda old: [{**row, "product": new["product"]} for row, new in zip(old, rows, strict=True)])
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        references = {one.digest: one for one in ledger.references(result.audit.audit)}
        assert sorted(one.cutoff for one in references.values()) == [0.34, 0.44]
        compared = {
            product: [
                [row for row in rows if row["product"] == product][i]
                for i in near_cutoff(
                    [row for row in rows if row["product"] == product], score, cutoff, MIN_ROWS
                )
            ]
            for product, cutoff in cutoffs.items()
        }
        n = 0
        for row in rows:
            decision = ledger.decision(result.audit.audit, row["application_id"])
            cutoff = cutoffs[row["product"]]
            assert decision.cutoff == cutoff
            assert (decision.outcome == "adverse") == (score(row) >= cutoff)
            if decision.outcome == "adverse":
                n += 1
                assert references[decision.reference].cutoff == cutoff
                assert told(decision) == expected(row, compared[row["product"]])
                attributed = ledger.attributions(result.audit.audit, decision)["shapley"]
                told_as = {one.factor: one.contribution for one in decision.reasons}
                for factor, value in told_as.items():
                    assert attributed[factor][0] == pytest.approx(value, rel=1e-6)
        assert n > 60


def test_thousands_of_cutoffs_are_told_and_not_waited_for(fresh) -> None:
    """A cutoff a row leaves nobody to be near it: every notice is held, and quickly."""
    desk = Desk(fresh("tiny").folder).set(decision__cutoff={"column": "own_cutoff"})
    desk.rows(lambda rows: [{**row, "own_cutoff": 0.40 + i / 1e6} for i, row in enumerate(rows)])
    result = audit.run(desk.config)
    counts = result.audit.counts
    assert counts["held"] == counts["adverse"] > 0
    assert result.figures["holds"].body["causes"] == [
        {"cause": "reference_too_small", "n": counts["adverse"]}
    ]


def test_all_applicants_may_be_the_reference(fresh) -> None:
    """The second method of the law: the mean of everybody who was decided on."""
    world = fresh("even")
    desk = Desk(world.folder).set(
        explain__reference={"kind": "all_applicants", "rows": 100000, "min_rows": 20}
    )
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        (reference,) = ledger.references(result.audit.audit)
        assert (reference.n, reference.cutoff) == (len(world.rows), None)
        for row in world.rows[::7]:
            decision = ledger.decision(result.audit.audit, row["application_id"])
            assert told(decision) == (expected(row, world.rows) if refused(row) else [])


def test_a_reference_that_is_too_small_holds_every_notice(fresh) -> None:
    """Fewer applicants than min_rows make reasons inconclusive; they are stored and not told."""
    desk = Desk(fresh("even").folder).set(explain__reference__min_rows=1000)
    result = audit.run(desk.config)
    assert result.audit.counts["held"] == result.audit.counts["adverse"]
    (entry,) = result.figures["reference"].body["references"]
    assert "fewer than 1000" in entry["cause"]


@pytest.mark.parametrize("how", ["audit", "file"])
def test_a_night_of_refusals_uses_a_pinned_reference(fresh, tmp_path: Path, how: str) -> None:
    """The same applicants get the same reasons at night as in the population that was pinned."""
    from audit.pinned import written

    world = fresh("tiny")
    desk = Desk(world.folder)
    first = audit.run(desk.config)
    with Ledger.open(first.ledger_url) as ledger:
        before = {
            row["application_id"]: ledger.decision(first.audit.audit, row["application_id"])
            for row in world.rows
        }
        (reference,) = ledger.references(first.audit.audit)
        inputs = ledger.reference_rows(first.audit.audit, reference.digest)
    if how == "audit":
        pinned = {"from": first.audit.audit[:12], "sha256": reference.digest}
    else:
        import hashlib

        content = written(reference, inputs, first.audit.model.digest)
        (desk.folder / "pinned.json").write_bytes(content)
        pinned = {"from": "pinned.json", "sha256": hashlib.sha256(content).hexdigest()}
    desk.rows(lambda rows: [row for row in rows if before[row["application_id"]].outcome == "adverse"][:90])
    desk.set(audit__kind="batch", explain__reference={"pinned": pinned, "min_rows": 20}, data__observed=None)
    night = audit.run(desk.config)
    assert night.audit.counts == {
        "rows": 90, "adverse": 90, "favourable": 0, "none": 0, "held": 0, "quarantined": 0,
    }  # fmt: skip
    assert night.rates == ()
    assert night.disparities == ()
    assert {one.outcome for one in night.findings if one.requirement.startswith("screening.four")} == {
        "not_applicable"
    }
    assert night.outcomes["error"] == 0
    (entry,) = night.figures["reference"].body["references"]
    assert (entry["kind"], entry["n"], entry["cutoff"]) == ("pinned", reference.n, CUTOFF)
    assert entry["mean_score"] == pytest.approx(reference.mean_score, abs=1e-12)
    with Ledger.open(night.ledger_url) as ledger:
        for decision in ledger.decisions(night.audit.audit):
            name = ledger.case(night.audit.audit, decision).decision
            assert [(r.code, r.statement, r.contribution) for r in decision.reasons] == [
                (r.code, r.statement, r.contribution) for r in before[name].reasons
            ]
        assert verify(ledger).ok
