"""How holds end: by a second person, as R2 lets them, once, with the new record linked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import UsageError
from audit.ledger import Ledger, dues, ends, events, verify
from audit.ledger.ends import Wish
from audit.record import Decision, Notice
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import SmallAudit, small_audit, write_audit

AT = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
OWNER = "Model Risk"


def with_cause(small: SmallAudit, cause: str) -> SmallAudit:
    """Return the audit with its held notice held by another cause, its reasons those of the model."""

    def changed(one: Decision) -> Decision:
        held = one.notice.state == "held"
        return replace(one, notice=replace(one.notice, cause=cause)) if held else one

    parts = tuple({**part, "decisions": [changed(one) for one in part["decisions"]]} for part in small.parts)
    return replace(small, parts=parts)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as ledger:
        yield ledger


@pytest.fixture
def held_by(opened: Ledger) -> Callable[[str], tuple[str, Decision]]:
    """Write an audit whose one held notice has a cause; return its id and that decision."""

    def write(cause: str) -> tuple[str, Decision]:
        audit = write_audit(opened, with_cause(small_audit(f"Held by {cause}"), cause)).audit
        (one,) = ends.held(opened, audit)
        assert one.notice.cause == cause
        return audit, one

    return write


def ended(ledger: Ledger, audit: str, one: Decision, wish: Wish) -> Decision:
    """End the hold and return the decision as it is told since."""
    (act,) = ends.end(ledger, audit, [one.decision], wish, at=AT)
    assert (act.state, act.kind, act.by) == (wish.end, one.notice.cause, wish.by)
    assert ends.held(ledger, audit) == ()
    return ledger.decision(audit, one.decision)


def test_a_second_person_lets_a_notice_go_as_it_was_ranked(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]]
) -> None:
    """The notice is ready, its reasons untouched to the bit; once a letter is issued it is sent."""
    audit, one = held_by("ranking_uncertain")
    after = ended(opened, audit, one, Wish("send_as_ranked", "Second Desk", "checked by hand"))
    assert after.notice == Notice("ready", "ranking_uncertain", one.notice.due_on, "send_as_ranked")
    assert replace(after, notice=one.notice) == one
    assert after in list(opened.decisions(audit, notice="ready"))
    for number, person in enumerate(one.persons):
        letter = replace(a_letter(one, words=f"Dear {number}."), person=person.person, role=person.role)
        opened.record_document(audit, letter, SENT_AT)
    assert opened.decision(audit, one.decision).notice.state == "sent"
    assert verify(opened).ok


def test_withdrawn_leaves_nothing_to_send(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]]
) -> None:
    """The notice is void and owed by nobody."""
    audit, one = held_by("residual")
    assert one.decision in {due.decision for due in dues.dues(opened, {})}
    after = ended(opened, audit, one, Wish("withdrawn", "Second Desk", "the applicant withdrew"))
    assert (after.notice.state, after.notice.end) == ("void", "withdrawn")
    assert one.decision not in {due.decision for due in dues.dues(opened, {})}
    assert after in list(opened.decisions(audit, notice="void"))


@pytest.mark.parametrize("cause", ["protected_basis", "blocked_proxy"])
def test_a_protected_basis_is_told_only_where_counsel_decided_so(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]], cause: str
) -> None:
    """R2: without counsel's name it stays held; with it the notice goes as ranked, and counsel is named."""
    audit, one = held_by(cause)
    with pytest.raises(UsageError, match=r"counsel decided.*comment 9\(b\)\(2\)-4"):
        ends.end(opened, audit, [one.decision], Wish("send_as_ranked", "Second Desk", "it is true"), at=AT)
    assert ends.held(opened, audit) == (one,)
    wish = Wish("send_as_ranked", "Second Desk", "it is true", counsel="Outside Counsel")
    assert ended(opened, audit, one, wish).notice.state == "ready"
    (act,) = events.events(opened, "hold_end")
    assert act.second == "Outside Counsel"


@pytest.mark.parametrize("cause", ["decision_differs", "action_differs", "residual", "reference_too_small"])
def test_reasons_that_are_not_the_true_ones_are_sent_by_nobody_s_word(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]], cause: str
) -> None:
    """Not even counsel sends them; only a new decision or a withdrawal ends such a hold."""
    audit, one = held_by(cause)
    for counsel in (None, "Outside Counsel"):
        wish = Wish("send_as_ranked", "Second Desk", "it will do", counsel=counsel)
        with pytest.raises(UsageError, match="End it with reconsidered or withdrawn"):
            ends.end(opened, audit, [one.decision], wish, at=AT)
    assert ends.held(opened, audit) == (one,)


