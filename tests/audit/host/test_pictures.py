"""The question `pictures` to a host: the same bits behind the walls, and no answer of another shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.errors import ModelError, UsageError
from audit.host import Order, answers
from audit.host.child import ChildHost
from audit.host.local import LocalHost
from audit.record import Pictured
from tests.worlds.pictures import tiny

IMAGES = np.random.default_rng(1).uniform(size=(2, 5, 6, 3)).astype(np.float32)
TARGETS = np.array([2, 0])
OPTIONS = {"low": 0.0, "high": 1.0, "baseline": 0.0, "seed": 7}


def test_the_child_answers_with_the_bits_of_this_process(tmp_path: Path) -> None:
    """Model, scores and each method's maps are the same from a child; what cannot be used is told."""
    tiny().save(tmp_path / "m.keras")
    order = Order("m.keras", tmp_path, reads="pictures")
    child, here = ChildHost(order), LocalHost(order)
    try:
        assert child.model() == here.model()
        assert child.classify(IMAGES).tobytes() == here.classify(IMAGES).tobytes()
        for method in ("integrated_gradients", "smoothgrad", "grad_cam", "xrai"):
            told: list[int] = []
            one = child.pictures(method, IMAGES, TARGETS, OPTIONS, told.append)
            other = here.pictures(method, IMAGES, TARGETS, OPTIONS)
            assert told[-1] == 2
            assert one.maps.tobytes() == other.maps.tobytes()
            assert dict(one.details) == dict(other.details)
            assert (one.regions is None) == (other.regions is None) == (method != "xrai")
        with pytest.raises(UsageError, match="they are 4 x 6 x 3"):
            child.classify(IMAGES[:, :4])
        with pytest.raises(UsageError, match="no method 'lime' explains pictures"):
            child.pictures("lime", IMAGES, TARGETS, OPTIONS)
    finally:
        child.close()


def told(**other: Any) -> dict[str, Any]:
    """Return an answer that is right, with something else put in."""
    regions = np.ones((2, 3, 4), dtype=np.int64)
    right = Pictured("xrai", np.zeros((2, 3, 4)), regions, np.zeros(2), np.ones(2), {"steps": 100})
    return {**answers.pictured_as_values(right), **other}


def test_a_right_answer_is_taken() -> None:
    """What the child tells comes back as it was."""
    found = answers.pictured_of(told(), "xrai", (2, 3, 4))
    assert found.maps.shape == (2, 3, 4)
    assert found.details == {"steps": 100}
    assert answers.pictured_of(told(regions=None, residual=None), "xrai", (2, 3, 4)).regions is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"maps": np.zeros((2, 3, 5))},
        {"maps": np.full((2, 3, 4), np.nan)},
        {"maps": None},
        {"regions": np.zeros((2, 3, 4), dtype=np.int64)},
        {"regions": np.full((2, 3, 4), 13)},
        {"regions": np.ones((2, 3, 4))},
        {"residual": np.zeros(3)},
        {"way": np.array([np.inf, 0.0])},
        {"details": {"word": "x" * 41}},
        {"details": None},
    ],
)
def test_an_answer_of_another_shape_is_none(wrong: dict[str, Any]) -> None:
    """Number, size and kind of everything is checked before it is believed."""
    with pytest.raises(ModelError, match="no answer"):
        answers.pictured_of(told(**wrong), "xrai", (2, 3, 4))


@pytest.mark.parametrize(
    "scores", [np.zeros((3, 4)), np.zeros((2, 1)), np.zeros(2), np.full((2, 3), np.inf), None]
)
def test_scores_of_another_shape_are_none(scores: Any) -> None:
    """Of n pictures there are n rows of two classes or more, all of them numbers."""
    with pytest.raises(ModelError, match="no answer"):
        answers.classes_of(scores, 2)
