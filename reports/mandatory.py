"""What a notice must know before a word of it is written, and the clause that asks for it.

Every gap of a letter is found at once, so that one visit to the data mends them all. Nothing here
guesses: a field that is absent is named, never left blank on paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reports.deadline import ON_AN_ACCOUNT, read_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.record import BureauScore, CaseFile, Decision, Recipient, Source
    from reports.terms import Terms

CRA = "cra"
OUTSIDE = frozenset({"affiliate", "third_party"})

CONTENT = "12 CFR 1002.9(a)(2)"
REASONS = "12 CFR 1002.9(a)(2)(i), (b)(2)"
ECOA = "12 CFR 1002.9(b)(1)"
DATES = "12 CFR 1002.9(a)(1)"
RECORD = "12 CFR 1002.12(b)(1)"
REPORT = "15 USC 1681m(a)(3)"
RIGHTS = "15 USC 1681m(a)(4)"
SCORE = "15 USC 1681m(a)(2)"
OUTSIDE_RIGHTS = "15 USC 1681m(b)"
PERSON = "12 CFR 1002.9(f)"
LATER = "not built yet"


class Gap(NamedTuple):
    """A fact that is missing or cannot be told, and the clause that asks for it."""

    fact: str
    citation: str


def action_of(decision: Decision) -> str:
    """Return the action that a notice tells: the one recorded, else a plain refusal.

    An adverse outcome that came from the cutoff or from ``decision.taken`` is an application that
    was not approved; the record names an action only where it was another.
    """
    return decision.action or "denied"


def sources_of(case: CaseFile, recipient: Recipient) -> tuple[Source, ...]:
    """Return the sources of information about this person alone."""
    return tuple(source for source in case.sources if source.of == recipient.role)


def score_of(case: CaseFile, recipient: Recipient, role: str) -> tuple[BureauScore, ...]:
    """Return the scores of this person alone, of one role."""
    return tuple(
        score
        for score in case.bureau_scores
        if score.of == recipient.role and score.role == role and _was_obtained(score)
    )


def of_a_guarantor(case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return why a guarantor gets no letter of this kind; None for an applicant.

    A guarantor is an applicant for 12 CFR 1002.7(d) alone (1002.2(e)), so neither "your application"
    nor the applicant's reasons are theirs. What the FCRA asks for, it asks for each consumer.
    """
    if recipient.role != "guarantor":
        return None
    if score_of(case, recipient, "third_party_score") or any(
        source.kind == CRA or source.kind in OUTSIDE for source in sources_of(case, recipient)
    ):
        fact = (
            "information about the guarantor was used: an FCRA-only notice for a guarantor is not built yet"
        )
        return Gap(fact, "15 USC 1681m(a), (b)")
    fact = "a guarantor is no applicant, and no report on the guarantor is among the sources"
    return Gap(fact, "12 CFR 1002.2(e), 15 USC 1681m(a)")


def own_score_is_disclosed(terms: Terms) -> bool:
    """Whether the lender's own score is itself a credit score (15 USC 1681g(f)(2)(A))."""
    return bool(terms.disclosed.get("role") == "credit_score")


