"""Whom letters go to, and the records that cannot be a recipient."""

from __future__ import annotations

import pytest

from audit.data import csv_file
from audit.data.recipient_rows import recipients_of
from audit.data.recipients import (
    each_recipient,
    each_row,
    read_persons,
    read_recipients,
    recipients_columns,
)
from audit.errors import ConfigError, DataError
from audit.record import Person, Recipient

SECTION = {"path": "people.csv", "decision": "app", "person": "who", "role": "part", "name": "name",
           "address": ["street", "town"], "channel": "channel", "esign_consent": "consent"}  # fmt: skip
HEADER = "app,who,part,name,street,town,channel,consent\n"


@pytest.fixture
def config(a_config, put):
    put("id,income,city,sex,taken\n")
    return a_config(recipients=SECTION)


def test_recipients_come_as_they_stand(config, put):
    """One row, one recipient; an empty role is the applicant's, an empty address line is left out."""
    put(
        HEADER
        + "a,p1,,Ann Fictional,1 Nowhere Lane,Sampletown,Mail,no\na,p2,joint,Ben,,Sampletown,email,YES\n",
        "people.csv",
    )
    recipients, refusals = read_recipients(config)
    assert refusals == ()
    assert recipients == (
        Recipient("a", "p1", "primary", "Ann Fictional", ("1 Nowhere Lane", "Sampletown"), "mail", False),
        Recipient("a", "p2", "joint", "Ben", ("Sampletown",), "email", True),
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",p1,primary,N,s,t,mail,no", "no decision is named"),
        ("a,,primary,N,s,t,mail,no", "no person is named"),
        ("a,p1,cousin,N,s,t,mail,no", "a role other than primary, joint, guarantor"),
        ("a,p1,primary,N,s,t,pigeon,no", "a channel other than mail, email, portal"),
        ("a,p1,primary,N,s,t,,no", "a channel other than"),
        ("a,p1,primary,N,s,t,mail,perhaps", "neither true nor false"),
        ("z,p9,primary,N,s,t,mail,no", "the same person stands twice"),
    ],
)
def test_one_bad_record_never_stops_the_others(config, put, row, words):
    """It is refused with its row and citation, and the others go on."""
    put(HEADER + f"z,p9,primary,Zoe,s,t,mail,no\n{row}\n", "people.csv")
    recipients, (refusal,) = read_recipients(config)
    assert [one.person for one in recipients] == ["p9"]
    assert words in refusal.cause
    assert "row 2" in refusal.cause
    assert refusal.citation == "12 CFR 1002.9(a)(1)"


def test_a_long_file_is_read_some_rows_at_a_time(config, put, monkeypatch):
    """Rows keep their numbers, and who stands twice is found however far apart; a file may be empty."""
    monkeypatch.setattr(csv_file, "PARTITION_ROWS", 2)
    rows = [f"{app},p,primary,N,s,t,mail,no" for app in "abcda"]
    put(HEADER + "\n".join(rows) + "\n", "people.csv")
    read = each_recipient(config)
    assert [next(read).decision for _ in range(4)] == ["a", "b", "c", "d"]
    (last,) = read
    assert last.cause == "recipients, row 5: the same person stands twice for this decision"
    put(HEADER, "people.csv")
    assert read_recipients(config) == ((), ())


def test_rows_that_are_judged_later_are_what_the_whole_file_says(config, put):
    """Each decision's rows by themselves give the same recipients and refusals, with their rows' numbers."""
    rows = [
        *("b,p,primary,N,s,t,mail,no", "a,p,primary,N,,t,Email,yes", "b,p,joint,N,s,t,mail,no"),
        *("a,p,primary,N,s,t,mail,no", "b,q,Joint,N,s,t,pigeon,no", "a,q,joint,N,s,t,portal,1"),
    ]
    put(HEADER + "\n".join(rows) + "\n", "people.csv")
    every = [row for some in each_row(config) for row in some]
    assert [(number, cells[0]) for number, cells in every] == list(enumerate("babaXa".replace("X", "b"), 1))
    whole = list(each_recipient(config))
    for name in "ab":
        mine = [row for row in every if row[1][0] == name]
        assert list(recipients_of(mine)) == [one for one in whole if one.decision == name]
    assert len([one for one in whole if not isinstance(one, Recipient)]) == 3


def test_a_run_reads_who_takes_part_and_no_names(config, put):
    """Persons by decision, the applicant first."""
    put(HEADER + "a,g,guarantor,G,s,t,mail,no\na,p,primary,P,s,t,mail,no\nb,q,,Q,s,t,mail,no\n", "people.csv")
    assert read_persons(config) == {
        "a": (Person("p"), Person("g", "guarantor")),
        "b": (Person("q"),),
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,p,primary,N,s,t,mail,no\na,q,primary,N,s,t,mail,no", "row 2: a second primary"),
        ("a,p,primary,N,s,t,mail,no\na,p,joint,N,s,t,mail,no", "row 2: the same person stands twice"),
        ("a,p,boss,N,s,t,mail,no", "row 1: a role other than"),
        ("a,p,joint", "row 1: it has another number of cells"),
    ],
)
def test_persons_that_contradict_each_other_stop_the_run(config, put, rows, words):
    """Who decides about whom must be clear before anything is sealed; no name is repeated."""
    put(HEADER + rows + "\n", "people.csv")
    with pytest.raises(DataError, match=words):
        read_persons(config)


def test_what_is_not_there_is_told(config, a_config, put):
    """No section, no file, no such column."""
    with pytest.raises(ConfigError, match=r"recipients\.path: there is no file people\.csv"):
        read_recipients(config)
    with pytest.raises(ConfigError, match="nobody is named whom letters go to"):
        read_recipients(a_config())
    put("who,part\n", "people.csv")
    with pytest.raises(ConfigError, match=r"recipients\.decision: no column 'app'"):
        read_persons(config)
    assert read_persons(a_config()) == {}
    assert recipients_columns(config) == ("who", "part")
    assert recipients_columns(a_config()) is None
