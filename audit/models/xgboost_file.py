"""What stands in an XGBoost file: its columns, its categories, and its trees, checked one by one.

Why so: XGBoost follows whatever children a file names, and a changed file ends the process or leads
it in circles. So the file is read here first, and only then given to the library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.models.trees import Trees, check_tree
from audit.models.ubjson import read_ubjson

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROOT = 2**31 - 1  # what stands for the parent of a tree's first node
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
        if name == "gblinear" and len(model["weights"]) != (n_columns + 1) * max(n_classes, n_targets, 1):
            raise ValueError("its weights are not as many as its columns ask for")
        groups = model.get("tree_info", [])
        n_outputs = max(n_classes, n_targets, 1)
        if any(not 0 <= group < n_outputs for group in groups) or len(groups) != len(trees):
            raise ValueError("a tree belongs to no output")
        _check_rounds(model, learner["gradient_booster"], len(trees))
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
    """Refuse a tree whose lists do not fit each other, or that leads out of itself."""
    n = int(tree["tree_param"]["num_nodes"])
    one_each = (
        "left_children",
        "right_children",
        "parents",
        "split_indices",
        "split_conditions",
        "default_left",
    )
    if any(len(tree[key]) != n for key in one_each):
        raise ValueError("a tree's lists have different lengths")
    width = max(1, int(tree["tree_param"].get("size_leaf_vector") or 1))
    lengths = {"base_weights": n * width, "loss_changes": n, "sum_hessian": n, "split_type": n}
    if any(len(tree[key]) not in (n, length) for key, length in lengths.items() if tree.get(key)):
        raise ValueError("a tree's lists have different lengths")
    left, right, parents = tree["left_children"], tree["right_children"], tree["parents"]
    check_tree(left, right, tree["split_indices"], n_columns)
    inner = [node for node in range(n) if left[node] >= 0]
    if any(not (-1 <= parent < n or parent == _ROOT) for parent in parents) or any(
        child < n and parents[child] != node for node in inner for child in (left[node], right[node])
    ):
        raise ValueError("a tree's nodes name other parents than their own")
    codes = tree.get("categories") or []
    keys = ("categories_nodes", "categories_segments", "categories_sizes")
    segments = list(zip(*(tree.get(key) or [] for key in keys), strict=True))
    for node, start, size in segments:
        if not (0 <= node < n and start >= 0 and size >= 0 and start + size <= len(codes)):
            raise ValueError("a tree's categories lie outside of it")
    listed = {node for node, _, _ in segments}
    asking = {node for node, kind in enumerate(tree.get("split_type") or []) if kind == 1 and left[node] >= 0}
    if not asking <= listed or any(not 0 <= code < 1 << 24 for code in codes):
        raise ValueError("a tree asks for categories that it does not list")


def _check_rounds(model: dict[str, Any], booster: dict[str, Any], n_trees: int) -> None:
    bounds = model.get("iteration_indptr") or [0, n_trees]
    if bounds != sorted(bounds) or bounds[0] != 0 or bounds[-1] != n_trees:
        raise ValueError("its rounds are not made of its trees")
    if len(booster.get("weight_drop") or [None] * n_trees) != n_trees:
        raise ValueError("its trees have no weight each")


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
            if offsets != sorted(offsets) or offsets[0] != 0 or offsets[-1] != len(values):
                raise ValueError("its categories do not lie where it says")
            text = bytes(value & 255 for value in values)
            found[at] = tuple(text[a:b].decode() for a, b in pairwise(offsets))
        elif len(values):
            found[at] = tuple(values)
    sizes = [len(found.get(at, ())) for at in range(n_columns)]
    ends = [0, *accumulate(sizes)]
    places = kept.get("sorted_idx") or []
    if kept["feature_segments"] != ends or len(places) != ends[-1]:
        raise ValueError("its categories are not those of its columns")
    for at, size in enumerate(sizes):
        if sorted(places[ends[at] : ends[at + 1]]) != list(range(size)):
            raise ValueError("its categories are in no order")
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
