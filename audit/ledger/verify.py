"""Verify: recompute everything that was sealed, and say what does not hold, and what cannot be told.

1. the log: positions without a gap, every entry's hash, the head;
2. the checkpoints: each one's signature and its root, and one behind every sealed act;
3. the rows of every table against the roots in the log, down to the row;
4. the partitions: their bytes, what they hold;
5. the persons' keys;
6. a checkpoint kept elsewhere, where one is given: that log must be a beginning of this one.

Why so: a ledger is a file, and whoever can rewrite the whole of it and holds the signing key can
write a history that holds in itself. No check inside the file can see that, and ``cannot`` says so;
a checkpoint that left the machine (each report prints one) does see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import LedgerError, UsageError
from audit.ledger import gone, halves, log, tables
from audit.ledger.database import reading
from audit.ledger.notes import Checkpoint, NoteError, Verifier, read_checkpoint
from audit.ledger.read import audit_id
from audit.ledger.walk import Log, safely, walk

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit

_SHOWN = 8  # problems named in one fact
_SIGNED_ACTS = (
    *("ledger", "seal", "document", "key", "sample", "export", "access", "erasure", "hold", "purge"),
    *(
        "hold_end",
        "delivery",
        "correction",
        "request",
        "handover",
        "handed_over",
        "handover_end",
        "print_file",
    ),
)
_ACTS_ON_RECORDS = ("erasure", "hold", "purge")  # what an audit's rows may rest on


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked. ``fact`` says what was found, in words."""

    name: str
    ok: bool
    fact: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome: ``ok`` where every check holds; ``cannot`` is what no check here can tell.

    ``gone`` is what is not there any more and should not be: who was erased and what was purged,
    each with the day and the entry or the policy under which it went.
    """

    ok: bool
    checks: tuple[Check, ...]
    cannot: tuple[str, ...]
    gone: tuple[str, ...] = ()


def verify(
    ledger: Ledger,
    audit: Audit | str | None = None,
    checkpoint: str | None = None,
    public_key: str | None = None,
) -> Verification:
    """Prove that nothing was altered, deleted or inserted since it was sealed.

    Parameters
    ----------
    audit : Audit or str, optional
        Look at the rows and partitions of this audit alone; the log is always walked whole.
    checkpoint : str, optional
        The text of a checkpoint that was kept elsewhere.
    public_key : str, optional
        The public half of the signing key, as kept elsewhere.

    Raises
    ------
    UsageError
        Where the checkpoint or the key that was given is none.
    """
    kept = _read(checkpoint) if checkpoint is not None else None
    cannot: list[str] = []
    checks: list[Check] = []
    with reading(ledger.engine) as connection:
        sizes = set(connection.scalars(sa.select(tables.checkpoints.c.size)))
        walked = walk(connection, sizes | ({kept.size} if kept else set()))
        checks.append(_check("log", walked.problems, f"{walked.size} entries, each with its own hash"))
        signatures = _signatures(ledger, walked, public_key, checks, cannot)
        checks.append(_checkpoints(connection, walked, signatures))
        if kept is not None:
            checks.append(_kept_elsewhere(kept, walked, signatures))
        only = None
        if audit is not None:
            only = frozenset(at for at, name in walked.of_audit.items() if name == audit_id(audit))
            only |= {at for at, act in walked.acts.items() if act in _ACTS_ON_RECORDS}
        checks += _rows(ledger, connection, walked, only)
        went = tuple(gone.told(connection))
    cannot += _limits(ledger, kept)
    return Verification(all(check.ok for check in checks), tuple(checks), tuple(cannot), went)


def _check(name: str, problems: Iterable[str], fact: str) -> Check:
    found = list(problems)
    if not found:
        return Check(name, True, fact)
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return Check(name, False, "; ".join(found[:_SHOWN]) + more)


def _read(text: str) -> Checkpoint:
    try:
        return read_checkpoint(text)
    except NoteError as error:
        raise UsageError(f"--checkpoint: {error}. Give the text as a report prints it.") from error


# --- the log and its checkpoints -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signatures:
    """The signing keys, one after another, each with the log entry that put it in force."""

    keys: tuple[tuple[int, Verifier], ...]

    def bear_out(self, note: Checkpoint) -> bool:
        """Return whether every key in force at the note's size signed it.

        The checkpoint right behind a change of the key is signed by both: so each vouches for the next.
        """
        until = [at for at, _ in self.keys[1:]]
        due = [
            key
            for i, (since, key) in enumerate(self.keys)
            if since < note.size and (i >= len(until) or until[i] >= note.size - 1)
        ]
        return bool(due) and all(key.signed(note) for key in due)


def _signatures(
    ledger: Ledger, walked: Log, given: str | None, checks: list[Check], cannot: list[str]
) -> Signatures | None:
    """Return the keys to check signatures with, and check that the key at hand is one of them."""
    named = [line for _, line in walked.keys]
    source, line = "the key that was given", given
    if line is None:
        try:
            source, line = "the signing key on this machine", ledger.local_public_key
        except LedgerError as error:
            checks.append(Check("signing key", False, str(error)))
            return None
    if line is None:
        source, line = "the ledger itself", named[-1] if named else ""
        cannot.append(
            "The public key was read from the ledger itself: whoever rebuilt the ledger with a key of "
            "their own is not seen. Give the public key that you kept (--key FILE)."
        )
    try:
        Verifier(line)
    except NoteError as error:
        if given is not None:
            raise UsageError(f"--key: {error}. Give the line that `plainspoken keys show` prints.") from error
        checks.append(Check("signing key", False, f"log entry 0 names no public key ({error})"))
        return None
    try:
        keys = tuple((at, Verifier(public)) for at, public in walked.keys)
    except NoteError as error:
        checks.append(Check("signing key", False, f"the log names a key that is none ({error})"))
        return None
    line = line.strip()
    if given is not None and line in named[:-1]:
        at = walked.keys[named.index(line) + 1][0]
        fact = f"{source} is an earlier one; in log entry {at} it vouches for the next. Now: {named[-1]}"
        checks.append(Check("signing key", True, fact))
    else:
        same = bool(named) and line == named[-1]
        where = "log entry 0" if len(named) < 2 else "the log"
        fact = f"{source} is the one that the ledger names; keep its public half elsewhere: {line}"
        checks.append(_check("signing key", [] if same else [f"{source} is not the one in {where}"], fact))
    return Signatures(keys)


def _checkpoints(connection: Connection, walked: Log, signatures: Signatures | None) -> Check:
    return _check(
        "checkpoints",
        safely(lambda: _checkpoint_problems(connection, walked, signatures)),
        _covered(connection, walked),
    )


def _covered(connection: Connection, walked: Log) -> str:
    last = connection.scalar(sa.select(sa.func.max(tables.checkpoints.c.size))) or 0
    signed = f"signed up to entry {last - 1}"
    if isinstance(last, int) and last < walked.size:
        return f"{signed}; {walked.size - last} later entries are not signed yet (an audit is open)"
    return f"{signed}, the last one"


def _checkpoint_problems(connection: Connection, walked: Log, signatures: Signatures | None) -> Iterator[str]:
    met = set()
    query = sa.text("SELECT size, root, note FROM checkpoints ORDER BY size")
    for size, root, note in connection.execute(query):
        met.add(size)
        try:
            said = read_checkpoint(note)
        except (NoteError, TypeError, AttributeError):
            yield f"checkpoint at {size}: its note was altered"
            continue
        if (said.size, said.root, said.origin) != (size, root, walked.origin):
            yield f"checkpoint at {size}: it does not say what its row says"
        elif walked.roots.get(said.size) != said.root:
            yield f"checkpoint at {size}: the log up to there is not the one that was signed"
        if signatures is None or not signatures.bear_out(said):
            yield f"checkpoint at {size}: its signature does not hold"
    for at, act in walked.acts.items():
        if act in _SIGNED_ACTS and at + 1 not in met:
            yield f"checkpoint at {at + 1}: deleted; it signed log entry {at} ({act})"


def _kept_elsewhere(kept: Checkpoint, walked: Log, signatures: Signatures | None) -> Check:
    name = "checkpoint kept elsewhere"
    if signatures is None or not signatures.bear_out(kept):
        return Check(name, False, "its signature does not hold under the ledger's key")
    if kept.origin != walked.origin:
        return Check(name, False, f"it is of another ledger (got {kept.origin}, expected {walked.origin})")
    if kept.size > walked.size:
        return Check(
            name,
            False,
            f"the ledger has {walked.size} entries and had {kept.size} then: entries were removed, "
            "or an older backup was restored",
        )
    if kept.size == 0:
        return Check(name, False, "it is of an empty log and proves nothing")
    proof = log.consistency_proof(walked.leaves, kept.size)
    root = log.merkle_root(walked.leaves)
    if not log.verify_consistency(kept.size, kept.root, walked.size, root, proof):
        return Check(name, False, f"the first {kept.size} entries are not those that it was signed for")
    return Check(name, True, f"its {kept.size} entries are the first of the {walked.size} here")


# --- rows, partitions, persons -------------------------------------------------------------------


def _rows(ledger: Ledger, connection: Connection, walked: Log, only: frozenset[int] | None) -> list[Check]:
    checks, found = [], halves.problems(ledger, connection, walked, only)
    for table in tables.EVIDENCE:
        n = sum(
            sets[table][0]
            for entry, sets in walked.sealed.items()
            if table in sets and (only is None or entry in only)
        )
        if n or found[table]:  # else a table that nothing was written to yet
            checks.append(_check(table, found[table], f"{n} {'row' if n == 1 else 'rows'} as sealed"))
    checks.append(_check("row_sets", found["row_sets"], "as the log says"))
    kept = "their hashes, and what they hold, as sealed"
    checks.append(_check("partition_contents", found["partition_contents"], kept))
    keyed = "each unwraps" if ledger.keyring.at_hand else "each is there"
    erased = gone.erased(connection)
    if erased:
        keyed += f"; {len(erased)} {'person' if len(erased) == 1 else 'persons'} erased, as the log says"
    checks.append(_check("person_keys", found["person_keys"], keyed))
    if ledger.journal_problems:
        checks.append(_check("journal of erasures", ledger.journal_problems, ""))
    return checks


def _limits(ledger: Ledger, kept: Checkpoint | None) -> Iterator[str]:
    if kept is None:
        yield (
            "Whoever can rewrite the whole file and holds ledger.sign can write another history that "
            "holds in itself, and whoever can put back an older copy of the file can cut history short. "
            "Only a checkpoint kept elsewhere shows that (--checkpoint FILE)."
        )
    else:
        yield (
            f"What was written after entry {kept.size - 1}, the last that the kept checkpoint covers, "
            "rests on ledger.sign alone."
        )
    if not ledger.keyring.at_hand:
        yield (
            "Locked fields were checked as ciphertext. Whether they still open cannot be told without "
            "ledger.key."
        )
    yield "Whether the data were true when they were written."
