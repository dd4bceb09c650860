"""The parts of the search: which options are looked at, which sets, and how far a change is drawn back."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from audit.explain.counterfactual.looking import looks, most_points, together
from audit.explain.counterfactual.movable import Movable
from audit.explain.counterfactual.options import options
from audit.explain.counterfactual.searching import _turning, rank, search
from audit.explain.counterfactual.shrinking import shrunk
from audit.explain.counterfactual.single import _Alone, _draw_back, single
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


def every_look(trial):
    """Return int64[n, t] for each factor: options worth a look, then the others."""
    both = [looks(costs, one.along) for costs, one in zip(trial.costs, trial.options, strict=True)]
    return [np.concatenate(one, axis=1) for one in both]


def eased(trial, cutoff):
    """Return the trial with another cutoff."""
    rule = Rule(cutoff, adverse_high=True, at_cutoff="adverse")
    return Trial(trial.scorer, trial.encoded, trial.options, trial.costs, rule, trial.tried)


def turning_alone(trial):
    """Return, for each applicant and factor, cost and option of all that turn, by a plain loop."""
    found = []
    for at in range(len(trial.encoded)):
        found.append([])
        for one, costs in zip(trial.options, trial.costs, strict=True):
            turning = []
            for option in range(costs.shape[1]):
                mixed = trial.encoded[[at]].copy()
                mixed[:, one.places] = one.encoded[option]
                if np.isfinite(costs[at, option]) and trial.rule.turned(trial.scorer.score_encoded(mixed))[0]:
                    turning.append((costs[at, option], option))
            found[-1].append(sorted(turning))
    return found


def test_a_change_is_drawn_back_nearly_as_far_as_it_goes():
    """From the best options of all factors to within a twentieth of the least cost, and it still turns."""
    trial = a_trial()
    n = len(trial.encoded)
    who = np.arange(n)
    farthest = np.stack([np.full(n, one.favour.argmax()) for one in trial.options], axis=1)
    assert trial.rule.turned(trial.scores(who, farthest)).all()
    looked = every_look(trial)
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
    """As a plain loop over all options finds, of each that is told; no score is straight.

    Told are the cheapest of the factors of which an option worth a look turns.
    """
    trial = eased(a_trial(n=40, m=150, seed=seed), 4.4)
    every = turning_alone(trial)
    before = trial.tried.copy()
    (who, choice, cost), looked, gains = single(trial, at_most)
    assert ((trial.tried - before) < sum(costs.shape[1] for costs in trial.costs)).all()
    first = [looks(costs, one.along)[0] for costs, one in zip(trial.costs, trial.options, strict=True)]
    n_told, n_between = 0, 0
    for at in range(len(trial.encoded)):
        mine = np.flatnonzero(who == at)
        told = []
        for price, one in zip(cost[mine][:at_most].tolist(), choice[mine][:at_most], strict=True):
            (factor,) = np.flatnonzero(one >= 0).tolist()
            assert (price, one[factor]) == every[at][factor][0]
            n_between += one[factor] not in looked[factor][at]
            told.append((price, factor))
        assert told == sorted(told)
        seen = {
            factor: turning[0][0]
            for factor, turning in enumerate(every[at])
            if {option for _, option in turning} & set(first[factor][at].tolist())
        }
        left = sorted(price for factor, price in seen.items() if factor not in dict(map(reversed, told)))
        assert len(told) >= min(at_most, len(seen))
        assert not left or len(told) < at_most or told[-1][0] <= left[0]
        n_told += len(told)
    assert n_told >= 20
    assert n_between > 5
    for factor, (one, gain) in enumerate(zip(looked, gains, strict=True)):
        rows, place = np.nonzero(one >= 0)
        alone = np.full((len(rows), 3), -1)
        alone[:, factor] = one[rows, place]
        assert (gain[rows, place] == -trial.scores(rows, alone)).all()
        assert np.isneginf(gain[one < 0]).all()


def test_others_are_looked_at_where_nothing_worth_a_look_turns():
    """A score that turns in one narrow place far from the best mean effect: the factor is found."""
    narrow = PlainScorer(lambda r: 2.0 - (np.abs(r["a"] - 0.31) < 0.06) + 0.1 * r["a"], ("a",))
    reference = {"a": np.linspace(0.0, 1.0, 101)}
    rule = Rule(1.5, adverse_high=True, at_cutoff="adverse")
    encoded, rows = narrow.encode(reference), {"a": np.array([0.9, 0.05])}
    could = options(narrow, [Movable("a", ("a",))], reference, encoded, np.ones(101, dtype=bool), rule)
    costs = [one.costs(rows) for one in could]
    trial = Trial(narrow, narrow.encode(rows), could, costs, rule, np.zeros(2, dtype=np.int64))
    (who, choice, cost), _, _ = single(trial, 1)
    assert who.tolist() == [0, 1]
    for at in range(2):
        assert (cost[at], choice[at, 0]) == turning_alone(trial)[at][0][0]


def test_the_last_option_is_drawn_back_to_where_few_were_looked_at():
    """Where a list of looks ends early, no option is taken for one that was looked at."""
    trial = a_trial()
    at = int(np.argmin(trial.scorer.score_encoded(trial.encoded)))
    alone = _Alone(eased(trial, float(trial.scorer.score_encoded(trial.encoded[[at]])[0])))
    nearest = int(trial.costs[0][at].argmin())
    farthest = int(trial.costs[0][at].argmax())
    alone.price[at, 0], alone.option[at, 0] = trial.costs[0][at, farthest], farthest
    looked = [np.tile([farthest, -1, -1], (len(trial.encoded), 1)) for _ in trial.options]
    _draw_back(alone, looked, alone.option >= 0, np.full(len(trial.encoded), np.inf))
    assert alone.option[at].tolist() == [nearest, -1, -1]
    assert alone.price[at, 0] == trial.costs[0][at, nearest]


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
    looked = every_look(trial)
    best = np.array([[one.favour.argmax() for one in trial.options]])
    found = shrunk(easy, np.array([at]), best, looked, 1024)
    assert (found >= 0).sum() == 1


@pytest.mark.parametrize("m", [1, 20, 21, 24, 90, 200, 256])
def test_the_options_looked_at_are_those_of_a_plain_loop(m):
    """The cheapest of each band down to that of the cheapest of all, and twelve evenly along the values."""
    draw = np.random.default_rng(m)
    costs, along = draw.integers(1, 60, size=(40, m)).astype(float), draw.permutation(m)
    costs[draw.random(costs.shape) < np.linspace(0, 1, 40)[:, None]] = np.inf
    first, others = looks(costs, along)
    for row, listed, more in zip(costs, first, others, strict=True):
        can = set(np.flatnonzero(np.isfinite(row)).tolist())
        if m <= 20:
            assert [at for at in listed if at >= 0] == sorted(can)
            assert not len(more)
            continue
        wide = -(-m // 8)
        expected = []
        for start in range(0, m, wide):
            band = [at for at in range(start, min(start + wide, m)) if at in can]
            expected += sorted(band, key=lambda at: row[at])[:1]
            if band and min(row[at] for at in band) == min(row[at] for at in can):
                break
        assert [at for at in listed if at >= 0] == expected
        evenly = [along[round(np.floor(share))] for share in np.linspace(0, m - 1, 12)]
        assert [at for at in more if at >= 0] == [at for at in evenly if at in can - set(expected)]


def test_the_grid_first_tried_is_part_of_the_whole_one():
    """Both grids together are all points, none twice; the coarse one holds the best options."""
    draw = np.random.default_rng(6)
    listed = [np.tile(np.arange(20), (4, 1)) for _ in range(5)]
    gains = [draw.normal(size=(4, 20)) for _ in range(5)]
    some = together(2, listed, gains, [()] * 4, 1024)
    coarse, fine = some.grids
    assert len(coarse) == 9
    points = some.best.shape[2]
    assert sorted(map(tuple, np.concatenate([coarse, fine]))) == [
        (a, b) for a in range(points) for b in range(points)
    ]
    who, choice, _ = some.candidates(np.array([1, 3]), coarse[:1])
    assert set(who.tolist()) == {1, 3}
    for at, one in zip(who, choice, strict=True):
        for factor in np.flatnonzero(one >= 0):
            assert one[factor] == gains[factor][at].argmax()


def test_the_finer_grid_is_for_those_for_whom_too_little_turns():
    """Who has enough from the coarse grid is asked no more; who has none is asked for all points."""
    names = ("a", "b", "c")
    scorer = PlainScorer(
        lambda r: 3.0 - (r["a"] > 0.9) - (r["b"] > 0.9) - 0.5 * (np.abs(r["c"] - 0.8) < 0.02), names
    )
    reference = {c: np.linspace(0.0, 1.0, 101) for c in names}
    rows = {c: np.zeros(2) for c in names}
    encoded = scorer.encode(reference)
    looked = [np.tile(np.arange(100, 0, -5), (2, 1)) for _ in names]
    gains = [-np.tile(np.arange(20.0), (2, 1)) for _ in names]
    for cutoff, finer in ((1.2, False), (0.9, True)):
        rule = Rule(cutoff, adverse_high=True, at_cutoff="adverse")
        could = options(
            scorer, [Movable(c, (c,)) for c in names], reference, encoded, np.ones(101, dtype=bool), rule
        )
        could = [one.__class__(**{**vars(one), "encoded": encoded[:, [i]]}) for i, one in enumerate(could)]
        costs = [np.tile(np.linspace(1.0, 2.0, 101), (2, 1)) for _ in names]
        trial = Trial(scorer, scorer.encode(rows), could, costs, rule, np.zeros(2, dtype=np.int64))
        some = together(2, looked, gains, [(), ()], 1024)
        who, choice = _turning(trial, np.arange(2), some, np.array([2, 2]), 1)
        assert (len(who) == 0) == finer
        n_points = sum(map(len, some.grids)) if finer else len(some.grids[0])
        assert trial.tried.tolist() == [3 * n_points] * 2
        if not finer:
            assert who.tolist() == [0, 1]
            assert (choice >= 0).tolist() == [[True, True, False]] * 2


def test_changes_are_numbered_by_applicant():
    """The changes of one applicant stand together, and none is told of nobody."""
    assert rank(np.array([], dtype=np.int64)).tolist() == []
    trial = a_trial(n=25, m=60, seed=2)
    who, choice, cost = search(eased(trial, 3.0), 3, 3, 1024)
    assert (np.diff(who) >= 0).all()
    size = (choice >= 0).sum(axis=1)
    later = np.flatnonzero(np.diff(who) == 0)
    assert len(later) > 20
    assert ((size[later] < size[later + 1]) | (cost[later] <= cost[later + 1])).all()
    assert (size[later] <= size[later + 1]).all()
    assert trial.rule.cutoff < 3.0
    assert eased(trial, 3.0).rule.turned(trial.scores(who, choice)).all()
    assert trial.cost(who, choice) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("k", "size", "budget"), [(4, 2, 10_000), (4, 3, 10_000), (12, 3, 300), (40, 4, 500)]
)
def test_sets_of_factors_stay_within_the_budget(k, size, budget):
    """Every set is there where the budget allows, with all options; else those whose options gain most."""
    draw = np.random.default_rng(k)
    known = [(), (frozenset({0}),), (frozenset({1, 2}),)]
    listed = [np.tile(np.arange(3), (3, 1)) for _ in range(k)]
    gains = [draw.normal(size=(3, 3)) for _ in range(k)]
    some = together(size, listed, gains, known, budget)
    parts = [some.candidates(np.arange(3), grid) for grid in some.grids]
    who, choice, which = (np.concatenate(one) for one in zip(*parts, strict=True))
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


def test_a_grid_has_as_many_points_as_fit():
    """Also where a root in floating point is a little less than the whole number that it is."""
    for size in range(1, 7):
        for budget in [*range(1, 1100), 4096, 15625, 10**6]:
            points = most_points(budget, size)
            assert points**size <= budget < (points + 1) ** size
    listed = [np.tile(np.arange(4), (2, 1)) for _ in range(3)]
    gains = [np.tile(np.arange(4.0), (2, 1)) for _ in range(3)]
    (grid,) = together(3, listed, gains, [()] * 2, 64).grids
    assert len(grid) == 4**3


@pytest.mark.parametrize(("n_options", "budget"), [(1, 6), (3, 10**9)])
def test_a_grid_has_no_more_points_than_options(n_options, budget):
    """One option of each of four factors makes six pairs; a large budget asks for no larger arrays."""
    listed = [np.tile(np.arange(n_options), (2, 1)) for _ in range(4)]
    gains = [np.zeros((2, n_options)) for _ in range(4)]
    some = together(2, listed, gains, [()] * 2, budget)
    assert some.members.shape == (2, 6, 2)
    assert [len(grid) for grid in some.grids] == [n_options**2]


def test_the_cheapest_of_each_group():
    """One candidate a group, of those allowed; of equal costs the first."""
    group = np.array([2, 0, 0, 2, 1, 0])
    cost = np.array([3.0, 2.0, 1.0, 3.0, 9.0, 1.0])
    allowed = np.array([True, True, True, True, False, True])
    assert cheapest(group, cost, allowed).tolist() == [2, 0]
