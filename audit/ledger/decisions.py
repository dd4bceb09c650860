"""Reading decisions: slim rows with their details, and what is locked for whoever has the key.

Whether a notice was sent follows from the documents that were recorded, and how a hold was ended from
the acts; both are told with the decision as if they stood in its row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import UsageError
from audit.ledger import case as cases_
from audit.ledger import events, tables
from audit.ledger.casebook import cells_at, opened_case, opened_cells, places, refuse_emptied
from audit.ledger.columns import BEGINNING, is_named
from audit.ledger.database import reading, records
from audit.ledger.read import audit_id, parts_of
from audit.record import Audit, CaseFile, Decision, HoldEnd, Person
from audit.record.words import DENIED, TELLING

if TYPE_CHECKING:
    from audit.ledger import Ledger

_PEOPLE = 8  # rows read at a time for the persons of one decision; of several, one more for each
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")


def decisions(
    ledger: Ledger, audit: Audit | str, outcome: str | None = None, notice: str | None = None
) -> Iterator[Decision]:
    """Yield the decisions of an audit in the order of the data, a part at a time."""
    name = audit_id(audit)
    with reading(ledger.engine) as connection:
        parts = parts_of(connection, name)
    table = tables.decisions
    for entry, seq in parts:
        query = sa.select(table).where(table.c.entry == entry).order_by(table.c.pos)
        if outcome is not None:
            query = query.where(table.c.outcome == outcome)
        if notice in ("none", "held"):
            query = query.where(table.c.notice == notice)
        elif notice is not None:  # whether it was sent, or its hold ended, is not the row's to say
            query = query.where(table.c.notice != "none")
        with reading(ledger.engine) as connection:
            rows = records(connection.execute(query))
            found = _decisions(ledger, connection, name, entry, seq, rows, some=len(rows) == 1)
        for decision in found:
            if notice is None or decision.notice.state == notice:
                yield decision


def names(ledger: Ledger, audit: Audit | str, outcome: str) -> Iterator[list[bytes]]:
    """Yield the pseudonyms of the decisions with an outcome in the order of the data, a part at a time."""
    table = tables.decisions
    with reading(ledger.engine) as connection:
        parts = parts_of(connection, audit_id(audit))
    for entry, _ in parts:
        query = sa.select(table.c.decision).where(table.c.entry == entry, table.c.outcome == outcome)
        with reading(ledger.engine) as connection:
            found = [bytes(name) for name in connection.scalars(query.order_by(table.c.pos))]
        yield found


def named(ledger: Ledger, audit: Audit | str, pseudonyms: Sequence[str]) -> dict[str, Decision]:
    """Return some dozens of decisions, read in one moment; those that the audit has not are left out."""
    name, table, found = audit_id(audit), tables.decisions, dict[str, Decision]()
    with reading(ledger.engine) as connection:
        of_part: dict[tuple[int, int], list[int]] = {}
        for at in places(connection, name, pseudonyms).values():
            of_part.setdefault((at.entry, at.seq), []).append(at.pos)
        for (entry, seq), places_ in of_part.items():
            query = sa.select(table).where(table.c.entry == entry, table.c.pos.in_(places_))
            rows = records(connection.execute(query.order_by(table.c.pos)))
            for one in _decisions(ledger, connection, name, entry, seq, rows, some=True):
                found[one.decision] = one
    return found


def _decisions(
    ledger: Ledger,
    connection: Connection,
    audit: str,
    entry: int,
    seq: int,
    rows: Sequence[Mapping[str, Any]],
    *,
    some: bool,
) -> list[Decision]:
    """Return the decisions of these rows of a part, in order of place; ``some``: they are few of it."""
    of_decision: dict[int, list[tuple[bytes, str]]] = {}
    span = (rows[0]["pos"], rows[-1]["pos"]) if some else None
    for taking_part in _people(connection, entry, span):
        of_decision.setdefault(taking_part.place, []).append((taking_part.person, taking_part.role))
    texts = tables.sentences
    said = sa.select(texts.c.digest, texts.c.sentence).where(texts.c.entry == entry)
    sentences = {row.digest: row.sentence for row in connection.execute(said)}
    details = ledger.shelf.take(connection, entry, "details").get("")
    told = _told(connection, entry, [row["decision"] for row in rows] if some else None)
    held = [row["decision"] for row in rows if row["notice"] == "held"]
    ends = _ends(connection, audit, held if some else None) if held else {}
    out = []
    for row in rows:
        noted = details.row_at(row["pos"]) if details is not None else None
        persons = of_decision.get(row["pos"], [])
        sent = is_sent(told.get(row["decision"], set()), persons, row["action"])
        detail = noted["detail"] if noted else None
        end = ends.get(row["decision"])
        out.append(cases_.decision_of(row, seq, persons, detail, sentences, sent=sent, end=end))
    return out


def _ends(connection: Connection, audit: str, some: Sequence[bytes] | None) -> dict[bytes, HoldEnd]:
    """Return how the holds of an audit were ended, or those of these decisions, by decision."""
    asked = [None] if some is None else [one.hex() for one in some]
    found = (
        one for name in asked for one in events.select(connection, "hold_end", audit=audit, decision=name)
    )
    return {bytes.fromhex(event.decision): cast("HoldEnd", event.state) for event in found}


def _people(connection: Connection, entry: int, span: tuple[int, int] | None) -> Iterator[sa.Row[Any]]:
    """Yield who takes part in the decisions of a part, or in those from one place to another, in order."""
    table = tables.decision_persons
    query = sa.select(table).where(table.c.entry == entry).order_by(table.c.pos)
    if span is None:
        yield from connection.execute(query)
        return
    # No index leads from a decision to its persons, and none is needed: they lie in the order of the
    # decisions, one or more for each, so from a row whose decision is n before it is n rows or more.
    first, last = span
    at, of_row = first, sa.select(table.c.place).where(table.c.entry == entry)
    while (found := connection.scalar(of_row.where(table.c.pos == at))) is not None and found < first:
        at += first - found
    n = _PEOPLE + last - first
    while True:
        rows = connection.execute(query.where(table.c.pos >= at).limit(n)).all()
        yield from (row for row in rows if first <= row.place <= last)
        if len(rows) < n or rows[-1].place > last:
            return
        at += n


def is_told(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether every applicant of the decision of a row was told."""
    persons = [(one.person, one.role) for one in _people(connection, row["entry"], (row["pos"],) * 2)]
    told = _told(connection, row["entry"], [row["decision"]])
    return is_sent(told.get(row["decision"], set()), persons, row["action"])


