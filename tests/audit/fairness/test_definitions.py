"""Every number that can come out is defined, and nothing is defined that cannot."""

from __future__ import annotations

import pytest

from audit.fairness.controlled import OF_DECISIONS, OF_PRICES
from audit.fairness.controlled import OF_SCORES as CONTROLLED_SCORES
from audit.fairness.definitions import DEFINITIONS, defined
from audit.fairness.disparities import METRICS
from audit.fairness.error_gaps import DIFFERENCES
from audit.fairness.error_gaps import OF_SCORES as SCORE_GAPS
from audit.fairness.rates import OF_SCORES, SELECTION, WITH_OUTCOME
from audit.group_tests import OF_PAIRS, OF_SEGMENTS

EVERY = {
    *SELECTION, *WITH_OUTCOME, *OF_SCORES, *METRICS, *DIFFERENCES, *SCORE_GAPS, *OF_SEGMENTS, *OF_DECISIONS,
    "equalized_odds_difference", CONTROLLED_SCORES, OF_PAIRS, "price_gap", OF_PRICES,
}  # fmt: skip


def test_every_metric_is_defined_and_no_other() -> None:
    """The names of all rates and disparities are those of the definitions."""
    assert set(DEFINITIONS) == EVERY


def test_every_definition_says_all_five_things() -> None:
    """Formula, direction, denominator, reference and interval stand in each, in words of their own."""
    for one in defined(EVERY):
        assert all(one[key].strip() for key in ("title", "formula", "direction", "denominator", "reference"))
        assert one["interval"]
    titles = [one.title for one in DEFINITIONS.values()]
    assert len(set(titles)) == len(titles)


def test_what_is_not_defined_is_not_printed() -> None:
    """A metric without a definition stops the run, so that no number stands without its meaning."""
    with pytest.raises(KeyError, match="no definition says what oddness is"):
        defined(["selection_rate", "oddness"])
