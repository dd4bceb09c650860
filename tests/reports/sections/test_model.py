"""The model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.sections import model
from tests.worlds.told import AUDIT, ToldLedger


def test_model_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("model")


def test_a_protected_input_is_the_title() -> None:
    """Nothing about a model matters more than that it reads a protected attribute."""
    told = ToldLedger()
    body = {**told.the_figures["model"].body, "protected_inputs": [{"column": "sex_f", "attribute": "sex"}]}
    told.the_figures["model"] = replace(told.the_figures["model"], body=body)
    assert model.query(told, AUDIT).finding == "The model reads a protected attribute: sex_f (sex)"


def test_unapproved_statements_are_counted_and_marked() -> None:
    """A letter that needs an unapproved statement is a draft, and the page says so."""
    page = model.query(ToldLedger(), AUDIT)
    assert [f.code for f in page.factors if f.approved == "not approved"] == ["L2"]
    assert page.meaning.startswith("1 of 8 statements is not approved")


def test_inputs_without_factor_are_named() -> None:
    """No reason can name an input that belongs to no factor."""
    assert model.query(ToldLedger(), AUDIT).unnamed == "status_latest and region"
