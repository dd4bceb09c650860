"""Reading packs: what is in force on a day, what a house adds, and every fault with its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from audit.errors import PolicyError
from audit.policy import MEASURES, PACKS, known_packs, load_policy, seed_reasons
from audit.record import Bound, Policy
from audit.vague import is_vague

DAY = dt.date(2026, 11, 20)
NAMES = ["us_ecoa_regb", "us_fcra", "screening", "eu_gdpr"]
FOR_WHAT_COMES = ["eu_ai_act", "eu_ccd2", "uk_gdpr", "us_ca_admt", "us_co_sb26_189"]

HOUSE_PACK = """\
title: House policy
as_of: 2026-10-01
extends: screening
"""
HOUSE_REQUIREMENTS = """\
nine_tenths:
  title: Nine tenths
  question: Is every group selected at least nine tenths as often?
  kind: house
  access: fair_lending
  measure: adverse_impact_ratio
  bound:
    - {from: 2026-01-01, at_least: 0.85}
    - {from: 2027-01-01, at_least: 0.9}
  source: Credit policy, section 7
  remedy: Tell the credit committee.
  population: true
"""


def a_house(folder: Path, **files: str) -> Path:
    """Write a house policy at ``folder/house/policy`` and return the config's folder."""
    pack = folder / "house" / "policy"
    pack.mkdir(parents=True)
    content = {"pack": HOUSE_PACK, "requirements": HOUSE_REQUIREMENTS, **files}
    for name, text in content.items():
        (pack / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def faults_of(folder: Path, *names: str) -> str:
    """Return what loading says."""
    with pytest.raises(PolicyError) as caught:
        load_policy(names or ["house/policy"], DAY, folder)
    return str(caught.value)


def bound_of(policy: Policy, requirement: str) -> Bound | None:
    """Return the bound of one requirement."""
    return next(r.bound for r in policy.requirements if r.requirement == requirement)


def test_the_known_packs_are_read_whole() -> None:
    """Each pack has a title, a digest and the day on which its law was last checked."""
    packs = known_packs()
    assert [pack.name for pack in packs] == sorted((*NAMES, *FOR_WHAT_COMES))
    assert all(pack.title and len(pack.digest) == 64 and pack.as_of <= DAY for pack in packs)


def test_packs_are_merged_in_the_order_named() -> None:
    """Every requirement is named by its pack, once."""
    policy = load_policy(NAMES, DAY)
    assert [pack.name for pack in policy.packs] == NAMES
    named = [requirement.requirement for requirement in policy.requirements]
    assert len(named) == len(set(named))
    assert "us_ecoa_regb.protected_basis_not_scored" in named
    assert "screening.four_fifths" in named
    assert load_policy([*NAMES, "screening"], DAY) == policy


def test_a_convention_never_speaks_as_the_law() -> None:
    """The screening pack holds conventions and lines of the house's own; no other pack has either."""
    for requirement in load_policy(NAMES, DAY).requirements:
        of_screening = requirement.requirement.startswith("screening.")
        assert (requirement.kind in ("convention", "house")) == of_screening
        if requirement.kind == "house":
            assert "this program" in requirement.source.lower()


def test_four_fifths_is_as_the_guidelines_have_it() -> None:
    """29 CFR 1607.4(D), at least 0.8 since 25 September 1978, of populations only."""
    policy = load_policy(["screening"], DAY)
    four_fifths = next(r for r in policy.requirements if r.requirement == "screening.four_fifths")
    assert four_fifths.bound == Bound(dt.date(1978, 9, 25), at_least=0.8)
    assert "29 CFR 1607.4(D)" in four_fifths.source
    assert four_fifths.population


def test_the_prescribed_texts_are_word_for_word() -> None:
    """12 CFR 1002.9(b)(1) and sample form C-1, to the letter."""
    policy = load_policy(["us_ecoa_regb", "us_fcra"], DAY)
    texts = {statement.key: statement.text for statement in policy.statements}
    assert texts["ecoa_notice"] == (
        "The Federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit "
        "applicants on the basis of race, color, religion, national origin, sex, marital status, age "
        "(provided the applicant has the capacity to enter into a binding contract); because all or part "
        "of the applicant's income derives from any public assistance program; or because the applicant "
        "has in good faith exercised any right under the Consumer Credit Protection Act. The Federal "
        "agency that administers compliance with this law concerning this creditor is [name and address "
        "as specified by the appropriate agency or agencies listed in appendix A of this part]."
    )
    assert texts["fcra_615a"] == (
        "Our credit decision was based in whole or in part on information obtained in a report from the "
        "consumer reporting agency listed below. You have a right under the Fair Credit Reporting Act to "
        "know the information contained in your credit file at the consumer reporting agency. The "
        "reporting agency played no part in our decision and is unable to supply specific reasons why we "
        "have denied credit to you. You also have a right to a free copy of your report from the "
        "reporting agency, if you request it no later than 60 days after you receive this notice. In "
        "addition, if you find that any information contained in the report you receive is inaccurate or "
        "incomplete, you have the right to dispute the matter with the reporting agency."
    )
    assert texts["fcra_score"] == (
        "We also obtained your credit score from the consumer reporting agency and used it in making our "
        "credit decision. Your credit score is a number that reflects the information in your consumer "
        "report. Your credit score can change, depending on how the information in your consumer report "
        "changes."
    )
    assert texts["fcra_615b"] == (
        "Our credit decision was based in whole or in part on information obtained from an affiliate or "
        "from an outside source other than a consumer reporting agency. Under the Fair Credit Reporting "
        "Act, you have the right to make a written request, no later than 60 days after you receive this "
        "notice, for disclosure of the nature of this information."
    )


def test_each_agency_has_its_lines() -> None:
    """Six rows of appendix A, their lines apart."""
    policy = load_policy(["us_ecoa_regb"], DAY)
    rows = {s.key: s.text.split("\n") for s in policy.statements if s.key.startswith("agency.")}
    assert set(rows) == {f"agency.{row}" for row in ("cfpb", "occ", "frb", "fdic", "ncua", "ftc")}
    assert all(3 <= len(lines) <= 4 for lines in rows.values())
    assert rows["agency.ftc"] == [
        "Federal Trade Commission",
        "Consumer Response Center",
        "600 Pennsylvania Avenue NW",
        "Washington, DC 20580",
    ]


def test_a_text_not_yet_in_force_is_absent() -> None:
    """Nobody can quote in 2011 what was prescribed later."""
    keys = {statement.key for statement in load_policy(["us_ecoa_regb"], dt.date(2011, 1, 1)).statements}
    assert keys == {"us_ecoa_regb.note"}  # what the pack says of itself, whose day is its last check


def test_what_a_pack_says_of_its_law_is_sealed_with_its_texts() -> None:
    """The note of Regulation B says that no effects test is in force, under a key of the pack's own."""
    policy = load_policy(["us_ecoa_regb", "screening"], DAY)
    notes = {s.key: s for s in policy.statements if s.key.endswith(".note")}
    assert set(notes) == {"us_ecoa_regb.note", "screening.note"}
    note = notes["us_ecoa_regb.note"]
    assert "Since 21 July 2026 section 1002.6(a) says that the Act provides no effects test" in note.text
    assert (note.language, note.pack) == ("en", "us_ecoa_regb")


def test_the_published_lists_are_seeds_with_specific_words() -> None:
    """Every reason of a list says something, and has no column of any model."""
    seeds = {code.factor: code for code in seed_reasons("us_ecoa_regb")}
    assert len(seeds) == 26
    assert seeds["length_of_residence"].statement == {"en": "Length of residence"}
    assert seeds["collateral"].hmda == 4
    assert len(seed_reasons("us_fcra")) == 58
    for code in (*seeds.values(), *seed_reasons("us_fcra")):
        assert code.columns == ()
        assert not is_vague(code.statement["en"])


def test_a_house_policy_adds_to_what_it_extends(tmp_path: Path) -> None:
    """The extended pack comes along, before the house's own requirement."""
    folder = a_house(tmp_path)
    policy = load_policy(["house/policy"], DAY, folder)
    assert [pack.name for pack in policy.packs] == ["screening", "policy"]
    assert policy.requirements[-1].requirement == "policy.nine_tenths"
    assert policy.requirements[-1].kind == "house"


def test_an_old_audit_is_judged_by_the_bound_of_its_day(tmp_path: Path) -> None:
    """Two dated bounds: none before the first, and each from its own day on."""
    folder = a_house(tmp_path)
    found = {
        day: bound_of(load_policy(["house/policy"], day, folder), "policy.nine_tenths")
        for day in (dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2027, 1, 1))
    }
    assert [bound and bound.at_least for bound in found.values()] == [None, 0.85, 0.85, 0.9]


