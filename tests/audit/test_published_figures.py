"""The whole way from files to a sealed ledger meets the published figures of public data.

Decisions already taken are audited without a model: the true label as the decision, and a fixed
rule as the decision with the label as the outcome. What is compared was read back from the ledger.
"""

from __future__ import annotations

import csv
import gzip
import json
from functools import cache
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "reference_numbers.json").exists(),
    reason=f"no public data beside the checkout ({DATA.resolve()})",
)

AUDIT = """\
audit: {{name: "{name}", kind: population, owner: Model Risk, as_of: 2026-11-20}}
data:
  path: applications.csv
  id: application_id
  features: []
{observed}
decision:
  adverse: high
  taken: {{column: decision, adverse: refused}}
protected:
{protected}
{intersections}policies: [screening]
fairness: {{min_group: 30}}
"""
OBSERVED = "  observed: {column: outcome, adverse: bad}"
PROTECTED = {
    "german": """\
  sex: {column: sex, type: category, reference: male}
  age_band: {column: age, type: integer, bands: [0, 25], reference: 25+}
  age_le25: {column: age, type: integer, bands: [0, 26], reference: 26+}""",
    "adult": """\
  sex: {column: sex, type: category, reference: Male}
  race: {column: race, type: category, reference: White}""",
    "taiwan": "  sex: {column: sex, type: category, reference: male}",
}
# Our names of bands -> the names of the reference file.
BANDS = {
    ("age_band", "0-24"): "<25",
    ("age_band", "25+"): ">=25",
    ("age_le25", "0-25"): "<=25",
    ("age_le25", "26+"): ">25",
}
TURNED = {
    "selection_rate": ("selection_rate", lambda v: v),
    "tpr": ("false_positive_rate", lambda v: 1 - v),
    "fpr": ("false_negative_rate", lambda v: v),
    "fnr": ("false_positive_rate", lambda v: v),
    "tnr": ("true_positive_rate", lambda v: v),
}


