"""Reading a ledger: its audits, what the seal covers, and the partitions on the shelf."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Table
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, GoneError, UsageError
from audit.ledger import bulk, gone, shapes, tables
from audit.ledger.database import reading, records
from audit.record import Audit, Evidence, Figure

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.partitions import Unpacked

T = TypeVar("T")
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
    if text == "latest":
        raise UsageError(f"{ledger.shown}: it holds no audit yet. Run `plainspoken run` first.")
    raise UsageError(f"{text or 'AUDIT'}: no audit begins so. `plainspoken list` shows those there are.")


def sealed_rows(
    ledger: Ledger, audit: Audit | str, table: Table, record: Callable[[Mapping[str, Any]], T]
) -> tuple[T, ...]:
    """Return the records of one of the tables that the seal covers; none while the audit is open."""
    seals = tables.seals
    with reading(ledger.engine) as connection:
        entry = connection.scalar(sa.select(seals.c.entry).where(seals.c.audit == audit_id(audit)))
        return tuple(record(row) for row in rows_of(connection, table, entry))


def figure(ledger: Ledger, audit: Audit | str, name: str) -> Figure | None:
    """Return one figure that the seal covers; None where the audit has none of this name."""
    seals, table = tables.seals, tables.figures
    with reading(ledger.engine) as connection:
        entry = connection.scalar(sa.select(seals.c.entry).where(seals.c.audit == audit_id(audit)))
        query = sa.select(table).where(table.c.entry == entry, table.c.name == name)
        found = records(connection.execute(query))
    return shapes.figure_of(found[0]) if found else None


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
            for table, root in connection.execute(query):
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


def parts_of(connection: Connection, audit: str) -> list[tuple[int, int]]:
    """Return the entry and the number of each part of an audit, in order."""
    table = tables.parts
    query = sa.select(table.c.entry, table.c.seq).where(table.c.audit == audit).order_by(table.c.seq)
    return [(entry, seq) for entry, seq in connection.execute(query)]


# --- partitions ------------------------------------------------------------------------------------


class Shelf:
    """The partitions that were read last, decoded."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, Unpacked] = OrderedDict()

    def clear(self) -> None:
        """Put every partition down."""
        self._held.clear()

    def take(
        self, connection: Connection, entry: int, kind: str, name: str | None = None
    ) -> dict[str, Unpacked]:
        """Return the partitions of this kind that the entry sealed, by name."""
        from audit.ledger.partitions import Unpacked

        table, out = tables.partitions, {}
        query = sa.select(table).where(table.c.entry == entry, table.c.kind == kind).order_by(table.c.pos)
        for row in connection.execute(query if name is None else query.where(table.c.name == name)):
            if row.sha256 not in self._held:
                content = bulk.content(connection, row.sha256)
                if content is None:
                    if (told := gone.contents(connection).get(row.sha256)) is not None:
                        raise GoneError(f"partition {kind} of log entry {entry}: {told}.")
                    raise EvidenceError(
                        f"partition {kind} {row.name}: its bytes are gone. Run `plainspoken verify`."
                    )
                self._held[row.sha256] = Unpacked(row.columns, content)
                while len(self._held) > _KEPT_OPEN:
                    self._held.popitem(last=False)
            self._held.move_to_end(row.sha256)
            out[row.name] = self._held[row.sha256]
        return out
