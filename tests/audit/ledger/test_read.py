"""Reading: audits by name, decisions by filter, and what stays shut without the key."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import LedgerError, UsageError
from audit.ledger import Ledger, decisions, verify
from audit.record import Person
from tests.worlds.sealed import small_audit, write_audit


def test_audits_are_found_by_latest_id_and_beginning(ledger: Ledger, audit: str) -> None:
    """One audit has three names; what names none, or several, is refused with what there is."""
    other = write_audit(ledger, small_audit("Another portfolio"))
    assert ledger.find("latest").audit == other.audit
    assert ledger.find(audit).audit == ledger.find(audit[:9]).audit == audit
    with pytest.raises(UsageError, match="no audit begins so"):
        ledger.find("zzz")
    for ending in ("1", "2"):
        ledger.begin(replace(small_audit().head, audit="ab" * 31 + "c" + ending))
    with pytest.raises(UsageError, match=r"ababab: 2 audits begin so \(ab.*Give more digits"):
        ledger.find("ababab")
    with pytest.raises(UsageError, match="no audit begins so"):
        ledger.find("")


def test_latest_is_the_one_sealed_last(ledger: Ledger, audit: str) -> None:
    """An audit that is still open is not the latest, while a sealed one exists."""
    open_one = small_audit("Unfinished").head
    ledger.begin(open_one)
    assert ledger.find("latest").audit == audit
    assert ledger.find(open_one.audit).state == "open"
    assert ledger.rates(open_one) == ()
    assert ledger.references(open_one) == ()


def test_an_empty_ledger_says_so(tmp_path: Path) -> None:
    """Without audits there is no latest."""
    with (
        Ledger.open(str(tmp_path / "ledger.db"), create=True) as fresh,
        pytest.raises(UsageError, match="no audit yet"),
    ):
        fresh.find("latest")


def test_decisions_are_filtered_by_outcome_and_notice(ledger: Ledger, audit: str) -> None:
    """Filters give exactly the decisions that have that outcome and that state, as it is told."""
    every = list(ledger.decisions(audit))
    for outcome in ("adverse", "favourable", "none"):
        assert list(ledger.decisions(audit, outcome=outcome)) == [d for d in every if d.outcome == outcome]
    for notice in ("none", "ready", "held", "sent", "void"):
        assert list(ledger.decisions(audit, notice=notice)) == [d for d in every if d.notice.state == notice]
    assert {d.notice.state for d in every} == {"none", "ready", "sent", "void"}  # the held one was ended


def test_names_and_what_they_name_are_those_of_a_walk(ledger: Ledger, audit: str) -> None:
    """Pseudonyms come in the order of the data; asked for in any order, the decisions are the same."""
    every = list(ledger.decisions(audit))
    for outcome in ("adverse", "favourable", "none"):
        said = [name.hex() for some in decisions.names(ledger, audit, outcome) for name in some]
        assert said == [d.decision for d in every if d.outcome == outcome]
    for some in (every[::-2], every[-2::-2], every[:1], every):
        asked = [*(d.decision for d in some), "0" * 32]
        assert decisions.named(ledger, audit, asked) == {d.decision: d for d in some}
    assert decisions.named(ledger, audit, []) == {}


def test_a_decision_is_found_by_id_and_by_pseudonym(ledger: Ledger, audit: str) -> None:
    """Both names give the same decision; a stranger's id is refused."""
    decision = next(iter(ledger.decisions(audit)))
    case = ledger.case(audit, decision)
    assert case.decision == "APP-7000"
    assert ledger.decision(audit, "APP-7000") == ledger.decision(audit, decision.decision) == decision
    with pytest.raises(UsageError, match="no such decision"):
        ledger.decision(audit, "APP-1")


def test_one_decision_is_the_one_that_a_walk_meets(tmp_path: Path) -> None:
    """Asked for one by one, decisions with one to nineteen persons are those of the whole part."""
    small, draw = small_audit(), random.Random(4)
    many = tuple(
        replace(
            small.decisions[0],
            decision=f"APP-{i}",
            row=i,
            persons=tuple(
                Person(f"{i}/{k}", "primary" if k == 0 else "joint")
                for k in range(draw.choice((1, 1, 2, 8, 9, 19)))
            ),
        )
        for i in range(40)
    )
    with Ledger.open(str(tmp_path / "many.db"), create=True) as ledger:
        audit = small.head.audit
        ledger.begin(small.head).partition(0, many, (), {}, {})
        walked = list(ledger.decisions(audit))
        assert [len(one.persons) for one in walked] == [len(one.persons) for one in many]
        assert [ledger.decision(audit, one.decision) for one in many] == walked
        names = [one.decision for one in walked]
        for some in (names[3:29:5], names[::-1], names[7:9]):  # far apart, all, and side by side
            found = decisions.named(ledger, audit, some)
            assert [found[name] for name in some] == [walked[names.index(name)] for name in some]


def test_one_figure_is_read_alone(ledger: Ledger, audit: str) -> None:
    """A figure by its name is the one among all figures; an unknown name and an open audit have none."""
    every = ledger.figures(audit)
    assert {name: ledger.figure(audit, name) for name in every} == every
    assert ledger.figure(audit, "demonstration") is None
    ledger.begin(open_one := small_audit("Unfinished").head)
    assert ledger.figure(open_one, "population") is None


def test_without_the_key_all_but_locked_fields_is_there(folder: Path) -> None:
    """The key gone: figures, decisions and proofs are as before; cases stay shut, and say why."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        audit = ledger.find("latest")
        before = list(ledger.decisions(audit)), ledger.figures(audit), ledger.rates(audit)
    os.unlink(folder / "ledger.key")
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert (list(ledger.decisions(audit)), ledger.figures(audit), ledger.rates(audit)) == before
        decision = before[0][0]
        assert ledger.decision(audit, decision.decision) == decision
        assert ledger.attributions(audit, decision)
        proof = verify(ledger)
        assert proof.ok
        assert any("ledger.key" in limit for limit in proof.cannot)
        for ask in (
            lambda: ledger.case(audit, decision),
            lambda: ledger.pseudonym("person", "x"),
            lambda: ledger.reference_rows(audit, ledger.references(audit)[0].digest),
        ):
            with pytest.raises(LedgerError, match="key file is absent"):
                ask()
        with pytest.raises(UsageError, match="give its pseudonym"):
            ledger.decision(audit, "APP-7000")
    assert not (folder / "ledger.key").exists()  # a ledger that exists never gets a second key


def test_another_ledgers_key_opens_nothing(folder: Path, tmp_path: Path) -> None:
    """A key file that is not this ledger's is named as such, and makes no false pseudonyms."""
    Ledger.open(str(tmp_path / "other.db"), create=True).close()
    (folder / "ledger.key").write_bytes((tmp_path / "ledger.key").read_bytes())
    with (
        Ledger.open(str(folder / "ledger.db")) as ledger,
        pytest.raises(LedgerError, match="another ledger"),
    ):
        ledger.pseudonym("person", "x")


def test_evidence_lists_digests_that_stand_in_the_log(ledger: Ledger, audit: str) -> None:
    """Model, data, every row set and every partition are named with their log entry."""
    found = ledger.evidence(audit)
    known = ledger.find(audit)
    assert {e.name: e.digest for e in found}["model"] == known.model.digest
    names = [e.name for e in found]
    assert len(names) == len(set(names))
    for name in (
        "seal: rates",
        "part 0: decisions",
        "part 1: content of attributions shapley",
        "seal: figures",
    ):
        assert name in names
    assert all(len(e.digest) == 64 and e.entry is not None for e in found)
