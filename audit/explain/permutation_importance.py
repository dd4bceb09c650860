"""Permutation importance: what is lost when a factor's values are dealt out anew among the rows.

All columns of a factor go together, from one other row, so that what belongs together (one-hot
parts, lags, flags) stays together inside the factor. Two measures: what the scores lose against
outcomes that were observed (AUC, log-loss), and, with or without outcomes, how far scores move and
how many decisions turn.

Limits: dealing out anew breaks the factor's tie to all other factors, so a model is asked about
people that do not exist; and of two factors that tell the same, each seems to matter little.

Source: Breiman (2001), section 10; Fisher, Rudin and Dominici, arXiv 1801.01489, for models of any
kind; DeLong, DeLong and Clarke-Pearson (1988) for the standard error of an AUC's loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.population import FEWEST, Estimate, Population
from audit.fairness.delong import placements

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

source = "Breiman (2001), section 10; Fisher, Rudin and Dominici (2019)"
REPEATS = 10
_SURE = 1e-7  # a probability nearer to 0 or 1 than float32 can tell is taken as that near


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Against what the rows are held; each part may be absent.

    Parameters
    ----------
    adverse : float64[n], 1 where the outcome was adverse, 0 where not, NaN where nobody knows
    cutoffs : float64[n], of each row
    adverse_high : whether high scores are adverse
    at_cutoff_adverse : what the cutoff itself stands for
    """

    adverse: Floats | None = None
    cutoffs: Floats | None = None
    adverse_high: bool = True
    at_cutoff_adverse: bool = True


@dataclass(frozen=True, slots=True)
class Importance:
    """What a factor does: each measure is an estimate, or absent with its cause in ``causes``.

    ``moved``: mean absolute change of a score; ``turned``: share of decisions that turn; ``auc``
    and ``log_loss``: what is lost, so 0 = the scores tell as much without the factor.
    """

    factor: str
    n: int
    measures: Mapping[str, Estimate] = field(default_factory=dict)
    causes: Mapping[str, str] = field(default_factory=dict)


def permuted_scores(population: Population, factor: str, repeats: int, seed: int) -> Floats:
    """Return float64[repeats, n]: scores with the factor's columns dealt out anew, ``repeats`` times."""
    n = len(population)
    place = list(population.factors).index(factor)
    generator = np.random.default_rng([seed, place])
    owned = population.owned(population.factors[factor])
    out = np.empty((repeats, n))
    for repeat in range(repeats):
        mixed = population.encoded.copy()
        mixed[:, owned] = population.encoded[generator.permutation(n)][:, owned]
        out[repeat] = population.scorer.score_encoded(mixed)
    return out


def permutation_importance(
    population: Population,
    judged: Judged,
    *,
    repeats: int = REPEATS,
    seed: int = 7,
    min_group: int = FEWEST,
) -> tuple[list[Importance], dict[tuple[str, str], list[Importance]]]:
    """Measure every factor, over all rows and by group.

    Parameters
    ----------
    repeats : at least 2, so that the noise of dealing is known
    min_group : rows below which a group is not told of

    Returns
    -------
    list of Importance, in the order of the factors; and the same by (attribute, group). Values are
    always dealt out among all rows, also for a group.
    """
    everybody: list[Importance] = []
    by_group: dict[tuple[str, str], list[Importance]] = {
        (attribute, group): [] for attribute, group, _ in population.members(min_group)
    }
    whole = np.ones(len(population), dtype=bool)
    for factor, columns in population.factors.items():
        cause = _too_few(len(population)) or population.unmoved(columns)
        changed = None if cause else permuted_scores(population, factor, repeats, seed)
        everybody.append(_measured(population, judged, factor, changed, whole, cause))
        for attribute, group, mine in population.members(min_group):
            by_group[attribute, group].append(_measured(population, judged, factor, changed, mine, cause))
    return everybody, by_group


def _too_few(n: int) -> str | None:
    return f"too few: n < {FEWEST}" if n < FEWEST else None


