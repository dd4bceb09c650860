"""The four parallel trees hold the same names, so that a word leads to query, template, golden and test."""

from __future__ import annotations

from pathlib import Path

from audit import assets
from reports.sections import LENDING, LOCAL_LAW_144, NAMES, OF_IMAGES

TESTS = Path(__file__).resolve().parents[1]
SECTIONS = TESTS.parent / "reports" / "sections"


def test_the_four_trees_have_equal_names() -> None:
    """Query, template, golden and test of a section share its name."""
    queries = {path.stem for path in SECTIONS.glob("*.py")} - {"__init__"}
    templates = {path.stem for path in (assets.templates() / "sections").glob("*.html")}
    goldens = {path.stem for path in (TESTS / "golden" / "sections").glob("*.html")}
    tests = {path.stem.removeprefix("test_") for path in (TESTS / "reports" / "sections").glob("test_*.py")}
    assert queries == templates == goldens == tests == {*NAMES, *OF_IMAGES, *LENDING, *LOCAL_LAW_144}


def test_every_template_that_is_named_exists() -> None:
    """The report's template digest covers files that are there."""
    from reports.report import TEMPLATES

    assert [name for name in TEMPLATES if not (assets.templates() / name).exists()] == []
