"""A whole audit on a model of each format: the same lender, told by trees, by a graph and by a folder."""

from __future__ import annotations

import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import audit
from audit.check import check
from audit.config import load_config
from audit.errors import ConfigError
from audit.ledger import Ledger
from audit.models import digest_of
from reports.sealed import framework_words
from tests.oracles.lending import near_cutoff, reasons
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, FACTORS, FEATURES, score, terms

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lightgbm

import xgboost

TRUST = {"by": "Model Risk", "reason": "graph read", "date": "2026-11-02"}
ENDINGS = ("model.json", "model.ubj", "model.txt", "model.onnx", "model/")


def table(rows):
    return np.array([[np.nan if row[c] is None else row[c] for c in FEATURES] for row in rows], dtype=float)


def an_onnx(file):
    """Write the lender's formula as a graph: three terms of weight, and one of its years."""
    constants = {
        "w": np.array([[-0.0015], [0.45], [0.07], [0.0]], dtype=np.float64),
        "base": np.array(0.15),
        "none": np.array(0.10),
        "short": np.array(0.05),
        "long": np.array(0.0),
        "two": np.array(2.0),
        "zero": np.zeros(1),
        "last": np.array([3]),
    }
    nodes = [
        helper.make_node("Gather", ["x", "last"], ["years"], axis=1),
        helper.make_node("IsNaN", ["years"], ["unknown"]),
        helper.make_node("Less", ["years", "two"], ["few"]),
        helper.make_node("Where", ["few", "short", "long"], ["known"]),
        helper.make_node("Where", ["unknown", "none", "known"], ["residence"]),
        helper.make_node("IsNaN", ["x"], ["gaps"]),
        helper.make_node("Where", ["gaps", "zero", "x"], ["filled"]),
        helper.make_node("MatMul", ["filled", "w"], ["weighed"]),
        helper.make_node("Add", ["weighed", "residence"], ["summed"]),
        helper.make_node("Add", ["summed", "base"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "lender",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["n", 4])],
        [helper.make_tensor_value_info("score", TensorProto.DOUBLE, ["n", 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)


def a_saved_model(folder):
    """Write the lender's formula as a TensorFlow module of named columns."""
    from audit.models.keras import import_keras_quietly

    import_keras_quietly()
    import tensorflow as tf

    class Lender(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float64, name=column) for column in FEATURES])
        def serve(self, income, utilisation, late_payments, years_at_address):
            short = tf.where(
                years_at_address < 2.0, tf.constant(0.05, tf.float64), tf.constant(0.0, tf.float64)
            )
            years = tf.where(tf.math.is_nan(years_at_address), tf.constant(0.10, tf.float64), short)
            return 0.15 - 0.0015 * income + 0.45 * utilisation + 0.07 * late_payments + years

    module = Lender()
    tf.saved_model.save(module, str(folder), signatures=module.serve)


def build(folder, name, rows):
    """Write the lender's model in the format of ``name``; return how its library scores rows."""
    x, y = table(rows), np.array([score(row) for row in rows])
    place = folder / name
    if name.endswith((".json", ".ubj")):
        known = xgboost.DMatrix(x, y, feature_names=list(FEATURES))
        booster = xgboost.train({"max_depth": 5, "nthread": 1, "seed": 1}, known, 40)
        booster.save_model(place)
        return lambda some: booster.predict(xgboost.DMatrix(table(some), feature_names=list(FEATURES)))
    if name.endswith(".txt"):
        data = lightgbm.Dataset(x, y, feature_name=list(FEATURES))
        told = {"verbosity": -1, "num_threads": 1, "seed": 1, "min_data_in_leaf": 5}
        booster = lightgbm.train(told, data, 40)
        booster.save_model(place)
        return lambda some: booster.predict(table(some))
    (an_onnx if name.endswith(".onnx") else a_saved_model)(place)
    return lambda some: np.array([score(row) for row in some])


@pytest.mark.parametrize("name", ENDINGS)
def test_an_audit_of_each_format_tells_what_its_library_scores(fresh, name):
    """Scores, outcomes and reasons are the library's; what is data needs no trust, what is a program does."""
    world = fresh("tiny")
    by_library = build(world.folder, name, world.rows)
    desk = Desk(world.folder)
    desk.set(model={"path": name, "sha256": digest_of(world.folder / name)})
    if name == "model/":
        with pytest.raises(ConfigError, match="a SavedModel runs code, and nobody is named who trusts it"):
            audit.run(world.config)
        desk.set(model__trust=TRUST)
    result = audit.run(world.config)
    framework = {".json": "xgboost", ".ubj": "xgboost", ".txt": "lightgbm", ".onnx": "onnx"}
    assert result.audit.model.framework == framework.get(name[name.rfind(".") :], "saved_model")
    # A report names each kind of model with its own article and capitals.
    assert framework_words(result.audit.model.framework) != f"a {result.audit.model.framework} model"
    assert result.audit.model.digest == digest_of(world.folder / name)
    with Ledger.open(result.ledger_url) as ledger:
        found = {one.decision: one for one in ledger.decisions(result.audit.audit)}
        told = [found[ledger.pseudonym("decision", row["application_id"])] for row in world.rows]
    scores = by_library(world.rows)
    assert [one.score for one in told] == pytest.approx(scores.tolist(), abs=1e-6)
    near = near_cutoff(world.rows, score, CUTOFF, 20)
    n = 0
    for row, decision, own in zip(world.rows, told, scores, strict=True):
        assert decision.outcome == ("adverse" if own >= CUTOFF else "favourable")
        if decision.outcome != "adverse":
            continue
        n += 1
        assert decision.notice.state == "ready"
        assert decision.certified in ("exact", "tie")
        assert abs(decision.residual) < 1e-6
        if name in ("model.onnx", "model/"):  # the lender's own formula, so its closed form is known
            true = reasons(row, [world.rows[i] for i in near], terms)
            assert [one.code for one in decision.reasons] == [FACTORS[factor] for factor, _ in true]
            assert [one.contribution for one in decision.reasons] == pytest.approx(
                [value for _, value in true], abs=1e-6
            )
    assert n == result.audit.counts["adverse"] > 50


@pytest.mark.parametrize("name", ["model.json", "model/"])
def test_a_check_names_what_is_wrong_with_a_model_at_its_line(fresh, name):
    """Absent, altered, and a folder or a file where the other was meant."""
    world = fresh("tiny")
    desk = Desk(world.folder)
    trust = TRUST if name == "model/" else None

    def faults(**model):
        desk.set(model={"path": name, **model} | ({"trust": trust} if trust else {}))
        return [str(fault) for fault in check(load_config(world.config))]

    (absent,) = faults()
    assert "there is no model file" in absent
    build(world.folder, name, world.rows)
    assert faults(sha256=digest_of(world.folder / name)) == []
    (altered,) = faults(sha256="0" * 64)
    assert f"the digest of {name} differs" in altered
    if name == "model/":
        (world.folder / "model" / "assets" / "link").symlink_to(world.folder)
        (linked,) = faults(sha256="0" * 64)
        assert "'assets/link' in it is a link or no plain file" in linked


def test_a_part_of_a_saved_model_is_answered_by_its_folder(fresh):
    """Who names the graph's file meant the folder."""
    world = fresh("tiny")
    Desk(world.folder).set(model={"path": "model/saved_model.pb", "trust": TRUST})
    with pytest.raises(ConfigError, match=r"a part of a SavedModel\. Name its folder, with a / at the end"):
        load_config(world.config)
