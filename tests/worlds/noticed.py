"""One refused applicant, all of whose facts are known, and a ledger that answers from memory.

Letters read records, so their tests start from records: every field can be taken away or changed
one at a time. That a real ledger gives the same records back is tested where letters meet one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from audit.record import (
    Approval,
    Audit,
    BureauScore,
    CaseFile,
    Dataset,
    Decision,
    Figure,
    Model,
    Notice,
    Person,
    Reason,
    ReasonCode,
    Recipient,
    Source,
    Statement,
)

TODAY = dt.date(2026, 11, 20)

ECOA = (
    "The Federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit "
    "applicants on the basis of race, color, religion, national origin, sex, marital status, age "
    "(provided the applicant has the capacity to enter into a binding contract); because all or part of "
    "the applicant's income derives from any public assistance program; or because the applicant has in "
    "good faith exercised any right under the Consumer Credit Protection Act. The Federal agency that "
    "administers compliance with this law concerning this creditor is [name and address as specified by "
    "the appropriate agency or agencies listed in appendix A of this part]."
)
FCRA_615A = (
    "Our credit decision was based in whole or in part on information obtained in a report from the "
    "consumer reporting agency listed below. You have a right under the Fair Credit Reporting Act to know "
    "the information contained in your credit file at the consumer reporting agency. The reporting agency "
    "played no part in our decision and is unable to supply specific reasons why we have denied credit to "
    "you. You also have a right to a free copy of your report from the reporting agency, if you request it "
    "no later than 60 days after you receive this notice. In addition, if you find that any information "
    "contained in the report you receive is inaccurate or incomplete, you have the right to dispute the "
    "matter with the reporting agency."
)
FCRA_SCORE = (
    "We also obtained your credit score from the consumer reporting agency and used it in making our credit "
    "decision. Your credit score is a number that reflects the information in your consumer report. Your "
    "credit score can change, depending on how the information in your consumer report changes."
)
FCRA_615B = (
    "Our credit decision was based in whole or in part on information obtained from an affiliate or from an "
    "outside source other than a consumer reporting agency. Under the Fair Credit Reporting Act, you have "
    "the right to make a written request, no later than 60 days after you receive this notice, for "
    "disclosure of the nature of this information."
)
FTC = "Federal Trade Commission\nConsumer Response Center\n600 Pennsylvania Avenue NW\nWashington, DC 20580"
TEXTS = {
    "ecoa_notice": ECOA,
    "fcra_615a": FCRA_615A,
    "fcra_score": FCRA_SCORE,
    "fcra_615b": FCRA_615B,
    "agency.ftc": FTC,
}

SENTENCES = {
    "latest_payment": ("P1", "Payment status of your account in the most recent month"),
    "utilisation": ("B1", "Balances on revolving accounts are too high compared with their limits"),
    "history": ("H1", "Length of time accounts have been established"),
    "verified_income": ("V1", "Income"),
}


def a_code(factor: str, code: str, sentence: str, **changes: Any) -> ReasonCode:
    """Return an approved entry of the dictionary."""
    made = ReasonCode(
        factor=factor,
        code=code,
        columns=(f"{factor}_raw",),
        statement={"en": sentence},
        missing_statement={"en": f"We could not verify: {sentence.lower()}"},
        approved=Approval("Compliance", dt.date(2026, 11, 2)),
    )
    return replace(made, **changes)


def some_codes() -> dict[str, ReasonCode]:
    """Return the dictionary of the world, by factor."""
    return {factor: a_code(factor, code, sentence) for factor, (code, sentence) in SENTENCES.items()}


def some_reasons(
    factors: tuple[str, ...] = ("latest_payment", "utilisation", "history"),
) -> tuple[Reason, ...]:
    """Return reasons for the factors, in their order."""
    return tuple(
        Reason(rank, SENTENCES[factor][0], factor, SENTENCES[factor][1], contribution=1.0 / rank)
        for rank, factor in enumerate(factors, start=1)
    )


def a_decision(**changes: Any) -> Decision:
    """Return an adverse decision whose notice is ready."""
    made = Decision(
        decision="pseudonym-of-APP-7",
        seq=0,
        row=7,
        persons=(Person("pseudonym-of-PER-7"), Person("pseudonym-of-PER-7-B", "joint")),
        outcome="adverse",
        score=0.41,
        cutoff=0.30,
        action="denied",
        certified="exact",
        reasons=some_reasons(),
        notice=Notice("ready", None, dt.date(2026, 12, 2)),
    )
    return replace(made, **changes)


def a_source(**changes: Any) -> Source:
    """Return a nationwide agency whose report on the primary applicant was used."""
    made = Source(
        kind="cra",
        name="Example Bureau, Inc.",
        address="P.O. Box 9999, Springfield IL 62701",
        phone="1-800-555-0199",
        toll_free=True,
        nationwide=True,
    )
    return replace(made, **changes)


def a_score(**changes: Any) -> BureauScore:
    """Return the primary applicant's credit score."""
    made = BureauScore(
        value="612",
        low="300",
        high="850",
        created_on=dt.date(2026, 11, 18),
        provider="Example Bureau, Inc.",
        key_factors=("Level of delinquency on accounts", "Too many accounts with balances"),
        inquiries="Number of recent inquiries on your credit report",
    )
    return replace(made, **changes)


