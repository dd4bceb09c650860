"""Letters become records, in the order of the decisions, a group at a time.

The bytes of a letter are on the disk before it is a record, and it has its name in the folder; a file that
is not recorded is taken out of the folder again. So whenever this ends, however it ends, what is a record
is there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from audit.errors import AuditError, UsageError
from audit.ledger.issuing import record_many
from audit.record import Refusal
from reports.deadline import DAYS, WARN_AFTER_DAYS
from reports.mandatory import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from audit.cli.desk import Desk
    from audit.cli.filing import Filed
    from audit.cli.output import OutputFolder
    from audit.cli.pressroom import Told
    from audit.cli.rescue import Resumed
    from audit.cli.tally import Order, Tally
    from audit.ledger import IssuedDocument, Ledger
    from audit.record import Document, Recipient


def moment_of(order: Order) -> dt.datetime:
    """Return when the letters of a call are sent, as the ledger has it."""
    # The same bytes at the same moment are one record. So a call that is repeated after a crash
    # adds nothing, and what is issued again on purpose needs a moment of its own.
    clock = dt.datetime.now(dt.UTC).time() if order.again_reason else dt.time()
    return dt.datetime.combine(order.date, clock, dt.UTC)


def keeps_pdf(ledger: Ledger, audit: str) -> bool:
    """Whether the ledger keeps PDFs, not their words alone."""
    return bool((ledger.find(audit).config.get("letters") or {}).get("keep") == "pdf")


def own_names(documents: tuple[Document, ...], takes: Callable[[str], bool]) -> tuple[Document, ...]:
    """Number the files of a second person in the same role, so that none replaces another's.

    Parameters
    ----------
    takes : function
        Takes a name without its ending, and says whether it was free.
    """
    stem = documents[0].name.rsplit(".", 1)[0]
    own = next(name for name in chain([stem], map(f"{stem}-{{}}".format, count(2))) if takes(name))
    return documents if own == stem else tuple(replace(one, name=f"{own}.{one.format}") for one in documents)


def groups(made: Iterable[Told], together: int) -> Iterator[list[Told]]:
    """Yield decisions with as many letters as are recorded together, or a few more: none is parted."""
    group: list[Told] = []
    n = 0
    for told in made:
        group.append(told)
        n += max(1, len(told.filed))
        if n >= together:
            yield group
            group, n = [], 0
    if group:
        yield group


class Records:
    """Seals each file of each letter; a file that is not sealed is taken out of the folder again."""

    def __init__(
        self,
        ledger: Ledger,
        audit: str,
        order: Order,
        folder: OutputFolder,
        tally: Tally,
        sent_at: dt.datetime | None = None,
        desk: Desk | None = None,
    ) -> None:
        self.ledger, self.audit, self.order, self.folder, self.tally = ledger, audit, order, folder, tally
        self._desk = desk
        self.keep = keeps_pdf(ledger, audit)
        self.sent_at = sent_at or moment_of(order)
        self.broken: AuditError | None = None
        #: The templates of all.
        self.templates: set[str] = set()

    def go_on(self, resumed: Resumed) -> None:
        """Take over what is recorded of a folder that is gone on with."""
        desk = self._need()
        for name, one in resumed.kept.items():
            desk.note(name, one.sha256)
            desk.takes(name.rsplit(".", 1)[0])
            self.templates.add(one.template_digest)

    def noted(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the hash of each file that is a record, in the order of the names."""
        return self._need().noted()

    def _need(self) -> Desk:
        if self._desk is None:
            raise ValueError("these records are kept without a desk")
        return self._desk

    def take(self, group: Sequence[Told]) -> None:
        """Name the files of some letters, have the disk hold them, and make them records."""
        tally, order, takes = self.tally, self.order, self._need().takes
        letters: list[tuple[Filed, dt.date | None]] = []
        for told in group:
            tally.add(told)
            for one in told.filed:
                named = own_names(one.documents, takes)
                for document, file in zip(named, one.files, strict=True):
                    self.folder.name(file, document.name)
                letters.append((one._replace(documents=named), told.due_on))
        if not letters:
            return
        if order.together > 1:
            self.folder.settle()
            sealed = self.add_many([one for one, _ in letters])
        else:
            sealed = [self.add(one.documents, one.recipient) for one, _ in letters]
        for is_sealed, (_, due) in zip(sealed, letters, strict=True):
            if is_sealed and due is not None and (due - order.date).days < DAYS - WARN_AFTER_DAYS:
                tally.near += 1

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

    def add_many(self, letters: Sequence[Filed]) -> list[bool]:
        """Seal the files of closed letters in one transaction; False for each of which none could be.

        Raises
        ------
        LedgerError
            The ledger takes none of them.
        """
        answers = iter(record_many(self.ledger, self.audit, [file for one in letters for file in one.closed]))
        return [
            self._counted(one.documents, one.recipient, [next(answers) for _ in one.documents])
            for one in letters
        ]

    def _counted(
        self,
        documents: tuple[Document, ...],
        recipient: Recipient,
        answers: Sequence[IssuedDocument | AuditError],
    ) -> bool:
        sealed = 0
        recorded = not all(isinstance(answer, AuditError) for answer in answers)
        if recorded and self._desk is not None and not self.order.draft:
            self.folder.lasting = True  # before anything else can go wrong
        for document, answer in zip(documents, answers, strict=True):
            if isinstance(answer, AuditError):
                self._left_out(document, recipient, answer)
            else:
                sealed += 1
                if self._desk is not None:
                    self._desk.note(document.name, answer.sha256)
                self.templates.add(answer.template_digest)
        self.tally.files += sealed
        self.tally.letters += bool(sealed)
        self.tally.kinds[documents[0].kind] += bool(sealed)
        if sealed and documents[0].reading_grade is not None:
            self.tally.grades[documents[0].reading_grade] += 1
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
