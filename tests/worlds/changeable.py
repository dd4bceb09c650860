"""Applicants whose factors are of every kind: numbers, counts, one-hot, words, flags, and what is fixed.

``refuses`` is a score with products, so that what one change does depends on the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.record import ReasonCode
from tests.worlds.small_scorers import PlainScorer

JOBS = ("clerk", "cook", "driver")
COLUMNS = ("income", "late", "balance", "balance_missing", *(f"job_{job}" for job in JOBS), "town", "age")
FLAGS = frozenset({"balance_missing"})
PROTECTED = frozenset({"age"})


def codes(**changes: Any) -> tuple[ReasonCode, ...]:
    """Return the dictionary; ``changes`` gives fields of a factor, as in ``income={"changeable": False}``."""
    fields: dict[str, dict[str, Any]] = {
        "income": {"columns": ("income",)},
        "late": {"columns": ("late",), "change": {"late": "decrease"}},
        "balance": {"columns": ("balance", "balance_missing"), "missing_columns": ("balance_missing",)},
        "job": {"columns": tuple(f"job_{job}" for job in JOBS)},
        "town": {"columns": ("town",), "changeable": False},
        "age": {"columns": ("age",)},
    }
    return tuple(
        ReasonCode(
            **{"factor": name, "code": name, "statement": {"en": name}, **given, **changes.get(name, {})}
        )
        for name, given in fields.items()
    )


def refuses(rows: dict[str, Any]) -> Any:
    """Return a score of 0 to 1; high is bad."""
    town = np.array([{"north": 0.6, "south": -0.2}.get(word, 0.3) for word in rows["town"]])
    job = sum(weight * rows[f"job_{name}"] for name, weight in zip(JOBS, (0.1, 0.9, -0.8), strict=True))
    balance = np.where(rows["balance_missing"] == 1, 0.8, rows["balance"])
    inside = 0.9 * rows["late"] - rows["income"] + balance * (1 + town) + job * (rows["late"] - 1)
    return 1 / (1 + np.exp(-(inside + 0.02 * (rows["age"] - 40))))


def scorer() -> PlainScorer:
    """Return ``refuses`` as a scorer."""
    return PlainScorer(refuses, COLUMNS)


def people(n: int, seed: int, values: int = 4) -> dict[str, Any]:
    """Draw applicants; incomes and balances have ``values`` different values."""
    draw = np.random.default_rng(seed)
    job = draw.integers(0, len(JOBS), n)
    missing = draw.random(n) < 0.2
    balance = np.where(missing, 0.0, draw.integers(0, values, n) * 2 / values)
    return {
        "income": draw.integers(0, values, n) * 3 / values,
        "late": draw.integers(0, 4, n).astype(float),
        "balance": balance,
        "balance_missing": missing.astype(float),
        **{f"job_{name}": (job == at).astype(float) for at, name in enumerate(JOBS)},
        "town": draw.choice(np.array(["north", "south", ""], dtype=object), size=n),
        "age": draw.integers(20, 70, n).astype(float),
    }


def taken(rows: dict[str, Any], which: Any) -> dict[str, Any]:
    """Return some of the rows."""
    return {column: cells[which] for column, cells in rows.items()}
