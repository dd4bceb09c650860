"""What would have turned a refusal: small, truthful, and scored by the model itself."""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict

import numpy as np
import polars as pl
import pytest

from audit.config.explain import CounterfactualsSection
from audit.errors import UsageError
from audit.explain.counterfactual import counterfactuals
from audit.record import NoCounterfactual, Proxy, ReasonCode
from tests.oracles.counterfactuals import smallest
from tests.worlds.changeable import (
    COLUMNS,
    FLAGS,
    PROTECTED,
    codes,
    people,
    refuses,
    scorer,
    taken,
)
from tests.worlds.small_scorers import PlainScorer, as_records, linear

CUTOFF = 0.5
MOVING = {
    "income": ["income"],
    "late": ["late"],
    "balance": ["balance", "balance_missing"],
    "job": ["job_clerk", "job_cook", "job_driver"],
}


def refused(n, seed, values=4, cutoff=CUTOFF):
    """Return drawn applicants whom the score refuses."""
    rows = people(n, seed, values)
    return taken(rows, np.flatnonzero(refuses(rows) >= cutoff))


def scored(rows):
    """Score a list of plain rows."""
    columns = {c: np.array([row[c] for row in rows], dtype=object if c == "town" else float) for c in COLUMNS}
    return refuses(columns).tolist()


def told(rows, reference, **options):
    """Return what is told of each row."""
    given = {"codes": codes(), "protected": PROTECTED, "flags": FLAGS, "adverse": "high", **options}
    return counterfactuals(scorer(), rows, reference, cutoffs=CUTOFF, **given)


def code(factor, **fields):
    """Return a factor of one column, or as the fields say."""
    return ReasonCode(**{"factor": factor, "code": factor, "columns": (factor,), "statement": {}, **fields})


@pytest.mark.parametrize("seed", range(4))
def test_of_few_values_the_smallest_change_is_that_of_an_exhaustive_search(seed):
    """As few factors, at the same cost, as trying every combination of every set of factors gives."""
    rows, reference = refused(90, seed), people(60, 100 + seed)
    found = told(rows, reference, most_factors=4)
    sizes = set()
    for row, answer in zip(as_records(rows), found, strict=True):
        best = smallest(
            scored,
            lambda score: score < CUTOFF,
            row,
            as_records(reference),
            MOVING,
            {"late": "decrease"},
            ["balance_missing"],
        )
        if best is None:
            assert isinstance(answer, NoCounterfactual)
            continue
        assert len(answer[0].factors) == best[0]
        assert answer[0].cost == pytest.approx(best[1], abs=1e-12)
        sizes.add(best[0])
    assert {1, 2} <= sizes


def test_of_many_values_the_cost_is_near_the_least_one():
    """Two factors of 60 values each: the fewest factors always, and at most a tenth above the least cost."""
    draw = np.random.default_rng(5)
    curved = PlainScorer(lambda rows: rows["a"] * rows["b"] + 0.3 * np.sin(3 * rows["a"]), ("a", "b"))
    reference = {c: np.round(draw.uniform(0, 1.5, 60), 3) for c in "ab"}
    rows = {c: np.round(draw.uniform(1.2, 3, 25), 3) for c in "ab"}
    cutoff = 0.9
    found = counterfactuals(curved, rows, reference, [code("a"), code("b")], cutoff, "high")
    over = []

    def one_by_one(some):
        return curved.score({c: np.array([row[c] for row in some]) for c in "ab"}).tolist()

    for row, answer in zip(as_records(rows), found, strict=True):
        if curved.score({c: np.array([v]) for c, v in row.items()})[0] < cutoff:
            continue
        best = smallest(
            one_by_one, lambda s: s < cutoff, row, as_records(reference), {"a": ["a"], "b": ["b"]}
        )
        assert len(answer[0].factors) == best[0]
        over.append(answer[0].cost / best[1])
    assert len(over) > 10
    assert max(over) <= 1.1


