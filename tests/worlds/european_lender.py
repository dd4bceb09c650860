"""The joint lender in Europe: the same people and model, with what explaining letters must be told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.worlds import joint_lender
from tests.worlds.lender import World

LABELS = {
    "income": "Monthly income, in euros",
    "utilisation": "Share of your limits in use",
    "late_payments": "Late payments",
    "years_at_address": "Years at your address",
}
SOURCES = {
    "income": "applicant",
    "utilisation": "derived",
    "late_payments": "own",
    "years_at_address": "applicant",
}


def build(folder: Path, *, n: int = 120, decided_at: str = "2026-11-20", **lender: Any) -> World:
    """Write the world; ``lender`` changes what the lender states (None takes a key away)."""
    world = joint_lender.build(folder, n=n, guarantors=False)
    config = json.loads(world.config.read_text())
    stated = {
        "name": "Sample Credit SE",
        "address": "Examplestraat 1, 0000 Sampletown",
        "dpo": "none",
        "authority": "Example Authority, Sampletown",
        "review_contact": "review@sample.example",
        "review_time": "within 14 days",
        "lawful_basis": "contract",
        "purposes": "To decide on applications for credit",
        "categories": ["Income", "Payments"],
        "recipients": "Nobody else",
        "storage": "Three years",
        "debt_advice": "Example Advice, Sampletown",
    }
    config["policies"] = ["eu_gdpr", "screening"]
    config["entities"] = {"eu": {key: value for key, value in (stated | lender).items() if value is not None}}
    config["record"] |= {"jurisdiction": "eu", "human_involved": "no", "decided_at": {"value": decided_at}}
    config["sources"], config["bureau_scores"] = [], []
    config["letters"] = {
        "paper": "a4",
        "score": {"low": -10, "high": 10},
        "inputs": {
            column: {
                "label": label,
                "source": SOURCES[column],
                "of": "primary" if column == "income" else "all",
            }
            for column, label in LABELS.items()
        },
    }
    world.config.write_text(json.dumps(config, indent=1))
    return world
