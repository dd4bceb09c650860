"""Reading a ledger: audits, what they found, their decisions, and what is locked for whoever has the key."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Table
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, UsageError
from audit.ledger import case as cases_
from audit.ledger import shapes, tables
from audit.ledger.database import reading, records
from audit.ledger.write import place
from audit.record import Audit, CaseFile, Decision, Evidence, Person, Reference

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.partitions import Unpacked

T = TypeVar("T")
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_KEPT_OPEN = 6  # partitions held decoded; a walk over decisions needs three at a time


def audit_id(audit: Audit | str) -> str:
    """Return the id of an audit that is given either way."""
    return audit if isinstance(audit, str) else audit.audit


def rows_of(connection: Connection, table: Table, entry: int | None) -> Sequence[Mapping[str, Any]]:
    """Return the rows that an entry sealed, in their order."""
    query = sa.select(table).where(table.c.entry == entry).order_by(table.c.pos)
    return records(connection.execute(query))


# --- audits --------------------------------------------------------------------------------------


def audits(ledger: Ledger) -> tuple[Audit, ...]:
    """Return every audit, in the order in which they were opened."""
    with reading(ledger.engine) as connection:
        return tuple(
            _audit(connection, row)
            for row in records(connection.execute(sa.select(tables.audits).order_by(tables.audits.c.entry)))
        )


def _audit(connection: Connection, row: Mapping[str, Any]) -> Audit:
    seals, notes = tables.seals, tables.checkpoints
    sealed = records(connection.execute(sa.select(seals).where(seals.c.audit == row["audit"])))
    seal = sealed[0] if sealed else None
    note = None
    if seal is not None:
        note = connection.scalar(sa.select(notes.c.note).where(notes.c.size == seal["entry"] + 1))
    model, dataset = (rows_of(connection, t, row["entry"]) for t in (tables.models, tables.datasets))
    if not model or not dataset:
        raise EvidenceError(
            f"audit {row['audit'][:12]}: its model or its data are gone. Run `plainspoken verify`."
        )
    return shapes.audit_of(row, model[0], dataset[0], seal, note or "")


def find(ledger: Ledger, text: str) -> Audit:
    """Return the audit that an id, a unique beginning, or ``latest`` names.

    ``latest`` is the one sealed last; where none is sealed, the one opened last.
    """
    table, seals = tables.audits, tables.seals
    with reading(ledger.engine) as connection:
        query = sa.select(table)
        if text == "latest":
            last = connection.scalar(sa.select(seals.c.audit).order_by(seals.c.entry.desc()).limit(1))
            query = query.order_by(table.c.entry.desc()).limit(1)
            query = query if last is None else query.where(table.c.audit == last)
        else:
            query = query.where(table.c.audit.startswith(text, autoescape=True)).order_by(table.c.entry)
        found = records(connection.execute(query))
        if len(found) == 1:
            return _audit(connection, found[0])
    if found and text:
        listed = ", ".join(row["audit"][:16] for row in found[:5])
        raise UsageError(f"{text}: {len(found)} audits begin so ({listed}). Give more digits.")
    if text in ("", "latest"):
        raise UsageError(f"{ledger.shown}: it holds no audit yet. Run `plainspoken run` first.")
    raise UsageError(f"{text}: no audit begins so. `plainspoken list` shows those there are.")


def sealed_rows(
    ledger: Ledger, audit: Audit | str, table: Table, record: Callable[[Mapping[str, Any]], T]
) -> tuple[T, ...]:
    """Return the records of one of the tables that the seal covers; none while the audit is open."""
    seals = tables.seals
    with reading(ledger.engine) as connection:
        entry = connection.scalar(sa.select(seals.c.entry).where(seals.c.audit == audit_id(audit)))
        return tuple(record(row) for row in rows_of(connection, table, entry))


def evidence(ledger: Ledger, audit: Audit | str) -> tuple[Evidence, ...]:
    """Return every digest that an audit rests on, with the log entry that holds it."""
    name, out = audit_id(audit), []
    known = find(ledger, name)
    sets, contents = tables.row_sets, tables.partitions
    with reading(ledger.engine) as connection:
        opened = connection.scalar(sa.select(tables.audits.c.entry).where(tables.audits.c.audit == name))
        out += [
            Evidence("model", known.model.digest, opened),
            Evidence("data", known.dataset.digest, opened),
        ]
        for entry, label in _entries(connection, name):
            query = sa.select(sets.c.name, sets.c.root).where(sets.c.entry == entry).order_by(sets.c.name)
            for table, root in connection.execute(query).tuples():
                out.append(Evidence(f"{label}: {table}", root.hex(), entry))
            for row in rows_of(connection, contents, entry):
                title = f"{row['kind']} {row['name']}".strip()
                out.append(Evidence(f"{label}: content of {title}", row["content_root"].hex(), entry))
    return tuple(out)


def _entries(connection: Connection, audit: str) -> list[tuple[int, str]]:
    labels: list[tuple[int, str]] = []
    for table, label in ((tables.audits, "open"), (tables.parts, "part"), (tables.seals, "seal")):
        query = sa.select(table).where(table.c.audit == audit).order_by(table.c.entry)
        for row in records(connection.execute(query)):
            labels.append((row["entry"], f"{label} {row['seq']}" if label == "part" else label))
    return labels


# --- partitions ------------------------------------------------------------------------------------


class Shelf:
    """The partitions that were read last, decoded."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, Unpacked] = OrderedDict()

    def take(
        self, connection: Connection, entry: int, kind: str, name: str | None = None
    ) -> dict[str, Unpacked]:
        """Return the partitions of this kind that the entry sealed, by name."""
        from audit.ledger.partitions import Unpacked

        table, out = tables.partitions, {}
        query = sa.select(table).where(table.c.entry == entry, table.c.kind == kind).order_by(table.c.pos)
        for row in connection.execute(query if name is None else query.where(table.c.name == name)):
            if row.sha256 not in self._held:
                contents = tables.partition_contents
                content = connection.scalar(
                    sa.select(contents.c.content).where(contents.c.sha256 == row.sha256)
                )
                if content is None:
                    raise EvidenceError(
                        f"partition {kind} {row.name}: its bytes are gone. Run `plainspoken verify`."
                    )
                self._held[row.sha256] = Unpacked(row.columns, content)
                while len(self._held) > _KEPT_OPEN:
                    self._held.popitem(last=False)
            self._held.move_to_end(row.sha256)
            out[row.name] = self._held[row.sha256]
        return out


