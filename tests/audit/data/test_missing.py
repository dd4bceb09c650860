"""Tests of which factors nothing is known of: flags, gaps, and what only looks like a flag."""

from __future__ import annotations

import numpy as np
import pytest

from audit.data.missing import missing_factors, missing_flags
from audit.data.profile import merge_profiles, profile
from audit.record import ReasonCode


def a_code(columns: tuple[str, ...], missing: tuple[str, ...] = ()) -> ReasonCode:
    """Return a factor of these columns."""
    return ReasonCode("balance", "U1", columns, {"en": "Balance"}, missing_columns=missing)


def words(*cells: str) -> np.ndarray:
    """Return a column of words."""
    return np.array(cells, dtype=object)


VALUE = np.array([0.5, np.nan, 0.7, 0.2])


@pytest.mark.parametrize(
    "flag",
    [
        np.array([0.0, 1.0, 0.0, 1.0]),
        words("no", "yes", "No", "YES"),
        words("0", "1", "0", "1"),
        words("false", "true", "false", "true"),
    ],
    ids=["numbers", "yes", "digits", "true"],
)
@pytest.mark.parametrize("inside", [True, False])
def test_a_flag_is_read_in_every_spelling(flag: np.ndarray, inside: bool) -> None:
    """Beside its value, or outside of the model's inputs: set means missing, and so does a gap."""
    code = a_code(("value", "flag") if inside else ("value",), ("flag",))
    cells = {"value": VALUE, "flag": flag}
    flags = missing_flags([code], profile(cells if inside else {"value": VALUE}))
    assert flags == {"flag"}
    found = missing_factors([code], cells, flags)
    assert found["balance"].tolist() == [False, True, False, True]


def test_the_value_itself_is_missing_where_it_is_empty() -> None:
    """A column that stands alone is no flag, though it is always 0 or 1."""
    code = a_code(("owns_home",), ("owns_home",))
    cells = {"owns_home": np.array([1.0, 0.0, np.nan])}
    flags = missing_flags([code], profile(cells))
    assert flags == frozenset()
    assert missing_factors([code], cells, flags)["balance"].tolist() == [False, False, True]


@pytest.mark.parametrize("late", [np.array([0.0, 1.0, 2.0, 0.0]), np.array([0.0, 1.0, np.nan, 0.0])])
def test_a_count_beside_others_is_no_flag(late: np.ndarray) -> None:
    """Other numbers than 0 and 1, or gaps: it is a value, and 1 does not mean missing."""
    code = a_code(("value", "late"), ("late",))
    cells = {"value": VALUE, "late": late}
    flags = missing_flags([code], profile(cells))
    assert flags == frozenset()
    assert missing_factors([code], cells, flags)["balance"].tolist() == np.isnan(late).tolist()


def test_without_missing_columns_all_must_be_empty() -> None:
    """One known column of two says something of the factor."""
    code = a_code(("value", "city"))
    cells = {"value": VALUE, "city": words("x", "", "", "y")}
    found = missing_factors([code], cells, missing_flags([code], profile(cells)))
    assert found["balance"].tolist() == [False, True, False, False]


def test_a_flag_is_told_from_all_partitions_together() -> None:
    """A partition whose counts are 0 and 1 alone does not make them a flag."""
    code = a_code(("value", "late"), ("late",))
    parts = [
        profile({"value": VALUE, "late": np.array([0.0, 1.0, 1.0, 0.0])}),
        profile({"value": VALUE, "late": np.array([0.0, 3.0, 1.0, 0.0])}),
    ]
    assert missing_flags([code], merge_profiles(parts[:1])) == {"late"}
    assert missing_flags([code], merge_profiles(parts)) == frozenset()


def test_a_rule_has_no_cells() -> None:
    """An entry without columns is never missing."""
    code = ReasonCode("bankruptcy", "K1", (), {"en": "Bankruptcy"})
    assert missing_factors([code], {}, missing_flags([code], {})) == {}
