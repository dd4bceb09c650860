"""Whether the rows are the rows that were sealed: every table, every partition, every person's key.

Reads values as the database holds them, past the types of ``tables.py``: a number that became a
text is an alteration too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import LedgerError
from audit.ledger import bulk, gone, log, seal, tables
from audit.ledger.columns import Word
from audit.ledger.entries import hashed_columns
from audit.ledger.people import Keyring

Sealed = Mapping[int, Mapping[str, tuple[int, bytes]]]  # entry -> table -> how many rows, their root
Proved = dict[tuple[int, str], bytes]  # (entry, table) -> SHA-256 of leaves that were found to make the root

_BATCH = 5000
_FEW = 16  # rows at a time where each holds a part's leaves, 32 bytes a decision


def _stored(
    connection: Connection,
    table: sa.Table,
    names: list[str],
    order: str,
    *,
    batch: int = _BATCH,
    entry: int | None = None,
) -> Iterator[Sequence[Any]]:
    """Return the rows of a table, some at a time, in the types that the database gives them."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    where = "" if entry is None else f"WHERE entry = {int(entry)} "
    sql = f"SELECT {columns} FROM {quote(table.name)} {where}ORDER BY {order}"
    return bulk.streamed(connection, sql, batch)


def _words(table: sa.Table, names: Sequence[str]) -> dict[int, Word]:
    """Return which of these columns hold words as numbers, by their place."""
    types = [table.c[name].type for name in names]
    return {at: kind for at, kind in enumerate(types) if isinstance(kind, Word)}


def _said(row: Sequence[Any], words: Mapping[int, Word]) -> tuple[Any, ...]:
    """Return a row with its words."""
    return tuple([words[at].sealed([value])[0] if at in words else value for at, value in enumerate(row)])


def _leaf(values: Sequence[Any]) -> bytes:
    try:
        return log.leaf_hash(seal.pack(values))
    except (ValueError, TypeError):
        return b""  # what cannot be packed was never sealed


def _leaves(rows: Sequence[Sequence[Any]], words: Mapping[int, Word]) -> list[bytes]:
    """Return each row's leaf hash; its first value, the entry, is left out of it."""
    try:
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for at, kind in words.items():
            columns[at] = kind.sealed(columns[at])
        return log.leaf_hashes(seal.pack_columns(columns[1:]))
    except (ValueError, TypeError):
        return [_leaf(_said(row, words)[1:]) for row in rows]


def _runs(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, int]]:
    """Yield the entries of these rows, which stand in their order, and how many rows each has."""
    if rows[0][0] == rows[-1][0]:
        yield rows[0][0], len(rows)
        return
    for entry, run in groupby(rows, key=itemgetter(0)):
        yield entry, sum(1 for _ in run)


