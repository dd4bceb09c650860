"""Letters that explain a decision: equal words in three formats, every duty by name, nobody else's data."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.record import Document, NoCounterfactual, Notice, Person, Recipient, Refusal
from reports.explaining.parts import Explanation, Grid, Part
from reports.html import words
from reports.kinds import KINDS
from reports.language import language
from reports.letter import Letters
from reports.printing import FORMATS
from tests.worlds.explained import (
    VALUES,
    a_database,
    a_file,
    a_ledger,
    a_person,
    a_policy,
    a_refusal,
    some_codes,
)
from tests.worlds.noticed import Remembered, a_score

SENT = dt.date(2026, 11, 26)
REVIEW = {
    "reviewer": "Credit review",
    "authority_to_change": "true",
    "received_view": "yes",
    "outcome": "upheld",
    "reason": "The new papers show the same payments",
    "closed_at": "2026-11-25",
}
EU = ("gdpr_explanation", "ccd2_rejection", "ccd2_explanation", "ai_act_explanation")
TOLD = [(kind, lang) for kind in EU for lang in ("en", "de", "fr")]
TOLD += [("uk_explanation", "en"), ("admt_response", "en")]


def a_world(kind: str, **changes: Any) -> Remembered:
    """Return a ledger whose one decision this kind of letter explains."""
    if kind == "uk_explanation":
        stated = {"config": a_policy("uk"), "filed": a_file(record={"jurisdiction": "uk"})}
    elif kind == "admt_response":
        record = {"jurisdiction": "us", "residence": "CA", "decided_at": "2027-01-04"}
        stated = {"config": a_policy("us"), "filed": a_file(record=record)}
    else:
        stated = {}
    return a_ledger(**{**stated, **changes})


def written(
    kind: str | None, ledger: Remembered, person: Recipient | None = None, **asked: Any
) -> tuple[Document, ...] | Refusal:
    """Return what comes of the ledger's one decision."""
    date = asked.pop("date", dt.date(2027, 1, 20) if kind == "admt_response" else SENT)
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    return letters.render(ledger.decided, person or a_person(), date=date, kind=kind, **asked)


def a_text(kind: str | None, ledger: Remembered, person: Recipient | None = None, **asked: Any) -> str:
    """Return the words of a letter, one blank between two."""
    made = written(kind, ledger, person, formats=("txt",), **asked)
    assert isinstance(made, tuple), made
    return made[0].words


def refused(kind: str | None, ledger: Remembered, person: Recipient | None = None, **asked: Any) -> Refusal:
    """Return the refusal; a letter is a failure."""
    made = written(kind, ledger, person, formats=("txt",), **asked)
    assert isinstance(made, Refusal), made[0].words
    return made


# --- formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "lang"), TOLD)
def test_the_three_formats_have_equal_words(kind: str, lang: str, tmp_path: Path) -> None:
    """PDF, HTML and text of every kind and language say the same words in the same order."""
    made = written(kind, a_world(kind), formats=FORMATS, lang=lang, review=REVIEW)
    assert isinstance(made, tuple), made
    pdf, html, txt = (document.content for document in made)
    said = txt.decode().split()
    assert len(said) > 150
    assert words(html.decode()).split() == said
    assert f'<html lang="{lang}">' in html.decode()
    assert {document.language for document in made} == {lang}
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (package poppler-utils)")
    (tmp_path / "letter.pdf").write_bytes(pdf)
    run = subprocess.run(
        ["pdftotext", "-raw", tmp_path / "letter.pdf", "-"], capture_output=True, check=True, text=True
    )
    printed: list[str] = []
    pages = run.stdout.split("\f")[:-1]
    for number, page in enumerate(pages, start=1):
        body, _, footer = page.rstrip("\n").rpartition("\n")
        assert re.fullmatch(rf"\w+ N-\d{{5}}-\d{{5}} \w+ {number} \w+ {len(pages)}", footer.strip()), footer
        printed += body.split()
    assert printed == said


