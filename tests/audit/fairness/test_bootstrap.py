"""The bootstrap over counts against one over people, and what it says of empty cells."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness import count, rates
from audit.fairness.bootstrap import draws, interval
from audit.fairness.drawn_ratios import ratios


def made_up(n: int = 1200, seed: int = 1):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n, p=[0.3, 0.7])
    decided = np.where(rng.random(n) < np.where(sex == "f", 0.5, 0.65), "favourable", "adverse").astype(
        object
    )
    return sex, decided, (rng.random(n) < 0.3).astype(int)


def test_it_draws_as_one_over_people() -> None:
    """Spread and middle of the ratio equal those of people drawn one by one with Poisson weights."""
    sex, decided, observed = made_up()
    found = ratios(count(decided, {"sex": sex}, None, observed), "sex", "m", 7, 4000)
    rng = np.random.default_rng(0)
    weights = rng.poisson(1, (1500, len(sex))).astype(float)
    for metric, hit, of in (
        ("selection_rate", decided == "favourable", np.ones(len(sex), dtype=bool)),
        ("false_positive_rate", decided == "adverse", observed == 0),
    ):
        sides = [weights @ (hit & of & (sex == who)) / (weights @ (of & (sex == who))) for who in "fm"]
        people = sides[0] / sides[1]
        assert found[metric, "f"].mean() == pytest.approx(people.mean(), rel=0.01)
        assert found[metric, "f"].std() == pytest.approx(people.std(), rel=0.06)


def test_every_rate_has_its_ratio() -> None:
    """Each rate that is a share is drawn for each group, and the draws lie about its value."""
    sex, decided, observed = made_up()
    table = count(decided, {"sex": sex}, None, observed)
    values = {
        (r.metric, r.group): r.value for r in rates(table) if r.attribute == "sex" and r.metric in SHARES
    }
    found = ratios(table, "sex", "m", 7)
    assert set(found) == {(metric, "f") for metric in SHARES}
    for metric in SHARES:
        value = values[metric, "f"] / values[metric, "m"]
        low, high = interval(found[metric, "f"], value)
        assert low <= value <= high


SHARES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "positive_predictive_value",
    "negative_predictive_value",
    "adverse_outcome_rate",
)


def test_a_groups_draws_hang_on_its_name_alone() -> None:
    """Another group more in the audit changes no interval, another seed does."""
    counts = np.array([[30, 5], [8, 40]])
    assert (draws(counts, ("sex", "f"), 7) == draws(counts, ("sex", "f"), 7)).all()
    assert (draws(counts, ("sex", "f"), 7) != draws(counts, ("sex", "m"), 7)).any()
    assert (draws(counts, ("sex", "f"), 7) != draws(counts, ("sex", "f"), 8)).any()


def test_draws_without_a_value_give_no_interval() -> None:
    """Where one draw in twenty has an empty denominator the interval is not given."""
    drawn = np.array([1.0] * 94 + [np.nan] * 6)
    assert interval(drawn, 1.0) is None
    assert interval(np.array([1.0] * 96 + [np.nan] * 4), 1.0) == (1.0, 1.0)
    table = count(
        ["favourable"] * 2 + ["adverse"] * 50, {"sex": ["f", "m"] + ["f", "m"] * 25}, None, [0] * 52
    )
    assert interval(ratios(table, "sex", "m", 7)["true_positive_rate", "f"], 1.0) is None
