"""The search finds a planted slice, and raises false alarms at most at the stated level."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from audit.slicing.cuts import Cut
from audit.slicing.together import Together, add_together, hits, together
from audit.slicing.worst import inside, search

COLUMNS = ("region", "product", "channel", "income", "term")
CUTS = tuple(Cut(name, "categories") for name in COLUMNS)
WORLDS = 400


def columns(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    """Return five columns of three to six groups; the last hangs on the first."""
    found = [
        np.array([f"{name} {k}" for k in range(size)], dtype=object)[rng.integers(0, size, n)]
        for name, size in zip(COLUMNS, (4, 3, 6, 4, 3), strict=True)
    ]
    found[4] = np.where(
        rng.random(n) < 0.7, np.char.replace(found[0].astype(str), "region", "term"), found[4]
    )
    return [np.asarray(column, dtype=object) for column in found]


def of(groups: list[np.ndarray], hit: np.ndarray) -> Together:
    return together(groups, np.ones(len(hit), dtype=np.bool_), hit)


def test_null_worlds_raise_false_alarms_at_most_at_the_stated_level() -> None:
    """In 400 worlds whose errors hang on nothing, at most 5 % name any slice (but for chance, 1 in 1,000)."""
    alarms = by_rate = tested = 0
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        found = search(of(columns(rng, 600), rng.random(600) < 0.2), CUTS, 30)
        tested += len(found)
        alarms += any(one.found for one in found)
        by_rate += any(one.benjamini_hochberg < 0.05 for one in found)
    most = binom.ppf(0.999, WORLDS, 0.05)
    assert tested / WORLDS > 100  # the family is large enough for the guard to matter
    assert alarms <= most, f"{alarms} of {WORLDS}"
    assert by_rate <= most, f"{by_rate} of {WORLDS}"


def test_without_the_guard_nearly_every_null_world_would_alarm() -> None:
    """The guard is what holds the level: plain p-values below 5 % are in most of these worlds."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = search(of(columns(rng, 600), rng.random(600) < 0.2), CUTS, 30)
        alarms += any(one.p_value < 0.05 for one in found)
    assert alarms > 45


@pytest.mark.parametrize(("rate", "least"), [(0.35, 0.4), (0.45, 0.95)])
def test_a_planted_slice_is_found(rate: float, least: float) -> None:
    """Where two columns meet errors are more likely, and nowhere else: the slice itself is named."""
    found = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = columns(rng, 2000)
        planted = (groups[0] == "region 2") & (groups[1] == "product 1")
        tested = search(of(groups, rng.random(2000) < np.where(planted, rate, 0.2)), CUTS, 30)
        named = {one.groups for one in tested if one.found}
        found += (("region", "region 2"), ("product", "product 1")) in named
    assert found >= least * 60


def test_a_slice_inside_a_found_column_stands_below_it() -> None:
    """A bad region makes its slices bad: the region comes first, and they say what they lie in."""
    rng = np.random.default_rng(4)
    groups = columns(rng, 4000)
    tested = search(of(groups, rng.random(4000) < np.where(groups[0] == "region 1", 0.5, 0.2)), CUTS, 30)
    found = [one for one in tested if one.found]
    assert found[0].groups == (("region", "region 1"),)
    assert inside(found[0], found) == ()
    nested = [one for one in found if len(one.groups) == 2 and ("region", "region 1") in one.groups]
    assert nested
    assert all(found[0].groups in inside(one, found) for one in nested)
    flags = [bool(inside(one, found)) for one in found]
    assert flags == sorted(flags)


def test_every_count_and_p_value_is_that_of_a_plain_loop() -> None:
    """Rows and hits of each slice, counted person by person, and scipy's Fisher test on them."""
    rng = np.random.default_rng(1)
    groups, hit = columns(rng, 400), rng.random(400) < 0.3
    tested = {one.groups: one for one in search(of(groups, hit), CUTS, 30)}
    seen = 0
    for i, j in itertools.combinations_with_replacement(range(5), 2):
        for first, second in itertools.product(sorted(set(groups[i])), sorted(set(groups[j]))):
            if i == j and first != second:
                continue
            mine = (groups[i] == first) & (groups[j] == second)
            names = dict.fromkeys([(COLUMNS[i], first), (COLUMNS[j], second)])
            one = tested.get(tuple(names))
            whole = {(groups[i] == first).sum(), (groups[j] == second).sum()}
            if mine.sum() < 30 or (~mine).sum() < 30 or (i != j and mine.sum() in whole):
                assert one is None
                continue
            seen += 1
            assert (one.n, one.hit, one.rest, one.rest_hit) == (
                mine.sum(), hit[mine].sum(), (~mine).sum(), hit[~mine].sum(),
            )  # fmt: skip
            worse = hit[mine].mean() > hit[~mine].mean()
            square = [[one.hit, one.n - one.hit], [one.rest_hit, one.rest - one.rest_hit]]
            assert one.p_value == pytest.approx(fisher_exact(square)[1] if worse else 1.0, rel=1e-9)
    assert seen == len(tested)


def test_partitions_merge_to_the_same_counts() -> None:
    """However the rows are cut, and in whatever order the parts come; a group may be in one part only."""
    rng = np.random.default_rng(6)
    groups, hit = columns(rng, 500), rng.random(500) < 0.3
    counted = rng.random(500) < 0.9
    whole = add_together([together(groups, counted, hit & counted)])
    cuts = [0, 1, 7, 300, 500]
    parts = [
        together([column[a:b] for column in groups], counted[a:b], (hit & counted)[a:b])
        for a, b in itertools.pairwise(cuts)
    ]
    for order in itertools.permutations(parts):
        found = add_together(order)
        assert found.groups == whole.groups
        assert (found.rows == whole.rows).all()
        assert (found.hit == whole.hit).all()
        assert (found.n, found.n_hit) == (whole.n, whole.n_hit)


def test_what_is_counted_hangs_on_the_metric() -> None:
    """Errors need outcomes; refusals do not. Rows that were not decided count nowhere."""
    outcome = np.array(["adverse", "adverse", "favourable", "favourable", "none"], dtype=object)
    observed = np.array([1.0, 0.0, 1.0, np.nan, 1.0])

    def told(metric: str, happened: np.ndarray | None) -> tuple[list[bool], list[bool]]:
        counted, hit = hits(metric, outcome, happened)  # type: ignore[arg-type]
        return counted.tolist(), hit.tolist()

    assert told("error_rate", observed) == ([True] * 3 + [False] * 2, [False, True, True, False, False])
    assert told("false_positive_rate", observed) == (
        [False, True, False, False, False], [False, True, False, False, False],
    )  # fmt: skip
    assert told("false_negative_rate", observed) == (
        [True, False, True, False, False], [False, False, True, False, False],
    )  # fmt: skip
    assert told("adverse_rate", None) == ([True] * 4 + [False], [True, True, False, False, False])
    assert told("error_rate", None) == ([False] * 5, [False] * 5)


def test_a_search_costs_seconds_at_most() -> None:
    """Twenty columns of 200,000 rows: counted and tested in the time of a coffee sip."""
    rng = np.random.default_rng(3)
    groups = [
        np.array([f"g{k}" for k in range(5)], dtype=object)[rng.integers(0, 5, 200_000)] for _ in range(20)
    ]
    begun = time.perf_counter()
    found = search(of(groups, rng.random(200_000) < 0.2), [Cut(f"c{k}", "categories") for k in range(20)], 30)
    assert len(found) == 20 * 5 + 190 * 25
    assert time.perf_counter() - begun < 60