def test_a_packs_digest_is_of_its_law_alone(tmp_path: Path) -> None:
    """Cases and line ends leave it; another bound changes it."""
    folder = a_house(tmp_path)
    pack = folder / "house" / "policy"
    digests = [load_policy(["house/policy"], DAY, folder).packs[-1].digest]
    (pack / "cases.yaml").write_text("- case: none\n", encoding="utf-8")
    digests.append(load_policy(["house/policy"], DAY, folder).packs[-1].digest)
    (pack / "requirements.yaml").write_bytes(HOUSE_REQUIREMENTS.replace("\n", "\r\n").encode())
    digests.append(load_policy(["house/policy"], DAY, folder).packs[-1].digest)
    (pack / "requirements.yaml").write_text(HOUSE_REQUIREMENTS.replace("0.85", "0.86"), encoding="utf-8")
    digests.append(load_policy(["house/policy"], DAY, folder).packs[-1].digest)
    assert digests[0] == digests[1] == digests[2] != digests[3]


def test_an_unknown_pack_is_named_with_the_nearest(tmp_path: Path) -> None:
    """A slip of the pen is told from a pack that nobody has."""
    said = faults_of(tmp_path, "us_ecoa_reg")
    assert "there is no policy pack 'us_ecoa_reg'" in said
    assert "Did you mean 'us_ecoa_regb'?" in said


