"""Approval ratios: which groups are told of, on which side of the line, and what they say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import wording
from reports.charts import forest
from reports.facts import often
from reports.groups import attribute_label, group_label, group_words, order, parts
from reports.outcomes import Asked, duties, screens
from reports.wording import capital, count, joined, number_in_words, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.record import Disparity, Finding
    from reports.sealed import Sealed


def ratios_of(sealed: Sealed) -> tuple[Disparity, ...]:
    """Return the approval ratios."""
    return tuple(d for d in sealed.disparities if d.metric == "adverse_impact_ratio")


def told(sealed: Sealed) -> tuple[Disparity, ...]:
    """Return the approval ratios of groups with enough people."""
    return tuple(d for d in ratios_of(sealed) if d.value is not None and d.n >= sealed.min_group)


def screen_of(asked: Sequence[Asked]) -> Asked | None:
    """Return the screen on approval ratios, where a policy in force has one."""
    found = [a for a in screens(asked) if a.requirement and a.requirement.measure == "adverse_impact_ratio"]
    return found[0] if found else None


def screening_line(asked: Sequence[Asked]) -> float | None:
    """Return the screening line on approval ratios."""
    screen = screen_of(asked)
    bound = screen.requirement.bound if screen and screen.requirement else None
    return bound.at_least if bound else None


_BOUND_OF = {"law": "bound of law", "guidance": "guidance bound", "house": "house bound"}


def duty_bounds(asked: Sequence[Asked]) -> tuple[tuple[float, str], ...]:
    """Return what duties ask a ratio to be at least, each named by its kind; the highest of a kind first."""
    found = {
        (a.requirement.bound.at_least, _BOUND_OF[a.kind])
        for a in duties(asked)
        if a.requirement is not None
        and a.requirement.measure == "adverse_impact_ratio"
        and a.requirement.bound is not None
        and a.requirement.bound.at_least is not None
    }
    return tuple(sorted(found, key=lambda one: (-one[0], one[1])))


def judged_by_screen(sealed: Sealed) -> dict[tuple[str, str], Finding]:
    screen = screen_of(sealed.asked)
    return {(f.attribute, f.group): f for f in screen.findings} if screen else {}


def states(sealed: Sealed) -> dict[tuple[str, str], str]:
    """Return how each group's ratio is drawn; the sealed finding decides, not the drawing."""
    found = judged_by_screen(sealed)
    result = {}
    for d in ratios_of(sealed):
        finding = found.get((d.attribute, d.group))
        if d.value is None:
            state = "none"
        elif d.n < sealed.min_group:
            state = "few"
        elif finding is not None and finding.outcome == "inconclusive":
            state = "span"
        elif finding is not None and finding.outcome == "not_met":
            state = "below"
        else:
            state = "dot"
        result[d.attribute, d.group] = state
    return result


def attributes(sealed: Sealed) -> tuple[str, ...]:
    """Return the attributes in the order sealed, single ones before crossed ones."""
    seen = dict.fromkeys(d.attribute for d in ratios_of(sealed))
    return tuple(sorted(seen, key=lambda a: len(parts(a))))


def heading(attribute: str, reference: str) -> str:
    label = attribute_label(attribute)
    return f"{label} (reference: {group_label(reference)})" if len(parts(attribute)) > 1 else label


def by_group(sealed: Sealed, attribute: str) -> tuple[Disparity, ...]:
    its = [d for d in ratios_of(sealed) if d.attribute == attribute and d.group != d.reference]
    return tuple(sorted(its, key=lambda d: order(d.group, d.reference)))


def forest_rows(sealed: Sealed, line: float | None) -> tuple[forest.Ratio, ...]:
    how = states(sealed)
    bounds = () if line is None else (line,)
    rows = []
    for attribute in attributes(sealed):
        reference = sealed.references[attribute]
        rows.append(forest.Ratio("head", heading(attribute, reference)))
        base = sealed.rate("selection_rate", attribute, reference)
        n = "" if base is None else count(base.n)
        rows.append(forest.Ratio("reference", group_label(reference), n, "reference"))
        for d in by_group(sealed, attribute):
            text = d.cause or "not measured"
            if d.value is not None:
                text = wording.ratio(d.value, bounds)
                if d.low is not None:
                    text += f" ({wording.ratio_interval(d.low, d.high, bounds)})"
            rows.append(
                forest.Ratio(
                    how[attribute, d.group], group_label(d.group), count(d.n), text, d.value, d.low, d.high
                )
            )
    return tuple(rows)


