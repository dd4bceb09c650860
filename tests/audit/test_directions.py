"""Whether words like "too high" are true of the scores."""

from __future__ import annotations

from typing import Any

import pytest

from audit.measurements import of_directions
from audit.record import Measurement, ReasonCode


def _code(direction: dict[str, str]) -> ReasonCode:
    return ReasonCode("debt", "D1", ("debt",), {"en": "Debt"}, direction=direction)


def _effects(*means: float) -> dict[str, Any]:
    bins = [{"low": i, "high": i + 1, "n": 50, "mean": mean} for i, mean in enumerate(means)]
    return {"factors": [{"factor": "debt", "label": "Debt", "column": "debt", "bins": bins}]}


def _measured(direction: dict[str, str], *means: float) -> Measurement:
    return of_directions(_effects(*means), [_code(direction)])[0]


@pytest.mark.parametrize(
    ("direction", "means", "missed"),
    [
        ({"high": "adverse"}, (-0.2, 0.0, 0.1, 0.3), 0),
        ({"high": "adverse"}, (0.3, 0.1, 0.0, -0.2), 1),
        ({"low": "adverse"}, (0.3, 0.1, 0.0, -0.2), 0),
        ({"low": "adverse"}, (-0.2, 0.0, 0.1, 0.3), 1),
        ({"high": "adverse"}, (-0.2, 0.3, 0.1, 0.3), 1),  # it turns in the middle
        ({"high": "adverse"}, (0.0, 0.5, 0.495, 1.0), 0),  # noise within a twentieth of the range
        ({"high": "adverse"}, (0.1, 0.1, 0.1), 1),  # it does not push at all
    ],
)
def test_a_direction_shows_or_does_not(
    direction: dict[str, str], means: tuple[float, ...], missed: int
) -> None:
    """A stated direction is missed where the mean contribution runs back, or does not rise."""
    found = _measured(direction, *means)
    assert (found.value, found.n, found.state) == (missed, 1, "measured")
    assert found.cause == ("debt" if missed else None)


def test_without_a_stated_direction_nothing_is_asked() -> None:
    """A dictionary of neutral names has no direction to show."""
    assert of_directions(_effects(0.0, 1.0), [_code({})])[0].state == "not_applicable"


def test_a_direction_that_cannot_be_seen_is_not_measured() -> None:
    """Words of a text column, and factors that were never attributed, are not called shown."""
    assert _measured({"high": "adverse"}).state == "not_measured"
    unattributed = of_directions({"cause": "no decision was attributed"}, [_code({"high": "adverse"})])[0]
    assert (unattributed.state, unattributed.cause) == ("not_measured", "no decision was attributed")
