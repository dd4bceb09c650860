"""Each function of measurements: what is counted, what is named, and what is not measured."""

from __future__ import annotations

import datetime as dt

import pytest

from audit import measurements
from audit.config.protected import Permitted
from audit.job import Ages, AgeTried
from audit.record import Approval, Decision, Notice, Person, Reason, ReasonCode, Reference
from audit.scored_age import of_scored_age

AS_OF = dt.date(2026, 11, 20)


def a_code(factor: str, *, statement: str = "Length of residence", day: dt.date | None = AS_OF) -> ReasonCode:
    """Return a factor with one column of its name."""
    approved = Approval("Model Risk", day) if day is not None else None
    return ReasonCode(factor, factor[:2].upper(), (factor,), {"en": statement}, approved=approved)


def a_refusal(name: str = "A1", *codes: str, **changes) -> Decision:
    """Return a refused application with reasons of these codes, the first one strongest."""
    reasons = tuple(
        Reason(rank, code, code.lower(), f"About {code}", 1.0 / rank)
        for rank, code in enumerate(codes, start=1)
    )
    plain = {"reasons": reasons, "notice": Notice("ready")}
    return Decision(name, 0, 0, (Person("P"),), "adverse", **{**plain, **changes})


def by_name(found) -> dict:
    """Return measurements by their measure, each once."""
    named = {one.measure: one for one in found}
    assert len(named) == len(found)
    return named


def test_inputs_are_counted_and_named() -> None:
    """Protected inputs, and inputs that no factor has, are told by name."""
    found = by_name(
        measurements.of_inputs(["income", "district", "age"], {"district": "sex"}, [a_code("income")])
    )
    assert (found["protected_inputs"].value, found["protected_inputs"].cause) == (1.0, "district tells sex")
    assert (found["inputs_without_factor"].value, found["inputs_without_factor"].cause) == (
        2.0,
        "age, district",
    )


def test_a_missing_flag_names_its_column() -> None:
    """A column that a factor names only as its flag has a factor."""
    code = ReasonCode("income", "C1", ("income",), {"en": "Income"}, missing_columns=("income_missing",))
    found = by_name(measurements.of_inputs(["income", "income_missing"], {}, [code]))
    assert found["inputs_without_factor"].value == 0


def test_without_a_model_inputs_are_not_measured() -> None:
    """Nobody knows what was read."""
    for one in measurements.of_inputs([], {}, [a_code("income")]):
        assert (one.state, one.value, one.cause) == ("not_measured", None, measurements.NO_MODEL)


def test_statements_are_counted() -> None:
    """Missing, vague, and approved by nobody or only later."""
    codes = [
        a_code("income"),
        a_code("late", statement=" "),
        a_code("years", day=None),
        a_code("debts", day=AS_OF + dt.timedelta(days=1)),
        a_code("score", day=AS_OF),
    ]
    found = by_name(measurements.of_statements(codes, ["score"], AS_OF))
    assert (found["factors_without_statement"].value, found["factors_without_statement"].cause) == (1, "late")
    assert (found["vague_statements"].value, found["vague_statements"].cause) == (1, "score")
    assert (found["unapproved_statements"].value, found["unapproved_statements"].cause) == (2, "debts, years")


def test_reasons_are_counted() -> None:
    """How many have none, how many helped, at most how many, and the commonest first reason."""
    refusals = [
        a_refusal("A1", "C1", "C2", "C3", certified="exact", residual=1e-9),
        a_refusal("A2", "C1", certified="false", residual=-0.25, notice=Notice("held", "ranking_uncertain")),
        a_refusal("A3", "C2", notice=Notice("held", "decision_differs")),
        a_refusal("A4", notice=Notice("held", "no_reason")),
        Decision("A5", 0, 0, (Person("P"),), "favourable"),
    ]
    found = by_name(measurements.of_reasons(refusals))
    # One has none, and one was refused by somebody else than the score that is explained.
    assert found["adverse_without_reason"].value == 2
    assert found["adverse_without_reason"].n == 4
    assert found["reasons_not_adverse"].value == 0
    assert found["reasons_at_most_four"].value == 3
    assert found["held_notices"].value == 3
    assert found["held_notices"].cause == "decision_differs 1, no_reason 1, ranking_uncertain 1"
    assert found["uncertain_rankings"].value == 1
    assert found["uncertain_rankings"].n == 2
    assert (found["completeness_residual"].value, found["completeness_residual"].n) == (0.25, 2)
    assert found["most_common_reason_share"].value == pytest.approx(2 / 3)
    assert found["decision_differs"].value == 1


@pytest.mark.parametrize("contribution", [-0.1, 0.0])
def test_a_reason_that_did_not_push_is_seen(contribution: float) -> None:
    """R6: zero or less is no reason; rules and judgment have no size and are not counted."""
    helped = Reason(1, "C1", "c1", "About C1", contribution)
    rule = Reason(2, "K1", "k1", "Bankruptcy", None, component="rule")
    (found,) = [
        one
        for one in measurements.of_reasons([a_refusal(reasons=(helped, rule))])
        if one.measure == "reasons_not_adverse"
    ]
    assert found.value == 1


