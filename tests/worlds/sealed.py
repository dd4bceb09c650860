"""A small but whole audit, sealed by the real writer: 64 applicants of a linear model.

The model is linear, so its Shapley values are known in closed form (weight times the distance to
the reference's mean) and add up exactly. Everything a report or a letter reads is there: joint
applicants, a missing value, an incomplete application, a counteroffer, a held notice, a bad row,
a group too small to be judged. Rates, disparities, findings and reasons come from the real pure
functions over these decisions. No TensorFlow.

``seal_small_audit(folder)`` needs a second; the same folder gives the same audit again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audit.fairness import count, disparities, measurements, rates
from audit.findings import exit_code, judge
from audit.ledger import AttributionBlock, Ledger
from audit.policy import load_policy
from audit.reasons import principal_reasons
from audit.record import Audit, CaseFile, Decision, Notice, QuarantinedRow
from tests.worlds.sealed_figures import figures, other_measurements
from tests.worlds.sealed_people import (
    AS_OF,
    CODES,
    CUTOFF,
    FACTORS,
    HELD,
    POLICIES,
    SEALED_AT,
    Applicant,
    applicants,
    audit_head,
    band,
    case_of,
    contributions,
    decision_of,
    nearest,
    recipients,
    reference_of,
)

__all__ = [
    "AS_OF",
    "CODES",
    "CUTOFF",
    "FACTORS",
    "HELD",
    "Applicant",
    "SmallAudit",
    "applicants",
    "audit_head",
    "recipients",
    "seal_small_audit",
    "small_audit",
    "write_audit",
]


@dataclass(frozen=True, slots=True)
class SmallAudit:
    """All that goes into the ledger, before it is written."""

    head: Audit
    parts: tuple[dict[str, Any], ...]
    seal: dict[str, Any]
    decisions: tuple[Decision, ...]
    cases: tuple[CaseFile, ...]


def small_audit(name: str = "Small portfolio") -> SmallAudit:
    """Return the audit's records, in two parts; nothing is written."""
    people = applicants()
    plain = {one.id: decision_of(one) for one in people}
    approved = nearest(people)
    reference = reference_of(people, plain)
    codes = {code.factor: code for code in CODES}
    attributed = {one.id: contributions(one, approved) for one in people if one.action != "I"}

    decided: list[Decision] = []
    for one in people:
        decision = replace(plain[one.id], seq=int(one.number >= 32))
        if one.id in attributed:
            values = attributed[one.id]
            residual = one.score - reference.mean_score - sum(values.values())  # type: ignore[operator]
            if one.number == HELD and decision.outcome == "adverse":
                decision = replace(decision, notice=Notice("held", "decision_differs"))
            decision = principal_reasons(
                replace(decision, reference=reference.digest),
                values,
                None,
                codes,
                frozenset({"income"} if one.inputs["income_thousands"] is None else ()),
                tolerance=1e-9,
                certified="exact",
                residual=residual,
                reference_ok=True,
                protected_factors=frozenset(),
                completed_at=dt.date(2026, 11, 5),
            )
        decided.append(decision)

    groups = {
        "sex": [one.sex for one in people],
        "age": [band(one.age) for one in people],
        "sex x age": [f"{one.sex} x {band(one.age)}" for one in people],
    }
    table = count(
        [d.outcome for d in decided],
        groups,
        [d.score for d in decided],  # type: ignore[misc]
        [None if one.observed is None else one.observed for one in people],
    )
    # The reference is a two-part affair: where a row of it lies is (part, row).
    seqs = {d.row: d.seq for d in decided}
    reference = replace(reference, rows=tuple((seqs[row], row) for _, row in reference.rows))
    quarantined = (QuarantinedRow(20, "months_late: not a number (got 'two')"),)
    found_rates = rates(table, 10)
    references = {"sex": "male", "age": "40-61", "sex x age": "male x 40-61"}
    found_disparities = disparities(table, references, True, 10)
    policy = load_policy(POLICIES, AS_OF)
    held = sum(d.notice.state == "held" for d in decided)
    measured = (*measurements(found_rates, found_disparities), *other_measurements(decided, held, reference))
    findings = judge(policy.requirements, measured, "population")
    counts = {state: sum(d.outcome == state for d in decided) for state in ("adverse", "favourable", "none")}
    shown = figures(people, decided, attributed, reference, table, quarantined, held)
    seal = {
        "policy": policy,
        "codes": CODES,
        "references": (reference,),
        "rates": found_rates,
        "disparities": found_disparities,
        "findings": findings,
        "figures": shown,
        "counts": {"rows": len(people) + 1, **counts, "held": held, "quarantined": 1},
        "exit_code": exit_code(findings, ("not_met", "error")),
        "sealed_at": SEALED_AT,
        "timings": {"score": 0.4, "reference": 0.1, "explain": 1.2, "fairness": 0.1, "findings": 0.0},
    }
    cases = tuple(case_of(one) for one in people)
    parts = []
    for seq, chosen in enumerate((range(32), range(32, len(people)))):
        rows = [i for i in chosen if people[i].id in attributed]
        values = [[attributed[people[i].id][factor] for factor in FACTORS] for i in rows]
        at = [i - chosen.start for i in rows]
        sample = rows[::4]
        parts.append(
            {
                "seq": seq,
                "decisions": [decided[i] for i in chosen],
                "cases": [cases[i] for i in chosen],
                "attributions": {
                    "shapley": AttributionBlock(
                        tuple(FACTORS), at, values, residual=[decided[i].residual for i in rows]
                    ),
                    "lime": AttributionBlock(
                        tuple(FACTORS),
                        [i - chosen.start for i in sample],
                        [[1.1 * attributed[people[i].id][factor] for factor in FACTORS] for i in sample],
                        standard_error=[[0.01] * len(FACTORS) for _ in sample],
                    ),
                },
                "groups": {name: [of[i] for i in chosen] for name, of in groups.items()},
                "quarantined": quarantined if seq == 0 else (),
            }
        )
    return SmallAudit(audit_head(name), tuple(parts), seal, tuple(decided), cases)


def write_audit(ledger: Ledger, small: SmallAudit) -> Audit:
    """Write an audit through the real writer, and seal it; an audit that is sealed stays as it is."""
    writer = ledger.begin(small.head)
    if not writer.existing:
        for part in small.parts:
            writer.partition(**part)
    return writer.seal(**small.seal)


def seal_small_audit(folder: Path) -> tuple[Ledger, str]:
    """Build the audit in ``folder/ledger.db`` (keys beside it) and return the open ledger and its id."""
    ledger = Ledger.open(f"sqlite:///{folder / 'ledger.db'}", create=True)
    return ledger, write_audit(ledger, small_audit()).audit
