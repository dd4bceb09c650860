"""What another model would do: the shell that asks for other scores; ``fairness.alternatives`` measures them.

The model as it is, is asked once more with each factor held at the reference's middle, and with each
factor's values taken from reference applicants and the scores averaged. Where the user gives a function
that trains (``fairness.retrain``), it runs in a child process of its own behind the same walls, on about
two thirds of the decisions looked at; all candidates are then measured on the rest, which none was trained
on. What is found is evidence; nothing is applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import behaviour, gaps
from audit.data.decide import adverse_by_cutoff
from audit.data.estimated import ESTIMATED
from audit.errors import ModelError, UsageError
from audit.explain.pictures import label_of
from audit.fairness import alternatives, bisg, frontier
from audit.fairness.alternatives import Candidate, Judging
from audit.fairness.groups import merge
from audit.group_tests import references
from audit.record import Figure
from audit.trained_anew import Split, trained_anew

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.barrier import Barrier
    from audit.host import Host
    from audit.job import ScoredPartition, Values
    from audit.prepare import Ready

    Floats = NDArray[np.float64]

ROWS = 6000  # decisions that candidates are measured on
TRAINED_ROWS = 18_000  # at most so many are looked at where a function trains: two thirds of them train
AVERAGED = 8  # reference applicants whose values are taken
NAME, CUTOFFS = "alternatives", "cutoff_frontier"
_NO_MODEL = "no model was opened, so no factor can be changed"
_NO_FACTORS = "no factor of the dictionary has columns"
_NO_GROUPS = "no protected attribute is stated"
_NOBODY = "no decision has a score"


def ask(ready: Ready, scored: Sequence[ScoredPartition], chosen: Barrier) -> tuple[Figure, ...]:
    """Ask for other scores where ``fairness.also`` names alternatives; nothing for a batch."""
    config = ready.config
    if config.uncompared is not None or "alternatives" not in config.fairness.also:
        return ()
    return (_cutoffs(ready, scored), _alternatives(ready, scored, chosen))


def _cutoffs(ready: Ready, scored: Sequence[ScoredPartition]) -> Figure:
    config = ready.config
    stated = config.decision.cutoff
    if not config.protected:
        return Figure(CUTOFFS, "fair_lending", {"cause": _NO_GROUPS})
    body = frontier.cutoffs(
        merge(part.counts for part in scored),
        {name: one.reference for name, one in config.protected.items()},
        stated.value if stated is not None else None,
        adverse_high=config.decision.adverse_high,
        at_cutoff_adverse=config.decision.at_cutoff == "adverse",
        min_group=config.fairness.min_group,
    )
    return Figure(CUTOFFS, "fair_lending", body)


# --- candidates ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Asking:
    """The decisions that are looked at, and what asks about them."""

    ready: Ready
    chosen: Barrier
    host: Host
    rows: Values  # of those measured
    scores: Floats  # of them, positive toward refusal
    reference: Values
    factors: Mapping[str, Sequence[str]]

    def scored(self, rows: Values) -> Floats:
        return self.ready.sign * self.host.score(rows)


def _alternatives(ready: Ready, scored: Sequence[ScoredPartition], chosen: Barrier) -> Figure:
    config = ready.config
    cutoff = config.decision.cutoff.value if config.decision.cutoff is not None else None
    cause = None
    if ready.host is None:
        cause = _NO_MODEL
    elif not chosen.job.factors:
        cause = _NO_FACTORS
    elif not config.protected and config.fairness.bisg is None:
        cause = _NO_GROUPS
    elif cutoff is None:
        cause = frontier.NO_CUTOFF
    if cause is not None or ready.host is None or cutoff is None:
        return Figure(NAME, "fair_lending", {"cause": cause})
    trains = config.fairness.retrain is not None
    seen = behaviour.look(chosen.job, scored, TRAINED_ROWS if trains else ROWS)
    if not len(seen.order):
        return Figure(NAME, "fair_lending", {"cause": _NOBODY})
    whole = behaviour.read(chosen.job, seen)
    measured, training = _halves(len(seen.order), config.seed, trains)
    rows = _some(whole, measured)
    try:
        scores = ready.sign * ready.host.score(rows)
        asking = _Asking(ready, chosen, ready.host, rows, scores, _reference(chosen), chosen.job.factors)
        now = ~adverse_by_cutoff(config, ready.sign * scores, np.full(len(scores), cutoff))
        candidates = [Candidate("the model as it is", alternatives.NOW, scores, at=now)]
        candidates += _neutralised(asking)
    except (ModelError, UsageError) as error:
        return Figure(NAME, "fair_lending", {"cause": str(error)})
    judging = Judging(
        None if seen.outcomes is None else seen.outcomes[measured],
        _members(ready, scored, seen, measured),
        references(config) | _estimated_reference(ready),
        int(now.sum()),
        config.fairness.min_group,
    )
    trained: dict[str, Any] = {"function": config.fairness.retrain, "cause": None}
    if trains:
        split = Split(training, measured)
        try:
            candidates += trained_anew(ready, asking.factors, whole, seen, split, judging, trained)
        except (ModelError, UsageError) as error:
            trained["cause"] = str(error)
    body = alternatives.measure(candidates, judging)
    body |= {
        "n_trained": len(training),
        "averaged": AVERAGED,
        "cutoff": cutoff,
        "min_group": config.fairness.min_group,
        "retrained": trained if trains else None,
    }
    return Figure(NAME, "fair_lending", body)


def _halves(n: int, seed: int, trains: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return who is measured and who is trained on; rows stand by what they hold."""
    everybody = np.arange(n)
    if not trains:
        return everybody, everybody[:0]
    order = np.random.default_rng([seed, n]).permutation(n)
    third = min(ROWS, -(-n // 3))
    return np.sort(order[:third]), np.sort(order[third:])


def _some(values: Values, places: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {column: cells[places] for column, cells in values.items()}


def _reference(chosen: Barrier) -> Values:
    """Return the rows of the comparison group; of several, one after the other."""
    parts = [values for reference, values in chosen.by_cutoff.values() if reference.n]
    if not parts:
        raise UsageError("there was nobody to compare with, so no factor has a middle. Look at the reference")
    return {column: np.concatenate([one[column] for one in parts]) for column in parts[0]}


def _neutralised(asking: _Asking) -> Iterator[Candidate]:
    for factor, columns in asking.factors.items():
        label = label_of(factor).lower()
        held = {**asking.rows}
        for column in columns:
            held[column] = np.full(len(asking.scores), _middle(asking.reference[column]))
        yield Candidate(f"{label} held", "held", asking.scored(held), (factor,))
        total = np.zeros(len(asking.scores))
        places = np.linspace(0, len(asking.reference[columns[0]]) - 1, AVERAGED).round().astype(np.int64)
        for at in places.tolist():
            mixed = {**asking.rows}
            for column in columns:
                mixed[column] = np.full(len(asking.scores), asking.reference[column][at])
            total += asking.scored(mixed)
        yield Candidate(f"{label} averaged out", "averaged", total / len(places), (factor,))


def _middle(values: NDArray[Any]) -> Any:
    """Return the median of numbers, which occurs among them, or the commonest word; ties by name."""
    if values.dtype.kind in "fiub":
        known = np.sort(values[np.isfinite(values)])
        return known[(len(known) - 1) // 2] if len(known) else np.nan
    words, n = np.unique(values.astype(str), return_counts=True)
    return str(words[int(np.argmax(n))])


def _members(
    ready: Ready,
    scored: Sequence[ScoredPartition],
    seen: behaviour.Look,
    measured: NDArray[np.int64],
) -> dict[str, tuple[tuple[str, ...], Floats]]:
    found: dict[str, tuple[tuple[str, ...], Floats]] = {}
    for attribute, reference in references(ready.config).items():
        of = seen.groups[attribute][measured].astype(str)
        groups = tuple(sorted({reference, *of.tolist()}))
        found[attribute] = groups, np.stack([of == group for group in groups], axis=1).astype(float)
    weights = gaps.weights_of(scored)
    if weights is not None:
        known = np.nan_to_num(weights[behaviour.places_of(scored, seen)][measured], nan=0.0)
        found[ESTIMATED] = bisg.GROUPS, known
    return found


def _estimated_reference(ready: Ready) -> dict[str, str]:
    section = ready.config.fairness.bisg
    return {} if section is None else {ESTIMATED: section.reference}
