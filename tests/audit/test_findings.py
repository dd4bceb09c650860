"""What a requirement's answer is, and what a run's exit code makes of the answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.findings import OUTCOMES, bound_text, exit_code, judge, outcome_counts, outcome_of
from audit.record import Bound, Finding, Measurement, Requirement

SINCE = dt.date(1978, 9, 25)
FOUR_FIFTHS = Requirement(
    requirement="screening.four_fifths",
    kind="convention",
    access="fair_lending",
    question="Is every group selected at least four fifths as often as the reference group?",
    measure="adverse_impact_ratio",
    bound=Bound(SINCE, at_least=0.8),
    source="29 CFR 1607.4(D)",
    remedy="Look for an alternative.",
    population=True,
)


def a_ratio(
    value: float | None, low: float | None = None, high: float | None = None, **more: Any
) -> Measurement:
    """Return an adverse impact ratio of women against men."""
    fields = {"attribute": "sex", "group": "female", "n": 500, **more}
    return Measurement("adverse_impact_ratio", value, low, high, **fields)


def a_finding(**changes: Any) -> Finding:
    """Return a duty that is met."""
    plain = Finding("p.r", "law", "notice", "met", "protected_inputs")
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("measurement", "outcome"),
    [
        (a_ratio(0.95, 0.85, 1.05), "met"),
        (a_ratio(0.85, 0.8, 0.9), "met"),
        (a_ratio(0.85, 0.79, 0.92), "inconclusive"),
        (a_ratio(0.75, 0.7, 0.8), "inconclusive"),
        (a_ratio(0.7, 0.6, 0.79), "not_met"),
        (a_ratio(0.8), "met"),
        (a_ratio(0.7999), "not_met"),
        (a_ratio(0.9, low=0.85), "met"),
        (a_ratio(0.9, high=0.95), "inconclusive"),
        (a_ratio(0.9, 0.85, float("inf")), "met"),
        (a_ratio(0.9, n=0), "not_measured"),
        (a_ratio(None), "not_measured"),
        (a_ratio(float("nan")), "error"),
        (a_ratio(float("inf")), "error"),
        (a_ratio(0.9, float("nan"), 1.0), "error"),
        (a_ratio(0.5, state="inconclusive", cause="too few: n < 30"), "inconclusive"),
        (a_ratio(None, state="not_measured", cause="no outcome was observed"), "not_measured"),
        (a_ratio(None, state="not_applicable", cause="one group only"), "not_applicable"),
        (a_ratio(None, state="error", cause="the count failed"), "error"),
    ],
)
def test_the_outcome_of_a_measurement(measurement: Measurement, outcome: str) -> None:
    """The interval decides; nothing measured is never met; what was said of it passes through."""
    (finding,) = judge([FOUR_FIFTHS], [measurement], "population")
    assert finding.outcome == outcome
    assert (finding.attribute, finding.group) == ("sex", "female")
    if outcome not in ("met", "not_met"):
        assert finding.cause
    if measurement.cause:
        assert finding.cause == measurement.cause


def test_a_finding_carries_what_the_report_prints() -> None:
    """Number, interval, n, bound and source travel together."""
    (finding,) = judge([FOUR_FIFTHS], [a_ratio(0.9, 0.85, 0.97)], "population")
    assert (finding.value, finding.low, finding.high, finding.n) == (0.9, 0.85, 0.97, 500)
    assert (finding.bound, finding.source) == ("at least 0.8", "29 CFR 1607.4(D)")
    assert (finding.kind, finding.access, finding.cause) == ("convention", "fair_lending", None)


def test_each_group_has_its_own_finding() -> None:
    """Three measurements give three findings, in their order."""
    groups = [a_ratio(0.9, group=name) for name in ("a", "b", "c")]
    assert [f.group for f in judge([FOUR_FIFTHS], groups, "population")] == ["a", "b", "c"]


def test_a_requirement_without_measurement_is_not_measured_with_its_cause() -> None:
    """The capability to come, or the plain fact that nobody measured it."""
    (plain,) = judge([FOUR_FIFTHS], [], "population")
    assert (plain.outcome, plain.cause) == (
        "not_measured",
        "this audit did not measure adverse impact ratio",
    )
    later = replace(FOUR_FIFTHS, bound=None, not_measured="sending dates are not known to a run")
    (finding,) = judge([later], [], "population")
    assert (finding.outcome, finding.cause) == ("not_measured", "sending dates are not known to a run")


def test_a_bound_that_was_not_in_force_does_not_apply() -> None:
    """An audit is judged by the law of its day, not by a later one."""
    (finding,) = judge([replace(FOUR_FIFTHS, bound=None)], [a_ratio(0.1)], "population")
    assert finding.outcome == "not_applicable"


def test_a_batch_is_not_asked_about_populations() -> None:
    """A night of refusals has no selection rate, and other questions are still asked."""
    other = replace(FOUR_FIFTHS, requirement="p.other", measure="held_notices", population=False)
    other = replace(other, bound=Bound(SINCE, at_most=0.0))
    findings = judge([FOUR_FIFTHS, other], [a_ratio(0.9), Measurement("held_notices", 0.0, n=9)], "batch")
    assert [f.outcome for f in findings] == ["not_applicable", "met"]
    assert "batch" in (findings[0].cause or "")


@pytest.mark.parametrize(
    ("bound", "value", "low", "high", "outcome"),
    [
        (Bound(SINCE, at_most=0.0), 0.0, None, None, "met"),
        (Bound(SINCE, at_most=0.0), 1.0, None, None, "not_met"),
        (Bound(SINCE, at_most=0.3), 0.29, 0.2, 0.31, "inconclusive"),
        (Bound(SINCE, at_most=0.3), 0.29, 0.2, 0.3, "met"),
        (Bound(SINCE, at_most=0.3), 0.5, 0.31, 0.6, "not_met"),
        (Bound(SINCE, equals=1.0), 1.0, None, None, "met"),
        (Bound(SINCE, equals=1.0), 0.0, None, None, "not_met"),
        (Bound(SINCE, equals=1.0), 0.9, 0.8, 1.1, "inconclusive"),
        (Bound(SINCE, equals=1.0), 0.5, 0.4, 0.6, "not_met"),
    ],
)
def test_each_form_of_bound(
    bound: Bound, value: float, low: float | None, high: float | None, outcome: str
) -> None:
    """At least, at most and exactly, with and without an interval."""
    assert outcome_of(bound, value, low, high) == outcome


def test_bounds_in_words_lose_no_digit() -> None:
    """A bound is printed as it was written."""
    assert bound_text(Bound(SINCE, at_most=0.0)) == "at most 0"
    assert bound_text(Bound(SINCE, at_least=0.1234567)) == "at least 0.1234567"
    assert bound_text(Bound(SINCE, equals=1.0)) == "exactly 1"
    assert bound_text(None) == ""


NUMBER = st.floats(-5, 5)


@given(NUMBER, st.floats(0, 2), st.floats(0, 2), NUMBER, st.sampled_from(["at_least", "at_most"]))
def test_a_wider_interval_never_turns_one_answer_into_the_other(
    value: float, half: float, more: float, bound: float, form: str
) -> None:
    """Less certainty may open a question; it never answers it the other way."""
    asked = Bound(SINCE, **{form: bound})
    narrow = outcome_of(asked, value, value - half, value + half)
    wide = outcome_of(asked, value, value - half - more, value + half + more)
    assert wide in (narrow, "inconclusive")
    point = outcome_of(asked, value)
    assert narrow in (point, "inconclusive")


def test_counts_name_all_six_outcomes() -> None:
    """An outcome that no finding has is there with 0."""
    assert outcome_counts([]) == dict.fromkeys(OUTCOMES, 0)
    counts = outcome_counts([a_finding(), a_finding(), a_finding(outcome="not_met")])
    assert (counts["met"], counts["not_met"], len(counts)) == (2, 1, 6)


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 3),
        ([a_finding(outcome="not_measured"), a_finding(outcome="not_applicable")], 3),
        ([a_finding()], 0),
        ([a_finding(outcome="inconclusive")], 0),
        ([a_finding(), a_finding(outcome="not_met")], 3),
        ([a_finding(), a_finding(kind="guidance", outcome="not_met")], 3),
        ([a_finding(), a_finding(kind="house", outcome="error")], 3),
        ([a_finding(), a_finding(kind="convention", outcome="not_met")], 0),
        ([a_finding(), a_finding(kind="convention", outcome="error")], 0),
    ],
)
def test_the_exit_code_asks_duties_alone_and_refuses_empty(findings: list[Finding], code: int) -> None:
    """A screen never fails a run, and a run that answered nothing never succeeds."""
    assert exit_code(findings, ("not_met", "error")) == code


def test_fail_on_is_the_users_choice() -> None:
    """Whoever asks for certainty gets 3 for what could not be decided."""
    open_question = [a_finding(), a_finding(outcome="inconclusive")]
    assert exit_code(open_question, ("not_met", "error", "inconclusive")) == 3
    assert exit_code([a_finding(), a_finding(outcome="not_met")], ("error",)) == 0
