"""Figures of public tools on public data, met by ours.

In the reference file the positive class is the favourable outcome; here the positive of an error
rate is the adverse one, so its true positive rate is one minus our false positive rate, and so on.
"""

from __future__ import annotations

from collections import Counter

import pytest

from audit.fairness import count, disparities
from audit.fairness.intervals import wilson_interval
from tests.oracles import reference_numbers as oracle
from tests.oracles.public_people import DATA, people, rows_of, table

pytestmark = pytest.mark.skipif(
    not (DATA / "reference_numbers.json").exists(),
    reason=f"no public data beside the checkout ({DATA.resolve()})",
)

CASES = (
    ("german", "sex", "male"),
    ("german", "age_band", ">=25"),
    ("german", "age_le25", ">25"),
    ("adult", "sex", "Male"),
    ("adult", "race", "White"),
    ("taiwan", "sex", "male"),
)


def wanted(dataset: str, protected: str, case: str) -> list[dict]:
    found = [
        value
        for value in oracle.entries()
        if (value["dataset"], value["protected"], value["case"]) == (dataset, protected, case)
    ]
    assert found
    return found


def test_every_number_of_the_file_is_met_or_named() -> None:
    """All 580 entries, key by key, both ends of intervals: within rounding, or with the cause named."""
    found = oracle.compared()
    assert len({id(one.entry) for one in found}) == len(oracle.entries()) == 580
    far = [one for one in found if one.ours is not None and not one.apart <= one.allowed]
    assert far == []
    without = Counter(oracle.why_not(one.entry, one.key) for one in found if one.ours is None)
    assert set(without) == set(oracle.NOT_COMPUTABLE.values())
    assert sum(without.values()) < 10
    assert len(found) == 580 + 4 * 15 + 18 + 18 + 18  # two ends, a p-value and a point beside a value


@pytest.mark.parametrize(("dataset", "protected", "reference"), CASES)
@pytest.mark.parametrize("case", ["labels", "rule"])
def test_every_disparity_meets_the_public_tools(dataset, protected, reference, case) -> None:
    """Ratios, differences, Fisher's p-values and Wilson intervals are met; Katz's interval is near."""
    compared = {
        (d.metric, d.group): d for d in disparities(table(dataset, case), {protected: reference}, True, 1)
    }
    matrices = {
        group: table(dataset, case).matrix(protected, group)
        for group in table(dataset, case).groups(protected)
    }
    met = 0
    for value in wanted(dataset, protected, case):
        if value["metric"] == "selection_rate_ci95_wilson":
            matrix = matrices[value["group"]]
            interval = wilson_interval(int(matrix[1].sum()), int(matrix.sum()))
            assert interval == pytest.approx(value["value"], abs=1e-12)
            met += 1
        if value.get("reference") != reference or value.get("group") in (None, reference):
            continue
        ratio = compared["adverse_impact_ratio", value["group"]]
        effect = compared["marginal_effect", value["group"]]
        expected = value["value"]
        if value["metric"] in ("adverse_impact_ratio", "pprev_disparity"):
            assert ratio.value == pytest.approx(expected, abs=1e-12)
        elif value["metric"] == "AIR":
            assert ratio.value == pytest.approx(expected, abs=1e-6)
        elif value["metric"] == "statistical_parity_difference":
            assert effect.value == pytest.approx(-expected, abs=1e-12)
        elif value["metric"] == "percent_difference_favourable":
            assert effect.value == pytest.approx(expected, abs=1e-6)
        elif value["metric"] == "fisher_p_two_sided":
            assert ratio.p_value == pytest.approx(expected, rel=1e-6, abs=1e-300)
            assert (ratio.low <= 1 <= ratio.high) == (ratio.p_value >= 0.05)
            assert (effect.low <= 0 <= effect.high) == (effect.p_value >= 0.05)
        elif value["metric"] == "adverse_impact_ratio_ci95_katz_log":
            assert (ratio.low, ratio.high) == pytest.approx(expected, abs=0.07 if ratio.n < 300 else 0.012)
        else:
            continue
        met += 1
    assert met >= 6


