"""German credit as a lender would hand it in: applications, a Keras network, factors, recipients.

Source: "Statlog (German Credit Data)", Hans Hofmann, UCI Machine Learning Repository (1994), CC BY 4.0.
The network takes named columns, numbers and texts, and scales and looks them up itself. It is trained
here, on seven rows of ten, in a few seconds. Who applied, when, and at which lender is made up.
"""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

NUMBERS = ("duration_months", "credit_amount_dm", "installment_rate_pct_income", "existing_credits")
TEXTS = (
    "checking_status",
    "credit_history",
    "purpose",
    "savings",
    "employment_since",
    "property",
    "housing",
    "other_installment_plans",
)
FEATURES = (*NUMBERS, *TEXTS)
# factor -> columns, code, sentence; eight players
FACTORS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "account": (("checking_status",), "G1", "Balance of your checking account"),
    "duration": (("duration_months",), "G2", "Length of the loan that you asked for"),
    "amount": (
        ("credit_amount_dm", "installment_rate_pct_income"),
        "G3",
        "Amount of credit requested compared with your income",
    ),
    "history": (("credit_history", "existing_credits"), "G4", "Your record of earlier credits"),
    "purpose": (("purpose",), "G5", "Purpose of the loan"),
    "savings": (("savings",), "G6", "Amount of your savings"),
    "employment": (("employment_since",), "G7", "Length of employment"),
    "assets": (
        ("property", "housing", "other_installment_plans"),
        "G8",
        "Property, housing and other installment plans stated",
    ),
}
CUTOFF = 0.45
N_SEEN = 700


def rows(data: Path) -> list[dict[str, str]]:
    """Return the thousand applicants as they stand in the file, with an id."""
    with gzip.open(data / "german_credit" / "german_decoded.csv.gz", "rt", encoding="utf-8") as file:
        return [{"application_id": f"G{i:04d}", **row} for i, row in enumerate(csv.DictReader(file))]


def columns(people: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return the network's inputs: numbers as float32, texts as they are, one column each."""
    found: dict[str, np.ndarray] = {}
    for name in FEATURES:
        values = [row[name] for row in people]
        found[name] = np.array(values, dtype="float32" if name in NUMBERS else object).reshape(-1, 1)
    return found


def network(people: list[dict[str, str]]) -> Any:
    """Return a network trained on the first seven hundred: probability of a bad credit."""
    import keras

    keras.utils.set_random_seed(7)
    seen = people[:N_SEEN]
    x = columns(seen)
    y = np.array([row["credit_risk"] == "bad" for row in seen], dtype="float32")
    inputs, parts = {}, []
    for name in NUMBERS:
        inputs[name] = keras.Input((1,), name=name)
        scale = keras.layers.Normalization(name=f"{name}_scaled")
        scale.adapt(x[name])
        parts.append(scale(inputs[name]))
    for name in TEXTS:
        inputs[name] = keras.Input((1,), name=name, dtype="string")
        words = sorted({row[name] for row in seen})
        look_up = keras.layers.StringLookup(vocabulary=words, output_mode="one_hot", name=f"{name}_known")
        parts.append(look_up(inputs[name]))
    joined = keras.layers.Concatenate()(parts)
    hidden = keras.layers.Dense(12, activation="relu", name="hidden")(joined)
    bad = keras.layers.Dense(1, activation="sigmoid", name="probability_of_bad")(hidden)
    model = keras.Model(inputs, bad, name="german_credit")
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    model.fit(_tensors(x), y, epochs=12, batch_size=64, verbose=0)
    return model


def mirrored(model: Any) -> Any:
    """Return the same network with the other coding: the probability of a good credit."""
    import keras

    good = keras.layers.Rescaling(scale=-1.0, offset=1.0, name="probability_of_good")(model.output)
    return keras.Model(model.input, good, name="german_credit_mirrored")


def scores(model: Any, people: list[dict[str, Any]]) -> np.ndarray:
    """Return what the network itself says, asked the plain way: float64[n]."""
    return scores_of(model, columns(people))


def scores_of(model: Any, x: dict[str, np.ndarray]) -> np.ndarray:
    """Return what the network says of columns: float64[n]."""
    return np.asarray(model(_tensors(x), training=False), dtype="float64")[:, 0]


def _tensors(x: dict[str, np.ndarray]) -> dict[str, Any]:
    import tensorflow as tf

    return {name: tf.constant(values.tolist() if name in TEXTS else values) for name, values in x.items()}


def lay_out(folder: Path, people: list[dict[str, str]], model: Any, *, adverse: str) -> Path:
    """Write everything into a new folder; return the config's path.

    Parameters
    ----------
    adverse : ``high`` or ``low``: which scores of this model are bad
    """
    folder.mkdir()
    model.save(folder / "model.keras")
    table(folder / "applications.csv", people)
    table(
        folder / "recipients.csv",
        [
            {
                "application_id": row["application_id"],
                "name": f"Fictor Specimen {row['application_id']}",
                "street": f"{i + 1} Example Street",
                "town": "Sampletown DE 00000",
            }
            for i, row in enumerate(people)
        ],
    )
    reasons = {
        factor: {
            "columns": list(of),
            "code": code,
            "statement": {"en": sentence},
            "priority": place,
            "approved": {"by": "Example committee", "date": "2026-11-02"},
        }
        for place, (factor, (of, code, sentence)) in enumerate(FACTORS.items(), start=1)
    }
    (folder / "reasons.yaml").write_text(json.dumps(reasons), encoding="utf-8")  # JSON is YAML
    (folder / "audit.yaml").write_text(json.dumps(_config(adverse)), encoding="utf-8")
    return folder / "audit.yaml"


def _config(adverse: str) -> dict[str, Any]:
    return {
        "audit": {"name": "German credit", "owner": "Model Risk", "as_of": "2026-11-20"},
        "model": {"path": "model.keras"},
        "data": {
            "path": "applications.csv",
            "id": "application_id",
            "features": list(FEATURES),
            "observed": {"column": "credit_risk", "adverse": "bad"},
        },
        "decision": {
            "adverse": adverse,
            "cutoff": CUTOFF if adverse == "high" else 1 - CUTOFF,
            "disclosed_score": {"role": "not_a_credit_score", "by": "Counsel", "date": "2026-11-02"},
        },
        "protected": {
            "sex": {"column": "sex", "type": "category", "reference": "male"},
            "age": {"column": "age_years", "type": "integer", "bands": [18, 26, 62], "reference": "26-61"},
            "foreign_worker": {"column": "foreign_worker", "type": "category", "reference": "no"},
        },
        "intersections": [["sex", "age"]],
        "explain": {
            "reasons": {"method": "shapley", "exact_up_to": 10, "at_most": 4, "floor": 0.05},
            "reference": {"kind": "near_cutoff", "rows": 1000, "min_rows": 50},
            "also": [],
            "favourable": 20,
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
            "purpose": {"value": "consumer"},  # the data have a column of that name
            "received_at": "2026-11-02",
            "completed_at": "2026-11-03",
            "decided_at": "2026-11-19",
            "product": "Personal loan",
            "requested_terms": "A loan as stated in the application",
            "jurisdiction": "us",
            "language": "en",
        },
        "recipients": {
            "path": "recipients.csv",
            "decision": "application_id",
            "person": "application_id",
            "name": "name",
            "address": ["street", "town"],
            "channel": "mail",
            "esign_consent": "no",
        },
    }


def table(file: Path, people: list[dict[str, str]]) -> None:
    """Write rows as CSV."""
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(people[0]))
        writer.writeheader()
        writer.writerows(people)
