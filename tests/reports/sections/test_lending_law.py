"""Legal frame of a fair-lending report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from reports.sections import lending_law
from tests.worlds.told import AUDIT, ToldLedger, audit


def _on(day: dt.date) -> lending_law.LendingLaw:
    return lending_law.query(ToldLedger(the_audit=replace(audit(), as_of=day)), AUDIT)


def test_lending_law_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("lending_law")


def test_the_audits_day_picks_the_law() -> None:
    """An audit of the spring of 2026 reads of an effects test, one of the autumn that there is none."""
    spring, autumn = _on(dt.date(2026, 4, 1)), _on(dt.date(2026, 11, 20))
    of = {
        page.day.replace("\u00a0", " "): {row.title: row for row in page.tests} for page in (spring, autumn)
    }
    title = "Approval rates, ratios, score gaps and odds by group"
    assert "allow an effects test" in of["1 April 2026"][title].says
    assert "no effects test" in of["20 November 2026"][title].says
    (rule,) = [row for row in spring.law if row.title.startswith("Final rule of 22 April 2026")]
    assert rule.state == "Begins on 21\u00a0July\u00a02026"
    (rule,) = [row for row in autumn.law if row.title.startswith("Final rule of 22 April 2026")]
    assert rule.state == "In force since 21\u00a0July\u00a02026, a suit or a repeal is pending"


def test_every_test_has_its_theory_and_its_source() -> None:
    """None is without; what serves neither theory says so."""
    page = _on(dt.date(2026, 11, 20))
    assert all(row.serves and row.source and row.since for row in page.tests)
    serves = {row.title: row.serves for row in page.tests}
    assert serves["Four fifths"] == "Neither theory"
    assert serves["Matched pairs"] == "Disparate treatment"
    assert serves["Error rates and calibration by group"] == "Validation"


def test_a_day_before_the_data_is_not_known() -> None:
    """Nothing is claimed of a day that no entry reaches."""
    page = _on(dt.date(1970, 1, 1))
    assert {row.serves for row in page.tests} == {"not known"}
