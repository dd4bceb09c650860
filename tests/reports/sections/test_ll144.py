"""The public summary under Local Law 144."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.errors import UsageError
from audit.fairness import count
from audit.fairness.local_law_144 import bias_audit
from reports import report
from reports.sections import ll144
from tests.worlds.told import AUDIT, ToldLedger
from tests.worlds.told_hiring import hiring, local_law_144


def test_ll144_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("ll144")


def test_the_told_tables_are_what_a_run_counts() -> None:
    """The same people, counted by the run's own function, give the same rows and withhold the same ones."""
    told = local_law_144()
    (both,) = [t for t in told["tables"] if (t["basis"], t["kind"]) == ("selection_rate", "intersectional")]
    outcome, sex, race = [], [], []
    for row in both["rows"]:
        a, b = row["category"].split(" x ")
        outcome += ["favourable"] * row["n_counted"] + ["adverse"] * (row["n"] - row["n_counted"])
        sex += [a] * row["n"]
        race += [b] * row["n"]
    table = count(outcome, {"sex": sex, "race": race})
    found = bias_audit(table, "sex", "race", adverse_high=True, seed=7, justification="few")
    for kind in ("sex", "race_ethnicity", "intersectional"):
        counted, by_hand = (
            {
                row["category"]: (row["n"], row["n_counted"], row["excluded"], row["withheld"])
                for one in of["tables"]
                if (one["basis"], one["kind"]) == ("selection_rate", kind)
                for row in one["rows"]
            }
            for of in (found, told)
        )
        assert counted == by_hand


def test_all_seven_items_are_there() -> None:
    """Dates, data, unknown, categories of three kinds with numbers, what is left out and why."""
    page = ll144.query(hiring(), AUDIT)
    facts = dict(page.facts)
    assert facts["Date of this audit"] == "20\u00a0November\u00a02026"
    assert facts["Distribution date of the tool"] == "5\u00a0January\u00a02026"
    assert facts["Data, and why these"].startswith("Historical data of the employer")
    assert facts["Of them in an unknown category"].startswith("12; counted here")
    assert [row.label for row in page.rows if row.head] == [
        "Sex", "Race and ethnicity", "Sex with race and ethnicity",
    ]  # fmt: skip
    white = next(row for row in page.rows if row.label == "White")
    assert (white.n, white.cells[0]) == ("797", ("412", "51.7%", "1.000"))
    assert page.left_out[0] == "Two or More Races: 18 people, rate 44.4%"
    assert "fewer than 2 % of the data" in page.justification


def test_small_categories_are_withheld_with_what_would_give_them_away() -> None:
    """Three people have no rate, and neither has what three are the difference of."""
    page = ll144.query(hiring(), AUDIT)
    crossed = {
        row.label: row
        for row in page.rows[page.rows.index(next(r for r in page.rows if "with" in r.label)) :]
    }
    assert crossed["Female, Two or More Races"].n == "fewer than 5"
    assert crossed["Male, Two or More Races"].n == "withheld"
    assert crossed["Female, Two or More Races"].cells == (("–", "–", "–"),) * 2
    assert "withheld" in page.left_out[1]
    assert "fewer than 5 people are not told" in page.withheld


def test_nothing_passes() -> None:
    """There is no line, no outcome, and no claim to be the independent auditor."""
    document = report.render(hiring(), AUDIT, "html", kind="ll144")
    assert "no number here is a pass or a fail" in document.words
    assert "is not the independent auditor" in document.words
    told = document.words.lower()
    assert not any(
        word in told for word in ("four fifths", "screening line", "0.80", "80%", "not met", "passed")
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distributed_on": None}, r"5-303\(a\)\(2\).*Set `fairness\.ll144\.distributed_on`"),
        ({"source": None}, r"5-303\(a\)\(1\).*Set `fairness\.ll144\.source`"),
        ({"tables": []}, "knows sex, or race and ethnicity, of nobody"),
    ],
)
def test_what_the_summary_must_say_is_asked_for(change: dict[str, Any], words: str) -> None:
    """A missing item refuses the summary by its clause and key; no blank is printed."""
    with pytest.raises(UsageError, match=words):
        report.render(hiring(**change), AUDIT, "html", kind="ll144")


