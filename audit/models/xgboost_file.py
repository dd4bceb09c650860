"""What stands in an XGBoost file: its columns, its categories, and its trees, checked one by one.

Why so: XGBoost follows whatever children a file names, and a changed file ends the process or leads
it in circles. So the file is read here first, and only then given to the library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.models.trees import Trees, check_tree
from audit.models.ubjson import read_ubjson

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LINKS = {
    "binary:logistic": "sigmoid",
    "reg:logistic": "sigmoid",
    "binary:logitraw": "identity",
    "reg:squarederror": "identity",
    "reg:absoluteerror": "identity",
    "reg:pseudohubererror": "identity",
    "reg:quantileerror": "identity",
    "rank:ndcg": "identity",
    "rank:map": "identity",
    "rank:pairwise": "identity",
    "count:poisson": "exponential",
    "reg:gamma": "exponential",
    "reg:tweedie": "exponential",
    "survival:cox": "exponential",
}


@dataclass(frozen=True)
class XGBoostFile:
    """What a file says of its model.

    Attributes
    ----------
    columns : their names, empty where it was trained without
    n_columns : how many there are
    categories : column's place -> categories in the order of their codes
    objective : as ``binary:logistic``
    n_outputs : scores a row, before one is chosen
    rounds : of boosting in the file
    best_rounds : rounds that scikit-learn's interface uses after early stopping, else None
    booster : ``gbtree``, ``dart`` or ``gblinear``
    model, learner : the JSON values that hold the trees, and what belongs to all of them
    """

    columns: tuple[str, ...]
    n_columns: int
    categories: dict[int, tuple[Any, ...]]
    objective: str
    n_outputs: int
    rounds: int
    best_rounds: int | None
    booster: str
    model: dict[str, Any]
    learner: dict[str, Any]


def read_file(content: bytes, ending: str) -> XGBoostFile:
    """Read and check a ``.json`` or ``.ubj`` file.

    Raises
    ------
    ValueError
        Where it is none of XGBoost's, is damaged, or its trees lead nowhere.
    """
    try:
        whole = read_ubjson(content) if ending == ".ubj" else json.loads(content)
        learner = whole["learner"]
        booster = learner["gradient_booster"]
        name = str(booster["name"])
        parameters = learner["learner_model_param"]
        # Early versions write no number of targets.
        n_classes, n_targets = int(parameters["num_class"]), int(parameters.get("num_target", 1))
        n_columns = int(parameters["num_feature"])
        model = booster["gbtree"]["model"] if name == "dart" else booster["model"]
        trees = model["trees"] if name != "gblinear" else []
        for tree in trees:
            _check(tree, n_columns)
        groups = model.get("tree_info", [])
        n_outputs = max(n_classes, n_targets, 1)
        if any(not 0 <= group < n_outputs for group in groups) or len(groups) != len(trees):
            raise ValueError("a tree belongs to no output")
        attributes = learner.get("attributes", {})
        by_sklearn = "scikit_learn" in attributes and "best_iteration" in attributes
        indptr = model.get("iteration_indptr")
        return XGBoostFile(
            columns=tuple(learner.get("feature_names", ())),
            n_columns=n_columns,
            categories=_categories(model.get("cats"), n_columns),
            objective=str(learner["objective"]["name"]),
            n_outputs=n_outputs,
            rounds=len(indptr) - 1 if indptr else len(trees) // n_outputs,
            best_rounds=int(attributes["best_iteration"]) + 1 if by_sklearn else None,
            booster=name,
            model=model,
            learner=learner,
        )
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"it lacks what an XGBoost model states ({type(error).__name__} {error})") from None


def _check(tree: dict[str, Any], n_columns: int) -> None:
    n = int(tree["tree_param"]["num_nodes"])
    lists = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")
    if any(len(tree[key]) != n for key in lists):
        raise ValueError("a tree's lists have different lengths")
    check_tree(tree["left_children"], tree["right_children"], tree["split_indices"], n_columns)
    n_codes = len(tree.get("categories", ()))
    segments = zip(
        tree.get("categories_nodes", ()),
        tree.get("categories_segments", ()),
        tree.get("categories_sizes", ()),
        strict=True,
    )
    for node, start, size in segments:
        if not (0 <= node < n and start >= 0 and size >= 0 and start + size <= n_codes):
            raise ValueError("a tree's categories lie outside of it")
    if any(not 0 <= code < 1 << 24 for code in tree.get("categories", ())):
        raise ValueError("a tree's category is no code")


def _categories(kept: dict[str, Any] | None, n_columns: int) -> dict[int, tuple[Any, ...]]:
    """Return the categories of each column that has some; text lies as bytes with offsets."""
    if not kept or not kept.get("enc"):
        return {}
    if len(kept["enc"]) != n_columns:
        raise ValueError("its categories are not those of its columns")
    found: dict[int, tuple[Any, ...]] = {}
    for at, encoded in enumerate(kept["enc"]):
        values = encoded["values"]
        offsets = encoded.get("offsets")
        if offsets:
            text = bytes(value & 255 for value in values)
            found[at] = tuple(text[a:b].decode() for a, b in pairwise(offsets))
        elif len(values):
            found[at] = tuple(values)
    return found


def trees_of(file: XGBoostFile, rounds: int) -> Trees | None:
    """Return the trees that make the score; None where the score is no function of one sum of leaves."""
    link = _LINKS.get(file.objective)
    if file.booster not in ("gbtree", "dart") or file.n_outputs != 1 or link is None:
        return None
    indptr = file.model.get("iteration_indptr")
    chosen = file.model["trees"][: indptr[rounds] if indptr else rounds]
    if not chosen or any(int(tree["tree_param"].get("size_leaf_vector") or 1) > 1 for tree in chosen):
        return None
    weights = file.learner["gradient_booster"].get("weight_drop") or [1.0] * len(chosen)
    parts, codes, roots, n = [], {}, [], 0
    for tree, weight in zip(chosen, weights, strict=False):  # weights of later rounds stay behind
        columns, listed = _arrays(tree, n, float(weight))
        parts.append(columns)
        codes.update(listed)
        roots.append(n)
        n += len(columns[0])
    feature, threshold, left, right, missing_left, value = (
        np.concatenate(one) for one in zip(*parts, strict=True)
    )
    return Trees(
        roots=np.asarray(roots, dtype=np.int32),
        feature=feature.astype(np.int32),
        threshold=threshold,
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        missing_left=missing_left.astype(bool),
        value=value,
        inclusive=False,
        single=True,
        base=_base(file, link),
        link=link,
        categories=codes,
    )


def _base(file: XGBoostFile, link: str) -> float:
    """Return what the sum of leaves starts from; the file states it on the scale of the score."""
    stated = float(str(file.learner["learner_model_param"]["base_score"]).strip("[]"))
    if link == "sigmoid":
        return float(np.log(stated / (1.0 - stated)))
    return float(np.log(stated)) if link == "exponential" else stated


def _arrays(
    tree: dict[str, Any], start: int, weight: float
) -> tuple[tuple[NDArray[Any], ...], dict[int, NDArray[np.int64]]]:
    """Return one tree's arrays as ``Trees`` has them, from position ``start`` on, and its categories."""
    left, right = (np.asarray(tree[key], dtype=np.int64) for key in ("left_children", "right_children"))
    leaf = left < 0
    missing_left = np.asarray(tree["default_left"], dtype=bool)
    # The shortest decimals of float32: as float64 they would lie beside the value that they stand for.
    value = np.asarray(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    kinds = tree.get("split_type") or [0] * len(left)
    codes: dict[int, NDArray[np.int64]] = {}
    segments = (tree.get(f"categories_{key}", ()) for key in ("nodes", "segments", "sizes"))
    for node, first, size in zip(*segments, strict=True):
        if kinds[node] == 1 and not leaf[node]:
            # XGBoost lists what goes right; ``Trees`` what goes left: the sides change places.
            codes[start + node] = np.asarray(tree["categories"][first : first + size], dtype=np.int64)
            left[node], right[node] = right[node], left[node]
            missing_left[node] = not missing_left[node]
    columns = (
        np.where(leaf, -1, np.asarray(tree["split_indices"])),
        value,
        np.where(leaf, -1, left + start),
        np.where(leaf, -1, right + start),
        missing_left,
        np.where(leaf, value * weight, 0.0),
    )
    return columns, codes
