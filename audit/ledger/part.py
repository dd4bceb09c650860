"""A part made ready: its rows, and what is locked of it once its persons' keys are drawn.

Column by column, as it is hashed and stored: a portfolio has millions of decisions, and a mapping
for each row of each table is most of the time that writing them takes.

Why so, in one process: a forked second one that locks while rows are stored saves a fifth of the
time, and hangs where a thread of another library holds a lock at the fork.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.errors import LedgerError
from audit.ledger import case as cases_
from audit.ledger import entries, partitions, tables
from audit.ledger.people import Cells, Keyring, split_keys
from audit.record import CaseFile, Decision, Person

if TYPE_CHECKING:
    from audit.ledger.partitions import AttributionBlock, Packed


@dataclass(slots=True)
class Part:
    """What one part holds: columns of rows, who takes part, partitions, and what is to be locked.

    Parameters
    ----------
    decisions : Columns
        The slim rows.
    names : list of bytes
        Each decision's pseudonym.
    places, within, persons, roles : lists of one length
        Of each person of each decision, in order: the decision's position, the person's number
        within it (the primary one has 0), their pseudonym and role.
    cells : list of bytes
        Of each person of each decision, what is to be locked; ``inputs`` of each decision, what the
        model saw.
    packed : list of Packed
        Attributions and groups.
    """

    decisions: entries.Columns
    names: list[bytes]
    places: list[int]
    within: list[int]
    persons: list[bytes]
    roles: list[str]
    input_names: tuple[str, ...]
    cells: list[bytes]
    inputs: list[bytes | None]
    details: tuple[list[int], list[str], dict[str, str]]
    packed: list[Packed]

    def taking_part(self) -> dict[str, list[Any]]:
        """Return who takes part, column by column."""
        return {"place": self.places, "person": self.persons, "role": self.roles}


def ready(
    keyring: Keyring,
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
    people = [cases_.persons_of(decision) for decision in decisions]
    places = [pos for pos, persons in enumerate(people) for _ in persons]
    within = [i for persons in people for i in range(len(persons))]
    persons = keyring.pseudonyms("person", [person.person for persons in people for person in persons])
    roles: list[str] = [person.role for persons in people for person in persons]
    inputs = cases_.input_names(cases)
    cells, seen = to_be_locked(decisions, people, by_id, inputs)
    details = _details(decisions)
    part = Part(rows, names, places, within, persons, roles, inputs, cells, seen, details, [])
    for method in sorted(attributions):
        part.packed.append(partitions.pack_attributions(method, attributions[method], len(decisions)))
    if groups:
        part.packed.append(partitions.pack_groups(groups, len(decisions)))
    return part


def _details(decisions: Sequence[Decision]) -> tuple[list[int], list[str], dict[str, str]]:
    """Return where there are details, their texts, and the sentences that they name by digest."""
    texts: dict[str, str] = {}
    at: list[int] = []
    said: list[str] = []
    for pos, decision in enumerate(decisions):
        if (detail := cases_.details(decision)) is None:
            continue
        at.append(pos)
        said.append(detail)
        for reason in decision.reasons:
            texts[cases_.sentence_digest(reason.statement)] = reason.statement
    return at, said, texts


def to_be_locked(
    decisions: Sequence[Decision],
    people: Sequence[Sequence[Person]],
    by_id: Mapping[str, CaseFile],
    input_names: Sequence[str],
) -> tuple[list[bytes], list[bytes | None]]:
    """Return what will be locked: a cell for each person, and of each decision what the model saw."""
    cells: list[bytes] = []
    inputs: list[bytes | None] = []
    for decision, persons in zip(decisions, people, strict=True):
        case = by_id.get(decision.decision)
        cells += cases_.cells(decision, persons, case)
        inputs.append(cases_.input_bytes(case, input_names) if case and case.inputs else None)
    return cells, inputs


def place(audit: str, seq: int, pos: int, name: str) -> str:
    """Return the place of a locked field: what its nonce is derived from, and what it is tied to."""
    return f"{audit}/{seq}/{pos}/{name}"


def _lock(
    start: str,
    places: Sequence[int],
    within: Sequence[int],
    persons: Sequence[bytes],
    keys: Sequence[bytes],
    cells: Sequence[bytes],
    inputs: Sequence[bytes | None],
) -> tuple[list[bytes], list[int], list[bytes], list[bytes]]:
    """Return the locked cells, and of the locked inputs the positions, the owners and the bytes."""
    locked: list[bytes] = []
    at: list[int] = []
    owners: list[bytes] = []
    shut: list[bytes] = []
    of = Cells()
    for pos, i, person, key, cell in zip(places, within, persons, keys, cells, strict=True):
        of.of(person, key)
        locked.append(of.lock(f"{start}{pos}/case/{i}".encode(), cell))
        if i == 0 and (plain := inputs[pos]) is not None:
            at.append(pos)
            owners.append(person)
            shut.append(of.lock(f"{start}{pos}/inputs".encode(), plain))
    return locked, at, owners, shut


def _fields(
    places: list[int], persons: list[bytes], within: Sequence[int], cells: list[bytes]
) -> entries.Columns:
    names = [f"case/{i}" if i else "case/0" for i in within]
    given: dict[str, list[Any]] = {"place": places, "person": persons, "field": names, "cell": cells}
    return entries.columns(tables.locked_fields, given)


# --- and what comes of it -------------------------------------------------------------------------


def noted(part: Part) -> tuple[list[Packed], list[dict[str, str]]]:
    """Return the partitions without the locked inputs, and the sentences that the details name."""
    at, said, texts = part.details
    details = [partitions.pack("details", "", [("pos", "i8", at), ("detail", "str", said)])] if at else []
    return [*details, *part.packed], [{"digest": key, "sentence": texts[key]} for key in sorted(texts)]


@dataclass(frozen=True, slots=True)
class Locked:
    """What was locked: the rows of cells, the new persons' wrapped keys, and the locked inputs."""

    fields: entries.RowSet
    wrapped: list[bytes]
    inputs: list[Packed]


def locked(part: Part, keyring: Keyring, audit: str, seq: int, new: list[bytes]) -> Locked:
    """Lock the part under the keys of its persons, of whom ``new`` were not known before."""
    start = place(audit, seq, 0, "").removesuffix("0/")
    keys = split_keys(keyring.keys_of(part.persons))
    cells, at, owners, shut = _lock(
        start, part.places, part.within, part.persons, keys, part.cells, part.inputs
    )
    packed = []
    if shut:
        columns = [("pos", "i8", at), ("person", "bin", owners), ("cell", "bin", shut)]
        packed.append(partitions.pack("inputs", "", columns, {"cell": {"fields": list(part.input_names)}}))
    fields = _fields(part.places, part.persons, part.within, cells)
    return Locked(fields.hashed(*fields.hashes()), keyring.wrap_all(new, keyring.keys_of(new)), packed)
