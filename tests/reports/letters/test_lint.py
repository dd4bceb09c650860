"""The checks (a) to (l) of a finished notice, each broken on its own."""

from __future__ import annotations

import datetime as dt
import random
import re
from dataclasses import replace
from typing import Any

import pytest

from audit.config import dictionary
from audit.record import CaseFile, Decision, Reason, Recipient
from audit.vague import is_vague
from reports import language
from reports.checks import Violation
from reports.disclosure import ScoreBlock
from reports.html import environment
from reports.lint import ECOA_NOTICE, RAW_NAME, _raw_names, lint
from reports.notice import Notice, compose
from reports.terms import Terms, read_terms
from tests.worlds import noticed
from tests.worlds.noticed import TODAY, Remembered, a_case, a_decision, a_recipient, a_score, a_source


class Sent:
    """A notice that is right in everything, and the records it came from."""

    def __init__(self, **ledger: Any) -> None:
        remembered = Remembered(**ledger)
        self.terms: Terms = read_terms(remembered, "latest")  # type: ignore[arg-type]
        self.decision: Decision = remembered.decided
        self.case: CaseFile = remembered.filed
        self.recipient: Recipient = a_recipient()
        self.notice: Notice = compose(
            self.terms, self.decision, self.case, self.recipient, date=TODAY, number="N-00000-00000"
        )

    def text(self) -> str:
        """Return the words of the notice as it stands."""
        return (
            environment()
            .get_template("letters/adverse_action/body.txt")
            .render(notice=self.notice, words=self.terms.words.words)
        )

    def broken(
        self, *, date: dt.date = TODAY, late: bool = False, html: str | None = None, text: str | None = None
    ) -> set[str]:
        """Return the letters of the checks that are broken."""
        said = self.text() if text is None else text
        found: tuple[Violation, ...] = lint(
            self.notice,
            self.terms,
            self.decision,
            self.case,
            self.recipient,
            date=date,
            late=late,
            html_words=said if html is None else html,
            text_words=said,
        )
        assert all(violation.fact and violation.citation for violation in found)
        return {violation.check for violation in found}


@pytest.fixture
def sent() -> Sent:
    """A notice without a fault."""
    return Sent()


def test_a_right_notice_breaks_nothing(sent: Sent) -> None:
    """Every check is silent on a notice that is right."""
    assert sent.broken() == set()


@pytest.mark.parametrize(
    "words",
    [
        "We did not approve your application",
        "Harbor Lane Credit Co.",
        "500 Market Street, Suite 900",
        "Federal Trade Commission",
        "Length of time accounts have been established",
        "The Federal Equal Credit Opportunity Act",
    ],
)
def test_a_each_item_must_be_said(sent: Sent, words: str) -> None:
    """(a) A notice that lost the action, the creditor, the agency, a reason or the ECOA text is refused."""
    assert "a" in sent.broken(text=sent.text().replace(words, ""))


def test_b_the_ecoa_notice_is_the_prescribed_one(sent: Sent) -> None:
    """(b) One word changed in the prescribed text is seen; another apostrophe is not a word."""
    sent.notice = replace(sent.notice, ecoa=ECOA_NOTICE.replace("religion, ", ""))
    assert sent.broken() == {"b"}
    sent.notice = replace(sent.notice, ecoa=ECOA_NOTICE.replace("'", "\u2019"))
    assert sent.broken() == set()


def test_b_an_addition_after_the_bracket_is_printed_and_allowed() -> None:
    """(b) What a house adds after the prescribed text follows the agency, and breaks nothing."""
    texts = dict(noticed.TEXTS) | {"ecoa_notice": f"{noticed.ECOA} Age may be considered in scoring systems."}
    sent = Sent(texts=texts)
    assert sent.broken() == set()
    assert "Age may be considered in scoring systems." in sent.text().split("20580")[1]


def test_c_the_agency_is_the_row_in_force(sent: Sent) -> None:
    """(c) Another agency, or one without an address, is refused."""
    sent.notice = replace(sent.notice, agency=("Federal Trade Commission", "Elsewhere 1"))
    assert sent.broken() == {"c"}
    sent.terms = replace(sent.terms, agency=("Federal Trade Commission",))
    sent.notice = replace(sent.notice, agency=("Federal Trade Commission",))
    assert sent.broken() == {"c"}


