"""Real data, through the readers, against what their providers and others published."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from audit.config import load_config
from audit.data.dataset import open_source
from audit.data.decide import decide, observed
from audit.data.likeness import protected_inputs
from audit.data.slices import groups, intersection_groups

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the development data are not at {DATA}")


def audited(folder, data, decision, protected, frame=None, **sections):
    config = load_config(
        {
            "audit": {"name": folder, "owner": "Model Risk", "as_of": "2026-11-20"},
            "data": data,
            "decision": decision,
            "protected": protected,
            **sections,
        },
        folder=DATA / folder,
    )
    source = open_source(config, frame=frame)
    batches = [source.read(plan) for plan in source.plan()]
    return config, source, batches


def selection(config, batches, attribute):
    """Return group -> share of favourable outcomes, counted in a plain loop."""
    n, selected = Counter(), Counter()
    for batch in batches:
        members = groups(config.protected, batch.frame)[attribute].tolist()
        for group, one in zip(members, decide(config, batch, None), strict=True):
            n[group] += one.outcome != "none"
            selected[group] += one.outcome == "favourable"
    return {group: selected[group] / n[group] for group in n if n[group]}


def test_german_credit():
    """The published differences of age and ratio of sex, on the labels as decisions."""
    config, source, batches = audited(
        "german_credit",
        {"path": "german_decoded.csv.gz", "id": "row"},
        {"taken": {"column": "credit_risk", "adverse": "bad"}},
        {
            "sex": {"column": "sex", "type": "category", "reference": "male"},
            "age": {"column": "age_years", "type": "integer", "bands": [18, 26], "reference": "26+"},
        },
        frame=pl.read_csv(
            DATA / "german_credit" / "german_decoded.csv.gz", infer_schema=False
        ).with_row_index("row"),
    )
    assert source.n_rows == 1000
    age = selection(config, batches, "age")
    assert age["18-25"] - age["26+"] == pytest.approx(-0.149448, abs=5e-7)
    assert age["18-25"] / age["26+"] == pytest.approx(0.794826, abs=5e-7)
    sex = selection(config, batches, "sex")
    assert sex["female"] / sex["male"] == pytest.approx(0.896567, abs=5e-7)


def test_taiwan():
    """30,000 rows in two partitions, all features numbers, nothing set aside, counts as published."""
    features = [
        "LIMIT_BAL",
        *(f"PAY_{i}" for i in (0, 2, 3, 4, 5, 6)),
        *(f"BILL_AMT{i}" for i in range(1, 7)),
    ]
    config, source, batches = audited(
        "taiwan_default",
        {
            "path": "taiwan_default.csv.gz",
            "id": "ID",
            "features": features,
            "observed": {"column": "default_payment_next_month", "adverse": 1},
        },
        {"taken": {"column": "default_payment_next_month", "adverse": 1}},
        {
            "sex": {"column": "SEX", "type": "category", "reference": "1"},
            "age": {"column": "AGE", "type": "integer", "bands": [18, 25, 40, 62], "reference": "40-61"},
        },
        intersections=[["sex", "age"]],
    )
    assert [batch.plan.n_rows for batch in batches] == [20_000, 10_000]
    assert sum(len(batch.quarantined) for batch in batches) == 0
    assert set(source.kinds.values()) == {"number"}
    assert source.facts.groups["sex"] == {"1": 11888, "2": 18112}
    assert sum(float(observed(config, batch.frame).sum()) for batch in batches) == 6636
    met = intersection_groups(config.intersections, groups(config.protected, batches[0].frame))
    assert len(set(met["sex x age"].tolist())) == 8
    assert protected_inputs(batches[0].frame, features, config.protected) == {}


def test_adult():
    """Missing occupations are empty words, capital gains are numbers, and the file's order is kept."""
    config, source, batches = audited(
        "adult",
        {"path": "adult.csv.gz", "id": "row", "features": ["age", "workclass", "occupation", "capital_gain"]},
        {"taken": {"column": "income", "adverse": "<=50K"}},
        {"sex": {"column": "sex", "type": "category", "reference": "Male"}},
        frame=pl.read_csv(DATA / "adult" / "adult.csv.gz", infer_schema=False).with_row_index("row"),
    )
    assert source.kinds == {
        "age": "number",
        "workclass": "text",
        "occupation": "text",
        "capital_gain": "number",
    }
    features = batches[0].features()
    assert (features["occupation"] == "").sum() == batches[0].frame["occupation"].null_count() > 0
    assert np.isfinite(features["capital_gain"]).all()
    favourable = sum(one.outcome == "favourable" for batch in batches for one in decide(config, batch, None))
    assert favourable / source.n_rows == pytest.approx(0.2393, abs=5e-5)
    found = protected_inputs(batches[0].frame, ["age", "capital_gain"], config.protected)
    assert found == {}


def test_hmda():
    """The lenders' own decisions give the published approval ratios; withdrawn ones stay out of rates."""
    whole = pl.read_csv(DATA / "hmda" / "hmda_2014_2016_sample60k.csv.gz", infer_schema=False)
    frame = whole.filter(pl.col("action_taken_code").is_in(["1", "2", "3", "4", "5"]))
    config, _, batches = audited(
        "hmda",
        {"path": "hmda.csv", "id": "record_id"},
        {},
        {
            "race": {"column": "applicant_race_1", "type": "category", "reference": "White"},
            "sex": {"column": "applicant_sex", "type": "category", "reference": "Male"},
        },
        frame=frame,
        record={
            "action": {
                "column": "action_taken_code",
                "values": {1: "approved", 2: "approved", 3: "denied", 4: "withdrawn", 5: "incomplete"},
            }
        },
    )
    sex, race = selection(config, batches, "sex"), selection(config, batches, "race")
    names = {name.split()[0]: name for name in race}
    assert sex["Female"] / sex["Male"] == pytest.approx(0.9532, abs=5e-5)
    assert race[names["Black"]] / race["White"] == pytest.approx(0.7705, abs=5e-5)
    decisions = [one for batch in batches for one in decide(config, batch, None)]
    assert (
        sum(one.outcome == "none" for one in decisions)
        == frame.filter(pl.col("action_taken_code").is_in(["4", "5"])).height
    )
    assert all(one.notice.state == "none" for one in decisions if one.outcome == "none")
