"""``python -m audit.proof_check FILE --key KEY``: check a proof or an export, offline.

Ends with 0 where everything holds, 4 where something does not, 2 where it was asked wrongly.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import sys
import zipfile
from pathlib import Path

from . import ProofError, check
from .export import MANIFEST, check_export


def _file(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(
            _refused(f"{name}: it cannot be read as text. Name the file that you kept.")
        ) from error


def _refused(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


def key_line(given: str) -> str:
    """Return the public key that is given: the line itself, or the file that holds it."""
    return given if given.startswith("plainspoken+") else _file(given)


def in_words(proven: dict[str, object], letter: str | None) -> list[str]:
    """Return what was proven, a sentence a line.

    Raises
    ------
    ProofError
        Where the letter is none of those that the proof lists.
    """
    row, note = proven["decision"], proven["checkpoint"]
    reasons, documents = proven["reasons"], proven["documents"]
    if not (isinstance(row, dict) and isinstance(note, dict)):
        raise ProofError("the proof says nothing")
    if not (isinstance(reasons, list) and isinstance(documents, list)):
        raise ProofError("the proof says nothing")
    score = "" if row["score"] is None else f", score {row['score']:.6g}"
    cutoff = "" if row["cutoff"] is None else f" against a cutoff of {row['cutoff']:.6g}"
    action = f" ({row['action']})" if row["action"] else ""
    lines = [
        f"Decision {row['decision'].hex()}: {row['outcome']}{action}{score}{cutoff}.",
        f"It stands in log entry {proven['entry']} of audit {proven['audit']}.",
        f"Model {proven['model']}; data {proven['data']}.",
    ]
    for rank, reason in enumerate(reasons, start=1):
        said = json.loads(reason["statement"]).get("en", "") if "statement" in reason else ""
        lines.append(f"Reason {rank}: {reason['code']}{': ' + said if said else ', without a statement'}")
    digests = []
    for sent in documents:
        day = dt.datetime.fromtimestamp(sent["sent_at"] / 1_000_000, dt.UTC).date().isoformat()
        draft = "Draft of a letter" if sent["draft"] else "Letter"
        digests.append(sent["sha256"].hex())
        lines.append(f"{draft} ({sent['kind']}, {sent['format']}, to {sent['role']}), {day}: {digests[-1]}")
    if letter is not None:
        mine = hashlib.sha256(Path(letter).read_bytes()).hexdigest()
        if mine not in digests:
            raise ProofError(f"{letter}: its bytes are none of those that were recorded for this decision")
        lines.append(f"{letter} is that letter, byte for byte.")
    sealed = dt.datetime.fromtimestamp(int(str(proven["sealed_at"])) / 1_000_000, dt.UTC)
    lines.append(f"Sealed {sealed:%Y-%m-%d %H:%M} UTC, under the checkpoint {note['origin']} {note['size']}.")
    return lines


def _export(path: Path, key: str, kept: str | None, *, as_json: bool) -> int:
    if path.is_dir():
        names = [file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()]
        names = [name for name in names if "__pycache__" not in name]
        facts = check_export(lambda name: (path / name).read_bytes(), names, key, kept)
    else:
        with zipfile.ZipFile(path) as archive:
            if len(set(archive.namelist())) != len(archive.namelist()):
                raise ProofError("a file stands in the zip twice")
            if MANIFEST not in archive.namelist():
                raise ProofError("this zip is no export")
            facts = check_export(archive.read, archive.namelist(), key, kept)
    if as_json:
        print(json.dumps({"ok": True, "facts": facts}))
        return 0
    for fact in facts:
        print(f"proven  {fact}")
    print("cannot tell  Whether the data were true when they were written.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Check what was named; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="proof_check", description="Check a proof of one decision, offline."
    )
    parser.add_argument("proof", help="what plainspoken prove or export wrote; an export unpacked, too")
    parser.add_argument("--key", required=True, help="the public key: its line, or a file that holds it")
    parser.add_argument("--checkpoint", help="a checkpoint that was kept elsewhere")
    parser.add_argument("--letter", help="a letter that was received: is it the one that was recorded?")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(arguments)
    kept = _file(asked.checkpoint) if asked.checkpoint else None
    if asked.letter and not Path(asked.letter).is_file():
        return _refused(f"{asked.letter}: there is no such file. Name the letter as it was received.")
    try:
        if Path(asked.proof).is_dir() or zipfile.is_zipfile(asked.proof):
            return _export(Path(asked.proof), key_line(asked.key), kept, as_json=asked.json)
        proven = check(_file(asked.proof), key_line(asked.key), kept)
        lines = in_words(proven, asked.letter)
    except (ProofError, zipfile.BadZipFile) as error:
        print(json.dumps({"ok": False, "fact": str(error)}) if asked.json else f"NOT PROVEN  {error}.")
        return 4
    if asked.json:
        print(json.dumps({"ok": True, **proven}, default=lambda data: data.hex()))
        return 0
    for line in lines:
        print(f"proven  {line}")
    for limit in proven["cannot"] if isinstance(proven["cannot"], list) else ():
        print(f"cannot tell  {limit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
