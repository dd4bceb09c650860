"""What is guessed of columns and names, on tables whose truth is written beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from audit.config import read_yaml
from audit.policy import seed_reasons
from audit.start.factors import drafts
from audit.start.hints import _SIGNS, hint_for
from audit.start.names import is_cryptic, phrase
from audit.start.reasons_yaml import reasons_yaml
from audit.start.roles import roles_of, sounds_like
from audit.start.scored import cut, orientation
from audit.start.table import Table, look
from audit.start.yaml_text import flow, quoted
from audit.vague import is_vague

N = 40


def a_table(folder: Path, columns: Mapping[str, Sequence[object]]) -> Table:
    lines = [",".join(columns)]
    lines += [
        ",".join("" if c is None else str(c) for c in row) for row in zip(*columns.values(), strict=True)
    ]
    path = folder / "some.csv"
    path.write_text("\n".join(lines) + "\n")
    return look(path)


def test_roles_are_read_from_names_and_values(tmp_path: Path) -> None:
    """Ids, person, outcome, decision, dates, score, protected; and an input is none of them."""
    table = a_table(
        tmp_path,
        {
            "loan_id": range(N),
            "customer_id": [i // 2 for i in range(N)],
            "income": range(100, 100 + N),
            "gender": ["m", "f"] * (N // 2),
            "age": [20 + i for i in range(N)],
            "age_of_oldest_account": range(N),
            "charged_off": [0, 0, 0, 1] * (N // 4),
            "decision": ["approved", "declined"] * (N // 2),
            "decision_date": ["2026-11-02"] * N,
            "risk_score": [i / N for i in range(N)],
            "zip_code": range(10000, 10000 + N),
        },
    )
    roles = roles_of(table, frozenset({"income"}))
    assert (roles.id, roles.person) == ("loan_id", "customer_id")
    (label,) = roles.observed
    assert (label.column, label.adverse) == ("charged_off", "1")
    assert roles.taken is not None
    assert (roles.taken.column, roles.taken.adverse) == ("decision", "declined")
    assert roles.dates == {"decided_at": "decision_date"}
    assert roles.scores == ("risk_score",)
    assert roles.stands_for == ("zip_code",)
    assert [(one.name, one.column, one.type, one.reference) for one in roles.protected] == [
        ("sex", "gender", "category", "f"),
        ("age", "age", "integer", "25-39"),  # nobody here is older than 59: the band before the last
    ]
    as_inputs = roles_of(table, frozenset(table.frame.columns))
    assert (as_inputs.id, as_inputs.observed, as_inputs.taken) == (None, (), None)
    assert as_inputs.sounds_protected == {"gender": "sex", "age": "age"}


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("sex", "sex"), ("applicant_sex", "sex"), ("CODE_GENDER", "sex"), ("age_years", "age"),
        ("date_of_birth", "age"), ("race", "race"), ("applicantEthnicity", "ethnicity"),
        ("MARRIAGE", "marital_status"), ("foreign_worker", "national_origin"), ("religion", "religion"),
        ("age_of_car", None), ("average", None), ("sextant", None), ("mortgage", None), ("income", None),
        ("accountAge", None), ("usage", None),
    ],
)  # fmt: skip
def test_what_sounds_protected(name: str, attribute: str | None) -> None:
    """Whole words of a name; the age of a thing is nobody's age."""
    assert sounds_like(name) == attribute


