"""Method and limits: how reasons were computed, against whom, and what the numbers cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.sealed import Sealed, cutoff_words, read
from reports.sections.explanations import method_words
from reports.sections.scope import LIMIT
from reports.wording import capital, count, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.sealed import Reading

LABEL = "Method and limits"


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One comparison group."""

    kind: str
    n: str
    candidates: str
    cutoff: str
    mean_score: str
    window: str
    cause: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One pack, and what it says of the state of its law."""

    name: str
    title: str
    checked: str
    note: str


@dataclass(frozen=True, slots=True)
class Method:
    """What the section prints."""

    finding: str
    rows: tuple[tuple[str, str], ...]
    references: tuple[ReferenceRow, ...]
    policies: tuple[Policy, ...]
    limits: tuple[str, ...]
    limit: str


_KINDS = {
    "near_cutoff": "approved, nearest the cutoff",
    "all_applicants": "all applicants",
    "pinned": "pinned from an earlier audit",
}


def _drawn(body: Mapping[str, Any]) -> str:
    near = body["kind"] == "near_cutoff" and body["n"] < body["candidates"]
    return "approved, a seeded sample of the nearest the cutoff" if near else ""


def _notes(ledger: Reading, audit_id: str) -> dict[str, str]:
    """Return what each pack says of the state of its law, by the pack's name."""
    return {s.pack: s.text for s in ledger.statements(audit_id) if s.key == f"{s.pack}.note"}


def _rows(sealed: Sealed) -> tuple[tuple[str, str], ...]:
    body = sealed.figure("method") or {}
    reasons = body.get("reasons") or {}
    rows = []
    if reasons:
        players, up_to = reasons.get("players") or 0, reasons.get("exact_up_to") or 0
        exact = players <= up_to
        how = (
            f"exact: all coalitions of {count(players)} factors against the whole comparison group"
            if exact
            else f"sampled, since {count(players)} factors are more than {count(up_to)}; standard errors kept"
        )
        rows.append(("Reasons", f"{method_words(reasons['method'])}, {how}."))
        rows.append(
            (
                "Unit",
                "The factor, attributed as one player: its inputs move together. In the unit of the score.",
            )
        )
        rows.append(
            (
                "Printed",
                f"At most {wording.number_in_words(int(reasons['at_most']))}, largest first, each at least "
                f"{wording.share(reasons['floor'])} of the whole push toward refusal.",
            )
        )
    rows.append(
        ("Intervals", "95%, of the sample of applicants. Ratio interval and p-value come from one test.")
    )
    rows.append(
        (
            "Many groups",
            "P-values are not corrected for the number of groups: with twenty, one is crossed by chance.",
        )
    )
    rows.append(("Small groups", f"Under {sealed.min_group} people: shown with their n, never judged."))
    rows.append(("Seed", str(body.get("seed", sealed.audit.seed))))
    return tuple(rows)


def _limits(sealed: Sealed) -> tuple[str, ...]:
    limits = [
        "A contribution says what moved the score against the comparison group. It does not say what caused "
        "a person’s situation, nor what would happen if it changed.",
        "A gap between groups is a question, not an answer: it says neither why it is there "
        "nor whether it is allowed.",
        "Only attributes that are in the data were looked at.",
    ]
    observed = (sealed.figure("data") or {}).get("observed")
    rows = (sealed.figure("population") or sealed.audit.counts)["rows"]
    if observed and observed["n_known"] < rows:
        unknown = f"{count(rows - observed['n_known'])} of {count(rows)} applicants"
        limits.append(f"What became of {unknown} is not known: errors are those of the others.")
    elif observed:
        limits.append("Outcomes were observed for all. In live lending those of the refused are not.")
    else:
        limits.append("What became of the applicants is not known, so errors were not measured.")
    return tuple(limits)


def query(ledger: Reading, audit_id: str) -> Method:
    """Read method, comparison groups and policies."""
    sealed = read(ledger, audit_id)
    bodies = (sealed.figure("reference") or {}).get("references", ())
    references = tuple(
        ReferenceRow(
            _drawn(r) or _KINDS.get(r["kind"], r["kind"]),
            count(r["n"]),
            count(r["candidates"]),
            wording.NOTHING if r["cutoff"] is None else cutoff_words(float(r["cutoff"])),
            wording.score(r["mean_score"]),
            wording.score_interval(r["low"], r["high"]),
            r["cause"] or "may be used",
        )
        for r in bodies
    )
    reasons = (sealed.figure("method") or {}).get("reasons") or {}
    if not references or not reasons:
        finding = "Nothing was attributed in this audit"
    else:
        players = reasons.get("players") or 0
        exact = "Exact" if players <= (reasons.get("exact_up_to") or 0) else "Sampled"
        n = bodies[0]["n"]
        whom = {"near_cutoff": " near the cutoff", "pinned": " of an earlier audit"}.get(
            bodies[0]["kind"], ""
        )
        finding = f"{exact} contributions against {count(n)} {plural(n, 'applicant')}{whom}"
    notes = _notes(ledger, sealed.audit.audit)
    return Method(
        finding,
        _rows(sealed),
        references,
        tuple(
            Policy(p.name, p.title or wording.NOTHING, wording.date_in_words(p.as_of), notes.get(p.name, ""))
            for p in ledger.packs(sealed.audit.audit)
        ),
        tuple(capital(text) for text in _limits(sealed)),
        LIMIT,
    )


def title(data: Method) -> str:
    """Return how reasons were computed and against whom."""
    return data.finding
