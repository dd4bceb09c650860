"""What tensorflow-model-analysis says of slices of a small made-up lender; run by hand, elsewhere.

    python tests/oracles/tfma_slices.py tests/oracles/tfma_slices.json

Run it in an environment of its own that holds tensorflow-model-analysis and fairness-indicators (they
pin older versions of much that this project uses), as a file: it imports nothing of the project. What it
writes is committed, and a test holds our numbers to it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

N = 4000
SEED = 20261120
THRESHOLDS = (0.1, 0.25, 0.3, 0.5, 0.75)
SPECS = ((), ("region",), ("income",), ("region", "income"))
SCALAR = (
    "auc", "auc_precision_recall", "binary_accuracy", "binary_crossentropy", "calibration", "example_count",
    "mean_label", "mean_prediction", "mean_squared_error", "precision", "recall",
)  # fmt: skip
RATES = (
    "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate",
    "positive_rate", "negative_rate", "false_discovery_rate", "false_omission_rate",
)  # fmt: skip


def rows() -> dict[str, np.ndarray]:
    """Return the lender: scores are whole thousandths, so that no grid of thresholds parts them coarsely.

    One region is scored worse than it deserves, and one slice is small.
    """
    rng = np.random.default_rng(SEED)
    region = np.array(["north", "south", "west", "isle"])[rng.choice(4, N, p=[0.4, 0.35, 0.24, 0.01])]
    income = np.array(["low", "middle", "high"])[rng.integers(0, 3, N)]
    risk = rng.beta(1.6, 3.4, N)
    label = (rng.random(N) < np.where(region == "west", 0.6 * risk, risk)).astype(np.int64)
    score = np.clip(np.round(risk + rng.normal(0, 0.04, N), 3), 0.001, 0.999)
    return {"region": region, "income": income, "score": score, "label": label}


def digest(data: dict[str, np.ndarray]) -> str:
    """Return a digest of the rows, so that both sides know that they saw the same."""
    lines = zip(*(data[name].tolist() for name in ("region", "income", "score", "label")), strict=True)
    return hashlib.sha256("\n".join(repr(line) for line in lines).encode()).hexdigest()


def main(target: Path) -> None:
    """Ask tensorflow-model-analysis and write its answers."""
    import fairness_indicators.fairness_indicators_metrics  # noqa: F401  registers the metric by its name
    import pandas as pd
    import tensorflow_model_analysis as tfma
    from google.protobuf import text_format
    from tensorflow_model_analysis.proto import config_pb2

    data = rows()
    frame = pd.DataFrame(
        {**data, "score": data["score"].astype(np.float64), "label": data["label"].astype(np.float64)}
    )
    slicing = "".join(
        "slicing_specs { " + " ".join(f'feature_keys: "{key}"' for key in spec) + " }\n" for spec in SPECS
    )
    points = ", ".join(map(str, THRESHOLDS))
    metrics = [
        ("ExampleCount", ""), ("MeanLabel", ""), ("MeanPrediction", ""), ("Calibration", ""),
        ("MeanSquaredError", ""), ("BinaryCrossentropy", ""), ("BinaryAccuracy", '"threshold": 0.3'),
        ("Precision", '"thresholds": 0.3'), ("Recall", '"thresholds": 0.3'), ("AUC", ""),
        ("AUCPrecisionRecall", ""), ("FairnessIndicators", f'"thresholds": [{points}]'),
    ]  # fmt: skip
    asked = "".join(f"metrics {{ class_name: '{name}' config: '{{{more}}}' }}\n" for name, more in metrics)
    config = text_format.Parse(
        f'model_specs {{ prediction_key: "score" label_key: "label" }}\n{slicing}metrics_specs {{ {asked} }}',
        config_pb2.EvalConfig(),
    )
    begun = time.perf_counter()
    result = tfma.analyze_raw_data(frame, config)
    seconds = time.perf_counter() - begun
    slices = []
    for key, found in result.slicing_metrics:
        (by_name,) = (by_sub for by_output in found.values() for by_sub in by_output.values())
        values = {name: _number(by_name, name) for name in SCALAR}
        swept = {
            rate: [_number(by_name, f"fairness_indicators_metrics/{rate}@{t:.2f}") for t in THRESHOLDS]
            for rate in RATES
        }
        slices.append({"slice": dict(key), "values": values, "sweep": swept})
    slices.sort(key=lambda one: json.dumps(one["slice"], sort_keys=True))
    written = {
        "what": "tensorflow-model-analysis on the rows of tests/oracles/tfma_slices.py",
        "made_by": {
            "script": "tests/oracles/tfma_slices.py",
            "python": platform.python_version(),
            **{
                name: version(name)
                for name in (
                    "tensorflow-model-analysis",
                    "fairness-indicators",
                    "tensorflow",
                    "apache-beam",
                    "numpy",
                    "pandas",
                )
            },
        },
        "rows": {"n": N, "seed": SEED, "sha256": digest(data)},
        "thresholds": list(THRESHOLDS),
        "seconds": round(seconds, 2),
        "slices": slices,
    }
    lines = [json.dumps(one, sort_keys=True) for one in slices]
    text = json.dumps({**written, "slices": ["HERE"]}, indent=1, sort_keys=True)
    target.write_text(text.replace('"HERE"', ",\n  ".join(lines)) + "\n", encoding="utf-8")
    print(f"{len(slices)} slices in {seconds:.1f} s")


def _number(by_name: dict[str, Any], name: str) -> float | None:
    if name not in by_name:
        raise KeyError(f"{name} is none of {sorted(by_name)}")
    value = by_name[name].get("doubleValue")
    if value is None or value == "NaN":
        return None
    return float(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
