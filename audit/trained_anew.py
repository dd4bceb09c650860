"""Candidates that a user's function trains: with all factors, without some, and with weights.

Without one factor at a time; without several, first along a path that takes out, one after another, the
factor whose absence cost least accuracy for what it brought the groups together, then in subsets drawn by
the seed; and with weights that make outcome and group independent in training. One cutoff serves everybody
in every candidate: nobody is held to another line for what they are (12 CFR 1002.4(a)).

Why so, a budget: among many candidates the best looks better than it is. How many were trained is told
beside them, and all are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import host
from audit.errors import ModelError, UsageError
from audit.explain.pictures import label_of
from audit.fairness import alternatives
from audit.fairness.alternatives import Candidate, Judging
from audit.models import as_trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.behaviour import Look
    from audit.config import Config
    from audit.job import Values
    from audit.prepare import Ready

    Floats = NDArray[np.float64]

STRENGTHS = (0.5, 1.0)  # of reweighing
_PATH = 4  # factors at most that are taken out one after another


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Places of the decisions that are trained on, and of those that are measured."""

    training: NDArray[np.int64]
    measured: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """One model to train: without some factors, with some weights."""

    name: str
    kind: str
    without: tuple[str, ...] = ()
    weights: Floats | None = None


def trained_anew(
    ready: Ready,
    factors: Mapping[str, Sequence[str]],
    whole: Values,
    seen: Look,
    split: Split,
    judging: Judging,
    told: dict[str, Any],
) -> list[Candidate]:
    """Train on those who are not measured, and score those who are.

    Parameters
    ----------
    factors : factor -> its columns
    judging : who is measured, by which the path of factors is chosen
    told : gets the digest of the function, the walls around it, and which candidates failed and why

    Raises
    ------
    UsageError
        No outcome was observed, or all are alike.
    ModelError
        The function fails with all factors.
    """
    config = ready.config
    if seen.outcomes is None:
        raise UsageError(alternatives.NO_OUTCOME)
    known = split.training[np.isfinite(seen.outcomes[split.training])]
    bad = seen.outcomes[known] == 1
    if not len(known) or bad.all() or not bad.any():
        raise UsageError(alternatives.ONE_CLASS)
    rows, held = ({c: cells[at] for c, cells in whole.items()} for at in (known, split.measured))
    trainer = host.start(
        host.Order(
            path=str(config.fairness.retrain),
            folder=config.folder,
            trust=as_trust(config.fairness.trust),
            features=tuple(config.data.features),
            hidden=ready.hidden,
        )
    )
    try:
        told |= {"digest": trainer.model().digest, "walls": trainer.walls(), "failed": []}

        def trained(wish: _Wish) -> Candidate:
            gone = {column for factor in wish.without for column in factors[factor]}
            kept, of = ({c: v for c, v in one.items() if c not in gone} for one in (rows, held))
            weights = np.ones(len(known)) if wish.weights is None else wish.weights
            scores = trainer.retrained(kept, bad.astype(np.float64), weights, of, config.seed)
            return Candidate(wish.name, wish.kind, ready.sign * scores, wish.without)

        def tried(wishes: Iterable[_Wish]) -> list[Candidate]:
            found = []
            for wish in wishes:
                try:
                    found.append(trained(wish))
                except ModelError as error:  # what cannot do without a factor is no candidate
                    told["failed"].append({"name": wish.name, "cause": str(error)})
            return found

        first = trained(_Wish("trained anew", "retrained"))
        singles = tried(_without((factor,)) for factor in factors) if len(factors) > 1 else []
        several = _several(list(factors), order_of([first, *singles], judging), config)
        weighted = [
            _Wish(
                f"trained anew, {'weighted' if strength == 1 else 'half weighted'} by {attribute}",
                "weighted",
                weights=alternatives.reweighed(seen.groups[attribute][known].tolist(), bad, strength),
            )
            for attribute in config.protected
            for strength in STRENGTHS
        ]
        return [first, *singles, *tried(_without(one) for one in several), *tried(weighted)]
    finally:
        trainer.close()


def _without(factors: tuple[str, ...]) -> _Wish:
    names = [label_of(factor).lower() for factor in factors]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return _Wish(f"trained without {listed}", "without", factors)


def order_of(candidates: Sequence[Candidate], judging: Judging) -> tuple[str, ...]:
    """Return factors by what their absence brings the groups together, less the accuracy that it costs.

    Parameters
    ----------
    candidates : the first with all factors, each other without one

    Returns
    -------
    tuple of str
        The factor first whose absence raised the lowest ratio of all attributes most, measured against the
        fall of the AUC; ties by name.
    """
    if len(candidates) < 2:
        return ()
    rows = alternatives.measure(candidates, judging)["candidates"]

    def stands(row: Mapping[str, Any]) -> tuple[float, float]:
        worst = [one["worst"]["value"] for one in row["attributes"] if one["worst"] is not None]
        return min(1.0, *worst) if worst else 1.0, row["auc"]["value"] if row["auc"] else 0.5

    ratio, auc = stands(rows[0])
    gains = {row["factors"][0]: (stands(row)[0] - ratio) - (auc - stands(row)[1]) for row in rows[1:]}
    return tuple(sorted(gains, key=lambda factor: (-gains[factor], factor)))


def _several(factors: list[str], order: Sequence[str], config: Config) -> list[tuple[str, ...]]:
    """Return which factors are taken out together: along the path, then as drawn; each set once."""
    most = len(factors) - 1
    found = [tuple(order[:size]) for size in range(2, min(_PATH, most, len(order)) + 1)]
    known = {frozenset(one) for one in found}
    draw, wanted = np.random.default_rng([config.seed, len(factors)]), len(found) + config.fairness.subsets
    for _ in range(20 * config.fairness.subsets):  # a small dictionary has fewer subsets than are asked for
        if most < 2 or len(found) == wanted:
            break
        size = int(draw.integers(2, most + 1))
        one = tuple(factors[at] for at in np.sort(draw.choice(len(factors), size, replace=False)).tolist())
        if frozenset(one) not in known:
            known.add(frozenset(one))
            found.append(one)
    return found
