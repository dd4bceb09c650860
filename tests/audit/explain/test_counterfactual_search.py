"""The parts of the search: which options are looked at, which sets, and how far a change is drawn back."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from audit.explain.counterfactual.looking import _by_cost, looks, together
from audit.explain.counterfactual.movable import Movable
from audit.explain.counterfactual.options import options
from audit.explain.counterfactual.searching import search
from audit.explain.counterfactual.shrinking import shrunk, shrunk_alone
from audit.explain.counterfactual.trial import Rule, Trial, cheapest
from tests.worlds.small_scorers import PlainScorer


def a_trial(n=12, m=40, seed=1):
    """Return three factors of many values whose effects mix, and applicants far from the cutoff."""
    draw = np.random.default_rng(seed)
    names = ("a", "b", "c")
    curved = PlainScorer(
        lambda r: r["a"] + r["b"] + r["c"] + 0.4 * r["a"] * r["b"] - 0.3 * np.sin(2 * r["c"]), names
    )
    reference = {c: np.round(draw.uniform(0, 1.2, m), 3) for c in names}
    rows = {c: np.round(draw.uniform(1.6, 2.6, n), 3) for c in names}
    rule = Rule(1.6, adverse_high=True, at_cutoff="adverse")
    encoded = curved.encode(reference)
    could = options(
        curved, [Movable(c, (c,)) for c in names], reference, encoded, np.ones(m, dtype=bool), rule
    )
    costs = [one.costs(rows) for one in could]
    return Trial(curved, curved.encode(rows), could, costs, rule, np.zeros(n, dtype=np.int64))


def test_a_change_is_drawn_back_nearly_as_far_as_it_goes():
    """From the best options of all factors to within a twentieth of the least cost, and it still turns."""
    trial = a_trial()
    n = len(trial.encoded)
    who = np.arange(n)
    farthest = np.stack([np.full(n, one.favour.argmax()) for one in trial.options], axis=1)
    assert trial.rule.turned(trial.scores(who, farthest)).all()
    looked = [looks(costs, one.favour) for costs, one in zip(trial.costs, trial.options, strict=True)]
    before = trial.tried.copy()
    found = shrunk(trial, who, farthest, looked, 1024)
    assert (trial.tried > before).all()
    assert trial.rule.turned(trial.scores(who, found)).all()
    every = np.stack(
        np.meshgrid(*(np.arange(costs.shape[1]) for costs in trial.costs), indexing="ij"), -1
    ).reshape(-1, 3)
    for at in range(n):
        same = np.full(len(every), at)
        least = trial.cost(same, every)[trial.rule.turned(trial.scores(same, every))].min()
        assert trial.cost(who[[at]], found[[at]])[0] <= 1.05 * least


@pytest.mark.parametrize(("at_most", "seed"), [(1, 1), (1, 2), (2, 3), (3, 4)])
def test_single_factors_are_as_cheap_as_all_their_options_allow(at_most, seed):
    """As a plain loop over all options finds, where a look of the factor turns; no score is straight."""
    trial = a_trial(n=40, m=150, seed=seed)
    easy = Trial(
        trial.scorer,
        trial.encoded,
        trial.options,
        trial.costs,
        Rule(4.4, adverse_high=True, at_cutoff="adverse"),
        trial.tried,
    )
    looked = [looks(costs, one.favour) for costs, one in zip(trial.costs, trial.options, strict=True)]
    assert max(costs.shape[1] for costs in trial.costs) > looked[0].shape[1]
    n_told, n_between = 0, 0
    for at, sets in enumerate(search(easy, at_most, 1, 1024)):
        expected = []
        for factor, (one, costs) in enumerate(zip(trial.options, trial.costs, strict=True)):
            turning = []
            for option in range(costs.shape[1]):
                mixed = trial.encoded[[at]].copy()
                mixed[:, one.places] = one.encoded[option]
                if np.isfinite(costs[at, option]) and trial.scorer.score_encoded(mixed)[0] < 4.4:
                    turning.append((costs[at, option], option))
            seen = {option for _, option in turning} & set(looked[factor][at].tolist())
            if seen:
                expected.append((min(turning)[0], factor, min(turning)[1]))
                n_between += min(turning)[1] not in seen
        found = sorted((cost, min(factors), choice[min(factors)]) for factors, (cost, choice) in sets.items())
        assert found[:at_most] == sorted(expected)[:at_most]
        n_told += len(expected)
    assert n_told > 20
    assert n_between > 5


def test_the_last_option_is_drawn_back_to_where_few_were_looked_at():
    """Where a list of looks ends early, no option is taken for one that was looked at."""
    trial = a_trial()
    at = np.array([int(np.argmin(trial.scorer.score_encoded(trial.encoded)))])
    easy = Trial(
        trial.scorer,
        trial.encoded,
        trial.options,
        trial.costs,
        Rule(float(trial.scorer.score_encoded(trial.encoded[at])[0]), adverse_high=True, at_cutoff="adverse"),
        trial.tried,
    )
    looked = [np.tile([0, -1, -1], (len(trial.encoded), 1)) for _ in trial.options]
    nearest = trial.costs[0].shape[1] - 1  # the applicants have more than anybody in the reference
    assert trial.costs[0][at[0]].argmin() == nearest
    found = shrunk_alone(easy, at, np.array([0]), np.array([0]), looked, np.array([np.inf]))
    assert found.tolist() == [nearest]


def test_changes_of_one_factor_are_scored_as_any_others_are(monkeypatch):
    """The same scores, in batches that end within a factor and skip some."""
    monkeypatch.setattr("audit.explain.counterfactual.trial._AT_ONCE", 7)
    trial, draw = a_trial(), np.random.default_rng(3)
    which = np.sort(draw.choice([0, 2], size=50)).astype(np.int16)
    who, option = draw.integers(0, 12, 50), draw.integers(0, 30, 50)
    choice = np.full((50, 3), -1, dtype=np.int16)
    choice[np.arange(50), which] = option
    before = trial.tried.copy()
    assert (trial.scores_of_one(which, who, option) == trial.scores(who, choice)).all()
    assert (trial.tried - before == 2 * np.bincount(who, minlength=12)).all()


def test_a_factor_that_is_not_needed_is_let_go():
    """A set that turns without one of its factors becomes the smaller set."""
    trial = a_trial()
    easy = Trial(
        trial.scorer,
        trial.encoded,
        trial.options,
        trial.costs,
        Rule(6.0, adverse_high=True, at_cutoff="adverse"),
        trial.tried,
    )
    at = int(np.argmin(np.abs(trial.scorer.score_encoded(trial.encoded) - 6.2)))
    looked = [looks(costs, one.favour) for costs, one in zip(trial.costs, trial.options, strict=True)]
    best = np.array([[one.favour.argmax() for one in trial.options]])
    found = shrunk(easy, np.array([at]), best, looked, 1024)
    assert (found >= 0).sum() == 1


def test_the_options_looked_at_hold_the_front_and_the_ends():
    """The nearest, the farthest and the best option are looked at; all are where there are few."""
    draw = np.random.default_rng(4)
    costs, favour = draw.uniform(size=(30, 200)), draw.normal(size=200)
    costs[:, 150:] = np.inf
    found = looks(costs, favour)
    assert found.shape == (30, 24)
    for row, options_of in zip(costs, found, strict=True):
        kept = options_of[options_of >= 0]
        assert len(set(kept.tolist())) == len(kept) >= 12
        assert np.isfinite(row[kept]).all()
        assert (np.diff(row[kept]) >= 0).all()
        can = np.flatnonzero(np.isfinite(row))
        assert {row[:150].argmin(), row[:150].argmax(), can[favour[can].argmax()]} <= set(kept.tolist())
    few = looks(costs[:, 140:160], favour[140:160])
    assert (np.sort(few[few >= 0].reshape(30, -1), axis=1) == np.arange(10)).all()


def test_the_options_looked_at_are_those_of_a_plain_loop():
    """Twelve evenly along the front and twelve evenly by cost, also with equal costs and nothing to get."""
    draw = np.random.default_rng(9)
    costs, favour = draw.integers(1, 60, size=(40, 90)).astype(float), draw.integers(0, 40, 90) / 8
    costs[draw.random(costs.shape) < np.linspace(0, 1, 40)[:, None]] = np.inf
    for row, listed in zip(costs, looks(costs, favour), strict=True):
        can = sorted(np.flatnonzero(np.isfinite(row)).tolist(), key=lambda at: row[at])
        front: list[int] = []
        for at in can:
            if not front or favour[at] > favour[front[-1]]:
                front.append(at)
        evenly = {
            among[round(float(share) * (len(among) - 1))]
            for among in (front, can)
            if among
            for share in np.linspace(0, 1, 12)
        }
        expected = [at for at in can if at in evenly]
        assert listed.tolist() == expected + [-1] * (24 - len(expected))


@pytest.mark.parametrize("m", [1, 2, 25, 128, 129, 256])
def test_options_are_in_the_order_of_their_costs_to_the_last_bit(m):
    """As a stable sort of the costs has them: also equal ones, those one bit apart, and what is none."""
    draw = np.random.default_rng(m)
    costs = draw.integers(0, 9, size=(60, m)) / 7.0
    for _ in range(3):
        costs = np.where(draw.random(costs.shape) < 0.3, np.nextafter(costs, np.inf), costs)
    costs[draw.random(costs.shape) < 0.1] = np.inf
    costs[:20] = draw.uniform(size=(20, m))
    assert (_by_cost(costs) == np.argsort(costs, axis=1, kind="stable")).all()


@pytest.mark.parametrize(
    ("k", "size", "budget"), [(4, 2, 10_000), (4, 3, 10_000), (12, 3, 300), (40, 4, 500)]
)
def test_sets_of_factors_stay_within_the_budget(k, size, budget):
    """Every set is there where the budget allows, with all options; else those whose options gain most."""
    draw = np.random.default_rng(k)
    known = [(), (frozenset({0}),), (frozenset({1, 2}),)]
    listed = [np.tile(np.arange(3), (3, 1)) for _ in range(k)]
    gains = [draw.normal(size=(3, 3)) for _ in range(k)]
    who, choice, which = together(size, listed, gains, known, budget)
    assert ((choice >= 0).sum(axis=1) == size).all()
    assert len({tuple(one) for one in np.column_stack([who, choice])}) == len(who)
    assert (np.bincount(who, minlength=3) <= budget).all()
    for at in range(3):
        sets = {frozenset(np.flatnonzero(one >= 0).tolist()) for one in choice[who == at]}
        assert len(sets) == len(set(which[who == at].tolist()))
        assert not any(held <= one for held in known[at] for one in sets)
        best = np.argsort([-one[at].max() for one in gains], kind="stable")[:size]
        if not any(held <= frozenset(best.tolist()) for held in known[at]):
            assert frozenset(best.tolist()) in sets
        if budget == 10_000:
            allowed = [
                one
                for one in combinations(range(k), size)
                if not any(held <= frozenset(one) for held in known[at])
            ]
            assert len(sets) == len(allowed)
            assert (who == at).sum() == len(allowed) * 3**size
    if budget == 10_000:
        assert (who == 0).sum() == comb(k, size) * 3**size


def test_the_cheapest_of_each_group():
    """One candidate a group, of those allowed; of equal costs the first."""
    group = np.array([2, 0, 0, 2, 1, 0])
    cost = np.array([3.0, 2.0, 1.0, 3.0, 9.0, 1.0])
    allowed = np.array([True, True, True, True, False, True])
    assert cheapest(group, cost, allowed).tolist() == [2, 0]
