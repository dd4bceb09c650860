"""The last look at a finished notice: checks (a) to (n), each independent of how it was written.

``mandatory`` asks whether the records suffice; this reads what would be sent, beside the records,
and trusts neither. One broken check refuses the letter.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from reports.checks import (
    AT_MOST,
    Violation,
    consented,
    english_is_offered,
    equal_words,
    in_time,
    normal,
    outside_sources,
    own_only,
    prescribed,
    printable,
    reports_and_scores,
)
from reports.deadline import CITATION as DEADLINE
from reports.deadline import deadline
from reports.mandatory import action_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from audit.record import CaseFile, Decision, Reason, Recipient
    from reports.notice import Notice
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

# Names that only a data set has: late_3, PAY_0, creditLimit. An ordinary word is nobody's column.
RAW_NAME = re.compile(r"[_\d.]|[a-z][A-Z]")

# Comment 9(b)(2)-7: which components may speak, by what the applicant failed. A rule may refuse at any.
FAILED = {
    "rule": frozenset({"rule"}),
    "score": frozenset({"rule", "score"}),
    "judgmental": frozenset({"rule", "judgmental"}),
    "gray_band": frozenset({"rule", "score", "judgmental"}),
}

# Holds that are ended by sending only where counsel said so, which the ledger saw to.
COUNSEL_DECIDED = frozenset({"protected_basis", "negative_age", "blocked_proxy"})


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
        The words of the two formats that can be read back without a renderer, one blank between two.
    """
    said = normal(text_words)
    return (
        *_a_content(notice, said),
        *_b_ecoa(notice),
        *_c_agency(notice, terms, said),
        *_d_reasons(notice, terms, decision, case),
        *reports_and_scores(notice, terms, case, recipient),
        *outside_sources(notice, case, recipient),
        *_g_vague(notice, terms),
        *_h_protected(notice, terms, decision),
        *_i_deadline(notice, decision, case, date, late),
        *consented(notice, recipient),
        *english_is_offered(notice, terms),
        *own_only(notice, case, recipient),
        *equal_words(terms, html_words, text_words),
        *printable(text_words),
    )


def _a_content(notice: Notice, said: str) -> Iterator[Violation]:
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
        if not all(words.strip() and prescribed(words) in said for words in texts):
            yield Violation("a", f"{name} is missing from the notice", citation)


def _b_ecoa(notice: Notice) -> Iterator[Violation]:
    if prescribed(notice.ecoa).rstrip(" :") != ECOA_NOTICE:
        yield Violation("b", "the ECOA notice differs from the prescribed text", "12 CFR 1002.9(b)(1)")


def _c_agency(notice: Notice, terms: Terms, said: str) -> Iterator[Violation]:
    named = prescribed(" ".join((notice.ecoa, *notice.agency)))
    if notice.agency != terms.agency or len(notice.agency) < 2 or named not in said:
        yield Violation(
            "c", "the agency is not the one in force for this creditor", "12 CFR 1002, Appendix A"
        )


def _d_reasons(notice: Notice, terms: Terms, decision: Decision, case: CaseFile) -> Iterator[Violation]:
    citation = "12 CFR 1002.9(b)(2)"
    if not 1 <= len(notice.reasons) <= AT_MOST:
        yield Violation("d", f"{len(notice.reasons)} reasons (1 to {AT_MOST} can be told)", f"{citation}-1")
    told = [(reason.rank, reason.statement) for reason in notice.reasons]
    recorded = sorted(
        (reason.rank, " ".join(terms.statement_of(reason).split())) for reason in decision.reasons
    )
    if told != recorded:
        yield Violation("d", "the reasons printed are not those of the record", citation)
    for name, shown in (
        ("checklist", [(line.rank, line.statement) for line in notice.checklist if line.rank]),
        ("groups", [(line.rank, line.statement) for group in notice.groups for line in group.reasons]),
    ):
        if shown and sorted(shown) != recorded:
            yield Violation("d", f"the reasons in the {name} are not those of the record", citation)
    for reason in decision.reasons:
        if not notice.draft and not terms.is_approved(reason):
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


def _g_vague(notice: Notice, terms: Terms) -> Iterator[Violation]:
    for reason in notice.reasons:
        if terms.words.is_vague(reason.statement):
            yield Violation("g", f"reason {reason.rank} is not specific", "12 CFR 1002.9(b)(2)")


def _h_protected(notice: Notice, terms: Terms, decision: Decision) -> Iterator[Violation]:
    raw = _raw_names(terms.raw_names, terms.protected)
    # R2: where counsel decided that the true reason is told, it is told and not swapped.
    told = decision.notice.end == "send_as_ranked" and decision.notice.cause in COUNSEL_DECIDED
    # 12 CFR 1002.6(b)(2): age alone may be scored, where somebody answers for it.
    protected = terms.words.protected_but_age if terms.age_permitted else terms.words.protected
    for reason in notice.reasons:
        if _says(protected, reason.statement) and not told:
            yield Violation("h", f"reason {reason.rank} names a protected basis", "12 CFR 1002.4(a)")
        if _says(raw, reason.statement):
            yield Violation("h", f"reason {reason.rank} has the name of a column", "12 CFR 1002.9(b)(2)")


@lru_cache(16)
def _raw_names(inputs: frozenset[str], protected: frozenset[str]) -> re.Pattern[str]:
    """Return what finds the name of a column in a sentence: the same for all letters of an audit."""
    names = sorted(name for name in inputs | protected if RAW_NAME.search(name))
    # An empty choice would be found everywhere; a name that cannot be is found nowhere.
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names)) or '(?!)'})(?!\w)")


@lru_cache(8192)  # a portfolio has millions of reasons and a few sentences
def _says(what: re.Pattern[str], statement: str) -> bool:
    return what.search(statement) is not None


def _i_deadline(
    notice: Notice, decision: Decision, case: CaseFile, date: dt.date, late: bool
) -> Iterator[Violation]:
    due = deadline(action_of(decision), case.record)
    if due is None:
        yield Violation("i", "the day from which the 30 days are counted is missing", DEADLINE)
    else:
        yield from in_time(notice, due, case, date, late)
