"""Faithfulness: what is put right, against plain loops and a linear score whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.faithfulness import Tried, figure, mixed, trial
from tests.worlds.small_scorers import BENT_FACTORS, as_records, bent_rows

WEIGHTS = {"a": 4.0, "b": 2.0, "c": 1.0, "d": -1.0}
FACTORS = {name: [name] for name in WEIGHTS}


def of(*factors: str) -> frozenset[str]:
    """Return a set of factors."""
    return frozenset(factors)


def test_reasons_are_put_right_rank_by_rank_with_as_many_others():
    """Prefixes of the reasons, of the others, and each reason alone; each set stands once."""
    plan = trial([["a"], ["b", "e"]], ["c", "d", "f"])
    assert plan.printed == (of("a"), of("a", "b", "e"))
    assert plan.others == (of("c"), of("c", "d", "f"))
    assert plan.alone == (of("a"), of("b", "e"))
    assert len(plan.sets) == 5  # the first reason alone is the first prefix
    assert trial([["a"], ["b"]], ["c"]).others == (of("c"),)
    assert trial([], ["c"]).sets == ()


def test_mixes_are_the_loop_over_rows_and_columns():
    """A factor's columns, text too, are the reference row's; all others stay the applicant's."""
    rows, reference = bent_rows(4, 1), bent_rows(3, 2)
    sets = [(2, of("ab")), (0, of("town", "c")), (2, of())]
    found = mixed(rows, reference, sets, BENT_FACTORS)
    expected = []
    for at, those in sets:
        for other in as_records(reference):
            row = dict(as_records(rows)[at])
            for factor in those:
                for column in BENT_FACTORS[factor]:
                    row[column] = other[column]
            expected.append(row)
    assert as_records(found) == expected


def linear_tried(row, aims, reasons, unsaid, cutoff=None) -> Tried:
    """Return a trial of a linear score: putting a factor right moves it by the factor's term."""
    plan = trial([[one] for one in reasons], unsaid)
    score = sum(weight * row[name] for name, weight in WEIGHTS.items())
    aim = sum(weight * aims[name] for name, weight in WEIGHTS.items())
    means = {those: score - sum(WEIGHTS[f] * (row[f] - aims[f]) for f in those) for those in plan.sets}
    turned = {those: mean < cutoff for those, mean in means.items()} if cutoff is not None else {}
    return Tried(plan, score, aim, means, turned)


ZERO = dict.fromkeys(WEIGHTS, 0.0)
ONES = dict.fromkeys(WEIGHTS, 1.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_of_a_linear_score_every_number_is_known(sign):
    """Terms 4, 2, 1 and -1 above a mean of 0: the gap is 6; two reasons go 4 and then 6 of it."""
    one = linear_tried(ONES, ZERO, ["a", "b"], ["c", "d"], cutoff=1.5)
    if sign < 0:  # the same with low scores adverse
        one = Tried(
            one.trial, -one.score, -one.aim, {key: -mean for key, mean in one.means.items()}, one.turned
        )
    body = figure([one, one], sign=sign, tolerance=1e-9, reference_n=5).body
    assert body["share_moved"]["value"] == pytest.approx(1.0)
    assert body["share_moved"]["low"] == pytest.approx(1.0)  # both alike
    assert body["turned"]["value"] == 1.0
    assert body["moved_more"] == body["moved_more"] | {"value": 1.0, "n": 2}
    assert body["against_alone"] == body["against_alone"] | {"value": 0.0, "n": 4}
    first, second = body["ranks"]
    assert first["printed"]["share_moved"]["value"] == pytest.approx(4 / 6)
    assert first["others"]["share_moved"]["value"] == pytest.approx(1 / 6)
    assert second["printed"]["share_moved"]["value"] == pytest.approx(1.0)
    assert second["others"]["share_moved"]["value"] == pytest.approx(0.0)
    assert (first["printed"]["turned"]["value"], second["printed"]["turned"]["value"]) == (0.0, 1.0)
    assert (body["n"], body["reference_n"]) == (2, 5)


def test_a_reason_that_helped_is_counted_and_worse_reasons_move_less():
    """A reason whose factor helped runs back alone, and the others would have moved the score more."""
    body = figure(
        [linear_tried(ONES, ZERO, ["d"], ["a", "b", "c"])], sign=1.0, tolerance=1e-9, reference_n=1
    ).body
    assert body["against_alone"]["value"] == 1.0
    assert body["moved_more"]["value"] == 0.0
    assert body["share_moved"]["value"] == pytest.approx(-1 / 6)
    assert body["turned"]["value"] is None  # no cutoff refused it


def test_the_share_is_of_sums_and_leaves_out_who_has_no_way_to_go():
    """Gaps 6 and 12 with moves 4 and 8, and one refusal at the reference's mean."""
    twice = dict.fromkeys(WEIGHTS, 2.0)
    tried = [linear_tried(row, ZERO, ["a"], ["b"]) for row in (ONES, twice, ZERO)]
    body = figure(tried, sign=1.0, tolerance=1e-9, reference_n=1).body
    assert body["share_moved"]["value"] == pytest.approx((4 + 8) / (6 + 12))
    assert (body["share_moved"]["n"], body["n"]) == (2, 3)


def test_the_interval_of_the_share_covers_as_it_says():
    """Over 400 samples from a known population the interval holds the true ratio in about 95 %."""
    draw = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        tried = []
        for size, noise in zip(draw.uniform(0.5, 2.0, 50), draw.normal(0, 0.3, 50), strict=True):
            plan = trial([["a"]], ["b"])
            means = {of("a"): size - size * (0.6 + noise), of("b"): size}
            tried.append(Tried(plan, size, 0.0, means))
        found = figure(tried, sign=1.0, tolerance=1e-9, reference_n=1).body["share_moved"]
        held += found["low"] <= 0.6 <= found["high"]
    assert 0.92 <= held / 400 <= 0.98


def test_fewer_reasons_leave_the_later_ranks():
    """A refusal with one reason counts at the first rank alone; without others it is compared with none."""
    tried = [linear_tried(ONES, ZERO, ["a", "b", "c"], ["d"]), linear_tried(ONES, ZERO, ["a"], [])]
    body = figure(tried, sign=1.0, tolerance=1e-9, reference_n=1).body
    assert [rank["n"] for rank in body["ranks"]] == [2, 1, 1]
    assert body["ranks"][0]["others"]["share_moved"]["n"] == 1
    assert body["ranks"][1]["others"]["share_moved"]["value"] is None
    assert body["moved_more"]["n"] == 1


def test_without_reasons_the_cause_is_told():
    """Nothing can be put right of a refusal that has no reason."""
    body = figure([linear_tried(ONES, ZERO, [], ["a"])], sign=1.0, tolerance=1e-9, reference_n=1).body
    assert body == {"cause": "no refusal that was looked at has a reason"}
