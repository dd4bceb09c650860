"""What is owed, held to a plain count over every decision, person and letter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.clocks import load_clocks
from audit.errors import UsageError
from audit.ledger import Ledger, deliveries, documents, dues, ends, requests
from audit.ledger.deliveries import Result
from audit.record import Decision
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import seal_small_audit, small_audit, write_audit

AT = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 26)
CLOCKS = load_clocks(DAY)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with one sealed audit, from which nothing was issued."""
    opened, _ = seal_small_audit(tmp_path)
    with opened:
        yield opened


def send(ledger: Ledger, one: Decision, number: int = 0, kind: str = "adverse_action") -> None:
    """Issue the letter to one person of a decision."""
    person = one.persons[number]
    words = f"{kind} to {number} about {one.row}."
    letter = replace(a_letter(one, words=words), person=person.person, role=person.role, kind=kind)
    ledger.record_document(ledger.find("latest").audit, letter, SENT_AT)


def owed(ledger: Ledger) -> set[tuple[str, str]]:
    """Return what is owed as a plain count over the decisions finds it."""
    audit = ledger.find("latest").audit
    told = {(one.decision, one.person) for one in documents.letters(ledger)}
    return {
        (one.decision, one.notice.state)
        for one in ledger.decisions(audit)
        if one.notice.state in ("ready", "held")
        and any((one.decision, p.person) not in told for p in one.persons if p.role != "guarantor")
    }


def found(ledger: Ledger) -> set[tuple[str, str]]:
    """Return what the query finds."""
    return {(one.decision, one.state) for one in dues.dues(ledger, CLOCKS) if one.what == "notice"}


def test_every_notice_is_owed_until_every_applicant_was_told(ledger: Ledger) -> None:
    """Nobody told, one of two told, both told, a draft: the query agrees with the count each time."""
    assert found(ledger) == owed(ledger)
    assert len(found(ledger)) > 10
    joint = next(d for d in ledger.decisions(ledger.find("latest"), notice="ready") if len(d.persons) == 2)
    send(ledger, joint)
    assert (joint.decision, "ready") in found(ledger)
    assert found(ledger) == owed(ledger)
    send(ledger, joint, 1)
    assert (joint.decision, "ready") not in found(ledger)
    alone = next(d for d in ledger.decisions(ledger.find("latest"), notice="ready") if len(d.persons) == 1)
    ledger.record_document(ledger.find("latest"), replace(a_letter(alone), draft=True), SENT_AT)
    assert (alone.decision, "ready") in found(ledger)
    send(ledger, alone)
    assert found(ledger) == owed(ledger)


def test_the_most_urgent_comes_first(ledger: Ledger) -> None:
    """By the last day; the days left are counted from the day that is asked."""
    told = dues.dues(ledger, CLOCKS)
    days = [one.due_on for one in told]
    assert days == sorted(days, key=lambda day: day or dt.date.min)
    first = told[0]
    assert first.due_on is not None
    assert first.days_left(first.due_on) == 0
    assert first.days_left(first.due_on + dt.timedelta(days=2)) == -2


def test_one_application_in_two_audits_is_owed_once(ledger: Ledger) -> None:
    """The audit sealed last stands for it; a letter from either ends it; one audit can be asked for."""
    n = len(found(ledger))
    first = ledger.find("latest").audit
    write_audit(ledger, small_audit("The same once more"))
    second = ledger.find("latest").audit
    assert {one.audit for one in dues.dues(ledger, CLOCKS)} == {second}
    assert len(found(ledger)) == n
    assert {one.audit for one in dues.dues(ledger, CLOCKS, first)} == {first}
    alone = next(d for d in ledger.decisions(first, notice="ready") if len(d.persons) == 1)
    send(ledger, alone)
    assert (alone.decision, "ready") not in found(ledger)


def test_an_ended_hold_is_owed_as_it_ended(ledger: Ledger) -> None:
    """Held until it is ended; withdrawn, nothing is owed."""
    audit = ledger.find("latest").audit
    (held,) = ends.held(ledger, audit)
    assert (held.decision, "held") in found(ledger)
    ends.end(ledger, audit, [held.decision], ends.Wish("withdrawn", "Second Desk", "r"), at=AT)
    assert held.decision not in {name for name, _ in found(ledger)}
    assert found(ledger) == owed(ledger)


