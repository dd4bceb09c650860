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
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audit import figures as figures_
from audit.fairness import count, disparities, measurements, rates
from audit.findings import exit_code, judge
from audit.ledger import AttributionBlock, Ledger, run_id
from audit.ledger.seal import digest
from audit.policy import load_policy
from audit.reasons import principal_reasons
from audit.record import (
    Approval,
    Audit,
    BureauScore,
    CaseFile,
    Dataset,
    Decision,
    Figure,
    Measurement,
    Model,
    Notice,
    Person,
    QuarantinedRow,
    ReasonCode,
    Recipient,
    Reference,
    Source,
)

AS_OF = dt.date(2026, 11, 20)
OPENED_AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
SEALED_AT = dt.datetime(2026, 11, 20, 9, 0, 41, tzinfo=dt.UTC)
CUTOFF = 0.30
NEAREST = 30  # approved applicants that refused ones are compared with
HELD = 13  # its notice is held: the decision taken is not the model's
POLICIES = ("us_ecoa_regb", "us_fcra", "screening")

#: factor -> (column, weight, code, sentence); the score is 0.1 + the sum of weight * column.
FACTORS = {
    "utilisation": (
        "balance_to_limit",
        0.35,
        "U1",
        "Amount owed on revolving accounts compared with their limits",
    ),
    "delinquency": ("months_late", 0.09, "D1", "Number of months in which a payment was late"),
    "inquiries": ("inquiries", 0.03, "I1", "Number of recent inquiries on your credit report"),
    "history": ("years_on_file", -0.012, "H1", "Length of credit history"),
    "income": ("income_thousands", -0.0015, "N1", "Income stated in the application"),
}
INTERCEPT = 0.1
#: What an income that is not stated is taken for by the model.
INCOME_IMPUTED = 30.0


def _code(factor: str) -> ReasonCode:
    column, _, code, sentence = FACTORS[factor]
    missing: dict[str, Any] = {}
    if factor == "income":
        missing = {
            "missing_columns": (column,),
            "missing_statement": {"en": "We could not verify your income"},
        }
    return ReasonCode(
        factor=factor,
        code=code,
        columns=(column,),
        statement={"en": sentence},
        hmda={"U1": 3, "D1": 3, "I1": 3, "H1": 3, "N1": 1}[code],
        priority=list(FACTORS).index(factor) + 1,
        approved=Approval("Example risk committee", dt.date(2026, 11, 2)),
        **missing,
    )


CODES = tuple(_code(factor) for factor in FACTORS)


@dataclass(frozen=True, slots=True)
class Applicant:
    """One application as it lies in the data."""

    number: int
    sex: str
    age: int
    inputs: dict[str, float | None]
    observed: int | None
    action: str
    joint: bool

    @property
    def id(self) -> str:
        """The application's id; it must appear nowhere in the database."""
        return f"APP-{7000 + 13 * self.number}"

    @property
    def person(self) -> str:
        """The primary applicant's id."""
        return f"person.{self.number:03d}@example.invalid"

    @property
    def score(self) -> float:
        """What the model says."""
        total = INTERCEPT
        for column, weight, _, _ in FACTORS.values():
            total += weight * self.value(column)
        return total

    def value(self, column: str) -> float:
        """The input as the model takes it."""
        found = self.inputs[column]
        return INCOME_IMPUTED if found is None else found


