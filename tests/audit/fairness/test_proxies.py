"""The proxy scan: it finds a planted proxy, none where there is none, and its AUC is the plain count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.fairness.proxies import TELLS, auc, folds, matrix, scan


def _world(n: int, seed: int, link: float) -> tuple[dict[str, np.ndarray], list[str], list[bytes]]:
    """Return columns, groups and keys: a district that tells sex, and an income that does not."""
    draw = np.random.default_rng(seed)
    women = draw.random(n) < 0.5
    district = np.where(
        draw.random(n) < link, np.where(women, "north", "south"), draw.choice(["north", "south"], n)
    )
    columns = {
        "district": district.astype(object),
        "income": draw.normal(50, 10, n),
        "square": np.where(women, draw.choice([-1.0, 1.0], n), 0.0) * (link > 0) + draw.normal(0, 0.2, n),
    }
    keys = [bytes(draw.integers(0, 256, 16, dtype=np.uint8)) for _ in range(n)]
    return columns, ["female" if one else "male" for one in women], keys


def _scan(
    columns: dict[str, np.ndarray], groups: list[str], keys: list[bytes], **more: Any
) -> dict[str, Any]:
    how: dict[str, Any] = {
        "labels": {},
        "verdicts": {},
        "seed": 7,
        "min_group": 30,
    }
    factors = {name: [name] for name in columns}
    moves = more.pop("moves", {"district": 0.05, "income": 0.2, "square": 0.001})
    return scan(columns, factors, {"sex": groups}, keys, moves, **(how | more))


def test_an_auc_is_the_share_of_pairs() -> None:
    """Every member against every other person, a tie counting half: a plain double loop."""
    draw = np.random.default_rng(3)
    scores, member = draw.integers(0, 5, 80) / 5, draw.random(80) < 0.4
    pairs = [
        1.0 if one > other else 0.5 if one == other else 0.0
        for one in scores[member]
        for other in scores[~member]
    ]
    assert auc(scores, member) == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)


def test_a_planted_proxy_is_found_and_named() -> None:
    """A district that tells sex for four in five is named; income is not; a bend is seen by trees alone."""
    (attribute,) = _scan(*_world(1500, 1, 0.8))["attributes"]
    factors = {one["factor"]: one for one in attribute["factors"]}
    # Of all, 0.8 live where their sex does, and half of the rest: right for 90 in 100.
    assert factors["district"]["best"]["auc"] == pytest.approx(0.9, abs=0.03)
    assert factors["district"]["named"]
    assert abs(factors["income"]["best"]["auc"] - 0.5) < 0.05
    assert not factors["income"]["named"]
    square = factors["square"]["best"]
    assert square["trees"] > 0.9
    assert abs(square["logistic"] - 0.5) < 0.06
    assert not factors["square"]["named"]  # it moves the score by less than a twentieth
    assert attribute["together"][0]["auc"] > 0.95


def test_a_null_world_names_nothing() -> None:
    """Over eight worlds without any link no factor is named, and the joint AUC lies about one half."""
    joint = []
    for seed in range(8):
        (attribute,) = _scan(*_world(600, seed, 0.0))["attributes"]
        assert not any(one["named"] for one in attribute["factors"])
        joint.append(attribute["together"][0]["auc"])
    assert abs(np.mean(joint) - 0.5) < 0.03
    assert max(joint) < TELLS


def test_several_groups_are_told_one_by_one() -> None:
    """Each group of an attribute has its own AUC; unknown and too small ones take no part."""
    draw = np.random.default_rng(5)
    n = 900
    group = draw.choice(["a", "b", "c", "unknown"], n)
    group[:5] = "rare"
    columns = {"sign": (group == "a") * 2.0 + draw.normal(0, 0.3, n)}
    keys = [bytes([at % 256, at // 256]) for at in range(n)]
    (attribute,) = _scan(columns, group.tolist(), keys, moves={"sign": 1.0})["attributes"]
    (sign,) = attribute["factors"]
    assert [one["group"] for one in sign["groups"]] == ["a", "b", "c"]
    assert sign["best"]["group"] == "a"
    assert sign["best"]["auc"] > 0.99
    assert sum(one["n"] for one in sign["groups"]) == int(np.isin(group, ["a", "b", "c"]).sum())


def test_one_group_cannot_be_told() -> None:
    """A constant attribute, and one of tiny groups, has a cause and no numbers."""
    columns, _, keys = _world(200, 1, 0.5)
    for groups in (["male"] * 200, ["male"] * 197 + ["female"] * 3, ["unknown"] * 200):
        (attribute,) = _scan(columns, groups, keys)["attributes"]
        assert "fewer than two groups" in attribute["cause"]
        assert attribute["factors"] == []


def test_no_order_of_rows_changes_a_number() -> None:
    """Rows in another order give the same figure, bit for bit."""
    columns, groups, keys = _world(500, 4, 0.5)
    order = np.random.default_rng(0).permutation(500)
    other = {name: values[order] for name, values in columns.items()}
    assert _scan(columns, groups, keys) == _scan(
        other, [groups[at] for at in order], [keys[at] for at in order]
    )


def test_folds_are_even_and_by_key() -> None:
    """Five folds of nearly one size; a row's fold follows its key."""
    keys = [bytes([at]) for at in range(103)]
    dealt = folds(keys, 7)
    assert sorted(np.bincount(dealt).tolist()) == [20, 20, 21, 21, 21]
    assert folds(keys[::-1], 7).tolist() == dealt[::-1].tolist()


def test_numbers_words_and_gaps_become_columns() -> None:
    """Numbers go by rank, words by level, and a missing number is a column of its own."""
    given = matrix({"a": np.array([1.0, 1e9, np.nan]), "b": np.array(["x", "", "x"], dtype=object)})
    assert given.shape == (3, 4)
    assert given[:, 1].tolist() == [0.0, 0.0, 1.0]
    assert given[:, 2].tolist() == [1.0, 0.0, 1.0]
