"""Scores that stand in the data already."""

from __future__ import annotations

import numpy as np
import pytest

from audit.errors import ModelError
from audit.models import describe, open_model


def test_scores_are_read_from_their_column():
    """As they stand, without an input and without a way to explain them."""
    scorer = open_model("scores:points")
    assert scorer.columns == ("points",)
    assert scorer.score({"points": np.array([0.5, 0.25])}).tolist() == [0.5, 0.25]
    assert not scorer.explainable
    kept = describe(scorer)
    assert (kept.framework, kept.name, kept.inputs) == ("scores", "scores in points", ())


def test_columns_that_are_not_there():
    """Neither an empty name nor an absent column passes for scores."""
    with pytest.raises(ModelError, match="no column is named"):
        open_model("scores:")
    with pytest.raises(ModelError, match="the rows have no such column"):
        open_model("scores:points").score({"x": np.zeros(1)})
