"""Page 1: the verdict, the key figures, duties apart from screens, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import ratios, wording
from reports.charts import forest
from reports.groups import group_words
from reports.numbered import Numbered, numbered
from reports.outcomes import KIND_WORDS, KINDS, OPEN, Asked, Mark, duties, mark, screens
from reports.sealed import Sealed, access_words, decision_rule, read
from reports.unknown import Unknown, unknowns
from reports.verdict import verdict
from reports.wording import capital, count, joined, number_in_words, plural

if TYPE_CHECKING:
    from audit.record import Finding, Trust
    from reports.sealed import Reading

LABEL = "Summary"
_COLUMNS = ("met", "not_met", "inconclusive", "not_measured", "error")
# Page 1 must hold all of it; what does not fit is told in Findings, and the page says so.
MOST_UNMET, MOST_UNKNOWN = 3, 5  # and one question less for each duty past the first


@dataclass(frozen=True, slots=True)
class Key:
    """One key figure."""

    label: str
    value: str
    aside: str


@dataclass(frozen=True, slots=True)
class DutyRow:
    """How many duties of one kind have which outcome."""

    kind: str
    counts: tuple[tuple[int, Mark], ...]


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """How many groups lie where on one screen."""

    title: str
    beyond: int
    unsure: int
    within: int


def _demonstration(note: str) -> str:
    return note if note.lower().startswith("demonstration") else f"Demonstration. {note}"


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything page 1 prints."""

    name: str
    about: str
    access: str
    demonstration: str
    trust: str
    verdict: str
    lead: str
    keys: tuple[Key, ...]
    duty_columns: tuple[Mark, ...]
    duty_rows: tuple[DutyRow, ...]
    screen_rows: tuple[ScreenRow, ...]
    whole_screens: str
    unmet: tuple[Numbered, ...]
    more_unmet: int
    lowest: str
    strip_title: str
    strip: forest.Strip | None
    strip_narrow: forest.Strip | None
    unknowns: tuple[Unknown, ...]
    more_unknown: int
    counts: tuple[tuple[str, Mark], ...]


def _many(n: int, noun: str) -> str:
    return f"{count(n)} {plural(n, noun)}"


def _keys(sealed: Sealed) -> tuple[Key, ...]:
    population = sealed.figure("population") or sealed.audit.counts
    keys = [
        Key("Applications", count(population["rows"]), _many(population["quarantined"], "row") + " set aside")
    ]
    rate = population.get("selection_rate")
    if isinstance(rate, dict):
        ends = wording.percent_interval(rate["low"], rate["high"])
        keys.append(Key("Approved", wording.percent(rate["value"]), f"interval {ends}"))
    keys.append(Key("Refused", count(population["adverse"]), _many(population["held"], "notice") + " held"))
    auc = sealed.rate("auc")
    if auc is not None and auc.value is not None:
        ends = wording.score_interval(auc.low, auc.high)
        keys.append(Key("Ranking quality (AUC)", wording.score(auc.value), f"interval {ends}"))
    certified = sealed.figure("certified")
    if certified:
        total = sum(certified.values())
        settled = certified.get("exact", 0) + certified.get("certain", 0)
        name = "Reasons exact" if settled == certified.get("exact", 0) else "Reasons settled"
        keys.append(Key(name, wording.share(settled, total), f"{count(settled)} of {count(total)} refusals"))
    return tuple(keys)


def _duty_table(asked: tuple[Asked, ...]) -> tuple[tuple[Mark, ...], tuple[DutyRow, ...]]:
    owed = duties(asked)
    used = [c for c in _COLUMNS if c != "error" or any(a.outcome == "error" for a in owed)]
    rows = []
    for kind in KINDS:
        its = [a for a in owed if a.kind == kind]
        if its:
            counts = tuple((sum(a.outcome == c for a in its), mark(c)) for c in used)
            rows.append(DutyRow(capital(KIND_WORDS[kind]), counts))
    return tuple(mark(c) for c in used), tuple(rows)


def _unsure(asked: Asked) -> tuple[Finding, ...]:
    """Return the groups of which a screen says nothing, whatever the cause."""
    return tuple(f for f in asked.findings if f.outcome in OPEN)


