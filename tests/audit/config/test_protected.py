"""Bands and their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from audit.config import ProtectedAttribute, band_names


@pytest.mark.parametrize(
    ("bands", "whole", "names"),
    [
        ((18, 25, 40, 62), True, ("18-24", "25-39", "40-61", "62+")),
        ((0, 1), True, ("0", "1+")),
        ((18,), True, ("18+",)),
        ((0, 0.5, 1), False, ("0-0.5", "0.5-1", "1+")),
        ((0, 1234567, 2000000), True, ("0-1234566", "1234567-1999999", "2000000+")),
    ],
)
def test_bands_are_named_by_what_they_hold(
    bands: tuple[float, ...], whole: bool, names: tuple[str, ...]
) -> None:
    """Whole bands name their last number, others the end that is not reached."""
    assert band_names(bands, whole) == names


@given(st.lists(st.integers(-1000, 10**9), min_size=1, max_size=12, unique=True).map(sorted))
def test_names_of_bands_differ(bands: list[int]) -> None:
    """No two bands share a name."""
    names = band_names(tuple(bands), whole=True)
    assert len(set(names)) == len(names) == len(bands)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"type": "category", "reference": "m", "bands": [1]}, "a category has no bands"),
        ({"type": "integer", "reference": "1"}, "this integer has no bands"),
        ({"type": "integer", "reference": "18+", "bands": [25, 18]}, "do not ascend"),
        ({"type": "integer", "reference": "18+", "bands": [18, 18]}, "do not ascend"),
        ({"type": "integer", "reference": "18+", "bands": [18.5]}, "whole numbers"),
        (
            {"type": "integer", "reference": "40-62", "bands": [40, 62]},
            "none of the bands \\(40-61, 62\\+\\)",
        ),
        ({"type": "number", "reference": "0+", "bands": []}, "at least 1"),
        ({"type": "category", "reference": True}, "valid string"),
    ],
)
def test_bands_that_cannot_be_are_refused(values: dict[str, object], words: str) -> None:
    """Bands ascend, fit the type, and hold the reference."""
    with pytest.raises(ValidationError, match=words):
        ProtectedAttribute.model_validate({"column": "c", **values})


def test_a_reference_may_look_like_a_number() -> None:
    """Group 2 of the data is the text 2."""
    attribute = ProtectedAttribute.model_validate({"column": "sex", "type": "category", "reference": 2})
    assert attribute.reference == "2"
    assert attribute.band_names == ()
