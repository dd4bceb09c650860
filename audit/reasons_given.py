"""Reasons that a vendor gave with its scores: taken as given, worded by the dictionary, and held to it.

They have no size of ours, so R3, R6 and R14 cannot be applied to them; a report says so. What can be
held to a rule is: every code needs its own approved words (R10), a protected factor or a blocked
proxy holds the notice (R2), and no reason at all holds it too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from audit.reasons import NOTICE_DAYS
from audit.record import Decision, DroppedReason, Notice, Reason, ReasonCode


def imported_reasons(
    decision: Decision,
    given: Sequence[str],
    by_code: Mapping[str, ReasonCode],
    *,
    at_most: int = 4,
    protected_factors: frozenset[str] = frozenset(),
    completed_at: dt.date | None = None,
    language: str = "en",
) -> Decision:
    """Return an adverse decision with the reasons that its vendor gave, in the vendor's order.

    Parameters
    ----------
    given : reason codes in order of rank; empty where a rank has none
    by_code : the dictionary by code

    Returns
    -------
    The decision; its notice is held where a code has no words (``no_reason``: a reason that cannot be
    told may not be left out, R2), where a protected factor or a blocked proxy is among them.
    """
    if decision.outcome != "adverse":
        return decision
    codes = [code for code in dict.fromkeys(given) if code]
    reasons: list[Reason] = []
    unknown = False
    for code in codes[:at_most]:
        entry = by_code.get(code)
        statement = entry.statement.get(language, "") if entry is not None else ""
        unknown |= not statement
        reasons.append(
            Reason(
                rank=len(reasons) + 1,
                code=code,
                factor=entry.factor if entry is not None else "",
                statement=statement,
                contribution=None,
            )
        )
    factors = {reason.factor for reason in reasons}
    proxies = (by_code[reason.code].proxy for reason in reasons if reason.code in by_code)
    causes = {decision.notice.cause} if decision.notice.state == "held" else set()
    if factors & protected_factors:
        causes.add("protected_basis")
    if any(proxy is not None and proxy.verdict == "blocked" for proxy in proxies):
        causes.add("blocked_proxy")
    if unknown or not reasons:
        causes.add("no_reason")
    order = ("action_differs", "decision_differs", "protected_basis", "blocked_proxy", "no_reason")
    cause = next((one for one in order if one in causes), None)
    due_on = completed_at + dt.timedelta(days=NOTICE_DAYS) if completed_at is not None else None
    return replace(
        decision,
        reasons=tuple(reasons),
        dropped=tuple(
            DroppedReason(by_code[code].factor if code in by_code else code, None, "beyond_at_most")
            for code in codes[at_most:]
        ),
        notice=Notice("held" if cause else "ready", cause, due_on),
    )
