"""A filled page is the page that the templates render, for every kind of letter and any person."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from reports import printing
from reports.compiled import blanks
from reports.compiled.blanks import Blank, Pages
from reports.letter import Letters
from tests.worlds.many_letters import KINDS, US, printed
from tests.worlds.noticed import TODAY, Remembered, a_config, a_recipient

MANY = 8


def asked_for(kind: str, lang: str, n: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return what the pages of n random letters are asked with."""
    given: list[tuple[Any, ...]] = []

    def noted(_: Pages, *facts: Any) -> printing.Page:
        given.append(facts)
        return printing.page(*facts)

    with monkeypatch.context() as patched:
        patched.setattr(Pages, "page", noted)
        for seed in range(1, n + 1):
            printed(kind, lang, seed, formats=("txt",))
    return given


@pytest.mark.parametrize(("kind", "lang"), KINDS)
def test_filled_and_rendered_pages_are_equal(kind: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTML, text, words, shape and facts are equal, whichever letters the blanks were made from."""
    letters = asked_for(kind, lang, MANY, monkeypatch)
    assert letters
    pages = Pages()
    for facts in (*letters, *reversed(letters), *letters):
        made, rendered = pages.page(*facts), printing.page(*facts)
        assert made == rendered
        told = made.still + "".join(made.told)
        assert Counter("".join(told.split())) == Counter("".join(made.text.split()))
    # Rendered, then proved, then filled; explaining letters are rendered each time.
    assert (pages.filled >= len(letters)) == (kind in US)
    assert (pages.filled > 0) == (kind in US)


def test_a_letter_comes_out_the_same_in_every_format_whatever_came_before() -> None:
    """The third letter of its like, whose blanks are filled, is the one that is rendered alone."""
    ledger = Remembered()
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    made = []
    for name in ("Jo Li", "Mary O’Connor", "Zoë & Sons <Ltd>"):
        letter = letters.render(ledger.decided, a_recipient(name=name), date=TODAY, formats=printing.FORMATS)
        made.append(letter)
    assert letters._pages.filled == 1
    alone = Letters(ledger, "latest")  # type: ignore[arg-type]
    one = a_recipient(name="Zoë & Sons <Ltd>")
    assert made[-1] == alone.render(ledger.decided, one, date=TODAY, formats=printing.FORMATS)


@pytest.mark.parametrize("name", ["Jo  Li", "Jo\u00a0Li", "Jo\u200bLi", "Jo \ue0001\ue001"])
def test_a_value_that_a_page_would_join_or_hide_is_rendered(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Odd blanks and signs that no eye sees are left to the templates."""
    kind, terms, sheet, *rest = asked_for("adverse_action", "en", 1, monkeypatch)[0]
    pages = Pages()
    for _ in range(3):
        pages.page(kind, terms, sheet, *rest)
    assert pages.filled == 1
    odd = blanks.replace(sheet, address=(name, *sheet.address[1:]))
    assert pages.page(kind, terms, odd, *rest) == printing.page(kind, terms, odd, *rest)
    assert pages.filled == 1


def test_a_value_that_a_template_breaks_over_lines_is_no_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the text wraps comes out otherwise than filled, so the like is never filled."""
    letters = asked_for("adverse_action", "en", 6, monkeypatch)
    told = [facts for facts in letters if facts[2].report]
    assert told
    monkeypatch.setitem(blanks._BLANK, blanks.Disclosure, frozenset({"report"}))
    monkeypatch.setattr(blanks, "_plans", {})
    pages = Pages()
    for facts in told * 3:
        assert pages.page(*facts) == printing.page(*facts)
    assert pages.filled == 0
    assert set(pages._likes.values()) == {None}


def test_templates_of_the_house_are_rendered_for_each_letter(tmp_path: Any) -> None:
    """Nobody knows what they do with a value."""
    folder = tmp_path / "house" / "letters" / "adverse_action"
    folder.mkdir(parents=True)
    block = '{% extends "plainspoken/letters/adverse_action/body.html" %}'
    (folder / "body.html").write_text(block)
    ledger = Remembered(config=a_config() | {"letters": {"templates": "house"}})
    letters = Letters(ledger, "latest", tmp_path)  # type: ignore[arg-type]
    for _ in range(3):
        assert isinstance(letters.render(ledger.decided, a_recipient(), date=TODAY, formats=("txt",)), tuple)
    assert letters._pages.filled == 0


@pytest.mark.parametrize(
    "look",
    [
        len,
        hash,
        iter,
        repr,
        float,
        lambda one: one == "x",
        lambda one: "x" in one,
        lambda one: one < "x",
        lambda one: one + "x",
        lambda one: "x" + one,
        lambda one: one[0],
        lambda one: one * 2,
        lambda one: f"{one:>9}",
        operator.methodcaller("upper"),
    ],
)
def test_a_blank_cannot_be_looked_at(look: Callable[[Any], object]) -> None:
    """It is written out, and is there; all else is refused."""
    blank = Blank(3)
    assert blank
    assert str(blank) == blank.__html__() == "\ue0003\ue001"
    with pytest.raises(blanks._Looked):
        look(blank)
