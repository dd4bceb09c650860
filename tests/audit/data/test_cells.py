"""A cell of any source becomes one number, one word, or nothing."""

from __future__ import annotations

import math

import polars as pl
import pytest

from audit.data.cells import equal, truth, truths
from audit.data.container import as_text


@pytest.mark.parametrize(
    ("cell", "value", "same"),
    [("1", 1, True), ("1.0", 1, True), (" 1 ", 1, True), ("2", 1, False), ("refused", "refused", True),
     ("1", "1.0", True), ("yes", True, True), ("0", False, True), ("0", True, False), ("true", "true", True),
     (None, 1, False), ("nan", "nan", True), ("one", 1, False)],
)  # fmt: skip
def test_a_cell_is_the_value_that_the_config_states(cell, value, same):
    """Numbers are compared as numbers, truth as truth, the rest as words; a missing cell is nothing."""
    assert equal(pl.Series([cell], dtype=pl.String), value).to_list() == [same]


def test_truth_in_files():
    """true/false, yes/no and 1/0, in any case; anything else says neither."""
    words = ["true", "FALSE", "Yes", "no", "1", "0", "y", "", None]
    expected = [True, False, True, False, True, False, None, None, None]
    assert [truth(word) for word in words] == expected
    assert truths(pl.Series(words, dtype=pl.String)).to_list() == expected


def test_every_type_becomes_the_text_that_csv_would_hold():
    """Whole floats lose .0, exact ones keep all digits, dates are ISO, NaN and blanks are missing."""
    import datetime as dt

    frame = pl.DataFrame(
        {
            "f": [1.0, 0.1 + 0.2, math.nan, -0.0, 1e300],
            "i": [1, -2, None, 2**62, 0],
            "b": [True, False, None, True, True],
            "d": [dt.date(2026, 11, 20)] * 5,
            "s": ["a", " ", "", None, " b"],
        }
    )
    text = as_text(frame, "x")
    assert text["f"].to_list() == ["1", "0.30000000000000004", None, "0", "1e+300"]
    assert text["i"].to_list() == ["1", "-2", None, str(2**62), "0"]
    assert text["b"].to_list() == ["true", "false", None, "true", "true"]
    assert text["d"].to_list() == ["2026-11-20"] * 5
    assert text["s"].to_list() == ["a", None, None, None, " b"]
