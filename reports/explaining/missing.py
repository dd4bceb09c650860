"""What an explaining letter must know before a word of it is written, and the clause that asks for it.

A kind states its clauses by field (``Asked``); a field without a clause is not asked for. Every gap is
found at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reports.deadline import ON_AN_ACCOUNT, read_date
from reports.explaining import inputs
from reports.explaining.answers import REVIEW
from reports.explaining.changes import told_changes
from reports.explaining.factors import name, statement, told_reasons
from reports.explaining.procedure import human_involved, provider, score_range
from reports.explaining.stated import entity, stated, withheld
from reports.mandatory import Gap, action_of, score_of

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Recipient
    from reports.terms import Terms

Asked = Mapping[str, str]
"""Field -> the clause that asks for it."""

_PLAIN = ("dpo", "authority", "review_contact")
_TOLD = (
    *("purposes", "categories", "recipients", "storage", "review_time", "debt_advice"),
    *("fairness_checks", "performance_checks"),
)

_TRUTHS = ("authority_to_change", "received_view")


def found(
    asked: Asked, terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient
) -> tuple[Gap, ...]:
    """Return every gap of a letter whose kind asks for these fields."""
    return (
        *_of_the_lender(asked, terms),
        *_of_the_ground(asked, terms, case),
        *_of_the_record(asked, terms, decision, case),
        *_of_the_human(asked, terms, decision, case),
        *_of_the_score(asked, terms, decision, case, recipient),
        *_of_the_data(asked, terms, case, recipient),
        *_of_the_reasons(asked, terms, decision, case),
        *_of_whom(asked, terms, decision, case, recipient),
        *_of_the_changes(asked, terms, case, recipient),
        *_of_what_is_withheld(asked, terms),
        *_of_the_review(asked, terms, case),
        *_of_the_person(asked, recipient),
    )


def _place(terms: Terms, key: str) -> str:
    return f"entities.{terms.entity}.{key}"


def _of_the_lender(asked: Asked, terms: Terms) -> Iterator[Gap]:
    if terms.several_creditors:
        yield Gap(f"{_place(terms, 'name')}: one letter of several lenders is not built yet", asked["name"])
    for key, value in (("name", terms.creditor.name), ("address", terms.creditor.address)):
        if key in asked and not value:
            yield Gap(f"{_place(terms, key)} is missing", asked[key])
    for key in _PLAIN:
        if key in asked and not getattr(terms.creditor, key):
            hint = "; write none where there is no such officer" if key == "dpo" else ""
            yield Gap(f"{_place(terms, key)} is missing{hint}", asked[key])
    for key in _TOLD:
        if key in asked and not stated(terms, key):
            yield _unsaid(terms, key, asked[key])
    for key in ("transfers", "consequences"):
        if entity(terms).get(key) and not stated(terms, key):
            yield _unsaid(terms, key, asked.get(key, asked["name"]))


def _unsaid(terms: Terms, key: str, citation: str) -> Gap:
    if entity(terms).get(key):
        return Gap(f"{_place(terms, key)} has no words in {terms.words.code}", citation)
    return Gap(f"{_place(terms, key)} is missing", citation)


def _of_the_ground(asked: Asked, terms: Terms, case: CaseFile) -> Iterator[Gap]:
    if "lawful_basis" not in asked:
        return
    basis = terms.creditor.lawful_basis.strip().lower()
    known = terms.words["grounds" if human_involved(case) else "grounds_alone"]
    if not basis:
        yield Gap(f"{_place(terms, 'lawful_basis')} is missing", asked["lawful_basis"])
    elif basis not in known:
        fact = f"{_place(terms, 'lawful_basis')} is {basis}, none of {', '.join(known)}"
        yield Gap(fact, asked["lawful_basis"])


def _of_the_record(asked: Asked, terms: Terms, decision: Decision, case: CaseFile) -> Iterator[Gap]:
    action, record = action_of(decision), case.record
    if action not in terms.words["sentences"]:
        yield Gap(f"the action recorded ({action}) has no sentence in this letter", asked["decided_at"])
    if not case.decision:
        yield Gap("data.id is missing", asked["decided_at"])
    fields = ["jurisdiction", "language", "decided_at", "product"]
    fields += [] if action in ON_AN_ACCOUNT else ["received_at", "requested_terms"]
    fields += ["offered_terms"] if action in ("counteroffer", "partial") else []
    for field in fields:
        if field not in asked:
            continue
        if not record.get(field, "").strip():
            yield Gap(f"record.{field} is missing", asked[field])
        elif field.endswith("_at") and read_date(record[field]) is None:
            yield Gap(f"record.{field} is not a date", asked[field])


def _of_the_human(asked: Asked, terms: Terms, decision: Decision, case: CaseFile) -> Iterator[Gap]:
    if "human_involved" not in asked:
        return
    human = human_involved(case)
    if human is None:
        yield Gap("record.human_involved is missing", asked["human_involved"])
    elif not human and decision.stage in ("judgmental", "gray_band"):
        fact = f"record.human_involved is false, and decision.stage says {decision.stage}: a person decided"
        yield Gap(fact, asked["human_involved"])
    elif human and not stated(terms, "human_step"):
        yield _unsaid(terms, "human_step", asked["human_involved"])


def _of_the_score(
    asked: Asked, terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient
) -> Iterator[Gap]:
    if "score" not in asked:
        return
    if decision.score is not None and recipient.role != "guarantor":
        if score_range(terms) is None:
            yield Gap("letters.score.low and high are missing", asked["score"])
        if not provider(terms) and terms.creditor.name:
            yield Gap("letters.score.provider is missing: the scores come in a column", asked["score"])
    for score in score_of(case, recipient, "third_party_score"):
        for field in ("value", "low", "high", "created_on", "provider"):
            if not getattr(score, field):
                yield Gap(f"bureau_scores.{field} is missing", asked["score"])


def _of_the_data(asked: Asked, terms: Terms, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    if "data" not in asked:
        return
    if not case.inputs:
        yield Gap("the inputs as they were scored are missing from the record", asked["data"])
    for column in inputs.columns(terms, case, recipient):
        if not inputs.label(terms, column):
            yield Gap(f"letters.inputs.{column}.label is missing in {terms.words.code}", asked["data"])
        if not inputs.source(terms, case, column, recipient):
            given = inputs.entry(terms, column).get("source")
            why = f": no source of kind {given} is named" if given in inputs.FROM_OTHERS else ""
            yield Gap(f"letters.inputs.{column}.source is missing{why}", asked["source"])


def _of_the_reasons(asked: Asked, terms: Terms, decision: Decision, case: CaseFile) -> Iterator[Gap]:
    if "reasons" not in asked:
        return
    if not decision.reasons:
        yield Gap("the principal reasons are missing", asked["reasons"])
    for reason in decision.reasons:
        if not statement(terms, reason).strip():
            fact = f"reason {reason.rank} has no statement in {terms.words.code} (code {reason.code})"
            yield Gap(fact, asked["reasons"])
    for one in decision.dropped:
        if not name(terms, case, one.factor):
            yield Gap(f"letters.factors.{one.factor} is missing in {terms.words.code}", asked["reasons"])


def _of_whom(
    asked: Asked, terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient
) -> Iterator[Gap]:
    """Yield why a person of the application has nothing to read that would be true of them alone."""
    if "reasons" not in asked or not decision.reasons:
        return
    if case.inputs and not inputs.columns(terms, case, recipient):
        fact = f"no information about the {recipient.role} applicant was used (letters.inputs)"
        yield Gap(fact, asked["reasons"])
    # A guarantor asked for no credit: what is told is their own data, whether or not they counted against it.
    elif recipient.role != "guarantor" and not told_reasons(terms, decision, recipient).reasons:
        fact = f"no reason is about the {recipient.role} applicant alone, and another person's is not told"
        yield Gap(fact, asked["reasons"])


def _of_the_changes(asked: Asked, terms: Terms, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    if "changes" not in asked:
        return
    columns = {change.column for one in told_changes(terms, case, recipient) for change in one.changes}
    for column in sorted(columns - set(case.inputs)):
        if not inputs.label(terms, column):
            yield Gap(f"letters.inputs.{column}.label is missing in {terms.words.code}", asked["changes"])


def _of_what_is_withheld(asked: Asked, terms: Terms) -> Iterator[Gap]:
    if "withheld" not in asked:
        return
    for number, halves in enumerate(withheld(terms)):
        for key, text in zip(("what", "reason"), halves, strict=True):
            if not text:
                place = _place(terms, f"withheld[{number}].{key}")
                yield Gap(f"{place} has no words in {terms.words.code}", asked["withheld"])


def _of_the_review(asked: Asked, terms: Terms, case: CaseFile) -> Iterator[Gap]:
    if "review" not in asked or case.review is None:
        return
    for field in REVIEW:
        text = case.review.get(field, "").strip()
        if not text:
            yield Gap(f"review.{field} is missing", asked["review"])
        elif field == "closed_at" and read_date(text) is None:
            yield Gap("review.closed_at is not a date", asked["review"])
        elif field == "outcome" and text.lower() not in terms.words["outcomes"]:
            known = " nor ".join(terms.words["outcomes"])
            yield Gap(f"review.outcome is {text}, neither {known}", asked["review"])
        elif field in _TRUTHS and text.lower() not in terms.words["yes_no"]:
            yield Gap(f"review.{field} is {text}, neither true nor false", asked["review"])
    if case.review.get("authority_to_change", "").strip().lower() in ("false", "no", "0"):
        # A review by somebody who cannot change the result is none (WP251; Art. 22(3) GDPR).
        yield Gap("review.authority_to_change is false: that is no human review", asked["review"])


def _of_the_person(asked: Asked, recipient: Recipient) -> Iterator[Gap]:
    if not recipient.name.strip():
        yield Gap("recipients.name is missing", asked["name"])
    if recipient.channel == "mail" and not any(line.strip() for line in recipient.address):
        yield Gap("recipients.address is missing", asked["name"])
