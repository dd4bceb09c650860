"""Whether explanations hold: the model is asked once more, on a bounded sample of refusals.

Three questions, each answered by a figure: would the same reasons come out again (``stability``), are
the printed reasons what moved the score (``faithfulness``), and are they similar to those of the
methods that Regulation B names (``named_methods``). Everything that is asked goes to the host; what
comes back is counted by the pure functions of ``audit.explain``.

Why so, the sample: whom it holds depends on the ids of decisions and the seed alone, so no order of
rows, no cut into partitions and no other decision changes who is in it. It costs about a tenth of
what explaining costs (``explain.sample`` refusals explained three times; 500 by factor points, which
ask one coalition a factor and not all).
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import barrier, measurements, worker
from audit.data.decide import adverse_by_cutoff
from audit.errors import ModelError, UsageError
from audit.explain import faithfulness, named_methods, stability
from audit.explain.joining import joined, taken
from audit.job import NOBODY_TO_COMPARE, by_reference, take
from audit.reasons import rank_scored
from audit.record import Attributions, Decision, Figure

if TYPE_CHECKING:
    from audit.barrier import Barrier
    from audit.host import Host
    from audit.job import ExplainedPartition, References, ScoredPartition, Values
    from audit.prepare import Ready

SEEDS = 2  # further seeds, where orders are drawn
DRAWS = 2  # references drawn anew
MIXES = 1 << 19  # rows that putting reasons right may score
_AT_ONCE = 1 << 16  # of them in one question
_EXACT_AGAIN = 10  # refusals asked again with another seed where nothing is drawn
_POINTS = "factor_points"
_NO_SAMPLE = "explain.sample is 0: no refusal was looked at again"
_NOT_EXPLAINED = "no refusal by score was explained"
_VENDORS = "the reasons are a vendor's, whose method cannot be asked again"
_REFUSALS_ALONE = "a batch holds refusals alone, so there is no such average in it"


@dataclass(frozen=True, slots=True, eq=False)
class Declined:
    """Declined cases, what was said of each, and what the model saw of them."""

    decisions: tuple[Decision, ...]
    quoted: Attributions
    values: Values

    def some(self, places: Sequence[int]) -> Declined:
        """Return some of the cases."""
        return Declined(
            tuple(self.decisions[at] for at in places),
            taken(self.quoted, places),
            take(self.values, places),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """What every question needs to know."""

    ready: Ready
    host: Host
    chosen: Barrier

    @property
    def tolerance(self) -> float:
        """What is closer than this is a tie, in the unit of the score."""
        return worker.TOLERANCE * self.chosen.scale

    def said(
        self, method: str, cases: Declined, references: References, **more: Any
    ) -> tuple[Attributions, list[int]]:
        """Return what a method says of all cases that have a reference, and which they are."""
        options = worker.options_of(self.chosen.job, method, self.chosen.scale) | more
        parts: list[Attributions] = []
        order: list[int] = []
        for values, places in self.by_reference(cases, references):
            rows = take(cases.values, places)
            parts.append(self.host.attribute(method, rows, values, self.chosen.job.factors, options))
            order += places
        if not parts:
            raise UsageError(NOBODY_TO_COMPARE)
        back = sorted(range(len(order)), key=order.__getitem__)
        return taken(joined(parts), back), [order[at] for at in back]

    def by_reference(self, cases: Declined, references: References) -> Iterator[tuple[Values, list[int]]]:
        """Yield each reference that has rows, with the cases that it serves."""
        return by_reference(cases.decisions, range(len(cases.decisions)), references)

    def told(self, said: Attributions) -> list[list[str]]:
        """Return the factors that would be told of each case, in order."""
        reasons = self.ready.config.explain.reasons
        codes = {code.factor: code for code in self.chosen.job.codes}
        found = []
        for row in (self.ready.sign * said.values).tolist():
            contributions = dict(zip(said.factors, row, strict=True))
            ranked, _ = rank_scored(contributions, codes, floor=reasons.floor, tolerance=self.tolerance)
            found.append(list(ranked[: reasons.at_most]))
        return found


def ask(
    ready: Ready,
    scored: Sequence[ScoredPartition],
    explained: Sequence[ExplainedPartition],
    chosen: Barrier,
) -> tuple[Figure, ...]:
    """Ask whether the explanations of a run hold.

    Returns
    -------
    The figures ``stability``, ``faithfulness`` and ``named_methods``; ``{"cause"}`` where not measured.
    """
    sample = ready.config.explain.sample
    n, cases = _declined(ready, explained, max(sample, named_methods.ASKED))
    if ready.host is None or cases is None:
        cause = measurements.NO_MODEL if ready.host is None else _why_none(explained)
        return tuple(_cause(name, cause) for name in measurements.OF_SOUNDNESS)
    asking = Asking(ready, ready.host, chosen)
    looked_at = cases.some(range(min(sample, len(cases.decisions))))
    of_points = cases.some(range(min(named_methods.ASKED, len(cases.decisions))))
    if not sample:
        again = tuple(_cause(name, _NO_SAMPLE) for name in ("stability", "faithfulness"))
    elif ready.config.reasons_given is not None:
        again = (_cause("stability", _VENDORS), _faithfulness(asking, looked_at))
    else:
        again = (
            *_stability(asking, looked_at, scored),
            _faithfulness(asking, looked_at),
        )
    return (*again, named_methods.figure(n, list(_named(asking, scored, of_points))))


def _declined(
    ready: Ready, explained: Sequence[ExplainedPartition], at_most: int
) -> tuple[int, Declined | None]:
    """Return how many cases a score declined, and those of them that are looked at, in a fixed order."""
    everyone = [
        (part, i, part.decisions[at])
        for part in explained
        if worker.QUOTED in part.blocks
        for i, at in enumerate(part.blocks[worker.QUOTED].rows)
        if part.decisions[at].outcome == "adverse" and part.decisions[at].stage in ("score", "gray_band")
    ]
    drawn = heapq.nsmallest(at_most, everyone, key=lambda one: _drawn_by(ready.config.seed, one[2].decision))
    if not drawn:
        return 0, None
    place = {id(part): number for number, part in enumerate(explained)}
    order = sorted(range(len(drawn)), key=lambda at: (place[id(drawn[at][0])], drawn[at][1]))
    back = sorted(range(len(order)), key=order.__getitem__)
    attributions, values = [], []
    for part in explained:
        mine = [drawn[at][1] for at in order if drawn[at][0] is part]
        if mine:
            attributions.append(taken(part.blocks[worker.QUOTED].attributions, mine))
            values.append(take(part.values, mine))
    columns = {column: np.concatenate([one[column] for one in values]) for column in values[0]}
    decisions = tuple(drawn[at][2] for at in order)
    return len(everyone), Declined(decisions, joined(attributions), columns).some(back)


def _drawn_by(seed: int, decision: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{decision}".encode()).digest()


def _why_none(explained: Sequence[ExplainedPartition]) -> str:
    refused = any(one.outcome == "adverse" for part in explained for one in part.decisions)
    return _NOT_EXPLAINED if refused else measurements.NO_REFUSAL


# --- would the same reasons come out again -------------------------------------------------------


def _over_seeds(asking: Asking, cases: Declined) -> dict[str, Any]:
    exact = bool(cases.quoted.details.get("exact"))
    settled = [at for at in range(len(cases.decisions)) if cases.quoted.certified[at] != "false"]
    some = cases.some(settled[:_EXACT_AGAIN] if exact else settled)
    if not some.decisions:
        return {"cause": "no order of reasons was settled, so none of them is told"}
    seed = asking.ready.config.seed
    draws, apart = [], 0.0
    try:
        for further in range(1, 2 if exact else SEEDS + 1):
            said, _ = asking.said(worker.QUOTED, some, asking.chosen.by_cutoff, seed=seed + further)
            draws.append(asking.told(said))
            apart = max(apart, float(np.abs(said.values - some.quoted.values).max()))
    except (UsageError, ModelError) as error:
        return {"cause": str(error)}
    return {"exact": exact, "max_difference": apart, **stability.alike(asking.told(some.quoted), draws)}


def _stability(asking: Asking, cases: Declined, scored: Sequence[ScoredPartition]) -> Iterator[Figure]:
    """Yield how stable reasons are, over all looked at and by group; a batch tells of no group."""
    config = asking.ready.config
    draws = _references_drawn_anew(asking, cases)
    told = asking.told(cases.quoted)
    over = {"cause": draws} if isinstance(draws, str) else stability.alike(told, draws)
    yield stability.figure(_over_seeds(asking, cases), over)
    if isinstance(draws, str) or config.uncompared is not None or not config.protected:
        return
    place = {one.decision: (part, at) for part in scored for at, one in enumerate(part.decisions)}
    mine = [place[one.decision] for one in cases.decisions]
    groups = {name: [str(part.groups[name][at]) for part, at in mine] for name in config.protected}
    yield stability.by_group(told, draws, groups, config.fairness.min_group)


def _references_drawn_anew(asking: Asking, cases: Declined) -> list[list[list[str]]] | str:
    """Return what would be told against each reference drawn anew, or why nothing would."""
    seed = asking.ready.config.seed
    draws = []
    try:
        for draw in range(1, DRAWS + 1):
            anew = {
                cutoff: (reference, take(values, _redrawn(values, seed + draw)))
                for cutoff, (reference, values) in asking.chosen.by_cutoff.items()
                if reference.n
            }
            said, _ = asking.said(worker.QUOTED, cases, anew)
            draws.append(asking.told(said))
    except (UsageError, ModelError) as error:
        return str(error)
    return draws


def _redrawn(values: Values, seed: int) -> list[int]:
    found: list[int] = stability.redrawn(_n_rows(values), seed).tolist()
    return found


# --- are the printed reasons what moved the score ------------------------------------------------


def _faithfulness(asking: Asking, cases: Declined) -> Figure:
    factors = asking.chosen.job.factors
    sign = asking.ready.sign
    trials = []
    for one, row in zip(cases.decisions, (sign * cases.quoted.values).tolist(), strict=True):
        reasons = _reasons(one, factors)
        printed = {factor for reason in reasons for factor in reason}
        ranked = sorted(zip(row, cases.quoted.factors, strict=True), key=lambda each: (-each[0], each[1]))
        trials.append(faithfulness.trial(reasons, [f for _, f in ranked if f not in printed]))
    n_sets = sum(len(one.sets) for one in trials)
    tried: list[faithfulness.Tried] = []
    reference_n = 0
    try:
        for values, places in asking.by_reference(cases, asking.chosen.by_cutoff):
            some = take(values, _spread(_n_rows(values), max(1, MIXES // max(1, n_sets))))
            reference_n = max(reference_n, _n_rows(some))
            aim = float(asking.host.score(some).mean())
            mine = [trials[at] for at in places]
            means = _means(asking, take(cases.values, places), some, mine)
            for at, each, found in zip(places, mine, means, strict=True):
                tried.append(
                    faithfulness.Tried(
                        each,
                        float(cases.quoted.output[at]),
                        aim,
                        found,
                        _turned(asking, cases.decisions[at], float(cases.quoted.output[at]), found),
                    )
                )
    except (UsageError, ModelError) as error:
        return _cause("faithfulness", str(error))
    return faithfulness.figure(tried, sign=sign, tolerance=asking.tolerance, reference_n=reference_n)


def _reasons(decision: Decision, factors: Collection[str]) -> list[list[str]]:
    """Return the factors of each reason that the score gave, in the order of ranks."""
    found = [
        [factor for factor in (reason.factor, *reason.merged) if factor in factors]
        for reason in decision.reasons
        if reason.component == "score"
    ]
    return [reason for reason in found if reason]


def _means(
    asking: Asking, rows: Values, reference: Values, trials: Sequence[faithfulness.Trial]
) -> list[dict[frozenset[str], float]]:
    """Return the mean score of each set of factors put right, trial by trial."""
    wanted = [(place, those) for place, one in enumerate(trials) for those in one.sets]
    found: list[dict[frozenset[str], float]] = [{} for _ in trials]
    n = _n_rows(reference)
    at_once = max(1, _AT_ONCE // n)
    for start in range(0, len(wanted), at_once):
        some = wanted[start : start + at_once]
        mixed = faithfulness.mixed(rows, reference, some, asking.chosen.job.factors)
        scores = asking.host.score(mixed).reshape(len(some), n)
        for (place, those), of_set in zip(some, scores, strict=True):
            found[place][those] = float(of_set.mean())
    return found


def _turned(
    asking: Asking, decision: Decision, score: float, means: Mapping[frozenset[str], float]
) -> dict[frozenset[str], bool]:
    """Return which sets turn a decision; none where it was not this cutoff that refused."""
    if decision.cutoff is None or not means:
        return {}
    numbers = np.array([score, *means.values()], dtype=np.float64)
    refused = adverse_by_cutoff(asking.ready.config, numbers, np.full(len(numbers), decision.cutoff))
    if not refused[0]:
        return {}
    return {those: not refused[1 + at] for at, those in enumerate(means)}


def _spread(n: int, at_most: int) -> list[int]:
    """Return at most so many of n places, evenly; a reference stands in the order of its keys."""
    if n <= at_most:
        return list(range(n))
    return [int(at) for at in np.linspace(0, n - 1, at_most).round()]


# --- are they similar to those of the named methods ----------------------------------------------


def _named(asking: Asking, scored: Sequence[ScoredPartition], cases: Declined) -> Iterable[dict[str, Any]]:
    quoted_kind = _population(asking.ready, asking.chosen.by_cutoff)
    for population in named_methods.POPULATIONS:
        try:
            if population == quoted_kind:
                references = asking.chosen.by_cutoff
            elif asking.ready.config.audit.kind == "batch":
                yield named_methods.not_compared(population, _REFUSALS_ALONE)
                continue
            else:
                references = _other(asking, scored, population)
            points, places = asking.said(_POINTS, cases, references)
        except (UsageError, ModelError) as error:
            yield named_methods.not_compared(population, str(error))
            continue
        how: dict[str, Any] = {
            "orient": asking.ready.sign,
            "reference_n": max(reference.n for reference, _ in references.values()),
            "tolerance": asking.tolerance,
        }
        if asking.ready.config.reasons_given is None:
            yield named_methods.similarity(population, taken(cases.quoted, places), points, **how)
            continue
        given = (_reasons(cases.decisions[at], asking.chosen.job.factors) for at in places)
        told = [[factor for reason in reasons for factor in reason] for reasons in given]
        yield named_methods.similarity_of_lists(population, told, points, **how)


def _population(ready: Ready, by_cutoff: References) -> str:
    """Return whose average the quoted reasons are held against; a pinned reference tells by its cutoff."""
    kind = ready.config.explain.reference.kind
    if kind != "pinned":
        return kind
    return "all_applicants" if None in by_cutoff else "near_cutoff"


def _other(asking: Asking, scored: Sequence[ScoredPartition], population: Any) -> References:
    """Choose the reference of the named method that letters do not quote: as large as the one they do."""
    seed = asking.ready.config.seed
    rows = max(reference.n for reference, _ in asking.chosen.by_cutoff.values())
    keys = [_drawn_by(seed, one.decision) for part in scored for one in part.decisions]
    return barrier.chosen(asking.ready, scored, population, rows=rows, keys=keys)


def _n_rows(values: Values) -> int:
    return len(next(iter(values.values()))) if values else 0


def _cause(name: str, cause: str) -> Figure:
    return Figure(name, "model_risk", {"cause": cause})
