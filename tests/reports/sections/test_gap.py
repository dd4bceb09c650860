"""Gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.record import Figure
from reports.sections import gap
from tests.worlds.told import AUDIT, ToldLedger


def told(**bodies: object) -> ToldLedger:
    """Return the told audit with other bodies of figures; None leaves one out."""
    ledger = ToldLedger()
    for name, body in bodies.items():
        ledger.the_figures.pop(name, None)
        if body is not None:
            ledger.the_figures[name] = Figure(name, "fair_lending", body)  # type: ignore[arg-type]
    return ledger


def test_gap_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("gap")


def test_the_title_names_the_widest_gap_and_its_factor() -> None:
    """The widest gap beyond chance makes the title; a calm audit has none."""
    page = gap.query(ToldLedger(), AUDIT)
    assert page is not None
    assert gap.title(page) == "Latest payment carries the largest part of the gap of ages\u00a018–24"
    body = ToldLedger().the_figures["gap"].body
    calm = {
        **body,
        "attributes": [
            {
                **of,
                "groups": [
                    {**one, "low": -0.1, "high": 0.1} for one in of["groups"] if one["gap"] is not None
                ],
            }
            for of in body["attributes"]
        ],
    }
    quiet = gap.query(told(gap=calm), AUDIT)
    assert quiet is not None
    assert gap.title(quiet) == "No gap in mean scores is more than chance"
    assert quiet.falls == ()


def test_every_group_stands_in_the_table() -> None:
    """A group that is too small has its count and its cause."""
    page = gap.query(ToldLedger(), AUDIT)
    assert page is not None
    rows = {row.label: row for row in page.rows if not row.head}
    assert set(rows) == {"female", "18–24", "25–39", "62+", "Black"}
    assert (rows["62+"].gap, rows["62+"].n) == ("too few", "29")


def test_the_steps_of_a_waterfall_end_at_the_gap() -> None:
    """The last step ends where the group's dot stands."""
    page = gap.query(ToldLedger(), AUDIT)
    assert page is not None
    for fall in page.falls:
        assert abs((fall.chart.steps[-1].join or 0) - fall.chart.end) <= 1.0


def test_only_what_tells_and_moves_is_named() -> None:
    """The scan names the credit limit for age, and nothing for sex."""
    page = gap.query(ToldLedger(), AUDIT)
    assert page is not None
    sex, age, marital = page.proxies
    assert "No factor both tells a group" in sex.meaning
    assert "Credit limit tells a group and moves scores" in age.meaning
    assert [row.note for row in age.rows if row.label == "Credit limit"] == ["stands in; reviewed"]
    assert marital.cause == "fewer than two groups"
    assert sex.chart is not None
    assert {dot.state for dot in sex.chart.dots} == {"told", "passed"}


def test_without_gaps_there_is_no_section() -> None:
    """An audit that compared no groups has no such page; one without a scan says nothing of it."""
    assert gap.query(told(gap=None), AUDIT) is None
    plain = gap.query(told(proxies=None, stability_by_group=None), AUDIT)
    assert plain is not None
    assert (plain.scan, plain.proxies, plain.stable) == ("", (), ())
    blind = gap.query(told(proxies={"cause": "no model was opened"}), AUDIT)
    assert blind is not None
    assert blind.scan == "Not measured: no model was opened."
    assert replace(plain) == plain


def test_the_steps_of_a_gap_sum_to_it() -> None:
    """Beside each drawing stands the table of its numbers, and its last sum is the gap that is printed."""
    page = gap.query(ToldLedger(), AUDIT)
    assert page is not None
    assert page.falls

    def number(text: str) -> float:
        return float(text.replace("\u2212", "-"))

    for fall in page.falls:
        total = 0.0
        for (label, points, _, so_far), drawn in zip(fall.steps, fall.chart.steps, strict=True):
            total += number(points)
            assert drawn.text == points
            assert label.startswith(drawn.label.rstrip("…"))
            assert number(so_far) == pytest.approx(total, abs=0.0005 * len(fall.steps))
        # What sampling leaves is no step where it prints as nothing.
        assert number(fall.steps[-1][3]) == pytest.approx(number(fall.chart.end_text), abs=0.001)
