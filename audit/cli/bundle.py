"""What an examiner is handed: one zip with the report, the rows, the log, and the program that checks them.

Two passes: first every file is written and hashed; then the hand-out is logged with the digest of that
list and signed; then the log as it stands is added. So the log names exactly what was handed out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from audit.errors import EvidenceError
from audit.ledger import entries, log, proving, tables
from audit.ledger.database import reading, records
from audit.proof_check import leaf_of
from audit.proof_check.export import FILES, FORMAT, MANIFEST, TABLES, cells

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from audit.ledger import Ledger
    from audit.record import Audit

CLASSES = ("notice", "model_risk", "fair_lending", "privileged")
DEFAULT = CLASSES[:-1]
_WHEN = (1980, 1, 1, 0, 0, 0)  # equal contents, equal bytes
# Tables whose rows all belong to one class; the others say theirs in ``access``, or are for everybody.
_OF = {
    "rates": "fair_lending",
    "disparities": "fair_lending",
    "decisions": "notice",
    "documents": "notice",
    "case_events": "notice",
}
_OF_DECISIONS = ("decisions", "documents", "case_events")
_CHECKER = ("__init__.py", "__main__.py", "export.py")

_MEANING = {
    "entry": "position of the log entry that sealed the row",
    "pos": "position of the row within that entry",
    "source_row": "row of the data file, counted from 0",
    "decision": "keyed pseudonym of the application, in hex",
    "outcome": "adverse, favourable or none: what happened to the person",
    "score": "what the model gave, in its own unit; empty where there is none",
    "cutoff": "the cutoff that it was held against",
    "action": "the action taken, as the record says",
    "stage": "what decided: rule, score, judgmental or gray_band",
    "certified": "how certain the order of the reasons is: exact, certain, tie or false",
    "notice": "state of the notice when the audit was sealed: none, ready, held or void",
    "cause": "why the notice is held",
    "due_on": "the last day for the notice",
    "reason_codes": "the codes of the principal reasons in their order, with blanks between",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to go into an export."""

    audits: tuple[Audit, ...]
    classes: tuple[str, ...] = DEFAULT
    product: str | None = None
    action: str | None = None
    locked: bool = False


@dataclass(slots=True)
class Bundle:
    """A zip that is being filled: the digests of its files, and what is not in it and why."""

    zip: zipfile.ZipFile
    digests: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, name: str, content: bytes | str) -> None:
        """Add a file."""
        data = content.encode() if isinstance(content, str) else content
        self._put(name, data)
        self.digests[name] = hashlib.sha256(data).hexdigest()

    def _put(self, name: str, data: bytes) -> None:
        info = zipfile.ZipInfo(name, _WHEN)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        self.zip.writestr(info, data)

    def listed(self) -> bytes:
        """Return the list of files and add it."""
        data = json.dumps(self.digests, sort_keys=True, indent=1).encode() + b"\n"
        self._put(FILES, data)
        return data

    def close(self, manifest: Mapping[str, Any]) -> None:
        """Add what the log says; nothing follows."""
        self._put(MANIFEST, json.dumps(manifest, sort_keys=True).encode() + b"\n")


def build(
    ledger: Ledger, wish: Wish, target: Path, log_it: Callable[[str], int], public_key: str | None = None
) -> list[str]:
    """Write the zip; return what was left out.

    Parameters
    ----------
    log_it : callable
        Gets the digest of the list of files, logs the hand-out and signs; returns the entry's position.
    public_key : str, optional
        The key that the examiner holds, where it is not the newest.
    """
    with zipfile.ZipFile(target, "w") as archive:
        bundle = Bundle(archive)
        told = [_audit(ledger, bundle, wish, audit) for audit in wish.audits]
        bundle.add("README.txt", _readme(ledger, wish, bundle.left_out))
        bundle.add("public_key.txt", ledger.public_key + "\n")
        _program(bundle)
        export = log_it(hashlib.sha256(bundle.listed()).hexdigest())
        bundle.close(_log(ledger, wish, told, export, public_key))
        return bundle.left_out


def _log(
    ledger: Ledger, wish: Wish, told: Sequence[Mapping[str, Any]], export: int, public_key: str | None
) -> dict[str, Any]:
    with reading(ledger.engine) as connection:
        text = proving.newest_checkpoint(connection)
        leaves = proving.leaves_of(connection, export + 1)
        note = connection.scalar(
            sa.select(tables.checkpoints.c.note).where(tables.checkpoints.c.size == export + 1)
        )
        if text is None or note is None:
            raise EvidenceError(f"checkpoint at {export + 1}: it is gone. Run `plainspoken verify`.")
        table = tables.log_entries
        wanted = sorted(
            {export, *(at for audit in wish.audits for at in _entries(connection, audit.audit, export))}
        )
        bodies = {
            at: connection.scalar(sa.select(table.c.body).where(table.c.position == at)) for at in wanted
        }
        keys = [] if public_key is None else list(proving.rotations(connection, public_key, export + 1))
    return {
        "format": FORMAT,
        "checkpoint": note,
        "keys": keys,
        "log": [leaf.hex() for leaf in leaves],
        "entries": [{"position": at, "body": bodies[at]} for at in wanted],
        "export": export,
        "audits": list(told),
    }


