"""A SavedModel is a program in a folder: refused without trust, digested whole, and only scored."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil

import numpy as np
import pytest

from audit.errors import ModelError
from audit.explain import shapley
from audit.models import describe, digest_of, open_model
from audit.models.keras import import_keras_quietly
from audit.record import Trust
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import as_records

import_keras_quietly()
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

TRUST = Trust("Model Risk", "graph read", dt.date(2026, 11, 20))
NAMES = ("income", "debt", "limit")
WORDS = np.array(["own", "rent", "free"], dtype=object)


def numbers(n, seed, names=NAMES):
    draw = np.random.default_rng(seed)
    return {column: draw.normal(size=n) for column in names}


def matrix(rows):
    return np.stack(list(rows.values()), axis=1).astype("float32")


@pytest.fixture(scope="module")
def network():
    """Return a network of one input with two named outputs."""
    keras.utils.set_random_seed(5)
    given = keras.Input((3,), name="x")
    hidden = keras.layers.Dense(6, activation="relu")(given)
    outputs = {
        "default": keras.layers.Dense(1, activation="sigmoid")(hidden),
        "loss": keras.layers.Dense(1)(hidden),
    }
    return keras.Model(given, outputs)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, network):
    """Return the folder that Keras exported the network to."""
    place = tmp_path_factory.mktemp("exported") / "model"
    network.export(place, verbose=False)
    return place


def columns_model():
    """Return a network of named columns, one of them text."""
    keras.utils.set_random_seed(6)
    inputs = {
        "income": keras.Input((1,), name="income"),
        "home": keras.Input((1,), name="home", dtype="string"),
        "late": keras.Input((1,), name="late", dtype="int32"),
    }
    coded = keras.layers.StringLookup(vocabulary=["own", "rent"], output_mode="one_hot")(inputs["home"])
    late = keras.layers.Flatten()(keras.layers.Embedding(5, 2)(inputs["late"]))
    joined = keras.layers.Concatenate()([inputs["income"], coded, late])
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(joined))


def columns(n, seed):
    draw = np.random.default_rng(seed)
    return {
        "income": draw.normal(size=n),
        "home": draw.choice(WORDS, n),
        "late": draw.integers(0, 5, n).astype(float),
    }


def by_keras(model, rows):
    fed = {
        "income": rows["income"].astype("float32")[:, None],
        "home": rows["home"].astype(str)[:, None],
        "late": rows["late"].astype("int32")[:, None],
    }
    return np.asarray(model({c: tf.constant(v) for c, v in fed.items()}))[:, 0]


# --- scores --------------------------------------------------------------------------------------


def test_it_scores_as_keras_does(folder, network):
    """Outputs by name or place; a row alone has the bits of a batch; nothing is kept of no rows."""
    rows = numbers(5000, 1)
    true = {key: np.asarray(value)[:, 0] for key, value in network(matrix(rows)).items()}
    for output, key in ((0, "default"), ("default", "default"), ("loss", "loss"), (1, "loss")):
        scorer = open_model(folder, TRUST, features=NAMES, output=output)
        assert scorer.score(rows) == pytest.approx(true[key], abs=1e-5)
        assert describe(scorer).output == key
    together = scorer.score(rows)
    for at in (0, 4095, 4096):
        assert scorer.score({c: v[at : at + 1] for c, v in rows.items()})[0] == together[at]
    assert scorer.score({c: v[:0] for c, v in rows.items()}).shape == (0,)
    with pytest.raises(ModelError, match=r"it has no output 'risk' \(outputs: default, loss\)"):
        open_model(folder, TRUST, features=NAMES, output="risk")
    with pytest.raises(ModelError, match=r"it takes 3 columns, and data\.features names 2"):
        open_model(folder, TRUST, features=NAMES[:2])


def test_it_describes_itself(folder, network):
    """The endpoint, the parameters, and who answers for it."""
    kept = describe(open_model(folder, TRUST, features=NAMES))
    assert (kept.framework, kept.name, kept.inputs) == ("saved_model", "model", NAMES)
    assert kept.n_parameters == network.count_params()
    assert kept.layers == ({"name": "serving_default", "kind": "SavedModel", "units": None},)
    assert kept.trust == TRUST


def test_named_columns_are_taken_by_name_and_explained_exactly(tmp_path):
    """Every coalition, every reference row, one call of the model each: the same Shapley values."""
    model = columns_model()
    model.export(tmp_path / "model", verbose=False)
    scorer = open_model(f"{tmp_path / 'model'}/", TRUST)
    rows, reference = columns(2, 1), columns(4, 2)
    assert scorer.score(rows) == pytest.approx(by_keras(model, rows), abs=1e-6)
    factors = {column: [column] for column in rows}
    found = shapley.explain(scorer, rows, reference, factors)

    def score(row):
        cells = {c: np.array([v], dtype=object if c == "home" else float) for c, v in row.items()}
        return float(by_keras(model, cells)[0])

    for at, row in enumerate(as_records(rows)):
        true = shapley_values(score, row, as_records(reference), factors)
        assert found.values[at] == pytest.approx([true[f] for f in factors], abs=1e-6)
    with pytest.raises(ModelError, match="reads 'income' as a number, and the data hold text"):
        scorer.score(rows | {"income": rows["home"]})
    with pytest.raises(ModelError, match="reads 'late' as whole numbers, and 1 of 2 rows miss it"):
        scorer.score(rows | {"late": np.array([1.0, np.nan])})


def test_tensorflows_own_modules_are_endpoints_too(tmp_path):
    """One flat number a row, a fixed batch, and an endpoint of another name than ours."""

    class Sum(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([1, 3], tf.float64, name="x")])
        def total(self, x):
            return tf.reduce_sum(x, axis=1)

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float64, name="x")])
        def other(self, x):
            return x

    module = Sum()
    tf.saved_model.save(module, str(tmp_path / "one"), signatures={"score": module.total})
    rows = numbers(4, 1)
    scorer = open_model(tmp_path / "one", TRUST, features=NAMES)
    assert scorer.score(rows) == pytest.approx(np.stack(list(rows.values())).sum(axis=0), abs=1e-12)
    tf.saved_model.save(
        module, str(tmp_path / "two"), signatures={"score": module.total, "other": module.other}
    )
    with pytest.raises(ModelError, match=r"no endpoint serving_default or serve \(endpoints: .*score"):
        open_model(tmp_path / "two", TRUST, features=NAMES)
    tf.saved_model.save(module, str(tmp_path / "three"), signatures=module.other)
    with pytest.raises(ModelError, match="it gives 3 a row"):
        open_model(tmp_path / "three", TRUST, features=NAMES, output=3)


# --- trust ---------------------------------------------------------------------------------------


def writing(folder, marker):
    """Save a model that writes a file when it scores."""

    class Writer(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def serve(self, x):
            with tf.control_dependencies([tf.io.write_file(str(marker), "was here")]):
                return tf.reduce_sum(x, axis=1)

    tf.saved_model.save(Writer(), str(folder))


def test_a_graph_that_writes_a_file_is_not_run_without_trust(tmp_path):
    """Any SavedModel may be such a one, so all are refused; with trust it is run, and does write."""
    marker = tmp_path / "marker"
    writing(tmp_path / "model", marker)
    for given in ({}, {"sha256": digest_of(tmp_path / "model")}):
        with pytest.raises(ModelError, match=r"a SavedModel is a program .* nobody is named\. Read it"):
            open_model("model/", folder=tmp_path, features=NAMES, **given)
    assert not marker.exists()
    open_model("model/", TRUST, folder=tmp_path, features=NAMES).score(numbers(2, 1))
    assert marker.exists()


def test_the_digest_is_of_every_file_in_the_folder(tmp_path, folder):
    """Variables, assets, a new file, a file's name: each change is another model, and the pin refuses it."""
    digest = digest_of(folder)
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    assert digest_of(copy) == digest
    assert describe(open_model(copy, TRUST, features=NAMES, sha256=digest)).digest == digest

    def another(change):
        shutil.rmtree(copy)
        shutil.copytree(folder, copy)
        change()
        assert digest_of(copy) != digest
        with pytest.raises(ModelError, match="the config pins"):
            open_model(copy, TRUST, features=NAMES, sha256=digest)

    weights = next(iter((copy / "variables").glob("*.data-*"))).relative_to(copy)
    another(lambda: (copy / weights).write_bytes((copy / weights).read_bytes()[::-1]))
    another(lambda: (copy / "assets" / "words.txt").write_text("own"))
    another(lambda: (copy / "fingerprint.pb").rename(copy / "fingerprint.pb2"))


