"""Encoding and locking of a whole part: pure functions of plain values, the same wherever they are done.

What a person is locked under is theirs alone, so each cell takes a cipher of its own; the rest is done
once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from audit.ledger import entries, tables
from audit.ledger.seal import text_of
from audit.ledger.shapes import json_text

KEY_SIZE = 32
NONCE_SIZE = 12

Inputs = Sequence[Any] | Mapping[str, Any] | None  # in the order of the names; by name where some are absent

_AS_JSON = {float, str, type(None)}


def texts(what: str, rows: Sequence[int], bodies: Sequence[Any]) -> list[str]:
    """Return each body as compact JSON.

    Parameters
    ----------
    what, rows : what an error says of a body: "case in row", and its row in the data

    Raises
    ------
    LedgerError
    """
    try:
        return list(map(text_of, bodies))
    except (TypeError, ValueError):
        return [json_text(f"{what} {row}", body) for row, body in zip(rows, bodies, strict=True)]


def cells(rows: Sequence[int], bodies: Sequence[Any]) -> list[bytes]:
    """Return the bytes of each cell, to be locked.

    Raises
    ------
    LedgerError
    """
    return [text.encode() for text in texts("case in row", rows, bodies)]


def inputs(seen: Sequence[Inputs]) -> list[bytes | None]:
    """Return the bytes of what the model saw of each decision, to be locked; None where that is nothing.

    Raises
    ------
    LedgerError
    """
    return [None if values is None else _input_bytes(values) for values in seen]


def _input_bytes(values: Sequence[Any] | Mapping[str, Any]) -> bytes:
    if isinstance(values, Mapping):
        return json_text("inputs", {name: _plain(value) for name, value in values.items()}).encode()
    if _AS_JSON.issuperset(map(type, values)):
        try:
            return text_of(values).encode()
        except ValueError:
            pass  # a number is missing or infinite: looked at one by one below
    return json_text("inputs", [_plain(value) for value in values]).encode()


def _plain(value: Any) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    return None if number != number else number  # a missing number is missing, not NaN


# --- locks ----------------------------------------------------------------------------------------


def field_nonce(where: bytes, data_key: bytes) -> bytes:
    """Return the nonce of a field: of its place, under the key of its person."""
    return blake2b(where, key=data_key, digest_size=NONCE_SIZE, person=b"field nonce").digest()


def wrap_nonce(person: bytes, wrapping: bytes) -> bytes:
    """Return the nonce under which a person's key is wrapped."""
    return blake2b(person, key=wrapping, digest_size=NONCE_SIZE, person=b"wrapping nonce").digest()


def split_keys(keys: bytes) -> list[bytes]:
    """Return the keys that lie one after the other."""
    return [keys[i : i + KEY_SIZE] for i in range(0, len(keys), KEY_SIZE)]


def wrapped(wrapping: bytes, persons: Sequence[bytes], data_keys: bytes) -> list[bytes]:
    """Return the keys of persons, which lie one after the other, each wrapped."""
    encrypt = AESGCMSIV(wrapping).encrypt
    # Its key is the same for all, so it is taken in once.
    start = blake2b(key=wrapping, digest_size=NONCE_SIZE, person=b"wrapping nonce")
    out = []
    for person, data_key in zip(persons, split_keys(data_keys), strict=True):
        nonce = start.copy()
        nonce.update(person)
        out.append(encrypt(nonce.digest(), data_key, person))
    return out


def locked(
    plain: Sequence[bytes],
    seen: Sequence[bytes | None],
    start: str,
    places: Sequence[int],
    within: Sequence[int],
    persons: Sequence[bytes],
    keys: bytes,
) -> tuple[list[bytes], list[bytes], tuple[bytes, bytes]]:
    """Return the cells of persons and the inputs of decisions, locked, and the hashes of the cells' rows.

    Parameters
    ----------
    plain, places, within, persons : of one length
        Of each person of each decision: what is to be locked, the decision's position, the person's
        number within it, and their pseudonym.
    seen : of each decision
        What the model saw; locked under its first person.
    start : str
        What the place of a field of this part begins with.
    keys : bytes
        Of the persons, one after the other.
    """
    out: list[bytes] = []
    shut: list[bytes] = []
    for pos, i, person, key, cell in zip(places, within, persons, split_keys(keys), plain, strict=True):
        encrypt = AESGCMSIV(key).encrypt
        where = f"{start}{pos}/case/{i}".encode()
        nonce = blake2b(where, key=key, digest_size=NONCE_SIZE, person=b"field nonce").digest()
        out.append(encrypt(nonce, cell, person + where))
        if i == 0 and (saw := seen[pos]) is not None:
            where = f"{start}{pos}/inputs".encode()
            nonce = blake2b(where, key=key, digest_size=NONCE_SIZE, person=b"field nonce").digest()
            shut.append(encrypt(nonce, saw, person + where))
    return out, shut, fields(places, within, persons, out).hashes()


def fields(
    places: Sequence[int], within: Sequence[int], persons: Sequence[bytes], cells: Sequence[bytes]
) -> entries.Columns:
    """Return the rows of locked cells."""
    names = list(map("case/{}".format, within)) if any(within) else ["case/0"] * len(within)
    given: dict[str, list[Any]] = {
        "place": list(places),
        "person": list(persons),
        "field": names,
        "cell": list(cells),
    }
    return entries.columns(tables.locked_fields, given)
