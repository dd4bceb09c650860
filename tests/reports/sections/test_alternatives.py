"""Alternatives."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from reports.sections import alternatives
from tests.reports.sections.test_gap import told
from tests.worlds.told import AUDIT, ToldLedger


def changed(change: Callable[[dict[str, Any]], None]) -> alternatives.Alternatives:
    """Return the page of other candidates."""
    body = deepcopy(dict(ToldLedger().the_figures["alternatives"].body))
    change(body)
    page = alternatives.query(told(alternatives=body), AUDIT)
    assert page is not None
    return page


def test_alternatives_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("alternatives")


def test_the_title_is_a_sure_gain_without_a_sure_loss() -> None:
    """Holding the credit limit gains for ages 18 to 24 and loses no accuracy beyond chance."""
    page = alternatives.query(ToldLedger(), AUDIT)
    assert page is not None
    title = "Ages\u00a018–24: a ratio of 0.91 in place of 0.86 at no loss beyond chance"
    assert alternatives.title(page) == title
    assert "(credit limit held)" in page.more


def test_what_another_group_loses_is_no_gain() -> None:
    """A candidate that puts another group behind beyond chance never makes the title."""

    def behind(body: dict[str, Any]) -> None:
        for one in body["candidates"][1:]:
            (of,) = one["attributes"]
            of["groups"].append({**of["worst"], "group": "62+", "value": 0.96, "change_high": 0.97})

    assert "None of 4 other models" in alternatives.title(changed(behind))


def test_without_outcomes_no_cost_is_claimed() -> None:
    """Where accuracy is not measured the title says so and no frontier is drawn."""

    def blind(body: dict[str, Any]) -> None:
        body["cause"] = "no column says what happened later"
        for one in body["candidates"]:
            one.update(auc=None, right=None)
            one["attributes"][0]["frontier"] = None

    page = changed(blind)
    assert page.finding == "4 other models were tried, and what they cost is not known"
    assert page.frontiers[0].chart is None
    assert page.rows[1].auc == "–"


def test_the_cutoff_in_use_stands_among_the_others() -> None:
    """The table of cutoffs holds the one in use, marked."""
    page = alternatives.query(ToldLedger(), AUDIT)
    assert page is not None
    assert page.cutoffs is not None
    assert [row.cutoff for row in page.cutoffs.rows if row.tone] == ["0.30"]
    assert len(page.cutoffs.rows) <= 12


def test_what_was_not_asked_for_has_no_section() -> None:
    """Without candidates there is no page; with a cause it is told."""
    assert alternatives.query(told(alternatives=None), AUDIT) is None
    page = alternatives.query(told(alternatives={"cause": "no model was opened"}), AUDIT)
    assert page is not None
    assert (page.cause, page.finding) == ("no model was opened", "No other model was tried")
    assert page.rows == ()
