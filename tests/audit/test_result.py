"""Tests of a sealed audit as a Python value."""

from __future__ import annotations

import dataclasses

import pytest

import audit
from audit.errors import UsageError
from audit.record import Finding, Rate


def test_what_is_read_back_is_what_was_returned(audited) -> None:
    """``audit.open`` takes a folder, a file or a URL, and a beginning of an id."""
    found = audited("even")
    name = found.result.audit.audit
    folder = found.world.folder
    for place in (folder, folder / "ledger.db", found.result.ledger_url):
        for asked in ("latest", name, name[:10]):
            opened = audit.open(place, asked)
            assert opened.audit == found.result.audit
            assert opened.findings == found.result.findings
            assert opened.rates == found.result.rates
            assert opened.existing


def test_an_absent_ledger_is_refused(tmp_path) -> None:
    """Opening makes no ledger."""
    with pytest.raises(UsageError, match="no ledger"):
        audit.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_data_frames_have_a_row_each(audited) -> None:
    """Findings, rates, disparities and decisions, with the columns of their records."""
    result = audited("tiny").result
    assert result.findings_frame().height == len(result.findings)
    assert result.findings_frame().columns == [field.name for field in dataclasses.fields(Finding)]
    assert result.rates_frame().columns == [field.name for field in dataclasses.fields(Rate)]
    assert result.disparities_frame()["p_value"].dtype.is_float()
    decisions = result.decisions_frame()
    assert decisions.height == result.audit.counts["rows"]
    refused = result.decisions_frame("adverse")
    assert refused.height == result.audit.counts["adverse"]
    assert refused["reason_codes"].list.len().min() >= 1


def test_frames_of_nothing_have_their_columns(audited) -> None:
    """A night of refusals has no rates; its frame is empty and still has columns."""
    result = dataclasses.replace(audited("even").result, rates=(), findings=())
    assert result.rates_frame().height == 0
    assert "selection_rate" not in result.rates_frame().columns
    assert result.rates_frame().columns == [field.name for field in dataclasses.fields(Rate)]
    assert result.decisions_frame("none").height == 0


def test_a_notebook_shows_words_and_findings(audited) -> None:
    """The view is a table of findings; nothing in it is taken for markup."""
    result = audited("proxy").result
    shown = result._repr_html_()
    assert shown.count("<tr>") == 1 + len(result.findings)
    assert "us_ecoa_regb.protected_basis_not_scored" in shown
    named = dataclasses.replace(result, audit=dataclasses.replace(result.audit, name="<script>"))
    assert "<script>" not in named._repr_html_()


def test_a_password_is_not_shown(audited) -> None:
    """The URL of a ledger may hold one: it stands in no representation and no JSON."""
    result = dataclasses.replace(audited("even").result, ledger_url="postgresql://me:Zyxwv@host/db")
    assert "Zyxwv" not in repr(result)
    assert "Zyxwv" not in str(result.as_json())
    assert "Zyxwv" not in result._repr_html_()
    assert "Zyxwv" not in result.in_words()


def test_words_keep_duties_and_screens_apart(audited) -> None:
    """A screen below its line is told as a convention, and by its number."""
    told = audited("tilted").result.in_words()
    duties, screens = [line for line in told.splitlines() if line.startswith(("Duties", "Screens"))]
    assert "conventions and not law" in screens
    assert "not met" in screens
    assert "screening.four_fifths, sex female (0.7, bound at least 0.8)" in told
    assert "Duties of law" in duties
