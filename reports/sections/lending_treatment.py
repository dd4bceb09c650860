"""Disparate treatment: prohibited bases as inputs, close proxies, matched pairs, overrides, scored age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import register, wording
from reports.groups import attribute_label, group_label, order
from reports.outcomes import Mark, mark
from reports.sealed import read
from reports.wording import capital, count, joined, number_in_words, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.record import Disparity, ReasonCode
    from reports.sealed import Reading, Sealed

LABEL = "Disparate treatment"


@dataclass(frozen=True, slots=True)
class Test:
    """One question, its answer, and the requirement's mark where a policy asks it."""

    question: str
    mark: Mark | None
    answer: str
    source: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """One group against its reference, in pairs alike; ``head`` rows name an attribute."""

    label: str
    head: bool = False
    pairs: str = ""
    against: str = ""
    toward: str = ""
    gap: str = ""
    interval: str = ""
    p_value: str = ""
    few: bool = False


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """How often people departed from the score for one group; ``head`` rows name an attribute."""

    label: str
    head: bool = False
    tone: str = ""  # reference | few
    cells: tuple[str, ...] = ()  # rate, points and p-value toward refusal, and toward approval


@dataclass(frozen=True, slots=True)
class LendingTreatment:
    """What the section prints."""

    finding: str
    tests: tuple[Test, ...]
    verdicts: tuple[tuple[str, str, str, str], ...]
    overrides: tuple[OverrideRow, ...]
    pairs: tuple[PairRow, ...]
    controls: str
    pairs_cause: str
    min_group: int


def query(ledger: Reading, audit_id: str) -> LendingTreatment:
    """Read what was asked of treatment."""
    sealed = read(ledger, audit_id)
    cause = register.without_pairs(sealed)
    tests = (_inputs(sealed), _columns(sealed), _age(sealed), _overrides(sealed))
    body = sealed.measured("matched_pairs") or {}
    return LendingTreatment(
        _finding(sealed),
        tests,
        tuple(_verdicts(ledger.codes(sealed.audit.audit))),
        tuple(_departures(sealed.measured("overrides") or {})),
        () if cause else tuple(_pairs(sealed, body)),
        joined(list(body.get("controls", ()))),
        cause,
        sealed.min_group,
    )


def title(data: LendingTreatment) -> str:
    """Return whether a protected attribute is an input."""
    return data.finding


def _protected_inputs(sealed: Sealed) -> list[dict[str, Any]]:
    return list((sealed.figure("model") or {}).get("protected_inputs") or ())


def _finding(sealed: Sealed) -> str:
    if register.not_scored_cause(sealed):
        return "Whether a protected attribute is scored was not measured"
    found = _protected_inputs(sealed)
    if found:
        n = len(found)
        are = plural(n, "is a protected attribute, or tells one", "are protected attributes, or tell one")
        return f"{capital(number_in_words(n))} model {plural(n, 'input')} {are}"
    if register.permitted_age(sealed):
        return "Age is scored by leave; no other stated attribute is a model input"
    return "No stated protected attribute is a model input"


def _asked(sealed: Sealed, measure: str) -> tuple[Mark | None, str]:
    """Return the mark of the requirement on a measure, and its source."""
    for one in sealed.asked:
        if one.requirement is not None and one.requirement.measure == measure:
            return one.mark, one.requirement.source
    return None, ""


def _inputs(sealed: Sealed) -> Test:
    question = "Is a protected attribute, one of its parts, or a copy of it an input of the model?"
    asked, source = _asked(sealed, "protected_inputs")
    cause = register.not_scored_cause(sealed)
    if cause:
        return Test(question, mark("not_measured"), f"Not measured: {cause}.", source)
    found = _protected_inputs(sealed)
    told = joined([f"{one['column']} ({attribute_label(one['attribute']).lower()})" for one in found])
    n = count(len((sealed.figure("model") or {}).get("inputs") or ()))
    answer = f"Yes: {told}." if found else f"None of {n} inputs, of the attributes that this audit states."
    return Test(question, asked, answer, source or "12 CFR 1002.6(b)(1)")


def _columns(sealed: Sealed) -> Test:
    question = "Is a name, an area or a probability from which groups are estimated an input of the model?"
    asked, source = _asked(sealed, "proxy_columns_scored")
    outcome, cause, _ = register.finding_of(sealed, "proxy_columns_scored")
    if outcome in ("", "not_measured", "not_applicable"):
        why = cause or register.without_estimates(sealed) or "no policy in force asks"
        told = f"{capital(why)}." if outcome == "not_applicable" else f"Not measured: {why}."
        return Test(question, asked or mark("not_measured"), told, source)
    answer = {"met": "No.", "not_met": "Yes; Findings names it."}.get(outcome, f"{capital(cause)}.")
    return Test(question, asked, answer, source)


