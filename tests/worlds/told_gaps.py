"""Gaps, proxies, estimated groups and alternatives of the audit that `told` tells: figures by hand."""

from __future__ import annotations

from typing import Any

FACTORS = (
    ("latest_payment", "Latest payment"),
    ("earlier_payments", "Earlier payments"),
    ("credit_limit", "Credit limit"),
    ("months_used", "Months used"),
)
ESTIMATED = "race (estimated)"


def _parts(*values: float) -> list[dict[str, Any]]:
    return [
        {"factor": name, "label": label, "value": value, "low": value - 0.004, "high": value + 0.004}
        for (name, label), value in zip(FACTORS, values, strict=True)
    ]


def _group(group: str, n: float, *values: float, sampling: float = 0.001) -> dict[str, Any]:
    gap = sum(values) + sampling
    return {
        "group": group,
        "n": n,
        "n_attributed": round(n / 3),
        "gap": gap,
        "low": gap - 0.009,
        "high": gap + 0.009,
        "factors": _parts(*values),
        "base": 0.0,
        "residual": 0.0,
        "sampling": sampling,
        "cause": None,
    }


def _few(group: str, n: int) -> dict[str, Any]:
    return {**_group(group, n, 0, 0, 0, 0), "gap": None, "factors": [], "cause": "too few: n < 30"}


def gap() -> dict[str, Any]:
    """Return the split of every gap."""
    return {
        "min_group": 30,
        "attributes": [
            {
                "attribute": "sex",
                "reference": "male",
                "groups": [_group("female", 3023, -0.011, -0.006, -0.002, 0.0002)],
            },
            {
                "attribute": "age",
                "reference": "40-61",
                "groups": [
                    _group("18-24", 443, 0.021, 0.012, 0.014, -0.006),
                    _group("25-39", 3045, -0.004, -0.001, 0.001, 0.0),
                    _few("62+", 29),
                ],
            },
            {
                "attribute": ESTIMATED,
                "reference": "white",
                "groups": [_group("black", 611.4, 0.019, 0.003, 0.001, 0.0, sampling=0.0)],
            },
        ],
    }


def _told(group: str, n: int, line: float, trees: float) -> dict[str, Any]:
    best = max(line, trees)
    return {
        "group": group,
        "n": n,
        "auc": best,
        "low": best - 0.02,
        "high": best + 0.02,
        "logistic": line,
        "trees": trees,
    }


def proxies() -> dict[str, Any]:
    """Return the scan: one factor tells age, none tells sex."""
    shares = (0.44, 0.28, 0.19, 0.09)

    def factors(*aucs: tuple[float, float], group: str, named: int) -> list[dict[str, Any]]:
        return [
            {
                "factor": name,
                "label": label,
                "moves": share / 10,
                "share": share,
                "verdict": "reviewed" if at == named else None,
                "named": at == named,
                "best": _told(group, 443, *both),
                "groups": [_told(group, 443, *both)],
            }
            for at, ((name, label), share, both) in enumerate(zip(FACTORS, shares, aucs, strict=True))
        ]

    return {
        "n": 4000,
        "folds": 5,
        "seed": 7,
        "tells": 0.6,
        "moves": 0.05,
        "attributes": [
            {
                "attribute": "sex",
                "cause": None,
                "together": [_told("female", 2420, 0.56, 0.571)],
                "factors": factors(
                    (0.52, 0.53), (0.51, 0.52), (0.54, 0.55), (0.5, 0.49), group="female", named=-1
                ),
            },
            {
                "attribute": "age",
                "cause": None,
                "together": [_told("18-24", 354, 0.74, 0.801)],
                "factors": factors(
                    (0.55, 0.57), (0.53, 0.56), (0.71, 0.742), (0.58, 0.59), group="18-24", named=2
                ),
            },
            {"attribute": "marital_status", "cause": "fewer than two groups", "together": [], "factors": []},
        ],
    }


def stability_by_group() -> dict[str, Any]:
    """Return stability by group."""
    share = {"value": 0.97, "low": 0.885, "high": 0.992, "n": 34}
    return {
        "draws": 2,
        "min_group": 30,
        "attributes": [
            {
                "attribute": "sex",
                "groups": [
                    {"group": "female", "n": 34, "same_first": share, "overlap": share},
                    {"group": "male", "n": 26, "same_first": None, "overlap": None},
                ],
            }
        ],
    }


