"""Fairness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports import ratios
from reports.sealed import read
from reports.sections import fairness
from tests.worlds.told import AUDIT, ToldLedger


def test_fairness_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("fairness")


def test_the_title_is_the_largest_gap_beyond_chance() -> None:
    """Small groups and gaps that chance explains never make the title."""
    told = ToldLedger()
    assert fairness.title(fairness.query(told, AUDIT)) == (
        "Men aged\u00a018–24 are approved 0.83 times as often as men aged\u00a040–61"
    )
    calm = tuple(
        replace(d, low=0.9, high=1.1) if d.metric == "adverse_impact_ratio" else d
        for d in told.the_disparities
    )
    quiet = fairness.query(ToldLedger(the_disparities=calm), AUDIT)
    assert fairness.title(quiet) == "No gap in approval rates is more than chance"


def test_no_group_disappears() -> None:
    """Every group has a row in the forest and in the table, however small."""
    page = fairness.query(ToldLedger(), AUDIT)
    groups = {row.label for row in page.rows if not row.head}
    assert {"unknown", "male, 62+", "female, 62+", "62+"} <= groups
    assert page.forest is not None
    drawn = [row.ratio.label for row in page.forest.rows if row.ratio.state not in ("head",)]
    assert len(drawn) == sum(not row.head for row in page.rows)


def test_errors_of_few_people_are_counts_alone() -> None:
    """Under the minimum size no percentage of errors is printed, only the number of people."""
    told = ToldLedger()
    metric = "false_positive_rate"
    few = replace(
        next(r for r in told.the_rates if (r.metric, r.attribute) == (metric, "age")), n=29, value=0.1034
    )
    told.the_rates = (
        *(r for r in told.the_rates if (r.metric, r.attribute, r.group) != (metric, "age", few.group)),
        few,
    )
    page = fairness.query(told, AUDIT)
    assert page.error_columns[0] == "Refused, of those that turned out well"
    shown = [row for row in page.error_rows if "too few, n = 29" in row.cells]
    assert [row.tone for row in shown] == ["few"]
    assert not any("10.3%" in cell for cell in shown[0].cells)
    at_least = replace(few, n=30)
    told.the_rates = (*told.the_rates[:-1], at_least)
    assert any("10.3% of 30" in row.cells for row in fairness.query(told, AUDIT).error_rows)


def test_the_finding_decides_how_a_ratio_is_drawn() -> None:
    """Mark in the table and dot in the forest come from the same sealed finding."""
    sealed = read(ToldLedger(), AUDIT)
    states = ratios.states(sealed)
    assert states["sex x age", "male x 18-24"] == "span"
    assert states["marital_status", "unknown"] == "few"
    assert states["age", "18-24"] == "dot"
    told = ToldLedger()
    told.the_findings = tuple(
        replace(f, outcome="not_met") if (f.measure, f.group) == ("adverse_impact_ratio", "18-24") else f
        for f in told.the_findings
    )
    assert ratios.states(read(told, AUDIT))["age", "18-24"] == "below"
    row = next(r for r in fairness.query(told, AUDIT).rows if r.label == "18–24")
    assert row.mark is not None
    assert row.mark.word == "Below the line"


def test_without_a_screen_no_line_is_drawn() -> None:
    """A line that no policy asks for is not on the page."""
    told = ToldLedger()
    told.the_requirements = tuple(r for r in told.the_requirements if r.kind != "convention")
    told.the_findings = tuple(f for f in told.the_findings if f.kind != "convention")
    page = fairness.query(told, AUDIT)
    assert page.screen == ""
    assert page.forest is not None
    assert page.forest.line is None


def test_the_darkest_cell_and_its_n_are_told() -> None:
    """A crossed table says where approval is least, and of how many."""
    (cross,) = fairness.query(ToldLedger(), AUDIT).crossed
    assert cross.meaning == "Men aged\u00a018–24 are approved least often: 61.5%, and there are 117 of them."
    cells = dict(cross.rows)
    assert cells["male"][0].step == 5
    assert (cells["male"][3].value, cells["male"][3].step) == ("too few", 0)


def test_only_what_outlasts_all_tests_is_marked() -> None:
    """A value is bold where Holm's p-value is below 0.05, and the sentence counts the tests."""
    page = fairness.query(ToldLedger(), AUDIT)
    marked = {
        row.label for table in page.compared for row in table.rows if any(sure for _, sure in row.cells)
    }
    assert marked == {"18–24"}
    assert page.tests == (
        "14 approval ratios were tested. Alone, one is more than chance at 5%; with all tests counted in "
        "(Holm), one. Of these, none lies below the screening line."
    )


def test_small_groups_and_failed_regressions_say_so() -> None:
    """Twelve people have no numbers in any table, and a separation is told once under its table."""
    page = fairness.query(ToldLedger(), AUDIT)
    few = [row for table in page.compared for row in table.rows if row.tone == "few"]
    assert few
    for row in few:
        assert all(text in ("too few, n = 12", "not measured", "7.1") for text, _ in row.cells)
    (pay,) = [table for table in page.compared if table.heading == "What the approved pay"]
    assert pay.causes == ("perfect separation: control 'region' decides without exception",)


def test_an_older_ledger_has_no_further_tables() -> None:
    """Where only ratios, gaps and rates were sealed, the section is as it was."""
    told = ToldLedger()
    told.the_disparities = tuple(d for d in told.the_disparities if d.metric in OLDER)
    for name in ("definitions", "families", "classical", "ll144"):
        told.the_figures.pop(name)
    page = fairness.query(told, AUDIT)
    assert (page.compared, page.tests, page.law_rows, page.definitions) == ((), "", (), ())
    assert page.rows


OLDER = ("adverse_impact_ratio", "standardized_mean_difference", "marginal_effect")


def test_the_law_has_no_line_and_counts_the_unknown() -> None:
    """A category left out has its count and rate; who is unknown is told; nothing passes."""
    page = fairness.query(ToldLedger(), AUDIT)
    assert [(row.label, row.ratio) for row in page.law_rows if not row.head] == [
        ("Male", "0.957"),
        ("Female", "1.000"),
        ("Other", "left out, under 2%"),
    ]
    assert page.law_note.startswith("212 of 5,000 people assessed are not in these tables")
    assert "set no line" in page.law_note
