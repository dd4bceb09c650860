"""What stands in a LightGBM text file: its columns, its categories, and its trees, checked one by one.

Why so: LightGBM ends the whole process on a file that was cut short, and follows whatever children
a file names. So the file is read here first, and only then given to the library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from audit.models.trees import Trees, check_tree

_LINKS = {
    "binary": "sigmoid",
    "cross_entropy": "sigmoid",
    "poisson": "exponential",
    "gamma": "exponential",
    "tweedie": "exponential",
    **dict.fromkeys(
        ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg"),
        "identity",
    ),
    "": "identity",  # an objective of the owner's own: the library gives the raw sum
}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*([eE][-+]?\d+)?|inf|nan)", re.ASCII)
_EACH_NODE = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_EACH_NODE_TOO = ("split_gain", "internal_value", "internal_weight", "internal_count")
_EACH_LEAF = ("leaf_weight", "leaf_count", "leaf_const", "num_features")


@dataclass(frozen=True)
class LightGBMFile:
    """What a file says of its model.

    Attributes
    ----------
    columns : their names; ``Column_0`` and so on where it was trained without
    categories : column's place -> categories in the order of their codes
    objective : with its parameters, as ``binary sigmoid:1``
    n_outputs : scores a row, before one is chosen
    averaged : whether the sum of leaves is divided by the number of trees (a random forest)
    checked : the part of the text that was looked at: all that scoring needs
    """

    columns: tuple[str, ...]
    named: bool
    categories: dict[int, tuple[Any, ...]]
    objective: str
    n_outputs: int
    averaged: bool
    trees: tuple[Mapping[str, str], ...]
    checked: str


def read_file(text: str) -> LightGBMFile:
    """Read and check a model's text.

    Raises
    ------
    ValueError
        Where it is none of LightGBM's, is damaged, or its trees lead nowhere.
    """
    blocks = text.replace("\r\n", "\n").split("\n\n")
    lines = blocks[0].splitlines()
    head = _pairs(blocks[0])
    if not lines or lines[0] != "tree" or "\nend of trees" not in text:
        raise ValueError("it is no LightGBM model, or was cut short")
    try:
        columns = tuple(head["feature_names"].split())
        kinds = head["feature_infos"].split()
        n_outputs = _whole(head["num_tree_per_iteration"])
        if _whole(head["num_class"]) not in (1, n_outputs) or _whole(head["label_index"]) < 0:
            raise ValueError("its classes are not as many as its trees make")
        if not len(columns) == len(kinds) == _whole(head["max_feature_idx"]) + 1 or n_outputs < 1:
            raise ValueError("its columns are not as many as it states")
        trees = tuple(_pairs(block) for block in blocks if block.lstrip("\n").startswith("Tree="))
        # The library finds a tree by the lengths that the head states, and trusts them.
        sizes = [_whole(size) for size in head.get("tree_sizes", "").split()]
        if len(sizes) != len(trees) or len(trees) % n_outputs:
            raise ValueError("its trees are not as many as it states")
        end = _check_places(text, sizes)
        for tree in trees:
            _check(tree, len(columns))
        return LightGBMFile(
            columns=columns,
            named=columns != tuple(f"Column_{at}" for at in range(len(columns))),
            categories=_categories(text, len(columns)),
            objective=head.get("objective", ""),
            n_outputs=n_outputs,
            averaged="average_output" in lines,
            trees=trees,
            # The parameters of the training stand behind the trees: scoring needs none of them, and
            # the library stumbles over those that it cannot read.
            checked=text.encode()[:end].decode() + "end of trees\n\n",
        )
    except KeyError as error:
        raise ValueError(f"it states no {error}") from None


def _pairs(block: str) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in block.splitlines() if "=" in line)


def _whole(word: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", word, re.ASCII):
        raise ValueError(f"{word[:20]!r} is no whole number")
    return int(word)


def _check_places(text: str, sizes: list[int]) -> int:
    """Return where the trees end, in bytes."""
    content = text.encode()
    at = content.find(b"\nTree=" if sizes else b"\nend of trees") + 1
    for place, size in enumerate(sizes):
        if size < 1 or not content.startswith(b"Tree=%d\n" % place, at):
            raise ValueError(f"tree {place} does not lie where the file says")
        at += size
    if not content.startswith(b"end of trees", at):
        raise ValueError("its trees do not end where the file says")
    return at


def _numbers(tree: Mapping[str, str], key: str, kind: type = float) -> list[Any]:
    words = tree.get(key, "").split()
    if not all(_NUMBER.fullmatch(word) for word in words):
        raise ValueError(f"{key} of a tree holds what is no number")
    return [kind(word) for word in words]


def _check(tree: Mapping[str, str], n_columns: int) -> None:
    """Refuse a tree whose lists do not fit each other, or that leads out of itself."""
    n_leaves = _whole(tree["num_leaves"])
    if len(_numbers(tree, "leaf_value")) != n_leaves or n_leaves < 1:
        raise ValueError("a tree's leaves are not as many as it states")
    n_sets, linear = _whole(tree["num_cat"]), _whole(tree.get("is_linear", "0"))
    _numbers(tree, "shrinkage")
    if linear:
        _check_linear(tree, n_leaves, n_columns)
    if n_leaves == 1:
        return
    nodes = {
        key: _numbers(tree, key) for key in (*_EACH_NODE, *_EACH_NODE_TOO) if key in _EACH_NODE or key in tree
    }
    leaves = [_numbers(tree, key) for key in _EACH_LEAF if tree.get(key)]
    if any(len(one) != n_leaves - 1 for one in nodes.values()) or any(len(one) != n_leaves for one in leaves):
        raise ValueError("a tree's lists have different lengths")
    left, right, feature = _joined(tree)
    check_tree(left, right, feature, n_columns)
    bounds, words = _numbers(tree, "cat_boundaries", int), _numbers(tree, "cat_threshold", int)
    if len(bounds) != (n_sets + 1 if n_sets else 0) or bounds != sorted(bounds):
        raise ValueError("a tree's categories are not as many as it states")
    if bounds and (bounds[0] != 0 or bounds[-1] != len(words)):
        raise ValueError("a tree's categories lie outside of it")
    for threshold, kind in zip(
        _numbers(tree, "threshold"), _numbers(tree, "decision_type", int), strict=True
    ):
        if kind & 1 and not 0 <= threshold < n_sets:
            raise ValueError("a tree's categories lie outside of it")


def _check_linear(tree: Mapping[str, str], n_leaves: int, n_columns: int) -> None:
    counts, columns = _numbers(tree, "num_features", int), _numbers(tree, "leaf_features", int)
    if len(counts) != n_leaves or any(count < 0 for count in counts) or sum(counts) != len(columns):
        raise ValueError("a tree's leaves read other columns than they state")
    if len(_numbers(tree, "leaf_coeff")) != len(columns) or any(not 0 <= at < n_columns for at in columns):
        raise ValueError("a tree's leaves read other columns than they state")
    if len(_numbers(tree, "leaf_const")) != n_leaves:
        raise ValueError("a tree's leaves are not as many as it states")


def _joined(tree: Mapping[str, str]) -> tuple[list[int], list[int], list[int]]:
    """Return children and columns with the leaves behind the nodes: leaf -1 is the first behind them."""
    n_leaves = int(tree["num_leaves"])
    n = n_leaves - 1
    sides = [
        [child if child >= 0 else n - child - 1 for child in _numbers(tree, key, int)] + [-1] * n_leaves
        for key in ("left_child", "right_child")
    ]
    return sides[0], sides[1], _numbers(tree, "split_feature", int) + [-1] * n_leaves


def _categories(text: str, n_columns: int) -> dict[int, tuple[Any, ...]]:
    """Return the categories of pandas columns, kept in the order of the columns that are categories."""
    line = next((one for one in text.splitlines()[::-1] if one.startswith("pandas_categorical:")), "")
    try:
        kept = json.loads(line.partition(":")[2] or "null")
        stated = next((one for one in text.splitlines() if one.startswith("[categorical_feature: ")), "")
        places = [
            int(word) for word in stated[len("[categorical_feature: ") :].rstrip("]").split(",") if word
        ]
    except ValueError:
        raise ValueError("its categories cannot be read") from None
    if not kept:
        return {}
    if len(kept) != len(places) or any(not 0 <= place < n_columns for place in places):
        raise ValueError("it does not say which columns its categories belong to")
    return {place: tuple(known) for place, known in zip(sorted(places), kept, strict=True)}


def trees_of(file: LightGBMFile) -> Trees | None:
    """Return the trees that make the score; None where the score is no function of one sum of leaves."""
    kind, *parameters = file.objective.split() or [""]
    if file.n_outputs != 1 or kind not in _LINKS or "sqrt" in parameters:
        return None
    if any(tree.get("is_linear", "0") != "0" for tree in file.trees):
        return None
    stated = dict(word.partition(":")[::2] for word in parameters)
    share = 1.0 / len(file.trees) if file.averaged and file.trees else 1.0
    arrays: dict[str, list[Any]] = {
        key: [] for key in ("feature", "threshold", "left", "right", "missing", "value")
    }
    codes, roots, n = {}, [], 0
    for tree in file.trees:
        left, right, feature = _joined(tree) if int(tree["num_leaves"]) > 1 else ([-1], [-1], [-1])
        inside = sum(child >= 0 for child in left)
        thresholds, kinds = _numbers(tree, "threshold"), _numbers(tree, "decision_type", int)
        bounds, words = _numbers(tree, "cat_boundaries", int), _numbers(tree, "cat_threshold", int)
        missing = []
        for node, (threshold, how) in enumerate(zip(thresholds, kinds, strict=True)):
            what = how >> 2 & 3  # 0: missing counts as 0, 1: zero counts as missing, 2: NaN is missing
            if how & 1:
                place = int(threshold)
                bits = words[bounds[place] : bounds[place + 1]]
                codes[n + node] = np.array(
                    [32 * at + bit for at, word in enumerate(bits) for bit in range(32) if word >> bit & 1],
                    dtype=np.int64,
                )
                missing.append(False)
            elif what == 1:
                return None
            else:
                missing.append(bool(how & 2) if what == 2 else threshold >= 0.0)
        n_leaves = len(left) - inside
        arrays["feature"] += feature
        arrays["threshold"] += thresholds + [0.0] * n_leaves
        arrays["left"] += [child + n if child >= 0 else -1 for child in left]
        arrays["right"] += [child + n if child >= 0 else -1 for child in right]
        arrays["missing"] += missing + [False] * n_leaves
        arrays["value"] += [0.0] * inside + [share * value for value in _numbers(tree, "leaf_value")]
        roots.append(n)
        n += len(left)
    return Trees(
        roots=np.asarray(roots, dtype=np.int32),
        feature=np.asarray(arrays["feature"], dtype=np.int32),
        threshold=np.asarray(arrays["threshold"], dtype=np.float64),
        left=np.asarray(arrays["left"], dtype=np.int32),
        right=np.asarray(arrays["right"], dtype=np.int32),
        missing_left=np.asarray(arrays["missing"], dtype=np.bool_),
        value=np.asarray(arrays["value"], dtype=np.float64),
        inclusive=True,
        single=False,
        link=_LINKS[kind],
        steepness=float(stated.get("sigmoid", 1.0)),
        categories=codes,
    )
