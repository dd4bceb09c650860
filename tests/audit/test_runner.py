"""Whole audits of worlds whose truth is known, from a config to what its ledger says."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import pytest

import audit
from audit.ledger import Ledger, verify
from tests.oracles.lending import near_cutoff, reasons
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, FACTORS, refused, score, terms

STATEMENTS = {
    "income": "Income insufficient for the amount of credit requested",
    "utilisation": "Balances on revolving accounts are too high compared with their limits",
    "late_payments": "Delinquent past or present credit obligations with others",
    "years_at_address": "Length of residence",
}
MIN_ROWS = 20


def told(decision) -> list[tuple[str, str]]:
    """Return code and statement of each reason."""
    return [(one.code, one.statement) for one in decision.reasons]


def expected(row, reference) -> list[tuple[str, str]]:
    """Return code and statement of each reason that a row must have."""
    missing = row["years_at_address"] is None
    return [
        (
            FACTORS[factor],
            "Unable to verify residence" if missing and factor == "years_at_address" else STATEMENTS[factor],
        )
        for factor, _ in reasons(row, reference, terms)
    ]


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


# --- the same again ------------------------------------------------------------------------------


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


# --- whom one is compared with -----------------------------------------------------------------------


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


# --- what is decided, and by whom ----------------------------------------------------------------------


def _decided(rows) -> list[dict]:
    """Return the rows with the model's decision written into them."""

    def whole(row):
        years = row["years_at_address"]
        numbers = {name: float(row[name]) for name in ("income", "utilisation", "late_payments")}
        return {**numbers, "years_at_address": float(years) if years else None}

    return [
        {**row, "granted": "no" if refused(whole(row)) else "yes", "score": score(whole(row))} for row in rows
    ]


def test_overrides_are_held_and_count_as_they_happened(fresh) -> None:
    """Where the decision taken is not the model's, the outcome is the one taken and its notice is held."""
    desk = Desk(fresh("even").folder).set(decision__taken={"column": "granted", "adverse": "no"})

    def overridden(rows):
        decided = _decided(rows)
        for row in decided[::20]:
            row["granted"] = "no" if row["granted"] == "yes" else "yes"
        return decided

    desk.rows(overridden)
    result = audit.run(desk.config)
    rows = overridden(list(csv_rows(fresh("even").folder)))
    refusals = [row for row in rows if row["granted"] == "no"]
    differ = [row for row in rows[::20] if row["granted"] == "no"]
    assert result.audit.counts["adverse"] == len(refusals)
    assert result.figures["holds"].body["causes"] == [{"cause": "decision_differs", "n": len(differ)}]


