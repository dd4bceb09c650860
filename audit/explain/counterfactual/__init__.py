"""For a refused applicant: the smallest truthful change that would have turned the decision.

Smallest is: the fewest factors, then the lowest cost. One factor is tried at a time, then two
together, and so on; what turns is drawn back toward the applicant as long as it turns. Up to three
changes are told, of different factors, none of which holds another.

Every change is of values that occur (``movable``, ``options``), and is scored once more by the model
itself on the row as the data would write it. Only what then lies on the favourable side of the cutoff,
by the rule for the cutoff itself, is told. Where nothing turned, the record says so; that is no proof
that nothing would, unless the search was exhaustive (``looking``).

Why so, no promise: other columns stay as they are, so a change says what the model would have answered
and not what else would have to be otherwise for it to come true.

Source: Wachter, Mittelstadt and Russell 2017; Art. 15(1)(h) GDPR and Court of Justice, C-203/22.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.counterfactual.movable import movable
from audit.explain.counterfactual.options import MOST, options
from audit.explain.counterfactual.searching import rank, search
from audit.explain.counterfactual.trial import Rule, Trial
from audit.explain.game import columns_of
from audit.record import Change, Counterfactual, NoCounterfactual

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.counterfactual.options import Cells
    from audit.explain.counterfactual.trial import Changes, Choices, Floats, Ints
    from audit.record import ReasonCode, Scorer

    Answer = tuple[Counterfactual, ...] | NoCounterfactual

__all__ = ["counterfactuals"]

_HELD = 1 << 23  # candidates of applicants that are searched together, times the factors of each

NO_CUTOFF = "no cutoff is stated for this decision"
NOT_BY_SCORE = "the score lies on the favourable side of the cutoff: it did not refuse"
NOTHING_CHANGEABLE = "the model reads no factor that can change"
NOBODY_APPROVED = "nobody in the reference lies on the favourable side of the cutoff"
NOTHING_TURNED = "no change of up to {} factors that was tried, to values that occur, turned the decision"


def counterfactuals(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    codes: Sequence[ReasonCode],
    cutoffs: float | Floats,
    adverse: str,
    at_cutoff: str = "adverse",
    *,
    protected: Collection[str] = (),
    flags: Collection[str] = (),
    at_most: int = 3,
    most_factors: int = 4,
    budget: int = 1024,
    progress: Callable[[int], None] | None = None,
) -> list[Answer]:
    """Return, for each row, the changes that would have turned the decision, or why none is told.

    Parameters
    ----------
    rows, reference : polars frames, or dicts of columns
    codes : the dictionary; ``changeable`` and ``change`` say what can change, and which way
    cutoffs : one, or float64[n] with NaN where none is stated
    adverse : ``high`` or ``low``: which scores are bad
    at_cutoff : ``adverse`` or ``favourable``: what a score equal to the cutoff means
    protected : factors that read a protected attribute; they never move
    flags : columns that say that information is missing; none is ever raised
    at_most : changes told
    most_factors : factors changed together at most
    budget : evaluations that each number of factors from two on may cost a row, before what turns is drawn
        back; single factors cost at most one for each of their options
    progress : called with the number of rows done, now and then

    Returns
    -------
    list
        A tuple of 1 to ``at_most`` records, the smallest change first; or a NoCounterfactual.

    Raises
    ------
    ModelError
        Where the model cannot score one applicant's values with another's.
    UsageError
        Where a column of words is said to increase or decrease.
    """
    own, others = _plain(columns_of(rows)), _plain(columns_of(reference))
    encoded, other_encoded = scorer.encode(own), scorer.encode(others)
    scores, other_scores = scorer.score_encoded(encoded), scorer.score_encoded(other_encoded)
    at = np.broadcast_to(np.asarray(cutoffs, dtype=np.float64), scores.shape)
    factors = movable(codes, scorer.columns, protected=protected, flags=flags)
    found: list[Answer] = [NoCounterfactual(NO_CUTOFF)] * len(scores)
    done = int(np.isnan(at).sum())
    for cutoff in np.unique(at[~np.isnan(at)]).tolist():
        rule = Rule(cutoff, adverse == "high", at_cutoff)
        mine, approved = np.flatnonzero(at == cutoff), rule.turned(other_scores)
        passed = rule.turned(scores[mine])
        cause = NOTHING_CHANGEABLE if not factors else None if approved.any() else NOBODY_APPROVED
        for place in mine[passed].tolist():
            found[place] = NoCounterfactual(NOT_BY_SCORE)
        if cause is not None:
            for place in mine[~passed].tolist():
                found[place] = NoCounterfactual(cause)
        refused = mine[~passed] if cause is None else mine[:0]
        done += len(mine) - len(refused)
        could = options(scorer, factors, others, other_encoded, approved, rule) if len(refused) else ()
        together = max(1, _HELD // (max(budget, MOST) * max(1, len(could))))
        for start in range(0, len(refused), together):
            some = refused[start : start + together]
            cells = {column: values[some] for column, values in own.items()}
            costs = [one.costs(cells) for one in could]
            trial = Trial(scorer, encoded[some], could, costs, rule, np.zeros(len(some), dtype=np.int64))
            turning = search(trial, at_most, most_factors, budget)
            told = _told(trial, cells, scores[some], turning, at_most)
            nothing = NOTHING_TURNED.format(min(most_factors, len(factors)))
            for place, changes, tried in zip(some.tolist(), told, trial.tried.tolist(), strict=True):
                found[place] = tuple(changes) if changes else NoCounterfactual(nothing, tried)
            done += len(some)
            if progress is not None:
                progress(done)
    if progress is not None:
        progress(len(found))
    return found


def _plain(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return numbers and truth as float64, words as objects with empty text where nothing is known."""
    plain = {}
    for name, cells in columns.items():
        if cells.dtype.kind in "OUS":
            words = ["" if cell is None else str(cell) for cell in cells.tolist()]
            plain[name] = np.array(words, dtype=object)
        else:
            plain[name] = cells.astype(np.float64)
    return plain


