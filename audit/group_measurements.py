"""What an audit measured about estimated groups, and what they are estimated from. Pure.

As in ``measurements``: a requirement of a pack picks its measure by name, and what could not be measured
is a measurement with that state and its cause.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from audit.fairness.groups import ALL
from audit.record import Measurement
from audit.record.words import MeasurementState

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
    if not body["groups"]:
        lost = "; ".join(f"{each['n']:,} rows: {each['cause']}" for each in body["missing"])
        cause = f"{body['cause']} ({lost})" if lost else body["cause"]
        return (
            Measurement(
                "adverse_impact_ratio",
                attribute=str(body["attribute"]),
                group=ALL,
                state="not_measured",
                cause=cause,
            ),
        )
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
