"""What an audit measured about estimated groups, what they are estimated from, and the age rule. Pure.

As in ``measurements``: a requirement of a pack picks its measure by name, and what could not be measured
is a measurement with that state and its cause.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from audit.record import Measurement
from audit.record.words import MeasurementState

_NO_AGE = "age is no input of the model"
_NO_MODEL = "no model was opened: the scores or the decisions were already in the data"
_NO_ESTIMATE = "no groups are estimated from names and addresses"


def of_estimated_groups(body: Mapping[str, Any] | None) -> tuple[Measurement, ...]:
    """Measure the ratios of estimated groups, by weights.

    Parameters
    ----------
    body : the figure ``estimated_groups``; None where no groups are estimated
    """
    if body is None:
        return ()
    found = []
    for one in body["groups"]:
        if one["group"] == body["reference"]:
            continue
        told = one["cause"] or (
            f"estimated by name and address; weights miss {one['unseen']:.0%} of a difference among people "
            "of like probability"
        )
        found.append(
            Measurement(
                "adverse_impact_ratio",
                one["ratio"],
                one["ratio_low"],
                one["ratio_high"],
                n=round(one["expected"]),
                attribute=str(body["attribute"]),
                group=str(one["group"]),
                state=_state(one),
                cause=told,
            )
        )
    return tuple(found)


def _state(one: Mapping[str, Any]) -> MeasurementState:
    if one["ratio"] is None:
        return "not_measured"
    return "inconclusive" if one["cause"] else "measured"


def of_proxy_columns(inputs: Collection[str], columns: Collection[str] | None) -> tuple[Measurement, ...]:
    """Measure how many columns that groups are estimated from are inputs of the model too.

    Parameters
    ----------
    inputs : columns that the model reads; empty where no model was opened
    columns : of names, areas or probabilities; None where no groups are estimated
    """
    measure = "proxy_columns_scored"
    if columns is None:
        return (Measurement(measure, state="not_applicable", cause=_NO_ESTIMATE),)
    if not inputs:
        return (Measurement(measure, state="not_measured", cause=_NO_MODEL),)
    both = sorted(set(inputs) & set(columns))
    return (Measurement(measure, float(len(both)), n=len(inputs), cause=", ".join(both) or None),)


def of_age(
    body: Mapping[str, Any] | None, inputs: Collection[str], ages: Sequence[str]
) -> tuple[Measurement, ...]:
    """Measure the age rule.

    Parameters
    ----------
    body : the figure ``age_rule``; None where the model was not asked
    inputs : columns that the model reads; empty where no model was opened
    ages : those of them that are age
    """
    measure = "elderly_scored_worse"
    if not inputs:
        return (Measurement(measure, state="not_measured", cause=_NO_MODEL),)
    if not ages:
        return (Measurement(measure, state="not_applicable", cause=_NO_AGE),)
    if body is None or body["cause"] is not None:
        cause = str(body["cause"]) if body is not None else "the model was not asked"
        return (Measurement(measure, state="not_measured", cause=cause),)
    worse = body["worse"]
    told = f"by at most {body['by']:.3g} of the score" if body["n_worse"] else None
    # The share itself is judged: one applicant for whom it is so is against the rule, whatever others say.
    return (Measurement(measure, worse["value"], n=body["n"], cause=told),)
