"""Reasons: which codes, how often, in which group, which notices are held, and one refusal whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import reason_drift, stated_reasons, wording
from reports.charts import bars
from reports.groups import attribute_label, group_label, order
from reports.outcomes import HELD, Mark
from reports.refusal import DROPPED, Example, example
from reports.sealed import Sealed, read
from reports.sections.summary import hold_words
from reports.soundness import Similar, similar
from reports.wording import capital, count, number_in_words, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.sealed import Reading

LABEL = "Reasons"
# A heat table must fit the page: attributes with more groups than this stand in the attached file.
_MOST_GROUPS = 8
_MOST_TOLD = 4  # reasons of one attribute that differ; all of them are in the attached results

_RELEASES = {
    "protected_basis": "Another model, without it. Never the next reason.",
    "negative_age": "Another model, in which age never counts against anybody of 62 or older.",
    "blocked_proxy": "Another model, or a reviewed verdict. Never the next reason.",
    "decision_differs": "The reasons of the decision that was really taken.",
    "action_differs": "Records that agree.",
    "ranking_uncertain": "A larger sampling budget.",
    "reason_helped": "Reasons that counted against the applicant.",
    "no_reason": "A person reads the case.",
    "residual": "A method whose contributions sum to the score.",
    "reference_too_small": "More approved applicants near the cutoff.",
}


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A share and its count; ``step`` 1 to 5 is its shade, 0 none."""

    value: str
    aside: str
    step: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Reasons by the groups of one attribute."""

    heading: str
    groups: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, tuple[HeatCell, ...]], ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """Notices of one state and cause."""

    state: str
    mark: Mark | None
    n: str
    share: str
    cause: str
    releases: str


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One reason by how often it was given."""

    code: str
    label: str
    hmda: str
    first: str
    first_share: str
    named: str
    named_share: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """What the section prints."""

    finding: str
    n: str
    mix: bars.Bars | None
    mix_narrow: bars.Bars | None
    mix_meaning: str
    codes: tuple[CodeRow, ...]
    with_hmda: bool
    drift: reason_drift.Drift | None
    similar: tuple[Similar, ...]
    stated: stated_reasons.Stated | None
    heats: tuple[Heat, ...]
    min_group: int
    notices: tuple[NoticeRow, ...]
    certified: tuple[tuple[str, str, str], ...]
    dropped: tuple[tuple[str, str], ...]
    example: Example | None


def _mix(body: dict[str, Any]) -> tuple[bars.Bars, bars.Bars, str]:
    n = body["n_notices"]
    codes = sorted(body["codes"], key=lambda c: (-c["any"], c["code"]))
    sizes = tuple(
        bars.Size(
            f"{c['code']} {c['label']}",
            f"{wording.share(c['first'], n)} · {wording.share(c['any'], n)}",
            c["any"] / n,
            c["first"] / n,
        )
        for c in codes
    )
    most = max(codes, key=lambda c: c["any"])
    never = sum(c["first"] == 0 for c in codes)
    meaning = f"“{most['label']}” is named in {wording.share(most['any'], n)} of refusals."
    if never:
        words = plural(never, "factor never comes", "factors never come")
        meaning += f" {capital(number_in_words(never))} {words} first."
    head = "First · any place"
    return (
        bars.bars(sizes, meaning, head=head, percent=True),
        bars.bars(sizes, meaning, head=head, percent=True, narrow=True),
        meaning,
    )


def _codes(body: dict[str, Any], hmda: Mapping[str, str]) -> tuple[CodeRow, ...]:
    n = body["n_notices"]
    return tuple(
        CodeRow(
            c["code"],
            c["label"],
            hmda.get(c["factor"], wording.NOTHING),
            count(c["first"]),
            wording.percent(c["first"] / n),
            count(c["any"]),
            wording.percent(c["any"] / n),
        )
        for c in sorted(body["codes"], key=lambda c: (-c["any"], c["code"]))
    )


def _heat(sealed: Sealed, entry: dict[str, Any]) -> Heat | None:
    attribute = entry["attribute"]
    reference = sealed.references.get(attribute, "")
    groups = sorted(enumerate(entry["groups"]), key=lambda g: order(g[1]["group"], reference))
    if not groups or len(groups) > _MOST_GROUPS:
        return None
    enough = {i for i, g in groups if g["n"] >= sealed.min_group}
    rows, darkest = [], ("", "", 0.0, 0)
    for code in sorted(entry["codes"], key=lambda c: (-sum(c["counts"]), c["code"])):
        cells = []
        for i, group in groups:
            n, named = group["n"], code["counts"][i]
            if i not in enough:
                cells.append(HeatCell("too few", count(named), 0))
                continue
            part = named / n
            if part > darkest[2]:
                darkest = (code["label"], group_label(group["group"]), part, n)
            cells.append(HeatCell(wording.share(named, n), count(named), 1 + min(4, int(part * 5))))
        rows.append((code["code"], code["label"], tuple(cells)))
    label = attribute_label(attribute)
    meaning = ""
    if darkest[0]:
        meaning = (
            f"The darkest cell: “{darkest[0]}” is named in {wording.share(darkest[2])} of the "
            f"{count(darkest[3])} refusals in group “{darkest[1]}”."
        )
    meaning = " ".join(filter(None, (meaning, _beyond_chance(sealed, attribute))))
    return Heat(
        f"Reasons by {label.lower()}",
        tuple((group_label(g["group"]), f"n = {count(g['n'])}") for _, g in groups),
        tuple(rows),
        meaning,
    )


