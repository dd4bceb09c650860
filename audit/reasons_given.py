"""Reasons that a vendor gave with its scores: taken as given, worded by the dictionary, and held to it.

They have no size of ours, so the floor of R3 and the sum of R14 cannot be applied to them; a report
says so. What can be held to a rule is: every code needs its own approved words (R10), a protected
factor or a blocked proxy holds the notice (R2), and no reason at all holds it too. They are the reasons
of the score and of nothing else: what a rule or a person refused is told as with reasons of ours (R7,
R8). Where the model is at hand, a reason whose factor helped the applicant holds the notice (R6).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from audit.reasons import in_order, is_blocked, is_unjudged, notice_of
from audit.record import SCORED_STAGES, Component, Decision, DroppedReason, Reason, ReasonCode


def imported_reasons(
    decision: Decision,
    given: Sequence[str],
    by_code: Mapping[str, ReasonCode],
    *,
    at_most: int = 4,
    protected_factors: frozenset[str] = frozenset(),
    negative_age: bool = False,
    helped: Collection[str] = (),
    completed_at: dt.date | None = None,
    language: str = "en",
) -> Decision:
    """Return an adverse decision with the reasons that its vendor gave, in the vendor's order.

    Parameters
    ----------
    given : reason codes in order of rank; empty where a rank has none
    by_code : the dictionary by code
    negative_age : whether the score counts age against an applicant of 62 or older (R18)
    helped : factors that did not push this score toward refusal, where the model was asked

    Returns
    -------
    The decision; its notice is held where a code has no words (``no_reason``: a reason that cannot be
    told may not be left out, R2), where a protected factor or a blocked proxy is among them, and where
    a factor helped.
    """
    if decision.outcome != "adverse":
        return decision
    codes = {code.factor: code for code in by_code.values()}
    scored = decision.stage in SCORED_STAGES
    names = [by_code[code].factor if code in by_code else code for code in dict.fromkeys(given) if code]
    components: dict[str, Component] = {}
    for name, component in in_order(decision, names if scored else (), codes):
        components.setdefault(name, component)
    told, beyond = list(components)[:at_most], list(components)[at_most:]
    reasons = tuple(
        Reason(
            rank=rank,
            code=codes[name].code if name in codes else name,
            factor=name if name in codes else "",
            statement=codes[name].statement.get(language, "") if name in codes else "",
            contribution=None,
            component=components[name],
        )
        for rank, name in enumerate(told, start=1)
    )
    causes = {decision.notice.cause} if decision.notice.state == "held" else set()
    if protected_factors.intersection(told):
        causes.add("protected_basis")
    if scored and negative_age:
        causes.add("negative_age")
    if any(is_blocked(codes.get(name)) for name in told):
        causes.add("blocked_proxy")
    if any(components[name] == "score" and name in helped for name in told):
        causes.add("reason_helped")
    if not reasons or is_unjudged(decision) or any(not reason.statement for reason in reasons):
        causes.add("no_reason")
    other = () if scored else names
    return replace(
        decision,
        reasons=reasons,
        dropped=(
            *(DroppedReason(name, None, "beyond_at_most") for name in beyond),
            *(DroppedReason(name, None, "other_component") for name in other if name not in components),
        ),
        notice=notice_of(decision.notice, causes, completed_at),
    )
