"""Scores, cutoffs, decisions taken and actions become outcomes."""

from __future__ import annotations

import numpy as np
import pytest

from audit.data.dataset import open_source
from audit.data.decide import check_cutoff, cutoffs, decide, observed, outcomes
from audit.errors import ConfigError, ModelError
from audit.record import Person

BY_SCORE = {"adverse": "high", "cutoff": 0.5}


def decided(config, scores=None, **more):
    source = open_source(config)
    (plan,) = source.plan()
    batch = source.read(plan)
    return decide(config, batch, None if scores is None else np.array(scores, dtype=float), **more)


def scored(a_config, **sections):
    """Return a config whose model is a column of scores."""
    data = {"path": "data.csv", "id": "id"} | sections.pop("data", {})
    return a_config(
        data=data, model={"scores": "s"}, decision=BY_SCORE | sections.pop("decision", {}), **sections
    )


@pytest.mark.parametrize(
    ("adverse", "at_cutoff", "expected"),
    [
        ("high", "adverse", ["favourable", "adverse", "adverse"]),
        ("high", "favourable", ["favourable", "favourable", "adverse"]),
        ("low", "adverse", ["adverse", "adverse", "favourable"]),
        ("low", "favourable", ["adverse", "favourable", "favourable"]),
    ],
)
def test_the_cutoff_divides_as_the_config_states(a_config, put, adverse, at_cutoff, expected):
    """Which side is bad and what the cutoff itself means are stated, in all four ways."""
    put("id,sex,s\na,male,0.4\nb,male,0.5\nc,male,0.6\n")
    config = scored(a_config, decision={"adverse": adverse, "at_cutoff": at_cutoff})
    decisions = decided(config, [0.4, 0.5, 0.6])
    assert [one.outcome for one in decisions] == expected
    assert [one.notice.state for one in decisions] == [
        "ready" if o == "adverse" else "none" for o in expected
    ]
    assert [one.cutoff for one in decisions] == [0.5] * 3


@pytest.mark.parametrize(
    ("cutoff", "expected"),
    [({"column": "c"}, [0.3, 0.7]), ({"by": "p", "values": {"card": 0.2, "1": 0.8}}, [0.2, 0.8])],
)
def test_cutoffs_by_row(a_config, put, cutoff, expected):
    """A cutoff stands in a column, or belongs to a product."""
    put("id,sex,s,c,p\na,male,0.4,0.3,card\nb,male,0.4,0.7,1\n")
    config = scored(a_config, decision={"cutoff": cutoff})
    source = open_source(config)
    assert cutoffs(config, source.read(source.plan()[0]).frame).tolist() == expected
    assert [one.outcome for one in decided(config, [0.4, 0.4])] == ["adverse", "favourable"]


MEANING = {"A": "approved", "D": "denied", "C": "counteroffer", "I": "incomplete", "W": "withdrawn"}
ACTED = {"action": {"column": "act", "values": MEANING}}


def test_what_happened_is_what_the_record_says_first(a_config, put):
    """approved is favourable, incomplete and withdrawn are none, all others adverse."""
    put("id,sex,s,act\na,male,.9,D\nb,male,.9,C\nc,male,.1,A\nd,male,.9,I\ne,male,,W\n")
    decisions = decided(scored(a_config, record=ACTED), [0.9, 0.9, 0.1, 0.9, np.nan])
    assert [one.outcome for one in decisions] == ["adverse", "adverse", "favourable", "none", "none"]
    assert [one.action for one in decisions] == [
        "denied",
        "counteroffer",
        "approved",
        "incomplete",
        "withdrawn",
    ]
    assert [one.notice.state for one in decisions] == ["ready", "ready", "none", "none", "none"]
    assert decisions[4].score is None


def test_a_decision_that_the_model_would_not_have_taken_is_held(a_config, put):
    """The outcome stays what happened; the score's reasons cannot speak for it."""
    put("id,sex,s,taken\na,male,.9,refused\nb,male,.1,refused\nc,male,.9,granted\n")
    config = scored(a_config, decision={"taken": {"column": "taken", "adverse": "refused"}})
    decisions = decided(config, [0.9, 0.1, 0.9])
    assert [one.outcome for one in decisions] == ["adverse", "adverse", "favourable"]
    assert [(one.notice.state, one.notice.cause) for one in decisions] == [
        ("ready", None),
        ("held", "decision_differs"),
        ("none", None),
    ]


def test_action_and_decision_that_disagree_are_held_first(a_config, put):
    """The record outranks the decision taken, and the disagreement is named before the model's."""
    put("id,sex,s,taken,act\na,male,.1,granted,D\nb,male,.9,refused,D\nc,male,.9,refused,A\n")
    config = scored(a_config, decision={"taken": {"column": "taken", "adverse": "refused"}}, record=ACTED)
    decisions = decided(config, [0.1, 0.9, 0.9])
    assert [one.outcome for one in decisions] == ["adverse", "adverse", "favourable"]
    assert [one.notice.cause for one in decisions] == ["action_differs", None, None]


