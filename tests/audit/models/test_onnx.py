"""ONNX files score as scikit-learn and onnxruntime do, and what they carry is looked at first."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import onnx
import pandas as pd
import pytest
import skl2onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from audit.errors import ModelError
from audit.explain import shapley
from audit.models import describe, digest_of, open_model
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import as_records

NAMES = ("income", "debt", "limit")
N = 200
NETWORK = {"w": np.array([[0.5], [-1.0], [0.25]], dtype=np.float32), "b": np.array([0.1], dtype=np.float32)}


def numbers(n=N, seed=0, names=NAMES):
    draw = np.random.default_rng(seed)
    return {column: draw.normal(size=n).astype(np.float32).astype(float) for column in names}


def matrix(rows):
    return np.stack(list(rows.values()), axis=1).astype(np.float32)


def network(*, shape=("n", 3), tensors=NETWORK, nodes=None, opset=17, functions=(), **outputs):
    """Return a network sigmoid(x w + b) as a ModelProto."""
    graph = helper.make_graph(
        nodes
        or [
            helper.make_node("MatMul", ["x", "w"], ["h"]),
            helper.make_node("Add", ["h", "b"], ["z"]),
            helper.make_node("Sigmoid", ["z"], ["p"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, size)
            for name, size in (outputs or {"p": (shape[0], 1)}).items()
        ],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    own = [helper.make_opsetid("", opset), *(helper.make_opsetid(f.domain, 1) for f in functions)]
    return helper.make_model(graph, opset_imports=own, functions=list(functions), ir_version=9)


def by_hand(rows):
    return 1 / (1 + np.exp(-(matrix(rows).astype(float) @ NETWORK["w"] + NETWORK["b"])))[:, 0]


def saved(folder, model, name="model.onnx"):
    (folder / name).write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return folder / name


# --- scores --------------------------------------------------------------------------------------


def test_one_matrix_takes_the_columns_in_their_order(tmp_path):
    """The score is what the numbers give by hand; the digest is that of the file."""
    path = saved(tmp_path, network())
    scorer, rows = open_model(path, features=NAMES), numbers()
    assert scorer.score(rows) == pytest.approx(by_hand(rows), abs=1e-6)
    assert scorer.score(dict(reversed(rows.items()))).tolist() == scorer.score(rows).tolist()
    kept = describe(scorer)
    assert kept.digest == digest_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (kept.framework, kept.inputs, kept.output, kept.n_parameters) == ("onnx", NAMES, "p", 4)
    assert [layer["kind"] for layer in kept.layers] == ["MatMul", "Add", "Sigmoid"]
    assert kept.trust is None
    with pytest.raises(ModelError, match=r"it takes 3 columns, and data\.features names 2"):
        open_model(path, features=NAMES[:2])


def test_a_row_alone_has_the_bits_that_it_has_in_a_batch(tmp_path):
    """Neither company nor place in a batch changes a score."""
    wide = {"w": np.random.default_rng(1).normal(size=(3, 64)).astype(np.float32)}
    wide |= {"b": np.random.default_rng(2).normal(size=(64, 1)).astype(np.float32)}
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Tanh", ["h"], ["t"]),
        helper.make_node("MatMul", ["t", "b"], ["p"]),
    ]
    scorer = open_model(saved(tmp_path, network(tensors=wide, nodes=nodes)), features=NAMES)
    rows = numbers(2500)
    together = scorer.score(rows)
    for at in (0, 1, 1023, 1024, 2499):
        assert scorer.score({c: v[at : at + 1] for c, v in rows.items()})[0] == together[at]
    assert scorer.score({c: v[::-1] for c, v in rows.items()})[::-1].tobytes() == together.tobytes()
    assert scorer.score({c: v[:0] for c, v in rows.items()}).shape == (0,)


def test_a_batch_that_the_model_fixes_is_kept(tmp_path):
    """A model that was exported for one row at a time is asked one row at a time."""
    scorer, rows = open_model(saved(tmp_path, network(shape=(1, 3))), features=NAMES), numbers(5)
    assert scorer.score(rows) == pytest.approx(by_hand(rows), abs=1e-6)


def a_pipeline():
    """Return a pipeline of a number, a word and a whole number, its rows, and its inputs' types."""
    draw = np.random.default_rng(0)
    rows = {
        "income": draw.normal(size=N).astype(np.float32).astype(float),
        "home": draw.choice(np.array(["own", "rent", "free"], dtype=object), N),
        "late": draw.integers(0, 4, N).astype(float),
    }
    bad = np.where(rows["income"] + (rows["home"] == "rent") + draw.normal(size=N) > 0.5, "bad", "good")
    encode = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["income", "late"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["home"]),
        ]
    )
    frame = pd.DataFrame(rows).astype({"income": "float32", "late": "int64"})
    pipeline = make_pipeline(encode, LogisticRegression()).fit(frame, bad)
    types = [
        ("income", FloatTensorType([None, 1])),
        ("home", StringTensorType([None, 1])),
        ("late", Int64TensorType([None, 1])),
    ]
    return pipeline, frame, rows, types


