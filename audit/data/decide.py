"""Scores into decisions: what happened to each person, and whether a notice may speak of it.

What happened is what the record says first (``record.action``), then ``decision.taken``, then the
model at its cutoff. Where these disagree the outcome stays and the notice is held: the reasons of
a score do not explain what somebody else decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from audit.data.cells import as_words, equal, listed_names, numbers
from audit.data.quarantine import UNDECIDED, action_words, stage_words, taken_adverse
from audit.errors import ConfigError
from audit.models import checked_scores
from audit.record import SCORED_STAGES, Decision, Notice, Person

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import Config
    from audit.data.dataset import Batch

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What happened in one partition, as arrays; ``decide`` makes records of it.

    ``model_adverse`` is the model at its cutoff; None without scores or without a cutoff.
    """

    outcome: NDArray[np.object_]  # adverse | favourable | none
    action: NDArray[np.object_]
    stage: NDArray[np.object_]
    model_adverse: Mask | None
    action_differs: Mask
    decision_differs: Mask


def cutoffs(config: Config, frame: pl.DataFrame) -> Floats | None:
    """Return each row's cutoff (NaN where an undecided row has none); None where none is stated."""
    cutoff = config.decision.cutoff
    if cutoff is None:
        return None
    if cutoff.value is not None:
        return np.full(frame.height, cutoff.value, dtype=np.float64)
    if cutoff.column is not None:
        return numbers(frame[cutoff.column]).fill_null(np.nan).to_numpy().astype(np.float64)
    values = as_words(frame[str(cutoff.by)]).replace_strict(
        dict(cutoff.values), default=None, return_dtype=pl.Float64
    )
    return values.fill_null(np.nan).to_numpy().astype(np.float64)


def adverse_by_cutoff(config: Config, scores: Floats, at: Floats) -> Mask:
    """Return where the score lies on the adverse side of the cutoff.

    ``decision.at_cutoff`` says what a score equal to it means.
    """
    past = scores > at if config.decision.adverse_high else scores < at
    if config.decision.at_cutoff == "adverse":
        past |= scores == at
    return np.asarray(past, dtype=bool)


def outcomes(config: Config, frame: pl.DataFrame, scores: Floats | None, at: Floats | None) -> Outcomes:
    """Return what happened to each row of a partition.

    Raises
    ------
    ModelError
        Scores that are not finite, or of another length.
    """
    n = frame.height
    model_adverse = _by_model(config, frame, scores, at)
    actions = action_words(config, frame)
    taken = taken_adverse(config, frame)
    action = np.full(n, None, dtype=object) if actions is None else actions.to_numpy().astype(object)
    undecided = np.isin(action.astype(str), UNDECIDED)
    if actions is not None:
        adverse = (action.astype(str) != "approved") & ~undecided
    elif taken is not None:
        adverse = taken.to_numpy()
    elif model_adverse is not None:
        adverse = model_adverse
    else:
        fact = "nothing says who was refused"
        way_out = "Give decision.cutoff for the model's scores, decision.taken or record.action"
        raise ConfigError(config.lines.fault(("decision",), fact, way_out))
    outcome = np.where(undecided, "none", np.where(adverse, "adverse", "favourable")).astype(object)
    stage = _stages(config, frame)
    no = np.zeros(n, dtype=bool)
    really = actions is not None or taken is not None
    # Comment 9(b)(2)-7: where a rule or a person decided, a score on the other side of the cutoff
    # contradicts nobody.
    by_score = (
        np.isin(stage.astype(str), SCORED_STAGES) & ~undecided & ~_judged(config, frame, stage, adverse)
    )
    return Outcomes(
        outcome=outcome,
        action=action,
        stage=stage,
        model_adverse=model_adverse,
        action_differs=no if actions is None or taken is None else (taken.to_numpy() != adverse) & ~undecided,
        decision_differs=no if model_adverse is None or not really else (model_adverse != adverse) & by_score,
    )


