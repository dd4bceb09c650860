"""Whom a refused applicant is compared with: near the cutoff, order-free, seeded, never too few."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.reference import choose_reference, has_passed
from audit.record import Decision


def choose(scores, favourable=None, **changes):
    """Choose among applicants whose score is all that differs; low scores are good."""
    scores = np.asarray(scores, dtype=float)
    options = {
        "favourable": scores < 0.5 if favourable is None else np.asarray(favourable),
        "places": [(0, at) for at in range(len(scores))],
        "keys": [f"{at:05d}".encode() for at in range(len(scores))],
        "cutoff": 0.5,
        "adverse_high": True,
        "rows": 1000,
        "min_rows": 2,
        "seed": 7,
    } | changes
    return choose_reference(
        changes.get("kind", "near_cutoff"), scores=scores, **{k: v for k, v in options.items() if k != "kind"}
    )


def test_the_nearest_tenth_of_the_approved_rounded_up():
    """Of 21 approved the three nearest the cutoff are taken, and the window is recorded."""
    scores = np.concatenate([np.linspace(0.0, 0.40, 21), [0.6, 0.7]])
    found = choose(scores)
    assert sorted(row for _, row in found.rows) == [18, 19, 20]
    assert (found.n, found.candidates) == (3, 3)
    assert (found.low, found.high) == pytest.approx((0.36, 0.40))
    assert found.mean_score == pytest.approx(0.38)
    assert found.cause is None


def test_at_least_min_rows_are_taken():
    """A tenth that is too small is filled up from the next nearest."""
    assert choose(np.linspace(0, 0.4, 21), min_rows=5).n == 5


def test_too_few_is_inconclusive_with_its_cause():
    """Fewer approved than min_rows is no reference to quote from."""
    found = choose([0.1, 0.2, 0.9], min_rows=3)
    assert found.n == 2
    assert "only 2 approved applicants at or past the cutoff, fewer than 3" in found.cause
    assert choose([], min_rows=3).n == 0


def test_only_approved_applicants_on_the_passing_side():
    """Neither the refused past the cutoff nor those approved in spite of their score are near it."""
    found = choose([0.1, 0.2, 0.3, 0.49, 0.5, 0.8], favourable=[1, 1, 1, 0, 1, 1], min_rows=6)
    assert sorted(row for _, row in found.rows) == [0, 1, 2]
    at_it = choose([0.1, 0.5, 0.8], favourable=[1, 1, 0], at_cutoff="favourable", min_rows=1)
    assert [row for _, row in at_it.rows] == [1]


def test_low_scores_may_be_the_bad_ones():
    """Where low is adverse, the nearest lie just above the cutoff."""
    found = choose([0.51, 0.9, 0.8, 0.1], favourable=[1, 1, 1, 0], adverse_high=False, min_rows=1)
    assert [row for _, row in found.rows] == [0]


def test_at_most_rows_are_drawn_and_the_seed_decides_which():
    """A seeded draw when there are more; rows at the number of candidates are exactly all."""
    scores = np.linspace(0, 0.4, 400)
    few = choose(scores, rows=10, min_rows=5)
    assert (few.n, few.candidates) == (10, 40)
    assert few.rows == choose(scores, rows=10, min_rows=5).rows
    assert few.rows != choose(scores, rows=10, min_rows=5, seed=8).rows
    assert choose(scores, rows=40).n == 40
    assert sorted(choose(scores, rows=40).rows) == sorted(choose(scores, rows=5000).rows)


@pytest.mark.parametrize("kind", ["near_cutoff", "all_applicants"])
def test_the_order_of_the_rows_changes_nothing(kind):
    """A file sorted another way gives the same applicants, in the same order, under the same digest."""
    draw = np.random.default_rng(1)
    scores = np.round(draw.random(500), 2)  # many ties
    keys = [f"{at:05d}".encode() for at in range(500)]
    places = [(0, at) for at in range(500)]
    order = draw.permutation(500)
    options = {"kind": kind, "rows": 20, "min_rows": 5}
    one = choose(scores, keys=keys, places=places, **options)
    other = choose(
        scores[order], keys=[keys[at] for at in order], places=[places[at] for at in order], **options
    )
    assert one == other


def test_all_applicants_are_all_decided_rows():
    """Regulation B's second population asks nothing about outcome or score."""
    found = choose([0.1, 0.9, 0.5], kind="all_applicants", cutoff=None)
    assert (found.n, found.kind, found.cutoff) == (3, "all_applicants", None)


def test_the_digest_names_what_the_reference_holds():
    """Another row, another score or another cutoff is another reference."""
    digests = {
        choose([0.1, 0.2, 0.3]).digest,
        choose([0.1, 0.2, 0.31]).digest,
        choose([0.1, 0.2, 0.3], cutoff=0.45).digest,
        choose([0.1, 0.2, 0.3], keys=[b"a", b"b", b"c"]).digest,
    }
    assert len(digests) == 4


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("outcome", "action", "own", "stage", "passed"),
    [
        ("favourable", "approved", 0.25, "score", True),
        ("favourable", None, 0.55, "score", True),
        ("adverse", "counteroffer", 0.25, "score", True),  # missed the better tier, and was given this one
        ("adverse", "limit_decrease", 0.25, "score", True),
        ("adverse", "counteroffer", 0.40, "score", False),  # missed this very one
        ("adverse", "counteroffer", 0.55, "score", False),
        ("adverse", "denied", 0.25, "score", False),  # was given nothing
        ("adverse", "terminate", 0.25, "score", False),
        ("adverse", "counteroffer", 0.25, "rule", False),  # not for the score
        ("adverse", "counteroffer", None, "score", False),
    ],
)
def test_who_missed_a_stricter_tier_has_passed_this_one(sign, outcome, action, own, stage, passed):
    """R16: of tiers of one scale, who was given less than asked passed what was given, on either coding."""
    own = own if own is None else sign * own
    one = Decision("D", 0, 0, (), outcome, score=sign * 0.3, cutoff=own, action=action, stage=stage)
    assert has_passed(one, sign * 0.40, sign) is passed
    assert has_passed(one, None, sign) is (outcome == "favourable")
