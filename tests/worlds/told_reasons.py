"""How the reasons of the audit that `told` tells moved, and what its lender stated: two figures, by hand."""

from __future__ import annotations

from typing import Any

EARLIER = "2b9d40f1" * 8
HMDA = {"latest_payment": 3, "earlier_payments": 3, "balance_level": 1, "credit_limit": 9}


def reason_audit(factors: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    """Return the bodies of the two figures.

    Parameters
    ----------
    factors : factor, code and label of each
    """
    moved = (
        (780, 878, 0.0409, 0.0043, 0.0776, 905, 986),
        (240, 195, -0.0516, -0.0836, -0.0193, 590, 607),
        (12, 11, -0.0014, -0.0114, 0.0087, 600, 642),
        (0, 0, 0.0, -0.0035, 0.0034, 40, 34),
        (0, 0, 0.0, -0.0035, 0.0034, 801, 860),
        (48, 57, 0.0053, -0.0125, 0.0228, 402, 436),
        (10, 5, -0.0048, -0.0131, 0.0028, 160, 149),
        (0, 0, 0.0, -0.0035, 0.0034, 0, 138),
    )
    return {
        "reason_drift": {
            "against": EARLIER,
            "accepted": True,
            "n_then": 1090,
            "n_now": 1146,
            "psi": 0.0241,
            "by_chance": 0.0125,
            "reading": "little",
            "codes": [
                {
                    "code": code,
                    "factor": factor,
                    "label": label,
                    "then": then,
                    "now": now,
                    "change": change,
                    "low": low,
                    "high": high,
                    "any_then": any_then,
                    "any_now": any_now,
                    "new": code == "L2",
                    "gone": False,
                }
                for (factor, code, label), (then, now, change, low, high, any_then, any_now) in zip(
                    factors, moved, strict=True
                )
            ],
        },
        "stated_reasons": {
            "columns": ["lender_reason_1", "lender_reason_2"],
            "refusals": 1146,
            "n": 900,
            "not_stated": 246,
            "not_found": 0,
            "unread": 3,
            "within_reach": {"value": 0.81, "n": 900},
            "first_within_reach": {"value": 0.78, "n": 900},
            "same_first": _of(0.62, 0.5878, 0.6512, 0.544, 0.521, 0.567),
            "first_among": _of(0.70, 0.6692, 0.7291, 0.655, 0.632, 0.678),
            "overlap": _of(0.75, 0.7207, 0.7772, 0.713, 0.693, 0.733),
            "codes": [
                _code(1, "Debt-to-income ratio", ["balance_level"], 310, 480, 205, 165.3),
                _code(3, "Credit history", ["earlier_payments", "latest_payment"], 560, 850, 541, 528.9),
                _code(4, "Collateral", [], 171, 0, 0, 0.0),
                _code(9, "Other", ["credit_limit"], 44, 90, 9, 4.4),
            ],
        },
    }


def _of(value: float, low: float, high: float, chance: float, below: float, above: float) -> dict[str, Any]:
    return {
        "value": value,
        "low": low,
        "high": high,
        "n": 900,
        "chance": chance,
        "chance_low": below,
        "chance_high": above,
    }


def _code(
    hmda: int, label: str, factors: list[str], stated: int, found: int, both: int, chance: float
) -> dict[str, Any]:
    return {
        "hmda": hmda,
        "label": label,
        "factors": factors,
        "stated": stated,
        "stated_first": stated // 2,
        "found": found,
        "found_first": found // 2,
        "both": both,
        "by_chance": chance,
    }
