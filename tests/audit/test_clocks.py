"""Clocks: how long an answer may take, dated data of the packs with their sources."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from audit.clocks import load_clocks
from audit.errors import PolicyError
from audit.owed import NOTICE_DAYS
from reports.deadline import DAYS

DAY = dt.date(2026, 11, 20)
TWICE = "{from: 2020-01-01, days: 1, months: 1, kind: law, source: S}"


def test_the_times_of_the_law() -> None:
    """Each clock is that of its clause; the notice's is the number that letters are held to."""
    told = {name: (one.answer.told, one.answer.kind, one.of) for name, one in load_clocks(DAY).items()}
    assert told == {
        "adverse_action": (f"{DAYS} days", "law", "notice"),
        "counteroffer": ("90 days", "law", "notice"),
        "reasons_asked": ("30 days", "law", "request"),
        "fcra_615b": ("30 days", "house", "request"),
        "fcra_615b_affiliate": ("30 days", "law", "request"),
        "gdpr_15": ("1 month", "law", "request"),
        "human_review": ("1 month", "law", "request"),
        "ccd2_18": ("1 month", "house", "request"),
    }
    assert DAYS == NOTICE_DAYS


def test_what_may_be_put_off_and_until_when_one_may_ask() -> None:
    """Two more months under the GDPR alone; 60 days after the notice under the United States' laws."""
    clocks = load_clocks(DAY)
    more = {name: one.may_extend.told for name, one in clocks.items() if one.may_extend}
    assert more == {"gdpr_15": "2 months", "human_review": "2 months"}
    within = {name: one.ask_within.told for name, one in clocks.items() if one.ask_within}
    assert within == dict.fromkeys(("reasons_asked", "fcra_615b", "fcra_615b_affiliate"), "60 days")
    assert {name for name, one in clocks.items() if one.review} == {"human_review", "ccd2_18"}


def test_a_clock_runs_from_its_day() -> None:
    """The directive's applies from 20 November 2026, the GDPR's from 25 May 2018."""
    assert "ccd2_18" not in load_clocks(dt.date(2026, 11, 19))
    assert "gdpr_15" not in load_clocks(dt.date(2018, 5, 24))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: {title: A, of: request, answer: [{from: 2020-01-01, kind: law, source: S}]}", "days or months"),
        (f"a: {{title: A, of: notice, answer: [{TWICE}]}}", "days or months"),
        ("a: {title: A, of: request, answer: []}", "answer"),
        ("a: {title: A, of: letter, answer: [{from: 2020-01-01, days: 1, kind: law, source: S}]}", "of"),
        ("{}", "nothing stands"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    """A time that counts nothing or two things, or an unknown key, is told by file and line."""
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "clocks.yaml").write_text(text + "\n")
    with pytest.raises(PolicyError, match=fault) as error:
        load_clocks(DAY, tmp_path)
    assert "clocks.yaml" in str(error.value)


def test_two_packs_do_not_share_a_name(tmp_path: Path) -> None:
    """A name means one clock."""
    for pack in ("one", "two"):
        (tmp_path / pack).mkdir()
        (tmp_path / pack / "clocks.yaml").write_text(
            "a: {title: A, of: request, answer: [{from: 2020-01-01, days: 1, kind: law, source: S}]}\n"
        )
    with pytest.raises(PolicyError, match="'one' has a clock of this name already"):
        load_clocks(DAY, tmp_path)
