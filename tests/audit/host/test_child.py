"""The child that holds a model: the same bits as in this process, and what it does not survive."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audit.errors import AuditError, ModelError, UsageError
from audit.host import Host, Order
from audit.host.child import ChildHost
from audit.host.local import LocalHost
from audit.record import Trust

TRUST = Trust("Model Risk", "a test", dt.date(2026, 11, 20))
FACTORS = {"income": ["income"], "place": ["debt", "town"]}

SOURCE = """
import numpy as np
TOWN = {"north": 0.3, "south": -0.4}
def score(rows):
    town = np.array([TOWN.get(word, 0.0) for word in rows["town"]])
    income = np.nan_to_num(rows["income"], nan=0.2)
    return 1 / (1 + np.exp(-(rows["debt"] * town - income + 0.1 * rows["debt"] ** 2)))
"""


def rows(n: int, seed: int) -> dict[str, np.ndarray]:
    """Draw applicants, some with a missing income and a missing town."""
    draw = np.random.default_rng(seed)
    income = draw.normal(size=n)
    income[::5] = np.nan
    town = draw.choice(np.array(["north", "south", ""], dtype=object), size=n)
    return {"income": income, "debt": draw.normal(size=n), "town": town}


@pytest.fixture
def started() -> Iterator[Callable[[Order], Host]]:
    """Start hosts, and end them after the test."""
    hosts: list[Host] = []

    def start(order: Order) -> Host:
        hosts.append(ChildHost(order))
        return hosts[-1]

    yield start
    for host in hosts:
        host.close()


def order(folder: Path, source: str, **other: object) -> Order:
    """Write a function and return the order for it."""
    (folder / "model.py").write_text(source)
    stated = Order("python:model:score", folder, trust=TRUST, features=("income", "debt", "town"))
    return replace(stated, **other)


def test_every_answer_has_the_bits_of_this_process(tmp_path: Path, started) -> None:
    """Model, scores and each method's contributions are the same from a child and from here."""
    asked = order(tmp_path, SOURCE)
    child, here = started(asked), LocalHost(asked)
    assert child.model() == here.model()
    some, reference = rows(7, seed=1), rows(20, seed=2)
    assert child.score(some).tobytes() == here.score(some).tobytes()
    for method, options in (("shapley", {"seed": 7}), ("shap", {"seed": 7}), ("lime", {"seed": 7})):
        told: list[int] = []
        one = child.attribute(method, some, reference, FACTORS, options, told.append)
        other = here.attribute(method, some, reference, FACTORS, options)
        assert told[-1] == 7
        assert one.values.tobytes() == other.values.tobytes()
        assert one.residual.tobytes() == other.residual.tobytes()
        assert (one.certified, one.factors, dict(one.details)) == (
            other.certified,
            other.factors,
            dict(other.details),
        )


@pytest.mark.parametrize("kind", ["keras", "skops"])
def test_models_in_files_score_to_the_bit_too(kind: str, tmp_path: Path, started) -> None:
    """A Keras network and a scikit-learn pipeline give the same bits behind the walls as without."""
    x = np.random.default_rng(3).normal(size=(60, 2)).astype(np.float32)
    if kind == "keras":
        import keras

        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")]
        )
        file = tmp_path / "model.keras"
        model.save(file)
    else:
        skops_io = pytest.importorskip("skops.io")
        from sklearn.linear_model import LogisticRegression

        file = tmp_path / "model.skops"
        skops_io.dump(LogisticRegression().fit(x, x[:, 0] > x[:, 1]), file)
    asked = Order(file.name, tmp_path, features=("a", "b"))
    child, here = started(asked), LocalHost(asked)
    columns = {"a": x[:, 0].astype(float), "b": x[:, 1].astype(float)}
    assert child.model() == here.model()
    assert child.score(columns).tobytes() == here.score(columns).tobytes()
    factors = {"a": ["a"], "b": ["b"]}
    one = child.attribute("shapley", columns, columns, factors, {"seed": 7})
    other = here.attribute("shapley", columns, columns, factors, {"seed": 7})
    assert one.values.tobytes() == other.values.tobytes()


