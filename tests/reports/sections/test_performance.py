"""Performance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audit.record import Figure
from reports.sections import performance
from tests.worlds.told import AUDIT, ToldLedger


def test_performance_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("performance")


def test_what_was_not_observed_is_said() -> None:
    """Without outcomes there is no calibration, and its cause is printed."""
    told = ToldLedger()
    for name in ("calibration", "confusion"):
        told.the_figures[name] = Figure(name, "model_risk", {"cause": "what happened was not observed"})
    told.the_rates = tuple(rate for rate in told.the_rates if rate.metric != "auc")
    page = performance.query(told, AUDIT)
    assert page.calibration is None
    assert page.calibration_cause == page.confusion_cause == "what happened was not observed"
    assert page.finding == "Where the scores lie; whether they come true was not measured"


def test_the_diagonal_is_drawn_for_probabilities_only() -> None:
    """A score of 600 promises no share, so no line says that it should."""
    told = ToldLedger()
    assert performance.query(told, AUDIT).calibration.diagonal  # type: ignore[union-attr]
    bins = [
        {**b, "mean_score": 500 + 100 * b["mean_score"]} for b in told.the_figures["calibration"].body["bins"]
    ]
    told.the_figures["calibration"] = replace(told.the_figures["calibration"], body={"bins": bins})
    page = performance.query(told, AUDIT)
    assert not page.calibration.diagonal  # type: ignore[union-attr]
    assert "promise nothing" in page.calibration_meaning


def test_the_bin_that_misses_most_is_told() -> None:
    """The sentence names the score and what came of it, with its interval."""
    page = performance.query(ToldLedger(), AUDIT)
    assert page.calibration_meaning == (
        "Scores about 0.82 promise more adverse outcomes than came: "
        "73.5% (interval 67.0–80.5%) of them were adverse."
    )


def test_ranking_cutoffs_and_periods_are_told() -> None:
    """Each sealed measure has its row, the cutoff in force its own, and the period that moved is named."""
    page = performance.query(ToldLedger(), AUDIT)
    assert [row.name for row in page.measures][:3] == ["AUC", "Gini", "KS distance"]
    assert page.gains is not None
    assert page.gains.rows[-1][1:3] == ("100.0%", "1.00")
    assert page.sweep is not None
    assert "0.30" in [row[0] for row in page.sweep.rows]
    assert page.sweep.more
    assert page.periods is not None
    assert page.periods.reference == "2026-01"
    assert page.periods.meaning.startswith("Scores moved most in 2026-04: PSI ")


def test_a_measure_without_a_value_says_why() -> None:
    """One class of outcome orders nothing; the row stays, with its cause."""
    told = ToldLedger()
    body = dict(told.the_figures["performance"].body)
    cause = "every observed outcome is adverse"
    auc = {"n": 40, "value": None, "low": None, "high": None, "cause": cause}
    body["measures"] = {**body["measures"], "auc": auc}
    body["gains"] = {"cause": cause}
    told.the_figures["performance"] = replace(told.the_figures["performance"], body=body)
    page = performance.query(told, AUDIT)
    assert (page.measures[0].value, page.measures[0].meaning) == ("not measured", cause)
    assert page.gains is None
    told.the_figures["over_time"] = Figure("over_time", "model_risk", {"cause": "no dates"})
    assert performance.query(told, AUDIT).periods_cause == "no dates"
