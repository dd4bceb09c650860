"""Waterfall and scatter: steps join, dots stand where they belong, labels never cover each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.charts.labels import width_of
from reports.charts.scatter import Point, scatter
from reports.charts.waterfall import Step, waterfall

values = st.lists(st.floats(-1, 1), min_size=1, max_size=12)


@given(values, st.booleans())
def test_each_step_starts_where_the_last_ended(parts: list[float], narrow: bool) -> None:
    """The bars join from the reference's ring to the group's dot, inside the chart."""
    steps = [Step(f"factor {at}", part, True, "+0.1") for at, part in enumerate(parts)]
    chart = waterfall(steps, "t", start="a", end="b", end_text="+1", narrow=narrow)
    at = chart.zero
    for step in chart.steps:
        ends = step.left, round(step.left + step.width, 1)
        assert min(abs(at - end) for end in ends) <= 0.9
        at = step.join or 0.0
        assert 0 <= step.left <= ends[1] <= chart.width
    assert at == chart.end


def test_a_step_says_what_it_does() -> None:
    """What widens the gap is filled, what narrows it is an outline, and what chance explains is pale."""
    steps = [Step("a", 0.3, True, ""), Step("b", -0.1, True, ""), Step("c", 0.1, False, "")]
    chart = waterfall(steps, "t", start="a", end="b", end_text="")
    assert [step.state for step in chart.steps] == ["widens", "narrows", "spans"]
    below = waterfall(
        [Step("a", -0.3, True, ""), Step("b", 0.1, True, "")], "t", start="a", end="b", end_text=""
    )
    assert [step.state for step in below.steps] == ["widens", "narrows"]


points = st.lists(
    st.tuples(st.floats(-1, 1), st.floats(0, 2), st.sampled_from(["now", "kept", "told", "passed"])),
    min_size=1,
    max_size=15,
)


@given(points, st.booleans())
def test_labels_stay_inside_and_apart(drawn: list[tuple[float, float, str]], narrow: bool) -> None:
    """No label leaves the chart, covers another one or stands at a dot that was passed over."""
    made = [Point(f"candidate {at}", state, x, y) for at, (x, y, state) in enumerate(drawn)]
    chart = scatter(made, "t", x_name="x", y_name="y", x_line=0.0, y_line=0.8, narrow=narrow)
    assert len(chart.dots) == len(made)
    boxes = []
    for dot in chart.dots:
        assert chart.start <= dot.x <= chart.stop
        assert chart.top <= dot.y <= chart.bottom
        if dot.label:
            assert dot.state != "passed"
            width = width_of(dot.label, 9 if narrow else 7.8)
            left = dot.label_x if dot.anchor == "start" else dot.label_x - width
            boxes.append((left, dot.label_y - 7, left + width, dot.label_y + 1.5))
            assert chart.start - 0.1 <= left
            assert left + width <= chart.stop + 0.1
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = one[2] <= other[0] + 0.2 or other[2] <= one[0] + 0.2
            assert apart or one[3] <= other[1] + 0.2 or other[3] <= one[1] + 0.2
