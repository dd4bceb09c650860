"""An audit of hiring told by hand, with the tables of Local Law 144: small and rare categories among them.

The numbers are those of a few lines of the example in the rules; which categories are withheld is what the
run would mark: `test_ll144` holds both against each other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from audit.record import Figure
from tests.worlds.told import ToldLedger, audit


def hiring(**changes: Any) -> ToldLedger:
    """Return the told audit with tables under Local Law 144; ``changes`` are to the body of its figure."""
    told = ToldLedger(the_audit=replace(audit(), name="Screening of applicants for work, 2026"))
    body = {**local_law_144(), **changes}
    told.the_figures["ll144"] = Figure("ll144", "fair_lending", body)
    return told


def local_law_144() -> dict[str, Any]:
    """The tables under Local Law 144: categories under 2 %, and one that would tell of people."""
    both = {
        ("Female", "White"): (385, 197),
        ("Female", "Asian"): (295, 135),
        ("Female", "Two or More Races"): (3, 1),
        ("Male", "White"): (412, 215),
        ("Male", "Asian"): (321, 167),
        ("Male", "Two or More Races"): (15, 7),
    }
    withheld = {
        ("Female", "Two or More Races"),
        ("Male", "Two or More Races"),
        ("Female", "Asian"),
        ("Male", "Asian"),
    }
    tables = []
    for basis in ("selection_rate", "scoring_rate"):
        for kind, names in _PLACES.items():
            counts: dict[tuple[str, ...], list[int]] = {}
            for category, (n, selected) in both.items():
                key = tuple(category[place] for place in names)
                counts.setdefault(key, [0, 0])
                counts[key][0] += n
                counts[key][1] += selected
            hidden = {key for key in counts if key in withheld}
            tables.append(_table(basis, kind, counts, hidden))
    return {
        "n": 1443,
        "n_unknown": 12,
        "least": 5,
        "median_score": 0.41,
        "justification": "fewer than 2 % of the data",
        "distributed_on": "2026-01-05",
        "source": "Historical data of the employer, 2025; no test data were needed",
        "tables": tables,
    }


_PLACES = {"sex": (0,), "race_ethnicity": (1,), "intersectional": (0, 1)}


def _table(
    basis: str, kind: str, counts: dict[tuple[str, ...], list[int]], hidden: set[tuple[str, ...]]
) -> dict[str, Any]:
    total = sum(n for n, _ in counts.values())
    inside = [key for key, (n, _) in counts.items() if n >= 0.02 * total]
    top = max(inside, key=lambda key: counts[key][1] / counts[key][0])
    rows = []
    for key, (n, selected) in counts.items():
        excluded = key not in inside
        ratio = None if excluded else selected / n / (counts[top][1] / counts[top][0])
        rows.append(
            {
                "category": " x ".join(key),
                "n": n,
                "n_counted": selected,
                "rate": selected / n,
                "impact_ratio": ratio,
                "low": ratio,
                "high": ratio,
                "share": n / total,
                "under_two_percent": excluded,
                "excluded": excluded,
                "withheld": key in hidden,
            }
        )
    attributes = [("sex", "race")[place] for place in _PLACES[kind]]
    highest = " x ".join(top)
    return {
        "basis": basis,
        "kind": kind,
        "attributes": attributes,
        "n": total,
        "highest": highest,
        "rows": rows,
    }
