"""What is decided, and by whom: overrides, decisions and scores in the data, vendors, people."""

from __future__ import annotations

import pytest

import audit
from audit.ledger import Ledger
from tests.worlds.closed_form import STATEMENTS, csv_rows, with_decisions
from tests.worlds.desk import Desk
from tests.worlds.lender import FACTORS


def test_overrides_are_held_and_count_as_they_happened(fresh) -> None:
    """Where the decision taken is not the model's, the outcome is the one taken and its notice is held."""
    desk = Desk(fresh("even").folder).set(decision__taken={"column": "granted", "adverse": "no"})

    def overridden(rows):
        decided = with_decisions(rows)
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


def test_decisions_are_audited_without_a_model(fresh) -> None:
    """Rates are measured; what needs a model is not measured, with its cause, and accuses nobody."""
    desk = Desk(fresh("even").folder).rows(with_decisions)
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
    desk = Desk(fresh("tiny").folder).rows(with_decisions)
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
        decided = with_decisions(rows)
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
        for i, row in enumerate(with_decisions(rows)):
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
        for i, row in enumerate(with_decisions(rows)):
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
