"""Behaviour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from audit.record import Figure
from reports.report import sections
from reports.sections import behaviour
from reports.sections.behaviour import METHODS, Behaviour
from tests.worlds.told import AUDIT, ToldLedger


def told_with(**bodies: dict[str, Any] | None) -> ToldLedger:
    """Return the told audit with other bodies of some figures; None takes one away."""
    told = ToldLedger()
    for name, body in bodies.items():
        if body is None:
            del told.the_figures[name]
        else:
            told.the_figures[name] = Figure(name, "model_risk", body)
    return told


def page(told: ToldLedger) -> Behaviour:
    """Return what the section says."""
    found = behaviour.query(told, AUDIT)
    assert found is not None
    return found


def test_behaviour_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("behaviour")


def test_an_audit_that_asked_for_none_has_no_such_section() -> None:
    """Nothing is promised and nothing is missing; the numbers of the others close up."""
    told = told_with(**dict.fromkeys(METHODS))
    assert behaviour.query(told, AUDIT) is None
    found = sections(told, AUDIT)
    assert "behaviour" not in [section.name for section in found]
    assert [section.number for section in found if section.number] == [str(n) for n in range(1, 17)]


def test_without_outcomes_the_finding_is_how_far_scores_move() -> None:
    """No AUC: the words, the bars and the columns are those of the scores alone."""
    told = ToldLedger()
    body = dict(told.the_figures["permutation_importance"].body)
    cause = "what really happened was not observed"
    body["ordered_by"] = "moved"
    body["causes"] = {"auc": cause, "log_loss": cause}
    body["factors"] = [{**row, "auc": None, "log_loss": None} for row in body["factors"]]
    data = page(told_with(permutation_importance=body))
    assert data.finding == "Without “Payment status in the latest month” a score moves by 0.100 on average"
    assert data.importance is not None
    assert data.importance.columns == ("A score moves by", "Decisions that turn")
    assert data.importance.causes[0] == ("AUC lost", cause)


def test_where_lines_were_not_asked_the_mean_has_its_band() -> None:
    """With lines each curve starts at 0; without, it is the mean score beside the cutoff."""
    with_lines, without = page(ToldLedger()), page(told_with(ice=None))
    assert len(with_lines.curves[0].chart.lines) == 4
    assert with_lines.curves[0].chart.zero is not None
    assert with_lines.curves[0].chart.mark is None
    assert without.drawn_lines == ""
    assert without.curves[0].chart.lines == ()
    assert without.curves[0].chart.band
    assert without.curves[0].chart.mark is not None
    assert [part.label for part in without.curves] == [
        "Payment status in the latest month", "Credit limit already held", "Region",
    ]  # fmt: skip
    assert without.curves[2].chart.dots[0].low is not None


def test_a_curve_says_whether_it_goes_one_way() -> None:
    """Up, down, both, nowhere; a category names its ends."""
    told = ToldLedger()
    body = dict(told.the_figures["partial_dependence"].body)
    first, second, region = page(told_with(ice=None)).curves
    assert first.meaning == "The higher “status_latest”, the higher the score: from 0.120 to 0.610."
    assert second.meaning.startswith(
        "“Credit limit already held”" if not second.column else "“credit_limit” does"
    )
    assert region.meaning == "From 0.210 at “south” to 0.250 at “north”."
    falling = {**body["axes"][0], "mean": [0.5, 0.4, 0.3, 0.2, 0.1, 0.1]}
    flat = {**body["axes"][1], "mean": [0.2] * 4}
    down, level = page(told_with(ice=None, partial_dependence={**body, "axes": [falling, flat]})).curves
    assert down.meaning.startswith("The higher “status_latest”, the lower the score: from 0.500 to 0.100")
    assert level.meaning.endswith("moves no score.")


def test_what_was_not_measured_is_listed_with_its_cause() -> None:
    """A method as a whole, and single columns of another."""
    data = page(told_with(weights={"cause": "the model is no Keras network"}))
    assert data.network is None
    assert ("Weights of the network", "all", "the model is no Keras network") in data.not_measured
    assert [column for _, column, _ in data.not_measured] == ["months_used", "region", "all"]


def test_a_sum_has_no_pair_that_acts_together() -> None:
    """Every size is 0: the sentence says so, and a pair without effect has no share."""
    told = ToldLedger()
    body = dict(told.the_figures["interaction"].body)
    zero = {"size": 0.0, "low": 0.0, "high": 0.0, "share": None, "share_low": None, "share_high": None}
    data = page(told_with(interaction={**body, "pairs": [{**pair, **zero} for pair in body["pairs"]]}))
    assert data.pairs is not None
    assert data.pairs.meaning == "No two of these factors act together: what each does adds up."
    assert data.pairs.rows[0].share == "–"


def test_linear_networks_show_their_slopes() -> None:
    """The bar's text has the signed weight where all layers are linear."""
    told = ToldLedger()
    body = dict(told.the_figures["weights"].body)
    columns = [{**one, "signed": -0.25} for one in body["columns"]]
    data = page(told_with(weights={**body, "linear": True, "columns": columns}))
    assert data.network is not None
    assert data.network.paths.bars[0].size.text == "52% · −0.250"


def test_small_groups_print_no_number() -> None:
    """Where a group is too few the cell says so; groups stand in their natural order."""
    data = page(ToldLedger())
    assert data.importance is not None
    ages = data.importance.heats[1]
    assert [group for group, _ in ages.groups][-1] == "62+"
    assert ages.rows[0][1][-1].value == "too few"
    assert ages.rows[0][1][-1].step == 0
    assert "The darkest cell" in ages.meaning


def test_a_factor_that_was_not_measured_is_named_below() -> None:
    """It has no bar, and its cause stands under the table."""
    data = page(ToldLedger())
    assert data.importance is not None
    assert len(data.importance.rows) == 7
    assert data.importance.causes == (("Months with a balance", "all rows hold the same value"),)


def test_the_finding_falls_back_on_what_there_is() -> None:
    """Without importance the widest curve, else the first pair."""
    gone = dict.fromkeys(("permutation_importance", "permutation_importance_by_group"))
    assert page(told_with(**gone)).finding.startswith("“Payment status in the latest month” moves the mean")
    gone |= dict.fromkeys(("partial_dependence", "ice", "ale"))
    assert "acts together most" in page(told_with(**gone)).finding
    gone["interaction"] = None
    assert page(told_with(**gone)).finding == "How the model answers over many decisions"


def test_a_page_without_lines_or_groups_still_renders(golden: Callable[[str], None]) -> None:
    """Every part alone is a page."""
    from reports.html import environment

    template = environment().get_template("sections/behaviour.html")
    figures = ToldLedger().the_figures
    for kept in METHODS:
        told = ToldLedger()
        told.the_figures = {
            name: replace(figure) for name, figure in figures.items() if name == kept or name not in METHODS
        }
        for medium in ("html", "pdf"):
            text = template.render(data=behaviour.query(told, AUDIT), medium=medium)
            assert "<h3>" in text, kept
