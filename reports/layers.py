"""What the weights of a dense network say, as bars, words and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts import bars
from reports.wording import count, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_COLUMNS = 12  # bars that are drawn; the rest stands in the attached file


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer of the table."""

    name: str
    units: str
    activation: str
    norm: str
    gain: str
    small: str
    idle: str
    cut_off: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit of the first layer: its share of all paths, and what it mixes."""

    unit: str
    reach: str
    step: int
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """What is printed of a network."""

    n: str
    layers: tuple[LayerRow, ...]
    layers_meaning: str
    paths: bars.Bars
    paths_narrow: bars.Bars
    paths_meaning: str
    units: tuple[UnitRow, ...]
    n_units: str


def network(body: Mapping[str, Any]) -> Network:
    """Word the figure ``weights``."""
    layers = tuple(
        LayerRow(
            layer["name"],
            count(layer["units"]),
            layer["activation"],
            wording.ratio(layer["norm"]),
            wording.ratio(layer["gain"]),
            wording.share(layer["small"]),
            count(layer["idle"]),
            count(layer["cut_off"]),
        )
        for layer in body["layers"]
    )
    columns = body["columns"]
    slopes = all(one["signed"] is not None for one in columns)
    sizes = [
        bars.Size(
            one["column"],
            wording.share(one["share"]) + (f" · {wording.signed(one['signed'])}" if slopes else ""),
            one["share"],
        )
        for one in columns[:_MOST_COLUMNS]
    ]
    meaning = (
        f"Of all paths to the score, {wording.share(columns[0]['share'])} of the weight begins at "
        f"“{columns[0]['column']}”. Paths that cancel each other, or that no row switches on, count in "
        "full: this is what a column could do and not what it does."
    )
    head = "Share of path weight" + (" · slope for one SD" if slopes else "")
    return Network(
        count(body["n"]),
        layers,
        _idle(body),
        bars.bars(sizes, meaning, head=head, percent=True),
        bars.bars(sizes, meaning, head=head, percent=True, narrow=True),
        meaning,
        _units(body),
        count(body["n_units"]),
    )


def _idle(body: Mapping[str, Any]) -> str:
    hidden = body["layers"][:-1]
    units = sum(layer["units"] for layer in hidden)
    idle = sum(layer["idle"] for layer in hidden)
    if not units:
        return "The score is one layer: each input has one weight."
    if not idle:
        return f"Each of the {count(units)} hidden units answers to some of these rows."
    noun = plural(idle, "gives", "give")
    return f"{count(idle)} of {count(units)} hidden units {noun} the same value for every one of these rows."


def _units(body: Mapping[str, Any]) -> tuple[UnitRow, ...]:
    most = max((unit["reach"] for unit in body["units"]), default=0.0)
    return tuple(
        UnitRow(
            str(unit["unit"]),
            wording.share(unit["reach"]),
            1 + min(4, int(5 * unit["reach"] / most)) if most else 1,
            tuple(
                f"{one['column']} {wording.signed(one['weight'], 2)} ({wording.share(one['share'])})"
                for one in unit["inputs"]
            ),
        )
        for unit in body["units"]
    )
