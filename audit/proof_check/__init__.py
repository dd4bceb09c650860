"""Check the proof of one decision, offline, with nothing but this file and a public key.

``plainspoken prove`` writes a proof: the decision's sealed row, the reasons' sealed statements and
what was sent, the path of each to the root of a signed checkpoint. This module recomputes every
hash on the way. It shares no code with the ledger and imports ``hashlib``, ``json``, ``base64``
and ``cryptography`` alone, so that whoever must trust it can read it whole.

Why so: forged proofs have been accepted before now by the verifying client, not by the log. So
the two algorithms are RFC 9162's (2.1.3.2 and 2.1.4.2), unchanged; the names of the columns stand
here and are never taken from the file; and a file has one form only: what is not written exactly
as ``text_of`` writes it is refused, so no byte of it can change and mean the same.
"""

from __future__ import annotations

import base64
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "plainspoken proof 1"

# name:kind of each hashed column, in order: i whole number, f number, s text, b bytes, ? may be absent
_COLUMNS = {
    "decisions": "pos:i source_row:i decision:b outcome:s score:f? cutoff:f? action:s? stage:s certified:s? "
    "notice:s cause:s? due_on:s? reason_codes:s",
    "reason_codes": "pos:i factor:s code:s columns:s statement:s direction:s hmda:i? changeable:i "
    "missing_columns:s missing_statement:s priority:i? proxy:s? approved:s?",
    "documents": "pos:i audit:s kind:s format:s language:s draft:i entity:s? decision:b? action:s? person:b? "
    "role:s? sent_at:i sha256:b n_bytes:i template_digest:s environment_digest:s words_mark:b words:b "
    "content:b? recipient:b? again:i late:i remarks:b?",
}
COLUMNS = {
    table: tuple(
        (name, kind[0], kind.endswith("?")) for name, _, kind in (c.partition(":") for c in said.split())
    )
    for table, said in _COLUMNS.items()
}
_ED25519 = b"\x01"
_LITTLE = memoryview(b"\x01\x00").cast("H")[0] == 1

Value = int | float | str | bytes | None


class ProofError(ValueError):
    """Something in a proof does not hold; the text says what."""


# --- hashes: RFC 9162 -----------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    """Return the root over leaf hashes (RFC 9162, 2.1.1)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = leaves
    while len(level) > 1:
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - 1 :] if len(level) % 2 else paired
    return level[0]


