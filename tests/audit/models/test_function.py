"""A Python function scores, by what it is given and by nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import py_compile
import sys

import numpy as np
import pytest

from audit.errors import ModelError
from audit.models import describe, open_model
from audit.record import Scorer

TRUST = {"by": "Model Risk", "reason": "read", "date": "2026-11-02"}
ROWS = {
    "income": np.array([10.0, np.nan, 30.0, 4.0, 5.0, 6.0]),
    "city": np.array(["Oslo", "", "Rome", "Oslo", "Bern", "Rome"], dtype=object),
}


def opened(folder, code, name="model", **more):
    (folder / f"{name}.py").write_text(code)
    return open_model(f"python:{name}:score", TRUST, folder=folder, features=("income", "city"), **more)


def test_the_function_gets_columns_as_the_data_have_them(tmp_path):
    """Numbers as float64 with NaN, words as words; encoded and scored is the same as scored."""
    scorer = opened(
        tmp_path,
        "import numpy as np\n"
        "def score(columns):\n"
        "    assert list(columns) == ['income', 'city']\n"
        "    assert columns['income'].dtype == np.float64\n"
        "    rome = np.array([city == 'Rome' for city in columns['city']])\n"
        "    nowhere = np.array([city == '' for city in columns['city']])\n"
        "    return np.nan_to_num(columns['income'], nan=-1.0) + 100 * rome + 1000 * nowhere\n",
    )
    expected = [10.0, 999.0, 130.0, 4.0, 5.0, 106.0]
    assert isinstance(scorer, Scorer)
    assert scorer.score(ROWS).tolist() == expected
    encoded = scorer.encode(ROWS)
    assert encoded.shape == (6, 2)
    assert scorer.spans == {"income": (0, 1), "city": (1, 2)}
    assert scorer.score_encoded(encoded).tolist() == expected
    # A column of one row put into another: what explainers do.
    mixed = encoded[[0]].copy()
    mixed[:, slice(*scorer.spans["city"])] = encoded[[2], slice(*scorer.spans["city"])]
    assert scorer.score_encoded(mixed).tolist() == [110.0]


def test_new_words_change_no_old_codes(tmp_path):
    """Rows encoded before a new city came still score as they did."""
    scorer = opened(tmp_path, "def score(columns):\n    return [len(city) for city in columns['city']]\n")
    before = scorer.encode(ROWS)
    scorer.encode({"income": np.array([1.0]), "city": np.array(["Reykjavik"], dtype=object)})
    assert scorer.score_encoded(before).tolist() == [4, 0, 4, 4, 4, 4]


def test_a_column_keeps_its_type(tmp_path):
    """Numbers in one partition and words in another are told, not mixed."""
    scorer = opened(tmp_path, "def score(columns):\n    return columns['income']\n")
    scorer.encode(ROWS)
    with pytest.raises(ModelError, match="'city' came as numbers in some rows and as text in others"):
        scorer.encode({**ROWS, "city": np.zeros(6)})
    with pytest.raises(ModelError, match="it reads the column 'city', which the rows do not have"):
        scorer.encode({"income": np.zeros(2)})


def test_what_the_function_does_to_its_columns_changes_nothing(tmp_path):
    """It gets fresh arrays each time."""
    scorer = opened(
        tmp_path,
        "def score(columns):\n"
        "    columns['income'][:] = 1.0\n"
        "    columns['city'][:] = 'x'\n"
        "    return columns['income']\n",
    )
    encoded = scorer.encode(ROWS)
    kept = encoded.copy()
    scorer.score_encoded(encoded)
    np.testing.assert_array_equal(encoded, kept)


def test_the_digest_is_of_the_modules_file(tmp_path):
    """What is kept names file digest, version and who answers for it."""
    code = "def score(columns):\n    return columns['income'] * 0\n"
    kept = describe(opened(tmp_path, code))
    assert kept.digest == hashlib.sha256(code.encode()).hexdigest()
    assert kept.version == kept.digest[:16]
    assert kept.framework == "function"
    assert kept.inputs == ("income", "city")
    assert kept.trust is not None
    assert kept.trust.by == "Model Risk"
    assert describe(opened(tmp_path, code), version="7").version == "7"


def test_two_models_of_one_name_live_side_by_side(tmp_path):
    """Each config has its own model.py, and neither sys.path nor sys.modules remembers them."""
    path, modules = list(sys.path), set(sys.modules)
    scorers = []
    for value in (1.0, 2.0):
        folder = tmp_path / str(value)
        folder.mkdir()
        (folder / "beside.py").write_text(f"VALUE = {value}\n")
        code = "from beside import VALUE\ndef score(columns):\n    return [VALUE] * len(columns['income'])\n"
        scorers.append(opened(folder, code))
    assert [scorer.score(ROWS)[0] for scorer in scorers] == [1.0, 2.0]
    assert sys.path == path
    assert not {"model", "beside"} & (set(sys.modules) - modules)


def test_a_module_named_like_one_of_the_library_is_the_users(tmp_path):
    """`json.py` beside the config is opened, and the library's own is still there afterwards."""
    scorer = opened(tmp_path, "def score(columns):\n    return columns['income'] * 0 + 3\n", name="json")
    assert scorer.score({name: values[2:] for name, values in ROWS.items()}).tolist() == [3.0] * 4
    assert sys.modules["json"] is json
    import json as again

    assert again.dumps([1]) == "[1]"


