"""Populations of which other tools print a number: here an error with its line, or a cause in the report.

Each goes through ``run`` and ``check`` on a small CSV. What is refused leaves nothing behind; what is not
has a finding that is ``inconclusive`` or ``not_measured``, and its cause stands in the report.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.ledger import Ledger
from tests.worlds import even_lender, named_lender
from tests.worlds.desk import Desk

MESSAGE = re.compile(r"^[^\n]+: [^\n]+\. [^\n]+\.$")
GROUPS = ("white", "black", "aian", "api", "hispanic", "two_or_more")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A lender with sex and age, and one with names and addresses."""
    folder = tmp_path_factory.mktemp("worlds")
    return {
        "even": even_lender.build(folder / "even", n_profiles=25).folder,
        "named": named_lender.build(folder / "named", n=200).folder,
    }


def each(n: int, **cells: Any) -> Callable[[list[dict[str, str]]], list[dict[str, Any]]]:
    """Return a change of the first ``n`` rows' cells."""
    return lambda rows: [{**row, **cells} if i < n else row for i, row in enumerate(rows)]


def column(name: str, cell: Callable[[int], Any]) -> Callable[[list[dict[str, str]]], list[dict[str, Any]]]:
    """Return a change that fills a column by the row's number."""
    return lambda rows: [{**row, name: cell(i)} for i, row in enumerate(rows)]


def decided(desk: Desk, granted: Callable[[int], Any] = lambda i: "yes" if i % 3 else "no") -> Desk:
    """Let the decisions alone be known."""
    desk.set(model=None, dictionary=None, data__features=None, policies=["screening"])
    desk.set(decision={"adverse": "high", "taken": {"column": "granted", "adverse": "no"}})
    return desk.rows(column("granted", granted))


def scored(desk: Desk, score: Callable[[int], Any], cutoff: float = 0.5) -> Desk:
    """Let scores be a column of the data."""
    desk.set(model={"scores": "score"}, dictionary=None, policies=["screening"])
    desk.set(decision={"adverse": "high", "cutoff": cutoff})
    return desk.rows(column("score", score))


def weighed(desk: Desk, cells: tuple[Any, ...]) -> None:
    """Let everybody's probabilities be these."""
    decided(desk).rows(each(10_000, **{f"p_{name}": cell for name, cell in zip(GROUPS, cells, strict=True)}))
    desk.set(fairness={"bisg": {"probabilities": {name: f"p_{name}" for name in GROUPS}}})


def _scores_as_decisions(desk: Desk) -> None:
    decided(desk, lambda i: f"{i / 199:.4f}").set(decision__taken__adverse=1)


def _one_score_is_the_word(desk: Desk) -> None:
    decided(desk, lambda i: f"{i / 200:.4f}").set(decision__taken__adverse="0.0000")


def _nan_decisions(desk: Desk) -> None:
    decided(desk).rows(each(20, granted="nan"))


def _empty_decisions(desk: Desk) -> None:
    decided(desk).rows(each(20, granted=""))


def _two_spellings_of_refused(desk: Desk) -> None:
    decided(desk).rows(each(20, granted="No "))


def _scores_as_outcomes(desk: Desk) -> None:
    desk.rows(column("defaulted", lambda i: f"{i / 199:.4f}"))


def _nan_outcomes(desk: Desk) -> None:
    desk.rows(each(20, defaulted="NaN"))


def _nan_group(desk: Desk) -> None:
    desk.rows(each(40, sex="nan"))


def _two_spellings_of_a_group(desk: Desk) -> None:
    desk.rows(each(40, sex=" Male"))


def _one_group(desk: Desk) -> None:
    desk.rows(each(10_000, sex="male"))


def _unknown_reference(desk: Desk) -> None:
    desk.set(protected__sex__reference="men")


def _nan_scores(desk: Desk) -> None:
    scored(desk, lambda i: "nan" if i < 20 else i / 200)


def _infinite_scores(desk: Desk) -> None:
    scored(desk, lambda i: "inf" if i < 20 else i / 200)


def _empty_scores(desk: Desk) -> None:
    scored(desk, lambda i: "" if i < 20 else i / 200)


def _nan_predictions_of_the_model(desk: Desk) -> None:
    desk.text("model.py", "return 0.15 +", "return np.where(columns['income'] > 50, np.nan, 0.15) +")