@pytest.mark.parametrize("kind", EU)
def test_every_language_has_every_word(kind: str) -> None:
    """German and French say whatever English says, and only in their own words."""
    assert KINDS[kind].languages(None) == ("de", "en", "fr")
    texts = {lang: a_text(kind, a_world(kind), lang=lang) for lang in ("en", "de", "fr")}
    assert len(set(texts.values())) == 3
    for lang, foreign in (
        ("de", r"\b(?:the|your|you|vous|votre)\b"),
        ("fr", r"\b(?:the|you|your|Sie|und)\b"),
    ):
        assert re.findall(foreign, texts[lang]) == []


def test_numbers_and_dates_follow_the_locale() -> None:
    """German writes 0,4725 and 20. November 2026, French 20 novembre 2026."""
    german, french = (a_text("gdpr_explanation", a_ledger(), lang=lang) for lang in ("de", "fr"))
    assert "0,4725" in german
    assert "20. November 2026" in german
    assert "20 novembre 2026" in french
    assert "0.4725" not in german + french


# --- what is said ------------------------------------------------------------------------------


def test_no_number_but_0_reads_0() -> None:
    """Three digits of a small number are kept, whatever its size."""
    words = language("gdpr_explanation", "en", "eu")
    shown = [words.number(one) for one in (4e-7, -4e-7, 1.234e-9, 0.0, 0.1234567, 1234567.8912)]
    assert shown == ["0.0000004", "-0.0000004", "0.00000000123", "0", "0.123457", "1,234,567.8912"]


def test_the_gdpr_letter_tells_all_that_is_owed() -> None:
    """Items 1 to 8 of the explanation stand in the letter."""
    said = a_text("gdpr_explanation", a_ledger())
    for item in (
        "by automated means alone",
        "1 Your monthly payments on other loans compared with your income 2 Payments that you made after",
        "Your score 0.41 Threshold 0.3 Lowest score possible 0 Highest score possible 1",
        "Calculated by Beispielbank AG",
        "A score at the threshold or above leads to a refusal.",
        "applicants whom we approved and whose scores were nearest to the threshold",
        "What counted toward an approval, the most first 1 Whether you own your home",
        "What made no difference to the result Savings with us, in euros",
        "Payments after their due date, last two years 3 1 Your score with this 0.28",
        "Months with your employer 7 18.5 Monthly payments on other loans as a share of income 0.4725 0.31",
        "Payments after their due date, last two years 3 Musterauskunft GmbH",
        "Whether you own your home yes you",
        "Savings with us, in euros not known to us our own records",
        "What for To decide on applications for credit",
        "Who receives them Musterauskunft GmbH",
        "How long we keep them Three years after the decision",
        "necessary for a contract between you and us (Art. 22(2)(a) GDPR)",
        "have a person look at the decision anew",
        "Contact pruefung@beispielbank.example, +49 000 5550142 Our answer within 14 days",
        "(Art. 77 GDPR). Authority Landesbeauftragte",
        "Data protection officer datenschutz@beispielbank.example",
        "The exact formula of the score It is a trade secret",
    ):
        assert item in said, item


def test_a_factor_that_helped_never_has_the_words_of_a_reason() -> None:
    """What pushed toward approval is named by its inputs, never by its statement; order is by size."""
    said = a_text("gdpr_explanation", a_ledger())
    assert "How long you have lived at your address" not in said
    named = a_policy(letters={"factors": {"home": {"en": "Where you live"}}})
    assert "the most first 1 Where you live" in a_text("gdpr_explanation", a_ledger(config=named))


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        ({"adverse": "high", "at_cutoff": "adverse"}, "A score at the threshold or above leads"),
        ({"adverse": "high", "at_cutoff": "favourable"}, "A score above the threshold leads"),
        ({"adverse": "low", "at_cutoff": "adverse"}, "A score at the threshold or below leads"),
        ({"adverse": "low", "at_cutoff": "favourable"}, "A score below the threshold leads"),
    ],
)
def test_the_threshold_is_told_as_it_decides(decision: dict[str, str], sentence: str) -> None:
    """Which side refuses, and what the threshold itself means, follow the sealed config."""
    assert sentence in a_text("gdpr_explanation", a_ledger(config=a_policy() | {"decision": decision}))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("all_applicants", "all applicants of the same period"), ("pinned", "that we had fixed beforehand")],
)
def test_the_comparison_group_is_told_in_words(kind: str, sentence: str) -> None:
    """Whom the person was compared with is the group of the sealed config."""
    config = a_policy() | {"explain": {"reference": {"kind": kind}}}
    assert sentence in a_text("gdpr_explanation", a_ledger(config=config))


