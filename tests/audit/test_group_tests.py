"""An audit with controls, segments, prices and Local Law 144, from its config to what is sealed."""

from __future__ import annotations

import datetime as dt
import math
import random
from types import SimpleNamespace

import pytest

import audit
from audit.config.schema import BATCH
from audit.errors import ConfigError
from audit.fairness.definitions import DEFINITIONS
from audit.fairness.groups import count
from audit.group_figures import NAMES, group_figures
from audit.ledger import Ledger
from audit.record import Policy
from tests.worlds.desk import Desk

FAIRNESS = {
    "min_group": 20,
    "controls": ["house", {"column": "debt", "bands": [0, 0.3]}],
    "segments": ["product"],
    "price": {"column": "apr"},
    "ll144": {
        "sex": "sex",
        "race": "race",
        "distributed_on": "2026-01-05",
        "source": "Data of a made-up lender",
    },
}


def widened(rows):
    """Add what the config names, hung on nothing but the row's number."""
    chance = random.Random(5)
    found = []
    for row in rows:
        refused = chance.random() < (0.5 if row["sex"] == "female" else 0.3)
        found.append(
            {
                **row,
                "score": round(chance.uniform(0.4, 0.9) if refused else chance.uniform(0.0, 0.39), 3),
                "granted": "no" if refused else "yes",
                "house": chance.choice(["own", "rent", ""]),
                "debt": chance.choice(["0.1", "0.2", "0.5", "much"]),
                "product": chance.choice(["card", "car"]),
                "race": chance.choice(["A", "B", "B", ""]),
                "apr": "" if refused else str(round(4 + chance.random() + (row["sex"] == "female"), 2)),
                "later": int(chance.random() < 0.3),
            }
        )
    return found


@pytest.fixture
def desk(fresh) -> Desk:
    """A lender whose applications were scored, granted and priced elsewhere."""
    desk = Desk(fresh("even").folder).rows(widened)
    desk.set(
        model={"scores": "score"},
        dictionary=None,
        decision={"adverse": "high", "cutoff": 0.4, "taken": {"column": "granted", "adverse": "no"}},
        data__observed={"column": "later", "adverse": 1},
        protected__race={"column": "race", "type": "category", "reference": "A"},
        intersections=[["sex", "race"]],
        fairness=FAIRNESS,
        policies=["screening"],
    )
    return desk


def test_every_comparison_is_sealed_with_its_definition(desk: Desk) -> None:
    """All metrics that the config asks for are rows, each is defined, and every figure is there."""
    result = audit.run(desk.config)
    metrics = {one.metric for one in (*result.rates, *result.disparities)}
    assert metrics == set(DEFINITIONS)
    assert {row["metric"] for row in result.figures["definitions"].body["rows"]} == metrics
    assert set(NAMES) <= set(result.figures)
    by_name = {(d.metric, d.group): d for d in result.disparities if d.attribute == "sex"}
    gap = by_name["marginal_effect", "female"]
    assert gap.value is not None
    assert gap.value > 0.05
    # What the world added hangs on sex alone, so neither controls nor segments explain any of it.
    for name in ("controlled_marginal_effect", "matched_pairs_difference"):
        assert by_name[name, "female"].value == pytest.approx(gap.value, abs=0.06)
    assert by_name["price_gap", "female"].value == pytest.approx(1.0, abs=0.2)
    assert by_name["controlled_price_gap", "female"].value == pytest.approx(1.0, abs=0.2)
    for one in (*result.rates, *result.disparities):
        numbers = (one.value, one.low, one.high)
        assert all(number is None or math.isfinite(number) for number in numbers), one
        assert one.value is not None or one.cause, one
        if one.value is not None and one.low is not None and one.high is not None:
            assert one.low <= one.value <= one.high, one


