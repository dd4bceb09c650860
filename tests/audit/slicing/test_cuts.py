"""Columns are cut alike in every partition, nobody is dropped, and edges are what they say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.data.levels import MOST_WORDS, ColumnSeen
from audit.slicing.cuts import OTHER, UNKNOWN, Cut, crossed, expected_slices, order


def seen(*parts: list[str | None]) -> ColumnSeen:
    column = ColumnSeen()
    for part in parts:
        column.add(pl.Series(part, dtype=pl.String))
    return column


def test_bins_are_left_closed_and_nobody_is_dropped() -> None:
    """An edge begins its bin; missing, text and infinite cells are unknown."""
    cut = Cut("income", "bins", (20.0, 50.0), whole=True)
    frame = pl.DataFrame({"income": ["19", "20", "49", "50", "-3", None, "much", "inf"]})
    assert cut.members(frame, {}).tolist() == [
        "under 20", "20-49", "20-49", "50+", "under 20", UNKNOWN, UNKNOWN, UNKNOWN,
    ]  # fmt: skip
    assert Cut("income", "bins", (0.5,)).bins == ("under 0.5", "0.5+")
    assert Cut("change", "quantiles", (-2.0, -0.5, 3.0)).bins == ("under -2", "-2 to -0.5", "-0.5 to 3", "3+")


def test_values_that_are_not_named_stand_together() -> None:
    """Missing ones stay apart, since nobody knows what they are."""
    cut = Cut("region", "values", levels=("north",))
    frame = pl.DataFrame({"region": ["north", "south", None, " north "]})
    assert cut.members(frame, {}).tolist() == ["north", OTHER, UNKNOWN, "north"]


def test_a_protected_attribute_brings_its_own_groups() -> None:
    """Bands are those of the config; the column is not read."""
    groups = np.array(["18-24", "62+"], dtype=object)
    frame = pl.DataFrame({"x": ["1", "2"]})
    assert Cut("age", "protected").members(frame, {"age": groups}).tolist() == ["18-24", "62+"]
    assert Cut("age", "protected", levels=("62+",)).members(frame, {"age": groups}).tolist() == [OTHER, "62+"]


def test_crosses_name_every_part() -> None:
    """In the order of the entry."""
    parts = [np.array(["a", "b"], dtype=object), np.array(["1", UNKNOWN], dtype=object)]
    assert crossed(parts).tolist() == ["a x 1", "b x unknown"]


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=300), st.integers(1, 4), st.integers(2, 6))
def test_edges_do_not_hang_on_how_rows_came(values: list[int], cut_at: int, bins: int) -> None:
    """Parts in any order give the same edges, ascending, and no bin is empty."""
    cells: list[str | None] = [str(value) for value in values]
    at = len(cells) * cut_at // 5
    whole, parts = seen(cells), seen(cells[at:], cells[:at])
    assert whole.quantiles(bins) == parts.quantiles(bins)
    edges = whole.quantiles(bins)
    assert list(edges) == sorted(set(edges))
    assert len(edges) < bins
    place = np.searchsorted(np.array(edges), np.array(values, dtype=float), side="right")
    assert set(place.tolist()) == set(range(len(edges) + 1))


def test_quantile_bins_hold_about_as_many_each() -> None:
    """A hundred different values make four bins of 25; a heavy lowest value has one to itself."""
    assert seen([str(k) for k in range(100)]).quantiles(4) == (25.0, 50.0, 75.0)
    assert seen(["0"] * 90 + [str(k) for k in range(1, 21)]).quantiles(4) == (1.0,)
    assert seen(["7"] * 50).quantiles(4) == ()
    assert seen([None, "x"]).quantiles(4) == ()


def test_numbers_are_told_from_codes_and_words() -> None:
    """More than ten values, at least four fifths of them numbers."""
    assert seen([str(k) for k in range(40)]).is_numbers
    assert not seen([str(k % 6) for k in range(40)]).is_numbers
    assert not seen([*(str(k) for k in range(20)), *("a" for _ in range(20))]).is_numbers
    assert not seen([None, None]).is_numbers


def test_thousands_of_words_are_let_go() -> None:
    """A column of names is no slice, and is not kept in memory."""
    column = seen([f"name {k}" for k in range(MOST_WORDS + 1)])
    assert column.words is None
    column.add(pl.Series(["name 1"]))
    assert column.words is None


@pytest.mark.parametrize(
    ("cut", "groups", "ordered"),
    [
        (
            Cut("income", "bins", (20.0, 100.0)),
            ["unknown", "100+", "20 to 100", "under 20"],
            ["under 20", "20 to 100", "100+", "unknown"],
        ),
        (
            Cut("region", "categories"),
            ["unknown", "west", OTHER, "east"],
            ["east", "west", OTHER, "unknown"],
        ),
    ],
)
def test_groups_stand_in_their_natural_order(cut: Cut, groups: list[str], ordered: list[str]) -> None:
    """Bins from low to high, categories by name; what is left over and what is unknown come last."""
    assert order(cut, groups) == ordered


def test_how_many_slices_a_cross_can_have() -> None:
    """Bins count themselves; categories are counted in the data."""
    cuts = [Cut("income", "bins", (20.0, 50.0)), Cut("region", "categories")]
    assert expected_slices(cuts, {"region": 7}) == 21
