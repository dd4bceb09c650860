"""The dictionary of reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.config import load_dictionary
from audit.config.dictionary import read_dictionary
from audit.errors import ConfigError
from audit.ledger.shapes import code_of, code_row
from audit.vague import is_vague
from tests.worlds.full_config import REASONS_YAML


def faults(folder: Path, text: str) -> list[str]:
    path = folder / "reasons.yaml"
    path.write_text(text)
    return [str(fault).replace(f"{folder}/", "") for fault in read_dictionary(path).faults]


def test_every_key_reaches_its_record(tmp_path: Path) -> None:
    """A full entry becomes a ReasonCode; a short one gets the defaults."""
    path = tmp_path / "reasons.yaml"
    path.write_text(REASONS_YAML)
    balance, late = load_dictionary(path)
    assert balance.columns == ("balance_to_limit", "balance_missing")
    assert balance.statement == {"en": "Balances on revolving accounts compared with their limits"}
    assert balance.direction == {"high": "adverse"}
    assert (balance.hmda, balance.changeable, balance.priority) == (3, True, 3)
    assert balance.missing_columns == ("balance_missing",)
    assert balance.missing_statement["en"] == "We could not verify your balances"
    assert balance.proxy is not None
    assert balance.proxy.verdict == "reviewed"
    assert balance.approved is not None
    assert balance.approved.date.isoformat() == "2026-11-02"
    assert (late.code, late.approved, late.proxy, late.missing_statement) == ("7", None, None, {})


def test_ways_of_change_reach_their_record_and_the_ledger_and_come_back(tmp_path: Path) -> None:
    """Which way a column can go is kept as it was stated, a flag's too; without it nothing is kept."""
    path = tmp_path / "reasons.yaml"
    path.write_text(
        "a:\n  columns: [x, y]\n  code: A\n  statement: {en: Late payments}\n"
        "  direction: {high: adverse}\n  missing: {columns: [z], statement: {en: Not known}}\n"
        "  change: {x: increase, y: never, z: decrease}\n"
        "b: {columns: [w], code: B, statement: {en: Length of residence}}\n"
    )
    codes = load_dictionary(path)
    assert codes[0].change == {"x": "increase", "y": "never", "z": "decrease"}
    assert codes[1].change == {}
    rows = [code_row(code) for code in codes]
    assert [code_of(row) for row in rows] == list(codes)
    assert rows[1]["direction"] == "{}"


def test_an_accent_that_is_a_sign_of_its_own_becomes_one_letter(tmp_path: Path) -> None:
    """Otherwise no rule of words would find a protected basis that was typed so."""
    path = tmp_path / "reasons.yaml"
    path.write_text("a: {code: A, statement: {en: Late payments, es: Pagos de educacio\u0301n}}\n")
    assert load_dictionary(path)[0].statement["es"] == "Pagos de educaci\u00f3n"


def test_all_faults_of_all_factors_come_at_once(tmp_path: Path) -> None:
    """Each factor's faults stand at their lines, whatever is wrong with the others."""
    found = faults(
        tmp_path,
        "a:\n  columns: [x]\n  code: A\n  statement: {en: Score too low}\n"
        "b:\n  columns: [x]\n  code: A\n  statement: {es: Saldo alto}\n"
        "c:\n  code: C\n  statment: {en: Length of residence}\n"
        "d:\n  code: D\n  columns: [z]\n"
        "e:\n  code: E\n  statement: {en: Length of residence}\n  permitted: {by: x}\n",
    )
    assert [fault.split(": ", 2)[:2] for fault in found] == [
        ["reasons.yaml:4", "a.statement.en"],
        ["reasons.yaml:6", "b.columns[0]"],
        ["reasons.yaml:7", "b.code"],
        ["reasons.yaml:8", "b.statement"],
        ["reasons.yaml:11", "c.statment"],
        ["reasons.yaml:12", "d.statement"],
        ["reasons.yaml:18", "e.permitted"],
    ]
    assert "names nothing specific (12 CFR 1002.9(b)(2))" in found[0]
    assert "belongs to a already" in found[1]
    assert "Did you mean 'statement'" in found[4]
    assert "this key is missing. Add `statement: …`" in found[5]
    assert "this key is not known" in found[6]


