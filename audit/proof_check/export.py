"""Check an examiner's export, offline: every file, row and log entry in it, against a public key.

The export is a zip, or the folder that it was unpacked into. ``decisions.csv`` and the JSON tables
hold sealed rows; each is hashed anew and must stand at its place among the hashes that the log's
entry sealed. Rows that were left out are there as hashes alone, so that nothing can be left out
without a trace.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable

from . import COLUMNS, Note, ProofError, Value, leaf_hash, leaf_of, merkle_root, trusted_after

FORMAT = "plainspoken export 1"
MANIFEST, FILES = "export.json", "files.json"

# As in proof_check, for the tables that an export holds beside those.
_MORE = {
    "audits": "pos:i audit:s name:s kind:s owner:s as_of:s config:s slot:s again:i seed:i program:s "
    "opened_at:i? environment:s",
    "models": "pos:i digest:s name:s framework:s version:s inputs:s output:s n_parameters:i? layers:s "
    "trust:s?",
    "datasets": "pos:i digest:s name:s n_rows:i columns:s",
    "seals": "pos:i audit:s sealed_at:i exit_code:i n_parts:i counts:s timings:s",
    "packs": "pos:i name:s digest:s as_of:s title:s",
    "requirements": "pos:i requirement:s kind:s access:s question:s measure:s bound_since:s? at_least:f? "
    "at_most:f? equals:f? source:s remedy:s title:s not_measured:s? population:i",
    "rates": "pos:i attribute:s group_name:s metric:s n:i value:f? low:f? high:f? cause:s?",
    "disparities": "pos:i attribute:s group_name:s reference:s metric:s n:i value:f? low:f? high:f? "
    "p_value:f? cause:s?",
    "findings": "pos:i requirement:s kind:s access:s outcome:s measure:s attribute:s group_name:s value:f? "
    "low:f? high:f? n:i? bound:s source:s cause:s?",
    "figures": "pos:i name:s access:s body:s",
    "case_events": "pos:i audit:s decision:b person:b? act:s state:s kind:s? subject:s? result:s? day:s? "
    "due_on:s? by:s second:s? at:i cell:b?",
}
TABLES = COLUMNS | {
    table: tuple(
        (name, kind[0], kind.endswith("?")) for name, _, kind in (c.partition(":") for c in said.split())
    )
    for table, said in _MORE.items()
}


def cells(table: str, entry: int, row: dict[str, Value]) -> dict[str, str]:
    """Return a row as a line of CSV: bytes in hex, numbers so that they come back bit for bit."""
    told = {"entry": str(entry)}
    for name, _, _ in TABLES[table]:
        value = row[name]
        told[name] = "" if value is None else value.hex() if isinstance(value, bytes) else str(value)
    return told


def _typed(table: str, told: dict[str, object], *, text: bool) -> tuple[int, dict[str, Value]]:
    """Return the entry and the row of a line of CSV (``text``) or of an object of JSON."""
    if set(told) != {"entry", *(name for name, _, _ in TABLES[table])}:
        raise ProofError(f"a row of {table} has other columns than that table")
    row: dict[str, Value] = {}
    try:
        for name, kind, nullable in TABLES[table]:
            value = told[name]
            if (value is None or (text and value == "")) and nullable:
                row[name] = None
            elif kind == "b":
                row[name] = bytes.fromhex(str(value))
            elif kind == "s":
                row[name] = str(value)
            elif kind == "f":
                row[name] = float(str(value))
            else:
                row[name] = int(str(value))
        return int(str(told["entry"])), row
    except (ValueError, TypeError) as error:
        raise ProofError(f"a row of {table} holds what was never sealed there") from error


def check_export(
    read: Callable[[str], bytes], names: Iterable[str], key: str, kept: str | None = None
) -> list[str]:
    """Check an export; return what it proves, a sentence each.

    Parameters
    ----------
    read : callable
        Gives the bytes of a file of the export.
    names : iterable of str
        All files that it has.
    key : str
        The public key, as it was got from elsewhere.
    kept : str, optional
        A checkpoint that was kept elsewhere: the export's log must begin with it.

    Raises
    ------
    ProofError
        Where anything does not hold.
    """
    try:
        return _check(read, set(names), key, kept)
    except (KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise ProofError(f"the export is not built as one is ({type(error).__name__}: {error})") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ProofError):
            raise
        raise ProofError("the export holds a file that cannot be read") from error


def _check(read: Callable[[str], bytes], names: set[str], key: str, kept: str | None) -> list[str]:
    manifest = json.loads(read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise ProofError(f"this is no export of the form {FORMAT!r}")
    note = Note(manifest["checkpoint"])
    if not note.signed_by(trusted_after(key, manifest["keys"], note.origin)):
        raise ProofError("the checkpoint is not signed by the key that was given")
    leaves = [bytes.fromhex(leaf) for leaf in manifest["log"]]
    if len(leaves) != note.size or merkle_root(leaves) != note.root:
        raise ProofError("the log of the export is not the one that was signed")
    facts = [f"the log of {note.size} entries is signed as {note.origin}"]
    if kept is not None:
        mine = Note(kept if kept.endswith("\n") else kept + "\n")
        if mine.origin != note.origin:
            raise ProofError(f"the kept checkpoint is of another ledger ({mine.origin}, not {note.origin})")
        if mine.size > note.size or merkle_root(leaves[: mine.size]) != mine.root:
            raise ProofError(f"the log does not begin with the {mine.size} entries of the kept checkpoint")
        facts.append(f"it begins with the {mine.size} entries of the kept checkpoint")
    bodies = {}
    for entry in manifest["entries"]:
        if leaf_hash(entry["body"].encode()) != leaves[entry["position"]]:
            raise ProofError(f"log entry {entry['position']} is not the one that was signed")
        bodies[entry["position"]] = json.loads(entry["body"])
    facts.append(f"{len(bodies)} log entries are the signed ones")
    facts += _files(read, names, bodies[manifest["export"]])
    for audit in manifest["audits"]:
        facts += _audit(read, audit, bodies)
    return facts


def _files(read: Callable[[str], bytes], names: set[str], export: dict[str, object]) -> list[str]:
    listed = read(FILES)
    if export["act"] != "export" or hashlib.sha256(listed).hexdigest() != export["files"]:
        raise ProofError("the list of files is not the one that was logged when they were handed out")
    files = json.loads(listed)
    if names - {MANIFEST, FILES} != set(files):
        odd = ", ".join(sorted((names - {MANIFEST, FILES}) ^ set(files))[:3])
        raise ProofError(f"the export has other files than were handed out ({odd})")
    for name, digest in files.items():
        if hashlib.sha256(read(name)).hexdigest() != digest:
            raise ProofError(f"{name}: it is not the file that was handed out")
    return [f"{len(files)} files are those that were handed out, byte for byte"]


def _audit(
    read: Callable[[str], bytes], audit: dict[str, object], bodies: dict[int, dict[str, object]]
) -> list[str]:
    name, facts = str(audit["audit"]), []
    tables: dict[str, list[tuple[int, dict[str, Value]]]] = {}
    for table, file in dict(audit["rows"]).items():  # type: ignore[call-overload]
        if file.endswith(".csv"):
            lines = csv.DictReader(io.StringIO(read(file).decode(), newline=""))
            tables[table] = [_typed(table, dict(line), text=True) for line in lines]
        else:
            tables[table] = [_typed(table, row, text=False) for row in json.loads(read(file))]
    for table, rows in tables.items():
        kept: dict[int, list[bytes]] = {}
        sealed = 0
        for at, body in bodies.items():
            said = body.get("rows", {})
            if body.get("audit") != name or not isinstance(said, dict) or table not in said:
                continue
            packed = read(f"audits/{name[:12]}/leaves/{at}-{table}")
            kept[at] = [packed[i : i + 32] for i in range(0, len(packed), 32)]
            if len(kept[at]) != said[table]["n"] or merkle_root(kept[at]).hex() != said[table]["root"]:
                raise ProofError(f"{table}: the hashes of log entry {at} are not those that were sealed")
            sealed += len(kept[at])
        met = set()
        for entry, row in rows:
            pos = int(str(row["pos"]))
            if entry not in kept or not 0 <= pos < len(kept[entry]) or leaf_of(row) != kept[entry][pos]:
                raise ProofError(f"{table}: row {pos} of log entry {entry} is not the one that was sealed")
            met.add((entry, pos))
        if len(met) != len(rows):
            raise ProofError(f"{table}: a row stands there twice")
        left = sealed - len(met)
        out = f"; {left} left out, there as hashes" if left else ""
        facts.append(f"audit {name[:12]}: {len(rows)} rows of {table} as sealed{out}")
    return facts


__all__ = ["FILES", "FORMAT", "MANIFEST", "TABLES", "cells", "check_export"]
