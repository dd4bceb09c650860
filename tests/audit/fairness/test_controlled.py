"""Regression with controls, against statsmodels person by person."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
import statsmodels.api as sm

from audit.fairness import count, measurements
from audit.fairness.controlled import NOT_INSTALLED, controlled, controlled_prices
from audit.fairness.design import design

CONTROLS = {"control: product": "category", "control: debt": "number"}


def world(n: int = 900, gap: float = 0.6, seed: int = 1):
    """Return sex, product, debt, selection, score and price, with a gap in log-odds known by construction."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n, p=[0.4, 0.6])
    product = rng.choice(["card", "car", "home"], n)
    debt = np.round(rng.normal(0.3 + 0.1 * (sex == "f"), 0.2, n), 2)
    chance = 1 / (1 + np.exp(-(0.8 - gap * (sex == "f") - 2 * debt + 0.5 * (product == "car"))))
    selected = rng.random(n) < chance
    score = np.round(1 - chance + rng.normal(0, 0.05, n), 3)
    price = np.round(4 + 2 * debt + 0.3 * (sex == "f") + rng.normal(0, 0.5, n), 2)
    return sex, product, debt, selected, score, price


def table_of(sex, product, debt, selected, values):
    return count(
        np.where(selected, "favourable", "adverse").astype(object),
        {"sex": sex, "control: product": product, "control: debt": [repr(float(one)) for one in debt]},
        values,
    )


def person_by_person(sex, product, debt) -> np.ndarray:
    columns = [sex == "f", np.ones(len(sex)), product == "car", product == "home", debt]
    return np.stack([np.asarray(one, dtype=float) for one in columns], axis=1)


def test_the_logit_is_that_of_statsmodels() -> None:
    """Odds ratio, average marginal effect, their intervals and p-values equal Logit's over single people."""
    sex, product, debt, selected, score, _ = world()
    found = {
        one.metric: one
        for one in controlled(table_of(sex, product, debt, selected, score), {"sex": "m"}, CONTROLS)
    }
    fit = sm.Logit(selected.astype(float), person_by_person(sex, product, debt)).fit(
        disp=0, tol=1e-12, maxiter=100
    )
    odds = found["controlled_odds_ratio"]
    assert odds.value == pytest.approx(np.exp(fit.params[0]), rel=1e-8)
    assert (odds.low, odds.high) == pytest.approx(tuple(np.exp(fit.conf_int()[0])), rel=1e-6)
    assert odds.p_value == pytest.approx(fit.pvalues[0], rel=1e-5)
    margins = fit.get_margeff(at="overall", dummy=True)
    effect = found["controlled_marginal_effect"]
    assert effect.value == pytest.approx(-margins.margeff[0], abs=1e-9)
    assert (effect.high - effect.low) / 2 == pytest.approx(
        1.959963984540054 * margins.margeff_se[0], rel=1e-6
    )


def test_means_are_those_of_least_squares() -> None:
    """Score gap and price gap with their errors equal OLS with HC1 errors over single people."""
    sex, product, debt, selected, score, price = world(seed=2)
    x = person_by_person(sex, product, debt)
    (smd,) = [
        one
        for one in controlled(table_of(sex, product, debt, selected, score), {"sex": "m"}, CONTROLS)
        if one.metric == "controlled_standardized_mean_difference"
    ]
    fit = sm.OLS(score, x).fit(cov_type="HC1")
    spread = score.std(ddof=1)
    assert smd.value == pytest.approx(fit.params[0] / spread, rel=1e-8)
    assert (smd.high - smd.low) / 2 == pytest.approx(1.959963984540054 * fit.bse[0] / spread, rel=1e-8)
    (gap,) = controlled_prices(table_of(sex, product, debt, selected, price), {"sex": "m"}, CONTROLS, True)
    fit = sm.OLS(price, x).fit(cov_type="HC1")
    assert gap.value == pytest.approx(fit.params[0], rel=1e-8)
    assert gap.p_value == pytest.approx(fit.pvalues[0], rel=1e-6, abs=1e-14)


