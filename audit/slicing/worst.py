"""The slices that fare worse than the rest, and how likely chance alone would have made them.

Every group of every column, and every two groups of two columns, is held against all rows outside it,
with Fisher's exact test on the counts. Among a thousand slices that do not differ, fifty differ at 5 %: so
each p-value is told as it is once the whole family is counted in. *Found* are those below 5 % by Holm,
which holds the chance of any false alarm in an audit at that level, whatever the slices share.

Why so, a p-value of 1 where a slice fares no worse than the rest: only worse slices are looked for. That
keeps every p-value at least as large as it must be, so the level holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.fairness.families import benjamini_hochberg, holm
from audit.fairness.fisher import fisher_p_value
from audit.fairness.intervals import ALPHA
from audit.fairness.two_rates import compare_rates
from audit.slicing.cuts import Cut
from audit.slicing.together import Together

Groups = tuple[tuple[str, str], ...]  # (column, group), one or two


@dataclass(frozen=True, slots=True)
class Tested:
    """A slice against the rest.

    Parameters
    ----------
    groups : of one column, or of two
    n, hit, rest, rest_hit : int
        Rows in and outside it, and how many were hit.
    p_value, holm, benjamini_hochberg : float
        Alone; and adjusted for the whole family.

    Examples
    --------
    Of 50 rows 20 were hit, and of the 100 others 20: ten more than at the others' rate.

    >>> Tested((("region", "north"),), n=50, hit=20, rest=100, rest_hit=20).excess
    10.0
    """

    groups: Groups
    n: int
    hit: int
    rest: int
    rest_hit: int
    p_value: float = 1.0
    holm: float = 1.0
    benjamini_hochberg: float = 1.0

    @property
    def found(self) -> bool:
        """Whether it fares worse by more than chance, the family counted in."""
        return self.holm < ALPHA

    @property
    def excess(self) -> float:
        """Return how many rows more were hit than at the rate of the rest."""
        return self.hit - self.n * self.rest_hit / self.rest

    def gap(self) -> tuple[float, float, float]:
        """Return its rate minus the rest's, and the ends of its 95 % interval (from the same test)."""
        two = compare_rates(self.hit, self.n, self.rest_hit, self.rest)
        return -two.difference, -two.difference_high, -two.difference_low


def search(counts: Together, cuts: Sequence[Cut], min_group: int) -> tuple[Tested, ...]:
    """Test every slice of one or two columns; the family is what comes back.

    Returns
    -------
    tuple of Tested
        The found ones first: those that lie in no other found slice before those that do, and of each the
        ones with the most people hit beyond the rest's rate at the top; then the others by p-value. Slices
        of fewer than ``min_group`` rows, or with fewer outside, are no part of it, nor is a slice of two
        columns that holds the same rows as one of its own groups.
    """
    family = list(_slices(counts, cuts, min_group))
    p_values = [
        fisher_p_value(one.hit, one.n, one.rest_hit, one.rest) if one.excess > 0 else 1.0 for one in family
    ]
    adjusted = zip(family, p_values, holm(p_values), benjamini_hochberg(p_values), strict=True)
    tested = [Tested(one.groups, one.n, one.hit, one.rest, one.rest_hit, *p) for one, *p in adjusted]
    alone = {one.groups for one in tested if one.found and len(one.groups) == 1}

    def place(one: Tested) -> tuple[int, float, float, Groups]:
        if not one.found:
            return 2, one.p_value, -one.excess, one.groups
        nested = len(one.groups) > 1 and any((each,) in alone for each in one.groups)
        return int(nested), -one.excess, one.p_value, one.groups

    return tuple(sorted(tested, key=place))


def _slices(counts: Together, cuts: Sequence[Cut], min_group: int) -> Iterator[Tested]:
    rows, hit = counts.rows.tolist(), counts.hit.tolist()
    for i, (column, group) in enumerate(counts.groups):
        for j in range(i, len(counts.groups)):
            other, second = counts.groups[j]
            n = rows[i][j]
            if n < min_group or counts.n - n < min_group:
                continue
            named: Groups = ((cuts[column].name, group),)
            if i != j:
                if column == other or n in (rows[i][i], rows[j][j]):
                    continue
                named = (*named, (cuts[other].name, second))
            yield Tested(named, n, hit[i][j], counts.n - n, counts.n_hit - hit[i][j])


def inside(one: Tested, found: Sequence[Tested]) -> tuple[Groups, ...]:
    """Return the found slices of one column that a slice of two lies in."""
    mine = set(one.groups)
    return tuple(
        other.groups for other in found if len(other.groups) < len(one.groups) and set(other.groups) <= mine
    )
