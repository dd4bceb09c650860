"""R4, R5, R16, R17: the methods that the law names, similarity to them, the right cutoff, made again."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import audit
from audit.explain.shapley import explain
from audit.ledger import Ledger
from audit.reasons import orient, rank_scored
from audit.replay import replay
from tests.oracles.lending import losses, near_cutoff, reasons
from tests.rules import posted
from tests.worlds import staged_lender
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, FACTORS, refused, score, terms
from tests.worlds.small_scorers import linear

MIN_ROWS = 20
AVERAGES = {"utilisation": 42.0, "history": 35.0, "inquiries": 30.0, "income": 28.0}
APPLICANT = {"utilisation": 20.0, "history": 15.0, "inquiries": 28.0, "income": 30.0}
MOST = {"utilisation": 60.0, "history": 70.0, "inquiries": 32.0, "income": 45.0}


def test_R04_method(audited, fresh) -> None:
    """R4: the worked scorecard exactly; and of whole audits both named averages, with what they rest on."""
    card = linear(dict.fromkeys(AVERAGES, 1.0))
    rows = {name: np.array([value]) for name, value in APPLICANT.items()}
    average = {name: np.array([value - 3.0, value + 3.0]) for name, value in AVERAGES.items()}
    found = explain(card, rows, average, {name: [name] for name in AVERAGES}, adverse="low")
    loss = orient(dict(zip(found.factors, found.values[0].tolist(), strict=True)), "low")
    assert loss == pytest.approx({"utilisation": 22, "history": 20, "inquiries": 2, "income": -2}, abs=1e-9)
    ranked, dropped = rank_scored(loss, {}, floor=0.05, tolerance=1e-6)
    assert ranked == ("utilisation", "history")
    assert {one.factor: one.cause for one in dropped} == {"inquiries": "below_floor", "income": "helped"}
    # Points below the maximum name income third, which was better than average.
    below = sorted(MOST, key=lambda one: APPLICANT[one] - MOST[one])
    assert below[:3] == ["history", "utilisation", "income"]
    assert loss[below[2]] < 0

    for kind in ("near_cutoff", "all_applicants"):
        world = fresh("tiny")
        desk = Desk(world.folder).set(explain__reference__kind=kind)
        result = audit.run(desk.config)
        n = near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)
        reference = [world.rows[i] for i in n] if kind == "near_cutoff" else world.rows
        with Ledger.open(result.ledger_url) as ledger:
            (one,) = ledger.references(result.audit.audit)
            assert (one.kind, one.n) == (kind, len(reference))
            assert one.mean_score == pytest.approx(sum(map(score, reference)) / len(reference), abs=1e-9)
            assert one.low == pytest.approx(min(map(score, reference)), abs=1e-9)
            assert one.high == pytest.approx(max(map(score, reference)), abs=1e-9)
            for row in filter(refused, world.rows):
                decision = ledger.decision(result.audit.audit, row["application_id"])
                assert decision.reference == one.digest
                attributed = ledger.attributions(result.audit.audit, decision)["shapley"]
                for factor, loss_of in losses(row, reference, terms).items():
                    assert attributed[factor][0] == pytest.approx(loss_of, abs=1e-6)
        assert result.figures["method"].body["reasons"]["method"] == "shapley"


def test_R05_similarity(fresh) -> None:
    """R5: a scorecard's own order passes the test of similarity; an order that ignores the score fails it."""
    world = fresh("tilted")
    reference = [world.rows[i] for i in near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)]
    found = {}
    for honest in (True, False):
        desk = Desk.copy(world.folder, world.folder.parent / f"vendor-{honest}")
        given = []
        for row in world.rows:
            strongest = (
                [FACTORS[factor] for factor, _ in reasons(row, reference, terms)] if refused(row) else []
            )
            codes = strongest if honest else ["C4"]
            given.append({f"r{place}": code for place, code in enumerate((codes + [""] * 4)[:4], start=1)})
        desk.rows(lambda rows, given=given: [row | one for row, one in zip(rows, given, strict=True)])
        desk.set(reasons_given={"columns": ["r1", "r2", "r3", "r4"], "method": "points", "by": "Vendor"})
        found[honest] = audit.run(desk.config)
    verdict = {
        honest: next(one for one in result.findings if one.requirement == "screening.similar_to_named_method")
        for honest, result in found.items()
    }
    assert verdict[True].n == sum(map(refused, world.rows)) >= 100
    assert (verdict[True].outcome, verdict[False].outcome) == ("met", "not_met")
    near = found[True].figures["named_methods"].body["with"][0]
    assert near["same_top1"] == 1.0


