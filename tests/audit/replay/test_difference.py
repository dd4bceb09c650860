"""How values are held against each other."""

from __future__ import annotations

import pytest

from audit.replay.difference import Compared, distances


def test_equal_bits_are_asked_for_where_the_distance_is_0() -> None:
    """The next float is a difference; within a distance it is none, and is still told."""
    near = 0.1 + 0.2
    found = Compared("scores")
    assert not found.near("score", 0.3, near, 0.0, "d1")
    assert found.near("score", 0.3, near, 1e-6, "d2")
    assert (found.n, found.decisions) == (2, {"d1"})
    assert found.largest == near - 0.3
    (one,) = found.differences
    assert str(one) == "d1 score: 0.3 sealed, 0.30000000000000004 now"


def test_a_number_is_never_near_nothing() -> None:
    """What was not measured equals only what is not measured."""
    found = Compared("rates")
    assert found.near("value", None, None, 1.0)
    assert not found.near("value", None, 0.0, 1.0)
    assert not found.near("value", 0.0, None, 1.0)
    assert not found.near("value", float("nan"), 0.0, 1.0)
    assert found.largest is None


@pytest.mark.parametrize(
    ("sealed", "now", "places"),
    [
        ({"a": [1, {"b": 2.0}]}, {"a": [1, {"b": 2.0}]}, []),
        ({"a": [1, {"b": 2.0}]}, {"a": [1, {"b": 2.1}]}, ["f.a[1].b"]),
        ({"a": 1}, {"a": 1, "c": "x"}, ["f.c"]),
        ({"a": [1, 2]}, {"a": [1]}, ["f.a"]),
        ({"a": "1"}, {"a": 1}, ["f.a"]),
        ({"a": True}, {"a": 1.5}, ["f.a"]),
    ],
)
def test_json_is_compared_place_by_place(sealed: object, now: object, places: list[str]) -> None:
    """Each number, word and length that differs is named with its path."""
    found = Compared("figures")
    found.alike("f", sealed, now, 0.0)
    assert [one.place for one in found.differences] == places
    assert found.n >= 1


def test_as_many_differences_are_listed_as_asked_for() -> None:
    """Their number is told whole."""
    found = Compared("data")
    for i in range(5):
        found.equal("cell", i, i + 1, f"d{i}")
    told = found.as_json(2)
    assert (told["different"], told["decisions"], len(told["differences"])) == (5, 5, 2)
    assert told["differences"][0] == {"decision": "d0", "place": "cell", "sealed": 0, "now": 1}


def test_what_is_asked_for_follows_the_environment() -> None:
    """Equal bits at home, 1e-6 beside other libraries, 1e-5 on another processor; wider for wider scores."""
    assert distances([]).exact
    other = distances(["numpy"])
    assert (other.exact, other.scores, other.contributions, other.ties) == (False, 1e-6, 1e-6, 1e-5)
    assert distances(["numpy", "processor"]).scores == distances(["machine"]).scores == 1e-5
    assert other.of(600).scores == pytest.approx(6e-4)
    assert other.of(0.1).scores == 1e-6
    assert distances([]).of(600).exact
