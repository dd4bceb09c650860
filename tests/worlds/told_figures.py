"""Figures and decisions of the audit that `told` tells: every table and series, by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from audit.record import Decision, DroppedReason, Figure, Notice, Person, Reason
from tests.worlds import told_sweeps
from tests.worlds.told_behaviour import behaviour
from tests.worlds.told_gaps import gaps
from tests.worlds.told_reasons import reason_audit
from tests.worlds.told_slices import slices
from tests.worlds.told_soundness import soundness

FACTORS = (
    ("latest_payment", "P1", "Payment status in the latest month"),
    ("earlier_payments", "P2", "Payment history in the five months before"),
    ("balance_level", "B1", "Amount owed compared with the limit"),
    ("balance_change", "B2", "Change in the amount owed"),
    ("share_paid", "B3", "Share of the balance paid"),
    ("amount_paid", "B4", "Size of recent payments"),
    ("credit_limit", "L1", "Credit limit already held"),
    ("months_used", "L2", "Months with a balance"),
)
GROUPS = {
    "sex": ("male", {"male": (1977, 1484), "female": (3023, 2370)}),
    "age": (
        "40-61",
        {"18-24": (443, 302), "25-39": (3045, 2406), "40-61": (1479, 1117), "62+": (33, 29)},
    ),
    "marital_status": (
        "married",
        {"married": (2282, 1741), "single": (2652, 2064), "others": (54, 40), "unknown": (12, 9)},
    ),
    "sex x age": (
        "male x 40-61",
        {
            "male x 40-61": (656, 484),
            "male x 18-24": (117, 72),
            "male x 25-39": (1186, 912),
            "male x 62+": (18, 16),
            "female x 18-24": (326, 230),
            "female x 25-39": (1859, 1494),
            "female x 40-61": (823, 633),
            "female x 62+": (15, 13),
        },
    ),
}


def _swarm(draw: random.Random) -> list[dict[str, Any]]:
    factors = []
    for i, (factor, _, label) in enumerate(FACTORS):
        spread = 0.16 / (1 + i * 0.7)
        points = []
        for _ in range(120):
            rank = draw.random()
            points.append([round((rank - 0.4) * 2 * spread + draw.gauss(0, spread / 4), 5), round(rank, 4)])
        factors.append(
            {
                "factor": factor,
                "label": label,
                "points": points,
                "share_adverse": 0.62,
                "q25": -0.02,
                "q75": 0.05,
            }
        )
    return factors


def figures() -> dict[str, Figure]:
    """Every figure of the contract."""
    draw = random.Random(7)
    edges = [round(i / 20, 2) for i in range(21)]
    counts = [310, 720, 905, 800, 620, 499, 300, 210, 140, 110, 90, 80, 60, 50, 40, 30, 20, 10, 5, 1]
    by_group = {
        attribute: {group: [round(c * n / 5000) for c in counts] for group, (n, _) in groups.items()}
        for attribute, (_, groups) in GROUPS.items()
        if " x " not in attribute
    }
    bodies: dict[str, dict[str, Any]] = {
        "population": {
            "rows": 5000,
            "adverse": 1146,
            "favourable": 3854,
            "none": 0,
            "held": 132,
            "quarantined": 0,
            "selection_rate": {"value": 0.7708, "low": 0.7589, "high": 0.7822},
            "quarantined_causes": [],
        },
        "data": {
            "name": "applications.csv.gz",
            "digest": "a7" * 32,
            "features": [
                {
                    "name": "credit_limit",
                    "type": "number",
                    "missing": 0,
                    "low": 10000.0,
                    "median": 140000.0,
                    "high": 800000.0,
                    "distinct": 72,
                },
                {
                    "name": "status_latest",
                    "type": "number",
                    "missing": 3,
                    "low": -2.0,
                    "median": 0.0,
                    "high": 8.0,
                    "distinct": 11,
                },
                {
                    "name": "region",
                    "type": "text",
                    "missing": 0,
                    "low": None,
                    "median": None,
                    "high": None,
                    "distinct": 4,
                },
            ],
            "protected": [
                {
                    "attribute": attribute,
                    "type": "category",
                    "provenance": "collected",
                    "reference": reference,
                    "groups": [{"group": g, "n": n} for g, (n, _) in groups.items()],
                }
                for attribute, (reference, groups) in GROUPS.items()
                if " x " not in attribute
            ],
            "observed": {"column": "defaulted", "adverse": 1, "n_known": 5000},
        },
        "model": {
            "name": "credit_mlp.keras",
            "framework": "keras",
            "version": "3f9c1b7ae2d04586",
            "digest": "3f" * 32,
            "inputs": ["credit_limit", "status_latest", "region"],
            "n_parameters": 1089,
            "layers": [
                {"name": "hidden", "kind": "Dense", "units": 32},
                {"name": "score", "kind": "Dense", "units": 1},
            ],
            "trust": None,
            "protected_inputs": [],
        },
        "scores": {"edges": edges, "counts": counts, "cutoff": 0.3, "by_group": by_group},
        "calibration": {
            "bins": [
                {
                    "n": 500,
                    "mean_score": round(0.05 + i * 0.085, 3),
                    "observed": round(0.06 + i * 0.075, 3),
                    "low": round(0.04 + i * 0.07, 3),
                    "high": round(0.085 + i * 0.08, 3),
                }
                for i in range(10)
            ]
        },
        "confusion": {
            "true_positive": 556,
            "false_positive": 590,
            "true_negative": 3303,
            "false_negative": 551,
            "accuracy": 0.7718,
        },
        "importance": {
            "method": "shapley",
            "n": 1446,
            "unit": "score",
            "factors": [
                {
                    "factor": f,
                    "label": label,
                    "mean_abs": round(0.088 / (1 + i * 0.8), 4),
                    "low": round(0.081 / (1 + i * 0.8), 4),
                    "high": round(0.094 / (1 + i * 0.8), 4),
                    "mean_adverse": round(0.12 / (1 + i * 0.9), 4),
                }
                for i, (f, _, label) in enumerate(FACTORS)
            ],
        },
        "swarm": {"factors": _swarm(draw)},
        "effects": {
            "factors": [
                {
                    "factor": f,
                    "label": label,
                    "column": f,
                    "bins": [
                        {
                            "low": float(b),
                            "high": float(b + 1),
                            "n": 140 - 10 * b,
                            "mean": round((b - 3) * 0.03 / (1 + i), 4),
                        }
                        for b in range(8)
                    ],
                }
                for i, (f, _, label) in enumerate(FACTORS)
            ]
        },
        "reason_mix": {
            "n_notices": 1146,
            "codes": [
                {"code": code, "factor": f, "label": label, "first": first, "any": anywhere}
                for (f, code, label), first, anywhere in zip(
                    FACTORS,
                    (878, 195, 11, 0, 0, 57, 5, 0),
                    (986, 607, 642, 34, 860, 436, 149, 138),
                    strict=True,
                )
            ],
        },
        "reasons_by_group": {
            "attributes": [
                {
                    "attribute": a,
                    "groups": [{"group": g, "n": n - k} for g, (n, k) in groups.items()],
                    "codes": [
                        {
                            "code": code,
                            "label": label,
                            "counts": [round((n - k) * 0.9 / (1 + i)) for n, k in groups.values()],
                        }
                        for i, (_, code, label) in enumerate(FACTORS)
                    ],
                }
                for a, (_, groups) in GROUPS.items()
                if " x " not in a
            ]
        },
        "holds": {
            "n_held": 132,
            "causes": [{"cause": "protected_basis", "n": 100}, {"cause": "ranking_uncertain", "n": 32}],
        },
        "certified": {"exact": 1146, "certain": 0, "tie": 0, "false": 0},
        "dropped": {
            "causes": [
                {"cause": "helped", "n": 3120},
                {"cause": "below_floor", "n": 1204},
                {"cause": "beyond_at_most", "n": 98},
            ]
        },
        "agreement": {
            "n": 60,
            "among": {
                "methods": ["shapley", "shap", "lime"],
                "top4_overlap": [[1.0, 0.98, 0.78], [0.98, 1.0, 0.77], [0.78, 0.77, 1.0]],
            },
            "with": [
                {
                    "method": "shap",
                    "top4_overlap": 0.98,
                    "same_top1": 0.99,
                    "rank_correlation": 0.991,
                    "max_difference": 0.0021,
                    "cause": None,
                },
                {
                    "method": "lime",
                    "top4_overlap": 0.78,
                    "same_top1": 0.81,
                    "rank_correlation": 0.74,
                    "max_difference": None,
                    "cause": None,
                },
            ],
        },
        **soundness(),
        **reason_audit(FACTORS),
        "reference": {
            "references": [
                {
                    "kind": "near_cutoff",
                    "n": 386,
                    "candidates": 386,  # the nearest tenth of 3,854 approved ones
                    "cutoff": 0.3,
                    "mean_score": 0.2612,
                    "low": 0.2201,
                    "high": 0.2999,
                    "digest": "86" * 32,
                    "cause": None,
                }
            ]
        },
        "method": {
            "reasons": {"method": "shapley", "exact_up_to": 10, "at_most": 4, "floor": 0.05, "players": 8},
            "seed": 7,
            "scale": "score",
        },
        "environment": {
            "program": "0.1.0",
            "python": "3.11.7",
            "packages": {"tensorflow": "2.21.0", "keras": "3.15.1"},
            "platform": "Linux x86_64",
            "fingerprint": "5e" * 32,
        },
        "demonstration": {
            "note": "Real Taiwanese card holders of 2005, judged by a made-up lender. No real one was seen."
        },
    }
    by_group = told_sweeps.bodies(GROUPS)
    bodies |= gaps() | by_group
    fair = {"data", "scores", "reasons_by_group", *gaps(), *by_group}
    return {
        **{
            name: Figure(name, "fair_lending" if name in fair else "model_risk", body)
            for name, body in bodies.items()
        },
        **behaviour(FACTORS),
        **slices(),
    }


def decisions() -> tuple[Decision, ...]:
    """Two refusals and an approval."""
    reasons = tuple(
        Reason(rank, code, f, label, contribution)
        for (f, code, label), rank, contribution in zip(
            FACTORS, (1, 2, 3), (0.129, 0.032, 0.017), strict=False
        )
    )
    dropped = (
        DroppedReason("share_paid", 0.004, "below_floor"),
        DroppedReason("amount_paid", -0.02, "helped"),
    )
    first = Decision(
        "4c1e07ab" * 8,
        0,
        3,
        (Person("9d" * 32),),
        "adverse",
        0.419,
        0.3,
        reference="86" * 32,
        residual=0.0,
        gap=0.013,
        certified="exact",
        reasons=reasons,
        dropped=dropped,
        notice=Notice("ready"),
    )
    held = replace(first, decision="5d2f18bc" * 8, row=4, notice=Notice("held", "protected_basis"))
    return held, first, Decision("6e3a29cd" * 8, 0, 5, (Person("8c" * 32),), "favourable", 0.11, 0.3)
