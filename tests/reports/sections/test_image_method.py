"""Model, method and limits of an audit of pictures."""

from __future__ import annotations

from collections.abc import Callable

from reports.sections import image_method
from tests.worlds.told import AUDIT
from tests.worlds.told_images import ToldImages


def test_image_method_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("image_method")


def test_settings_and_causes_stand_beside_each_method() -> None:
    """Steps and baseline are printed; what could not be used says why."""
    page = image_method.query(ToldImages(), AUDIT)
    assert [row.settings for row in page.methods[:2]] == ["steps 100", "baseline 0.0, steps 200"]
    assert page.methods[2].settings.startswith("not measured: ")
    assert dict(page.model)["Walls around it"] == "Bubblewrap, Landlock 7, seccomp"
    assert page.finding == "40 of 212 pictures were explained, by XRAI, integrated gradients and Grad-CAM"
