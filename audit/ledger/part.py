"""A part made ready: its rows, and what is locked of it once its persons' keys are drawn.

Column by column, as it is hashed and stored: a portfolio has millions of decisions, and a mapping
for each row of each table is most of the time that writing them takes. What is hashed, encoded and
locked is asked of ``aside`` as soon as it is known, and fetched when it is stored.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
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

SHARE = 0.55  # of the decisions, locked aside: both processes come to their end at about one time


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
        model saw. The first of both are ``kept`` aside too.
    split : (int, int)
        How many decisions are locked aside, and how many persons these have; the others are locked here.
    details : the promise of their partition, and the sentences that they name by digest
    attributions : the promise of each method's partition
    packed : list of Packed
        Groups.
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
    split: tuple[int, int]
    kept: tuple[int, int]
    details: tuple[Answer | None, dict[str, str]]
    attributions: list[Answer]
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
    ids, of = [decision.decision for decision in decisions], [case.decision for case in cases]
    if len(set(of)) != len(of) or set(of) - set(ids):
        raise LedgerError("cases: each case file must be of one decision of its part, and of one only.")
    names = _ask_pseudonyms(aside, keyring, "decision", ids)
    people = [
        decision.persons if len(decision.persons) == 1 else cases_.persons_of(decision)
        for decision in decisions
    ]
    everybody = list(chain.from_iterable(people))
    persons = _ask_pseudonyms(aside, keyring, "person", [who.person for who in everybody])
    of_rows, places, numbers = [decision.row for decision in decisions], list(range(len(ids))), [0] * len(ids)
    if len(everybody) != len(people):  # else nobody applies with another, as in most parts
        places = [pos for pos, several in enumerate(people) for _ in several]
        of_rows = [of_rows[pos] for pos in places]
        numbers = [i for several in people for i in range(len(several))]
    by_id = {} if of == ids else dict(zip(of, cases, strict=True))
    in_order = list(cases) if of == ids else [by_id.get(name) for name in ids]
    cells = cases_.cells_of_all(decisions, people, in_order)
    input_names = cases_.input_names(cases)
    seen = cases_.seen(in_order, input_names)
    n = round(len(decisions) * SHARE) if aside.pid else len(decisions)
    split = n, bisect_left(places, n)
    kept = aside.keep("cells", of_rows[: split[1]], cells[: split[1]]), aside.keep("inputs", seen[:n])
    details = _details(aside, decisions)
    packed = [partitions.pack_groups(groups, len(decisions))] if groups else []
    pseudonyms = names.value()
    rows = entries.columns(tables.decisions, cases_.decision_columns(decisions, pseudonyms))
    return Part(
        aside=aside,
        decisions=rows,
        hashes=ask_hashes(aside, rows),
        attributions=[_attributions(aside, of, attributions[of], len(ids)) for of in sorted(attributions)],
        names=pseudonyms,
        places=places,
        within=numbers,
        persons=persons.value(),
        roles=[who.role for who in everybody],
        rows=of_rows,
        cells=cells,
        input_names=input_names,
        seen=seen,
        split=split,
        kept=kept,
        details=details,
        packed=packed,
    )


def _ask_pseudonyms(aside: Aside, keyring: Keyring, kind: str, names: list[str]) -> Answer:
    return aside.ask(lambda: keyring.pseudonyms(kind, names), "pseudonyms", keyring.naming, kind, names)


def ask_hashes(aside: Aside, rows: entries.Columns) -> Answer:
    """Have rows hashed aside."""
    return aside.ask(rows.hashes, "hashes", rows.sealed)


def _details(aside: Aside, decisions: Sequence[Decision]) -> tuple[Answer | None, dict[str, str]]:
    """Return the promise of the details where there are any, and the sentences that they name by digest."""
    said: set[str] = set()
    at: list[int] = []
    rows: list[int] = []
    bodies: list[dict[str, Any]] = []
    for pos, decision in enumerate(decisions):
        if not (body := cases_.details(decision)):
            continue
        at.append(pos)
        rows.append(decision.row)
        bodies.append(body)
        said.update([reason.statement for reason in decision.reasons])
    sentences = {cases_.sentence_digest(statement): statement for statement in said}
    if not at:
        return None, sentences
    return aside.ask(lambda: locking.details(at, rows, bodies), "details", at, rows, bodies), sentences


def _attributions(aside: Aside, method: str, block: AttributionBlock, n_decisions: int) -> Answer:
    """Have the partition of one method's attributions made aside."""
    columns = partitions.as_bytes(partitions.attributions(block, n_decisions, method))
    return aside.ask(lambda: locking.attributions(method, columns), "attributions", method, columns)


def place(audit: str, seq: int, pos: int, name: str) -> str:
    """Return the place of a locked field: what its nonce is derived from, and what it is tied to."""
    return f"{audit}/{seq}/{pos}/{name}"


# --- and what comes of it -------------------------------------------------------------------------


def noted(part: Part) -> tuple[list[Packed], list[dict[str, str]]]:
    """Return the partitions without the locked inputs, and the sentences that the details name."""
    answer, sentences = part.details
    made = [partitions.Packed(*one.value()) for one in (answer, *part.attributions) if one is not None]
    return [*made, *part.packed], [{"digest": key, "sentence": sentences[key]} for key in sorted(sentences)]


@dataclass(slots=True)
class Locks:
    """What is being locked: the new persons' keys, who takes part, and the cells.

    Parameters
    ----------
    rows : mapping
        Of each table that a key was needed for: its columns and the promise of their hashes.
    wrapped : promise of the new persons' wrapped keys
    start, keys : what the place of a field begins with, and the keys of all who take part
    kept : the number of what is locked aside
    """

    rows: dict[Table, tuple[entries.Columns, Answer]]
    wrapped: Answer
    start: str
    keys: bytes
    kept: int


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
    start = place(audit, seq, 0, "").removesuffix("0/")
    n = part.split[1]
    given = start, 0, part.places[:n], part.within[:n], part.persons[:n], keys[: n * locking.KEY_SIZE]
    return Locks(hashed, wrapped, start, keys, part.aside.keep("shut", *given, kept=part.kept))


def _shut(part: Part, locks: Locks, decisions: slice, persons: slice) -> locking.Shut:
    """Lock some of the part here."""
    size = locking.KEY_SIZE
    return locking.shut(
        locking.cells(part.rows[persons], part.cells[persons]),
        locking.inputs(part.seen[decisions]),
        locks.start,
        decisions.start,
        part.places[persons],
        part.within[persons],
        part.persons[persons],
        locks.keys[persons.start * size : persons.stop * size],
    )


def locked(part: Part, locks: Locks) -> tuple[entries.RowSet, list[Packed]]:
    """Return the rows of locked cells, and the partition of locked inputs where there are any."""
    n, n_persons = part.split
    more = _shut(part, locks, slice(n, len(part.seen)), slice(n_persons, len(part.persons)))
    given = part.input_names, part.places, part.within, part.persons

    def here() -> Any:
        return locking.locked(_shut(part, locks, slice(0, n), slice(0, n_persons)), more, *given)

    cells, hashes, inputs = part.aside.ask(here, "locked", more, *given, kept=(locks.kept,)).value()
    fields = locking.fields(part.places, part.within, part.persons, cells)
    return fields.hashed(*hashes), [partitions.Packed(*inputs)] if inputs else []