def _entries(connection: Connection, audit: str, before: int) -> Iterator[int]:
    table = tables.log_entries
    query = sa.select(table.c.position).where(table.c.key.startswith(f"{audit}/"), table.c.position < before)
    yield from connection.scalars(query.order_by(table.c.position))


# --- one audit ----------------------------------------------------------------------------------------------


def _audit(ledger: Ledger, bundle: Bundle, wish: Wish, audit: Audit) -> dict[str, Any]:
    folder, files = f"audits/{audit.audit[:12]}", {}
    chosen = _chosen(ledger, wish, audit)
    with reading(ledger.engine) as connection:
        found = list(_entries(connection, audit.audit, entries.head(connection).size))
        for table in TABLES:
            if _OF.get(table, "") and _OF[table] not in wish.classes:
                bundle.left_out.append(f"{table} of audit {audit.audit[:12]}: class {_OF[table]}")
                continue
            rows = []
            for entry in found:
                if table in _sets(connection, entry):
                    rows += _rows(connection, bundle, wish, folder, table, entry, chosen)
            files[table] = f"{folder}/{table}.{'csv' if table == 'decisions' else 'json'}"
            bundle.add(files[table], _as_csv(table, rows) if table == "decisions" else _as_json(table, rows))
    if "decisions" in files:
        bundle.add(f"{folder}/decisions_dictionary.csv", _dictionary())
    bundle.add(
        f"{folder}/environment.json", json.dumps(dict(audit.environment), indent=1, sort_keys=True) + "\n"
    )
    bundle.add(f"{folder}/checkpoint.txt", audit.checkpoint)
    _report(ledger, bundle, wish, audit, folder)
    if wish.locked:
        bundle.add(f"{folder}/cases.json", _cases(ledger, audit, chosen))
        bundle.add(f"{folder}/words_of_events.json", _words(ledger, audit, chosen))
    else:
        bundle.left_out.append(
            f"cases of audit {audit.audit[:12]}: application ids, records and model inputs are locked"
        )
    bundle.left_out += other_half(ledger, audit)
    return {"audit": audit.audit, "rows": files}


def other_half(ledger: Ledger, audit: Audit) -> list[str]:
    """Return what an audit of one half leaves to the other, which no export from this ledger holds."""
    only = (audit.config.get("audit") or {}).get("only")
    if only is None:
        return []
    found = ledger.figure(audit.audit, "companion")
    where = f"audit {found.body['audit'][:12]} of another ledger" if found is not None else "no audit here"
    what = "comparisons of groups" if only == "notices" else "cases, notices and letters"
    return [f"{what} of audit {audit.audit[:12]}: it was made for {only} alone; they are in {where}"]


def _sets(connection: Connection, entry: int) -> set[str]:
    table = tables.row_sets
    return set(connection.scalars(sa.select(table.c.name).where(table.c.entry == entry)))


def _chosen(ledger: Ledger, wish: Wish, audit: Audit) -> frozenset[bytes] | None:
    """Return the decisions that are asked for; None for all."""
    if wish.product is None and wish.action is None:
        return None
    return frozenset(
        bytes.fromhex(one.decision)
        for one in ledger.decisions(audit)
        if (wish.action is None or one.action == wish.action)
        and (wish.product is None or ledger.case(audit, one.decision).record.get("product") == wish.product)
    )


