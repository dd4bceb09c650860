"""Runs the cases of every pack: a situation in, findings, reasons or texts out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.config.reader import read_yaml
from audit.findings import judge
from audit.policy import PACKS, load_policy
from audit.record import Measurement
from tests.packs import situations
from tests.packs.situations import TITLE

DAY = dt.date(2026, 11, 20)
FOLDERS = sorted(path.parent for path in PACKS.glob("*/pack.yaml"))

OF_FINDINGS = TITLE | {"as_of", "kind", "measurements", "findings"}
OF_TEXTS = TITLE | {"as_of", "statements"}
RULES = [f"R{number}" for number in range(1, 22)]


def written(folder: Path) -> list[dict[str, Any]]:
    """Return the cases of a pack, of all its files of cases."""
    files = sorted(folder.glob("cases*.yaml"))
    assert folder / "cases.yaml" in files
    return [case for file in files for case in read_yaml(file)[0]]


def cases() -> Iterator[Any]:
    """Yield every case of every pack, named by pack and title."""
    for folder in FOLDERS:
        for case in written(folder):
            yield pytest.param(folder.name, case, id=f"{folder.name}: {case['case']}")


def findings_of(pack: str, case: dict[str, Any]) -> dict[str, set[str]]:
    """Return requirement name -> the outcomes that the case's measurements give."""
    policy = load_policy([pack], case.get("as_of", DAY))
    measured = [Measurement(**fields) for fields in case["measurements"]]
    found: dict[str, set[str]] = {}
    for finding in judge(policy.requirements, measured, case.get("kind", "population")):
        found.setdefault(finding.requirement.removeprefix(f"{pack}."), set()).add(finding.outcome)
    return found


@pytest.mark.parametrize(("pack", "case"), list(cases()))
def test_the_case_comes_out_as_written(pack: str, case: dict[str, Any]) -> None:
    """What a lawyer wrote down is what the program answers."""
    assert str(case["source"]).strip()
    if set(case) & set(situations.FORMS):
        getattr(situations, situations.form_of(case))(case)
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
    seen: dict[str, set[str]] = {}
    for case in written(folder):
        for name, outcome in case.get("findings", {}).items():
            seen.setdefault(name, set()).add(outcome)
    for requirement in load_policy([folder.name], DAY).requirements:
        outcomes = seen[requirement.requirement.removeprefix(f"{folder.name}.")]
        if requirement.not_measured is None:
            assert {"met", "not_met"} <= outcomes, requirement.requirement
        else:
            assert "not_measured" in outcomes, requirement.requirement


def test_each_rule_of_reasons_has_a_case() -> None:
    """R1 to R21 can each be read, and doubted, without reading any code."""
    told = {case.get("rule") for folder in FOLDERS for case in written(folder)}
    assert told - {None} == set(RULES)
