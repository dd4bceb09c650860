"""Syllables and grades, against counts made by hand and another program's hyphenation."""

from __future__ import annotations

import pyphen
import pytest

from audit.policy import seed_reasons
from audit.reading import grade, grade_of_lines, syllables

# Counted by hand.
BY_HAND = """
    a 1|loan 1|late 1|used 1|times 1|months 1|length 1|short 1|years 1|owed 1|credit 2|account 2|accounts 2
    |amount 2|payment 2|income 2|purpose 2|too 1|many 2|table 2|people 2|reports 2|dated 2|employed 2|value 2
    |business 2|bureau 2|recent 2|marriage 2|purchase 2|limit 2|changes 2|savings 2|verify 3|balances 3
    |inquiries 3|requested 3|residence 3|employment 3|delinquent 3|collateral 4|obligations 4|experience 4
    |material 4|period 3|previous 3|financial 3|revolving 3|references 4|insufficient 4|excessive 3
    |application 4|incomplete 3|installment 3|temporary 4|irregular 4|judgment 2|garnishment 3|attachment 3
    |foreclosure 3|repossession 4|bankruptcy 3|relation 3|history 3|established 3|statement 2|agreement 3
    |settlement 3|element 3|create 2|area 3|number 2|applicant 3|compared 2|average 3|checking 2|balance 2
    |carried 2|available 4|percentage 3|mortgage 2|vehicle 3|automobile 4|information 4|deposit 3|variable 4
    |ratio 3|duration 3|status 2|housing 2|property 3|opened 2|because 2|were 1|there 1|telephone 3
"""
COUNTED = [entry.strip().rsplit(" ", 1) for entry in BY_HAND.replace("\n", "").split("|")]


@pytest.mark.parametrize(("word", "n"), COUNTED)
def test_syllables_are_those_counted_by_hand(word: str, n: str) -> None:
    """Words of credit, and the endings that English does not speak."""
    assert syllables(word) == int(n)


def test_no_fewer_than_the_places_where_a_word_may_be_split() -> None:
    """A hyphen stands between syllables alone: another program's splits of the sample forms are no more."""
    splits = pyphen.Pyphen(lang="en_US")
    words = {word for seed in seed_reasons("us_ecoa_regb") for word in seed.statement["en"].split()}
    assert len(words) > 50
    for word in words:
        assert syllables(word) >= len(splits.positions(word)) + 1, word


def test_the_grade_is_the_published_formula() -> None:
    """Worked by hand: five words of six syllables; two sentences; nothing at all."""
    # The cat sat on it. 5 words, 5 syllables, 1 sentence
    assert grade("The cat sat on it.") == pytest.approx(0.39 * 5 + 11.8 * 5 / 5 - 15.59)
    # Length of residence: 3 words, 1 + 1 + 3 syllables
    assert grade("Length of residence") == pytest.approx(0.39 * 3 + 11.8 * 5 / 3 - 15.59)
    # We could not verify your income. Please call us. 9 words, 12 syllables, 2 sentences
    said = grade("We could not verify your income. Please call us.")
    assert said == pytest.approx(0.39 * 9 / 2 + 11.8 * 12 / 9 - 15.59)
    assert grade("12 34") is None


def test_lines_have_the_grade_of_their_text() -> None:
    """Counted line by line or at once, the grade is the same number; no lines have none."""
    lines = [
        "We could not approve your application.",
        "Is the 3.5 % rate wrong?!",
        "Ask us... or write.",
        "12!",
        "You’re free to call the bureau.",
    ]
    for n in range(len(lines) + 1):
        assert grade_of_lines(lines[:n]) == grade(" ".join(lines[:n]))
    assert grade_of_lines([]) is None