def _screen_rows(asked: tuple[Asked, ...]) -> tuple[ScreenRow, ...]:
    return tuple(
        ScreenRow(
            a.title,
            len(a.having("not_met")),
            len(_unsure(a)),
            len(a.having("met")),
        )
        for a in screens(asked)
        if any(f.attribute != "all" for f in a.findings)
    )


def _whole_screens(asked: tuple[Asked, ...]) -> str:
    """Tell the screens that have one measurement only, for the audit as a whole."""
    whole = [a for a in screens(asked) if a.findings and all(f.attribute == "all" for f in a.findings)]
    judged = [a for a in whole if a.outcome in ("met", "not_met", "inconclusive")]
    if not judged:
        return ""
    n = len(judged)
    noun = f"{number_in_words(n)} {plural(n, 'screen concerns', 'screens concern')}"
    beyond = [a.title for a in judged if a.outcome == "not_met"]
    unsure = [a.title for a in judged if a.outcome == "inconclusive"]
    if not beyond and not unsure:
        tail = "within its line" if n == 1 else "all within their lines"
    else:
        told = [f"beyond: {joined(beyond)}"] if beyond else []
        told += [f"cannot say: {joined(unsure)}"] if unsure else []
        tail = "; ".join(told)
    return f"{capital(noun)} the audit as a whole: {tail}."


def _groups_named(found: tuple[Finding, ...]) -> str:
    names = [group_words(f.attribute, f.group) for f in found]
    if len(names) > 2:
        return f"{number_in_words(len(names))} groups"
    return joined(names)


def _screens_sentence(asked: tuple[Asked, ...]) -> str:
    measured = [a for a in screens(asked) if a.outcome not in ("not_applicable", "not_measured")]
    if not measured:
        return ""
    first = next(
        (a for a in measured if a.requirement and a.requirement.measure == "adverse_impact_ratio"), None
    )
    first = first or measured[0]
    beyond, unsure = first.having("not_met"), _unsure(first)
    side = "over" if first.at_most else "below"
    line = f"the screening line ({first.title[:1].lower() + first.title[1:]})"
    if beyond:
        who = capital(_groups_named(beyond))
        verb = "lies" if who.endswith("group") else "lie"
        text = f"{who} {verb} {side} {line}"
    else:
        text = f"No group lies {side} {line}"
    if unsure:
        n = len(unsure)
        text += f"; for {number_in_words(n)} {plural(n, 'group')} the data cannot say"
    others = sum(1 for a in measured if a is not first and a.having("not_met"))
    if others:
        verb = plural(others, "screen is", "screens are")
        text += f". {capital(number_in_words(others))} other {verb} crossed"
    return text + "."


_HOLD_WORDS = {
    "protected_basis": "a protected attribute is among the reasons",
    "negative_age": "age counts against an applicant of 62 or older",
    "blocked_proxy": "a blocked proxy is among the reasons",
    "decision_differs": "the decision taken differs from model and cutoff",
    "action_differs": "action and decision disagree",
    "ranking_uncertain": "the order of the reasons is not settled",
    "reason_helped": "a reason that was given helped the applicant",
    "no_reason": "no reason was found",
    "residual": "contributions do not sum to the score",
    "reference_too_small": "too few approved applicants to compare with",
}


def hold_words(cause: str) -> str:
    """Return the cause of a hold in words."""
    return _HOLD_WORDS.get(cause, cause.replace("_", " "))


def _lead(sealed: Sealed, told: str) -> str:
    population = sealed.figure("population") or sealed.audit.counts
    parts = []
    if population["held"]:
        held = f"{count(population['held'])} of {count(population['adverse'])} notices are held"
        causes = (sealed.figure("holds") or {}).get("causes", ())
        if causes:
            most = max(causes, key=lambda c: c["n"])
            held += f", {'' if len(causes) == 1 else 'mostly '}because {hold_words(most['cause'])}"
        parts.append(held + ".")
    elif population["adverse"]:
        parts.append("No notice is held.")
    parts.append(_screens_sentence(sealed.asked))
    unmeasured = sum(a.outcome == "not_measured" for a in duties(sealed.asked))
    if unmeasured and "could not be measured" not in told:
        verb = plural(unmeasured, "duty", "duties")
        parts.append(f"{capital(number_in_words(unmeasured))} {verb} could not be measured.")
    return " ".join(p for p in parts if p)


