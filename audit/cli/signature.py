"""Electronic signatures, where a house wants them: PAdES in each letter, CAdES beside the manifest.

The key and its certificate come from a PKCS#12 file of the house, the passphrase from the environment.
Nothing is fetched: no timestamp, no revocation list. So a signature says who, and over which bytes; its time
is the letter's date, as the record has it, at midnight UTC. With an RSA key equal letters have equal
signatures; an ECDSA signature is another each time.

Why so: "sealed" means in the log. A signature adds what whoever does not have the log can check. The ledger
records the bytes that go out, signature and all, and beside them the hash of what was signed, which is what a
letter that is rendered anew is held to.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import os
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import Fault, UsageError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from audit.record import Document

SIGNATURE = "manifest.sha256.p7s"
_FIELD = "Signature"
_LEAST_BITS = 2048  # of an RSA key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A PKCS#12 file, and the variable of the environment that holds its passphrase."""

    file: Path
    passphrase_env: str | None = None

    def check(self, date: dt.date, now: dt.datetime) -> None:
        """Say what keeps this key from signing letters of a date, before any work.

        Raises
        ------
        UsageError
            There is no such file, the passphrase is another, the certificate is not in force or for other
            uses, the key is too short, or pyHanko is not installed.
        """
        try:
            import pyhanko.sign  # noqa: F401
        except ImportError as error:
            raise self._wrong("pyHanko is not installed", "pip install 'plainspoken[pades]'") from error
        certificate = _opened(self).certificate
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if now > last:
            raise self._wrong(f"its certificate ended on {last.date()}", "Give one that is in force")
        if now < first:
            raise self._wrong(f"its certificate begins on {first.date()}", "Give one that is in force")
        if not first.date() <= date <= last.date():
            fact = (
                f"its certificate is in force from {first.date()} to {last.date()}, the letters are of {date}"
            )
            raise self._wrong(fact, "Give one that is in force on that day, or another --date")
        self._check_uses(certificate)

    def _check_uses(self, certificate: Certificate) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise self._wrong("its key is neither RSA nor ECDSA", "Give a file with one of them")
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_BITS:
            raise self._wrong(f"its RSA key has {key.key_size} bits", f"Give one of {_LEAST_BITS} or more")
        try:
            uses = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return  # it is for every use
        if not (uses.digital_signature or uses.content_commitment):
            raise self._wrong("its certificate is not for signatures", "Give one with that use of its key")

    def passphrase(self) -> bytes | None:
        """Return the passphrase; None where there is to be none."""
        if self.passphrase_env is None:
            return None
        found = os.environ.get(self.passphrase_env)
        if found is None:
            fact = f"the environment has no {self.passphrase_env}"
            raise UsageError(f"--passphrase-env: {fact}. Set it to the passphrase of {self.file}.")
        return found.encode()

    def _wrong(self, fact: str, way_out: str) -> UsageError:
        return UsageError(str(Fault(str(self.file), None, "", fact, way_out)))

    @property
    def certificate(self) -> str:
        """The SHA-256 of the certificate, in hex digits: ``openssl x509 -fingerprint -sha256``."""
        return _opened(self).fingerprint

    def sign(self, document: Document, date: dt.date) -> Document:
        """Return a PDF with its signature; other formats as they are.

        Parameters
        ----------
        date : the letter's; what the signature gives as its time
        """
        if document.format != "pdf":
            return document
        over = hashlib.sha256(document.content).hexdigest()
        content = _signed(_opened(self), document.content, date)
        return replace(document, content=content, signed_over=over, certificate=self.certificate)

    def detached(self, content: bytes) -> bytes:
        """Return a CAdES signature over bytes that lie beside it: CMS in DER, as ``openssl cms`` reads it."""
        signer = _opened(self).signer
        made = asyncio.run(signer.async_sign_general_data(content, "sha256", detached=True, use_cades=True))
        result: bytes = made.dump()
        return result


@dataclass(frozen=True, slots=True)
class _Opened:
    signer: Any
    certificate: Certificate
    fingerprint: str


@cache
def _opened(key: SigningKey) -> _Opened:
    """Return the key, opened once a process."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import pkcs12
    from pyhanko.sign.signers import SimpleSigner

    try:
        content = key.file.read_bytes()
    except OSError as error:
        raise key._wrong(error.strerror or str(error), "Name the PKCS#12 file of the house") from error
    given = key.passphrase()
    try:
        found = pkcs12.load_pkcs12(content, given)
    except ValueError as error:
        fact = "the passphrase does not open it, or it is no PKCS#12 file"
        where = (
            f"Correct ${key.passphrase_env}"
            if given is not None
            else "Name its passphrase by --passphrase-env"
        )
        raise key._wrong(fact, where) from error
    if found.key is None or found.cert is None:
        raise key._wrong("it lacks a private key, or the certificate of it", "Export both into it")
    signer = SimpleSigner.load_pkcs12_data(content, other_certs=[], passphrase=given)
    certificate = found.cert.certificate
    return _Opened(signer, certificate, certificate.fingerprint(hashes.SHA256()).hex())


def _signed(key: _Opened, content: bytes, date: dt.date) -> bytes:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    writer = IncrementalPdfFileWriter(BytesIO(content))
    # The metadata stay as they are: rewritten by pyHanko they would name the clock, and another maker.
    writer._update_meta = lambda: None
    # pyHanko draws the second half of /ID by lot; this one follows from what is signed, and by whom.
    second = hashlib.sha256(content + key.fingerprint.encode()).digest()[:16]
    writer._document_id = generic.ArrayObject([writer._document_id[0], generic.ByteStringObject(second)])
    writer.trailer["/ID"] = writer._document_id
    about = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    signer = signers.PdfSigner(about, key.signer, new_field_spec=fields.SigFieldSpec(_FIELD))
    begin = signer.init_signing_session

    def dated(*arguments: Any, **options: Any) -> Any:
        session = begin(*arguments, **options)
        session.system_time = dt.datetime.combine(date, dt.time(), dt.UTC)  # pyHanko would take the clock's
        return session

    signer.init_signing_session = dated
    made: bytes = signer.sign_pdf(writer).getvalue()
    return made
