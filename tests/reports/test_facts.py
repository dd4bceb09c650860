"""Facts: every measure has a sentence, and numbers keep their side of the bound."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.record import Bound, Finding
from reports.facts import bound_words, bounds_of, fact, measured, number

SINCE = dt.date(2020, 1, 1)


def _finding(measure: str, value: float | None, **more: object) -> Finding:
    return Finding("p.r", "law", "notice", "not_met", measure, value=value, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "value", "sentence"),
    [
        ("protected_inputs", 1.0, "one model input is a protected attribute"),
        ("held_notices", 132.0, "132 notices are held"),
        ("adverse_impact_ratio", 0.9, "ages\u00a018–24 are approved nine tenths as often as ages\u00a040–61"),
        (
            "adverse_impact_ratio",
            0.7996,
            "ages\u00a018–24 are approved 0.79 times as often as ages\u00a040–61",
        ),
        (
            "standardized_mean_difference",
            0.26,
            "ages\u00a018–24 score 0.26 standard deviations nearer to refusal than ages\u00a040–61",
        ),
        (
            "marginal_effect",
            0.074,
            "ages\u00a018–24 are approved 7.4 percentage points less often than ages\u00a040–61",
        ),
        ("reasons_at_most_four", 5.0, "a refusal names up to five reasons"),
        ("shap_top4_overlap", 0.98, "SHAP names 98.0% of the same four factors"),
        (
            "seed_same_reasons",
            0.97,
            "another seed gives 97.0% of refusals the same reasons in the same order",
        ),
        ("reference_draw_overlap", 0.968, "96.8% of reasons stay when the comparison group is drawn anew"),
        (
            "reasons_share_moved",
            1.18,
            "put right, the printed reasons carry the score 1.18 of the way to the comparison group’s "
            "average",
        ),
        (
            "reasons_moved_more",
            1.0,
            "in 100.0% of refusals the printed reasons move the score further than as many other factors",
        ),
        (
            "reasons_against_alone",
            0.121,
            "put right alone, 12.1% of printed reasons move the score toward refusal",
        ),
        (
            "named_method_overlap",
            0.832,
            "the nearer of the two methods that Regulation B names gives 83.2% of the same four factors",
        ),
        ("parrots", 3.0, "the parrots of ages\u00a018–24 is 3"),
    ],
)
def test_facts_are_sentences(measure: str, value: float, sentence: str) -> None:
    """Each measure is told in its own words; a stranger's by its name."""
    finding = _finding(measure, value, attribute="age", group="18-24")
    assert fact(finding, {"age": "40-61"}, (0.8,)) == sentence


def test_a_finding_without_value_tells_its_cause() -> None:
    """No number is invented where none was measured."""
    assert fact(_finding("auc", None, cause="one class only"), {}) == "one class only"


def test_a_count_is_told_with_its_n() -> None:
    """A count says of how many; what is no count, or has no n, says nothing of the kind."""
    assert measured(_finding("held_notices", 0.0, n=1170)) == "0 of 1,170"
    assert measured(_finding("unapproved_statements", 1.0, n=8)) == "1 of 8"
    assert measured(_finding("held_notices", 0.0, n=None)) == "0"
    assert measured(_finding("reference_size", 385.0, n=385)) == "385"
    assert measured(_finding("reasons_at_most_four", 4.0, n=1170)) == "4"
    assert measured(_finding("vague_statements", 3.0, n=2)) == "3"


def test_measured_values_with_their_intervals() -> None:
    """Value, then interval, in the form of the measure."""
    air = _finding("adverse_impact_ratio", 0.9, low=0.832, high=0.968)
    assert measured(air, (0.8,)) == "0.90 (0.83–0.97)"
    smd = _finding("standardized_mean_difference", -0.042, low=-0.17, high=0.06)
    assert measured(smd) == "−0.04 (−0.17\u00a0to\u00a0+0.06)"
    assert measured(_finding("selection_rate", 0.771, low=0.759, high=0.782)) == "77.1% (75.9–78.2)"
    moved = _finding("reasons_share_moved", 1.18, low=1.11, high=1.25)
    assert measured(moved, (0.5,)) == "1.18 (1.11–1.25)"
    assert bound_words(moved, Bound(SINCE, at_least=0.5)) == "at least 0.50"
    assert number("agency_stated", 1.0) == "1"
    assert number("completeness_residual", 3.9e-16) == "<\u00a00.000001"


def test_bounds_in_words() -> None:
    """A bound is printed in the form of what it bounds."""
    assert bound_words(_finding("adverse_impact_ratio", 1), Bound(SINCE, at_least=0.8)) == "at least 0.80"
    assert bound_words(_finding("lime_top4_overlap", 1), Bound(SINCE, at_least=0.5)) == "at least 50%"
    assert bound_words(_finding("completeness_residual", 0), Bound(SINCE, at_most=0.0001)) == "at most 0.0001"
    assert bound_words(_finding("agency_stated", 1), Bound(SINCE, equals=1)) == "1"
    assert bounds_of(Bound(SINCE, at_most=0.3)) == (0.3,)
    assert bounds_of(None) == ()
