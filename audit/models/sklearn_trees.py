"""The trees of scikit-learn's models: checked before they are followed, and read for the explainers.

Why so: skops does not trust the two classes below, because their compiled code follows whatever
children a file names. They hold numbers alone; once these are checked, they are data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.models.trees import Trees, check_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

TREE_TYPES = frozenset(
    {"sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"}
)
_EXPONENTIAL = ("poisson", "gamma")


def check_trees(model: Any) -> None:
    """Walk every tree inside a model.

    Raises
    ------
    ValueError
        Where a child, a column or a set of categories is out of range, or a branch leads in a circle.
    """
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
    from sklearn.tree._tree import Tree

    for owner, tree in _inside(model, (Tree, TreePredictor)):
        n_features = int(getattr(owner, "n_features_in_", getattr(owner, "_n_features", 0)))
        if isinstance(tree, Tree):
            if tree.n_features != n_features:
                raise ValueError("a tree asks for other columns than its model has")
            check_tree(
                tree.children_left.tolist(), tree.children_right.tolist(), tree.feature.tolist(), n_features
            )
            continue
        nodes = tree.nodes
        if nodes.ndim != 1 or nodes.dtype != _record():
            raise ValueError("a tree's nodes are no nodes")
        leaf = nodes["is_leaf"] != 0
        check_tree(
            np.where(leaf, -1, nodes["left"].astype(np.int64)).tolist(),
            np.where(leaf, -1, nodes["right"].astype(np.int64)).tolist(),
            nodes["feature_idx"].tolist(),
            n_features,
        )
        sets = nodes["bitset_idx"][(nodes["is_categorical"] != 0) & ~leaf]
        for known in (tree.raw_left_cat_bitsets, tree.binned_left_cat_bitsets):
            if len(sets) and (known.ndim != 2 or known.shape[1] != 8 or sets.max() >= len(known)):
                raise ValueError("a tree's categories lie outside of it")


def _record() -> Any:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    return PREDICTOR_RECORD_DTYPE


def _inside(model: Any, wanted: tuple[type, ...]) -> Iterator[tuple[Any, Any]]:
    """Yield every object of the types wanted, with the estimator that it lies in."""
    waiting: list[tuple[Any, Any]] = [(None, model)]
    seen: set[int] = set()
    while waiting:
        owner, one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, wanted):
            yield owner, one
        elif isinstance(one, dict):
            waiting += [(owner, value) for value in one.values()]
        elif isinstance(one, list | tuple | set):
            waiting += [(owner, value) for value in one]
        elif isinstance(one, np.ndarray) and one.dtype == object:
            waiting += [(owner, value) for value in one.ravel()]
        elif hasattr(one, "__dict__") and not isinstance(one, type):
            own = one if hasattr(one, "get_params") else owner
            waiting += [(own, value) for value in vars(one).values()]


def trees_of(model: Any, at: int) -> Trees | None:
    """Return the trees of a fitted forest or boosting; None where the score is no sum of leaves.

    Parameters
    ----------
    at : of a classifier, the class whose probability is the score
    """
    from sklearn import ensemble, tree

    if getattr(model, "n_outputs_", 1) != 1:
        return None
    if isinstance(model, tree.BaseDecisionTree):
        return _forest([model.tree_], at, classes=hasattr(model, "classes_"))
    if isinstance(model, ensemble.RandomForestClassifier | ensemble.ExtraTreesClassifier):
        return _forest([one.tree_ for one in model.estimators_], at, classes=True)
    if isinstance(model, ensemble.RandomForestRegressor | ensemble.ExtraTreesRegressor):
        return _forest([one.tree_ for one in model.estimators_], at, classes=False)
    if isinstance(model, ensemble.GradientBoostingClassifier | ensemble.GradientBoostingRegressor):
        return _boosting(model, at)
    if isinstance(model, ensemble.HistGradientBoostingClassifier | ensemble.HistGradientBoostingRegressor):
        return _histograms(model, at)
    return None


def _forest(trees: list[Any], at: int, *, classes: bool) -> Trees:
    def leaves(tree: Any) -> NDArray[np.float64]:
        values: NDArray[np.float64] = tree.value[:, 0, :]
        return values[:, at] / values.sum(axis=1) if classes else values[:, 0]

    return _joined([(tree, leaves(tree) / len(trees)) for tree in trees])


def _boosting(model: Any, at: int) -> Trees | None:
    classes = getattr(model, "classes_", ())
    if len(classes) > 2 or not (model.init_ == "zero" or type(model.init_).__name__.startswith("Dummy")):
        return None
    base = float(model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0, 0])
    parts = [(one.tree_, model.learning_rate * one.tree_.value[:, 0, 0]) for one in model.estimators_.ravel()]
    # The exponential loss takes the sigmoid of twice the sum.
    steep = 0.0 if not len(classes) else 2.0 if model.loss == "exponential" else 1.0
    return _joined(parts, base=base, steepness=steep if at else -steep)


def _joined(
    parts: list[tuple[Any, NDArray[np.float64]]], *, base: float = 0.0, steepness: float = 0.0
) -> Trees:
    """Return trees of scikit-learn's own kind with what their leaves add; steepness 0: no sigmoid."""
    starts = np.cumsum([0, *(tree.node_count for tree, _ in parts)])[:-1]
    leaf = np.concatenate([tree.children_left < 0 for tree, _ in parts])

    def sides(name: str) -> NDArray[np.int32]:
        moved = [getattr(tree, name) + start for (tree, _), start in zip(parts, starts, strict=True)]
        return np.where(leaf, -1, np.concatenate(moved)).astype(np.int32)

    return Trees(
        roots=starts.astype(np.int32),
        feature=np.where(leaf, -1, np.concatenate([tree.feature for tree, _ in parts])).astype(np.int32),
        threshold=np.concatenate([tree.threshold for tree, _ in parts]),
        left=sides("children_left"),
        right=sides("children_right"),
        missing_left=np.concatenate([tree.missing_go_to_left for tree, _ in parts]).astype(bool),
        value=np.where(leaf, np.concatenate([values for _, values in parts]), 0.0),
        inclusive=True,
        single=True,
        base=base,
        link="sigmoid" if steepness else "identity",
        steepness=steepness or 1.0,
    )


def _histograms(model: Any, at: int) -> Trees | None:
    classes = getattr(model, "classes_", ())
    if model.n_trees_per_iteration_ != 1 or model._preprocessor is not None:
        return None
    nodes = [one.nodes for (one,) in model._predictors]
    starts = np.cumsum([0, *(len(one) for one in nodes)])[:-1]
    whole = np.concatenate(nodes)
    leaf = whole["is_leaf"] != 0
    shift = np.repeat(starts, [len(one) for one in nodes])
    link = "sigmoid" if len(classes) else "exponential" if model.loss in _EXPONENTIAL else "identity"
    return Trees(
        roots=starts.astype(np.int32),
        feature=np.where(leaf, -1, whole["feature_idx"]).astype(np.int32),
        threshold=whole["num_threshold"].astype(np.float64),
        left=np.where(leaf, -1, whole["left"].astype(np.int64) + shift).astype(np.int32),
        right=np.where(leaf, -1, whole["right"].astype(np.int64) + shift).astype(np.int32),
        missing_left=whole["missing_go_to_left"].astype(bool),
        value=np.where(leaf, whole["value"], 0.0),
        inclusive=True,
        single=False,
        base=float(np.ravel(model._baseline_prediction)[0]),
        link=link,
        steepness=-1.0 if len(classes) and not at else 1.0,
    )
