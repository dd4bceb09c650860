"""Keras models are scored as Keras scores them."""

from __future__ import annotations

import numpy as np
import pytest

from audit.errors import ModelError
from audit.explain import shapley
from audit.models import digest_of, open_model
from audit.models.keras import import_keras_quietly, scorer_of
from audit.record import Scorer
from tests.oracles.shapley import shapley_values
from tests.worlds.keras_models import (
    NAMES,
    by_keras,
    dict_model,
    mixed_rows,
    numbers,
    saved,
    tensor_model,
)
from tests.worlds.small_scorers import as_records

import_keras_quietly()
import keras  # noqa: E402


@pytest.fixture(autouse=True)
def _same_weights():
    """Draw the same weights in every test."""
    keras.utils.set_random_seed(5)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_model_of_one_tensor_takes_the_columns_in_their_order(tmp_path, name):
    """Both formats give the scores that Keras gives."""
    model = tensor_model()
    scorer = open_model(saved(model, tmp_path, name), features=NAMES)
    rows = numbers(50, 2)
    true = np.asarray(model(np.stack([rows[c] for c in NAMES], axis=1).astype("float32")))[:, 0]
    assert isinstance(scorer, Scorer)
    assert scorer.columns == NAMES
    assert scorer.score(rows) == pytest.approx(true, abs=1e-6)
    assert scorer.score(dict(reversed(rows.items()))).tolist() == scorer.score(rows).tolist()


def test_named_columns_are_taken_by_name_and_text_is_coded_once(tmp_path):
    """The trunk starts behind the look-ups; unknown words are the model's own unknown."""
    model = dict_model()
    scorer = open_model(saved(model, tmp_path))
    rows = mixed_rows(40, 3)
    rows["home"][0] = ""
    assert set(scorer.columns) == {"income", "debt", "home", "steps"}
    assert scorer.score(rows) == pytest.approx(by_keras(model, rows), abs=1e-6)
    assert scorer.notes == []
    start, stop = scorer.spans["home"]
    assert stop - start == 3 + 1  # three places of the one-hot look-up, one code for the embedding
    assert scorer.encode(rows).shape == (40, 1 + 1 + 4 + 1)


def test_a_row_alone_has_the_bits_that_it_has_in_a_batch(tmp_path):
    """Neither company nor place in a batch changes a score."""
    scorer = open_model(saved(tensor_model(), tmp_path), features=NAMES)
    rows = numbers(5000, 4)  # more than one padded batch
    together = scorer.score(rows)
    for at in (0, 1, 4095, 4096, 4999):
        assert scorer.score({c: v[at : at + 1] for c, v in rows.items()})[0] == together[at]
    turned = scorer.score({c: v[::-1] for c, v in rows.items()})
    assert turned[::-1].tobytes() == together.tobytes()


def test_no_rows_have_no_scores(tmp_path):
    """An empty batch is no error."""
    scorer = open_model(saved(dict_model(), tmp_path))
    assert scorer.score({c: v[:0] for c, v in mixed_rows(1, 1).items()}).shape == (0,)


def test_columns_that_nobody_named_are_those_of_the_first_rows(tmp_path):
    """Without features the rows' own order counts, and their number must fit."""
    path = saved(tensor_model(), tmp_path)
    rows = numbers(6, 2)
    assert open_model(path).score(rows).tolist() == open_model(path, features=NAMES).score(rows).tolist()
    with pytest.raises(ModelError, match=r"it takes 4 columns, and data\.features names 2"):
        open_model(path).score(numbers(2, 1, ("income", "debt")))


def test_an_output_is_chosen_by_name_or_place(tmp_path):
    """Of two outputs each can be the score; a third cannot."""
    given = keras.Input((4,))
    outputs = {
        "default": keras.layers.Dense(1, activation="sigmoid", name="one")(given),
        "loss": keras.layers.Dense(1, name="two")(given),
    }
    model = keras.Model(given, outputs)
    path = saved(model, tmp_path)
    rows = numbers(5, 1)
    true = model(np.stack([rows[c] for c in NAMES], axis=1).astype("float32"))
    for output, key in (("loss", "loss"), (0, "default"), (1, "loss")):
        scores = open_model(path, features=NAMES, output=output).score(rows)
        assert scores == pytest.approx(np.asarray(true[key])[:, 0], abs=1e-6)
    with pytest.raises(ModelError, match=r"no output 'risk' \(outputs: default, loss\)"):
        open_model(path, features=NAMES, output="risk")


