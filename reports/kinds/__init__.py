"""The kinds of letters, one module a kind: when it applies, what it must know, what it says, its last look.

A module of this folder is the whole of a kind in code; its words and pages are the folder of the
same name in ``templates/letters``. ``choice`` says which kind a decision needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from audit.record import CaseFile, Decision, Recipient
    from reports.checks import Violation
    from reports.deadline import Deadline
    from reports.mandatory import Gap
    from reports.sheet import Replaced, Sheet
    from reports.terms import Terms


class Content(Protocol):
    """What a kind's module holds."""

    def not_due(self, decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
        """Return why no letter of this kind may go to this person; None where one may."""
        ...

    def due(self, decision: Decision, case: CaseFile) -> Deadline | None:
        """Return until when it must be sent; None where the law or the record names no day."""
        ...

    def gaps(self, terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
        """Return everything that keeps it from being written."""
        ...

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
    ) -> Sheet:
        """Return it as facts in their printed words, from records without gaps."""
        ...

    def broken(
        self,
        sheet: Sheet,
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
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of letter.

    Parameters
    ----------
    name : the module here and the folder in ``templates/letters``
    entities : whose letters they are: us, eu, uk
    source : the clause that asks for it
    pages : how many it may have; None: as many as it needs
    on_request : whether it answers a person who asks, and is never sent unasked
    reasons : whether it tells the reasons of the decision, so that these must be approved
    """

    name: str
    entities: tuple[str, ...]
    source: str
    pages: int | None = None
    on_request: bool = False
    reasons: bool = True

    @property
    def content(self) -> Content:
        """Return the module of the kind."""
        return _module(self.name)

    def languages(self, house: Path | None) -> tuple[str, ...]:
        """Return the languages that it has words in."""
        from reports.language import languages

        return languages(self.name, house)


@cache
def _module(name: str) -> Content:
    return cast("Content", import_module(f"reports.kinds.{name}"))


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("adverse_action", ("us",), "12 CFR 1002.9; 15 USC 1681m", pages=2),
        Kind("incomplete", ("us",), "12 CFR 1002.9(c)(2)", pages=2, reasons=False),
        Kind("fcra_notice", ("us",), "15 USC 1681m(a), (b)", pages=2, reasons=False),
        Kind("risk_based_pricing", ("us",), "12 CFR 1022.72, 1022.73", pages=2, reasons=False),
        Kind("credit_score_disclosure", ("us",), "12 CFR 1022.74(e), (f)", pages=2, reasons=False),
        Kind("gdpr_explanation", ("eu",), "Art. 15(1)(h), 22(3) GDPR"),
        Kind("uk_explanation", ("uk",), "Art. 15(1)(h), 22C UK GDPR"),
        Kind("ccd2_rejection", ("eu",), "Directive (EU) 2023/2225 Art. 18(9), 19(6)", reasons=False),
        Kind("ccd2_explanation", ("eu",), "Directive (EU) 2023/2225 Art. 18(8)", on_request=True),
        Kind("ai_act_explanation", ("eu",), "Regulation (EU) 2024/1689 Art. 86", on_request=True),
        Kind("admt_response", ("us",), "11 CCR 7222", on_request=True),
    )
}
