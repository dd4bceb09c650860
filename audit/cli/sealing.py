"""Letters become records: each file of each letter is sealed, or taken out of the folder again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.errors import AuditError, UsageError
from audit.record import Refusal
from reports.mandatory import RECORD

if TYPE_CHECKING:
    from audit.cli.outbox import Order, Tally
    from audit.cli.output import OutputFolder
    from audit.ledger import Ledger
    from audit.record import Document, Recipient


class Records:
    """Seals each file of each letter; a file that is not sealed is taken out of the folder again."""

    def __init__(self, ledger: Ledger, audit: str, order: Order, folder: OutputFolder, tally: Tally) -> None:
        self.ledger, self.audit, self.order, self.folder, self.tally = ledger, audit, order, folder, tally
        letters = ledger.find(audit).config.get("letters") or {}
        self.keep = letters.get("keep") == "pdf"
        # The same bytes at the same moment are one record. So a call that is repeated after a crash
        # adds nothing, and what is issued again on purpose needs a moment of its own.
        clock = dt.datetime.now(dt.UTC).time() if order.again_reason else dt.time()
        self.sent_at = dt.datetime.combine(order.date, clock, dt.UTC)
        self.broken: AuditError | None = None

    def add(self, documents: tuple[Document, ...], recipient: Recipient) -> bool:
        """Seal the files of a letter; False where none of them could be.

        Raises
        ------
        AuditError
            The ledger takes no record, and none was made yet: then nothing is written at all.
        """
        sealed = 0
        for document in documents:
            try:
                if self.broken is not None:
                    raise self.broken
                self._seal(document, recipient)
            except AuditError as error:
                if not self.tally.letters and not sealed and not isinstance(error, UsageError):
                    raise
                self.folder.inside(document.name).unlink()
                if not isinstance(error, UsageError):
                    self.broken = error  # a ledger that is full or busy will not take the next one
                cause = f"not recorded, so not written ({document.format}): {error}"
                self.tally.exceptions.append(Refusal(recipient.decision, recipient.role, cause, RECORD))
                continue
            sealed += 1
        self.tally.files += sealed
        self.tally.letters += bool(sealed)
        self.tally.kinds[documents[0].kind] += bool(sealed)
        if sealed and documents[0].reading_grade is not None:
            self.tally.grades.append(documents[0].reading_grade)
        return sealed > 0

    def _seal(self, document: Document, recipient: Recipient) -> None:
        self.ledger.record_document(
            self.audit,
            replace(document, content=self.folder.inside(document.name).read_bytes()),
            self.sent_at,
            recipient=None if self.order.draft else recipient,
            again_reason=self.order.again_reason,
            late_reason=self.order.late_reason,
            keep_bytes=self.keep and document.format == "pdf",
        )