def _age(sealed: Sealed) -> Test:
    question = "Where age is scored: does anybody of 62 or older fare worse than with the best younger age?"
    asked, source = _asked(sealed, "elderly_age_negative")
    source = source or "12 CFR 1002.6(b)(2)(ii)"
    outcome, cause, _ = register.finding_of(sealed, "elderly_age_negative")
    if not outcome:
        if not register.permitted_age(sealed):
            return Test(question, mark("not_applicable"), f"{capital(register.NO_AGE)}.", source)
        return Test(question, mark("not_measured"), "Not measured: no policy in force asks.", source)
    said = {
        "met": "No: each was scored again with the younger ages.",
        "not_met": "Yes; Findings says how many, and their notices are held.",
    }
    answer = said.get(outcome, f"{capital(cause or 'the data cannot say')}.")
    return Test(question, asked, answer, source)


def _overrides(sealed: Sealed) -> Test:
    question = "Do people depart from model and cutoff alike for all classes?"
    cause = register.without_overrides(sealed)
    if cause:
        return Test(question, mark("not_measured"), f"Not measured: {cause}.", "59 FR 18266")
    body = sealed.measured("overrides") or {}
    n = count(int(body["n"]))
    answer = f"Counted below, of {n} decisions with a score and a cutoff."
    if body["n_by_rule"]:
        answer += f" {count(int(body['n_by_rule']))} that a rule decided are left out."
    return Test(question, None, answer, "59 FR 18266")


def _verdicts(codes: tuple[ReasonCode, ...]) -> list[tuple[str, str, str, str]]:
    """Return what people wrote down of factors that may stand in for a class."""
    return [
        (
            one.statement.get("en", one.factor),
            attribute_label(one.proxy.of).lower(),
            one.proxy.verdict,
            f"{one.proxy.by}, {wording.date_in_words(one.proxy.date)}: {one.proxy.reason}",
        )
        for one in codes
        if one.proxy is not None
    ]


def _pairs(sealed: Sealed, body: Mapping[str, Any]) -> list[PairRow]:
    counted = {(one["attribute"], one["group"]): one for one in body.get("rows", ())}
    rows: list[PairRow] = []
    before = ""
    for d in sealed.disparities:
        if d.metric != "matched_pairs_difference" or " x " in d.attribute:
            continue
        if d.attribute != before:
            before = d.attribute
            against = f"{attribute_label(d.attribute)}, against {group_label(d.reference)}"
            rows.append(PairRow(against, head=True))
        one = counted.get((d.attribute, d.group), {})
        pairs, against, toward = (
            count(int(one[key])) if key in one else wording.NOTHING
            for key in ("n_pairs", "against", "toward")
        )
        few = d.cause is not None and d.value is not None
        gap = "not measured" if d.value is None else wording.signed(d.value * 100, 1)
        rows.append(
            PairRow(
                group_label(d.group),
                pairs=pairs,
                against=against,
                toward=toward,
                gap="too few" if few else gap,
                interval=wording.NOTHING if few else _interval(d),
                p_value=wording.NOTHING if few else wording.p_value(d.p_value),
                few=few,
            )
        )
    return rows


def _interval(d: Disparity) -> str:
    if d.low is None or d.high is None:
        return wording.NOTHING
    return wording.signed_interval(d.low * 100, d.high * 100, 1)


def _departures(body: Mapping[str, Any]) -> list[OverrideRow]:
    rows: list[OverrideRow] = []
    for of in body.get("attributes", ()):
        if " x " in of["attribute"]:
            continue  # crossed groups stand in the attached file
        against = f"{attribute_label(of['attribute'])}, against {group_label(of['reference'])}"
        rows.append(OverrideRow(against, head=True))
        for one in sorted(of["groups"], key=lambda each: order(each["group"], of["reference"])):
            sides = [one[direction] for direction in ("toward_refusal", "toward_approval")]
            few = all(side["rate"] is None for side in sides)
            tone = "reference" if one["group"] == of["reference"] else "few" if few else ""
            cells = tuple(cell for side in sides for cell in _side(side))
            rows.append(OverrideRow(group_label(one["group"]), False, tone, cells))
    return rows


def _side(side: Mapping[str, Any]) -> tuple[str, str, str]:
    of = f"{count(int(side['n_departed']))} of {count(int(side['n']))}"
    if side["rate"] is None:
        return f"too few, {of}", wording.NOTHING, wording.NOTHING
    told = f"{wording.percent(side['rate'])}, {of}"
    if side["difference"] is None:
        return told, wording.NOTHING, wording.NOTHING
    ends = wording.signed_interval(side["difference_low"] * 100, side["difference_high"] * 100, 1)
    return told, f"{wording.signed(side['difference'] * 100, 1)} ({ends})", wording.p_value(side["p_value"])
