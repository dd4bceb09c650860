"""Candidates against the present model, and the frontier of cutoffs: plain loops and planted truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.fairness.alternatives import (
    NO_OUTCOME,
    ONE_CLASS,
    Candidate,
    Judging,
    approved_as_many,
    measure,
    reweighed,
)
from audit.fairness.delong import placements
from audit.fairness.frontier import NO_CUTOFF, cutoffs
from audit.fairness.groups import count


def _world(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return group, a useful number, a proxy without use, and outcomes."""
    draw = np.random.default_rng(seed)
    group = draw.random(n) < 0.4
    use = draw.normal(size=n)
    proxy = group + draw.normal(0, 0.3, n)
    bad = draw.random(n) < 1 / (1 + np.exp(-(use - 0.8)))
    return group, use, proxy, bad.astype(float)


def _judging(group: np.ndarray, bad: np.ndarray | None, n_approved: int, **more: Any) -> Judging:
    members = np.stack([~group, group], axis=1).astype(float)
    return Judging(bad, {"sex": (("male", "female"), members)}, {"sex": "male"}, n_approved, **more)


def test_without_the_proxy_the_ratio_is_even_at_no_cost() -> None:
    """A factor that tells the group and nothing else: without it the ratio is even at no cost."""
    group, use, proxy, bad = _world(4000, 1)
    now, without = Candidate("now", "now", use + proxy), Candidate("without", "held", use, ("proxy",))
    found = measure([now, without], _judging(group, bad, 2800))
    first, second = found["candidates"]
    assert found["cause"] is None
    assert first["attributes"][0]["worst"]["value"] < 0.75
    assert second["attributes"][0]["worst"]["value"] == pytest.approx(1.0, abs=0.06)
    assert second["attributes"][0]["worst"]["change_low"] > 1
    assert second["auc"]["change_low"] > 0
    assert [one["attributes"][0]["frontier"] for one in (first, second)] == [False, True]
    assert first["n_approved"] == second["n_approved"] == 2800


def test_a_ratio_and_an_auc_by_plain_loops() -> None:
    """Ratio, right decisions and AUC are what counting one by one gives."""
    group, use, proxy, bad = _world(300, 2)
    (row,) = measure([Candidate("now", "now", use + proxy)], _judging(group, bad, 200))["candidates"]
    passed = sorted(range(300), key=lambda at: use[at] + proxy[at])[:200]
    women = sum(1 for at in passed if group[at]) / sum(group)
    men = sum(1 for at in passed if not group[at]) / (300 - sum(group))
    assert row["attributes"][0]["worst"]["value"] == pytest.approx(women / men, rel=1e-12)
    right = sum((at in set(passed)) != bool(bad[at]) for at in range(300)) / 300
    assert row["right"]["value"] == pytest.approx(right, abs=1e-12)
    scores = use + proxy
    pairs = [
        float(scores[i] > scores[j]) + 0.5 * float(scores[i] == scores[j])
        for i in range(300)
        for j in range(300)
        if bad[i] and not bad[j]
    ]
    assert row["auc"]["value"] == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)
    of_bad, of_good = placements(scores, bad == 1)
    assert of_bad.mean() == pytest.approx(of_good.mean(), abs=1e-12)


def test_the_changes_cover_the_truth() -> None:
    """Intervals of the change in ratio and in AUC hold the truth about 95 times in 100."""

    def pair(n: int, seed: int) -> dict[str, Any]:
        group, use, proxy, bad = _world(n, seed)
        both = [Candidate("now", "now", use + 0.5 * proxy), Candidate("x", "held", use + 0.1 * proxy)]
        found: dict[str, Any] = measure(both, _judging(group, bad, int(0.7 * n)))["candidates"][1]
        return found

    truth = pair(400_000, 999)
    inside = np.zeros(2)
    for seed in range(200):
        found = pair(1000, seed)
        one, other = found["attributes"][0]["worst"], truth["attributes"][0]["worst"]
        inside[0] += one["change_low"] <= other["change"] <= one["change_high"]
        inside[1] += found["auc"]["change_low"] <= truth["auc"]["change"] <= found["auc"]["change_high"]
    assert (inside / 200 > 0.9).all()


def test_without_outcomes_accuracy_is_not_measured() -> None:
    """No column, nothing known, one class: the cause is told, ratios still are, and there is no frontier."""
    group, use, proxy, bad = _world(400, 3)
    for outcome, cause in ((None, NO_OUTCOME), (np.full(400, np.nan), NO_OUTCOME), (np.ones(400), ONE_CLASS)):
        found = measure([Candidate("now", "now", use + proxy)], _judging(group, outcome, 300))
        assert found["cause"] == cause
        (row,) = found["candidates"]
        assert row["auc"] is None
        assert row["attributes"][0]["frontier"] is None
        assert row["attributes"][0]["worst"]["value"] is not None
    assert np.isfinite(bad).all()


def test_small_groups_take_no_part() -> None:
    """A group below the minimum size has no ratio, so it is never the worst."""
    group = np.zeros(400, dtype=bool)
    group[:20] = True
    use = np.random.default_rng(0).normal(size=400)
    (row,) = measure([Candidate("now", "now", use)], _judging(group, None, 300))["candidates"]
    assert row["attributes"][0]["worst"] is None