def _lowest(sealed: Sealed) -> str:
    enough = ratios.told(sealed)
    if not enough:
        return ""
    low = min(enough, key=lambda d: d.value or 0)
    line = ratios.screening_line(sealed.asked)
    ends = wording.ratio_interval(low.low, low.high, () if line is None else (line,))
    value = wording.ratio(low.value, () if line is None else (line,))
    who = group_words(low.attribute, low.group)
    return (
        f"Lowest approval ratio with enough people: {value} (95% interval {ends}), {who}, n = {count(low.n)}."
    )


def _strip(sealed: Sealed) -> tuple[str, forest.Strip | None, forest.Strip | None]:
    enough = ratios.told(sealed)
    if not enough:
        return "", None, None
    line = ratios.screening_line(sealed.asked)
    states = ratios.states(sealed)
    drawn: list[forest.Ratio] = []
    for d in enough:
        name = group_words(d.attribute, d.group).removeprefix("ages\u00a0").replace(" aged", "")
        drawn.append(forest.Ratio(states[d.attribute, d.group], name, value=d.value, low=d.low, high=d.high))
    n = len(drawn)
    groups = "the group" if n == 1 else f"the {number_in_words(n)} groups"
    heading = f"Approval ratios of {groups} with {sealed.min_group} people or more"
    lowest = min(enough, key=lambda d: d.value or 0)
    sentence = f"{heading}; the lowest is {wording.ratio(lowest.value)}."
    return (
        heading,
        forest.strip(drawn, sentence, line),
        forest.strip(drawn, sentence, line, narrow=True),
    )


def outcome_counts(asked: tuple[Asked, ...]) -> tuple[tuple[str, Mark], ...]:
    """Return how many duties are unmet, open and met, beside the contents."""
    owed = duties(asked)
    unmet = sum(a.outcome == "not_met" for a in owed)
    open_ = sum(a.outcome in ("inconclusive", "not_measured", "error") for a in owed)
    met = sum(a.outcome == "met" for a in owed)
    return (
        (f"{count(unmet)} not met", mark("not_met")),
        (f"{count(open_)} open", mark("inconclusive")),
        (f"{count(met)} met", mark("met")),
    )


def trust_words(trust: Trust | None) -> str:
    """Return who answers for a model that runs code; empty where none does."""
    if trust is None:
        return ""
    date = wording.date_in_words(trust.date)
    return f"This model runs code. {trust.by} allowed it on {date}: {trust.reason}"


def query(ledger: Reading, audit_id: str) -> Summary:
    """Read what page 1 tells."""
    sealed = read(ledger, audit_id)
    audit, asked = sealed.audit, sealed.asked
    unmet = tuple(
        n
        for n in numbered(asked, sealed.references)
        if n.kind != "convention" and n.outcome in ("not_met", "error")
    )
    spoken = verdict(asked, sealed.references)
    columns, rows = _duty_table(asked)
    heading, wide, narrow = _strip(sealed)
    unknown = unknowns(sealed)
    room = MOST_UNKNOWN - max(0, min(len(unmet), MOST_UNMET) - 1)
    trust = audit.model.trust
    demonstration = sealed.figure("demonstration")
    date = wording.date_in_words(audit.as_of)
    model = "No model" if audit.model.framework == "none" else f"Model {audit.model.name}"
    return Summary(
        name=audit.name,
        about=f"{model} · {decision_rule(sealed)} · as of {date}",
        access=access_words(sealed),
        demonstration=_demonstration(demonstration["note"]) if demonstration else "",
        trust=trust_words(trust),
        verdict=spoken,
        lead=_lead(sealed, spoken),
        keys=_keys(sealed),
        duty_columns=columns,
        duty_rows=rows,
        screen_rows=_screen_rows(asked),
        whole_screens=_whole_screens(asked),
        unmet=unmet[:MOST_UNMET],
        more_unmet=max(0, len(unmet) - MOST_UNMET),
        lowest=_lowest(sealed),
        strip_title=heading,
        strip=wide,
        strip_narrow=narrow,
        unknowns=unknown[:room],
        more_unknown=max(0, len(unknown) - room),
        counts=outcome_counts(asked),
    )


def title(data: Summary) -> str:
    """Return the verdict."""
    return data.verdict