def test_all_faults_come_at_once_each_with_its_line(tmp_path: Path) -> None:
    """A wrong kind, a bound without number, an unknown measure and an unknown parent in one answer."""
    requirements = HOUSE_REQUIREMENTS.replace("kind: house", "kind: rule").replace(", at_least: 0.85", "")
    second = HOUSE_REQUIREMENTS.replace("nine_tenths", "second").replace(
        "measure: adverse_impact_ratio", "measure: adverse_impact_rato"
    )
    folder = a_house(
        tmp_path,
        pack=HOUSE_PACK.replace("screening", "screning"),
        requirements=requirements + second,
    )
    said = faults_of(folder).splitlines()
    assert any("pack.yaml:3: extends[0]: there is no policy pack 'screning'" in line for line in said)
    assert any("requirements.yaml:4: nine_tenths.kind: got 'rule'" in line for line in said)
    assert any("requirements.yaml:8: nine_tenths.bound[0]: a bound has exactly one number" in s for s in said)
    assert any(
        "requirements.yaml:13: second: no run measures 'adverse_impact_rato'. "
        "Did you mean 'adverse_impact_ratio'?" in line
        for line in said
    )


@pytest.mark.parametrize(
    ("files", "fact"),
    [
        ({"requirements": ""}, "nothing stands in this file"),
        (
            {"requirement": HOUSE_REQUIREMENTS},
            "no file of this name is read. Did you mean 'requirements.yaml'?",
        ),
        ({"requirements": HOUSE_REQUIREMENTS + HOUSE_REQUIREMENTS}, "this key stands already in line 1"),
        ({"requirements": HOUSE_REQUIREMENTS + "  colour: red\n"}, "this key is not known"),
        ({"requirements": HOUSE_REQUIREMENTS.replace("  source: Credit policy, section 7\n", "")}, "missing"),
        ({"requirements": HOUSE_REQUIREMENTS.replace("2027-01-01", "2026-01-01")}, "begin on the same day"),
        ({"requirements": HOUSE_REQUIREMENTS.replace("nine_tenths", "Nine Tenths")}, "is no name"),
        ({"pack": "as_of: 2026-10-01\n"}, "title: this key is missing"),
        ({"statements": "note: Some words\n"}, "a list of dated texts was expected"),
        (
            {"statements": "screening_note:\n- {from: 2026-01-01, source: us, text: {en: Other words}}\n"},
            "the pack 'screening' has this text already, and it is not replaced",
        ),
        (
            {"statements": "screening.note:\n- {from: 2026-01-01, source: us, text: {en: Other words}}\n"},
            "the pack 'screening' has this text already, and it is not replaced",
        ),
    ],
)
def test_what_is_wrong_with_a_pack_is_said(tmp_path: Path, files: dict[str, str], fact: str) -> None:
    """Nothing in a pack is silently left out of force."""
    assert fact in faults_of(a_house(tmp_path, **files))