def decide(
    config: Config,
    batch: Batch,
    scores: Floats | None,
    at: Floats | None = None,
    persons: Mapping[str, tuple[Person, ...]] | None = None,
) -> tuple[Decision, ...]:
    """Return the decisions of one partition, in the order of its rows.

    Parameters
    ----------
    scores : float64[n], optional
        The model's; None where decisions are audited without one.
    at : float64[n], optional
        Each row's cutoff; by default ``cutoffs`` of the config.
    persons : mapping, optional
        Decision -> its persons, where a decision may have several. Where none of them is primary,
        and for every other decision, the person that the data name is.

    Raises
    ------
    ModelError
        Scores that are not finite, or of another length.
    """
    frame = batch.frame
    at = cutoffs(config, frame) if at is None else at
    seen = outcomes(config, frame, scores, at)
    ids = as_words(frame[config.data.id]).to_list()
    person_column = config.data.person
    alone = ids if person_column is None else as_words(frame[person_column]).to_list()
    rules, judgment = (_lists(config, frame, key) for key in ("rules", "judgment"))
    score_of, cutoff_of = _or_none(scores, len(ids)), _or_none(at, len(ids))
    several = persons or {}
    ready, told = Notice("ready"), Notice()
    return tuple(
        Decision(
            decision=ids[i],
            seq=batch.plan.seq,
            row=row,
            persons=_persons(several.get(ids[i], ()), alone[i]),
            outcome=seen.outcome[i],
            score=score_of[i],
            cutoff=cutoff_of[i],
            action=seen.action[i],
            stage=seen.stage[i],
            rules=rules[i],
            judgment=judgment[i],
            notice=told
            if seen.outcome[i] != "adverse"
            else Notice("held", "action_differs")
            if seen.action_differs[i]
            else Notice("held", "decision_differs")
            if seen.decision_differs[i]
            else ready,
        )
        for i, row in enumerate(batch.rows.tolist())
    )


def observed(config: Config, frame: pl.DataFrame) -> Floats | None:
    """Return what really happened later: 1 the adverse event, 0 not, NaN not yet known."""
    stated = config.data.observed
    if stated is None:
        return None
    cells = frame[stated.column]
    known = cells.is_not_null().to_numpy()
    happened = equal(cells, stated.adverse).to_numpy()
    return np.where(known, happened.astype(np.float64), np.nan)


def check_cutoff(config: Config, scores: tuple[float, float], at: tuple[float, float]) -> None:
    """Refuse a cutoff that no score can meet: it is on another scale than the scores.

    Parameters
    ----------
    scores, at : (lowest, highest)
        Of all scores and of all cutoffs. A night of refusals has all its scores on one side, so
        there only a cutoff that would refuse nobody is a fault.

    Raises
    ------
    ConfigError
        With both ranges.
    """
    below, above = at[1] < scores[0], at[0] > scores[1]
    if config.audit.kind == "batch":
        below, above = (False, above) if config.decision.adverse_high else (below, False)
    if below or above:
        cutoff = f"{at[0]:g}" if at[0] == at[1] else f"{at[0]:g} to {at[1]:g}"
        fact = f"the cutoff ({cutoff}) lies outside the scores ({scores[0]:g} to {scores[1]:g})"
        way_out = "State the cutoff on the scale of the model's scores"
        raise ConfigError(config.lines.fault(("decision", "cutoff"), fact, way_out))


def _by_model(config: Config, frame: pl.DataFrame, scores: Floats | None, at: Floats | None) -> Mask | None:
    if scores is None:
        return None
    actions = action_words(config, frame)
    if config.model is not None and config.model.scores is not None and actions is not None:
        # Scores from a column: an application that was never decided may have none.
        undecided = actions.is_in(UNDECIDED).fill_null(False).to_numpy()
        checked_scores(np.asarray(scores)[~undecided], int((~undecided).sum()))
    else:
        checked_scores(scores, frame.height)
    return None if at is None else adverse_by_cutoff(config, scores, at)


def _persons(several: tuple[Person, ...], alone: str) -> tuple[Person, ...]:
    if any(person.role == "primary" for person in several):
        return several
    return (Person(alone), *(person for person in several if person.person != alone))


def _or_none(values: Floats | None, n: int) -> list[float | None]:
    # An application that was never decided may have neither score nor cutoff.
    return [None] * n if values is None else [None if x != x else x for x in values.tolist()]


def _stages(config: Config, frame: pl.DataFrame) -> NDArray[np.object_]:
    stage: NDArray[np.object_] = np.full(frame.height, "score", dtype=object)
    words = stage_words(config, frame)
    return stage if words is None else words.fill_null("score").to_numpy().astype(object)


def _judged(config: Config, frame: pl.DataFrame, stage: NDArray[np.object_], adverse: Mask) -> Mask:
    # Comment 9(b)(2)-7: in the gray band a person may refuse whom the score passes, and the grounds of
    # that person are reasons of their own. Without grounds the score would speak for the person.
    grounds = np.array([bool(told) for told in _lists(config, frame, "judgment")], dtype=bool)
    return np.asarray((stage.astype(str) == "gray_band") & adverse & grounds, dtype=bool)


def _lists(config: Config, frame: pl.DataFrame, key: str) -> list[tuple[str, ...]]:
    section = getattr(config.decision, key)
    if section is None:
        return [()] * frame.height
    return listed_names(frame[section.column], section.separator)
