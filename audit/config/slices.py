"""``slices`` and ``performance``: how rows are cut, what is searched, and what a model is held against."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    GetJsonSchemaHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from audit.config.model import ModelSection
from audit.config.section import Label, Many, Section, Text, Unique, refusal

if TYPE_CHECKING:
    from audit.config.reader import Loc
    from audit.config.schema import Config

MOST_CROSSED = 4
MOST_SPECS = 20
SearchMetric = Literal["error_rate", "false_positive_rate", "false_negative_rate", "adverse_rate"]
Period = Literal["month", "quarter", "year"]


def _ascending(edges: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in itertools.pairwise(edges)):
        raise refusal("the edges do not ascend", "List them from low to high, each once")
    return edges


class SliceSection(Section):
    """One way to cut the rows: columns crossed with each other.

    A list of columns is enough; ``bins`` says where numbers are cut, ``values`` which categories stand
    apart. The name of a protected attribute stands for its groups.
    """

    by: Annotated[Many[Text], Field(min_length=1, max_length=MOST_CROSSED), Unique("column")]
    bins: Mapping[Label, Annotated[Many[float], Field(min_length=1), AfterValidator(_ascending)]] = Field(
        default_factory=dict
    )
    values: Mapping[Label, Annotated[Many[Label], Field(min_length=1), Unique("value")]] = Field(
        default_factory=dict
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        return {"by": data} if isinstance(data, list | tuple) else data

    @model_serializer
    def _write(self) -> Any:
        more = {"bins": self.bins, "values": self.values}
        told = {key: {name: list(one) for name, one in named.items()} for key, named in more.items() if named}
        return {"by": list(self.by), **told} if told else list(self.by)

    @property
    def name(self) -> str:
        """How figures and reports call it: ``region x age``."""
        return " x ".join(self.by)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = {"type": "string", "minLength": 1}
        by = {"type": "array", "items": text, "minItems": 1, "maxItems": MOST_CROSSED, "uniqueItems": True}
        label = {"anyOf": [text, {"type": "integer"}]}
        edges = {"type": "array", "items": {"type": "number"}, "minItems": 1}
        values = {"type": "array", "items": label, "minItems": 1, "uniqueItems": True}
        mapped = {
            "type": "object",
            "properties": {
                "by": by,
                "bins": {"type": "object", "additionalProperties": edges},
                "values": {"type": "object", "additionalProperties": values},
            },
            "required": ["by"],
            "additionalProperties": False,
        }
        return {"description": "Columns that cut the rows, crossed with each other.", "anyOf": [by, mapped]}


class SearchSection(Section):
    """The search for slices that fare worse than the rest: every column alone, and every two crossed."""

    metric: SearchMetric = "error_rate"
    """What is worse where it is higher; `adverse_rate` is the share refused."""

    columns: Annotated[Many[Text], Unique("column")] = ()
    """Columns and protected attributes; by default the model's inputs, all attributes and all `slices`."""

    at_most: Annotated[int, Field(ge=1, le=100)] = 20
    """Slices that are told at most; how many were tested is always told."""


class OverTimeSection(Section):
    """Performance and drift of the scores by the date of the application."""

    column: Text
    by: Period = "month"
    reference: Text | None = None
    """The period that others are held against, as 2026-01; by default the first that is large enough."""


class BaselineSection(ModelSection):
    """Another model, scored on the same rows: a file, pinned by its digest, or a column of scores."""

    cutoff: float | None = None
    """Its own cutoff; by default the one of `decision`."""


class PerformanceSection(Section):
    """How well scores and decisions met what really happened, beyond what is always measured."""

    thresholds: Annotated[Many[float], Field(min_length=1), AfterValidator(_ascending)] | None = None
    """Cutoffs of the threshold sweep; by default twentieths."""

    quantile_bins: Annotated[int, Field(ge=2, le=10)] = 4
    """Into how many bins a number is cut where no bins are stated."""

    search: SearchSection | None = None
    over_time: OverTimeSection | None = None
    baseline: BaselineSection | None = None


def sliced_names(config: Config) -> Iterator[tuple[Loc, str]]:
    """Yield every column or attribute that rows are sliced by, with its place; a batch is not sliced."""
    if config.audit.kind == "batch":
        return
    for number, one in enumerate(config.slices):
        for index, name in enumerate(one.by):
            yield ("slices", number, index), name
    search = config.performance.search
    if search is None:
        return
    if search.columns:
        for index, name in enumerate(search.columns):
            yield ("performance", "search", "columns", index), name
        return
    for index, name in enumerate(config.data.features):
        yield ("data", "features", index), name
    for name in config.protected:
        yield ("protected", name), name


def performance_columns(config: Config) -> Iterator[tuple[Loc, str]]:
    """Yield every column of the data that ``slices`` and ``performance`` name."""
    for loc, name in sliced_names(config):
        if loc[0] != "data" and name not in config.names("protected"):  # features are named elsewhere
            yield loc, name
    if config.audit.kind == "batch":
        return
    over_time, baseline = config.performance.over_time, config.performance.baseline
    if over_time is not None:
        yield ("performance", "over_time", "column"), over_time.column
    if baseline is not None and baseline.scores is not None:
        yield ("performance", "baseline", "scores"), baseline.scores
