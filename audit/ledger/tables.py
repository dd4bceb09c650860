"""The tables, as the migrations make them: names, types and what each one is for.

Portable types only: BIGINT, FLOAT8, TEXT, BLOB, and SMALLINT for one of a few words; times are UTC
microseconds, days are ISO text, lists and mappings are compact JSON text. What was not measured is
NULL beside a cause.
What came later stands in ``keeping``, ``running`` and ``happened``, and is named here too.

Why so: **every row of evidence carries the position of the log entry that sealed it.** ``entry``
and ``pos`` (0, 1, 2 … within the entry) are the primary key of each table in ``EVIDENCE``, so
one rule covers them all: the rows of an entry, in order, hash to the root that the entry names,
and a row that belongs to no entry is a stranger. The entry is left out of the hashed bytes, so
an audit that is resumed, or moved to another database, keeps its digests.

Why so: an audit is never updated. What is known when it opens is a row of ``audits``, what is
known when it closes a row of ``seals``; whether a notice was sent follows from ``documents``.
Rows that may change are few and no evidence: ``leases``, ``log_head``, ``person_keys``.
"""

from __future__ import annotations

from sqlalchemy import Index, Table, UniqueConstraint

from audit.ledger.columns import EVIDENCE as EVIDENCE
from audit.ledger.columns import beginning, data, evidence, number, plain, text, whole, word
from audit.ledger.columns import metadata as metadata
from audit.ledger.happened import case_events as case_events
from audit.ledger.keeping import erasure_grounds as erasure_grounds
from audit.ledger.keeping import erasures as erasures
from audit.ledger.keeping import holds as holds
from audit.ledger.keeping import purged_rows as purged_rows
from audit.ledger.keeping import retention_classes as retention_classes
from audit.ledger.keeping import retention_terms as retention_terms
from audit.ledger.keeping import tombstones as tombstones
from audit.ledger.running import alerts as alerts
from audit.ledger.running import releases as releases
from audit.ledger.running import schedules as schedules
from audit.ledger.running import slots as slots

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
)  # oldest first; the last is what this program reads and writes
SCHEMA = REVISIONS[-1]

# --- the log ---------------------------------------------------------------------------------

log_entries = plain(
    "log_entries",
    whole("position", key=True),
    text("key"),  # what makes a retry harmless: no act is written twice
    text("body"),  # canonical JSON of strings, integers and digests
    data("leaf"),
    UniqueConstraint("key", name="uq_log_entries_key"),
)
log_head = plain("log_head", whole("one", key=True), whole("size"), data("frontier"))
row_sets = plain(
    "row_sets",
    whole("entry", key=True),
    text("name", key=True),
    whole("n"),
    data("root"),
    data("leaves"),  # 32 bytes a row, so that an altered row can be named
)
checkpoints = plain("checkpoints", whole("size", key=True), data("root"), text("note"))

# --- keys, people, leases ---------------------------------------------------------------------

keys = evidence("keys", text("kind"), text("name"), text("public"))
persons = evidence("persons", data("person"), UniqueConstraint("person", name="uq_persons_person"))
person_keys = Table(
    "person_keys",
    metadata,
    data("person", key=True),
    data("wrapped"),
    text("wrapped_by"),
    sqlite_with_rowid=False,
)
leases = plain("leases", text("audit", key=True), text("owner"), whole("epoch"), whole("expires_at"))

# --- what was audited -------------------------------------------------------------------------

audits = evidence(
    "audits",
    text("audit"),
    text("name"),
    text("kind"),
    text("owner"),
    text("as_of"),
    text("config"),
    text("slot"),
    whole("again"),
    whole("seed"),
    text("program"),
    whole("opened_at", null=True),
    text("environment"),
    UniqueConstraint("audit", name="uq_audits_audit"),
)
models = evidence(
    "models",
    text("digest"),
    text("name"),
    text("framework"),
    text("version"),
    text("inputs"),
    text("output"),
    whole("n_parameters", null=True),
    text("layers"),
    text("trust", null=True),
)
datasets = evidence("datasets", text("digest"), text("name"), whole("n_rows"), text("columns"))
seals = evidence(
    "seals",
    text("audit"),
    whole("sealed_at"),
    whole("exit_code"),
    whole("n_parts"),
    text("counts"),
    text("timings"),
    UniqueConstraint("audit", name="uq_seals_audit"),
)

# --- decisions, a part at a time --------------------------------------------------------------