def _everybody_past_the_cutoff(desk: Desk) -> None:
    scored(desk, lambda i: 0.6 + i / 1000)


def _thousands_of_names_for_groups(desk: Desk) -> None:
    desk.set(protected__sex={"column": "applicant_id", "type": "category", "reference": "P9"})


REFUSED: list[tuple[Callable[[Desk], None], str]] = [
    (_scores_as_decisions, r"audit\.yaml:\d+: decision\.taken\.column: 'granted' holds 200 different values"),
    (_one_score_is_the_word, r"decision\.taken\.column: .* with fractions among them\. .*model\.scores"),
    (_nan_decisions, r"audit\.yaml:\d+: decision\.taken\.column: 'granted' says nan 20: a missing value"),
    (_empty_decisions, r"applications\.csv: 20 of 200 rows .*granted: the decision taken is missing"),
    (_two_spellings_of_refused, r"decision\.taken\.adverse: 'granted' says 'no' and also No 20"),
    (_scores_as_outcomes, r"audit\.yaml:\d+: data\.observed\.column: 'defaulted' holds 200 different values"),
    (_nan_outcomes, r"audit\.yaml:\d+: data\.observed\.column: 'defaulted' says NaN 20: a missing value"),
    (_nan_group, r"audit\.yaml:\d+: protected\.sex: 'sex' says nan 40: a missing value, taken for a group"),
    (
        _two_spellings_of_a_group,
        r"protected\.sex: groups differ in capitals and spaces alone \(male 80, Male",
    ),
    (_one_group, r"audit\.yaml:\d+: protected\.sex: every known row is 'male'"),
    (_unknown_reference, r"audit\.yaml:\d+: protected\.sex\.reference: no row belongs to .*'men'"),
    (_nan_scores, r"applications\.csv: 20 of 200 rows .*score: the score is not a finite number"),
    (_infinite_scores, r"applications\.csv: 20 of 200 rows .*score: the score is not a finite number"),
    (_empty_scores, r"applications\.csv: 20 of 200 rows .*score: the score is missing"),
    (_nan_predictions_of_the_model, r"model: \d+ of 200 scores are NaN or infinite"),
    (
        _everybody_past_the_cutoff,
        r"audit\.yaml:\d+: decision\.cutoff: the cutoff 0\.5 lies outside the scores",
    ),
    (_thousands_of_names_for_groups, r"protected\.sex\.reference: .*200 different values"),
]


@pytest.mark.parametrize(("spoil", "told"), REFUSED, ids=[spoil.__name__[1:] for spoil, _ in REFUSED])
def test_it_is_an_error_with_place_fact_and_way_out(worlds, tmp_path, capsys, spoil, told) -> None:
    """``run`` ends with 2 and leaves nothing; ``check`` says the same."""
    desk = Desk.copy(worlds["even"], tmp_path / "desk", capsys)
    spoil(desk)
    before = desk.files()
    answer = desk.ask("run", desk.config, "--out", desk.folder / "report")
    assert answer.code == 2, answer
    faults = [line for line in answer.err.splitlines() if ": " in line]
    assert any(re.search(told, fault) for fault in faults), answer.err
    assert all(MESSAGE.match(fault) for fault in faults), answer.err
    assert desk.files() == before
    checked = desk.ask("check", desk.config, "--json")
    assert checked.code == 2
    assert any(re.search(told, fault) for fault in checked.json["faults"]), checked.json


def _group_of_one(desk: Desk) -> None:
    decided(desk).rows(each(1, sex="nonbinary"))


def _group_of_three(desk: Desk) -> None:
    decided(desk).rows(each(3, sex="nonbinary"))


def _all_refused(desk: Desk) -> None:
    decided(desk, lambda i: "no")


def _all_approved(desk: Desk) -> None:
    decided(desk, lambda i: "yes")


def _one_class_of_outcome(desk: Desk) -> None:
    scored(desk, lambda i: i / 200).rows(each(10_000, defaulted=0))


def _control_that_decides(desk: Desk) -> None:
    decided(desk).rows(column("house", lambda i: "own" if i % 3 else "rent"))
    desk.set(fairness={"controls": ["house"]})


def _control_of_ids(desk: Desk) -> None:
    decided(desk).set(fairness={"controls": ["application_id"]})