def applicants(n: int = 64, seed: int = 11) -> tuple[Applicant, ...]:
    """Return the population; every tenth income is not stated."""
    draw = random.Random(seed)
    found = []
    for number in range(n):
        sex = "female" if number % 5 in (0, 2) else "male"
        age = draw.choice((21, 24, 31, 33, 38, 44, 47, 52, 58)) if number != 40 else 67
        late = draw.choice((0, 0, 0, 1, 1, 2, 3))
        inputs: dict[str, float | None] = {
            "balance_to_limit": round(draw.uniform(0.02, 1.0), 3),
            "months_late": float(late),
            "inquiries": float(draw.randint(0, 6)),
            "years_on_file": round(draw.uniform(0.5, 22.0), 1),
            "income_thousands": None if number % 10 == 7 else round(draw.uniform(18.0, 96.0), 1),
        }
        action = "I" if number in (5, 33) else ""
        one = Applicant(number, sex, age, inputs, None, action, number % 8 == 3)
        if not action:
            refused = one.score >= CUTOFF
            action = ("C" if number % 16 == 2 else "D") if refused else "A"
        observed = None if action != "A" else int(draw.random() < min(0.9, 2 * max(one.score, 0.02)))
        found.append(replace(one, action=action, observed=observed))
    return tuple(found)


def _band(age: int) -> str:
    return "18-24" if age < 25 else "25-39" if age < 40 else "40-61" if age < 62 else "62+"


ACTIONS = {"A": "approved", "D": "denied", "C": "counteroffer", "I": "incomplete"}


def _decision(one: Applicant) -> Decision:
    action = ACTIONS[one.action]
    outcome = {"approved": "favourable", "incomplete": "none"}.get(action, "adverse")
    persons = [Person(one.person)]
    if one.joint:
        persons.append(Person(f"joint.{one.number:03d}@example.invalid", "joint"))
    return Decision(
        decision=one.id,
        seq=0,
        row=one.number if one.number < 20 else one.number + 1,  # row 20 is set aside
        persons=tuple(persons),
        outcome=outcome,  # type: ignore[arg-type]
        score=one.score,
        cutoff=CUTOFF,
        action=action,
        notice=Notice("ready") if outcome == "adverse" else Notice(),
    )


def _case(one: Applicant) -> CaseFile:
    record = {
        "received_at": "2026-11-02",
        "completed_at": "2026-11-05",
        "decided_at": "2026-11-18",
        "product": "Credit card",
        "requested_terms": f"A credit limit of ${3000 + 250 * (one.number % 9)}",
        "purpose": "consumer",
        "jurisdiction": "us",
        "language": "en",
    }
    if one.action == "C":
        record["offered_terms"] = "A credit limit of $1,000"
    bureau = {
        "name": "Example Bureau, Inc.",
        "address": "P.O. Box 0000, Sampletown DE 00000",
        "phone": "1-800-555-0199",
    }
    source = Source("cra", **bureau, toll_free=True, nationwide=True)
    score = BureauScore(
        value=str(560 + 3 * one.number),
        low="300",
        high="850",
        created_on=dt.date(2026, 11, 4),
        provider="Example Bureau, Inc.",
        key_factors=(
            "Proportion of balances to limits is high",
            "Recent delinquency",
            "Length of accounts is short",
            "Too few accounts paid as agreed",
        ),
        inquiries="Recent inquiries" if one.number % 3 == 0 else None,
    )
    sources: tuple[Source, ...] = (source,)
    scores: tuple[BureauScore, ...] = (score,)
    if one.joint:
        sources += (replace(source, of="joint"),)
        scores += (replace(score, of="joint", value=str(800 - one.number)),)
    return CaseFile(one.id, record, sources, scores, dict(one.inputs))


def recipients() -> tuple[Recipient, ...]:
    """Return whom letters go to: every person of every decision, all invented."""
    found = []
    for one in applicants():
        for person in _decision(one).persons:
            label = "Sam Joint" if person.role == "joint" else "Alex Sample"
            address = (f"{100 + one.number} Example Lane", "Sampletown DE 00000")
            found.append(
                Recipient(one.id, person.person, person.role, f"{label} {one.number}", address, "mail", True)
            )
    return tuple(found)


def _nearest(people: tuple[Applicant, ...]) -> list[Applicant]:
    approved = [one for one in people if one.action == "A"]
    return sorted(approved, key=lambda one: CUTOFF - one.score)[:NEAREST]


