"""Cases of several decisions read in one moment: where they lie, their locked cells, and what opens them.

What reads one decision after another asks the database the same questions each time; of some dozens at
once they are asked once. A case that cannot be read keeps no other from being read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import AuditError, GoneError
from audit.ledger import bulk, gone, tables
from audit.ledger import case as cases_
from audit.ledger.columns import BEGINNING
from audit.ledger.database import reading
from audit.ledger.part import place
from audit.ledger.read import audit_id

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.partitions import Unpacked
    from audit.ledger.people import Keyring
    from audit.record import Audit, CaseFile

_SPAN = 64  # rows read at once at the least


class Place(NamedTuple):
    """Where a decision lies: the part's entry and number, and its row there."""

    entry: int
    seq: int
    pos: int


def cases(ledger: Ledger, audit: Audit | str, names: Sequence[str]) -> dict[str, CaseFile | AuditError]:
    """Return the cases of decisions (pseudonyms), or why one cannot be read; unknown ones are left out.

    No person's key stays open: who is erased from now on is locked for whatever is asked next.
    """
    found: dict[str, CaseFile | AuditError] = {}
    name = audit_id(audit)
    keyring = ledger.keyring
    with reading(ledger.engine) as connection:
        of_name = places(connection, name, names)
        cells = {
            entry: cells_at(connection, entry, {one.pos for one in of_name.values() if one.entry == entry})
            for entry in {one.entry for one in of_name.values()}
        }
        inputs = {entry: ledger.shelf.take(connection, entry, "inputs").get("") for entry in cells}
        keyring.forget()  # whoever was erased meanwhile, by another program, stays locked
        keyring.open_keys(
            connection,
            [cell.person for of_entry in cells.values() for theirs in of_entry.values() for cell in theirs],
        )
        for decision, (entry, seq, pos) in of_name.items():
            try:
                found[decision] = opened_case(
                    ledger, connection, name, (entry, seq, pos), cells[entry][pos], inputs[entry]
                )
            except AuditError as error:
                found[decision] = error
    keyring.forget()
    return found


def places(connection: Connection, audit: str, names: Sequence[str]) -> dict[str, Place]:
    """Return where decisions of an audit (pseudonyms) lie; unknown ones are left out."""
    wanted = {bytes.fromhex(one) for one in names}
    rows = bulk.rows_with(
        connection,
        "decisions d JOIN parts p ON p.entry = d.entry",
        ("d.decision", "d.entry", "p.seq", "d.pos", "p.audit"),
        f"substr(d.decision, 1, {BEGINNING})",  # in the words of its index
        sorted(one[:BEGINNING] for one in wanted),
    )
    return {
        bytes(row[0]).hex(): Place(row[1], row[2], row[3])
        for row in rows
        if row[4] == audit and bytes(row[0]) in wanted
    }


@cache
def _row_at() -> sa.Select[Any]:
    table = tables.locked_fields
    return sa.select(table.c.place).where(
        table.c.entry == sa.bindparam("entry"), table.c.pos == sa.bindparam("pos")
    )


@cache
def _rows_between() -> sa.Select[Any]:
    table = tables.locked_fields
    return (
        sa.select(table)
        .where(
            table.c.entry == sa.bindparam("entry"),
            table.c.pos >= sa.bindparam("first"),
            table.c.pos < sa.bindparam("end"),
        )
        .order_by(table.c.pos)
    )


def cells_at(connection: Connection, entry: int, places: Iterable[int]) -> dict[int, list[Any]]:
    """Return the locked cells of the decisions at these places of a part, each in the persons' order."""
    wanted = {one: list[Any]() for one in sorted(places)}
    if not wanted:
        return {}
    least, most = min(wanted), max(wanted)
    # No index leads from a decision to its cells, and none is needed: they lie in the order of the
    # decisions, one or more for each, so from a row whose decision is n before it is n rows or more.
    at = least
    while (found := connection.scalar(_row_at(), {"entry": entry, "pos": at})) is not None and found < least:
        at += least - found
    while True:
        end = at + max(most - least + 1, _SPAN)
        rows = connection.execute(_rows_between(), {"entry": entry, "first": at, "end": end}).all()
        for row in rows:
            if row.place in wanted:
                wanted[row.place].append(row)
        if not rows or rows[-1].place > most:
            return wanted
        at = end


def opened_case(
    ledger: Ledger,
    connection: Connection,
    audit: str,
    at: tuple[int, int, int],
    cells: Sequence[Any],
    held: Unpacked | None,
) -> CaseFile:
    """Return the case that these locked cells hold; the persons' keys must have been asked for.

    Parameters
    ----------
    at : entry and number of the part, and the decision's row in it
    held : what the model saw of the part's decisions

    Raises
    ------
    GoneError
        It was purged, or its first applicant was erased.
    """
    entry, seq, pos = at
    refuse_emptied(connection, entry, cells)
    opened = [one for one in opened_cells(ledger.keyring, audit, seq, pos, cells) if one is not None]
    return cases_.case_of(opened, unlocked_inputs(ledger, audit, seq, pos, held))


def refuse_emptied(connection: Connection, entry: int, cells: Sequence[Any]) -> None:
    """Say that a case was purged, where it was.

    Raises
    ------
    GoneError
    """
    if any(not cell.cell for cell in cells):
        emptied = gone.blanked(connection).get((tables.locked_fields.name, entry))
        if emptied is not None:
            raise GoneError(f"cases of log entry {entry}: {emptied.told}.")


def opened_cells(
    keyring: Keyring, audit: str, seq: int, pos: int, cells: Sequence[Any]
) -> list[bytes | None]:
    """Return what the cells of a decision held; None for another applicant who was erased.

    Raises
    ------
    GoneError
        Where the first applicant was: the application itself is locked under them.
    """
    opened: list[bytes | None] = []
    for cell in cells:
        try:
            opened.append(keyring.unlock(cell.person, place(audit, seq, pos, cell.field), cell.cell))
        except GoneError:
            if not opened:
                raise
            opened.append(None)
    return opened


def unlocked_inputs(
    ledger: Ledger, audit: str, seq: int, pos: int, held: Unpacked | None
) -> dict[str, float | str | None]:
    """Return what the model saw of a decision; the person's key must be open."""
    found = held.row_at(pos) if held is not None else None
    if held is None or found is None:
        return {}
    names = held.described("cell")["fields"]
    plain = ledger.keyring.unlock(found["person"], place(audit, seq, pos, "inputs"), found["cell"])
    return cases_.inputs_of(plain, names)