def _told(
    connection: Connection, entry: int, some: Sequence[bytes] | None
) -> dict[bytes, set[tuple[bytes | None, str | None]]]:
    """Return, by decision of a part, or of these, which persons were told of which action.

    Drafts tell nobody, nor do letters about a price or a score, nor answers to a request.
    """
    sent, decided = tables.documents, tables.decisions
    query = (
        sa.select(sent.c.decision, sent.c.person, sent.c.action)
        .join(decided, decided.c.decision == sent.c.decision)
        .where(decided.c.entry == entry, sent.c.draft == 0, sent.c.kind.in_(TELLING))
    )
    if some is not None:
        query = sa.select(sent.c.decision, sent.c.person, sent.c.action).where(
            sent.c.decision.in_(some), sent.c.draft == 0, sent.c.kind.in_(TELLING)
        )
    told: dict[bytes, set[tuple[bytes | None, str | None]]] = {}
    for decision, person, action in connection.execute(query):
        told.setdefault(decision, set()).add((person, action))
    return told


def is_sent(
    told: set[tuple[bytes | None, str | None]], persons: Sequence[tuple[bytes, str]], action: str | None
) -> bool:
    """Whether each applicant was told of this action.

    Parameters
    ----------
    told : persons, and the action that a letter told each of
    persons : who takes part, and as what
    """
    # 12 CFR 1002.2(e): for notices a guarantor is no applicant, so theirs is not waited for.
    due = [person for person, role in persons if role != "guarantor"]
    # A refusal by the cutoff has no action on record, and its letter tells that the application was denied.
    heard = {person for person, of in told if (of or DENIED) == (action or DENIED)}
    return bool(due) and all(person in heard for person in due)


@cache
def _of_name() -> sa.Select[Any]:
    """Return the query for a decision's row, made once: making it takes as long as answering it."""
    table, parts = tables.decisions, tables.parts
    start: sa.BindParameter[bytes] = sa.bindparam("start")
    name: sa.BindParameter[bytes] = sa.bindparam("name")
    return (
        sa.select(table, parts.c.seq)
        .join(parts, parts.c.entry == table.c.entry)
        .where(is_named(table.c.decision, name, start), parts.c.audit == sa.bindparam("audit"))
    )