def test_what_is_not_so_is_not_said() -> None:
    """Without a score nothing of a score is told, and no human part where nobody took part."""
    bare = a_ledger(
        decided=a_refusal(score=None, cutoff=None, certified=None),
        filed=a_file(counterfactuals=NoCounterfactual("no model was opened")),
    )
    said = a_text("gdpr_explanation", bare)
    for phrase in ("Your score", "profiling", "Threshold", "compared the information", "A person's part"):
        assert phrase not in said
    assert "we could not have it calculated with other values" in said


def test_a_human_part_is_told_where_there_was_one() -> None:
    """With a person in it the letter says so, names the part, and rests on Art. 6 instead of Art. 22(2)."""
    config = a_policy(human_step="A credit officer who may approve in spite of the score")
    said = a_text("gdpr_explanation", a_ledger(config=config, filed=a_file(record={"human_involved": "yes"})))
    assert "by automated means and by a person" in said
    assert "A person's part in it A credit officer who may approve" in said
    assert "Art. 6(1)(b) GDPR" in said
    assert "No person took part" not in said


def test_the_uk_letter_rests_on_its_own_articles() -> None:
    """The UK letter names the UK GDPR, its authority, and checks only where the lender states them."""
    config = a_policy(
        "uk", fairness_checks="Refusals by group, each quarter", authority="The ICO, Exampletown"
    )
    said = a_text("uk_explanation", a_world("uk_explanation", config=config))
    assert "(Art. 15 UK GDPR)" in said
    assert re.search(r"(?<!UK )GDPR", said) is None
    assert "Authority The ICO, Exampletown" in said
    assert "You can make representations" in said
    assert "How we check for unequal treatment Refusals by group, each quarter" in said
    assert "How we check accuracy" not in said
    interests = a_policy("uk", lawful_basis="legitimate_interests")
    assert "Art. 6(1)(f) UK GDPR" in a_text("uk_explanation", a_world("uk_explanation", config=interests))


def test_the_rejection_tells_no_reason_and_every_duty() -> None:
    """Fact, automated assessment, human assessment, explanation on request, database, debt advice."""
    said = a_text("ccd2_rejection", a_ledger())
    for item in (
        "We did not approve your application",
        "automated processing of personal data",
        "You have the right to have a person assess your application, and you can contest our decision",
        "You have the right to ask us for a clear explanation",
        "Database Musterauskunft GmbH Address Beispielallee 12, 00000 Musterstadt Telephone +49 000 5550199",
        "used from there: Late payments Loans and cards",
        "gave: Information Your value Payments after their due date, last two years 3",
        "Debt advice Musterstadt, Rathausplatz 2, free of charge",
    ):
        assert item in said, item
    for untold in ("reason", "0.41", "compared with your income"):
        assert untold not in said


def test_the_rejection_says_only_what_applies() -> None:
    """Without a database, debt advice that is relevant, or a machine, their parts are not there."""
    record = {"debt_advice": "no", "human_involved": "true"}
    ledger = a_ledger(
        config=a_policy(human_step="A credit officer"),
        decided=a_refusal(score=None, cutoff=None, stage="judgmental"),
        filed=a_file(record=record, sources=(), inputs={}),
    )
    said = a_text("ccd2_rejection", ledger)
    for absent in ("Database", "Advice", "automated processing"):
        assert absent not in said


def test_the_outcome_of_a_review_is_told_where_it_is_given() -> None:
    """The reviewer's record stands in the letter; without one there is no word of it."""
    said = a_text("ccd2_explanation", a_ledger(), review=REVIEW)
    assert "Reviewed by Credit review Could the reviewer change the decision? yes" in said
    assert "Result the decision stands Reason The new papers show the same payments" in said
    assert "Closed on 25 November 2026" in said
    assert "Reviewed by" not in a_text("ccd2_explanation", a_ledger())


@pytest.mark.parametrize(
    ("day", "says"), [("2027-12-01", "by our own choice"), ("2027-12-02", "You have a right to it")]
)
def test_article_86_says_whether_it_is_a_duty_yet(day: str, says: str) -> None:
    """Before 2 December 2027 the letter says that it comes by choice, from then on that it is owed."""
    ledger = a_ledger(filed=a_file(record={"decided_at": day}))
    assert says in a_text("ai_act_explanation", ledger, date=dt.date(2027, 12, 9))


