"""Scores by group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reports.sections import group_scores
from tests.worlds.told import AUDIT, ToldLedger, audit


def told(**bodies: Any) -> group_scores.GroupScores:
    """Return the section with some figures' bodies changed."""
    ledger = ToldLedger()
    for name, body in bodies.items():
        ledger.the_figures[name] = replace(ledger.the_figures[name], body=body)
    page = group_scores.query(ledger, AUDIT)
    assert page is not None
    return page


def bins(*pairs: tuple[float, float], n: int = 100) -> list[dict[str, Any]]:
    return [
        {"n": n, "mean_score": score, "observed": seen, "low": seen - 0.05, "high": seen + 0.05}
        for score, seen in pairs
    ]


def test_group_scores_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("group_scores")


def test_an_older_audit_has_no_such_section() -> None:
    """Where neither was sealed nothing is said."""
    ledger = ToldLedger()
    for name in ("score_quantiles", "calibration_by_group"):
        ledger.the_figures.pop(name)
    assert group_scores.query(ledger, AUDIT) is None


def test_where_nobody_is_compared_the_section_is_left_out() -> None:
    """Of a batch of refusals, and of an audit for notices alone, Fairness says why."""
    for change in ({"kind": "batch"}, {"config": {"audit": {"only": "notices"}}}):
        assert group_scores.query(ToldLedger(the_audit=replace(audit(), **change)), AUDIT) is None


def test_what_was_not_measured_says_why() -> None:
    """Each part has its own cause."""
    page = told(
        score_quantiles={"cause": "the decisions have no scores"},
        calibration_by_group={"cause": "what really happened was not observed"},
    )
    assert page.cause == "the decisions have no scores"
    assert page.calibration_cause == "what really happened was not observed"
    assert page.chart is None
    assert page.panels == page.tables == page.rows == ()
    assert group_scores.title(page) == "Scores by group were not measured"


def test_bins_apart_are_counted_and_named() -> None:
    """Of four bins one lies apart: 0.40 was promised and 20 % came."""
    body = {
        "outcome": "adverse",
        "by_group": {
            "sex": {
                "male": bins((0.1, 0.12), (0.3, 0.31)),
                "female": bins((0.1, 0.08), (0.4, 0.2)),
                "x": {"cause": "fewer than 30 have an outcome"},
            }
        },
    }
    page = told(calibration_by_group=body)
    assert page.finding == (
        "In 1 of 4 bins scores and outcomes lie apart; chance alone makes about one in twenty"
    )
    assert page.calibration_meaning == "Women have most: in 1 bin scores promise more than came, in 0 fewer."
    assert [who for who, _ in page.panels] == ["Men", "Women"]
    (table,) = page.tables
    assert table.columns == ("male, n = 200", "female, n = 200")
    assert table.rows[1] == (
        "2",
        (("0.300 · 31.0% (26.0–36.0)", False), ("0.400 · 20.0% (15.0–25.0)", True)),
    )


def test_scores_that_are_no_probabilities_promise_nothing() -> None:
    """Points of 300 to 850 are not held against a share."""
    body = {"outcome": "favourable", "by_group": {"sex": {"male": bins((640.0, 0.8))}}}
    page = told(calibration_by_group=body)
    assert page.panels == ()
    assert page.calibration_cause.startswith("scores here are no probabilities")
    assert page.finding == page.meaning.rstrip(".")
    assert page.finding.startswith("The lowest median score is that of ")


def test_small_groups_have_their_count_alone() -> None:
    """Twelve people of unknown marital status have no quantile."""
    row = next(row for row in told().rows if row.label == "unknown")
    assert row.tone == "few"
    assert row.cells == ("12", *["too few"] * 6)


def test_thousands_of_groups_stay_a_page() -> None:
    """Rows and panels are bounded, and what is left out is said."""
    row = {"attribute": "sex", "n": 100, "mean": 0.2}
    quantiles = [{"share": s, "value": s, "low": s, "high": s} for s in (0.1, 0.25, 0.5, 0.75, 0.9)]
    rows = [{**row, "group": f"g{i:04}", "quantiles": quantiles} for i in range(2000)]
    by_group = {"sex": {f"g{i:04}": bins((0.1, 0.1)) for i in range(2000)}}
    page = told(
        score_quantiles={"rows": rows}, calibration_by_group={"by_group": by_group, "outcome": "adverse"}
    )
    assert sum(not one.head for one in page.rows) == group_scores.MOST_GROUPS
    assert page.more == "1,960 more groups in results.json."
    assert len(page.panels) == group_scores.MOST_PANELS
    assert "of 2,000 bins" in page.finding