def test_the_digest_is_what_it_says(tmp_path):
    """Name lengths, names and contents' digests, in sorted order."""
    (tmp_path / "m" / "b").mkdir(parents=True)
    (tmp_path / "m" / "b" / "x").write_bytes(b"1")
    (tmp_path / "m" / "a").write_bytes(b"22")
    whole = b"".join(
        len(name).to_bytes(8, "big") + name + hashlib.sha256(content).digest()
        for name, content in ((b"a", b"22"), (b"b/x", b"1"))
    )
    assert digest_of(tmp_path / "m") == hashlib.sha256(whole).hexdigest()


def test_a_link_in_the_folder_is_refused(tmp_path, folder):
    """What it leads to is not what was digested tomorrow; so with a folder that is a link."""
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    (tmp_path / "elsewhere").mkdir()
    for link in (copy / "assets" / "words.txt", copy / "more"):
        link.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(ModelError, match="is a link or no plain file"):
            open_model(copy, TRUST, features=NAMES)
        link.unlink()


def test_what_is_no_saved_model_is_refused_in_words(tmp_path):
    """An empty folder, a damaged graph, and no folder at all."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"holds no saved_model\.pb"):
        open_model(tmp_path / "empty", TRUST)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"TensorFlow cannot load it"):
        open_model(tmp_path / "broken", TRUST)
    with pytest.raises(ModelError, match=r"model absent/: there is no such folder"):
        open_model("absent/", TRUST, folder=tmp_path)