def test_the_published_figures_of_german_credit() -> None:
    """Age over 25 against 25 and under: difference -0.149448, ratio 0.794826; female to male 0.896567."""
    found = {
        (d.attribute, d.metric): d.value
        for d in disparities(table("german", "labels"), {"age_le25": ">25", "sex": "male"}, True, 30)
    }
    assert -found["age_le25", "marginal_effect"] == pytest.approx(-0.149448, abs=5e-7)
    assert found["age_le25", "adverse_impact_ratio"] == pytest.approx(0.794826, abs=5e-7)
    assert found["sex", "adverse_impact_ratio"] == pytest.approx(0.896567, abs=5e-7)


def test_the_number_of_the_credit_scoring_tutorial() -> None:
    """On the tutorial's training rows, ages under 25 against 25 and over differ by -0.169905."""
    import numpy as np

    groups, label, _ = people("german")
    kept = np.random.RandomState(0).permutation(1000)[:700].tolist()
    counted = count(
        ["favourable" if label[i] else "adverse" for i in kept],
        {"age": [groups["age_band"][i] for i in kept]},
    )
    (effect,) = [d for d in disparities(counted, {"age": ">=25"}) if d.metric == "marginal_effect"]
    assert -effect.value == pytest.approx(-0.169905, abs=5e-7)


def test_the_ratio_of_the_adult_notebook() -> None:
    """On the notebook's 70 % of complete rows, test part first: female to male 0.36011001703880235."""
    from sklearn.model_selection import train_test_split

    rows = rows_of("adult/adult.csv.gz")
    ordered = [row for part in ("test", "train") for row in rows if row["split"] == part]
    complete = [row for row in ordered if all(row.values())]
    assert len(complete) == 45222
    kept, _ = train_test_split(complete, train_size=0.7, random_state=1234567)
    counted = count(
        ["favourable" if row["income"] == ">50K" else "adverse" for row in kept],
        {"sex": [row["sex"] for row in kept]},
    )
    (ratio,) = [d for d in disparities(counted, {"sex": "Male"}) if d.metric == "adverse_impact_ratio"]
    assert ratio.value == pytest.approx(0.36011001703880235, abs=1e-12)


def test_the_mortgage_register() -> None:
    """Approval ratios of the register: Black/White 0.7705, Hispanic/not 0.9146, female/male 0.9532."""
    rows = [r for r in rows_of("hmda/hmda_2014_2016_sample60k.csv.gz") if r["action_taken_code"] in "123"]
    assert len(rows) == 42317
    outcome = ["favourable" if r["action_taken_code"] in "12" else "adverse" for r in rows]
    columns = {
        "race": next(name for name in rows[0] if name.startswith("applicant_race") and "1" in name),
        "ethnicity": next(name for name in rows[0] if name.startswith("applicant_ethnicity")),
        "sex": next(name for name in rows[0] if name.startswith("applicant_sex")),
    }
    table_ = count(outcome, {name: [r[column] for r in rows] for name, column in columns.items()})
    names = {name: table_.groups(name) for name in columns}
    references = {
        "race": next(g for g in names["race"] if g.startswith("White")),
        "ethnicity": next(g for g in names["ethnicity"] if g.startswith("Not Hispanic")),
        "sex": "Male",
    }
    found = {
        (d.attribute, d.group): d.value
        for d in disparities(table_, references)
        if d.metric == "adverse_impact_ratio"
    }
    black = next(g for g in names["race"] if g.startswith("Black"))
    hispanic = next(g for g in names["ethnicity"] if g.startswith("Hispanic"))
    assert found["race", black] == pytest.approx(0.7705, abs=5e-5)
    assert found["ethnicity", hispanic] == pytest.approx(0.9146, abs=5e-5)
    assert found["sex", "Female"] == pytest.approx(0.9532, abs=5e-5)
