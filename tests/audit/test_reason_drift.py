"""The mix of reasons against an earlier audit's: by hand, and through two runs of one ledger."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from typing import Any

import pytest

import audit
from audit.fairness.two_rates import compare_rates
from audit.ledger import Ledger
from audit.ledger.releases import accept
from audit.reason_drift import moved
from audit.replay import replay
from tests.worlds.lender import World

STEADY = """\
reasons_steady:
  title: The mix of reasons is steady
  question: Is the stability index of the first reasons at most 0.25?
  kind: house
  access: model_risk
  measure: reason_mix_psi
  bound: [{from: 2020-01-01, at_most: 0.25}]
  source: a house line
  remedy: Find out what moved.
"""


def mix(**first: int) -> dict[str, Any]:
    """Return the body of a mix in which each code comes first so often, and again as often second."""
    codes = [
        {"code": code, "factor": code.lower(), "label": code, "first": k, "any": 2 * k}
        for code, k in first.items()
    ]
    return {"n_notices": sum(first.values()), "codes": codes}


def test_the_index_is_its_definition() -> None:
    """PSI by plain arithmetic, with half a refusal added to each code."""
    found = moved(mix(A=70, B=20, C=10), mix(A=40, B=40, C=20))
    p = [(k + 0.5) / 101.5 for k in (70, 20, 10)]
    q = [(k + 0.5) / 101.5 for k in (40, 40, 20)]
    assert found["psi"] == pytest.approx(sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True)))
    assert found["by_chance"] == pytest.approx(2 * (1 / 100 + 1 / 100))
    assert found["reading"] == "much"


def test_each_code_has_its_change_with_one_test() -> None:
    """The interval of a change is that of two rates, turned to later minus earlier."""
    found = moved(mix(A=70, B=30), mix(A=40, B=60))
    row = next(row for row in found["codes"] if row["code"] == "A")
    two = compare_rates(40, 100, 70, 100)
    assert row["change"] == pytest.approx(-0.3)
    assert (row["low"], row["high"]) == (-two.difference_high, -two.difference_low)
    assert (row["then"], row["now"], row["any_then"], row["any_now"]) == (70, 40, 140, 80)


def test_a_mix_that_did_not_move_has_moved_nowhere() -> None:
    """The same counts give 0, without a minus sign."""
    found = moved(mix(A=70, B=30), mix(A=70, B=30))
    assert found["psi"] == 0.0
    assert [math.copysign(1.0, row["change"]) for row in found["codes"]] == [1.0, 1.0]


def test_a_code_that_changed_hands_is_two() -> None:
    """The same letter for another factor is not the same reason."""
    now = mix(A=50, B=50)
    now["codes"][0]["factor"] = "another"
    found = moved(mix(A=50, B=50), now)
    assert [(row["code"], row["factor"], row["new"], row["gone"]) for row in found["codes"]] == [
        ("A", "a", False, True),
        ("A", "another", True, False),
        ("B", "b", False, False),
    ]


def test_a_later_run_is_held_to_the_accepted_one(fresh: Callable[..., World]) -> None:
    """First nobody to be held to; then the run before; then the accepted one, whatever came since."""
    world = fresh("tilted")
    (world.folder / "house").mkdir()
    (world.folder / "house" / "pack.yaml").write_text("title: A house\nas_of: 2026-11-20\n")
    (world.folder / "house" / "requirements.yaml").write_text(STEADY)
    config = json.loads(world.config.read_text())
    world.config.write_text(json.dumps(config | {"policies": ["house/"]}))
    first = audit.run(world.config)
    second = audit.run(world.config, again=1)
    with Ledger.open(first.ledger_url) as ledger:
        before, body = (ledger.figures(one.audit.audit)["reason_drift"].body for one in (first, second))
        assert before == {"cause": "there is no earlier audit to hold the reasons to"}
        assert (body["against"], body["accepted"], body["psi"]) == (first.audit.audit, False, 0.0)
        assert _outcome(first) == "not_applicable"
        assert _outcome(second) == "met"
        accept(ledger, first.audit.audit, by="A. Reviewer", reason="read", at=dt.datetime.now(dt.UTC))
    third = audit.run(world.config, again=2)
    with Ledger.open(first.ledger_url) as ledger:
        body = ledger.figures(third.audit.audit)["reason_drift"].body
        assert (body["against"], body["accepted"]) == (first.audit.audit, True)
        assert replay(ledger, second.audit.audit, folder=world.folder).ok


def _outcome(result: Any) -> str:
    (found,) = [one for one in result.findings if one.measure == "reason_mix_psi"]
    return str(found.outcome)
