"""Whether the rows are the rows that were sealed: every table, every partition, every person's key.

Reads values as the database holds them, past the types of ``tables.py``: a number that became a
text is an alteration too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, LedgerError
from audit.ledger import gone, log, seal, tables
from audit.ledger.entries import hashed_columns
from audit.ledger.people import Keyring

Sealed = Mapping[int, Mapping[str, tuple[int, bytes]]]  # entry -> table -> how many rows, their root

_BATCH = 5000


def _stored(connection: Connection, table: sa.Table, names: list[str], order: str) -> Iterator[Any]:
    """Yield the rows of a table in the types that the database gives them."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    query = sa.text(f"SELECT {columns} FROM {quote(table.name)} ORDER BY {order}")
    yield from connection.execution_options(yield_per=_BATCH).execute(query)


def _leaf(values: tuple[Any, ...]) -> bytes:
    try:
        return log.leaf_hash(seal.pack(values))
    except (ValueError, TypeError):
        return b""  # what cannot be packed was never sealed


def _told(table: str, entry: int, pos: int, row: Mapping[str, Any] | None) -> str:
    """Return which row it is, in words that can be looked up."""
    words = [f"{table} row {pos} of log entry {entry}"]
    shown = []
    for name, value in (row or {}).items():
        if name == "pos" or value is None:
            continue
        text = value.hex() if isinstance(value, bytes) else str(value)
        if len(text) <= 40:
            shown.append(f"{name} {text}")
    if shown:
        words.append(f"({', '.join(shown[:4])})")
    return " ".join(words)


def table_problems(
    connection: Connection, name: str, sealed: Sealed, entries: frozenset[int] | None
) -> Iterator[str]:
    """Yield what is wrong with the rows of one table of evidence.

    Parameters
    ----------
    sealed : what the log says of each entry's rows
    entries : the entries to look at; None for all
    """
    table = tables.EVIDENCE[name]
    names = hashed_columns(table)
    expected = {
        entry: sets[name]
        for entry, sets in sealed.items()
        if name in sets and (entries is None or entry in entries)
    }
    met: set[int] = set()
    emptied = gone.blanked(connection) if name in gone.BLANKED else {}
    rows = _stored(connection, table, ["entry", *names], "entry, pos")
    for entry, of_entry in groupby(rows, key=lambda row: row[0]):
        if entries is not None and entry in sealed and entry not in entries:
            continue
        found = [tuple(row[1:]) for row in of_entry]
        if entry not in expected:
            told = _told(name, entry, found[0][0], dict(zip(names, found[0], strict=True)))
            yield f"{told}: inserted; no log entry sealed it ({len(found)} such rows)"
            continue
        met.add(entry)
        leaves = [_leaf(row) for row in found]
        n, root = expected[entry]
        if (since := emptied.get((name, entry))) is not None:
            # What went is not altered: what is left is held to its root as of the purge.
            if (len(leaves), log.merkle_root(leaves)) != (n, since.root) or since.n != n:
                yield f"{name}: rows of log entry {entry} were altered after they were {since.told}"
            continue
        if len(leaves) != n or log.merkle_root(leaves) != root:
            yield from _name_rows(connection, name, entry, names, found, leaves, n, root)
    for entry, (n, _) in expected.items():
        if n and entry not in met:
            yield f"{name}: all {n} rows of log entry {entry} are gone"


def _name_rows(
    connection: Connection,
    name: str,
    entry: int,
    names: list[str],
    found: list[tuple[Any, ...]],
    leaves: list[bytes],
    n: int,
    root: bytes,
) -> Iterator[str]:
    sets = tables.row_sets
    packed = connection.scalar(sa.select(sets.c.leaves).where(sets.c.entry == entry, sets.c.name == name))
    kept = log.split(bytes(packed)) if isinstance(packed, bytes) else ()
    if len(kept) != n or log.merkle_root(kept) != root:
        yield f"{name}: the {len(found)} rows of log entry {entry} are not the {n} that were sealed"
        return
    there = {row[0]: (row, leaf) for row, leaf in zip(found, leaves, strict=True)}
    if len(there) != len(found):
        yield f"{name}: rows of log entry {entry} stand there twice"
    for pos, leaf in enumerate(kept):
        if pos not in there:
            yield f"{_told(name, entry, pos, None)}: deleted"
        elif there[pos][1] != leaf:
            yield f"{_told(name, entry, pos, dict(zip(names, there[pos][0], strict=True)))}: altered"
    for pos, (row, _) in there.items():
        if not (isinstance(pos, int) and 0 <= pos < n):
            yield f"{_told(name, entry, pos, dict(zip(names, row, strict=True)))}: inserted"