def test_an_audit_without_such_tables_is_refused() -> None:
    """No config for it, a batch, pictures, or a seal of a program that hid nothing: each says so."""
    told = hiring()
    told.the_figures["ll144"] = replace(told.the_figures["ll144"], body={"cause": "the config asks for none"})
    with pytest.raises(UsageError, match=r"the config asks for none.*fairness\.ll144"):
        report.render(told, AUDIT, "html", kind="ll144")
    told = hiring()
    del told.the_figures["ll144"]
    with pytest.raises(UsageError, match=r"none were asked for.*fairness\.ll144"):
        report.render(told, AUDIT, "html", kind="ll144")
    for kind, words in (("batch", "one batch of refusals"), ("images", "of pictures")):
        told = hiring()
        told.the_audit = replace(told.the_audit, kind=kind)
        with pytest.raises(UsageError, match=words):
            report.render(told, AUDIT, "html", kind="ll144")
    told = ToldLedger()
    told.the_figures["ll144"] = replace(
        told.the_figures["ll144"],
        body={**local_law_144(), "tables": [_bare(one) for one in local_law_144()["tables"]]},
    )
    with pytest.raises(UsageError, match="did not look for small categories"):
        report.render(told, AUDIT, "html", kind="ll144")


def _bare(table: dict[str, Any]) -> dict[str, Any]:
    rows = [{key: value for key, value in row.items() if key != "withheld"} for row in table["rows"]]
    return {**table, "rows": rows}


def test_without_scores_there_is_one_rate() -> None:
    """An audit of decisions alone has selection rates, and no formula of what it has not."""
    tables = [
        one
        if one["basis"] == "selection_rate"
        else {"basis": one["basis"], "kind": one["kind"], "cause": "the decisions have no scores"}
        for one in local_law_144()["tables"]
    ]
    page = ll144.query(hiring(tables=tables), AUDIT)
    assert [name for name, _ in page.formulas] == ["Selection rate", "Impact ratio"]
    assert all(len(row.cells) == 1 for row in page.rows if not row.head)


def _some_without_scores(scored_women: int) -> dict[str, Any]:
    """Forty men with scores, and forty women of whom a few have any."""
    sex = ["F"] * 40 + ["M"] * 40
    race = ["A", "B"] * 40
    scores = [float("nan") if i < 40 - scored_women else 0.01 * i for i in range(80)]
    outcome = ["favourable", "favourable", "adverse", "adverse"] * 20
    table = count(outcome, {"sex": sex, "race": race}, scores)
    found = bias_audit(table, "sex", "race", adverse_high=True, seed=7)
    return {**found, "distributed_on": "2026-01-05", "source": "data"}


def test_a_category_without_scores_takes_nobody_elses_numbers() -> None:
    """No woman has a score: women have a selection rate and dashes, and men their own numbers."""
    rows = {row.label: row for row in ll144._rows(_some_without_scores(0))}
    assert rows["F"].cells == (("20", "50.0%", "1.000"), ("–", "–", "–"))
    assert rows["M"].cells == (("20", "50.0%", "1.000"), ("20", "50.0%", "1.000"))


def test_scoring_rates_of_a_few_people_are_not_told() -> None:
    """Forty women were assessed and two have scores: a rate of two would say of each how she scored."""
    body = _some_without_scores(2)
    assert ll144._bases(body) == ("selection_rate",)
    assert all(len(row.cells) == 1 for row in ll144._rows(body) if not row.head)
    assert "Scoring rates are not told here" in ll144._withheld(body)
    assert ll144._bases(_some_without_scores(40)) == ("selection_rate", "scoring_rate")
