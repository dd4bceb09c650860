"""What changed between two audits: versions, counts, rates, findings, reasons, and the applicants.

Everything but the drift of the applicants is read from what was sealed. How far a feature moved is
counted from the recorded inputs, which are locked: it needs the key file, and applicants whose
record is gone take no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from audit.data.drift import MUCH, SOME, Cell, Drift, drift
from audit.flips import Flips, Told, flips, told

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit

NO_KEY = "the key file is not at hand, and what the model saw is locked"
ALL_GONE = "the record of every applicant is gone"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing then and now.

    ``apart`` says whether the two 95 % intervals have no point in common; None where there are none.
    """

    place: Mapping[str, str]
    then: Any
    now: Any
    change: float | None = None
    apart: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        told = {**self.place, "then": self.then, "now": self.now}
        if self.change is not None:
            told["change"] = self.change
        return told if self.apart is None else {**told, "apart": self.apart}

    @property
    def name(self) -> str:
        """Return where it is, in words."""
        return _name(self.place)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two audits side by side; rows of rates and findings are those that either has."""

    then: Audit
    now: Audit
    versions: tuple[Change, ...]  # only what differs
    counts: tuple[Change, ...]
    rates: tuple[Change, ...]
    disparities: tuple[Change, ...]
    findings: tuple[Change, ...]  # only those whose outcome changed
    same_findings: int
    reasons: tuple[Change, ...]  # share of notices on which the code comes first
    reviews: tuple[Change, ...]  # what people asked since, and how often a review overturned
    features: Mapping[str, Drift]
    score: Drift
    flips: Flips | None  # reasons of applicants who are in both; None where the inputs are locked
    cause: str | None  # why the features were not measured
    left_out: tuple[int, int]  # applicants whose record is gone

    @property
    def worse(self) -> tuple[Change, ...]:
        """Findings that turned ``not_met`` or ``error``."""
        return tuple(one for one in self.findings if one.now in ("not_met", "error"))

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``compare --json`` prints."""
        return {
            "a": _head(self.then),
            "b": _head(self.now),
            "versions": [one.as_json() for one in self.versions],
            "counts": [one.as_json() for one in self.counts],
            "rates": [one.as_json() for one in self.rates],
            "disparities": [one.as_json() for one in self.disparities],
            "findings": [one.as_json() for one in self.findings],
            "findings_unchanged": self.same_findings,
            "worse": [one.as_json() for one in self.worse],
            "reasons": [one.as_json() for one in self.reasons],
            "flips": None if self.flips is None else {**asdict(self.flips), "share": self.flips.share},
            "reviews": [one.as_json() for one in self.reviews],
            "drift": {
                "features": [{"feature": name, **_drift(one)} for name, one in self.features.items()],
                "score": _drift(self.score),
                "cause": self.cause,
                "left_out": list(self.left_out),
            },
        }

    def in_words(self) -> str:
        """Return it as a table in words."""
        lines = [f"then  {_told(self.then)}", f"now   {_told(self.now)}", "", "What was put in"]
        lines += [f"  {one.name}: {one.then} -> {one.now}" for one in self.versions]
        lines += [] if self.versions else ["  the same versions, the same config, the same data"]
        lines += ["", "Decisions"]
        lines += [f"  {one.name:<44}{one.then:>10,} -> {one.now:>10,}" for one in self.counts]
        for title, rows in (("Rates", self.rates), ("Groups compared", self.disparities)):
            moved = [one for one in rows if one.then != one.now]
            lines += ["", f"{title}: {len(moved)} of {len(rows)} changed"]
            width = _width(moved)
            for one in moved:
                apart = "  (intervals apart)" if one.apart else ""
                lines.append(f"  {one.name:<{width}}{_number(one.then)} -> {_number(one.now)}{apart}")
        lines += ["", f"Findings: {len(self.findings)} changed, {self.same_findings} as before"]
        lines += [
            f"  {one.name:<{_width(self.findings)}}{one.then or 'not asked'} -> {one.now or 'not asked'}"
            for one in self.findings
        ]
        lines += ["", "First reason of the notices"]
        lines += [
            f"  {one.name:<{_width(self.reasons)}}{_share(one.then)} -> {_share(one.now)}"
            for one in self.reasons
        ]
        lines += _flipped(self.flips)
        if self.reviews:
            lines += ["", "Requests and reviews since"]
            lines += [
                f"  {one.name:<{_width(self.reviews)}}{_asked(one.then)} -> {_asked(one.now)}"
                for one in self.reviews
            ]
        lines += ["", f"Applicants (PSI; by convention {SOME} is some and {MUCH} much drift)"]
        for name, moved_by in {"score": self.score, **self.features}.items():
            value = "" if moved_by.psi is None else f"{moved_by.psi:.4f} (by chance {moved_by.by_chance:.4f})"
            lines.append(f"  {name:<44}{value:<28}{moved_by.reading}")
        if self.cause is not None:
            lines.append(f"  features: not measured: {self.cause}")
        if any(self.left_out):
            lines.append(
                f"  {self.left_out[0]:,} applicants then and {self.left_out[1]:,} now are left out: "
                "their record is gone"
            )
        return "\n".join(lines)


