"""Which of shap's explainers speaks, on which game, and the traps that each of them sets."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from audit.errors import UsageError
from audit.explain import shap, shap_deep, shapley
from audit.models.keras import import_keras_quietly, scorer_of
from tests.worlds.small_networks import COLUMNS, FACTORS, networked, some_rows
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, bent, bent_rows, linear

import_keras_quietly()
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

MANY = tuple(f"x{at}" for at in range(13))
OF_MANY = {column: [column] for column in MANY}


def shap_itself():
    """Import the library without what its imports warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap as library
    return library


def wide(activation="relu"):
    """Return the scorer of a network of 13 columns: too many for every coalition."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            keras.Input((13,)),
            keras.layers.Dense(8, activation=activation),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    return scorer_of(model, features=MANY)


# --- the choice ----------------------------------------------------------------------------------


def test_where_every_coalition_is_affordable_the_same_game_is_played():
    """A small game of a Keras model is asked whole: that is the witness who can convict."""
    scorer, rows, reference = networked(), some_rows(4, 1), some_rows(30, 2)
    found = shap.explain(scorer, rows, reference, FACTORS)
    assert found.details["explainer"] == "KernelExplainer"
    assert found.details["game"] == "factors"
    assert found.details["exact"]
    assert "instead_of" not in found.details
    assert found.values == pytest.approx(shapley.explain(scorer, rows, reference, FACTORS).values, abs=1e-6)


def test_past_that_a_keras_model_is_explained_by_its_columns():
    """DeepExplainer speaks, against the whole reference, and says that it plays another game."""
    scorer, rows, reference = wide(), some_rows(4, 1, MANY), some_rows(150, 2, MANY)
    told = []
    found = shap.explain(scorer, rows, reference, OF_MANY, progress=told.append)
    assert found.details["explainer"] == "DeepExplainer"
    assert found.details["game"] == "columns, added up for each factor"
    assert not found.details["exact"]
    assert found.details["background"] == 150
    assert np.abs(found.residual).max() < 1e-6
    assert told == [4]
    quoted = shapley.explain(scorer, rows, reference, OF_MANY)
    assert 1e-3 < np.abs(found.values - quoted.values).max() < 0.05  # near, and no more than near
    assert np.abs(found.values).argmax(axis=1).tolist() == np.abs(quoted.values).argmax(axis=1).tolist()


def test_a_model_of_scores_alone_is_never_handed_to_another():
    """With many factors a function is sampled by KernelExplainer, as it was."""
    scorer = linear(dict.fromkeys(MANY, 1.0))
    found = shap.explain(scorer, some_rows(1, 1, MANY), some_rows(5, 2, MANY), OF_MANY)
    assert found.details["explainer"] == "KernelExplainer"
    assert not found.details["exact"]
    assert "instead_of" not in found.details


def test_an_explainer_can_be_asked_for_and_one_that_is_not_there_is_refused():
    """``by`` names one; a function asked by DeepExplainer gets the other with the cause."""
    scorer, rows, reference = networked(), some_rows(3, 1), some_rows(20, 2)
    deep = shap.explain(scorer, rows, reference, FACTORS, by="deep")
    assert deep.details["explainer"] == "DeepExplainer"
    few = shap.explain(scorer, rows, reference, FACTORS, by="deep", background=7)
    assert few.details["background"] == 7
    plain = PlainScorer(bent, BENT_COLUMNS)
    other = shap.explain(plain, bent_rows(1, 1), bent_rows(5, 2), BENT_FACTORS, by="deep")
    assert other.details["instead_of"]["DeepExplainer"].startswith("this is no Keras model")
    with pytest.raises(UsageError, match="shap has no explainer 'tree'"):
        shap.explain(scorer, rows, reference, FACTORS, by="tree")


# --- DeepExplainer ----------------------------------------------------------------------------------


def test_deep_values_are_the_librarys_own_for_each_column():
    """On a plain model the values are those of shap.DeepExplainer called by hand, without its last axis."""
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)])
    scorer = scorer_of(model, features=COLUMNS)
    rows, reference = scorer.encode(some_rows(3, 1)), scorer.encode(some_rows(20, 2))
    found = shap_deep.by_column(scorer, rows, reference)
    with warnings.catch_warnings(), shap_deep.tensorflow_as_it_was():
        warnings.simplefilter("ignore")
        theirs = shap_itself().DeepExplainer(model, reference).shap_values(rows)
    assert theirs.shape == (3, 5, 1)  # the trailing axis of outputs
    assert found.shape == (3, 5)
    assert found == pytest.approx(theirs[:, :, 0], abs=1e-7)


def test_of_several_outputs_the_score_is_explained():
    """The last axis of shap's answer are the outputs; the config's choice is taken."""
    model = keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(3, "sigmoid")]
    )
    rows, reference = some_rows(3, 1), some_rows(20, 2)
    by_output = [
        shap.explain(scorer_of(model, features=COLUMNS, output=at), rows, reference, FACTORS, by="deep")
        for at in range(3)
    ]
    for found in by_output:
        assert found.details["explainer"] == "DeepExplainer"
        assert np.abs(found.residual).max() < 1e-6
    assert np.abs(by_output[0].values - by_output[2].values).max() > 1e-3


def test_named_columns_and_looked_up_text_are_followed():
    """Several inputs, and the places behind a look-up, add up to the score."""
    inputs = {
        "income": keras.Input((1,), name="income"),
        "home": keras.Input((1,), name="home", dtype="string"),
    }
    look_up = keras.layers.StringLookup(vocabulary=["own", "rent"], output_mode="one_hot")
    joined = keras.layers.Concatenate()([inputs["income"], look_up(inputs["home"])])
    hidden = keras.layers.Dense(4, activation="relu")(joined)
    scorer = scorer_of(keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden)))
    draw = np.random.default_rng(2)

    def some(n):
        home = draw.choice(np.array(["own", "rent", "free"], dtype=object), n)
        return {"income": draw.normal(size=n), "home": home}

    found = shap.explain(scorer, some(4), some(30), {"money": ["income"], "home": ["home"]}, by="deep")
    assert found.details["explainer"] == "DeepExplainer"
    assert np.abs(found.residual).max() < 1e-6
    assert np.abs(found.values).min() > 0


@pytest.mark.parametrize("activation", ["gelu", "leaky_relu"])
def test_a_failure_leaves_tensorflow_as_it_was(activation):
    """DeepExplainer poisons the process where it has no rule: afterwards gradients and training still run."""
    from tensorflow.python.eager import execute
    from tensorflow.python.framework import ops

    before = execute.record_gradient, dict(ops._gradient_registry._registry)
    scorer, rows, reference = wide(activation), some_rows(2, 1, MANY), some_rows(20, 2, MANY)
    found = shap.explain(scorer, rows, reference, OF_MANY, by="deep")
    assert found.details["explainer"] == "KernelExplainer"
    assert "gradient registry has no entry for: shap_" in found.details["instead_of"]["DeepExplainer"]
    assert execute.record_gradient is before[0]
    assert dict(ops._gradient_registry._registry) == before[1]
    values = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(values[1:] ** 2)
    assert np.asarray(tf.convert_to_tensor(tape.gradient(total, values))).tolist() == [0.0, 4.0, 6.0]
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(np.ones((4, 2)), np.ones(4), epochs=1, verbose=0)


def test_without_the_guard_the_process_would_be_poisoned():
    """The trap is real: unguarded, a failed DeepExplainer leaves its own recorder behind."""
    from tensorflow.python.eager import execute

    scorer = wide("gelu")
    starts, output, _ = scorer.trunk_tensors()
    parts = scorer.trunk_parts(scorer.encode(some_rows(5, 2, MANY)))
    before = execute.record_gradient
    with warnings.catch_warnings(), shap_deep.tensorflow_as_it_was():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception, match="shap_Erfc"):
            shap_itself().DeepExplainer((starts, output), parts).shap_values(parts[0])
        assert execute.record_gradient is not before
    assert execute.record_gradient is before


def test_values_that_do_not_add_up_are_not_taken():
    """Of swish DeepExplainer's rules give wrong values: shap's check refuses, and the kernel speaks."""
    scorer, rows, reference = wide("swish"), some_rows(3, 1, MANY), some_rows(30, 2, MANY)
    found = shap.explain(scorer, rows, reference, OF_MANY, by="deep")
    cause = found.details["instead_of"]["DeepExplainer"]
    assert cause == "it cannot follow this model (its values do not add up to the score). " + (
        "Use shap's KernelExplainer"
    )
    assert (
        found.values.tobytes() == shap.explain(scorer, rows, reference, OF_MANY, by="kernel").values.tobytes()
    )
    assert np.abs(found.residual).max() < 1e-9


def test_a_small_score_does_not_slip_through_shaps_tolerance():
    """shap allows a hundredth in the score's unit; scores of that size are held to their own range."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(6, "swish"), keras.layers.Dense(1)])
    kernel, bias = model.layers[1].get_weights()
    model.layers[1].set_weights([kernel * 1e-3, bias])
    scorer = scorer_of(model, features=COLUMNS)
    rows, reference = scorer.encode(some_rows(3, 1)), scorer.encode(some_rows(20, 2))
    with pytest.raises(UsageError, match=r"its values miss the score by up to \d"):
        shap_deep.by_column(scorer, rows, reference)


