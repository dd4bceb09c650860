"""The principal reasons of one decision: which factors are told to the person, and in which order.

Pure: the same decision and contributions give the same reasons, today and at a replay (R17).
The order of the rules, each once:

1. the component that failed (R7); the knock-outs of that decision stand first (R8);
2. factors arrive as players of the game, so one-hot parts and flags are summed already (R11);
3. a missing value speaks by its ``missing`` statement, never by the imputed value (R12);
4. what did not push toward refusal is dropped (R6), then what lies below the floor (R3);
5. sort by contribution, ties by priority, then by the factor's id (R13);
6. factors of one statement are merged under the higher rank; the first ``at_most`` are the reasons.

After the floor no filter exists (R2): a protected or blocked factor among the reasons holds the
notice, and the next factor never takes its place. What was dropped is kept with its cause.

Why so, merged factors: the rank was won by one factor, so the contribution printed is that
factor's own. A sum could stand above the rank before it, and would be no attribution that anyone
can look up. The merged factors are named in ``merged``; their values lie in the attributions.

Why so, the gray band: comment 9(b)(2)-7 wants reasons from both components, and judgment has no
size to sort by. So the two rankings are read in turn, the score first; a prefix of that order holds
both wherever two reasons may be told. A reviewer's grounds keep the reviewer's own order.

Why so, a missing sentence: where the dictionary has no words for a principal factor, another
factor's words would be the nearest box (R10). The reason keeps its rank with an empty statement,
and the notice is held as ``no_reason``.

Source: 12 CFR 1002.9(b)(2) and its official interpretations 1 to 9; Appendix C, paragraphs 3 and 4.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import Literal

from audit.errors import DataError, ModelError
from audit.owed import NOTICE_DAYS
from audit.record import (
    SCORED_STAGES,
    Certified,
    Component,
    Decision,
    DroppedReason,
    Notice,
    Reason,
    ReasonCode,
)

#: The first cause that holds is the one recorded. Those that nobody's word lifts come first, then those
#: that counsel decides: so no notice is sent as ranked on one cause while a graver one stands behind it.
CAUSE_ORDER = (
    "action_differs",
    "decision_differs",
    "reference_too_small",
    "residual",
    "reason_helped",
    "no_reason",
    "protected_basis",
    "negative_age",
    "blocked_proxy",
    "ranking_uncertain",
)

JUDGED_STAGES = ("judgmental", "gray_band")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One place of the ranking: the factor that won it, and those with the same words."""

    factor: str
    component: Component
    statement: str
    by_missing: bool
    merged: tuple[str, ...] = ()

    @property
    def factors(self) -> tuple[str, ...]:
        return (self.factor, *self.merged)


def orient(contributions: Mapping[str, float], adverse: Literal["high", "low"]) -> dict[str, float]:
    """Turn contributions so that positive pushes toward the adverse outcome.

    >>> orient({"income": -2.0, "debt": 3.0}, "low")
    {'income': 2.0, 'debt': -3.0}
    """
    sign = 1.0 if adverse == "high" else -1.0
    return {factor: sign * value for factor, value in contributions.items()}


def protected_factors(codes: Mapping[str, ReasonCode], protected_inputs: Mapping[str, str]) -> frozenset[str]:
    """Return the factors that read a protected attribute.

    Parameters
    ----------
    codes : the dictionary by factor
    protected_inputs : model column -> the protected attribute that it is, or tells
    """
    return frozenset(
        factor
        for factor, code in codes.items()
        if any(column in protected_inputs for column in (*code.columns, *code.missing_columns))
    )


def rank_scored(
    contributions: Mapping[str, float], codes: Mapping[str, ReasonCode], *, floor: float, tolerance: float
) -> tuple[tuple[str, ...], tuple[DroppedReason, ...]]:
    """Rank the factors that pushed toward refusal (R6, R3, R13), and name those that did not.

    Contributions are compared in whole steps of ``tolerance``: what differs by less is a tie, and
    what rounds to zero did not push. The total is then a sum of integers, the same in every order.

    Returns
    -------
    The ranked factors, and those dropped as ``helped`` or ``below_floor``.

    >>> rank_scored({"a": 22.0, "b": 20.0, "c": 2.0, "d": -2.0}, {}, floor=0.05, tolerance=1e-9)[0]
    ('a', 'b')
    """
    for factor, value in contributions.items():
        if not math.isfinite(value):
            raise ModelError(
                f"contribution of {factor!r}: not a finite number (got {value}). "
                "Check what the model answers for this row."
            )
    size = {factor: _steps(value, tolerance) for factor, value in contributions.items()}
    # fsum: exact for the integers that we usually have, and free of the order for floats too.
    total = math.fsum(steps for steps in size.values() if steps > 0)
    dropped = [DroppedReason(f, contributions[f], "helped") for f in size if size[f] <= 0]
    # R3: at or above the floor is kept; 2/44 = 4.5 % of the worked vector is not.
    trivial = [f for f in size if 0 < size[f] < floor * total]
    dropped += [DroppedReason(f, contributions[f], "below_floor") for f in trivial]
    kept = [f for f in size if size[f] > 0 and size[f] >= floor * total]
    kept.sort(key=lambda f: (-size[f], *_precedence(f, codes)))
    return tuple(kept), tuple(dropped)


