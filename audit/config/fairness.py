"""``fairness``: how groups are compared, beyond their plain rates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from audit.config.bindings import COLUMN_SCHEMA
from audit.config.bisg import BisgSection
from audit.config.model import TrustSection
from audit.config.protected import ascending, band_names
from audit.config.section import Date, Many, OneOf, Positive, Section, Text, Unique, refusal

FAIRNESS_ALSO = ("proxies", "alternatives")
RETRAIN = r"^python:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"


def _retraining(name: str) -> str:
    if not re.match(RETRAIN, name):
        raise refusal(f"{name[:60]!r} names no function", "Write python:package.module:function")
    return name


class Control(Section):
    """A column that may lawfully explain a difference: people are compared who agree in it."""

    column: Text
    type: Literal["category", "number"] = "category"
    """A number without bands enters regressions as it is, and pairs agree in its exact value."""

    bands: Annotated[Many[float], Field(min_length=1), AfterValidator(ascending)] | None = None
    """Lower ends of left-closed bands; the column is then read as a number."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        data = {"column": data} if isinstance(data, str) else data
        if isinstance(data, Mapping) and data.get("bands") is not None and "type" not in data:
            data = {**data, "type": "number"}
        return data

    @model_validator(mode="after")
    def _bands_fit(self) -> Control:
        if self.type == "category" and self.bands is not None:
            raise refusal("a category has no bands", "Write type: number, or remove bands")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        full = handler(schema)
        return {"description": full.get("description", ""), "anyOf": [COLUMN_SCHEMA, full]}

    @property
    def band_names(self) -> tuple[str, ...]:
        """The names of its bands in ascending order; empty without bands."""
        return band_names(self.bands, False) if self.bands else ()

    @property
    def kind(self) -> Literal["category", "number"]:
        """What it is to a regression: a number with bands is a category there."""
        return "number" if self.type == "number" and self.bands is None else "category"


class Price(Section):
    """What those who were approved pay."""

    column: Text
    adverse: Literal["high", "low"] = "high"
    """Which side of the price is bad for who pays it."""


class LocalLaw144(Section):
    """The tables of an audit of an employment tool under New York City's Local Law 144."""

    sex: Text
    """The protected attribute that holds the sex categories."""

    race: Text
    """The protected attribute that holds the race and ethnicity categories."""

    distributed_on: Date | None = None
    """The day on which the tool was first used (6 RCNY 5-300, distribution date)."""

    source: Text | None = None
    """Where the data come from and why these: historical or test data (6 RCNY 5-302, 5-303)."""

    leave_out_below_two_percent: Text | None = None
    """The justification for leaving categories below 2 % out of the ratios (6 RCNY 5-301(d))."""


class FairnessSection(Section):
    """How groups are compared."""

    min_group: Positive = 30
    """A smaller group is inconclusive; it is shown and not dropped."""

    controls: Annotated[Many[Control], Field(max_length=20)] = ()
    """Columns that may lawfully explain a difference; whoever names them answers for that."""

    segments: Annotated[Many[Text], Unique("segment")] = ()
    """Columns within whose values groups are compared too, such as the product."""

    price: Price | None = None
    ll144: LocalLaw144 | None = None
    ledger: Text | None = None
    """A ledger of their own for comparisons of groups; the audit's own then holds no protected value."""

    bisg: BisgSection | None = None
    """Race and ethnicity estimated from surname and address."""

    also: Annotated[
        Many[Annotated[Text, OneOf("part of the fairness audit", FAIRNESS_ALSO)]], Unique("part")
    ] = ()
    """proxies: how well factors tell the groups. alternatives: what a smaller disparity would cost."""

    retrain: Annotated[
        Annotated[Text, AfterValidator(_retraining), Field(json_schema_extra={"pattern": RETRAIN})] | None,
        Field(),
    ] = None
    """python:package.module:function that trains a model anew; tried with `also: [alternatives]`."""

    subsets: Annotated[int, Field(ge=0, le=500)] = 8
    """How many subsets of several factors, drawn by the seed, a model is trained without."""

    trust: TrustSection | None = None
    """Who allowed the function of retrain to run; mandatory with it."""

    @model_validator(mode="after")
    def _controls_once(self) -> FairnessSection:
        columns = [control.column for control in self.controls]
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if twice:
            raise refusal(f"control {', '.join(twice)} is named twice", "Name it once")
        return self

    @model_validator(mode="after")
    def _retrain_fits(self) -> FairnessSection:
        if self.retrain is not None and self.trust is None:
            way_out = "Add fairness.trust: {by, reason, date} once somebody has read it"
            raise refusal("retrain runs code, and nobody is named who trusts it", way_out)
        if self.retrain is not None and "alternatives" not in self.also:
            raise refusal("retrain is given and alternatives are not asked for", "Add also: [alternatives]")
        if self.retrain is None and self.trust is not None:
            raise refusal("trust is given and there is nothing to retrain", "Remove trust")
        return self
