"""What the global methods said in the audit that `told` tells, by hand."""

from __future__ import annotations

from typing import Any

from audit.record import Figure

SEXES = ({"group": "female", "n": 1210}, {"group": "male", "n": 790})
AGES = (
    {"group": "18-24", "n": 180},
    {"group": "25-39", "n": 1220},
    {"group": "40-61", "n": 588},
    {"group": "62+", "n": 12},
)
STATUS = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]


def _estimate(value: float, half: float) -> dict[str, float]:
    return {"value": value, "low": round(value - half, 4), "high": round(value + half, 4)}


def importance(factors: tuple[tuple[str, str, str], ...]) -> list[dict[str, Any]]:
    """Return one row a factor; the last of them was not measured."""
    rows = [
        {
            "factor": factor,
            "label": label,
            "auc": _estimate(round(0.09 / (1 + at * 1.4), 4), 0.011),
            "log_loss": _estimate(round(0.08 / (1 + at), 4), 0.009),
            "moved": _estimate(round(0.1 / (1 + at), 4), 0.004),
            "turned": _estimate(round(0.17 / (1 + at), 4), 0.02),
            "cause": None,
        }
        for at, (factor, _, label) in enumerate(factors[:-1])
    ]
    factor, _, label = factors[-1]
    blank = dict.fromkeys(("auc", "log_loss", "moved", "turned"))
    return [*rows, {"factor": factor, "label": label, **blank, "cause": "all rows hold the same value"}]


def by_group(factors: tuple[tuple[str, str, str], ...], size: float) -> list[dict[str, Any]]:
    """Return two attributes; the oldest are too few."""
    return [
        {
            "attribute": attribute,
            "groups": list(groups),
            "factors": [
                {
                    "factor": factor,
                    "label": label,
                    "values": [
                        None
                        if group["n"] < 30
                        else _estimate(round(size * (1 + 0.1 * place) / (1 + at), 4), 0.005)
                        for place, group in enumerate(groups)
                    ],
                }
                for at, (factor, _, label) in enumerate(factors)
            ],
        }
        for attribute, groups in (("sex", SEXES), ("age", AGES))
    ]


def _axis(factor: str, label: str, column: str, kind: str = "number") -> dict[str, Any]:
    return {"factor": factor, "label": label, "column": column, "kind": kind}


def _dependence() -> list[dict[str, Any]]:
    rising = [0.12, 0.12, 0.16, 0.3, 0.52, 0.61]
    bent = [0.24, 0.19, 0.21, 0.27]
    regions = [0.25, 0.21, 0.22]

    def curve(mean: list[float], counts: list[int], **more: Any) -> dict[str, Any]:
        return {
            "mean": mean,
            "low": [round(one - 0.01, 3) for one in mean],
            "high": [round(one + 0.01, 3) for one in mean],
            "counts": counts,
            "extent": round(max(mean) - min(mean), 3),
            "n_unknown": 0,
            "left_out": 0,
            **more,
        }

    return [
        {
            **_axis("latest_payment", "Payment status in the latest month", "status_latest"),
            "points": STATUS,
            **curve(
                rising,
                [220, 571, 963, 130, 90, 26],
                spread=0.16,
                against=0.0,
                beyond={"share": 0.27, "column": "status_2", "cause": None},
            ),
        },
        {
            **_axis("credit_limit", "Credit limit already held", "credit_limit"),
            "points": [10000.0, 50000.0, 140000.0, 360000.0],
            **curve(
                bent,
                [300, 700, 700, 300],
                spread=0.109,
                against=0.168,
                beyond={"share": 0.004, "column": "balance_to_limit", "cause": None},
            ),
        },
        {
            **_axis("region", "Region", "region", "category"),
            "points": ["north", "south", ""],
            **curve(
                regions,
                [1200, 700, 100],
                spread=0.01,
                against=0.02,
                beyond={
                    "share": None,
                    "column": None,
                    "cause": "too few rows to tell an empty cell from a rare one",
                },
            ),
        },
    ]


def _effects() -> list[dict[str, Any]]:
    values = [-0.06, -0.05, -0.01, 0.09, 0.25, 0.31]
    return [
        {
            **_axis("latest_payment", "Payment status in the latest month", "status_latest"),
            "points": STATUS,
            "effect": values,
            "low": [one - 0.005 for one in values],
            "high": [one + 0.005 for one in values],
            "counts": [571, 963, 253, 181, 32],
            "extent": 0.37,
            "left_out": 0,
        }
    ]


