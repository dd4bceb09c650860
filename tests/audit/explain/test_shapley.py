"""The engine gives the Shapley values of the definition, and knows what it does not know."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import UsageError
from audit.explain import shapley
from audit.record import Explainer
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import (
    BENT_COLUMNS,
    BENT_FACTORS,
    PlainScorer,
    as_records,
    bent,
    bent_rows,
    linear,
)


def a_game(n=4, n_reference=9):
    """Return a scorer with interactions and a text column, rows, and reference rows."""
    return PlainScorer(bent, BENT_COLUMNS), bent_rows(n, 1), bent_rows(n_reference, 2)


def one_score(row):
    """Score one row of plain values with the function itself."""
    return float(bent({column: np.array([cell]) for column, cell in row.items()})[0])


def test_it_equals_all_coalitions_valued_one_by_one():
    """Exact values are those of the definition, to rounding."""
    scorer, rows, reference = a_game()
    found = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    for at, row in enumerate(as_records(rows)):
        true = shapley_values(one_score, row, as_records(reference), BENT_FACTORS)
        assert found.values[at] == pytest.approx([true[f] for f in BENT_FACTORS], abs=1e-12)


def test_sampled_values_lie_within_their_standard_errors():
    """Where factors are sampled, errors are calibrated: their size in standard errors is about 1."""
    scorer, rows, reference = a_game(n=30, n_reference=40)
    exact = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    sampled = shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=2, escalate=False)
    moving = [f != "idle" for f in BENT_FACTORS]
    z = (sampled.values - exact.values)[:, moving] / sampled.standard_error[:, moving]
    assert 0.7 < np.sqrt((z**2).mean()) < 1.3
    assert np.abs(z).max() < 5
    assert np.abs(sampled.residual).max() < 1e-12


def test_rows_that_are_not_settled_are_asked_again_until_they_are():
    """Every verdict that is not false has the order of the exact answer."""
    scorer, rows, reference = a_game(n=40, n_reference=20)
    exact = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    first = shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=2, escalate=False)
    found = shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=2)
    assert "false" in first.certified
    assert "false" not in found.certified
    assert found.details["rows_exact"] > 0
    for at, word in enumerate(found.certified):
        if word == "certain":
            adverse = exact.values[at] > 0.05 * exact.values[at][exact.values[at] > 0].sum()
            order = np.argsort(-exact.values[at])[: min(4, adverse.sum())]
            assert np.argsort(-found.values[at])[: len(order)].tolist() == order.tolist()


def test_without_budget_an_unsettled_row_stays_false():
    """Nobody is told that a ranking is certain because the budget was spent."""
    scorer, rows, reference = a_game(n=40, n_reference=20)
    found = shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=2, budget=0)
    assert "false" in found.certified
    assert "rows_exact" not in found.details


def test_the_additive_scorecard_gives_the_points_lost():
    """For an additive model the value is the loss against the reference's average (R4 and its vector)."""
    scorer = linear({"utilisation": 1.0, "history": 1.0, "inquiries": 1.0, "income": 1.0})
    applicant = {"utilisation": [20.0], "history": [15.0], "inquiries": [28.0], "income": [30.0]}
    near_pass = {
        "utilisation": [40.0, 44.0],
        "history": [30.0, 40.0],
        "inquiries": [29.0, 31.0],
        "income": [20.0, 36.0],
    }
    factors = {column: [column] for column in applicant}
    found = shapley.explain(scorer, applicant, near_pass, factors, adverse="low")
    assert -found.values[0] == pytest.approx([22.0, 20.0, 2.0, -2.0], abs=1e-12)
    assert found.certified == ("exact",)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=7),
    st.integers(0, 2**32 - 1),
)
def test_linear_models_have_their_closed_form(weights, seed):
    """A linear model's value is weight times distance to the reference's mean."""
    draw = np.random.default_rng(seed)
    named = {f"x{i}": weight for i, weight in enumerate(weights)}
    rows = {column: draw.normal(size=3) for column in named}
    reference = {column: draw.normal(size=5) for column in named}
    found = shapley.explain(linear(named), rows, reference, {column: [column] for column in named})
    for place, (column, weight) in enumerate(named.items()):
        true = weight * (rows[column] - reference[column].mean())
        assert found.values[:, place] == pytest.approx(true, abs=1e-9)


@pytest.mark.parametrize("exact_up_to", [10, 2])
def test_its_axioms(exact_up_to):
    """Contributions add up, an unused factor gets exactly 0, and equal players get equal shares."""
    scorer = PlainScorer(lambda rows: np.tanh(rows["a"] + rows["b"]) * rows["c"], ("a", "b", "c", "f"))
    draw = np.random.default_rng(3)
    rows = {column: draw.normal(size=5) for column in ("a", "c", "f")}
    rows["b"] = rows["a"]
    reference = {column: draw.normal(size=12) for column in ("a", "c", "f")}
    reference["b"] = reference["a"]
    factors = {"a": ["a"], "b": ["b"], "c": ["c"], "idle": ["f"], "unread": ["nowhere"]}
    found = shapley.explain(scorer, rows, reference, factors, exact_up_to=exact_up_to)
    assert np.abs(found.residual).max() < 1e-12
    assert (found.values[:, 4] == 0).all()
    assert np.abs(found.values[:, 3]).max() < 1e-15
    assert found.values[:, 0] == pytest.approx(found.values[:, 1], abs=1e-12 if exact_up_to == 10 else 0.1)


