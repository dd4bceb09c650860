"""Slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.record import Figure
from reports.sections import slices
from tests.worlds.told import AUDIT, ToldLedger


def told(**bodies: Any) -> slices.Slices:
    """Return the section with some figures' bodies changed; None leaves a figure out."""
    ledger = ToldLedger()
    for name, body in bodies.items():
        if body is None:
            ledger.the_figures.pop(name)
        else:
            ledger.the_figures[name] = replace(ledger.the_figures[name], body=body)
    page = slices.query(ledger, AUDIT)
    assert page is not None
    return page


def body(name: str) -> dict[str, Any]:
    return dict(ToldLedger().the_figures[name].body)


def test_slices_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("slices")


def test_an_audit_without_slices_has_no_such_section() -> None:
    """Nothing was asked for, so nothing is said."""
    ledger = ToldLedger()
    for name in ("slices", "slice_search", "baseline"):
        ledger.the_figures.pop(name)
    assert slices.query(ledger, AUDIT) is None


def test_the_planted_slice_is_named_first() -> None:
    """The heading is the finding, and says how many were looked at."""
    page = told()
    assert page.finding.endswith("worse than the rest by more than chance, first region west")
    assert page.search is not None
    assert page.search.rows[0].note == "more than chance"
    assert any(row.note == "inside region west" for row in page.search.rows)
    assert page.search.left_out == "branch"


def test_where_nothing_is_found_that_is_the_heading() -> None:
    """A family without an alarm is told with its size, and what came nearest is no finding."""
    quiet = body("slice_search")
    quiet["n_found"] = 0
    quiet["slices"] = [{**one, "found": False, "inside": [], "holm": 0.4} for one in quiet["slices"]]
    page = told(slice_search=quiet)
    assert page.finding == f"None of {quiet['n_tested']} slices fares worse than the rest by more than chance"
    assert {row.note for row in page.search.rows} == {"chance could be all of it"}  # type: ignore[union-attr]


def test_a_small_slice_is_shown_and_says_nothing() -> None:
    """Its count stands there; its rates do not."""
    (isle,) = [row for row in told().entries[0].rows if row.label == "isle"]
    assert isle.tone == "few"
    assert int(isle.n) < 30
    assert {isle.approved, isle.errors, isle.precision, isle.auc, isle.promised} == {"too few"}


def test_bins_stand_in_their_order_and_say_their_edges() -> None:
    """From low to high, unknown last; the edges are those of the config."""
    entry = told().entries[1]
    assert entry.heat is not None
    assert [name for name, _ in entry.heat.groups] == ["under 20", "20–49", "50+", "unknown"]
    assert entry.cut == "region: each value; income: bins as the config states them, from 20 and 50"
    small = {cell.value for label, cells in entry.heat.rows if label == "isle" for cell in cells}
    assert small <= {"too few", "–"}
    assert "decided wrongly" in entry.heat.meaning


def test_an_entry_past_the_cap_says_so() -> None:
    """Thousands of slices are no table."""
    page = told(slices={"slices": [{"name": "zip", "by": [], "cause": "1,200 slices, more than 500"}]})
    assert page.entries[0].cause == "1,200 slices, more than 500"


def test_the_worst_stated_slice_is_the_heading_without_a_search() -> None:
    """Small slices never are."""
    page = told(slice_search=None)
    assert page.finding.startswith("The slice decided wrongly most often is region")
    assert "isle" not in page.finding


@pytest.mark.parametrize(
    ("p_value", "end"), [(0.2, ": chance could be all of it."), (0.01, ": more than chance.")]
)
def test_a_baseline_is_better_only_by_more_than_chance(p_value: float, end: str) -> None:
    """Who errs where the other does not is counted, and chance is asked first."""
    beside = body("baseline")
    first, *others = beside["slices"]
    beside["slices"] = [{**first, "errors": {**first["errors"], "p_value": p_value}}, *others]
    page = told(baseline=beside)
    assert page.baseline is not None
    assert page.baseline.meaning.endswith(end)
    assert page.baseline.note == "9 applicants without a score of it are left out."


def test_causes_are_printed() -> None:
    """What was asked for and could not be measured is said."""
    ledger = ToldLedger()
    for name in ("slice_search", "baseline", "slices"):
        ledger.the_figures[name] = Figure(name, "model_risk", {"cause": f"no {name}"})
    page = slices.query(ledger, AUDIT)
    assert page is not None
    assert (page.search_cause, page.baseline_cause) == ("no slice_search", "no baseline")


def test_a_slice_s_roc_is_its_sealed_sweep() -> None:
    """Recall by false positives at each measured cutoff, from 0 to 1 on both sides of a thin level line."""
    entry = told().entries[0]
    (sealed,) = [one for one in body("slices")["slices"][0]["groups"] if one["slice"] == "west"]
    (west,) = [drawn for name, drawn in entry.roc if name == "west"]
    swept = sealed["sweep"]
    best: dict[float, float] = {}
    for across, up in zip(swept["false_positive_rate"], swept["recall"], strict=True):
        best[across] = max(up, best.get(across, 0.0))
    low, high = min(best), max(best)
    wanted = [
        (
            west.start + (x - low) / (high - low) * (west.stop - west.start),
            west.bottom - y * (west.bottom - west.top),
        )
        for x, y in sorted(best.items())
    ]
    drawn = [tuple(float(n) for n in pair.split()) for pair in west.mean.removeprefix("M").split("L")]
    assert len(drawn) == len(wanted)
    for place, want in zip(drawn, wanted, strict=True):
        assert place == pytest.approx(want, abs=0.06)
    assert len(west.lines) == 1
