"""Who is told that their terms rest on a credit report, and what the scores of others are."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from audit.config.section import Date, Many, Section, Share, Text, refusal

AT_LEAST_BARS = 6  # 12 CFR 1022.74(d)(1)(ii)(F), (e)(1)(ii)(F)
_SUM = 0.005


class PricingSection(Section):
    """How it is told who gets materially less favourable terms (12 CFR 1022.72(b), (c))."""

    by: Literal["score", "tiers", "apr"]
    cutoff: float | None = None
    """By score: about 40 of 100 granted consumers score higher (1022.72(b)(1))."""

    computed_on: Date | None = None
    """By score: when the cutoff was computed; it serves two years."""

    tiers: Annotated[int, Field(ge=2)] | None = None
    """By tiers: how many there are; `record.tier` is each person's, 1 the best."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        asked = {"score": ("cutoff", "computed_on"), "tiers": ("tiers",), "apr": ()}[self.by]
        for key in ("cutoff", "computed_on", "tiers"):
            if (getattr(self, key) is not None) != (key in asked):
                verb = "needs" if key in asked else "takes no"
                raise refusal(f"by {self.by} {verb} {key}", f"{'Add' if key in asked else 'Remove'} {key}")
        return self


class BarSection(Section):
    """One bar of the distribution of scores."""

    low: int
    high: int
    share: Share


class DistributionSection(Section):
    """How the scores of all consumers are spread under the same scoring model."""

    model: Text
    source: Text
    as_of: Date
    bars: Annotated[Many[BarSection], Field(min_length=AT_LEAST_BARS)]

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if abs(sum(bar.share for bar in self.bars) - 1) > _SUM:
            raise refusal("the shares of the bars are not all consumers", "Write shares whose sum is 1")
        for before, after in zip(self.bars, self.bars[1:], strict=False):
            if after.low <= before.high:
                raise refusal(
                    f"the bar from {after.low} begins within the one before", "Write bars in order, apart"
                )
        if any(bar.high < bar.low for bar in self.bars):
            raise refusal("a bar ends before it begins", "Write low, then high")
        return self
