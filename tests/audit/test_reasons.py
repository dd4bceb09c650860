"""The rules R1 to R4 and R6 to R17 of the principal reasons, one by one and as properties."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import DataError, ModelError
from audit.ledger.ends import AS_RANKED
from audit.owed import ON_AN_ACCOUNT, clock_field
from audit.reasons import (
    CAUSE_ORDER,
    orient,
    principal_reasons,
    protected_factors,
    rank_scored,
)
from audit.record import HOLD_CAUSES, Decision, Notice, Person, Proxy, ReasonCode
from reports.deadline import deadline
from tests.oracles import linear

DAY = dt.date(2026, 11, 20)
TOLERANCE = 1e-9


def a_code(factor: str, **changes: Any) -> ReasonCode:
    """Return a dictionary entry with words of its own."""
    fields: dict[str, Any] = {
        "factor": factor,
        "code": factor.upper(),
        "columns": (factor,),
        "statement": {"en": f"About {factor}"},
    }
    return ReasonCode(**{**fields, **changes})


def a_decision(**changes: Any) -> Decision:
    """Return a refusal by score, its notice ready."""
    plain = Decision("D1", 0, 0, (Person("P1"),), "adverse", score=0.4, cutoff=0.3, notice=Notice("ready"))
    return replace(plain, **changes)


def told(contributions: dict[str, float], decision: Decision | None = None, **changes: Any) -> Decision:
    """Return the decision with its reasons, under defaults that hold nothing."""
    decision = decision or a_decision()
    named = {*contributions, *decision.rules, *decision.judgment}
    given: dict[str, Any] = {
        "codes": {factor: a_code(factor) for factor in named},
        "standard_errors": None,
        "missing": frozenset(),
        "tolerance": TOLERANCE,
        "certified": "exact",
        "residual": 0.0,
        "reference_ok": True,
        "protected_factors": frozenset(),
    }
    given.update(changes)
    return principal_reasons(
        decision,
        contributions,
        given.pop("standard_errors"),
        given.pop("codes"),
        given.pop("missing"),
        **given,
    )


def factors(decision: Decision) -> list[str]:
    """Return the factors told, in order."""
    return [reason.factor for reason in decision.reasons]


def causes(decision: Decision) -> dict[str, str]:
    """Return why each factor was not told."""
    return {reason.factor: reason.cause for reason in decision.dropped}


WORKED = {"utilisation": 42 - 20, "history": 35 - 15, "inquiries": 30 - 28, "income": 28 - 30}


# --- R3, R4, R6: the worked vector --------------------------------------------------------------


def test_the_worked_vector_of_the_scorecard_gives_utilisation_then_history() -> None:
    """Losses of 22, 20, 2 and -2 points print the first two; inquiries lie below the floor of 5 %."""
    result = told({k: float(v) for k, v in WORKED.items()})
    assert [(r.rank, r.factor, r.contribution) for r in result.reasons] == [
        (1, "utilisation", 22.0),
        (2, "history", 20.0),
    ]
    assert causes(result) == {"inquiries": "below_floor", "income": "helped"}
    assert [d.contribution for d in result.dropped] == [2.0, -2.0]
    assert result.gap == 18.0
    assert result.notice == Notice("ready")


def test_the_worked_vector_comes_out_of_the_scorecard_itself() -> None:
    """The closed form of the linear model on points gives the same losses, once oriented."""
    weights = dict.fromkeys(WORKED, 1.0)
    near_pass = {"utilisation": 42.0, "history": 35.0, "inquiries": 30.0, "income": 28.0}
    applicant = {"utilisation": 20.0, "history": 15.0, "inquiries": 28.0, "income": 30.0}
    points = linear.contributions(weights, applicant, [near_pass], {f: [f] for f in WORKED})
    losses = orient(points, "low")  # few points are bad
    assert losses == WORKED
    assert factors(told(losses)) == ["utilisation", "history"]


def test_the_floor_is_configurable_and_counts_the_adverse_total_alone() -> None:
    """At a floor of 4 % inquiries, 2 of 44 points, are told; the helping factor changes nothing."""
    vector = {k: float(v) for k, v in WORKED.items()}
    assert factors(told(vector, floor=0.04)) == ["utilisation", "history", "inquiries"]
    assert factors(told({**vector, "income": -4000.0}, floor=0.04)) == factors(told(vector, floor=0.04))


def test_a_share_that_equals_the_floor_is_told() -> None:
    """Five of a hundred points are not below a floor of 5 %."""
    assert factors(told({"a": 95.0, "b": 5.0})) == ["a", "b"]


# --- R2, R3: how many, and no filter -------------------------------------------------------------


def test_at_most_four_are_told_and_the_fifth_is_kept_with_its_cause() -> None:
    """Five factors above the floor give four reasons; the fifth is stored, not lost."""
    result = told({name: float(size) for name, size in zip("abcde", (9, 8, 7, 6, 5), strict=True)})
    assert factors(result) == ["a", "b", "c", "d"]
    assert causes(result) == {"e": "beyond_at_most"}
    assert result.gap == 1.0


def test_few_reasons_are_never_padded() -> None:
    """One factor that carries everything is one reason, not four."""
    assert factors(told({"a": 100.0, "b": 0.1, "c": 0.1, "d": 0.1})) == ["a"]


def test_a_protected_factor_holds_the_notice_and_stays_in_its_place() -> None:
    """The next factor never takes the place of a protected one (R2)."""
    result = told({"age": 3.0, "debt": 2.0}, protected_factors=frozenset({"age"}))
    assert factors(result) == ["age", "debt"]
    assert result.notice.state == "held"
    assert result.notice.cause == "protected_basis"


def test_a_protected_factor_that_is_not_among_the_reasons_holds_nothing() -> None:
    """A protected factor below the floor or that helped did not cause this refusal."""
    result = told({"age": -3.0, "debt": 2.0}, protected_factors=frozenset({"age"}))
    assert result.notice.state == "ready"


def test_a_blocked_proxy_holds_and_a_reviewed_one_does_not() -> None:
    """The verdict in the dictionary decides."""
    for verdict, state in (("blocked", "held"), ("reviewed", "ready")):
        proxy = Proxy("age", verdict, "A. Reviewer", DAY, "likeness measured")  # type: ignore[arg-type]
        result = told({"tenure": 2.0}, codes={"tenure": a_code("tenure", proxy=proxy)})
        assert result.notice.state == state
        assert factors(result) == ["tenure"]


def test_a_protected_factor_merged_under_another_statement_still_holds() -> None:
    """Sharing the words of another factor does not hide a protected one."""
    same = {"statement": {"en": "Length of history"}}
    result = told(
        {"tenure": 3.0, "age": 2.0},
        codes={"tenure": a_code("tenure", **same), "age": a_code("age", **same)},
        protected_factors=frozenset({"age"}),
    )
    assert result.notice.cause == "protected_basis"


# --- R6, R11, R12, R13: direction, merging, missing, ties ----------------------------------------


def test_what_rounds_to_zero_did_not_push() -> None:
    """Noise below the tolerance is no reason, and leaves a refusal without any."""
    result = told({"a": 1e-12, "b": -1e-12})
    assert factors(result) == []
    assert causes(result) == {"a": "helped", "b": "helped"}
    assert result.notice.cause == "no_reason"


def test_factors_of_one_statement_are_told_once_under_the_higher_rank() -> None:
    """The rank's own contribution is printed; the merged factor is named and frees a place."""
    same = {"statement": {"en": "Too few bank references"}}
    codes = {f: a_code(f) for f in "abcde"} | {"b": a_code("b", **same), "e": a_code("e", **same)}
    result = told({"a": 9.0, "b": 8.0, "c": 7.0, "d": 6.0, "e": 5.0}, codes=codes)
    assert factors(result) == ["a", "b", "c", "d"]
    assert result.reasons[1].merged == ("e",)
    assert result.reasons[1].contribution == 8.0
    assert "e" not in causes(result)