# --- KernelExplainer --------------------------------------------------------------------------------


def test_no_factor_is_dropped_by_a_regularization():
    """shap's default keeps ten of the factors; here each of thirteen has its weight."""
    weights = {column: 0.3 + at / 10 for at, column in enumerate(MANY)}
    scorer, rows, reference = linear(weights), some_rows(2, 1, MANY), some_rows(6, 2, MANY)
    found = shap.explain(scorer, rows, reference, OF_MANY, by="kernel")
    true = np.stack([w * (rows[c] - reference[c].mean()) for c, w in weights.items()], axis=1)
    assert found.values == pytest.approx(true, abs=1e-9)
    assert np.count_nonzero(np.abs(found.values[0]) > 1e-6) == 13


def test_a_sampled_row_does_not_depend_on_the_rows_before_it():
    """shap draws from numpy's global generator: it is seeded for each row, and put back."""
    scorer, rows, reference = wide("tanh"), some_rows(3, 1, MANY), some_rows(6, 2, MANY)
    before = np.random.get_state()[1].tobytes()
    together = shap.explain(scorer, rows, reference, OF_MANY, by="kernel")
    assert np.random.get_state()[1].tobytes() == before
    alone = shap.explain(scorer, {c: v[2:] for c, v in rows.items()}, reference, OF_MANY, by="kernel")
    assert alone.values[0].tobytes() == together.values[2].tobytes()
    other = shap.explain(scorer, rows, reference, OF_MANY, by="kernel", seed=8)
    assert not together.details["exact"]
    assert other.values.tobytes() != together.values.tobytes()


def test_no_reference_row_is_left_out_unsaid():
    """shap's Independent masker keeps 100 rows without a word; here all 150 count, and it is stated."""
    scorer, rows, reference = PlainScorer(bent, BENT_COLUMNS), bent_rows(1, 1), bent_rows(150, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(shap_itself().maskers.Independent(np.zeros((150, 2))).data) == 100
    found = shap.explain(scorer, rows, reference, BENT_FACTORS)
    assert found.details["background"] == 150
    assert found.details["whole_reference"]
    exact = shapley.explain(scorer, rows, reference, BENT_FACTORS)
    assert found.values == pytest.approx(exact.values, abs=1e-9)
