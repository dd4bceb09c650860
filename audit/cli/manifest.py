"""One list of the hashes of all letters of a call, which is sealed: whoever holds it can tell each file."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from typing import TYPE_CHECKING

from audit.cli.signature import SIGNATURE
from audit.ledger.documents import is_recorded
from audit.record import Document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from audit.cli.output import OutputFolder
    from audit.cli.signature import SigningKey
    from audit.ledger import Ledger

NAME = "manifest.sha256"
KIND = "letters_manifest"


def write_manifest(
    ledger: Ledger,
    audit: str,
    folder: OutputFolder,
    files: Iterable[tuple[str, str]],
    templates: Collection[str],
    key: SigningKey | None = None,
    *,
    resumed: bool = False,
) -> None:
    """Write the hashes of a folder's letters as ``sha256sum --check`` reads them, and record the list.

    The ledger keeps the list's hash and the number of its files: names are names of applications.

    Parameters
    ----------
    files : iterable of str and str
        The name of each, and its hash as the ledger has it; in the order of the names.
    key : SigningKey, optional
        Signs the list; the signature lies beside it, and the ledger keeps which certificate it names.
    resumed : bool
        Whether a call that died may have recorded the same list: then it is not recorded twice.

    Raises
    ------
    AuditError
        It was not recorded; the file is there.
    """
    lines = io.BytesIO()  # the one copy of them
    lines.writelines(f"{sha256}  {name}\n".encode() for name, sha256 in files)
    listed = lines.getvalue()
    folder.write(NAME, listed)
    n = listed.count(b"\n")
    words = f"{n} files"
    if key is not None:
        folder.write(SIGNATURE, key.detached(listed))
        words += f", signed by certificate {key.certificate}"
    if not (resumed and is_recorded(ledger, audit, KIND, hashlib.sha256(listed).hexdigest())):
        record_text(ledger, audit, KIND, listed, words, sorted(templates))


def record_text(
    ledger: Ledger, audit: str, kind: str, text: bytes, words: str, templates: Sequence[str]
) -> None:
    """Record a text about letters that is nobody's letter.

    Parameters
    ----------
    text : bytes
        As UTF-8.
    words : str
        What the ledger keeps of it besides its hash.
    templates : sequence of str
        The digests of the templates that it speaks of.
    """
    from reports.html import environment_digest

    document = Document(
        kind=kind,
        format="txt",
        name="",
        content=text,
        words=words,
        template_digest=hashlib.sha256("".join(templates).encode()).hexdigest(),
        environment_digest=environment_digest(),
    )
    ledger.record_document(audit, document, dt.datetime.now(dt.UTC))


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, of which little is held in memory at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
