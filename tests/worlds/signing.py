"""Keys of an invented house in PKCS#12 files, with certificates that it made itself."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

HOUSE = "Sample Harbor Credit Co."
PASSPHRASE = "a passphrase of tests"
VARIABLE = "SAMPLE_HARBOR_PASSPHRASE"
FIRST, LAST = dt.datetime(2026, 1, 1), dt.datetime(2036, 1, 1)


@cache
def _key(kind: str) -> Any:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def a_key(
    file: Path,
    kind: str = "rsa2048",
    *,
    first: dt.datetime = FIRST,
    last: dt.datetime = LAST,
    signs: bool = True,
    locked: bool = True,
) -> Path:
    """Write a key with its certificate into ``file``, and the certificate beside it as ``.pem``.

    Parameters
    ----------
    kind : rsa2048, rsa1024, ec or ed25519
    first, last : when the certificate is in force
    signs : whether it is for signatures
    locked : whether it needs the passphrase
    """
    key = _key(kind)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOUSE)])
    uses = x509.KeyUsage(signs, signs, not signs, False, False, True, False, False, False)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, first, last)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(uses, critical=True)
        .sign(key, None if kind == "ed25519" else hashes.SHA256())
    )
    lock = (
        serialization.BestAvailableEncryption(PASSPHRASE.encode()) if locked else serialization.NoEncryption()
    )
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"house", key, made, None, lock))
    file.with_suffix(".pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return file
