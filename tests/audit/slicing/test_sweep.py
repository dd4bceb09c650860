"""The sweep counts what a plain loop over people counts, at any cutoff and on either side."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness import count
from audit.slicing.sweep import grid, sweep


def people(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return np.round(rng.random(n), 2), rng.choice([0.0, 1.0, np.nan], n)


@pytest.mark.parametrize("high", [True, False])
@pytest.mark.parametrize("included", [True, False])
def test_every_threshold_is_that_of_a_loop(high: bool, included: bool) -> None:
    """Scores at the threshold fall on the side that the config states; unknown outcomes are no error."""
    score, observed = people()
    counts = count(["favourable"] * len(score), {}, score, observed).score_counts()
    thresholds = [0.0, 0.25, 0.5, 0.5000001, 0.99, 1.0]
    found = sweep(counts, thresholds, adverse_high=high, included=included)
    for at, threshold in enumerate(thresholds):
        bad = [
            (s > threshold if high else s < threshold) or (included and s == threshold)
            for s in score.tolist()
        ]
        cells = {
            "true_positive": sum(b and o == 1 for b, o in zip(bad, observed, strict=True)),
            "false_positive": sum(b and o == 0 for b, o in zip(bad, observed, strict=True)),
            "true_negative": sum(not b and o == 0 for b, o in zip(bad, observed, strict=True)),
            "false_negative": sum(not b and o == 1 for b, o in zip(bad, observed, strict=True)),
        }
        assert {name: found[name][at] for name in cells} == cells
        assert found["adverse_rate"][at] == sum(bad) / len(score)
        refused = cells["true_positive"] + cells["false_positive"]
        assert found["precision"][at] == (cells["true_positive"] / refused if refused else None)
        assert found["recall"][at] == cells["true_positive"] / (observed == 1).sum()


def test_the_grid_holds_the_cutoff_in_force() -> None:
    """Twentieths for probabilities, scores of the population else; stated ones as stated."""
    counts = count(["favourable"] * 3, {}, [0.1, 0.2, 0.9]).score_counts()
    assert grid(counts, cutoff=0.33) == sorted([*(k / 20 for k in range(1, 20)), 0.33])
    assert grid(counts, (0.5, 0.7), 0.6) == [0.5, 0.6, 0.7]
    points = count(["favourable"] * 100, {}, [500 + k for k in range(100)]).score_counts()
    assert grid(points) == [500 + 5 * k - 1 for k in range(1, 20)]
    assert grid(count(["favourable"], {}).score_counts()) == []
