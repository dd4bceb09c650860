"""Profiles of columns, merged in any order."""

from __future__ import annotations

import numpy as np
import pytest

from audit.data import profile as profiles
from audit.data.profile import facts, merge_profiles, profile


def test_data_profile_is_exact_however_the_rows_are_cut() -> None:
    """Missing, range, middle and number of values are those of all rows together."""
    rng = np.random.default_rng(2)
    amount = rng.integers(0, 50, 999).astype(float)
    amount[::10] = np.nan
    purpose = np.array(["car", "", "home"], dtype=object)[rng.integers(0, 3, 999)]
    parts = [profile({"amount": amount[i::4], "purpose": purpose[i::4]}) for i in range(4)]
    merged = merge_profiles(parts[::-1])
    told = facts("amount", merged["amount"])
    known = np.sort(amount[~np.isnan(amount)])
    assert (told.missing, told.low, told.high) == (100, known[0], known[-1])
    assert told.median == known[(len(known) + 1) // 2 - 1]
    assert told.distinct == len(np.unique(known))
    words = facts("purpose", merged["purpose"])
    assert (words.type, words.missing, words.distinct, words.low) == (
        "text",
        int((purpose == "").sum()),
        2,
        None,
    )


def test_a_column_without_values_has_a_profile() -> None:
    """All cells missing: no range, no middle, nothing distinct."""
    told = facts("x", profile({"x": np.full(3, np.nan)})["x"])
    assert (told.missing, told.low, told.median, told.high, told.distinct) == (3, None, None, None, 0)


def test_numbers_here_and_words_there_are_refused() -> None:
    """Partitions must agree what a column is."""
    with pytest.raises(ValueError, match="amount"):
        merge_profiles([profile({"amount": np.ones(2)}), profile({"amount": np.array(["a"], dtype=object)})])


def test_past_the_cap_the_number_of_values_is_not_told(monkeypatch) -> None:
    """With too many values, range and gaps stay exact, the middle is near, distinct is unknown."""
    monkeypatch.setattr(profiles, "MOST_VALUES", 100)
    values = np.linspace(1.0, 2.0, 5001)
    told = facts("x", merge_profiles([profile({"x": values[::2]}), profile({"x": values[1::2]})])["x"])
    assert (told.low, told.high, told.distinct) == (1.0, 2.0, None)
    assert told.median == pytest.approx(1.5, abs=0.02)
    words = np.array([f"w{i}" for i in range(150)], dtype=object)
    merged = merge_profiles([profile({"w": words[:90]}), profile({"w": words[90:]})])
    assert facts("w", merged["w"]).distinct is None