def test_only_a_second_person_ends_a_hold(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]]
) -> None:
    """Not the audit's owner, nor whoever asked for it, nor nobody, and never without a reason."""
    audit, one = held_by("ranking_uncertain")
    owner = opened.find(audit).owner
    for wish, fault in (
        (Wish("withdrawn", f" {owner.upper()} ", "r"), "answers for the audit"),
        (Wish("withdrawn", "Ada", "r", opened_by="ada"), "asked for it"),
        (Wish("withdrawn", " ", "r"), "--by"),
        (Wish("withdrawn", "Second Desk", ""), "--reason"),
        (Wish("sent", "Second Desk", "r"), "no end of a hold"),
        (Wish("withdrawn", "Second Desk", "r", counsel="C"), "goes with send_as_ranked"),
        (Wish("send_as_ranked", "Second Desk", "r", counsel="C"), "second person alone"),
        (Wish("withdrawn", "Second Desk", "r", outcome="favourable"), "go with reconsidered"),
        (Wish("reconsidered", "Second Desk", "r"), "what came of it"),
        (Wish("reconsidered", "Second Desk", "r", outcome="adverse"), "only decide for the applicant"),
        (Wish("reconsidered", "Second Desk", "r", anew=audit), "the audit that holds the notice"),
    ):
        with pytest.raises(UsageError, match=fault):
            ends.end(opened, audit, [one.decision], wish, at=AT)
    with pytest.raises(UsageError, match="no decision is named"):
        ends.end(opened, audit, [], Wish("withdrawn", "Second Desk", "r"), at=AT)
    assert ends.held(opened, audit) == (one,)
    assert events.events(opened) == ()


def test_an_end_is_final_and_all_or_none(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]]
) -> None:
    """A second end is refused; where one of several is not held, none ends."""
    audit, one = held_by("ranking_uncertain")
    other = next(opened.decisions(audit, notice="ready"))
    wish = Wish("withdrawn", "Second Desk", "r")
    with pytest.raises(UsageError, match="is ready, not held"):
        ends.end(opened, audit, [one.decision, other.decision], wish, at=AT)
    assert ends.held(opened, audit) == (one,)
    ended(opened, audit, one, wish)
    with pytest.raises(UsageError, match="it was ended: withdrawn"):
        ends.end(opened, audit, [one.decision], wish, at=AT)


def test_a_new_decision_is_linked_to_the_old_one(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]]
) -> None:
    """The act names the new record and its outcome; the new notice is owed by itself, the old one no more."""
    audit, one = held_by("decision_differs")
    small = small_audit("Decided anew")
    free = {
        **small.parts[0],
        "decisions": [
            replace(d, notice=replace(d.notice, state="ready", cause=None)) if d.notice.state == "held" else d
            for d in small.parts[0]["decisions"]
        ],
    }
    rest = {
        **small.parts[1],
        "decisions": [
            replace(d, notice=replace(d.notice, state="ready", cause=None)) if d.notice.state == "held" else d
            for d in small.parts[1]["decisions"]
        ],
    }
    later = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    small = replace(small, parts=(free, rest), seal={**small.seal, "sealed_at": later})
    anew = write_audit(opened, small).audit
    after = ended(opened, audit, one, Wish("reconsidered", "Second Desk", "the form was misread", anew=anew))
    assert (after.notice.state, after.notice.end) == ("void", "reconsidered")
    (act,) = events.events(opened, "hold_end")
    assert (act.subject, act.result) == (f"{anew}/{one.decision}", "adverse")
    owed = {(due.audit, due.state) for due in dues.dues(opened, {}) if due.decision == one.decision}
    assert owed == {(anew, "ready")}


def test_an_older_record_decides_nothing_anew(opened: Ledger) -> None:
    """A record that was sealed before the held one is refused as the new one."""
    first = write_audit(opened, small_audit("Before")).audit
    later = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    small = small_audit("After")
    second = write_audit(opened, replace(small, seal={**small.seal, "sealed_at": later})).audit
    (one,) = ends.held(opened, second)
    with pytest.raises(UsageError, match="sealed before this one"):
        ends.end(opened, second, [one.decision], Wish("reconsidered", "Desk", "r", anew=first), at=AT)


def test_a_person_alone_decides_for_the_applicant(
    opened: Ledger, held_by: Callable[[str], tuple[str, Decision]]
) -> None:
    """Reconsidered without a new record is favourable; no notice of adverse action is owed."""
    audit, one = held_by("no_reason")
    after = ended(opened, audit, one, Wish("reconsidered", "Desk", "income proven", outcome="favourable"))
    assert after.notice.state == "void"
    assert after.outcome == "adverse"  # what was decided then stands, and counts in every rate
    (act,) = events.events(opened, "hold_end")
    assert (act.subject, act.result) == (None, "favourable")