def _measured(
    population: Population,
    judged: Judged,
    factor: str,
    changed: Floats | None,
    mine: Flags,
    cause: str | None,
) -> Importance:
    n = int(mine.sum())
    if changed is None:
        return Importance(
            factor, n, causes=dict.fromkeys(("moved", "turned", "auc", "log_loss"), cause or "")
        )
    before, after = population.scores[mine], changed[:, mine]
    measures: dict[str, Estimate] = {"moved": _mean(np.abs(after - before))}
    causes: dict[str, str] = {}
    if judged.cutoffs is None or not np.isfinite(judged.cutoffs[mine]).all():
        causes["turned"] = "no cutoff is stated"
    else:
        lines = judged.cutoffs[mine]
        turned = _refused(after, lines, judged) != _refused(before, lines, judged)
        measures["turned"] = _mean(turned.astype(np.float64))
    for measure, loss in (("auc", auc_loss), ("log_loss", log_loss)):
        if judged.adverse is None or not np.isfinite(judged.adverse[mine]).any():
            causes[measure] = "what really happened was not observed"
            continue
        known = np.isfinite(judged.adverse[mine])
        found = loss(before[known], after[:, known], judged.adverse[mine][known] == 1, judged.adverse_high)
        if isinstance(found, str):
            causes[measure] = found
        else:
            measures[measure] = found
    return Importance(factor, n, measures, causes)


def _refused(scores: Floats, cutoffs: Floats, judged: Judged) -> Flags:
    past = scores - cutoffs if judged.adverse_high else cutoffs - scores
    return np.asarray(past >= 0 if judged.at_cutoff_adverse else past > 0, dtype=bool)


def _mean(values: Floats) -> Estimate:
    """Return the mean of float64[repeats, rows], with the noise of both."""
    _repeats, n = values.shape
    rows = values.mean(axis=0).var(ddof=1) / n if n > 1 else 0.0
    return Estimate(float(values.mean()), float(np.sqrt(rows + _dealing(values.mean(axis=1)))))


def _dealing(of_repeats: Floats) -> float:
    """Return the variance of a mean over repeats."""
    return float(of_repeats.var(ddof=1) / len(of_repeats)) if len(of_repeats) > 1 else 0.0


def log_loss(before: Floats, after: Floats, adverse: Flags, adverse_high: bool) -> Estimate | str:
    """Return how much the mean log-loss rises; a cause where the scores are no probabilities.

    Parameters
    ----------
    before, after : float64[n] and float64[repeats, n]
    """
    if min(before.min(), after.min()) < 0 or max(before.max(), after.max()) > 1:
        return "the scores are no probabilities: they leave 0 to 1"
    happened = adverse if adverse_high else ~adverse
    return _mean(_log_losses(after, happened) - _log_losses(before, happened))


def _log_losses(scores: Floats, happened: Flags) -> Floats:
    inside = np.clip(scores, _SURE, 1 - _SURE)
    return np.asarray(-np.log(np.where(happened, inside, 1 - inside)))


def auc_loss(before: Floats, after: Floats, adverse: Flags, adverse_high: bool) -> Estimate | str:
    """Return how far the AUC falls; a cause where one of the outcomes is too rare to order.

    Parameters
    ----------
    before, after : float64[n] and float64[repeats, n]
    """
    if min(adverse.sum(), (~adverse).sum()) < 2:
        return "fewer than two outcomes of one kind were observed"
    sign = 1.0 if adverse_high else -1.0
    first = placements(sign * before, adverse)
    others = [placements(sign * one, adverse) for one in after]
    lost = [first[side] - np.mean([one[side] for one in others], axis=0) for side in (0, 1)]
    rows = sum(side.var(ddof=1) / len(side) for side in lost)
    of_repeats = np.array([one[0].mean() for one in others])
    return Estimate(float(lost[0].mean()), float(np.sqrt(rows + _dealing(of_repeats))))
