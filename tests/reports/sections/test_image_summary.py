"""Page 1 of an audit of pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audit.record import Figure
from reports.sections import image_summary
from tests.worlds.told import AUDIT
from tests.worlds.told_images import ToldImages


def test_image_summary_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("image_summary")


def test_the_verdict_is_what_was_recognised() -> None:
    """The sentence has count, share and interval; the lead names the class that fares worst."""
    page = image_summary.query(ToldImages(), AUDIT)
    assert page.verdict == (
        "The model names 174 of 212 pictures as they are labelled: 82.1% (95% interval 76.3–86.7%)."
    )
    assert page.lead.startswith("Least often recognised: “dog”, 75.0% (64.5–83.2%), n = 80.")


def test_a_method_is_held_to_lot_by_its_gain() -> None:
    """What spans 0 cannot be told; what lies above it can."""
    page = image_summary.query(ToldImages(), AUDIT)
    assert [(row.name, row.against) for row in page.methods] == [
        ("XRAI", "more than by lot"),
        ("Integrated gradients", "cannot be told from lot"),
    ]


def test_what_is_not_known_is_told() -> None:
    """A method without a measure, a method no better than lot, and a small class each have a row."""
    asked = [row.question for row in image_summary.query(ToldImages(), AUDIT).unknowns]
    assert asked == [
        "What does Grad-CAM say?",
        "Do integrated gradients find more than pixels by lot?",
        "How often is “owl” recognised?",
    ]


def test_without_any_method_the_page_says_so() -> None:
    """The question stays open, with its cause, and no table is drawn."""
    told = ToldImages()
    cause = {"cause": "no method could be used on this model"}
    told.the_figures["image_curves"] = replace(told.the_figures["image_curves"], body=cause)
    told.the_figures["image_completeness"] = Figure("image_completeness", "model_risk", cause)
    page = image_summary.query(told, AUDIT)
    assert page.methods == ()
    assert page.unknowns[0].question == "Where does the model look?"
    assert page.unknowns[0].why == "No method could be used on this model."
    assert [key.label for key in page.keys] == ["Pictures", "Recognised"]
