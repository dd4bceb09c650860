"""Overrides: how often people departed from model and cutoff, toward refusal and toward approval, by group.

Only decisions that were really taken can depart from a score, so an audit whose decisions are the model's
own has none. What a knock-out rule decided is left out: no person departed from anything there.

Why so, two rates: a desk that refuses whom the score approves, and one that approves whom the score
refuses, are different acts, and one rate of both would let them cancel out.

Source: Policy Statement on Discrimination in Lending, 59 FR 18266 (15 April 1994), comparative evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.data.decide import adverse_by_cutoff
from audit.fairness.disparities import MOST_GROUPS
from audit.fairness.intervals import wilson_interval
from audit.fairness.two_rates import compare_rates
from audit.group_tests import references
from audit.record import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import Config
    from audit.job import ScoredPartition
    from audit.record import Decision

NAME = "overrides"
NOT_TAKEN = "the config names no decision that was really taken (decision.taken or record.action)"
NO_SCORES = "the decisions have no scores and cutoffs to depart from"
#: What each direction is counted of: those whom model and cutoff would have decided the other way.
DIRECTIONS = ("toward_refusal", "toward_approval")


def figure(config: Config, scored: Sequence[ScoredPartition]) -> Figure:
    """Return the override rates of every group, each direction against the reference.

    Returns
    -------
    Figure
        ``n`` decisions with a score and a cutoff, ``n_by_rule`` left out, and for each attribute its groups:
        of each direction ``n`` (model and cutoff said the other), ``n_departed``, ``rate`` with ``low`` and
        ``high`` (Wilson), and against the reference ``difference`` = rate - reference's, its ends and
        ``p_value`` of one exact test. Under ``fairness.min_group`` people a group has its counts and a cause.
    """
    return Figure(NAME, "fair_lending", _body(config, scored))


def _body(config: Config, scored: Sequence[ScoredPartition]) -> dict[str, Any]:
    if config.uncompared is not None:
        return {"cause": config.uncompared}
    if config.decision.taken is None and config.record.action is None:
        return {"cause": NOT_TAKEN}
    decisions = [one for part in scored for one in part.decisions]
    kept = np.array([_can_depart(one) for one in decisions], dtype=bool)
    if not kept.any():
        return {"cause": NO_SCORES}
    model, taken = _sides(config, [one for one, its in zip(decisions, kept, strict=True) if its])
    attributes = []
    for attribute, reference in references(config).items():
        members = np.concatenate([np.asarray(part.groups[attribute], dtype=object) for part in scored])[kept]
        of = counted(model, taken, members)
        if len(of) > MOST_GROUPS or reference not in of:
            continue
        attributes.append(
            {
                "attribute": attribute,
                "reference": reference,
                "groups": [
                    {"group": group}
                    | {
                        direction: _compared(
                            of[group][at],
                            None if group == reference else of[reference][at],
                            config.fairness.min_group,
                        )
                        for at, direction in enumerate(DIRECTIONS)
                    }
                    for group in sorted(of)
                ],
            }
        )
    n_by_rule = sum(one.stage == "rule" for one in decisions if one.outcome != "none")
    return {"n": int(kept.sum()), "n_by_rule": n_by_rule, "attributes": attributes}


def counted(
    model: NDArray[np.bool_], taken: NDArray[np.bool_], members: NDArray[Any]
) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Return, of each group, (departed, of how many) toward refusal and toward approval.

    Parameters
    ----------
    model, taken : bool[n], whether model and cutoff, and the decision really taken, were adverse
    members : the group of each of the n

    >>> counted(np.array([False, False, True]), np.array([True, False, False]), np.array(["a", "a", "a"]))
    {'a': ((1, 2), (1, 1))}
    """
    found = {}
    for group in sorted({str(one) for one in members}):
        its = members == group
        yes, no = its & ~model, its & model
        found[group] = (
            (int((yes & taken).sum()), int(yes.sum())),
            (int((no & ~taken).sum()), int(no.sum())),
        )
    return found


def _can_depart(one: Decision) -> bool:
    known = one.score is not None and one.cutoff is not None
    return known and one.outcome != "none" and one.stage != "rule"


def _sides(config: Config, decisions: Sequence[Decision]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    scores = np.array([one.score for one in decisions], dtype=np.float64)
    at = np.array([one.cutoff for one in decisions], dtype=np.float64)
    taken = np.array([one.outcome == "adverse" for one in decisions], dtype=bool)
    return adverse_by_cutoff(config, scores, at), taken


def _compared(its: tuple[int, int], reference: tuple[int, int] | None, least: int) -> dict[str, Any]:
    """Return one direction of one group: counts, rate, and its difference to another's, the reference's."""
    x, n = its
    row: dict[str, Any] = {"n": n, "n_departed": x, "rate": None, "low": None, "high": None}
    row |= {
        "difference": None,
        "difference_low": None,
        "difference_high": None,
        "p_value": None,
        "cause": None,
    }
    if n < least:
        return row | {"cause": f"too few: n < {least}"}
    low, high = wilson_interval(x, n)
    row |= {"rate": x / n, "low": low, "high": high}
    if reference is None:
        return row
    y, m = reference
    if m < least:
        return row | {"cause": f"too few in the reference: n < {least}"}
    two = compare_rates(x, n, y, m)
    return row | {
        # `compare_rates` takes the group from the reference; here plus is more often departed from.
        "difference": -two.difference,
        "difference_low": -two.difference_high,
        "difference_high": -two.difference_low,
        "p_value": two.p_value,
    }
