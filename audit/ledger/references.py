"""Reading references: whom refused applicants were compared with, and what the model saw of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from audit.errors import UsageError
from audit.ledger import shapes, tables
from audit.ledger.casebook import unlocked_inputs
from audit.ledger.database import reading
from audit.ledger.read import audit_id, parts_of, rows_of
from audit.record import Audit, Reference

if TYPE_CHECKING:
    from audit.ledger import Ledger


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
        for entry, seq in parts_of(connection, name):
            if seq not in wanted:
                continue
            query = sa.select(table.c.source_row, table.c.pos).where(table.c.entry == entry)
            places = {row.source_row: row.pos for row in connection.execute(query)}
            held = ledger.shelf.take(connection, entry, "inputs").get("")
            at = [(row, places.get(row)) for row in wanted[seq]]
            rows = [held.row_at(pos) for _, pos in at if held is not None and pos is not None]
            ledger.keyring.open_keys(connection, [row["person"] for row in rows if row is not None])
            for row, pos in at:
                inputs = {} if pos is None else unlocked_inputs(ledger, name, seq, pos, held)
                if not inputs:
                    raise UsageError(f"reference {digest[:12]}: the inputs of row {row} were not recorded.")
                found[seq, row] = inputs
    ledger.keyring.forget()
    return tuple(found[place_] for place_ in reference.rows)
