"""Measurements against requirements: six outcomes, and never a bool.

Pure. ``met`` and ``not_met`` are said only where the whole interval lies on one side of the bound;
what spans it is ``inconclusive``, for duties as for conventions. Nothing measured is never ``met``:
no measurement, no value, nobody counted are ``not_measured``, with the cause.

A requirement whose capability is still to come says so by ``not_measured``. Where a measurement
exists all the same, it is judged: the number is the better witness.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

from audit.record import Bound, Finding, FindingOutcome, Measurement, Requirement

OUTCOMES: tuple[FindingOutcome, ...] = get_args(FindingOutcome)

#: Only these kinds are asked by ``fail_on``: a convention is a screen and never speaks as the law.
DUTIES = ("law", "guidance", "house")

#: Exit code of a run that was done, but where something asked for is not so.
NOT_SO = 3

_POPULATION_ONLY = "asks about a whole population; this audit is a batch of refusals"
#: What an audit for one of the two leaves to the other: the class of requirements, and why none is answered.
_LEFT = {
    "notices": ("fair_lending", "this audit was made for notices alone: it reads no group"),
    "fairness": ("notice", "this audit was made for fairness alone: it owes nobody a notice"),
}
_NOT_IN_FORCE = "no bound was in force on the audit's date"


def judge(
    requirements: Sequence[Requirement],
    measurements: Sequence[Measurement],
    kind_of_audit: Literal["population", "batch"],
    *,
    only: Literal["notices", "fairness"] | None = None,
) -> tuple[Finding, ...]:
    """Answer every requirement, once for each measurement of its measure.

    Parameters
    ----------
    only : what alone the audit was made for; what belongs to the other is ``not_measured``

    Returns
    -------
    Findings in the order of the requirements, and within one in the order of the measurements.
    A requirement without any measurement has one finding, so none ever disappears.
    """
    found: dict[str, list[Measurement]] = {}
    for measurement in measurements:
        found.setdefault(measurement.measure, []).append(measurement)
    findings: list[Finding] = []
    left = _LEFT[only] if only is not None else ("", "")
    for requirement in requirements:
        blank = _blank(requirement)
        of_it = found.get(requirement.measure, [])
        if requirement.population and kind_of_audit == "batch":
            findings.append(replace(blank, outcome="not_applicable", cause=_POPULATION_ONLY))
        elif requirement.access == left[0]:
            findings.append(replace(blank, outcome="not_measured", cause=left[1]))
        elif not of_it:
            cause = requirement.not_measured or f"this audit did not measure {_words(requirement.measure)}"
            findings.append(replace(blank, outcome="not_measured", cause=cause))
        elif requirement.bound is None:
            findings.append(replace(blank, outcome="not_applicable", cause=_NOT_IN_FORCE))
        else:
            findings += [_answer(blank, requirement.bound, measurement) for measurement in of_it]
    return tuple(findings)


def outcome_of(
    bound: Bound, value: float, low: float | None = None, high: float | None = None
) -> Literal["met", "not_met", "inconclusive"]:
    """Say on which side of a bound a value lies; its interval decides where there is one.

    An interval that ends on the bound lies within it. An end that is not given is open.

    >>> from datetime import date
    >>> outcome_of(Bound(since=date(1978, 9, 25), at_least=0.8), 0.9, 0.78, 1.02)
    'inconclusive'
    """
    if low is None and high is None:
        low = high = value
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    if bound.at_least is not None:
        within, outside = low >= bound.at_least, high < bound.at_least
    elif bound.at_most is not None:
        within, outside = high <= bound.at_most, low > bound.at_most
    else:
        within = low == high == bound.equals
        outside = bound.equals is not None and not low <= bound.equals <= high
    return "met" if within else "not_met" if outside else "inconclusive"


def bound_text(bound: Bound | None) -> str:
    """Return a bound in words: ``at least 0.8``."""
    if bound is None:
        return ""
    for words, number in (
        ("at least", bound.at_least),
        ("at most", bound.at_most),
        ("exactly", bound.equals),
    ):
        if number is not None:
            return f"{words} {number:.12g}"
    return ""


def outcome_counts(findings: Iterable[Finding]) -> Mapping[FindingOutcome, int]:
    """Count the findings of each outcome; those that no finding has are there with 0."""
    counts: dict[FindingOutcome, int] = dict.fromkeys(OUTCOMES, 0)
    for finding in findings:
        counts[finding.outcome] += 1
    return counts


def exit_code(findings: Sequence[Finding], fail_on: Collection[str]) -> int:
    """Return 3 where a duty has an outcome in ``fail_on`` or nothing at all was evaluated, else 0."""
    # Empty is refused: an audit that answered no question has shown nothing.
    if not any(finding.outcome in ("met", "not_met", "inconclusive") for finding in findings):
        return NOT_SO
    if any(finding.kind in DUTIES and finding.outcome in fail_on for finding in findings):
        return NOT_SO
    return 0


def _blank(requirement: Requirement) -> Finding:
    return Finding(
        requirement=requirement.requirement,
        kind=requirement.kind,
        access=requirement.access,
        outcome="not_measured",
        measure=requirement.measure,
        bound=bound_text(requirement.bound),
        source=requirement.source,
    )


def _answer(blank: Finding, bound: Bound, measurement: Measurement) -> Finding:
    finding = replace(
        blank,
        attribute=measurement.attribute,
        group=measurement.group,
        value=measurement.value,
        low=measurement.low,
        high=measurement.high,
        n=measurement.n,
        cause=measurement.cause,
    )
    if measurement.state != "measured":
        return replace(finding, outcome=measurement.state, cause=measurement.cause or "no cause was given")
    if measurement.n == 0:
        # 0 of 0 would meet every upper bound.
        return replace(finding, outcome="not_measured", cause=measurement.cause or "nothing to count: n = 0")
    if measurement.value is None:
        return replace(finding, outcome="not_measured", cause=measurement.cause or "no value was measured")
    low, high = _end(measurement.low), _end(measurement.high)
    if not all(math.isfinite(number) for number in (measurement.value, low or 0.0, high or 0.0)):
        # Neither is stored: digests know no NaN, and infinity is no measured ratio.
        unusable = "the measured value is not a finite number"
        return replace(finding, outcome="error", value=None, low=None, high=None, cause=unusable)
    outcome = outcome_of(bound, measurement.value, low, high)
    spans = "the interval spans the bound" if outcome == "inconclusive" else None
    return replace(finding, outcome=outcome, low=low, high=high, cause=measurement.cause or spans)


def _end(number: float | None) -> float | None:
    # An infinite end of an interval is an open one.
    return None if number is not None and math.isinf(number) else number


def _words(measure: str) -> str:
    return measure.replace("_", " ")