@pytest.mark.parametrize("text", ["", "[]\n", "- a\n"])
def test_a_dictionary_without_factors_is_refused(tmp_path: Path, text: str) -> None:
    """Empty is refused."""
    (fault,) = faults(tmp_path, text)
    assert "no factor stands in this file" in fault


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("a: {code: A, statement: {en: ''}}", "this is empty"),
        ("a: {code: A, statement: [Late payments]}", "expected a mapping"),
        ("a: {code: A, statement: {en: Late payments}, hmda: 12}", "expected at most 10"),
        (
            "a: {code: A, statement: {en: Late payments}, direction: {up: adverse}}",
            "expected 'high' or 'low'",
        ),
        (
            "a: {code: A, statement: {en: Late payments}, direction: {high: adverse, low: adverse}}",
            "cannot both be adverse",
        ),
        (
            "a: {code: A, statement: {en: Late payments}, proxy: {of: age, verdict: fine, by: b, reason: r,"
            " date: 2026-01-01}}",
            "expected 'reviewed' or 'blocked'",
        ),
        (
            "a: {code: A, statement: {en: Late}, missing: {columns: [b]}}",
            "missing.statement: this key is missing",
        ),
        (
            "a: {code: A, statement: {en: Late}, missing: {statement: {en: Our policy}}}",
            "missing.statement.en: 'Our policy' names nothing specific",
        ),
        (
            'a: {code: A, statement: {en: "Sex\\u200b and marital status"}}',
            "statement.en: the words hold what nobody sees (U+200B). Type the words anew",
        ),
        ("a: text", "expected a mapping"),
        (
            "a: {code: A, statement: {en: Late payments}, columns: [b], change: {b: up}}",
            "expected 'increase', 'decrease', 'any' or 'never'",
        ),
        (
            "a: {code: A, statement: {en: Late payments}, columns: [months], change: {month: increase}}",
            "change names 'month', which is no column of this factor (months). Did you mean 'months'",
        ),
        (
            "a: {code: A, statement: {en: Late payments}, columns: [b], changeable: false, change: {b: any}}",
            "changeable says that it cannot. Remove one of the two",
        ),
        (
            "a: {code: A, statement: {en: Late payments}, columns: [b, c], change: {b: never, c: never}}",
            "none of its columns can change. Write changeable: false",
        ),
    ],
)
def test_a_bad_entry_gives_one_fault(tmp_path: Path, entry: str, words: str) -> None:
    """What is wrong is said where it stands."""
    (fault,) = faults(tmp_path, entry + "\n")
    assert words in fault


def test_loading_raises_what_reading_returns(tmp_path: Path) -> None:
    """`load_dictionary` refuses a dictionary with faults."""
    path = tmp_path / "reasons.yaml"
    path.write_text("a: {code: A}\n")
    with pytest.raises(ConfigError, match=r"reasons.yaml:1: a.statement: this key is missing"):
        load_dictionary(path)