# --- decisions ---------------------------------------------------------------------------------------


def _parts(connection: Connection, audit: str) -> list[tuple[int, int]]:
    table = tables.parts
    query = sa.select(table.c.entry, table.c.seq).where(table.c.audit == audit).order_by(table.c.seq)
    return [(entry, seq) for entry, seq in connection.execute(query)]


def decisions(
    ledger: Ledger, audit: Audit | str, outcome: str | None = None, notice: str | None = None
) -> Iterator[Decision]:
    """Yield the decisions of an audit in the order of the data, a part at a time."""
    with reading(ledger.engine) as connection:
        parts = _parts(connection, audit_id(audit))
    table = tables.decisions
    for entry, seq in parts:
        query = sa.select(table).where(table.c.entry == entry).order_by(table.c.pos)
        if outcome is not None:
            query = query.where(table.c.outcome == outcome)
        if notice in ("none", "held", "void"):
            query = query.where(table.c.notice == notice)
        elif notice is not None:  # whether it was sent is not the row's to say
            query = query.where(table.c.notice.in_(("ready", "sent")))
        with reading(ledger.engine) as connection:
            rows = records(connection.execute(query))
            found = _decisions(ledger, connection, entry, seq, rows)
        for decision in found:
            if notice is None or decision.notice.state == notice:
                yield decision


def _decisions(
    ledger: Ledger, connection: Connection, entry: int, seq: int, rows: Sequence[Mapping[str, Any]]
) -> list[Decision]:
    people, texts = tables.decision_persons, tables.sentences
    query = sa.select(people).where(people.c.entry == entry).order_by(people.c.pos)
    if len(rows) == 1:
        query = query.where(people.c.place == rows[0]["pos"])
    of_decision: dict[int, list[tuple[bytes, str]]] = {}
    for taking_part in connection.execute(query):
        of_decision.setdefault(taking_part.place, []).append((taking_part.person, taking_part.role))
    said = sa.select(texts.c.digest, texts.c.sentence).where(texts.c.entry == entry)
    sentences = dict(connection.execute(said).tuples().all())
    details = ledger.shelf.take(connection, entry, "details").get("")
    told = _told(connection, rows)
    out = []
    for row in rows:
        noted = details.row_at(row["pos"]) if details is not None else None
        persons = of_decision.get(row["pos"], [])
        sent = _sent(told.get(row["decision"], set()), persons, row["action"])
        detail = noted["detail"] if noted else None
        out.append(cases_.decision_of(row, seq, persons, detail, sentences, sent=sent))
    return out


