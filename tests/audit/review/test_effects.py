"""Which way a column pushes, on models whose answer is known by construction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audit.review.effects import Effect, effects, way_of

DRAW = np.random.default_rng(3)
N = 200
ROWS: dict[str, Any] = {
    "x": DRAW.normal(size=N),
    "z": DRAW.normal(size=N),
    "m": (DRAW.random(N) < 0.2).astype(float),
    "word": np.array(["low", "mid", "high"] * N, dtype=object)[:N],
    "own": np.tile([1.0, 0.0, 0.0, 0.0], N // 4),
    "rent": np.tile([0.0, 1.0, 0.0, 0.0], N // 4),
    "same": np.ones(N),
}
Score = Callable[[Any], Any]


def _one(score: Score, column: str = "x", *, high: bool = True, **options: Any) -> Effect:
    (found,) = effects("f", [column], options.pop("flags", ()), ROWS, score, adverse_high=high, **options)
    return found


@pytest.mark.parametrize(
    ("score", "way"),
    [
        (lambda rows: 2 * rows["x"] + rows["z"], "high"),
        (lambda rows: -np.exp(rows["x"]), "low"),
        (lambda rows: rows["x"] ** 2, "both"),
        (lambda rows: rows["x"] * rows["z"], "both"),  # up for half of the people, down for the others
        (lambda rows: rows["z"], "none"),
        (lambda rows: np.maximum(rows["x"], 0), "high"),  # flat for a while is no way back
        (lambda rows: rows["x"] + 0.01 * np.sin(40 * rows["x"]), "high"),  # small waves on a rise
        (lambda rows: np.float32(1 / (1 + np.exp(-rows["x"]))).astype(float), "high"),
    ],
)
def test_the_way_is_that_of_the_formula(score: Score, way: str) -> None:
    """Monotone, turning, crossed by another column, or without effect."""
    assert _one(score).way == way


def test_where_low_scores_are_bad_the_way_turns_round() -> None:
    """The same score, read the other way."""
    assert _one(lambda rows: rows["x"], high=False).way == "low"


def test_one_in_ten_against_is_too_many_and_one_in_fifty_is_not() -> None:
    """Nineteen lines in twenty must go the way of the words."""
    rise, fall = np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 0.0])
    nine_in_ten = np.stack([rise] * 90 + [fall] * 10)
    most = np.stack([rise] * 98 + [fall] * 2)
    assert way_of("f", "x", nine_in_ten) == Effect("f", "x", "both", 0.9, 100)
    assert way_of("f", "x", most) == Effect("f", "x", "high", 0.98, 100)


def test_a_category_has_a_side_only_where_its_order_is_stated() -> None:
    """Words, and parts of one category in columns of 0 and 1, are not tested, and the cause says so."""
    size = {"low": 0.0, "mid": 1.0, "high": 2.0}

    def score(rows: Any) -> Any:
        return np.array([size[word] for word in rows["word"]]) + rows["own"] - rows["rent"]

    plain = _one(score, "word")
    assert (plain.way, "no high and no low" in plain.cause) == ("not_measured", True)
    assert _one(score, "word", orders={"word": ["low", "mid", "high"]}).way == "high"
    assert _one(score, "word", orders={"word": ["high", "mid", "low"]}).way == "low"
    parts = effects("f", ["own", "rent"], (), ROWS, score, adverse_high=True)
    assert {one.way for one in parts} == {"not_measured"}
    assert {one.cause for one in parts} == {"a part of a category"}


def test_rows_whose_value_is_not_known_are_not_asked() -> None:
    """Where the flag is set the column holds what was put in its place."""

    def score(rows: Any) -> Any:
        return np.where(rows["m"] == 1, -rows["x"], rows["x"])

    assert _one(score).way == "both"
    found = _one(score, flags=["m"])
    assert (found.way, found.lines) == ("high", int((ROWS["m"] == 0).sum()))


def test_a_column_of_one_value_is_not_tested() -> None:
    """Nothing can be moved."""
    found = _one(lambda rows: rows["x"], "same")
    assert (found.way, found.cause) == ("not_measured", "all rows that know it hold the same value")
