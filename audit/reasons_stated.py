"""The reasons that were found, held against those that the lender itself stated. Pure.

A lender that reports under the Home Mortgage Disclosure Act puts down up to four codes of denial
(12 CFR 1003.4(a)(16)); the notice of the same refusal gives its principal reasons (12 CFR
1002.9(b)(2)). Two accounts of one decision should agree, so the dictionary's ``hmda`` turns each
reason into its code and both are compared, refusal by refusal.

Why so, chance beside it: most lenders name two or three codes for nearly everybody, and then any
two lists agree often. What would be found if the lender's reasons belonged to other refusals is
known exactly: the mean over all permutations, and their standard deviation (Hoeffding 1951, "A
combinatorial central limit theorem", Annals of Mathematical Statistics 22:558). So nothing is drawn.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from audit.fairness.intervals import Z, wilson_interval
from audit.record import Decision, Figure, ReasonCode

HMDA = {
    1: "Debt-to-income ratio",
    2: "Employment history",
    3: "Credit history",
    4: "Collateral",
    5: "Insufficient cash",
    6: "Unverifiable information",
    7: "Application incomplete",
    8: "Mortgage insurance denied",
    9: "Other",
}
NOT_STATED = "the config names no column of the lender's own reasons (record.denial_reasons)"
_NOBODY = "no refusal has both a reason that was found and one that the lender stated"

Codes = tuple[int, ...]


def figure(
    decisions: Sequence[Decision],
    stated: Sequence[Codes] | None,
    dictionary: Sequence[ReasonCode],
    *,
    columns: Sequence[str] = (),
    unread: int = 0,
) -> Figure:
    """Return how far the reasons agree with those that the lender stated.

    Parameters
    ----------
    decisions : all of an audit
    stated : of each decision, the lender's HMDA codes in its order; None where no column is named
    columns : where they stand
    unread : cells that are no code

    Returns
    -------
    Figure
        ``stated_reasons``. Compared are refusals with at least one reason on both sides; a reason
        whose factor has no HMDA code agrees with nothing.
    """
    if stated is None:
        return Figure("stated_reasons", "model_risk", {"cause": NOT_STATED})
    hmda = {code.factor: code.hmda for code in dictionary if code.hmda in HMDA}
    refused = [(one, said) for one, said in zip(decisions, stated, strict=True) if one.outcome == "adverse"]
    compared = [(_codes(one, hmda), said) for one, said in refused if one.reasons and said]
    body: dict[str, Any] = {
        "columns": list(columns),
        "refusals": len(refused),
        "n": len(compared),
        "not_stated": sum(not said for _, said in refused),
        "not_found": sum(bool(said) and not one.reasons for one, said in refused),
        "unread": unread,
    }
    if not compared:
        return Figure("stated_reasons", "model_risk", {**body, "cause": _NOBODY})
    within_reach = frozenset(hmda.values())
    return Figure(
        "stated_reasons",
        "model_risk",
        {
            **body,
            # What the dictionary has no factor for can never be found, whatever the method.
            "within_reach": _counted(sum(bool(within_reach & set(said)) for _, said in compared), compared),
            "first_within_reach": _counted(sum(said[0] in within_reach for _, said in compared), compared),
            "same_first": _agreement(
                [(found[:1], said[:1]) for found, said in compared],
                lambda found, said: found == said,
            ),
            "first_among": _agreement(
                [(tuple(sorted({*found} - {None})), said[:1]) for found, said in compared],
                lambda found, said: said[0] in found,
            ),
            "overlap": _agreement(
                [(tuple(sorted({*found} - {None})), tuple(sorted(said))) for found, said in compared],
                lambda found, said: not set(found).isdisjoint(said),
            ),
            "codes": _by_code(compared, hmda),
        },
    )


def _codes(decision: Decision, hmda: Mapping[str, int | None]) -> tuple[int | None, ...]:
    """Return the HMDA code of each reason, in the order of ranks; None where its factor has none."""
    return tuple(hmda.get(one.factor) for one in sorted(decision.reasons, key=lambda one: one.rank))


def _counted(k: int, compared: Sequence[Any]) -> dict[str, Any]:
    return {"value": k / len(compared), "n": len(compared)}


def _agreement(
    pairs: Sequence[tuple[tuple[Any, ...], Codes]], agree: Callable[[Any, Codes], bool]
) -> dict[str, Any]:
    n = len(pairs)
    k = sum(agree(found, said) for found, said in pairs)
    low, high = wilson_interval(k, n)
    chance, spread = by_chance(pairs, agree)
    return {
        "value": k / n,
        "low": low,
        "high": high,
        "n": n,
        "chance": chance,
        "chance_low": max(0.0, chance - Z * spread),
        "chance_high": min(1.0, chance + Z * spread),
    }


def by_chance(
    pairs: Sequence[tuple[tuple[Any, ...], Codes]], agree: Callable[[Any, Codes], bool]
) -> tuple[float, float]:
    """Return mean and standard deviation of the share that agrees, over all permutations of one side.

    >>> by_chance([((1,), (1,)), ((2,), (2,))], lambda one, other: one == other)
    (0.5, 0.5)
    """
    n = len(pairs)
    rows, columns = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    told = {one: {other: float(agree(one, other)) for other in columns} for one in rows}
    of_row = {one: sum(told[one][other] * k for other, k in columns.items()) / n for one in rows}
    of_column = {other: sum(told[one][other] * k for one, k in rows.items()) / n for other in columns}
    mean = sum(of_row[one] * k for one, k in rows.items()) / n
    if n < 2:
        return mean, 0.0
    square = sum(
        k * m * (told[one][other] - of_row[one] - of_column[other] + mean) ** 2
        for one, k in rows.items()
        for other, m in columns.items()
    )
    return mean, math.sqrt(square / (n - 1)) / n


def _by_code(
    compared: Sequence[tuple[tuple[int | None, ...], Codes]], hmda: Mapping[str, int | None]
) -> list[dict[str, Any]]:
    rows = []
    n = len(compared)
    for code, label in HMDA.items():
        found = sum(code in of for of, _ in compared)
        said = sum(code in of for _, of in compared)
        factors = sorted(factor for factor, of in hmda.items() if of == code)
        if found or said or factors:
            rows.append(
                {
                    "hmda": code,
                    "label": label,
                    "factors": factors,
                    "stated": said,
                    "stated_first": sum(of[0] == code for _, of in compared),
                    "found": found,
                    "found_first": sum(of[0] == code for of, _ in compared),
                    "both": sum(code in one and code in other for one, other in compared),
                    "by_chance": found * said / n,
                }
            )
    return rows