def principal_reasons(
    decision: Decision,
    contributions: Mapping[str, float],
    standard_errors: Mapping[str, float] | None,
    codes: Mapping[str, ReasonCode],
    missing: frozenset[str],
    *,
    at_most: int = 4,
    floor: float = 0.05,
    tolerance: float,
    certified: Certified | None,
    residual: float | None,
    reference_ok: bool,
    protected_factors: frozenset[str],
    negative_age: bool = False,
    language: str = "en",
    z: float = 3.0,
    completed_at: dt.date | None = None,
) -> Decision:
    """Return the decision with its principal reasons, what was dropped, and the state of its notice.

    Parameters
    ----------
    contributions : factor -> contribution in the unit of the score, positive toward the adverse outcome
    standard_errors : the same factors, or None where the values are exact
    codes : the dictionary by factor; rules and grounds of judgment are entries without columns
    missing : the factors whose missing value drives the loss of this row (R12)
    tolerance : contributions closer than this are ties (R13); a larger residual holds (R14)
    certified : whether the explainer settled the order; ``false`` holds, and so does a sampled
        reason whose sign is open at ``z`` standard errors (R6)
    residual : score - mean of the reference - sum of contributions; None where not attributed
    reference_ok : False where the reference is inconclusive, which holds every notice
    protected_factors : factors that read a protected attribute
    negative_age : whether the score counts age against an applicant of 62 or older (R18)
    completed_at : the day on which the 30 days of the notice begin, where known

    Returns
    -------
    A decision that is not adverse comes back without reasons, its notice as it was.
    """
    if decision.outcome != "adverse":
        return replace(decision, certified=certified, residual=residual)
    scored = decision.stage in SCORED_STAGES
    ranked, dropped = rank_scored(contributions if scored else {}, codes, floor=floor, tolerance=tolerance)
    entries = _merge(in_order(decision, ranked, codes), codes, missing, language)
    top, rest = entries[:at_most], entries[at_most:]

    told = {factor for entry in top for factor in entry.factors}
    beyond = [
        DroppedReason(
            factor, contributions.get(factor) if entry.component == "score" else None, "beyond_at_most"
        )
        for entry in rest
        for factor in entry.factors
    ]
    other = [] if scored else [DroppedReason(f, v, "other_component") for f, v in contributions.items()]
    named = told | {reason.factor for reason in beyond}
    unsaid = [*beyond, *(reason for reason in (*dropped, *other) if reason.factor not in named)]

    errors = standard_errors or {}
    reasons = tuple(
        Reason(
            rank=rank,
            code=codes[entry.factor].code if entry.factor in codes else "",
            factor=entry.factor,
            statement=entry.statement,
            contribution=contributions[entry.factor] if entry.component == "score" else None,
            standard_error=errors.get(entry.factor) if entry.component == "score" else None,
            component=entry.component,
            by_missing=entry.by_missing,
            merged=entry.merged,
        )
        for rank, entry in enumerate(top, start=1)
    )
    if scored:
        certified = _settled(certified, reasons, entries, contributions, tolerance, z)

    causes = {decision.notice.cause} if decision.notice.state == "held" else set()
    if not reference_ok:
        causes.add("reference_too_small")
    if scored and residual is not None and not abs(residual) <= tolerance:
        causes.add("residual")  # R14; written so that NaN holds too
    if told & protected_factors:
        causes.add("protected_basis")  # R2: hold and alert, never swap in the next factor
    if scored and negative_age:
        causes.add("negative_age")  # R18: whether it is told or not, it had a part in the refusal
    if any(is_blocked(codes.get(factor)) for factor in told):
        causes.add("blocked_proxy")
    uncertain = certified not in ("exact", "certain", "tie")
    if uncertain and any(reason.component == "score" for reason in reasons):
        causes.add("ranking_uncertain")
    if not reasons or is_unjudged(decision) or any(not reason.statement for reason in reasons):
        causes.add("no_reason")

    return replace(
        decision,
        reasons=reasons,
        dropped=tuple(sorted(unsaid, key=_by_size)),
        certified=certified,
        residual=residual,
        gap=_gap(reasons, unsaid, contributions) if scored else None,
        notice=notice_of(decision.notice, causes, completed_at),
    )


def is_unjudged(decision: Decision) -> bool:
    """Return whether a person refused and nobody wrote down why.

    Comment 9(b)(2)-7: a refusal by judgment is told by what the reviewer looked at. Where that is not
    written down there is nothing to tell, and scored factors cannot stand in for it.
    """
    return decision.stage in JUDGED_STAGES and not decision.judgment


