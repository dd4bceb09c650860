"""Rounding: intervals never promise more than was measured, values never change their side."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import wording

numbers = st.floats(min_value=-1000, max_value=1000, allow_nan=False)
shares = st.floats(min_value=0, max_value=1, allow_nan=False)


def _read(text: str) -> float:
    return float(text.replace(wording.MINUS, "-").replace(",", "").replace("%", "").replace("+", ""))


@given(numbers, numbers, st.integers(0, 4))
def test_a_printed_interval_holds_the_measured_one(a: float, b: float, digits: int) -> None:
    """The ends are rounded outward, whatever their sign."""
    low, high = min(a, b), max(a, b)
    ends = wording.signed_interval(low, high, digits).split(f"{wording.NO_BREAK}to{wording.NO_BREAK}")
    assert _read(ends[0]) <= low
    assert _read(ends[1]) >= high


@given(shares, shares, st.integers(0, 3))
def test_a_value_is_printed_on_its_own_side_of_a_bound(value: float, bound: float, digits: int) -> None:
    """What lies below a bound prints below it, and above above; equal may print equal."""
    bound = round(bound, digits)
    printed = _read(wording.size(value, digits, (bound,)))
    if value < bound:
        assert printed < bound
    elif value > bound:
        assert printed > bound


def test_the_examples_of_the_house_style() -> None:
    """4.96% does not become the 5% of its bound, and 0.7995 prints 0.79 as a lower end."""
    assert wording.percent(0.0496, bounds=(0.05,)) == "4.9%"
    assert wording.ratio_interval(0.7995, 0.973) == "0.79–0.98"
    assert wording.signed_interval(-0.0061, 0.0221) == "−0.007\u00a0to\u00a0+0.023"


def test_an_interval_that_excludes_equality_does_not_print_it() -> None:
    """0.9993 excludes 1, so "more than chance" and the printed interval agree."""
    assert wording.ratio_interval(0.87, 0.9993) == "0.87–0.9993"
    assert wording.ratio_interval(0.87, 1.0) == "0.87–1.00"
    assert wording.ratio_interval(0.8003, 0.9, (0.8,)) == "0.8003–0.90"


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_a_share_prints_nothing_and_all_only_where_it_is_so(part: int, whole: int) -> None:
    """Above 0 never prints 0%, and below all never prints 100%."""
    part = min(part, whole)
    text = wording.share(part, whole)
    assert (text == "0%") == (part == 0)
    assert (text == "100%") == (part == whole)


@given(st.floats(min_value=0, max_value=1, allow_nan=False))
def test_a_p_value_stays_on_its_side_of_one_in_twenty(p: float) -> None:
    """A p-value never rounds across 0.05."""
    text = wording.p_value(p)
    if not text.startswith("<"):
        assert (_read(text) < 0.05) == (p < 0.05)
        assert (_read(text) > 0.05) == (p > 0.05)


def test_numbers_in_words() -> None:
    """Counts are words up to nine; minus is a minus; nothing is a dash."""
    assert [wording.number_in_words(n) for n in (0, 1, 9, 10, 1146)] == ["no", "one", "nine", "10", "1,146"]
    assert wording.signed(-0.006) == "−0.006"
    assert wording.signed(0.0001) == "0.000"
    assert wording.small(0.0001) == "<\u00a00.001"
    assert wording.ratio(None) == "–"
    assert wording.joined(["a", "b", "c"]) == "a, b and c"


def test_dates_by_reader() -> None:
    """Reports print the day first, US letters the month; a moment names its zone."""
    date = dt.date(2026, 11, 20)
    assert wording.date_in_words(date) == "20\u00a0November\u00a02026"
    assert wording.date_in_words(date, "us") == "November\u00a020, 2026"
    moment = dt.datetime(2026, 11, 20, 19, 41, 7, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert wording.moment_in_words(moment) == "20\u00a0November\u00a02026, 18:41:07\u00a0UTC"
    with pytest.raises(ValueError, match="day_first or us"):
        wording.date_in_words(date, "british")