def test_a_missing_value_speaks_by_its_missing_statement() -> None:
    """The reason is what could not be verified, not the value that was put in its place (R12)."""
    code = a_code("income", missing_statement={"en": "We could not verify your income"})
    result = told({"income": 2.0}, codes={"income": code}, missing=frozenset({"income"}))
    assert result.reasons[0].statement == "We could not verify your income"
    assert result.reasons[0].by_missing
    present = told({"income": 2.0}, codes={"income": code})
    assert present.reasons[0].statement == "About income"
    assert not present.reasons[0].by_missing


@pytest.mark.parametrize(
    "changes",
    [
        {"missing": frozenset({"income"})},
        {"codes": {}},
        {"language": "es"},
    ],
)
def test_a_reason_without_words_keeps_its_rank_and_holds(changes: dict[str, Any]) -> None:
    """No missing statement, no entry, no sentence in the language: never another factor's words (R10)."""
    result = told({"income": 2.0}, **changes)
    assert factors(result) == ["income"]
    assert result.reasons[0].statement == ""
    assert result.notice.cause == "no_reason"


def test_ties_go_to_the_priority_then_to_the_name_and_are_logged() -> None:
    """Equal contributions are ordered by the dictionary, and the record says that they were equal."""
    codes = {f: a_code(f) for f in "abc"} | {"c": a_code("c", priority=1)}
    result = told({"a": 2.0, "b": 2.0 + TOLERANCE / 10, "c": 2.0}, codes=codes)
    assert factors(result) == ["c", "a", "b"]
    assert result.certified == "tie"
    assert result.notice.state == "ready"