def test_california_is_told_purpose_logic_and_outcome() -> None:
    """The access response has the specific purpose, the logic, the outcome and what is held back."""
    said = a_text("admt_response", a_world("admt_response"))
    for item in (
        "Purpose To decide on applications for credit",
        "The score is the output. It decided by itself.",
        "January 4, 2027",
        "The exact formula of the score It is a trade secret",
        "We may not treat you worse",
    ):
        assert item in said, item


# --- what refuses ------------------------------------------------------------------------------

LENDER = {
    "gdpr_explanation": {
        "name": "15(1)", "address": "15(1)", "dpo": "13(1)(b)", "authority": "77", "review_contact": "22(3)",
        "review_time": "22(3)", "lawful_basis": "22(2)", "purposes": "15(1)(a)", "categories": "15(1)(b)",
        "recipients": "15(1)(c)", "storage": "15(1)(d)",
    },
    "uk_explanation": {
        "name": "UK GDPR", "address": "UK GDPR", "dpo": "13(1)(b) UK", "authority": "77 UK",
        "review_contact": "22C", "review_time": "12A", "lawful_basis": "22B", "purposes": "15(1)(a) UK",
        "categories": "15(1)(b) UK", "recipients": "15(1)(c) UK", "storage": "15(1)(d) UK",
    },
    "ccd2_rejection": {
        "name": "18(9)", "address": "18(9)", "review_contact": "18(9)", "review_time": "18(9)",
        "debt_advice": "18(9)", "databases": "19(6)",
    },
    "ccd2_explanation": dict.fromkeys(("name", "address", "review_contact", "review_time"), "18(8)"),
    "ai_act_explanation": {"name": "86(1)", "address": "86(1)", "ai_system": "86(1)"},
    "admt_response": {"name": "7222", "address": "7222", "purposes": "7222(b)(1)"},
}  # fmt: skip
RECORD = {
    "gdpr_explanation": "15(1)(h)",
    "uk_explanation": "15(1)(h) UK",
    "ccd2_rejection": "18(9)",
    "ccd2_explanation": "18(8)",
    "ai_act_explanation": "86(1)",
    "admt_response": "7222",
}
FIELDS = ("decided_at", "product", "received_at", "requested_terms", "human_involved", "language")


@pytest.mark.parametrize(
    ("kind", "field", "citation"), [(k, f, c) for k, fields in LENDER.items() for f, c in fields.items()]
)
def test_what_the_lender_does_not_state_refuses(kind: str, field: str, citation: str) -> None:
    """Each thing that the lender must state, taken away alone, refuses by its name and article."""
    entity = {"uk_explanation": "uk", "admt_response": "us"}.get(kind, "eu")
    found = refused(kind, a_world(kind, config=a_policy(entity, **{field: None})))
    assert f"entities.{entity}.{field}" in found.cause
    assert citation in found.citation
    if field != "ai_system":  # three facts of one section
        assert ";" not in found.cause.replace("; write none where there is no such officer", "").replace(
            "; record.debt_advice says where it is not relevant", ""
        )


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", RECORD)
def test_a_missing_field_of_the_record_refuses(kind: str, field: str) -> None:
    """Each mandatory field of the record refuses by its name, with the article of the kind."""
    ledger = a_world(kind)
    fields = {key: value for key, value in ledger.filed.record.items() if key != field}
    found = refused(kind, replace(ledger, filed=replace(ledger.filed, record=fields)))
    assert f"record.{field} is missing" in found.cause
    if field in ("decided_at", "product", "received_at", "requested_terms"):
        assert RECORD[kind] in found.citation


EXPLAINING = tuple(kind for kind in RECORD if kind != "ccd2_rejection")