@pytest.mark.parametrize(
    "statement",
    [
        "Internal standards",
        "You did not meet our internal standards.",
        "Our policy",
        "Credit policies of the bank",
        "Minimum criteria not met",
        "Failed to achieve a qualifying score",
        "Your credit score is too low",
        "Score low",
        "LOW SCORE",
        "Insufficient score on our scoring system",
        "The model’s output",
        "Our computer's algorithm decided",
        "Unsatisfactory risk assessment",
        "Score was below our minimum",
        "Your credit score did not meet our minimum",
        "You did not meet our lending standards",
        "The application did not satisfy our requirements",
        "Underwriting guidelines",
        "Insufficient points scored",
        "Applicant does not qualify",
        "Overall risk level too high",
        "Creditworthiness",
        "Business decision",
        "Other",
        "Various other reasons",
    ],
)
def test_statements_without_a_fact_are_vague(statement: str) -> None:
    """A score, a model, a policy or a standard as the sole reason is no reason (R9)."""
    assert is_vague(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "Age or model of the automobile",
        "Length of residence",
        "Income insufficient for amount of credit requested",
        "Cancelled insurance policy",
        "Number of models of vehicles financed",
        "Delinquent past or present credit obligations",
        "Balances lower the score: use of revolving accounts",
        "Unable to verify income",
        "Income does not meet the amount of credit requested",
        "Flood risk of the property",
        "Other debts compared with income",
        "Credit score from the bureau",
    ],
)
def test_specific_statements_are_taken(statement: str) -> None:
    """A banned word beside something specific about the applicant is no fault."""
    assert not is_vague(statement)


WORDS = """\
a:
  columns: [x]
  code: A
  statement: Length of residence
  bureau: [{bureau: Experian, model: FICO 8, code: 14}, {bureau: TransUnion, model: FICO 8, code: 03}]
b:
  columns: [y]
  code: B
  statement: {high: {en: Too many inquiries, es: Demasiadas consultas, es-MX: Muchas consultas}}
  missing: {columns: [y], statement: {en: Unable to verify inquiries}}
c:
  columns: [z]
  code: C
  statement: {low: Income insufficient}
"""


def test_one_sentence_is_english_and_an_end_is_a_direction(tmp_path: Path) -> None:
    """The short forms read as the long ones, and reach the ledger and come back."""
    path = tmp_path / "reasons.yaml"
    path.write_text(WORDS)
    a, b, c = load_dictionary(path)
    assert (a.statement, a.direction) == ({"en": "Length of residence"}, {})
    assert [(one.bureau, one.model, one.code) for one in a.bureau] == [
        ("Experian", "FICO 8", "14"),
        ("TransUnion", "FICO 8", "03"),
    ]
    assert (b.direction, c.direction) == ({"high": "adverse"}, {"low": "adverse"})
    assert c.statement == {"en": "Income insufficient"}
    for code in (a, b, c):
        assert code_of(code_row(code)) == code
    assert "bureau" not in code_row(b)["direction"]


def test_a_language_is_read_and_never_replaced(tmp_path: Path) -> None:
    """Each language has its own words; a kind of a language has those of the language, and no other."""
    path = tmp_path / "reasons.yaml"
    path.write_text(WORDS)
    _, b, _ = load_dictionary(path)
    assert b.statement_in("es") == "Demasiadas consultas"
    assert b.statement_in("es-MX") == "Muchas consultas"
    assert b.statement_in("es-AR") == "Demasiadas consultas"
    assert b.statement_in("de") is None
    assert b.statement_in("en", missing=True) == "Unable to verify inquiries"
    assert b.statement_in("es", missing=True) is None
    assert b.languages == {"en"}  # only there can all of it be said


def test_ends_and_codes_that_contradict_are_refused(tmp_path: Path) -> None:
    """Two ends, an end against the direction, a bureau's code without its model, one named twice."""
    ends = WORDS.replace("{low: Income insufficient}", "{low: Income insufficient, high: Income}")
    assert "only one end can be adverse" in faults(tmp_path, ends)[0]
    against = WORDS + "  direction: {high: adverse}\n"
    assert "the words are said of low, and direction says otherwise" in faults(tmp_path, against)[0]
    bare = WORDS.replace("{bureau: Experian, model: FICO 8, code: 14}", "{bureau: Experian, code: 14}")
    assert "a.bureau[0].model: this key is missing" in faults(tmp_path, bare)[0]
    twice = WORDS.replace("{bureau: TransUnion, model: FICO 8, code: 03}",
                          "{bureau: Experian, model: FICO 8, code: 14}")  # fmt: skip
    assert "names Experian FICO 8 14 twice" in faults(tmp_path, twice)[0]
