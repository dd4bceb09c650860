"""Disparate treatment in a fair-lending report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from audit.record import Bound, Finding, Proxy, ReasonCode, Requirement
from reports.sections import lending_treatment
from tests.worlds.told import AUDIT, ToldLedger

AGE = Requirement(
    "us_ecoa_regb.scored_age_favours_the_elderly",
    "law",
    "fair_lending",
    "Does no applicant of 62 or older fare worse?",
    "elderly_age_negative",
    Bound(dt.date(2011, 12, 30), at_most=0),
    "12 CFR 1002.6(b)(2)(ii)",
    "Constrain the model.",
    title="Scored age never counts against the elderly",
)


def _with_model(**body: Any) -> ToldLedger:
    told = ToldLedger()
    figure = told.the_figures["model"]
    told.the_figures["model"] = replace(figure, body={**figure.body, **body})
    return told


def test_lending_treatment_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("lending_treatment")


def test_a_protected_input_is_named() -> None:
    """Title and answer say the column and the class that it tells."""
    told = _with_model(protected_inputs=[{"column": "region", "attribute": "sex"}])
    page = lending_treatment.query(told, AUDIT)
    assert page.finding == "One model input is a protected attribute, or tells one"
    assert page.tests[0].answer == "Yes: region (sex)."


def test_unknown_inputs_are_not_taken_for_harmless() -> None:
    """Where only scores were in the data, whether a protected basis is scored was not measured."""
    page = lending_treatment.query(_with_model(inputs=[]), AUDIT)
    assert page.finding == "Whether a protected attribute is scored was not measured"
    assert page.tests[0].answer.startswith("Not measured")


def test_departures_are_told_in_both_directions() -> None:
    """Each rate stands with how many of how many, a small group with its counts alone."""
    page = lending_treatment.query(ToldLedger(), AUDIT)
    assert page.tests[3].answer.startswith("Counted below, of 4,990 decisions")
    assert "10 that a rule decided are left out" in page.tests[3].answer
    rows = {row.label: row for row in page.overrides if not row.head}
    assert rows["18–24"].cells[:3] == ("1.8%, 6 of 332", "+0.4 (−1.6\u00a0to\u00a0+2.4)", "0.210")
    assert rows["18–24"].cells[3].startswith("9.9%, 11 of 111")
    assert rows["40–61"].cells[1] == "–"
    assert rows["unknown"].cells[0] == "too few, 0 of 9"


def test_departures_that_were_not_counted_have_their_cause() -> None:
    """Where no decision was really taken, and where an older program sealed the audit."""
    told = ToldLedger()
    figure = told.the_figures["overrides"]
    told.the_figures["overrides"] = replace(figure, body={"cause": "the config names no decision"})
    page = lending_treatment.query(told, AUDIT)
    assert page.tests[3].answer == "Not measured: the config names no decision."
    assert page.overrides == ()
    del told.the_figures["overrides"]
    assert "did not count departures" in lending_treatment.query(told, AUDIT).tests[3].answer


def test_scored_age_is_told_by_its_finding() -> None:
    """Met, not met, or that age is not scored."""
    told = _with_model(permitted_inputs=["age"])
    told.the_requirements = (*told.the_requirements, AGE)
    found = Finding(AGE.requirement, "law", "fair_lending", "met", AGE.measure, value=0, n=33)
    for outcome, words in (("met", "No: each was scored again"), ("not_met", "Yes; Findings says how many")):
        told.the_findings = (*ToldLedger().the_findings, replace(found, outcome=outcome))
        assert lending_treatment.query(told, AUDIT).tests[2].answer.startswith(words)
    assert lending_treatment.query(ToldLedger(), AUDIT).tests[2].answer.startswith("Age is not scored")


def test_pairs_have_their_counts_and_their_controls() -> None:
    """A small group has its counts alone."""
    page = lending_treatment.query(ToldLedger(), AUDIT)
    assert page.controls == "housing and debt_to_income"
    (young,) = [row for row in page.pairs if row.label == "18–24"]
    assert (young.pairs, young.against, young.toward, young.gap) == ("441", "49", "36", "+5.5")
    (few,) = [row for row in page.pairs if row.few]
    assert (few.gap, few.interval, few.p_value) == ("too few", "–", "–")


def test_without_controls_there_are_no_pairs() -> None:
    """The cause names the key of the config."""
    told = ToldLedger()
    del told.the_figures["matched_pairs"]
    told.the_disparities = tuple(d for d in told.the_disparities if d.metric != "matched_pairs_difference")
    page = lending_treatment.query(told, AUDIT)
    assert (page.pairs, page.pairs_cause) == ((), "the config names none (fairness.controls)")


def test_verdicts_on_likely_proxies_are_told() -> None:
    """Who decided, when and why."""
    told = ToldLedger()
    proxy = Proxy("age", "reviewed", "A. Reviewer", dt.date(2026, 11, 1), "weak likeness")
    code = ReasonCode("region", "R1", ("region",), {"en": "Region"}, proxy=proxy)
    told.codes = lambda _: (code,)  # type: ignore[method-assign]
    assert lending_treatment.query(told, AUDIT).verdicts == (
        ("Region", "age", "reviewed", "A. Reviewer, 1\u00a0November\u00a02026: weak likeness"),
    )