def test_R16_right_cutoff(staged, tmp_path) -> None:
    """R16: a counteroffer is held to the tier it missed, a denial to the last, beside who passed it."""
    best, last = 0.32, 0.42
    rows = staged.world.rows

    def got(row) -> tuple[str, str]:
        of = score(row)
        return ("A", "approved") if of < best else ("A", "counteroffer") if of < last else ("B", "denied")

    desk = Desk.copy(staged.world.folder, tmp_path / "tiers")
    desk.rows(
        lambda old: [
            {**row, "tier": got(one)[0], "action": got(one)[1], "offered": "2,000 US dollars"}
            for row, one in zip(old, rows, strict=True)
        ]
    )
    desk.set(
        decision={
            "adverse": "high",
            "cutoff": {"by": "tier", "values": {"A": best, "B": last}, "tiers": True},
            "disclosed_score": {"role": "not_a_credit_score", "by": "Counsel", "date": "2026-11-02"},
        },
        record__action={
            "column": "action",
            "values": {word: word for word in ("approved", "counteroffer", "denied")},
        },
        record__offered_terms="offered",
        explain__reference__min_rows=10,
    )
    result = audit.run(desk.config)
    assert result.audit.counts["held"] == 0
    passed = {
        best: [row for row in rows if score(row) < best],
        last: [row for row in rows if score(row) < last],
    }
    near = {cutoff: [of[i] for i in near_cutoff(of, score, cutoff, 10)] for cutoff, of in passed.items()}
    # Those beside the last tier were themselves given less than they asked.
    assert {got(row)[1] for row in near[last]} == {"counteroffer"}
    n = {"counteroffer": 0, "denied": 0}
    with Ledger.open(result.ledger_url) as ledger:
        references = {one.digest: one for one in ledger.references(result.audit.audit)}
        for row in rows:
            action = got(row)[1]
            if action == "approved":
                continue
            n[action] += 1
            decision = ledger.decision(result.audit.audit, row["application_id"])
            cutoff = best if action == "counteroffer" else last
            assert decision.cutoff == references[decision.reference].cutoff == cutoff
            expected = reasons(row, near[cutoff], terms)
            assert [reason.factor for reason in decision.reasons] == [factor for factor, _ in expected]
            assert [reason.contribution for reason in decision.reasons] == pytest.approx(
                [value for _, value in expected], abs=1e-9
            )
    assert min(n.values()) > 20

    # Without saying that they are tiers, nobody passed the last one, and nothing is told.
    desk.set(decision__cutoff={"by": "tier", "values": {"A": best, "B": last}})
    apart = audit.run(desk.config)
    with Ledger.open(apart.ledger_url) as ledger:
        causes = {
            one.notice.cause
            for one in ledger.decisions(apart.audit.audit, outcome="adverse")
            if one.cutoff == last
        }
    assert causes == {"reference_too_small"}


def test_R17_reproducible(staged, fresh) -> None:
    """R17: from the record alone the same codes and the same letter; another model is another audit."""
    row = next(row for row in staged.world.rows if row["granted"] == "no" and row["decided_by"] == "S")
    digests = {
        form: {hashlib.sha256(posted.letter(staged.result, row, form)).hexdigest() for _ in range(2)}
        for form in ("txt", "html", "pdf")
    }
    assert [len(of) for of in digests.values()] == [1, 1, 1]
    with Ledger.open(staged.result.ledger_url) as ledger:
        told = ledger.decision(staged.result.audit.audit, row["application_id"])
    assert posted.printed(posted.letter(staged.result, row)) == [reason.statement for reason in told.reasons]

    desk = Desk(staged_lender.build(fresh("even").folder.parent / "again").folder)
    first = audit.run(desk.config)
    with Ledger.open(first.ledger_url) as ledger:
        found = replay(ledger, first.audit.audit, folder=desk.folder)
    assert {one.kind: one.ok for one in found.compared}["reasons"]
    assert all(one.ok for one in found.compared)

    desk.text("model.py", "0.45 * columns", "0.40 * columns")
    second = audit.run(desk.config)
    assert second.audit.audit != first.audit.audit
    assert second.audit.model.version != first.audit.model.version
    assert "named_methods" in second.figures  # R5 is asked again
    desk.set(explain__reference__kind="all_applicants")
    third = audit.run(desk.config)
    assert third.audit.audit not in (first.audit.audit, second.audit.audit)
    assert "named_methods" in third.figures