def test_a_rule_or_a_person_contradicts_no_score(a_config, put):
    """Where a rule or judgment refused, a good score holds nothing."""
    put("id,sex,s,taken,by,rules,why\n"
        "a,male,.1,refused,rule,bankrupt; fraud,\nb,male,.1,refused,judgmental,,income\n"
        "c,male,.1,refused,score,,income\n")  # fmt: skip
    config = scored(
        a_config,
        decision={
            "taken": {"column": "taken", "adverse": "refused"},
            "stage": {"column": "by"},
            "rules": {"column": "rules", "separator": ";"},
            "judgment": {"column": "why"},
        },
    )
    decisions = decided(config, [0.1] * 3)
    assert [one.notice.state for one in decisions] == ["ready", "ready", "held"]
    assert [one.stage for one in decisions] == ["rule", "judgmental", "score"]
    assert decisions[0].rules == ("bankrupt", "fraud")
    assert decisions[1].judgment == ("income",)


def test_grounds_of_judgment_speak_in_the_gray_band(a_config, put):
    """A gray-band refusal of whom the score passes is held without grounds, and ready with them."""
    put("id,sex,s,taken,by,why\n"
        "a,male,.1,refused,gray_band,income\nb,male,.1,refused,gray_band,\n"
        "c,male,.1,refused,gray_band, ; \nd,male,.9,refused,gray_band,\n"
        "e,male,.9,granted,gray_band,income\n")  # fmt: skip
    config = scored(
        a_config,
        decision={
            "taken": {"column": "taken", "adverse": "refused"},
            "stage": {"column": "by"},
            "judgment": {"column": "why"},
        },
    )
    decisions = decided(config, [0.1, 0.1, 0.1, 0.9, 0.9])
    assert [one.notice.state for one in decisions] == ["ready", "held", "held", "ready", "none"]
    assert {one.notice.cause for one in decisions if one.notice.state == "held"} == {"decision_differs"}
    batch = open_source(config)
    frame = batch.read(batch.plan()[0]).frame
    seen = outcomes(config, frame, np.array([0.1, 0.1, 0.1, 0.9, 0.9]), cutoffs(config, frame))
    assert seen.decision_differs.tolist() == [False, True, True, False, True]  # the approval is counted


def test_decisions_are_audited_without_a_model(a_config, put):
    """Only what was taken counts; there is no score and no cutoff."""
    put("id,income,city,sex,taken\na,1,x,male,refused\nb,2,x,male,granted\n")
    decisions = decided(a_config())
    assert [(one.outcome, one.score, one.cutoff) for one in decisions] == [
        ("adverse", None, None),
        ("favourable", None, None),
    ]


def test_persons(a_config, put):
    """The data's person by default; several where they are given, the applicant never lost."""
    put("id,sex,s,who\na,male,.9,p1\nb,male,.9,p1\nc,male,.9,p3\n")
    config = scored(a_config, data={"person": "who"})
    several = {
        "b": (Person("p1"), Person("p2", "joint")),
        "c": (Person("p9", "guarantor"),),
    }
    decisions = decided(config, [0.9] * 3, persons=several)
    assert [one.persons for one in decisions] == [
        (Person("p1"),),
        (Person("p1"), Person("p2", "joint")),
        (Person("p3"), Person("p9", "guarantor")),
    ]
    assert decided(scored(a_config), [0.9] * 3)[0].persons == (Person("a"),)


def test_rows_set_aside_keep_the_numbers_of_the_others(a_config, put):
    """A decision knows the row of the source that it came from."""
    put("id,sex,s\na,male,.9\nb,male,\nc,male,.1\n")
    config = scored(a_config, data={"max_quarantined": 0.5})
    assert [(one.decision, one.row) for one in decided(config, [0.9, 0.1])] == [("a", 0), ("c", 2)]


@pytest.mark.parametrize("bad", [[0.1, np.nan], [0.1, np.inf], [0.1]])
def test_scores_that_are_none_are_the_models_fault(a_config, put, bad):
    """NaN, infinity and a wrong length stop the run."""
    put("id,sex,s\na,male,.9\nb,male,.1\n")
    with pytest.raises(ModelError):
        decided(scored(a_config), bad)


def test_what_was_observed(a_config, put):
    """1 the adverse event, 0 not, NaN where nobody knows yet."""
    put("id,sex,s,later\na,male,.9,1\nb,male,.1,0\nc,male,.1,\n")
    config = scored(a_config, data={"observed": {"column": "later", "adverse": 1}})
    source = open_source(config)
    np.testing.assert_array_equal(observed(config, source.read(source.plan()[0]).frame), [1.0, 0.0, np.nan])


@pytest.mark.parametrize(
    ("kind", "scores", "at", "refused"),
    [
        ("population", (0.1, 0.9), (0.5, 0.5), False),
        ("population", (0.1, 0.9), (300, 300), True),
        ("population", (300, 850), (0.3, 0.3), True),
        ("batch", (0.6, 0.9), (0.5, 0.5), False),
        ("batch", (0.1, 0.9), (300, 300), True),
    ],
)
def test_a_cutoff_on_another_scale_is_a_fault(a_config, put, kind, scores, at, refused):
    """In a night of refusals all scores lie on one side, and only a cutoff that refuses nobody is one."""
    put("id,sex,s\na,male,.9\n")
    config = scored(a_config, audit={"name": "x", "owner": "y", "as_of": "2026-11-20", "kind": kind})
    if refused:
        with pytest.raises(ConfigError, match=r"decision\.cutoff: the cutoff \(.*\) lies outside the scores"):
            check_cutoff(config, scores, at)
    else:
        check_cutoff(config, scores, at)
