"""Runs the cases of every pack: a situation in, findings, reasons or texts out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from audit.config.reader import read_yaml
from audit.findings import judge
from audit.policy import PACKS, load_policy
from audit.reasons import principal_reasons
from audit.record import Decision, Measurement, Notice, Person, Proxy, ReasonCode

DAY = dt.date(2026, 11, 20)
FOLDERS = sorted(path.parent for path in PACKS.glob("*/pack.yaml"))

OF_FINDINGS = {"case", "as_of", "kind", "measurements", "findings"}
OF_TEXTS = {"case", "as_of", "statements"}
SITUATION = {
    "case",
    "contributions",
    "stage",
    "rules",
    "judgment",
    "missing",
    "protected",
    "blocked",
    "same_words",
    "certified",
    "residual",
    "reference_ok",
}
OF_REASONS = SITUATION | {"reasons", "dropped", "held", "statements_told"}


def cases() -> Iterator[Any]:
    """Yield every case of every pack, named by pack and title."""
    for folder in FOLDERS:
        data, _ = read_yaml(folder / "cases.yaml")
        for case in data:
            yield pytest.param(folder.name, case, id=f"{folder.name}: {case['case']}")


def findings_of(pack: str, case: dict[str, Any]) -> dict[str, set[str]]:
    """Return requirement name -> the outcomes that the case's measurements give."""
    policy = load_policy([pack], case.get("as_of", DAY))
    measured = [Measurement(**fields) for fields in case["measurements"]]
    found: dict[str, set[str]] = {}
    for finding in judge(policy.requirements, measured, case.get("kind", "population")):
        found.setdefault(finding.requirement.removeprefix(f"{pack}."), set()).add(finding.outcome)
    return found


def words(factor: str) -> str:
    """Return a factor's id in words."""
    return factor.replace("_", " ")


def decided(case: dict[str, Any]) -> Decision:
    """Return the refusal of the case with its reasons."""
    contributions = {factor: float(value) for factor, value in case["contributions"].items()}
    rules, judgment = tuple(case.get("rules", ())), tuple(case.get("judgment", ()))
    same, blocked = case.get("same_words", {}), case.get("blocked", ())
    codes = {
        factor: ReasonCode(
            factor=factor,
            code=factor,
            columns=(factor,),
            statement={"en": same.get(factor, words(factor))},
            missing_statement={"en": f"We could not verify {words(factor)}"},
            proxy=Proxy("age", "blocked", "a reviewer", DAY, "likeness") if factor in blocked else None,
        )
        for factor in (*contributions, *rules, *judgment)
    }
    refused = Decision(
        "D1",
        0,
        0,
        (Person("P1"),),
        "adverse",
        stage=case.get("stage", "score"),
        rules=rules,
        judgment=judgment,
        notice=Notice("ready"),
    )
    return principal_reasons(
        refused,
        contributions,
        None,
        codes,
        frozenset(case.get("missing", ())),
        tolerance=1e-9,
        certified=case.get("certified", "exact"),
        residual=float(case.get("residual", 0)),
        reference_ok=case.get("reference_ok", True),
        protected_factors=frozenset(case.get("protected", ())),
    )


@pytest.mark.parametrize(("pack", "case"), list(cases()))
def test_the_case_comes_out_as_written(pack: str, case: dict[str, Any]) -> None:
    """What a lawyer wrote down is what the program answers."""
    if "contributions" in case:
        assert set(case) <= OF_REASONS
        result = decided(case)
        assert [reason.factor for reason in result.reasons] == case["reasons"]
        assert result.notice.cause == case.get("held")
        assert result.notice.state == ("held" if "held" in case else "ready")
        dropped = {reason.factor: reason.cause for reason in result.dropped}
        assert case.get("dropped", {}).items() <= dropped.items()
        if "statements_told" in case:
            assert [reason.statement for reason in result.reasons] == case["statements_told"]
    elif "measurements" in case:
        assert set(case) <= OF_FINDINGS
        assert case["findings"]
        found = findings_of(pack, case)
        assert {name: found[name] for name in case["findings"]} == {
            name: {outcome} for name, outcome in case["findings"].items()
        }
    else:
        assert set(case) <= OF_TEXTS
        assert case["statements"]
        policy = load_policy([pack], case.get("as_of", DAY))
        texts = {statement.key: statement.text for statement in policy.statements}
        for key, part in case["statements"].items():
            assert part in texts[key]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_requirement_that_a_run_measures_has_a_case_either_way(folder: Any) -> None:
    """A bound that no case crosses could stand the wrong way round unseen."""
    data, _ = read_yaml(folder / "cases.yaml")
    seen: dict[str, set[str]] = {}
    for case in data:
        for name, outcome in case.get("findings", {}).items():
            seen.setdefault(name, set()).add(outcome)
    for requirement in load_policy([folder.name], DAY).requirements:
        outcomes = seen[requirement.requirement.removeprefix(f"{folder.name}.")]
        if requirement.not_measured is None:
            assert {"met", "not_met"} <= outcomes, requirement.requirement
        else:
            assert "not_measured" in outcomes, requirement.requirement