def compare(ledger: Ledger, then: str, now: str) -> Comparison:
    """Compare two audits of a ledger.

    Parameters
    ----------
    then, now : an id, a unique beginning of it, or ``latest``

    Raises
    ------
    UsageError
        One of them is not there, is not sealed, or both are the same.
    """
    from audit.errors import UsageError

    one, other = ledger.find(then), ledger.find(now)
    for audit in (one, other):
        if audit.state != "sealed":
            raise UsageError(
                f"audit {audit.audit[:12]}: it is not sealed yet. Finish it with plainspoken run."
            )
    if one.audit == other.audit:
        raise UsageError(f"audit {one.audit[:12]}: it is named twice. Name two audits; see plainspoken list.")
    findings = _findings(ledger, one, other)
    changed = tuple(row for row in findings if row.then != row.now)
    inputs, gone, refusals = _inputs(ledger, (one, other))
    names = dict.fromkeys((*inputs[0], *inputs[1]))
    return Comparison(
        then=one,
        now=other,
        versions=_versions(ledger, one, other),
        counts=tuple(
            Change({"count": name}, one.counts.get(name, 0), other.counts.get(name, 0))
            for name in dict.fromkeys((*one.counts, *other.counts))
        ),
        rates=_measured(ledger.rates(one), ledger.rates(other), ("metric", "attribute", "group")),
        disparities=_measured(
            ledger.disparities(one), ledger.disparities(other), ("metric", "attribute", "group", "reference")
        ),
        findings=changed,
        same_findings=len(findings) - len(changed),
        reasons=_reasons(ledger, one, other),
        reviews=_reviews(ledger, one, other),
        features={name: drift(inputs[0].get(name, ()), inputs[1].get(name, ())) for name in names},
        score=drift(*(_scores(ledger, audit) for audit in (one, other))),
        flips=flips(*refusals) if ledger.keyring.at_hand else None,
        cause=NO_KEY if not ledger.keyring.at_hand else ALL_GONE if any(gone) and not names else None,
        left_out=gone,
    )


def _versions(ledger: Ledger, one: Audit, other: Audit) -> tuple[Change, ...]:
    def of(audit: Audit) -> dict[str, Any]:
        model, data = audit.model, audit.dataset
        return {
            "model": f"{model.name} {model.version}",
            "model digest": model.digest[:16],
            "framework": model.framework,
            "data": f"{data.name}, {data.n_rows:,} rows, {data.digest[:16]}",
            "as of": audit.as_of.isoformat(),
            "slot": audit.slot,
            **{f"policy {pack.name}": f"{pack.as_of} {pack.digest[:16]}" for pack in ledger.packs(audit)},
            **{
                f"reason {code.factor}": f"{code.code}: {code.statement.get('en', '')}"
                for code in ledger.codes(audit)
            },
            **{f"config {place}": value for place, value in _flat(audit.config).items()},
            "program": audit.program,
            **{f"environment {name}": text for name, text in audit.environment.items()},
        }

    return tuple(
        Change({"what": name}, then, now) for name, then, now in _pairs(of(one), of(other)) if then != now
    )


def _flat(value: Any, place: str = "") -> dict[str, Any]:
    if not isinstance(value, Mapping) or not value:
        return {place: value}
    return {
        inside: cell
        for key, inner in value.items()
        for inside, cell in _flat(inner, f"{place}.{key}" if place else str(key)).items()
    }


