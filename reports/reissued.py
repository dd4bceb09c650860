"""A letter as it was issued, given back: the file where it was kept, else rendered from what was sealed.

12 CFR part 1002, comment 12(b)-1: that a notice can be made again from a computer system is enough. So the
record, the texts and the recipient are read as they were sealed, the words must be the very words that were
issued, and on the same environment the bytes are the same too. Where today's program would say it in
other words, the issued words are given alone, as plain text: never others.
"""

from __future__ import annotations

import hashlib
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from audit.record import Refusal
from reports.html import environment_digest
from reports.letter import Letters
from reports.numbers import Replaces, number_of

if TYPE_CHECKING:
    from audit.ledger import IssuedDocument, Ledger

How = Literal["kept", "rendered", "words"]
WIDTH = 78  # of a line of words alone


@dataclass(frozen=True, slots=True)
class Reissued:
    """What is given back.

    Parameters
    ----------
    how : ``kept`` (the stored file), ``rendered`` (anew, in the issued words), ``words`` (those alone)
    same_bytes : whether it is the issued file, bit for bit
    same_environment : whether template and tools are those of then
    cause : why it is only the words
    """

    document: IssuedDocument
    how: How
    format: str
    content: bytes
    same_bytes: bool
    same_environment: bool
    cause: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is as it must be: on the same environment, the same bytes."""
        return self.same_bytes or not self.same_environment


def reissued(ledger: Ledger, document: IssuedDocument) -> Reissued:
    """Return an issued letter once more.

    Raises
    ------
    GoneError
        Where its words were erased or purged.
    EvidenceError
        Where what was kept is not what was issued.
    """
    from audit.ledger import documents

    kept = documents.content(ledger, document)
    if kept is not None:
        return Reissued(document, "kept", document.format, kept, True, True)
    words = documents.words(ledger, document)
    letters = Letters(ledger, document.audit)
    made = _rendered(ledger, letters, document, words)
    if isinstance(made, bytes):
        same = hashlib.sha256(made).hexdigest() == document.sha256
        then = (document.environment_digest, document.template_digest)
        alike = (environment_digest(), letters.templates) == then
        return Reissued(document, "rendered", document.format, made, same, alike)
    plain = textwrap.fill(words, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"
    return Reissued(document, "words", "txt", plain.encode(), False, False, made)


def _rendered(ledger: Ledger, letters: Letters, document: IssuedDocument, words: str) -> bytes | str:
    """Return the letter's bytes in these words, or why today's program does not say them."""
    from audit.ledger import documents

    whom = documents.recipient(ledger, document)
    if whom is None or document.decision is None:
        return "nobody is recorded as its recipient"
    made = letters.render(
        ledger.decision(document.audit, document.decision),
        whom,
        date=document.sent_at.date(),
        formats=(document.format,),  # type: ignore[arg-type]
        again_reason="given back as it was issued",
        late_reason="given back as it was issued" if document.late else None,
        replaces=_replaced(ledger, document),
    )
    if isinstance(made, Refusal):
        return f"today's program refuses it: {made.cause}"
    if made[0].words != words:
        return "today's program says it in other words"
    return made[0].content


def _replaced(ledger: Ledger, document: IssuedDocument) -> Replaces | None:
    """Return what a letter that corrects another says of that one; None where it corrects none."""
    from audit.ledger import corrections, documents, events

    nth = corrections.nth(ledger, document.decision)
    if document.sha256 not in nth:
        return None
    links = events.events(ledger, "correction", decision=document.decision)
    first = next(one.subject for one in links if one.result == document.sha256)
    before = next(one for one in documents.letters(ledger, document.decision) if one.sha256 == first)
    return Replaces(number_of(before, nth), before.sent_at.date(), nth[document.sha256])
