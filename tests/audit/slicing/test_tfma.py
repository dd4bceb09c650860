"""Our numbers are those of tensorflow-model-analysis and Fairness Indicators, on the same rows.

What they say was recorded by `tests/oracles/tfma_slices.py`, in an environment of their own.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.fairness import count
from audit.slicing.cuts import crossed
from audit.slicing.measures import of_group
from tests.oracles import tfma_slices

RECORDED = json.loads((Path(tfma_slices.__file__).parent / "tfma_slices.json").read_text(encoding="utf-8"))
THRESHOLDS = RECORDED["thresholds"]
# Their metric -> ours; theirs counts the label 1, which is our adverse outcome, as positive.
SAME = {
    "mean_label": "adverse_outcome_rate",
    "mean_prediction": "mean_score",
    "calibration": "calibration_ratio",
    "mean_squared_error": "brier",
    "binary_crossentropy": "log_loss",
    "binary_accuracy": "accuracy",
    "precision": "positive_predictive_value",
    "recall": "true_positive_rate",
    "auc": "auc",
    "auc_precision_recall": "pr_auc",
}
# Keras computes this loss in float32, with scores moved inside by 1e-7.
APART = {"binary_crossentropy": 1e-6}
NEAR = 1e-12


@cache
def _ours() -> dict[tuple[str, ...], dict[str, Any]]:
    """Return each slice by the values of region and income, which stand in this order."""
    rows = tfma_slices.rows()
    decided = np.where(rows["score"] > 0.3, "adverse", "favourable").astype(object)
    found = {}
    for spec in tfma_slices.SPECS:
        parts = [rows[name].astype(object) for name in spec] or [np.full(len(decided), "all", dtype=object)]
        name = " x ".join(spec) or "whole"
        table = count(decided, {name: crossed(parts)}, rows["score"], rows["label"])
        for group in table.groups(name):
            key = tuple(f"{column}={value}" for column, value in zip(spec, group.split(" x "), strict=False))
            # Theirs is flagged above a threshold, not at it.
            found[key] = of_group(table, name, group, THRESHOLDS, adverse_high=True, included=False)
    return found


def _pairs() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    pairs = []
    for one in RECORDED["slices"]:
        key = tuple(
            f"{column}={one['slice'][column]}" for column in ("region", "income") if column in one["slice"]
        )
        pairs.append((", ".join(key) or "all", one, _ours()[key]))
    return pairs


def test_both_saw_the_same_rows() -> None:
    """The rows that the recording was made of are those that are counted here, slice for slice."""
    assert tfma_slices.digest(tfma_slices.rows()) == RECORDED["rows"]["sha256"]
    assert len(_ours()) == len(RECORDED["slices"]) == 20
    for _, theirs, ours in _pairs():
        assert theirs["values"]["example_count"] == ours["n"]


@pytest.mark.parametrize("metric", SAME)
def test_every_metric_of_every_slice_is_theirs(metric: str) -> None:
    """Whole, by one column, by the other, and crossed; small slices too."""
    told = 0
    for name, theirs, ours in _pairs():
        value, mine = theirs["values"][metric], ours["measures"][SAME[metric]]["value"]
        assert value == pytest.approx(mine, abs=APART.get(metric, NEAR), rel=0), name
        told += 1
    assert told == 20


@pytest.mark.parametrize(
    ("rate", "of"),
    [
        ("true_positive_rate", lambda tp, fp, tn, fn: (tp, tp + fn)),
        ("false_positive_rate", lambda tp, fp, tn, fn: (fp, fp + tn)),
        ("true_negative_rate", lambda tp, fp, tn, fn: (tn, fp + tn)),
        ("false_negative_rate", lambda tp, fp, tn, fn: (fn, tp + fn)),
        ("positive_rate", lambda tp, fp, tn, fn: (tp + fp, tp + fp + tn + fn)),
        ("negative_rate", lambda tp, fp, tn, fn: (tn + fn, tp + fp + tn + fn)),
        ("false_discovery_rate", lambda tp, fp, tn, fn: (fp, tp + fp)),
        ("false_omission_rate", lambda tp, fp, tn, fn: (fn, tn + fn)),
    ],
)
def test_every_fairness_indicator_of_the_sweep_is_theirs(rate: str, of: Any) -> None:
    """At five thresholds, of every slice; an empty denominator is empty on both sides."""
    for name, theirs, ours in _pairs():
        swept = ours["sweep"]
        counted = zip(
            *(swept[each] for each in ("true_positive", "false_positive", "true_negative", "false_negative")),
            strict=True,
        )
        for value, cells in zip(theirs["sweep"][rate], counted, strict=True):
            part, whole = of(*cells)
            if whole == 0:
                assert value is None, name
            else:
                assert value == pytest.approx(part / whole, abs=1e-15, rel=0), name