def _beyond_chance(sealed: Sealed, attribute: str) -> str:
    """Say which reasons a group is told more or less often than the reference, by more than chance."""
    body = sealed.measured("reason_gaps")
    if body is None or not body["n_tests"]:
        return ""
    mine = [one for one in body["rows"] if one["attribute"] == attribute and one["statistical"]]
    tests = f"{count(body['n_tests'])} comparisons counted in"
    if not mine:
        return f"No reason differs from the reference group by more than chance ({tests})."
    mine.sort(key=lambda one: one["holm"])
    told = [
        f"“{one['label']}” in group “{group_label(one['group'])}”, "
        f"{wording.signed(100 * one['value'], 1)} points ({wording.signed(100 * one['low'], 1)} to "
        f"{wording.signed(100 * one['high'], 1)})"
        for one in mine[:_MOST_TOLD]
    ]
    more = f", and {count(len(mine) - _MOST_TOLD)} more" if len(mine) > _MOST_TOLD else ""
    return (
        f"Named otherwise than in the reference group by more than chance ({tests}): {'; '.join(told)}{more}."
    )


def _notices(sealed: Sealed) -> tuple[NoticeRow, ...]:
    population = sealed.figure("population") or sealed.audit.counts
    refused = population["adverse"]
    ready = refused - population["held"]
    of = wording.share(ready, refused)
    rows = [NoticeRow("Ready", None, count(ready), of, wording.NOTHING, wording.NOTHING)]
    for cause in (sealed.figure("holds") or {}).get("causes", ()):
        rows.append(
            NoticeRow(
                "Held",
                HELD,
                count(cause["n"]),
                wording.share(cause["n"], refused),
                capital(hold_words(cause["cause"])) + ".",
                _RELEASES.get(cause["cause"], wording.NOTHING),
            )
        )
    return tuple(rows)


_CERTIFIED = (
    ("exact", "Exact", "all coalitions of factors against the whole comparison group"),
    ("certain", "Certain", "sampled until the order was settled"),
    ("tie", "Tie", "sampled; equal as far as can be told, ordered by the dictionary"),
    ("false", "Not settled", "sampled; the order is not settled, so the notice is held"),
)


def query(ledger: Reading, audit_id: str) -> Reasons:
    """Read which reasons were given."""
    sealed = read(ledger, audit_id)
    body = sealed.measured("reason_mix")
    told = body is not None and body["n_notices"] > 0 and bool(body["codes"])
    wide, narrow, meaning = _mix(dict(body)) if told and body else (None, None, "")
    if told and body:
        first = max(body["codes"], key=lambda c: c["first"])
        finding = f"“{first['label']}” leads {wording.share(first['first'], body['n_notices'])} of refusals"
    else:
        finding = "No reasons were given"
    entries = (sealed.measured("reasons_by_group") or {}).get("attributes", ())
    heats = [h for e in entries if " x " not in e["attribute"] and (h := _heat(sealed, dict(e))) is not None]
    certified = sealed.figure("certified") or {}
    dictionary = ledger.codes(sealed.audit.audit)
    labels = {c.factor: (c.code, c.statement.get("en", c.factor)) for c in dictionary}
    hmda = {c.factor: str(c.hmda) for c in dictionary if c.hmda is not None}
    labels |= {c["factor"]: (c["code"], c["label"]) for c in (body or {}).get("codes", ())}
    return Reasons(
        finding=finding,
        n=count(body["n_notices"]) if body else "0",
        mix=wide,
        mix_narrow=narrow,
        mix_meaning=meaning,
        codes=_codes(dict(body), hmda) if told and body else (),
        with_hmda=bool(hmda),
        drift=reason_drift.drift(sealed),
        similar=similar(sealed),
        stated=stated_reasons.stated(sealed, {factor: code for factor, (code, _) in labels.items()}),
        heats=tuple(heats),
        min_group=sealed.min_group,
        notices=_notices(sealed),
        certified=tuple(
            (word, count(certified[key]), how) for key, word, how in _CERTIFIED if certified.get(key)
        ),
        dropped=tuple(
            (capital(DROPPED.get(c["cause"], c["cause"].replace("_", " "))), count(c["n"]))
            for c in (sealed.figure("dropped") or {}).get("causes", ())
        ),
        example=example(ledger, sealed, labels),
    )


def title(data: Reasons) -> str:
    """Return the reason that comes first most often."""
    return data.finding
