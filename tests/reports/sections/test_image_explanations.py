"""Where the model looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audit.record import Figure
from reports.sections import image_explanations
from tests.worlds.told import AUDIT
from tests.worlds.told_images import ToldImages


def test_image_explanations_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("image_explanations")


def test_curves_come_by_area_and_maps_as_they_were_asked_for() -> None:
    """The best method is first; beside XRAI's map stand its first regions; wrong pictures are marked."""
    page = image_explanations.query(ToldImages(), AUDIT)
    assert page.finding == "By XRAI, half of the score is back at 10% of pixels"
    assert [panel.name for panel in page.panels] == ["XRAI", "Integrated gradients"]
    assert page.panels[1].meaning.endswith("not to be told from pixels by lot.")
    assert page.heads == ("Picture", "XRAI", "First 20% by XRAI", "Integrated gradients")
    assert [(row.place, row.predicted, row.right) for row in page.pictures] == [
        ("No. 3", "read as cat (0.80)", False),
        ("No. 10", "read as dog (0.90)", True),
    ]


def test_what_was_not_measured_has_its_cause() -> None:
    """A method that cannot be used, pictures that may not be shown, sums that were not asked for."""
    told = ToldImages()
    for name, cause in (
        ("image_pictures", "the config shows no picture (explain.shown is 0)"),
        ("image_agreement", "fewer than two methods were measured"),
        ("image_completeness", "integrated_gradients was not asked for"),
    ):
        told.the_figures[name] = Figure(name, "model_risk", {"cause": cause})
    page = image_explanations.query(told, AUDIT)
    assert page.absent == (("Grad-CAM", "It has no convolution to look at. Leave out grad_cam."),)
    assert page.pictures == ()
    assert page.pictures_cause == "the config shows no picture (explain.shown is 0)"
    assert page.pairs_meaning == "Agreement was not measured: fewer than two methods were measured."
    assert page.complete.endswith("was not measured: integrated_gradients was not asked for.")


def test_maps_without_an_order_have_no_correlation() -> None:
    """A pair of flat maps is told as such."""
    told = ToldImages()
    pair = {"one": "xrai", "other": "grad_cam", "n": 0, "value": None, "low": None, "high": None}
    body = {"pairs": [pair, *told.the_figures["image_agreement"].body["pairs"]]}
    told.the_figures["image_agreement"] = replace(told.the_figures["image_agreement"], body=body)
    page = image_explanations.query(told, AUDIT)
    assert page.pairs[-1] == ("XRAI and Grad-CAM", "no order to compare", "–")
    assert page.pairs_meaning.startswith("XRAI and integrated gradients agree most (+0.41).")