@pytest.mark.parametrize("kind", EXPLAINING)
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"decided": a_refusal(reasons=())}, "the principal reasons are missing"),
        ({"dictionary": some_codes() | {"job": replace(some_codes()["job"], columns=())}}, ""),
    ],
)
def test_reasons_are_never_missing(kind: str, changes: dict[str, Any], name: str) -> None:
    """A letter without reasons is refused; a reason that is a rule needs no input."""
    made = written(kind, a_world(kind, **changes), formats=("txt",))
    assert isinstance(made, Refusal) == bool(name)
    if isinstance(made, Refusal):
        assert name in made.cause
        assert RECORD[kind].split(" UK")[0] in made.citation


@pytest.mark.parametrize("kind", [kind for kind in EXPLAINING if kind != "ai_act_explanation"])
@pytest.mark.parametrize(
    ("inputs", "score", "name"),
    [
        ({"late_payments": {"source": "cra"}}, {"low": 0, "high": 1}, "letters.inputs.late_payments.label"),
        ({"savings": {"label": "Savings"}}, {"low": 0, "high": 1}, "letters.inputs.savings.source"),
        ({"savings": {"label": {"de": "x"}, "source": "own"}}, {"low": 0, "high": 1}, "savings.label"),
        ({}, None, "letters.score.low and high"),
    ],
)
def test_data_without_name_or_source_refuse(
    kind: str, inputs: dict[str, Any], score: dict[str, Any] | None, name: str
) -> None:
    """Each value that was scored needs its name and its source, and the score its range."""
    entity = {"uk_explanation": "uk", "admt_response": "us"}.get(kind, "eu")
    config = a_policy(entity, letters={"score": score})
    config["letters"]["inputs"] |= inputs
    assert name in refused(kind, a_world(kind, config=config)).cause


def test_a_database_that_nobody_names_is_no_source() -> None:
    """An input from a credit agency is refused where the record names none for this person."""
    found = refused("gdpr_explanation", a_ledger(filed=a_file(sources=())))
    assert "letters.inputs.late_payments.source is missing: no source of kind cra is named" in found.cause
    assert "15(1)(g)" in found.citation


@pytest.mark.parametrize(
    ("changes", "name", "citation"),
    [
        ({"sources": (a_database(name=""),)}, "sources.name", "19(6)"),
        ({"sources": (a_database(address="", phone=""),)}, "neither address nor phone", "19(6)"),
        ({"inputs": {"savings": 1.0}}, "the result from Musterauskunft GmbH", "19(6)"),
        ({"without": "purpose"}, "record.purpose", "Art. 2, 3"),
    ],
)
def test_a_consultation_is_told_whole_or_not_at_all(
    changes: dict[str, Any], name: str, citation: str
) -> None:
    """A database without name, particulars, result or categories refuses the rejection letter."""
    found = refused("ccd2_rejection", a_ledger(filed=a_file(**changes)))
    assert name in found.cause
    assert citation in found.citation


@pytest.mark.parametrize("field", REVIEW)
def test_a_review_is_told_whole(field: str) -> None:
    """Each field of a review that was closed is needed."""
    review = {key: value for key, value in REVIEW.items() if key != field}
    assert f"review.{field}" in refused("ccd2_explanation", a_ledger(), review=review).cause


def test_a_review_that_can_change_nothing_is_none() -> None:
    """A reviewer without the authority to change the decision refuses the letter."""
    found = refused("ccd2_explanation", a_ledger(), review=REVIEW | {"authority_to_change": "no"})
    assert "that is no human review" in found.cause


@pytest.mark.parametrize(
    ("field", "value"), [("outcome", "answered"), ("received_view", "perhaps"), ("closed_at", "soon")]
)
def test_a_review_is_told_in_known_words(field: str, value: str) -> None:
    """A review is upheld or overturned, on a day, with the person's view or without; nothing else is one."""
    assert (
        f"review.{field} is" in refused("ccd2_explanation", a_ledger(), review=REVIEW | {field: value}).cause
    )