def test_a_function_inside_a_package(tmp_path):
    """Modules of a package beside the config find each other."""
    package = tmp_path / "house"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "weights.py").write_text("W = 2.0\n")
    (package / "card.py").write_text(
        "from .weights import W\ndef score(c):\n    return c['income'] * 0 + W\n"
    )
    scorer = open_model("python:house.card:score", TRUST, folder=tmp_path, features=("income",))
    assert scorer.score({"income": np.array([1.0])}).tolist() == [2.0]
    assert not any(name.startswith("house") for name in sys.modules)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return columns['income']", "1 of 6 scores are NaN"),
        ("return [0.5]", r"wrong length \(got shape \(1,\), expected \(6,\)\)"),
        ("raise ValueError('Mr Secret earns 5')", r"^model\.py:2: .*the function raised ValueError"),
        ("return columns['city']", "its scores are not numbers"),
    ],
)
def test_a_function_that_gives_no_scores(tmp_path, body, words):
    """It is the model's fault, told by kind and line; no value of a person is repeated."""
    scorer = opened(tmp_path, f"def score(columns):\n    {body}\n")
    with pytest.raises(ModelError, match=words) as caught:
        scorer.score(ROWS)
    assert "Secret" not in str(caught.value)


def test_a_score_that_depends_on_the_others_is_refused(tmp_path):
    """A rank or a mean taken over the batch would make every comparison wrong."""
    scorer = opened(
        tmp_path,
        "import numpy as np\n"
        "def score(columns):\n    x = np.nan_to_num(columns['income'])\n    return x - x.mean()\n",
    )
    with pytest.raises(ModelError, match="a row's score changes with the rows scored beside it"):
        scorer.score(ROWS)


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("python:model:other", "def score(c): return 0\n", "model.py has no function 'other'"),
        ("python:model:score", "import nothing_of_this_name\n", "cannot be imported"),
        ("python:model:score", "def score(:\n", "cannot be imported"),
        ("python:absent:score", "", "there is no module of this name"),
        ("python:model", "", "not a function's name"),
    ],
)
def test_a_function_that_cannot_be_found(tmp_path, path, code, words):
    """Module, function and import errors are told apart."""
    (tmp_path / "model.py").write_text(code)
    with pytest.raises(ModelError, match=words):
        open_model(path, TRUST, folder=tmp_path)


def test_without_features_the_first_rows_name_the_columns(tmp_path):
    """From Python, a function is opened without a config."""
    (tmp_path / "model.py").write_text("def score(columns):\n    return columns['a'] - columns['b']\n")
    scorer = open_model("python:model:score", TRUST, folder=tmp_path)
    assert scorer.score({"a": np.array([3.0]), "b": np.array([1.0])}).tolist() == [2.0]
    assert scorer.columns == ("a", "b")


def test_no_rows_have_no_scores(tmp_path):
    """An empty partition does not call the function."""
    scorer = opened(tmp_path, "def score(columns):\n    raise ValueError\n")
    assert scorer.score({name: values[:0] for name, values in ROWS.items()}).shape == (0,)


def test_a_module_changed_within_a_second_scores_as_it_is_now(tmp_path):
    """Its compiled file is of the same size and second, and is neither written nor read."""
    for bias in (1, 2):
        code = f"def score(columns):\n    return columns['income'] * 0 + {bias}\n"
        scorer = opened(tmp_path, code)
        os.utime(tmp_path / "model.py", (1_700_000_000, 1_700_000_000))
        known = {column: cells[2:] for column, cells in ROWS.items()}
        assert scorer.score(known).tolist() == [bias] * 4
    assert not (tmp_path / "__pycache__").exists()


def test_a_stale_compiled_file_is_not_read(tmp_path):
    """What an earlier process left beside the module is not run in its place."""
    file = tmp_path / "model.py"
    file.write_text("def score(columns):\n    return columns['income'] * 0 + 1\n")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    py_compile.compile(str(file))
    assert (tmp_path / "__pycache__").exists()
    file.write_text("def score(columns):\n    return columns['income'] * 0 + 2\n")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    scorer = open_model("python:model:score", TRUST, folder=tmp_path, features=("income", "city"))
    assert scorer.score({column: cells[2:] for column, cells in ROWS.items()}).tolist() == [2.0] * 4