def _lines() -> list[dict[str, Any]]:
    found = []
    for axis in _dependence()[:2]:
        mean = [round(one - axis["mean"][0], 3) for one in axis["mean"]]
        found.append(
            {
                **{
                    key: axis[key]
                    for key in ("factor", "label", "column", "kind", "points", "spread", "against")
                },
                "lines": [[round(part * one, 4) for one in mean] for part in (0.4, 0.8, 1.1, 1.7)],
                "mean": mean,
            }
        )
    return found


def _pairs() -> list[dict[str, Any]]:
    told = (
        ("Earlier payments with latest payment", 0.07, 0.2),
        ("Latest payment with share paid", 0.035, 0.06),
    )
    return [
        {
            "first": label.split(" with ")[0].lower().replace(" ", "_"),
            "second": label.split(" with ")[1].replace(" ", "_"),
            "label": label,
            "share": share,
            "share_low": round(share * 0.6, 3),
            "share_high": round(share * 1.4, 3),
            "size": size,
            "low": round(size * 0.8, 4),
            "high": round(size * 1.2, 4),
        }
        for label, size, share in told
    ]


def _weights() -> dict[str, Any]:
    return {
        "n": 386,
        "linear": False,
        "layers": [
            {
                "name": "hidden",
                "units": 32,
                "activation": "relu",
                "norm": 4.678,
                "gain": 1.837,
                "small": 0.002,
                "idle": 2,
                "cut_off": 1,
            },
            {
                "name": "score",
                "units": 1,
                "activation": "sigmoid",
                "norm": 1.813,
                "gain": 1.813,
                "small": 0.0,
                "idle": 0,
                "cut_off": 0,
            },
        ],
        "columns": [
            {
                "column": "status_latest",
                "factor": "latest_payment",
                "path": 7.9,
                "share": 0.52,
                "signed": None,
            },
            {"column": "credit_limit", "factor": "credit_limit", "path": 4.2, "share": 0.28, "signed": None},
            {"column": "region", "factor": "region", "path": 3.1, "share": 0.2, "signed": None},
        ],
        "n_units": 32,
        "units": [
            {
                "unit": 6,
                "reach": 0.051,
                "inputs": [
                    {"column": "status_latest", "weight": 0.367, "share": 0.41},
                    {"column": "credit_limit", "weight": -0.342, "share": 0.38},
                ],
            },
            {"unit": 21, "reach": 0.02, "inputs": [{"column": "region", "weight": -0.486, "share": 0.6}]},
        ],
    }


def behaviour(factors: tuple[tuple[str, str, str], ...]) -> dict[str, Figure]:
    """Every figure of a global method."""
    axes = _dependence()
    groups = [
        {"group": "female", "n": 1210, "mean": [0.0, 0.0, 0.03, 0.17, 0.38, 0.46], "gap": -0.07,
         "more_than_chance": True},
        {"group": "male", "n": 790, "mean": [0.0, 0.0, 0.05, 0.2, 0.43, 0.53], "gap": 0.07,
         "more_than_chance": True},
    ]  # fmt: skip
    first = {key: axes[0][key] for key in ("factor", "label", "column", "kind", "points")}
    bodies: dict[str, dict[str, Any]] = {
        "importance_by_group": {"method": "shapley", "min_group": 30, "attributes": by_group(factors, 0.088)},
        "permutation_importance": {
            "n": 2000,
            "repeats": 10,
            "seed": 7,
            "ordered_by": "auc",
            "causes": {},
            "factors": importance(factors),
        },
        "permutation_importance_by_group": {"measure": "moved", "attributes": by_group(factors, 0.1)},
        "partial_dependence": {
            "n": 2000,
            "axes": axes,
            "not_measured": [
                {
                    "factor": "months_used",
                    "label": "Months with a balance",
                    "column": "months_used",
                    "cause": "all rows hold the same value",
                }
            ],
        },
        "partial_dependence_by_group": {
            "attributes": [
                {"attribute": "sex", "n_alike": 2, "n_differ": 1, "axes": [{**first, "groups": groups}]},
                {"attribute": "age", "n_alike": 3, "n_differ": 0, "axes": []},
            ]
        },
        "ice": {"n": 2000, "seed": 7, "axes": _lines()},
        "ale": {
            "axes": _effects(),
            "not_measured": [
                {
                    "factor": "region",
                    "label": "Region",
                    "column": "region",
                    "cause": "its levels have no stated order, so there is no next one to move to",
                }
            ],
        },
        "interaction": {
            "n": 150,
            "among": [{"factor": factor, "label": label} for factor, _, label in factors[:3]],
            "pairs": _pairs(),
        },
        "weights": _weights(),
    }
    return {
        name: Figure(name, "fair_lending" if name.endswith("_by_group") else "model_risk", body)
        for name, body in bodies.items()
    }