@pytest.mark.parametrize(
    ("config", "record", "decided", "name"),
    [
        ({"lawful_basis": "legitimate_interests"}, {}, {}, "none of contract, law, consent"),
        ({}, {"human_involved": "true"}, {}, "entities.eu.human_step is missing"),
        ({}, {}, {"stage": "judgmental"}, "a person decided"),
        ({"storage": {"fr": "trois ans"}}, {}, {}, "entities.eu.storage has no words in en"),
        ({"withheld": [{"what": {"fr": "x"}, "reason": "y"}]}, {}, {}, "withheld[0].what has no words in en"),
        ({"transfers": {"fr": "x"}}, {}, {}, "entities.eu.transfers has no words in en"),
        ({}, {}, {"action": "counteroffer"}, "record.offered_terms"),
        ({}, {}, {"action": "embargo"}, "the action recorded (embargo)"),
    ],
)
def test_what_contradicts_or_lacks_words_refuses(
    config: dict[str, Any], record: dict[str, str], decided: dict[str, Any], name: str
) -> None:
    """No ground of Art. 22(2), a human part that is untold, words in another language alone: no letter."""
    ledger = a_ledger(config=a_policy(**config), filed=a_file(record=record), decided=a_refusal(**decided))
    assert name in refused("gdpr_explanation", ledger).cause


def test_a_nominal_adviser_refuses_article_86() -> None:
    """Nobody is told that a person decided where the record says that none took part."""
    system = {"role": "advisory", "provider": "p", "registration": "r"}
    found = refused("ai_act_explanation", a_ledger(config=a_policy(ai_system=system)))
    assert "nobody was advised" in found.cause


def test_no_officer_is_said_by_none() -> None:
    """A lender without a data protection officer says so in the config, and the letter has no row of one."""
    said = a_text("gdpr_explanation", a_ledger(config=a_policy(dpo="none")))
    assert "Data protection officer" not in said


def test_unapproved_reasons_make_a_draft() -> None:
    """An unapproved statement refuses the explanation but not the rejection, which tells none."""
    codes = some_codes() | {"job": replace(some_codes()["job"], approved=None)}
    assert (
        "Reason 3 has no approved statement" in refused("gdpr_explanation", a_ledger(dictionary=codes)).cause
    )
    said = a_text("gdpr_explanation", a_ledger(dictionary=codes), draft=True, lang="de")
    assert said.startswith("ENTWURF. Nicht versenden.")
    assert "Musterweg" not in said
    assert a_text("ccd2_rejection", a_ledger(dictionary=codes))


@pytest.mark.parametrize(
    ("factor", "words_of_it", "lang", "check"),
    [
        ("job", {"en": "Your nationality"}, "en", "(check h)"),
        ("job", {"de": "Ihre Staatsangehörigkeit"}, "de", "(check h)"),
        ("job", {"fr": "Votre nationalité"}, "fr", "(check h)"),
        ("job", {"de": "Ihr Score ist zu niedrig"}, "de", "(check g)"),
        ("job", {"fr": "Votre score est insuffisant"}, "fr", "(check g)"),
        ("job", {"de": "months_employed"}, "de", "(check h)"),
    ],
)
def test_every_language_has_the_same_last_look(
    factor: str, words_of_it: dict[str, str], lang: str, check: str
) -> None:
    """A protected attribute, an empty phrase and a column's name refuse the letter in each language."""
    code = some_codes()[factor]
    codes = some_codes() | {factor: replace(code, statement={**code.statement, **words_of_it})}
    reasons = tuple(
        replace(one, statement=words_of_it["en"]) if one.factor == factor and "en" in words_of_it else one
        for one in a_refusal().reasons
    )
    ledger = a_ledger(dictionary=codes, decided=a_refusal(reasons=reasons))
    assert check in refused("gdpr_explanation", ledger, lang=lang).cause


# --- nobody else's data ------------------------------------------------------------------------


def two_people() -> Remembered:
    """Return an application of two people, each with an input of their own, and a database about each."""
    config = a_policy()
    config["letters"]["inputs"]["months_employed"]["of"] = "joint"
    config["letters"]["inputs"]["owns_home"]["of"] = "all"
    persons = (Person("pseudonym-of-PER-7"), Person("pseudonym-of-PER-7-B", "joint"))
    sources = (a_database(), a_database(name="Andere Auskunft AG", of="joint"))
    return a_ledger(
        config=config,
        decided=a_refusal(persons=persons),
        filed=a_file(sources=sources, bureau_scores=(a_score(of="joint", value="777"),)),
    )


