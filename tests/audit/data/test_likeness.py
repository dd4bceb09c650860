"""Which model inputs are a protected attribute in other clothes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from audit.config.protected import ProtectedAttribute
from audit.data.likeness import found, merge, protected_inputs, rank_correlation, tally

N = 4000
SEX = {"sex": ProtectedAttribute.model_validate({"column": "sex", "type": "category", "reference": "m"})}
AGE = {
    "age": ProtectedAttribute.model_validate(
        {"column": "age", "type": "integer", "bands": [18, 40], "reference": "40+"}
    )
}


@pytest.fixture
def people():
    draw = np.random.default_rng(3)
    age = draw.integers(18, 90, N)
    return pl.DataFrame(
        {
            "sex": pl.Series(draw.choice(["m", "f", "x"], N, p=[0.5, 0.49, 0.01])),
            "age": pl.Series(age).cast(pl.String),
            "income": draw.normal(size=N),
        }
    )


def test_the_column_itself(people):
    """The protected column among the inputs is one."""
    assert protected_inputs(people, ["sex", "income"], SEX) == {"sex": "sex"}


@pytest.mark.parametrize("group", ["m", "f", "x"])
def test_one_hot_parts(people, group):
    """A flag of one group is one, also of a small group, either way round."""
    flag = (people["sex"] == group).cast(pl.Float64)
    frame = people.with_columns(flag.alias("a"), (1 - flag).alias("b"))
    assert protected_inputs(frame, ["a", "b", "income"], SEX) == {"a": "sex", "b": "sex"}


@pytest.mark.parametrize(("wrong", "is_one"), [(0, True), (2, True), (40, False)])
def test_parts_of_several_groups_together(wrong, is_one):
    """A flag of two groups out of four scores the attribute as much as a flag of one."""
    races = ["a", "b", "c", "d"] * (N // 4)
    flag = [float(race in "ab") for race in races]
    flag[:wrong] = [1 - cell for cell in flag[:wrong]]
    frame = pl.DataFrame({"race": races, "flag": flag, "other": [1 - cell for cell in flag]})
    race = ProtectedAttribute.model_validate({"column": "race", "type": "category", "reference": "a"})
    expected = {"flag": "race", "other": "race"} if is_one else {}
    assert protected_inputs(frame, ["flag", "other"], {"race": race}) == expected


def test_a_rare_flag_beside_a_tiny_group_is_none(people):
    """One person of a tiny group with a rare flag does not make the flag a sign of that group."""
    rare = np.zeros(N)
    rare[:4] = 1
    sexes = pl.Series("sex", ["x", *["m", "f"] * (N // 2)][:N])
    frame = people.with_columns(sexes, pl.Series("sex_rare", rare))
    assert protected_inputs(frame, ["sex_rare"], SEX) == {}


@pytest.mark.parametrize(("wrong", "is_one"), [(0, True), (4, True), (5, False), (400, False)])
def test_a_code_that_tells_the_group(wrong, is_one):
    """Codes by another name count while at least 99.9 % of rows are told by them."""
    sexes = ["m", "f"] * (N // 2)
    codes = [{"m": "7", "f": "9"}[sex] for sex in sexes]
    codes[:wrong] = ["9" if code == "7" else "7" for code in codes[:wrong]]
    frame = pl.DataFrame({"sex": sexes, "code": codes})
    assert protected_inputs(frame, ["code"], SEX) == ({"code": "sex"} if is_one else {})


def test_many_values_that_tell_the_group(people):
    """Forty districts of one group each tell it; two hundred are too many to be a code."""
    draw = np.random.default_rng(1)
    for n, expected in ((20, {"district": "sex"}), (100, {})):
        district = pl.Series(
            "district", [f"{s}{k}" for s, k in zip(people["sex"], draw.integers(0, n, N), strict=True)]
        )
        two = people.with_columns(district).filter(pl.col("sex") != "x")
        assert protected_inputs(two, ["district"], SEX) == expected


def test_few_people_prove_nothing():
    """Forty people with forty incomes: income is no sign of sex."""
    frame = pl.DataFrame({"sex": ["m", "f"] * 20, "income": [float(i) for i in range(40)]})
    assert protected_inputs(frame, ["income"], SEX) == {}


def test_nothing_is_told_where_everybody_is_of_one_group(people):
    """A constant attribute makes no input a sign of it."""
    frame = people.with_columns(
        pl.lit("m").alias("sex"), (pl.col("income") > 0).cast(pl.Float64).alias("flag")
    )
    assert protected_inputs(frame, ["flag"], SEX) == {}


@pytest.mark.parametrize(
    ("copy", "is_one"),
    [
        (lambda age: np.exp(age / 20), True),
        (lambda age: -age.astype(float), True),
        (lambda age: age + np.random.default_rng(2).normal(0, 0.3, N), True),
        (lambda age: age + np.random.default_rng(2).normal(0, 10, N), False),
        (lambda age: age // 15, False),
    ],
)
def test_monotone_copies_of_a_protected_number(people, copy, is_one):
    """A curve, its mirror and a little noise are copies; coarse steps and much noise are weaker likeness."""
    age = people["age"].cast(pl.Int64).to_numpy()
    frame = people.with_columns(pl.Series("x", copy(age).astype(float)))
    assert protected_inputs(frame, ["x", "income"], AGE) == ({"x": "age"} if is_one else {})


def test_partitions_merge_to_the_whole(people):
    """Cut anywhere, the answer is that of one pass."""
    flag = (people["sex"] == "f").cast(pl.Float64).alias("flag")
    curve = people["age"].cast(pl.Float64).sqrt().alias("curve")
    frame = people.with_columns(flag, curve)
    inputs, protected = ["flag", "curve", "income"], {**SEX, **AGE}
    parts = [
        tally(frame[start:stop], np.arange(start, stop), inputs, protected)
        for start, stop in ((0, 17), (17, 2000), (2000, N))
    ]
    assert found(merge(parts), inputs, protected) == {"flag": "sex", "curve": "age"}
    assert protected_inputs(frame, inputs, protected) == {"flag": "sex", "curve": "age"}


def test_rank_correlation_is_spearmans():
    """Ties share their mean rank; rows where one is missing do not count."""
    draw = np.random.default_rng(0)
    one = np.round(draw.normal(size=500), 1)
    other = np.round(one + draw.normal(size=500), 1)
    expected = float(spearmanr(one, other).statistic)
    assert rank_correlation(one, other) == pytest.approx(expected, abs=1e-12)
    holed = np.append(one, [np.nan, 3.0])
    assert rank_correlation(holed, np.append(other, [1.0, np.nan])) == pytest.approx(expected, abs=1e-12)
    assert rank_correlation(np.zeros(50), np.arange(50.0)) == 0.0