def fitting(rows: Sequence[forest.Ratio], most: int) -> tuple[tuple[forest.Ratio, ...], int]:
    """Return the rows that a page holds, and how many groups only the table holds.

    Names of attributes and references stay; of the others those first that are below the line or span it,
    then the lowest.
    """
    if len(rows) <= most:
        return tuple(rows), 0
    places = [i for i, row in enumerate(rows) if row.state not in ("head", "reference")]
    gravest = ("below", "span", "dot", "few", "none")
    places.sort(key=lambda i: (gravest.index(rows[i].state), rows[i].value or 0.0, i))
    kept = set(places[: max(0, most - (len(rows) - len(places)))])
    shown = tuple(row for i, row in enumerate(rows) if row.state in ("head", "reference") or i in kept)
    return shown[:most], len(places) - len(kept)


def _beyond_chance(d: Disparity) -> bool:
    # Interval and p-value come from one test, so either tells it.
    return d.low is not None and d.high is not None and (d.low > 1 or d.high < 1)


def _named(found: Sequence[Disparity], most: int = 3) -> str:
    names = [group_words(d.attribute, d.group) for d in found]
    if len(names) > most:
        return f"{number_in_words(len(names))} groups"
    return joined(names)


def meaning(sealed: Sealed) -> str:
    how, line = states(sealed), screening_line(sealed.asked)
    enough = told(sealed)
    less = [d for d in enough if _beyond_chance(d) and (d.value or 1) < 1]
    below = [d for d in enough if how[d.attribute, d.group] == "below"]
    span = [d for d in enough if how[d.attribute, d.group] == "span"]
    sentences = []
    if less:
        low = min(less, key=lambda d: d.value or 0)
        ends = wording.ratio_interval(low.low, low.high, () if line is None else (line,))
        where = ""
        if line is not None:
            where = {"below": " and below the screening line", "dot": " and above the screening line"}.get(
                how[low.attribute, low.group], ""
            )
        value = wording.ratio(low.value, () if line is None else (line,))
        sentences.append(
            f"The gap for {group_words(low.attribute, low.group)} ({value}, interval {ends}) "
            f"is more than chance{where}."
        )
        if len(less) > 1:
            n = len(less) - 1
            groups = f"{capital(number_in_words(n))} more {plural(n, 'group is', 'groups are')}"
            names = _named([d for d in less if d is not low])
            sentences.append(f"{groups} approved less often by more than chance: {names}.")
    elif enough:
        sentences.append("No group is approved less often than its reference by more than chance.")
    if below and not (len(below) == 1 and less and below[0] is min(less, key=lambda d: d.value or 0)):
        sentences.append(f"Below the screening line: {_named(below)}.")
    if span:
        verb = "the interval crosses" if len(span) == 1 else "the intervals cross"
        sentences.append(f"For {_named(span)} {verb} the line: the data cannot say.")
    return " ".join(sentences)


def finding(sealed: Sealed) -> str:
    if sealed.audit.kind == "batch":
        return "A batch of refusals has no approval rates"
    if sealed.groups_elsewhere:
        return sealed.groups_elsewhere
    enough = told(sealed)
    if not enough:
        return "No group was large enough to compare"
    sure = [d for d in enough if _beyond_chance(d)]
    less = [d for d in sure if (d.value or 1) < 1]
    if less:
        d = min(less, key=lambda d: d.value or 0)
    elif sure:
        d = max(sure, key=lambda d: d.value or 0)
    else:
        return "No gap in approval rates is more than chance"
    line = screening_line(sealed.asked)
    bounds = () if line is None else (line,)
    who, whom = group_words(d.attribute, d.group), group_words(d.attribute, d.reference)
    return f"{capital(who)} are approved {often(d.value or 0, bounds)} as {whom}"
