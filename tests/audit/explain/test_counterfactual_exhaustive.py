"""Where all options fit into the budget, what is told is what trying every combination finds."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.counterfactual import counterfactuals
from audit.record import NoCounterfactual, ReasonCode
from tests.oracles.counterfactuals import smallest
from tests.worlds.small_scorers import PlainScorer, as_records


@pytest.mark.parametrize("seed", range(12))
def test_in_small_worlds_the_smallest_change_is_that_of_an_exhaustive_search(seed):
    """Two to four factors of up to five values, scores of any shape, and either side of the cutoff."""
    draw = np.random.default_rng(1000 + seed)
    names = "abcd"[: 2 + seed % 3]
    tables = draw.normal(size=(len(names), len(names), 5, 5))

    def any_shape(rows):
        cells = [rows[name].astype(int) for name in names]
        return sum(tables[i, j, cells[i], cells[j]] for i in range(len(names)) for j in range(i + 1))

    scorer, adverse = PlainScorer(any_shape, tuple(names)), ("high", "low")[seed % 2]
    reference = {name: draw.integers(0, 5, 30).astype(float) for name in names}
    rows = {name: draw.integers(0, 5, 40).astype(float) for name in names}
    codes = [ReasonCode(name, name, (name,), {}) for name in names]
    cutoff = float(np.quantile(scorer.score(reference), 0.2 if adverse == "high" else 0.8))
    found = counterfactuals(scorer, rows, reference, codes, cutoff, adverse)

    def one_by_one(some):
        return scorer.score({name: np.array([row[name] for row in some]) for name in names}).tolist()

    n_turned = 0
    for row, answer in zip(as_records(rows), found, strict=True):
        if (one_by_one([row])[0] < cutoff) == (adverse == "high"):
            continue
        best = smallest(
            one_by_one,
            lambda score: score < cutoff if adverse == "high" else score > cutoff,
            row,
            as_records(reference),
            {name: [name] for name in names},
        )
        if best is None:
            assert isinstance(answer, NoCounterfactual)
            continue
        assert (len(answer[0].factors), answer[0].cost) == (best[0], pytest.approx(best[1], rel=1e-12))
        n_turned += 1
    assert n_turned > 3
