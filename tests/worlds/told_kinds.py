"""One world for each kind of letter of US law, complete, so that each field can be taken away."""

from __future__ import annotations

from typing import Any

from audit.record import Person, Recipient
from tests.worlds.noticed import Remembered, a_case, a_config, a_decision, a_recipient, a_score, a_source

DISTRIBUTION = {
    "model": "Example Score 4",
    "source": "Example Bureau, Inc.",
    "as_of": "2026-06-30",
    "bars": [
        {"low": 300, "high": 499, "share": 0.05},
        {"low": 500, "high": 549, "share": 0.08},
        {"low": 550, "high": 599, "share": 0.11},
        {"low": 600, "high": 649, "share": 0.16},
        {"low": 650, "high": 699, "share": 0.18},
        {"low": 700, "high": 749, "share": 0.20},
        {"low": 750, "high": 850, "share": 0.22},
    ],
}
PRICING = {"by": "score", "cutoff": 680.0, "computed_on": "2026-02-01"}


def granted(**changes: Any) -> Any:
    """Return a decision that granted credit."""
    return a_decision(outcome="favourable", action="approved", reasons=(), certified=None, **changes)


def a_world(kind: str) -> tuple[Remembered, Recipient]:
    """Return a ledger whose decision asks for this kind, and the person it goes to."""
    return {
        "adverse_action": _adverse_action,
        "incomplete": _incomplete,
        "fcra_notice": _fcra_notice,
        "risk_based_pricing": _risk_based_pricing,
        "credit_score_disclosure": _credit_score_disclosure,
    }[kind]()


def _adverse_action() -> tuple[Remembered, Recipient]:
    return Remembered(), a_recipient()


def _incomplete() -> tuple[Remembered, Recipient]:
    record = {
        "missing_information": "Pay slips of the last two months; A copy of your lease",
        "respond_by": "2026-12-15",
    }
    decided = a_decision(outcome="none", action="incomplete", reasons=(), certified=None)
    return Remembered(decided=decided, filed=a_case(record=record)), a_recipient()


def _fcra_notice() -> tuple[Remembered, Recipient]:
    case = a_case(
        record={"purpose": "tenancy", "product": "Apartment 4, 12 Quay Street"},
        sources=(a_source(), a_source(kind="third_party", name="Example Records LLC")),
    )
    return Remembered(filed=case), a_recipient()


def _risk_based_pricing() -> tuple[Remembered, Recipient]:
    config = a_config() | {"letters": {"pricing": PRICING}}
    case = a_case(record={"offered_terms": "Credit limit of $4,000 at 24.9% APR"})
    return Remembered(config=config, decided=granted(), filed=case), a_recipient()


def _credit_score_disclosure() -> tuple[Remembered, Recipient]:
    config = a_config() | {"letters": {"score_disclosure": "everyone", "score_distribution": DISTRIBUTION}}
    return Remembered(config=config, decided=granted(), filed=a_case()), a_recipient()


def a_guarantor() -> tuple[Remembered, Recipient]:
    """Return a refused application whose guarantor's report was used, and the guarantor."""
    decided = a_decision(persons=(Person("pseudonym-of-PER-7"), Person("pseudonym-of-G", "guarantor")))
    case = a_case(sources=(a_source(of="guarantor"),), bureau_scores=(a_score(of="guarantor"),))
    return Remembered(decided=decided, filed=case), a_recipient(person="G", role="guarantor")