def included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Return whether ``path`` proves that ``leaf`` stands at ``index`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = _node(sibling, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = _node(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


def consistent(old_size: int, old_root: bytes, size: int, root: bytes, path: list[bytes]) -> bool:
    """Return whether ``path`` proves the old log a beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    steps = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not steps:
        return False
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = steps[0]
    for sibling in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old_node, new_node = _node(sibling, old_node), _node(sibling, new_node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_node = _node(new_node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old_node == old_root and new_node == root


def pack(values: list[Value]) -> bytes:
    """Return the canonical bytes of a row: each value with a tag, text and bytes with their length."""
    out = []
    for value in values:
        if value is None:
            out.append(b"n")
        elif isinstance(value, str):
            raw = value.encode()
            out.append(b"s" + len(raw).to_bytes(4, "little") + raw)
        elif isinstance(value, float):
            cell = memoryview(bytearray(8)).cast("d")
            cell[0] = value
            eight = bytes(cell.cast("B"))
            out.append(b"f" + (eight if _LITTLE else eight[::-1]))
        elif isinstance(value, int):
            out.append(b"i" + value.to_bytes(8, "little", signed=True))
        else:
            out.append(b"b" + len(value).to_bytes(4, "little") + value)
    return b"".join(out)


# --- checkpoints and keys -------------------------------------------------------------------------


class Note:
    """What a checkpoint says: origin, size, root, the signed lines and the signatures."""

    def __init__(self, text: str) -> None:
        head, gap, tail = text.partition("\n\n")
        lines = head.split("\n")
        if not gap or len(lines) != 3 or not tail.endswith("\n"):
            raise ProofError("the checkpoint is no signed note of three lines")
        self.origin, self.signed = lines[0], (head + "\n").encode()
        if not lines[1].isascii() or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
            raise ProofError("the checkpoint's second line is no size")
        self.size, self.root = int(lines[1]), _base64(lines[2])
        if len(self.root) != 32:
            raise ProofError("the checkpoint's third line is no root")
        self.signatures = []
        for line in tail[:-1].split("\n"):
            dash, name, encoded = line.split(" ") if line.count(" ") == 2 else ("", "", "")
            if dash != "\u2014" or not name:
                raise ProofError("a signature line of the checkpoint is none")
            self.signatures.append((name, _base64(encoded)))

    def signed_by(self, key: str) -> bool:
        """Return whether one of the signatures is this key's, and holds."""
        name, hash_, public = _public(key)
        for signer, blob in self.signatures:
            if (signer, blob[:4]) == (name, hash_):
                try:
                    Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], self.signed)
                except InvalidSignature:
                    return False
                return True
        return False


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise ProofError("what must be base64 is not") from error
    if base64.b64encode(data).decode() != text:
        raise ProofError("what must be base64 is not")
    return data


def _public(line: str) -> tuple[str, bytes, bytes]:
    parts = line.strip().split("+", 2)
    if len(parts) != 3:
        raise ProofError("the key is no public key of a ledger; its line begins with plainspoken+")
    name, public = parts[0], _base64(parts[2])
    hash_ = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    if public[:1] != _ED25519 or len(public) != 33 or hash_.hex() != parts[1]:
        raise ProofError("the key is no public key of a ledger; it does not fit the hash beside it")
    return name, hash_, public[1:]


# --- the form of a proof --------------------------------------------------------------------------


def text_of(body: object) -> str:
    """Return the one form in which a proof is written."""
    return json.dumps(body, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _read(text: str) -> dict[str, object]:
    try:
        body = json.loads(text)
        same = text_of(body) == text
    except (ValueError, RecursionError) as error:
        raise ProofError("the file is no proof: it is not JSON") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ProofError(f"the file is no proof of the form {FORMAT!r}")
    if not same:
        raise ProofError("the file is not written as a proof is: something in it was changed")
    return body


def _fields(value: object, *names: str) -> list[object]:
    if not isinstance(value, dict) or sorted(value) != sorted(names):
        raise ProofError(f"a part of the proof must have exactly {', '.join(names)}")
    return [value[name] for name in names]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ProofError("a text is missing in the proof")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProofError("a whole number is missing in the proof")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ProofError("a list is missing in the proof")
    return value


def _hex(value: object) -> bytes:
    text = _text(value)
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise ProofError("what must be hex digits is not") from error
    if data.hex() != text:
        raise ProofError("what must be hex digits is not")
    return data


def _path(value: object) -> list[bytes]:
    path = [_hex(step) for step in _list(value)]
    if any(len(step) != 32 for step in path):
        raise ProofError("a path holds what is no hash")
    return path


def _body(value: object) -> dict[str, object]:
    text = _text(value)
    try:
        body = json.loads(text)
        same = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == text
    except (ValueError, RecursionError) as error:
        raise ProofError("a log entry in the proof is not JSON") from error
    if not isinstance(body, dict) or not same:
        raise ProofError("a log entry in the proof is not written as log entries are")
    return body


def row_of(table: str, values: list[object]) -> dict[str, Value]:
    """Return a row by its columns' names; each value must be of its column's kind."""
    columns = COLUMNS.get(table)
    if columns is None or len(values) != len(columns):
        raise ProofError(f"a row of {table} in the proof has other columns than that table")
    row: dict[str, Value] = {}
    for (name, kind, nullable), value in zip(columns, values, strict=True):
        if value is None and nullable:
            row[name] = None
        elif kind == "b":
            row[name] = _hex(value)
        elif kind == "s":
            row[name] = _text(value)
        elif kind == "f" and isinstance(value, float):
            row[name] = value
        elif kind == "i":
            row[name] = _whole(value)
        else:
            raise ProofError(f"{table}.{name} in the proof is of another kind")
    return row


def leaf_of(row: dict[str, Value]) -> bytes:
    """Return the leaf hash of a row."""
    try:
        return leaf_hash(pack(list(row.values())))
    except (OverflowError, UnicodeEncodeError) as error:
        raise ProofError("a value in the proof cannot have been sealed") from error


# --- the check ------------------------------------------------------------------------------------


def check(text: str, key: str, kept: str | None = None) -> dict[str, object]:
    """Check a proof; return what it proves.

    Parameters
    ----------
    text : str
        The proof, as ``plainspoken prove`` wrote it.
    key : str
        The public key, as it was got from elsewhere: never from whoever hands in the proof.
    kept : str, optional
        A checkpoint that was kept elsewhere (each report prints one). The proof must speak of it.

    Returns
    -------
    dict
        ``audit``, ``decision`` (the sealed row by column), ``reasons``, ``documents``, ``model``,
        ``data``, ``sealed_at``, ``checkpoint`` (origin, size, root), ``cannot`` (what is not proven).

    Raises
    ------
    ProofError
        Where anything does not hold.
    """
    names = ("format", "audit", "decision", "checkpoint", "earlier", "keys", "entries", "rows", "unstated")
    _, audit, decision, note_text, earlier, keys, entries, rows, unstated = _fields(_read(text), *names)
    note = Note(_text(note_text))
    if not note.signed_by(trusted_after(key, keys, note.origin)):
        raise ProofError("the checkpoint is not signed by the key that was given")
    bodies = _entries(note, entries)
    found = _rows(bodies, rows)
    stated = [_text(code) for code in _list(unstated)]
    told = _meaning(_text(audit), _hex(decision), bodies, found, stated)
    _earlier(note, earlier, kept, max(at for at, body in bodies.items() if body.get("act") == "seal") + 1)
    return {
        "audit": _text(audit),
        **told,
        "checkpoint": {"origin": note.origin, "size": note.size, "root": note.root.hex()},
        "cannot": [
            "Whether the data were true when they were written.",
            "Whether other letters about this decision were sent than those listed here.",
            "Whose decision it is: the ledger knows it by a pseudonym. A letter whose bytes are listed ties "
            "it to a person, and so does whoever holds the ledger's key file.",
        ],
    }


def trusted_after(key: str, keys: object, origin: str) -> str:
    """Return the newest key that the given one vouches for, rotation by rotation."""
    _public(key)
    trusted = key.strip()
    for rotation in _list(keys):
        at, text, path, signed = _fields(rotation, "position", "body", "path", "checkpoint")
        position, note, body = _whole(at), Note(_text(signed)), _body(text)
        if (note.origin, note.size) != (origin, position + 1) or not note.signed_by(trusted):
            raise ProofError("the change of the signing key is not signed by the key before it")
        if not included(leaf_hash(_text(text).encode()), position, note.size, _path(path), note.root):
            raise ProofError("the change of the signing key does not stand in the log")
        if (body.get("act"), body.get("previous")) != ("key", trusted):
            raise ProofError("a change of the signing key is another one than the next")
        trusted = _text(body.get("public"))
        if not note.signed_by(trusted):
            raise ProofError("the change of the signing key is not signed by the new key")
    return trusted


def _earlier(note: Note, earlier: object, kept: str | None, own: int) -> None:
    """Check the audit's own checkpoint (of size ``own``), and that the kept one is one of the two."""
    if (earlier is None) != (note.size == own):
        raise ProofError("the audit's own checkpoint must stand in the proof, once")
    known = {(note.size, note.root)}
    if earlier is not None:
        size, root, path = _fields(earlier, "size", "root", "path")
        if not consistent(_whole(size), _hex(root), note.size, note.root, _path(path)):
            raise ProofError("the audit's own checkpoint is not a beginning of the log that was signed")
        if _whole(size) != own:
            raise ProofError("the earlier checkpoint is not the one behind the audit's seal")
        known.add((_whole(size), _hex(root)))
    if kept is not None:
        mine = Note(kept if kept.endswith("\n") else kept + "\n")
        if mine.origin != note.origin:
            raise ProofError(f"the kept checkpoint is of another ledger ({mine.origin}, not {note.origin})")
        if (mine.size, mine.root) not in known:
            sizes = " and ".join(str(size) for size, _ in sorted(known))
            raise ProofError(
                f"the kept checkpoint (size {mine.size}) is not one that the proof speaks of ({sizes}); "
                "ask for a proof under it: plainspoken prove --checkpoint FILE"
            )


def _entries(note: Note, value: object) -> dict[int, dict[str, object]]:
    bodies: dict[int, dict[str, object]] = {}
    for entry in _list(value):
        at, text, path = _fields(entry, "position", "body", "path")
        position = _whole(at)
        if bodies and position <= max(bodies):
            raise ProofError("the log entries of the proof are not in order")
        if not included(leaf_hash(_text(text).encode()), position, note.size, _path(path), note.root):
            raise ProofError(f"log entry {position} does not stand in the log that was signed")
        bodies[position] = _body(text)
    return bodies


Found = list[tuple[int, str, dict[str, Value]]]


def _rows(bodies: dict[int, dict[str, object]], value: object) -> Found:
    found: Found = []
    for one in _list(value):
        entry, table, values, path = _fields(one, "entry", "table", "values", "path")
        at, name, row = _whole(entry), _text(table), row_of(_text(table), _list(values))
        sets = bodies.get(at, {}).get("rows")
        said = sets.get(name) if isinstance(sets, dict) else None
        n, root = _fields(said, "n", "root")
        if not included(leaf_of(row), _whole(row["pos"]), _whole(n), _path(path), _hex(root)):
            raise ProofError(f"a row of {name} is not among those that log entry {at} sealed")
        if found and (at, name, row["pos"]) <= (found[-1][0], found[-1][1], found[-1][2]["pos"]):
            raise ProofError("the rows of the proof are not in order")
        found.append((at, name, row))
    return found


def _meaning(
    audit: str, decision: bytes, bodies: dict[int, dict[str, object]], found: Found, unstated: list[str]
) -> dict[str, object]:
    """Return what the rows say together; they must speak of one decision of one audit, and of no other."""
    acts: dict[str, list[int]] = {}
    for at, body in bodies.items():
        if body.get("audit") != audit:
            raise ProofError(f"log entry {at} is of another audit")
        acts.setdefault(_text(body.get("act")), []).append(at)
    if sorted(acts) not in (["open", "part", "seal"], ["document", "open", "part", "seal"]):
        raise ProofError("the proof must hold how the audit was opened, the decision's part, and the seal")
    if any(len(acts[act]) != 1 for act in ("open", "part", "seal")):
        raise ProofError("the proof speaks of more than one part of the audit")
    (opened,), (part,), (seal,) = acts["open"], acts["part"], acts["seal"]
    homes = {"decisions": [part], "reason_codes": [seal], "documents": acts.get("document", [])}
    for at, table, row in found:
        if at not in homes[table] or (table == "documents" and row["audit"] != audit):
            raise ProofError(f"a row of {table} stands at a log entry of another act")
        if table != "reason_codes" and row["decision"] != decision:
            raise ProofError(f"a row of {table} is of another decision")
    decided = [row for _, table, row in found if table == "decisions"]
    if len(decided) != 1:
        raise ProofError("the proof must hold the decision's row, once")
    sent = [at for at, table, _ in found if table == "documents"]
    if sent != acts.get("document", []):
        raise ProofError("each letter's log entry must have its row")
    codes = _text(decided[0]["reason_codes"]).split()
    stated = {row["code"]: row for _, table, row in found if table == "reason_codes"}
    if len(stated) != sum(table == "reason_codes" for _, table, _ in found):
        raise ProofError("a reason's statement stands in the proof twice")
    if set(stated) & set(unstated) or sorted(set(unstated)) != unstated:
        raise ProofError("a reason cannot be stated and unstated")
    if {*stated, *unstated} != set(codes):
        raise ProofError("the statements are not those of the decision's reasons")
    head = bodies[opened]
    return {
        "decision": decided[0],
        "reasons": [stated.get(code, {"code": code}) for code in dict.fromkeys(codes)],
        "documents": [row for _, table, row in found if table == "documents"],
        "model": _text(head.get("model")),
        "data": _text(head.get("dataset")),
        "sealed_at": _whole(bodies[seal].get("sealed_at")),
        "entry": part,
    }
