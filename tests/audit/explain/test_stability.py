"""Stability: reasons drawn anew are counted refusal by refusal."""

from __future__ import annotations

import random

import numpy as np
import pytest

from audit.explain.stability import alike, figure, overlap, redrawn, share


def test_a_reference_is_drawn_anew_from_its_own_rows():
    """As many as before, some twice and some not at all, in their order; the seed decides."""
    one = redrawn(400, 7)
    assert len(one) == 400
    assert np.array_equal(one, np.sort(one))
    assert one.min() >= 0
    assert one.max() < 400
    assert 220 < len(set(one.tolist())) < 285  # 1 - 1/e of them, 253, within eight deviations
    assert np.array_equal(one, redrawn(400, 7))
    assert not np.array_equal(one, redrawn(400, 8))


def test_every_row_is_as_likely():
    """Over many draws each of five rows takes part as often: 1 in 5."""
    counts = np.bincount(np.concatenate([redrawn(5, seed) for seed in range(2000)]), minlength=5)
    assert counts.sum() == 10_000
    assert np.abs(counts - 2000).max() < 200  # five deviations


def test_the_same_reasons_are_wholly_alike():
    """All shares are 1, and their intervals are those of so many refusals."""
    told = [["a", "b"], ["c"], []]
    found = alike(told, [told, told])
    assert (found["n"], found["draws"]) == (3, 2)
    for key in ("same_set", "same_order", "same_first", "overlap"):
        assert found[key]["value"] == found[key]["high"] == 1.0
        assert found[key]["low"] == pytest.approx(3 / (3 + 1.959963984540054**2))
        assert found[key]["n"] == 3


def test_each_kind_of_change_is_told_apart():
    """Another order keeps the set; another factor keeps its share; an empty list keeps nothing."""
    told = [["a", "b"], ["a", "b"], ["a", "b"], ["a", "b"]]
    found = alike(told, [[["a", "b"], ["b", "a"], ["a", "c"], []]])
    assert found["same_set"]["value"] == 0.5
    assert found["same_order"]["value"] == 0.25
    assert found["same_first"]["value"] == 0.5
    assert found["overlap"]["value"] == (1 + 1 + 0.5 + 0) / 4


def test_it_is_the_plain_count_over_draws():
    """On random lists, by loops."""
    draw = random.Random(3)
    n, draws = 12, 4

    def some():
        return [draw.sample("abcdef", draw.randint(0, 4)) for _ in range(n)]

    told, again = some(), [some() for _ in range(draws)]
    same = shared = 0.0
    for at in range(n):
        for each in again:
            same += told[at] == each[at]
            both = [one for one in told[at] if one in each[at]]
            longer = max(len(told[at]), len(each[at]))
            shared += len(both) / longer if longer else 1.0
    found = alike(told, again)
    assert found["same_order"]["value"] == pytest.approx(same / (n * draws))
    assert found["overlap"]["value"] == pytest.approx(shared / (n * draws))


def test_overlap_is_of_the_longer_list():
    """Neither side gains by naming less."""
    assert overlap([], []) == 1.0
    assert overlap(["a"], []) == 0.0
    assert overlap(["a"], ["a", "b"]) == overlap(["a", "b"], ["a"]) == 0.5


def test_without_values_there_is_no_share():
    """Nothing is measured of nobody, and the figure keeps a cause where it was given one."""
    assert share([]) == {"value": None, "low": None, "high": None, "n": 0}
    assert alike([["a"]], [])["n"] == 0
    body = figure({"cause": "no model"}, alike([["a"]], [[["a"]]])).body
    assert body["seeds"] == {"cause": "no model"}
    assert body["references"]["n"] == 1
