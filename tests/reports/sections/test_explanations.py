"""Explanations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audit.record import Figure
from reports.sections import explanations
from tests.worlds.told import AUDIT, ToldLedger


def test_explanations_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("explanations")


def test_an_effect_says_whether_it_goes_one_way() -> None:
    """Only a monotone effect allows words such as too high; the page says where it does not."""
    told = ToldLedger()
    body = told.the_figures["effects"].body
    bent = [{**b, "mean": abs(b["low"] - 3) / 10} for b in body["factors"][0]["bins"]]
    factors = [{**body["factors"][0], "bins": bent}, *body["factors"][1:]]
    told.the_figures["effects"] = replace(told.the_figures["effects"], body={"factors": factors})
    first, second, *_ = explanations.query(told, AUDIT).effects
    assert "does not push one way throughout" in first.meaning
    assert second.meaning.startswith("The higher “Payment history in the five months before”")


def test_a_method_that_failed_says_why() -> None:
    """A cross-check without result keeps its row and its cause."""
    told = ToldLedger()
    absent = {
        "method": "lime",
        "top4_overlap": None,
        "same_top1": None,
        "rank_correlation": None,
        "max_difference": None,
        "cause": "the library is not installed",
    }
    told.the_figures["agreement"] = Figure("agreement", "model_risk", {"n": 60, "with": [absent]})
    page = explanations.query(told, AUDIT)
    assert [(row.method, row.used_for) for row in page.agreement] == [
        ("Shapley values", "the reasons in letters"),
        ("LIME", "not measured: the library is not installed"),
    ]
    assert page.agreement_meaning == ""


def test_a_method_that_played_another_game_says_so() -> None:
    """What a cross-check compared stands beside its figures, and nothing where it was the same."""
    told = ToldLedger()
    row = {
        "method": "shap",
        "n": 60,
        "top4_overlap": 0.93,
        "same_top1": 0.9,
        "rank_correlation": 0.9,
        "max_difference": 0.02,
        "cause": None,
    }
    how = "DeepExplainer: columns, added up for each factor"
    both = [row | {"how": how}, row | {"method": "smoothgrad"}]
    told.the_figures["agreement"] = Figure("agreement", "model_risk", {"n": 60, "with": both})
    _, shap, smoothgrad = explanations.query(told, AUDIT).agreement
    assert shap.used_for == f"cross-check, 60 decisions; {how}"
    assert (smoothgrad.method, smoothgrad.used_for) == ("SmoothGrad", "cross-check, 60 decisions")


def test_nothing_attributed_is_said() -> None:
    """Without attributions the section gives its cause, not an empty page."""
    told = ToldLedger()
    told.the_figures["importance"] = Figure("importance", "model_risk", {"cause": "no model was given"})
    page = explanations.query(told, AUDIT)
    assert (page.finding, page.cause) == ("No decision was explained", "no model was given")


def test_what_the_dots_show_is_said_of_the_dots() -> None:
    """At most 120 dots a factor are drawn, so their ends are not called the furthest of all decisions."""
    told = explanations.query(ToldLedger(), AUDIT)
    assert told.swarm_meaning.startswith("Of these dots, ")
