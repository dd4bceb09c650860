"""One night's decisions of every sort: each person gets the letter that the law asks for, and no other."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from audit.cli import main
from audit.ledger import Ledger
from audit.runner import run
from tests.worlds import joint_lender
from tests.worlds.lender import refused

N = 90
ACTIONS = {"A": "approved", "D": "denied", "I": "incomplete", "W": "withdrawn"}
SPANISH = {
    "income": "Ingresos insuficientes para la cantidad de crédito solicitada",
    "utilisation": "Saldos demasiado altos en cuentas rotativas en comparación con sus límites",
    "late_payments": "Obligaciones de crédito en mora con otros acreedores",
    "years_at_address": "Tiempo de residencia",
}


def changed(folder: Path) -> list[dict[str, str]]:
    """Give the world actions, languages and terms; return its rows."""
    path = folder / "applications.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    config = json.loads((folder / "audit.yaml").read_text())
    for i, row in enumerate(rows):
        years = row["years_at_address"]
        known = {key: float(row[key]) for key in ("income", "utilisation", "late_payments")}
        decided = "D" if refused(known | {"years_at_address": float(years) if years else None}) else "A"
        row["action"] = "I" if i % 11 == 0 else "W" if i % 13 == 0 else decided
        row["lang"] = "es" if i % 4 == 0 else "en"
        row["lacks"] = "Pay slips of two months" if i % 11 == 0 else ""
        row["respond_by"] = "2026-12-20" if i % 11 == 0 else ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    config["record"] |= {
        "action": {"column": "action", "values": ACTIONS},
        "language": "lang",
        "missing_information": "lacks",
        "respond_by": "respond_by",
    }
    config["letters"] = {"pricing": {"by": "score", "cutoff": 700, "computed_on": "2026-01-15"}}
    (folder / "audit.yaml").write_text(json.dumps(config))
    reasons = (folder / "reasons.yaml").read_text()
    for factor, sentence in SPANISH.items():
        reasons = re.sub(
            rf"(?m)^({factor}:\n(?:  .*\n)*?  statement: \{{en: [^}}]*)\}}", rf"\1, es: {sentence}}}", reasons
        )
    reasons = reasons.replace("residence}}", "residence, es: No pudimos verificar su residencia}}")
    (folder / "reasons.yaml").write_text(reasons)
    return rows


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    """A sealed audit of one night, and its rows."""
    folder = tmp_path_factory.mktemp("kinds") / "world"
    built = joint_lender.build(folder, n=N, guarantors=False)
    rows = changed(folder)
    run(built.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    return folder, rows


def letters(folder: Path, out: Path, *options: str) -> tuple[int, dict[str, Any], list[dict[str, str]]]:
    """Write all letters; return the exit code, the counts and the exceptions."""
    arguments = ["letters", "latest", "--ledger", str(folder / "ledger.db"), "--out", str(out), "--json"]
    with pytest.raises(SystemExit) as leave:
        main([*arguments, "--date", "2026-11-20", "--format", "txt", *options])
    with (out / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        return int(leave.value.code or 0), {}, list(csv.DictReader(file))


def expected(folder: Path, rows: list[dict[str, str]]) -> Counter[str]:
    """Count by hand what each row's persons must get."""
    told: Counter[str] = Counter()
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        audit = ledger.find("latest")
        outcomes = {one.row: one for one in ledger.decisions(audit)}
    for i, row in enumerate(rows):
        persons = 1 + (i % 3 == 0)
        if row["action"] == "I":
            told["incomplete"] += persons
        elif row["action"] != "W" and outcomes[i].outcome == "adverse":
            told["adverse_action"] += persons
        elif row["action"] != "W" and row["bureau_used"] == "yes" and float(row["fico"]) < 700:
            told["risk_based_pricing"] += 1  # the report was the primary applicant's alone
    return told


def test_each_person_gets_the_letter_that_is_due(
    world: tuple[Path, list[dict[str, str]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused, granted on a report, incomplete, withdrawn: kinds and numbers are those counted by hand."""
    origin, rows = world
    folder = tmp_path / "world"
    shutil.copytree(origin, folder)
    out = tmp_path / "out"
    _, _, exceptions = letters(folder, out, "--all")
    counts = json.loads(capsys.readouterr().out.splitlines()[-1])
    told = expected(folder, rows)
    assert min(told.values()) >= 5
    assert counts["kinds"] == dict(told)
    assert 4 < counts["reading_grade"] < 16
    assert exceptions == []  # a joint applicant of a loan granted on the other's report has none coming
    for i, row in enumerate(rows):
        for path in out.glob(f"{row['application_id']}*.txt"):
            said = path.read_text(encoding="utf-8")
            assert ("inglés" in said) == (row["lang"] == "es")
        if row["action"] == "W":
            assert not list(out.glob(f"{row['application_id']}*"))
        assert i < N
    _, _, again = letters(folder, tmp_path / "more", "--unsent")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["letters"] == 0
    assert len(again) == len(exceptions)


def test_what_is_missing_is_owed_within_thirty_days(
    world: tuple[Path, list[dict[str, str]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``due`` lists each incomplete application from the day it came, until its letter went out."""
    origin, rows = world
    folder = tmp_path / "world"
    shutil.copytree(origin, folder)
    lacking = {row["application_id"] for row in rows if row["action"] == "I"}

    def owed() -> dict[str, str]:
        with pytest.raises(SystemExit):
            main(["due", "latest", "--ledger", str(folder / "ledger.db"), "--date", "2026-11-20", "--json"])
        told = json.loads(capsys.readouterr().out.splitlines()[-1])["due"]
        return {one["decision"]: one["due_on"] for one in told}

    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        names = {ledger.pseudonym("decision", name): name for name in lacking}
    first = {names[key]: day for key, day in owed().items() if key in names}
    assert first == dict.fromkeys(lacking, "2026-12-02")  # 30 days after 2 November
    letters(folder, tmp_path / "out", "--all")
    capsys.readouterr()
    assert not set(owed()) & set(names)


def test_a_kind_that_is_asked_for_says_why_it_is_not_due(
    world: tuple[Path, list[dict[str, str]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--kind writes that kind or says by which clause it is not due."""
    origin, rows = world
    folder = tmp_path / "world"
    shutil.copytree(origin, folder)
    name = next(row["application_id"] for row in rows if row["action"] == "I")
    code, _, told = letters(folder, tmp_path / "out", "--decision", name, "--kind", "risk_based_pricing")
    assert code == 3
    assert {one["citation"] for one in told} == {"12 CFR 1022.74(b)"}


def test_terms_that_cannot_be_compared_are_told_and_never_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cutoff that is too old says nothing of anybody: each person's letter is an exception, not absent."""
    folder = tmp_path / "world"
    built = joint_lender.build(folder, n=N, guarantors=False)
    rows = changed(folder)
    config = json.loads((folder / "audit.yaml").read_text())
    config["letters"]["pricing"]["computed_on"] = "2020-01-15"
    (folder / "audit.yaml").write_text(json.dumps(config))
    run(built.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    code, _, told = letters(folder, tmp_path / "out", "--all")
    assert code == 3
    granted = sum(row["action"] == "A" and row["bureau_used"] == "yes" for row in rows)
    assert [one["cause"] for one in told] == [told[0]["cause"]] * granted
    assert "compute the cutoff anew" in told[0]["cause"]
    assert "risk_based_pricing" not in json.loads(capsys.readouterr().out.splitlines()[-1])["kinds"]