def test_a_frontier_holds_what_none_beats() -> None:
    """Of three with falling AUC and rising ratio all stand; one that is worse in both does not."""
    group, use, proxy, bad = _world(3000, 4)
    draw = np.random.default_rng(1)
    bad = (draw.random(3000) < 1 / (1 + np.exp(-(use + 1.5 * group - 1.5)))).astype(float)
    names = ["now", "half", "none"]
    made = [
        Candidate(name, "held", use + part * proxy) for name, part in zip(names, (1.5, 0.7, 0.0), strict=True)
    ]
    made.append(Candidate("noise", "held", proxy + 3 * draw.normal(size=3000)))
    rows = measure(made, _judging(group, bad, 2000))["candidates"]
    kept = [row["name"] for row in rows if row["attributes"][0]["frontier"]]
    by_hand = []
    reach = [(row["auc"]["value"], min(row["attributes"][0]["worst"]["value"], 1)) for row in rows]
    for row, (x, y) in zip(rows, reach, strict=True):
        if not any(a >= x and b >= y and (a, b) != (x, y) for a, b in reach):
            by_hand.append(row["name"])
    assert kept == by_hand
    assert {"now", "none"} <= set(kept)
    assert "noise" not in kept


@pytest.mark.parametrize(
    ("scores", "n", "found"),
    [
        ([0.1, 0.2, 0.3, 0.4], 2, 2),
        ([0.1, 0.2, 0.2, 0.2], 3, 4),
        ([0.1, 0.2, 0.2, 0.2], 2, 1),
        ([0.5] * 4, 2, 0),
        ([0.1, 0.2], 0, 0),
        ([0.1, 0.2], 2, 2),
    ],
)
def test_as_many_are_approved_as_ties_allow(scores: list[float], n: int, found: int) -> None:
    """The cutoff splits no ties, and lets the nearest number pass."""
    assert int(approved_as_many(np.array(scores), n).sum()) == found


def test_reweighing_makes_outcome_and_group_independent() -> None:
    """At full strength the weighted share of bad outcomes is equal in each group; at none nothing moves."""
    draw = np.random.default_rng(0)
    group = np.where(draw.random(2000) < 0.3, "a", "b")
    bad = draw.random(2000) < np.where(group == "a", 0.4, 0.1)
    weight = reweighed(group.tolist(), bad)
    shares = [weight[(group == one) & bad].sum() / weight[group == one].sum() for one in ("a", "b")]
    assert shares[0] == pytest.approx(shares[1], abs=1e-12)
    assert weight.mean() == pytest.approx(1, abs=1e-12)
    assert np.allclose(reweighed(group.tolist(), bad, 0.0), 1)


@pytest.mark.parametrize("high", [True, False])
@pytest.mark.parametrize("at_adverse", [True, False])
def test_the_frontier_of_cutoffs_by_a_plain_loop(high: bool, at_adverse: bool) -> None:
    """Approval, right decisions and ratios at each cutoff are what counting people gives."""
    draw = np.random.default_rng(5)
    scores = draw.integers(0, 40, 600) / 40
    sex = np.where(draw.random(600) < 0.5, "male", "female")
    bad = draw.random(600) < 0.3
    table = count(["adverse"] * 600, {"sex": sex}, scores, bad.astype(float))
    body = cutoffs(table, {"sex": "male"}, 0.5, adverse_high=high, at_cutoff_adverse=at_adverse, min_group=30)
    assert 0.5 in body["cutoffs"]
    (found,) = body["attributes"][0]["groups"]
    for at, cutoff in enumerate(body["cutoffs"]):
        passed = (scores < cutoff) if high else (scores > cutoff)
        passed |= (scores == cutoff) & (not at_adverse)
        assert body["approval"][at] == pytest.approx(passed.mean())
        assert body["right"][at]["value"] == pytest.approx((passed != bad).mean())
        women, men = passed[sex == "female"].mean(), passed[sex == "male"].mean()
        if women and men:
            assert found["ratio"][at] == pytest.approx(women / men)
            assert found["low"][at] <= found["ratio"][at] <= found["high"][at]
        else:
            assert found["ratio"][at] is None


def test_a_frontier_needs_a_cutoff_and_scores() -> None:
    """Cutoffs by product, and decisions without scores, have a cause."""
    table = count(["adverse", "favourable"], {"sex": ["male", "female"]}, [0.2, 0.1])
    how: dict[str, Any] = {"adverse_high": True, "at_cutoff_adverse": True, "min_group": 1}
    assert cutoffs(table, {"sex": "male"}, None, **how) == {"cause": NO_CUTOFF}
    bare = count(["adverse", "favourable"], {"sex": ["male", "female"]})
    assert "no scores" in cutoffs(bare, {"sex": "male"}, 0.5, **how)["cause"]
    blind = cutoffs(table, {"sex": "male"}, 0.15, **how)
    assert blind["right"] is None
    assert blind["right_cause"] == NO_OUTCOME
