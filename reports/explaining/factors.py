"""Which factors counted, in which direction and order: from the sealed reasons and what was dropped.

A reason has its approved statement. Any other factor has the name that ``letters.factors`` gives it, or
the names of its inputs: a statement may say which way a factor was bad, and of one that helped, that
would be untrue (R6).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.explaining.inputs import is_theirs, label
from reports.explaining.stated import letters, told

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Reason, Recipient
    from reports.terms import Terms


@dataclass(frozen=True, slots=True)
class Counted:
    """Names of factors in the order of their size: what pushed toward refusal, against it, and neither."""

    against: tuple[str, ...]
    favour: tuple[str, ...]
    neither: tuple[str, ...]


def statement(terms: Terms, reason: Reason) -> str:
    """Return a reason's approved words in the letter's language; empty where nobody wrote them."""
    if terms.words.code == "en":
        return reason.statement
    code = terms.codes.get(reason.factor)
    if code is None:
        return ""
    return (code.missing_statement if reason.by_missing else code.statement).get(terms.words.code, "")


def columns_of(terms: Terms, factor: str) -> tuple[str, ...]:
    """Return the inputs of a factor; none of a rule or of a ground of judgment."""
    code = terms.codes.get(factor)
    return () if code is None else tuple(dict.fromkeys((*code.columns, *code.missing_columns)))


def is_told(terms: Terms, factor: str, recipient: Recipient) -> bool:
    """Whether a factor is about this person alone, as far as its inputs say."""
    inputs = columns_of(terms, factor)
    if not inputs:  # what a rule or a reviewer looked at is the application's, which the first applicant made
        return recipient.role == "primary"
    return all(is_theirs(terms, column, recipient) for column in inputs)


def name(terms: Terms, case: CaseFile, factor: str) -> str:
    """Return a factor's name without a direction; empty where nobody wrote one."""
    if given := told(letters(terms, "factors").get(factor), terms.words.code):
        return " ".join(given)
    found = [label(terms, column) for column in columns_of(terms, factor) if column in case.inputs]
    return ", ".join(found) if found and all(found) else ""


def told_reasons(terms: Terms, decision: Decision, recipient: Recipient) -> Decision:
    """Return the decision with the reasons that this person may read, numbered anew."""
    ranked = sorted(decision.reasons, key=lambda reason: reason.rank)
    theirs = [
        reason
        for reason in ranked
        if all(is_told(terms, factor, recipient) for factor in (reason.factor, *reason.merged))
    ]
    numbered = tuple(replace(reason, rank=rank) for rank, reason in enumerate(theirs, start=1))
    return replace(decision, reasons=numbered)


def counted(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Counted:
    """Return how every factor counted that this person may read of.

    What was no reason because it lay below the floor, or beyond the number that is told, pushed toward
    refusal all the same and stands after the reasons, which are larger.
    """
    said = told_reasons(terms, decision, recipient).reasons
    rest = [one for one in decision.dropped if is_told(terms, one.factor, recipient)]
    sized = [(one.contribution, one.factor, one.cause) for one in rest if one.contribution is not None]
    against = [(size, factor) for size, factor, cause in sized if size > 0 and _pushed(cause)]
    favour = [(-size, factor) for size, factor, cause in sized if size < 0 and cause == "helped"]
    # Grounds that a reviewer or a vendor gave have an order and no size.
    unsized = [one.factor for one in rest if one.contribution is None and _pushed(one.cause)]
    placed = {factor for _, factor in (*against, *favour)} | set(unsized)
    neither = [one.factor for one in rest if one.factor not in placed]

    def names(factors: list[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name(terms, case, factor) for factor in factors))

    statements = tuple(" ".join(statement(terms, reason).split()) for reason in said)
    return Counted(
        against=tuple(dict.fromkeys((*statements, *names([*_in_order(against), *unsized])))),
        favour=names(_in_order(favour)),
        neither=names(neither),
    )


def _pushed(cause: str) -> bool:
    return cause in ("below_floor", "beyond_at_most")


def _in_order(sized: list[tuple[float, str]]) -> list[str]:
    return [factor for _, factor in sorted(sized, key=lambda one: (-one[0], one[1]))]
