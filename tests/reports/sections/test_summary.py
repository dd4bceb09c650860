"""Page 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audit.record import Figure
from reports.sections import summary
from tests.worlds.told import AUDIT, ToldLedger, audit, figures


def test_summary_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("summary")


def test_duties_and_screens_stand_apart() -> None:
    """A convention is in no row of duties, and counts each group on its side."""
    page = summary.query(ToldLedger(), AUDIT)
    assert [row.kind for row in page.duty_rows] == ["Law", "Guidance", "House policy"]
    assert [(row.title, row.beyond, row.unsure, row.within) for row in page.screen_rows] == [
        ("Four fifths", 0, 5, 9),
        ("Score gap of 0.30 SD", 1, 4, 9),
    ]
    assert all(item.kind != "convention" for item in page.unmet)


def test_the_lead_names_held_notices_first() -> None:
    """Held notices open the lead with their number and cause, whatever the verdict says."""
    told = ToldLedger()
    assert summary.query(told, AUDIT).lead.startswith("132 of 1,146 notices are held, ")
    body = {**told.the_figures["population"].body, "held": 0}
    told.the_figures["population"] = replace(told.the_figures["population"], body=body)
    assert summary.query(told, AUDIT).lead.startswith("No notice is held.")


def test_key_figures_are_the_sealed_ones() -> None:
    """At most five, each from a sealed row."""
    keys = {key.label: (key.value, key.aside) for key in summary.query(ToldLedger(), AUDIT).keys}
    assert keys["Applications"] == ("5,000", "0 rows set aside")
    assert keys["Approved"] == ("77.1%", "interval 75.8–78.3%")
    assert keys["Ranking quality (AUC)"] == ("0.785", "interval 0.770–0.801")
    assert len(keys) == 5


def test_what_is_not_known_is_on_page_one() -> None:
    """Each open duty, spanning screen and small group is a question with its cause."""
    rows = summary.query(ToldLedger(), AUDIT).unknowns
    assert ("Were notices sent within 30 days?", "No sending dates are recorded yet.") in [
        (row.question, row.why) for row in rows
    ]
    assert any("Under 30 people" in row.why for row in rows)


def test_an_open_question_never_reads_as_its_answer() -> None:
    """Where the question is too long for page 1 the title stands for it, and it is asked too."""
    told = ToldLedger()
    long = [
        replace(one, question="Whether " + "and whether " * 9, title="Records are kept")
        for one in told.requirements(AUDIT)
    ]
    told = replace(told, the_requirements=tuple(long))
    asked = [row.question for row in summary.query(told, AUDIT).unknowns]
    assert asked
    assert not any(question.endswith("Records are kept") for question in asked)


def test_the_example_says_that_it_is_one() -> None:
    """The note of a demonstration is on page 1, said once, and absent elsewhere."""
    told = ToldLedger()
    assert summary.query(told, AUDIT).demonstration.startswith("Demonstration. Real Taiwanese")
    note = Figure("demonstration", "notice", {"note": "Demonstration: invented people."})
    said = replace_figures(told, demonstration=note)
    assert summary.query(said, AUDIT).demonstration == "Demonstration: invented people."
    plain = ToldLedger(the_figures={k: v for k, v in figures().items() if k != "demonstration"})
    assert summary.query(plain, AUDIT).demonstration == ""


def replace_figures(told: ToldLedger, **changed: Figure) -> ToldLedger:
    """Return the same ledger with other figures."""
    return replace(told, the_figures={**told.the_figures, **changed})


def test_a_model_that_runs_code_says_who_allowed_it() -> None:
    """The trust stands on page 1."""
    import datetime as dt

    from audit.record import Trust

    trusted = replace(audit().model, trust=Trust("Head of Risk", "own build", dt.date(2026, 11, 2)))
    told = ToldLedger(the_audit=replace(audit(), model=trusted))
    assert summary.query(told, AUDIT).trust == (
        "This model runs code. Head of Risk allowed it on 2\u00a0November\u00a02026: own build"
    )
