"""An explaining letter put together: the frame, what was asked for, the reasons, and the kind's parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reports.deadline import ON_AN_ACCOUNT, read_date
from reports.explaining.factors import told_reasons
from reports.explaining.parts import Explanation, Part
from reports.explaining.procedure import human_involved
from reports.mandatory import action_of
from reports.sheet import Row, frame, one_line, reason_lines

if TYPE_CHECKING:
    import datetime as dt

    from audit.record import CaseFile, Decision, Recipient
    from reports.sheet import Replaced
    from reports.terms import Terms


def sheet(
    terms: Terms,
    decision: Decision,
    case: CaseFile,
    recipient: Recipient,
    parts: Iterable[Part | None],
    *,
    date: dt.date,
    number: str,
    draft: str = "",
    replaced: Replaced | None = None,
    reasons: bool = True,
    opening: Iterable[str] = (),
) -> Explanation:
    """Return a letter of these parts, from records without gaps.

    Parameters
    ----------
    reasons : whether the kind tells the principal reasons
    opening : sentences before them
    """
    sentence = str(terms.words["sentences"][action_of(decision)])
    how = {"date": date, "number": number, "sentence": sentence, "draft": draft, "replaced": replaced}
    theirs = told_reasons(terms, decision, recipient)
    return Explanation(
        **frame(terms, decision, case, recipient, **how),  # type: ignore[arg-type]
        asked=_asked(terms, decision, case),
        opening=tuple(text for text in map(one_line, opening) if text),
        reasons=reason_lines(terms, theirs, noted=bool(draft)) if reasons else (),
        parts=tuple(part for part in parts if part is not None),
    )


def _asked(terms: Terms, decision: Decision, case: CaseFile) -> tuple[Row, ...]:
    words, record, action = terms.words, case.record, action_of(decision)
    on_account, human = action in ON_AN_ACCOUNT, human_involved(case)
    asked, offered = one_line(record.get("requested_terms", "")), one_line(record.get("offered_terms", ""))
    decided = read_date(record.get("decided_at", ""))
    rows = [Row(words["account" if on_account else "asked_for"], one_line(record.get("product", "")))]
    if asked and not on_account:
        rows.append(Row(words["terms_asked"], asked))
    if offered and (on_account or action in ("counteroffer", "partial")):
        rows.append(Row(words["offered"].get(action, words["offered"]["other"]), offered))
    rows.append(Row(words["decided_on"], words.day(decided) if decided else ""))
    if human is not None:
        rows.append(Row(words["decided_how"], words["by_both" if human else "by_machine"]))
    return tuple(rows)
