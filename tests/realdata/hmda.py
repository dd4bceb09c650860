"""Mortgage applications of 2014 to 2016 with the lenders' own reasons of denial, and a model of denial.

Source: Consumer Financial Protection Bureau, HMDA loan application register, public domain. The model
learns from the decided applications of 2014 and 2015 whether a lender denied, and is asked about those
of 2016. Credit score, debts and the value of the property were not in the register before 2018, so it
cannot see what lenders name most. Nothing is tuned: the classifier's defaults, and a cutoff at which as
many are refused in the two years as the lenders refused. ``python -m tests.realdata.hmda`` prints what
comes out.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path("hmda") / "hmda_2014_2016_sample60k.csv.gz"
DENIED, APPROVED = "3", ("1", "2")
STATED = ("denial_reason_code_1", "denial_reason_code_2", "denial_reason_code_3")

# factor -> columns, HMDA code, sentence. Credit history (3), employment (2), cash (5) and documents (6, 7)
# have no column, and so no factor. Who asked, where they live by race, and which lender it was stay out.
FACTORS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "ability": (("amount", "income", "amount_to_income"), 1, "Amount requested compared with income"),
    "lien": (("second_lien", "no_lien"), 4, "Rank of the lien that secures the loan"),
    "property": (("manufactured", "multifamily", "not_owner_occupied"), 4, "Type and use of the property"),
    "place": (("tract_income", "owner_units", "family_units"), 9, "Homes and incomes around the property"),
    "kind": (("conventional", "va"), 9, "Type of the loan"),
    "purpose": (("refinancing", "improvement"), 9, "Purpose of the loan"),
}
FEATURES = tuple(column for columns, _, _ in FACTORS.values() for column in columns)


def rows(data: Path) -> list[dict[str, str]]:
    """Return the decided applications with an id and the columns of the model."""
    with gzip.open(data / FILE, "rt", encoding="utf-8") as file:
        decided = [row for row in csv.DictReader(file) if row["action_taken_code"] in (*APPROVED, DENIED)]
    return [{**row, "application_id": f"H{row['record_id']}", **_columns(row)} for row in decided]


def _columns(row: dict[str, str]) -> dict[str, str]:
    amount, income = row["loan_amount_000s"], row["applicant_income_000s"]
    ratio = str(float(amount) / float(income)) if amount and income and float(income) > 0 else ""
    lien, kind, purpose = row["lien_status"], row["property_type"], row["loan_purpose"]
    return {
        "amount": amount,
        "income": income,
        "amount_to_income": ratio,
        "second_lien": str(int(lien == "Secured by a subordinate lien")),
        "no_lien": str(int(lien == "Not secured by a lien")),
        "manufactured": str(int(kind == "Manufactured housing")),
        "multifamily": str(int(kind == "Multifamily dwelling")),
        "not_owner_occupied": str(int(row["owner_occupancy"].startswith("Not owner"))),
        "tract_income": row["tract_to_msamd_income"],
        "owner_units": row["number_of_owner_occupied_units"],
        "family_units": row["number_of_1_to_4_family_units"],
        "conventional": str(int(row["loan_type"] == "Conventional")),
        "va": str(int(row["loan_type"] == "VA-guaranteed")),
        "refinancing": str(int(purpose == "Refinancing")),
        "improvement": str(int(purpose == "Home improvement")),
    }


def denied(people: list[dict[str, str]]) -> np.ndarray:
    """Return whether the lender denied: bool[n]."""
    return np.array([row["action_taken_code"] == DENIED for row in people])


def matrix(people: list[dict[str, str]]) -> np.ndarray:
    """Return the columns of the model, NaN where missing: float64[n, features]."""
    cells = [[float(row[column]) if row[column] else np.nan for column in FEATURES] for row in people]
    return np.array(cells, dtype=np.float64)


def lay_out(folder: Path, people: list[dict[str, str]]) -> Path:
    """Train on 2014 and 2015, write everything for an audit of 2016, and return the config's path."""
    import joblib
    from sklearn.ensemble import HistGradientBoostingClassifier

    folder.mkdir()
    seen = [row for row in people if row["as_of_year"] in ("2014", "2015")]
    asked = [row for row in people if row["as_of_year"] == "2016"]
    model = HistGradientBoostingClassifier(random_state=7).fit(matrix(seen), denied(seen))
    learned = model.predict_proba(matrix(seen))[:, 1]
    cutoff = float(np.quantile(learned, 1 - denied(seen).mean()))
    joblib.dump(model, folder / "denial.joblib")
    with (folder / "applications.csv").open("w", newline="", encoding="utf-8") as file:
        kept = ("application_id", "applicant_sex", "action_taken_code", *STATED, *FEATURES)
        writer = csv.DictWriter(file, kept, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(asked)
    reasons = {
        factor: {
            "columns": list(columns),
            "code": f"M{place}",
            "hmda": hmda,
            "statement": {"en": sentence},
            "missing": {"statement": {"en": f"{sentence}: not stated"}},
            "priority": place,
        }
        for place, (factor, (columns, hmda, sentence)) in enumerate(FACTORS.items(), start=1)
    }
    (folder / "reasons.yaml").write_text(json.dumps(reasons), encoding="utf-8")  # JSON is YAML
    digest = hashlib.sha256((folder / "denial.joblib").read_bytes()).hexdigest()
    config = {
        "audit": {"name": "HMDA 2016", "owner": "Model Risk", "as_of": "2026-11-20"},
        "model": {
            "path": "denial.joblib",
            "sha256": digest,
            "trust": {"by": "Model Risk", "reason": "trained here", "date": "2026-11-20"},
        },
        "data": {
            "path": "applications.csv",
            "id": "application_id",
            "features": list(FEATURES),
            "observed": {"column": "action_taken_code", "adverse": int(DENIED)},
        },
        "decision": {"adverse": "high", "cutoff": cutoff},
        "protected": {"sex": {"column": "applicant_sex", "type": "category", "reference": "Male"}},
        "explain": {"reference": {"kind": "near_cutoff", "rows": 300, "min_rows": 50}, "favourable": 20},
        "dictionary": "reasons.yaml",
        "policies": ["screening"],
        "record": {"denial_reasons": list(STATED)},
    }
    (folder / "audit.yaml").write_text(json.dumps(config), encoding="utf-8")
    return folder / "audit.yaml"


def main() -> None:
    """Audit 2016 and print how far the reasons agree with the lenders'."""
    import tempfile

    import audit
    from audit.ledger import Ledger

    with tempfile.TemporaryDirectory() as folder:
        result = audit.run(lay_out(Path(folder) / "hmda", rows(Path(sys.argv[1]))))
        with Ledger.open(result.ledger_url) as ledger:
            body: Any = ledger.figures(result.audit.audit)["stated_reasons"].body
        (auc,) = [one for one in result.rates if one.metric == "auc" and one.attribute == "all"]
        print(json.dumps({"counts": dict(result.audit.counts), "auc": auc.value, **body}, indent=1))


if __name__ == "__main__":
    main()
