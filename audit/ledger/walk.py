"""The log as it is walked from its first entry: what each entry says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from audit.ledger import log, rows, tables


@dataclass(slots=True)
class Log:
    """The log as it was walked."""

    leaves: list[bytes]
    roots: dict[int, bytes]  # size -> root, at each checkpoint's size
    sealed: dict[int, dict[str, tuple[int, bytes]]]
    contents: dict[int, dict[str, str]]
    of_audit: dict[int, str]
    acts: dict[int, str]
    problems: list[str]
    keys: list[tuple[int, str]]  # the entry that named a signing key, and the key; the first one first
    origin: str = ""

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.leaves)


def safely(problems: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Yield the problems; rows that the database itself cannot read any more are one."""
    try:
        yield from problems()
    except (DBAPIError, TypeError, UnicodeError) as error:
        yield f"rows cannot be read ({str(error).splitlines()[0]})"


def walk(connection: Connection, sizes: set[Any]) -> Log:
    """Return the log, and its root at each of these sizes."""
    walked = Log([], {}, {}, {}, {}, {}, [], [])
    frontier, table = log.Frontier(), tables.log_entries
    if 0 in sizes:
        walked.roots[0] = frontier.root()
    query = sa.text("SELECT position, key, body, leaf FROM log_entries ORDER BY position")
    for position, key, text, leaf in connection.execute(query):
        at = walked.size
        if position != at:
            walked.problems.append(f"{table.name}: entry {at} is not where it was ({position} stands there)")
        body = rows.parsed(text) if isinstance(text, str) else None
        true_leaf = log.leaf_hash(text.encode()) if isinstance(text, str) else log.leaf_hash(b"")
        if body is None or true_leaf != leaf:
            walked.problems.append(f"{table.name}: entry {position} ({key}) was altered")
        elif body.get("key") != key:
            walked.problems.append(f"{table.name}: entry {position}: its key was altered (got {key})")
        if body is not None:
            walked.sealed[at] = rows.sets_of(body)
            walked.contents[at] = rows.contents_of(body)
            walked.of_audit[at] = str(body.get("audit", ""))
            walked.acts[at] = str(body.get("act", ""))
            if at == 0:
                walked.keys.append((0, str(body.get("signing_key", ""))))
                walked.origin = str(body.get("origin", ""))
            elif (body.get("act"), body.get("kind")) == ("key", "signing"):
                walked.keys.append((at, str(body.get("public", ""))))
        walked.leaves.append(true_leaf)
        frontier = frontier.append(true_leaf)
        if frontier.size in sizes:
            walked.roots[frontier.size] = frontier.root()
    heads = connection.execute(sa.text("SELECT one, size, frontier FROM log_head")).all()
    if [tuple(head) for head in heads] != [(1, frontier.size, frontier.packed())]:
        walked.problems.append("log_head: it is not the head of this log")
    if not walked.leaves:
        walked.problems.append("log_entries: the log is empty")
    return walked
