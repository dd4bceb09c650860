"""The split of a gap: it sums, it is what a linear model makes it, and its intervals cover."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.gap import APPROVED, REFUSED, Attributed, Gap, split

FACTORS = ("income", "debts", "noise")
SLOPES = np.array([-0.3, 0.5, 0.1])


def _world(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return columns and membership of a population whose group has less income by 0.4 and nothing else."""
    draw = np.random.default_rng(seed)
    group = (draw.random(n) < 0.3).astype(float)
    columns = draw.normal(size=(n, 3))
    columns[:, 0] -= 0.4 * group
    return columns, group


def _attributed(columns: np.ndarray, sampled: int | None = None, seed: int = 0) -> Attributed:
    """Return the Shapley values of a linear score: slope times distance from the reference's mean, 0.2."""
    contributions = (columns - 0.2) * SLOPES
    scores = 0.1 + contributions.sum(axis=1)
    strata = np.where(scores > 0.1, REFUSED, APPROVED)
    approved = np.flatnonzero(strata == APPROVED)
    if sampled is not None:
        approved = np.sort(np.random.default_rng(seed).choice(approved, sampled, replace=False))
    rows = np.sort(np.concatenate([np.flatnonzero(strata == REFUSED), approved]))
    rest = np.stack([np.full(len(rows), 0.1), np.zeros(len(rows))], axis=1)
    return Attributed(scores, strata, rows, FACTORS, contributions[rows], rest)


def _sum(gap: Gap) -> float:
    return sum(part.value for part in gap.parts) + gap.base + gap.residual + gap.sampling


def test_the_parts_sum_to_the_gap() -> None:
    """Factors, bases, residuals and sampling add up to the gap of everybody, to the last bits."""
    columns, group = _world(3000, 1)
    for sampled in (None, 300):
        gap = split(_attributed(columns, sampled), group, 1 - group)
        assert gap.value is not None
        assert _sum(gap) == pytest.approx(gap.value, abs=1e-15)
        assert abs(gap.sampling) < 1e-12  # the parts follow the score, so nothing is left open


def test_a_handful_of_approved_leaves_a_part_open() -> None:
    """Through fewer than ten no line is laid: what they leave open is told, and the sum is still the gap."""
    columns, group = _world(3000, 1)
    gap = split(_attributed(columns, 9), group, 1 - group)
    assert gap.parts
    assert gap.value is not None
    assert _sum(gap) == pytest.approx(gap.value, abs=1e-15)
    assert abs(gap.sampling) > 1e-4


def test_knowing_everybodys_score_narrows_the_intervals() -> None:
    """The part that follows the score most is known better than its plain sample mean."""
    columns, group = _world(4000, 8)
    columns[:, 2] *= 0.1
    gap = split(_attributed(columns, 150), group, 1 - group)
    whole = split(_attributed(columns), group, 1 - group)
    debts, all_debts = gap.parts[1], whole.parts[1]
    assert debts.low <= all_debts.value <= debts.high
    assert debts.high - debts.low < 2 * (all_debts.high - all_debts.low)


def test_a_linear_model_says_what_each_part_is() -> None:
    """A factor of a linear score carries its slope times the difference of the means: a plain loop."""
    columns, group = _world(2000, 2)
    gap = split(_attributed(columns), group, 1 - group)
    for part, slope, column in zip(gap.parts, SLOPES, columns.T, strict=True):
        ones = [value for value, member in zip(column, group, strict=True) if member]
        others = [value for value, member in zip(column, group, strict=True) if not member]
        expected = slope * (sum(ones) / len(ones) - sum(others) / len(others))
        assert part.value == pytest.approx(expected, abs=1e-12)
        assert part.low < part.value < part.high


@pytest.mark.parametrize("sampled", [None, 250])
def test_the_intervals_cover(sampled: int | None) -> None:
    """The planted gap (income: 0.3 times 0.4; the others: none) lies inside 95 times in 100."""
    inside = np.zeros(3)
    for seed in range(300):
        columns, group = _world(1200, seed)
        gap = split(_attributed(columns, sampled, seed), group, 1 - group)
        for at, truth in enumerate((0.12, 0.0, 0.0)):
            inside[at] += gap.parts[at].low <= truth <= gap.parts[at].high
    assert (inside / 300 > 0.92).all()
    assert (inside / 300 < 0.985).all()


def test_sampling_only_widens() -> None:
    """With fewer of the approved attributed the estimate stays near and its interval is wider."""
    columns, group = _world(4000, 3)
    whole, few = (split(_attributed(columns, n), group, 1 - group) for n in (None, 200))
    for one, other in zip(whole.parts, few.parts, strict=True):
        assert other.high - other.low > one.high - one.low
        assert other.low <= one.value <= other.high


def test_weights_of_nought_and_one_are_groups() -> None:
    """Certain memberships give the counted group's gap, and uncertain ones less."""
    columns, group = _world(3000, 4)
    people = _attributed(columns)
    sure = split(people, group, 1 - group)
    unsure = split(people, 0.1 + 0.8 * group, 0.9 - 0.8 * group)
    assert sure.value is not None
    assert unsure.value is not None
    assert 0 < unsure.value < sure.value
    assert _sum(unsure) == pytest.approx(unsure.value, abs=1e-15)


def test_another_cutoff_is_a_part_of_its_own() -> None:
    """Where a group's comparison has another mean, the difference of bases carries that part of the gap."""
    columns, group = _world(1000, 5)
    people = _attributed(columns)
    rest = people.rest.copy()
    rest[:, 0] += 0.05 * group[people.rows]
    moved = Attributed(
        people.scores + 0.05 * group, people.strata, people.rows, FACTORS, people.contributions, rest
    )
    gap = split(moved, group, 1 - group)
    assert gap.base == pytest.approx(0.05, abs=1e-12)
    assert gap.value is not None
    assert _sum(gap) == pytest.approx(gap.value, abs=1e-14)


def test_what_cannot_be_split_says_why() -> None:
    """Small groups, no scores, nobody attributed, approved ones of whom none was drawn."""
    columns, group = _world(600, 6)
    people = _attributed(columns)
    one = np.zeros(600)
    one[:3] = 1
    assert split(people, one, 1 - one).cause == "too few: n < 30"
    assert split(people, 1 - one, one).cause == "too few in the reference group: n < 30"
    none = Attributed(
        people.scores, np.full(600, -1), people.rows, FACTORS, people.contributions, people.rest
    )
    assert split(none, group, 1 - group).cause == "the decisions have no scores"
    empty = Attributed(
        people.scores,
        people.strata,
        np.array([], dtype=np.int64),
        FACTORS,
        np.empty((0, 3)),
        np.empty((0, 2)),
    )
    gap = split(empty, group, 1 - group)
    assert gap.cause == "no decision was attributed"
    assert gap.value is not None
    few = split(_attributed(columns, 1), group, 1 - group)
    assert "approved applicants" in (few.cause or "")
    assert "explain.favourable" in (few.cause or "")


def test_the_order_of_rows_changes_nothing() -> None:
    """Another order of people and of attributed rows gives the same numbers, bit for bit."""
    columns, group = _world(800, 7)
    people = _attributed(columns, 100)
    order = np.random.default_rng(1).permutation(800)
    place = np.argsort(order)
    shuffled = np.random.default_rng(2).permutation(len(people.rows))
    other = Attributed(
        people.scores[order],
        people.strata[order],
        place[people.rows][shuffled],
        FACTORS,
        people.contributions[shuffled],
        people.rest[shuffled],
    )
    assert split(people, group, 1 - group) == split(other, group[order], (1 - group)[order])
