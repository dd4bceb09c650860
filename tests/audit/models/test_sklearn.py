"""scikit-learn's pipelines, by skops and by pinned pickles."""

from __future__ import annotations

import hashlib

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from audit.errors import ModelError
from audit.models import describe, open_model

TRUST = {"by": "Model Risk", "reason": "ours", "date": "2026-11-02"}
N = 300


@pytest.fixture(scope="module")
def people():
    draw = np.random.default_rng(0)
    income = draw.normal(50, 10, N)
    income[::17] = np.nan
    city = draw.choice(["Oslo", "Rome", "Bern"], N).astype(object)
    bad = (np.nan_to_num(income, nan=50) + 10 * (city == "Rome") + draw.normal(0, 5, N) < 52).astype(int)
    return {"income": income, "city": city}, bad


@pytest.fixture(scope="module")
def pipeline(people):
    columns, bad = people
    encode = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["income"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ]
    )
    return make_pipeline(encode, LogisticRegression()).fit(pd.DataFrame(columns), bad)


def saved(folder, model, name="model.skops"):
    if name.endswith(".skops"):
        skops.io.dump(model, folder / name)
        return {}
    joblib.dump(model, folder / name)
    return {"trust": TRUST, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}


@pytest.mark.parametrize("name", ["model.skops", "model.joblib", "model.pkl"])
def test_a_pipeline_scores_as_it_does_itself(tmp_path, people, pipeline, name):
    """Numbers, missing ones and words go through the code book and come out the same."""
    columns, _ = people
    scorer = open_model(name, folder=tmp_path, **saved(tmp_path, pipeline, name))
    expected = pipeline.predict_proba(pd.DataFrame(columns))[:, 1]
    np.testing.assert_allclose(scorer.score(columns), expected, rtol=0, atol=1e-12)
    encoded = scorer.encode(columns)
    np.testing.assert_array_equal(scorer.score_encoded(encoded[7:9]), scorer.score(columns)[7:9])
    kept = describe(scorer)
    assert kept.framework == "sklearn"
    assert kept.inputs == ("income", "city")
    assert kept.output == "probability of 1"
    assert kept.n_parameters == 5
    assert [layer["kind"] for layer in kept.layers] == ["ColumnTransformer", "LogisticRegression"]
    assert (kept.trust is None) == name.endswith(".skops")


def test_the_digest_opened_is_the_digest_kept(tmp_path, pipeline):
    """A pinned .skops file that was replaced is refused."""
    saved(tmp_path, pipeline)
    digest = hashlib.sha256((tmp_path / "model.skops").read_bytes()).hexdigest()
    assert describe(open_model("model.skops", folder=tmp_path, sha256=digest)).digest == digest
    with pytest.raises(ModelError, match="the config pins"):
        open_model("model.skops", folder=tmp_path, sha256="0" * 64)


def test_a_skops_file_with_foreign_types_is_refused(tmp_path, people):
    """A function inside is code, whoever trusts it."""
    columns, bad = people
    steps = make_pipeline(
        FunctionTransformer(np.nan_to_num), FunctionTransformer(pd.DataFrame), LogisticRegression()
    )
    saved(tmp_path, steps.fit(columns["income"].reshape(-1, 1), bad))
    with pytest.raises(ModelError, match="types beyond scikit-learn's own"):
        open_model("model.skops", TRUST, folder=tmp_path, features=("income",))


def test_arrays_take_the_order_of_the_config(tmp_path):
    """A model fitted without names reads the features in the order of the config."""
    x = np.random.default_rng(1).normal(size=(50, 2))
    saved(tmp_path, LinearRegression().fit(x, x @ [1.0, 10.0]))
    scorer = open_model("model.skops", folder=tmp_path, features=("a", "b"))
    assert scorer.score({"b": np.array([2.0]), "a": np.array([3.0])})[0] == pytest.approx(23.0)
    assert describe(scorer).output == "prediction"
    with pytest.raises(ModelError, match="fitted on 2 columns without names, the config names 1 features"):
        open_model("model.skops", folder=tmp_path, features=("a",))


def test_outputs(tmp_path, people):
    """The second of two classes; another by name or number; else the decision function."""
    columns, bad = people
    x = np.nan_to_num(columns["income"]).reshape(-1, 1)
    rows = {"income": x[:, 0]}
    words = np.where(bad == 1, "bad", "good")
    binary = LogisticRegression().fit(x, words)
    saved(tmp_path, binary)
    opened = {
        out: open_model("model.skops", folder=tmp_path, features=("income",), output=out)
        for out in (0, 1, "bad", "good")
    }
    good = binary.predict_proba(x)[:, 1]
    for out, expected in ((0, good), (1, good), ("good", good), ("bad", 1 - good)):
        np.testing.assert_allclose(opened[out].score(rows), expected, atol=1e-12)
    with pytest.raises(ModelError, match="it has no class 'ugly'"):
        open_model("model.skops", folder=tmp_path, features=("income",), output="ugly")
    three = LogisticRegression().fit(x, columns["city"].astype(str))
    saved(tmp_path, three)
    second = open_model("model.skops", folder=tmp_path, features=("income",), output=1)
    np.testing.assert_allclose(second.score(rows), three.predict_proba(x)[:, 1], atol=1e-12)
    with pytest.raises(ModelError, match="none is number 3"):
        open_model("model.skops", folder=tmp_path, features=("income",), output=3)
    machine = LinearSVC().fit(x, bad)
    saved(tmp_path, machine)
    scorer = open_model("model.skops", folder=tmp_path, features=("income",))
    np.testing.assert_allclose(scorer.score(rows), machine.decision_function(x))


def test_rows_that_the_pipeline_refuses_are_told_without_their_values(tmp_path, people):
    """A word that was never seen, to an encoder that refuses it."""
    columns, bad = people
    strict = ColumnTransformer([("words", OneHotEncoder(), ["city"])])
    saved(tmp_path, make_pipeline(strict, LogisticRegression()).fit(pd.DataFrame(columns)[["city"]], bad))
    scorer = open_model("model.skops", folder=tmp_path)
    with pytest.raises(ModelError, match=r"refused the rows \(ValueError\)") as caught:
        scorer.score({"city": np.array(["Atlantis"], dtype=object)})
    assert "Atlantis" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_a_file_that_is_no_skops_is_told(tmp_path, content):
    """No traceback of another library."""
    (tmp_path / "model.skops").write_bytes(content)
    with pytest.raises(ModelError, match="it cannot be opened"):
        open_model("model.skops", folder=tmp_path)
