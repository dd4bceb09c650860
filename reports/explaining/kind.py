"""What the kinds of explaining letters do alike: a kind states its clauses, its parts, and when it is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.deadline import read_date
from reports.explaining import missing
from reports.explaining.last_look import look
from reports.explaining.sheets import sheet
from reports.mandatory import Gap, NotDue

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Recipient
    from reports.checks import Violation
    from reports.deadline import Deadline
    from reports.explaining.missing import Asked
    from reports.explaining.parts import Explanation, Part
    from reports.sheet import Replaced
    from reports.terms import Terms

    Parts = Callable[[Terms, Decision, CaseFile, Recipient], Iterable[Part | None]]
    Due = Callable[[Decision, CaseFile, Recipient], Gap | None]
    Always = Callable[[Decision, CaseFile, Recipient], tuple[str, ...]]
    Gaps = Callable[[Terms, Decision, CaseFile, Recipient], Iterable[Gap]]


@dataclass(frozen=True, slots=True)
class Explaining:
    """One kind of explaining letter; its methods are what ``reports.kinds.Content`` asks of a module.

    Parameters
    ----------
    source : the clause that asks for the letter
    asked : field -> the clause that asks for it
    parts : what it tells, in reading order; None where a part does not apply
    always : names of the parts that every letter of the kind has
    first_day : the day of decision from which the law applies; None where it always has
    reasons : whether it tells the principal reasons
    also_not_due, also_missing : what this kind alone asks
    also_always : parts that a letter must have where they apply, as the record alone says
    """

    source: str
    asked: Asked
    parts: Parts
    always: tuple[str, ...]
    first_day: dt.date | None = None
    reasons: bool = True
    also_not_due: Due | None = None
    also_missing: Gaps | None = None
    also_always: Always | None = None

    def not_due(self, decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
        """Return why no letter of this kind may go to this person; None where one may."""
        gap = of_the_decision(decision, self.source) or self._too_early(case)
        if gap is None and self.also_not_due is not None:
            gap = self.also_not_due(decision, case, recipient)
        return gap

    def due(self, decision: Decision, case: CaseFile) -> Deadline | None:
        """Return None: a term runs from a request, or is "without delay", and no record holds such a day."""
        return None

    def gaps(self, terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
        """Return everything that keeps it from being written."""
        own = () if self.also_missing is None else self.also_missing(terms, decision, case, recipient)
        return (*missing.found(self.asked, terms, decision, case, recipient), *own)

    def compose(
        self,
        terms: Terms,
        decision: Decision,
        case: CaseFile,
        recipient: Recipient,
        *,
        date: dt.date,
        number: str,
        draft: str = "",
        replaced: Replaced | None = None,
    ) -> Explanation:
        """Return it as facts in their printed words, from records without gaps."""
        return sheet(
            terms,
            decision,
            case,
            recipient,
            self.parts(terms, decision, case, recipient),
            date=date,
            number=number,
            draft=draft,
            replaced=replaced,
            reasons=self.reasons,
            opening=(terms.words["opening"],),
        )

    def broken(
        self,
        sheet: Explanation,
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
        """Return every broken check of what is about to be sent."""
        own = () if self.also_always is None else self.also_always(decision, case, recipient)
        return look(
            sheet,
            terms,
            decision,
            case,
            recipient,
            asked=self.asked,
            parts=(*self.always, *own),
            date=date,
            html_words=html_words,
            text_words=text_words,
        )

    def _too_early(self, case: CaseFile) -> Gap | None:
        decided = read_date(case.record.get("decided_at", ""))
        # A decision without a date is none of an earlier day: that its date is missing is said elsewhere.
        if self.first_day is None or decided is None or decided >= self.first_day:
            return None
        first = self.first_day.isoformat()
        fact = f"decided on {decided.isoformat()}, and this duty is for decisions from {first}"
        return Gap(fact, self.source)


def of_the_decision(decision: Decision, source: str) -> Gap | None:
    """Return why a decision is not explained: nothing adverse was decided, or its reasons are not settled.

    A held notice tells nothing, in any kind of letter: what would be said of it is not certain to be so.
    """
    if decision.outcome != "adverse":
        return NotDue(f"no letter is due: the outcome is {decision.outcome}", source)
    if decision.notice.state == "held":
        return Gap(f"held: {decision.notice.cause or 'no_reason'}", source)
    if decision.notice.state == "void":
        return Gap("the notice is void", source)
    return None
