"""What is left out of a published table cannot be told from what is left."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from audit.fairness.published import LEAST, suppressed

CROSSED = st.integers(2, 4).flatmap(
    lambda rows: st.integers(2, 4).flatmap(
        lambda columns: st.lists(st.integers(0, 40), min_size=rows * columns, max_size=rows * columns).map(
            lambda cells: np.array(cells).reshape(rows, columns)
        )
    )
)


def tables_of(grid):
    """Return the crossing and both of its margins."""
    rows, columns = grid.shape
    return {
        ("sex",): {(f"s{i}",): int(grid[i].sum()) for i in range(rows)},
        ("age",): {(f"a{j}",): int(grid[:, j].sum()) for j in range(columns)},
        ("sex", "age"): {(f"s{i}", f"a{j}"): int(grid[i, j]) for i in range(rows) for j in range(columns)},
    }


def possible(tables, hidden, wanted):
    """Return least and most that an outsider can conclude of a cell of the crossing, by a linear program."""
    cells = sorted(tables["sex", "age"])
    place = {cell: i for i, cell in enumerate(cells)}
    rows, totals = [np.ones(len(cells))], [sum(tables["sex", "age"].values())]
    for cell in cells:
        if cell not in hidden["sex", "age"]:
            row = np.zeros(len(cells))
            row[place[cell]] = 1
            rows.append(row)
            totals.append(tables["sex", "age"][cell])
    for at, name in enumerate(("sex", "age")):
        for (group,), n in tables[(name,)].items():
            if (group,) not in hidden[(name,)]:
                rows.append(np.array([float(cell[at] == group) for cell in cells]))
                totals.append(n)
    goal = np.zeros(len(cells))
    goal[place[wanted]] = 1
    ends = [linprog(sign * goal, A_eq=np.array(rows), b_eq=totals).fun for sign in (1, -1)]
    return ends[0], -ends[1]


@settings(max_examples=60, deadline=None)
@given(CROSSED)
def test_no_small_cell_can_be_told_from_the_rest(grid) -> None:
    """Whoever adds and subtracts all that is published is left with a range for every small cell."""
    tables = tables_of(grid)
    hidden = suppressed(tables)
    for cell, n in tables["sex", "age"].items():
        if 0 < n < LEAST and len(hidden["sex", "age"]) > 1:
            assert cell in hidden["sex", "age"]
            low, high = possible(tables, hidden, cell)
            assert high - low > 0.5, (tables, hidden)


@given(CROSSED)
def test_what_is_large_in_a_large_table_stays(grid) -> None:
    """Where no cell is small nothing is left out, and zeros are published."""
    grid = np.where(grid > 0, grid + LEAST, 0)
    assert not any(suppressed(tables_of(grid)).values())


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    """A single missing group would be its total minus the others."""
    tables = {("g",): {("a",): 500, ("b",): 40, ("c",): 7, ("d",): 90}}
    assert suppressed(tables) == {("g",): {("c",), ("b",)}}


def test_few_selected_or_few_refused_are_small_too() -> None:
    """Of fifty people of whom two were selected, the rate would tell of two."""
    tables = {("g",): {("a",): 500, ("b",): 50, ("c",): 60}}
    hidden = suppressed(tables, inside={("g",): {("a",): 200, ("b",): 2, ("c",): 57}})
    assert hidden == {("g",): {("b",), ("c",)}}
    none = suppressed(tables, inside={("g",): {("a",): 200, ("b",): 0, ("c",): 60}})
    assert not none[("g",)]
