"""A part made ready: its rows, and what is locked of it once its persons' keys are drawn.

Column by column, as it is hashed and stored: a portfolio has millions of decisions, and a mapping
for each row of each table is most of the time that writing them takes. What is hashed, encoded and
locked is asked of ``aside`` as soon as it is known, and fetched when it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from audit.errors import LedgerError
from audit.ledger import case as cases_
from audit.ledger import entries, locking, partitions, tables
from audit.ledger.aside import Answer, Aside
from audit.ledger.people import Keyring
from audit.record import CaseFile, Decision

if TYPE_CHECKING:
    from audit.ledger.partitions import AttributionBlock, Packed


@dataclass(slots=True)
class Part:
    """What one part holds: columns of rows, who takes part, partitions, and what is to be locked.

    Parameters
    ----------
    decisions : Columns
        The slim rows; ``hashes`` is the promise of theirs.
    names : list of bytes
        Each decision's pseudonym.
    places, within, persons, roles : lists of one length
        Of each person of each decision, in order: the decision's position, the person's number
        within it (the primary one has 0), their pseudonym and role.
    cells : list of mappings
        Of each person of each decision, what is to be locked; ``seen`` of each decision, what the
        model saw. Both are ``kept`` aside too.
    details : positions, the promise of their texts, and the sentences that they name by digest
    packed : list of Packed
        Attributions and groups.
    """

    aside: Aside
    decisions: entries.Columns
    hashes: Answer
    names: list[bytes]
    places: list[int]
    within: list[int]
    persons: list[bytes]
    roles: list[str]
    rows: list[int]
    cells: list[cases_.Cell]
    input_names: tuple[str, ...]
    seen: list[locking.Inputs]
    kept: tuple[int, int]
    details: tuple[list[int], Answer, dict[str, str]]
    packed: list[Packed]


def ready(
    keyring: Keyring,
    aside: Aside,
    decisions: Sequence[Decision],
    cases: Sequence[CaseFile],
    attributions: Mapping[str, AttributionBlock],
    groups: Mapping[str, Sequence[str]],
) -> Part:
    """Return the part.

    Raises
    ------
    LedgerError
        Where a case file is of no decision of the part, or a value cannot be sealed.
    """
    by_id = {case.decision: case for case in cases}
    if len(by_id) != len(cases) or by_id.keys() - {decision.decision for decision in decisions}:
        raise LedgerError("cases: each case file must be of one decision of its part, and of one only.")
    names = keyring.pseudonyms("decision", [decision.decision for decision in decisions])
    rows = entries.columns(tables.decisions, cases_.decision_columns(decisions, names))
    hashes = ask_hashes(aside, rows)
    people = [cases_.persons_of(decision) for decision in decisions]
    of_rows = [decision.row for decision, persons in zip(decisions, people, strict=True) for _ in persons]
    cells = [
        cell
        for decision, persons in zip(decisions, people, strict=True)
        for cell in cases_.cells(decision, persons, by_id.get(decision.decision))
    ]
    input_names = cases_.input_names(cases)
    seen = [cases_.seen(by_id.get(decision.decision), input_names) for decision in decisions]
    kept = aside.keep("cells", of_rows, cells), aside.keep("inputs", seen)
    part = Part(
        aside=aside,
        decisions=rows,
        hashes=hashes,
        names=names,
        places=[pos for pos, persons in enumerate(people) for _ in persons],
        within=[i for persons in people for i in range(len(persons))],
        persons=keyring.pseudonyms("person", [person.person for persons in people for person in persons]),
        roles=[person.role for persons in people for person in persons],
        rows=of_rows,
        cells=cells,
        input_names=input_names,
        seen=seen,
        kept=kept,
        details=_details(aside, decisions),
        packed=[],
    )
    for method in sorted(attributions):
        part.packed.append(partitions.pack_attributions(method, attributions[method], len(decisions)))
    if groups:
        part.packed.append(partitions.pack_groups(groups, len(decisions)))
    return part


def ask_hashes(aside: Aside, rows: entries.Columns) -> Answer:
    """Have rows hashed aside."""
    return aside.ask(rows.hashes, "hashes", rows.sealed)


def _details(aside: Aside, decisions: Sequence[Decision]) -> tuple[list[int], Answer, dict[str, str]]:
    """Return where there are details, their texts, and the sentences that they name by digest."""
    sentences: dict[str, str] = {}
    at: list[int] = []
    rows: list[int] = []
    bodies: list[dict[str, Any]] = []
    for pos, decision in enumerate(decisions):
        if not (body := cases_.details(decision)):
            continue
        at.append(pos)
        rows.append(decision.row)
        bodies.append(body)
        for reason in decision.reasons:
            sentences[cases_.sentence_digest(reason.statement)] = reason.statement
    what = "decision in row"
    texts = aside.ask(lambda: locking.texts(what, rows, bodies), "texts", what, rows, bodies)
    return at, texts, sentences


def place(audit: str, seq: int, pos: int, name: str) -> str:
    """Return the place of a locked field: what its nonce is derived from, and what it is tied to."""
    return f"{audit}/{seq}/{pos}/{name}"


# --- and what comes of it -------------------------------------------------------------------------


def noted(part: Part) -> tuple[list[Packed], list[dict[str, str]]]:
    """Return the partitions without the locked inputs, and the sentences that the details name."""
    at, answer, sentences = part.details
    texts = answer.value()
    details = [partitions.pack("details", "", [("pos", "i8", at), ("detail", "str", texts)])] if at else []
    return [*details, *part.packed], [
        {"digest": key, "sentence": sentences[key]} for key in sorted(sentences)
    ]


@dataclass(slots=True)
class Locks:
    """What is being locked: the new persons' keys, who takes part, and the cells.

    Parameters
    ----------
    rows : mapping
        Of each table that a key was needed for: its columns and the promise of their hashes.
    wrapped : promise of the new persons' wrapped keys
    cells : promise of locked cells, locked inputs, and the hashes of the cells' rows
    """

    rows: dict[Table, tuple[entries.Columns, Answer]]
    wrapped: Answer
    cells: Answer


def lock(part: Part, keyring: Keyring, audit: str, seq: int, new: list[bytes]) -> Locks:
    """Have the part locked under the keys of its persons, of whom ``new`` were not known before."""
    new_keys, keys = keyring.keys_of(new), keyring.keys_of(part.persons)
    wrapping = keyring.wrapping
    wrapped = part.aside.ask(
        lambda: locking.wrapped(wrapping, new, new_keys), "wrapped", wrapping, new, new_keys
    )
    taking_part: dict[str, list[Any]] = {"place": part.places, "person": part.persons, "role": part.roles}
    rows = [
        entries.columns(tables.decision_persons, taking_part),
        entries.columns(tables.persons, {"person": new}),
    ]
    hashed = {one.table: (one, ask_hashes(part.aside, one)) for one in rows}
    given = (place(audit, seq, 0, "").removesuffix("0/"), part.places, part.within, part.persons, keys)

    def here() -> Any:
        return locking.locked(locking.cells(part.rows, part.cells), locking.inputs(part.seen), *given)

    return Locks(hashed, wrapped, part.aside.ask(here, "locked", *given, kept=part.kept))


def locked(part: Part, locks: Locks) -> tuple[entries.RowSet, list[Packed]]:
    """Return the rows of locked cells, and the partition of locked inputs where there are any."""
    cells, shut, hashes = locks.cells.value()
    fields = locking.fields(part.places, part.within, part.persons, cells)
    packed = []
    if shut:
        at = [pos for pos, saw in enumerate(part.seen) if saw is not None]
        first = {
            pos: who for pos, i, who in zip(part.places, part.within, part.persons, strict=True) if not i
        }
        columns = [("pos", "i8", at), ("person", "bin", [first[pos] for pos in at]), ("cell", "bin", shut)]
        packed.append(partitions.pack("inputs", "", columns, {"cell": {"fields": list(part.input_names)}}))
    return fields.hashed(*hashes), packed