@pytest.mark.parametrize("zipmap", [True, False, "columns"])
def test_a_pipeline_of_named_columns_gives_probabilities_in_every_form(tmp_path, zipmap):
    """As a map a row, as a tensor beside a label, and as an output a class; labels are no scores."""
    pipeline, frame, rows, types = a_pipeline()
    exported = skl2onnx.to_onnx(
        pipeline, initial_types=types, options={id(pipeline): {"zipmap": zipmap}}, target_opset=17
    )
    path = saved(tmp_path, exported)
    expected = pipeline.predict_proba(frame)
    for output, at in ((0, 1), (1, 1), ("good", 1), ("bad", 0)) if zipmap != "columns" else ((0, 0), (1, 1)):
        scorer = open_model(path, output=output)
        assert scorer.score(rows) == pytest.approx(expected[:, at], abs=1e-5)
        assert set(scorer.columns) == set(rows)
        if zipmap != "columns":
            assert describe(scorer).output == f"probability of {('bad', 'good')[at]}"
    for output in (2, "ugly"):
        with pytest.raises(ModelError, match=r"it has no output .*Correct model\.output"):
            open_model(path, output=output)


def test_the_probability_of_a_class_by_its_outputs_name(tmp_path):
    """Where each class is an output, its name chooses it."""
    pipeline, frame, rows, types = a_pipeline()
    options = {id(pipeline): {"zipmap": "columns"}}
    exported = skl2onnx.to_onnx(pipeline, initial_types=types, options=options, target_opset=17)
    names = [one.name for one in exported.graph.output]
    scorer = open_model(saved(tmp_path, exported), output=names[-1])
    assert scorer.score(rows) == pytest.approx(pipeline.predict_proba(frame)[:, 1], abs=1e-5)
    with pytest.raises(ModelError, match=f"no output '{names[0]}'"):
        open_model(tmp_path / "model.onnx", output=names[0])  # the label


def test_a_class_of_three_and_a_prediction(tmp_path):
    """Three classes count from 0; a regression has one output."""
    x = np.random.default_rng(0).normal(size=(N, 3)).astype(np.float32)
    rows = dict(zip(NAMES, x.T.astype(float), strict=True))
    three = LogisticRegression().fit(x, np.arange(N) % 3)
    path = saved(tmp_path, skl2onnx.to_onnx(three, x[:1], target_opset=17))
    for at in range(3):
        scorer = open_model(path, features=NAMES, output=at)
        assert scorer.score(rows) == pytest.approx(three.predict_proba(x)[:, at], abs=1e-5)
    line = LinearRegression().fit(x, x @ [1.0, 2.0, 3.0])
    scorer = open_model(saved(tmp_path, skl2onnx.to_onnx(line, x[:1], target_opset=17)), features=NAMES)
    assert scorer.score(rows) == pytest.approx(line.predict(x), abs=1e-5)


def test_two_outputs_of_a_network_are_chosen_by_name_or_place(tmp_path):
    """Each can be the score; a third cannot."""
    path = saved(tmp_path, network(p=("n", 1), z=("n", 1)))
    rows = numbers(9)
    logit = np.log(by_hand(rows) / (1 - by_hand(rows)))
    for output, expected in (("z", logit), (1, logit), ("p", by_hand(rows)), (0, by_hand(rows))):
        assert open_model(path, features=NAMES, output=output).score(rows) == pytest.approx(
            expected, abs=1e-5
        )
    with pytest.raises(ModelError, match=r"it has no output 'q' \(outputs: p, z\)"):
        open_model(path, features=NAMES, output="q")