def test_a_tie_that_decides_who_is_told_is_logged() -> None:
    """The last reason told and the first that is not are equal: a tie, though the others differ."""
    result = told({"a": 3.0, "b": 2.0, "c": 2.0}, at_most=2)
    assert factors(result) == ["a", "b"]
    assert (result.certified, result.gap) == ("tie", 0.0)


def test_a_tie_among_those_not_told_is_none() -> None:
    """Equal factors beyond the last reason decide nothing."""
    assert told({"a": 3.0, "b": 2.0, "c": 2.0}, at_most=1).certified == "exact"


# --- R7, R8: the component that failed -----------------------------------------------------------


def test_a_refusal_by_rule_is_told_by_the_rules_that_fired() -> None:
    """Scored factors are of another component, however large."""
    result = told({"debt": 9.0}, a_decision(stage="rule", rules=("bankrupt", "underage_account")))
    assert factors(result) == ["bankrupt", "underage_account"]
    assert {r.component for r in result.reasons} == {"rule"}
    assert {r.contribution for r in result.reasons} == {None}
    assert causes(result) == {"debt": "other_component"}


def test_a_knock_out_stands_before_what_was_scored() -> None:
    """The automatic-denial factor is stated itself and ranks first (R8)."""
    result = told({"debt": 9.0, "income": 8.0}, a_decision(rules=("bankrupt",)))
    assert factors(result) == ["bankrupt", "debt", "income"]
    assert [r.component for r in result.reasons] == ["rule", "score", "score"]


def test_a_refusal_by_judgment_is_told_in_the_reviewers_order() -> None:
    """Only what the person reviewed, and in the order in which it was written down."""
    decision = a_decision(stage="judgmental", judgment=("references", "collateral"))
    result = told({"debt": 9.0}, decision, certified=None, residual=None)
    assert factors(result) == ["references", "collateral"]
    assert causes(result) == {"debt": "other_component"}
    assert result.notice.state == "ready"


def test_the_gray_band_is_told_by_both_components_within_one_maximum() -> None:
    """Five scored factors cannot push the reviewer's grounds out of the four (R7)."""
    scored = {name: 9.0 - at for at, name in enumerate("abcde")}
    result = told(scored, a_decision(stage="gray_band", judgment=("references",)))
    assert factors(result) == ["a", "references", "b", "c"]
    assert [r.component for r in result.reasons] == ["score", "judgmental", "score", "score"]
    assert causes(result) == {"d": "beyond_at_most", "e": "beyond_at_most"}


