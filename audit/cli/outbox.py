"""The way of many letters: whom, rendered one by one, recorded, and put in place together.

A letter that cannot be written is a line of ``exceptions.csv`` and stops no other. The record of a
letter (its hash, its words, its recipient, locked) is in the ledger before its file is where
somebody could send it; and a letter that could not be recorded is not there at all.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from audit.cli import addressees
from audit.cli.addressees import NOBODYS, folder_of, lay_out
from audit.cli.desk import Desk
from audit.cli.filing import Filing
from audit.cli.manifest import write_manifest
from audit.cli.output import MAKING, OutputFolder
from audit.cli.pressroom import STAMPED, Pressroom, Room, Told, Wanted
from audit.cli.rescue import AT, purpose_for, rescue, standing
from audit.cli.sealing import Records, groups, keeps_pdf, moment_of
from audit.cli.stamped_sample import compare, seal, spaced
from audit.cli.tally import EXCEPTIONS, Order, Tally
from audit.errors import AuditError, UsageError
from audit.ledger import decisions, leases
from audit.ledger.issuing import Sending
from audit.record import Refusal
from reports.letter import Letters, refusal
from reports.mandatory import PERSON, RECORD, Gap, NotDue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from audit.cli.pressroom import Asked
    from audit.cli.rescue import Resumed
    from audit.cli.signature import SigningKey
    from audit.ledger import Ledger
    from audit.record import Decision, Document, Outcome, Recipient, Role
    from audit.runner import Progress

_NAME = 16  # bytes of a pseudonym
_COLUMNS = ("decision", "role", "cause", "citation", "days_left")


def write(
    ledger: Ledger,
    audit: str,
    asked: Sequence[str] | Literal["unsent", "all"],
    order: Order,
    *,
    recipients: Path | None,
    out: Path,
    progress: Progress | None = None,
) -> Tally:
    """Write the letters asked for into a folder of their own.

    Parameters
    ----------
    asked : ids of decisions, ``unsent`` (what was not issued yet) or ``all`` (every adverse one)
    recipients : Path, optional
        The recipients file; else the one that the sealed config names.

    Raises
    ------
    ConfigError, UsageError
        There are no recipients to read, or the folder is not ours.
    BusyError
        Another call writes letters of this audit.
    """
    # Two calls at once would each find the same letters unsent, and a person would get two.
    with leases.alone(ledger.engine, f"{audit}/letters", ledger.owner) as still:
        return _write(ledger, audit, asked, order, recipients, out, progress, still)


def _write(
    ledger: Ledger,
    audit: str,
    asked: Sequence[str] | Literal["unsent", "all"],
    order: Order,
    recipients: Path | None,
    out: Path,
    progress: Progress | None,
    still: Callable[[], None],
) -> Tally:
    which = asked if isinstance(asked, str) else "named"
    purpose = purpose_for(ledger, audit, asked, order)
    found, resumed = rescue(ledger, out, purpose)
    sent_at = dt.datetime.fromisoformat(resumed.sent_at) if resumed else moment_of(order)
    tally = Tally(audit, out, order.draft, rescued=found)
    stands = standing(ledger, out, purpose)
    told = _told_before([one for one in (resumed, stands) if one is not None])
    room = Room(audit, folder_of(ledger, audit), order.stamped, partial(_told, order, which))
    letters = room.letters(ledger)
    there = OutputFolder(
        out,
        private=True,
        purpose={**purpose, AT: sent_at.isoformat()},
        orphan=resumed.folder if resumed else None,
    )
    sending = Sending(audit, sent_at, order.again_reason, order.late_reason)
    with there as folder, Desk(folder.filled / MAKING) as desk:
        filing = Filing(
            folder.filled, out, sending, order.draft, keeps_pdf(ledger, audit), order.together > 1
        )
        with Pressroom(room._replace(filing=filing), ledger, order.jobs) as presses:
            sampled = order.stamped and order.sample > 0
            if not sampled:
                presses.start()
            lay_out(ledger, audit, recipients, desk)
            names = _Names(_chosen(letters, audit, asked, order, tally))
            if sampled:
                some = names.wanted(desk, told, spaced(len(names), order.sample))
                # A signature covers one letter alone, so what is compared carries none.
                unsigned = room._replace(tell=partial(_told, replace(order, pades=None), which))
                tally.proof = compare(unsigned, ledger, unsigned.asked(ledger, list(some)))
                if tally.proof.compared or tally.proof.differences:
                    seal(ledger, audit, tally.proof)
                presses.room = presses.room._replace(stamped=not tally.proof.differences)
            records = Records(ledger, audit, order, folder, tally, sent_at, desk)
            if resumed:
                tally.goes_on(resumed)
                records.go_on(resumed)
            done = 0
            if progress is not None:
                progress("letters", done, len(names))
            with _waiting(tally, folder), closing(presses.tell(names.wanted(desk, told))) as made:
                for group in groups(made, order.together):
                    still()
                    records.take(group)
                    done += len(group)
                    if progress is not None:
                        progress("letters", done, len(names))
        if isinstance(asked, str):  # a record that names no decision may be anybody's
            tally.exceptions += addressees.read(desk.cards([NOBODYS]).get(NOBODYS, []))[1]
        if (order.stamped or order.manifest_key) and not order.draft and tally.letters:
            _manifest(ledger, audit, folder, records, tally, order.manifest_key)
        folder.write(EXCEPTIONS, as_csv(tally.exceptions))
        if stands and not tally.letters:
            # To put an empty folder where letters wait to be sent would hide them.
            tally.stands = stands.letters.total()
            folder.give_up(EXCEPTIONS)
    tally.moved = folder.moved
    return tally


def _told_before(folders: Sequence[Resumed]) -> dict[str, frozenset[str]]:
    """Return who has their letter from calls before this one, by decision."""
    found: dict[str, frozenset[str]] = {}
    for one in folders:
        for decision, persons in one.persons().items():
            found[decision] = found.get(decision, frozenset()) | persons
    return found


class _Names:
    """The decisions whose letters are wanted, by their pseudonyms: 16 bytes each, and no more of memory."""

    def __init__(self, some: Iterable[list[bytes]]) -> None:
        self._all = bytearray()
        for names in some:
            self._all += b"".join(names)

    def __len__(self) -> int:
        return len(self._all) // _NAME

    def wanted(
        self, desk: Desk, told: Mapping[str, frozenset[str]], places: Collection[int] | None = None
    ) -> Iterator[Wanted]:
        """Yield the decisions with their recipients' rows, all or those at some places."""
        at = iter(range(len(self)) if places is None else sorted(places))
        while some := list(islice(at, STAMPED)):
            names = [bytes(self._all[_NAME * one : _NAME * (one + 1)]) for one in some]
            cards = desk.cards(names)
            for name in names:
                yield Wanted(name.hex(), cards.get(name, ()), told.get(name.hex(), frozenset()))


