"""Estimated groups: the CFPB's own rows, and each rule of its method."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from audit.data.estimated import areas, parts_of, surnames
from audit.fairness import bisg

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "bisg"
THEIRS = {
    "white": "white", "black": "black", "aian": "aian", "api": "api", "hispanic": "hispanic",
    "two_or_more": "mult_other",
}  # fmt: skip
needs_tables = pytest.mark.skipif(not SHARED.is_dir(), reason="the census tables are not beside the checkout")


def _rows() -> list[dict[str, str]]:
    with (SHARED / "cfpb_reference_rows_001_050.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _columns(rows: list[dict[str, str]], prefix: str) -> np.ndarray:
    return np.array([[float(row[f"{prefix}{THEIRS[group]}"]) for group in bisg.GROUPS] for row in rows])


@needs_tables
@pytest.mark.parametrize(
    ("level", "code", "theirs", "table"),
    [
        ("tract", "GEOID10_Tract", "tract18_pr_", "tract_18plus_counts_2010.csv.gz"),
        ("zip", "ZCTA5", "zip18_pr_", "zcta_18plus_counts_2010.csv.gz"),
    ],
)
def test_the_rows_of_the_cfpb_are_met(level: str, code: str, theirs: str, table: str) -> None:
    """With the name probabilities of the reference, tract and ZIP results differ by less than 2e-7."""
    rows = _rows()
    known = areas(SHARED / table, level)
    width = {"tract": 11, "zip": 5}[level]
    lives = np.stack([known[row[code].zfill(width)] for row in rows])
    found = bisg.posterior(_columns(rows, "name_pr_"), lives)
    assert np.abs(found - _columns(rows, theirs)).max() < 2e-7


def _national() -> np.ndarray:
    """Count the nation's adults of each group, area by area, in plain Python."""
    totals = dict.fromkeys(bisg.GROUPS, 0.0)
    with gzip.open(SHARED / "tract_18plus_counts_2010.csv.gz", "rt", newline="") as file:
        for text in csv.DictReader(file):
            if text["State_FIPS10"] == "72":
                continue
            n = {key: int(value) for key, value in text.items() if not key.endswith(("Tract", "FIPS10"))}
            pairs = n["NH_Asian_HPI"] + n["NH_Asian_HPI_Other"]
            parts = {
                "white": n["NH_White_alone"] + n["NH_White_Other"],
                "black": n["NH_Black_alone"] + n["NH_Black_Other"],
                "aian": n["NH_AIAN_alone"] + n["NH_AIAN_Other"],
                "api": n["NH_API_alone"] + n["NH_API_Other"] + pairs,
            }
            moved = n["NH_White_Other"] + n["NH_Black_Other"] + n["NH_AIAN_Other"] + n["NH_API_Other"] + pairs
            parts["two_or_more"] = n["NH_Mult_Total"] - moved
            rest, other = sum(parts.values()), n["NH_Other_alone"]
            for group, count in parts.items():
                totals[group] += count * (1 + other / rest) if rest else other / 5
            totals["hispanic"] += n["Hispanic_Total"]
    return np.array([totals[group] for group in bisg.GROUPS])


@needs_tables
def test_block_groups_follow_from_the_shares_of_the_cfpb() -> None:
    """Five numbers of the nation give all 50 block-group results, to 2e-7 as those of tracts and ZIP codes.

    The counts of block groups are not here, so the nation's totals by group (against White) are fitted to
    the 300 results, beginning at the totals of the tracts. They are those to within a ten-thousandth: "some
    other race" is spread within smaller areas.
    """
    from scipy.optimize import minimize

    rows = _rows()
    share, name = _columns(rows, "blkgrp18_geo_pr_"), _columns(rows, "name_pr_")
    theirs = _columns(rows, "blkgrp18_pr_")
    of_tracts = _national()[0] / _national()

    def apart(logs: np.ndarray) -> np.ndarray:
        weight = of_tracts * np.exp(np.concatenate([[0.0], logs]))
        return np.abs(bisg.posterior(name, share * weight) - theirs)

    def size(logs: np.ndarray) -> float:
        return float(((apart(logs) * 1e7) ** 8).sum() ** (1 / 8))

    fit = minimize(size, np.zeros(5), method="Nelder-Mead", options={"xatol": 1e-10, "maxiter": 5000})
    assert apart(fit.x).max() < 2e-7
    assert np.abs(np.expm1(fit.x)).max() < 1e-4


@needs_tables
def test_the_final_choice_is_that_of_the_cfpb() -> None:
    """Rooftop takes block group first, all else the ZIP code; the chosen rows are the CFPB's."""
    rows = _rows()
    levels = {"block_group": "blkgrp18_pr_", "tract": "tract18_pr_", "zip": "zip18_pr_"}
    of_level = {level: _columns(rows, prefix) for level, prefix in levels.items()}
    found, level = bisg.finest([row["geo_code_precision"] for row in rows], of_level, len(rows))
    assert np.array_equal(found, _columns(rows, "pr_"))
    word = {"block_group": "BLKGRP", "tract": "TRACT", "zip": "ZIP"}
    assert all(row["pr_precision"].startswith(word[at]) for row, at in zip(rows, level, strict=True))