def _steps(value: float, tolerance: float) -> float:
    return float(round(value / tolerance)) if tolerance > 0 else value


def _precedence(factor: str, codes: Mapping[str, ReasonCode]) -> tuple[float, str]:
    # R13: a lower number is told first; a factor without one comes after all that have one.
    code = codes.get(factor)
    return (math.inf if code is None or code.priority is None else code.priority, factor)


def in_order(
    decision: Decision, ranked: Sequence[str], codes: Mapping[str, ReasonCode]
) -> Iterator[tuple[str, Component]]:
    """Yield the candidates of the components that failed, in the order in which they are told (R7, R8).

    Parameters
    ----------
    ranked : the scored factors that may be told, those that counted most first

    Raises
    ------
    DataError
        A stage that nobody defined.
    """
    if decision.stage not in (*SCORED_STAGES, *JUDGED_STAGES, "rule"):
        raise DataError(
            f"decision {decision.decision}: unknown stage {decision.stage!r}. "
            "Use rule, score, judgmental or gray_band."
        )
    # R8: comment 9(b)(2)-8, an automatic-denial factor that caused the denial is stated itself.
    # A rule engine does not rank, so several of them stand by precedence.
    for rule in sorted(set(decision.rules), key=lambda factor: _precedence(factor, codes)):
        yield rule, "rule"
    judged = decision.judgment if decision.stage in JUDGED_STAGES else ()
    for factor, ground in zip_longest(ranked, dict.fromkeys(judged)):
        if factor is not None:
            yield factor, "score"
        if ground is not None:
            yield ground, "judgmental"


def _merge(
    candidates: Iterator[tuple[str, Component]],
    codes: Mapping[str, ReasonCode],
    missing: frozenset[str],
    language: str,
) -> list[_Entry]:
    """Give each candidate its words; one whose words were said joins the place that said them."""
    entries: list[_Entry] = []
    place: dict[str, int] = {}
    seen: set[str] = set()
    for factor, component in candidates:
        if factor in seen:  # scored and judged, or a rule and scored: told once, at its first place
            continue
        seen.add(factor)
        code = codes.get(factor)
        # A rule or a ground of judgment is what was looked at; only a scored value can be imputed.
        by_missing = component == "score" and factor in missing
        words: Mapping[str, str] = {}
        if code is not None:
            words = code.missing_statement if by_missing else code.statement
        statement = words.get(language, "").strip()
        if statement and statement in place:
            at = place[statement]
            entries[at] = replace(entries[at], merged=(*entries[at].merged, factor))
            continue
        place[statement] = len(entries)
        entries.append(_Entry(factor, component, statement, by_missing))
    return entries


def _settled(
    certified: Certified | None,
    reasons: Sequence[Reason],
    entries: Sequence[_Entry],
    contributions: Mapping[str, float],
    tolerance: float,
    z: float,
) -> Certified | None:
    """Say whether the order told is settled: the explainer's word, less what it could not know."""
    if certified not in ("exact", "certain", "tie"):
        return certified
    if certified != "exact":
        for reason in reasons:
            if reason.contribution is None or reason.standard_error is None:
                continue
            if reason.contribution - z * reason.standard_error <= 0:
                return "false"  # R6: it may have helped
    # R13: a tie that decided an order, or who is told at all, is logged as one.
    last = sum(reason.component == "score" for reason in reasons)
    sizes = [_steps(contributions[e.factor], tolerance) for e in entries if e.component == "score"]
    tied = any(first == second for first, second in pairwise(sizes[: last + 1]))
    return "tie" if tied else certified


def _gap(
    reasons: Sequence[Reason], unsaid: Sequence[DroppedReason], contributions: Mapping[str, float]
) -> float | None:
    told = [reason.contribution for reason in reasons if reason.contribution is not None]
    left = [contributions[reason.factor] for reason in unsaid if reason.factor in contributions]
    return min(told) - max(left) if told and left else None


def is_blocked(code: ReasonCode | None) -> bool:
    """Return whether a factor's likeness to a protected attribute was judged to bar it (R2)."""
    return code is not None and code.proxy is not None and code.proxy.verdict == "blocked"


def _by_size(reason: DroppedReason) -> tuple[float, str]:
    return (-math.inf if reason.contribution is None else -reason.contribution, reason.factor)


def notice_of(before: Notice, causes: Collection[str | None], completed_at: dt.date | None) -> Notice:
    """Return the state of a notice: held by the first cause that holds, else as it was or ready."""
    due_on = before.due_on
    if completed_at is not None:
        due_on = completed_at + dt.timedelta(days=NOTICE_DAYS)
    if before.state in ("sent", "void"):
        return replace(before, due_on=due_on)
    if not causes:
        return Notice("ready", None, due_on)
    cause = next((cause for cause in CAUSE_ORDER if cause in causes), None)
    return Notice("held", cause or before.cause, due_on)
