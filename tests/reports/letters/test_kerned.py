"""Lines put together from pairs of letters are the lines that WeasyPrint draws."""

from __future__ import annotations

import random

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from audit.assets import templates
from reports.compiled.kerned import Kerned
from reports.compiled.press import Press
from reports.compiled.setting import Setter, Unset
from reports.compiled.specimen import REPERTOIRES
from tests.worlds.many_letters import printed

WORDS = ["Loan", "to", "AVA", "Tokyo,", "Wałęsa", "O’Connor", "&", "Sons", "Ltd.", "No.", "7", "P.O.", "Box"]
WORDS += ["12", "$1,250.00", "LTyf", "Zoë", "Ñandú", "4", "fi", "ffl"]


@pytest.fixture(scope="module")
def setters() -> list[Setter]:
    """The setters of a letter, in its own styles and widths."""
    press = Press()
    printed("adverse_action", "en", 1, press=press)
    found = list(press._setters.values())
    assert len(found) > 3
    return found


def test_what_is_put_together_is_what_is_drawn(setters: list[Setter]) -> None:
    """Random texts of known pairs, in every style and width: the same lines, glyphs and bytes."""
    rng = random.Random(7)
    together = 0
    for setter in setters:
        for n in range(150):
            text = " ".join(rng.choices(WORDS, k=rng.randint(1, 6)))
            if n % 3 == 0:
                text = "".join(rng.choices(REPERTOIRES[n % 2], k=rng.randint(1, 9)))
            made = setter._put_together(text)
            try:
                drawn = tuple(setter._drawn(line) for line in setter._broken(text))
            except Unset:
                assert made is None
                continue
            together += made is not None
            assert made in (None, drawn), text
            again = setter._put_together(text)  # every pair of it was learned just now
            assert again in (None, drawn), text
            together += again is not None
    assert together > 75 * len(setters)


def test_a_line_that_may_break_is_drawn(setters: list[Setter]) -> None:
    """No text is put together that takes two lines in its box, though each of its pairs is known."""
    tried = 0
    for setter in setters:
        setter._drawn("lender lender")
        for n in range(1, 40):
            text = " ".join(["lender"] * n)
            made = setter._put_together(text)
            try:
                lines = len(setter._broken(text))
            except Unset:  # it fills its box to the edge
                lines = 2
            assert lines == 1 or made is None
            tried += lines > 1 and n > 1
    assert tried > 10


def test_nothing_is_learned_of_a_line_that_is_not_plain() -> None:
    """Signs outside of the repertoires, moved glyphs, and glyphs that are not one for a character."""
    widths = {1: 600, 2: 500}
    for text, shown in (("ж", b"<0001>"), ("ab", b"<0001>"), ("ab", b"<0001><0002>"), ("a", b"-3<0001>")):
        kerned = Kerned()
        kerned.learn(text, "F", b"10", shown, widths)
        assert kerned.line(text, 1000) is None
    kerned = Kerned()
    kerned.learn("aba", "F", b"10", b"<0001>-5<00020001>7", widths)
    assert kerned.line("aba", 1000) == ("F", b"10", b"<0001>-5<00020001>7", frozenset({1, 2}))
    assert kerned.line("ba", 1000) == ("F", b"10", b"<00020001>7", frozenset({1, 2}))
    assert kerned.line("ab", 1000) is None  # b was never last
    assert kerned.line("aba", 17.1) is not None  # (606 + 501 + 594) / 1000 of 10
    assert kerned.line("aba", 17.0) is None
    kerned.learn("b", "another", b"10", b"<0002>", widths)
    assert kerned.line("ab", 1000) is None


@pytest.mark.parametrize("weight", ["Regular", "SemiBold"])
def test_the_fonts_move_a_glyph_for_the_next_one_alone(weight: str) -> None:
    """Kerning is of pairs and moves their first; what else is on by default needs a combining mark.

    Source: OpenType 1.9, GPOS lookup type 2, value format 0x0004 (x advance); GSUB types 4 and 6.
    """
    with TTFont(templates() / "style" / "fonts" / f"IBMPlexSans-{weight}.ttf") as font:
        names = font.getBestCmap()
        held = {names[ord(one)] for one in REPERTOIRES[-1] + " " if ord(one) in names}
        on = {"ccmp", "locl", "rlig", "calt", "rclt", "kern", "mark", "mkmk", "curs", "dist", "abvm", "blwm"}
        for tag in ("GPOS", "GSUB"):
            table = font[tag].table
            lookups = {
                (feature.FeatureTag, n)
                for script in table.ScriptList.ScriptRecord
                for at in script.Script.DefaultLangSys.FeatureIndex
                if (feature := table.FeatureList.FeatureRecord[at]).FeatureTag in on
                for n in feature.Feature.LookupListIndex
            }
            assert lookups
            for feature, n in lookups:
                for one in table.LookupList.Lookup[n].SubTable:
                    if feature == "kern":
                        assert (one.LookupType, one.ValueFormat1, one.ValueFormat2) == (2, 4, 0)
                    elif feature == "mark":
                        assert held.isdisjoint(one.MarkCoverage.glyphs)
                    else:
                        assert feature == "ccmp"
                        assert _needs_another(one, held)


def _needs_another(rule: object, held: set[str]) -> bool:
    """Whether a rule of replacement speaks of a glyph that no repertoire holds."""
    if ligatures := getattr(rule, "ligatures", None):
        return all(not {first, *one.Component} <= held for first, some in ligatures.items() for one in some)
    parts = [*rule.InputCoverage, *rule.LookAheadCoverage, *rule.BacktrackCoverage]  # type: ignore[attr-defined]
    return any(held.isdisjoint(part.glyphs) for part in parts)
