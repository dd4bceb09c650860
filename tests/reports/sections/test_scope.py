"""Page 2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.sealed import decision_rule, read
from reports.sections import scope
from tests.worlds.told import AUDIT, ToldLedger, audit


def test_scope_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("scope")


def test_page_two_ends_with_the_limit() -> None:
    """What was measured is not what the law concludes."""
    assert scope.query(ToldLedger(), AUDIT).limit == (
        "This report states what was measured. It does not conclude that a model or a lender obeys the law."
    )


def test_the_rule_of_decision_in_words() -> None:
    """Direction, bound and cutoff are said as the config states them."""

    def rule(**decision: object) -> str:
        config = {**audit().config, "decision": decision}
        return decision_rule(read(ToldLedger(the_audit=replace(audit(), config=config)), AUDIT))

    assert rule(adverse="high", cutoff=0.3, at_cutoff="adverse") == "refused at a score of 0.30 or more"
    assert rule(adverse="high", cutoff=0.3, at_cutoff="favourable") == "refused above a score of 0.30"
    assert rule(adverse="low", cutoff=600, at_cutoff="adverse") == "refused at a score of 600 or less"
    assert rule(adverse="low", cutoff=600, at_cutoff="favourable") == "refused below a score of 600"


def test_a_sample_of_the_nearest_is_not_called_the_nearest() -> None:
    """Only a comparison group that holds its whole window is "the nearest"; a drawn one says so."""
    body = ToldLedger().the_figures["reference"].body["references"][0]
    assert scope.comparison(body).startswith("The 386 approved applicants nearest the cutoff, scores")
    assert scope.comparison({**body, "n": 300}) == (
        "A seeded sample of 300 of the 386 approved applicants nearest the cutoff, "
        "scores 0.220 to 0.300. Regulation B’s first method."
    )


def test_a_protected_input_is_named() -> None:
    """The scope says which input is a protected attribute."""
    told = ToldLedger()
    body = {**told.the_figures["model"].body, "protected_inputs": [{"column": "age", "attribute": "age"}]}
    told.the_figures["model"] = replace(told.the_figures["model"], body=body)
    rows = dict(scope.query(told, AUDIT).rows)
    assert rows["Protected attributes"].endswith("Among the model’s inputs: age (age).")


def test_a_pack_of_conventions_is_never_called_law() -> None:
    """What is printed beside a pack is when it was last checked, whether or not it holds law."""
    policies = dict(scope.query(ToldLedger(), AUDIT).rows)["Policies in force"]
    assert "screening (last checked 21\N{NO-BREAK SPACE}July\N{NO-BREAK SPACE}2026)" in policies
    assert "law" not in policies