def estimated() -> dict[str, Any]:
    """Return approval by weights."""

    def one(group: str, expected: float, rate: float, **more: Any) -> dict[str, Any]:
        plain = dict.fromkeys(
            ("ratio", "ratio_low", "ratio_high", "ratio_error_low", "ratio_error_high", "p_value")
        )
        return {
            "group": group,
            "expected": expected,
            "rate": rate,
            "low": rate - 0.03,
            "high": rate + 0.03,
            "unseen": 0.36,
            "bound_low": rate - 0.2,
            "bound_high": rate + 0.18,
            **plain,
            "cause": None,
            "classified": [
                {"at": 0.5, "n": 420, "rate": rate - 0.02, "low": rate - 0.06, "high": rate + 0.02},
                {"at": 0.8, "n": 12, "rate": None, "low": None, "high": None},
            ],
            **more,
        }

    few = {
        **one("aian", 21.3, 0.5, cause="too few: 21.3 expected members, fewer than 30"),
        "rate": None,
        "low": None,
        "high": None,
        "classified": [],
    }
    black = one(
        "black",
        611.4,
        0.69,
        ratio=0.873,
        ratio_low=0.82,
        ratio_high=0.929,
        ratio_error_low=0.83,
        ratio_error_high=0.918,
        p_value=0.00002,
    )
    return {
        "attribute": ESTIMATED,
        "reference": "white",
        "method": "BISG",
        "n": 5000,
        "n_matched": 4820,
        "missing": [{"cause": "the surname is in no table", "n": 180}],
        "levels": [{"level": "tract", "n": 4700}, {"level": "zip", "n": 120}],
        "tables": [{"table": "surnames", "name": "surnames.csv.gz", "sha256": "c2" * 32}],
        "difference": 0.05,
        "min_group": 30,
        "groups": [one("white", 3412.0, 0.79), black, few],
        "cause": None,
    }


def _candidate(name: str, kind: str, auc: float, ratio: float, frontier: bool, turned: int) -> dict[str, Any]:
    change, moved = auc - 0.774, ratio / 0.86
    of_group = {
        "group": "18-24",
        "value": ratio,
        "low": ratio - 0.05,
        "high": ratio + 0.05,
        "change": moved,
        "change_low": moved - 0.02,
        "change_high": moved + 0.02,
    }
    return {
        "name": name,
        "kind": kind,
        "factors": [],
        "n_approved": 1542,
        "turned": turned,
        "auc": {
            "value": auc,
            "low": auc - 0.02,
            "high": auc + 0.02,
            "change": change,
            "change_low": change - 0.004,
            "change_high": change + 0.004,
        },
        "right": {
            "value": 0.81 + change,
            "change": change,
            "change_low": change - 0.01,
            "change_high": change + 0.01,
        },
        "bad_among_approved": 0.12,
        "attributes": [
            {"attribute": "age", "worst": of_group, "groups": [of_group], "frontier": frontier},
        ],
    }


def alternatives() -> dict[str, Any]:
    """Return candidates on the same people."""
    return {
        "n": 2000,
        "n_known": 2000,
        "cause": None,
        "candidates": [
            _candidate("the model as it is", "now", 0.774, 0.86, True, 0),
            _candidate("credit limit held", "held", 0.772, 0.91, True, 88),
            _candidate("credit limit averaged out", "averaged", 0.771, 0.9, False, 90),
            _candidate("latest payment held", "held", 0.705, 0.95, True, 402),
            _candidate("trained without credit limit", "without", 0.77, 0.89, False, 131),
        ],
        "n_trained": 3000,
        "averaged": 8,
        "cutoff": 0.3,
        "min_group": 30,
        "retrained": {
            "function": "python:training:train",
            "cause": None,
            "digest": "ab" * 32,
            "walls": "bubblewrap, Landlock 7, seccomp",
        },
    }


def cutoffs() -> dict[str, Any]:
    """Return what other cutoffs would do."""
    points = [round(0.05 * at, 2) for at in range(1, 20)]
    ratio = [0.7 + 0.015 * at for at in range(19)]
    return {
        "n": 5000,
        "n_known": 5000,
        "cutoff": 0.3,
        "cutoffs": points,
        "approval": [round(0.05 * at, 2) for at in range(1, 20)],
        "right": [{"value": 0.5 + 0.015 * at, "low": 0.4, "high": 0.9} for at in range(19)],
        "right_cause": None,
        "attributes": [
            {
                "attribute": "age",
                "reference": "40-61",
                "groups": [
                    {
                        "group": "18-24",
                        "n": 443,
                        "ratio": ratio,
                        "low": [one - 0.08 for one in ratio],
                        "high": [one + 0.08 for one in ratio],
                    }
                ],
            }
        ],
    }


def gaps() -> dict[str, dict[str, Any]]:
    """Return every figure about why groups differ and what else could be done."""
    return {
        "gap": gap(),
        "proxies": proxies(),
        "stability_by_group": stability_by_group(),
        "estimated_groups": estimated(),
        "alternatives": alternatives(),
        "cutoff_frontier": cutoffs(),
    }