def _told(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> dict[bytes, set[tuple[bytes | None, str | None]]]:
    """Return, by decision, which persons were told of which action. Drafts tell nobody."""
    table = tables.documents
    query = sa.select(table.c.decision, table.c.person, table.c.action).where(
        table.c.decision.is_not(None), table.c.draft == 0
    )
    if len(rows) == 1:
        query = query.where(table.c.decision == rows[0]["decision"])
    told: dict[bytes, set[tuple[bytes | None, str | None]]] = {}
    for decision, person, action in connection.execute(query):
        told.setdefault(decision, set()).add((person, action))
    return told


def _sent(
    told: set[tuple[bytes | None, str | None]], persons: Sequence[tuple[bytes, str]], action: str | None
) -> bool:
    # 12 CFR 1002.2(e): for notices a guarantor is no applicant, so theirs is not waited for.
    due = [person for person, role in persons if role != "guarantor"]
    heard = {person for person, of in told if action is None or of is None or of == action}
    return bool(due) and all(person in heard for person in due)


def _place_of(
    ledger: Ledger, connection: Connection, audit: str, text: str
) -> tuple[int, int, Mapping[str, Any]]:
    """Return entry, seq and row of a decision named by its id (with the key) or its pseudonym."""
    names = [ledger.keyring.pseudonym("decision", text)] if ledger.keyring.at_hand else []
    if _PSEUDONYM.fullmatch(text):
        names.append(bytes.fromhex(text))
    table, parts = tables.decisions, tables.parts
    for name in names:
        query = (
            sa.select(table, parts.c.seq)
            .join(parts, parts.c.entry == table.c.entry)
            .where(table.c.decision == name, parts.c.audit == audit)
        )
        for row in records(connection.execute(query)):
            return row["entry"], row["seq"], row
    hint = (
        "Look at the id in the data" if ledger.keyring.at_hand else "Without the key file give its pseudonym"
    )
    raise UsageError(f"{text}: audit {audit[:12]} has no such decision. {hint}.")


def decision(ledger: Ledger, audit: Audit | str, text: str) -> Decision:
    """Return one decision, named by its id or its pseudonym."""
    with reading(ledger.engine) as connection:
        entry, seq, row = _place_of(ledger, connection, audit_id(audit), text)
        return _decisions(ledger, connection, entry, seq, [row])[0]


def _name(decision: Decision | str) -> str:
    return decision if isinstance(decision, str) else decision.decision


def case(ledger: Ledger, audit: Audit | str, decision: Decision | str) -> CaseFile:
    """Return the case of a decision, unlocked: its id in clear, its record, what the model saw."""
    name, table = audit_id(audit), tables.locked_fields
    with reading(ledger.engine) as connection:
        entry, seq, row = _place_of(ledger, connection, name, _name(decision))
        pos, keyring = row["pos"], ledger.keyring
        query = sa.select(table).where(table.c.entry == entry, table.c.place == pos).order_by(table.c.pos)
        found = connection.execute(query).all()
        held = ledger.shelf.take(connection, entry, "inputs").get("")
        keyring.open_keys(connection, [cell.person for cell in found])
        opened = [keyring.unlock(cell.person, place(name, seq, pos, cell.field), cell.cell) for cell in found]
        return cases_.case_of(opened, _inputs(ledger, name, seq, pos, held))


def people(ledger: Ledger, audit: Audit | str, decision: Decision | str) -> tuple[Person, ...]:
    """Return the persons of a decision under their ids as in the data."""
    import json

    name, table, persons = audit_id(audit), tables.locked_fields, tables.decision_persons
    with reading(ledger.engine) as connection:
        entry, seq, row = _place_of(ledger, connection, name, _name(decision))
        pos, keyring = row["pos"], ledger.keyring
        fields = sa.select(table).where(table.c.entry == entry, table.c.place == pos).order_by(table.c.pos)
        roles = sa.select(persons.c.role).where(persons.c.entry == entry, persons.c.place == pos)
        found = connection.execute(fields).all()
        keyring.open_keys(connection, [cell.person for cell in found])
        opened = [keyring.unlock(cell.person, place(name, seq, pos, cell.field), cell.cell) for cell in found]
        in_order = connection.scalars(roles.order_by(persons.c.pos))
        return tuple(
            Person(json.loads(cell)["person"], role) for cell, role in zip(opened, in_order, strict=True)
        )


def _inputs(
    ledger: Ledger, audit: str, seq: int, pos: int, held: Unpacked | None
) -> dict[str, float | str | None]:
    found = held.row_at(pos) if held is not None else None
    if held is None or found is None:
        return {}
    names = held.described("cell")["fields"]
    plain = ledger.keyring.unlock(found["person"], place(audit, seq, pos, "inputs"), found["cell"])
    return cases_.inputs_of(plain, names)


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
        entry, _, row = _place_of(ledger, connection, audit_id(audit), _name(decision))
        blocks = ledger.shelf.take(connection, entry, "attributions")
    found = {method: block.row_at(row["pos"]) for method, block in blocks.items()}
    return {method: row for method, row in found.items() if row is not None}


def groups(ledger: Ledger, audit: Audit | str) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Yield, part by part, each protected attribute's groups in the order of the decisions.

    For measuring again; letters and ``explain`` never ask for it.
    """
    with reading(ledger.engine) as connection:
        parts = _parts(connection, audit_id(audit))
    for entry, seq in parts:
        with reading(ledger.engine) as connection:
            held = ledger.shelf.take(connection, entry, "groups").get("")
        if held is not None:
            yield seq, held.lists()


# --- references ------------------------------------------------------------------------------------------


def references(ledger: Ledger, audit: Audit | str) -> tuple[Reference, ...]:
    """Return the references of an audit, each with its applicants' places in the data."""
    seals = tables.seals
    with reading(ledger.engine) as connection:
        entry = connection.scalar(sa.select(seals.c.entry).where(seals.c.audit == audit_id(audit)))
        if entry is None:
            return ()
        held = ledger.shelf.take(connection, entry, "reference")
        out = []
        for row in rows_of(connection, tables.comparisons, entry):
            lists = held[row["digest"]].lists()
            out.append(shapes.reference_of(row, tuple(zip(lists["seq"], lists["row"], strict=True))))
        return tuple(out)


def reference_rows(
    ledger: Ledger, audit: Audit | str, digest: str
) -> tuple[dict[str, float | str | None], ...]:
    """Return the unlocked inputs of a reference's applicants, in its order: to pin it in a later audit."""
    name, table = audit_id(audit), tables.decisions
    reference = next((r for r in references(ledger, audit) if r.digest == digest), None)
    if reference is None:
        raise UsageError(f"{digest[:12]}: audit {name[:12]} has no such reference.")
    wanted: dict[int, list[int]] = {}
    for seq, row in reference.rows:
        wanted.setdefault(seq, []).append(row)
    found: dict[tuple[int, int], dict[str, float | str | None]] = {}
    with reading(ledger.engine) as connection:
        for entry, seq in _parts(connection, name):
            if seq not in wanted:
                continue
            places = dict(
                connection.execute(sa.select(table.c.source_row, table.c.pos).where(table.c.entry == entry))
                .tuples()
                .all()
            )
            held = ledger.shelf.take(connection, entry, "inputs").get("")
            at = [(row, places.get(row)) for row in wanted[seq]]
            rows = [held.row_at(pos) for _, pos in at if held is not None and pos is not None]
            ledger.keyring.open_keys(connection, [row["person"] for row in rows if row is not None])
            for row, pos in at:
                inputs = {} if pos is None else _inputs(ledger, name, seq, pos, held)
                if not inputs:
                    raise UsageError(f"reference {digest[:12]}: the inputs of row {row} were not recorded.")
                found[seq, row] = inputs
    ledger.keyring.forget()
    return tuple(found[place_] for place_ in reference.rows)
