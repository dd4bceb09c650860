"""Audits of models that read pictures: recognised or not, and where each method says that they look.

The way is that of every audit, on fewer stations: all pictures are classified, a seeded sample is
explained, and what was found is sealed as figures in the same ledger. Nobody is decided on, so there
are no decisions, no letters and no groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from audit.config.images import is_of_images

if TYPE_CHECKING:
    from audit.images.prepare import Ready, Tell
    from audit.record import Figure, Finding, Pictured, Rate
    from audit.result import Result

__all__ = ["carry_out", "explained", "is_of_images", "measured"]


def carry_out(
    ready: Ready,
    url: str,
    *,
    slot: str = "",
    again: int = 0,
    fail_on: Sequence[str] | None = None,
    tell: Tell,
    clock: Any,
) -> Result:
    """Explain, measure and seal; see ``audit.runner.run``."""
    from audit.images.prepare import head
    from audit.ledger import Ledger
    from audit.result import Result
    from audit.runner import Stopwatch

    watch = Stopwatch()
    opening = head(ready, slot=slot, again=again, opened_at=clock())
    sealed = Result.if_sealed(url, opening.audit)
    if sealed is not None:
        return sealed
    with watch("explain"):
        found, causes = explained(ready, tell)
    with watch("findings"):
        rates, figures, findings, code = measured(ready, found, causes, fail_on)
    with Ledger.open(url, create=True) as book, watch("seal"):
        tell("seal", 0, 1)
        n = len(ready.targets)
        book.begin(opening).seal(
            policy=ready.policy,
            codes=(),
            references=(),
            rates=rates,
            disparities=(),
            findings=findings,
            figures=figures,
            counts={"rows": n, "adverse": 0, "favourable": 0, "none": n, "held": 0, "quarantined": 0},
            exit_code=code,
            sealed_at=clock(),
            timings=watch.seconds,
        )
        tell("seal", 1, 1)
        return Result.from_ledger(book, opening.audit, url, timings=watch.seconds)


def explained(ready: Ready, tell: Tell) -> tuple[dict[str, Pictured], dict[str, str]]:
    """Return what each method says of the sample, and why a method says nothing."""
    from audit.errors import ModelError, UsageError

    sample, methods = ready.sample(), ready.config.explain.also
    options = {
        "low": ready.pictures.low,
        "high": ready.pictures.high,
        "baseline": ready.baseline,
        "seed": ready.config.seed,
    }
    found: dict[str, Pictured] = {}
    causes: dict[str, str] = {}
    total = len(sample) * len(methods)
    tell("map", 0, total)
    for at, method in enumerate(methods):
        further = partial(_further, tell, at * len(sample), total)
        try:
            found[method] = ready.host.pictures(
                method, ready.pictures.images[sample], ready.predicted[sample], options, further
            )
        except (UsageError, ModelError) as error:  # one method that cannot be used is no reason to stop
            causes[method] = str(error)
        tell("map", (at + 1) * len(sample), total)
    return found, causes


def measured(
    ready: Ready, found: Mapping[str, Pictured], causes: Mapping[str, str], fail_on: Sequence[str] | None
) -> tuple[tuple[Rate, ...], tuple[Figure, ...], tuple[Finding, ...], int]:
    """Return rates, figures, findings and the exit code."""
    from audit import findings as duties
    from audit.images import figures, measure

    rates = measure.recognised(ready.targets, ready.predicted, ready.classes)
    drawn = figures.figures(ready, rates, found, causes)
    bodies = {one.name: one.body for one in drawn}
    told = measure.measurements(
        rates,
        bodies["image_curves"].get("methods", ()),
        bodies["image_agreement"].get("pairs", ()),
        bodies["image_completeness"] if "share" in bodies["image_completeness"] else None,
    )
    findings = duties.judge(ready.policy.requirements, told, "population")
    code = 0
    if ready.policy.requirements:  # else nothing was asked that could be not so
        code = duties.exit_code(findings, fail_on if fail_on is not None else ready.config.fail_on)
    return rates, drawn, findings, code


def _further(tell: Tell, before: int, total: int, done: int) -> None:
    tell("map", before + done, total)