def test_a_factor_both_scored_and_judged_is_told_once() -> None:
    """The gray band never prints a sentence twice."""
    result = told({"debt": 9.0}, a_decision(stage="gray_band", judgment=("debt",)))
    assert factors(result) == ["debt"]
    assert result.reasons[0].merged == ()


@pytest.mark.parametrize("stage", ["judgmental", "gray_band"])
def test_judgment_that_nobody_wrote_down_holds(stage: str) -> None:
    """Scored factors cannot stand in for the grounds of a reviewer (R7)."""
    assert told({"debt": 9.0}, a_decision(stage=stage)).notice.cause == "no_reason"


def test_grounds_without_size_beyond_the_maximum_are_kept_too() -> None:
    """A ground that is not told has a cause and no contribution."""
    result = told({}, a_decision(stage="judgmental", judgment=tuple("abcde")))
    assert factors(result) == list("abcd")
    assert [(d.factor, d.contribution, d.cause) for d in result.dropped] == [("e", None, "beyond_at_most")]


def test_an_unknown_stage_is_refused() -> None:
    """A stage that is none of the four is the data's fault, with a way out."""
    with pytest.raises(DataError, match="unknown stage 'committee'"):
        told({"a": 1.0}, a_decision(stage="committee"))


# --- R13, R14 and the other causes of a hold -----------------------------------------------------


def test_an_uncertain_ranking_holds() -> None:
    """An order that sampling did not settle is told to nobody."""
    result = told({"a": 2.0, "b": 1.9}, certified="false")
    assert result.notice.cause == "ranking_uncertain"
    assert factors(result) == ["a", "b"]


def test_an_order_that_nobody_certified_holds() -> None:
    """Scored reasons without any word of the explainer are not certain."""
    assert told({"a": 2.0}, certified=None).notice.cause == "ranking_uncertain"


def test_a_sampled_reason_that_may_have_helped_holds() -> None:
    """At three standard errors the sign must be settled (R6)."""
    errors = {"a": 0.1, "b": 0.4}
    result = told({"a": 3.0, "b": 1.0}, certified="certain", standard_errors=errors)
    assert (result.certified, result.notice.cause) == ("false", "ranking_uncertain")
    settled = told({"a": 3.0, "b": 1.0}, certified="certain", standard_errors={"a": 0.1, "b": 0.3})
    assert (settled.certified, settled.notice.state) == ("certain", "ready")
    assert settled.reasons[1].standard_error == 0.3


@pytest.mark.parametrize("residual", [1e-3, -1e-3, float("nan")])
def test_attributions_that_do_not_add_up_hold(residual: float) -> None:
    """A residual beyond the tolerance, or none that can be told, holds the notice (R14)."""
    assert told({"a": 2.0}, residual=residual).notice.cause == "residual"


def test_a_refusal_by_rule_is_not_held_for_what_was_not_used() -> None:
    """Residual and certainty belong to the score; a rule that fired needs neither."""
    result = told({"a": 2.0}, a_decision(stage="rule", rules=("r",)), residual=1.0, certified="false")
    assert result.notice.state == "ready"


def test_an_inconclusive_reference_holds_every_notice() -> None:
    """Too few applicants near the cutoff: nobody can say against whom this one fell short."""
    assert told({"a": 2.0}, reference_ok=False).notice.cause == "reference_too_small"


def test_the_first_cause_is_recorded_when_several_hold() -> None:
    """The order is fixed and knows every cause there is."""
    assert set(CAUSE_ORDER) == set(HOLD_CAUSES)
    differs = a_decision(notice=Notice("held", "decision_differs"))
    result = told({}, differs, reference_ok=False, residual=1.0, certified="false")
    assert result.notice.cause == "decision_differs"
    assert told({}, residual=1.0).notice.cause == "residual"


