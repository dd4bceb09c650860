"""Words that say which way, in each language that letters are to come in."""

from __future__ import annotations

import pytest

from audit.policy import seed_reasons
from audit.review.directions import side_of


@pytest.mark.parametrize(
    ("text", "language", "side"),
    [
        ("Too many accounts with balances", "en", "high"),
        ("Balances are too high compared with limits", "en", "high"),
        ("Excessive obligations in relation to income", "en", "high"),
        ("Insufficient number of credit references provided", "en", "low"),
        ("Income insufficient for amount of credit requested", "en", "low"),
        ("Employment too short", "en", "low"),
        ("Value or type of collateral not sufficient", "en", "low"),
        ("Lack of recent revolving information", "en", "low"),
        ("Time since delinquency too recent", "en", "either"),
        ("High balances and low payments", "en", "either"),
        ("Too many inquiries", "en-US", "high"),
        ("Demasiadas consultas recientes", "es", "high"),
        ("Ingresos insuficientes", "es", "low"),
        ("Zu viele Kreditanfragen", "de", "high"),
        ("Einkommen zu niedrig", "de", "low"),
        ("Trop de demandes récentes", "fr", "high"),
        ("Revenu insuffisant", "fr", "low"),
    ],
)
def test_a_side_is_found(text: str, language: str, side: str) -> None:
    """The side that the words name, and either where they name both or none in particular."""
    found = side_of(text, language)
    assert found is not None
    assert found[0] == side


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Length of residence", "en"),
        ("Number of recent inquiries on credit bureau report", "en"),
        ("Amount owed on your account compared with its credit limit", "en"),
        ("High school diploma", "en"),
        ("Short-term loans", "en"),
        ("Allowance", "en"),
        ("Too many accounts", "pl"),
        ("Trabajo actual", "es"),
        ("Länge der Beschäftigung", "de"),
        ("Durée de résidence", "fr"),
    ],
)
def test_a_neutral_name_has_none(text: str, language: str) -> None:
    """A name of what counted needs no effect that goes one way."""
    assert side_of(text, language) is None


def test_the_sample_forms_are_told_apart() -> None:
    """Of the list of form C-1, those that name a side are these."""
    found = {seed.factor for seed in seed_reasons("us_ecoa_regb") if side_of(seed.statement["en"])}
    assert found == {
        "bank_references", "collateral", "down_payment", "income_insufficient", "limited_credit_experience",
        "obligations_to_income", "too_few_references",
    }  # fmt: skip
