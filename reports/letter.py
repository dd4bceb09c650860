"""One stored decision and the statements in force make one letter, or one refusal with its cause.

Never a model, never a guess. The order of the questions: which letter is due; was it told already;
is it in time; do the records suffice; may its words be sent; does the page hold it. The first that
is answered no refuses this letter and no other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from audit.errors import AuditError, UsageError
from audit.record import Document, Refusal
from reports import envelope, printing
from reports.ahead import Ahead
from reports.checks import inert
from reports.compiled.blanks import Pages
from reports.html import environment_digest
from reports.kinds import KINDS
from reports.kinds.choice import choose, jurisdiction
from reports.language import WordsError
from reports.mandatory import PERSON, REASONS, Gap, action_of
from reports.notice import draft_cause
from reports.public_record import attached, public_record
from reports.sheet import notice_number
from reports.terms import letterhead, read_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from audit.ledger import IssuedDocument, Ledger
    from audit.record import CaseFile, Decision, Recipient, Role
    from reports.checks import Violation
    from reports.compiled.press import Press
    from reports.deadline import Deadline
    from reports.kinds import Kind
    from reports.pdf import AttachedFile
    from reports.printing import Format, Page
    from reports.sheet import Replaced
    from reports.terms import Terms


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
    folder : Path, optional
        What ``letters.templates`` and ``letters.letterhead`` are relative to: the config's folder.
    press : Press, optional
        Stamps PDFs instead of rendering each; without it WeasyPrint renders them all.
    """

    def __init__(
        self, ledger: Ledger, audit_id: str, folder: Path | None = None, press: Press | None = None
    ) -> None:
        self.ledger, self.press = ledger, press
        self.audit = ledger.find(audit_id)
        if (self.audit.config.get("audit") or {}).get("only") == "fairness":
            raise UsageError(
                f"audit {self.audit.audit[:12]}: it was made for fairness alone and holds nothing that "
                "letters are written from. Name the audit for notices."
            )
        self._letters = stated = self.audit.config.get("letters") or {}
        self.house = folder / stated["templates"] if folder and stated.get("templates") else None
        if self.house is not None and not self.house.is_dir():
            raise UsageError(f"letters.templates: there is no folder {self.house}. Correct the path.")
        terms = read_terms(ledger, self.audit.audit, house=self.house)
        mark = letterhead(folder / stated["letterhead"]) if folder and stated.get("letterhead") else ""
        self.terms = replace(terms, letterhead=mark)
        self._told: dict[tuple[str, str, str], Terms] = {}
        self._digests: dict[tuple[str, str], str] = {}
        self._inert: dict[str, tuple[Violation, ...]] = {}
        self._pages = Pages()
        self._last: tuple[str, CaseFile] | None = None
        self._ahead = Ahead({}, {})

    def read_ahead(self, decisions: Sequence[Decision]) -> None:
        """Read the cases of the decisions whose letters are asked for next, at once; some dozens at most.

        What was read ahead before is dropped. Whoever is erased after this moment may still be written
        to, and it is the ledger that takes no record of such a letter, as of one that was written before.
        """
        self._last = None
        self._ahead = Ahead.of(self.ledger, self.audit.audit, [one.decision for one in decisions])

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
        kind: str | None = None,
        lang: str | None = None,
        replaced: Replaced | None = None,
        review: Mapping[str, str] | None = None,
    ) -> tuple[Document, ...] | Refusal:
        """Return the letter of a decision to one person in the formats asked for, or its refusal.

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
        kind : str, optional
            Which letter; by default the one that the decision asks for (``kinds.choice``).
        lang : str, optional
            Its language; by default that of the record.
        replaced : Replaced, optional
            The notice that this one corrects.
        review : mapping of str to str, optional
            What came of a review that the person asked for: reviewer, authority_to_change,
            received_view, outcome, reason, closed_at (an ISO date).
        """
        case, self._last = self._case(decision), None  # the next letter reads anew what may be erased by then
        if review is not None:
            case = replace(case, review=review)
        due: Deadline | None = None

        def refused(*found: Gap) -> Refusal:
            return refusal(case.decision, recipient.role, due, date, *found)

        chosen = choose(decision, case, recipient.role, self._letters) if kind is None else None
        if isinstance(chosen, Gap):
            if jurisdiction(case) in ("", "us"):  # the law of other places names no day
                due = KINDS["adverse_action"].content.due(decision, case)
            return refused(chosen)
        what = KINDS[kind or chosen.kind]  # type: ignore[union-attr]
        due = what.content.due(decision, case)
        if gap := what.content.not_due(decision, case, recipient) or self._place(what, case):
            return refused(gap)
        try:
            terms = self._terms(what, case, lang)
        except WordsError as error:
            return refused(Gap(str(error), what.source))
        person = self.person(decision, case, recipient)
        whom = PERSON if "us" in what.entities else what.source
        if person is None:
            return refused(Gap("recipients.person is another person than the decision's", whom))
        key = (terms.entity, decision.decision, action_of(decision), person, what.name)
        late = bool(late_reason)
        if not draft:
            first = self._ahead.last(self.ledger, *key)
            if first is not None and not again_reason:
                return refused(Gap("issued already; --again --reason issues it again", whom))
            late = late or (first is not None and due is not None and _was_in_time(first, due))
            if due is not None and due.days_left(date) < 0 and not late:
                return refused(Gap("past the deadline; --late --reason sends it", due.citation))
        if missing := what.content.gaps(terms, decision, case, recipient):
            return refused(*missing)
        cause = draft_cause(terms, decision) if what.reasons else ""
        if cause and not draft:
            clause = REASONS if "us" in what.entities else what.source
            return refused(Gap(f"{cause.rstrip('.')}; --draft shows it", clause))
        sheet = what.content.compose(
            terms,
            decision,
            case,
            recipient,
            date=date,
            number=notice_number(*key, replaced.nth if replaced else 0),
            draft=(cause or "Asked for as a draft.") if draft else "",
            replaced=replaced,
        )
        if not draft and not sheet.address_fit:
            return refused(Gap(envelope.misfit(terms.paper), whom))
        number = sheet.number
        token = self.ledger.pseudonym("letter", number)
        try:
            page = self._pages.page(what.name, terms, sheet, date, token, self.house)
        except printing.TemplateFault as error:
            return refused(Gap(str(error).rstrip("."), what.source))
        broken = what.content.broken(
            sheet,
            terms,
            decision,
            case,
            recipient,
            date=date,
            late=late,
            html_words=page.html_said,
            text_words=page.said,
        )
        broken = (*self._acts(page), *broken)
        if broken:
            return refused(*(Gap(f"{one.fact} (check {one.check})", one.citation) for one in broken))
        said, template = page.said, self._digest(what, terms)
        files: tuple[AttachedFile, ...] = ()
        if recipient.channel != "mail" and not draft and self._letters.get("public_record", True):
            told = public_record(
                what.name, action_of(decision), sheet, case, date=date, words=said, template=template
            )
            files = (attached(told, date),)
        identifier = self._identifier(what, decision, recipient, date)
        try:
            made = printing.files(page, formats, terms.paper, identifier, files, what.pages, self.press)
        except printing.TemplateFault as error:
            return refused(Gap(str(error).rstrip("."), what.source))
        if isinstance(made, str):
            return refused(Gap(made, what.source))
        document = Document(
            kind=what.name,
            format="txt",
            name="",
            content=b"",
            words=said,
            template_digest=template,
            environment_digest=environment_digest(),
            language=terms.words.code,
            draft=bool(sheet.draft),
            decision=decision.decision,
            person=person,
            role=recipient.role,
            action=action_of(decision),
            entity=terms.entity,
            reading_grade=page.grade if terms.words.code == "en" else None,
        )
        stem = file_stem(case.decision, recipient.role)
        return tuple(
            replace(document, format=form, name=f"{stem}.{form}", content=made[form])
            for form in dict.fromkeys(formats)
        )

    def not_due(self, decision: Decision, kind: str | None = None, role: Role | None = None) -> Gap | None:
        """Return why the decision asks for no letter to a person, or to anybody; None where it asks."""
        if kind is not None:
            return None  # each person's answer may be another
        case = self._case(decision)
        choice = choose(decision, case, role, self._letters)
        return choice if isinstance(choice, Gap) else None

    def _case(self, decision: Decision) -> CaseFile:
        """Return the case of a decision, which is asked for several times while its letter is written."""
        if self._last is None or self._last[0] != decision.decision:
            case = self._ahead.case(decision.decision)
            self._last = decision.decision, case or self.ledger.case(self.audit.audit, decision)
        return self._last[1]

    def _acts(self, page: Page) -> tuple[Violation, ...]:
        """Return what a page holds besides words: the same for all whose tags are the same."""
        tags = page.shape.key
        if tags not in self._inert:
            if len(self._inert) > 64:
                self._inert.clear()
            self._inert[tags] = tuple(inert(page.plain))
        return self._inert[tags]

    def kind_due(self, decision: Decision) -> str | None:
        """Return the kind of letter that the decision asks for, whoever its persons are; None for none."""
        try:
            case = self._case(decision)
        except AuditError:  # a locked cell that does not open, a person erased: asked again where it is told
            return None
        choice = choose(decision, case, letters=self._letters)
        return None if isinstance(choice, Gap) else choice.kind

    def reviewed(
        self, decision: Decision, recipient: Recipient, before: int | None = None
    ) -> Mapping[str, str] | None:
        """Return what came of the review that the person asked for last; None where none was decided.

        Parameters
        ----------
        before : int, optional
            As the log stood before this entry.
        """
        from audit.ledger.requests import last_review

        case = self._case(decision)
        person = self.person(decision, case, recipient)
        if person is None:
            return None
        return last_review(self.ledger, self.audit.audit, decision.decision, person, before=before)

    def _place(self, what: Kind, case: CaseFile) -> Gap | None:
        where = jurisdiction(case)
        if where and where not in what.entities:
            places = " or ".join(what.entities)
            return Gap(f"record.jurisdiction is {where}: {what.name} is a letter of {places}", what.source)
        return None

    def _terms(self, what: Kind, case: CaseFile, lang: str | None) -> Terms:
        code = (lang or case.record.get("language", "") or "en").strip().lower()
        where = jurisdiction(case) or what.entities[0]
        key = (what.name, where, code)
        if key not in self._told:
            known = what.languages(self.house)
            if code not in known:
                raise WordsError(f"the language is {code}: {what.name} has words in {', '.join(known)}")
            self._told[key] = self.terms.told(what.name, where, code, self.house)
        return self._told[key]

    def _digest(self, what: Kind, terms: Terms) -> str:
        key = (what.name, terms.words.code)
        if key not in self._digests:
            self._digests[key] = printing.digest(what.name, terms, self.house)
        return self._digests[key]

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

    def is_issued(self, decision: Decision, recipient: Recipient, kind: str | None = None) -> bool:
        """Whether this letter went to this person already."""
        case = self._case(decision)
        if kind is None:
            choice = choose(decision, case, recipient.role, self._letters)
            if isinstance(choice, Gap):
                return False
            kind = choice.kind
        person = self.person(decision, case, recipient)
        key = (jurisdiction(case) or KINDS[kind].entities[0], decision.decision, action_of(decision))
        return person is not None and self._ahead.last(self.ledger, *key, person, kind) is not None

    def _identifier(self, what: Kind, decision: Decision, recipient: Recipient, date: dt.date) -> bytes:
        parts = (self.audit.audit, decision.decision, recipient.role, what.name, date.isoformat())
        return hashlib.sha256("\0".join(parts).encode()).digest()[:16]


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
