"""A part made ready outside the transaction: all of it but what needs the persons' keys.

Column by column, as it is hashed and stored: a portfolio has millions of decisions, and a mapping
for each row of each table is most of the time that writing them takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.errors import LedgerError
from audit.ledger import case as cases_
from audit.ledger import partitions
from audit.ledger.people import Keyring
from audit.record import CaseFile, Decision

if TYPE_CHECKING:
    from audit.ledger.partitions import AttributionBlock, Packed


@dataclass(slots=True)
class Part:
    """What one part holds: columns of rows, what is to be locked, and partitions.

    Parameters
    ----------
    decisions : mapping of str to list
        The slim rows' columns.
    places, within, persons, roles, cells : lists of one length
        Of each person of each decision, in order: the decision's position, the person's number
        within it (the primary one has 0), their pseudonym and role, and the bytes to be locked.
    inputs : list
        Of each decision, what the model saw, to be locked under the primary person.
    """

    decisions: dict[str, list[Any]]
    input_names: tuple[str, ...]
    places: list[int] = field(default_factory=list)
    within: list[int] = field(default_factory=list)
    persons: list[bytes] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    cells: list[bytes] = field(default_factory=list)
    inputs: list[bytes | None] = field(default_factory=list)
    sentences: list[dict[str, str]] = field(default_factory=list)
    packed: list[Packed] = field(default_factory=list)


def ready(
    keyring: Keyring,
    decisions: Sequence[Decision],
    cases: Sequence[CaseFile],
    attributions: Mapping[str, AttributionBlock],
    groups: Mapping[str, Sequence[str]],
) -> Part:
    """Return the part made ready.

    Raises
    ------
    LedgerError
        Where a case file is of no decision of the part, or a value cannot be sealed.
    """
    by_id = {case.decision: case for case in cases}
    if len(by_id) != len(cases) or by_id.keys() - {decision.decision for decision in decisions}:
        raise LedgerError("cases: each case file must be of one decision of its part, and of one only.")
    names = keyring.pseudonyms("decision", [decision.decision for decision in decisions])
    part = Part(cases_.decision_columns(decisions, names), cases_.input_names(cases))
    people = [cases_.persons_of(decision) for decision in decisions]
    part.places = [pos for pos, persons in enumerate(people) for _ in persons]
    part.within = [i for persons in people for i in range(len(persons))]
    part.roles = [person.role for persons in people for person in persons]
    part.persons = keyring.pseudonyms("person", [person.person for persons in people for person in persons])
    to_be_locked(part, decisions, by_id)
    noted = _details(part, decisions)
    if noted is not None:
        part.packed.append(noted)
    for method in sorted(attributions):
        part.packed.append(partitions.pack_attributions(method, attributions[method], len(decisions)))
    if groups:
        part.packed.append(partitions.pack_groups(groups, len(decisions)))
    return part


def to_be_locked(part: Part, decisions: Sequence[Decision], by_id: Mapping[str, CaseFile]) -> None:
    """Add what will be locked: a cell for each person, and what the model saw."""
    for decision in decisions:
        case = by_id.get(decision.decision)
        part.cells += cases_.cells(decision, case)
        part.inputs.append(cases_.input_bytes(case, part.input_names) if case and case.inputs else None)


def _details(part: Part, decisions: Sequence[Decision]) -> Packed | None:
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
    part.sentences = [{"digest": key, "sentence": texts[key]} for key in sorted(texts)]
    return partitions.pack("details", "", [("pos", "i8", at), ("detail", "str", said)]) if at else None


def place(audit: str, seq: int, pos: int, name: str) -> str:
    """Return the place of a locked field: what its nonce is derived from, and what it is tied to."""
    return f"{audit}/{seq}/{pos}/{name}"


def lock(keyring: Keyring, part: Part, audit: str, seq: int) -> tuple[dict[str, list[Any]], list[Packed]]:
    """Return the columns of the locked cells, and the part's partitions with the locked inputs behind."""
    names: list[str] = []
    locked: list[bytes] = []
    at: list[int] = []
    owners: list[bytes] = []
    inputs: list[bytes] = []
    start = f"{audit}/{seq}/"  # of ``place``
    for pos, i, person, cell in zip(part.places, part.within, part.persons, part.cells, strict=True):
        shut = keyring.lock_of(person)
        name = "case/0" if i == 0 else f"case/{i}"
        names.append(name)
        locked.append(shut(f"{start}{pos}/{name}", cell))
        if i == 0 and (plain := part.inputs[pos]) is not None:
            at.append(pos)
            owners.append(person)
            inputs.append(shut(f"{start}{pos}/inputs", plain))
    packed = list(part.packed)
    if inputs:
        columns = [("pos", "i8", at), ("person", "bin", owners), ("cell", "bin", inputs)]
        packed.append(partitions.pack("inputs", "", columns, {"cell": {"fields": list(part.input_names)}}))
    return {"place": part.places, "person": part.persons, "field": names, "cell": locked}, packed