def test_of_many_options_the_cheapest_that_turns_alone_is_that_of_an_exhaustive_search():
    """Hundreds of options a factor, of which few are looked at first; for a linear score none is missed."""
    draw = np.random.default_rng(5)
    straight = linear({"a": 1.0, "b": 0.7, "c": 0.8})
    reference = {c: np.round(draw.uniform(0, 1.5, 220), 2) for c in "abc"}
    rows = {c: np.round(draw.uniform(0.9, 1.5, 40), 2) for c in "abc"}
    factors = {"ab": ["a", "b"], "c": ["c"]}
    cutoff = float(np.quantile(straight.score(rows), 0.3))
    listed = [code(name, columns=tuple(columns)) for name, columns in factors.items()]
    found = counterfactuals(straight, rows, reference, listed, cutoff, "high", at_most=1)
    moved = set()

    def one_by_one(some):
        return straight.score({c: np.array([row[c] for row in some]) for c in "abc"}).tolist()

    for row, answer in zip(as_records(rows), found, strict=True):
        if isinstance(answer, NoCounterfactual):
            assert one_by_one([row])[0] <= cutoff
            continue
        best = smallest(one_by_one, lambda s: s < cutoff, row, as_records(reference), factors)
        assert (len(answer[0].factors), answer[0].cost) == (best[0], pytest.approx(best[1], rel=1e-9))
        moved |= set(answer[0].factors)
    assert moved == set(factors)


def test_a_linear_score_has_its_closed_form():
    """One column goes to the nearest value that makes up for what is lacking; never by more."""
    draw = np.random.default_rng(8)
    weights = {"a": 1.0, "b": -2.0, "c": 0.5}
    score = linear(weights)
    reference = {c: np.round(draw.normal(size=400), 3) for c in weights}
    rows = {c: np.round(draw.normal(size=60), 3) for c in weights}
    scores, others = score.score(rows), score.score(reference)
    cutoff = 0.2
    found = counterfactuals(score, rows, reference, [code(c) for c in weights], cutoff, "high", at_most=5)
    n_seen = 0
    for at in np.flatnonzero(scores >= cutoff):
        lacking = scores[at] - cutoff
        alone = {one.factors[0]: one for one in found[at] if len(one.factors) == 1}
        for column, weight in weights.items():
            values = reference[column][others < cutoff]
            helps = values[weight * (rows[column][at] - values) > lacking + 1e-9]
            if not len(helps):
                assert column not in alone
                continue
            nearest = helps[np.abs(helps - rows[column][at]).argmin()]
            middle = np.median(reference[column])
            spread = 1.4826 * np.median(np.abs(reference[column] - middle))
            # At most 256 of the approved rows' values are options: the nearest of them may be a step on.
            assert abs(alone[column].changes[0].after - rows[column][at]) >= abs(nearest - rows[column][at])
            assert alone[column].cost <= abs(nearest - rows[column][at]) / spread + 0.1
            n_seen += 1
    assert n_seen > 30


@pytest.mark.parametrize(("k", "lowest"), [(6, 0), (14, -2), (30, -3)])
def test_the_fewest_columns_of_a_linear_score_are_those_that_gain_most(k, lowest):
    """With many factors too: as many are changed as the best gains, added up in order, need."""
    draw = np.random.default_rng(k)
    weights = {f"x{i:02d}": float(w) for i, w in enumerate(draw.uniform(0.2, 1.0, k))}
    score = linear(weights)
    reference = {c: draw.integers(-4, 5, 200).astype(float) for c in weights}
    rows = {c: draw.integers(lowest, 5, 60).astype(float) for c in weights}
    scores, others = score.score(rows), score.score(reference)
    approved = others < np.quantile(others, 0.5)
    cutoff = float(np.quantile(others, 0.5))
    found = counterfactuals(score, rows, reference, [code(c) for c in weights], cutoff, "high")
    seen = set()
    for at in np.flatnonzero(scores >= cutoff):
        gains = sorted(
            (w * (rows[c][at] - reference[c][approved].min()) for c, w in weights.items()), reverse=True
        )
        needed = int(np.argmax(np.cumsum(gains) > scores[at] - cutoff)) + 1
        if needed > 4 or np.cumsum(gains)[-1] <= scores[at] - cutoff:
            assert isinstance(found[at], NoCounterfactual)
        else:
            assert len(found[at][0].factors) == needed
            seen.add(needed)
    assert len(seen) > 2