def test_figures_say_the_family_the_pairs_and_the_law(desk: Desk) -> None:
    """Families count every test, Local Law 144 its unknown, and small cells are left out."""
    figures = {name: figure.body for name, figure in audit.run(desk.config).figures.items()}
    (ratios,) = [one for one in figures["families"]["families"] if one["metric"] == "adverse_impact_ratio"]
    assert ratios["n_tests"] == len(ratios["rows"]) >= 5
    assert ratios["line"] == {"at_least": 0.8}
    law = figures["ll144"]
    assert law["distributed_on"] == "2026-01-05"
    assert 0 < law["n_unknown"] < law["n"]
    assert {(one["basis"], one["kind"]) for one in law["tables"]} == {
        (basis, kind)
        for basis in ("selection_rate", "scoring_rate")
        for kind in ("sex", "race_ethnicity", "intersectional")
    }
    assert figures["matched_pairs"]["controls"] == ["house", "debt"]
    assert {row["segment"] for row in figures["segments"]["rows"]} == {"card", "car"}
    published = figures["published"]
    assert published["n"] == law["n"]
    assert all(("n" in row) != row["suppressed"] for row in published["rows"])
    (row,) = [r for r in figures["classical"]["rows"] if (r["attribute"], r["group"]) == ("sex", "female")]
    chosen = row["bootstrap"]["selection_rate"]
    assert row["katz"] == pytest.approx([chosen["low"], chosen["high"]], abs=0.06)  # both of one ratio
    assert len(row["bootstrap"]) == 8
    for one in figures["classical"]["auc"]:
        assert one["delong"][0] <= one["auc"] <= one["delong"][1]
    assert 0 < row["mid_p"] <= row["fisher"] <= 1
    assert 0 < row["smallest_detectable_gap"] < 1


def test_partitions_change_nothing(desk: Desk, monkeypatch) -> None:
    """Cut into several partitions the audit seals the same numbers, to the last bit."""
    whole = audit.run(desk.config)
    monkeypatch.setattr("audit.data.csv_file.PARTITION_ROWS", 37)
    parts = audit.run(desk.config, again=2)
    with Ledger.open(parts.ledger_url) as ledger:
        assert len({one.seq for one in ledger.decisions(parts.audit.audit)}) > 3
    assert parts.rates == whole.rates
    assert parts.disparities == whole.disparities
    for name in NAMES:
        assert parts.figures[name].body == whole.figures[name].body, name


def test_an_audit_that_names_nothing_says_so(fresh) -> None:
    """Without controls, segments, prices and the law's attributes the figures carry the key to name."""
    figures = {name: one.body for name, one in audit.run(fresh("even").config).figures.items()}
    for name, key in (
        ("matched_pairs", "fairness.controls"),
        ("segments", "fairness.segments"),
        ("price_quantiles", "fairness.price"),
        ("ll144", "fairness.ll144"),
    ):
        assert key in figures[name]["cause"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"controls": ["housing"]}, r"fairness\.controls\[0\]: no column 'housing'"),
        ({"segments": ["prodct"]}, r"fairness\.segments\[0\]: no column 'prodct'.*Did you mean 'product'"),
        ({"price": {"column": "rate"}}, r"fairness\.price\.column: no column 'rate'"),
        ({"controls": ["sex"]}, r"fairness\.controls\[0\]: 'sex' is the protected attribute 'sex'"),
        ({"controls": ["house", "house"]}, r"fairness: control house is named twice"),
        ({"controls": [{"column": "debt", "type": "category", "bands": [0]}]}, "a category has no bands"),
        (
            {"ll144": {"sex": "gender", "race": "race"}},
            r"fairness\.ll144\.sex: no protected attribute 'gender'",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(desk: Desk, change, words) -> None:
    """A control that is no column, or is the protected attribute itself, ends the run with its line."""
    desk.set(fairness=change)
    with pytest.raises(ConfigError, match=words):
        audit.run(desk.config)


def test_a_batch_compares_nobody() -> None:
    """Each figure of a night of refusals says that there are no rates to compare."""
    config = SimpleNamespace(audit=SimpleNamespace(kind="batch"), uncompared=BATCH)
    table = count(["adverse"] * 3, {"sex": ["f", "m", "m"]})
    found = group_figures(config, Policy(dt.date(2026, 11, 20), (), (), ()), table, None, (), ())
    assert [(one.name, one.body) for one in found] == [(name, {"cause": BATCH}) for name in NAMES]
