"""What the rows of a partition are alike in: controls, segments and prices, counted once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.data.cells import numbers
from audit.data.slices import UNKNOWN, group_names
from audit.fairness.groups import count
from audit.fairness.strata import Strata

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from audit.config import Config


def strata(
    config: Config,
    frame: pl.DataFrame,
    members: Mapping[str, NDArray[Any]],
    outcomes: NDArray[Any],
    scores: NDArray[np.float64],
) -> Strata | None:
    """Count a partition by groups, controls and segments; None where the config names none of them.

    Parameters
    ----------
    members : attribute -> group of each row
    outcomes : n of ``adverse``, ``favourable``, ``none``
    scores : float64[n], NaN where there is none
    """
    fairness = config.fairness
    if not (fairness.controls or fairness.segments or fairness.price):
        return None
    columns: dict[str, NDArray[Any]] = {}
    for control in fairness.controls:
        cells = frame[control.column]
        columns[f"control: {control.column}"] = (
            _numbers(cells) if control.kind == "number" else group_names(control, cells)
        )
    for column in fairness.segments:
        columns[f"segment: {column}"] = group_names(_CATEGORY, frame[column])
    groups = {**members, **columns}
    prices = None
    if fairness.price is not None:
        price = numbers(frame[fairness.price.column]).fill_null(np.nan).to_numpy().astype(np.float64)
        # Who was refused has no price, whatever the cell says.
        price = np.where(np.isfinite(price) & (outcomes == "favourable"), price, np.nan)
        prices = count(outcomes, groups, price)
    return Strata(count(outcomes, groups, scores), tuple(columns), prices).capped()


def _numbers(cells: pl.Series) -> NDArray[Any]:
    """Return numbers as their shortest exact texts, and ``unknown`` for what is none."""
    values = numbers(cells).fill_null(np.nan).to_numpy().astype(np.float64) + 0.0
    return np.array(
        [repr(value) if np.isfinite(value) else UNKNOWN for value in values.tolist()], dtype=object
    )


class _Category:
    """A column that is read as it stands."""

    type = "category"
    bands = None
    band_names = ()


_CATEGORY = _Category()