def test_a_requirement_needs_a_bound_or_a_cause(tmp_path: Path) -> None:
    """A question that nothing can answer and nobody says why is refused."""
    start, stop = HOUSE_REQUIREMENTS.index("  bound:"), HOUSE_REQUIREMENTS.index("  source:")
    unbound = HOUSE_REQUIREMENTS[:start] + HOUSE_REQUIREMENTS[stop:]
    assert "there is neither a bound nor a cause" in faults_of(a_house(tmp_path, requirements=unbound))


def test_an_empty_pack_is_refused(tmp_path: Path) -> None:
    """A pack that asks nothing, says nothing and extends nothing is a slip."""
    folder = tmp_path / "house" / "empty"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text("title: Empty\nas_of: 2026-10-01\n", encoding="utf-8")
    assert "extends nothing" in faults_of(tmp_path, "house/empty")


def test_a_house_cannot_take_the_name_of_a_known_pack(tmp_path: Path) -> None:
    """A folder called as the law's pack never stands in for it."""
    folder = tmp_path / "house" / "us_fcra"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(HOUSE_PACK, encoding="utf-8")
    assert "another pack is called 'us_fcra' already" in faults_of(tmp_path, "house/us_fcra")
    (tmp_path / "us_fcra").mkdir()
    assert load_policy(["us_fcra"], DAY, tmp_path).packs[0].title.startswith("Fair Credit Reporting Act")


def test_packs_that_extend_each_other_are_each_read_once(tmp_path: Path) -> None:
    """A circle ends."""
    for name, other in (("one", "two"), ("two", "one")):
        folder = tmp_path / "house" / name
        folder.mkdir(parents=True)
        (folder / "pack.yaml").write_text(HOUSE_PACK.replace("screening", other), encoding="utf-8")
    packs = load_policy(["house/one"], DAY, tmp_path).packs
    assert sorted(pack.name for pack in packs) == ["one", "two"]


def test_every_measure_of_the_packs_is_known_or_says_why_not() -> None:
    """A question either names what a run measures or its cause."""
    for requirement in load_policy([*NAMES, *FOR_WHAT_COMES], DAY).requirements:
        assert requirement.measure in MEASURES or requirement.not_measured
        assert requirement.question.endswith("?")
        assert requirement.source
        assert requirement.remedy.endswith(".")


def test_the_packs_promise_nothing() -> None:
    """No word of theirs says that a model or a lender obeys the law."""
    for path in PACKS.glob("*/*.yaml"):
        text = " ".join(path.read_text(encoding="utf-8").lower().split())
        for name in ("fair credit reporting act", "fair housing act"):
            text = text.replace(name, "")
        for word in ("compliant", "unbiased", " fair ", "violat"):
            assert word not in text, (path.name, word)


def test_a_question_claims_no_more_than_its_measure_answers() -> None:
    """Inputs are looked for among stated attributes, statements are counted, first reasons are shared out."""
    asked = {one.measure: one.question for one in load_policy(NAMES, DAY).requirements}
    assert "that this audit states" in asked["protected_inputs"]
    assert "for a person to approve" in asked["factors_without_statement"]
    assert "the main one" in asked["most_common_reason_share"]
    assert "stated" in asked["agency_stated"]
