"""Changes of the dictionary are entries of the log: what changed, who approved it, and nothing of anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.ledger import Ledger, verify
from audit.ledger.dictionaries import Altered, Change, change, history
from audit.record import Approval, BureauCode, ReasonCode
from tests.worlds.desk import Desk

APPROVED = Approval("Model Risk", dt.date(2026, 11, 2))
INCOME = ReasonCode("income", "C1", ("income",), {"en": "Income"}, approved=APPROVED)
DEBT = ReasonCode("debt", "C2", ("debt",), {"en": "Debt"})


def test_what_differs_is_named_by_key() -> None:
    """Added, removed and altered entries, with the approval of what is new; worked by hand."""
    now = replace(
        INCOME,
        statement={"en": "Income", "es": "Ingresos"},
        hmda=1,
        bureau=(BureauCode("E", "FICO 8", "10"),),
    )
    late = ReasonCode("late", "C3", ("late",), {"en": "Late payments"}, approved=APPROVED)
    assert change([INCOME, DEBT], [now, late]) == Change(
        added=("late C3",),
        removed=("debt C2",),
        altered=(Altered("income", "C1", ("statement.es", "hmda", "bureau")),),
        approved={"income": "Model Risk, 2026-11-02", "late": "Model Risk, 2026-11-02"},
    )
    assert change([INCOME], [INCOME, DEBT]) == Change(("debt C2",), (), (), {"debt": ""})


def test_the_same_entries_in_another_order_are_no_change() -> None:
    """Nothing is logged for a file that was sorted."""
    assert change([INCOME, DEBT], [DEBT, INCOME]) is None


def _run(desk: Desk) -> str:
    return str(audit.run(desk.config).audit.audit)


@pytest.fixture
def desk(fresh: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Desk:
    """A small lender with an empty ledger."""
    from audit.host.local import LocalHost

    monkeypatch.setattr("audit.host.start", LocalHost)
    return Desk(fresh("even").folder, capsys)


def test_an_audit_with_another_dictionary_says_so_in_the_log(desk: Desk) -> None:
    """The first audit says nothing, nor does the same dictionary again; a change is told once."""
    first = _run(desk)
    desk.set(seed=8)
    _run(desk)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        assert history(ledger) == ()
    desk.text("reasons.yaml", "Length of residence", "Years at your address")
    desk.text("reasons.yaml", "priority: 4\n  approved: {by: Model Risk, date: 2026-11-02}", "priority: 4")
    third = _run(desk)
    assert _run(desk) == third  # it exists, and adds nothing
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        (noted,) = history(ledger)
        assert noted.audit == third
        assert noted.before not in (first, third)
        assert (noted.change.added, noted.change.removed) == ((), ())
        assert noted.change.altered == (
            Altered("income", "C1", ("approved",)),
            Altered("years_at_address", "C4", ("statement.en",)),
        )
        assert noted.change.approved == {"income": "", "years_at_address": "Model Risk, 2026-11-02"}
        assert verify(ledger).ok
        assert history(ledger, "another name") == ()
        assert len(history(ledger, "A lender that does not exist")) == 1
    told = desk.of_ledger("reasons", "history")
    assert told.code == 0
    assert "altered  years_at_address C4: statement.en  approved by Model Risk, 2026-11-02" in told.out
    assert "altered  income C1: approved  approved by nobody" in told.out
    (one,) = desk.of_ledger("reasons", "history", "--json").json["changes"]
    assert one["altered"][1] == {"factor": "years_at_address", "code": "C4", "keys": ["statement.en"]}


def test_an_audit_of_another_name_has_its_own_history(desk: Desk) -> None:
    """Two portfolios with two dictionaries do not change each other's."""
    _run(desk)
    desk.set(audit__name="Another portfolio")
    desk.text("reasons.yaml", "Length of residence", "Years at your address")
    _run(desk)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        assert history(ledger) == ()


def test_an_altered_entry_is_seen(desk: Desk) -> None:
    """Whoever edits who approved it is found out by `verify`."""
    import sqlite3

    _run(desk)
    desk.text("reasons.yaml", "Length of residence", "Years at your address")
    _run(desk)
    file = desk.folder / "ledger.db"
    with sqlite3.connect(file) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        done = connection.execute(
            "UPDATE log_entries SET body = replace(body, 'Model Risk, 2026', 'Nobody, 2026')"
            " WHERE key LIKE '%/dictionary'"
        )
        assert done.rowcount == 1
    with Ledger.open(str(file)) as ledger:
        assert not verify(ledger).ok


def test_every_language_is_sealed_and_read_from_the_ledger(desk: Desk, tmp_path: Path) -> None:
    """Letters of another language find its words through the terms of the audit, without the file."""
    from reports.terms import read_terms

    desk.text("reasons.yaml", "{en: Length of residence}", "{en: Length of residence, de: Wohndauer}")
    name = _run(desk)
    (desk.folder / "reasons.yaml").unlink()
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        code = read_terms(ledger, name).codes["years_at_address"]
    assert code.statement_in("de") == "Wohndauer"
    assert code.statement_in("de", missing=True) is None
    assert code.statement_in("en", missing=True) == "Unable to verify residence"
