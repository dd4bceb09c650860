"""Letters become records: each file of each letter is sealed, or taken out of the folder again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.errors import AuditError, UsageError
from audit.ledger.documents import ToRecord, record_many
from audit.record import Refusal
from reports.mandatory import RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.cli.output import OutputFolder
    from audit.cli.tally import Order, Tally
    from audit.ledger import IssuedDocument, Ledger
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
        answers: list[IssuedDocument | AuditError] = []
        for document in documents:
            try:
                if self.broken is not None:
                    raise self.broken
                answers.append(self._seal(document, recipient))
            except AuditError as error:
                nothing = not self.tally.letters and all(isinstance(one, AuditError) for one in answers)
                if nothing and not isinstance(error, UsageError):
                    raise
                if not isinstance(error, UsageError):
                    self.broken = error  # a ledger that is full or busy will not take the next one
                answers.append(error)
        return self._counted(documents, recipient, answers)

    def add_many(self, letters: Sequence[tuple[tuple[Document, ...], Recipient]]) -> list[bool]:
        """Seal the files of several letters in one transaction; False for each of which none could be.

        Raises
        ------
        AuditError
            As ``add``.
        """
        if self.broken is not None or len(letters) == 1:
            return [self.add(documents, recipient) for documents, recipient in letters]
        files = [(document, recipient) for documents, recipient in letters for document in documents]
        whole = [self._with_bytes(document) for document, _ in files]
        made = [
            ToRecord(
                document,
                None if self.order.draft else recipient,
                self.keep and document.format == "pdf",
            )
            for document, (_, recipient) in zip(whole, files, strict=True)
        ]
        try:
            sealed = record_many(
                self.ledger,
                self.audit,
                made,
                self.sent_at,
                again_reason=self.order.again_reason,
                late_reason=self.order.late_reason,
            )
        except AuditError as error:
            if not self.tally.letters:
                raise
            self.broken = error  # a ledger that is full or busy will not take the next ones
            return [self.add(documents, recipient) for documents, recipient in letters]
        answers = iter(sealed)
        return [
            self._counted(documents, recipient, [next(answers) for _ in documents])
            for documents, recipient in letters
        ]

    def _counted(
        self,
        documents: tuple[Document, ...],
        recipient: Recipient,
        answers: Sequence[IssuedDocument | AuditError],
    ) -> bool:
        sealed = 0
        for document, answer in zip(documents, answers, strict=True):
            if isinstance(answer, AuditError):
                self._left_out(document, recipient, answer)
            else:
                sealed += 1
        self.tally.files += sealed
        self.tally.letters += bool(sealed)
        self.tally.kinds[documents[0].kind] += bool(sealed)
        if sealed and documents[0].reading_grade is not None:
            self.tally.grades.append(documents[0].reading_grade)
        return sealed > 0

    def _left_out(self, document: Document, recipient: Recipient, error: AuditError) -> None:
        self.folder.inside(document.name).unlink()
        cause = f"not recorded, so not written ({document.format}): {error}"
        self.tally.exceptions.append(Refusal(recipient.decision, recipient.role, cause, RECORD))

    def _with_bytes(self, document: Document) -> Document:
        return replace(document, content=self.folder.inside(document.name).read_bytes())

    def _seal(self, document: Document, recipient: Recipient) -> IssuedDocument:
        return self.ledger.record_document(
            self.audit,
            self._with_bytes(document),
            self.sent_at,
            recipient=None if self.order.draft else recipient,
            again_reason=self.order.again_reason,
            late_reason=self.order.late_reason,
            keep_bytes=self.keep and document.format == "pdf",
        )