RECORD = {
    "received_at": "2026-11-01",
    "completed_at": "2026-11-02",
    "decided_at": "2026-11-19",
    "product": "Credit card",
    "requested_terms": "Credit limit of $6,000",
    "purpose": "consumer",
    "jurisdiction": "us",
    "language": "en",
}


def a_case(*, without: str | None = None, record: dict[str, str] | None = None, **changes: Any) -> CaseFile:
    """Return the case file, its record changed by ``record`` and without one field."""
    fields = {key: value for key, value in (RECORD | (record or {})).items() if key != without}
    made = CaseFile(
        decision="APP-7",
        record=fields,
        sources=(a_source(),),
        bureau_scores=(a_score(),),
        inputs={f"{factor}_raw": 1.0 for factor in SENTENCES},
    )
    return replace(made, **changes)


def a_recipient(**changes: Any) -> Recipient:
    """Return the primary applicant's address."""
    made = Recipient(
        decision="APP-7",
        person="PER-7",
        role="primary",
        name="María T. Álvarez & Sons",
        address=("1420 Linden Avenue, Apt 3B", "Dayton OH 45402"),
        channel="mail",
        esign_consent=False,
    )
    return replace(made, **changes)


def a_config(**us: Any) -> dict[str, Any]:
    """Return the sealed config, the lender's entry changed by ``us`` (None takes a key away)."""
    lender = {
        "name": "Harbor Lane Credit Co.",
        "address": "500 Market Street, Suite 900\nWilmington DE 19801",
        "phone": "1-800-555-0142",
        "ecoa_agency": "ftc",
    }
    return {
        "entities": {"us": {key: value for key, value in (lender | us).items() if value is not None}},
        "decision": {
            "disclosed_score": {"role": "not_a_credit_score", "by": "Counsel", "date": "2026-11-02"}
        },
        "protected": {"sex": {"column": "SEX"}, "age_band": {"column": "age"}},
        "data": {"person": "applicant_id", "id": "application_id"},
    }


@dataclass
class Remembered:
    """A ledger of one audit and one decision, kept in memory; enough for a letter."""

    config: dict[str, Any] = field(default_factory=a_config)
    decided: Decision = field(default_factory=a_decision)
    filed: CaseFile = field(default_factory=a_case)
    dictionary: dict[str, ReasonCode] = field(default_factory=some_codes)
    texts: dict[str, str] = field(default_factory=lambda: dict(TEXTS))
    example: bool = False
    state: str = "sealed"
    sent: set[tuple[str, ...]] = field(default_factory=set)
    sent_on: dt.date = TODAY
    sent_again: bool = False
    sent_late: bool = False

    def find(self, audit_id: str) -> Audit:
        """Return the one audit."""
        return Audit(
            audit="a" * 64,
            name="Cards",
            kind="population",
            owner="Risk",
            as_of=TODAY,
            model=Model("b" * 64, "m.keras", "keras", "b" * 16, tuple(f"{f}_raw" for f in SENTENCES)),
            dataset=Dataset("c" * 64, "applications.csv", 1, ("application_id",)),
            config=self.config,
            state=self.state,  # type: ignore[arg-type]
        )

    def statements(self, audit: str) -> tuple[Statement, ...]:
        """Return the texts in force."""
        return tuple(Statement(key, "en", text, "12 CFR 1002", "us") for key, text in self.texts.items())

    def codes(self, audit: str) -> tuple[ReasonCode, ...]:
        """Return the dictionary."""
        return tuple(self.dictionary.values())

    def figure(self, audit: str, name: str) -> Figure | None:
        """Return the note of a demonstration; no letter may read another figure."""
        assert name == "demonstration", f"a letter reads the figure {name}"
        return Figure(name, "notice", {"note": "x"}) if self.example else None

    def decision(self, audit: str, decision: str) -> Decision:
        """Return the one decision."""
        return self.decided

    def case(self, audit: str, decision: str) -> CaseFile:
        """Return its case file."""
        return self.filed

    def pseudonym(self, kind: str, identifier: str) -> str:
        """Return a pseudonym that a test can foretell."""
        return f"pseudonym-of-{identifier}"

    def is_person(self, pseudonym: str, identifier: str) -> bool:
        """Return whether a pseudonym is this person's; nobody here was ever erased."""
        return pseudonym == self.pseudonym("person", identifier)

    def issued(self, *key: str) -> object | None:
        """Return what is known of the notice of this key that was sent last."""
        moment = dt.datetime.combine(self.sent_on, dt.time(), dt.UTC)
        known = SimpleNamespace(sent_at=moment, again=self.sent_again, late=self.sent_late)
        return known if key in self.sent else None
