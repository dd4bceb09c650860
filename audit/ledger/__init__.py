"""The ledger: one database that remembers an audit, and can prove that nothing was altered since.

``Ledger.open`` gives the way in; ``begin`` writes an audit, the other methods read one, and
``verify`` recomputes everything. Locked fields open with ``ledger.key``; without it everything
that is not locked can still be read, decisions under their pseudonyms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from audit.errors import LedgerError, UsageError
from audit.ledger import (
    database,
    decisions,
    documents,
    entries,
    gone,
    issuing,
    journal,
    leases,
    people,
    read,
    references,
    requests,
    returning,
    rotation,
    shapes,
    signing,
    tables,
    write,
)
from audit.ledger.aside import Aside
from audit.ledger.documents import IssuedDocument
from audit.ledger.notes import Signer
from audit.ledger.partitions import AttributionBlock
from audit.ledger.seal import run_id
from audit.ledger.write import AuditWriter
from audit.record import (
    Audit,
    CaseFile,
    Decision,
    Disparity,
    Document,
    Evidence,
    Figure,
    Finding,
    PackVersion,
    Person,
    Rate,
    ReasonCode,
    Recipient,
    Reference,
    Requirement,
    Statement,
)

if TYPE_CHECKING:
    from audit.ledger.verify import Check, Verification, verify

__all__ = [
    "AttributionBlock",
    "AuditWriter",
    "Check",
    "IssuedDocument",
    "Ledger",
    "Verification",
    "run_id",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in ("Check", "Verification", "verify"):
        import importlib

        # Loaded by whoever verifies; all three at once, since the module's name is also the function's.
        module = importlib.import_module("audit.ledger.verify")
        globals().update({one: getattr(module, one) for one in ("Check", "Verification", "verify")})
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Ledger:
    """An open ledger. Use ``Ledger.open``; it is a context manager."""

    def __init__(self, engine: sa.Engine, key_file: Path | None) -> None:
        self.engine, self.key_file = engine, key_file
        self.owner, self.shelf, self.aside = leases.owner(), read.Shelf(), Aside()
        table, kinds = tables.keys, {}
        with database.reading(engine) as connection:
            for row in connection.execute(sa.select(table).order_by(table.c.entry, table.c.pos)):
                kinds[row.kind] = row
        # Altered key rows must not keep anyone from opening the ledger to verify it.
        origin, signing, locks = (kinds.get(kind) for kind in ("origin", "signing", "locks"))
        self.origin: str = origin.name if origin else ""
        self.public_key: str = signing.public if signing else ""
        self.keyring = _keyring(key_file, locks.name if locks else None)
        lines, self.journal_problems = journal.read(self.journal, self.keyring, self.origin)
        self.keyring.erased = {
            line.person: gone.erased_on(line.at, line.entry) for line in lines if line.act == "done"
        }

    # --- opening -----------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str, *, create: bool = False, key_file: Path | None = None) -> Ledger:
        """Open a ledger.

        Parameters
        ----------
        url : str
            ``sqlite:///file.db``, ``postgresql+psycopg://…``, or the path of a SQLite file.
        create : bool
            Make an absent ledger, with its tables and its keys.
        key_file : Path, optional
            Where the keys lie; else beside the SQLite file, else ``$PLAINSPOKEN_KEY_FILE``.

        Raises
        ------
        UsageError
            Where there is no ledger and none is to be made.
        SchemaError
            Where its schema is older or newer than this program.
        """
        parsed = database.parsed(url)
        file = database.file_of(parsed)
        there = file is None or (file.is_file() and file.stat().st_size > 0)
        if not there and not create:
            raise UsageError(f"{file}: there is no ledger. Run `plainspoken run` first, or give --ledger.")
        if file is not None and not file.parent.is_dir():
            raise UsageError(f"{file}: the folder {file.parent} does not exist. Make it first.")
        engine = database.connect(parsed)
        try:
            if create and (not there or _empty(engine)):
                database.migrate(engine)
            database.check_schema(engine)
            try:
                keys = people.key_path(file, key_file)
            except LedgerError:
                if create:
                    raise
                keys = None
            if create and keys is not None:
                _found(engine, keys)
            return cls(engine, keys)
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        """Close every connection, and end the process that worked aside."""
        self.aside.close()
        self.keyring.forget()
        self.engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def shown(self) -> str:
        """The ledger's URL without a password."""
        return database.shown(self.engine.url)

    @property
    def signer(self) -> Signer:
        """The signing key: of a plug, of the environment, or ``ledger.sign`` beside the key file."""
        self.public_key = self._public_key()  # it may have been changed since we opened the ledger
        home = signing.in_force(self.key_file, self.public_key)
        if home is None or home.signer.public != self.public_key:
            raise LedgerError(
                f"{home.where if home else 'ledger.sign'}: this is not the signing key of {self.shown}. "
                "Put the right one beside the key file."
            )
        return home.signer

    def _public_key(self) -> str:
        table = tables.keys
        query = sa.select(table.c.public).where(table.c.kind == "signing")
        with database.reading(self.engine) as connection:
            found = connection.scalar(query.order_by(table.c.entry.desc(), table.c.pos.desc()).limit(1))
        return str(found or "")

    @property
    def local_public_key(self) -> str | None:
        """The public half of the signing key that is at hand here; None where there is none."""
        home = signing.in_force(self.key_file, self.public_key)
        return None if home is None else home.signer.public

    @property
    def journal(self) -> Path | None:
        """Where the journal of erasures lies: beside the key file."""
        return journal.path_beside(self.key_file) if self.key_file is not None else None

    # --- writing -----------------------------------------------------------------------------

    def begin(self, audit: Audit) -> AuditWriter:
        """Open an audit for writing; one that was opened before is resumed, a sealed one answers so."""
        return write.begin(self, audit)

    def record_document(
        self,
        audit: Audit | str,
        document: Document,
        sent_at: dt.datetime,
        *,
        recipient: Recipient | None = None,
        again_reason: str | None = None,
        late_reason: str | None = None,
        keep_bytes: bool = False,
    ) -> IssuedDocument:
        """Record a document that was issued (or drafted); see ``issuing.record``."""
        why = {"again_reason": again_reason, "late_reason": late_reason}
        return issuing.record(
            self, audit, document, sent_at, recipient=recipient, keep_bytes=keep_bytes, **why
        )

    def checkpoint(self) -> str:
        """Sign the log as it stands; return the note's text."""
        with database.writing(self.engine) as connection:
            return entries.sign_head(connection, self.signer, self.origin)

    # --- reading -----------------------------------------------------------------------------

    def audits(self) -> tuple[Audit, ...]:
        """Return every audit, in the order in which they were opened."""
        return read.audits(self)

    def find(self, text: str) -> Audit:
        """Return the audit that an id, a unique beginning, or ``latest`` names."""
        return read.find(self, text)

    def packs(self, audit: Audit | str) -> tuple[PackVersion, ...]:
        """Return the policy packs in force."""
        return read.sealed_rows(self, audit, tables.packs, shapes.pack_of)

    def requirements(self, audit: Audit | str) -> tuple[Requirement, ...]:
        """Return the requirements that the audit was judged by."""
        return read.sealed_rows(self, audit, tables.requirements, shapes.requirement_of)

    def statements(self, audit: Audit | str) -> tuple[Statement, ...]:
        """Return the texts in force."""
        return read.sealed_rows(self, audit, tables.statements, shapes.statement_of)

    def codes(self, audit: Audit | str) -> tuple[ReasonCode, ...]:
        """Return the dictionary of reasons as it was."""
        return read.sealed_rows(self, audit, tables.reason_codes, shapes.code_of)

    def findings(self, audit: Audit | str) -> tuple[Finding, ...]:
        """Return the findings."""
        return read.sealed_rows(self, audit, tables.findings, shapes.finding_of)

    def rates(self, audit: Audit | str) -> tuple[Rate, ...]:
        """Return the rates of groups."""
        return read.sealed_rows(self, audit, tables.rates, shapes.rate_of)

    def disparities(self, audit: Audit | str) -> tuple[Disparity, ...]:
        """Return the comparisons of groups with their reference group."""
        return read.sealed_rows(self, audit, tables.disparities, shapes.disparity_of)

    def figure(self, audit: Audit | str, name: str) -> Figure | None:
        """Return one figure and read no other; None where the audit has none of this name."""
        return read.figure(self, audit, name)

    def figures(self, audit: Audit | str) -> dict[str, Figure]:
        """Return the figures by name."""
        return {one.name: one for one in read.sealed_rows(self, audit, tables.figures, shapes.figure_of)}

    def references(self, audit: Audit | str) -> tuple[Reference, ...]:
        """Return the references, each with its applicants' places."""
        return references.references(self, audit)

    def reference_rows(self, audit: Audit | str, digest: str) -> tuple[dict[str, float | str | None], ...]:
        """Return the unlocked inputs of a reference's applicants, in its order."""
        return references.reference_rows(self, audit, digest)

    def decisions(
        self, audit: Audit | str, *, outcome: str | None = None, notice: str | None = None
    ) -> Iterator[Decision]:
        """Yield decisions in the order of the data, under pseudonyms."""
        return decisions.decisions(self, audit, outcome, notice)

    def decision(self, audit: Audit | str, text: str) -> Decision:
        """Return one decision, named by its id (with the key file) or its pseudonym."""
        return decisions.decision(self, audit, text)

    def case(self, audit: Audit | str, decision: Decision | str) -> CaseFile:
        """Return the unlocked case of a decision, its id in clear."""
        return decisions.case(self, audit, decision)

    def people(self, audit: Audit | str, decision: Decision | str) -> tuple[Person, ...]:
        """Return the persons of a decision under their ids as in the data, unlocked."""
        return decisions.people(self, audit, decision)

    def attributions(
        self, audit: Audit | str, decision: Decision | str
    ) -> dict[str, dict[str, tuple[float, float | None]]]:
        """Return what each method says of a decision; empty where it was not attributed."""
        return decisions.attributions(self, audit, decision)

    def residuals(self, audit: Audit | str, decision: Decision | str) -> dict[str, float]:
        """Return each method's residual for a decision, where it was recorded."""
        return decisions.residuals(self, audit, decision)

    def groups(self, audit: Audit | str) -> Iterator[tuple[int, dict[str, list[str]]]]:
        """Yield each part's protected groups; for measuring again, never for letters."""
        return decisions.groups(self, audit)

    def documents(self, audit: Audit | str) -> tuple[IssuedDocument, ...]:
        """Return the documents of an audit."""
        return documents.documents(self, audit)

    def issued(
        self, entity: str | None, decision: str, action: str | None, person: str, kind: str
    ) -> IssuedDocument | None:
        """Return the last document issued under this key (pseudonyms); None where there is none."""
        return documents.issued(self, entity, decision, action, person, kind)

    def words(self, document: IssuedDocument) -> str:
        """Return the words of a document, unlocked."""
        return documents.words(self, document)

    def reviews(self, audit: Audit | str) -> requests.Reviews | None:
        """Return what came of the requests of an audit; None where nobody asked for anything."""
        return requests.reviews(self, read.audit_id(audit))

    def evidence(self, audit: Audit | str) -> tuple[Evidence, ...]:
        """Return every digest that the audit rests on."""
        return read.evidence(self, audit)

    def pseudonym(self, kind: str, name: str) -> str:
        """Return the 32 hex digits that stand for an id; kinds are ``decision`` and ``person``."""
        return self.keyring.pseudonym(kind, name).hex()

    def is_person(self, pseudonym: str, name: str) -> bool:
        """Whether a pseudonym is that of the person of this id, before or after an erasure."""
        return returning.is_person(self, pseudonym, name)


