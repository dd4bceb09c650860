"""Reasons: which codes, how often, in which group, which notices are held, and one refusal whole."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts import bars
from reports.groups import attribute_label, group_label, order
from reports.outcomes import HELD, Mark
from reports.sealed import Sealed, read
from reports.sections.summary import hold_words
from reports.wording import capital, count, number_in_words, plural

if TYPE_CHECKING:
    from audit.record import Decision
    from reports.sealed import Reading

LABEL = "Reasons"
# A heat table must fit the page: attributes with more groups than this stand in the attached file.
_MOST_GROUPS = 8
# The example is the first refusal that is not held with the most reasons among so many.
_LOOKED_AT = 200

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
_DROPPED = {
    "helped": "never printed: it helped",
    "below_floor": "not printed: under the floor",
    "beyond_at_most": "not printed: beyond the number allowed",
    "other_component": "not printed: another component decided",
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
    cause: str
    releases: str


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One factor of the example: ``width`` of 100 to the right of zero, or to its left."""

    code: str
    label: str
    points: str
    right: float
    left: float
    letter: str
    printed: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One refusal from score to letter."""

    about: str
    rows: tuple[ExampleRow, ...]


@dataclass(frozen=True, slots=True)
class Reasons:
    """What the section prints."""

    finding: str
    n: str
    mix: bars.Bars | None
    mix_narrow: bars.Bars | None
    mix_meaning: str
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
    return Heat(
        f"Reasons by {label.lower()}",
        tuple((group_label(g["group"]), f"n = {count(g['n'])}") for _, g in groups),
        tuple(rows),
        meaning,
    )


def _notices(sealed: Sealed) -> tuple[NoticeRow, ...]:
    population = sealed.figure("population") or sealed.audit.counts
    ready = population["adverse"] - population["held"]
    rows = [NoticeRow("Ready", None, count(ready), wording.NOTHING, wording.NOTHING)]
    for cause in (sealed.figure("holds") or {}).get("causes", ()):
        rows.append(
            NoticeRow(
                "Held",
                HELD,
                count(cause["n"]),
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


def _example(ledger: Reading, sealed: Sealed, labels: dict[str, tuple[str, str]]) -> Example | None:
    # Whether its letter was sent meanwhile must not change the report, so only held ones are passed over.
    refused = ledger.decisions(sealed.audit.audit, outcome="adverse")
    told = (decision for decision in refused if decision.notice.state != "held")
    found: Decision | None = None
    for decision in islice(told, _LOOKED_AT):
        scored = [r for r in decision.reasons if r.contribution is not None]
        if scored and (found is None or len(scored) > len(found.reasons)):
            found = decision
    if found is None or found.score is None:
        return None
    sizes = [r.contribution for r in found.reasons if r.contribution is not None]
    dropped = [(d.factor, d.contribution, d.cause) for d in found.dropped if d.contribution is not None]
    sizes += [size for _, size, _ in dropped]
    most = max(abs(s) for s in sizes) or 1.0

    def row(factor: str, size: float, letter: str, *, printed: bool) -> ExampleRow:
        code, label = labels.get(factor, ("", factor.replace("_", " ")))
        width = round(abs(size) / most * 70, 1)
        right, left = (width, 0.0) if size > 0 else (0.0, round(width * 3 / 7, 1))
        return ExampleRow(code, label, wording.signed(size), right, left, letter, printed)

    rows = [
        row(r.factor, r.contribution, f"reason {r.rank}", printed=True)
        for r in found.reasons
        if r.contribution is not None
    ]
    for factor, size, cause in sorted(dropped, key=lambda d: (-d[1], d[0])):
        rows.append(row(factor, size, _DROPPED.get(cause, cause.replace("_", " ")), printed=False))
    references = (sealed.figure("reference") or {}).get("references", ())
    mean = next((r["mean_score"] for r in references if r["digest"] == found.reference), None)
    against = (
        "" if mean is None else f" Compared with the average of the comparison group, {wording.score(mean)}."
    )
    name = f"Decision {wording.short_id(found.decision)} (a pseudonym)"
    about = f"{name}, score {wording.score(found.score)}.{against} Right: toward refusal."
    return Example(about, tuple(rows))


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
    labels = {c.factor: (c.code, c.statement.get("en", c.factor)) for c in ledger.codes(sealed.audit.audit)}
    labels |= {c["factor"]: (c["code"], c["label"]) for c in (body or {}).get("codes", ())}
    return Reasons(
        finding=finding,
        n=count(body["n_notices"]) if body else "0",
        mix=wide,
        mix_narrow=narrow,
        mix_meaning=meaning,
        heats=tuple(heats),
        min_group=sealed.min_group,
        notices=_notices(sealed),
        certified=tuple(
            (word, count(certified[key]), how) for key, word, how in _CERTIFIED if certified.get(key)
        ),
        dropped=tuple(
            (capital(_DROPPED.get(c["cause"], c["cause"].replace("_", " "))), count(c["n"]))
            for c in (sealed.figure("dropped") or {}).get("causes", ())
        ),
        example=_example(ledger, sealed, labels),
    )


def title(data: Reasons) -> str:
    """Return the reason that comes first most often."""
    return data.finding
