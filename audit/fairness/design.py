"""The matrix of a regression: group membership and the declared controls, one row a kind of people.

People who agree in group and controls are one row with a count, so a regression over a million people costs
what their distinct kinds cost, and gives the same coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.fairness.groups import FAVOURABLE, CountTable
from audit.fairness.tally import UNIT

MOST_LEVELS = 50  # of a control that is a category; more are a number, or too fine
UNKNOWN = "unknown"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """One group and its reference, ready to be fitted.

    Parameters
    ----------
    columns : names of the columns: ``group``, ``constant``, then the controls
    x : float64[k, columns]
    adverse, favourable : float64[k], people of each row by decision
    n_scored : float64[k]
    mean, spread : float64[k], of the scores of each row: mean, and sum of squares about it
    left_out : people whose value of a numeric control is not known
    """

    columns: tuple[str, ...]
    x: Floats
    adverse: Floats
    favourable: Floats
    n_scored: Floats
    mean: Floats
    spread: Floats
    left_out: int


def design(
    table: CountTable, attribute: str, group: str, reference: str, controls: Mapping[str, str]
) -> Design | str:
    """Return the design of a group and its reference, or why there is none.

    Parameters
    ----------
    controls : name of an attribute of ``table`` -> ``category`` or ``number``
        The values of a number are its texts in ``repr``; a category's most frequent level is the base.
    """
    cells = np.concatenate([table.cells_of(attribute, group), table.cells_of(attribute, reference)])
    values = {
        name: [table.cells[i][table.attributes.index(name)] for i in cells.tolist()] for name in controls
    }
    known = np.ones(len(cells), dtype=np.bool_)
    for name, kind in controls.items():
        if kind == "number":
            known &= np.array([value != UNKNOWN for value in values[name]], dtype=np.bool_)
    decided = table.counts[cells][:, :2].sum(axis=2).astype(np.float64)
    people = decided.sum(axis=1)
    left_out = int(people[~known].sum())
    known &= people > 0
    mine = np.isin(cells, table.cells_of(attribute, group))
    for who, its in ((group, mine), (reference, ~mine)):
        if not (known & its).any():
            return f"nobody of {who!r} was decided upon with known controls"
    names, built = ["group", "constant"], [mine[known].astype(np.float64), np.ones(int(known.sum()))]
    for name, kind in controls.items():
        kept = [value for value, use in zip(values[name], known.tolist(), strict=True) if use]
        if kind == "number":
            number = np.array([float(value) for value in kept])
            weight = people[known] / people[known].sum()
            middle = float((number * weight).sum())
            deviation = float(np.sqrt(((number - middle) ** 2 * weight).sum()))
            if deviation > 0:
                names.append(name)
                built.append((number - middle) / deviation)
            continue
        levels = _levels(kept, people[known])
        if len(levels) > MOST_LEVELS:
            shown = name.removeprefix("control: ")
            return f"control {shown!r} has {len(levels)} values: state its bands, or that it is a number"
        for level in levels[1:]:
            names.append(f"{name} = {level}")
            built.append(np.array([value == level for value in kept], dtype=np.float64))
    x, columns = np.stack(built, axis=1), tuple(names)
    kept_columns = _independent(x)
    if kept_columns is None:
        return "the controls tell who belongs to the group: nothing is left to compare"
    n, mean, spread = _scores(table, cells[known].tolist())
    return Design(
        tuple(columns[i] for i in kept_columns),
        x[:, kept_columns],
        decided[known, 0],
        decided[known, FAVOURABLE],
        n,
        mean,
        spread,
        left_out,
    )


def _levels(values: Sequence[str], people: Floats) -> list[str]:
    counted: dict[str, float] = {}
    for value, n in zip(values, people.tolist(), strict=True):
        counted[value] = counted.get(value, 0.0) + n
    return sorted(counted, key=lambda value: (-counted[value], value))


def _independent(x: Floats) -> list[int] | None:
    """Return the columns that say something new, the group's first; None where controls tell the group."""
    r: Floats = np.asarray(np.linalg.qr(x, mode="r"))  # as few rows as columns, with the same ranks
    if np.linalg.matrix_rank(r) == np.linalg.matrix_rank(r[:, 1:]):
        return None
    kept: list[int] = [0]
    for column in range(1, x.shape[1]):
        if np.linalg.matrix_rank(r[:, [*kept, column]]) == len(kept) + 1:
            kept.append(column)
    return kept


def _scores(table: CountTable, cells: list[int]) -> tuple[Floats, Floats, Floats]:
    n = np.array([table.n_scored[i] for i in cells], dtype=np.float64)
    mean, spread = np.zeros(len(cells)), np.zeros(len(cells))
    for row, cell in enumerate(cells):
        if table.n_scored[cell]:
            average = UNIT * table.score_sum[cell] / table.n_scored[cell]
            mean[row] = float(average)
            # Exact before it is rounded: a difference of two large sums would lose every digit.
            spread[row] = float(UNIT * table.square_sum[cell] - table.n_scored[cell] * average**2)
    return n, mean, spread