def test_a_model_that_explained_nobody_is_not_called_absent() -> None:
    """Where the reference was empty nothing was attributed, and the cause says that and no more."""
    found = by_name(measurements.of_reasons([a_refusal(notice=Notice("held", "reference_too_small"))]))
    assert found["completeness_residual"].state == "not_measured"
    assert found["completeness_residual"].cause == "no decision was attributed"


def test_no_refusal_makes_reasons_not_applicable() -> None:
    """An audit of approvals alone misses no duty to give reasons."""
    found = measurements.of_reasons([Decision("A5", 0, 0, (Person("P"),), "favourable")])
    assert {one.state for one in found} == {"not_applicable"}
    assert len(by_name(found)) == 9


def test_reasons_that_could_not_be_known_are_not_measured() -> None:
    """Without a model, a vendor or rules their absence accuses nobody; with a rule they are measured."""
    assert {one.state for one in measurements.of_reasons([a_refusal()], known=False)} == {"not_measured"}
    found = by_name(measurements.of_reasons([a_refusal("A1", "K1"), a_refusal("A2")], known=False))
    assert found["adverse_without_reason"].value == 1


def test_the_smallest_reference_is_measured() -> None:
    """Several cutoffs have several references; the smallest decides."""
    of = [
        Reference("near_cutoff", "a", 80, 80, 0.3, 0.2, 0.1, 0.3),
        Reference("near_cutoff", "b", 7, 7, 0.4, 0.2, 0.1, 0.3, cause="only 7"),
    ]
    (found,) = measurements.of_references(of)
    assert (found.value, found.cause) == (7.0, "only 7")
    (none,) = measurements.of_references([])
    assert none.state == "not_measured"


def test_agreement_is_read_from_the_figure() -> None:
    """What the figure prints is what is judged; what was not asked for is not measured."""
    rows = [
        {"method": "shap", "n": 20, "top4_overlap": 0.9, "max_difference": 0.01, "cause": None},
        {"method": "lime", "n": 0, "top4_overlap": None, "max_difference": None, "cause": "no model"},
    ]
    found = by_name(measurements.of_agreement(rows))
    assert found["shap_top4_overlap"].value == 0.9
    assert found["shap_difference"].value == 0.01
    assert (found["lime_top4_overlap"].state, found["lime_top4_overlap"].cause) == (
        "not_measured",
        "no model",
    )
    asked = by_name(measurements.of_agreement([]))
    assert asked["shap_top4_overlap"].cause == "shap was not asked for in explain.also"


def test_notice_facts_come_from_the_config() -> None:
    """The role of the score, where a score of ours is used; the agency; and days that nobody knows yet."""
    whole = {"model": {"path": "m"}, "decision": {"disclosed_score": {"role": "x"}}}
    found = by_name(measurements.of_notice_facts({**whole, "entities": {"us": {"ecoa_agency": "ftc"}}}))
    assert (found["disclosed_score_role"].value, found["agency_stated"].value) == (1.0, 1.0)
    assert found["notice_days"].state == "not_measured"
    bare = by_name(measurements.of_notice_facts({}))
    assert bare["disclosed_score_role"].state == "not_applicable"
    assert bare["agency_stated"].value == 0.0


def a_share(value: float | None, n: int = 60) -> dict:
    """Return a share as the figures hold it."""
    return {"value": value, "low": value, "high": value, "n": n}


def sound(**changes) -> dict:
    """Return the three figures about explanations, some parts changed."""
    same = {"same_order": a_share(0.9), "overlap": a_share(0.95)}
    near = {"population": "near_cutoff", "n": 500, "top4_overlap": 0.7, "low": 0.66, "high": 0.74}
    everybody = near | {"population": "all_applicants", "top4_overlap": 0.8, "low": 0.76, "high": 0.83}
    plain = {
        "stability": {"seeds": same | {"exact": False, "max_difference": 0.1}, "references": same},
        "faithfulness": {
            "share_moved": a_share(1.2),
            "moved_more": a_share(0.97),
            "against_alone": a_share(0.02, 200),
        },
        "named_methods": {"with": [near, everybody]},
    }
    return plain | changes


def test_whether_explanations_hold_is_read_from_the_figures() -> None:
    """What the figures print is what is judged; of the named methods the nearer one."""
    found = by_name(measurements.of_soundness(sound()))
    assert {name: (one.value, one.n) for name, one in found.items()} == {
        "seed_same_reasons": (0.9, 60),
        "reference_draw_overlap": (0.95, 60),
        "reasons_share_moved": (1.2, 60),
        "reasons_moved_more": (0.97, 60),
        "reasons_against_alone": (0.02, 200),
        "named_method_overlap": (0.8, 500),
    }
    assert found["named_method_overlap"].cause == "nearer to the average of all applicants"
    assert (found["named_method_overlap"].low, found["named_method_overlap"].high) == (0.76, 0.83)