def place_of(
    ledger: Ledger, connection: Connection, audit: str, text: str, *, is_pseudonym: bool = False
) -> tuple[int, int, Mapping[str, Any]]:
    """Return entry, seq and row of a decision named by its id (with the key) or its pseudonym."""
    ids = ledger.keyring.at_hand and not is_pseudonym
    names = [ledger.keyring.pseudonym("decision", text)] if ids else []
    if _PSEUDONYM.fullmatch(text):
        names.append(bytes.fromhex(text))
    for name in names:
        asked = {"start": name[:BEGINNING], "name": name, "audit": audit}
        for row in records(connection.execute(_of_name(), asked)):
            return row["entry"], row["seq"], row
    hint = (
        "Look at the id in the data" if ledger.keyring.at_hand else "Without the key file give its pseudonym"
    )
    raise UsageError(f"{text}: audit {audit[:12]} has no such decision. {hint}.")


def decision(ledger: Ledger, audit: Audit | str, text: str) -> Decision:
    """Return one decision, named by its id or its pseudonym."""
    with reading(ledger.engine) as connection:
        entry, seq, row = place_of(ledger, connection, audit_id(audit), text)
        return _decisions(ledger, connection, audit_id(audit), entry, seq, [row], some=True)[0]


def _name(decision: Decision | str) -> str:
    return decision if isinstance(decision, str) else decision.decision


def case(ledger: Ledger, audit: Audit | str, decision: Decision | str) -> CaseFile:
    """Return the case of a decision, unlocked: its id in clear, its record, what the model saw."""
    name = audit_id(audit)
    with reading(ledger.engine) as connection:
        known = not isinstance(decision, str)
        entry, seq, row = place_of(ledger, connection, name, _name(decision), is_pseudonym=known)
        pos, keyring = row["pos"], ledger.keyring
        found = cells_at(connection, entry, [pos])[pos]
        held = ledger.shelf.take(connection, entry, "inputs").get("")
        keyring.forget()  # whoever was erased meanwhile, by another program, stays locked
        keyring.open_keys(connection, [cell.person for cell in found])
        return opened_case(ledger, connection, name, (entry, seq, pos), found, held)


def people(ledger: Ledger, audit: Audit | str, decision: Decision | str) -> tuple[Person, ...]:
    """Return the persons of a decision under their ids as in the data."""
    name, table, persons = audit_id(audit), tables.locked_fields, tables.decision_persons
    with reading(ledger.engine) as connection:
        entry, seq, row = place_of(ledger, connection, name, _name(decision))
        pos, keyring = row["pos"], ledger.keyring
        fields = sa.select(table).where(table.c.entry == entry, table.c.place == pos).order_by(table.c.pos)
        roles = sa.select(persons.c.role).where(persons.c.entry == entry, persons.c.place == pos)
        found = connection.execute(fields).all()
        refuse_emptied(connection, entry, found)
        keyring.forget()  # whoever was erased meanwhile, by another program, stays locked
        keyring.open_keys(connection, [cell.person for cell in found])
        opened = opened_cells(keyring, name, seq, pos, found)
        in_order = connection.scalars(roles.order_by(persons.c.pos))
        return tuple(
            Person(cell.person.hex() if text is None else json.loads(text)["person"], role)
            for cell, text, role in zip(found, opened, in_order, strict=True)
        )


def attributions(
    ledger: Ledger, audit: Audit | str, decision: Decision | str
) -> dict[str, dict[str, tuple[float, float | None]]]:
    """Return what each method says of a decision: factor to contribution and standard error."""
    out = {}
    for method, row in _attribution_rows(ledger, audit, decision).items():
        out[method] = {
            name.removeprefix("value:"): (value, row.get("error:" + name.removeprefix("value:")))
            for name, value in row.items()
            if name.startswith("value:")
        }
    return out


def residuals(ledger: Ledger, audit: Audit | str, decision: Decision | str) -> dict[str, float]:
    """Return what each method leaves unexplained of a decision's score, where it was recorded."""
    rows = _attribution_rows(ledger, audit, decision)
    return {method: row["residual"] for method, row in rows.items() if "residual" in row}


def _attribution_rows(
    ledger: Ledger, audit: Audit | str, decision: Decision | str
) -> dict[str, dict[str, Any]]:
    with reading(ledger.engine) as connection:
        entry, _, row = place_of(ledger, connection, audit_id(audit), _name(decision))
        blocks = ledger.shelf.take(connection, entry, "attributions")
    found = {method: block.row_at(row["pos"]) for method, block in blocks.items()}
    return {method: row for method, row in found.items() if row is not None}


def groups(ledger: Ledger, audit: Audit | str) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Yield, part by part, each protected attribute's groups in the order of the decisions.

    For measuring again; letters and ``explain`` never ask for it.
    """
    with reading(ledger.engine) as connection:
        parts = parts_of(connection, audit_id(audit))
    for entry, seq in parts:
        with reading(ledger.engine) as connection:
            held = ledger.shelf.take(connection, entry, "groups").get("")
        if held is not None:
            yield seq, held.lists()
