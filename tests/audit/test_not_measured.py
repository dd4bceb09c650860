"""What a run measures of inputs and reasons: nothing is met where nothing was looked at."""

from __future__ import annotations

from dataclasses import replace

from audit.measurements import of_inputs, of_reasons
from audit.record import Decision, Measurement, Notice, Person, Reason, ReasonCode

CODE = ReasonCode("income", "C1", ("income",), {"en": "Income"})


def refusal(
    contribution: float | None = 0.2,
    *,
    statement: str = "Income",
    certified: str | None = "exact",
    cause: str | None = None,
    reasons: int = 1,
) -> Decision:
    """Return a refusal with some reasons of one size."""
    return Decision(
        decision="A1",
        seq=0,
        row=0,
        persons=(Person("P1"),),
        outcome="adverse",
        certified=certified,  # type: ignore[arg-type]
        reasons=tuple(
            Reason(rank, f"C{rank}", "income", statement, contribution) for rank in range(1, reasons + 1)
        ),
        notice=Notice("held", cause) if cause else Notice("ready"),
    )


def measured(*decisions: Decision) -> dict[str, Measurement]:
    """Return the measurements of some decisions by name."""
    return {one.measure: one for one in of_reasons(decisions)}


def test_no_stated_attribute_is_no_clean_model() -> None:
    """Where no protected attribute is stated, that none was found among the inputs is not measured."""
    looked, blind = (of_inputs(["income"], {}, [CODE], stated=stated)[0] for stated in (True, False))
    assert (looked.state, looked.value) == ("measured", 0)
    assert (blind.state, blind.value) == ("not_measured", None)
    assert "no protected attribute is stated" in (blind.cause or "")


def test_a_vendors_reasons_are_not_measured_for_direction_or_order() -> None:
    """Imported reasons have no size and no certified order, so neither is met by them."""
    found = measured(refusal(None, certified=None))
    for measure in ("reasons_not_adverse", "uncertain_rankings"):
        assert found[measure].state == "not_measured"
        assert found[measure].cause
    assert found["adverse_without_reason"].value == 0


def test_reasons_with_a_size_are_counted_one_by_one() -> None:
    """A reason that did not push toward refusal is counted, out of all that have a size."""
    found = measured(refusal(0.2, reasons=2), refusal(-0.1), refusal(None))
    assert (found["reasons_not_adverse"].value, found["reasons_not_adverse"].n) == (1, 3)


def test_somebody_elses_refusal_is_not_explained_by_the_score() -> None:
    """A refusal that is not that of model and cutoff counts as without a reason, whatever the score says."""
    found = measured(refusal(), refusal(cause="decision_differs"), refusal(cause="blocked_proxy"))
    assert (found["adverse_without_reason"].value, found["adverse_without_reason"].n) == (1, 3)


def test_recorded_judgment_explains_what_the_score_does_not() -> None:
    """In the gray band a person's grounds are on record, also where the score alone would have approved."""
    differs = refusal(cause="decision_differs")
    judged = replace(differs.reasons[0], rank=2, contribution=None, component="judgmental")
    found = measured(replace(differs, stage="gray_band", reasons=(*differs.reasons, judged)))
    assert found["adverse_without_reason"].value == 0


def test_a_reason_without_words_is_none() -> None:
    """An empty statement, or no reason at all, leaves a refusal without its reason."""
    found = measured(refusal(statement="", cause="no_reason"), refusal(reasons=0, cause="no_reason"))
    assert found["adverse_without_reason"].value == 2


def test_no_reasons_are_not_at_most_four() -> None:
    """Where no decision has a reason, how many there are at most is not measured."""
    assert measured(refusal(reasons=0, cause="no_reason"))["reasons_at_most_four"].state == "not_measured"
