"""A cross-check by the lime library: a weighted linear model around each row.

lime perturbs columns one by one, by quartile or by category, and fits a ridge regression to "same
as the row or not". Its sample does not depend on the row, so one sample is drawn by lime's own
tables, scored once, and serves all rows. Distances and kernel are lime's, and so is the regression: of
nothing but "same or not" and a weight, its normal equations are one small product a row, in float64.

A weak witness: lime describes its surrogate, and two seeds name the same four columns in less than
half of all rows. It is shown beside the reasons and never printed in a letter.

Why so, categories: columns of text, columns with few distinct values, and columns with missing
values (by quartile, with a category of their own for what is missing) are categories. lime gives
back 0 instead of the value where a quartile holds one value only; such bins are mended here.

Source: Ribeiro, Singh and Guestrin, "Why Should I Trust You?", 2016; lime.lime_tabular.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import UsageError
from audit.explain.game import columns_of
from audit.record import Attributions, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "lime"
needs: frozenset[str] = frozenset()
# Its categories are read from the rows explained too, so a row may get other values in other company.
axioms = frozenset({"seeded"})
source = "lime.lime_tabular, quartiles, ridge; Ribeiro, Singh and Guestrin (2016)"

_RIDGE = 1.0  # lime's penalty; none on the intercept
_FEW = 10  # distinct values up to which a column of numbers is a category


def explain(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    factors: Mapping[str, Sequence[str]],
    *,
    seed: int = 7,
    samples: int = 5000,
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return what lime says of each factor for each row: the sum over the factor's columns.

    ``base`` is the regression's intercept. lime does not add up; ``residual`` says by how much.
    """
    from lime.lime_tabular import LimeTabularExplainer

    explained, others = columns_of(rows), columns_of(reference)
    scorer.encode(others)  # a scorer that was told no columns takes those of the first rows
    columns = scorer.columns
    tables = {column: _table(others[column], explained[column]) for column in columns}
    training = np.stack([tables[c].coded(others[c]) for c in columns], axis=1)
    wanted = np.stack([tables[c].coded(explained[c]) for c in columns], axis=1)
    if not len(training):
        raise UsageError("explain: the reference has no rows. Choose a reference population")
    lime = LimeTabularExplainer(
        training,
        mode="regression",
        feature_names=list(columns),
        categorical_features=[at for at, c in enumerate(columns) if tables[c].category],
        random_state=np.random.RandomState(seed),
    )
    codes, perturbed = _sample(lime, samples, len(columns))
    decoded = {c: tables[c].decoded(perturbed[:, at]) for at, c in enumerate(columns)}
    scores = scorer.score(decoded)
    output = scorer.score({c: explained[c] for c in columns})
    mine = lime.discretizer.discretize(wanted)
    # By how many columns a sample differs is all that its distance knows.
    kernel = lime.base.kernel_fn(np.sqrt(np.arange(len(columns) + 1)))
    by_column, base = _regressions(codes, mine, scores, output, kernel, progress)
    placed = [[at for at, c in enumerate(columns) if c in owned] for owned in factors.values()]
    values = np.zeros((len(wanted), len(factors)))
    for place, owned in enumerate(placed):
        for at in owned:
            values[:, place] += by_column[:, at]
    return Attributions(
        method=name,
        factors=tuple(factors),
        values=values,
        base=base,
        output=output,
        residual=output - base - values.sum(axis=1),
        details={"samples": samples, "background": len(training), "exact": False, "seed": seed},
    )


