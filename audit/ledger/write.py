"""Writing an audit: open, a part at a time, seal. Each step is one transaction and may be retried.

``begin`` answers with what is there already; a part that was committed is recognised by its
root; only ``seal`` closes the audit and signs the log. A run that dies anywhere in between
leaves whole parts and nothing else, and its successor goes on behind the last one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, LedgerError
from audit.ledger import bulk, dictionaries, entries, leases, log, part, returning, seal, shapes, tables
from audit.ledger.database import bring_home, reading, writing

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.partitions import AttributionBlock, Packed
    from audit.record import (
        Audit,
        CaseFile,
        Decision,
        Disparity,
        Figure,
        Finding,
        Policy,
        QuarantinedRow,
        Rate,
        ReasonCode,
        Reference,
    )

# Row sets that another audit's rows, or another library's version, may change without the
# part being another: who was new to the ledger, and the bytes of the Parquet files.
_NOT_THE_PART = ("persons", "partitions")


def part_key(audit: str, seq: int) -> str:
    """Return the key of a part's log entry."""
    return f"{audit}/part/{seq}"


def begin(ledger: Ledger, audit: Audit) -> AuditWriter:
    """Open an audit for writing, or find it as it was left."""
    with writing(ledger.engine) as connection:
        opened = entries.position_of(connection, f"{audit.audit}/open")
        if entries.position_of(connection, f"{audit.audit}/seal") is not None:
            return AuditWriter(ledger, ledger.find(audit.audit), None, existing=True)
        lease = leases.take(connection, audit.audit, ledger.owner)
        if opened is None:
            config = shapes.json_text("config", dict(audit.config))
            body: dict[str, Any] = {
                "act": "open",
                "audit": audit.audit,
                "model": audit.model.digest,
                "dataset": audit.dataset.digest,
                "config": seal.digest(config),
            }
            if audit.opened_at is not None:
                body["opened_at"] = shapes.microseconds(audit.opened_at)
            sets = {
                tables.audits: [shapes.audit_row(audit)],
                tables.models: [shapes.model_row(audit.model)],
                tables.datasets: [shapes.dataset_row(audit.dataset)],
            }
            entries.append(connection, f"{audit.audit}/open", body, _hashed(sets))
    return AuditWriter(ledger, audit, lease, existing=False)