def test_a_place_in_a_vector_of_classes_is_an_output(tmp_path):
    """A softmax of three classes has outputs 0 to 2, and no more."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    path = saved(model, tmp_path)
    rows = numbers(5, 1)
    true = np.asarray(model(np.stack([rows[c] for c in NAMES], axis=1).astype("float32")))
    scorer = open_model(path, features=NAMES, output=2)
    assert scorer.score(rows) == pytest.approx(true[:, 2], abs=1e-6)
    assert scorer.describe().output.endswith("[2]")
    with pytest.raises(ModelError, match="no output 3"):
        open_model(path, features=NAMES, output=3)


def test_it_describes_itself(tmp_path):
    """Digest, layers and parameters are kept."""
    path = saved(tensor_model(), tmp_path)
    model = open_model(path, features=NAMES).describe()
    assert model.digest == digest_of(path)
    assert (model.framework, model.name, model.inputs) == ("keras", "model.keras", NAMES)
    assert [layer["kind"] for layer in model.layers] == ["Normalization", "Dropout", "Dense", "Dense"]
    assert model.layers[2]["units"] == 8
    assert model.n_parameters == (4 + 4 + 1) + (4 * 8 + 8) + (8 + 1)


def test_what_xla_cannot_compile_is_run_without_it():
    """A graph that XLA refuses is scored by TensorFlow itself, and the note says so."""
    import tensorflow as tf

    scorer = scorer_of(tensor_model(), features=NAMES)
    rows = numbers(5, 1)
    compiled = scorer.score(rows)

    def refuse(padded, n_parts):
        raise tf.errors.UnimplementedError(None, None, "no kernel for this operation")

    scorer._batches._compiled = refuse
    assert scorer.score(rows) == pytest.approx(compiled, abs=1e-6)
    assert scorer.notes == ["not compiled by XLA: no kernel for this operation"]


def test_a_model_that_states_no_inputs_is_refused():
    """A subclassed model has no graph to read; the way out is named."""

    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ModelError, match="does not state its inputs"):
        scorer_of(Own())


def embedded(flat=False):
    """Return a network of whole numbers that are looked up, with two outputs, and how its rows are drawn."""
    if flat:
        given = keras.Input((3,), dtype="int32", name="ids")
        looked_up = keras.layers.Flatten()(keras.layers.Embedding(10, 4)(given))
        names: dict[str, int] = {"x": 10, "y": 10, "z": 10}
    else:
        given = {
            "debt": keras.Input((1,), name="debt"),
            "town": keras.Input((1,), name="town", dtype="int32"),
            "job": keras.Input((), name="job", dtype="int64"),
        }
        town = keras.layers.Flatten()(keras.layers.Embedding(10, 3)(given["town"]))
        looked_up = keras.layers.Concatenate()(
            [given["debt"], town, keras.layers.Embedding(5, 2)(given["job"])]
        )
        names = {"debt": 10, "town": 10, "job": 5}
    hidden = keras.layers.Dense(8, activation="relu")(looked_up)
    outputs = [
        keras.layers.Dense(1, activation="sigmoid", name="default")(hidden),
        keras.layers.Dense(1, name="loss")(hidden),
    ]
    return keras.Model(given, outputs), names


def places(n, names, seed=1):
    """Draw whole numbers below the size of each table."""
    draw = np.random.default_rng(seed)
    return {column: draw.integers(0, size, n).astype(float) for column, size in names.items()}


def by_keras_places(model, rows, at):
    """Score places by calling the model itself."""
    if len(model.inputs) == 1:
        fed = np.stack(list(rows.values()), axis=1).astype("int32")
    else:
        fed = {"debt": rows["debt"].astype("float32")[:, None], "town": rows["town"].astype("int32")[:, None]}
        fed["job"] = rows["job"].astype("int64")
    return np.asarray(model(keras.tree.map_structure(keras.ops.convert_to_tensor, fed))[at])[:, 0]


@pytest.mark.parametrize("flat", [True, False])
def test_whole_numbers_are_looked_up_for_either_of_two_outputs(tmp_path, flat):
    """As one matrix and as a column an input, also flat ones; exact values are those of brute force."""
    model, names = embedded(flat)
    path, rows, reference = saved(model, tmp_path), places(3, names), places(5, names, 2)
    for output, at in (("default", 0), (0, 0), ("loss", 1), (1, 1)):
        scorer = open_model(path, features=tuple(names), output=output)
        assert scorer.score(rows) == pytest.approx(by_keras_places(model, rows, at), abs=1e-6)
        assert scorer.describe().output == ("default", "loss")[at]
        factors = {column: [column] for column in names}
        found = shapley.explain(scorer, rows, reference, factors)
        assert scorer._mixer.through_first_layer
        assert scorer.notes == []

        def score(row, at=at):
            return float(by_keras_places(model, {c: np.array([v]) for c, v in row.items()}, at)[0])

        for place, row in enumerate(as_records(rows)):
            true = shapley_values(score, row, as_records(reference), factors)
            assert found.values[place] == pytest.approx([true[f] for f in factors], abs=1e-6)


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("at", [0, 60])
def test_a_number_that_a_table_has_no_place_for_is_refused(tmp_path, flat, at):
    """Among the first rows and behind them: XLA would take the last place without a word."""
    model, names = embedded(flat)
    scorer = open_model(saved(model, tmp_path), features=tuple(names))
    rows = places(80, names)
    column = "y" if flat else "town"
    rows[column][at] = 10.0
    with pytest.raises(ModelError, match=r"1 of 80 rows have a number that its Embedding of 10 places"):
        scorer.score(rows)
    for other in (np.nan, np.inf, 2.5):
        rows[column][at] = other
        with pytest.raises(ModelError, match=f"reads '{column}' as whole numbers, and 1 of 80 rows miss it"):
            scorer.score(rows)


def test_a_place_is_looked_for_wherever_the_graph_looks_it_up(tmp_path):
    """A column cut out of a matrix of numbers may be the place, too."""
    given = keras.Input((3,))
    looked_up = keras.layers.Embedding(4, 2)(given[:, 1])
    joined = keras.layers.Concatenate()([given, looked_up])
    scorer = open_model(
        saved(keras.Model(given, keras.layers.Dense(1)(joined)), tmp_path), features=NAMES[:3]
    )
    rows = {"income": np.array([0.5, 9.0]), "debt": np.array([3.0, 1.0]), "age_of_file": np.array([7.0, 0.1])}
    assert scorer.score(rows).shape == (2,)
    rows["debt"][1] = 4.0
    with pytest.raises(ModelError, match=r"1 of 2 rows have a number that its Embedding of 4 places"):
        scorer.score(rows)