def test_no_cause_that_a_person_can_lift_hides_one_that_nobody_can() -> None:
    """Otherwise a notice would be sent as ranked though its reasons are not the true ones."""
    lifted = [CAUSE_ORDER.index(cause) for cause in AS_RANKED]
    assert min(lifted) > max(CAUSE_ORDER.index(cause) for cause in set(CAUSE_ORDER) - set(AS_RANKED))
    # And what counsel decides comes before what any second person does.
    assert CAUSE_ORDER[-1] == next(cause for cause, whose in AS_RANKED.items() if not whose)


def test_the_notice_falls_due_thirty_days_after_completion() -> None:
    """The clock of 12 CFR 1002.9(a)(1) begins with the completed application."""
    assert told({"a": 1.0}, completed_at=DAY).notice.due_on == dt.date(2026, 12, 20)
    dated = a_decision(notice=Notice("ready", None, DAY))
    assert told({"a": 1.0}, dated).notice.due_on == DAY


@pytest.mark.parametrize("certified", ["exact", "false"])
def test_a_hold_changes_nothing_of_what_happened(certified: Any) -> None:
    """Outcome, score and cutoff are as before, whether the notice is held or not."""
    before = a_decision()
    after = told({"a": 2.0}, before, certified=certified)
    assert (after.outcome, after.score, after.cutoff) == (before.outcome, before.score, before.cutoff)


def test_a_favourable_decision_gets_no_reasons() -> None:
    """Attributed for the pictures alone; its notice is left as it was."""
    result = told({"a": 2.0}, a_decision(outcome="favourable", notice=Notice()))
    assert (result.reasons, result.dropped, result.notice) == ((), (), Notice())
    assert (result.certified, result.residual) == ("exact", 0.0)


def test_a_sent_notice_stays_sent() -> None:
    """What was told cannot be held afterwards."""
    sent = a_decision(notice=Notice("sent"))
    assert told({"a": 2.0}, sent, certified="false").notice.state == "sent"


def test_a_contribution_that_is_no_number_is_refused() -> None:
    """NaN has no rank."""
    with pytest.raises(ModelError, match="contribution of 'a': not a finite number"):
        told({"a": float("nan")})


def test_protected_factors_are_those_that_read_such_a_column() -> None:
    """A one-hot part or a missing flag of a protected attribute counts as well."""
    codes = {
        "civil": a_code("civil", columns=("married", "single")),
        "years": a_code("years", columns=("tenure",), missing_columns=("age_missing",)),
        "debt": a_code("debt"),
    }
    found = protected_factors(codes, {"single": "marital_status", "age_missing": "age"})
    assert found == {"civil", "years"}


# --- properties ----------------------------------------------------------------------------------

NAMES = [f"f{at}" for at in range(9)]
POINTS = st.dictionaries(st.sampled_from(NAMES), st.integers(-40, 40).map(float), max_size=9)


@given(POINTS, st.integers(1, 6), st.sampled_from([0.0, 0.05, 0.2]))
def test_the_reasons_are_those_of_the_slow_oracle(
    points: dict[str, float], at_most: int, floor: float
) -> None:
    """Taking the largest that is left, again and again, gives the same list."""
    result = told(points, at_most=at_most, floor=floor)
    assert factors(result) == linear.principal(points, floor, at_most)


@given(POINTS, st.randoms(use_true_random=False))
def test_the_order_of_the_factors_changes_nothing(points: dict[str, float], random: Any) -> None:
    """Permuting the players gives the same record."""
    shuffled = list(points.items())
    random.shuffle(shuffled)
    assert told(dict(shuffled)) == told(points)


@given(POINTS)
def test_no_factor_that_helped_is_ever_told(points: dict[str, float]) -> None:
    """Every reason pushed toward refusal, and by at least the floor (R3, R6)."""
    total = sum(value for value in points.values() if value > 0)
    for reason in told(points).reasons:
        assert reason.contribution is not None
        assert reason.contribution > 0
        assert reason.contribution >= 0.05 * total


