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

from audit.record import Document, Refusal
from reports.compiled.press import Press
from reports.letter import Letters
from reports.numbers import replaced_by

if TYPE_CHECKING:
    from pathlib import Path

    from audit.ledger import IssuedDocument, Ledger

How = Literal["kept", "rendered", "words"]
State = Literal["holds", "differs", "not_measured"]
WIDTH = 78  # of a line of words alone


@dataclass(frozen=True, slots=True)
class Reissued:
    """What is given back.

    Parameters
    ----------
    how : ``kept`` (the stored file), ``rendered`` (anew, in the issued words), ``words`` (those alone)
    same_bytes : whether it is the issued file, bit for bit
    but_signature : whether it is what a signature was put on, bit for bit; the issued file has the signature
    same_environment : whether template and tools are those of then; None where no letter came of today's
    cause : why it is only the words
    """

    document: IssuedDocument
    how: How
    format: str
    content: bytes
    same_bytes: bool
    same_environment: bool | None
    cause: str = ""
    but_signature: bool = False

    @property
    def state(self) -> State:
        """Whether it is as it must be: on the same environment, the same bytes, or those that were signed.

        Elsewhere other bytes say nothing against the record, and nothing for it.
        """
        if self.same_bytes or self.but_signature:
            return "holds"
        return "differs" if self.same_environment else "not_measured"


def reissued(ledger: Ledger, document: IssuedDocument, folder: Path | None = None) -> Reissued:
    """Return an issued letter once more.

    Parameters
    ----------
    folder : what the house's templates and letterhead are relative to

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
    letters = Letters(ledger, document.audit, folder)
    made = _rendered(ledger, letters, document, words)
    signed = documents.signed_over(ledger, document)
    wanted = signed or document.sha256
    if document.format == "pdf" and isinstance(made, Document) and _digest(made) != wanted:
        letters.press = Press()  # it may have been stamped: the same page in other bytes
        stamped = _rendered(ledger, letters, document, words)
        if isinstance(stamped, Document) and _digest(stamped) == wanted:
            made = stamped
    alike = None
    if isinstance(made, Document):
        then = (document.environment_digest, document.template_digest)
        alike = (made.environment_digest, made.template_digest) == then
        if made.words == words:
            same = _digest(made) == wanted
            return Reissued(
                document,
                "rendered",
                document.format,
                made.content,
                same and signed is None,
                alike,
                but_signature=same and signed is not None,
            )
    cause = made if isinstance(made, str) else "today's program says it in other words"
    plain = textwrap.fill(words, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"
    return Reissued(document, "words", "txt", plain.encode(), False, alike, cause)


def _digest(document: Document) -> str:
    return hashlib.sha256(document.content).hexdigest()


def _rendered(ledger: Ledger, letters: Letters, document: IssuedDocument, words: str) -> Document | str:
    """Return the letter as today's program says it, in these words where it does, or why it says none."""
    from audit.ledger import documents

    whom = documents.recipient(ledger, document)
    if whom is None or document.decision is None:
        return "nobody is recorded as its recipient"
    decision = ledger.decision(document.audit, document.decision)
    review = letters.reviewed(decision, whom, before=document.entry)
    # A letter that was asked for by its kind tells of the last review; one that the record chose, of none.
    tried = [
        letters.render(
            decision,
            whom,
            date=document.sent_at.date(),
            formats=(document.format,),  # type: ignore[arg-type]
            again_reason="given back as it was issued",
            late_reason="given back as it was issued" if document.late else None,
            kind=document.kind,
            lang=document.language,
            replaced=replaced_by(ledger, document),
            review=told,
        )
        for told in ((review, None) if review else (None,))
    ]
    made = [one[0] for one in tried if not isinstance(one, Refusal)]
    if not made:
        causes = dict.fromkeys(one.cause for one in tried if isinstance(one, Refusal))
        return f"today's program refuses it: {'; '.join(causes)}"
    return next((one for one in made if one.words == words), made[0])
