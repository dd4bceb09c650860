"""Values of protected columns become groups, and nobody is left without one."""

from __future__ import annotations

import numpy as np
import polars as pl

from audit.config.protected import ProtectedAttribute
from audit.data.slices import groups, intersection_groups


def attribute(**stated):
    return ProtectedAttribute.model_validate({"column": "x", "reference": "62+", **stated})


def named(stated, cells):
    return groups({"x": stated}, pl.DataFrame({"x": pl.Series(cells, dtype=pl.String)}))["x"].tolist()


def test_bands_are_closed_on_the_left():
    """18 is 18-24 and 25 is 25-39; whoever is below the first band is named so."""
    ages = attribute(type="integer", bands=[18, 25, 40, 62])
    assert named(ages, ["17", "18", "24", "25", "39", "40", "61", "62", "99"]) == [
        "under 18", "18-24", "18-24", "25-39", "25-39", "40-61", "40-61", "62+", "62+",
    ]  # fmt: skip


def test_who_has_no_value_or_one_that_cannot_be_read_is_unknown():
    """Nobody is dropped."""
    ages = attribute(type="integer", bands=[18, 62])
    assert named(ages, [None, "forty", "40.5", "inf", "40.0"]) == ["unknown"] * 4 + ["18-61"]


def test_categories_are_named_as_in_the_data():
    """White space around a name makes no group of its own; case does."""
    sexes = attribute(type="category", reference="male")
    assert named(sexes, [" male", "male", "Male", None, "1"]) == ["male", "male", "Male", "unknown", "1"]


def test_a_protected_column_that_the_model_reads_keeps_its_groups():
    """Typed as a number for the model, 1 and 2 are still the groups 1 and 2."""
    sexes = attribute(type="category", reference="1")
    frame = pl.DataFrame({"x": [1.0, 2.0, None]})
    assert groups({"x": sexes}, frame)["x"].tolist() == ["1", "2", "unknown"]


def test_meetings_of_groups():
    """Each person's groups, joined in the order of the config; unknown stays unknown."""
    members = {
        "sex": np.array(["female", "unknown"], dtype=object),
        "age": np.array(["18-24", "62+"], dtype=object),
    }
    met = intersection_groups([["sex", "age"]], members)
    assert {name: values.tolist() for name, values in met.items()} == {
        "sex x age": ["female x 18-24", "unknown x 62+"]
    }