# --- making a ledger ------------------------------------------------------------------------------


def _empty(engine: sa.Engine) -> bool:
    with database.reading(engine) as connection:
        return not sa.inspect(connection).get_table_names()


def _keyring(path: Path | None, expected: str | None) -> people.Keyring:
    """Return the keys at hand; where they are not this ledger's, say so when one is asked for."""
    key = people.KeyFile.read(path) if path is not None else None
    if path is not None and expected is not None and key is not None and key.key_id != expected:
        key = rotation.finish(path, expected) or key
    if key is None:
        where = path or "ledger.key"
        return people.Keyring(
            None, f"{where}: the key file is absent, so locked fields stay locked. Put it there, or name it."
        )
    if expected is not None and key.key_id != expected:
        return people.Keyring(
            None,
            f"{path}: this is the key file of another ledger (got {key.key_id}, expected {expected}). "
            "Put the right one there, or name it.",
        )
    return people.Keyring(key)


def _found(engine: sa.Engine, path: Path) -> None:
    """Write the first entry of the log, which names the ledger's keys; make the key files where absent.

    A ledger that exists never gets a second key: what the first one locked would be lost.
    """
    with database.writing(engine) as connection:
        if entries.position_of(connection, "ledger") is not None:
            return
        key = people.KeyFile.read(path) or people.KeyFile.create(path)
        signer = signing.first_signer(path)
        people.settle_names(path.parent)  # they may be of a first run that died while it made them
        origin = f"plainspoken/{key.key_id[:8]}{people.random_name()}"
        rows = [
            {"kind": "origin", "name": origin, "public": ""},
            {"kind": "locks", "name": key.key_id, "public": ""},
            {"kind": "signing", "name": signer.name, "public": signer.public},
        ]
        body = {"act": "ledger", "origin": origin, "schema": tables.SCHEMA, "signing_key": signer.public}
        entries.append(connection, "ledger", body, [entries.row_set(tables.keys, rows)])
        entries.sign_head(connection, signer, origin)
