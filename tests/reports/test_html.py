"""The environment: nothing that was put in as text comes out as markup."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from reports.html import environment, prose, template_digest, words


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
