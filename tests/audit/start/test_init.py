"""`init`: from a model and its data to two files that `check` and `run` take once they are completed."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from audit.demo import world
from audit.ledger import Ledger
from tests.worlds import even_lender
from tests.worlds.desk import Desk

HERE = Path(world.__file__).parent
ANSWERS = {
    "owner": "Model Risk", "name": "Sample Harbor Credit Co.", "address": "500 Example Street, Sampletown",
    "ecoa_agency": "ftc", "cutoff": "0.3", "approved": "{by: Example committee, date: 2026-11-02}",
}  # fmt: skip


def complete(folder: Path, **more: str) -> list[str]:
    """Write what only a person can know in place of each open place; return which were open."""
    answers, met = ANSWERS | more, []
    for name in ("audit.yaml", "reasons.yaml"):
        path = folder / name

        def put(match: re.Match[str]) -> str:
            met.append(match[1])
            return f"{match[1]}: {answers[match[1]]}"

        path.write_text(re.sub(r'(\w+): "<complete: [^"]*>"', put, path.read_text()))
    return met


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty desk."""
    from audit.host.local import LocalHost

    monkeypatch.setattr("audit.host.start", LocalHost)
    (tmp_path / "mine").mkdir()
    return Desk(tmp_path / "mine", capsys)


def _lender(desk: Desk) -> Path:
    """Lay a small lender's model and data on the desk, without config and dictionary."""
    folder = even_lender.build(desk.folder / "w", n_profiles=25).folder
    for name in ("audit.yaml", "reasons.yaml", "recipients.csv"):
        (folder / name).unlink()
    return folder


def test_the_example_needs_only_what_a_person_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keras behind its walls: guesses are the example's own; completed, `check` and `reasons check` pass."""
    desk = Desk(tmp_path, capsys)
    shutil.copy(HERE / "credit_mlp.keras", tmp_path)
    shutil.copy(HERE / "applications.csv.gz", tmp_path)
    made = desk.ask(
        "init", "--model", tmp_path / "credit_mlp.keras", "--data", tmp_path / "applications.csv.gz",
        "--out", tmp_path,
    )  # fmt: skip
    assert made.code == 0, made.err
    assert "Bad scores: high, guessed" in made.out
    assert "It does not name them: check their order." in made.out
    config = tmp_path / "audit.yaml"
    refused = desk.ask("check", config)
    faults = refused.err.splitlines()
    assert refused.code == 2
    assert all("this is still to be completed" in fault for fault in faults)
    assert all(re.match(r".*\.yaml:\d+: ", fault) for fault in faults)
    assert f"{len(faults)} places are to be completed" in made.out
    met = complete(tmp_path)
    assert sorted(set(met)) == ["address", "approved", "cutoff", "ecoa_agency", "name", "owner"]
    checked = desk.ask("check", config)
    assert (checked.code, checked.err.count("fault")) == (0, 0), checked.err
    from audit.config import load_config

    ours, theirs = load_config(config), load_config(HERE / "audit.yaml")
    assert ours.data.features == theirs.data.features
    assert (ours.decision.adverse, ours.data.id) == ("high", "application_id")
    assert ours.data.observed is not None
    assert (ours.data.observed.column, ours.data.observed.adverse) == ("defaulted", "1")
    assert {name: one.column for name, one in ours.protected.items()} == {
        name: one.column for name, one in theirs.protected.items()
    }
    assert desk.ask("reasons", "check", config).code == 0


def test_a_function_is_drafted_completed_and_run(desk: Desk) -> None:
    """The drafted files carry a whole audit; without approvals its letters would be drafts."""
    import audit

    folder = _lender(desk)
    made = desk.ask(
        "init", "--model", "python:model:score", "--data", folder / "applications.csv", "--out", folder,
        "--features", "income,utilisation,late_payments,years_at_address",
        "--trust-by", "Model Risk", "--trust-reason", "ten lines, read",
    )  # fmt: skip
    assert made.code == 0, made.err
    complete(folder, cutoff="0.40")
    assert desk.ask("check", folder / "audit.yaml").code == 0
    text = (folder / "audit.yaml").read_text()
    assert "received_at: received_at  # guessed from its name" in text
    assert "person: applicant_id" in text
    result = audit.run(folder / "audit.yaml")
    with Ledger.open(result.ledger_url) as ledger:
        refused = list(ledger.decisions(result.audit.audit, outcome="adverse"))
    told = {reason.code for one in refused for reason in one.reasons}
    assert len(refused) > 0
    assert told
    assert told <= {"R01", "R02", "R03", "R04"}