def test_rows_that_do_not_fit_are_refused_by_column(tmp_path):
    """Text for a number, a gap in whole numbers, and a column that is not there."""
    pipeline, _, rows, types = a_pipeline()
    scorer = open_model(saved(tmp_path, skl2onnx.to_onnx(pipeline, initial_types=types, target_opset=17)))
    with pytest.raises(ModelError, match="reads 'income' as a number, and the data hold text"):
        scorer.score(rows | {"income": rows["home"]})
    gap = rows["late"].copy()
    gap[3] = np.nan
    with pytest.raises(ModelError, match=f"reads 'late' as whole numbers, and 1 of {N} rows miss it"):
        scorer.score(rows | {"late": gap})
    with pytest.raises(ModelError, match="reads the column 'late', which the rows do not have"):
        scorer.score({c: v for c, v in rows.items() if c != "late"})
    missing = numbers(3)
    missing["debt"][1] = np.nan
    with pytest.raises(ModelError, match="scores are NaN"):
        open_model(saved(tmp_path, network()), features=NAMES).score(missing)


# --- explanations --------------------------------------------------------------------------------


def test_exact_values_equal_brute_force_through_scikit_learn(tmp_path):
    """Every coalition, every reference row, one prediction each: the same Shapley values."""
    pipeline, _, every, types = a_pipeline()
    scorer = open_model(saved(tmp_path, skl2onnx.to_onnx(pipeline, initial_types=types, target_opset=17)))
    rows, reference = ({c: v[part] for c, v in every.items()} for part in (slice(0, 3), slice(3, 9)))
    factors = {column: [column] for column in every}
    found = shapley.explain(scorer, rows, reference, factors)

    def score(row):
        return float(pipeline.predict_proba(pd.DataFrame([row]).astype({"income": "float32"}))[0, 1])

    for at, row in enumerate(as_records(rows)):
        true = shapley_values(score, row, as_records(reference), factors)
        assert found.values[at] == pytest.approx([true[f] for f in factors], abs=1e-5)
    assert np.abs(found.residual).max() < 1e-6


# --- what a file carries -------------------------------------------------------------------------


def pointing(location, *, offset=None, length=None, inside="initializer"):
    """Return the network with its weights said to lie at a place outside of it."""
    model = network()
    tensor = model.graph.initializer[0]
    if inside == "node":  # a tensor may also hide in a node, or in a graph within one
        node = helper.make_node("Constant", [], ["c"], value=tensor)
        model.graph.node.insert(0, node)
        tensor = model.graph.node[0].attribute[0].t
    elif inside == "branch":
        branch = helper.make_graph([helper.make_node("Identity", ["w2"], ["o"])], "b", [], [], [tensor])
        model.graph.node.append(helper.make_node("If", ["x"], ["o"], then_branch=branch, else_branch=branch))
        tensor = model.graph.node[-1].attribute[0].g.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    stated = {"location": location, "offset": offset, "length": length}
    for key, value in stated.items():
        if value is not None:
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
    return model


