"""A small lender whose truth is known: what every world of applicants is written with.

The model is linear in its factors, so the Shapley value of a factor is its term less the mean
term of the reference. Nobody here exists.
"""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FEATURES = ("income", "utilisation", "late_payments", "years_at_address")
CUTOFF = 0.40
FACTORS = {"income": "C1", "utilisation": "C2", "late_payments": "C3", "years_at_address": "C4"}

MODEL = '''"""A linear score: high is bad."""

import numpy as np


def terms(columns):
    years = columns["years_at_address"]
    return {
        "income": -0.0015 * columns["income"],
        "utilisation": 0.45 * columns["utilisation"],
        "late_payments": 0.07 * columns["late_payments"],
        "years_at_address": np.where(np.isnan(years), 0.10, np.where(years < 2, 0.05, 0.0)),
    }


def score(columns):
    return 0.15 + sum(terms(columns).values())


def mirrored(columns):
    return 1.0 - score(columns)
'''

REASONS = """income:
  columns: [income]
  code: C1
  statement: {en: Income insufficient for the amount of credit requested}
  direction: {low: adverse}
  priority: 4
  approved: {by: Model Risk, date: 2026-11-02}
utilisation:
  columns: [utilisation]
  code: C2
  statement: {en: Balances on revolving accounts are too high compared with their limits}
  direction: {high: adverse}
  priority: 1
  approved: {by: Model Risk, date: 2026-11-02}
late_payments:
  columns: [late_payments]
  code: C3
  statement: {en: Delinquent past or present credit obligations with others}
  direction: {high: adverse}
  priority: 2
  approved: {by: Model Risk, date: 2026-11-02}
years_at_address:
  columns: [years_at_address]
  code: C4
  statement: {en: Length of residence}
  missing: {columns: [years_at_address], statement: {en: Unable to verify residence}}
  priority: 3
  approved: {by: Model Risk, date: 2026-11-02}
"""


@dataclass(frozen=True)
class World:
    """A folder that a whole audit can run on, and what it must find."""

    folder: Path
    truth: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    @property
    def config(self) -> Path:
        """The audit's config."""
        return self.folder / "audit.yaml"


@dataclass
class Plan:
    """What a world changes of the plain lender."""

    coding: str = "high"  # high: high scores are bad; low: the mirrored model, the same decisions
    features: tuple[str, ...] = FEATURES
    model: str = MODEL
    reasons: str = REASONS
    protected: dict[str, Any] = field(
        default_factory=lambda: {
            "sex": {"column": "sex", "type": "category", "reference": "male"},
            "age": {"column": "age", "type": "integer", "bands": [18, 25, 40, 62], "reference": "40-61"},
        }
    )
    intersections: list[list[str]] = field(default_factory=lambda: [["sex", "age"]])
    config: dict[str, Any] = field(default_factory=dict)  # keys put in last
    guarantors: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


def terms(row: Mapping[str, Any]) -> dict[str, float]:
    """Return each factor's term of the score, in plain Python."""
    years = row["years_at_address"]
    return {
        "income": -0.0015 * row["income"],
        "utilisation": 0.45 * row["utilisation"],
        "late_payments": 0.07 * row["late_payments"],
        "years_at_address": 0.10 if years is None else 0.05 if years < 2 else 0.0,
    }


def score(row: Mapping[str, Any]) -> float:
    """Return the score of a row, in plain Python; high is bad."""
    return 0.15 + math.fsum(terms(row).values())


def refused(row: Mapping[str, Any]) -> bool:
    """Return whether the model refuses a row at its cutoff."""
    return score(row) >= CUTOFF


def profiles(seed: int) -> Iterable[dict[str, Any]]:
    """Yield features of applicants without end, none of them at the cutoff."""
    draw = random.Random(seed)
    while True:
        row = {
            "income": round(draw.uniform(15, 120), 1),
            "utilisation": round(draw.betavariate(1.5, 2.0), 4),
            "late_payments": min(draw.choice((0, 0, 0, 1, 1, 2, 3, 5)), 6),
            "years_at_address": None if draw.random() < 0.05 else draw.randint(0, 30),
        }
        if abs(score(row) - CUTOFF) > 1e-6:
            yield row


