"""Which theory each test serves on a day, and which classes the law protects: data, with source and day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from audit.errors import PolicyError
from audit.theories import HOME, classes, digest, law_on, theories

DAY = dt.date(2026, 11, 20)
BEFORE, SINCE = dt.date(2026, 7, 20), dt.date(2026, 7, 21)

ENTRY = """\
one:
  title: A test
  held:
    - {from: 2020-01-01, serves: [validation], says: Of a system., source: a book, checked: 2026-11-20}
  rests_on: [screening.model_risk]
"""
LATER = "    - {from: 2021-01-01, serves: [none], says: s, source: s, checked: 2026-01-01}\n"


def test_the_rule_of_2026_is_picked_by_the_day() -> None:
    """The day before it took effect an effects test is told of; from then on, that the Act has none."""
    before = {one.test: one for one in theories(BEFORE)}
    since = {one.test: one for one in theories(SINCE)}
    for test in ("outcomes", "alternatives", "proxies"):
        assert "comment 6(a)-2" in before[test].source
        assert "91 FR 21620" in since[test].source
        assert since[test].since == SINCE
    assert "no effects test" in since["outcomes"].says
    assert "no effects test" not in before["outcomes"].says
    assert before["inputs"] == since["inputs"]


def test_each_test_serves_the_theory_that_the_specification_names() -> None:
    """Treatment, effect, validation, notice or none of them, test by test."""
    assert {one.test: set(one.serves) for one in theories(DAY)} == {
        "inputs": {"disparate_treatment"},
        "scored_age": {"disparate_treatment", "validation"},
        "pairs": {"disparate_treatment"},
        "overrides": {"disparate_treatment"},
        "outcomes": {"disparate_impact"},
        "controlled": {"disparate_treatment", "disparate_impact"},
        "four_fifths": {"none"},
        "errors": {"validation"},
        "estimated": {"none"},
        "proxies": {"disparate_treatment", "disparate_impact"},
        "alternatives": {"disparate_impact"},
        "reasons": {"notice", "disparate_treatment"},
    }
    assert all(one.says and one.source and one.checked and one.since for one in theories(DAY))


def test_the_law_stands_as_it_stood_on_the_day() -> None:
    """What begins later says so; a pending suit stays told."""
    on = {one.item: one for one in law_on(DAY)}
    then = {one.item: one for one in law_on(BEFORE)}
    item = "us_ecoa_regb.no_effects_test"
    assert on[item].state == "in force since 2026-07-21, challenged"
    assert then[item].state == "begins on 2026-07-21"
    assert on[item].verify
    assert {"screening.fair_housing", "screening.new_jersey", "screening.four_fifths_rule"} <= set(on)


def test_before_any_entry_nothing_is_claimed() -> None:
    """For a day before the first entry a test serves nothing that is known here."""
    assert {one.serves for one in theories(dt.date(1970, 1, 1))} == {()}


def test_every_class_of_both_acts_is_listed() -> None:
    """12 CFR 1002.2(z) and 42 USC 3605, class by class."""
    found = classes()
    acts = {law: {name for name, one in found.items() if law in one.laws} for law in ("ECOA", "FHA")}
    assert acts["ECOA"] == {
        "race", "national_origin", "sex", "religion", "marital_status", "age", "public_assistance",
        "exercise_of_rights",
    }  # fmt: skip
    assert acts["FHA"] == {"race", "national_origin", "sex", "religion", "familial_status", "disability"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("screening.model_risk", "screening.rsk"), "no pack has a piece of law called 'screening.rsk'"),
        (("[validation]", "[validation, none]"), "'none' stands beside a theory"),
        (("[validation]", "[virtue]"), "serves"),
        (("    - {from", LATER + "    - {from"), "the days do not ascend"),
    ],
)
def test_a_faulty_file_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    """A theory that rests on nothing known, or that contradicts itself, is refused."""
    (tmp_path / "theories.yaml").write_text(ENTRY.replace(*change), encoding="utf-8")
    with pytest.raises(PolicyError, match=words):
        law_on(DAY, tmp_path)


def test_what_a_report_takes_has_a_digest(tmp_path: Path) -> None:
    """One letter more is another digest; another line end is not."""
    for name in ("theories.yaml", "classes.yaml"):
        (tmp_path / name).write_bytes((HOME / name).read_bytes().replace(b"\n", b"\r\n"))
    first = digest(tmp_path)
    (tmp_path / "theories.yaml").write_bytes((HOME / "theories.yaml").read_bytes())
    assert digest(tmp_path) == first
    with (tmp_path / "classes.yaml").open("a", encoding="utf-8") as file:
        file.write("#\n")
    assert digest(tmp_path) != first
