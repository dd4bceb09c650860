"""A sealed audit of pictures told by hand, for the pages of its report: numbers invented, pictures tiny."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from audit.images import png
from audit.record import Audit, Dataset, Disparity, Figure, Finding, Model, Rate, Requirement
from tests.worlds.told import ToldLedger, audit

CLASSES = (("cat", 120, 108), ("dog", 80, 60), ("owl", 12, 6))
SHARES = (0.0, 0.1, 0.5, 1.0)


def _curve(method: str, means: tuple[float, ...], area: float, gain: float | None) -> dict[str, Any]:
    half = next((share for share, mean in zip(SHARES, means, strict=True) if mean >= 0.5), None)
    points = [
        {"share": share, "mean": mean, "low": max(0.0, mean - 0.05), "high": min(1.0, mean + 0.05)}
        for share, mean in zip(SHARES, means, strict=True)
    ]
    told = None if gain is None else {"value": gain, "low": gain - 0.1, "high": gain + 0.1}
    return {
        "method": method,
        "n": 40,
        "area": area,
        "low": area - 0.04,
        "high": area + 0.04,
        "half": half,
        "gain": told,
        "points": points,
    }


def _shown() -> list[dict[str, Any]]:
    rows = []
    for at, (label, predicted) in enumerate((("owl", "cat"), ("dog", "dog"))):
        image = np.linspace(0, 1, 16).reshape(4, 4, 1) if at else np.eye(4)[..., None]
        maps = {method: png.heat(image[..., 0]) for method in ("integrated_gradients", "xrai")}
        rows.append(
            {
                "row": 7 * at + 2,
                "label": label,
                "predicted": predicted,
                "score": 0.8 + at / 10,
                "right": label == predicted,
                "picture": png.picture(image, 0.0, 1.0),
                "maps": maps,
                "top": png.picture(image, 0.0, 2.0),
            }
        )
    return rows


def figures() -> dict[str, Figure]:
    """Return every figure of an audit of pictures."""
    wilson = {108: (0.834, 0.942), 60: (0.645, 0.832), 6: (0.254, 0.747)}
    classes = [
        {"class": name, "n": n, "value": right / n, "low": wilson[right][0], "high": wilson[right][1]}
        for name, n, right in CLASSES
    ]
    absent = "model owls.keras: it has no convolution to look at. Leave out grad_cam"
    bodies: dict[str, dict[str, Any]] = {
        "image_accuracy": {
            "n": 212,
            "value": 174 / 212,
            "low": 0.763,
            "high": 0.867,
            "classes": classes,
            "wrong": 38,
            "confused": [
                {"label": "dog", "predicted": "cat", "n": 20},
                {"label": "owl", "predicted": "cat", "n": 6},
            ],
        },
        "image_curves": {
            "n": 40,
            "baseline": "black",
            "scores": "the model's output",
            "methods": [
                _curve("xrai", (0.1, 0.6, 0.9, 1.0), 0.84, 0.3),
                _curve("integrated_gradients", (0.1, 0.3, 0.7, 1.0), 0.63, 0.05),
            ],
            "control": _curve("random", (0.1, 0.2, 0.55, 1.0), 0.54, None),
            "absent": [{"method": "grad_cam", "cause": absent}],
        },
        "image_agreement": {
            "pairs": [
                {
                    "one": "xrai",
                    "other": "integrated_gradients",
                    "n": 40,
                    "value": 0.41,
                    "low": 0.33,
                    "high": 0.49,
                }
            ]
        },
        "image_completeness": {
            "method": "integrated_gradients",
            "n": 40,
            "mean": 0.012,
            "largest": 0.09,
            "way": 4.2,
            "share": 0.0029,
        },
        "image_pictures": {"top": 0.2, "shown": _shown()},
        "image_method": {
            "methods": [
                {
                    "method": "xrai",
                    "source": "Kapishnikov and others (2019)",
                    "details": {"steps": 100},
                    "cause": None,
                },
                {
                    "method": "integrated_gradients",
                    "source": "Sundararajan and others (2017)",
                    "details": {"baseline": 0.0, "steps": 200},
                    "cause": None,
                },
                {
                    "method": "grad_cam",
                    "source": "Selvaraju and others (2017)",
                    "details": {},
                    "cause": absent,
                },
            ],
            "sample": 40,
            "n": 212,
            "size": [64, 48, 3],
            "low": 0.0,
            "high": 1.0,
            "baseline": "black",
            "classes": ["cat", "dog", "owl"],
            "seed": 7,
        },
        "environment": {
            "walls": "bubblewrap, Landlock 7, seccomp",
            "program": "0.1.0",
            "python": "3.11.7",
            "packages": {"saliency": "0.2.1"},
            "platform": "Linux x86_64",
            "fingerprint": "ab",
        },
    }
    return {name: Figure(name, "model_risk", body) for name, body in bodies.items()}


def the_audit() -> Audit:
    """Return the head of the audit."""
    model = Model(
        digest="3f" * 32,
        name="owls.keras",
        framework="keras",
        version="3f3f3f3f3f3f3f3f",
        inputs=("pictures of 64 x 48 x 3",),
        output="3 classes; explained: the class score before the softmax",
        n_parameters=20_011,
        layers=(
            {"name": "flatten", "kind": "Flatten", "units": None},
            {"name": "dense", "kind": "Dense", "units": 3},
        ),
    )
    return replace(
        audit(),
        name="Owls and others",
        kind="images",
        model=model,
        dataset=Dataset("a7" * 32, "owls", 212, ("pictures of 64 x 48 x 3",)),
        counts={"rows": 212, "adverse": 0, "favourable": 0, "none": 212, "held": 0, "quarantined": 0},
    )


@dataclass
class ToldImages(ToldLedger):
    """The reading half of a ledger, from memory."""

    the_audit: Audit = field(default_factory=the_audit)
    the_requirements: tuple[Requirement, ...] = ()
    the_findings: tuple[Finding, ...] = ()
    the_figures: dict[str, Figure] = field(default_factory=figures)
    the_rates: tuple[Rate, ...] = ()
    the_disparities: tuple[Disparity, ...] = ()