@contextmanager
def _waiting(tally: Tally, folder: OutputFolder) -> Iterator[None]:
    """Say of an error what became of the letters that were recorded before it."""
    try:
        yield
    except AuditError as error:
        if folder.lasting:
            n = f"{tally.letters} letters are recorded" if tally.letters > 1 else "1 letter is recorded"
            error.args = (f"{error} {n}, in {folder.filled}; the same command goes on from there.",)
        raise


def _manifest(
    ledger: Ledger,
    audit: str,
    folder: OutputFolder,
    records: Records,
    tally: Tally,
    key: SigningKey | None,
) -> None:
    """Seal the list of all files; where that fails, the letters, which are recorded, stay in their place."""
    try:
        resumed = tally.resumed > 0
        write_manifest(ledger, audit, folder, records.noted(), records.templates, key, resumed=resumed)
    except AuditError as error:
        tally.exceptions.append(Refusal("", None, f"the manifest was not recorded: {error}", RECORD))


def _told(order: Order, which: str, letters: Letters, asked: Asked) -> Told:
    """Return what comes of a decision; ``which`` is ``unsent``, ``all`` or ``named``."""
    told = Told(asked.decision.notice.due_on)
    for recipient in _persons(letters, asked, order, told, everyone=which != "named"):
        if asked.told and _person(letters, asked.decision, recipient) in asked.told:
            continue
        if which == "unsent" and letters.is_issued(asked.decision, recipient, order.kind):
            continue
        made = _rendered(letters, asked.decision, recipient, order)
        if isinstance(made, Refusal):
            told.exceptions.append(made)
        else:
            key = order.pades
            signed = made if key is None else tuple(key.sign(one, order.date) for one in made)
            told.letters.append((signed, recipient))
    return told


def _person(letters: Letters, decision: Decision, recipient: Recipient) -> str | None:
    return letters.person(decision, letters.ledger.case(letters.audit.audit, decision.decision), recipient)


