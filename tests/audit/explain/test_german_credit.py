"""German credit, read as text: look-ups and one-hot inside the model, and both label codings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from audit.explain import shapley
from audit.explain.reference import choose_reference
from audit.models import open_model
from audit.models.keras import import_keras_quietly
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import as_records

FILE = Path(__file__).parents[4] / "shared" / "data" / "german_credit" / "german_decoded.csv.gz"
LEFT_OUT = {"credit_risk", "personal_status_sex", "sex", "age_years", "foreign_worker"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.is_file(), reason=f"the German credit data are not at {FILE}"),
]


def applicants():
    """Return the model's columns and the label: 1 is a bad credit."""
    table = pl.read_csv(FILE)
    label = next(column for column in table.columns if "risk" in column)
    bad = (table[label].cast(pl.String).str.contains("bad|2")).to_numpy()
    kept = [column for column in table.columns if column not in LEFT_OUT | {label}]
    rows = {}
    for column in kept:
        series = table[column]
        numeric = series.dtype.is_numeric()
        rows[column] = series.cast(float).to_numpy() if numeric else series.to_numpy().astype(object)
    return rows, bad


def trained(rows, bad, folder):
    """Train a small network on the text itself; save it once for each label coding."""
    import keras

    keras.utils.set_random_seed(3)
    inputs, parts = {}, []
    for column, values in rows.items():
        if values.dtype == object:
            inputs[column] = keras.Input((1,), name=column, dtype="string")
            words = sorted(set(values.tolist()))
            parts.append(keras.layers.StringLookup(vocabulary=words, output_mode="one_hot")(inputs[column]))
        else:
            inputs[column] = keras.Input((1,), name=column)
            scale = keras.layers.Normalization()
            scale.adapt(values[:, None])
            parts.append(scale(inputs[column]))
    hidden = keras.layers.Dense(12, activation="relu")(keras.layers.Concatenate()(parts))
    logit = keras.layers.Dense(1)(hidden)
    high = keras.Model(inputs, keras.layers.Activation("sigmoid")(logit))
    low = keras.Model(inputs, keras.layers.Activation("sigmoid")(keras.layers.Rescaling(-1.0)(logit)))
    fed = {
        c: keras.ops.convert_to_tensor((v.astype(str) if v.dtype == object else v)[:, None])
        for c, v in rows.items()
    }
    high.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    high.fit(fed, bad.astype("float32"), epochs=4, batch_size=64, verbose=0)
    for name, model in (("high", high), ("low", low)):
        model.save(folder / f"{name}.keras")
    return np.asarray(high(fed))[:, 0]


def test_reasons_of_refused_applicants(tmp_path):
    """Scores are the model's, contributions are brute force's, and the label coding changes no reason."""
    import_keras_quietly()
    rows, bad = applicants()
    true = trained(rows, bad, tmp_path)
    columns = list(rows)
    factors = {f"factor_{at}": columns[at::6] for at in range(6)}
    said = {}
    for coding, adverse in (("high", "high"), ("low", "low")):
        scorer = open_model(tmp_path / f"{coding}.keras")
        scores = scorer.score(rows)
        assert scores == pytest.approx(true if coding == "high" else 1 - true, abs=1e-5)
        assert scorer.notes == []
        cutoff = float(np.quantile(scores, 0.7 if coding == "high" else 0.3))
        refused = scores >= cutoff if coding == "high" else scores <= cutoff
        reference = choose_reference(
            "near_cutoff",
            scores=scores,
            favourable=~refused,
            places=[(0, at) for at in range(len(scores))],
            keys=[repr(tuple(v[at] for v in rows.values())).encode() for at in range(len(scores))],
            cutoff=cutoff,
            adverse_high=adverse == "high",
        )
        near = {c: v[[row for _, row in reference.rows]] for c, v in rows.items()}
        few = {c: v[np.flatnonzero(refused)[:40]] for c, v in rows.items()}
        found = shapley.explain(scorer, few, near, factors, adverse=adverse)
        assert np.abs(found.residual).max() < 1e-5
        assert scorer._mixer.through_first_layer
        said[coding] = (np.flatnonzero(refused), found.values * (1 if adverse == "high" else -1), reference.n)
        if coding == "high":
            some = {c: v[:3] for c, v in near.items()}
            one = {c: v[:1] for c, v in few.items()}

            def score(row, scorer=scorer):
                cells = {c: np.array([v], dtype=rows[c].dtype) for c, v in row.items()}
                return float(scorer.score(cells)[0])

            brute = shapley_values(score, as_records(one)[0], as_records(some), factors)
            ours = shapley.explain(scorer, one, some, factors).values[0]
            assert ours == pytest.approx([brute[f] for f in factors], abs=1e-6)
    assert said["high"][0].tolist() == said["low"][0].tolist()
    assert said["high"][2] == said["low"][2] >= 50
    assert said["low"][1] == pytest.approx(said["high"][1], abs=1e-6)
    orders = [np.argsort(-values, axis=1)[:, :4] for _, values, _ in said.values()]
    assert (orders[0] == orders[1]).all()