def test_what_exists_is_never_overwritten(desk: Desk) -> None:
    """Either file alone is enough; nothing is opened and nothing is written."""
    folder = _lender(desk)
    for name in ("audit.yaml", "reasons.yaml"):
        (folder / name).write_text("mine\n")
        before = desk.files()
        told = desk.ask("init", "--model", "no.keras", "--data", folder / "applications.csv", "--out", folder)
        assert told.code == 2
        assert "it exists already" in told.err
        assert "--out" in told.err
        assert desk.files() == before
        assert (folder / name).read_text() == "mine\n"
        (folder / name).unlink()


def _pickle(desk: Desk, folder: Path) -> dict[str, Any]:
    (folder / "m.pkl").write_bytes(b"no pickle")
    return {"model": folder / "m.pkl"}


def _garbage(desk: Desk, folder: Path) -> dict[str, Any]:
    (folder / "m.json").write_text("{}")
    return {"model": folder / "m.json"}


def _empty(desk: Desk, folder: Path) -> dict[str, Any]:
    (folder / "empty.csv").write_text("")
    return {"data": folder / "empty.csv"}


def _only_a_header(desk: Desk, folder: Path) -> dict[str, Any]:
    (folder / "header.csv").write_text("a,b\n")
    return {"data": folder / "header.csv"}


def _cut_gzip(desk: Desk, folder: Path) -> dict[str, Any]:
    (folder / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 9999)[:40])
    return {"data": folder / "cut.csv.gz"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda desk, folder: {"model": folder / "no.keras"}, "model: there is no such file"),
        (lambda desk, folder: {"data": folder / "no.csv"}, "data: there is no such file"),
        (lambda desk, folder: {"data": folder}, "it is a folder"),
        (lambda desk, folder: {"data": folder / "model.py"}, "no data format is known"),
        (_empty, "it is empty"),
        (_only_a_header, "it has no rows"),
        (_cut_gzip, "cannot be read to its end"),
        (_pickle, "a pickle runs code when it is opened, and nobody is named"),
        (_garbage, "XGBoost cannot read it"),
        (lambda desk, folder: {"features": "income,wealth"}, "--features names wealth"),
        (lambda desk, folder: {"trust_reason": None}, "--trust-by, --trust-reason: both are needed"),
        (lambda desk, folder: {"model": "python:nothing:score"}, "nothing"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence_with_a_way_out(desk: Desk, change: Any, words: str) -> None:
    """Exit code 2, no traceback, and neither of the two files is left behind."""
    folder = _lender(desk)
    options: dict[str, Any] = {
        "model": "python:model:score", "data": folder / "applications.csv",
        "trust_by": "A", "trust_reason": "b",
        "features": "income,utilisation,late_payments,years_at_address",
    }  # fmt: skip
    changed = change(desk, folder)
    if "model" in changed and not str(changed["model"]).startswith("python:"):
        options |= {"features": "", "trust_by": None, "trust_reason": None}
    options |= changed
    asked = [
        word
        for name, value in options.items()
        if value
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    told = desk.ask("init", *asked, "--out", folder)
    assert told.code == 2, told.err
    assert words in told.err
    assert told.err.strip().endswith(".")
    assert "Traceback" not in told.err
    assert not {"w/audit.yaml", "w/reasons.yaml"} & desk.files()


def test_columns_that_match_no_input_are_named(desk: Desk) -> None:
    """A model that names its inputs, and data that have others."""
    xgboost = pytest.importorskip("xgboost")
    import numpy as np

    folder = _lender(desk)
    table = xgboost.DMatrix(np.eye(4), label=[0, 1, 0, 1], feature_names=["a", "b", "c", "income"])
    xgboost.train({"max_depth": 1}, table, 2).save_model(folder / "m.json")
    told = desk.ask("init", "--model", folder / "m.json", "--data", folder / "applications.csv")
    assert told.code == 2
    assert "the model reads a, b, c, which the data do not have" in told.err


def test_a_protected_input_is_never_scored_in_silence(desk: Desk) -> None:
    """Terminal, config and dictionary say it first, and no words are proposed for it."""
    xgboost = pytest.importorskip("xgboost")
    import numpy as np

    folder = _lender(desk)
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(200, 2))
    table = xgboost.DMatrix(rows, label=rows[:, 0] > 0, feature_names=["income", "age"])
    xgboost.train({"max_depth": 2, "objective": "binary:logistic"}, table, 3).save_model(folder / "m.ubj")
    told = desk.ask(
        "init", "--model", folder / "m.ubj", "--data", folder / "applications.csv", "--out", folder
    )
    assert told.code == 0, told.err
    assert "LOOK AT THIS FIRST: the model reads age" in told.out
    assert "LOOK AT THIS FIRST: the model reads age" in (folder / "audit.yaml").read_text()
    reasons = (folder / "reasons.yaml").read_text()
    assert "LOOK AT THIS FIRST" in reasons
    faults = desk.ask("check", folder / "audit.yaml", "--json").json["faults"]
    assert any("age.statement: this is still to be completed" in fault for fault in faults)
    assert json.dumps(faults).count("still to be completed") == len(faults)
