"""Groups against their reference: values against plain loops, causes instead of crashes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit.fairness import count, disparities, measurements
from tests.oracles import counts as oracle

SCORES = st.floats(0, 1).map(lambda value: round(value, 3))


def by_metric(found, group):
    return {d.metric: d for d in found if d.group == group}


@given(
    st.lists(st.tuples(st.booleans(), SCORES), min_size=2, max_size=40),
    st.lists(st.tuples(st.booleans(), SCORES), min_size=2, max_size=40),
    st.booleans(),
)
def test_disparities_equal_plain_loops(group, reference, adverse_high) -> None:
    """Ratio, marginal effect and standardized mean difference equal those counted row by row."""
    everybody = group + reference
    assume(0 < sum(row[0] for row in everybody) < len(everybody))
    table = count(
        ["favourable" if row[0] else "adverse" for row in everybody],
        {"sex": ["f"] * len(group) + ["m"] * len(reference)},
        [row[1] for row in everybody],
    )
    found = by_metric(disparities(table, {"sex": "m"}, adverse_high, 2), "f")
    rate = sum(row[0] for row in group) / len(group)
    base = sum(row[0] for row in reference) / len(reference)
    assert found["marginal_effect"].value == pytest.approx(base - rate, abs=1e-12)
    ratio = found["adverse_impact_ratio"]
    assert ratio.value == (pytest.approx(rate / base) if base else None)
    if not base:
        assert ratio.cause == "nobody of the reference group was selected"
    smd = found["standardized_mean_difference"]
    scores = [row[1] for row in everybody]
    if len(set(scores)) == 1:
        assert (smd.value, smd.cause) == (None, "every score is the same")
    else:
        gap = oracle.mean([row[1] for row in group]) - oracle.mean([row[1] for row in reference])
        expected = (gap if adverse_high else -gap) / oracle.deviation(scores)
        assert smd.value == pytest.approx(expected, abs=1e-9)
        if smd.low is not None:
            assert smd.low <= smd.value <= smd.high
            assert (smd.low <= 0 <= smd.high) == (smd.p_value >= 0.05)


def test_turning_the_label_turns_only_the_sign() -> None:
    """The same scores read the other way round give the opposite standardized mean difference."""
    rows = ["favourable", "adverse"] * 30
    table = count(rows, {"sex": ["f", "m", "m"] * 20}, [i / 60 for i in range(60)])
    high = by_metric(disparities(table, {"sex": "m"}, True), "f")["standardized_mean_difference"]
    low = by_metric(disparities(table, {"sex": "m"}, False), "f")["standardized_mean_difference"]
    assert (low.value, low.p_value) == (-high.value, high.p_value)
    assert (low.low, low.high) == pytest.approx((-high.high, -high.low))


@pytest.mark.parametrize(
    ("outcomes", "sex", "cause"),
    [
        (["favourable", "adverse"] * 20, ["f"] * 40, "the reference group 'm' is empty"),
        (["favourable", "adverse"] * 20, ["m"] * 40, "only one group: every applicant is 'm'"),
        (["favourable"] * 40, ["f", "m"] * 20, "every decision is favourable: there is nothing to compare"),
        (["adverse"] * 40, ["f", "m"] * 20, "every decision is adverse: there is nothing to compare"),
        (["none", "adverse", "none", "favourable"], ["f", "m"] * 2, "nobody of this group was decided upon"),
        (["favourable", "none"] * 20, ["f", "m"] * 20, "the reference group 'm' is empty"),
    ],
)
def test_what_cannot_be_compared_has_a_cause(outcomes, sex, cause) -> None:
    """Empty references, constant attributes and one-class decisions are not measured, and say why."""
    table = count(outcomes, {"sex": sex})
    found = [m for m in measurements((), disparities(table, {"sex": "m"})) if m.measure != METRIC_OF_SCORES]
    assert found
    assert {(m.state, m.value, m.cause) for m in found} == {("not_measured", None, cause)}


METRIC_OF_SCORES = "standardized_mean_difference"


@pytest.mark.parametrize(
    ("scores", "cause"),
    [
        (None, "the decisions have no scores"),
        ([0.5] * 80, "every score is the same"),
        ([float("nan"), 0.2] * 40, "nobody of this group has a score"),
        ([0.2, float("nan")] * 40, "the reference group 'm' has no scores"),
    ],
)
def test_scores_that_cannot_be_compared_have_a_cause(scores, cause) -> None:
    """Without scores, or without spread, the standardized mean difference is not measured."""
    table = count(["favourable", "favourable", "adverse", "adverse"] * 20, {"sex": ["f", "m"] * 40}, scores)
    assert by_metric(disparities(table, {"sex": "m"}), "f")[METRIC_OF_SCORES].cause == cause


def test_two_constant_groups_have_a_value_and_no_interval() -> None:
    """Where scores differ between the groups only, no error can be told from the data."""
    table = count(["favourable", "adverse"] * 40, {"sex": ["f", "m"] * 40}, [0.2, 0.4] * 40)
    found = by_metric(disparities(table, {"sex": "m"}), "f")[METRIC_OF_SCORES]
    assert found.value == pytest.approx(-0.2 / oracle.deviation([0.2, 0.4] * 40))
    assert (found.low, found.p_value, found.cause) == (
        None,
        None,
        "the scores do not vary within the two groups",
    )


def test_a_small_reference_is_inconclusive() -> None:
    """A large group compared with a reference of ten says nothing certain."""
    table = count(["favourable", "adverse"] * 55, {"sex": ["m"] * 10 + ["f"] * 100})
    found = by_metric(disparities(table, {"sex": "m"}), "f")
    assert found["adverse_impact_ratio"].cause == "too few in the reference group: n < 30"
    assert found["adverse_impact_ratio"].value == 1.0


def test_intersections_are_groups_like_any_other() -> None:
    """A crossed attribute has its rates and disparities from the same table."""
    sex, age = ["f", "m"] * 80, ["18-24"] * 80 + ["62+"] * 80
    crossed = [f"{a} x {b}" for a, b in zip(sex, age, strict=True)]
    outcomes = (["favourable", "favourable"] * 40) + (["adverse", "favourable"] * 40)
    table = count(outcomes, {"sex": sex, "age": age, "sex x age": crossed})
    found = disparities(table, {"sex": "m", "sex x age": "m x 62+"})
    values = {d.group: d.value for d in found if d.metric == "marginal_effect" and d.attribute == "sex x age"}
    assert values == {"f x 18-24": 0.0, "f x 62+": 1.0, "m x 18-24": 0.0}
