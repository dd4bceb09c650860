"""Whole audits of worlds whose truth is known, from a config to what its ledger says."""

from __future__ import annotations

import datetime as dt

import pytest

import audit
from audit.ledger import Ledger, verify
from tests.oracles.lending import near_cutoff, reasons
from tests.worlds.closed_form import MIN_ROWS, expected, told
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, refused, score, terms


@pytest.mark.parametrize("name", ["even", "tilted", "tiny", "joint"])
@pytest.mark.parametrize("coding", ["high", "low"])
def test_reasons_are_those_of_the_closed_form(audited, name: str, coding: str) -> None:
    """For a linear lender every refusal has the factors furthest above the reference's mean, in order."""
    found = audited(name, coding)
    rows = found.world.rows
    reference = [rows[i] for i in near_cutoff(rows, score, CUTOFF, MIN_ROWS)]
    n = 0
    for row in rows:
        decision = found.decisions[row["application_id"]]
        assert decision.outcome == ("adverse" if refused(row) else "favourable")
        if not refused(row):
            assert decision.reasons == ()
            continue
        n += 1
        assert told(decision) == expected(row, reference)
        values = [value for _, value in reasons(row, reference, terms)]
        assert [one.contribution for one in decision.reasons] == pytest.approx(values, abs=1e-9)
        assert decision.certified in ("exact", "tie")
        assert abs(decision.residual) < 1e-9
        assert decision.notice.state == "ready"
        assert decision.notice.due_on == dt.date(2026, 12, 3)  # 30 days after the completed application
    assert n == found.result.audit.counts["adverse"] == found.world.truth.get("adverse", n) > 50


@pytest.mark.parametrize("name", ["even", "tiny", "joint"])
def test_both_codings_tell_the_same(audited, name: str) -> None:
    """Turning the score round changes no reason, no statement, no rate and no verdict."""
    high, low = audited(name, "high"), audited(name, "low")
    for key, decision in high.decisions.items():
        other = low.decisions[key]
        assert told(decision) == told(other)
        assert [one.contribution for one in decision.reasons] == pytest.approx(
            [one.contribution for one in other.reasons], abs=1e-9
        )
    rates = [(r.attribute, r.group, r.metric, r.n, r.value) for r in high.result.rates]
    turned = [(r.attribute, r.group, r.metric, r.n, r.value) for r in low.result.rates]
    for one, other in zip(rates, turned, strict=True):
        assert one[:4] == other[:4]
        assert one[4] == pytest.approx(other[4], abs=1e-12)
    for one, other in zip(high.result.disparities, low.result.disparities, strict=True):
        assert (one.attribute, one.group, one.metric, one.n) == (
            other.attribute,
            other.group,
            other.metric,
            other.n,
        )
        assert one.value == pytest.approx(other.value, abs=1e-9)
    assert high.result.outcomes == low.result.outcomes


def test_an_even_lender_is_even(audited) -> None:
    """All selection rates are the known one and all ratios 1."""
    found = audited("even")
    share = 1 - found.world.truth["adverse"] / found.world.truth["n_rows"]
    rates = [one for one in found.result.rates if one.metric == "selection_rate"]
    assert {one.attribute for one in rates} == {"all", "sex", "age", "sex x age"}
    assert all(one.value == pytest.approx(share, abs=1e-12) for one in rates)
    ratios = [one for one in found.result.disparities if one.metric == "adverse_impact_ratio"]
    assert len(ratios) == 1 + 3 + 7
    assert all(one.value == pytest.approx(1.0, abs=1e-12) for one in ratios)


def test_a_tilted_lender_is_seen_and_only_screened(audited) -> None:
    """A ratio of 0.7 lies below the screening line; a screen fails no run."""
    found = audited("tilted")
    assert found.rate("sex", "male").value == pytest.approx(0.70, abs=1e-12)
    assert found.rate("sex", "female").value == pytest.approx(0.49, abs=1e-12)
    (screen,) = [one for one in found.findings("screening.four_fifths") if one.group == "female"]
    assert screen.value == pytest.approx(0.7, abs=1e-12)
    assert (screen.outcome, screen.kind, screen.access) == ("not_met", "convention", "fair_lending")
    duties = {one.outcome for one in found.result.findings if one.kind in ("law", "house")}
    assert "not_met" not in duties


