"""From public data and models of each framework to files that `check` takes once they are completed."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.audit.start.test_init import complete
from tests.realdata.conftest import DATA
from tests.worlds.desk import Desk

TRUST = ("--trust-by", "Model Risk", "--trust-reason", "trained by this test")
NUMBERS = ("duration_months", "credit_amount_dm", "installment_rate_pct_income", "existing_credits")
TAIWAN = ("LIMIT_BAL", *(f"PAY_{m}" for m in (0, 2, 3, 4, 5, 6)), *(f"BILL_AMT{m}" for m in range(1, 7)))


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """German credit with an id, as a file of its own."""
    with gzip.open(DATA / "german_credit" / "german_decoded.csv.gz") as file:
        table = pl.read_csv(file.read())
    table.insert_column(0, pl.Series("application_id", [f"G{i:04d}" for i in range(table.height)]))
    table.write_csv(tmp_path / "applications.csv")
    return tmp_path / "applications.csv"


@pytest.fixture
def taiwan(tmp_path: Path) -> Path:
    """Two thousand Taiwanese card holders, as they come."""
    with gzip.open(DATA / "taiwan_default" / "taiwan_default.csv.gz") as file:
        pl.read_csv(file.read())[:2000].write_csv(tmp_path / "holders.csv")
    return tmp_path / "holders.csv"


def _numbers(data: Path, columns: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    table = pl.read_csv(data)
    label = (
        table["credit_risk"] == "bad"
        if "credit_risk" in table.columns
        else table["default_payment_next_month"] == 1
    )
    return table.select(columns).to_numpy().astype("float32"), label.to_numpy()


def _fitted(x: Any, y: np.ndarray) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)


def _sklearn(data: Path, folder: Path, ending: str, *, named: bool = True) -> Path:
    import joblib

    x, y = _numbers(data, NUMBERS)
    pipeline = _fitted(pl.DataFrame(x, list(NUMBERS)) if named else x, y)
    path = folder / f"model{ending}"
    if ending == ".skops":
        pytest.importorskip("skops.io").dump(pipeline, path)
    else:
        joblib.dump(pipeline, path)
    return path


def _onnx(data: Path, folder: Path) -> Path:
    convert = pytest.importorskip("skl2onnx")
    x, y = _numbers(data, NUMBERS)
    made = convert.to_onnx(LogisticRegression(max_iter=500).fit(x, y), x[:1], options={"zipmap": False})
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return path


def _init(desk: Desk, model: Path, data: Path, *more: str) -> Any:
    return desk.ask("init", "--model", model, "--data", data, "--out", desk.folder, *more)


def _completed(desk: Desk, cutoff: str = "0.3") -> None:
    """Complete what is open and hold it to `check`; before that every fault is an open place."""
    open_ = desk.ask("check", desk.config, "--json")
    assert open_.code == 2
    assert all("still to be completed" in fault for fault in open_.json["faults"])
    complete(desk.folder, cutoff=cutoff, statement="{en: What counted here}")
    checked = desk.ask("check", desk.config, "--json")
    assert (checked.code, checked.json["faults"]) == (0, [])


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder of one's own."""
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize("ending", [".joblib", ".skops"])
def test_scikit_learn_on_german_credit(desk: Desk, german: Path, ending: str) -> None:
    """A pickle with trust is pinned by its digest; a `.skops` file needs nobody; roles are the data's."""
    model = _sklearn(german, desk.folder, ending)
    if ending == ".joblib":
        refused = _init(desk, model, german)
        assert refused.code == 2
        assert "nobody is named" in refused.err
    made = _init(desk, model, german, *(TRUST if ending == ".joblib" else ()))
    assert made.code == 0, made.err
    text = desk.config.read_text()
    assert ("sha256:" in text) == ("trust:" in text) == (ending == ".joblib")
    assert "observed: {column: credit_risk, adverse: bad}" in text
    x, y = _numbers(german, NUMBERS)
    area = roc_auc_score(y, _fitted(x, y).predict_proba(x)[:, 1])
    assert f"(area under the curve {area:.2f})" in " ".join(text.replace("#", " ").split())
    assert "adverse: high" in text
    for line in ("sex: {column: sex", "age: {column: age_years, type: integer, bands: [18, 25, 40, 62]",
                 "national_origin: {column: foreign_worker", "personal_status_sex"):  # fmt: skip
        assert line in text
    _completed(desk)