def test_a_letter_that_came_back_is_not_delivered(ledger: Ledger) -> None:
    """From the day it came back until it is issued again; taken in twice it is one result."""
    alone = next(d for d in ledger.decisions(ledger.find("latest"), notice="ready") if len(d.persons) == 1)
    send(ledger, alone)
    (letter,) = documents.letters(ledger)
    results = [Result(letter, "sent", SENT_AT.date(), "mail"), Result(letter, "returned", DAY, "mail")]
    assert deliveries.record(ledger, results[:1], by="Mail desk", at=AT) == (1, 0)
    assert not [one for one in dues.dues(ledger, CLOCKS) if one.what == "not_delivered"]
    assert deliveries.record(ledger, results, by="Mail desk", at=AT) == (1, 1)
    assert deliveries.record(ledger, results, by="Mail desk", at=AT) == (0, 2)
    (back,) = [one for one in dues.dues(ledger, CLOCKS) if one.what == "not_delivered"]
    assert (back.decision, back.due_on) == (alone.decision, alone.notice.due_on)
    again = SENT_AT + dt.timedelta(days=6)
    ledger.record_document(letter.audit, a_letter(alone), again, again_reason="it came back")
    assert not [one for one in dues.dues(ledger, CLOCKS) if one.what == "not_delivered"]
    with pytest.raises(UsageError, match="--by"):
        deliveries.record(ledger, results, by="", at=AT)


def test_a_letter_of_another_kind_or_to_another_delivers_nothing(ledger: Ledger) -> None:
    """A returned notice stays undelivered until one of its kind goes to the same person."""
    joint = next(d for d in ledger.decisions(ledger.find("latest"), notice="ready") if len(d.persons) == 2)
    send(ledger, joint)
    (letter,) = documents.letters(ledger)
    deliveries.record(ledger, [Result(letter, "returned", DAY, "mail")], by="Mail desk", at=AT)

    def undelivered() -> list[str]:
        return [one.decision for one in dues.dues(ledger, CLOCKS) if one.what == "not_delivered"]

    send(ledger, joint, kind="fcra_notice")
    send(ledger, joint, 1)
    assert undelivered() == [joint.decision]
    again = SENT_AT + dt.timedelta(days=6)
    ledger.record_document(letter.audit, a_letter(joint), again, again_reason="it came back")
    assert undelivered() == []


def test_a_channel_is_one_of_a_few_words(ledger: Ledger) -> None:
    """It stands in clear, so whoever records a remark there is refused, and nothing is taken in."""
    alone = next(d for d in ledger.decisions(ledger.find("latest"), notice="ready") if len(d.persons) == 1)
    send(ledger, alone)
    (letter,) = documents.letters(ledger)
    remark = Result(letter, "returned", DAY, "moved to Example Road")
    with pytest.raises(UsageError, match="channel is none") as refused:
        deliveries.record(ledger, [remark], by="Mail desk", at=AT)
    assert "Example Road" not in str(refused.value)
    assert not [one for one in dues.dues(ledger, CLOCKS) if one.what == "not_delivered"]


def test_an_offer_without_reasons_is_followed_by_a_notice(ledger: Ledger) -> None:
    """12 CFR 1002.9(a)(1)(iv): 90 days after the counteroffer, until the reasons are told."""
    alone = next(d for d in ledger.decisions(ledger.find("latest"), notice="ready") if len(d.persons) == 1)
    send(ledger, alone, kind="counteroffer")
    (second,) = [one for one in dues.dues(ledger, CLOCKS) if one.what == "second_notice"]
    assert second.due_on == SENT_AT.date() + dt.timedelta(days=90)
    send(ledger, alone)
    assert not [one for one in dues.dues(ledger, CLOCKS) if one.what == "second_notice"]


def test_an_open_request_is_owed(ledger: Ledger) -> None:
    """With its own last day, until it is closed."""
    audit = ledger.find("latest").audit
    one = next(iter(ledger.decisions(audit, outcome="adverse")))
    asked = requests.open_(ledger, audit, one.decision, CLOCKS["gdpr_15"], by="b", at=AT, received=DAY)
    (due,) = [one for one in dues.dues(ledger, CLOCKS, audit) if one.what == "request"]
    assert (due.request, due.due_on) == ("request-1", dt.date(2026, 12, 26))
    answer = requests.Answer("answered", "sent by mail", "b")
    requests.close(ledger, asked.request, CLOCKS["gdpr_15"], answer, day=DAY, at=AT)
    assert not [one for one in dues.dues(ledger, CLOCKS) if one.what == "request"]
