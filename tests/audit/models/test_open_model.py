"""Which adapter opens a model, and what nobody answers for stays closed."""

from __future__ import annotations

import datetime as dt
import hashlib
from importlib import import_module

import joblib
import numpy as np
import pytest

from audit import models
from audit.config.model import BUILT
from audit.errors import ModelError
from audit.models import as_trust, checked_scores, open_model
from audit.record import Trust

TRUST = {"by": "Model Risk", "reason": "read", "date": "2026-11-02"}


class Marker:
    """What a harmful pickle would do, harmlessly: it leaves a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_every_entry_of_the_table_that_is_ours_is_an_opener():
    """Each lazy string names a function; each ending that the config takes is in the table."""
    entries = {*models.BY_ENDING.values(), *models.BY_PREFIX.values(), models.FOLDER}
    for entry in entries - {"audit.models.keras:open_keras"}:
        module, _, name = entry.partition(":")
        assert callable(getattr(import_module(module), name))
    assert set(BUILT) == set(models.BY_ENDING)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nobody is named"),
        ({"trust": TRUST}, "must be pinned by its digest"),
        ({"trust": TRUST, "sha256": "0" * 64}, "the config pins 0000"),
    ],
)
def test_a_pickle_is_not_opened_without_trust_and_its_digest(tmp_path, given, words):
    """Not one byte of it is run before somebody answers for exactly these bytes."""
    joblib.dump(Marker(tmp_path / "ran"), tmp_path / "model.joblib")
    with pytest.raises(ModelError, match=words):
        open_model("model.joblib", folder=tmp_path, **given)
    assert not (tmp_path / "ran").exists()


def test_the_message_gives_the_digest_to_pin(tmp_path):
    """Who has looked at the file need not compute it."""
    (tmp_path / "model.pkl").write_bytes(b"x")
    with pytest.raises(ModelError, match=hashlib.sha256(b"x").hexdigest()):
        open_model("model.pkl", TRUST, folder=tmp_path)


def test_a_function_is_not_imported_without_trust(tmp_path):
    """Importing is running."""
    (tmp_path / "model.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    with pytest.raises(ModelError, match="a python function runs code, and nobody is named"):
        open_model("python:model:score", folder=tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("absent.keras", "there is no such file"),
        ("absent.onnx", "there is no such file"),
        ("absent/", "there is no such folder"),
        ("model.xyz", "no framework reads the ending '.xyz'"),
    ],
)
def test_what_cannot_be_opened_is_told(tmp_path, path, words):
    """Place, fact and way out."""
    with pytest.raises(ModelError, match=rf"^model {path}: .*{words}.*\. .*\.$"):
        open_model(path, folder=tmp_path)


def test_trust_in_all_its_forms():
    """A record, a mapping with text or dates, a config section; all three parts are needed."""
    whole = Trust("Model Risk", "read", dt.date(2026, 11, 2))
    assert as_trust(TRUST) == as_trust(whole) == as_trust({**TRUST, "date": dt.date(2026, 11, 2)}) == whole
    assert as_trust(None) is None
    with pytest.raises(ModelError, match=r"model\.trust: reason, date not stated"):
        as_trust({"by": "Model Risk"})


@pytest.mark.parametrize("values", [[0.1, 0.2], np.array([[0.1], [0.2]], dtype=np.float32)])
def test_scores_of_the_right_shape(values):
    """One number a row, as a list or as a single column."""
    scores = checked_scores(values, 2)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, [0.1, 0.2])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.1, np.nan], "1 of 2 scores are NaN or infinite"),
        ([0.1, -np.inf], "1 of 2 scores are NaN or infinite"),
        ([0.1], r"wrong length \(got shape \(1,\), expected \(2,\)\)"),
        ([[0.1, 0.9], [0.2, 0.8]], r"got shape \(2, 2\)"),
        (0.5, r"got shape \(\)"),
        (["high", "low"], "its scores are not numbers"),
        (None, r"got shape \(\)"),
    ],
)
def test_scores_that_are_none(values, words):
    """NaN, infinity, another length and words are the model's fault."""
    with pytest.raises(ModelError, match=words):
        checked_scores(values, 2)
