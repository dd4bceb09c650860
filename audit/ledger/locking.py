"""Encoding and locking of a whole part: pure functions of plain values, the same wherever they are done.

What a person is locked under is theirs alone, so each cell takes a cipher of its own; the rest is done
once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from functools import lru_cache
from hashlib import blake2b, sha256
from itertools import chain
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from audit.errors import LedgerError
from audit.ledger import entries, partitions, tables
from audit.ledger.seal import text_of
from audit.ledger.shapes import json_text

KEY_SIZE = 32
NONCE_SIZE = 12

Plain = tuple[Any, ...]  # the fields of a ``Packed``
Inputs = Sequence[Any] | Mapping[str, Any] | None  # in the order of the names; by name where some are absent
Shut = tuple[list[bytes], list[int], list[bytes], list[bytes]]  # what ``shut`` returns

_AS_JSON = {float, str, type(None)}
_NUMBERS = {float, type(None)}
_TOGETHER = 1000  # rows encoded in one call


def _texts(what: str, rows: Sequence[int], bodies: Sequence[Any]) -> list[str]:
    try:
        return list(map(text_of, bodies))
    except (TypeError, ValueError):
        return [json_text(f"{what} in row {row}", body) for row, body in zip(rows, bodies, strict=True)]


def details(at: Sequence[int], rows: Sequence[int], bodies: Sequence[Any]) -> Plain:
    """Return the partition of what slim rows leave out.

    Parameters
    ----------
    at, rows : of each body, the decision's position, and its row in the data, which an error names

    Raises
    ------
    LedgerError
    """
    texts = _texts("decision", rows, bodies)
    return astuple(partitions.pack("details", "", [("pos", "i8", at), ("detail", "str", texts)]))


def attributions(method: str, columns: Sequence[tuple[str, str, bytes]]) -> Plain:
    """Return the partition of one method's attributions, of the bytes of its columns.

    Raises
    ------
    LedgerError
        Where one of them is no number.
    """
    return astuple(partitions.pack_bytes("attributions", method, columns))


def cells(rows: Sequence[int], bodies: Sequence[Any]) -> list[bytes]:
    """Return the bytes of each cell, to be locked; ``rows`` in the data are what an error names.

    Raises
    ------
    LedgerError
    """
    return [text.encode() for text in _texts("case", rows, bodies)]


def inputs(seen: Sequence[Inputs]) -> list[bytes | None]:
    """Return the bytes of what the model saw of each decision, to be locked; None where that is nothing.

    Raises
    ------
    LedgerError
    """
    out: list[bytes | None] = []
    for start in range(0, len(seen), _TOGETHER):
        some = seen[start : start + _TOGETHER]
        out += _numbers(some) or [None if values is None else _input_bytes(values) for values in some]
    return out


def _numbers(seen: Sequence[Inputs]) -> list[bytes] | None:
    """Return inputs that are numbers alone, each as a list in JSON; None where some are not."""
    if set(map(type, seen)) != {tuple} or not _NUMBERS.issuperset(map(type, chain.from_iterable(seen))):  # type: ignore[arg-type]
        return None
    try:
        text = text_of(list(seen))  # one call for all: no number holds a bracket or a comma
    except ValueError:
        return None
    return text[1:-1].replace("],[", "]\n[").encode().split(b"\n")


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
    if isinstance(value, bytes):  # which float() would read as digits; an array's number goes aside as such
        raise LedgerError("inputs: bytes are no value of an input. Seal numbers and strings.")
    number = float(value)
    return None if number != number else number  # a missing number is missing, not NaN


# --- locks ----------------------------------------------------------------------------------------


@lru_cache(8)  # the two inner keys made once: a portfolio has millions of ids, asked for one by one too
def _pads(key: bytes, kind: str) -> tuple[bytes, bytes]:
    key = key.ljust(64, b"\0")
    return bytes(b ^ 0x36 for b in key) + f"{kind}|".encode(), bytes(b ^ 0x5C for b in key)


def pseudonyms(key: bytes, kind: str, names: Iterable[str]) -> list[bytes]:
    """Return what stands for each of these ids: HMAC-SHA256 (RFC 2104), its first 16 bytes."""
    start, around = _pads(key, kind)
    return [sha256(around + sha256(start + name.encode()).digest()).digest()[:16] for name in names]


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


def shut(
    plain: Sequence[bytes],
    seen: Sequence[bytes | None],
    start: str,
    first: int,
    places: Sequence[int],
    within: Sequence[int],
    persons: Sequence[bytes],
    keys: bytes,
) -> Shut:
    """Return the locked cells of persons; and of what the model saw: positions, owners, and it, locked.

    Parameters
    ----------
    plain, places, within, persons : of one length
        Of each person of each decision: what is to be locked, the decision's position, the person's
        number within it, and their pseudonym.
    seen : of each decision
        What the model saw; locked under its first person.
    start : str
        What the place of a field of this part begins with.
    first : int
        The position of the first of these decisions.
    keys : bytes
        Of the persons, one after the other.
    """
    out: list[bytes] = []
    at: list[int] = []
    owners: list[bytes] = []
    inside: list[bytes] = []
    for pos, i, person, key, cell in zip(places, within, persons, split_keys(keys), plain, strict=True):
        encrypt = AESGCMSIV(key).encrypt
        where = f"{start}{pos}/case/{i}".encode()
        nonce = blake2b(where, key=key, digest_size=NONCE_SIZE, person=b"field nonce").digest()
        out.append(encrypt(nonce, cell, person + where))
        if i == 0 and (saw := seen[pos - first]) is not None:
            where = f"{start}{pos}/inputs".encode()
            nonce = blake2b(where, key=key, digest_size=NONCE_SIZE, person=b"field nonce").digest()
            at.append(pos)
            owners.append(person)
            inside.append(encrypt(nonce, saw, person + where))
    return out, at, owners, inside


def locked(
    some: Shut,
    more: Shut,
    names: Sequence[str],
    places: Sequence[int],
    within: Sequence[int],
    persons: Sequence[bytes],
) -> tuple[list[bytes], tuple[bytes, bytes], Plain | None]:
    """Return the locked cells of persons, the hashes of their rows, and the partition of locked inputs.

    Parameters
    ----------
    some, more : what was locked of the first decisions, and of all others
    names : of the inputs
    places, within, persons : of all, as ``shut`` takes them
    """
    out, at = [*some[0], *more[0]], [*some[1], *more[1]]
    owners, inside = [*some[2], *more[2]], [*some[3], *more[3]]
    packed = None
    if inside:
        columns = [("pos", "i8", at), ("person", "bin", owners), ("cell", "bin", inside)]
        packed = partitions.pack("inputs", "", columns, {"cell": {"fields": list(names)}})
    return out, fields(places, within, persons, out).hashes(), None if packed is None else astuple(packed)


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