def test_a_model_without_names_asks_for_them(desk: Desk, german: Path) -> None:
    """Four columns of twenty cannot be guessed; with --features they are not."""
    model = _sklearn(german, desk.folder, ".skops", named=False)
    refused = _init(desk, model, german)
    assert refused.code == 2
    assert "fitted on 4 columns without names" in refused.err
    assert "--features" in refused.err
    made = _init(desk, model, german, "--features", ",".join(NUMBERS))
    assert made.code == 0, made.err
    _completed(desk)


def test_onnx_on_german_credit(desk: Desk, german: Path) -> None:
    """An exported model, its second class as the score."""
    pytest.importorskip("onnxruntime")
    model = _onnx(german, desk.folder)
    made = _init(desk, model, german, "--features", ",".join(NUMBERS), "--output", "1")
    if made.code:
        made = _init(desk, model, german, "--features", ",".join(NUMBERS))
    assert made.code == 0, made.err
    _completed(desk)


def test_keras_with_words_on_german_credit(desk: Desk, german: Path) -> None:
    """A network of named inputs, eight of them words: each is an input, none is asked for."""
    from tests.realdata import german as lender

    people = lender.rows(DATA)
    lender.network(people).save(desk.folder / "model.keras")
    made = _init(desk, desk.folder / "model.keras", german)
    assert made.code == 0, made.err
    assert "12 inputs" in made.out
    assert "does not name them" not in made.out
    _completed(desk, "0.45")


def test_xgboost_on_taiwan(desk: Desk, taiwan: Path) -> None:
    """Months of one source are one factor; the label and the orientation are found, codes are groups."""
    xgboost = pytest.importorskip("xgboost")
    x, y = _numbers(taiwan, TAIWAN)
    table = xgboost.DMatrix(x, label=y, feature_names=list(TAIWAN))
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 3, "seed": 1}, table, 20)
    booster.save_model(desk.folder / "model.json")
    made = _init(desk, desk.folder / "model.json", taiwan)
    assert made.code == 0, made.err
    assert "3 factors proposed" in made.out
    text = desk.config.read_text()
    assert "id: ID" in text
    assert 'observed: {column: default_payment_next_month, adverse: "1"}' in text
    assert 'sex: {column: SEX, type: category, reference: "2"' in text
    reasons = (desk.folder / "reasons.yaml").read_text()
    assert "columns: [PAY_0, PAY_2, PAY_3, PAY_4, PAY_5, PAY_6]" in reasons
    _completed(desk)
    told = desk.ask("reasons", "check", desk.config, "--json")
    assert (told.code, told.json["faults"]) == (0, [])


def test_words_with_a_side_need_a_model_that_is_held_to_it(desk: Desk, taiwan: Path) -> None:
    """Trees held to a constraint may say "too low"; those that are free may not."""
    xgboost = pytest.importorskip("xgboost")
    x, y = _numbers(taiwan, TAIWAN)
    table = xgboost.DMatrix(x, label=y, feature_names=list(TAIWAN))
    held = {"LIMIT_BAL": -1}
    for name, constraints in (("held", held), ("free", {})):
        booster = xgboost.train(
            {"objective": "binary:logistic", "max_depth": 5, "seed": 1, "monotone_constraints": constraints},
            table,
            60,
        )
        booster.save_model(desk.folder / f"{name}.json")
    assert _init(desk, desk.folder / "held.json", taiwan).code == 0
    complete(desk.folder)
    desk.text("reasons.yaml", "{en: Limit balance}", "{low: Limit of the account too low}")
    answer = desk.ask("reasons", "check", desk.config, "--json")
    assert (answer.code, answer.json["effects"][0]["way"]) == (0, "low")
    assert answer.json["effects"][0]["share"] == 1.0
    desk.text("audit.yaml", "held.json", "free.json")
    answer = desk.ask("reasons", "check", desk.config, "--json")
    assert answer.code == 3
    (fault,) = answer.json["faults"]
    assert "limit_bal.direction: low values are stated to be adverse" in fault
