"""Tests of reasons that a vendor gave: in its order, in the dictionary's words, held to its rules."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.reasons_given import imported_reasons
from audit.record import Decision, Notice, Person, Proxy, ReasonCode

BLOCKED = Proxy("sex", "blocked", "Model Risk", dt.date(2026, 11, 2), "tells sex")
CODES = {
    code.code: code
    for code in (
        ReasonCode("income", "C1", ("income",), {"en": "Income"}),
        ReasonCode("debts", "C2", ("debts",), {"en": "Debts"}),
        ReasonCode("years", "C3", ("years",), {"en": "Length of residence"}),
        ReasonCode("late", "C4", ("late",), {"en": "Payments made late"}),
        ReasonCode("district", "C5", ("district",), {"en": "District"}, proxy=BLOCKED),
        ReasonCode("mute", "C6", ("mute",), {"es": "Sin palabras"}),
    )
}


def a_refusal(**changes) -> Decision:
    """Return a refused application without reasons."""
    plain = {"outcome": "adverse", "notice": Notice("ready")}
    return Decision("A1", 0, 0, (Person("P"),), **{**plain, **changes})


def test_the_vendors_order_stands() -> None:
    """Codes keep their order, empty places and repeats fall out, and words come from the dictionary."""
    found = imported_reasons(a_refusal(), ["C2", "", "C1", "C2"], CODES, completed_at=dt.date(2026, 11, 1))
    assert [(one.rank, one.code, one.factor, one.statement) for one in found.reasons] == [
        (1, "C2", "debts", "Debts"),
        (2, "C1", "income", "Income"),
    ]
    assert {one.contribution for one in found.reasons} == {None}
    assert found.notice == Notice("ready", None, dt.date(2026, 12, 1))


def test_at_most_so_many_are_told() -> None:
    """What lies beyond is kept with its cause."""
    found = imported_reasons(a_refusal(), ["C1", "C2", "C3", "C4"], CODES, at_most=2)
    assert [one.code for one in found.reasons] == ["C1", "C2"]
    assert [(one.factor, one.cause) for one in found.dropped] == [
        ("years", "beyond_at_most"),
        ("late", "beyond_at_most"),
    ]


@pytest.mark.parametrize(
    ("given", "protected", "cause"),
    [
        ([], (), "no_reason"),
        (["", ""], (), "no_reason"),
        (["C1", "C9"], (), "no_reason"),
        (["C1", "C6"], (), "no_reason"),
        (["C1", "C5"], (), "blocked_proxy"),
        (["C1", "C5"], ("district",), "protected_basis"),
        (["C1", "C2"], ("district",), None),
    ],
)
def test_what_cannot_be_told_holds_the_notice(given: list[str], protected, cause: str | None) -> None:
    """No reason is left out and none takes its place (R2): the notice is held with the cause."""
    found = imported_reasons(a_refusal(), given, CODES, protected_factors=frozenset(protected))
    assert (found.notice.state, found.notice.cause) == ("held" if cause else "ready", cause)
    assert [one.code for one in found.reasons] == [code for code in given if code]


def test_an_earlier_hold_comes_first() -> None:
    """A decision that nobody's score explains stays held for that."""
    held = a_refusal(notice=Notice("held", "action_differs"))
    assert imported_reasons(held, [], CODES).notice.cause == "action_differs"


def test_an_approval_has_no_reasons() -> None:
    """Whatever the vendor wrote beside it."""
    approved = a_refusal(outcome="favourable", notice=Notice())
    assert imported_reasons(approved, ["C1"], CODES) == approved