def test_what_is_exact_has_no_interval_over_seeds() -> None:
    """Nothing is drawn, so ten refusals say what all would."""
    seeds = {"same_order": a_share(1.0, 10), "exact": True, "max_difference": 0.0}
    body = sound()["stability"] | {"seeds": seeds}
    found = by_name(measurements.of_soundness(sound(stability=body)))["seed_same_reasons"]
    assert (found.value, found.low, found.high, found.n) == (1.0, None, None, 10)
    assert "nothing is drawn" in found.cause


def test_few_declined_cases_conclude_nothing() -> None:
    """R5 asks for 500; under 100 the outcome is open, whatever the overlap."""
    row = {"population": "near_cutoff", "n": 99, "top4_overlap": 1.0, "low": 0.96, "high": 1.0}
    found = by_name(measurements.of_soundness(sound(named_methods={"with": [row]})))["named_method_overlap"]
    assert found.state == "inconclusive"
    assert "only 99 declined cases, fewer than 100" in found.cause


@pytest.mark.parametrize(
    ("cause", "state"),
    [(measurements.NO_MODEL, "not_measured"), (measurements.NO_REFUSAL, "not_applicable")],
)
def test_what_was_not_asked_says_why(cause: str, state: str) -> None:
    """Without a model nothing is measured; without a refusal nothing applies; neither is met."""
    figures = {name: {"cause": cause} for name in measurements.OF_SOUNDNESS}
    found = measurements.of_soundness(figures)
    assert {(one.state, one.value, one.cause) for one in found} == {(state, None, cause)}
    assert len(by_name(found)) == 6
    absent = measurements.of_soundness({})
    assert {one.state for one in absent} == {"not_measured"}


def test_a_share_of_nobody_is_not_measured() -> None:
    """Where no refusal has as many other factors, that is the cause."""
    body = sound()["faithfulness"] | {"moved_more": a_share(None, 0)}
    found = by_name(measurements.of_soundness(sound(faithfulness=body)))["reasons_moved_more"]
    assert (found.state, found.cause) == (
        "not_measured",
        "no refusal has as many factors that are no reason",
    )


PERMITTED = Permitted(basis="report 7", by="Counsel", date=AS_OF)
AGES = Ages("age", ("age", "senior"), frozenset({"age"}), ("62+",), {})


@pytest.mark.parametrize(
    ("permitted", "ages", "tried", "known", "state", "words"),
    [
        (None, None, [], True, "not_applicable", "protected.age.permitted"),
        (PERMITTED, None, [], False, "not_measured", "no model was opened"),
        (PERMITTED, None, [], True, "not_applicable", "no input of the model tells age"),
        (PERMITTED, AGES, [AgeTried()], True, "not_measured", "no applicant of 62 or older"),
        (PERMITTED, AGES, [AgeTried(unknown=(3,))], True, "not_measured", "no younger applicant"),
    ],
)
def test_scored_age_that_nobody_could_try_is_not_measured(
    permitted, ages, tried, known, state: str, words: str
) -> None:
    """R18: without leave, without age or without anybody to try, nothing is met."""
    (found,) = of_scored_age(permitted, ages, tried, known=known)
    assert (found.state, found.value) == (state, None)
    assert words in found.cause


def test_those_whom_scored_age_disfavours_are_counted_over_all_parts() -> None:
    """R18: how many of how many, which younger groups fare best, and by how much at most."""
    parts = [
        AgeTried(n=5, worse=(1, 4), favoured={"25-39": 2}, most=0.02),
        AgeTried(n=3, worse=(0,), favoured={"18-24": 1}, most=0.05),
        AgeTried(n=2, unknown=(7,)),
    ]
    (found,) = of_scored_age(PERMITTED, AGES, parts, known=True)
    assert (found.value, found.n) == (3.0, 10)
    assert found.cause == (
        "age, senior scored by leave of Counsel, 2026-11-20: report 7; "
        "most favoured: 25-39 2, 18-24 1; by up to 0.05"
    )


def test_a_reason_that_only_says_other_is_counted_once_a_notice() -> None:
    """R21: the share of notices, whatever the place of the reason on it."""
    other = Reason(1, "C1", "c1", "Other, specify: see your file", 1.0)
    found = by_name(
        measurements.of_reasons(
            [a_refusal("A1", reasons=(other, other)), a_refusal("A2", "C1"), a_refusal("A3", "C2")]
        )
    )
    assert (found["other_reasons_share"].value, found["other_reasons_share"].n) == (1 / 3, 3)


def test_a_vendors_reason_that_helped_is_no_reason_toward_refusal() -> None:
    """R6: it has no size of ours; that it was held for its side is enough to count it."""
    vendors = Reason(1, "C1", "c1", "About C1", None)
    held = a_refusal("A1", reasons=(vendors,), notice=Notice("held", "reason_helped"))
    found = by_name(measurements.of_reasons([held, a_refusal("A2", "C1", "C2")]))
    assert (found["reasons_not_adverse"].value, found["reasons_not_adverse"].n) == (1.0, 3)
