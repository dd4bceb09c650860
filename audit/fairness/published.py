"""Counts that may be shown outside: small cells are left out, and so is what would give them away.

A count below the least is suppressed. Where a total is published beside its parts, one missing part is its
difference to the total; so further cells go with it until no sum of what is published tells it.

Source: the practice of statistical agencies, primary and complementary suppression: Willenborg and de Waal
(2001), Elements of Statistical Disclosure Control, chapter 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

LEAST = 10  # persons; many public bodies in the United States publish no cell of 1 to 10
TOLD = 1e-9

Key = tuple[str, ...]
Cell = tuple[Key, Key]  # (names of the attributes, names of the groups)
Sum = tuple[list[Cell], Cell | None]  # cells that add up to another cell; None: to the total


def suppressed(
    tables: Mapping[Key, Mapping[Key, int]],
    least: int = LEAST,
    inside: Mapping[Key, Mapping[Key, int]] | None = None,
) -> dict[Key, frozenset[Key]]:
    """Return which cells of each table are not published.

    Parameters
    ----------
    tables : attributes -> groups -> persons
        ``("sex",)`` is a table by itself, ``("sex", "age")`` a crossing. The grand total is published too.
    least : int > 1
        A cell of 1 to ``least`` - 1 persons is not published; a cell of 0 tells of nobody.
    inside : attributes -> groups -> persons, optional
        Counts within the same cells, such as the selected: a cell is small too where fewer than ``least``,
        but somebody, stand on either side of it.

    Returns
    -------
    attributes -> groups
        No suppressed cell follows from sums of what is published, and in every sum the suppressed cells
        hold at least ``least`` persons together.
    """
    counts = {(names, cell): n for names, cells in tables.items() for cell, n in cells.items()}
    hidden = {cell for cell, n in counts.items() if _is_small(cell, n, inside or {}, least)}
    small = frozenset(hidden)
    sums = _sums(tables)
    while (further := _given_away(hidden, small, sums, counts, least)) is not None:
        hidden.add(further)
    return {
        names: frozenset(cell for cell in cells if (names, cell) in hidden) for names, cells in tables.items()
    }


def _is_small(cell: Cell, n: int, inside: Mapping[Key, Mapping[Key, int]], least: int) -> bool:
    selected = inside.get(cell[0], {}).get(cell[1])
    sides = (n,) if selected is None else (n, selected, n - selected)
    return any(0 < side < least for side in sides)


def _sums(tables: Mapping[Key, Mapping[Key, int]]) -> list[Sum]:
    """Return which cells add up to which: every table to the total, every crossing to each coarser table."""
    found: list[Sum] = []
    for names, cells in tables.items():
        found.append(([(names, cell) for cell in sorted(cells)], None))
        for coarser in tables:
            if not set(coarser) < set(names):
                continue
            places = [names.index(name) for name in coarser]
            parts: dict[Key, list[Cell]] = {}
            for cell in sorted(cells):
                parts.setdefault(tuple(cell[place] for place in places), []).append((names, cell))
            found += [(its, (coarser, whole)) for whole, its in parts.items()]
    return found


def _given_away(
    hidden: set[Cell], small: frozenset[Cell], sums: Sequence[Sum], counts: Mapping[Cell, int], least: int
) -> Cell | None:
    """Return the cell that must go next; None where nothing small follows from what is published."""
    for parts, whole in sums:
        gone = [cell for cell in parts if cell in hidden]
        told = whole is None or whole not in hidden
        if gone and told and (len(gone) == 1 or sum(counts[cell] for cell in gone) < least):
            further = _smallest(parts, hidden, counts)
            if further is not None:
                return further
    order = sorted(hidden)
    place = {cell: i for i, cell in enumerate(order)}
    rows = []
    for parts, whole in sums:
        row = np.zeros(len(order))
        for cell in parts:
            if cell in hidden:
                row[place[cell]] = 1.0
        if whole in hidden:
            row[place[whole]] = -1.0
        if row.any():
            rows.append(row)
    if not rows:
        return None
    _, values, directions = np.linalg.svd(np.stack(rows))
    rank = int((values > TOLD).sum())
    free = np.abs(directions[rank:]).max(axis=0, initial=0.0) > TOLD  # whether a cell may be otherwise
    for cell in order:
        if cell in small and not free[place[cell]]:
            for parts, whole in sums:
                if cell in parts or cell == whole:
                    further = _smallest([*parts, whole] if whole else parts, hidden, counts)
                    if further is not None:
                        return further
    return None


def _smallest(parts: Sequence[Cell], hidden: set[Cell], counts: Mapping[Cell, int]) -> Cell | None:
    shown = [cell for cell in parts if cell not in hidden and counts[cell] > 0]
    return min(shown, key=lambda cell: (counts[cell], cell), default=None)
