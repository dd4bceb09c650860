"""How far one population has moved from another: the population stability index (PSI). Pure.

PSI = the sum over bins of (q - p) ln(q / p), with p the share of the bin in the earlier population
and q in the later one. Numbers are cut at the tenths of the earlier population, missing values are
a bin of their own, words are a bin each. Half a case is added to every bin, so that an empty one
has a share.

Why so: with no change at all, PSI is about (bins - 1) (1/n + 1/m), which for a few hundred rows is
as large as the drift that people look for. So that number stands beside each PSI.

The readings 0.1 and 0.25 are a convention of scorecard builders and no law (Siddiqi, "Credit Risk
Scorecards", 2006).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10
MOST_WORDS = 50
SOME, MUCH = 0.1, 0.25

Cell = float | str | None


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a column moved.

    ``by_chance`` is the mean PSI of two samples of these sizes from one population; ``psi`` is None
    where one side has no rows.
    """

    n: int
    m: int
    bins: int
    psi: float | None
    by_chance: float | None

    @property
    def reading(self) -> str:
        """Return little, some or much; ``not told`` where chance alone gives as much as is called some."""
        if self.psi is None or self.by_chance is None:
            return "not measured"
        if self.psi < SOME:
            return "little"
        if self.by_chance >= SOME and self.psi < 3 * self.by_chance:
            return "not told: too few rows"
        return "some" if self.psi < MUCH else "much"


def drift(then: Sequence[Cell], now: Sequence[Cell]) -> Drift:
    """Return how far a column moved; None is a missing value.

    >>> drift([1.0, 2.0] * 500, [1.0, 2.0] * 500).psi
    0.0
    """
    if not len(then) or not len(now):
        return Drift(len(then), len(now), 0, None, None)
    words = any(isinstance(cell, str) for cell in (*then, *now))
    if not words:
        return _drift(*_numbers(then, now))
    one, other = (Counter("" if cell is None else str(cell) for cell in cells) for cells in (then, now))
    return drift_of_counts(one, other)


def drift_of_counts(then: Mapping[str, int], now: Mapping[str, int]) -> Drift:
    """Return how far words moved that were counted already, each a bin.

    >>> drift_of_counts({"a": 50, "b": 50}, {"a": 50, "b": 50}).psi
    0.0
    """
    n, m = sum(then.values()), sum(now.values())
    return _drift(*_words(Counter(then), Counter(now))) if n and m else Drift(n, m, 0, None, None)


def _drift(p: np.ndarray, q: np.ndarray) -> Drift:
    bins, n, m = len(p), round(float(p.sum())), round(float(q.sum()))
    share_p, share_q = ((of + 0.5) / (of.sum() + 0.5 * bins) for of in (p, q))
    psi = float(((share_q - share_p) * np.log(share_q / share_p)).sum())
    return Drift(n, m, bins, psi, (bins - 1) * (1 / n + 1 / m))


def _words(one: Counter[str], other: Counter[str]) -> tuple[np.ndarray, np.ndarray]:
    # The rarest of too many words share a bin.
    known = sorted({*one, *other}, key=lambda word: (-(one[word] + other[word]), word))
    kept = known[:MOST_WORDS]
    counts = [np.array([of[word] for word in kept], dtype=np.float64) for of in (one, other)]
    if len(known) > len(kept):
        rest = [
            float(sum(of.values())) - counted.sum() for of, counted in zip((one, other), counts, strict=True)
        ]
        counts = [np.append(counted, more) for counted, more in zip(counts, rest, strict=True)]
    return counts[0], counts[1]


def _numbers(then: Sequence[Cell], now: Sequence[Cell]) -> tuple[np.ndarray, np.ndarray]:
    one, other = (np.array([np.nan if c is None else float(c) for c in cells]) for cells in (then, now))
    known = one[np.isfinite(one)]
    if len(np.unique(known)) <= BINS:  # each value stands for itself; what is new has the bin between
        values = np.unique(known)
        edges = np.unique(np.concatenate([values, np.nextafter(values, np.inf)]))
    else:
        cut = np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf")
        edges = np.nextafter(np.unique(cut), np.inf)  # a value belongs to the bin that it ends
    counts = []
    for cells in (one, other):
        finite = cells[np.isfinite(cells)]
        inside = np.bincount(np.searchsorted(edges, finite, side="right"), minlength=len(edges) + 1)
        counts.append(np.append(inside, len(cells) - len(finite)).astype(np.float64))
    filled = (counts[0] + counts[1]) > 0  # a bin that nobody is in on either side says nothing
    return counts[0][filled], counts[1][filled]