def test_a_proxy_holds_notices_and_moves_no_rate(audited) -> None:
    """Notices in whose reasons the district stands are held, the finding says why, and rates stay."""
    found = audited("proxy")
    held = {key for key, one in found.decisions.items() if one.notice.state == "held"}
    named = {
        key for key, one in found.decisions.items() if "district" in {part.factor for part in one.reasons}
    }
    assert held == named
    assert {found.decisions[key].notice.cause for key in held} == {"protected_basis"}
    assert 0 < len(held) < found.result.audit.counts["adverse"]
    assert found.result.audit.counts["held"] == len(held)
    (finding,) = found.findings("us_ecoa_regb.protected_basis_not_scored")
    assert (finding.outcome, finding.value, finding.cause) == ("not_met", 1.0, "district tells sex")
    assert found.result.exit_code == 3
    for sex in ("female", "male"):
        rows = [row for row in found.world.rows if row["sex"] == sex]
        passed = [row for row in rows if score(row) + 0.06 * (row["district"] == 2) < CUTOFF]
        assert found.rate("sex", sex).value == pytest.approx(len(passed) / len(rows), abs=1e-12)


def test_a_weaker_likeness_is_no_protected_basis(fresh) -> None:
    """Where one in ten lives in the other district, nothing is held for it."""
    result = audit.run(fresh("proxy", moved=40).config)
    assert result.audit.counts["held"] == 0
    assert {f.outcome for f in result.findings if f.measure == "protected_inputs"} == {"met"}


def test_a_tiny_group_is_shown_and_inconclusive(audited) -> None:
    """Three people have their rate and their n; nothing is concluded of them, and nobody is dropped."""
    found = audited("tiny")
    assert found.rate("sex", "nonbinary").n == 3
    assert found.rate("sex", "unknown").n == 40
    (screen,) = [
        one
        for one in found.findings("screening.four_fifths")
        if (one.attribute, one.group) == ("sex", "nonbinary")
    ]
    assert screen.outcome == "inconclusive"
    assert "3" in screen.cause
    counted = sum(found.rate("sex", sex).n for sex in ("female", "male", "nonbinary", "unknown"))
    assert counted == found.world.truth["n_rows"]


def test_joint_applicants_are_several_persons_of_one_decision(audited) -> None:
    """Each decision keeps its persons with their roles; it counts once."""
    found = audited("joint")
    assert found.result.audit.counts["rows"] == found.world.truth["n_rows"]
    persons = found.world.truth["persons"]
    for key, decision in found.decisions.items():
        assert len(decision.persons) == persons.get(key, 1)
        assert decision.persons[0].role == "primary"
    roles = {person.role for one in found.decisions.values() for person in one.persons}
    assert roles == {"primary", "joint", "guarantor"}


def test_persons_are_part_of_what_an_audit_is(fresh) -> None:
    """Another joint applicant makes another audit: letters would go to other people."""
    desk = Desk(fresh("joint").folder)
    first = audit.run(desk.config)
    desk.text("recipients.csv", ",joint,", ",guarantor,")
    assert audit.run(desk.config).audit.audit != first.audit.audit


@pytest.mark.parametrize("name", ["even", "proxy"])
def test_the_evidence_of_a_run_holds(audited, name: str) -> None:
    """What a run sealed can be verified, with its own checkpoint."""
    result = audited(name).result
    with Ledger.open(result.ledger_url) as ledger:
        proof = verify(ledger, result.audit.audit, checkpoint=result.audit.checkpoint)
    assert proof.ok, [one for one in proof.checks if not one.ok]