def _reference(people: tuple[Applicant, ...], decisions: dict[str, Decision]) -> Reference:
    chosen = _nearest(people)
    scores = [one.score for one in chosen]
    rows = tuple((0, decisions[one.id].row) for one in chosen)
    return Reference(
        kind="near_cutoff",
        digest=digest("small audit: approved applicants near the cutoff"),
        n=len(chosen),
        candidates=sum(one.action == "A" for one in people),
        cutoff=CUTOFF,
        mean_score=sum(scores) / len(scores),
        low=min(scores),
        high=max(scores),
        rows=rows,
    )


def _contributions(one: Applicant, reference: list[Applicant]) -> dict[str, float]:
    found = {}
    for factor, (column, weight, _, _) in FACTORS.items():
        mean = sum(other.value(column) for other in reference) / len(reference)
        found[factor] = weight * (one.value(column) - mean)
    return found


def audit_head(name: str = "Small portfolio") -> Audit:
    """Return the audit as it opens."""
    model = Model(
        digest=digest("small linear model"),
        name="linear.py:score",
        framework="function",
        version=digest("small linear model")[:16],
        inputs=tuple(column for column, *_ in FACTORS.values()),
        output="probability of default",
        n_parameters=6,
        layers=({"name": "sum", "kind": "linear", "units": 1},),
    )
    columns = ("application_id", "applicant_id", *model.inputs, "sex", "age", "defaulted", "action")
    config = {
        "audit": {"name": name, "kind": "population", "owner": "Model risk", "as_of": AS_OF.isoformat()},
        "decision": {
            "adverse": "high",
            "cutoff": CUTOFF,
            "at_cutoff": "adverse",
            "disclosed_score": {"role": "not_a_credit_score", "by": "Example", "date": "2026-11-02"},
        },
        "explain": {"reasons": {"method": "shapley", "exact_up_to": 10, "at_most": 4, "floor": 0.05}},
        "entities": {
            "us": {
                "name": "Sample Harbor Credit Co.",
                "address": "500 Example Street, Suite 900, Sampletown DE 00000",
                "phone": "1-800-555-0142",
                "ecoa_agency": "ftc",
            }
        },
        "fairness": {"min_group": 10},
        "policies": list(POLICIES),
        "seed": 7,
    }
    parts = {"name": name, "model": model.digest, "data": digest("small population")}
    return Audit(
        audit=run_id(parts),
        name=name,
        kind="population",
        owner="Model risk",
        as_of=AS_OF,
        model=model,
        dataset=Dataset(digest("small population"), "applications.csv", 65, columns),
        config=config,
        seed=7,
        program="0.1.0",
        opened_at=OPENED_AT,
        environment={"python": "3.11", "system": "Linux", "numpy": "2.4"},
    )


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
    plain = {one.id: _decision(one) for one in people}
    approved = _nearest(people)
    reference = _reference(people, plain)
    codes = {code.factor: code for code in CODES}
    attributed = {one.id: _contributions(one, approved) for one in people if one.action != "I"}

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
        "age": [_band(one.age) for one in people],
        "sex x age": [f"{one.sex} x {_band(one.age)}" for one in people],
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
    measured = (*measurements(found_rates, found_disparities), *_measurements(decided, held, reference))
    findings = judge(policy.requirements, measured, "population")
    counts = {state: sum(d.outcome == state for d in decided) for state in ("adverse", "favourable", "none")}
    shown = _figures(people, decided, attributed, reference, table, quarantined, held)
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
    cases = tuple(_case(one) for one in people)
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


