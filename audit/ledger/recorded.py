"""What an audit recorded, part by part and unlocked: what a replay runs from and is held against.

A decision whose applicant was erased, or whose locked fields were purged, has no case any more;
what stands in its place says when it went and under which entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.ledger import case as cases_
from audit.ledger import gone, tables
from audit.ledger.casebook import unlocked_inputs
from audit.ledger.database import reading
from audit.ledger.decisions import decisions
from audit.ledger.part import place
from audit.ledger.read import audit_id, parts_of, rows_of
from audit.record import Audit, CaseFile, Decision, QuarantinedRow

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.partitions import Unpacked


@dataclass(frozen=True, slots=True)
class RecordedPart:
    """One part of an audit.

    Parameters
    ----------
    decisions : under pseudonyms, in the order of the data
    cases : for each decision what was locked of it; None where it went, or no key is at hand
    gone : position -> "erased on … under entry …"
    attributions : method -> column -> values, as they were sealed; ``pos`` is the decision's position
    groups : attribute -> the group of each decision; empty where they were purged
    lost : kind of partition -> why it is no longer there
    """

    seq: int
    decisions: tuple[Decision, ...]
    cases: tuple[CaseFile | None, ...]
    gone: Mapping[int, str]
    attributions: Mapping[str, Mapping[str, Sequence[Any]]]
    groups: Mapping[str, Sequence[str]]
    quarantined: tuple[QuarantinedRow, ...]
    lost: Mapping[str, str] = field(default_factory=dict)
    partly: frozenset[int] = frozenset()  # positions of which another applicant than the first was erased


def recorded(ledger: Ledger, audit: Audit | str) -> Iterator[RecordedPart]:
    """Yield what an audit recorded, a part at a time.

    Raises
    ------
    EvidenceError
        A locked field or a partition was altered, or is gone without a reason that the log knows.
    """
    name = audit_id(audit)
    found: dict[int, list[Decision]] = {}
    for one in decisions(ledger, name):
        found.setdefault(one.seq, []).append(one)
    with reading(ledger.engine) as connection:
        parts = parts_of(connection, name)
        # The journal beside the key file knows of erasures that a restored backup has forgotten.
        erased = {**ledger.keyring.erased, **gone.erased(connection)}
        emptied = gone.blanked(connection)
        purged = gone.contents(connection)
    for entry, seq in parts:
        mine = found.get(seq, [])
        with reading(ledger.engine) as connection:
            held, lost = _partitions(ledger, connection, entry, purged)
            blank = emptied.get(("locked_fields", entry))
            away = {
                pos: erased[bytes.fromhex(one.persons[0].person)]
                for pos, one in enumerate(mine)
                if one.persons and bytes.fromhex(one.persons[0].person) in erased
            }
            if blank is not None or "inputs" in lost:
                told = blank.told if blank is not None else lost["inputs"]
                away = {pos: away.get(pos, told) for pos in range(len(mine))}
            aside = rows_of(connection, tables.quarantined_rows, entry)
            yield RecordedPart(
                seq=seq,
                decisions=tuple(mine),
                cases=_cases(
                    ledger, connection, name, entry, seq, len(mine), away, erased, held["inputs"].get("")
                ),
                gone=away,
                attributions={method: block.lists() for method, block in held["attributions"].items()},
                groups=held["groups"][""].lists() if "" in held["groups"] else {},
                quarantined=tuple(QuarantinedRow(row["source_row"], row["cause"]) for row in aside),
                lost=lost,
                partly=frozenset(
                    pos
                    for pos, one in enumerate(mine)
                    if any(bytes.fromhex(other.person) in erased for other in one.persons[1:])
                ),
            )
        ledger.keyring.forget()


def _partitions(
    ledger: Ledger, connection: Connection, entry: int, purged: Mapping[bytes, str]
) -> tuple[dict[str, dict[str, Unpacked]], dict[str, str]]:
    """Return a part's partitions by kind, and those that a policy let go."""
    table = tables.partitions
    lost = {
        row.kind: purged[bytes(row.sha256)]
        for row in connection.execute(sa.select(table.c.kind, table.c.sha256).where(table.c.entry == entry))
        if bytes(row.sha256) in purged
    }
    kinds = ("inputs", "attributions", "groups")
    return {kind: {} if kind in lost else ledger.shelf.take(connection, entry, kind) for kind in kinds}, lost


def _cases(
    ledger: Ledger,
    connection: Connection,
    audit: str,
    entry: int,
    seq: int,
    n: int,
    away: Mapping[int, str],
    erased: Collection[bytes],
    held: Unpacked | None,
) -> tuple[CaseFile | None, ...]:
    keyring, table = ledger.keyring, tables.locked_fields
    if not keyring.at_hand:
        return (None,) * n
    cells: dict[int, list[Any]] = {}
    for cell in connection.execute(sa.select(table).where(table.c.entry == entry).order_by(table.c.pos)):
        if cell.place not in away:
            cells.setdefault(cell.place, []).append(cell)
    keyring.open_keys(connection, {bytes(cell.person) for of in cells.values() for cell in of})
    out: list[CaseFile | None] = []
    for pos in range(n):
        if pos not in cells:
            out.append(None)
            continue
        # A second applicant may have been erased alone; what is the primary one's still speaks.
        opened = [
            keyring.unlock(cell.person, place(audit, seq, pos, cell.field), cell.cell)
            for i, cell in enumerate(cells[pos])
            if i == 0 or bytes(cell.person) not in erased
        ]
        out.append(cases_.case_of(opened, unlocked_inputs(ledger, audit, seq, pos, held)))
    return tuple(out)