class AuditWriter:
    """Writes one audit. ``existing`` is True where it was sealed before; then nothing may be written."""

    def __init__(self, ledger: Ledger, audit: Audit, lease: leases.Lease | None, *, existing: bool) -> None:
        self._ledger = ledger
        self.audit = audit
        self.existing = existing
        self._lease = lease

    @property
    def sealed(self) -> bool:
        """Whether the audit is sealed, by this run or another, so that nothing can be added."""
        return self._lease is None

    @property
    def committed(self) -> frozenset[int]:
        """The parts that are in the ledger already; a resumed run may leave them out."""
        table = tables.parts
        with reading(self._ledger.engine) as connection:
            return frozenset(
                connection.scalars(sa.select(table.c.seq).where(table.c.audit == self.audit.audit))
            )

    def _lease_now(self) -> leases.Lease:
        if self._lease is None:
            raise LedgerError(
                f"audit {self.audit.audit[:12]}: it is sealed, so nothing can be added. Use --again."
            )
        return self._lease

    # --- a part ------------------------------------------------------------------------------

    def partition(
        self,
        seq: int,
        decisions: Sequence[Decision],
        cases: Sequence[CaseFile],
        attributions: Mapping[str, AttributionBlock],
        groups: Mapping[str, Sequence[str]],
        quarantined: Sequence[QuarantinedRow] = (),
    ) -> bool:
        """Commit one part, in one transaction; return False where it was committed before.

        Raises
        ------
        EvidenceError
            Where the ledger holds this part with other content.
        LedgerError
            Where an earlier part is missing: parts are committed in their order.
        DataError
            Where an application stands in it that went with whoever made it.
        """
        lease = self._lease_now()
        with bulk.uncollected():
            keyring, aside = self._ledger.keyring, self._ledger.aside
            aside.start(len(decisions))
            try:
                made = part.ready(keyring, aside, decisions, cases, attributions, groups)
                return self._commit(lease, seq, made, decisions, quarantined)
            finally:
                aside.settle()
                keyring.forget()

    def _commit(
        self,
        lease: leases.Lease,
        seq: int,
        made: part.Part,
        decisions: Sequence[Decision],
        quarantined: Sequence[QuarantinedRow],
    ) -> bool:
        keyring = self._ledger.keyring
        aside = [{"source_row": row.row, "cause": row.cause} for row in quarantined]
        with writing(self._ledger.engine) as connection:
            leases.renew(connection, lease)
            kept = self._kept(connection, seq)
            counted = connection.scalar(sa.select(sa.func.count()).where(tables.parts.c.audit == lease.audit))
            if kept is None and counted != seq:
                raise LedgerError(f"part {seq}: parts are committed in order (expected part {counted}).")
            forgotten = returning.settle(connection, keyring, decisions, made)
            if kept is not None and forgotten:
                # What an erased person's cells were cannot be made again, so it cannot be compared.
                return False
            returning.refuse(forgotten)
            new = keyring.draw_keys(connection, made.persons)
            locks = part.lock(made, keyring, lease.audit, seq, new)
            stored = {tables.decisions: (made.decisions, made.hashes), **locks.rows}
            if kept is None:
                for rows, _ in stored.values():  # while they are hashed and locked aside
                    entries.store(connection, rows)
            wrapped = locks.wrapped.value()
            if kept is None:
                keyring.keep_keys(connection, new, wrapped)
            packed, sentences = part.noted(made)
            hashes = {table: rows.hashed(*answer.value()) for table, (rows, answer) in stored.items()}
            cells, inputs = part.locked(made, locks)
            packed += inputs
            kept_as = [_partition_row(p) for p in packed]
            counts = {"n_decisions": len(decisions), "n_quarantined": len(aside)}
            hashed = [
                entries.row_set(tables.parts, [{"audit": lease.audit, "seq": seq, **counts}]),
                hashes[tables.decisions],
                hashes[tables.decision_persons],
                cells,
                entries.row_set(tables.sentences, sentences),
                entries.row_set(tables.quarantined_rows, aside),
                hashes[tables.persons],
                entries.row_set(tables.partitions, kept_as),
            ]
            root = _part_root(hashed, packed)
            if kept is not None:
                if kept != root:
                    raise EvidenceError(
                        f"part {seq} of audit {lease.audit[:12]}: the ledger holds it with other content "
                        f"(got {root[:12]}, expected {kept[:12]}). Model, data or seed changed."
                    )
                return False
            _keep_bytes(connection, packed, kept_as)
            contents = {f"{p.kind}/{p.name}": p.content_root.hex() for p in packed}
            body = {"act": "part", "audit": lease.audit, "seq": seq, "root": root, "contents": contents}
            entries.append(connection, part_key(lease.audit, seq), body, hashed, list(stored))
        return True

    def _kept(self, connection: Connection, seq: int) -> str | None:
        table = tables.log_entries
        body = connection.scalar(
            sa.select(table.c.body).where(table.c.key == part_key(self.audit.audit, seq))
        )
        return None if body is None else str(json.loads(body)["root"])

    # --- the seal ----------------------------------------------------------------------------

    def seal(
        self,
        policy: Policy,
        codes: Sequence[ReasonCode],
        references: Sequence[Reference],
        rates: Sequence[Rate],
        disparities: Sequence[Disparity],
        findings: Sequence[Finding],
        figures: Sequence[Figure],
        counts: Mapping[str, int],
        exit_code: int,
        sealed_at: dt.datetime,
        timings: Mapping[str, float],
    ) -> Audit:
        """Close the audit in one transaction: what was in force, what was measured, and a checkpoint."""
        from audit.ledger import partitions

        if self.existing:
            return self.audit
        lease = self._lease_now()
        rows = [
            partitions.pack(
                "reference",
                reference.digest,
                [
                    ("seq", "i8", [seq for seq, _ in reference.rows]),
                    ("row", "i8", [r for _, r in reference.rows]),
                ],
            )
            for reference in references
        ]
        with writing(self._ledger.engine) as connection:
            key = f"{lease.audit}/seal"
            if entries.position_of(connection, key) is None:
                leases.renew(connection, lease)
                n_parts = connection.scalar(
                    sa.select(sa.func.count()).where(tables.parts.c.audit == lease.audit)
                )
                sealed_row = {
                    "audit": lease.audit,
                    "sealed_at": shapes.microseconds(sealed_at),
                    "exit_code": exit_code,
                    "n_parts": n_parts,
                    "counts": shapes.json_text("counts", {k: int(v) for k, v in counts.items()}),
                    "timings": shapes.json_text("timings", {k: float(v) for k, v in timings.items()}),
                }
                kept_as = [_partition_row(p) for p in rows]
                sets: dict[sa.Table, Sequence[entries.Row]] = {
                    tables.seals: [sealed_row],
                    tables.packs: [shapes.pack_row(pack) for pack in policy.packs],
                    tables.requirements: [shapes.requirement_row(r) for r in policy.requirements],
                    tables.statements: [shapes.statement_row(s) for s in policy.statements],
                    tables.reason_codes: [shapes.code_row(code) for code in codes],
                    tables.comparisons: [shapes.reference_row(r) for r in references],
                    tables.rates: [shapes.rate_row(rate) for rate in rates],
                    tables.disparities: [shapes.disparity_row(d) for d in disparities],
                    tables.findings: [shapes.finding_row(finding) for finding in findings],
                    tables.figures: [shapes.figure_row(figure) for figure in figures],
                    tables.partitions: kept_as,
                }
                _keep_bytes(connection, rows, kept_as)
                dictionaries.note_change(connection, self.audit, codes, sealed_at)
                body = {
                    "act": "seal",
                    "audit": lease.audit,
                    "sealed_at": sealed_row["sealed_at"],
                    "exit_code": exit_code,
                    "as_of": policy.as_of.isoformat(),
                    "contents": {f"{p.kind}/{p.name}": p.content_root.hex() for p in rows},
                }
                entries.append(connection, key, body, _hashed(sets))
                entries.sign_head(connection, self._ledger.signer, self._ledger.origin)
                leases.release(connection, lease)
        with writing(self._ledger.engine) as connection:
            bulk.count_rows(connection)
        bring_home(self._ledger.engine)
        self.audit = replace(self._ledger.find(lease.audit))
        self.existing, self._lease = True, None
        self._ledger.aside.close()
        return self.audit


