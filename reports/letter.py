"""One stored decision and the statements in force make one letter, or one refusal with its cause.

Never a model, never a guess. The order of the questions: is a notice due; was it told already; is
it in time; do the records suffice; may its words be sent; does the page hold it. The first that is
answered no refuses this letter and no other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from importlib.metadata import version
from io import BytesIO
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from audit.record import Document, Refusal
from reports import envelope
from reports.deadline import CITATION, Deadline, deadline
from reports.html import environment, environment_digest, template_digest, words
from reports.lint import lint
from reports.mandatory import (
    CONTENT,
    LATER,
    PERSON,
    REASONS,
    Gap,
    action_of,
    gaps,
    of_a_guarantor,
)
from reports.notice import Notice, compose, draft_cause, notice_number
from reports.terms import ENTITY, read_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.ledger import IssuedDocument, Ledger
    from audit.record import CaseFile, Decision, Recipient, Role

    Format = Literal["html", "pdf", "txt"]

KIND = "adverse_action"
PAGES = 2
FORMATS: tuple[Format, ...] = ("pdf", "html", "txt")

_STYLES = ("style/letter-fonts.css", "style/letter.css")
_TEMPLATES = (f"letters/{KIND}", *_STYLES, "style/fonts")

# Why a notice is held, and the clause that its telling would break.
HOLD_CITATIONS = {
    "protected_basis": "12 CFR 1002.4(a), 1002.6(b)",
    "negative_age": "12 CFR 1002.6(b)(2)(ii), comment 6(b)(2)-2",
    "blocked_proxy": "12 CFR 1002.4(a)",
    "decision_differs": CONTENT,
    "action_differs": CONTENT,
    "ranking_uncertain": REASONS,
    "reason_helped": f"{REASONS}, comments 9(b)(2)-2 and -5",
    "no_reason": REASONS,
    "residual": f"{REASONS}, comment 9(b)(2)-4",
    "reference_too_small": f"{REASONS}, comment 9(b)(2)-5",
}


def render(
    ledger: Ledger,
    audit_id: str,
    decision: str,
    recipient: Recipient,
    *,
    date: dt.date,
    formats: Sequence[Format] = ("pdf",),
    draft: bool = False,
    again_reason: str | None = None,
    late_reason: str | None = None,
) -> tuple[Document, ...] | Refusal:
    """Return the letter of one decision to one person; for many, keep one ``Letters``."""
    return Letters(ledger, audit_id).render(
        ledger.decision(audit_id, decision),
        recipient,
        date=date,
        formats=formats,
        draft=draft,
        again_reason=again_reason,
        late_reason=late_reason,
    )


class Letters:
    """The letters of one audit: what they share is read once.

    Parameters
    ----------
    ledger : Ledger
        Read only. Its key file is needed, since a letter says what is locked.
    audit_id : str
    """

    def __init__(self, ledger: Ledger, audit_id: str) -> None:
        self.ledger = ledger
        self.audit = ledger.find(audit_id)
        self.terms = read_terms(ledger, self.audit.audit)
        self._templates = template_digest(_TEMPLATES)

    def render(
        self,
        decision: Decision,
        recipient: Recipient,
        *,
        date: dt.date,
        formats: Sequence[Format] = ("pdf",),
        draft: bool = False,
        again_reason: str | None = None,
        late_reason: str | None = None,
    ) -> tuple[Document, ...] | Refusal:
        """Return the notice of a decision to one person in the formats asked for, or its refusal.

        Parameters
        ----------
        date : date
            Printed, and the day of sending.
        draft : bool
            Mark it DRAFT, without an address. A draft is nowhere recorded as sent, so it may be
            late and may be made again.
        again_reason : str, optional
            Why a notice that was issued is issued again.
        late_reason : str, optional
            Why a notice goes out past its deadline.
        """
        case = self.ledger.case(self.audit.audit, decision.decision)
        due = deadline(action_of(decision), case.record)

        def refused(*found: Gap) -> Refusal:
            return refusal(case.decision, recipient.role, due, date, *found)

        if gap := not_due(decision) or of_a_guarantor(case, recipient):
            return refused(gap)
        person = self.person(decision, case, recipient)
        if person is None:
            return refused(Gap("recipients.person is another person than the decision's", PERSON))
        key = (ENTITY, decision.decision, action_of(decision), person, KIND)
        late = bool(late_reason)
        if not draft:
            first = self.ledger.issued(*key)
            if first is not None and not again_reason:
                return refused(Gap("issued already; --again --reason issues it again", PERSON))
            late = late or (first is not None and due is not None and _was_in_time(first, due))
            if due is not None and due.days_left(date) < 0 and not late:
                return refused(Gap("past the deadline; --late --reason sends it", CITATION))
        if missing := gaps(self.terms, decision, case, recipient):
            return refused(*missing)
        cause = draft_cause(self.terms, decision)
        if cause and not draft:
            return refused(Gap(f"{cause.rstrip('.')}; --draft shows it", REASONS))
        notice = compose(
            self.terms,
            decision,
            case,
            recipient,
            date=date,
            number=notice_number(*key),
            draft=(cause or "Asked for as a draft.") if draft else "",
        )
        if not draft and not notice.address_fit:
            lines, width = envelope.LINES_SMALL, f"{envelope.WIDTH_MM:.0f} mm"
            return refused(Gap(f"the address does not fit the window ({lines} lines of {width})", PERSON))
        return self._place(
            notice,
            decision,
            case,
            recipient,
            date=date,
            formats=formats,
            late=late,
            due=due,
            person=person,
        )

    def person(self, decision: Decision, case: CaseFile, recipient: Recipient) -> str | None:
        """Return the recipient's pseudonym; None where the decision knows another person in the role.

        A letter to the wrong person tells them a stranger's affairs, so the recipients file is not
        believed alone.
        """
        theirs = {one.person for one in decision.persons if one.role == recipient.role}
        named = next((one for one in theirs if self.ledger.is_person(one, recipient.person)), None)
        if named is not None:
            return named
        # Data without data.person name nobody: each decision then is a person of its own.
        if self.terms.names_persons or len(theirs) != 1:
            return None
        (nameless,) = theirs
        return nameless if self.ledger.is_person(nameless, case.decision) else None

    def is_issued(self, decision: Decision, recipient: Recipient) -> bool:
        """Whether this notice went to this person already."""
        case = self.ledger.case(self.audit.audit, decision.decision)
        person = self.person(decision, case, recipient)
        key = (ENTITY, decision.decision, action_of(decision))
        return person is not None and self.ledger.issued(*key, person, KIND) is not None

    def _place(
        self,
        notice: Notice,
        decision: Decision,
        case: CaseFile,
        recipient: Recipient,
        *,
        date: dt.date,
        formats: Sequence[Format],
        late: bool,
        due: Deadline | None,
        person: str,
    ) -> tuple[Document, ...] | Refusal:
        """Put the notice into its formats, look at it once more, and return its documents."""
        env = environment()
        subject = env.get_template(f"letters/{KIND}/subject.txt").render(notice=notice).strip()
        body = env.get_template(f"letters/{KIND}/body.html")
        facts = {
            "notice": notice,
            "subject": subject,
            "date": date.isoformat(),
            "program": f"plainspoken {version('plainspoken')}",
        }
        text = env.get_template(f"letters/{KIND}/body.txt").render(notice=notice).strip() + "\n"
        page = body.render(**facts, styled=False)
        broken = lint(
            notice,
            self.terms,
            decision,
            case,
            recipient,
            date=date,
            late=late,
            html_words=words(page),
            text_words=text,
        )
        found = [
            Gap(f"{violation.fact} (check {violation.check})", violation.citation) for violation in broken
        ]
        contents: dict[str, bytes] = {}
        if "pdf" in formats and not found:
            contents["pdf"], pages = _to_pdf(page, self._identifier(decision, recipient, date))
            if pages > PAGES:
                found.append(Gap(f"the notice runs to {pages} pages; {PAGES} can be sent", LATER))
        if found:
            return refusal(case.decision, recipient.role, due, date, *found)
        if "html" in formats:
            contents["html"] = body.render(**facts, styled=True).encode()
        if "txt" in formats:
            contents["txt"] = text.encode()
        document = Document(
            kind=KIND,
            format="txt",
            name="",
            content=b"",
            words=" ".join(text.split()),
            template_digest=self._templates,
            environment_digest=environment_digest(),
            draft=bool(notice.draft),
            decision=decision.decision,
            person=person,
            role=recipient.role,
            action=action_of(decision),
            entity=ENTITY,
        )
        stem = file_stem(case.decision, recipient.role)
        return tuple(
            replace(document, format=form, name=f"{stem}.{form}", content=contents[form])
            for form in dict.fromkeys(formats)
        )

    def _identifier(self, decision: Decision, recipient: Recipient, date: dt.date) -> bytes:
        parts = (self.audit.audit, decision.decision, recipient.role, KIND, date.isoformat())
        return hashlib.sha256("\0".join(parts).encode()).digest()[:16]


def not_due(decision: Decision) -> Gap | None:
    """Return why no notice of this kind may go out for a decision; None where one is due.

    Source: comment 9-2 (withdrawn, approved as asked: no notice), 1002.9(c) (incomplete).
    """
    if decision.action == "incomplete":
        return Gap("incomplete: the notice of incompleteness is not built yet", "12 CFR 1002.9(c)")
    if decision.outcome != "adverse":
        return Gap(f"no notice is due: the outcome is {decision.outcome}", "comment 9-2")
    if decision.notice.state == "held":
        cause = decision.notice.cause or "no_reason"
        return Gap(f"held: {cause}", HOLD_CITATIONS.get(cause, REASONS))
    if decision.notice.state == "void":
        return Gap("the notice is void", CONTENT)
    return None


def _was_in_time(last: IssuedDocument, due: Deadline) -> bool:
    # The thirty days are those of the first notice. One that was issued again without being late
    # followed another that was in time.
    return last.sent_at.date() <= due.due or (last.again and not last.late)


def refusal(decision: str, role: Role | None, due: Deadline | None, date: dt.date, *found: Gap) -> Refusal:
    """Return the refusal of a letter: every cause, every clause once, and the days left."""
    return Refusal(
        decision=decision,
        role=role,
        cause="; ".join(gap.fact for gap in found),
        citation="; ".join(dict.fromkeys(gap.citation for gap in found)),
        days_left=due.days_left(date) if due else None,
    )


def file_stem(decision: str, role: str) -> str:
    """Return the name of a letter's file without its ending: ``APP-7`` or ``APP-7-joint``.

    What no file name may hold is written as in a web address.

    >>> file_stem("2026/7", "primary")
    '2026%2F7'
    """
    stem = quote(decision, safe=" ") if decision.strip(".") else decision.replace(".", "%2E")
    return stem if role == "primary" else f"{stem}-{role}"


def _to_pdf(page: str, identifier: bytes) -> tuple[bytes, int]:
    import pikepdf

    from reports.pdf import to_pdf

    content = to_pdf(page, styles=_STYLES, identifier=identifier)
    with pikepdf.open(BytesIO(content)) as pdf:
        return content, len(pdf.pages)
