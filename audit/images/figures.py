"""The figures of an audit of pictures: JSON values that are sealed, and that its report prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import figures as drawn
from audit.explain.images import image_method
from audit.images import curves, measure, shown
from audit.images.prepare import classified, environment_of_images
from audit.measure import environment_figure
from audit.record import Figure, Pictured, Rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.images.prepare import Ready

MOST_BYTES = 4 << 20  # of all shown pictures, as base64
_NONE = "no method could be used on this model"
_FLAT = (
    "explain: its map is the same everywhere, on every picture of the sample. Look at the other methods: "
    "it says nothing of this model."
)


def figures(
    ready: Ready, rates: Sequence[Rate], found: Mapping[str, Pictured], causes: Mapping[str, str]
) -> tuple[Figure, ...]:
    """Draw every table and series that the report prints."""
    return (
        accuracy(ready, rates),
        region_curves(ready, found, causes),
        agreement(found),
        completeness(found, causes),
        pictures(ready, found),
        method(ready, found, causes),
        drawn.model(ready.model, {}),
        environment_figure(environment_of_images(), ready.host.walls()),
    )


def accuracy(ready: Ready, rates: Sequence[Rate]) -> Figure:
    """Return how many pictures were recognised, of all and of each class, and what was confused."""
    whole, *of_classes = [
        {"class": one.group, "n": one.n, "value": one.value, "low": one.low, "high": one.high}
        for one in rates
    ]
    return _figure(
        "image_accuracy",
        {
            "n": whole["n"],
            "value": whole["value"],
            "low": whole["low"],
            "high": whole["high"],
            "classes": of_classes,
            "wrong": int((ready.targets != ready.predicted).sum()),
            "confused": measure.confused(ready.targets, ready.predicted, ready.classes),
        },
    )


def region_curves(ready: Ready, found: Mapping[str, Pictured], causes: Mapping[str, str]) -> Figure:
    """Return, for each method and for pixels by lot, how much of the class score its first pixels bring."""
    if not found:
        return _figure("image_curves", {"cause": _NONE})
    sample = ready.sample()
    images, targets = ready.pictures.images[sample], ready.predicted[sample]
    parts = measure.as_parts(ready.scores)

    def classify(some: NDArray[np.float32]) -> NDArray[np.float64]:
        scores = classified(ready.host, some, lambda stage, done, total: None)
        return scores if parts else measure.softmax(scores)

    def of(places: NDArray[np.int64], some: NDArray[np.bool_]) -> NDArray[np.float64]:
        return curves.recovered(images[some], targets[some], places[some], ready.baseline, classify)

    lot = curves.by_lot(len(sample), images.shape[1] * images.shape[2], ready.config.seed)
    by_lot = of(lot, np.ones(len(sample), dtype=bool))
    told, absent = [], [{"method": name, "cause": cause} for name, cause in causes.items()]
    for name, one in found.items():
        some = curves.has_order(one)
        if some.any():
            told.append(measure.curve(name, of(curves.order_of(one), some), by_lot[some]))
        else:
            absent.append({"method": name, "cause": _FLAT})
    return _figure(
        "image_curves",
        {
            "n": len(sample),
            "baseline": ready.config.explain.baseline,
            "scores": "the model's output" if parts else "the softmax of the model's output",
            "methods": told,
            "control": measure.curve(curves.CONTROL, by_lot),
            "absent": absent,
        },
    )


def agreement(found: Mapping[str, Pictured]) -> Figure:
    """Return how far the maps of each two methods rank pixels alike."""
    if len(found) < 2:
        return _figure("image_agreement", {"cause": "fewer than two methods were measured"})
    return _figure("image_agreement", {"pairs": measure.agreement(found)})


def completeness(found: Mapping[str, Pictured], causes: Mapping[str, str]) -> Figure:
    """Return what integrated gradients leave out of the way from the baseline to the picture."""
    name = "integrated_gradients"
    told = measure.completeness(found[name]) if name in found else None
    return _figure("image_completeness", told or {"cause": causes.get(name, f"{name} was not asked for")})


def pictures(ready: Ready, found: Mapping[str, Pictured]) -> Figure:
    """Return a few pictures with their maps; none where the config shows none."""
    at_most = ready.config.explain.shown
    if not at_most:
        return _figure("image_pictures", {"cause": "the config shows no picture (explain.shown is 0)"})
    sample, classes = ready.sample(), ready.classes
    targets, predicted = ready.targets[sample], ready.predicted[sample]
    certainty = ready.scores[sample, predicted]
    told = {
        "label": [classes[at] for at in targets],
        "predicted": [classes[at] for at in predicted],
        "score": [float(one) for one in certainty],
        "right": [bool(one) for one in targets == predicted],
    }
    rows = shown.drawn(
        ready.pictures, sample, shown.chosen(targets, predicted, certainty, at_most), told, found
    )
    size = sum(
        len(text) for row in rows for text in (row["picture"], row["top"] or "", *row["maps"].values())
    )
    if size > MOST_BYTES:  # at 96 pixels a picture it cannot be
        return _figure("image_pictures", {"cause": f"the pictures are {size:,} bytes long"})
    return _figure("image_pictures", {"top": shown.TOP, "shown": rows})


def method(ready: Ready, found: Mapping[str, Pictured], causes: Mapping[str, str]) -> Figure:
    """Return how it was measured: which methods, on which pictures, from which baseline."""
    methods: list[dict[str, Any]] = [
        {
            "method": name,
            "source": image_method(name).source,
            "details": dict(found[name].details) if name in found else {},
            "cause": causes.get(name),
        }
        for name in ready.config.explain.also
    ]
    shape = ready.pictures.images.shape
    return _figure(
        "image_method",
        {
            "methods": methods,
            "sample": len(ready.sample()),
            "n": shape[0],
            "size": list(shape[1:]),
            "low": ready.pictures.low,
            "high": ready.pictures.high,
            "baseline": ready.config.explain.baseline,
            "classes": list(ready.classes),
            "seed": ready.config.seed,
        },
    )


def _figure(name: str, body: dict[str, Any]) -> Figure:
    return Figure(name, "model_risk", body)