def _with_reasons(sent: Sent, *reasons: Reason) -> None:
    sent.decision = replace(sent.decision, reasons=reasons)
    sent.notice = compose(sent.terms, sent.decision, sent.case, sent.recipient, date=TODAY, number="N")


def test_d_one_to_four_reasons(sent: Sent) -> None:
    """(d) No reason and five reasons are both refused."""
    one = sent.decision.reasons[0]
    _with_reasons(sent)
    assert "d" in sent.broken()
    _with_reasons(sent, *(replace(one, rank=rank) for rank in range(1, 6)))
    assert sent.broken() == {"d"}
    _with_reasons(sent, *(replace(one, rank=rank) for rank in range(1, 5)))
    assert sent.broken() == set()


def test_d_reasons_are_those_of_the_record_in_its_words(sent: Sent) -> None:
    """(d) A reason that was left out, reordered, reworded or is not the record's is refused."""
    first, second, third = sent.notice.reasons
    for lines in (
        (first, second),
        (second, first, third),
        (replace(first, statement="Income"), second, third),
    ):
        other = Sent()
        other.notice = replace(other.notice, reasons=lines)
        assert "d" in other.broken()
    reworded = replace(sent.decision.reasons[0], statement="Payment status of your account")
    _with_reasons(sent, reworded, *sent.decision.reasons[1:])
    assert sent.broken() == {"d"}


def test_d_a_reason_needs_an_approved_statement_and_a_factor_of_the_record(sent: Sent) -> None:
    """(d) An unapproved statement, a factor the model never saw, a rule that did not fire."""
    codes = noticed.some_codes()
    sent.terms = replace(sent.terms, codes=codes | {"history": replace(codes["history"], approved=None)})
    assert sent.broken() == {"d"}
    sent = Sent(filed=a_case(inputs={"latest_payment_raw": 1.0, "utilisation_raw": 0.9}))
    assert sent.broken() == {"d"}
    sent = Sent()
    _with_reasons(sent, replace(sent.decision.reasons[0], component="rule"))
    assert sent.broken() == {"d"}
    sent.decision = replace(sent.decision, rules=("latest_payment",))
    assert sent.broken() == set()


def test_e_a_report_block_stands_where_a_report_was_used(sent: Sent) -> None:
    """(e) A report without its block, and a block without a report, are refused."""
    sent.notice = replace(sent.notice, report="")
    assert sent.broken() == {"e"}
    sent = Sent(filed=a_case(sources=(), bureau_scores=()))
    assert sent.broken() == set()
    sent.notice = replace(sent.notice, report=noticed.FCRA_615A)
    assert sent.broken() == {"e"}


def test_e_a_score_block_stands_where_a_score_was_used(sent: Sent) -> None:
    """(e) A used score without its block is refused, and so is a block without a score."""
    sent.notice = replace(sent.notice, scores=())
    assert sent.broken() == {"e"}
    sent = Sent()
    sent.case = replace(sent.case, bureau_scores=())
    assert "e" in sent.broken()


def _block(sent: Sent, **changes: Any) -> None:
    block: ScoreBlock = replace(sent.notice.scores[0], **changes)
    sent.notice = replace(sent.notice, scores=(block,))


@pytest.mark.parametrize(
    "changes",
    [
        {"low": "613"},
        {"high": "611"},
        {"low": "n/a"},
        {"key_factors": ()},
        {"key_factors": ("1", "2", "3", "4", "5"), "inquiries": ""},
    ],
)
def test_e_a_score_lies_in_its_range_with_one_to_four_key_factors(
    sent: Sent, changes: dict[str, Any]
) -> None:
    """(e) A score outside of its range, no key factor, and five without inquiries are refused."""
    _block(sent, **changes)
    assert sent.broken() == {"e"}