def _chosen(
    letters: Letters, audit: str, asked: Sequence[str] | Literal["unsent", "all"], order: Order, tally: Tally
) -> Iterator[list[bytes]]:
    """Yield the decisions asked for, in the order of the data; an unknown id is an exception."""
    ledger = letters.ledger
    if asked == "all":
        for outcome in _told_outcomes(ledger, audit):
            yield from decisions.names(ledger, audit, outcome)
        return
    if isinstance(asked, str):
        told: dict[str | None, set[str]] = {}
        for document in ledger.documents(audit):
            if not document.draft:
                told.setdefault(document.decision, set()).add(document.kind)
        for outcome in _told_outcomes(ledger, audit):
            for decision in ledger.decisions(audit, outcome=outcome):
                state, before = decision.notice.state, told.get(decision.decision, set())
                # Who asked for an explanation was told, and their notice is due all the same.
                due = state == "sent" and (order.kind or letters.kind_due(decision)) not in before
                if due or state not in ("sent", "void"):
                    yield [bytes.fromhex(decision.decision)]
        return
    for name in dict.fromkeys(asked):
        try:
            found = ledger.decision(audit, name)
        except UsageError:
            tally.exceptions.append(Refusal(name, None, "the audit has no such decision", RECORD))
            continue
        yield [bytes.fromhex(found.decision)]


def _told_outcomes(ledger: Ledger, audit: str) -> list[Outcome]:
    """Return the outcomes of which some ask for a letter; what is granted, only by ``letters``."""
    stated = ledger.find(audit).config.get("letters") or {}
    granted: list[Outcome] = ["favourable"] if stated.get("pricing") or stated.get("score_disclosure") else []
    return ["adverse", "none", *granted]


def _persons(letters: Letters, asked: Asked, order: Order, told: Told, *, everyone: bool) -> list[Recipient]:
    """Return who is to be told of a decision; what keeps it from somebody becomes an exception."""
    decision, theirs, unreadable, _ = asked
    gap = _not_due(letters, decision, order)
    if decision.outcome != "adverse" and everyone:
        # Withdrawn, or granted on the best terms, or on another person's report: nobody expects a letter.
        # What cannot be told is another matter, and is an exception like any other.
        if isinstance(gap, NotDue):
            return []
        theirs = [
            one for one in theirs if not isinstance(_not_due(letters, decision, order, one.role), NotDue)
        ]
        if gap is None:
            return theirs
    if gap is not None:  # once a decision, whoever its persons are
        told.exceptions.append(_refused(letters, decision, None, order, gap))
        return []
    told.exceptions += [replace(one, days_left=_days_left(decision, order)) for one in unreadable]
    # 12 CFR 1002.2(e): a guarantor is no applicant for notices, so none has to be named; the letter of
    # one who is named is refused, and the exception says why.
    missing = {person.role for person in decision.persons if person.role != "guarantor"}
    missing -= {recipient.role for recipient in theirs} | {one.role for one in unreadable if one.role}
    if None not in {one.role for one in unreadable}:
        for role in sorted(missing, key=("primary", "joint").index):
            gap = Gap("recipients: nobody is named for this decision and role", PERSON)
            told.exceptions.append(_refused(letters, decision, role, order, gap))
    return theirs


def _not_due(letters: Letters, decision: Decision, order: Order, role: Role | None = None) -> Gap | None:
    try:
        return letters.not_due(decision, order.kind, role)
    except AuditError as error:  # a locked cell that does not open, a person erased
        return Gap(str(error), RECORD)


def _rendered(
    letters: Letters, decision: Decision, recipient: Recipient, order: Order
) -> tuple[Document, ...] | Refusal:
    try:
        return letters.render(
            decision,
            recipient,
            date=order.date,
            formats=order.formats,
            draft=order.draft,
            again_reason=order.again_reason,
            late_reason=order.late_reason,
            kind=order.kind,
            lang=order.lang,
            review=letters.reviewed(decision, recipient) if order.kind else None,
        )
    except AuditError as error:
        # A locked cell that does not open, a person erased: this letter's fate, not the others'.
        gap = Gap(str(error), RECORD)
        return replace(_refused(letters, decision, recipient.role, order, gap), decision=recipient.decision)


def _refused(letters: Letters, decision: Decision, role: Any, order: Order, gap: Gap) -> Refusal:
    try:
        name = letters.ledger.case(letters.audit.audit, decision.decision).decision
    except AuditError:
        name = decision.decision  # without the key file, or once erased, the pseudonym is all there is
    made = refusal(name, role, None, order.date, gap)
    return replace(made, days_left=_days_left(decision, order))


def _days_left(decision: Decision, order: Order) -> int | None:
    due = decision.notice.due_on
    return (due - order.date).days if due is not None else None


def as_csv(exceptions: Sequence[Refusal]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for one in exceptions:
        left = "" if one.days_left is None else one.days_left
        rows.writerow((one.decision, one.role or "", one.cause, one.citation, left))
    return text.getvalue()