parts = evidence(
    "parts",
    text("audit"),
    whole("seq"),
    whole("n_decisions"),
    whole("n_quarantined"),
    UniqueConstraint("audit", "seq", name="uq_parts_audit_seq"),
)
decisions = evidence(
    "decisions",
    whole("source_row"),
    data("decision"),
    word("outcome", "favourable", "adverse", "none"),
    number("score"),
    number("cutoff"),
    text("action", null=True),
    word("stage", "score", "rule", "judgmental", "gray_band"),
    word("certified", "exact", "certain", "tie", "false", null=True),
    word("notice", "none", "ready", "held", "sent", "void"),
    text("cause", null=True),
    text("due_on", null=True),
    text("reason_codes"),
    beginning("ix_decisions_decision", "decision"),
)
decision_persons = evidence(
    "decision_persons",
    whole("place"),  # pos of the decision
    data("person"),
    word("role", "primary", "joint", "guarantor"),
    beginning("ix_decision_persons_person", "person"),
)
locked_fields = evidence("locked_fields", whole("place"), data("person"), text("field"), data("cell"))
sentences = evidence("sentences", text("digest"), text("sentence"))
quarantined_rows = evidence("quarantined_rows", whole("source_row"), text("cause"))
partitions = evidence(
    "partitions",
    text("kind"),  # attributions | inputs | groups | details | reference
    text("name"),
    text("columns"),
    whole("n_rows"),
    whole("n_bytes"),
    data("sha256"),
    data("content_root"),
)
partition_contents = plain("partition_contents", data("sha256", key=True), data("content"))

# --- what was in force, and what was measured -------------------------------------------------

packs = evidence("packs", text("name"), text("digest"), text("as_of"), text("title"))
requirements = evidence(
    "requirements",
    text("requirement"),
    text("kind"),
    text("access"),
    text("question"),
    text("measure"),
    text("bound_since", null=True),
    number("at_least"),
    number("at_most"),
    number("equals"),
    text("source"),
    text("remedy"),
    text("title"),
    text("not_measured", null=True),
    whole("population"),
)
statements = evidence("statements", text("key"), text("language"), text("text"), text("source"), text("pack"))
reason_codes = evidence(
    "reason_codes",
    text("factor"),
    text("code"),
    text("columns"),
    text("statement"),
    text("direction"),
    whole("hmda", null=True),
    whole("changeable"),
    text("missing_columns"),
    text("missing_statement"),
    whole("priority", null=True),
    text("proxy", null=True),
    text("approved", null=True),
)
comparisons = evidence(  # the references; that word is the law's and SQL's both
    "comparisons",
    text("kind"),
    text("digest"),
    whole("n"),
    whole("candidates"),
    number("cutoff"),
    number("mean_score"),
    number("low"),
    number("high"),
    text("cause", null=True),
    text("origin", null=True),
)
rates = evidence(
    "rates",
    text("attribute"),
    text("group_name"),
    text("metric"),
    whole("n"),
    number("value"),
    number("low"),
    number("high"),
    text("cause", null=True),
)
disparities = evidence(
    "disparities",
    text("attribute"),
    text("group_name"),
    text("reference"),
    text("metric"),
    whole("n"),
    number("value"),
    number("low"),
    number("high"),
    number("p_value"),
    text("cause", null=True),
)
findings = evidence(
    "findings",
    text("requirement"),
    text("kind"),
    text("access"),
    text("outcome"),
    text("measure"),
    text("attribute"),
    text("group_name"),
    number("value"),
    number("low"),
    number("high"),
    whole("n", null=True),
    text("bound"),
    text("source"),
    text("cause", null=True),
)
figures = evidence("figures", text("name"), text("access"), text("body"))

# --- what was issued --------------------------------------------------------------------------

documents = evidence(
    "documents",
    text("audit"),
    text("kind"),
    text("format"),
    text("language"),
    whole("draft"),
    text("entity", null=True),
    data("decision", null=True),
    text("action", null=True),
    data("person", null=True),
    text("role", null=True),
    whole("sent_at"),
    data("sha256"),
    whole("n_bytes"),
    text("template_digest"),
    text("environment_digest"),
    data("words_mark"),  # equal for equal words of one person; keyed, so that it tells nobody else
    data("words"),  # compressed, and locked where they speak of a person
    data("content", null=True),
    data("recipient", null=True),
    whole("again"),
    whole("late"),
    data("remarks", null=True),
    Index("ix_documents_decision", "decision"),
)

# Tables whose rows no one may change or remove; triggers say so to whoever tries by accident.
APPEND_ONLY = (*EVIDENCE, "log_entries", "row_sets", "checkpoints", "partition_contents")