def test_every_change_turns_the_decision_and_none_holds_another():
    """Each record, put into the row and scored, is on the other side; sets differ; the smallest is first."""
    rows, reference = refused(200, 11), people(120, 12)
    for row, answer in zip(as_records(rows), told(rows, reference), strict=True):
        assert not isinstance(answer, NoCounterfactual)
        assert 1 <= len(answer) <= 3
        for one in answer:
            assert {column: row[column] or None for column, _, _ in one.changes} == {
                column: before or None for column, before, _ in one.changes
            }
            assert scored([row | {column: after for column, _, after in one.changes}]) == [one.score_after]
            assert scored([row]) == [one.score_before]
            assert one.score_after < CUTOFF <= one.score_before
            owners = {name for name, own in MOVING.items() for change in one.changes if change.column in own}
            assert owners == set(one.factors)
        sets = [frozenset(one.factors) for one in answer]
        assert not any(a <= b for a in sets for b in sets if a is not b)
        assert [(len(one.factors), one.cost) for one in answer] == sorted(
            (len(one.factors), one.cost) for one in answer
        )


def test_the_other_label_coding_changes_nothing_but_the_scores():
    """One minus the score, with low scores adverse, gives the same changes at the same cost."""
    rows, reference = refused(80, 3), people(60, 4)
    turned = PlainScorer(lambda one: 1.0 - refuses(one), COLUMNS)
    high = told(rows, reference)
    low = counterfactuals(
        turned, rows, reference, codes(), 1 - CUTOFF, "low", protected=PROTECTED, flags=FLAGS
    )
    assert [[one.changes for one in answer] for answer in low] == [
        [one.changes for one in answer] for answer in high
    ]
    assert low[0][0].score_after == pytest.approx(1 - high[0][0].score_after)


@pytest.mark.parametrize(("at_cutoff", "after"), [("adverse", 1.0), ("favourable", 2.0)])
def test_a_score_at_the_cutoff_is_what_the_config_says(at_cutoff, after):
    """Where the cutoff itself approves, reaching it is enough; where it refuses, it is not."""
    rows, reference = {"a": [3.0]}, {"a": [0.0, 1.0, 2.0]}
    ((one, *_),) = counterfactuals(linear({"a": 1.0}), rows, reference, [code("a")], 2.0, "high", at_cutoff)
    assert one.changes[0] == ("a", 3.0, after)
    (passed,) = counterfactuals(
        linear({"a": 1.0}), {"a": [2.0]}, reference, [code("a")], 2.0, "high", "favourable"
    )
    assert "did not refuse" in passed.cause


def test_alone_and_together_and_again_they_are_the_same():
    """Neither company nor repetition changes a record, nor how much was tried."""
    rows, reference = refused(300, 21, values=40), people(400, 22, values=400)
    together = told(rows, reference)
    assert together == told(rows, reference)
    for at in (0, 5, 130):
        assert told(taken(rows, [at]), reference) == [together[at]]


@pytest.mark.parametrize("budget", [1, 64, 1024])
def test_in_blocks_of_any_size_they_are_the_same(monkeypatch, budget):
    """However few are searched together; and a small budget puts no more together than memory holds."""
    rows, reference = refused(40, 23, values=40), people(300, 24, values=300)
    whole, held = told(rows, reference, budget=budget), []
    monkeypatch.setattr("audit.explain.counterfactual._HELD", 3 * 4 * max(budget, 256))
    monkeypatch.setattr("audit.explain.counterfactual.trial._AT_ONCE", 33)
    assert told(rows, reference, budget=budget, progress=held.append) == whole
    n = len(rows["income"])
    assert held == [*range(3, n, 3), n, n]


def test_frames_are_rows_too():
    """polars frames, with nulls, give what dicts of columns give."""
    rows, reference = refused(30, 1), people(40, 2)
    frames = [
        pl.DataFrame({c: [v if v != "" else None for v in cells.tolist()] for c, cells in one.items()})
        for one in (rows, reference)
    ]
    assert told(*frames) == told(rows, reference)


def test_each_row_has_its_own_cutoff():
    """Rows of two cutoffs in one call are answered as in a call for each; without a cutoff none is told."""
    rows, reference = refused(60, 6, cutoff=0.6), people(60, 7)
    n = len(rows["income"])
    cutoffs = np.where(np.arange(n) % 2 == 0, 0.5, 0.6)
    cutoffs[-1] = np.nan
    given = {"codes": codes(), "adverse": "high", "protected": PROTECTED, "flags": FLAGS}
    found = counterfactuals(scorer(), rows, reference, cutoffs=cutoffs, **given)
    for cutoff in (0.5, 0.6):
        mine = np.flatnonzero(cutoffs == cutoff)
        alone = counterfactuals(scorer(), taken(rows, mine), reference, cutoffs=cutoff, **given)
        assert [found[at] for at in mine] == alone
    assert "no cutoff is stated" in found[-1].cause