def _hundreds_of_groups(desk: Desk) -> None:
    def more(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        ids = {"application_id": "A", "applicant_id": "P"}
        return [
            {**row, **{name: f"{letter}{k}-{i}" for name, letter in ids.items()}, "town": f"t{k * 200 + i}"}
            for k in range(3)
            for i, row in enumerate(rows)
        ]

    decided(desk).rows(more).set(recipients=None, intersections=None)
    desk.set(protected__town={"column": "town", "type": "category", "reference": "t0"})


def _negative_weights(desk: Desk) -> None:
    weighed(desk, (1.2, -0.2, 0, 0, 0, 0))


def _zero_weights(desk: Desk) -> None:
    weighed(desk, (0, 0, 0, 0, 0, 0))


def _percent_for_weights(desk: Desk) -> None:
    weighed(desk, (60, 40, 0, 0, 0, 0))


def _weights_of_two(desk: Desk) -> None:
    weighed(desk, (1, 1, 0, 0, 0, 0))


def _nan_weights(desk: Desk) -> None:
    weighed(desk, ("nan",) * 6)


def _names_of_nobody(desk: Desk) -> None:
    desk.rows(each(10_000, last_name="Unlisted"))


def _zip_codes_for_tracts(desk: Desk) -> None:
    desk.rows(each(10_000, tract="12345"))


NOT_ONE = "200 rows: the probabilities are missing, outside 0 to 1, or do not sum to 1"
SMALL = ("adverse_impact_ratio", "nonbinary", "inconclusive", "too few: n < 30")
ESTIMATE = ("adverse_impact_ratio", "all", "not_measured")
# World, what is spoilt, and of which measure and group a finding has which outcome and cause.
TOLD: list[tuple[str, Callable[[Desk], None], tuple[str, str, str, str]]] = [
    ("even", _group_of_one, SMALL),
    ("even", _group_of_three, SMALL),
    ("even", _all_refused, ("adverse_impact_ratio", "female", "not_measured", "every decision is adverse")),
    ("even", _all_approved, ("adverse_impact_ratio", "female", "not_measured", "every decision is favour")),
    ("even", _one_class_of_outcome, ("auc_difference", "female", "not_measured", "this group has no AUC")),
    ("even", _control_that_decides, ("controlled_", "female", "inconclusive", "perfect separation: control")),
    ("even", _control_of_ids, ("controlled_", "female", "not_measured", "control 'application_id' has 200")),
    (
        "even",
        _hundreds_of_groups,
        ("adverse_impact_ratio", "all", "not_measured", "600 groups, more than 500"),
    ),
    ("even", _negative_weights, (*ESTIMATE, NOT_ONE)),
    ("even", _zero_weights, (*ESTIMATE, NOT_ONE)),
    ("even", _percent_for_weights, (*ESTIMATE, NOT_ONE)),
    ("even", _weights_of_two, (*ESTIMATE, NOT_ONE)),
    ("even", _nan_weights, (*ESTIMATE, NOT_ONE)),
    ("named", _names_of_nobody, (*ESTIMATE, "200 rows: the surname is in no table")),
    ("named", _zip_codes_for_tracts, (*ESTIMATE, "196 rows: the area is in no table")),
]


@pytest.mark.parametrize(("world", "spoil", "told"), TOLD, ids=[spoil.__name__[1:] for _, spoil, _ in TOLD])
def test_it_is_told_with_its_cause(worlds, tmp_path, capsys, world, spoil, told) -> None:
    """The audit is made, nothing is called met of it, and the cause is printed."""
    desk = Desk.copy(worlds[world], tmp_path / "desk", capsys)
    spoil(desk)
    answer = desk.ask("run", desk.config, "--json")
    assert answer.code in (0, 3), answer
    page = desk.folder / "report.html"
    assert desk.of_ledger("report", "latest", "--out", page).code == 0
    measure, group, outcome, cause = told
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        audit = ledger.find("latest")
        rows = [*ledger.findings(audit), *ledger.disparities(audit)]
    of_it = [one for one in rows if (one.group or "all") == group and cause in (one.cause or "")]
    names = [getattr(one, "measure", None) or getattr(one, "metric", "") for one in of_it]
    assert any(name.startswith(measure) for name in names), [one.cause for one in rows]
    outcomes = {one.outcome for one in of_it if hasattr(one, "outcome")}
    assert outcomes <= {outcome}
    assert cause in html.unescape(page.read_text())
