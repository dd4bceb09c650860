"""Departures from model and cutoff by group: plain loops, and a lender whose desk is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audit
from audit import overrides
from audit.fairness.two_rates import compare_rates
from audit.ledger import Ledger
from tests.worlds.desk import Desk

ROW = st.tuples(st.booleans(), st.booleans(), st.sampled_from("ab"))


@given(st.lists(ROW, min_size=1, max_size=60))
def test_counts_are_those_of_a_plain_loop(rows: list[tuple[bool, bool, str]]) -> None:
    """Each direction is counted of those whom model and cutoff would have decided the other way."""
    model, taken, members = (np.array(column) for column in zip(*rows, strict=True))
    found = overrides.counted(model, taken, members.astype(object))
    for group in set(members.tolist()):
        its = [(m, t) for m, t, g in rows if g == group]
        refused = [t for m, t in its if not m]
        approved = [not t for m, t in its if m]
        assert found[group] == ((sum(refused), len(refused)), (sum(approved), len(approved)))


@pytest.fixture
def desk(fresh: Any) -> Desk:
    """A lender whose desk refuses every fifth woman whom the score approves, and lets a rule refuse some."""

    def departed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found, women = [], 0
        for at, row in enumerate(rows):
            score, granted, stage = (0.7, "no", "S") if at % 3 == 0 else (0.2, "yes", "S")
            if score < 0.4 and row["sex"] == "female":
                women += 1
                granted = "no" if women % 5 == 0 else "yes"
            if at % 50 == 49:
                score, granted, stage = 0.2, "no", "R"
            found.append(
                {
                    **row,
                    "score": score,
                    "granted": granted,
                    "stage": stage,
                    "fired": "x" if stage == "R" else "",
                }
            )
        return found

    desk = Desk(fresh("even").folder).rows(departed)
    return desk.set(
        model={"scores": "score"},
        dictionary=None,
        decision={
            "adverse": "high",
            "cutoff": 0.4,
            "taken": {"column": "granted", "adverse": "no"},
            "stage": {"column": "stage", "values": {"S": "score", "R": "rule"}},
        },
        data__observed=None,
        fairness=None,
        explain=None,
        policies=["screening"],
    )


def _sealed(desk: Desk) -> dict[str, Any]:
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        return dict(ledger.figures(result.audit.audit)["overrides"].body)


def test_a_run_seals_who_was_departed_from(desk: Desk) -> None:
    """Women whom the score approves are refused one time in five, men never; what a rule decided is apart."""
    body = _sealed(desk)
    (sex,) = [one for one in body["attributes"] if one["attribute"] == "sex"]
    of = {one["group"]: one for one in sex["groups"]}
    reference, other = sex["reference"], next(group for group in of if group != sex["reference"])
    women, men = (of[g] for g in ("female", "male"))
    assert men["toward_refusal"]["n_departed"] == 0
    assert abs(women["toward_refusal"]["n_departed"] - women["toward_refusal"]["n"] / 5) < 8
    assert women["toward_approval"]["n_departed"] == men["toward_approval"]["n_departed"] == 0
    assert body["n_by_rule"] > 0
    total = sum(side["n"] for one in of.values() for side in (one["toward_refusal"], one["toward_approval"]))
    assert total == body["n"]
    its, base = (of[group]["toward_refusal"] for group in (other, reference))
    two = compare_rates(its["n_departed"], its["n"], base["n_departed"], base["n"])
    assert its["difference"] == pytest.approx(its["rate"] - base["rate"])
    assert its["p_value"] == two.p_value < 0.001
    assert its["difference_low"] <= its["difference"] <= its["difference_high"]
    assert base["difference"] is None


def test_decisions_that_are_the_models_own_have_no_departures(desk: Desk) -> None:
    """Nobody departed from a score that alone decided; the cause names what is missing."""
    desk.set(decision={"adverse": "high", "cutoff": 0.4})
    assert _sealed(desk) == {"cause": overrides.NOT_TAKEN}


def test_what_cannot_be_counted_says_so() -> None:
    """A batch, and decisions without scores."""
    taken = SimpleNamespace(taken=object())
    record = SimpleNamespace(action=None)
    batch = SimpleNamespace(uncompared="a batch", decision=taken, record=record)
    assert overrides.figure(batch, ()).body == {"cause": "a batch"}  # type: ignore[arg-type]
    bare = SimpleNamespace(uncompared=None, decision=taken, record=record)
    assert overrides.figure(bare, ()).body == {"cause": overrides.NO_SCORES}  # type: ignore[arg-type]