def test_an_outcome_whose_bad_value_cannot_be_told_is_left_open(tmp_path: Path) -> None:
    """A column called target says that 1 is something, and not what."""
    table = a_table(tmp_path, {"id": range(N), "target": [0, 1] * (N // 2)})
    (label,) = roles_of(table, frozenset()).observed
    assert (label.column, label.adverse) == ("target", None)


def test_inputs_of_one_source_are_one_factor(tmp_path: Path) -> None:
    """Parts of a category, a flag, months and transforms; what only looks alike stays apart."""
    housing = ["own", "rent", "other", "own"] * (N // 4)
    income = [None if i % 5 == 0 else 100 + i for i in range(N)]
    table = a_table(
        tmp_path,
        {
            **{f"housing_{name}": [int(one == name) for one in housing] for name in ("own", "rent", "other")},
            "has_car": [i % 2 for i in range(N)],
            "has_phone": [int(i % 3 > 0) for i in range(N)],  # both at once: no parts of one category
            "income": [0 if one is None else one for one in income],
            "income_missing": [int(one is None) for one in income],
            "balance": range(N),
            "balance_missing": [i % 2 for i in range(N)],  # set, and the value is there: no flag of it
            "pay_1": range(N),
            "pay_2": range(1, N + 1),
            "pay_mean": range(2, N + 2),
            "tenure": [None, *range(1, N)],
            "x1": range(N),
            "x2": range(N),
        },
    )
    found = {one.factor: one for one in drafts(table, table.frame.columns)}
    assert {name: one.columns for name, one in found.items()} == {
        "housing": ("housing_own", "housing_rent", "housing_other"),
        "has_car": ("has_car",),
        "has_phone": ("has_phone",),
        "income": ("income", "income_missing"),
        "balance": ("balance",),
        "balance_missing": ("balance_missing",),
        "pay": ("pay_1", "pay_2", "pay_mean"),
        "tenure": ("tenure",),
        "x_1": ("x1",),
        "x_2": ("x2",),
    }
    assert found["income"].flags == ("income_missing",)
    assert found["tenure"].gaps == ("tenure",)
    assert "never two at once" in found["housing"].why
    assert found["x_1"].said == ""


def test_the_draft_is_a_dictionary_of_everything_and_of_nothing_approved(tmp_path: Path) -> None:
    """It reads back: every input once, words from names, places where nothing can be proposed."""
    table = a_table(
        tmp_path,
        {
            "income": range(N),
            "age": range(20, 20 + N),
            "x9": range(N),
            "risk_grade": range(N),
            "no": [*range(N - 1), None],
        },
    )
    text = reasons_yaml(drafts(table, table.frame.columns), {"age": "age"}, taken_codes=frozenset({"R01"}))
    path = tmp_path / "reasons.yaml"
    path.write_text(text)
    data, _ = read_yaml(path)
    assert [entry["columns"] for entry in data.values()] == [
        ["income"],
        ["age"],
        ["x9"],
        ["risk_grade"],
        ["no"],
    ]
    assert [entry["code"] for entry in data.values()] == ["R02", "R03", "R04", "R05", "R06"]
    assert all("complete" in str(entry["approved"]) for entry in data.values())
    assert data["income"]["statement"] == {"en": "Income"}
    for name in ("age", "x_9", "risk_grade"):  # protected, cryptic, and vague as a reason
        assert "complete" in data[name]["statement"]
    assert data["no"]["missing"]["columns"] == ["no"]
    assert "LOOK AT THIS FIRST: the model reads what sounds like age" in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("duration_months", "Duration in months"), ("BILL_AMT1", "Bill amount"),
        ("creditLimit", "Credit limit"),
        ("num_inq_6m", "Number inquiries"), ("dti", "Debt-to-income ratio"), ("x12", ""), ("V7", ""),
        ("c_3", ""),
    ],
)  # fmt: skip
def test_what_a_column_may_be_called(name: str, said: str) -> None:
    """Words of the name, short forms written out; nothing where it says nothing."""
    assert phrase(name) == said
    assert is_cryptic(name) == (said == "")


def test_hints_are_items_of_the_sample_forms() -> None:
    """Every entry that the table names is in the pack, and an income is an income."""
    known = {seed.factor: seed for seed in seed_reasons("us_ecoa_regb")}
    assert {name for _, names, _ in _SIGNS for name in names} <= set(known)
    assert not [seed.statement["en"] for seed in known.values() if is_vague(seed.statement["en"])]
    hint = hint_for(["annual_income"])
    assert hint is not None
    assert hint.texts[0] == "Income insufficient for amount of credit requested (C-1)"
    assert hint.hmda == 1
    assert hint_for(["zodiac"]) is None


def test_which_scores_are_bad_is_told_only_without_doubt() -> None:
    """High, low, chance alone, and too few."""
    draw = np.random.default_rng(5)
    bad = draw.random(2000) < 0.3
    tilted = draw.normal(size=2000) + bad
    assert orientation(tilted, bad, "y").adverse == "high"
    assert orientation(-tilted, bad, "y").adverse == "low"
    by_chance = orientation(draw.normal(size=2000), bad, "y")
    assert (by_chance.adverse, "does not tell" in by_chance.how) == (None, True)
    few = orientation(tilted[:30], np.arange(30) < 5, "y")
    assert (few.adverse, "too few" in few.how) == (None, True)


def test_a_cutoff_is_told_only_where_it_gives_the_decisions_again() -> None:
    """Exactly, from either side, with equal scores; and not where people overrode it."""
    scores = np.array([0.1, 0.2, 0.4, 0.4, 0.9] * 40)
    assert cut(scores, scores >= 0.4, "high").value == 0.4
    assert cut(scores, scores <= 0.2, "low").value == 0.2
    overridden = (scores >= 0.4) ^ (np.arange(200) % 20 == 0)
    found = cut(scores, overridden, "high")
    assert (found.value, found.agrees) == (None, pytest.approx(0.95))


@pytest.mark.parametrize(
    "text",
    ["plain", "two words", "no", "2", "2026-11-20", "a: b", "< 0", "ja/nein", "'", '"', "#", "1e3", "é"],
)
def test_text_reads_back_as_itself(tmp_path: Path, text: str) -> None:
    """As a value, as a key and in a list."""
    path = tmp_path / "some.yaml"
    path.write_text(f"{quoted(text)}: {quoted(text)}\nlist: {flow([text, text])}\n", encoding="utf-8")
    assert read_yaml(path)[0] == {text: text, "list": [text, text]}