def _leaves_by_entry(
    batches: Iterable[Sequence[Sequence[Any]]], words: Mapping[int, Word]
) -> Iterator[tuple[int, list[bytes], Sequence[Any]]]:
    """Yield, entry by entry, the leaf hashes of its rows as they stand, and the first of these rows."""
    at = -1
    leaves: list[bytes] = []
    first: Sequence[Any] = ()
    for rows in batches:
        hashes, start = _leaves(rows, words), 0
        for entry, size in _runs(rows):
            end = start + size
            if entry != at and leaves:
                yield at, leaves, first
                leaves = []
            if not leaves:
                at, first = entry, _said(rows[start], words)[1:]
            leaves += hashes[start:end]
            start = end
    if leaves:
        yield at, leaves, first


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
    connection: Connection, name: str, sealed: Sealed, entries: frozenset[int] | None, proved: Proved
) -> Iterator[str]:
    """Yield what is wrong with the rows of one table of evidence.

    Parameters
    ----------
    sealed : what the log says of each entry's rows
    entries : the entries to look at; None for all
    proved : what row sets were found to hash to their roots, added to
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
    read = ["entry", *names]
    words = _words(table, read)
    batches: Iterable[Sequence[Any]] = _stored(connection, table, read, "entry, pos")
    if entries is not None:
        passed_by = sealed.keys() - entries
        batches = ([row for row in rows if row[0] not in passed_by] for rows in batches)
    for entry, leaves, first in _leaves_by_entry((rows for rows in batches if rows), words):
        if entry not in expected:
            told = _told(name, entry, first[0], dict(zip(names, first, strict=True)))
            yield f"{told}: inserted; no log entry sealed it ({len(leaves)} such rows)"
            continue
        met.add(entry)
        n, root = expected[entry]
        if (since := emptied.get((name, entry))) is not None:
            # What went is not altered: what is left is held to its root as of the purge.
            if (len(leaves), log.merkle_root(leaves)) != (n, since.root) or since.n != n:
                yield f"{name}: rows of log entry {entry} were altered after they were {since.told}"
            continue
        if len(leaves) == n and log.merkle_root(leaves) == root:
            proved[entry, name] = sha256(b"".join(leaves)).digest()
            continue
        stood = _stored(connection, table, names, "pos", entry=entry)
        of = _words(table, names)
        found = [_said(row, of) for rows in stood for row in rows]
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


def row_set_problems(connection: Connection, sealed: Sealed, proved: Proved) -> Iterator[str]:
    """Yield where the kept leaves of a row set are not what the log says."""
    left = {(entry, name): said for entry, sets in sealed.items() for name, said in sets.items()}
    columns = ["entry", "name", "n", "root", "leaves"]
    batches = _stored(connection, tables.row_sets, columns, "entry, name", batch=_FEW)
    for entry, name, n, root, leaves in chain.from_iterable(batches):
        said = left.pop((entry, name), None)
        if said is None:
            yield f"row_sets: {name} of log entry {entry}: inserted"
        elif (n, root) != said or not isinstance(leaves, bytes):
            yield f"row_sets: {name} of log entry {entry}: altered"
        elif proved.get((entry, name)) == sha256(leaves).digest():
            continue  # the leaves of the rows themselves, whose root is the one in the log
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
        content = bulk.content(connection, row.sha256)
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
    strays = sa.select(kept.c.sha256).where(~sa.exists().where(table.c.sha256 == kept.c.sha256))
    for (name,) in connection.execute(strays):
        yield f"partition_contents: {name.hex()[:16]}: inserted; no partition names it"


def person_problems(connection: Connection, keyring: Keyring) -> Iterator[str]:
    """Yield persons whose key is gone without an erasure, keys that came back, of nobody, or altered."""
    persons, keys, erased = tables.persons, tables.person_keys, tables.erasures
    said = {**keyring.erased, **gone.erased(connection)}
    # NOT EXISTS, because PostgreSQL reads all of the other table for each row of a long NOT IN.
    done = sa.exists().where(erased.c.person == persons.c.person, erased.c.act == "done")
    lost = sa.select(persons.c.person).where(~sa.exists().where(keys.c.person == persons.c.person), ~done)
    all_there = not said
    for (person,) in connection.execute(lost.order_by(persons.c.person)):
        all_there = False
        yield f"person_keys: the key of person {person.hex()} is gone, and no erasure says so"
    if keyring.at_hand:
        ids = {row.name for row in connection.execute(sa.select(tables.keys.c.name))}
    n = 0
    for rows in _stored(connection, keys, ["person", "wrapped", "wrapped_by"], "person"):
        n += len(rows)
        altered = set(keyring.altered(rows)) if keyring.at_hand else set()
        for at, (person, _, wrapped_by) in enumerate(rows):
            if person in said:
                yield (
                    f"person_keys: the key of person {_name(person)} is back, who was {said[person]}: an "
                    "older backup was restored. Run `plainspoken erase --replay`"
                )
            if at in altered:
                yield f"person_keys: the key of person {_name(person)} was altered"
            elif keyring.at_hand and wrapped_by not in ids:
                yield f"person_keys: the key of person {_name(person)} names another wrapping key"
    everybody = connection.scalar(sa.select(sa.func.count()).select_from(persons))
    if all_there and n == everybody:
        return  # each person has a key, and there is none beyond these: both are UNIQUE
    strangers = sa.select(keys.c.person).where(~sa.exists().where(persons.c.person == keys.c.person))
    for (person,) in connection.execute(strangers):
        yield f"person_keys: a key of {bytes(person).hex()}, who is no person of this ledger, was inserted"


def _name(person: Any) -> str:
    return person.hex() if isinstance(person, bytes) else str(person)


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
