"""The table of whether explanations hold: numbers with their bounds, and causes where there are none."""

from __future__ import annotations

from dataclasses import replace

from audit.record import Figure
from reports.sealed import read
from reports.soundness import FIGURES, Soundness, soundness
from tests.worlds.told import AUDIT, ToldLedger


def table(told: ToldLedger) -> Soundness:
    """Return the table of a told audit."""
    return soundness(read(told, AUDIT))


def with_body(told: ToldLedger, name: str, **changes) -> ToldLedger:
    """Return the audit with parts of one figure changed."""
    figure = told.the_figures[name]
    told.the_figures[name] = replace(figure, body={**figure.body, **changes})
    return told


def test_the_nearer_named_method_carries_the_verdict() -> None:
    """The regulation asks for likeness to either; the other stands without a bound."""
    rows = {row.label: row for row in table(ToldLedger()).rows}
    near = rows["Regulation B, applicants just past the cutoff: overlap, first four"]
    everybody = rows["Regulation B, all applicants: overlap, first four"]
    assert (near.value, near.bound) == ("83.2% (79.6–86.3)", "at least 75%")
    assert near.mark is not None
    assert near.mark.word == "Met"
    assert (everybody.bound, everybody.mark) == ("", None)


def test_what_nobody_asked_stands_without_a_bound() -> None:
    """Numbers are told where the pack is not in force; exact values have no interval over seeds."""
    first, *others = table(ToldLedger()).rows
    assert (first.label, first.value, first.n) == (
        "Another seed; nothing is drawn: same reasons, same order",
        "100.0%",
        "10",
    )
    assert first.mark is None
    alone = next(row for row in others if "put right alone" in row.label)
    assert alone.n == "207 reasons"


def test_every_rank_stands_beside_as_many_other_factors() -> None:
    """A part of the way may be more than the whole, or less than nothing."""
    told = table(ToldLedger())
    assert [(rank.label, rank.moved, rank.others_moved) for rank in told.ranks] == [
        ("The first reason", "0.75", "0.04"),
        ("The first two", "1.05", "−0.04"),
        ("The first three", "1.07", "−0.12"),
    ]
    assert told.meaning.startswith("Put right, the printed reasons turn 92% of 60 refusals.")


def test_what_was_not_measured_says_why() -> None:
    """Each part keeps its row and its cause, and no number is made up."""
    told = ToldLedger()
    for name in FIGURES:
        told.the_figures[name] = Figure(name, "model_risk", {"cause": "no model was opened"})
    found = table(told)
    assert {row.cause for row in found.rows} == {"no model was opened"}
    assert {row.value for row in found.rows} == {"–"}
    assert (found.ranks, found.meaning) == ((), "")


def test_one_part_may_be_missing() -> None:
    """A batch has no average of all applicants; drawn orders have an interval over seeds."""
    told = ToldLedger()
    near, everybody = told.the_figures["named_methods"].body["with"]
    gone = {**everybody, "top4_overlap": None, "cause": "a batch holds refusals alone"}
    with_body(told, "named_methods", **{"with": [near, gone]})
    seeds = {**told.the_figures["stability"].body["seeds"], "exact": False, "draws": 2}
    with_body(told, "stability", seeds=seeds)
    rows = {row.label: row for row in table(told).rows}
    assert rows["Regulation B, all applicants"].cause == "a batch holds refusals alone"
    assert rows["Another seed: same reasons, same order"].value == "100.0% (72.2–100.0)"


def test_an_audit_from_before_prints_no_table() -> None:
    """Where none of the figures was sealed there is nothing to retell."""
    told = ToldLedger()
    for name in FIGURES:
        del told.the_figures[name]
    assert table(told) == Soundness()