def _pairs(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    for name in dict.fromkeys((*one, *other)):
        yield name, one.get(name), other.get(name)


def _measured(then: Sequence[Any], now: Sequence[Any], names: tuple[str, ...]) -> tuple[Change, ...]:
    old, new = ({tuple(getattr(row, name) for name in names): row for row in rows} for rows in (then, now))
    out = []
    for key in dict.fromkeys((*old, *new)):
        one, other = old.get(key), new.get(key)
        a, b = (None if row is None else row.value for row in (one, other))
        apart = None
        if one is not None and other is not None and None not in (one.low, one.high, other.low, other.high):
            apart = one.high < other.low or other.high < one.low
        change = b - a if a is not None and b is not None else None
        out.append(Change(dict(zip(names, key, strict=True)), a, b, change, apart))
    return tuple(out)


def _findings(ledger: Ledger, one: Audit, other: Audit) -> tuple[Change, ...]:
    names = ("requirement", "attribute", "group")
    old, new = (
        {tuple(getattr(row, name) for name in names): row.outcome for row in ledger.findings(audit)}
        for audit in (one, other)
    )
    return tuple(
        Change(dict(zip(names, key, strict=True)), old.get(key), new.get(key))
        for key in dict.fromkeys((*old, *new))
    )


def _reasons(ledger: Ledger, one: Audit, other: Audit) -> tuple[Change, ...]:
    shares = []
    for audit in (one, other):
        figure = ledger.figures(audit).get("reason_mix")
        body: Mapping[str, Any] = figure.body if figure is not None else {}
        n = body.get("n_notices", 0)
        shares.append(
            {f"{row['code']} {row['label']}": row["first"] / n for row in body.get("codes", ())} if n else {}
        )
    return tuple(
        Change(
            {"code": name.partition(" ")[0], "label": name.partition(" ")[2]},
            a,
            b,
            b - a if a is not None and b is not None else None,
        )
        for name, a, b in _pairs(*shares)
    )


def _reviews(ledger: Ledger, one: Audit, other: Audit) -> tuple[Change, ...]:
    """Return what came of requests; nothing where nobody asked on either audit."""
    told = []
    for audit in (one, other):
        found = ledger.reviews(audit)
        told.append(
            {}
            if found is None
            else {
                "requests": found.opened,
                "reviews decided": found.decided,
                "reviews overturned": found.overturned,
                "overturn rate": found.overturn_rate,
            }
        )
    return tuple(Change({"what": name}, then, now) for name, then, now in _pairs(*told))


def _inputs(
    ledger: Ledger, audits: tuple[Audit, Audit]
) -> tuple[
    tuple[dict[str, list[Cell]], dict[str, list[Cell]]],
    tuple[int, int],
    tuple[dict[str, Told], dict[str, Told]],
]:
    """Return the recorded inputs of each audit by feature, and how many applicants have none any more.

    The last pair is what each refusal told, by its pseudonym.
    """
    from audit.ledger.recorded import recorded

    read = [set((audit.config.get("data") or {}).get("features") or ()) for audit in audits]
    common = read[0] & read[1]
    found: list[dict[str, list[Cell]]] = []
    refusals: list[dict[str, Told]] = []
    gone = []
    for audit in audits:
        columns: dict[str, list[Cell]] = {}
        of: dict[str, Told] = {}
        away = 0
        for part in recorded(ledger, audit):
            away += len(part.gone)
            for decision, case in zip(part.decisions, part.cases, strict=True):
                if case is None:
                    continue
                for name, cell in case.inputs.items():
                    columns.setdefault(name, []).append(cell)
                if decision.outcome == "adverse" and common:
                    of[decision.decision] = told(decision, case.inputs, common)
        found.append(columns)
        refusals.append(of)
        gone.append(away)
    return (found[0], found[1]), (gone[0], gone[1]), (refusals[0], refusals[1])


def _flipped(found: Flips | None) -> list[str]:
    if found is None:
        return []
    lines = ["", "Reasons of applicants who were refused in both, with the same inputs"]
    if not found.n:
        return [*lines, "  there are none"]
    lines.append(
        f"  of {found.n:,}: {found.same:,} the same, {found.reordered:,} in another order, "
        f"{found.main:,} ({found.share:.1%}) with another main reason"
    )
    return [*lines, *(f"  {then} -> {now}: {n:,}" for then, now, n in found.pairs)]


def _scores(ledger: Ledger, audit: Audit) -> list[Cell]:
    return [one.score for one in ledger.decisions(audit) if one.score is not None and one.outcome != "none"]


def _drift(one: Drift) -> dict[str, Any]:
    return {
        "n": one.n,
        "m": one.m,
        "bins": one.bins,
        "psi": one.psi,
        "by_chance": one.by_chance,
        "reading": one.reading,
    }


def _head(audit: Audit) -> dict[str, Any]:
    return {
        "audit": audit.audit,
        "name": audit.name,
        "as_of": audit.as_of.isoformat(),
        "model": audit.model.version,
        "data": audit.dataset.digest,
    }


def _told(audit: Audit) -> str:
    sealed = audit.sealed_at.strftime("%Y-%m-%d") if audit.sealed_at else ""
    return f"{audit.audit[:12]}  {audit.name}, sealed {sealed}, model {audit.model.version}"


def _name(place: Mapping[str, str]) -> str:
    head, *rest = place.values()
    if "attribute" in place:
        group = "" if place["group"] == "all" else f" {place['attribute']}: {place['group']}"
        against = f" against {place['reference']}" if "reference" in place else ""
        return f"{head}{group}{against}"
    return " ".join((head, *rest))


def _width(rows: Sequence[Change]) -> int:
    return max((len(one.name) for one in rows), default=0) + 3


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


def _asked(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}" if isinstance(value, float) else f"{value:,}"


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"
