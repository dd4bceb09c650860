"""A user's function that trains: called with other columns, or other weights, and asked for scores.

``python:package.module:function`` of ``fairness.retrain`` receives

- ``columns``: column -> n values, as a scorer receives them, of those to train on;
- ``outcomes``: float64[n], 1 where the adverse event was observed, 0 where not;
- ``weights``: float64[n], what each row counts, 1 where nothing is asked of them;
- ``seed``: a whole number;

and returns a function of columns that gives one score a row, on the scale and with the coding of the
model that is audited. It sees neither groups nor ids.

Why so, weights and no groups: whoever trains under a constraint on groups must use groups. Here that is
done outside, and what crosses is a number a row, so the walls around other people's code hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.models import checked_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.record import Scorer

    Columns = Mapping[str, NDArray[Any]]


def retrained(
    scorer: Scorer,
    columns: Columns,
    outcomes: NDArray[np.float64],
    weights: NDArray[np.float64],
    held: Columns,
    seed: int,
) -> NDArray[np.float64]:
    """Train by a user's function and score rows that it did not see.

    Parameters
    ----------
    scorer : what ``open_function`` gave for that function
    held : the columns of the rows to score

    Returns
    -------
    float64[rows of held]

    Raises
    ------
    ModelError
        It raised, gave no function, or gave scores that are none. No value of a row is told.
    """
    function = getattr(scorer, "function", None)
    if function is None:
        raise ModelError("fairness.retrain: it is no Python function. Write python:package.module:function.")
    given = {column: np.array(values) for column, values in columns.items()}
    try:
        model = function(given, outcomes.copy(), weights.copy(), int(seed))
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"fairness.retrain: the function raised {type(error).__name__}. Try it on some rows by hand."
        ) from None
    if not callable(model):
        raise ModelError("fairness.retrain: it returned no function of columns. Return what scores rows.")
    n = len(next(iter(held.values()), ()))
    try:
        scores = model({column: np.array(values) for column, values in held.items()})
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"fairness.retrain: what it returned raised {type(error).__name__}. Try it on some rows by hand."
        ) from None
    return checked_scores(scores, n)