@pytest.mark.parametrize("inside", ["initializer", "node", "branch"])
@pytest.mark.parametrize(
    "location", ["../w.bin", "/etc/passwd", "sub/../../w.bin", "", "..\\w.bin", "up/w.bin"]
)
def test_weights_outside_of_the_models_folder_are_refused(tmp_path, location, inside):
    """Up, absolute, up through a folder, nameless, the other slash, and through a link."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "w.bin").write_bytes(NETWORK["w"].tobytes())
    (folder / "up").symlink_to(tmp_path)
    path = saved(folder, pointing(location, inside=inside))
    with pytest.raises(ModelError, match=r"its weights are said to lie at .*outside of the model's folder"):
        open_model(path, features=NAMES)
    with pytest.raises(ModelError, match="outside of the model's folder"):
        digest_of(path)


def test_links_are_no_files_of_the_folder(tmp_path):
    """A link within the folder, or a second name of a file that lies elsewhere, is refused."""
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(NETWORK["w"].tobytes())
    (folder / "real.bin").write_bytes(NETWORK["w"].tobytes())
    (folder / "soft.bin").symlink_to(folder / "real.bin")
    os.link(tmp_path / "w.bin", folder / "hard.bin")
    for name in ("soft.bin", "hard.bin", "absent.bin"):
        path = saved(folder, pointing(name))
        with pytest.raises(ModelError, match="are no plain file of the model's folder"):
            open_model(path, features=NAMES)


def test_weights_beside_the_model_are_read_and_digested(tmp_path):
    """They score as if they were inside; changing them changes the digest, and a pin refuses them."""
    (tmp_path / "sub").mkdir()
    weights = tmp_path / "sub" / "w.bin"
    weights.write_bytes(b"skip" + NETWORK["w"].tobytes() + b"more")
    path, rows = saved(tmp_path, pointing("sub/w.bin", offset=4, length=12)), numbers(9)
    digest = digest_of(path)
    scorer = open_model(path, features=NAMES, sha256=digest)
    assert scorer.score(rows) == pytest.approx(by_hand(rows), abs=1e-6)
    assert describe(scorer).digest == digest != hashlib.sha256(path.read_bytes()).hexdigest()
    weights.write_bytes(b"skip" + (2 * NETWORK["w"]).tobytes() + b"more")
    with pytest.raises(ModelError, match="the config pins"):
        open_model(path, features=NAMES, sha256=digest)
    for offset, length in ((4, 999), (-4, 12), (999, None), (4, "x"), (4, -1)):
        path = saved(tmp_path, pointing("sub/w.bin", offset=offset, length=length))
        with pytest.raises(ModelError, match=r"said to lie where 'sub/w\.bin' has none"):
            open_model(path, features=NAMES)


@pytest.mark.parametrize("domain", ["house", "com.microsoft", "ai.onnx.preview.training"])
def test_operators_that_are_not_onnxs_own_are_refused(tmp_path, domain):
    """Whoever answers them, it would be no part of the file; also inside a branch."""
    node = helper.make_node("Steep", ["x"], ["p"], domain=domain)
    with pytest.raises(ModelError, match=rf"operators that are not ONNX's own \({domain}\.Steep\)"):
        open_model(saved(tmp_path, network(nodes=[node])), features=NAMES)
    branch = helper.make_graph([node], "b", [], [])
    hidden = helper.make_node("If", ["x"], ["p"], then_branch=branch, else_branch=branch)
    with pytest.raises(ModelError, match="Steep"):
        open_model(saved(tmp_path, network(nodes=[hidden])), features=NAMES)


def test_an_operator_that_the_file_makes_of_onnxs_own_is_data(tmp_path):
    """A function of the model is no code of anybody's; what it uses is looked at too."""

    def steep(inner):
        own = helper.make_function(
            "house",
            "Steep",
            ["a"],
            ["r"],
            [inner],
            [helper.make_opsetid("", 17), helper.make_opsetid("x", 1)],
        )
        nodes = [
            helper.make_node("MatMul", ["x", "w"], ["h"]),
            helper.make_node("Add", ["h", "b"], ["z"]),
            helper.make_node("Steep", ["z"], ["p"], domain="house"),
        ]
        return saved(tmp_path, network(nodes=nodes, functions=[own]))

    rows = numbers(5)
    scorer = open_model(steep(helper.make_node("Sigmoid", ["a"], ["r"])), features=NAMES)
    assert scorer.score(rows) == pytest.approx(by_hand(rows), abs=1e-6)
    with pytest.raises(ModelError, match=r"x\.Own"):
        open_model(steep(helper.make_node("Own", ["a"], ["r"], domain="x")), features=NAMES)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x09", b"\xff" * 50])
def test_a_foreign_file_is_refused_in_words(tmp_path, content):
    """Neither an empty file nor a text is a traceback."""
    with pytest.raises(ModelError, match=r"^model model\.onnx: it (is no ONNX file|holds no graph)"):
        open_model(saved(tmp_path, content), features=NAMES)


def test_a_file_is_only_what_it_was_looked_at_as(tmp_path):
    """Bytes that also carry the mark of onnxruntime's own format are run as the ONNX that they are."""
    model = network()
    model.producer_name = "ORTM"
    path, rows = saved(tmp_path, model), numbers(5)
    assert path.read_bytes()[4:8] == b"ORTM"
    assert open_model(path, features=NAMES).score(rows) == pytest.approx(by_hand(rows), abs=1e-6)


def test_a_graph_that_onnxruntime_cannot_run_is_refused_in_words(tmp_path):
    """An operator that ONNX does not have, and an output that nothing makes."""
    node = helper.make_node("Nowhere", ["x"], ["p"])
    with pytest.raises(ModelError, match=r"onnxruntime cannot run it \(.*\)\. Export it"):
        open_model(saved(tmp_path, network(nodes=[node])), features=NAMES)


def test_nothing_is_opened_but_the_model_and_its_weights(tmp_path, monkeypatch):
    """The session is made of bytes: onnxruntime is handed no path."""
    import onnxruntime

    handed = []

    class Session(onnxruntime.InferenceSession):
        def __init__(self, model, *arguments, **keywords):
            handed.append(model)
            super().__init__(model, *arguments, **keywords)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    (tmp_path / "w.bin").write_bytes(NETWORK["w"].tobytes())
    open_model(saved(tmp_path, pointing("w.bin")), features=NAMES)
    (content,) = handed
    assert isinstance(content, bytes)
    assert not any(tensor.external_data for tensor in onnx.load_model_from_string(content).graph.initializer)
