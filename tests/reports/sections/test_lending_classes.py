"""Protected classes of a fair-lending report, and where their values come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.sections import lending_classes
from tests.worlds.told import AUDIT, ToldLedger


def test_lending_classes_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("lending_classes")


def test_a_class_that_nobody_knows_is_said_to_be_unmeasured() -> None:
    """Religion and disability stand there, not measured; sex is known by its own name."""
    page = lending_classes.query(ToldLedger(), AUDIT)
    known = {row.title: row.known for row in page.classes}
    assert known["Sex"] == "Sex"
    assert known["Religion"].startswith("Not measured")
    assert known["Disability"].startswith("Not measured")
    assert known["Race and colour"] == "Estimated groups"


def test_coverage_and_the_unknown_are_counted() -> None:
    """Twelve people of unknown marital status are no group of it."""
    (row,) = [r for r in lending_classes.query(ToldLedger(), AUDIT).sources if r.label == "Marital status"]
    assert (row.known, row.unknown, row.groups) == ("4,988 of 5,000 (>\u00a099%)", "12", "3")
    assert row.smallest == "others, n = 54"


def test_without_estimates_the_cause_is_told() -> None:
    """Nobody takes race for looked at where no name and address were asked for."""
    told = ToldLedger()
    del told.the_figures["estimated_groups"]
    page = lending_classes.query(told, AUDIT)
    assert page.estimated.startswith("Not measured: groups were not estimated")
    assert {r.title: r.known for r in page.classes}["Race and colour"].startswith("Not measured")


def test_an_attribute_of_no_act_is_named_apart() -> None:
    """What a state or a house protects is compared, and is no class of the two acts by name."""
    told = ToldLedger()
    body = dict(told.the_figures["data"].body)
    more = {**body["protected"][0], "attribute": "veteran_status"}
    told.the_figures["data"] = replace(
        told.the_figures["data"], body={**body, "protected": [*body["protected"], more]}
    )
    assert lending_classes.query(told, AUDIT).others.startswith("Veteran status is compared too")