def test_controls_explain_a_gap_that_they_carry() -> None:
    """Where only the control differs between groups, the plain gap is large and the controlled none."""
    rng = np.random.default_rng(8)
    sex = rng.choice(["f", "m"], 4000)
    band = np.where(rng.random(4000) < np.where(sex == "f", 0.7, 0.3), "low", "high")
    selected = rng.random(4000) < np.where(band == "low", 0.4, 0.8)
    table = count(
        np.where(selected, "favourable", "adverse").astype(object), {"sex": sex, "control: band": band}
    )
    found = {one.metric: one for one in controlled(table, {"sex": "m"}, {"control: band": "category"})}
    plain = selected[sex == "m"].mean() - selected[sex == "f"].mean()
    assert plain > 0.12
    effect = found["controlled_marginal_effect"]
    assert abs(effect.value) < 0.03
    assert effect.low <= 0 <= effect.high


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            lambda sex, product, debt, y: y | (product == "home"),
            "control 'product' decides without exception",
        ),
        (lambda sex, product, debt, y: debt < 0.3, "control 'debt' decides without exception"),
        (lambda sex, product, debt, y: y & (sex != "f"), "belonging to the group decides without exception"),
    ],
)
def test_perfect_separation_is_inconclusive_and_named(change, named) -> None:
    """A control that decides without exception leaves no effect to be told, and says which it is."""
    sex, product, debt, selected, _, _ = world()
    table = table_of(sex, product, debt, change(sex, product, debt, selected), None)
    found = controlled(table, {"sex": "m"}, CONTROLS)
    assert len(found) == 2
    for one in measurements((), found):
        assert (one.state, one.value) == ("inconclusive", None)
        assert one.cause == f"perfect separation: {named}"


def test_a_rare_kind_is_no_separation() -> None:
    """A control far from the others widens the interval; it is not called separation."""
    sex, product, debt, selected, _, _ = world()
    debt[:3] = [40.0, 41.0, -40.0]
    found = controlled(table_of(sex, product, debt, selected, None), {"sex": "m"}, CONTROLS)
    assert all(one.value is not None for one in found)


@pytest.mark.parametrize(
    ("controls", "cause"),
    [
        (lambda sex: sex, "the controls tell who belongs to the group: nothing is left to compare"),
        (lambda sex: [str(i) for i in range(len(sex))], "control 'x' has 900 values: state its bands"),
    ],
)
def test_controls_that_leave_nothing_have_a_cause(controls, cause) -> None:
    """A copy of the group and a column without repeats are refused by name."""
    sex, _, _, selected, _, _ = world()
    table = count(
        np.where(selected, "favourable", "adverse").astype(object), {"sex": sex, "control: x": controls(sex)}
    )
    for one in controlled(table, {"sex": "m"}, {"control: x": "category"}):
        assert one.value is None
        assert one.cause.startswith(cause)


@pytest.mark.parametrize("selected", [True, False])
def test_one_kind_of_decision_has_a_cause(selected) -> None:
    """All approved or all refused: there is nothing to compare."""
    table = count(
        ["favourable" if selected else "adverse"] * 80, {"sex": ["f", "m"] * 40, "control: x": ["a"] * 80}
    )
    for one in controlled(table, {"sex": "m"}, {"control: x": "category"}):
        assert one.value is None
        assert "there is nothing to compare" in one.cause


def test_unknown_numbers_are_left_out_and_counted() -> None:
    """A person whose debt is not known enters no regression; how many that are is told."""
    table = count(
        ["favourable", "adverse"] * 4,
        {"sex": ["f", "f", "m", "m"] * 2, "control: d": ["1.0", "unknown", "2.0", "3.0"] * 2},
    )
    found = design(table, "sex", "f", "m", {"control: d": "number"})
    assert found.left_out == 2
    assert (found.adverse + found.favourable).sum() == 6


def test_without_statsmodels_it_is_not_measured(monkeypatch) -> None:
    """Where the extra is not installed, the cause says how to get it."""
    true_import = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("statsmodels"):
            raise ImportError(name)
        return true_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    sex, product, debt, selected, _, _ = world(200)
    found = controlled(table_of(sex, product, debt, selected, None), {"sex": "m"}, CONTROLS)
    assert {one.cause for one in found} == {NOT_INSTALLED}