@pytest.mark.parametrize("kind", ["gdpr_explanation", "ccd2_explanation"])
def test_each_person_reads_their_own_data_alone(kind: str) -> None:
    """Inputs, reasons, changes, sources and scores of one person are not in the other's letter."""
    first = a_text(kind, two_people())
    joint = a_text(kind, two_people(), a_person(person="PER-7-B", role="joint", name="Jo Beispiel"))
    assert "Months with your employer" not in first
    assert "How long you have been with your employer" not in first
    assert "Andere Auskunft" not in first
    assert "777" not in first
    assert "1 Your monthly payments" in first
    assert "18.5" not in first
    for own in ("payments on other loans", "Payments after their due date", "3 Musterauskunft GmbH"):
        assert own not in joint
    assert "1 How long you have been with your employer" in joint
    assert "Months with your employer 7 you" in joint
    assert "777" in joint
    for said in (first, joint):
        assert "Whether you own your home yes you" in said
        assert "It is that person's personal data." in said


@pytest.mark.parametrize(
    "kind", ["gdpr_explanation", "ccd2_explanation", "ai_act_explanation", "uk_explanation", "admt_response"]
)
def test_a_person_about_whom_nothing_was_used_reads_nothing_untrue(kind: str) -> None:
    """Neither "the information about you" nor a letter without reasons: the refusal says why."""
    persons = (Person("pseudonym-of-PER-7"), Person("pseudonym-of-PER-7-B", "joint"))
    joint = a_person(person="PER-7-B", role="joint", name="Jo Beispiel")
    ledger = a_world(kind)
    ledger.decided = replace(ledger.decided, persons=persons)
    assert "no information about the joint applicant was used" in refused(kind, ledger, joint).cause
    shared = deepcopy(ledger.config)
    shared["letters"]["inputs"]["owns_home"]["of"] = "all"
    ledger.config = shared
    assert "no reason is about the joint applicant alone" in refused(kind, ledger, joint).cause


def test_the_last_look_misses_the_reasons() -> None:
    """(d) A letter of a kind that tells reasons is refused without one, whatever wrote it."""
    ledger = a_ledger()
    kind = KINDS["gdpr_explanation"].content
    terms = Letters(ledger, "latest").terms.told("gdpr_explanation", "eu", "en", None)  # type: ignore[arg-type]
    records = (terms, ledger.decided, ledger.filed, a_person())
    sheet = replace(kind.compose(*records, date=SENT, number="N-1"), reasons=())
    how = {"date": SENT, "late": False, "html_words": "", "text_words": ""}
    assert "d" in {one.check for one in kind.broken(sheet, *records, **how)}  # type: ignore[arg-type]


@pytest.mark.parametrize(("permitted", "sent"), [({"by": "Counsel"}, True), (None, False)])
def test_age_is_a_reason_where_somebody_answers_for_it(permitted: dict[str, str] | None, sent: bool) -> None:
    """The leave that the notice of US law reads holds in explaining letters too."""
    config = a_policy()
    config["protected"] = {"age": {"column": "age"} | ({"permitted": permitted} if permitted else {})}
    codes = some_codes()
    codes["debts"] = replace(codes["debts"], statement={**codes["debts"].statement, "en": "Your age"})
    reasons = tuple(
        replace(one, statement="Your age") if one.factor == "debts" else one for one in a_refusal().reasons
    )
    ledger = a_ledger(config=config, dictionary=codes, decided=a_refusal(reasons=reasons))
    made = written("gdpr_explanation", ledger, formats=("txt",))
    assert isinstance(made, tuple) is sent
    assert sent or "(check h)" in made.cause  # type: ignore[union-attr]


def test_the_last_look_finds_another_person_s_data() -> None:
    """Whatever wrote it there, another person's input or source among one's own refuses the letter."""
    ledger = two_people()
    letters = Letters(ledger, "latest")  # type: ignore[arg-type]
    kind = KINDS["gdpr_explanation"].content
    terms = letters.terms.told("gdpr_explanation", "eu", "en", None)
    records = (terms, ledger.decided, ledger.filed, a_person())
    sheet = kind.compose(*records, date=SENT, number="N-1")
    assert isinstance(sheet, Explanation)
    for line in (("Months with your employer", "7", "you"), ("Late payments", "3", "Andere Auskunft AG")):
        other = Part("data", "Data", (Grid("", ("a", "b", "c"), (line,)),))
        forged = replace(sheet, parts=(*(one for one in sheet.parts if one.name != "data"), other))
        said = " ".join((sheet.sentence, sheet.creditor.name, *sheet.creditor.address))
        how = {"date": SENT, "late": False, "html_words": said, "text_words": said}
        found = kind.broken(forged, *records, **how)  # type: ignore[arg-type]
        assert "k" in {one.check for one in found}, line
    assert "k" not in {one.check for one in kind.broken(sheet, *records, **how)}  # type: ignore[arg-type]


