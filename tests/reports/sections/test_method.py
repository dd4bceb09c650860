"""Method and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.sections import method
from tests.worlds.told import AUDIT, ToldLedger


def test_method_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("method")


def test_sampled_contributions_are_not_called_exact() -> None:
    """More factors than the bound of the exact method are told as sampled."""
    told = ToldLedger()
    body = told.the_figures["method"].body
    more = {**body, "reasons": {**body["reasons"], "players": 40}}
    told.the_figures["method"] = replace(told.the_figures["method"], body=more)
    page = method.query(told, AUDIT)
    assert page.finding == "Sampled contributions against 386 applicants near the cutoff"
    assert "40 factors are more than 10" in dict(page.rows)["Reasons"]


def test_an_inconclusive_reference_says_why() -> None:
    """The cause stands in the row of the comparison group."""
    told = ToldLedger()
    reference = {**told.the_figures["reference"].body["references"][0], "cause": "too few: n = 12 < 50"}
    told.the_figures["reference"] = replace(told.the_figures["reference"], body={"references": [reference]})
    assert method.query(told, AUDIT).references[0].cause == "too few: n = 12 < 50"


def test_a_pack_s_note_on_its_law_is_printed_with_it() -> None:
    """The state of the law stands beside the pack that judges by it; a pack without a note has none."""
    notes = {one.name: one.note for one in method.query(ToldLedger(), AUDIT).policies}
    assert notes["us_ecoa_regb"].endswith("the Act provides no effects test (91 FR 21620).")
    assert notes["screening"] == ""


def test_a_sample_of_the_nearest_is_not_called_the_nearest() -> None:
    """Where the comparison group was drawn, its row says so."""
    told = ToldLedger()
    drawn = {**told.the_figures["reference"].body["references"][0], "n": 300}
    told.the_figures["reference"] = replace(told.the_figures["reference"], body={"references": [drawn]})
    (row,) = method.query(told, AUDIT).references
    assert (row.kind, row.n, row.candidates) == (
        "approved, a seeded sample of the nearest the cutoff",
        "300",
        "386",
    )


def test_unobserved_outcomes_are_a_limit() -> None:
    """Where only some outcomes are known, the limits say of how many they are not."""
    told = ToldLedger()
    body = told.the_figures["data"].body
    some = {**body, "observed": {**body["observed"], "n_known": 4000}}
    told.the_figures["data"] = replace(told.the_figures["data"], body=some)
    assert any("1,000 of 5,000 applicants" in text for text in method.query(told, AUDIT).limits)
