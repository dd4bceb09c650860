"""Partial dependence and its single lines: a row's score as one of its columns is moved over a grid.

A single line is one row's score along the grid (ICE); the mean of the lines is the partial
dependence (PDP). Lines that are shifted to start at 0 (centred ICE) show what the mean hides: where
they part, the column's effect depends on the rest of the row. All points of an axis are scored in
one batch.

Limits: a line asks what the model says of a value, not what would happen to a person; and a moved
row may be one that nobody has (``extrapolation``).

Source: Friedman (2001), section 8.2, for the mean; Goldstein, Kapelner, Bleich and Pitkin, arXiv
1309.6392, for the lines and their centring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.axis import Axis
from audit.explain.population import FEWEST, Estimate, Population, scored_in_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

source = "Friedman (2001), section 8.2; Goldstein, Kapelner, Bleich and Pitkin (2015)"
LINES = 24  # single lines that are drawn
_CERTAIN = 0.01  # chance that one axis seems to differ by group and does not


@dataclass(frozen=True, eq=False)
class Dependence:
    """The lines of one axis: float64[n, points], one row a line."""

    axis: Axis
    lines: Floats

    @property
    def mean(self) -> Floats:
        """float64[points]: the partial dependence."""
        return np.asarray(self.lines.mean(axis=0))

    @property
    def extent(self) -> float:
        """From the lowest to the highest point of the mean, in the unit of the score."""
        return float(np.ptp(self.mean))

    @property
    def start(self) -> int:
        """Where lines are shifted to 0: the first point of a grid, or the most frequent level."""
        return 0 if self.axis.kind == "number" else int(np.argmax(self.axis.counts))

    @property
    def centred(self) -> Floats:
        """float64[n, points]: each line less its own score at ``start``."""
        return np.asarray(self.lines - self.lines[:, [self.start]])

    def at_points(self) -> list[Estimate]:
        """Return the mean at each point, with the standard error of a mean over rows."""
        n = len(self.lines)
        errors = self.lines.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(self.lines.shape[1])
        return [
            Estimate(mean, error) for mean, error in zip(self.mean.tolist(), errors.tolist(), strict=True)
        ]

    @property
    def spread(self) -> float:
        """How far lines part: the largest standard deviation of centred lines; 0 = all are parallel."""
        return float(self.centred.std(axis=0).max())

    @property
    def against(self) -> float:
        """Return the share of lines that end on the other side of their start than the mean does.

        Measured where the centred mean is furthest from 0; 0 where the mean does not move.
        """
        centred = self.centred
        furthest = int(np.argmax(np.abs(centred.mean(axis=0))))
        return float((np.sign(centred[:, furthest]) == -np.sign(centred[:, furthest].mean())).mean())


def dependence(population: Population, axis: Axis) -> Dependence:
    """Score every row at every point of an axis, in one batch."""
    n_points = len(axis.points)
    one = {column: np.repeat(cells[:1], n_points) for column, cells in population.rows.items()}
    moved = population.scorer.encode({**one, **dict(axis.settings)})
    owned = population.owned(axis.columns)

    def changed(some: slice) -> NDArray[Any]:
        rows = np.repeat(population.encoded[some][:, None, :], n_points, axis=1)
        rows[:, :, owned] = moved[:, owned]
        return rows

    return Dependence(axis, scored_in_blocks(population.scorer, len(population), n_points, changed))


def drawn_lines(found: Dependence, most: int = LINES, seed: int = 7) -> Floats:
    """Return some centred lines, float64[at most ``most``, points]; the same seed gives the same."""
    n = len(found.lines)
    if n <= most:
        return found.centred
    at = np.random.default_rng(seed).choice(n, size=most, replace=False)
    return np.asarray(found.centred[np.sort(at)])


@dataclass(frozen=True, eq=False)
class GroupCurve:
    """A group's mean of centred lines, and whether it differs from the rest by more than chance.

    ``gap`` is the difference from the mean of all other rows, at the point where it is largest.
    """

    attribute: str
    group: str
    n: int
    mean: Floats
    gap: float
    more_than_chance: bool


def by_group(population: Population, found: Dependence, min_group: int = FEWEST) -> list[GroupCurve]:
    """Compare each group's centred mean with that of all other rows, point by point.

    A gap is more than chance where it exceeds the normal quantile for one false alarm in a hundred
    axes, shared out over points and groups (Bonferroni).
    """
    from statistics import NormalDist

    members = list(population.members(min_group))
    n_points = len(found.axis.points)
    limit = NormalDist().inv_cdf(1 - _CERTAIN / (2 * max(1, len(members) * (n_points - 1))))
    curves = []
    for attribute, group, mine in members:
        if len(population) - mine.sum() < min_group:
            continue  # there is no rest to compare with
        inside, outside = found.centred[mine], found.centred[~mine]
        gaps = inside.mean(axis=0) - outside.mean(axis=0)
        errors = np.sqrt(_variance_of_mean(inside) + _variance_of_mean(outside))
        at = int(np.argmax(np.abs(gaps)))
        differs = np.abs(gaps) > np.maximum(limit * errors, _DUST * max(found.extent, 1e-300))
        curves.append(
            GroupCurve(
                attribute, group, int(mine.sum()), inside.mean(axis=0), float(gaps[at]), bool(differs.any())
            )
        )
    return curves


_DUST = 1e-6  # of the mean's extent: what float32 may make of equal lines


def _variance_of_mean(lines: Floats) -> Floats:
    return np.asarray(lines.var(axis=0, ddof=1) / len(lines))
