"""How well each factor tells a protected group, and all factors together, beside how much it moves scores.

Who tells a group is asked by prediction: a logistic regression and a tree learn the group from a factor's
columns, and are tried on people whom they did not see. The AUC of one group against all others is 0.5
where nothing is told and 1 where everything is. Both learners stand in the figure; what is named is the
better of the two, since a factor that either of them reads the group from can stand in for it.

A factor that tells a group and moves the score is a proxy in effect, whatever its name says. Whether it is
needed, and what it would cost to leave it out, are other questions (``alternatives``).

Why so, cross-validated and seeded: a tree can learn any sample by heart. Folds are dealt by what rows hold,
so that no order of rows changes a number.

Source: scikit-learn's LogisticRegression, DecisionTreeClassifier and ExtraTreesClassifier; Hanley and
McNeil (1982) and Newcombe (2006) for the interval of an AUC.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.intervals import auc_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = Mapping[str, NDArray[Any]]

ROWS = 4000  # decisions that are looked at
FOLDS = 5
TELLS = 0.60  # an AUC whose interval lies above it, and
MOVES = 0.05  # a share of all movement of the score: then a factor is named. No rule sets either line
TOGETHER = "all factors together"
_LEVELS = 20  # of a column of words; rarer ones are one level
_TREES, _DEPTH, _LEAF = 40, 8, 20
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Told:
    """How well some columns tell one group from all others.

    ``auc`` is the better learner's, with its interval; ``logistic`` and ``trees`` are both.
    """

    group: str
    n: int
    auc: float
    low: float
    high: float
    logistic: float
    trees: float


def auc(scores: Floats, member: NDArray[np.bool_]) -> float:
    """Return how often a member scores above another person, ties counting half.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.4]), np.array([False, True, False]))
    0.75
    """
    from scipy.stats import rankdata

    n = int(member.sum())
    m = len(member) - n
    return float((rankdata(scores)[member].sum() - n * (n + 1) / 2) / (n * m))


def matrix(columns: Columns) -> Floats:
    """Return columns as numbers for the learners: words by level, missing values with a flag.

    Returns
    -------
    float64[n, width]
        Numbers by rank, so that no unit and no far value decides, and centred.
    """
    from scipy.stats import rankdata

    parts: list[Floats] = []
    for _, values in sorted(columns.items()):
        cells = np.asarray(values)
        if cells.dtype.kind in "fiub":
            number = cells.astype(np.float64)
            absent = ~np.isfinite(number)
            rank = np.zeros(len(number))
            if (~absent).any():
                rank[~absent] = rankdata(number[~absent]) / max(int((~absent).sum()), 1) - 0.5
            parts.append(rank * 2)
            if absent.any():
                parts.append(absent.astype(np.float64))
            continue
        words, place, n = np.unique(cells.astype(str), return_inverse=True, return_counts=True)
        common = sorted(range(len(words)), key=lambda at: (-int(n[at]), str(words[at])))[:_LEVELS]
        parts += [(place == at).astype(np.float64) for at in common]
    return np.stack(parts, axis=1) if parts else np.empty((0, 0))


def folds(keys: Sequence[bytes], seed: int) -> NDArray[np.int64]:
    """Return the fold of each row, dealt by its key."""
    order = sorted(range(len(keys)), key=keys.__getitem__)
    dealt = np.random.default_rng(seed).permutation(np.arange(len(keys)) % FOLDS)
    found = np.empty(len(keys), dtype=np.int64)
    found[order] = dealt
    return found


def told(
    given: Floats, members: Sequence[str], fold: NDArray[np.int64], seed: int, *, forest: bool, min_group: int
) -> list[Told]:
    """Return how well numbers tell each group of an attribute, on rows that were not learned from.

    Parameters
    ----------
    given : float64[n, width]
    members : the group of each row; ``unknown`` is left out, as are groups below ``min_group``
    forest : learn by many trees, for many columns; else by one
    """
    names = np.array([str(one) for one in members], dtype=object)
    counted, n = np.unique(names.astype(str), return_counts=True)
    groups = [
        str(group)
        for group, size in zip(counted, n, strict=True)
        if group != UNKNOWN and size >= max(min_group, 2 * FOLDS)
    ]
    kept = np.isin(names.astype(str), groups)
    if len(groups) < 2 or not given.shape[1]:
        return []
    x, y, of = given[kept], np.searchsorted(np.array(sorted(groups)), names[kept].astype(str)), fold[kept]
    by_line, by_tree = np.zeros((len(y), len(groups))), np.zeros((len(y), len(groups)))
    for part in range(FOLDS):
        train, test = of != part, of == part
        if not test.any():
            continue
        for learner, out in ((_line(seed), by_line), (_trees(seed, forest=forest), by_tree)):
            learner.fit(x[train], y[train])
            out[np.ix_(test, learner.classes_)] = learner.predict_proba(x[test])
    found = []
    for at, group in enumerate(sorted(groups)):
        member = y == at
        size, others = int(member.sum()), int((~member).sum())
        both = auc(by_line[:, at], member), auc(by_tree[:, at], member)
        low, high = auc_interval(max(both), size, others)
        found.append(Told(group, size, max(both), low, high, *both))
    return found


def _line(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=400, random_state=seed)


def _trees(seed: int, *, forest: bool) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.tree import DecisionTreeClassifier

    how: dict[str, Any] = {"max_depth": _DEPTH, "min_samples_leaf": _LEAF, "random_state": seed}
    return ExtraTreesClassifier(_TREES, n_jobs=1, **how) if forest else DecisionTreeClassifier(**how)


def scan(
    rows: Columns,
    factors: Mapping[str, Sequence[str]],
    groups: Mapping[str, Sequence[str]],
    keys: Sequence[bytes],
    moves: Mapping[str, float],
    *,
    labels: Mapping[str, str],
    verdicts: Mapping[str, str],
    seed: int,
    min_group: int,
) -> dict[str, Any]:
    """Return the figure's body: each attribute, each factor, and what it tells of each group.

    Parameters
    ----------
    rows : column -> n values, as the model sees them
    factors : factor -> its columns
    groups : attribute -> the group of each row
    keys : what each row holds, as bytes
    moves : factor -> mean size of its contribution, where contributions are known
    verdicts : factor -> what the dictionary says of it as a proxy
    """
    order = sorted(range(len(keys)), key=keys.__getitem__)  # a learner's sums follow the order of rows
    fold = folds([keys[at] for at in order], seed)
    held = {column: np.asarray(values)[order] for column, values in rows.items()}
    matrices = {
        name: matrix({column: held[column] for column in columns if column in held})
        for name, columns in factors.items()
    }
    usable = {name: given for name, given in matrices.items() if given.shape[1]}
    everything = np.concatenate([usable[name] for name in sorted(usable)], axis=1) if usable else None
    whole = math.fsum(moves.values())
    attributes: list[dict[str, Any]] = []
    for attribute, members in groups.items():
        mine = [str(members[at]) for at in order]
        how: dict[str, Any] = {"seed": seed, "min_group": min_group}
        together = told(everything, mine, fold, forest=True, **how) if everything is not None else []
        if not together:
            cause = f"fewer than two groups of {max(min_group, 2 * FOLDS)} or more are among those looked at"
            attributes.append({"attribute": attribute, "cause": cause, "together": [], "factors": []})
            continue
        found: list[dict[str, Any]] = []
        for name, given in usable.items():
            of = told(given, mine, fold, forest=False, **how)
            best = max(of, key=lambda one: (one.auc, one.group))
            share = moves[name] / whole if whole > 0 and name in moves else None
            found.append(
                {
                    "factor": name,
                    "label": labels.get(name, name),
                    "moves": moves.get(name),
                    "share": share,
                    "verdict": verdicts.get(name),
                    "named": best.low > TELLS and share is not None and share >= MOVES,
                    "best": _row(best),
                    "groups": [_row(one) for one in of],
                }
            )
        found.sort(key=lambda one: (-one["best"]["auc"], one["factor"]))
        attributes.append(
            {
                "attribute": attribute,
                "cause": None,
                "together": [_row(one) for one in together],
                "factors": found,
            }
        )
    return {
        "n": len(keys),
        "folds": FOLDS,
        "seed": seed,
        "tells": TELLS,
        "moves": MOVES,
        "attributes": attributes,
    }


def _row(one: Told) -> dict[str, Any]:
    return {
        "group": one.group,
        "n": one.n,
        "auc": one.auc,
        "low": one.low,
        "high": one.high,
        "logistic": one.logistic,
        "trees": one.trees,
    }
