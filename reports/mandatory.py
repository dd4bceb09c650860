"""What a notice must know before a word of it is written, and the clause that asks for it.

Every gap of a letter is found at once, so that one visit to the data mends them all. Nothing here
guesses: a field that is absent is named, never left blank on paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audit.record.words import DENIED
from reports.deadline import ON_AN_ACCOUNT, read_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from audit.record import BureauScore, CaseFile, Decision, Recipient, Role, Source
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


class NotDue(Gap):
    """That no letter is due at all, and the clause; nothing is missing."""

    __slots__ = ()


def action_of(decision: Decision) -> str:
    """Return the action that a notice tells: the one recorded, else a plain refusal.

    An adverse outcome that came from the cutoff or from ``decision.taken`` is an application that
    was not approved; the record names an action only where it was another.
    """
    return decision.action or DENIED


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


def used_about(case: CaseFile, role: Role) -> bool:
    """Whether a report, a score or another outside source about this person was used."""
    return any(
        source.of == role and (source.kind == CRA or source.kind in OUTSIDE) for source in case.sources
    ) or any(
        score.of == role and score.role == "third_party_score" and _was_obtained(score)
        for score in case.bureau_scores
    )


def own_score_is_disclosed(terms: Terms) -> bool:
    """Whether the lender's own score is itself a credit score (15 USC 1681g(f)(2)(A))."""
    return bool(terms.disclosed.get("role") == "credit_score")


def gaps(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
    """Return everything that keeps this notice from being written; empty where nothing does."""
    return (
        *of_the_place(terms, case, ("consumer",)),
        *of_the_action(terms, decision),
        *of_the_lender(terms),
        *_of_the_agency(terms),
        *_of_the_case(decision, case),
        *of_the_reasons(terms, decision),
        *of_the_texts(terms, case, recipient),
        *of_the_reports(case, recipient),
        *of_the_scores(terms, case, recipient),
        *of_the_person(recipient),
    )


def of_the_place(terms: Terms, case: CaseFile, purposes: Sequence[str]) -> Iterator[Gap]:
    """Yield what the record must say of place, purpose and language for this letter to be the right one."""
    for field, asked in (("jurisdiction", (terms.entity,)), ("purpose", purposes)):
        value = case.record.get(field, "").strip()
        if not value:
            yield Gap(f"record.{field} is missing", RECORD)
        elif value.lower() not in asked:
            later = " (notices of business credit are not built yet)" if value.lower() == "business" else ""
            yield Gap(f"record.{field} is {value}, not {' or '.join(asked)}{later}", LATER)
    if not case.record.get("language", "").strip():
        yield Gap("record.language is missing", RECORD)
    if terms.several_creditors:
        yield Gap("one notice of several creditors is not built yet", "comment 9(g)-1")


def of_the_action(terms: Terms, decision: Decision) -> Iterator[Gap]:
    """Yield an action that the kind of letter has no sentence for."""
    if action_of(decision) not in terms.words["sentences"]:
        yield Gap("the action recorded has no sentence: its notice is not built yet", CONTENT)


def of_the_lender(terms: Terms) -> Iterator[Gap]:
    """Yield what is not known of whoever writes."""
    if not terms.creditor.name:
        yield Gap(f"entities.{terms.entity}.name is missing", CONTENT)
    if not terms.creditor.address:
        yield Gap(f"entities.{terms.entity}.address is missing", CONTENT)


def _of_the_agency(terms: Terms) -> Iterator[Gap]:
    if not terms.agency:
        yield Gap("entities.us.ecoa_agency is missing, or its row has no name and address", ECOA)
    if not terms.texts.get("ecoa_notice"):
        yield Gap("the statement ecoa_notice is missing (policy us_ecoa_regb)", ECOA)


def _of_the_case(decision: Decision, case: CaseFile) -> Iterator[Gap]:
    action = action_of(decision)
    dates, texts = {"decided_at": CONTENT}, {"product": RECORD}
    if action not in ON_AN_ACCOUNT:  # nobody applied for what was done to an account
        dates |= {"received_at": DATES, "completed_at": DATES}
        texts |= {"requested_terms": RECORD}
    if action == "counteroffer":
        texts |= {"offered_terms": "12 CFR 1002.9(a)(1)(iv), comment 9(a)(1)-6"}
    yield from of_the_record(case, dates, texts)


def of_the_record(case: CaseFile, dates: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[Gap]:
    """Yield fields of the record that are missing or no dates, each with the clause that asks for it."""
    if not case.decision:
        yield Gap("data.id is missing", RECORD)
    for field, citation in {**dates, **texts}.items():
        if not case.record.get(field, "").strip():
            yield Gap(f"record.{field} is missing", citation)
        elif field in dates and read_date(case.record[field]) is None:
            yield Gap(f"record.{field} is not a date", citation)


def of_the_reasons(terms: Terms, decision: Decision) -> Iterator[Gap]:
    """Yield reasons that are missing, or have no words in the letter's language."""
    if not decision.reasons:
        yield Gap("the principal reasons are missing", REASONS)
    for reason in decision.reasons:
        if not terms.statement_of(reason).strip():
            language = "" if terms.words.code == "en" else f" in {terms.words['name']}"
            yield Gap(f"reason {reason.rank} has no statement{language} (code {reason.code})", REASONS)


def of_the_reports(case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    """Yield what is not known of a consumer reporting agency whose report was used."""
    for source in sources_of(case, recipient):
        if source.kind != CRA:
            continue
        for field in ("name", "address", "phone"):
            if not getattr(source, field).strip():
                yield Gap(f"sources.{field} of a consumer reporting agency is missing", f"{REPORT}(A)")
        if source.nationwide and not source.toll_free:
            yield Gap("sources.toll_free is not true for a nationwide agency", f"{REPORT}(A)")


def of_the_texts(terms: Terms, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    """Yield the prescribed texts of a credit notice that no pack in force brings."""
    kinds = {source.kind for source in sources_of(case, recipient)}
    if CRA in kinds and not terms.texts.get("fcra_615a"):
        yield Gap("the statement fcra_615a is missing (policy us_fcra)", RIGHTS)
    if kinds & OUTSIDE and not terms.texts.get("fcra_615b"):
        yield Gap("the statement fcra_615b is missing (policy us_fcra)", OUTSIDE_RIGHTS)
    told = (*score_of(case, recipient, "third_party_score"), *_own_told(terms, case, recipient))
    if (told or own_score_is_disclosed(terms)) and not terms.texts.get("fcra_score"):
        yield Gap("the statement fcra_score is missing (policy us_fcra)", SCORE)


def _own_told(terms: Terms, case: CaseFile, recipient: Recipient) -> tuple[BureauScore, ...]:
    return score_of(case, recipient, "own_score") if own_score_is_disclosed(terms) else ()


def of_the_scores(terms: Terms, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    """Yield what is not known of a credit score that was used."""
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
    for score in (*bureau, *_own_told(terms, case, recipient)):
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


def of_the_person(recipient: Recipient) -> Iterator[Gap]:
    """Yield what is not known of the person a letter of US law goes to."""
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
