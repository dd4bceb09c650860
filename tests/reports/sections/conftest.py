"""Golden sections: each is drawn from the told audit and compared with the accepted text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.html import environment
from reports.report import Section, sections
from reports.report_kind import FAIR_LENDING, LL144
from tests.worlds.told import AUDIT, ToldLedger
from tests.worlds.told_hiring import hiring
from tests.worlds.told_images import ToldImages

GOLDEN = Path(__file__).resolve().parents[2] / "golden"

# Coordinates are geometry of the charts, which their own tests hold.
_DRAWING = re.compile(r"<svg.*?</svg>", re.DOTALL)
_PIXELS = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")


def _plain(html: str) -> str:
    def title_only(match: re.Match[str]) -> str:
        title = re.search(r"<title>.*?</title>", match[0])
        return f"<svg>{title[0] if title else ''}</svg>"

    lines = (line.strip() for line in _PIXELS.sub("…", _DRAWING.sub(title_only, html)).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def _sections(name: str) -> tuple[Section, ...]:
    """Return the sections of the kind of report that the named one is part of."""
    if name == "ll144":
        return sections(hiring(), AUDIT, LL144)
    if name.startswith("lending_"):
        return sections(ToldLedger(), AUDIT, FAIR_LENDING)
    return sections(ToldImages() if name.startswith("image_") else ToldLedger(), AUDIT)


@pytest.fixture
def golden() -> Callable[[str], None]:
    """Compare a section with its golden; a difference is written to `tests/golden/actual/`."""

    def compare(name: str) -> None:
        told = _sections(name)
        (section,) = [s for s in told if s.name == name]
        template = environment().get_template(f"sections/{name}.html")
        actual = f"<!-- {section.title} -->\n" + _plain(
            template.render(data=section.data, sections=told, medium="html")
        )
        accepted = GOLDEN / "sections" / f"{name}.html"
        if not accepted.exists() or accepted.read_text(encoding="utf-8") != actual:
            kept = GOLDEN / "actual" / "sections" / f"{name}.html"
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(actual, encoding="utf-8")
            pytest.fail(f"{name} differs from its golden: read {kept}, then `make accept`")

    return compare