def _told(
    trial: Trial, cells: Cells, before: Floats, found: Changes, at_most: int
) -> list[list[Counterfactual]]:
    """Return each applicant's changes, smallest first, that turn the decision when the row is scored.

    Where one does not turn, the next larger one stands in for it.
    """
    who, choice, cost = found
    told: list[list[Counterfactual]] = [[] for _ in before]
    ranks = rank(who)
    asked, room = np.zeros(len(before), dtype=np.int64), np.full(len(before), at_most)
    while len(now := np.flatnonzero((ranks >= asked[who]) & (ranks < (asked + room)[who]))):
        for at, one in zip(
            who[now].tolist(), _scored(trial, cells, before, who[now], choice[now], cost[now]), strict=True
        ):
            if one is not None:
                told[at].append(one)
        asked += room
        room = np.array([at_most - len(known) for known in told])
    return told


def _scored(
    trial: Trial, cells: Cells, before: Floats, who: Ints, choices: Choices, costs: Floats
) -> list[Counterfactual | None]:
    """Return changes as the data would write them, each scored once more; None where it does not turn."""
    changed = {column: values[who] for column, values in cells.items()}
    changes: list[list[Change]] = [[] for _ in who]
    for one, taken in zip(trial.options, choices.T, strict=True):
        moved = np.flatnonzero(taken >= 0)
        for column in one.factor.columns:
            now, others = changed[column][moved], one.values[column][taken[moved]]
            differs = np.flatnonzero((now != others) & (others == others))  # missing that stays so is NaN
            for row, was, becomes in zip(
                moved[differs].tolist(), now[differs].tolist(), others[differs].tolist(), strict=True
            ):
                changes[row].append(Change(column, None if was != was or was == "" else was, becomes))
            changed[column][moved[differs]] = others[differs]
    after = trial.scorer.score(changed)
    turned = trial.rule.turned(after).tolist()
    listed = zip(
        changes,
        _moving(trial, choices),
        before[who].tolist(),
        after.tolist(),
        costs.tolist(),
        turned,
        strict=True,
    )
    return [Counterfactual(tuple(moves), *rest) if turns else None for moves, *rest, turns in listed]


def _moving(trial: Trial, choices: Choices) -> list[tuple[str, ...]]:
    """Return the names of the factors that each change moves; they are few sets, of many changes."""
    names = [one.factor.factor for one in trial.options]
    known: dict[bytes, tuple[str, ...]] = {}
    found = []
    for bits, choice in zip(np.packbits(choices >= 0, axis=1), choices, strict=True):
        key = bits.tobytes()
        if key not in known:
            known[key] = tuple(name for name, option in zip(names, choice, strict=True) if option >= 0)
        found.append(known[key])
    return found