@given(POINTS, st.integers(1, 6))
def test_the_reasons_are_a_prefix_of_the_ranking(points: dict[str, float], at_most: int) -> None:
    """Nothing after the floor takes a factor out of the list (R2)."""
    ranking, _ = rank_scored(points, {}, floor=0.05, tolerance=TOLERANCE)
    assert factors(told(points, at_most=at_most)) == list(ranking[:at_most])


@given(
    POINTS,
    st.sampled_from(["score", "rule", "judgmental", "gray_band"]),
    st.lists(st.sampled_from([*NAMES, "r1", "r2"]), max_size=3),
    st.lists(st.sampled_from([*NAMES, "j1", "j2"]), max_size=3),
)
def test_every_factor_is_told_merged_or_dropped_exactly_once(
    points: dict[str, float], stage: str, rules: list[str], judgment: list[str]
) -> None:
    """Each factor of the game is accounted for, and each reason was really looked at (R1)."""
    decision = a_decision(stage=stage, rules=tuple(rules), judgment=tuple(judgment))
    result = told(points, decision)
    named = [f for r in result.reasons for f in (r.factor, *r.merged)] + [d.factor for d in result.dropped]
    assert len(named) == len(set(named))
    assert set(points) <= set(named)
    assert {r.factor for r in result.reasons} <= {*points, *rules, *judgment}
    assert [r.rank for r in result.reasons] == list(range(1, len(result.reasons) + 1))


@given(POINTS, st.floats(0.001, 1000.0))
def test_the_unit_of_the_score_changes_no_reason(points: dict[str, float], scale: float) -> None:
    """Odds, points or dollars: the order is the same."""
    scaled = {factor: value * scale for factor, value in points.items()}
    assert factors(told(scaled, floor=0.0)) == factors(told(points, floor=0.0))


ROWS = st.lists(
    st.fixed_dictionaries({name: st.integers(-9, 9).map(float) for name in NAMES[:5]}),
    min_size=2,
    max_size=5,
)
WEIGHTS = st.fixed_dictionaries({name: st.integers(-5, 5).map(float) for name in NAMES[:5]})
GROUPED = {"f0": ["f0", "f1"], "f2": ["f2"], "f3": ["f3"], "f4": ["f4"]}


@given(WEIGHTS, ROWS)
def test_both_codings_of_the_label_give_the_same_reasons(
    weights: dict[str, float], rows: list[dict[str, float]]
) -> None:
    """A model of default and the same model of repayment refuse the same person for the same reasons."""
    applicant, *reference = rows
    turned = {column: -weight for column, weight in weights.items()}
    of_default = linear.contributions(weights, applicant, reference, GROUPED)
    of_repayment = linear.contributions(turned, applicant, reference, GROUPED)
    assert told(orient(of_default, "high")) == told(orient(of_repayment, "low"))


@given(WEIGHTS, ROWS)
def test_the_contributions_of_the_linear_oracle_are_complete(
    weights: dict[str, float], rows: list[dict[str, float]]
) -> None:
    """Their sum is the score less the mean score of the reference (R14)."""
    applicant, *reference = rows
    found = linear.contributions(weights, applicant, reference, GROUPED)
    mean = sum(linear.score(weights, row) for row in reference) / len(reference)
    assert sum(found.values()) == pytest.approx(linear.score(weights, applicant) - mean, abs=1e-9)


@pytest.mark.parametrize("action", [None, "denied", "counteroffer", "partial", *sorted(ON_AN_ACCOUNT)])
def test_the_letters_and_the_run_count_the_days_from_the_same_date(action: str | None) -> None:
    """What is done to an account starts its own thirty days; an application's run from its completion."""
    record = {"completed_at": "2026-11-03", "decided_at": "2026-11-19"}
    started = record[clock_field(action)]
    due = deadline(action or "denied", record)
    assert due is not None
    assert due.starts.isoformat() == started
    assert (started == "2026-11-19") == (action in ON_AN_ACCOUNT)