def test_e_inquiries_are_the_fifth_key_factor(sent: Sent) -> None:
    """(e) Four key factors and the number of inquiries make five, and that is allowed."""
    _block(sent, key_factors=("a", "b", "c", "d"), inquiries="Number of inquiries")
    assert sent.broken() == set()


def test_e_no_score_is_younger_than_the_decision() -> None:
    """(e) A score of the day after the decision was not used in it."""
    same_day = Sent(filed=a_case(bureau_scores=(a_score(created_on=dt.date(2026, 11, 19)),)))
    assert same_day.broken() == set()
    after = Sent(filed=a_case(bureau_scores=(a_score(created_on=dt.date(2026, 11, 20)),)))
    assert after.broken() == {"e"}


@pytest.mark.parametrize("kind", ["affiliate", "third_party"])
def test_f_other_sources_have_their_block(kind: str) -> None:
    """(f) The block of 615(b) stands exactly where an affiliate or a third party was a source."""
    sent = Sent(filed=a_case(sources=(a_source(), a_source(kind=kind))))
    assert sent.broken() == set()
    sent.notice = replace(sent.notice, outside="")
    assert sent.broken() == {"f"}
    sent = Sent()
    sent.notice = replace(sent.notice, outside=noticed.FCRA_615B)
    assert sent.broken() == {"f"}


@pytest.mark.parametrize(
    "statement",
    [
        "Our internal standards",
        "Internal policy of the lender",
        "Company policies",
        "Our criteria were not met",
        "You did not meet our criteria",
        "No qualifying score",
        "Score too low",
        "Your score was too low",
        "Insufficient score",
        "Result of our model",
        "The algorithm decided",
        "Our risk assessment",
        "Score below our threshold",
        "Credit score",
        "Low rating",
        "Internal reasons",
        "Risk profile",
    ],
)
def test_g_vague_statements_are_refused(statement: str) -> None:
    """(g) A statement that tells nothing is refused, in capitals too."""
    assert is_vague(statement)
    assert is_vague(statement.upper())


@pytest.mark.parametrize(
    "statement",
    [
        "Insurance policy had lapsed",
        "Model year of the automobile",
        "Length of residence",
        "Balances are too high compared with your credit limits",
        "Unable to verify income, which our policy asks for",
        "Balances on accounts too high",
        "Number of recent inquiries",
        "Low number of points of sale",
    ],
)
def test_g_specific_statements_are_not_vague(statement: str) -> None:
    """(g) Words that only look like a banned phrase stay."""
    assert not is_vague(statement)


def test_the_dictionary_and_the_letter_ban_the_same_words(sent: Sent) -> None:
    """What the dictionary refuses as vague, the letter refuses, and nothing else."""
    assert dictionary.is_vague is language.is_vague is is_vague
    assert _says(sent, "Creditworthiness") == {"g"}
    assert _says(sent, "Other debts compared with income") == set()


def _says(sent: Sent, statement: str) -> set[str]:
    code = replace(noticed.some_codes()["history"], statement={"en": statement})
    sent.terms = replace(sent.terms, codes=dict(sent.terms.codes) | {"history": code})
    _with_reasons(sent, *sent.decision.reasons[:2], replace(sent.decision.reasons[2], statement=statement))
    return sent.broken()


def test_g_and_h_are_looked_for_in_the_reasons(sent: Sent) -> None:
    """(g), (h) The statement that is printed is the one that is judged."""
    assert _says(sent, "Our internal standards") == {"g"}


@pytest.mark.parametrize(
    "statement",
    [
        "Your age",
        "Age",
        "You are too young",
        "Marital status",
        "Your sex and income",
        "Income from public assistance",
        "Value of history_raw",
        "SEX and age_band of the household",
        "Age of applicant",
        "Age of applicants",
        "disability",
        "Muslim",
        "Color",
        "Food stamps",
        "Social Security income",
    ],
)
def test_h_no_protected_term_and_no_column(statement: str) -> None:
    """(h) A protected basis or the name of a column in a reason is refused."""
    assert "h" in _says(Sent(), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "Age of your oldest account",
        "Average age of automobile loans",
        "Age of the automobile",
        "Age of the applicant's accounts",
        "Color of the vehicle",
        "Social Security number could not be verified",
        "Length of time accounts have been established",
        "Number of recent inquiries",
        "Income",
    ],
)
def test_h_ordinary_words_stay(statement: str) -> None:
    """(h) The age of a thing is not a person's age, and an ordinary word is nobody's column."""
    assert _says(Sent(), statement) == set()


