"""Slices that cannot be told apart are refused at their line, with a way out."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from audit.check.sliced import slice_faults
from audit.config import Inspection, load_config
from audit.data.levels import ColumnSeen
from tests.worlds.full_config import COLUMNS, lay


def seen(cells: list[str | None]) -> ColumnSeen:
    column = ColumnSeen()
    column.add(pl.Series(cells, dtype=pl.String))
    return column


SEEN = Inspection(
    source="applications.csv",
    columns=COLUMNS,
    n_rows=3000,
    groups={"sex": {"male": 6, "female": 3}, "age": {"18-24": 9, "62+": 0}},
    levels={
        "region": seen(["north", "south", None] * 10),
        "income": seen([str(k) for k in range(60)]),
        "branch": seen([f"b{k}" for k in range(300)]),
        "name": seen([f"n{k}" for k in range(2500)]),
        "flat": seen(["1"] * 60),
    },
)


def told(folder: Path, slices: str) -> list[str]:
    config = load_config(lay(folder, slices=f"slices: {slices}", performance=""))
    return [str(fault).partition(": ")[2] for fault in slice_faults(config, SEEN)]


@pytest.mark.parametrize(
    "slices",
    [
        "[[region], [region, income], [sex, age], [branch]]",
        "[{by: [income], bins: {income: [20, 50]}}, {by: [branch, region], values: {branch: [b1, b2]}}]",
        "[[flat]]",
    ],
)
def test_what_can_be_told_apart_is_taken(tmp_path: Path, slices: str) -> None:
    """Categories, bins, crosses, attributes; a constant column is one slice."""
    assert told(tmp_path, slices) == []


@pytest.mark.parametrize(
    ("slices", "words"),
    [
        ("[[branch, region]]", "slices[0]: these columns make up to 600 slices, more than 500. Name fewer"),
        ("[[sex], [name]]", "slices[1][0]: 'name' holds more than 2,000 different words."),
        (
            "[{by: [region], values: {region: [noth]}}]",
            "slices[0]: no row of 'region' is 'noth'. Did you mean 'north'? Name one of north, south.",
        ),
        (
            "[{by: [sex], values: {sex: [femail]}}]",
            "slices[0]: no row of 'sex' is 'femail'. Did you mean 'female'?",
        ),
        ("[{by: [region], bins: {region: [1, 2]}}]", "slices[0][0]: bins are given for 'region', and none"),
    ],
)
def test_what_cannot_is_refused(tmp_path: Path, slices: str, words: str) -> None:
    """Far too many, no such value, bins of words."""
    (fault,) = told(tmp_path, slices)
    assert fault.startswith(words)
