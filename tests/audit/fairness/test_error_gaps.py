"""Error rates of groups against their reference: plain loops, public tools, causes instead of crashes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit.fairness import count
from audit.fairness.error_gaps import DIFFERENCES, error_gaps
from tests.oracles import counts as oracle

ROW = st.tuples(
    st.sampled_from(["adverse", "favourable"]), st.sampled_from([0.1, 0.3, 0.6, 0.8]), st.sampled_from([1, 0])
)
ROWS = st.lists(ROW, min_size=4, max_size=40)


def found_in(group, reference, adverse_high=True, low=1):
    rows = group + reference
    table = count(
        [row[0] for row in rows],
        {"sex": ["f"] * len(group) + ["m"] * len(reference)},
        [row[1] for row in rows],
        [row[2] for row in rows],
    )
    return {one.metric: one for one in error_gaps(table, {"sex": "m"}, adverse_high, low)}


@given(ROWS, ROWS, st.booleans())
def test_gaps_equal_plain_loops(group, reference, adverse_high) -> None:
    """Each difference is the reference's rate minus the group's, counted row by row."""
    found = found_in(group, reference, adverse_high)
    shares = {}
    for metric, rate in DIFFERENCES.items():
        sides = [
            oracle.share([(r[0], r[2]) for r in rows], *oracle.METRICS[rate]) for rows in (group, reference)
        ]
        if not all(n for _, n in sides):
            assert found[metric].value is None
            assert found[metric].cause
            continue
        shares[metric] = sides[1][0] / sides[1][1] - sides[0][0] / sides[0][1]
        one = found[metric]
        assert one.value == pytest.approx(shares[metric], abs=1e-12)
        assert one.low <= one.value <= one.high
        assert (one.low <= 0 <= one.high) == (one.p_value >= 0.05)
        assert one.n == sides[0][1]
    both = [shares.get("equal_opportunity_difference"), shares.get("false_negative_rate_difference")]
    odds = found["equalized_odds_difference"]
    if None in both:
        assert odds.value is None
    else:
        assert odds.value == pytest.approx(max(map(abs, both)), abs=1e-12)
        assert 0 <= odds.low <= odds.value <= odds.high <= 1


@given(ROWS, ROWS, st.booleans())
def test_the_residual_gap_equals_plain_loops(group, reference, adverse_high) -> None:
    """The gap in score - outcome over its deviation in both groups together, turned toward adverse."""
    bad = 1 if adverse_high else 0
    residuals = [[row[1] - (row[2] == bad) for row in rows] for rows in (group, reference)]
    assume(len(set(map(round_off, residuals[0]))) > 1)
    one = found_in(group, reference, adverse_high)["residual_standardized_mean_difference"]
    gap = (oracle.mean(residuals[0]) - oracle.mean(residuals[1])) / oracle.deviation(
        [*residuals[0], *residuals[1]]
    )
    assert one.value == pytest.approx(gap if adverse_high else -gap, abs=1e-9)
    assert one.low <= one.value <= one.high
    assert (one.low <= 0 <= one.high) == (one.p_value >= 0.05)


def round_off(value: float) -> float:
    return round(value, 9)


def test_without_outcomes_there_are_no_error_gaps() -> None:
    """Nothing is compared where nothing was observed; ``rates`` says so once."""
    assert error_gaps(count(["adverse", "favourable"] * 9, {"sex": ["f", "m"] * 9}), {"sex": "m"}) == ()


def test_decisions_without_scores_have_errors_and_no_ranking() -> None:
    """Without scores only what rests on decisions is told."""
    table = count(["adverse", "favourable"] * 40, {"sex": ["f", "f", "m", "m"] * 20}, None, [1, 0] * 40)
    assert {one.metric for one in error_gaps(table, {"sex": "m"})} == {
        *DIFFERENCES,
        "equalized_odds_difference",
    }


def test_a_small_group_bears_no_verdict() -> None:
    """A group of three keeps its numbers and says that it is too few."""
    few = [("adverse", 0.1, 0), ("favourable", 0.3, 0), ("favourable", 0.8, 1)]
    many = [("adverse", 0.1, 0), ("favourable", 0.3, 1), ("favourable", 0.8, 0), ("adverse", 0.9, 1)] * 20
    for one in found_in(few, many, low=30).values():
        assert one.cause is not None
        assert one.value is None or one.cause.startswith("too few")