def _measurements(decided: list[Decision], held: int, reference: Reference) -> tuple[Measurement, ...]:
    adverse = [d for d in decided if d.outcome == "adverse"]
    zero = (
        "protected_inputs",
        "inputs_without_factor",
        "factors_without_statement",
        "vague_statements",
        "unapproved_statements",
        "reasons_not_adverse",
        "uncertain_rankings",
    )
    first = [d.reasons[0].code for d in adverse if d.reasons]
    numbers = {
        **dict.fromkeys(zero, 0.0),
        "adverse_without_reason": float(sum(not d.reasons for d in adverse)),
        "reasons_at_most_four": float(max(len(d.reasons) for d in adverse)),
        "held_notices": float(held),
        "completeness_residual": max(abs(d.residual or 0.0) for d in decided),
        "reference_size": float(reference.n),
        "lime_top4_overlap": 1.0,
        "most_common_reason_share": max(first.count(code) for code in first) / len(first),
        "decision_differs": float(sum(d.notice.cause == "decision_differs" for d in decided)),
        "disclosed_score_role": 1.0,
        "agency_stated": 1.0,
    }
    return tuple(Measurement(measure, value) for measure, value in numbers.items())


def _figures(
    people: tuple[Applicant, ...],
    decided: list[Decision],
    attributed: dict[str, dict[str, float]],
    reference: Reference,
    table: Any,
    quarantined: tuple[QuarantinedRow, ...],
    held: int,
) -> tuple[Figure, ...]:
    adverse = [d for d in decided if d.outcome == "adverse"]
    labels = {code.factor: code.statement["en"] for code in CODES}
    by_factor = {factor: [attributed[one][factor] for one in attributed] for factor in FACTORS}
    order = sorted(FACTORS, key=lambda factor: -sum(map(abs, by_factor[factor])))
    n = len(attributed)

    def mean_abs(factor: str) -> float:
        return sum(map(abs, by_factor[factor])) / n

    def ranks(column: str) -> dict[str, float]:
        ranked = sorted((one.value(column), one.id) for one in people)
        return {id_: i / (len(ranked) - 1) for i, (_, id_) in enumerate(ranked)}

    importance = [
        {
            "factor": factor,
            "label": labels[factor],
            "mean_abs": mean_abs(factor),
            "low": 0.85 * mean_abs(factor),
            "high": 1.15 * mean_abs(factor),
            "mean_adverse": sum(attributed[d.decision][factor] for d in adverse) / len(adverse),
        }
        for factor in order
    ]
    swarm = []
    for factor in order:
        rank, sizes = ranks(FACTORS[factor][0]), sorted(by_factor[factor])
        swarm.append(
            {
                "factor": factor,
                "label": labels[factor],
                "points": [[values[factor], rank[one]] for one, values in attributed.items()],
                "share_adverse": sum(value > 0 for value in sizes) / n,
                "q25": sizes[n // 4],
                "q75": sizes[3 * n // 4],
            }
        )
    effects = []
    for factor in order:
        column = FACTORS[factor][0]
        ordered = sorted((one for one in people if one.id in attributed), key=lambda one: one.value(column))
        size = -(-len(ordered) // 5)
        bins = [ordered[i : i + size] for i in range(0, len(ordered), size)]
        effects.append(
            {
                "factor": factor,
                "label": labels[factor],
                "column": column,
                "bins": [
                    {
                        "low": part[0].value(column),
                        "high": part[-1].value(column),
                        "n": len(part),
                        "mean": sum(attributed[one.id][factor] for one in part) / len(part),
                    }
                    for part in bins
                ],
            }
        )
    told = [d for d in adverse if d.notice.state == "ready"]
    codes = [
        {
            "code": code.code,
            "factor": code.factor,
            "label": labels[code.factor],
            "first": sum(d.reasons[0].code == code.code for d in told),
            "any": sum(code.code in [r.code for r in d.reasons] for d in told),
        }
        for code in CODES
    ]
    sexes = {one.id: one.sex for one in people}
    by_group = {
        "attribute": "sex",
        "groups": [
            {"group": sex, "n": sum(sexes[d.decision] == sex for d in told)} for sex in ("female", "male")
        ],
        "codes": [
            {
                "code": code.code,
                "label": labels[code.factor],
                "counts": [
                    sum(sexes[d.decision] == sex and code.code in [r.code for r in d.reasons] for d in told)
                    for sex in ("female", "male")
                ],
            }
            for code in CODES
        ],
    }
    causes: dict[str, int] = {}
    for dropped in (item for d in adverse for item in d.dropped):
        causes[dropped.cause] = causes.get(dropped.cause, 0) + 1
    head = audit_head()
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "data": (
            "model_risk",
            {
                "name": head.dataset.name,
                "digest": head.dataset.digest,
                "features": [_feature(column, people) for column in head.model.inputs],
                "protected": [
                    {
                        "attribute": name,
                        "type": type_,
                        "provenance": "collected",
                        "reference": reference_group,
                        "groups": [
                            {"group": group, "n": int(table.matrix(name, group).sum())}
                            for group in table.groups(name)
                        ],
                    }
                    for name, type_, reference_group in (
                        ("sex", "category", "male"),
                        ("age", "integer", "40-61"),
                    )
                ],
                "observed": {
                    "column": "defaulted",
                    "adverse": 1,
                    "n_known": sum(one.observed is not None for one in people),
                },
            },
        ),
        "importance": (
            "model_risk",
            {"method": "shapley", "n": n, "unit": "probability of default", "factors": importance},
        ),
        "swarm": ("model_risk", {"factors": swarm}),
        "effects": ("model_risk", {"factors": effects}),
        "reason_mix": ("notice", {"n_notices": len(told), "codes": codes}),
        "reasons_by_group": ("fair_lending", {"attributes": [by_group]}),
        "holds": (
            "notice",
            {"n_held": held, "causes": [{"cause": "decision_differs", "n": held}] if held else []},
        ),
        "certified": ("model_risk", {"exact": len(adverse), "certain": 0, "tie": 0, "false": 0}),
        "dropped": (
            "model_risk",
            {"causes": [{"cause": cause, "n": causes[cause]} for cause in sorted(causes)]},
        ),
        "agreement": (
            "model_risk",
            {
                "n": len(attributed) // 4,
                "with": [
                    {
                        "method": "lime",
                        "top4_overlap": 1.0,
                        "same_top1": 1.0,
                        "rank_correlation": 1.0,
                        "max_difference": 0.1 * max(abs(v) for values in by_factor.values() for v in values),
                        "cause": None,
                    }
                ],
            },
        ),
        "reference": (
            "model_risk",
            {
                "references": [
                    {
                        "kind": reference.kind,
                        "n": reference.n,
                        "candidates": reference.candidates,
                        "cutoff": reference.cutoff,
                        "mean_score": reference.mean_score,
                        "low": reference.low,
                        "high": reference.high,
                        "digest": reference.digest,
                        "cause": reference.cause,
                    }
                ]
            },
        ),
        "method": (
            "model_risk",
            {
                "reasons": {
                    "method": "shapley",
                    "exact_up_to": 10,
                    "at_most": 4,
                    "floor": 0.05,
                    "players": 5,
                },
                "seed": 7,
                "scale": "probability of default",
            },
        ),
        "environment": (
            "model_risk",
            {
                "program": "0.1.0",
                "python": "3.11",
                "packages": {"numpy": "2.4", "polars": "2.1"},
                "platform": "Linux x86_64",
                "fingerprint": digest("Linux x86_64 3.11")[:16],
            },
        ),
    }
    return (
        figures_.population(table, held=held, quarantined=quarantined),
        figures_.model(head.model, {}),
        figures_.scores(table, CUTOFF),
        figures_.calibration(table, adverse_high=True),
        figures_.confusion(table),
        *(Figure(name, access, body) for name, (access, body) in bodies.items()),  # type: ignore[arg-type]
    )


def _feature(column: str, people: tuple[Applicant, ...]) -> dict[str, Any]:
    known = sorted(value for one in people if (value := one.inputs[column]) is not None)
    return {
        "name": column,
        "type": "number",
        "missing": len(people) - len(known),
        "low": known[0],
        "median": known[len(known) // 2],
        "high": known[-1],
        "distinct": len(set(known)),
    }


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