def test_a_row_alone_and_a_second_run_give_the_same_bytes():
    """Neither company nor repetition changes a bit, exact or sampled."""
    scorer, rows, reference = a_game(n=6, n_reference=15)
    for exact_up_to in (10, 2):
        together = shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=exact_up_to)
        again = shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=exact_up_to)
        alone = {column: cells[3:4] for column, cells in rows.items()}
        one = shapley.explain(scorer, alone, reference, BENT_FACTORS, exact_up_to=exact_up_to)
        assert together.values.tobytes() == again.values.tobytes()
        assert together.values[3].tobytes() == one.values[0].tobytes()


def test_the_global_generator_is_left_alone():
    """Sampling draws from its own generator."""
    scorer, rows, reference = a_game()
    before = np.random.get_state()[1].tobytes()
    shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=2)
    assert np.random.get_state()[1].tobytes() == before


def test_the_other_label_coding_turns_every_sign_and_nothing_else():
    """One minus the score, with low scores adverse, gives the same adverse contributions and verdicts."""
    scorer, rows, reference = a_game(n=10)
    turned = PlainScorer(lambda one: 1.0 - bent(one), BENT_COLUMNS)
    high = shapley.explain(scorer, rows, reference, BENT_FACTORS, adverse="high")
    low = shapley.explain(turned, rows, reference, BENT_FACTORS, adverse="low")
    assert -low.values == pytest.approx(high.values, abs=1e-12)
    assert low.certified == high.certified


def test_a_category_written_as_one_hot_gets_the_same_value():
    """Re-encoding a category changes nothing: its parts are one player (R11)."""
    scorer, rows, reference = a_game()
    parts = ("north", "south", "")

    def one_hot(columns):
        others = {column: cells for column, cells in columns.items() if column != "town"}
        return others | {f"town_{word}": (columns["town"] == word).astype(float) for word in parts}

    def unfolded(columns):
        town = np.select([columns[f"town_{word}"] == 1 for word in parts], parts, "").astype(object)
        return bent(columns | {"town": town})

    columns = tuple(one_hot(rows))
    factors = BENT_FACTORS | {"town": [column for column in columns if column.startswith("town_")]}
    plain = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    split = shapley.explain(PlainScorer(unfolded, columns), one_hot(rows), one_hot(reference), factors)
    assert split.values == pytest.approx(plain.values, abs=1e-12)


def test_a_column_without_a_factor_shows_in_the_residual():
    """What nobody owns is never spread over factors that did nothing."""
    scorer = linear({"a": 1.0, "b": 2.0})
    rows, reference = {"a": [1.0], "b": [3.0]}, {"a": [0.0, 0.0], "b": [1.0, 1.0]}
    found = shapley.explain(scorer, rows, reference, {"a": ["a"]})
    assert found.values.tolist() == [[1.0]]
    assert found.residual.tolist() == [4.0]
    sampled = shapley.explain(scorer, rows, reference, {"a": ["a"]}, exact_up_to=0)
    assert sampled.values.tolist() == [[1.0]]


def test_frames_and_columns_are_the_same_rows():
    """polars frames, with nulls, give what dicts of columns give."""
    scorer, rows, reference = a_game()
    frames = [pl.DataFrame({c: v.tolist() for c, v in one.items()}) for one in (rows, reference)]
    plain = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    framed = shapley.explain(PlainScorer(bent, BENT_COLUMNS), *frames, BENT_FACTORS)
    assert framed.values.tobytes() == plain.values.tobytes()


def test_what_cannot_be_explained_is_refused_with_its_way_out():
    """No reference, no factor, or a column of two factors is the caller's move."""
    scorer, rows, reference = a_game()
    nobody = {column: cells[:0] for column, cells in reference.items()}
    with pytest.raises(UsageError, match="the reference has no rows"):
        shapley.explain(scorer, rows, nobody, BENT_FACTORS)
    with pytest.raises(UsageError, match="no factor is named"):
        shapley.explain(scorer, rows, reference, {})
    with pytest.raises(UsageError, match="belongs to both 'ab' and 'again'"):
        shapley.explain(scorer, rows, reference, {"ab": ["a", "b"], "again": ["b"]})


def test_no_rows_give_no_contributions():
    """An empty batch is no error."""
    scorer, rows, reference = a_game()
    nobody = {column: cells[:0] for column, cells in rows.items()}
    for exact_up_to in (10, 2):
        found = shapley.explain(scorer, nobody, reference, BENT_FACTORS, exact_up_to=exact_up_to)
        assert found.values.shape == (0, len(BENT_FACTORS))
        assert found.certified == ()


def test_progress_ends_at_all_rows():
    """Who watches is told when all rows are done."""
    scorer, rows, reference = a_game()
    for exact_up_to in (10, 2):
        told = []
        shapley.explain(scorer, rows, reference, BENT_FACTORS, exact_up_to=exact_up_to, progress=told.append)
        assert told[-1] == 4


def test_the_module_is_an_explainer():
    """The method has the four parts of its protocol."""
    method: Explainer = shapley
    assert method.name == "shapley"
    assert method.needs == frozenset()
    assert method.source
