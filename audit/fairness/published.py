"""Counts that may be shown outside: small cells are left out, and so is what would give them away.

A count below the least is suppressed. Where a total is published beside its parts, one missing part is its
difference to the total; so where suppressed parts could be told, further cells go with them until none can.

Source: the practice of statistical agencies, primary and complementary suppression: Willenborg and de Waal
(2001), Elements of Statistical Disclosure Control, chapter 8.
"""

from __future__ import annotations

from collections.abc import Mapping

LEAST = 10  # persons; many public bodies in the United States publish no cell of 1 to 10

Key = tuple[str, ...]


def suppressed(
    parts: Mapping[str, Mapping[Key, int]], least: int = LEAST, more: Mapping[str, Mapping[Key, int]] | None = None
) -> dict[str, frozenset[Key]]:
    """Return which cells of each table are not published.

    Parameters
    ----------
    parts : table -> cell -> persons
        A table is one attribute (cells of one name) or a crossing of attributes (cells of as many names).
        The grand total, and every table here, is taken as published.
    least : int > 0
        A cell of 1 to ``least`` - 1 persons is not published; a cell of 0 tells of nobody.
    more : table -> cell -> persons, optional
        Counts within the same cells, such as the selected: a cell is small too where fewer than ``least``,
        but somebody, stand on either side of it.

    Returns
    -------
    table -> cells
        In every row, column or total that is published, no suppressed cell stands alone.
    """
    hidden: dict[str, set[Key]] = {}
    for name, cells in parts.items():
        inner = (more or {}).get(name, {})
        hidden[name] = {
            cell
            for cell, n in cells.items()
            if _small(n, least)
            or (cell in inner and (_small(inner[cell], least) or _small(n - inner[cell], least)))
        }
    changed = True
    while changed:
        changed = False
        for name, cells in parts.items():
            for line in _lines(cells):
                alone = [cell for cell in line if cell in hidden[name]]
                shown = [cell for cell in line if cell not in hidden[name] and cells[cell] > 0]
                together = sum(cells[cell] for cell in alone)
                # Two small cells whose sum is small give themselves away almost as one does.
                if alone and shown and (len(alone) == 1 or together < least):
                    hidden[name].add(min(shown, key=lambda cell: (cells[cell], cell)))
                    changed = True
    return {name: frozenset(cells) for name, cells in hidden.items()}


def _small(n: int, least: int) -> bool:
    return 0 < n < least


def _lines(cells: Mapping[Key, int]) -> list[list[Key]]:
    """Return the rows whose sums are published: for one name all cells, else those that share the others."""
    width = len(next(iter(cells), ()))
    if width <= 1:
        return [sorted(cells)]
    found: dict[tuple[int, Key], list[Key]] = {}
    for cell in sorted(cells):
        for place in range(width):
            # Summed over one name, the cells that share all others make one published or derivable sum.
            found.setdefault((place, cell[:place] + cell[place + 1 :]), []).append(cell)
    return list(found.values())