def test_i_thirty_days(sent: Sent) -> None:
    """(i) Day 30 is in time, day 31 is refused unless late was asked for; no notice precedes its decision."""
    assert sent.broken(date=dt.date(2026, 12, 2)) == set()
    assert sent.broken(date=dt.date(2026, 12, 3)) == {"i"}
    assert sent.broken(date=dt.date(2026, 12, 3), late=True) == set()
    assert sent.broken(date=dt.date(2026, 11, 18)) == {"i"}
    sent.case = replace(sent.case, record={k: v for k, v in sent.case.record.items() if k != "completed_at"})
    assert sent.broken() == {"i"}


def test_j_electronic_notices_need_consent(sent: Sent) -> None:
    """(j) Mail and portal without consent are refused, paper is not."""
    for channel in ("email", "portal"):
        sent.recipient = a_recipient(channel=channel)
        assert sent.broken() == {"j"}
        sent.recipient = a_recipient(channel=channel, esign_consent=True)
        assert sent.broken() == set()


def test_k_another_person_s_score_or_report_is_refused() -> None:
    """(k) A notice to the primary applicant with the joint applicant's score is refused."""
    joint = a_score(of="joint", value="701")
    sent = Sent(filed=a_case(bureau_scores=(a_score(), joint), sources=(a_source(), a_source(of="joint"))))
    assert sent.broken() == set()
    _block(sent, value="701")
    assert sent.broken() == {"k"}
    sent = Sent(filed=a_case(sources=(a_source(), a_source(of="joint", name="Other Bureau"))))
    agency = replace(sent.notice.agencies[0], name="Other Bureau")
    sent.notice = replace(sent.notice, agencies=(agency,))
    assert sent.broken() == {"k"}


def test_l_formats_carry_identical_words_of_a_sealed_record(sent: Sent) -> None:
    """(l) One word more in one format, and a record that is not sealed, are refused."""
    assert sent.broken(html=f"{sent.text()} more") == {"l"}
    sent.terms = replace(sent.terms, sealed=False)
    assert sent.broken() == {"l"}


def test_a_decision_by_missing_value_prints_the_missing_statement() -> None:
    """(d) The words of a missing value are approved words; those of the value are then not."""
    code = noticed.some_codes()["history"]
    missing = Reason(1, "H1", "history", code.missing_statement["en"], 0.2, by_missing=True)
    assert Sent(decided=a_decision(reasons=(missing,))).broken() == set()
    wrong = replace(missing, statement=code.statement["en"])
    assert Sent(decided=a_decision(reasons=(wrong,))).broken() == {"d"}


def test_names_of_columns_are_found_as_each_by_itself() -> None:
    """One pattern of all names finds what a search for each of them finds, and no ordinary word is one."""
    rng = random.Random(11)
    names = frozenset({"late_3", "PAY_0", "creditLimit", "x.y", "income", "3", "a_b", "a_b_c", "PAY_01"})
    raw = [name for name in names if RAW_NAME.search(name)]
    pattern = _raw_names(names, frozenset({"sex", "age_2"}))
    words = [
        *raw,
        "age_2",
        "income",
        "sex",
        "The",
        "payment",
        "(a_b)",
        "a_b.",
        "xa_b",
        "PAY_012",
        "x.yz",
        "33",
    ]
    seen = set()
    for _ in range(400):
        sentence = rng.choice(["", " ", "-"]).join(rng.choices(words, k=rng.randint(1, 4)))
        alone = any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence) for name in [*raw, "age_2"])
        assert (pattern.search(sentence) is not None) == alone, sentence
        seen.add(alone)
    assert seen == {True, False}
    assert _raw_names(frozenset({"income"}), frozenset()).search("income, late_3") is None
