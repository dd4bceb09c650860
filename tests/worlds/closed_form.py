"""What the reasons of a linear lender must be, by the closed form, and what a decision tells."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.oracles.lending import reasons
from tests.worlds.lender import FACTORS, refused, score, terms

STATEMENTS = {
    "income": "Income insufficient for the amount of credit requested",
    "utilisation": "Balances on revolving accounts are too high compared with their limits",
    "late_payments": "Delinquent past or present credit obligations with others",
    "years_at_address": "Length of residence",
}
MIN_ROWS = 20


def told(decision) -> list[tuple[str, str]]:
    """Return code and statement of each reason."""
    return [(one.code, one.statement) for one in decision.reasons]


def expected(row, reference) -> list[tuple[str, str]]:
    """Return code and statement of each reason that a row must have."""
    missing = row["years_at_address"] is None
    return [
        (
            FACTORS[factor],
            "Unable to verify residence" if missing and factor == "years_at_address" else STATEMENTS[factor],
        )
        for factor, _ in reasons(row, reference, terms)
    ]


def csv_rows(folder: Path) -> list[dict[str, str]]:
    """Return the applications of a world, as its file has them."""
    with (folder / "applications.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_decisions(rows) -> list[dict]:
    """Return the rows with the model's decision written into them."""

    def whole(row):
        years = row["years_at_address"]
        numbers = {name: float(row[name]) for name in ("income", "utilisation", "late_payments")}
        return {**numbers, "years_at_address": float(years) if years else None}

    return [
        {**row, "granted": "no" if refused(whole(row)) else "yes", "score": score(whole(row))} for row in rows
    ]
