"""What is known of the decisions whose letters come next, read from the ledger in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audit.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.ledger import IssuedDocument, Ledger
    from audit.record import CaseFile


class Ahead(NamedTuple):
    """Cases, or why one cannot be read, and what was issued before, by decision."""

    cases: Mapping[str, CaseFile | AuditError]
    issued: Mapping[str, Sequence[IssuedDocument]]

    @classmethod
    def of(cls, ledger: Ledger, audit: str, decisions: Sequence[str]) -> Ahead:
        """Read them; nothing where they cannot be read together: each then tells its own error."""
        from audit.ledger import casebook, documents

        try:
            return cls(casebook.cases(ledger, audit, decisions), documents.of_decisions(ledger, decisions))
        except AuditError:  # a person's key that was altered, a partition that is gone, no key file
            return cls({}, {})

    def last(
        self, ledger: Ledger, entity: str, decision: str, action: str, person: str, kind: str
    ) -> IssuedDocument | None:
        """Return the last document issued under this key; asked of the ledger where it was not read."""
        if (before := self.issued.get(decision)) is None:
            return ledger.issued(entity, decision, action, person, kind)
        key = (entity, action, person, kind)
        same = [one for one in before if (one.entity, one.action, one.person, one.kind) == key]
        return same[-1] if same else None

    def case(self, decision: str) -> CaseFile | None:
        """Return a case; None where it was not read.

        Raises
        ------
        AuditError
            It cannot be read.
        """
        found = self.cases.get(decision)
        if isinstance(found, AuditError):
            raise found
        return found
