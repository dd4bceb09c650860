"""Retention terms: dated data of the packs, with their sources."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from audit.errors import PolicyError
from audit.policy import PACKS, known_packs
from audit.record import RetentionTerm
from audit.retention import load_retention

DAY = dt.date(2026, 11, 20)


def of(terms: tuple[RetentionTerm, ...]) -> dict[str, RetentionTerm]:
    """The terms by name."""
    return {term.term: term for term in terms}


def test_regulation_b_keeps_for_25_months() -> None:
    """Applications, notices and self-tests: 25 months, 12 for a business; the maximum is a house line."""
    terms = of(load_retention(["us_ecoa_regb"], DAY))
    least = {name: (term.at_least and term.at_least.months) for name, term in terms.items()}
    assert least == {
        "us_ecoa_regb.applications_and_notices": 25,
        "us_ecoa_regb.business_applications": 12,
        "us_ecoa_regb.self_tests": 25,
    }
    for term in terms.values():
        assert term.at_least is not None
        assert term.at_most is not None
        assert term.at_least.kind == "law"
        assert term.at_least.source.startswith("12 CFR 1002.12(b)")
        assert (term.at_most.kind, term.at_most.months) == ("house", 60)


def test_a_term_holds_from_its_day() -> None:
    """Before the rule took effect there is no number."""
    terms = of(load_retention(["us_ecoa_regb"], dt.date(2011, 12, 29)))
    assert terms["us_ecoa_regb.applications_and_notices"].at_least is None


def test_where_the_law_states_no_number_none_is_made_up() -> None:
    """The GDPR sets no months, the FCRA no minimum; both say so."""
    terms = of(load_retention(["eu_gdpr", "us_fcra"], DAY))
    assert terms["eu_gdpr.personal_data"].at_least is terms["eu_gdpr.personal_data"].at_most is None
    assert "Art. 5(1)(e)" in terms["eu_gdpr.personal_data"].note
    assert terms["us_fcra.notices"].at_least is None


def test_every_pack_loads() -> None:
    """Each known pack's terms are read without a fault, and name their pack."""
    for pack in known_packs():
        for term in load_retention([pack.name], DAY):
            assert term.term.startswith(f"{pack.name}.")
    assert sorted(path.parent.name for path in PACKS.glob("*/retention.yaml")) == [
        "eu_ai_act",
        "eu_ccd2",
        "eu_gdpr",
        "uk_gdpr",
        "us_co_sb26_189",
        "us_ecoa_regb",
        "us_fcra",
    ]


def a_house(folder: Path, text: str) -> Path:
    """Write a house policy that extends Regulation B, with these terms."""
    house = folder / "house" / "policy"
    house.mkdir(parents=True)
    (house / "pack.yaml").write_text("title: House\nas_of: 2026-11-20\nextends: us_ecoa_regb\n")
    (house / "retention.yaml").write_text(text)
    return folder


def test_a_house_policy_adds_its_own(tmp_path: Path) -> None:
    """Terms of a folder stand beside those of the pack that it extends."""
    folder = a_house(
        tmp_path,
        "all:\n  title: All\n  covers: [application, notice]\n"
        "  at_most: [{from: 2026-01-01, months: 36, kind: house, source: our own line}]\n",
    )
    terms = of(load_retention(["house/policy"], DAY, folder))
    assert terms["policy.all"].at_most is not None
    assert terms["policy.all"].at_most.months == 36
    assert "us_ecoa_regb.self_tests" in terms


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("all:\n  title: All\n  covers: [application]\n", r"retention\.yaml:\d+.*neither a time nor a note"),
        ("all:\n  title: All\n  covers: [models]\n  note: x\n", r"retention\.yaml:3: all\.covers"),
        ("", "nothing stands in this file"),
        (
            "all:\n  title: All\n  covers: [notice]\n"
            "  at_least: [{from: 2026-01-01, months: 36, kind: law, source: x}]\n"
            "  at_most: [{from: 2026-01-01, months: 24, kind: house, source: x}]\n",
            "24 months is less than at least 36",
        ),
        (
            "all:\n  title: All\n  covers: [notice]\n  at_least:\n"
            "    - {from: 2026-01-01, months: 36, kind: law, source: x}\n"
            "    - {from: 2026-01-01, months: 24, kind: law, source: x}\n",
            "two times begin on the same day",
        ),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, text: str, told: str) -> None:
    """A term that says nothing, contradicts itself or has another class is refused with file and line."""
    with pytest.raises(PolicyError, match=told):
        load_retention(["house/policy"], DAY, a_house(tmp_path, text))