def _rows(
    connection: Connection,
    bundle: Bundle,
    wish: Wish,
    folder: str,
    table: str,
    entry: int,
    chosen: frozenset[bytes] | None,
) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows of one entry that may be shown, and add the hashes of all of them."""
    sets, kept = tables.row_sets, tables.EVIDENCE[table]
    packed = (
        connection.scalar(sa.select(sets.c.leaves).where(sets.c.entry == entry, sets.c.name == table)) or b""
    )
    bundle.add(f"{folder}/leaves/{entry}-{table}", bytes(packed))
    leaves, out, hidden, gone = log.split(packed), [], 0, 0
    query = sa.select(kept).where(kept.c.entry == entry).order_by(kept.c.pos)
    for row in records(connection.execute(query)):
        full = {name: _as_sealed(row[name]) for name, _, _ in TABLES[table]}
        if row.get("access", "") and row["access"] not in wish.classes:
            hidden += 1
        elif chosen is not None and table in _OF_DECISIONS and row["decision"] not in chosen:
            continue  # asked for by product or action, which the README says
        elif row["pos"] >= len(leaves) or leaf_of(full) != leaves[row["pos"]]:
            gone += 1
        else:
            out.append((entry, full))
    if hidden:
        bundle.left_out.append(f"{hidden} of {table} in log entry {entry}: of a class that was not asked for")
    if gone:
        bundle.left_out.append(
            f"{gone} of {table} in log entry {entry}: purged, or altered (plainspoken verify)"
        )
    return out


def _as_sealed(value: Any) -> Any:
    return value + 0.0 if isinstance(value, float) else value  # no -0.0


def _as_csv(table: str, rows: Sequence[tuple[int, dict[str, Any]]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["entry", *(name for name, _, _ in TABLES[table])], lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells(table, entry, row) for entry, row in rows)
    return text.getvalue()


def _dictionary() -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("column", "meaning"))
    names = ("entry", *(column for column, _, _ in TABLES["decisions"]))
    writer.writerows((name, _MEANING[name]) for name in names)
    return text.getvalue()


def _as_json(table: str, rows: Sequence[tuple[int, dict[str, Any]]]) -> str:
    shown = [
        {"entry": entry, **{name: proving.shown(value) for name, value in row.items()}} for entry, row in rows
    ]
    return json.dumps(shown, indent=1, ensure_ascii=False) + "\n"


def _report(ledger: Ledger, bundle: Bundle, wish: Wish, audit: Audit, folder: str) -> None:
    from reports.report import render

    printed = {one.access for one in ledger.findings(audit)} | {
        one.access for one in ledger.figures(audit).values()
    }
    printed.add("fair_lending")
    if missing := sorted(printed - set(wish.classes)):
        bundle.left_out.append(f"report of audit {audit.audit[:12]}: it prints {' and '.join(missing)} too")
        return
    for wanted in ("html", "pdf"):
        document = render(ledger, audit.audit, "html" if wanted == "html" else "pdf")
        bundle.add(f"{folder}/report.{wanted}", document.content)


def _cases(ledger: Ledger, audit: Audit, chosen: frozenset[bytes] | None) -> str:
    from audit.errors import GoneError

    told: list[dict[str, Any]] = []
    for one in ledger.decisions(audit):
        if chosen is not None and bytes.fromhex(one.decision) not in chosen:
            continue
        try:
            case = ledger.case(audit, one.decision)
        except GoneError as error:
            told.append({"decision": one.decision, "cause": str(error)})
            continue
        told.append(
            {
                "decision": one.decision,
                "id": case.decision,
                "record": dict(case.record),
                "inputs": dict(case.inputs),
            }
        )
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _words(ledger: Ledger, audit: Audit, chosen: frozenset[bytes] | None) -> str:
    """Return what people wrote with the acts on decisions: reasons, views, who reviewed."""
    from audit.errors import GoneError
    from audit.ledger import events

    told: list[dict[str, Any]] = []
    for one in events.events(ledger, audit=audit.audit):
        if (chosen is not None and bytes.fromhex(one.decision) not in chosen) or not one.locked:
            continue
        row: dict[str, Any] = {"entry": one.entry, "pos": one.pos, "decision": one.decision}
        try:
            told.append({**row, "words": events.words(ledger, one)})
        except GoneError as error:
            told.append({**row, "cause": str(error)})
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


# --- what goes with it --------------------------------------------------------------------------------------


def _program(bundle: Bundle) -> None:
    import audit.proof_check

    home = Path(audit.proof_check.__file__).parent
    for name in _CHECKER:
        bundle.add(f"proof_check/{name}", (home / name).read_bytes())
    bundle.add("__main__.py", "import sys\n\nfrom proof_check.__main__ import main\n\nsys.exit(main())\n")


def _readme(ledger: Ledger, wish: Wish, left_out: Sequence[str]) -> str:
    listed = "\n".join(
        f"- {audit.audit[:12]}  {audit.name}, sealed {audit.sealed_at:%Y-%m-%d %H:%M} UTC"
        for audit in wish.audits
    )
    only = [
        f"{name} {value}" for name, value in (("product", wish.product), ("action", wish.action)) if value
    ]
    narrowed = (
        f"Decisions: only those of {' and '.join(only)}; the others are there as hashes.\n" if only else ""
    )
    missing = "\n".join(f"- {one}" for one in left_out) or "- nothing"
    return f"""Evidence of ledger {ledger.origin}

{listed}

Check all of it, offline, with Python 3.11 and the package `cryptography`:

    python3 THIS_FILE.zip THIS_FILE.zip --key KEY [--checkpoint KEPT]

KEY is the ledger's public key and KEPT a checkpoint, both as you got them from elsewhere than this file:
a report or letter that was printed, an earlier export, the lender's publication. public_key.txt says
which key signed; it proves nothing alone. A checker that came with the evidence can be checked too: the
same one is `python -m audit.proof_check` of the program plainspoken.

What is here, for each audit: decisions.csv (its columns in decisions_dictionary.csv), the sealed tables
as JSON, report.html and report.pdf, the audit's own checkpoint, the environment, and the hashes of all
sealed rows. export.json has the log: every entry's hash, the words of those that are about these audits.
{narrowed}
Classes: {", ".join(wish.classes)}. Left out:
{missing}

What no check here can tell: whether the data were true when they were written.
"""