def csv_rows(folder: Path) -> list[dict[str, str]]:
    import csv

    with (folder / "applications.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_decisions_are_audited_without_a_model(fresh) -> None:
    """Rates are measured; what needs a model is not measured, with its cause, and accuses nobody."""
    desk = Desk(fresh("even").folder).rows(_decided)
    desk.set(
        model=None,
        decision={"adverse": "high", "taken": {"column": "granted", "adverse": "no"}},
        dictionary=None,
    )
    result = audit.run(desk.config)
    truth = audit.run(fresh("even").config)
    assert [(r.group, r.value) for r in result.rates if r.metric == "selection_rate"] == [
        (r.group, r.value) for r in truth.rates if r.metric == "selection_rate"
    ]
    assert result.audit.model.framework == "none"
    outcomes = {one.requirement: (one.outcome, one.cause) for one in result.findings}
    for name in ("reasons_stated", "protected_basis_not_scored", "every_factor_has_statement"):
        outcome, cause = outcomes[f"us_ecoa_regb.{name}"]
        assert outcome == "not_measured"
        assert cause
    assert result.outcomes["not_met"] == 0
    assert result.audit.counts["held"] == result.audit.counts["adverse"]


def test_scores_in_the_data_are_audited(fresh) -> None:
    """With a column of scores the cutoff decides and score gaps are measured; nothing is attributed."""
    desk = Desk(fresh("tiny").folder).rows(_decided)
    desk.set(model={"scores": "score"})
    result = audit.run(desk.config)
    truth = audit.run(fresh("tiny").config, again=2)
    for found, known in ((result.rates, truth.rates), (result.disparities, truth.disparities)):
        for one, other in zip(found, known, strict=True):
            assert (one.attribute, one.group, one.metric) == (other.attribute, other.group, other.metric)
            assert one.value == pytest.approx(other.value, abs=1e-9)
    assert result.audit.model.framework == "scores"
    assert result.figures["importance"].body == {"cause": "no decision was attributed"}


def test_vendor_reasons_are_taken_as_given(fresh) -> None:
    """Imported codes speak by the dictionary in the vendor's order; one without words holds its notice."""
    desk = Desk(fresh("even").folder)

    def given(rows):
        decided = _decided(rows)
        return [
            {**row, "r1": "C2", "r2": "C9" if i % 50 == 0 else "C1", "r3": ""}
            for i, row in enumerate(decided)
        ]

    desk.rows(given)
    desk.set(
        model={"scores": "score"},
        reasons_given={"columns": ["r1", "r2", "r3"], "method": "points lost", "by": "Vendor"},
    )
    result = audit.run(desk.config)
    n_unknown = 0
    with Ledger.open(result.ledger_url) as ledger:
        for decision in ledger.decisions(result.audit.audit, outcome="adverse"):
            codes = [one.code for one in decision.reasons]
            assert codes[0] == "C2"
            assert decision.reasons[0].statement == STATEMENTS["utilisation"]
            assert decision.reasons[0].contribution is None
            unknown = codes[1] == "C9"
            n_unknown += unknown
            assert (decision.notice.state, decision.notice.cause) == (
                ("held", "no_reason") if unknown else ("ready", None)
            )
    assert result.audit.counts["held"] == n_unknown > 0


RULES = """bankruptcy:
  code: K1
  statement: {en: Bankruptcy}
  approved: {by: Model Risk, date: 2026-11-02}
collateral:
  code: J1
  statement: {en: Value or type of collateral not sufficient}
  approved: {by: Model Risk, date: 2026-11-02}
"""


def test_reasons_come_from_the_component_that_failed(fresh) -> None:
    """R7, R8: a rule is stated first and alone; judgment names its grounds; the gray band names both."""
    desk = Desk(fresh("even").folder)
    path = desk.folder / "reasons.yaml"
    path.write_text(path.read_text() + RULES)
    stages = ("score", "rule", "judgmental", "gray_band")

    def staged(rows):
        found = []
        for i, row in enumerate(_decided(rows)):
            stage = stages[i % 4]
            rule, ground = "", ""
            if stage == "rule":
                row["granted"] = "no"
                rule = "K1" if i % 8 == 1 else "bankruptcy"  # by its code, or by its factor
            if stage in ("judgmental", "gray_band"):
                ground = "collateral"
            found.append({**row, "stage": stage, "rules": rule, "grounds": ground})
        return found

    desk.rows(staged)
    desk.set(
        decision__taken={"column": "granted", "adverse": "no"},
        decision__stage={"column": "stage"},
        decision__rules={"column": "rules", "separator": "|"},
        decision__judgment={"column": "grounds", "separator": "|"},
    )
    result = audit.run(desk.config)
    seen = dict.fromkeys(stages, 0)
    with Ledger.open(result.ledger_url) as ledger:
        for decision in ledger.decisions(result.audit.audit, outcome="adverse"):
            seen[decision.stage] += 1
            codes = [one.code for one in decision.reasons]
            assert len(codes) <= 4
            assert decision.notice.state == "ready", decision.notice
            if decision.stage == "rule":
                assert codes == ["K1"]
                assert "other_component" in {one.cause for one in decision.dropped}
            elif decision.stage == "judgmental":
                assert codes == ["J1"]
            elif decision.stage == "gray_band":
                assert "J1" in codes
                assert set(codes) & set(FACTORS.values())
            else:
                assert set(codes) <= set(FACTORS.values())
    assert all(seen.values())
    assert result.audit.counts["held"] == 0


def test_undecided_applications_stay_out_of_rates_and_letters(fresh) -> None:
    """Withdrawn and incomplete applications are none; a counteroffer is adverse."""
    desk = Desk(fresh("even").folder)
    words = {"A": "approved", "D": "denied", "C": "counteroffer", "W": "withdrawn", "I": "incomplete"}

    def acted(rows):
        found = []
        for i, row in enumerate(_decided(rows)):
            action = "A" if row["granted"] == "yes" else "D" if i % 2 else "C"
            found.append({**row, "action": "W" if i % 16 == 3 else "I" if i % 16 == 5 else action})
        return found

    desk.rows(acted)
    desk.set(record__action={"column": "action", "values": words})
    result = audit.run(desk.config)
    counts = result.audit.counts
    rows = acted(csv_rows(fresh("even").folder))
    assert counts["none"] == sum(row["action"] in "WI" for row in rows) == 40
    assert counts["adverse"] == sum(row["action"] in "DC" for row in rows)
    (rate,) = [r for r in result.rates if (r.attribute, r.metric) == ("all", "selection_rate")]
    assert rate.n == counts["adverse"] + counts["favourable"]
    with Ledger.open(result.ledger_url) as ledger:
        undecided = list(ledger.decisions(result.audit.audit, outcome="none"))
        assert len(undecided) == 40
        assert {(one.notice.state, one.reasons, one.certified) for one in undecided} == {("none", (), None)}


# --- odd populations -----------------------------------------------------------------------------------


def test_nobody_is_refused(fresh) -> None:
    """Without an adverse decision nothing is told, nothing held, and no requirement is failed for it."""
    desk = Desk(fresh("even").folder)
    desk.set(
        decision={"adverse": "high", "taken": {"column": "granted", "adverse": "no"}}, policies=["screening"]
    )
    desk.rows(lambda rows: [{**row, "granted": "yes"} for row in _decided(rows)])
    desk.set(explain__reference={"kind": "all_applicants", "rows": 100, "min_rows": 20})
    result = audit.run(desk.config)
    assert result.audit.counts["adverse"] == 0
    assert {r.value for r in result.rates if r.metric == "selection_rate"} == {1.0}
    assert result.outcomes["not_met"] == 0


def test_everybody_is_refused(fresh) -> None:
    """With one outcome only there is nobody to compare with: held, inconclusive, no ratio and no error."""
    desk = Desk(fresh("even").folder)
    desk.set(decision__taken={"column": "granted", "adverse": "no"}, decision__stage={"column": "stage"})
    desk.rows(lambda rows: [{**row, "granted": "no", "stage": "score"} for row in _decided(rows)])
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


# --- what is missing -------------------------------------------------------------------------------------


FLAG = """  columns: [years_at_address, years_missing]
  code: C4
  statement: {en: Length of residence}
  missing: {columns: [years_missing], statement: {en: Unable to verify residence}}
"""


@pytest.mark.parametrize("words", [("1", "0"), ("yes", "no"), ("true", "false")], ids=lambda words: words[0])
def test_a_flag_beside_its_value_speaks_as_missing(fresh, words: tuple[str, str]) -> None:
    """R12: where the value was imputed and the flag is set, the reason is the missing information."""
    world = fresh("tiny")
    desk = Desk(world.folder).text(
        "reasons.yaml",
        """  columns: [years_at_address]
  code: C4
  statement: {en: Length of residence}
  missing: {columns: [years_at_address], statement: {en: Unable to verify residence}}
""",
        FLAG,
    )
    desk.rows(
        lambda rows: [
            {
                **row,
                "years_missing": words[0] if not row["years_at_address"] else words[1],
                "years_at_address": row["years_at_address"] or "12",
            }
            for row in rows
        ]
    )
    desk.set(data__features=["income", "utilisation", "late_payments", "years_at_address", "years_missing"])
    desk.text("model.py", "np.where(np.isnan(years), 0.10,", "np.where(_set(columns), 0.10,")
    desk.text(
        "model.py",
        "def terms(columns):",
        "def _set(columns):\n"
        "    flag = columns['years_missing']\n"
        f"    return flag == 1.0 if flag.dtype.kind == 'f' else flag == {words[0]!r}\n\n\n"
        "def terms(columns):",
    )
    result = audit.run(desk.config)
    reference = [world.rows[i] for i in near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)]
    spoken = 0
    with Ledger.open(result.ledger_url) as ledger:
        for row in world.rows:
            decision = ledger.decision(result.audit.audit, row["application_id"])
            assert told(decision) == (expected(row, reference) if refused(row) else [])
            spoken += any(one.by_missing for one in decision.reasons)
    assert spoken > 0


def test_a_flag_that_the_model_does_not_read_speaks_too(fresh) -> None:
    """A column of the data may say that a value was imputed before the model saw it."""
    desk = Desk(fresh("even").folder).text(
        "reasons.yaml",
        "columns: [income]\n",
        "columns: [income]\n"
        "  missing: {columns: [income_imputed], statement: {en: Unable to verify income}}\n",
    )
    desk.rows(lambda rows: [{**row, "income_imputed": int(i % 3 == 0)} for i, row in enumerate(rows)])
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        said = {
            (one.row % 3 == 0, reason.statement)
            for one in ledger.decisions(result.audit.audit)
            for reason in one.reasons
            if reason.factor == "income"
        }
    assert said == {(True, "Unable to verify income"), (False, STATEMENTS["income"])}


# --- small scores, cross-checks, failing disks --------------------------------------------------------------


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
