"""Page 2: contents, how to read the report, and what was audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.groups import attribute_label
from reports.outcomes import Mark, mark
from reports.sealed import Sealed, cutoff_words, decision_rule, framework_words, read
from reports.wording import capital, count, joined, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.sealed import Reading

LABEL = "Contents and how to read"
LIMIT = "This report states what was measured. It does not conclude that a model or a lender obeys the law."


@dataclass(frozen=True, slots=True)
class Key:
    """A mark and what it means."""

    mark: Mark
    meaning: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What page 2 prints beside the contents."""

    duty_keys: tuple[Key, ...]
    screen_keys: tuple[Key, ...]
    askers: tuple[tuple[str, str], ...]
    score_words: str
    rows: tuple[tuple[str, str], ...]
    limit: str


_DUTY_KEYS = (
    Key(mark("met"), "Measured, and it is so."),
    Key(mark("not_met"), "Measured, and it is not so."),
    Key(mark("inconclusive"), "Measured; the data cannot say."),
    Key(mark("not_measured"), "Not measured; the cause is printed."),
    Key(mark("not_applicable"), "Does not bind this audit."),
    Key(mark("error"), "The check itself failed."),
)
_SCREEN_KEYS = (
    Key(mark("met", "convention"), "The interval lies above it."),
    Key(mark("not_met", "convention"), "It lies below it. Look closer."),
    Key(mark("met", "convention", at_most=True), "Gaps: it lies under it."),
    Key(mark("not_met", "convention", at_most=True), "Gaps: it lies over it. Look closer."),
)
_ASKERS = (
    ("Law", "A statute or regulation, cited."),
    ("Guidance", "An agency’s reading or good practice."),
    ("House policy", "The lender’s own rule."),
    ("Convention", "A rule of thumb. Never law."),
)


def _people(sealed: Sealed) -> str:
    population = sealed.figure("population") or sealed.audit.counts
    parts = [f"{count(population['rows'])} applications"]
    none, aside = population["none"], population["quarantined"]
    parts.append(f"{count(none) if none else 'none'} withdrawn or incomplete")
    parts.append(f"{count(aside) if aside else 'none'} set aside")
    text = ", ".join(parts)
    if sealed.audit.kind == "batch":
        text += ". One batch of refusals, not a whole population"
    return text + "."


def _protected(sealed: Sealed) -> str:
    data, model = sealed.figure("data") or {}, sealed.figure("model") or {}
    names = [
        f"{attribute_label(p['attribute']).lower()} ({p['provenance']})" for p in data.get("protected", ())
    ]
    if sealed.groups_elsewhere:
        away = (sealed.audit.config.get("audit") or {}).get("kept_away") or {}
        unread = joined([attribute_label(name).lower() for name in away])
        return f"{sealed.groups_elsewhere}.{f' Not read here: {unread}.' if unread else ''}"
    if not names:
        return "None was stated."
    found = model.get("protected_inputs") or ()
    if found:
        inputs = joined([f"{i['column']} ({i['attribute']})" for i in found])
        tail = f"Among the model’s inputs: {inputs}."
    elif aged := model.get("permitted_inputs"):
        tail = f"Age alone is a model input, by leave of 12 CFR 1002.6(b)(2): {joined(list(aged))}."
    elif model.get("inputs"):
        tail = "None is a model input."
    else:
        tail = ""
    return f"{capital(joined(names))}. {tail}".strip()


def _model(sealed: Sealed) -> str:
    model = sealed.audit.model
    body = sealed.figure("model") or {}
    players = (sealed.figure("method") or {}).get("reasons", {}).get("players")
    text = f"{model.name}, version {model.version}: {framework_words(model.framework)}"
    inputs = len(body.get("inputs") or model.inputs)
    if players and inputs:
        text += f"; {count(players)} {plural(players, 'factor')} in {count(inputs)} {plural(inputs, 'input')}"
    return text + "."


_COMPARISONS = {
    "near_cutoff": "approved {applicants} nearest the cutoff",
    "all_applicants": "{applicants} drawn from all decided ones",
    "pinned": "{applicants} pinned from an earlier audit",
}
_FIRST, _SECOND = " Regulation B’s first method.", " Regulation B’s second method."


def comparison(body: Mapping[str, Any]) -> str:
    """Return whom refused applicants are compared with, in words."""
    n = int(body["n"])
    kind = str(body["kind"])
    people = _COMPARISONS[kind].format(applicants=plural(n, "applicant"))
    text = f"The {count(n)} {people}"
    if kind == "near_cutoff" and n < int(body["candidates"]):
        # More applicants are near the cutoff than `explain.reference.rows`, so those were drawn.
        of = f"the {count(int(body['candidates']))} approved applicants nearest the cutoff"
        text = f"A seeded sample of {count(n)} of {of}"
    if body.get("low") is not None:
        text += f", scores {wording.score(body['low'])} to {wording.score(body['high'])}"
    text += "."
    return text + {"near_cutoff": _FIRST, "all_applicants": _SECOND}.get(kind, "")


def _reference(sealed: Sealed) -> str:
    references = (sealed.figure("reference") or {}).get("references", ())
    if not references:
        return "None: nothing was attributed."
    if len(references) == 1:
        return comparison(references[0])
    return f"{count(len(references))} comparison groups, one a cutoff; Method lists them."


def _score_words(sealed: Sealed) -> str:
    scores = sealed.measured("scores")
    if scores is None:
        return "No scores were recorded."
    low, high = scores["edges"][0], scores["edges"][-1]
    adverse = (sealed.audit.config.get("decision") or {}).get("adverse", "high")
    rule = decision_rule(sealed)
    return (
        f"runs from {cutoff_words(float(low))} to {cutoff_words(float(high))} here. "
        f"{capital(str(adverse))} is adverse: an application is {rule}."
        if rule.startswith("refused")
        else f"runs from {cutoff_words(float(low))} to {cutoff_words(float(high))} here."
    )


def query(ledger: Reading, audit_id: str) -> Scope:
    """Read what was audited, whom it concerns and by which rules."""
    sealed = read(ledger, audit_id)
    audit = sealed.audit
    packs = [f"{p.name} (last checked {wording.date_in_words(p.as_of)})" for p in ledger.packs(audit.audit)]
    date = wording.date_in_words(audit.as_of)
    rows = (
        ("Decision", f"{capital(decision_rule(sealed))}."),
        ("People", _people(sealed)),
        ("Protected attributes", _protected(sealed)),
        ("Model", _model(sealed)),
        ("Comparison", _reference(sealed)),
        ("Policies in force", f"{joined(packs) or 'none'}; judged as of {date}."),
        ("Left out", "What happens after the decision, and every attribute that is not in the data."),
    )
    return Scope(_DUTY_KEYS, _SCREEN_KEYS, _ASKERS, _score_words(sealed), rows, LIMIT)


def title(data: Scope) -> str:
    """Return what page 2 is; it has no finding."""
    return "Contents, reading key and what was audited" if data.rows else "Contents"
