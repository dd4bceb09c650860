"""People of one kind together: how many of each group were decided upon and selected in each stratum.

A stratum is one combination of values of the named columns (segments, or controls). Everything that
compares like with like (Mantel-Haenszel, matched pairs, regression) reads these counts; nobody is held
against everybody else one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audit.fairness.groups import FAVOURABLE, CountTable, merge

MOST_CELLS = 200_000  # combinations of groups and values; past it the values are too fine to compare within

Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Counts by group and by further columns, or why there are none.

    Parameters
    ----------
    table : CountTable or None
        Its attributes are the protected ones and then ``columns``.
    columns : names of the further columns within ``table``
    prices : CountTable or None
        The same cells over favourable decisions, whose ``scores`` are the prices.
    cause : why there is no table
    """

    table: CountTable | None
    columns: tuple[str, ...] = ()
    prices: CountTable | None = None
    cause: str | None = None

    def capped(self) -> Strata:
        """Return it without its tables where they are too fine; which does not depend on partitions."""
        if self.table is None or len(self.table.cells) <= MOST_CELLS:
            return self
        cause = f"controls, segments and groups have more than {MOST_CELLS:,} combinations: state bands"
        return replace(self, table=None, prices=None, cause=cause)


def merge_strata(parts: Sequence[Strata]) -> Strata:
    """Merge partitions; their order and the way they were cut change nothing."""
    lost = next((part for part in parts if part.cause is not None), None)
    if lost is not None:
        return lost  # a part that is too fine makes the whole too fine, whichever it is
    tables = [part.table for part in parts if part.table is not None]
    if not tables:
        return parts[0]
    prices = [part.prices for part in parts if part.prices is not None]
    return Strata(merge(tables), parts[0].columns, merge(prices) if prices else None).capped()


def selected_by_stratum(
    table: CountTable, attribute: str, columns: Sequence[str]
) -> dict[str, dict[Stratum, tuple[int, int]]]:
    """Return group -> stratum -> (selected, decided upon); strata without anybody are left out."""
    of_group = table.attributes.index(attribute)
    places = [table.attributes.index(column) for column in columns]
    selected = table.counts[:, FAVOURABLE].sum(axis=1).tolist()
    decided = table.counts[:, :2].sum(axis=(1, 2)).tolist()
    found: dict[str, dict[Stratum, tuple[int, int]]] = {}
    for number, cell in enumerate(table.cells):
        if decided[number]:
            strata = found.setdefault(cell[of_group], {})
            stratum = tuple(cell[place] for place in places)
            x, n = strata.get(stratum, (0, 0))
            strata[stratum] = x + selected[number], n + decided[number]
    return found


def two_by_two(
    found: dict[str, dict[Stratum, tuple[int, int]]], group: str, reference: str
) -> dict[Stratum, tuple[int, int, int, int]]:
    """Return stratum -> (selected, n, reference selected, reference n), of strata where both are."""
    mine, base = found.get(group, {}), found.get(reference, {})
    return {stratum: (*mine[stratum], *base[stratum]) for stratum in sorted(mine.keys() & base.keys())}
