"""A letter is put away by the process that made it: its bytes on the disk, and closed for the ledger.

What is left for the process that records is small and in the order of the decisions: a name for the file,
and a place in the log.
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audit.cli.output import MAKING, put
from audit.ledger.database import reading
from audit.ledger.issuing import Closed, Sending, close

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.ledger import Ledger
    from audit.record import Document, Recipient

_numbers = count(1)  # of the files that this process put away


class Filed(NamedTuple):
    """A letter on the disk.

    Parameters
    ----------
    documents : tuple of Document
        One a format, without their bytes; where they are closed, without their words.
    files : tuple of str
        Where the bytes of each lie, among those that have no name yet.
    closed : tuple of Closed
        One a format; none where each is recorded by itself.
    """

    documents: tuple[Document, ...]
    recipient: Recipient
    files: tuple[str, ...]
    closed: tuple[Closed, ...]


class Filing(NamedTuple):
    """Where letters are put away, and what holds for the records of all.

    Parameters
    ----------
    folder : Path
        The output folder while it is being filled.
    out : Path
        As it was asked for.
    keep : bool
        Keep PDFs in the ledger too.
    together : bool
        Whether many are recorded in one transaction: then their files are settled together as well.
    """

    folder: Path
    out: Path
    sending: Sending
    draft: bool
    keep: bool
    together: bool

    def open_keys(self, ledger: Ledger, made: Iterable[tuple[Document, ...]]) -> None:
        """Open the keys that these letters are closed with, anew: who was erased meanwhile stays locked."""
        if self.together:
            persons = {bytes.fromhex(one.person) for each in made for one in each if one.person is not None}
            ledger.keyring.forget()
            with reading(ledger.engine) as connection:
                ledger.keyring.open_keys(connection, persons)

    def file(self, ledger: Ledger, made: tuple[Document, ...], recipient: Recipient) -> Filed:
        """Put a letter away; the key of its person must have been asked for by ``open_keys``.

        Raises
        ------
        AuditError
            The disk does not take it.
        GoneError
            The person was erased this moment.
        """
        closed: tuple[Closed, ...] = ()
        if self.together:
            whom = None if self.draft else recipient
            closed = tuple(
                close(ledger.keyring, self.sending, one, whom, keep_bytes=self.keep and one.format == "pdf")
                for one in made
            )
        files = []
        for one in made:
            files.append(f"{os.getpid()}-{next(_numbers)}")
            made_as = os.path.join(self.folder, MAKING, files[-1])
            put(made_as, one.content, settled=not self.together, told=self.out)
        bare = tuple(replace(one, content=b"", words="" if self.together else one.words) for one in made)
        return Filed(bare, recipient, tuple(files), closed)