def complete(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with ids, persons, outcomes and the record that letters need."""
    whole = []
    for i, row in enumerate(rows):
        late = refused(row)
        whole.append(
            {
                "application_id": f"A{i:06d}",
                "applicant_id": f"P{i:06d}",
                **row,
                # Two in five of the refused would have defaulted, one in ten of the others.
                "defaulted": int(i % 5 < 2 if late else i % 10 == 0),
                "received_at": "2026-11-02",
                "completed_at": "2026-11-03",
                "decided_at": "2026-11-19",
                "requested_terms": "5,000 US dollars over 36 months",
                "bureau_used": "yes" if i % 2 == 0 else "no",
                "fico": 600 + i % 200 if i % 2 == 0 else None,
                "fico_date": "2026-11-03",
                "k1": "Too many accounts with balances",
                "k2": "Length of time accounts have been established",
            }
        )
    return whole


def write(folder: Path, rows: Sequence[dict[str, Any]], truth: Mapping[str, Any], plan: Plan) -> World:
    """Write data, model, reasons, recipients and config into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _csv(folder / "applications.csv", rows)
    (folder / "model.py").write_text(plan.model)
    (folder / "reasons.yaml").write_text(plan.reasons)
    recipients = []
    for i, row in enumerate(rows):
        persons = [(row["applicant_id"], "primary"), *plan.guarantors.get(row["application_id"], ())]
        for person, role in persons:
            recipients.append(
                {
                    "application_id": row["application_id"],
                    "applicant_id": person,
                    "role": role,
                    "name": f"Zyxwv Fictional-{person}",
                    "street": f"{i + 1} Nowhere Lane",
                    "town": "Sampletown DE 00000",
                    "channel": "mail",
                    "esign_consent": "no",
                }
            )
    _csv(folder / "recipients.csv", recipients)
    # JSON is YAML.
    (folder / "audit.yaml").write_text(json.dumps(_config(plan), indent=1))
    return World(folder, truth, rows)


def _config(plan: Plan) -> dict[str, Any]:
    high = plan.coding == "high"
    config: dict[str, Any] = {
        "audit": {"name": "A lender that does not exist", "owner": "Model Risk", "as_of": "2026-11-20"},
        "model": {
            "path": f"python:model:{'score' if high else 'mirrored'}",
            "trust": {"by": "Model Risk", "reason": "ten lines, read", "date": "2026-11-02"},
        },
        "data": {
            "path": "applications.csv",
            "id": "application_id",
            "person": "applicant_id",
            "features": list(plan.features),
            "observed": {"column": "defaulted", "adverse": 1},
        },
        "decision": {
            "adverse": plan.coding,
            "cutoff": CUTOFF if high else 1 - CUTOFF,
            "disclosed_score": {"role": "not_a_credit_score", "by": "Counsel", "date": "2026-11-02"},
        },
        "protected": plan.protected,
        "intersections": plan.intersections,
        "explain": {
            "reasons": {"method": "shapley", "exact_up_to": 10, "at_most": 4, "floor": 0.05},
            "reference": {"kind": "near_cutoff", "rows": 1000, "min_rows": 20},
            "also": [],
            "sample": 20,
            "favourable": 50,
        },
        "dictionary": "reasons.yaml",
        "policies": ["us_ecoa_regb", "us_fcra", "screening"],
        "entities": {
            "us": {
                "name": "Sample Harbor Credit Co.",
                "address": "500 Example Street, Sampletown DE 00000",
                "phone": "1-800-555-0142",
                "ecoa_agency": "ftc",
            }
        },
        "record": {
            "purpose": "consumer",
            "received_at": "received_at",
            "completed_at": "completed_at",
            "decided_at": "decided_at",
            "product": {"value": "Personal loan"},
            "requested_terms": "requested_terms",
            "jurisdiction": "us",
            "language": "en",
        },
        "sources": [
            {
                "kind": "cra",
                "name": "Example Bureau, Inc.",
                "address": "P.O. Box 0000, Sampletown DE 00000",
                "phone": "1-800-555-0199",
                "toll_free": True,
                "nationwide": True,
                "used_when": "bureau_used",
            }
        ],
        "bureau_scores": [
            {
                "value": "fico",
                "low": 300,
                "high": 850,
                "created_on": "fico_date",
                "provider": "Example Bureau, Inc.",
                "key_factors": ["k1", "k2"],
            }
        ],
        "recipients": {
            "path": "recipients.csv",
            "decision": "application_id",
            "person": "applicant_id",
            "role": "role",
            "name": "name",
            "address": ["street", "town"],
            "channel": "channel",
            "esign_consent": "esign_consent",
        },
        "seed": 7,
    }
    return config | plan.config


def _csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
