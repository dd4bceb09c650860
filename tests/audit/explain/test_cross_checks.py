"""shap and lime explain what the engine explains, with their own arithmetic."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from audit.errors import UsageError
from audit.explain import EXPLAINERS, explainer, lime, shap, shapley
from audit.record import Explainer
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, bent, bent_rows, linear


def a_game(n=4, n_reference=12):
    """Return a scorer, rows and reference rows."""
    return PlainScorer(bent, BENT_COLUMNS), bent_rows(n, 1), bent_rows(n_reference, 2)


def test_shap_equals_the_exact_engine_on_the_same_reference():
    """With few factors shap's regression is exact, so both give the same numbers."""
    scorer, rows, reference = a_game()
    ours = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    theirs = shap.explain(scorer, rows, reference, BENT_FACTORS)
    assert theirs.details["whole_reference"]
    assert theirs.details["exact"]
    assert theirs.values == pytest.approx(ours.values, abs=1e-9)
    assert np.abs(theirs.residual).max() < 1e-9


def test_the_engine_equals_shaps_own_exact_explainer_and_masker():
    """shap's ExactExplainer, mixing rows by its own masker, gives the engine's values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap as library

    def three(matrix):
        return np.tanh(matrix[:, 0] * matrix[:, 1]) + 0.3 * matrix[:, 2]

    draw = np.random.default_rng(5)
    rows, reference = draw.normal(size=(3, 3)), draw.normal(size=(20, 3))
    names = ("x", "y", "z")
    scorer = PlainScorer(lambda one: three(np.stack([one[c] for c in names], axis=1)), names)
    columns = [dict(zip(names, one.T, strict=True)) for one in (rows, reference)]
    ours = shapley.explain(scorer, *columns, {c: [c] for c in names})
    masker = library.maskers.Independent(reference, max_samples=100)
    theirs = library.explainers.Exact(three, masker)(rows)
    assert ours.values == pytest.approx(theirs.values, abs=1e-12)


def test_shap_leaves_the_global_generator_as_it_was_and_repeats_itself():
    """KernelExplainer draws from numpy's global generator when factors are many."""
    weights = {f"x{i}": float(i + 1) for i in range(12)}
    scorer = linear(weights)
    draw = np.random.default_rng(2)
    rows, reference = ({c: draw.normal(size=n) for c in weights} for n in (1, 6))
    factors = {c: [c] for c in weights}
    before = np.random.get_state()[1].tobytes()
    one = shap.explain(scorer, rows, reference, factors)
    assert np.random.get_state()[1].tobytes() == before
    np.random.random()
    two = shap.explain(scorer, rows, reference, factors)
    assert one.values.tobytes() == two.values.tobytes()
    assert not one.details["exact"]


def test_a_background_that_was_asked_for_is_stated():
    """How many reference rows shap saw stands in the details."""
    scorer, rows, reference = a_game()
    found = shap.explain(scorer, rows, reference, BENT_FACTORS, background=5)
    assert found.details["background"] == 5
    assert not found.details["whole_reference"]


def test_limes_shared_sample_gives_what_lime_gives():
    """On the sample that lime itself would draw, the regression's weights are lime's."""
    from lime.lime_tabular import LimeTabularExplainer

    names = ("x", "y", "z")
    scorer = PlainScorer(lambda one: np.tanh(one["x"]) + one["y"] * one["z"], names)
    draw = np.random.default_rng(4)
    rows, reference = ({c: draw.normal(size=n) for c in names} for n in (3, 200))
    ours = lime.explain(scorer, rows, reference, {c: [c] for c in names}, seed=11, samples=800)

    training = np.stack([reference[c] for c in names], axis=1)
    library = LimeTabularExplainer(
        training, mode="regression", feature_selection="none", random_state=np.random.RandomState(11)
    )
    first = np.array([rows[c][0] for c in names])
    theirs = library.explain_instance(
        first, lambda m: scorer.score(dict(zip(names, m.T, strict=True))), num_samples=800
    )
    weights = dict(theirs.local_exp[1])
    assert ours.values[0] == pytest.approx([weights[at] for at in range(3)], abs=1e-9)
    assert ours.base[0] == pytest.approx(theirs.intercept[1], abs=1e-9)


def test_lime_sums_columns_of_a_factor_and_takes_text_and_missing_values():
    """Text, columns with few values and columns with gaps are categories; sums are per factor."""
    names = ("amount", "steps", "gap", "town")

    def score(rows):
        gap = np.where(np.isnan(rows["gap"]), 2.0, 0.1 * np.nan_to_num(rows["gap"]))
        return rows["amount"] + rows["steps"] + gap + (rows["town"] == "north") * 3.0

    draw = np.random.default_rng(6)

    def some(n):
        gap = draw.normal(size=n)
        gap[::4] = np.nan
        town = draw.choice(np.array(["north", "south"], dtype=object), size=n)
        return {
            "amount": draw.normal(size=n),
            "steps": draw.integers(0, 4, n) * 1.0,
            "gap": gap,
            "town": town,
        }

    scorer = PlainScorer(score, names)
    rows, reference = some(6), some(150)
    apart = lime.explain(scorer, rows, reference, {c: [c] for c in names})
    together = lime.explain(scorer, rows, reference, {"both": ["amount", "steps"], "rest": ["gap", "town"]})
    assert together.values[:, 0] == pytest.approx(apart.values[:, :2].sum(axis=1))
    missing, north = np.isnan(rows["gap"]), rows["town"] == "north"
    assert apart.values[missing, 2].min() > apart.values[~missing, 2].max()
    assert apart.values[north, 3].min() > 0 > apart.values[~north, 3].max()
    assert apart.residual == pytest.approx(apart.output - apart.base - apart.values.sum(axis=1))


def test_lime_repeats_itself_and_differs_by_its_seed():
    """Same seed, same bytes; another seed is another sample."""
    scorer, rows, reference = a_game(n=2, n_reference=60)
    one, two, other = (
        lime.explain(scorer, rows, reference, BENT_FACTORS, seed=seed, samples=300) for seed in (7, 7, 8)
    )
    assert one.values.tobytes() == two.values.tobytes()
    assert one.values.tobytes() != other.values.tobytes()


def test_lime_keeps_the_value_of_a_quartile_that_holds_one():
    """A column whose low quartiles are all -2 is never perturbed to 0, which it never was."""
    seen = []

    def score(rows):
        seen.append(rows["a"])
        return rows["a"]

    draw = np.random.default_rng(1)
    values = np.concatenate([np.full(90, -2.0), draw.uniform(3, 9, 60)])
    lime.explain(PlainScorer(score, ("a",)), {"a": values[:2]}, {"a": values}, {"a": ["a"]}, samples=500)
    perturbed = np.concatenate(seen)
    assert ((perturbed == -2.0) | (perturbed > -2.0)).all()
    assert not (np.abs(perturbed) < 1e-9).any()


@pytest.mark.parametrize("name", list(EXPLAINERS))
def test_every_method_of_the_table_is_found_by_its_name(name):
    """The table's strings lead to explainers of that name."""
    method: Explainer = explainer(name)
    assert method.name == name
    assert method.source


def test_an_unknown_method_is_refused_with_those_that_are_known():
    """A spelling mistake is answered by the list."""
    with pytest.raises(UsageError, match=r"no method 'shaply' \(methods: .*shapley"):
        explainer("shaply")
