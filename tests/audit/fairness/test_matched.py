"""Matched pairs: the closed form against pairs that are really made."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.fairness.matched import matched_pairs

SIDE = st.integers(1, 4).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
STRATA = st.lists(st.tuples(SIDE, SIDE).map(lambda two: (*two[0], *two[1])), min_size=1, max_size=3)


def all_pairings(x: int, n: int, y: int, m: int) -> list[tuple[int, int]]:
    """Return, of every way to pair the smaller side, pairs against and toward the group."""
    group, reference = [1] * x + [0] * (n - x), [1] * y + [0] * (m - y)
    short, long = (group, reference) if n <= m else (reference, group)
    found = []
    for chosen in itertools.permutations(long, len(short)):
        pairs = list(zip(short, chosen, strict=True))
        pairs = pairs if n <= m else [(b, a) for a, b in pairs]
        found.append((sum(b and not a for a, b in pairs), sum(a and not b for a, b in pairs)))
    return found


@given(STRATA)
def test_it_is_the_average_over_all_ways_to_pair(strata) -> None:
    """Shares and difference equal those averaged over every pairing, made one by one."""
    found = matched_pairs(strata)
    against = toward = 0.0
    for stratum in strata:
        ways = all_pairings(*stratum)
        against += sum(one for one, _ in ways) / len(ways)
        toward += sum(other for _, other in ways) / len(ways)
    pairs = sum(min(n, m) for _, n, _, m in strata)
    assert found.n_pairs == pairs
    assert found.against == pytest.approx(against / pairs)
    assert found.toward == pytest.approx(toward / pairs)
    assert found.difference == pytest.approx((against - toward) / pairs)


@given(STRATA)
def test_its_error_is_that_of_shuffled_labels(strata) -> None:
    """The variance equals that over every way to deal out who is of the group, and 0 is held at p >= 0.05."""
    found = matched_pairs(strata)
    variance = 0.0
    for x, n, y, m in strata:
        people = [1] * (x + y) + [0] * (n + m - x - y)
        gaps = []
        for mine in itertools.combinations(range(n + m), n):
            share = sum(people[i] for i in mine) / n
            gaps.append(min(n, m) * ((sum(people) - share * n) / m - share))
        variance += float(np.var(gaps))
    if variance < 1e-12:
        assert found.p_value is None
        return
    half = 1.959963984540054 * variance**0.5 / found.n_pairs
    assert found.high == pytest.approx(min(1.0, found.difference + half))
    assert (found.low <= 0 <= found.high) == (found.p_value >= 0.05)


def test_pairs_of_one_are_mcnemars() -> None:
    """With one and one in each stratum the test is McNemar's: (b - c) squared over b + c."""
    strata = [(0, 1, 1, 1)] * 25 + [(1, 1, 0, 1)] * 10 + [(1, 1, 1, 1)] * 40
    found = matched_pairs(strata)
    from statsmodels.stats.contingency_tables import mcnemar

    expected = mcnemar([[40, 25], [10, 0]], exact=False, correction=False).pvalue
    assert found.p_value == pytest.approx(expected, abs=1e-12)
    assert (found.against, found.toward) == (25 / 75, 10 / 75)


def test_a_planted_gap_among_alike_is_found_and_a_null_is_not() -> None:
    """A gap of ten points within strata is found nearly always; without one, one time in twenty."""
    rng = random.Random(3)

    def rejected(gap: float) -> float:
        hits = 0
        for _ in range(300):
            strata = []
            for rate in (0.3, 0.5, 0.7, 0.85):
                x = sum(rng.random() < rate - gap for _ in range(150))
                y = sum(rng.random() < rate for _ in range(400))
                strata.append((x, 150, y, 400))
            hits += matched_pairs(strata).p_value < 0.05
        return hits / 300

    assert rejected(0.1) > 0.95
    assert rejected(0.0) < 0.08


def test_nobody_to_pair_is_no_number() -> None:
    """Without a stratum that has both there is no pair."""
    assert matched_pairs([]).difference is None
    assert matched_pairs([(1, 2, 0, 0)]).n_pairs == 0
