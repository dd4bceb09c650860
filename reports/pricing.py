"""Whether the terms granted are materially less favourable, by the tests of 12 CFR 1022.72 that compute.

A test answers yes, with what it rests on; no; or that it cannot be told, which is never a no.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from reports.deadline import read_date
from reports.mandatory import Gap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.record import CaseFile, Role

SOURCE = "12 CFR 1022.72"
YEARS = 2  # 1022.72(b)(1)(ii)(A): the cutoff is computed anew at least every two years


class Worse(NamedTuple):
    """Terms that ask for a notice, and why."""

    why: str
    source: str


def worse_terms(rule: Mapping[str, Any], case: CaseFile, role: Role = "primary") -> Worse | Gap | None:
    """Return why the terms granted ask for a risk-based pricing notice; None where they do not.

    Parameters
    ----------
    rule : mapping
        ``letters.pricing`` of the sealed config.
    role : whose score it is that counts; a notice goes to each person by their own (1022.75(c))
    """
    if rule["by"] == "score":
        return _by_score(rule, case, role)
    return {"tiers": _by_tier, "apr": _by_apr}[str(rule["by"])](rule, case)


def exempt_tiers(tiers: int) -> int:
    """Return how many of the best tiers get no notice.

    Up to four tiers: the top one. From five on: the top two, and each further one with which they are
    at most 40 percent of the tiers (1022.72(b)(2)).

    >>> [exempt_tiers(n) for n in (2, 4, 5, 7, 8, 10)]
    [1, 1, 2, 2, 3, 4]
    """
    return 1 if tiers <= 4 else max(2, (4 * tiers) // 10)


def _by_score(rule: Mapping[str, Any], case: CaseFile, role: Role) -> Worse | Gap | None:
    source = f"{SOURCE}(b)(1)"
    computed, decided = read_date(str(rule["computed_on"])), read_date(case.record.get("decided_at", ""))
    if decided is None:
        return Gap("record.decided_at is missing", source)
    if computed is None or computed > decided or _years_before(decided, computed) >= YEARS:
        fact = "letters.pricing.computed_on is over two years before the decision, or after it"
        return Gap(f"{fact}: compute the cutoff anew", source)
    theirs = [one for one in case.bureau_scores if one.of == role and one.role == "third_party_score"]
    scores = [one.value for one in theirs if one.value.strip()]
    if not scores:
        return Worse("no credit score was available", f"{source}(iii)")
    numbers = [_number(score) for score in scores]
    if None in numbers:
        return Gap("bureau_scores.value is no number", source)
    lowest = min(number for number in numbers if number is not None)
    return Worse("the credit score is below the cutoff", source) if lowest < float(rule["cutoff"]) else None


def _years_before(later: Any, earlier: Any) -> int:
    whole = later.year - earlier.year
    return int(whole - ((later.month, later.day) < (earlier.month, earlier.day)))


def _by_tier(rule: Mapping[str, Any], case: CaseFile) -> Worse | Gap | None:
    source, tiers = f"{SOURCE}(b)(2)", int(rule["tiers"])
    text = case.record.get("tier", "").strip()
    if not text.isdecimal() or not 1 <= int(text) <= tiers:
        return Gap(f"record.tier is not one of 1 to {tiers}", source)
    if int(text) <= exempt_tiers(tiers):
        return None
    return Worse("the pricing tier is not among the best", source)


def _by_apr(rule: Mapping[str, Any], case: CaseFile) -> Worse | Gap | None:
    source = f"{SOURCE}(a), (c)"
    granted, best = (_number(case.record.get(key, "").strip().rstrip("%")) for key in ("apr", "best_apr"))
    if granted is None or best is None:
        return Gap("record.apr or record.best_apr is missing, or is no number", source)
    return Worse("the rate is above the lowest of the offer", source) if granted > best else None


def _number(text: str) -> float | None:
    """Return the number of a text; None where it is none, or is not finite and so compares with nothing."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