def test_no_protected_group_and_no_other_applicant_is_told() -> None:
    """A letter holds none of the protected attributes, pseudonyms, contributions or raw names."""
    for kind, lang in TOLD:
        said = a_text(kind, a_world(kind), lang=lang)
        for inner in ("SEX", "age_band", "pseudonym", "PER-7", "late_payments", "0.07", "m.keras"):
            assert inner not in said, (kind, lang, inner)


# --- when --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "decided", "kind"),
    [
        ({}, {}, "ccd2_rejection"),
        ({"decided_at": "2026-11-19"}, {}, "gdpr_explanation"),
        ({}, {"action": "limit_decrease"}, "gdpr_explanation"),
        ({"purpose": "business"}, {}, "gdpr_explanation"),
        ({"jurisdiction": "uk"}, {}, "uk_explanation"),
    ],
)
def test_the_record_chooses(record: dict[str, str], decided: dict[str, Any], kind: str) -> None:
    """A consumer's rejection from 20 November 2026 on is the directive's, other decisions the GDPR's."""
    entity = "uk" if kind == "uk_explanation" else "eu"
    ledger = a_ledger(config=a_policy(entity), filed=a_file(record=record), decided=a_refusal(**decided))
    made = written(None, ledger, formats=("txt",))
    assert isinstance(made, tuple), made
    assert made[0].kind == kind


@pytest.mark.parametrize(
    ("kind", "record", "decided", "cause"),
    [
        ("ccd2_rejection", {"decided_at": "2026-11-19"}, {}, "decided on 2026-11-19"),
        ("ccd2_explanation", {"decided_at": "2026-11-19"}, {}, "decided on 2026-11-19"),
        ("admt_response", {"decided_at": "2026-12-31"}, {}, "decided on 2026-12-31"),
        ("admt_response", {"residence": "NV"}, {}, "record.residence is NV, not CA"),
        ("ccd2_rejection", {"purpose": "business"}, {}, "no consumer's credit"),
        ("ccd2_rejection", {}, {"action": "partial"}, "no application was rejected"),
        ("gdpr_explanation", {"jurisdiction": "uk"}, {}, "gdpr_explanation is a letter of eu"),
        (None, {}, {"outcome": "favourable", "action": "approved"}, "the outcome is favourable"),
        (None, {}, {"notice": Notice("held", "ranking_uncertain")}, "held: ranking_uncertain"),
        (None, {}, {"notice": Notice("void")}, "the notice is void"),
    ],
)
def test_what_is_not_due_says_why(
    kind: str | None, record: dict[str, str], decided: dict[str, Any], cause: str
) -> None:
    """Too early, another place, another person's law, nothing adverse, a hold: no letter, with its cause."""
    world = a_world(kind or "gdpr_explanation")
    filed = replace(world.filed, record={**world.filed.record, **record})
    found = refused(kind, replace(world, filed=filed, decided=a_refusal(**decided)))
    assert cause in found.cause
    assert "12 CFR" not in found.citation
    assert found.days_left is None


def test_nothing_is_sent_to_a_guarantor_unasked() -> None:
    """A guarantor gets no letter by itself, and an answer about their own data when they ask."""
    config = a_policy()
    for column in ("owns_home", "savings"):
        config["letters"]["inputs"][column]["of"] = "guarantor"
    persons = (Person("pseudonym-of-PER-7"), Person("pseudonym-of-G", "guarantor"))
    ledger = a_ledger(config=config, decided=a_refusal(persons=persons))
    guarantor = a_person(person="G", role="guarantor", name="Gina Beispiel")
    assert "asked for no credit" in refused(None, ledger, guarantor).cause
    said = a_text("gdpr_explanation", ledger, guarantor)
    assert "Whether you own your home yes you" in said
    assert "0.41" not in said
    assert VALUES["owns_home"] == 1.0
