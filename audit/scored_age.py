"""Where age is scored lawfully: does it count against anybody of 62 or older? (R18)

A system that is sound by 12 CFR 1002.2(p) may score age, "provided that the age of an elderly applicant
is not assigned a negative factor or value"; comment 6(b)(2)-2 says how much that is: the same or more
points than the most favoured class of those who are not elderly. So each applicant of 62 or older is
scored once more with every younger age that occurs among the applicants, all else as it was, and may
not fare worse than with the best of these.

Why so, scored again: the contribution to a score is measured against a reference that holds people of
all ages, so it can lie on the right side of zero where a younger group still fares better.

Why so, single ages: bands are the audit's, and an average over a wide one would hide the favoured ages
in it. A band gives its name to what is found and no more.

Why so, several columns: what tells age (the number itself, parts of it, a copy) and what age alone
decides (its square, a flag for the retired) is moved together, as it stands together at a younger
applicant, so nobody is scored who is 30 in one column and 70 in the next. What depends on age beside
other things, as the years at work, stays.

Source: 12 CFR 1002.2(o) and (p), 1002.6(b)(2)(ii); comment 6(b)(2)-2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.config.protected import ELDERLY
from audit.errors import ModelError
from audit.job import AgeTried, take
from audit.measurements import NO_MODEL
from audit.record import Measurement

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from audit.config import ProtectedAttribute
    from audit.config.protected import Permitted
    from audit.host import Host
    from audit.job import Ages, Values
    from audit.record import Decision

AGES = 64  # of one band that are tried; of more, so many are taken evenly
_AT_ONCE = 1 << 16  # rows in one question
_SHARED = 3  # applicants of one age, on average, from which on it is seen what age decides
_BAND = "\x00band"  # no column of a file is called so


def bands_by_age(stated: ProtectedAttribute) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the bands below 62, and of those from 62 on."""
    starts = stated.bands or ()
    names = stated.band_names
    return (
        tuple(name for name, low in zip(names, starts, strict=True) if low < ELDERLY),
        tuple(name for name, low in zip(names, starts, strict=True) if low >= ELDERLY),
    )


