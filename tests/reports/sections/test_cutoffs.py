"""Cutoffs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reports import report
from reports.html import environment
from reports.sections import cutoffs
from tests.worlds.told import AUDIT, ToldLedger, audit


def body() -> dict[str, Any]:
    return dict(ToldLedger().the_figures["group_sweeps"].body)


def told(body: dict[str, Any]) -> ToldLedger:
    ledger = ToldLedger()
    ledger.the_figures["group_sweeps"] = replace(ledger.the_figures["group_sweeps"], body=body)
    return ledger


def page(body: dict[str, Any]) -> cutoffs.Cutoffs:
    found = cutoffs.query(told(body), AUDIT)
    assert found is not None
    return found


def group(name: str, n: int = 100, **change: Any) -> dict[str, Any]:
    """Return a group of which nobody, half and everybody would be approved at three cutoffs."""
    return {
        "group": name,
        "n": n,
        "n_adverse": 40,
        "n_favourable": 60,
        "approved": [0, n // 2, n],
        "false_positive": [60, 15, 0],
        "false_negative": [0, 10, 40],
        **change,
    }


def of(*groups: dict[str, Any], attribute: str = "sex") -> dict[str, Any]:
    return {
        "thresholds": [0.1, 0.5, 0.9],
        "cutoff": 0.5,
        "min_group": 30,
        "outcomes": True,
        "attributes": [{"attribute": attribute, "reference": groups[0]["group"], "groups": list(groups)}],
    }


RATIO = {"ratio": [None, 0.8, 1.0], "low": [None, 0.62, 0.99], "high": [None, 0.99, 1.01]}


def test_cutoffs_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("cutoffs")


def test_an_older_audit_has_no_such_section() -> None:
    """Where no sweep of groups was sealed nothing is said, and nothing is computed afterwards."""
    ledger = ToldLedger()
    ledger.the_figures.pop("group_sweeps")
    assert cutoffs.query(ledger, AUDIT) is None


def test_where_nobody_is_compared_the_section_is_left_out() -> None:
    """Of a batch of refusals, and of an audit for notices alone, Fairness says why."""
    for change in ({"kind": "batch"}, {"config": {"audit": {"only": "notices"}}}):
        assert cutoffs.query(ToldLedger(the_audit=replace(audit(), **change)), AUDIT) is None


def test_what_was_not_measured_says_why() -> None:
    """Decisions without scores have no sweep."""
    found = page({"cause": "the decisions have no scores"})
    assert found.cause == "the decisions have no scores"
    assert cutoffs.title(found) == "What other cutoffs would do to groups was not measured"


def test_each_step_is_the_sealed_counts_in_words() -> None:
    """Rates are ratios of stored counts; ratio and interval are as sealed; the slider holds nothing else."""
    found = page(of(group("m"), group("f", **RATIO)))
    steps = found.slider["steps"]
    assert [step["where"] for step in steps] == [
        "0.10 (step 1 of 3)",
        "0.50 (step 2 of 3, the one in force)",
        "0.90 (step 3 of 3)",
    ]
    assert steps[1]["rows"] == [
        ["100", "50.0%", "reference", "25.0%", "25.0%", "25.0%"],
        ["100", "50.0%", "0.80 (0.62–0.99)", "25.0%", "25.0%", "25.0%"],
    ]
    assert steps[0]["rows"][1] == ["100", "0.0%", "–", "100.0%", "0.0%", "60.0%"]
    assert found.at == 1
    assert [list(row.cells) for row in found.rows if not row.head] == steps[1]["rows"]
    assert found.finding == "Women: the ratio’s interval lies below equal rates at 1 of 3 cutoffs"


def test_small_groups_and_few_outcomes_say_nothing() -> None:
    """A count stands there, and no rate."""
    few = {"group": "x", "n": 7, "cause": "too few: n < 30"}
    found = page(of(group("m"), group("f", n_adverse=9, **RATIO), few))
    assert found.slider["steps"][1]["rows"][2] == ["7", *["too few"] * 5]
    assert found.slider["steps"][1]["rows"][1][4] == "too few, n = 9"
    assert found.errors[0].columns == ("m", "f")
    assert found.errors[0].rows[1] == ("0.50", True, ("25.0% / 25.0%", "25.0% / too few"))


def test_without_outcomes_and_without_one_cutoff() -> None:
    """No error rates are claimed, and the page opens on the middle step, which is nobody's."""
    found = page({**of(group("m"), group("f", **RATIO)), "outcomes": False, "cutoff": None})
    assert found.columns == ("Applicants", "Approved", "Ratio (95% interval)")
    assert found.errors == ()
    assert found.shown == "0.50 (step 2 of 3)"
    assert found.panels[0].chart.cutoff is None


def test_nobody_to_compare_with_is_said() -> None:
    """One group, or a reference that is too small, has no ratio and no panel."""
    found = page(of(group("m")))
    assert found.finding == "No group has people enough to be compared at other cutoffs"
    assert found.panels == found.rates == ()


def test_thousands_of_groups_stay_a_page() -> None:
    """The table, the panels and the slider's texts are bounded, and the page says what it leaves out."""
    many = [group(f"shop {i:04}", **RATIO) for i in range(3000)]
    found = page(of(group("shop"), *many, attribute="shop"))
    assert sum(not row.head for row in found.rows) == cutoffs.MOST_GROUPS
    assert len(found.panels) == cutoffs.MOST_PANELS
    assert len(found.rates) == cutoffs.MOST_BLOCKS
    assert found.notes[0] == "2,951 more groups stand in results.json."
    assert len(json.dumps(found.slider)) < 30_000


def test_a_group_that_closes_a_script_stays_data() -> None:
    """Whatever a group is called, the block of texts is one block of JSON and gives the name back."""
    evil = "</script><script>alert('x')</script><!--"
    ledger = told(of(group("m"), group(evil, **RATIO)))
    text = report.render(ledger, AUDIT, "html").content.decode()
    assert text.count("<script") == 2
    assert text.count("</script") == 2
    assert "alert('x')" not in text
    # No name stands in the block today; were one to, it would come back character for character.
    found = cutoffs.query(ledger, AUDIT)
    assert found is not None
    slider = {"at": 1, "steps": [{"where": evil, "rows": [[evil, "&lt;", "‏ש", "é"]]}]}
    template = environment().get_template("sections/cutoffs.html")
    text = template.render(data=replace(found, slider=slider), medium="html")
    block = re.search(r'<script type="application/json" id="at-cutoff-steps">(.*?)</script', text, re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == slider
