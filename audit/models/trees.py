"""Decision trees as arrays, whatever library grew them: checked on entry, then asked where rows go.

What a model file says of its trees is checked before the library may follow it: a child out of
range or a circle makes a library read foreign memory or never end.

Why so, tables of answers: XGBoost, LightGBM and scikit-learn compare in different ways (``<`` or
``<=``, missing left or right, sets of categories). Each question is answered once a row by
``goes_left``; whoever walks the trees then needs no library's rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ANSWERS = 1 << 22  # answers worked out at once


@dataclass(frozen=True, eq=False)
class Trees:
    """A sum of trees, and what is done to the sum.

    Attributes
    ----------
    roots : int32[trees], positions in the arrays below
    feature : int32[nodes], the column that a node asks for; -1 for a leaf
    threshold : float64[nodes]
    left, right : int32[nodes]; -1 for a leaf
    missing_left : bool[nodes], whether a missing value goes left
    value : float64[nodes], what a leaf adds
    categories : node -> the codes that go left
    inclusive : whether a value that equals the threshold goes left
    single : whether values are rounded to float32 before they are compared
    base : what the sum starts from
    link : ``identity``, ``sigmoid`` or ``exponential``, taken of the sum
    steepness : of the sigmoid
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    inclusive: bool
    single: bool
    base: float = 0.0
    link: str = "identity"
    steepness: float = 1.0
    categories: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)

    @property
    def n_nodes(self) -> int:
        """How many nodes and leaves there are in all trees."""
        return len(self.feature)

    def goes_left(self, matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return bool[n, nodes]: whether a row would go left at a node; of leaves it means nothing."""
        if self.single:
            matrix = matrix.astype(np.float32).astype(np.float64)
        asked = np.maximum(self.feature, 0)
        answers = np.empty((len(matrix), self.n_nodes), dtype=np.bool_)
        for start in range(0, len(matrix), at_once := max(1, _ANSWERS // max(1, self.n_nodes))):
            values = matrix[start : start + at_once, asked]
            below = values <= self.threshold if self.inclusive else values < self.threshold
            answers[start : start + at_once] = np.where(np.isnan(values), self.missing_left, below)
        for node in self.categories:
            answers[:, node] = self.goes_left_at(node, matrix[:, self.feature[node]])
        return answers

    def goes_left_at(self, node: int, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return bool[n]: whether each value of its column would go left at a node of categories."""
        known = np.isin(np.trunc(np.where(np.isnan(values), -1.0, values)), self.categories[node])
        return np.where(np.isnan(values), self.missing_left[node], known)

    def scores(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return float64[n], the score of each row: slow, to compare with the library's own."""
        answers = self.goes_left(matrix)
        totals = np.full(len(matrix), self.base)
        for root in self.roots:
            at = np.full(len(matrix), root)
            while (inside := self.feature[at] >= 0).any():
                step = np.where(answers[np.arange(len(at)), at], self.left[at], self.right[at])
                at = np.where(inside, step, at)
            totals += self.value[at]
        return linked(totals, self.link, self.steepness)


def linked(totals: NDArray[np.float64], link: str, steepness: float = 1.0) -> NDArray[np.float64]:
    """Return the score of each sum of leaves.

    >>> linked(np.array([0.0]), "sigmoid").tolist()
    [0.5]
    """
    if link == "sigmoid":
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-steepness * totals)), dtype=np.float64)
    return np.exp(totals) if link == "exponential" else totals


def check_tree(left: Sequence[int], right: Sequence[int], feature: Sequence[int], n_features: int) -> None:
    """Walk one tree from its first node; a child below 0 is a leaf or no node at all.

    Raises
    ------
    ValueError
        Where a child or a column is out of range, or a node is reached twice.
    """
    n = len(left)
    if not len(right) == len(feature) == n or not n:
        raise ValueError("a tree's lists have different lengths")
    waiting, seen = [0], bytearray(n)
    while waiting:
        node = waiting.pop()
        if not 0 <= node < n or seen[node]:
            raise ValueError("a tree's branches lead out of it, or in a circle")
        seen[node] = 1
        if left[node] < 0 and right[node] < 0:
            continue
        if not 0 <= feature[node] < n_features:
            raise ValueError(f"a tree asks for column {feature[node]} of {n_features}")
        waiting += (left[node], right[node])
