"""What is recognised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.sections import image_accuracy
from tests.worlds.told import AUDIT
from tests.worlds.told_images import ToldImages


def test_image_accuracy_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("image_accuracy")


def test_a_small_class_is_shown_and_not_judged() -> None:
    """The heading speaks of classes with enough pictures; a small one is muted."""
    page = image_accuracy.query(ToldImages(), AUDIT)
    assert page.finding == "“dog” is recognised least often, in 75.0% of pictures"
    assert [row.few for row in page.rows] == [False, False, True]
    assert [row.right for row in page.rows] == ["108", "60", "6"]


def test_a_class_without_pictures_has_no_share() -> None:
    """It stands in the table, and in no chart."""
    told = ToldImages()
    body = dict(told.the_figures["image_accuracy"].body)
    empty = {"class": "bat", "n": 0, "value": None, "low": None, "high": None}
    body["classes"] = [*body["classes"], empty]
    told.the_figures["image_accuracy"] = replace(told.the_figures["image_accuracy"], body=body)
    page = image_accuracy.query(told, AUDIT)
    assert page.rows[-1].share == "no picture"
    assert page.chart is not None
    assert len(page.chart.bars) == 3
