"""R18: lawfully scored age, planted to keep the rule and to break it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.errors import ConfigError
from audit.ledger import Ledger, verify
from audit.replay import replay
from reports.sections import model, scope
from tests.reports.letters.test_lint import Sent
from tests.rules import posted
from tests.worlds import aged_lender
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, score

RULE = "us_ecoa_regb.scored_age_favours_the_elderly"
OTHER = "us_ecoa_regb.protected_basis_not_scored"


def points(of: str, age: int) -> float:
    """Return what an age adds to the score, by plain comparisons."""
    if of == aged_lender.LAWFUL:
        return 0.0 if age >= 62 else 0.05 if age < 25 else 0.02
    return 0.01 if age >= 62 else 0.05 if age < 25 else 0.0


def findings(result: Any) -> dict[str, Any]:
    """Return the two findings on age."""
    return {one.requirement: one for one in result.findings if one.requirement in (RULE, OTHER)}


def held(result: Any) -> dict[int, str | None]:
    """Return the rows whose notice is held, with the cause."""
    with Ledger.open(result.ledger_url) as ledger:
        return {
            one.row: one.notice.cause
            for one in ledger.decisions(result.audit.audit)
            if one.notice.state == "held"
        }


def refused(row: Any, of: str) -> bool:
    """Return whether a row is refused."""
    return score(row) + points(of, row["age"]) >= CUTOFF


@pytest.mark.parametrize("coding", ["high", "low"])
def test_R18_age(tmp_path: Path, coding: str) -> None:
    """R18: who is 62 or older and fares worse than with the best younger age is held, and nobody else."""
    lawful = aged_lender.build(tmp_path / "lawful", coding=coding)
    result = audit.run(lawful.config)
    found = findings(result)
    assert (found[RULE].outcome, found[RULE].value) == ("met", 0.0)
    assert found[RULE].n > 20
    assert found[OTHER].outcome == "met"
    assert held(result) == {}
    with Ledger.open(result.ledger_url) as ledger:
        assert verify(ledger).ok
        assert all(one.ok for one in replay(ledger, "latest", folder=lawful.folder).compared)

    unlawful = aged_lender.build(tmp_path / "unlawful", coding=coding, points=aged_lender.UNLAWFUL)
    result = audit.run(unlawful.config)
    found = findings(result)
    expected = {
        i for i, row in enumerate(unlawful.rows) if row["age"] >= 62 and refused(row, aged_lender.UNLAWFUL)
    }
    assert held(result) == dict.fromkeys(expected, "negative_age")
    assert (found[RULE].outcome, found[RULE].kind, found[RULE].access) == ("not_met", "law", "fair_lending")
    assert found[RULE].value == found[RULE].n >= len(expected) > 20
    assert "age scored by leave of Counsel, 2026-11-02" in found[RULE].cause
    assert "most favoured: 25-39" in found[RULE].cause
    assert "by up to 0.01" in found[RULE].cause
    assert result.exit_code == 3
    # Age told as a reason of somebody younger holds nothing: that is what the leave is for.
    with Ledger.open(result.ledger_url) as ledger:
        of_age = [
            one for one in ledger.decisions(result.audit.audit) if one.reasons and one.row not in expected
        ]
        assert any("age" in {reason.factor for reason in one.reasons} for one in of_age)


def test_a_report_says_that_age_is_scored_by_leave(tmp_path: Path) -> None:
    """Where age is an input, no page says that no protected attribute is one."""
    result = audit.run(aged_lender.build(tmp_path / "world", points=aged_lender.UNLAWFUL).config)
    with Ledger.open(result.ledger_url) as ledger:
        read = model.query(ledger, result.audit.audit)
        stated = scope.query(ledger, result.audit.audit)
    assert read.finding == "The model reads age by leave (age), and no other protected attribute"
    assert "by leave of 12 CFR 1002.6(b)(2): age" in str(stated)
    assert "None is a model input" not in str(stated)


def test_without_leave_age_is_a_protected_basis(tmp_path: Path) -> None:
    """The same lawful points hold every notice in whose reasons age stands, where nobody answers for them."""
    world = aged_lender.build(tmp_path / "world", leave=False)
    result = audit.run(world.config)
    found = findings(result)
    assert (found[RULE].outcome, found[OTHER].outcome) == ("not_applicable", "not_met")
    assert set(held(result).values()) == {"protected_basis"}


def test_only_with_leave_a_letter_names_age(tmp_path: Path) -> None:
    """A letter to somebody younger says "Your age", where age is scored by leave; its checks know why."""
    world = aged_lender.build(tmp_path / "world", points='np.where(columns["age"] < 25, 0.2, 0.0)')
    result = audit.run(world.config)
    with Ledger.open(result.ledger_url) as ledger:
        row = next(
            world.rows[one.row]
            for one in ledger.decisions(result.audit.audit, outcome="adverse")
            if "age" in {reason.factor for reason in one.reasons}
        )
    assert "Your age" in posted.printed(posted.letter(result, row))
    sent = Sent()
    first, *rest = sent.notice.reasons
    sent.notice = replace(sent.notice, reasons=(replace(first, statement="Your age"), *rest))
    assert "h" in sent.broken()
    sent.terms = replace(sent.terms, age_permitted=True)
    assert "h" not in sent.broken()
    sent.notice = replace(sent.notice, reasons=(replace(first, statement="Marital status"), *rest))
    assert "h" in sent.broken()


def test_one_favoured_year_in_a_wide_band_is_seen(tmp_path: Path) -> None:
    """Bands do not average: the year of 30 alone fares better, and that is enough."""
    of = 'np.where(columns["age"] == 30, -0.01, 0.0)'
    world = aged_lender.build(tmp_path / "world", points=of)
    Desk(world.folder).set(protected__age__bands=[18, 62], protected__age__reference="18-61")
    found = findings(audit.run(world.config))[RULE]
    assert found.outcome == "not_met"
    assert found.value == found.n


def test_columns_that_tell_age_are_moved_together(tmp_path: Path) -> None:
    """A flag for 62 and older takes back what the year adds; nobody is scored who is 30 with the flag."""
    of = '0.001 * columns["age"] - np.where(columns["senior"] == 1, 0.1, 0.0)'
    world = aged_lender.build(tmp_path / "world", points=of)
    desk = Desk(world.folder)
    desk.rows(lambda rows: [{**row, "senior": int(int(row["age"]) >= 62)} for row in rows])
    desk.text("reasons.yaml", "columns: [age]", "columns: [age, senior]")
    desk.set(data__features=["income", "utilisation", "late_payments", "years_at_address", "age", "senior"])
    result = audit.run(desk.config)
    found = findings(result)[RULE]
    assert (found.outcome, found.value) == ("met", 0.0)
    assert found.cause.startswith("age, senior scored")


def test_what_age_alone_decides_is_moved_with_it(tmp_path: Path) -> None:
    """The square of the distance from 45 tells no age, and without it nobody would be 30 in both columns."""
    of = '0.0002 * columns["apart"] - 0.01 * np.maximum(columns["age"] - 45, 0)'
    features = ["income", "utilisation", "late_payments", "years_at_address", "age", "apart"]
    found = {}
    for points, outcome in ((of, "met"), (of.replace("- 0.01", "- 0.004"), "not_met")):
        world = aged_lender.build(tmp_path / outcome, points=points)
        desk = Desk(world.folder).set(data__features=features)
        desk.rows(lambda rows: [{**row, "apart": (int(row["age"]) - 45) ** 2} for row in rows])
        desk.text("reasons.yaml", "columns: [age]", "columns: [age, apart]")
        (found[outcome],) = [one for one in audit.run(desk.config).findings if one.requirement == RULE]
        # Points by age, in plain Python: is any age from 62 on worse than the best younger one?
        rate = 0.01 if outcome == "met" else 0.004
        ages = sorted({row["age"] for row in world.rows})
        by_age = {age: 0.0002 * (age - 45) ** 2 - rate * max(age - 45, 0) for age in ages}
        best = min(value for age, value in by_age.items() if age < 62)
        worse = [age for age in ages if age >= 62 and by_age[age] > best + 1e-4]
        assert bool(worse) == (outcome == "not_met")
    assert {name: one.outcome for name, one in found.items()} == {"met": "met", "not_met": "not_met"}


def test_where_nobody_younger_is_known_leave_is_not_shown(tmp_path: Path) -> None:
    """Among the old alone no younger age is there to try: not measured, and age holds as without leave."""
    world = aged_lender.build(tmp_path / "world", points='0.002 * (columns["age"] - 60)')
    desk = Desk(world.folder).rows(lambda rows: [{**row, "age": 62 + i % 17} for i, row in enumerate(rows)])
    desk.set(protected__age__bands=[18, 62, 70], protected__age__reference="62-69")
    result = audit.run(desk.config)
    found = findings(result)[RULE]
    assert (found.outcome, found.value) == ("not_measured", None), found.cause
    assert "no younger applicant" in found.cause
    assert set(held(result).values()) == {"protected_basis"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"protected__age__bands": [18, 25, 40], "protected__age__reference": "25-39"},
            r"protected\.age: no band of the permitted age begins at 62",
        ),
        (
            {"protected__sex__permitted": aged_lender.PERMITTED},
            r"protected\.sex: .*62|protected\.sex\.permitted: no basis but age",
        ),
        ({"protected__age__permitted": {"by": "Counsel"}}, r"protected\.age\.permitted\.basis: .*missing"),
    ],
)
def test_a_leave_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    """Only age can be scored with leave, by somebody who says on what basis, and 62 parts the bands."""
    world = aged_lender.build(tmp_path / "world")
    desk = Desk(world.folder).set(**changes)
    with pytest.raises(ConfigError, match=words):
        audit.run(desk.config)
