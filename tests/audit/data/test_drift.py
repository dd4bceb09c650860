"""The population stability index, against its plain definition."""

from __future__ import annotations

import math
import random

import pytest

from audit.data.drift import BINS, MOST_WORDS, drift


def plain(then: list[int], now: list[int]) -> float:
    """Return the PSI of two lists of counts, in plain Python; half a case is added to each bin."""
    n, m = sum(then) + 0.5 * len(then), sum(now) + 0.5 * len(now)
    shares = [((a + 0.5) / n, (b + 0.5) / m) for a, b in zip(then, now, strict=True)]
    return sum((q - p) * math.log(q / p) for p, q in shares)


def test_words_have_a_bin_each() -> None:
    """The index of words, a new one and a missing one among them, is that of their counts."""
    then = ["rent"] * 60 + ["own"] * 40
    now = ["rent"] * 30 + ["own"] * 50 + ["family"] * 15 + [None] * 5
    found = drift(then, now)
    assert found.psi == pytest.approx(plain([60, 40, 0, 0], [30, 50, 15, 5]), abs=1e-12)
    assert (found.n, found.m, found.bins, found.reading) == (100, 100, 4, "much")


def test_few_numbers_stand_for_themselves() -> None:
    """Counts of late payments are compared value by value, not by tenths."""
    found = drift([0.0] * 70 + [1.0] * 30, [0.0] * 50 + [1.0] * 40 + [2.0] * 5 + [None] * 5)
    assert found.psi == pytest.approx(plain([70, 30, 0, 0], [50, 40, 5, 5]), abs=1e-12)


def test_numbers_are_cut_at_the_tenths_of_the_earlier_ones() -> None:
    """A hundred numbers fill ten bins of ten; moved by ten, one bin empties into another."""
    then = [float(i) for i in range(1, 101)]
    now = [value + 10 for value in then]
    found = drift(then, now)
    assert found.bins == BINS
    assert found.psi == pytest.approx(plain([10] * 10, [0, *[10] * 8, 20]), abs=1e-12)


def test_the_same_numbers_do_not_drift_in_any_order() -> None:
    """Order means nothing, and equal samples give 0."""
    draw = random.Random(3)
    values = [draw.gauss(0, 1) for _ in range(500)] + [None] * 20
    mixed = draw.sample(values, len(values))
    assert drift(values, mixed).psi == 0.0


def test_chance_gives_what_is_said() -> None:
    """Over many pairs of samples of one population the mean index is the one that stands beside it."""
    draw = random.Random(7)
    found = [
        drift([draw.random() for _ in range(400)], [draw.random() for _ in range(300)]) for _ in range(200)
    ]
    mean = sum(one.psi for one in found) / len(found)
    assert mean == pytest.approx(found[0].by_chance, rel=0.15)


def test_a_small_night_is_not_read_as_drift() -> None:
    """Where chance alone gives as much as is called some, nothing is concluded."""
    draw = random.Random(1)
    found = drift([draw.random() for _ in range(60)], [draw.random() for _ in range(60)])
    assert found.by_chance >= 0.1
    assert found.reading in ("little", "not told: too few rows")


def test_nothing_on_one_side_is_not_measured() -> None:
    """A feature that only one audit has gets no number."""
    found = drift([], [1.0, 2.0])
    assert (found.psi, found.by_chance, found.reading) == (None, None, "not measured")


def test_the_rarest_words_share_a_bin() -> None:
    """A column of names does not make a thousand bins."""
    then = [f"w{i % 80}" for i in range(800)]
    found = drift(then, then)
    assert (found.bins, found.psi) == (MOST_WORDS + 1, 0.0)
