"""The last look at a finished notice: checks (a) to (l), each independent of how it was written.

``mandatory`` asks whether the records suffice; this reads what would be sent, beside the records,
and trusts neither. One broken check refuses the letter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from audit.vague import is_vague
from reports.deadline import CITATION as DEADLINE
from reports.deadline import DAYS, deadline, read_date
from reports.mandatory import (
    CRA,
    OUTSIDE,
    action_of,
    own_score_is_disclosed,
    score_of,
    sources_of,
)
from reports.notice import is_approved

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from audit.record import CaseFile, Decision, Reason, Recipient
    from reports.notice import Notice, ScoreBlock
    from reports.terms import Terms

# 12 CFR 1002.9(b)(1), up to the bracket that the agency's name and address fill.
ECOA_NOTICE = (
    "The Federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit "
    "applicants on the basis of race, color, religion, national origin, sex, marital status, age "
    "(provided the applicant has the capacity to enter into a binding contract); because all or part of "
    "the applicant's income derives from any public assistance program; or because the applicant has in "
    "good faith exercised any right under the Consumer Credit Protection Act. The Federal agency that "
    "administers compliance with this law concerning this creditor is"
)

# 12 CFR 1002.2(z): the bases that no reason may name. "Age of an account" is not a person's age.
PROTECTED = re.compile(
    r"""\b(?:race|racial|ethnic\w*|skin\s+colou?r|religio\w*|national\s+origin|nationality|sex|gender
      |marital|married|unmarried|divorced|widow\w*|pregnan\w*|public\s+assistance)\b""",
    re.IGNORECASE | re.VERBOSE,
)
AGE = re.compile(
    r"""\b(?:your|applicant.?s?|borrower.?s?)\s+age\b | ^\s*age\s*$ | \bage\s+(?:group|band)
      | \btoo\s+(?:young|old)\b | \byears\s+of\s+age\b""",
    re.IGNORECASE | re.VERBOSE,
)

# Names that only a data set has: late_3, PAY_0, creditLimit. An ordinary word is nobody's column.
RAW_NAME = re.compile(r"[_\d.]|[a-z][A-Z]")

AT_MOST = 4

# Comment 9(b)(2)-7: which components may speak, by what the applicant failed. A rule may refuse at any.
FAILED = {
    "rule": frozenset({"rule"}),
    "score": frozenset({"rule", "score"}),
    "judgmental": frozenset({"rule", "judgmental"}),
    "gray_band": frozenset({"rule", "score", "judgmental"}),
}


class Violation(NamedTuple):
    """A broken check: its letter, what is so, and the clause."""

    check: str
    fact: str
    citation: str


def lint(
    notice: Notice,
    terms: Terms,
    decision: Decision,
    case: CaseFile,
    recipient: Recipient,
    *,
    date: dt.date,
    late: bool,
    html_words: str,
    text_words: str,
) -> tuple[Violation, ...]:
    """Return every broken check of a notice that is about to be sent; empty where none is.

    Parameters
    ----------
    date : date
        The day of sending.
    late : bool
        Whether a notice past its deadline was asked for, with a reason.
    html_words, text_words : str
        The words of the two formats that can be read back without a renderer.
    """
    return (
        *_a_content(notice, text_words),
        *_b_ecoa(notice),
        *_c_agency(notice, terms, text_words),
        *_d_reasons(notice, terms, decision, case),
        *_e_reports_and_scores(notice, terms, decision, case, recipient),
        *_f_outside(notice, case, recipient),
        *_g_vague(notice),
        *_h_protected(notice, terms),
        *_i_deadline(notice, decision, case, date, late),
        *_j_electronic(notice, recipient),
        *_k_own_score_only(notice, case, recipient),
        *_l_equal_words(terms, html_words, text_words),
    )


def normal(text: str) -> str:
    """Return a text in the one form in which prescribed words are compared."""
    return " ".join(text.replace("\u2019", "'").replace("\u00a0", " ").split())


def _a_content(notice: Notice, text: str) -> Iterator[Violation]:
    said = normal(text)
    items = {
        "the action taken": ((notice.sentence,), "12 CFR 1002.9(a)(2)"),
        "the creditor's name and address": (
            (notice.creditor.name, *notice.creditor.address) if notice.creditor.address else ("",),
            "12 CFR 1002.9(a)(2)",
        ),
        "the ECOA notice": ((notice.ecoa,), "12 CFR 1002.9(b)(1)"),
        "the supervising agency": (notice.agency or ("",), "12 CFR 1002.9(b)(1)"),
        "the principal reasons": (
            tuple(reason.statement for reason in notice.reasons) or ("",),
            "12 CFR 1002.9(a)(2)(i)",
        ),
    }
    for name, (texts, citation) in items.items():
        if not all(words.strip() and normal(words) in said for words in texts):
            yield Violation("a", f"{name} is missing from the notice", citation)


def _b_ecoa(notice: Notice) -> Iterator[Violation]:
    if normal(notice.ecoa).rstrip(" :") != ECOA_NOTICE:
        yield Violation("b", "the ECOA notice differs from the prescribed text", "12 CFR 1002.9(b)(1)")


def _c_agency(notice: Notice, terms: Terms, text: str) -> Iterator[Violation]:
    named = normal(" ".join((notice.ecoa, *notice.agency)))
    if notice.agency != terms.agency or len(notice.agency) < 2 or named not in normal(text):
        yield Violation(
            "c", "the agency is not the one in force for this creditor", "12 CFR 1002, Appendix A"
        )


def _d_reasons(notice: Notice, terms: Terms, decision: Decision, case: CaseFile) -> Iterator[Violation]:
    citation = "12 CFR 1002.9(b)(2)"
    if not 1 <= len(notice.reasons) <= AT_MOST:
        yield Violation("d", f"{len(notice.reasons)} reasons (1 to {AT_MOST} can be told)", f"{citation}-1")
    told = [(reason.rank, reason.statement) for reason in notice.reasons]
    recorded = sorted((reason.rank, " ".join(reason.statement.split())) for reason in decision.reasons)
    if told != recorded:
        yield Violation("d", "the reasons printed are not those of the record", citation)
    for reason in decision.reasons:
        if not notice.draft and not is_approved(terms, reason):
            yield Violation("d", f"reason {reason.rank} has no approved statement", citation)
        if not _is_in_the_record(reason, terms, decision, case):
            yield Violation("d", f"the factor of reason {reason.rank} is not in the record", f"{citation}-2")
        if reason.statement not in _approved_words(reason, terms):
            yield Violation("d", f"reason {reason.rank} has other words than its statement", citation)
        if reason.contribution is not None and not reason.contribution > 0:
            yield Violation("d", f"the factor of reason {reason.rank} helped the applicant", f"{citation}-2")
    yield from _of_the_component(decision, f"{citation}-7")


def _of_the_component(decision: Decision, citation: str) -> Iterator[Violation]:
    failed = FAILED.get(decision.stage)
    if failed is None:
        yield Violation("d", f"nobody defined the stage {decision.stage!r}", citation)
        return
    told = [reason.component for reason in sorted(decision.reasons, key=lambda reason: reason.rank)]
    if not set(told) <= failed:
        yield Violation("d", f"a reason is not of what failed ({decision.stage})", citation)
    # Comment 9(b)(2)-8: what refuses by itself is stated itself, before anything that was weighed.
    if decision.rules and told[:1] != ["rule"]:
        yield Violation("d", "a rule that refused does not stand first", "12 CFR 1002.9(b)(2)-8")


def _is_in_the_record(reason: Reason, terms: Terms, decision: Decision, case: CaseFile) -> bool:
    if reason.component == "rule":
        return reason.factor in decision.rules
    if reason.component == "judgmental":
        return reason.factor in decision.judgment
    code = terms.codes.get(reason.factor)
    columns = {*code.columns, *code.missing_columns} if code else set()
    # Reasons that a vendor gave come without the inputs of its model.
    return code is not None and (not case.inputs or not columns.isdisjoint(case.inputs))


def _approved_words(reason: Reason, terms: Terms) -> tuple[str, ...]:
    code = terms.codes.get(reason.factor)
    if code is None:
        return ()
    return tuple((code.missing_statement if reason.by_missing else code.statement).values())


def _e_reports_and_scores(
    notice: Notice, terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient
) -> Iterator[Violation]:
    agencies = [source for source in sources_of(case, recipient) if source.kind == CRA]
    if bool(agencies) != bool(notice.report) or len(agencies) != len(notice.agencies):
        yield Violation("e", "the credit report block does not match the reports used", "15 USC 1681m(a)")
    if _n_scores(terms, case, recipient) != len(notice.scores):
        yield Violation("e", "the credit score block does not match the scores used", "15 USC 1681m(a)(2)")
    for block in notice.scores:
        yield from _of_a_score(block)
    decided = read_date(case.record.get("decided_at", ""))
    for score in score_of(case, recipient, "third_party_score"):
        if score.created_on and decided and score.created_on > decided:
            yield Violation("e", "the credit score is younger than the decision", "15 USC 1681g(f)(1)(D)")


def _of_a_score(block: ScoreBlock) -> Iterator[Violation]:
    try:
        inside = float(block.low) <= float(block.value) <= float(block.high)
    except ValueError:
        inside = False
    if not inside:
        yield Violation("e", "the credit score lies outside of its range", "15 USC 1681g(f)(1)(B)")
    if not 1 <= len(block.key_factors) <= AT_MOST:
        fact = f"{len(block.key_factors)} key factors besides inquiries (1 to {AT_MOST} can be told)"
        yield Violation("e", fact, "15 USC 1681g(f)(1)(C), (f)(9)")


def _f_outside(notice: Notice, case: CaseFile, recipient: Recipient) -> Iterator[Violation]:
    used = any(source.kind in OUTSIDE for source in sources_of(case, recipient))
    if used != bool(notice.outside):
        yield Violation("f", "the block on other sources does not match the sources used", "15 USC 1681m(b)")


def _g_vague(notice: Notice) -> Iterator[Violation]:
    for reason in notice.reasons:
        if is_vague(reason.statement):
            yield Violation("g", f"reason {reason.rank} is not specific", "12 CFR 1002.9(b)(2)")


def _h_protected(notice: Notice, terms: Terms) -> Iterator[Violation]:
    raw = {name for name in terms.raw_names | terms.protected if RAW_NAME.search(name)}
    for reason in notice.reasons:
        # 12 CFR 1002.6(b)(2): age alone may be scored, where somebody answers for it.
        age = not terms.age_permitted and AGE.search(reason.statement)
        if age or PROTECTED.search(reason.statement):
            yield Violation("h", f"reason {reason.rank} names a protected basis", "12 CFR 1002.4(a)")
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", reason.statement) for name in raw):
            yield Violation("h", f"reason {reason.rank} has the name of a column", "12 CFR 1002.9(b)(2)")


def _i_deadline(
    notice: Notice, decision: Decision, case: CaseFile, date: dt.date, late: bool
) -> Iterator[Violation]:
    if notice.draft:
        return
    decided = read_date(case.record.get("decided_at", ""))
    if decided and date < decided:
        yield Violation("i", "the date of the notice is before the decision", DEADLINE)
    due = deadline(action_of(decision), case.record)
    if due is None:
        yield Violation("i", "the day from which the 30 days are counted is missing", DEADLINE)
    elif due.days_left(date) < 0 and not late:
        fact = f"past the deadline: {DAYS - due.days_left(date)} days of {DAYS}; --late --reason sends it"
        yield Violation("i", fact, DEADLINE)


def _j_electronic(notice: Notice, recipient: Recipient) -> Iterator[Violation]:
    if not notice.draft and recipient.channel != "mail" and not recipient.esign_consent:
        yield Violation(
            "j", "an electronic notice needs the person's consent", "12 CFR 1002.4(d), 15 USC 7001(c)"
        )


def _k_own_score_only(notice: Notice, case: CaseFile, recipient: Recipient) -> Iterator[Violation]:
    theirs = {
        (score.value.strip(), score.provider.strip())
        for score in case.bureau_scores
        if score.of == recipient.role
    }
    if any((block.value, block.provider) not in theirs for block in notice.scores):
        yield Violation("k", "a credit score of another person is on the notice", "15 USC 1681m(a)(2)")
    names = {source.name for source in sources_of(case, recipient)}
    if any(agency.name not in names for agency in notice.agencies):
        yield Violation("k", "a credit report of another person is on the notice", "15 USC 1681m(a)(3)")


def _l_equal_words(terms: Terms, html_words: str, text_words: str) -> Iterator[Violation]:
    if not terms.sealed:
        yield Violation("l", "the record is not sealed yet", "12 CFR 1002.12(b)")
    if html_words.split() != text_words.split():
        yield Violation("l", "the formats do not carry identical words", "12 CFR 1002.4(d)")


def _n_scores(terms: Terms, case: CaseFile, recipient: Recipient) -> int:
    roles = ("third_party_score", "own_score") if own_score_is_disclosed(terms) else ("third_party_score",)
    return sum(len(score_of(case, recipient, role)) for role in roles)
