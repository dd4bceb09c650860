"""The verdict of page 1: one sentence that follows from the findings, first match wins.

Why so: it is made of the same gathered requirements as the tables beside it, so that sentence
and table cannot disagree. Nothing measured is never told as "no duty was found unmet": a
verdict over nothing would read as praise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts import bounds_of, fact
from reports.groups import group_words
from reports.outcomes import Asked, duties
from reports.wording import capital, joined, number_in_words, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Two lines of the verdict's size hold about this many characters.
LONGEST = 132


def _fitting(stem: str, item: str) -> str:
    whole = f"{stem}: {item}."
    return whole if len(whole) <= LONGEST else f"{stem}."


def _gravest(asked: Asked, references: Mapping[str, str]) -> str:
    bounds = bounds_of(asked.requirement.bound if asked.requirement else None)
    finding = asked.having(asked.outcome)[0]
    return fact(finding, references, bounds)


def _why_open(asked: Sequence[Asked]) -> str:
    """Say why the first of the open requirements is open."""
    found = asked[0].having(asked[0].outcome)
    if not found:
        return "no measurement was made"
    finding = found[0]
    cause = (finding.cause or "the interval spans the bound").split(";")[0].rstrip(".")
    if finding.attribute != "all":
        cause = f"{group_words(finding.attribute, finding.group)} ({cause})"
    causes = {f.cause for a in asked for f in a.having(a.outcome)}
    return cause if len(causes) == 1 or len(asked) == 1 else f"for one, {cause}"


def verdict(asked: Sequence[Asked], references: Mapping[str, str]) -> str:
    """Return the verdict on the duties; screens are conventions and never speak in it."""
    owed = duties(asked)
    of = {outcome: [a for a in owed if a.outcome == outcome] for outcome in {a.outcome for a in owed}}
    errors, unmet, met = of.get("error", []), of.get("not_met", []), of.get("met", [])
    unsure, unmeasured = of.get("inconclusive", []), of.get("not_measured", [])
    if errors:
        n = len(errors)
        stem = (
            f"{capital(number_in_words(n))} {plural(n, 'check')} could not run, "
            f"so this audit gives no verdict on {plural(n, 'it', 'them')}"
        )
        return _fitting(stem, joined([a.title for a in errors]))
    law = [a for a in owed if a.kind == "law" and a.outcome != "not_applicable"]
    law_unmet = [a for a in unmet if a.kind == "law"]
    if law_unmet:
        n = len(law_unmet)
        whole = f"{number_in_words(len(law))} legal {plural(len(law), 'duty', 'duties')}"
        verb = plural(n, "is", "are")
        stem = f"{capital(number_in_words(n))} of {whole} {verb} not met"
        return _fitting(stem, _gravest(law_unmet[0], references))
    if unmet:
        measured_law = [a for a in law if a.outcome in {"met", "inconclusive"}]
        return _unmet_below_law(unmet, measured_law, references)
    if unsure:
        n = len(unsure)
        stem = f"No duty was found unmet. {capital(number_in_words(n))} cannot be decided"
        return _fitting(stem, _why_open(unsure))
    if not met:
        if any(a.kind == "convention" and a.outcome in {"met", "not_met", "inconclusive"} for a in asked):
            return "No duty was evaluated, only screening conventions. This says nothing about the law."
        return "Nothing was evaluated. This says nothing about the model."
    if unmeasured:
        n, total = len(unmeasured), len(met) + len(unmeasured)
        stem = (
            f"No duty was found unmet. {capital(number_in_words(n))} of {number_in_words(total)} "
            "could not be measured"
        )
        return _fitting(stem, _why_open(unmeasured))
    return _all_met(len(met), len(of.get("not_applicable", [])))


def _unmet_below_law(
    unmet: Sequence[Asked], measured_law: Sequence[Asked], references: Mapping[str, str]
) -> str:
    house = [a for a in unmet if a.kind == "house"]
    guidance = [a for a in unmet if a.kind == "guidance"]
    undecided = [a for a in measured_law if a.outcome == "inconclusive"]
    if not measured_law:
        stem = "No legal duty was measured."
    elif undecided:
        stem = "No legal duty was found unmet."
    else:
        stem = "All legal duties that were measured are met."
    named = []
    if guidance:
        n = len(guidance)
        named.append(f"{number_in_words(n)} {plural(n, 'point', 'points')} of guidance")
    if house:
        n = len(house)
        named.append(f"{number_in_words(n)} house {plural(n, 'rule')}")
    verb = "is" if len(unmet) == 1 else "are"
    rest = f"{capital(joined(named))} {verb} not{' met' if not measured_law or undecided else ''}"
    return _fitting(f"{stem} {rest}", _gravest((guidance or house)[0], references))


def _all_met(n: int, not_applicable: int) -> str:
    if n == 1:
        text = "The one requirement that was measured is met."
    elif n == 2:
        text = "Both requirements that were measured are met."
    else:
        text = f"All {number_in_words(n)} requirements that were measured are met."
    if not_applicable:
        verb = "does" if not_applicable == 1 else "do"
        text += f" {capital(number_in_words(not_applicable))} {verb} not apply."
    return text