@dataclass(slots=True)
class Younger:
    """Gathers the younger ages that occur, as the columns of a model have them.

    ``columns`` tell age; of all others, those that age alone decides are found on the way.
    """

    columns: tuple[str, ...]
    bands: tuple[str, ...]
    _n_rows: int = 0
    _ages: pl.DataFrame | None = None  # each age once: its band, what tells it, what it may decide

    def add(self, values: Values, groups: NDArray[Any]) -> None:
        """Take the model's columns of some rows, and the band of each."""
        import polars as pl

        before = [] if self._ages is None else [self._ages]
        names = [name for name in values if self._ages is None or name in self._ages.columns]
        some = pl.DataFrame({_BAND: pl.Series(groups.tolist(), dtype=pl.String)}).with_columns(
            pl.Series(name, values[name]) for name in names
        )
        every = pl.concat([*before, some.select(before[0].columns if before else some.columns)]).unique()
        others = [name for name in names if name not in self.columns]
        several = every.group_by(self.columns).agg(pl.col(name).n_unique() > 1 for name in others)
        decided = [name for name in others if not several[name].any()]
        self._ages = every.select(_BAND, *self.columns, *decided).unique()
        self._n_rows += len(some)

    def ages(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Return, by band, its different ages in the model's columns; at most ``AGES`` of each, evenly."""
        import numpy as np
        import polars as pl

        if self._ages is None:
            return {}
        # Where hardly two people are of one age, age decides everything and that shows nothing.
        shared = self._n_rows >= _SHARED * self._ages.n_unique(self.columns)
        moved = self._ages.columns[1:] if shared else list(self.columns)
        out = {}
        for band in self.bands:
            ordered = self._ages.filter(pl.col(_BAND) == band).select(moved).unique().sort(moved)
            if len(ordered):
                places = np.unique(np.linspace(0, len(ordered) - 1, min(AGES, len(ordered))).round())
                some = ordered[places.astype(np.int64).tolist()]
                out[band] = {column: some[column].to_numpy() for column in moved}
        return out


def tried(
    ages: Ages,
    host: Host | None,
    decisions: Sequence[Decision],
    positions: Sequence[int],
    groups: NDArray[Any],
    values: Values,
    *,
    sign: float,
    tolerance: float,
) -> AgeTried:
    """Score those of 62 or older with every younger age.

    Parameters
    ----------
    positions : which decisions are looked at
    groups : the age band of each decision
    values : the model's columns of all of them
    sign : 1 where high scores are adverse, else -1
    tolerance : what is closer than this is the same, in the unit of the score

    Returns
    -------
    AgeTried
        ``unknown`` names the positions that could not be tried, for want of a model or of anybody
        younger. ``worse`` names the positions that fare worse than with the best younger age.
    """
    import numpy as np

    elderly = [at for at in positions if groups[at] in ages.elderly]
    if host is None or not elderly or not ages.younger:
        return AgeTried(unknown=tuple(elderly))
    rows = take(values, elderly)
    own = sign * np.array([decisions[at].score for at in elderly], dtype=np.float64)
    best = np.full(len(elderly), np.inf)
    of_band = np.full(len(elderly), "", dtype=object)
    for band, cells in ages.younger.items():
        lowest = _lowest(host, rows, cells, sign)
        nearer = lowest < best
        best, of_band = np.where(nearer, lowest, best), np.where(nearer, band, of_band)
    apart = own - best
    worse = np.flatnonzero(apart > tolerance)
    return AgeTried(
        n=len(elderly),
        worse=tuple(elderly[at] for at in worse),
        favoured=Counter(of_band[worse].tolist()),
        most=float(apart[worse].max()) if len(worse) else 0.0,
    )


def _lowest(host: Host, rows: Values, cells: Mapping[str, NDArray[Any]], sign: float) -> NDArray[np.float64]:
    """Return the least adverse score of each row over the ages of one band."""
    import numpy as np

    n = len(next(iter(rows.values())))
    n_ages = len(next(iter(cells.values())))
    lowest = np.full(n, np.inf)
    at_once = max(1, _AT_ONCE // n)
    for start in range(0, n_ages, at_once):
        stop = min(start + at_once, n_ages)
        mixed = {column: np.tile(of, stop - start) for column, of in rows.items()}
        mixed |= {column: np.repeat(of[start:stop], n) for column, of in cells.items()}
        try:
            scores = host.score(mixed)
        except ModelError as error:
            fact = str(error).partition(": ")[2].partition(". ")[0]
            raise ModelError(
                f"model: it cannot score an applicant of {ELDERLY} or older at a younger age, which scored "
                f"age asks for ({fact}). Let it answer for every age that the data hold."
            ) from error
        lowest = np.minimum(lowest, (sign * scores.reshape(stop - start, n)).min(axis=0))
    return lowest


def of_scored_age(
    permitted: Permitted | None, ages: Ages | None, tried: Sequence[AgeTried], *, known: bool
) -> tuple[Measurement, ...]:
    """Measure whether age counts against anybody of 62 or older, where it is scored with leave (R18).

    Parameters
    ----------
    permitted : who says that age may be scored; None where nobody does
    ages : which inputs tell age; None where none does
    tried : what came of scoring those of 62 or older with younger ages, part by part
    known : whether a model was opened
    """
    measure = "elderly_age_negative"
    if permitted is None:
        return (Measurement(measure, state="not_applicable", cause=NO_LEAVE),)
    if not known:
        return (Measurement(measure, state="not_measured", cause=NO_MODEL),)
    if ages is None:
        return (Measurement(measure, state="not_applicable", cause="no input of the model tells age"),)
    n, untried = sum(one.n for one in tried), sum(len(one.unknown) for one in tried)
    if not n:
        cause = "no younger applicant is known whose age could stand in" if untried else NOBODY_ELDERLY
        return (Measurement(measure, state="not_measured", cause=cause),)
    worse = sum(len(one.worse) for one in tried)
    leave = f"by leave of {permitted.by}, {permitted.date}: {permitted.basis}"
    told = f"{', '.join(ages.columns)} scored {leave}"
    if worse:
        favoured: Counter[str] = Counter()
        for one in tried:
            favoured.update(one.favoured)
        bands = ", ".join(f"{band} {count}" for band, count in favoured.most_common())
        told += f"; most favoured: {bands}; by up to {max(one.most for one in tried):.3g}"
    return (Measurement(measure, float(worse), n=n, cause=told),)


NO_LEAVE = "nobody states that age is scored lawfully (protected.age.permitted)"
NOBODY_ELDERLY = "no applicant of 62 or older was explained"
