"""The environment: nothing that was put in as text comes out as markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from reports import html
from reports.html import environment, prose, template_digest, words

GOLDEN = Path(__file__).parents[1] / "golden"


def test_text_is_escaped_everywhere() -> None:
    """Autoescape is on, also inside our own filter for running text."""
    template = environment().from_string("{{ name }} {{ name|prose }}")
    assert template.render(name="<script>1–2</script>").count("<script>") == 0
    assert "&lt;script&gt;" in prose("<script>")


def test_an_undefined_name_is_an_error() -> None:
    """A missing field never becomes a blank."""
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_intervals_and_citations_do_not_break() -> None:
    """What a line must not break is kept together; names to type are set as such."""
    assert '<span class="nw">0.83–0.97</span>' in prose("ratio 0.90 (0.83–0.97)")
    assert '<span class="nw">12 CFR 1002.9(b)(2)</span>' in prose("12 CFR 1002.9(b)(2).")
    assert '<span class="nw">9(b)(2)-4</span>' in prose("comment 9(b)(2)-4")
    assert "<code>sources</code>" in prose("Complete `sources`.")


def test_words_are_what_a_person_reads() -> None:
    """Scripts, styles and drawings have no words; blocks stand on lines of their own."""
    page = "<style>a</style><h1>One</h1><p>two <b>three</b><svg><text>no</text></svg></p><script>x</script>"
    assert words(page) == "One\ntwo three"


def test_a_template_digest_knows_names_and_bytes() -> None:
    """The digest covers each file once, however it was named."""
    assert template_digest(["sections"]) == template_digest(["sections", "sections/summary.html"])
    assert template_digest(["sections"]) != template_digest(["charts"])
    assert len(template_digest(["base.html"])) == 64


@pytest.mark.parametrize("page", sorted(GOLDEN.glob("letters/*.html")), ids=lambda path: path.stem)
def test_a_plain_page_is_read_as_the_parser_reads_it(page: Path) -> None:
    """Letters are read by their tags alone, with the words that Python's parser finds in them."""
    text = re.sub(r"(?s)<style>.*?</style>", "", page.read_text(encoding="utf-8"))
    parser = html._Words()
    parser.feed(text)
    parser.close()
    plain = html._Plain()
    plain.feed(text)
    assert plain.parts == parser.parts


@pytest.mark.parametrize("odd", ['<p title="a>b">x</p>', "<!-- <p>no</p> -->", "a < b", "<script>x</script>"])
def test_another_page_is_left_to_the_parser(odd: str) -> None:
    """What tags alone do not tell is not read by them."""
    with pytest.raises(html._NotPlain):
        html._Plain().feed(odd)