def _regressions(
    codes: NDArray[np.float64],
    mine: NDArray[np.float64],
    scores: NDArray[np.float64],
    output: NDArray[np.float64],
    kernel: NDArray[np.float64],
    progress: Callable[[int], None] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights float64[n, columns] and intercepts float64[n] of lime's ridge regressions.

    Parameters
    ----------
    codes : [samples, columns], the bins and categories of the sample
    mine : [n, columns], those of the rows
    kernel : float64[columns + 1], the weight of a sample that differs in so many columns
    """
    from threadpoolctl import threadpool_limits

    n, n_columns = mine.shape
    weights, intercepts = np.zeros((n, n_columns)), np.zeros(n)
    small = np.min_scalar_type(int(max(codes.max(initial=0), mine.max(initial=0))))
    sample, asked = np.ascontiguousarray(codes.T.astype(small)), mine.astype(small)
    counted = np.min_scalar_type(n_columns)
    root_of = np.sqrt(kernel[::-1])  # by the number of columns that are the same
    same, moved = np.empty(sample.shape, dtype=bool), np.empty(sample.shape)
    labels = scores.copy()
    with threadpool_limits(1, user_api="blas"):  # so small a product costs less than waking threads
        for place, own in enumerate(asked):
            np.equal(sample, own[:, None], out=same)
            same[:, 0], labels[0] = True, output[place]  # lime's first sample is the row itself
            root = root_of.take(same.view(np.uint8).sum(axis=0, dtype=counted))
            weight = root * root
            total = weight.sum()
            middle = float(labels @ weight / total)
            np.copyto(moved, root)
            np.multiply(moved, same.view(np.int8), out=moved)
            means = moved @ root / total
            gram = moved @ moved.T - total * np.outer(means, means)
            gram[np.diag_indices(n_columns)] += _RIDGE
            # The sum of weighed labels around their mean is 0, so the columns need not be moved here.
            weights[place] = np.linalg.solve(gram, moved @ (root * (labels - middle)))
            intercepts[place] = middle - means @ weights[place]
            if progress is not None:
                progress(place + 1)
    return weights, intercepts


def _sample(lime: Any, n: int, n_columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw lime's sample: the bin or category of each cell, and a value in it."""
    codes = np.empty((n, n_columns))
    for column in range(n_columns):
        codes[:, column] = lime.random_state.choice(
            lime.feature_values[column], size=n, replace=True, p=lime.feature_frequencies[column]
        )
    values = codes.copy()
    values[1:] = lime.discretizer.undiscretize(codes[1:])
    for column, lows in lime.discretizer.mins.items():
        bins = codes[:, column].astype(int)
        low, high = np.asarray(lows)[bins], np.asarray(lime.discretizer.maxs[column])[bins]
        values[:, column] = np.where(low == high, low, values[:, column])
    # The first place is the row's, whose own score stands there; any row's values will do.
    values[0] = values[1] if n > 1 else values[0]
    return codes, values


@dataclass(frozen=True, eq=False)
class _Table:
    """How one column goes to lime and comes back.

    ``values`` are what the codes of a category stand for; ``edges`` cut numbers into categories
    where some are missing. Both None: a column of numbers, as it is.
    """

    values: NDArray[Any] | None = None
    edges: NDArray[np.float64] | None = None

    @property
    def category(self) -> bool:
        return self.values is not None

    def coded(self, cells: NDArray[Any]) -> NDArray[np.float64]:
        if self.values is None:
            return np.asarray(cells, dtype=np.float64)
        if self.edges is not None:
            numbers = np.asarray(cells, dtype=np.float64)
            known = np.searchsorted(self.edges, numbers)
            return np.where(np.isnan(numbers), len(self.values) - 1, known).astype(np.float64)
        return np.searchsorted(self.values, _comparable(cells)).astype(np.float64)

    def decoded(self, codes: NDArray[np.float64]) -> NDArray[Any]:
        if self.values is None:
            return codes
        found: NDArray[Any] = self.values[codes.astype(np.int64)]
        return found.astype(object) if found.dtype.kind == "U" else found


def _table(others: NDArray[Any], explained: NDArray[Any]) -> _Table:
    cells = np.concatenate([_comparable(others), _comparable(explained)])
    if cells.dtype.kind == "U":
        return _Table(values=np.unique(cells))
    if not np.isnan(cells).any():
        distinct = np.unique(cells)
        return _Table(values=distinct) if len(np.unique(_comparable(others))) <= _FEW else _Table()
    known = cells[~np.isnan(cells)]
    if not len(known):
        return _Table(values=np.array([np.nan, np.nan]), edges=np.empty(0))
    edges = np.unique(np.quantile(known, (0.25, 0.5, 0.75)))
    bins = np.searchsorted(edges, known)
    middle = [np.median(known[bins == b]) if (bins == b).any() else edges[-1] for b in range(len(edges) + 1)]
    return _Table(values=np.array([*middle, np.nan]), edges=edges)


def _comparable(cells: NDArray[Any]) -> NDArray[Any]:
    cells = np.asarray(cells)
    if cells.dtype.kind in "OUS":
        return np.array(["" if cell is None else str(cell) for cell in cells.tolist()], dtype=str)
    return cells.astype(np.float64)