def test_a_fault_of_the_model_has_the_words_that_it_has_here(tmp_path: Path, started) -> None:
    """An error comes over with its kind and its words, and the child goes on."""
    asked = order(tmp_path, "def score(rows):\n    return [float('nan')] * len(rows['debt'])\n")
    child, here = started(asked), LocalHost(asked)
    for host in (child, here):
        with pytest.raises(ModelError, match="3 of 3 scores are NaN or infinite"):
            host.score(rows(3, seed=1))
    with pytest.raises(UsageError, match="no method 'guess'"):
        child.attribute("guess", rows(1, 1), rows(2, 2), FACTORS, {})
    with pytest.raises(ModelError, match="NaN or infinite"):
        child.score(rows(3, seed=1))


def test_a_model_that_cannot_be_opened_says_why(tmp_path: Path, started) -> None:
    """What ``open_model`` refuses is refused in the child, with the same words."""
    absent = Order("absent.keras", tmp_path)
    with pytest.raises(ModelError, match=r"there is no such file"):
        started(absent).model()
    untrusted = order(tmp_path, SOURCE, trust=None)
    with pytest.raises(ModelError, match="nobody is named"):
        started(untrusted).model()


def test_a_child_that_dies_is_an_error_and_not_an_end(tmp_path: Path, started) -> None:
    """A model that ends its process, while it opens or while it scores, leaves the driver unharmed."""
    opening = order(tmp_path, "import os\nos._exit(7)\n")
    with pytest.raises(ModelError, match=r"ended with exit code 7"):
        started(opening).model()
    scoring = started(order(tmp_path, "import os\ndef score(rows):\n    os.abort()\n"))
    with pytest.raises(AuditError, match=r"ended by SIGABRT.*start again") as told:
        scoring.score(rows(2, seed=1))
    assert told.value.exit_code == 1


def test_a_model_that_writes_into_the_line_is_told(tmp_path: Path, started) -> None:
    """What a model writes where answers go is no answer, and nothing of it is taken for one."""
    noisy = """
import os
def score(rows):
    for number in range(3, 64):
        try:
            os.write(number, b'{"done": [1.0, 1.0]}' * 3)
        except OSError:
            pass
    return [0.5] * len(rows["debt"])
"""
    with pytest.raises(ModelError, match="no answer"):
        started(order(tmp_path, noisy)).score(rows(2, seed=1))


def test_what_a_model_prints_goes_nowhere(tmp_path: Path, started, capfd: pytest.CaptureFixture[str]) -> None:
    """It may quote an applicant, so it reaches neither terminal nor log."""
    chatty = """
import sys
def score(rows):
    print(rows)
    sys.stderr.write("income")
    return rows["debt"] * 0
"""
    assert started(order(tmp_path, chatty)).score(rows(2, seed=1)).tolist() == [0.0, 0.0]
    assert capfd.readouterr() == ("", "")


def test_a_child_ends_with_its_host(tmp_path: Path) -> None:
    """Closed or let go of, no process and no folder is left, and a second close does nothing."""
    host = ChildHost(order(tmp_path, SOURCE))
    pid = host._line.process.pid
    host.model()
    host.close()
    host.close()
    assert host._line.process.returncode is not None
    assert not os.path.exists(f"/proc/{pid}")


def test_a_file_that_changes_while_it_is_opened_is_refused(tmp_path: Path, started) -> None:
    """The driver digests the file itself; a child that read another is not believed."""
    host = started(order(tmp_path, SOURCE))
    host._stated = "0" * 64
    with pytest.raises(ModelError, match="changed while it was opened"):
        host.model()
    with pytest.raises(ModelError, match="ended before"):
        host.score(rows(2, seed=1))


def test_threads_ask_in_turn(tmp_path: Path, started) -> None:
    """Nobody hears the answer to another's question."""
    host = started(order(tmp_path, "def score(rows):\n    return rows['debt']\n"))
    wrong: list[int] = []

    def ask(n: int) -> None:
        asked = {**rows(n, seed=n), "debt": np.full(n, float(n))}
        wrong.extend(n for _ in range(50) if host.score(asked).tolist() != [float(n)] * n)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_looking_for_a_module_runs_none_of_it(tmp_path: Path) -> None:
    """The driver finds the file of ``package.module`` without importing the package."""
    from audit.models import stated_digest

    package = tmp_path / "vendor"
    package.mkdir()
    (package / "__init__.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w').close()\n")
    (package / "model.py").write_text(SOURCE)
    assert stated_digest("python:vendor.model:score", tmp_path) is not None
    assert stated_digest("python:absent.model:score", tmp_path) is None
    assert stated_digest("python:json.decoder:JSONDecoder", tmp_path) is not None
    assert not (tmp_path / "marker").exists()
