"""Other cutoffs: which no other beats, by a plain loop."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reports.other_cutoffs import other_cutoffs, unbeaten

points = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12)


@given(points)
def test_unbeaten_is_what_its_definition_says(drawn: list[tuple[float, float]]) -> None:
    """Whoever is beaten is beaten by somebody unbeaten, and nobody unbeaten is beaten by anybody."""
    best = unbeaten(drawn)
    kept = [point for point, is_best in zip(drawn, best, strict=True) if is_best]
    for point, is_best in zip(drawn, best, strict=True):
        beaten = [o for o in kept if o[0] >= point[0] and o[1] >= point[1] and o != point]
        assert is_best == (not beaten)
    assert not drawn or kept


def body(**change: Any) -> dict[str, Any]:
    """Five cutoffs: the group is ahead at the first, level at the third, and behind at the last."""
    return {
        "n": 1000,
        "cutoff": 0.3,
        "cutoffs": [0.1, 0.2, 0.3, 0.4, 0.9],
        "approval": [0.2, 0.5, 0.6, 0.7, 0.75],
        "right": [{"value": v, "low": v - 0.02, "high": v + 0.02} for v in (0.5, 0.7, 0.75, 0.74, 0.6)],
        "attributes": [
            {
                "attribute": "sex",
                "reference": "male",
                "groups": [
                    {
                        "group": "female",
                        "n": 400,
                        "ratio": [1.4, 1.25, 0.9, 0.96, 0.5],
                        "low": [1.1, 1.0, 0.8, 0.9, 0.4],
                        "high": [1.8, 1.6, 1.01, 1.02, 0.6],
                    }
                ],
            }
        ],
        **change,
    }


def test_a_lead_is_no_equality_and_far_cutoffs_stay_out() -> None:
    """1.25 is read as 0.80, with its interval; a cutoff that approves 40 % fewer stays out."""
    (one,) = other_cutoffs(body(), 0.8).frontiers
    assert {dot.state for dot in one.chart.dots} == {"now", "kept", "passed"}
    assert len(one.chart.dots) == 4
    assert one.rows == (
        (True, ("0.30", "60.0%", "75.0% (73.0–77.0)", "0.90 (0.80–1.01)", "female behind")),
        (False, ("0.40", "70.0%", "74.0% (72.0–76.0)", "0.96 (0.90–1.02)", "female behind")),
    )
    assert one.meaning == "2 of 4 cutoffs are beaten by no other. The one in force is among them."
    # Of what is left: accuracy 0.70 beside a folded ratio of 0.80.
    second = min(one.chart.dots, key=lambda dot: abs(dot.x - _across(one, 70.0)))
    assert second.state == "passed"
    assert second.y > next(dot.y for dot in one.chart.dots if dot.state == "now")


def _across(one: Any, value: float) -> float:
    """Return the place of a share, from two dots whose shares are known."""
    now = next(dot.x for dot in one.chart.dots if dot.state == "now")  # 75 %
    kept = next(dot.x for dot in one.chart.dots if dot.state == "kept")  # 74 %
    return float(now + (value - 75.0) * (now - kept))


def test_a_better_cutoff_than_the_one_in_force_is_named() -> None:
    """Named as at least as good in both, and not as proven."""
    better = body()
    better["right"][3]["value"] = 0.76
    (one,) = other_cutoffs(better, None).frontiers
    assert one.meaning == (
        "1 of 4 cutoffs is beaten by no other. The one in force is not: 0.40 is at least as good in both, "
        "chance not counted in."
    )
    assert one.chart.y_line is None


def test_without_outcomes_the_share_approved_stands_for_accuracy() -> None:
    """Nothing is said of being right."""
    (one,) = other_cutoffs(body(right=None), 0.8).frontiers
    assert one.chart.x_name == "share approved, %"
    assert one.rows[0][1][2] == "–"


def test_no_group_and_one_cutoff_have_no_frontier() -> None:
    """There is nothing to weigh."""
    assert other_cutoffs(body(attributes=[]), 0.8).frontiers == ()
    lone = body()
    lone["attributes"][0]["groups"][0]["ratio"] = [None, None, 0.9, None, None]
    assert other_cutoffs(lone, 0.8).frontiers == ()