def test_why_none_is_told_is_a_record():
    """Nothing is invented: each way of having nothing to tell has its cause."""
    rows, reference = refused(40, 1), people(40, 2)
    fixed = {name: {"changeable": False, "change": {}} for name in MOVING}
    (first, *_) = told(rows, reference, codes=codes(**fixed))
    assert first == NoCounterfactual("the model reads no factor that can change", 0)
    (first, *_) = told(rows, rows)
    assert "nobody in the reference" in first.cause
    assert told(rows, taken(reference, slice(0)))[0] == first
    narrow = told(rows, reference, codes=codes(**(fixed | {"job": {}})))
    nothing = [one for one in narrow if isinstance(one, NoCounterfactual)]
    assert nothing
    assert all("no change of up to 1 factors" in one.cause and one.tried > 0 for one in nothing)
    assert told(taken(rows, slice(0)), reference) == []


def test_what_turns_only_between_encoding_and_scoring_is_not_told():
    """The model's own score of the row decides, whatever its encoded mix gave."""

    class Doubtful(PlainScorer):
        def score(self, rows):
            return super().score(rows) + 0.02

    rows, reference = {"a": [3.0]}, {"a": np.array([0.0, 1.0, 1.99])}
    doubtful = Doubtful(lambda one: one["a"], ("a",))
    (found,) = counterfactuals(doubtful, rows, reference, [code("a")], 2.0, "high")
    assert isinstance(found, NoCounterfactual)


def test_words_have_no_more_and_no_less():
    """A direction for a column of words is the dictionary's fault."""
    rows, reference = refused(10, 1), people(20, 2)
    with pytest.raises(
        UsageError, match=r"town.change: 'town' holds words, which do not increase. Write any"
    ):
        told(rows, reference, codes=codes(town={"changeable": True, "change": {"town": "increase"}}))


def test_a_blocked_proxy_never_moves():
    """What stands for a protected attribute is no advice to anybody."""
    rows, reference = refused(60, 1), people(60, 2)
    blocked = {"proxy": Proxy("sex", "blocked", "A. Reviewer", None, "likeness")}
    found = told(rows, reference, codes=codes(income=blocked))
    assert any("income" in one.factors for answer in told(rows, reference) for one in answer)
    kept = [answer for answer in found if not isinstance(answer, NoCounterfactual)]
    assert kept
    assert not any("income" in one.factors for answer in kept for one in answer)


def test_records_are_json_and_progress_is_told():
    """A record goes to JSON and back as plain values; who watches is told when all rows are done."""
    rows, reference = refused(200, 1), people(60, 2)
    steps = []
    found = told(rows, reference, progress=steps.append)
    body = asdict(found[0][0])
    assert json.loads(json.dumps(body, allow_nan=False)) == {
        **body,
        "changes": [list(change) for change in found[0][0].changes],
        "factors": list(found[0][0].factors),
    }
    assert len(steps) > 1
    assert steps[-1] == len(found)
    assert told(taken(rows, [0]), rows, progress=steps.append)
    assert steps[-1] == 1


def test_what_a_config_leaves_out_is_what_the_search_leaves_out():
    """The section's defaults are those of the function, by the same names."""
    given = inspect.signature(counterfactuals).parameters
    for name, value in CounterfactualsSection().model_dump().items():
        assert given[name].default == value


def test_what_is_kept_of_a_reference_serves_that_reference_alone():
    """Another reference, another cutoff or another dictionary is looked at anew; the old one is not."""
    weights = {"a": 1.0, "b": 1.0}
    scorer = linear(weights)
    rows = {"a": np.array([4.0]), "b": np.array([4.0])}
    seen = []
    for a, cutoff, listed in (
        ([0.0, 1.0, 2.0], 7.0, [code("a"), code("b")]),
        ([0.0, 1.0, 3.0], 7.0, [code("a"), code("b")]),
        ([0.0, 1.0, 2.0], 6.0, [code("a"), code("b")]),
        ([0.0, 1.0, 2.0], 7.0, [code("b")]),
        ([0.0, 1.0, 2.0], 7.0, [code("a"), code("b")]),
    ):
        reference = {"a": np.array(a), "b": np.array([3.0, 2.0, 1.0])}
        found = counterfactuals(scorer, rows, reference, listed, cutoff, "high")
        assert found == counterfactuals(linear(weights), rows, reference, listed, cutoff, "high")
        seen.append(found)
    assert seen[0] == seen[-1]
    assert seen[0] != seen[1]
