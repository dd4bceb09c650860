"""The tables, as the migrations make them: names, types and what each one is for.

Portable types only: BIGINT, FLOAT8, TEXT, BLOB; times are UTC microseconds, days are ISO text,
lists and mappings are compact JSON text. What was not measured is NULL beside a cause.

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

from sqlalchemy import BigInteger, Column, Double, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

REVISIONS = ("0001", "0002", "0003")  # oldest first; the last is what this program reads and writes
SCHEMA = REVISIONS[-1]

metadata = MetaData()


def _text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null, primary_key=key)


def _whole(name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null, primary_key=key, autoincrement=False)


def _number(name: str) -> Column[float]:
    return Column(name, Double, nullable=True)  # NULL = not measured


def _bytes(name: str, *, null: bool = False, key: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null, primary_key=key)


def _plain(name: str, *items: SchemaItem) -> Table:
    return Table(name, metadata, *items)


EVIDENCE: dict[str, Table] = {}


def _evidence(name: str, *items: SchemaItem) -> Table:
    table = Table(
        name, metadata, _whole("entry", key=True), _whole("pos", key=True), *items, sqlite_with_rowid=False
    )
    EVIDENCE[name] = table
    return table


# --- the log ---------------------------------------------------------------------------------

log_entries = _plain(
    "log_entries",
    _whole("position", key=True),
    _text("key"),  # what makes a retry harmless: no act is written twice
    _text("body"),  # canonical JSON of strings, integers and digests
    _bytes("leaf"),
    UniqueConstraint("key", name="uq_log_entries_key"),
)
log_head = _plain("log_head", _whole("one", key=True), _whole("size"), _bytes("frontier"))
row_sets = _plain(
    "row_sets",
    _whole("entry", key=True),
    _text("name", key=True),
    _whole("n"),
    _bytes("root"),
    _bytes("leaves"),  # 32 bytes a row, so that an altered row can be named
)
checkpoints = _plain("checkpoints", _whole("size", key=True), _bytes("root"), _text("note"))

# --- keys, people, leases ---------------------------------------------------------------------

keys = _evidence("keys", _text("kind"), _text("name"), _text("public"))
persons = _evidence("persons", _bytes("person"), UniqueConstraint("person", name="uq_persons_person"))
person_keys = Table(
    "person_keys",
    metadata,
    _bytes("person", key=True),
    _bytes("wrapped"),
    _text("wrapped_by"),
    sqlite_with_rowid=False,
)
leases = _plain("leases", _text("audit", key=True), _text("owner"), _whole("epoch"), _whole("expires_at"))

# --- what was audited -------------------------------------------------------------------------

audits = _evidence(
    "audits",
    _text("audit"),
    _text("name"),
    _text("kind"),
    _text("owner"),
    _text("as_of"),
    _text("config"),
    _text("slot"),
    _whole("again"),
    _whole("seed"),
    _text("program"),
    _whole("opened_at", null=True),
    _text("environment"),
    UniqueConstraint("audit", name="uq_audits_audit"),
)
models = _evidence(
    "models",
    _text("digest"),
    _text("name"),
    _text("framework"),
    _text("version"),
    _text("inputs"),
    _text("output"),
    _whole("n_parameters", null=True),
    _text("layers"),
    _text("trust", null=True),
)
datasets = _evidence("datasets", _text("digest"), _text("name"), _whole("n_rows"), _text("columns"))
seals = _evidence(
    "seals",
    _text("audit"),
    _whole("sealed_at"),
    _whole("exit_code"),
    _whole("n_parts"),
    _text("counts"),
    _text("timings"),
    UniqueConstraint("audit", name="uq_seals_audit"),
)

# --- decisions, a part at a time --------------------------------------------------------------

parts = _evidence(
    "parts",
    _text("audit"),
    _whole("seq"),
    _whole("n_decisions"),
    _whole("n_quarantined"),
    UniqueConstraint("audit", "seq", name="uq_parts_audit_seq"),
)
decisions = _evidence(
    "decisions",
    _whole("source_row"),
    _bytes("decision"),
    _text("outcome"),
    _number("score"),
    _number("cutoff"),
    _text("action", null=True),
    _text("stage"),
    _text("certified", null=True),
    _text("notice"),
    _text("cause", null=True),
    _text("due_on", null=True),
    _text("reason_codes"),
    Index("ix_decisions_decision", "decision"),
)
decision_persons = _evidence(
    "decision_persons",
    _whole("place"),  # pos of the decision
    _bytes("person"),
    _text("role"),
    Index("ix_decision_persons_person", "person"),
)
locked_fields = _evidence("locked_fields", _whole("place"), _bytes("person"), _text("field"), _bytes("cell"))
sentences = _evidence("sentences", _text("digest"), _text("sentence"))
quarantined_rows = _evidence("quarantined_rows", _whole("source_row"), _text("cause"))
partitions = _evidence(
    "partitions",
    _text("kind"),  # attributions | inputs | groups | details | reference
    _text("name"),
    _text("columns"),
    _whole("n_rows"),
    _whole("n_bytes"),
    _bytes("sha256"),
    _bytes("content_root"),
)
partition_contents = _plain("partition_contents", _bytes("sha256", key=True), _bytes("content"))

# --- what was in force, and what was measured -------------------------------------------------

packs = _evidence("packs", _text("name"), _text("digest"), _text("as_of"), _text("title"))
requirements = _evidence(
    "requirements",
    _text("requirement"),
    _text("kind"),
    _text("access"),
    _text("question"),
    _text("measure"),
    _text("bound_since", null=True),
    _number("at_least"),
    _number("at_most"),
    _number("equals"),
    _text("source"),
    _text("remedy"),
    _text("title"),
    _text("not_measured", null=True),
    _whole("population"),
)
statements = _evidence(
    "statements", _text("key"), _text("language"), _text("text"), _text("source"), _text("pack")
)
reason_codes = _evidence(
    "reason_codes",
    _text("factor"),
    _text("code"),
    _text("columns"),
    _text("statement"),
    _text("direction"),
    _whole("hmda", null=True),
    _whole("changeable"),
    _text("missing_columns"),
    _text("missing_statement"),
    _whole("priority", null=True),
    _text("proxy", null=True),
    _text("approved", null=True),
)
comparisons = _evidence(  # the references; that word is the law's and SQL's both
    "comparisons",
    _text("kind"),
    _text("digest"),
    _whole("n"),
    _whole("candidates"),
    _number("cutoff"),
    _number("mean_score"),
    _number("low"),
    _number("high"),
    _text("cause", null=True),
    _text("origin", null=True),
)
rates = _evidence(
    "rates",
    _text("attribute"),
    _text("group_name"),
    _text("metric"),
    _whole("n"),
    _number("value"),
    _number("low"),
    _number("high"),
    _text("cause", null=True),
)
disparities = _evidence(
    "disparities",
    _text("attribute"),
    _text("group_name"),
    _text("reference"),
    _text("metric"),
    _whole("n"),
    _number("value"),
    _number("low"),
    _number("high"),
    _number("p_value"),
    _text("cause", null=True),
)
findings = _evidence(
    "findings",
    _text("requirement"),
    _text("kind"),
    _text("access"),
    _text("outcome"),
    _text("measure"),
    _text("attribute"),
    _text("group_name"),
    _number("value"),
    _number("low"),
    _number("high"),
    _whole("n", null=True),
    _text("bound"),
    _text("source"),
    _text("cause", null=True),
)
figures = _evidence("figures", _text("name"), _text("access"), _text("body"))

# --- what was issued --------------------------------------------------------------------------

documents = _evidence(
    "documents",
    _text("audit"),
    _text("kind"),
    _text("format"),
    _text("language"),
    _whole("draft"),
    _text("entity", null=True),
    _bytes("decision", null=True),
    _text("action", null=True),
    _bytes("person", null=True),
    _text("role", null=True),
    _whole("sent_at"),
    _bytes("sha256"),
    _whole("n_bytes"),
    _text("template_digest"),
    _text("environment_digest"),
    _bytes("words_mark"),  # equal for equal words of one person; keyed, so that it tells nobody else
    _bytes("words"),  # compressed, and locked where they speak of a person
    _bytes("content", null=True),
    _bytes("recipient", null=True),
    _whole("again"),
    _whole("late"),
    _bytes("remarks", null=True),
    Index("ix_documents_decision", "decision"),
)

# --- how long things are kept -----------------------------------------------------------------

retention_classes = _evidence(
    "retention_classes",
    _text("name"),
    _whole("at_least_days"),
    _whole("at_most_days", null=True),
    _text("source"),
)
holds = _evidence(
    "holds",
    _text("hold"),
    _text("act"),  # placed | released
    _text("audit", null=True),
    _bytes("person", null=True),
    _text("reason"),
    _text("by"),
    _whole("at"),
)
erasures = _evidence(
    "erasures",
    _bytes("person"),
    _text("act"),  # requested | done
    _text("reason"),
    _text("by"),
    _whole("at"),
    _whole("due_at", null=True),
)
tombstones = _evidence(
    "tombstones", _bytes("sha256"), _text("retention_class"), _text("reason"), _whole("at")
)

retention_terms = _evidence(  # as they were applied by the erasure or the purge of this entry
    "retention_terms",
    _text("term"),
    _text("title"),
    _text("covers"),
    _whole("at_least_months", null=True),
    _text("at_least_since", null=True),
    _text("at_least_kind", null=True),
    _text("at_least_source", null=True),
    _whole("at_most_months", null=True),
    _text("at_most_since", null=True),
    _text("at_most_kind", null=True),
    _text("at_most_source", null=True),
)
erasure_grounds = _evidence(  # why an erasure waits, and until when
    "erasure_grounds",
    _bytes("person"),
    _text("audit"),
    _bytes("decision"),
    _text("term"),
    _text("source"),
    _text("kept_until"),
)
purged_rows = _evidence(  # rows whose locked columns were emptied, and their root since
    "purged_rows",
    _text("table_name"),
    _whole("of_entry"),
    _whole("n"),
    _bytes("root"),
    _text("retention_class"),
    _text("reason"),
    _whole("at"),
)

# --- audits that run by themselves ------------------------------------------------------------

schedules = _evidence(
    "schedules",
    _text("name"),
    _text("act"),  # added | paused | resumed | removed
    _text("config"),
    _text("expression"),
    _text("zone"),
    _text("missed"),  # latest | all | skip
    _text("out", null=True),
    _text("reason"),
    _text("by"),
    _whole("at"),
)
slots = _evidence(
    "slots",
    _text("schedule"),
    _text("slot"),  # nominal local time, as in the audit's own slot
    _text("act"),  # run | failed | skipped
    _whole("attempt"),
    _whole("due_at"),
    _text("audit", null=True),
    _whole("exit_code", null=True),
    _text("cause", null=True),
    _whole("at"),
    UniqueConstraint("schedule", "slot", "attempt", name="uq_slots_schedule_slot_attempt"),
)
releases = _evidence(
    "releases",
    _text("audit"),
    _text("model"),
    _text("dictionary"),
    _text("cutoff"),
    _text("method"),
    _text("reference"),
    _text("reason"),
    _text("by"),
    _whole("at"),
    UniqueConstraint("audit", name="uq_releases_audit"),
)
alerts = _evidence(
    "alerts",
    _text("alert"),
    _text("act"),  # raised | sent
    _text("kind"),  # not_met | failed | missed | deadline
    _text("title"),
    _text("text"),
    _whole("at"),
    UniqueConstraint("alert", "act", name="uq_alerts_alert_act"),
)

# Tables whose rows no one may change or remove; triggers say so to whoever tries by accident.
APPEND_ONLY = (*EVIDENCE, "log_entries", "row_sets", "checkpoints", "partition_contents")
