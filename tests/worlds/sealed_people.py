"""The applicants, the linear model and the lender of the small sealed audit."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace
from typing import Any

from audit.ledger import run_id
from audit.ledger.seal import digest
from audit.record import (
    Approval,
    Audit,
    BureauScore,
    CaseFile,
    Dataset,
    Decision,
    Model,
    Notice,
    Person,
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


def band(age: int) -> str:
    return "18-24" if age < 25 else "25-39" if age < 40 else "40-61" if age < 62 else "62+"


ACTIONS = {"A": "approved", "D": "denied", "C": "counteroffer", "I": "incomplete"}


def decision_of(one: Applicant) -> Decision:
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


def case_of(one: Applicant) -> CaseFile:
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
        for person in decision_of(one).persons:
            label = "Sam Joint" if person.role == "joint" else "Alex Sample"
            address = (f"{100 + one.number} Example Lane", "Sampletown DE 00000")
            found.append(
                Recipient(one.id, person.person, person.role, f"{label} {one.number}", address, "mail", True)
            )
    return tuple(found)


def nearest(people: tuple[Applicant, ...]) -> list[Applicant]:
    approved = [one for one in people if one.action == "A"]
    return sorted(approved, key=lambda one: CUTOFF - one.score)[:NEAREST]


def reference_of(people: tuple[Applicant, ...], decisions: dict[str, Decision]) -> Reference:
    chosen = nearest(people)
    scores = [one.score for one in chosen]
    rows = tuple((0, decisions[one.id].row) for one in chosen)
    return Reference(
        kind="near_cutoff",
        digest=digest("small audit: approved applicants near the cutoff"),
        n=len(chosen),
        candidates=len(chosen),  # the window of the nearest; none of it was drawn
        cutoff=CUTOFF,
        mean_score=sum(scores) / len(scores),
        low=min(scores),
        high=max(scores),
        rows=rows,
    )


def contributions(one: Applicant, reference: list[Applicant]) -> dict[str, float]:
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