def row_set_problems(connection: Connection, sealed: Sealed) -> Iterator[str]:
    """Yield where the kept leaves of a row set are not what the log says."""
    left = {(entry, name): said for entry, sets in sealed.items() for name, said in sets.items()}
    columns = ["entry", "name", "n", "root", "leaves"]
    for entry, name, n, root, leaves in _stored(connection, tables.row_sets, columns, "entry, name"):
        said = left.pop((entry, name), None)
        if said is None:
            yield f"row_sets: {name} of log entry {entry}: inserted"
        elif (n, root) != said or not isinstance(leaves, bytes):
            yield f"row_sets: {name} of log entry {entry}: altered"
        elif len(leaves) != n * log.HASH_SIZE or log.merkle_root(log.split(leaves)) != root:
            yield f"row_sets: {name} of log entry {entry}: its leaves were altered"
    for entry, name in left:
        yield f"row_sets: {name} of log entry {entry}: deleted"


def content_problems(
    connection: Connection, contents: Mapping[int, Mapping[str, str]], entries: frozenset[int] | None
) -> Iterator[str]:
    """Yield what is wrong with the partitions' bytes and with what they hold.

    Parameters
    ----------
    contents : entry -> ``kind/name`` -> content root in hex, as the log says
    """
    from audit.ledger.partitions import Unpacked

    table, kept = tables.partitions, tables.partition_contents
    buried = set(connection.scalars(sa.select(tables.tombstones.c.sha256)))
    met: dict[int, set[str]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.entry, table.c.pos)).all():
        if entries is not None and row.entry not in entries:
            continue
        title = f"{row.kind}/{row.name}"
        where = f"partition {title.rstrip('/')} of log entry {row.entry}"
        met.setdefault(row.entry, set()).add(title)
        if contents.get(row.entry, {}).get(title) != row.content_root.hex():
            yield f"{where}: its content root is not the one in the log"
        content = connection.scalar(sa.select(kept.c.content).where(kept.c.sha256 == row.sha256))
        if content is None:
            if row.sha256 not in buried:
                yield f"{where}: its bytes are gone"
            continue
        if sha256(content).digest() != row.sha256 or len(content) != row.n_bytes:
            yield f"{where}: its bytes were altered"
            continue
        try:
            same = Unpacked(row.columns, content).content_root() == row.content_root
        except (LedgerError, KeyError, ValueError) as error:
            yield f"{where}: its bytes cannot be read ({error})"
            continue
        if not same:
            yield f"{where}: what it holds is not what was sealed"
    for entry, titles in contents.items():
        if entries is None or entry in entries:
            for title in sorted(set(titles) - met.get(entry, set())):
                yield f"partition {title.rstrip('/')} of log entry {entry}: its row is gone"
    strays = sa.select(kept.c.sha256).where(kept.c.sha256.not_in(sa.select(table.c.sha256)))
    for (name,) in connection.execute(strays):
        yield f"partition_contents: {name.hex()[:16]}: inserted; no partition names it"


def person_problems(connection: Connection, keyring: Keyring) -> Iterator[str]:
    """Yield persons whose key is gone without an erasure, keys that came back, of nobody, or altered."""
    persons, keys, erased = tables.persons, tables.person_keys, tables.erasures
    said = {**keyring.erased, **gone.erased(connection)}
    done = sa.select(erased.c.person).where(erased.c.act == "done")
    lost = sa.select(persons.c.person).where(
        persons.c.person.not_in(sa.select(keys.c.person)), persons.c.person.not_in(done)
    )
    for (person,) in connection.execute(lost.order_by(persons.c.person)):
        yield f"person_keys: the key of person {person.hex()} is gone, and no erasure says so"
    if keyring.at_hand:
        ids = {row.name for row in connection.execute(sa.select(tables.keys.c.name))}
    for person, wrapped, wrapped_by in _stored(
        connection, keys, ["person", "wrapped", "wrapped_by"], "person"
    ):
        name = person.hex() if isinstance(person, bytes) else str(person)
        if person in said:
            yield (
                f"person_keys: the key of person {name} is back, who was {said[person]}: an older backup "
                "was restored. Run `plainspoken erase --replay`"
            )
        if keyring.at_hand:
            try:
                keyring.unwrap(person, wrapped)
            except (EvidenceError, TypeError):
                yield f"person_keys: the key of person {name} was altered"
                continue
            if wrapped_by not in ids:
                yield f"person_keys: the key of person {name} names another wrapping key"
    strangers = sa.select(keys.c.person).where(keys.c.person.not_in(sa.select(persons.c.person)))
    for (person,) in connection.execute(strangers):
        yield f"person_keys: a key of {bytes(person).hex()}, who is no person of this ledger, was inserted"


def contents_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the content roots that a log entry names."""
    found = body.get("contents", {})
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def sets_of(body: Mapping[str, Any]) -> dict[str, tuple[int, bytes]]:
    """Return the row sets that a log entry seals: table to number of rows and root."""
    return {name: (said["n"], bytes.fromhex(said["root"])) for name, said in body.get("rows", {}).items()}


def parsed(text: str) -> dict[str, Any] | None:
    """Return a log entry's body; None where it is not the canonical JSON that was written."""
    try:
        body = json.loads(text)
        if not isinstance(body, dict) or seal.canonical(body) != text:
            return None
        sets_of(body)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return body