def _packed(path: str) -> list[dict[str, str]]:
    with gzip.open(DATA / path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _applications(dataset: str) -> tuple[list[dict[str, str]], list[bool], list[bool]]:
    """Return the protected columns, the label and the fixed rule; True = favourable."""
    if dataset == "german":
        raw = [line.split() for line in (DATA / "german_credit/german.data").read_text().splitlines()]
        rows = [{"sex": "female" if r[8] in ("A92", "A95") else "male", "age": r[12]} for r in raw]
        return (
            rows,
            [r[20] == "1" for r in raw],
            [r[0] in ("A13", "A14") or int(r[1]) <= 15 for r in raw],
        )
    if dataset == "adult":
        packed = [r for r in _packed("adult/adult.csv.gz") if r["split"] == "train"]
        rule = [int(r["education_num"]) >= 13 or int(r["capital_gain"]) > 5000 for r in packed]
        rows = [{"sex": r["sex"], "race": r["race"]} for r in packed]
        return rows, [r["income"] == ">50K" for r in packed], rule
    packed = _packed("taiwan_default/taiwan_default.csv.gz")
    rows = [{"sex": "male" if r["SEX"] == "1" else "female"} for r in packed]
    label = [r["default_payment_next_month"] == "0" for r in packed]
    return rows, label, [int(r["PAY_0"]) <= 0 for r in packed]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """Audit a data set once a module and return the sealed result."""
    import audit

    @cache
    def of(dataset: str, case: str):
        folder = tmp_path_factory.mktemp(f"{dataset}_{case}")
        rows, label, rule = _applications(dataset)
        decided = label if case == "labels" else rule
        with (folder / "applications.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["application_id", *rows[0], "decision", "outcome"])
            writer.writeheader()
            for i, (row, favourable, good) in enumerate(zip(rows, decided, label, strict=True)):
                writer.writerow(
                    {
                        "application_id": f"A{i:05d}",
                        **row,
                        "decision": "approved" if favourable else "refused",
                        "outcome": "good" if good else "bad",
                    }
                )
        path = folder / "audit.yaml"
        path.write_text(
            AUDIT.format(
                name=f"{dataset} {case}",
                observed=OBSERVED if case == "rule" else "",
                protected=PROTECTED[dataset],
                intersections="intersections: [[sex, race]]\n" if dataset == "adult" else "",
            )
        )
        return audit.run(path)

    return of


@cache
def _reference_values() -> list[dict]:
    return json.loads((DATA / "reference_numbers.json").read_text())["values"]


@pytest.mark.parametrize("case", ["labels", "rule"])
@pytest.mark.parametrize(
    "dataset", ["german", *(pytest.param(name, marks=pytest.mark.slow) for name in ("adult", "taiwan"))]
)
def test_sealed_rates_and_disparities_meet_the_public_tools(sealed, dataset, case) -> None:
    """Every rate, ratio, difference, p-value and Wilson interval of the reference file is in the ledger."""
    result = sealed(dataset, case)
    rates = {(r.attribute, BANDS.get((r.attribute, r.group), r.group), r.metric): r for r in result.rates}
    compared = {
        (d.attribute, BANDS.get((d.attribute, d.group), d.group), d.metric): d for d in result.disparities
    }
    met = 0
    for value in _reference_values():
        if (value["dataset"], value["case"]) != (dataset, case) or "group" not in value:
            continue
        attribute, group, metric, expected = (value[k] for k in ("protected", "group", "metric", "value"))
        group = group.replace(" & ", " x ")  # an intersection
        against = (attribute, group, "adverse_impact_ratio")
        if metric in TURNED:
            ours, turned = TURNED[metric]
            assert rates[attribute, group, ours].value == pytest.approx(turned(expected), abs=1e-12), value
        elif metric == "selection_rate_ci95_wilson":
            rate = rates[attribute, group, "selection_rate"]
            assert (rate.low, rate.high) == pytest.approx(expected, abs=1e-12)
        elif against not in compared:
            continue
        elif metric == "adverse_impact_ratio":
            assert compared[against].value == pytest.approx(expected, abs=1e-12)
        elif metric == "statistical_parity_difference":
            effect = compared[attribute, group, "marginal_effect"]
            assert effect.value == pytest.approx(-expected, abs=1e-12)
        elif metric == "fisher_p_two_sided":
            ratio = compared[against]
            assert ratio.p_value == pytest.approx(expected, rel=1e-6, abs=1e-300)
            assert (ratio.low <= 1 <= ratio.high) == (ratio.p_value >= 0.05)
        else:
            continue
        met += 1
    assert met >= (5 if dataset == "taiwan" else 10) * len(PROTECTED[dataset].splitlines()) // 2


def test_the_published_german_figures_are_sealed(sealed) -> None:
    """Age over 25 against 25 and under: difference -0.149448, ratio 0.794826; female to male 0.896567."""
    found = {
        (d.attribute, d.metric): d
        for d in sealed("german", "labels").disparities
        if d.attribute != "age_band"
    }
    assert -found["age_le25", "marginal_effect"].value == pytest.approx(-0.149448, abs=5e-7)
    assert found["age_le25", "adverse_impact_ratio"].value == pytest.approx(0.794826, abs=5e-7)
    assert found["sex", "adverse_impact_ratio"].value == pytest.approx(0.896567, abs=5e-7)


@pytest.mark.slow
def test_taiwan_labels_are_counted_whole(sealed) -> None:
    """All 30,000 card holders are decided upon; 22.12 % of them adversely."""
    result = sealed("taiwan", "labels")
    assert result.audit.counts["rows"] == 30000
    assert result.audit.counts["adverse"] == 6636
    (smd,) = [
        d for d in result.disparities if d.metric == "standardized_mean_difference" and d.attribute == "sex"
    ]
    assert (smd.value, smd.cause) == (None, "the decisions have no scores")


def test_the_screen_judges_what_was_sealed(sealed) -> None:
    """The four-fifths screen of German credit by age has the sealed ratio and its own outcome."""
    result = sealed("german", "labels")
    findings = [
        f for f in result.findings if f.measure == "adverse_impact_ratio" and f.attribute == "age_le25"
    ]
    assert findings
    for finding in findings:
        assert finding.value == pytest.approx(0.794826, abs=5e-7)
        # Its interval holds the line of four fifths, so no verdict is given.
        assert finding.outcome == "inconclusive"
