"""How the figures of an audit of pictures are said: methods, curves and shares, the same in each section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports import wording
from reports.sections.explanations import method_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NAMES = {"xrai": "XRAI", "grad_cam": "Grad-CAM"}
SAYS = {
    "xrai": "regions, ranked by how densely they speak for the class",
    "integrated_gradients": "what each pixel adds to the class score on the way from the baseline",
    "smoothgrad": "how much the class score moves with each pixel, either way",
    "grad_cam": "where the last convolution’s maps speak for the class",
}


def name_of(method: str) -> str:
    """Return a method's name as people say it."""
    return NAMES.get(method) or method_words(method)


def in_sentence(method: str) -> str:
    """Return a method's name within a sentence: ``integrated gradients``, but ``XRAI``."""
    name = name_of(method)
    return name if name[:2].isupper() or name in ("Grad-CAM", "SmoothGrad") else name[:1].lower() + name[1:]


def cause_of(told: str) -> tuple[str, str]:
    """Return why a method was not measured, and the way out, of "place: fact. Way out".

    >>> cause_of("model m.keras: it has no convolution. Leave out grad_cam")
    ('it has no convolution', 'Leave out grad_cam')
    """
    fact, _, way_out = told.partition(": ")[2].rstrip(".").rpartition(". ")
    return (fact, way_out) if fact else (way_out or told, "")


def verb_of(methods: Sequence[str]) -> str:
    """Return "does" of one method, "do" of several and of one whose name is plural."""
    return "do" if len(methods) > 1 or methods[0].endswith("s") else "does"


def interval_words(value: float | None, low: float | None, high: float | None) -> str:
    """Return a number of 0 to 1 with its interval: ``0.75 (0.66–0.86)``."""
    told = wording.ratio(value)
    return told if low is None or high is None else f"{told} ({wording.ratio_interval(low, high)})"


def half_words(half: float | None) -> str:
    """Return from how many pixels on half of the score is back."""
    return "at none that was tried" if half is None else f"at {wording.percent(half, 0)} of pixels"


def beats_lot(one: Mapping[str, Any]) -> bool | None:
    """Return whether a method's area exceeds that of pixels by lot on the same pictures; None: unsure."""
    gain = one["gain"]
    if gain is None or gain["low"] is None:
        return None
    return True if gain["low"] > 0 else False if gain["high"] < 0 else None


def best(methods: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the curve with the largest area; of equal ones the first."""
    return max(methods, key=lambda one: one["area"], default=None)
