"""Bad input: a sentence with place, fact and way out, the right exit code, and nothing left behind."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.worlds import even_lender
from tests.worlds.desk import Desk

MESSAGE = re.compile(r"^[^\n]+: [^\n]+\. [^\n]+\.$")


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small lender, all of whose files are right."""
    return even_lender.build(tmp_path_factory.mktemp("even") / "world", n_profiles=25).folder


@pytest.fixture
def desk(even: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of it to spoil."""
    return Desk.copy(even, tmp_path / "desk", capsys)


def each(n: int, **cells: Any) -> Callable[[list[dict[str, str]]], list[dict[str, Any]]]:
    """Return a change of the first ``n`` rows' cells."""
    return lambda rows: [{**row, **cells} if i < n else row for i, row in enumerate(rows)]


def model(body: str) -> str:
    """Return a module with a function ``score``."""
    return f"import numpy as np\n\n\ndef score(columns):\n    income = columns['income']\n    {body}\n"


def _unknown_key(desk: Desk) -> None:
    desk.set(decision__treshold=0.3)


def _duplicate_key(desk: Desk) -> None:
    desk.text("audit.yaml", '"seed": 7', '"seed": 7, "seed": 8')


def _no_config(desk: Desk) -> None:
    desk.config.unlink()


def _empty_config(desk: Desk) -> None:
    desk.config.write_text("")


def _not_yaml(desk: Desk) -> None:
    desk.config.write_text("audit: [")


def _missing_data(desk: Desk) -> None:
    (desk.folder / "applications.csv").unlink()


def _missing_dictionary(desk: Desk) -> None:
    (desk.folder / "reasons.yaml").unlink()


def _missing_recipients(desk: Desk) -> None:
    (desk.folder / "recipients.csv").unlink()


def _missing_module(desk: Desk) -> None:
    (desk.folder / "model.py").unlink()


def _missing_model_file(desk: Desk) -> None:
    desk.set(model__path="model.keras")


def _missing_column(desk: Desk) -> None:
    desk.set(data__observed={"column": "default_later", "adverse": 1})


def _digest_differs(desk: Desk) -> None:
    (desk.folder / "model.skops").write_bytes(b"a model")
    desk.set(model={"path": "model.skops", "sha256": "0" * 64})


def _no_trust(desk: Desk) -> None:
    desk.set(model__trust=None)


def _pickle_without_digest(desk: Desk) -> None:
    (desk.folder / "model.joblib").write_bytes(b"a pickle")
    desk.set(model__path="model.joblib")


def _unknown_reference(desk: Desk) -> None:
    desk.set(protected__sex__reference="men")


def _bands_miss(desk: Desk) -> None:
    desk.set(protected__age__bands=[25, 40, 62])


def _cutoff_outside(desk: Desk) -> None:
    desk.set(decision__cutoff=40)


def _nan_scores(desk: Desk) -> None:
    (desk.folder / "model.py").write_text(model("return np.where(income > 50, np.nan, 0.1)"))


def _infinite_scores(desk: Desk) -> None:
    (desk.folder / "model.py").write_text(model("return np.where(income > 50, np.inf, 0.1)"))


def _short_scores(desk: Desk) -> None:
    (desk.folder / "model.py").write_text(model("return income[1:]"))


def _worded_scores(desk: Desk) -> None:
    (desk.folder / "model.py").write_text(model("return ['good'] * len(income)"))


def _raising_model(desk: Desk) -> None:
    (desk.folder / "model.py").write_text(model("raise KeyError('Zyxwv')"))


def _leaving_model(desk: Desk) -> None:
    (desk.folder / "model.py").write_text(model("raise SystemExit(0)"))


def _script_for_a_model(desk: Desk) -> None:
    (desk.folder / "model.py").write_text("import sys\n\nsys.exit(0)\n")


def _misspelt_refusal(desk: Desk) -> None:
    desk.set(decision__taken={"column": "granted", "adverse": "refused"})
    desk.rows(lambda rows: [{**row, "granted": ("Refused", "Granted")[i % 2]} for i, row in enumerate(rows)])


def _another_word_for_default(desk: Desk) -> None:
    desk.set(data__observed__adverse="default")


def _names_for_groups(desk: Desk) -> None:
    desk.set(protected__sex={"column": "applicant_id", "type": "category", "reference": "male"})


def _model_not_importable(desk: Desk) -> None:
    (desk.folder / "model.py").write_text("import no_such_module_anywhere\n")


def _no_such_function(desk: Desk) -> None:
    desk.set(model__path="python:model:predict")


def _scores_that_depend_on_others(desk: Desk) -> None:
    (desk.folder / "model.py").write_text(model("return income / income.mean()"))


def _duplicate_ids(desk: Desk) -> None:
    desk.rows(each(40, application_id="A000001"))


def _no_ids(desk: Desk) -> None:
    desk.rows(each(40, application_id=""))


def _header_only(desk: Desk) -> None:
    desk.rows(lambda rows: [])


def _no_bytes(desk: Desk) -> None:
    (desk.folder / "applications.csv").write_bytes(b"")


def _all_quarantined(desk: Desk) -> None:
    desk.set(data__max_quarantined=1).rows(each(10_000, application_id=""))


def _not_utf8(desk: Desk) -> None:
    path = desk.folder / "applications.csv"
    path.write_bytes(path.read_bytes().replace(b"5,000 US dollars", b"5,000 \xff\xfe dollars", 1))


def _constant_attribute(desk: Desk) -> None:
    desk.rows(each(10_000, sex="male"))


def _attribute_never_known(desk: Desk) -> None:
    desk.rows(each(10_000, sex=""))


def _column_without_factor(desk: Desk) -> None:
    path = desk.folder / "reasons.yaml"
    text = path.read_text()
    path.write_text(text[: text.index("years_at_address:")])


def _factor_without_statement(desk: Desk) -> None:
    desk.text("reasons.yaml", "  statement: {en: Length of residence}\n", "")


def _vague_statement(desk: Desk) -> None:
    desk.text("reasons.yaml", "Length of residence", "Did not meet our internal standards")


def _missing_without_words(desk: Desk) -> None:
    text = (desk.folder / "reasons.yaml").read_text()
    line = next(line for line in text.splitlines() if "missing:" in line)
    desk.text("reasons.yaml", line + "\n", "").rows(each(8, years_at_address=""))


def _other_way_round(desk: Desk) -> None:
    desk.set(decision__adverse="low")


def _observed_other_way_round(desk: Desk) -> None:
    desk.set(data__observed__adverse=0)


def _taken_other_way_round(desk: Desk) -> None:
    # The score that the world's model gives is known in plain Python.
    from tests.worlds.lender import refused

    def decided(row: dict[str, str]) -> str:
        years = row["years_at_address"]
        numbers = {name: float(row[name]) for name in ("income", "utilisation", "late_payments")}
        whole = {**numbers, "years_at_address": float(years) if years else None}
        return "no" if refused(whole) else "yes"

    desk.rows(lambda rows: [{**row, "granted": decided(row)} for row in rows])
    desk.set(decision__taken={"column": "granted", "adverse": "yes"})


def _batch_without_reference(desk: Desk) -> None:
    desk.set(audit__kind="batch")


def _pin_not_found(desk: Desk) -> None:
    desk.set(explain__reference={"pinned": {"from": "nowhere", "sha256": "0" * 64}})


def _pin_is_no_reference(desk: Desk) -> None:
    (desk.folder / "pin.json").write_text('{"rows": [[1, 2]]}')
    desk.set(explain__reference={"pinned": {"from": "pin.json", "sha256": "0" * 64}})


def _pin_of_another_model(desk: Desk) -> None:
    _pin(desk, model="1" * 64, cutoff=0.4, rows=[_a_row()] * 60)


def _pin_of_another_cutoff(desk: Desk) -> None:
    _pin(desk, model=_digest(desk), cutoff=0.35, rows=[_a_row()] * 60)


def _pin_of_other_bytes(desk: Desk) -> None:
    _pin(desk, model=_digest(desk), cutoff=0.4, rows=[_a_row()] * 60)
    desk.set(explain__reference__pinned__sha256="2" * 64)


def _pin_without_a_feature(desk: Desk) -> None:
    row = _a_row()
    del row["income"]
    _pin(desk, model=_digest(desk), cutoff=0.4, rows=[row] * 60)


def _pin_with_words(desk: Desk) -> None:
    _pin(desk, model=_digest(desk), cutoff=0.4, rows=[{**_a_row(), "income": "much"}] * 60)


def _a_row() -> dict[str, Any]:
    return {"income": 60.0, "utilisation": 0.5, "late_payments": 1.0, "years_at_address": 4.0}


def _digest(desk: Desk) -> str:
    return hashlib.sha256((desk.folder / "model.py").read_bytes()).hexdigest()


def _pin(desk: Desk, **body: Any) -> None:
    content = json.dumps({"kind": "near_cutoff", **body}).encode()
    (desk.folder / "pin.json").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    desk.set(explain__reference={"pinned": {"from": "pin.json", "sha256": sha256}})


def _later(desk: Desk) -> None:
    desk.set(record__gross_revenue_band="a")


def _one_ledger_for_both(desk: Desk) -> None:
    desk.set(fairness={"ledger": "ledger.db"})


def _nothing_to_compare(desk: Desk) -> None:
    desk.set(audit__only="fairness", protected=None, intersections=None)


def _literal_password(desk: Desk) -> None:
    desk.set(data__path={"url": "postgresql://me:Zyxwv@host/db", "query": "SELECT 1"})


def _unset_secret(desk: Desk) -> None:
    desk.set(data__path={"url": "${NO_SUCH_VARIABLE_HERE}", "query": "SELECT 1"})


def _no_agency(desk: Desk) -> None:
    desk.set(entities__us__ecoa_agency=None)


def _nobody_says_what_score(desk: Desk) -> None:
    desk.set(decision__disclosed_score=None)


def _unknown_policy(desk: Desk) -> None:
    desk.set(policies=["us_ecoa_regb", "us_ecao"])


def _unknown_action(desk: Desk) -> None:
    desk.set(record__action={"column": "action", "values": {"D": "denied", "A": "approved"}})
    desk.rows(lambda rows: [{**row, "action": "D" if i % 3 else "X"} for i, row in enumerate(rows)])


def _product_without_cutoff(desk: Desk) -> None:
    desk.set(decision__cutoff={"by": "sex", "values": {"female": 0.4}})


def _no_model_no_decisions(desk: Desk) -> None:
    desk.set(model=None, decision__cutoff=None, decision__disclosed_score=None)


def _no_dictionary(desk: Desk) -> None:
    desk.set(dictionary=None)


CASES: list[tuple[Callable[[Desk], None], str]] = [
    (_unknown_key, r"audit\.yaml:\d+: decision\.treshold: .*"),
    (_duplicate_key, r"audit\.yaml:\d+: seed: this key stands already in line"),
    (_no_config, r"audit\.yaml: there is no such file"),
    (_empty_config, r"audit\.yaml:1: the file is empty"),
    (_not_yaml, r"audit\.yaml:\d+: this is not YAML"),
    (_missing_data, r"audit\.yaml:\d+: data\.path: there is no data file .*applications\.csv"),
    (_missing_dictionary, r"audit\.yaml:\d+: dictionary: there is no dictionary file"),
    (_missing_recipients, r"audit\.yaml:\d+: recipients\.path: there is no recipients file"),
    (_missing_module, r"model python:model: there is no module of this name"),
    (_missing_model_file, r"audit\.yaml:\d+: model\.path: there is no model file"),
    (_missing_column, r"audit\.yaml:\d+: data\.observed\.column: no column 'default_later'"),
    (_digest_differs, r"audit\.yaml:\d+: model\.sha256: .*0000"),
    (_no_trust, r"audit\.yaml:\d+: model\.path: a Python function runs code"),
    (_pickle_without_digest, r"audit\.yaml:\d+: model\.path: the trust in a pickle is not pinned"),
    (_unknown_reference, r"audit\.yaml:\d+: protected\.sex\.reference: no row belongs to .*'men'.*male"),
    (_bands_miss, r"audit\.yaml:\d+: protected\.age\.bands: .*below the first band .*21"),
    (_cutoff_outside, r"audit\.yaml:\d+: decision\.cutoff: the cutoff 40 lies outside the scores"),
    (_nan_scores, r"model: \d+ of 200 scores are NaN or infinite"),
    (_infinite_scores, r"model: \d+ of 200 scores are NaN or infinite"),
    (_short_scores, r"model: the scores have the wrong length .*199.*200"),
    (_worded_scores, r"model: its scores are not numbers"),
    (_raising_model, r"model\.py:6: model python:model:score: the function raised KeyError"),
    (_leaving_model, r"model\.py:6: model python:model:score: the function raised SystemExit"),
    (_script_for_a_model, r"model\.py:3: model python:model: the module cannot be imported \(SystemExit"),
    (_misspelt_refusal, r"audit\.yaml:\d+: decision\.taken\.adverse: .*Did you mean 'Refused'\?"),
    (_another_word_for_default, r"audit\.yaml:\d+: data\.observed\.adverse: no row .*0 \d+, 1 \d+"),
    (_names_for_groups, r"audit\.yaml:\d+: protected\.sex\.reference: .*200 different values"),
    (_model_not_importable, r"model\.py:1: model python:model: the module cannot be imported"),
    (_no_such_function, r"model python:model:predict: model\.py has no function 'predict'"),
    (_scores_that_depend_on_others, r"model python:model:score: a row's score changes with the rows"),
    (_duplicate_ids, r"applications\.csv: 40 of 200 rows cannot be read .*more than one row"),
    (_no_ids, r"applications\.csv: 40 of 200 rows cannot be read .*id is missing"),
    (_header_only, r"applications\.csv.* no rows"),
    (_no_bytes, r"applications\.csv: it is empty"),
    (_all_quarantined, r"applications\.csv: 200 of 200 rows cannot be read"),
    (_not_utf8, r"applications\.csv: .* is not UTF-8 text"),
    (_constant_attribute, r"audit\.yaml:\d+: protected\.sex: every known row is 'male'"),
    (_attribute_never_known, r"audit\.yaml:\d+: protected\.sex: every row's 'sex' is missing"),
    (_column_without_factor, r"reasons\.yaml:1: years_at_address: the model reads this column"),
    (_factor_without_statement, r"reasons\.yaml:\d+: years_at_address.*statement"),
    (_vague_statement, r"reasons\.yaml:\d+: years_at_address\.statement\.en: .*nothing specific"),
    (_missing_without_words, r"reasons\.yaml:\d+: years_at_address.*can be missing"),
    (_other_way_round, r"audit\.yaml:\d+: decision\.adverse: low scores are stated to be bad"),
    (_observed_other_way_round, r"audit\.yaml:\d+: decision\.adverse: high scores are stated to be bad"),
    (_taken_other_way_round, r"audit\.yaml:\d+: decision\.taken: 200 of 200 decisions are not those"),
    (_batch_without_reference, r"audit\.yaml:\d+: explain\.reference: a batch has no pinned reference"),
    (_pin_not_found, r"audit\.yaml:\d+: .*pinned\.from: no file and no audit 'nowhere' is found"),
    (_pin_is_no_reference, r"audit\.yaml:\d+: .*pinned\.from: pin\.json is no reference file"),
    (_pin_of_another_model, r"audit\.yaml:\d+: .*pinned: .*scored by another model \(1111"),
    (_pin_of_another_cutoff, r"audit\.yaml:\d+: .*pinned: .*no applicants for the cutoff 0\.4"),
    (_pin_of_other_bytes, r"audit\.yaml:\d+: .*pinned\.sha256: the digest .* differs"),
    (_pin_without_a_feature, r"audit\.yaml:\d+: .*pinned\.from: .*does not hold the feature 'income'"),
    (_pin_with_words, r"audit\.yaml:\d+: .*pinned\.from: the feature 'income' is number in the data"),
    (_later, r"audit\.yaml:\d+: record\.gross_revenue_band: .*not built yet"),
    (_one_ledger_for_both, r"audit\.yaml:\d+: fairness\.ledger: it is the ledger of the audit itself"),
    (_nothing_to_compare, r"audit\.yaml:\d+: audit\.only: no protected attribute is stated"),
    (_literal_password, r"audit\.yaml:\d+: data\.path\.url: a password stands in this URL"),
    (_unset_secret, r"audit\.yaml:\d+: data\.path\.url: .*NO_SUCH_VARIABLE_HERE is not set"),
    (_no_agency, r"audit\.yaml:\d+: entities\.us\.ecoa_agency: us_ecoa_regb is in force"),
    (_nobody_says_what_score, r"audit\.yaml:\d+: decision\.disclosed_score: us_fcra is in force"),
    (_unknown_policy, r"audit\.yaml:\d+: policies\[1\]: .*us_ecao"),
    (_unknown_action, r"audit\.yaml:\d+: record\.action\.values: the data hold actions without a meaning"),
    (_product_without_cutoff, r"audit\.yaml:\d+: decision\.cutoff\.values: no cutoff is given for sex male"),
    (_no_model_no_decisions, r"audit\.yaml:\d+: decision: nothing says who was refused"),
    (_no_dictionary, r"audit\.yaml:\d+: dictionary: no dictionary says what the factors mean"),
]


@pytest.mark.parametrize(("spoil", "told"), CASES, ids=[spoil.__name__[1:] for spoil, _ in CASES])
def test_bad_input_ends_before_work(desk: Desk, spoil: Callable[[Desk], None], told: str) -> None:
    """It is refused with exit code 2 and a sentence a fault, and the folder is as it was."""
    spoil(desk)
    before = desk.files()
    answer = desk.ask("run", desk.config, "--out", desk.folder / "report")
    assert answer.code == 2, answer
    faults = [line for line in answer.err.splitlines() if ": " in line]
    assert any(re.search(told, fault) for fault in faults), answer.err
    assert all(MESSAGE.match(fault) for fault in faults), answer.err
    assert "Traceback" not in answer.err
    assert "Zyxwv" not in answer.err
    assert not re.search(r"\bA0000\d\d\b|\bP0000\d\d\b", answer.err), "a message names a person"
    assert answer.out == ""
    assert desk.files() == before


@pytest.mark.parametrize(("spoil", "told"), CASES, ids=[spoil.__name__[1:] for spoil, _ in CASES])
def test_check_says_the_same(desk: Desk, spoil: Callable[[Desk], None], told: str) -> None:
    """``check`` finds what ``run`` refuses, and names it in its JSON."""
    spoil(desk)
    answer = desk.ask("check", desk.config, "--json")
    assert answer.code == 2, answer
    assert answer.json["ok"] is False
    assert any(re.search(told, fault) for fault in answer.json["faults"]), answer.json


def test_many_faults_are_told_at_once(desk: Desk) -> None:
    """Config, dictionary, data and duties: each fault once, in the order of files and lines."""
    _unknown_key(desk)
    _vague_statement(desk)
    _bands_miss(desk)
    _no_agency(desk)
    answer = desk.ask("run", desk.config)
    assert answer.code == 2
    for told in (r"decision\.treshold", r"reasons\.yaml:\d+", r"age\.bands", r"us\.ecoa_agency: us"):
        assert len(re.findall(told, answer.err)) == 1, answer.err
    lines = [int(n) for n in re.findall(r"audit\.yaml:(\d+):", answer.err)]
    assert lines == sorted(lines)


def test_a_right_config_has_no_fault(desk: Desk) -> None:
    """``check`` ends with 0, tells columns from constants, and writes nothing."""
    before = desk.files()
    answer = desk.ask("check", desk.config)
    assert (answer.code, answer.err.count("fault")) == (0, 0)
    assert "record.product: constant Personal loan" in answer.out
    assert "record.received_at: column received_at" in answer.out
    assert answer.out.splitlines()[-1] == "No fault found. The config can be run."
    found = desk.ask("check", desk.config, "--json").json
    assert found["ok"] is True
    assert {"place": "recipients.name", "is": "column", "value": "name"} in found["bindings"]
    assert desk.files() == before


def test_a_template_of_the_house_that_is_none_is_seen_by_check(desk: Desk) -> None:
    """An audit does not need it, so it runs; whoever checks hears of it before a letter fails at night."""
    body = desk.folder / "house" / "letters" / "adverse_action" / "body.html"
    body.parent.mkdir(parents=True)
    body.write_text("{% block reasons %}\n")
    desk.set(letters={"templates": "house"})
    answer = desk.ask("check", desk.config, "--json")
    assert (answer.code, answer.json["ok"]) == (2, False)
    assert [bool(re.search(r"body\.html:\d+: no template: ", one)) for one in answer.json["faults"]] == [True]


def test_a_template_whose_letters_are_not_stamped_is_no_fault(desk: Desk) -> None:
    """``check`` says where and what to change, and ends with 0."""
    body = desk.folder / "house" / "letters" / "adverse_action" / "body.html"
    body.parent.mkdir(parents=True)
    ours = '{% extends "plainspoken/letters/adverse_action/body.html" %}'
    body.write_text(ours + "\n{% block token %}\n<p>To <b>{{ notice.number }}</b></p>{% endblock %}")
    desk.set(letters={"templates": "house"})
    answer = desk.ask("check", desk.config, "--json")
    assert (answer.code, answer.json["ok"], answer.json["faults"]) == (0, True, [])
    (place,) = answer.json["slow"]
    assert re.search(r"body\.html:3: b: a value stands in a part of a line\. Let it be ", place)
    assert f"not stamped but rendered: {place}" in desk.ask("check", desk.config).err
