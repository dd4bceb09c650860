"""What keeps a house's letters from being stamped is told by its line, and is so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit import assets
from reports.compiled.press import Press
from reports.compiled.rules import slow_places
from reports.house import slow_templates
from reports.html import environment

STYLES = ("style/letter-fonts.css", "style/letter.css")
PAGE = '<!doctype html><html lang="en"><head><title>T</title></head><body><main>\n{}\n</main></body></html>'
SLOW = [
    ("<p>To {{ name }}, <b>again</b></p>", "2: p: a value shares its line with another element"),
    ("<p>{{ name }}<br>here</p>", "2: p: a value shares its line with another element"),
    ("<p>To <b>{{ name }}</b></p>", "2: b: a value stands in a part of a line"),
    ("<h2>{{ name }}</h2>", "2: h2: a value stands in a heading"),
    ('<p style="text-align: justify">{{ name }}</p>', "2: p: the text is justified"),
    ('<p style="text-align: right">{{ name }}</p>', "2: p: the text does not begin at the left"),
    ('<p title="{{ name }}">x</p>', "2: p: a value stands in the attribute title"),
    ('<div style="width: {{ name|length }}mm">x</div>', "2: div: a value stands in the attribute style"),
    (
        '<div style="display: flex"><p>{{ name }}</p><p>beside</p></div>',
        "2: div: what stands beside a value moves with it",
    ),
    (
        '<table style="table-layout: auto"><tbody><tr><td>{{ name }}</td><td>x</td></tr></tbody></table>',
        "2: table: columns have no fixed width",
    ),
    ("<table><tr><td>{{ name }}</td></tr></table>", "2: tr: a row stands in a table without tbody"),
    ('<p>{{ name }}</p>\n<svg width="9"><title>x</title></svg>', "3: svg: a drawing stands in the page"),
]
QUICK = [
    "<p>{{ name }}</p>",
    "<p>To {{ name }}, again</p>",
    "<h2>{{ words.report }}</h2><p>{{ name }}</p>",
    '<div class="tick" style="margin-left: {{ "%.2f"|format(share) }}%"></div><p>{{ name }}</p>',
    '<p{% if name == "nobody" %} lang="de"{% endif %}>{{ name }}</p>',
    "<table><tbody>{% for one in (name, name) %}<tr><td>{{ one }}</td></tr>{% endfor %}</tbody></table>",
    '{# a code #}\n<p>{{ name }}</p>{{ qr(name[:4], "x") }}',
    "<p>{{ name }}{% if not name %} <b>none</b>{% endif %}</p>",
]
NAMES = ("Jo Li", "Maximiliane", "Anna Example")


def told(source: str) -> list[str]:
    """Return what is said of a page, without the file."""
    return [
        str(one).removeprefix("body.html:") for one in slow_places(Path("body.html"), PAGE.format(source))
    ]


def compiled(source: str) -> tuple[int, int]:
    """Return how many of three letters were stamped, and how many pages were compiled for them."""
    press = Press()
    page = environment().from_string(PAGE.format(source))
    for share, name in enumerate(NAMES):
        facts: dict[str, Any] = {"name": name, "share": float(share), "words": {"report": "A report"}}
        press.print(page.render(facts), STYLES, b"0" * 16)
    return press.stamped, press.compiled


@pytest.mark.parametrize(("source", "said"), SLOW, ids=[said[3:] for _, said in SLOW])
def test_what_is_told_is_rendered_or_compiled_for_each_letter(source: str, said: str) -> None:
    """Each place has its line and a way out, and there the press compiles no page for all."""
    (place,) = told(source)
    assert place.startswith(said)
    assert place.count(". ") == 1
    stamped, pages = compiled(source)
    assert stamped == 0 or pages == len(NAMES)


@pytest.mark.parametrize("source", QUICK)
def test_what_is_not_told_is_compiled_once(source: str) -> None:
    """Nothing is said of a template whose letters are all stamped from one page."""
    assert told(source) == []
    assert compiled(source) == (len(NAMES), 1)


def test_an_element_that_is_not_closed_is_told() -> None:
    """HTML closes it, and the page cannot be taken apart into tags and texts."""
    assert [one.partition(". ")[0] for one in told("<p>one\n<p>two</p>")] == [
        "2: p: the element is not closed"
    ]
    assert [one.partition(": ")[0] for one in told("<table><tbody><tr><td>x</tr></tbody></table>")] == ["2"]


def test_nothing_is_said_of_our_own_templates(tmp_path: Path) -> None:
    """They keep the rules, so a house that extends them is told of its own lines alone."""
    ours = assets.templates() / "letters"
    assert len(list(ours.rglob("*.html"))) > 10
    assert slow_templates(ours) == ()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "broken.html").write_bytes(b"\xff")
    (tmp_path / "letters" / "letter.html").write_text("{% block sender %}\n<h1>{{ notice.number }}</h1>")
    (place,) = slow_templates(tmp_path)
    assert place.startswith(f"{tmp_path}/letters/letter.html:2: h1: ")
