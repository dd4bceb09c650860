"""A Keras file runs no code that nobody answers for, and what is wrong with it is said in words."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from audit.errors import ModelError
from audit.models import open_model
from audit.models.keras import import_keras_quietly
from audit.models.keras_code import code_in_keras
from audit.record import Trust
from tests.worlds.keras_models import (
    NAMES,
    dict_model,
    mixed_rows,
    numbers,
    saved,
    tensor_model,
)

import_keras_quietly()
import keras  # noqa: E402

DEMO = Path(__file__).parents[3] / "audit" / "demo"
TRUST = Trust("Model Risk", "read line by line", dt.date(2026, 11, 20))


@pytest.fixture(autouse=True)
def _same_weights():
    """Draw the same weights in every test."""
    keras.utils.set_random_seed(5)


def with_lambda(folder, name):
    """Save a model with a Lambda layer."""
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Lambda(lambda x: x * 2.0, output_shape=(4,)), keras.layers.Dense(1)]
    )
    return saved(model, folder, name)


@keras.saving.register_keras_serializable(package="house")
class Doubled(keras.layers.Layer):
    """A layer of our own."""

    def call(self, inputs):
        return inputs * 2.0


@keras.saving.register_keras_serializable(package="house")
def steep(x):
    """An activation of our own."""
    return keras.ops.relu(x) * 3.0


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_lambda_is_found_before_anything_is_loaded(tmp_path, name):
    """Without trust the file is refused with its place, the fact and the way out; with it, it runs."""
    path = with_lambda(tmp_path, name)
    assert any("Lambda layer" in one for one in code_in_keras(path))
    with pytest.raises(ModelError, match=r"holds code that would run .*Lambda.*state model.trust"):
        open_model(path, features=NAMES)
    scorer = open_model(path, trust=TRUST, features=NAMES)
    assert scorer.score(numbers(3, 1)).shape == (3,)
    assert scorer.describe().trust == TRUST


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_custom_layers_and_functions_are_code(tmp_path, name):
    """Every class and function that is not Keras's own is named."""
    given = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation=steep)(Doubled()(given))
    path = saved(keras.Model(given, keras.layers.Dense(1)(hidden)), tmp_path, name)
    assert any("Doubled" in one for one in code_in_keras(path))
    assert any("steep" in one for one in code_in_keras(path))
    with pytest.raises(ModelError, match="nobody is named"):
        open_model(path, features=NAMES)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_model_of_keras_alone_is_data(tmp_path, name):
    """Look-ups, embeddings, regularizers, a compiled loss of our own: nothing that is run here."""
    model = dict_model()
    model.compile("adam", loss=lambda true, guess: keras.ops.mean(true - guess))
    assert code_in_keras(saved(model, tmp_path, name)) == []


def test_the_marker_of_a_lambda_is_never_written(tmp_path):
    """A Lambda that writes a file when it is called has not been called by a refusal."""
    marker = tmp_path / "marker"
    target = str(marker)

    def write(x):
        open(target, "w").close()
        return x

    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Lambda(write, output_shape=(4,)), keras.layers.Dense(1)]
    )
    path = saved(model, tmp_path)
    marker.unlink(missing_ok=True)
    with pytest.raises(ModelError, match="Lambda"):
        open_model(path, features=NAMES)
    assert not marker.exists()


def test_a_foreign_file_is_refused_in_words(tmp_path):
    """Neither a text nor a zip of something else is a traceback."""
    text, archive = tmp_path / "a.keras", tmp_path / "b.keras"
    text.write_text("no model")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("config.json", "[]")
    (tmp_path / "c.h5").write_text("no model")
    for path in (text, archive, tmp_path / "c.h5"):
        with pytest.raises(ModelError, match=rf"model {path.name}: .*[Ss]ave"):
            open_model(path, features=NAMES)


def test_a_damaged_file_is_refused_in_words(tmp_path):
    """A model without its weights cannot be loaded, and the message says what to do."""
    path = saved(tensor_model(), tmp_path)
    config = zipfile.ZipFile(path).read("config.json")
    damaged = tmp_path / "damaged.keras"
    with zipfile.ZipFile(damaged, "w") as file:
        file.writestr("config.json", config)
    with pytest.raises(ModelError, match="Keras cannot load it"):
        open_model(damaged, features=NAMES)


def test_rows_that_do_not_fit_are_refused_by_column(tmp_path):
    """Text for a number, or a column that is not there, names the column."""
    scorer = open_model(saved(dict_model(), tmp_path))
    rows = mixed_rows(3, 1)
    with pytest.raises(ModelError, match="reads 'income' as a number, and the data hold text"):
        scorer.score(rows | {"income": rows["home"]})
    with pytest.raises(ModelError, match="reads the column 'debt', which the rows do not have"):
        scorer.score({c: v for c, v in rows.items() if c != "debt"})


def test_scores_that_are_no_numbers_are_the_models_fault(tmp_path):
    """A missing number in a model that knows none makes NaN, and NaN is refused."""
    scorer = open_model(saved(tensor_model(), tmp_path), features=NAMES)
    rows = numbers(3, 1)
    rows["debt"][1] = np.nan
    with pytest.raises(ModelError, match="1 of 3 scores are NaN"):
        scorer.score(rows)


def test_the_first_import_is_quiet():
    """TensorFlow's start-up lines never reach the user's terminal."""
    code = "from audit.models.keras import import_keras_quietly as quiet; quiet()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=DEMO.parents[1], check=True
    )
    assert done.stderr == ""
    assert done.stdout == ""