def _partition_row(packed: Packed) -> dict[str, Any]:
    return {
        "kind": packed.kind,
        "name": packed.name,
        "columns": packed.columns,
        "n_rows": packed.n_rows,
        "n_bytes": len(packed.content),
        "sha256": packed.sha256,
        "content_root": packed.content_root,
    }


def _keep_bytes(connection: Connection, packed: Sequence[Packed], rows_of: Sequence[entries.Row]) -> None:
    """Keep the bytes of partitions, whose hashes stand in their rows, where they are not kept yet."""
    table = tables.partition_contents
    new = {row["sha256"]: p.content for p, row in zip(packed, rows_of, strict=True)}
    kept = set(connection.scalars(sa.select(table.c.sha256).where(table.c.sha256.in_(list(new)))))
    rows = [{"sha256": name, "content": content} for name, content in new.items() if name not in kept]
    if rows:
        connection.execute(table.insert(), rows)


def _hashed(sets: Mapping[sa.Table, Sequence[entries.Row]]) -> list[entries.RowSet]:
    return [entries.row_set(table, rows) for table, rows in sets.items()]


def _part_root(sets: Sequence[entries.RowSet], packed: Sequence[Packed]) -> str:
    """Return one digest over all that makes a part what it is."""
    leaves = []
    for one in sets:
        if one.table.name not in _NOT_THE_PART:
            leaves.append(log.leaf_hash(seal.pack([one.table.name, one.n, one.root])))
    for p in packed:
        leaves.append(log.leaf_hash(seal.pack([p.kind, p.name, p.n_rows, p.content_root])))
    return log.merkle_root(leaves).hex()
