"""The verdict follows from the findings, and the tables beside it count the same findings."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.record import Bound, Finding, Requirement
from reports.outcomes import GRAVITY, gather
from reports.sections import findings as findings_section
from reports.sections import summary
from reports.verdict import LONGEST, verdict
from tests.worlds.told import AUDIT, ToldLedger, audit

MEASURES = ("unapproved_statements", "reference_size", "adverse_impact_ratio", "held_notices", "new_measure")
FORBIDDEN = re.compile(r"\b(compliant|fair|unbiased|passed|failed|safe|significant)\b", re.IGNORECASE)


def _requirement(i: int, kind: str, measure: str = "unapproved_statements") -> Requirement:
    return Requirement(
        f"pack.rule_{i}",
        kind,  # type: ignore[arg-type]
        "model_risk",
        f"Is rule {i} kept?",
        measure,
        Bound(dt.date(2020, 1, 1), at_most=0),
        "12 CFR 1002.9",
        "Keep it.",
        f"Rule {i} is kept",
    )


def _finding(requirement: Requirement, outcome: str, value: float = 1.0, **more: str) -> Finding:
    cause = None if outcome in ("met", "not_met") else "no dates are recorded"
    return Finding(
        requirement.requirement,
        requirement.kind,
        "model_risk",
        outcome,  # type: ignore[arg-type]
        requirement.measure,
        value=value if outcome in ("met", "not_met", "inconclusive") else None,
        source=requirement.source,
        cause=cause,
        **more,  # type: ignore[arg-type]
    )


def _say(*pairs: tuple[str, str]) -> str:
    requirements = [_requirement(i, kind) for i, (kind, _) in enumerate(pairs)]
    found = [_finding(r, outcome) for r, (_, outcome) in zip(requirements, pairs, strict=True)]
    return verdict(gather(requirements, found), {})


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (
            [("law", "error"), ("law", "not_met")],
            "One check could not run, so this audit gives no verdict on it: Rule 0 is kept.",
        ),
        (
            [("law", "met"), ("law", "not_met"), ("law", "not_applicable")],
            "One of two legal duties is not met: one reason statement is not approved.",
        ),
        (
            [("law", "met"), ("house", "not_met")],
            "All legal duties that were measured are met. One house rule is not: "
            "one reason statement is not approved.",
        ),
        (
            [("law", "not_measured"), ("guidance", "not_met"), ("house", "not_met")],
            "No legal duty was measured. One point of guidance and one house rule are not met: "
            "one reason statement is not approved.",
        ),
        (
            [("law", "met"), ("guidance", "inconclusive")],
            "No duty was found unmet. One cannot be decided: no dates are recorded.",
        ),
        (
            [("law", "met"), ("law", "not_measured")],
            "No duty was found unmet. One of two could not be measured: no dates are recorded.",
        ),
        (
            [("law", "met"), ("house", "met"), ("law", "not_applicable")],
            "Both requirements that were measured are met. One does not apply.",
        ),
        ([("law", "not_measured")], "Nothing was evaluated. This says nothing about the model."),
        ([], "Nothing was evaluated. This says nothing about the model."),
        (
            [("convention", "not_met")],
            "No duty was evaluated, only screening conventions. This says nothing about the law.",
        ),
    ],
)
def test_each_state_has_its_sentence(pairs: list[tuple[str, str]], sentence: str) -> None:
    """The first state that matches speaks; screens never do."""
    assert _say(*pairs) == sentence


kinds = st.sampled_from(("law", "guidance", "house", "convention"))
outcomes_ = st.sampled_from(GRAVITY)


@st.composite
def _audits(draw: st.DrawFn) -> ToldLedger:
    requirements, found = [], []
    for i in range(draw(st.integers(0, 8))):
        requirement = _requirement(i, draw(kinds), draw(st.sampled_from(MEASURES)))
        requirements.append(requirement)
        for group in range(draw(st.integers(1, 3))):
            where = {"attribute": "age", "group": f"{18 + group}-24"} if draw(st.booleans()) else {}
            value = draw(st.sampled_from((0.0, 1.0, 2.0, 0.796, 385.0)))
            found.append(_finding(requirement, draw(outcomes_), value, **where))
    return ToldLedger(the_requirements=tuple(requirements), the_findings=tuple(found))


@settings(deadline=None, max_examples=60)
@given(_audits())
def test_verdict_and_tables_cannot_disagree(ledger: ToldLedger) -> None:
    """Whatever was found: the sentence, the counts of page 1 and the rows of Findings agree."""
    page = summary.query(ledger, AUDIT)
    told = findings_section.query(ledger, AUDIT)
    cells: dict[str, int] = {}
    by_kind: dict[str, dict[str, int]] = {}
    for row in page.duty_rows:
        by_kind[row.kind] = {}
        for n, mark in row.counts:
            cells[mark.shape] = cells.get(mark.shape, 0) + n
            by_kind[row.kind][mark.shape] = n
    unmet_law = by_kind.get("Law", {}).get("not_met", 0)
    errors, unmet = cells.get("error", 0), cells.get("not_met", 0)
    assert page.verdict.endswith(".")
    assert len(page.verdict) <= LONGEST + 1
    assert not FORBIDDEN.search(page.verdict + page.lead)
    assert ("could not run" in page.verdict) == (errors > 0)
    if not errors:
        assert (
            "legal duties is not met" in page.verdict
            or "legal duties are not met" in page.verdict
            or "legal duty is not met" in page.verdict
        ) == (unmet_law > 0)
        assert ("No duty was found unmet" in page.verdict) <= (unmet == 0)
        assert page.verdict.startswith("All ") <= (unmet_law == 0)
    if re.match(r"(All|Both) (\w+ )?requirements", page.verdict):
        assert unmet == cells.get("inconclusive", 0) == cells.get("not_measured", 0) == errors == 0
    # One card for each finding that is not met or could not run; at least one for each such duty.
    assert bool(told.cards) == bool(unmet + errors)
    assert {c.outcome for c in told.cards} <= {"not_met", "error"}
    rows = len(told.cards) + sum(len(b.rows) for b in told.blocks) + sum(len(b.rows) for b in told.screens)
    assert rows + told.left_off == told.total == len(ledger.the_findings)
    assert sum(n for (n,) in ((int(text.split()[0].replace(",", "")),) for text, _ in page.counts)) == sum(
        cells.values()
    )


def test_an_unknown_finding_is_told_all_the_same() -> None:
    """A finding whose requirement the ledger does not hold is gathered under its own name."""
    stray = _finding(_requirement(7, "law"), "not_met")
    (asked,) = gather([], [stray])
    assert (asked.title, asked.kind, asked.outcome) == ("Rule 7", "law", "not_met")


def test_a_requirement_without_findings_is_not_measured() -> None:
    """Empty is never a pass."""
    (asked,) = gather([_requirement(1, "law")], [])
    assert asked.outcome == "not_measured"
    assert "Nothing was evaluated" in verdict((asked,), {})


def test_a_batch_speaks_of_no_population() -> None:
    """The refusals of one night have no approval rates, and the report says why."""
    ledger = ToldLedger(the_audit=replace(audit(), kind="batch"))
    from reports.sections import fairness

    told = fairness.query(ledger, AUDIT)
    assert told.forest is None
    assert "one batch" in told.cause
    assert fairness.title(told) == "A batch of refusals has no approval rates"