def gaps(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
    """Return everything that keeps this notice from being written; empty where nothing does."""
    return (
        *_not_built(terms, decision, case),
        *_of_the_lender(terms),
        *_of_the_case(decision, case),
        *_of_the_reasons(decision),
        *_of_the_reports(terms, case, recipient),
        *_of_the_scores(terms, case, recipient),
        *_of_the_person(terms, decision, recipient),
    )


def _not_built(terms: Terms, decision: Decision, case: CaseFile) -> Iterator[Gap]:
    for field, one, others in (
        ("jurisdiction", "us", "notices of other places"),
        ("purpose", "consumer", "notices of business credit"),
        ("language", terms.words.code, "letters in several languages"),
    ):
        value = case.record.get(field, "").strip()
        if not value:
            yield Gap(f"record.{field} is missing", RECORD)
        elif value.lower() != one:
            yield Gap(f"record.{field} is not {one}: {others} are not built yet", LATER)
    if terms.several_creditors:
        yield Gap("one notice of several creditors is not built yet", "comment 9(g)-1")
    if action_of(decision) not in terms.words["sentences"]:
        yield Gap("the action recorded has no sentence: its notice is not built yet", CONTENT)


def _of_the_lender(terms: Terms) -> Iterator[Gap]:
    if not terms.creditor.name:
        yield Gap("entities.us.name is missing", CONTENT)
    if not terms.creditor.address:
        yield Gap("entities.us.address is missing", CONTENT)
    if not terms.agency:
        yield Gap("entities.us.ecoa_agency is missing, or its row has no name and address", ECOA)
    if not terms.texts.get("ecoa_notice"):
        yield Gap("the statement ecoa_notice is missing (policy us_ecoa_regb)", ECOA)


def _of_the_case(decision: Decision, case: CaseFile) -> Iterator[Gap]:
    record, action = case.record, action_of(decision)
    if not case.decision:
        yield Gap("data.id is missing", RECORD)
    dates = {"decided_at": CONTENT}
    texts = {"product": RECORD}
    if action not in ON_AN_ACCOUNT:  # nobody applied for what was done to an account
        dates |= {"received_at": DATES, "completed_at": DATES}
        texts |= {"requested_terms": RECORD}
    if action == "counteroffer":
        texts |= {"offered_terms": "12 CFR 1002.9(a)(1)(iv), comment 9(a)(1)-6"}
    for field, citation in (dates | texts).items():
        if not record.get(field, "").strip():
            yield Gap(f"record.{field} is missing", citation)
        elif field in dates and read_date(record[field]) is None:
            yield Gap(f"record.{field} is not a date", citation)


def _of_the_reasons(decision: Decision) -> Iterator[Gap]:
    if not decision.reasons:
        yield Gap("the principal reasons are missing", REASONS)
    for reason in decision.reasons:
        if not reason.statement.strip():
            yield Gap(f"reason {reason.rank} has no statement (code {reason.code})", REASONS)


def _of_the_reports(terms: Terms, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    sources = sources_of(case, recipient)
    agencies = [source for source in sources if source.kind == CRA]
    for source in agencies:
        for field in ("name", "address", "phone"):
            if not getattr(source, field).strip():
                yield Gap(f"sources.{field} of a consumer reporting agency is missing", f"{REPORT}(A)")
        if source.nationwide and not source.toll_free:
            yield Gap("sources.toll_free is not true for a nationwide agency", f"{REPORT}(A)")
    if agencies and not terms.texts.get("fcra_615a"):
        yield Gap("the statement fcra_615a is missing (policy us_fcra)", RIGHTS)
    if any(source.kind in OUTSIDE for source in sources) and not terms.texts.get("fcra_615b"):
        yield Gap("the statement fcra_615b is missing (policy us_fcra)", OUTSIDE_RIGHTS)


def _of_the_scores(terms: Terms, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    bureau = score_of(case, recipient, "third_party_score")
    own = score_of(case, recipient, "own_score")
    if bureau and not any(source.kind == CRA for source in sources_of(case, recipient)):
        yield Gap("a credit score was used, but no consumer reporting agency is among the sources", REPORT)
    role = terms.disclosed.get("role")
    if own and role not in ("credit_score", "not_a_credit_score"):
        yield Gap("decision.disclosed_score.role is missing", SCORE)
    if own_score_is_disclosed(terms) and not own:
        # Reasons of a decision are not the key factors of a score, nor is its day the score's.
        fact = (
            "the lender's own score is a credit score, and computing its key factors is not built yet; "
            "bureau_scores with role own_score can state value, range, date, provider and key factors"
        )
        yield Gap(fact, "15 USC 1681g(f)(1)(B)-(E), comment 9(b)(2)-9")
    told = (*bureau, *(own if own_score_is_disclosed(terms) else ()))
    if (told or own_score_is_disclosed(terms)) and not terms.texts.get("fcra_score"):
        yield Gap("the statement fcra_score is missing (policy us_fcra)", SCORE)
    for score in told:
        yield from _of_a_score(score)


def _of_a_score(score: BureauScore) -> Iterator[Gap]:
    asked = {
        "value": (score.value, SCORE),
        "low": (score.low, "15 USC 1681g(f)(1)(B)"),
        "high": (score.high, "15 USC 1681g(f)(1)(B)"),
        "key_factors": (any(factor.strip() for factor in score.key_factors), "15 USC 1681g(f)(1)(C)"),
        "created_on": (score.created_on, "15 USC 1681g(f)(1)(D)"),
        "provider": (score.provider.strip(), "15 USC 1681g(f)(1)(E)"),
    }
    for field, (value, citation) in asked.items():
        if not value:
            yield Gap(f"bureau_scores.{field} is missing", citation)


def _of_the_person(terms: Terms, decision: Decision, recipient: Recipient) -> Iterator[Gap]:
    if not recipient.name.strip():
        yield Gap("recipients.name is missing", PERSON)
    if recipient.channel == "mail" and not any(line.strip() for line in recipient.address):
        yield Gap("recipients.address is missing", PERSON)
    if recipient.channel in ("email", "portal") and not recipient.esign_consent:
        yield Gap(
            "recipients.esign_consent is missing for an electronic notice", "12 CFR 1002.4(d), 15 USC 7001(c)"
        )


def _was_obtained(score: BureauScore) -> bool:
    # A row without value, date and key factors says that no score was bought for this applicant.
    return bool(score.value or score.created_on or any(factor.strip() for factor in score.key_factors))
