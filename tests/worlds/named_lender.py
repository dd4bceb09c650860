"""A lender whose applicants have surnames and tracts, and whose groups are known only from those.

Members of one group have less income and are refused oftener for that alone. The census is made up: six
surnames, three tracts. One applicant bears a name that nobody else has, and must be found nowhere.
"""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path
from typing import Any

from audit.fairness.bisg import COUNTS, GROUPS
from tests.worlds.lender import FEATURES, MODEL, REASONS, Plan, World, complete, profiles, refused, write

CANARY = "Qzyxwvu"
NAMES = {
    "AMBERLY": (0.90, 0.04, 0.01, 0.01, 0.02, 0.02),
    "BROOKMONT": (0.55, 0.40, 0.00, 0.00, 0.02, 0.03),
    "CALDERWAY": (0.15, 0.80, 0.01, 0.00, 0.01, 0.03),
    "DEL VALLE": (0.05, 0.01, 0.01, 0.01, 0.91, 0.01),
    "EASTLIN": (0.05, 0.01, 0.00, 0.92, 0.00, 0.02),
    CANARY.upper(): (0.37, 0.33, 0.07, 0.05, 0.11, 0.07),
}
SPELT = {"AMBERLY": "Amberly", "BROOKMONT": "Brookmont Jr.", "CALDERWAY": "Calderway", "EASTLIN": "Eastlin"}
TRACTS = {
    # White, Black, AIAN, API, Hispanic, two or more
    "01001020100": (800, 100, 10, 20, 50, 20),
    "01001020200": (200, 700, 5, 15, 60, 20),
    "01001020300": (500, 150, 15, 135, 170, 30),
}
RETRAIN = '''"""A straight line fitted by weighted least squares."""

import numpy as np


def _table(columns):
    parts = [np.ones(len(next(iter(columns.values()))))]
    for name in sorted(columns):
        values = np.nan_to_num(columns[name], nan=5.0)
        parts.append(values)
    return np.stack(parts, axis=1)


def train(columns, outcomes, weights, seed):
    root = np.sqrt(weights)
    given = _table(columns)
    slope = np.linalg.lstsq(given * root[:, None], outcomes * root, rcond=None)[0]
    return lambda rows: _table(rows) @ slope


def broken(columns, outcomes, weights, seed):
    raise ValueError(columns)


def needs_income(columns, outcomes, weights, seed):
    columns["income"]
    return train(columns, outcomes, weights, seed)


def nothing(columns, outcomes, weights, seed):
    return None
'''


def posterior(surname: str, tract: str) -> list[float]:
    """Return the probabilities of a name and a tract, in plain Python."""
    total = [sum(of[at] for of in TRACTS.values()) for at in range(6)]
    both = [NAMES[surname][at] * TRACTS[tract][at] / total[at] for at in range(6)]
    return [one / sum(both) for one in both]


def build(
    folder: Path,
    *,
    n: int = 600,
    seed: int = 7,
    fairness: dict[str, Any] | None = None,
    features: tuple[str, ...] = FEATURES,
    model: str = MODEL,
    reasons: str = REASONS,
    protected: dict[str, Any] | None = None,
    **config: Any,
) -> World:
    """Write the world; its truth is each applicant's probabilities and whether they were approved."""
    draw = random.Random(seed)
    rows, truth = [], []
    known = [name for name in NAMES if name != CANARY.upper()]
    for i, row in enumerate(islice(profiles(seed), n)):
        surname = CANARY.upper() if i == 17 else draw.choice(known)
        tract = draw.choice(list(TRACTS))
        given = posterior(surname, tract)
        member = draw.random() < given[1]
        row["income"] = round(max(5.0, row["income"] - 40 * member), 1)
        spelt = CANARY if i == 17 else SPELT.get(surname, "del Valle")
        absent = i % 50 == 3
        rows.append(
            {
                **row,
                "last_name": "Nobody-Listed" if absent else spelt,
                "tract": tract,
                "precision": "rooftop",
                "sex": "female" if draw.random() < 0.5 else "male",
                "age": 20 + i % 50,
            }
        )
        truth.append((None if absent else given, not refused(row)))
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{name},{','.join(map(str, shares))}" for name, shares in NAMES.items()]
    lines = [line.replace("DEL VALLE", "DELVALLE") for line in lines]
    (folder / "surnames.csv").write_text("\n".join([f"name,{','.join(GROUPS)}", *lines]) + "\n")
    (folder / "tracts.csv").write_text(_tracts())
    (folder / "training.py").write_text(RETRAIN)
    section = {
        "bisg": {
            "surname": "last_name",
            "areas": {"tract": "tract"},
            "precision": "precision",
            "tables": {"surnames": "surnames.csv", "tract": "tracts.csv"},
        }
    }
    plan = Plan(features=features, model=model, reasons=reasons)
    if protected is not None:
        plan.protected, plan.intersections = protected, []
    plan.config = {"fairness": section | (fairness or {}), **config}
    return write(folder, complete(rows), {"weights": truth, "surname": CANARY}, plan)


def _tracts() -> str:
    header = ["GEOID10_Tract", *COUNTS]
    lines = [",".join(header)]
    for code, (white, black, aian, api, hispanic, several) in TRACTS.items():
        alone = white + black + aian + api + several
        cells = dict.fromkeys(COUNTS, 0) | {
            "NH_White_alone": white,
            "NH_Black_alone": black,
            "NH_AIAN_alone": aian,
            "NH_API_alone": api,
            "NH_Mult_Total": several,
            "Hispanic_Total": hispanic,
            "Non_Hispanic_Total": alone,
            "Total_Pop": alone + hispanic,
        }
        lines.append(",".join([code, *(str(cells[name]) for name in COUNTS)]))
    return "\n".join(lines) + "\n"