@needs_tables
def test_surnames_are_read_as_words() -> None:
    """NULL, NAN and TRUE are surnames, and the row of all other names is nobody's."""
    known = surnames(SHARED / "census2010_surnames.csv.gz")
    assert {"NULL", "NAN", "TRUE"} <= set(known)
    assert parts_of("All Other Names")[0] not in known
    assert known["AABERG"].round(4).tolist() == [0.951, 0.0, 0.0053, 0.0053, 0.0128, 0.0256]


def test_the_formula_by_hand() -> None:
    """Two groups and round numbers: what a reader can check in the head."""
    name = [[0.5, 0.25, 0.25, 0.0, 0.0, 0.0]]
    area = [[0.002, 0.004, 0.0, 0.001, 0.001, 0.001]]
    assert bisg.posterior(name, area).tolist() == [[0.5, 0.5, 0.0, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ([np.nan] * 6, [0.1] * 6),
        ([1, 0, 0, 0, 0, 0], [np.nan] * 6),
        ([1, 0, 0, 0, 0, 0], [0, 0.1, 0.1, 0.1, 0.1, 0.1]),
    ],
)
def test_what_does_not_sum_to_one_is_missing(name: list[float], area: list[float]) -> None:
    """No listed name, no known area, or no group that has both: a row without probabilities."""
    assert np.isnan(bisg.posterior([name], [area])).all()
    assert np.isnan(bisg.without_short_rows(np.array([[0.5, 0.48, 0.0, 0.0, 0.0, 0.0]]))).all()
    assert not np.isnan(bisg.without_short_rows(np.array([[0.5, 0.495, 0.0, 0.0, 0.0, 0.0]]))).any()


def _counts(**columns: list[int]) -> dict[str, list[int]]:
    n = len(next(iter(columns.values())))
    return {name: columns.get(name, [0] * n) for name in bisg.COUNTS}


def test_other_races_are_spread_as_the_census_counts_them() -> None:
    """Pairs with another race go to the race, Asian and Pacific ones to one group, the rest in proportion."""
    counts = _counts(
        Total_Pop=[100, 10],
        Hispanic_Total=[20, 0],
        Non_Hispanic_Total=[80, 10],
        NH_White_alone=[40, 0],
        NH_White_Other=[2, 0],
        NH_API_alone=[10, 0],
        NH_Asian_HPI=[3, 0],
        NH_Mult_Total=[10, 0],
        NH_Black_alone=[10, 0],
        NH_Other_alone=[10, 10],
    )
    share = bisg.area_given_group(counts, ["01001020100", "01001020200"], "tract")
    # 70 people are left to spread 10 over: 42 White, 10 Black, 13 Asian or Pacific, 5 of two or more.
    first = np.array([42, 10, 0, 13, 5]) * 80 / 70
    second = np.full(5, 2.0)
    assert np.allclose(share[0][[0, 1, 2, 3, 5]], first / (first + second))
    assert share[:, 4].tolist() == [1.0, 0.0]
    assert np.allclose(share.sum(axis=0), 1)


def test_puerto_rico_stays_out() -> None:
    """State 72, and ZIP codes from 006 to 009, count nowhere."""
    counts = _counts(Total_Pop=[10, 10], Non_Hispanic_Total=[10, 10], NH_White_alone=[10, 10])
    for names, level in ((["72001020100", "01001020100"], "tract"), (["00601", "10001"], "zip")):
        share = bisg.area_given_group(counts, names, level)
        assert np.isnan(share[0]).all()
        assert share[1, 0] == 1.0


def test_an_address_without_its_precision_has_no_probabilities() -> None:
    """Only words that say how precisely an address was found choose an area."""
    given = {level: np.full((4, 6), at) for at, level in enumerate(bisg.LEVELS, start=1)}
    found, level = bisg.finest(["rooftop", "zip4", "", "moon"], given, 4)
    assert level.tolist() == ["block_group", "zip", "", ""]
    assert np.isnan(found[2:]).all()
    given["block_group"] = np.full((4, 6), np.nan)
    assert bisg.finest(["rooftop"] * 4, given, 4)[1].tolist() == ["tract"] * 4


@pytest.mark.parametrize(
    ("surname", "parts"),
    [
        ("Smith", ("SMITH",)),
        (" O'Leary ", ("OLEARY",)),
        ("de la Cruz", ("DELACRUZ",)),
        ("Garcia-Lopez", ("GARCIA", "LOPEZ")),
        ("Doe Jr.", ("DOE",)),
        ("Doe, III", ("DOE",)),
        ("Q Doe", ("DOE",)),
        ("", ()),
        (None, ()),
    ],
)
def test_surnames_are_spelt_as_in_the_table(surname: str | None, parts: tuple[str, ...]) -> None:
    """Suffixes, initials, blanks and apostrophes go; of two names with a hyphen each is looked up."""
    assert parts_of(surname) == parts
