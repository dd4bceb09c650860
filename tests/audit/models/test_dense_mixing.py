"""Mixes walked through dense layers have the scores that the layers give when written out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from audit.explain.design import all_coalitions, antithetic_orders, gains
from audit.models.dense_mixing import DenseMixer, layers_of

NUMBERS = 6
PLAYER = np.array([2, 0, 1, 2, -1, 1])  # the fifth number stays the reference row's


def network(*units, activations=None, seed=1):
    """Return kernels, biases and activations, and the score of rows in float64."""
    draw = np.random.default_rng(seed)
    sizes = (NUMBERS, *units, 1)
    kernels = [draw.normal(size=pair).astype("float32") / 2 for pair in pairwise(sizes)]
    biases = [draw.normal(size=size).astype("float32") / 2 for size in sizes[1:]]
    named = activations or ["relu"] * len(units) + ["sigmoid"]

    def score(rows):
        found = rows.astype(float)
        for kernel, bias, activation in zip(kernels, biases, named, strict=True):
            found = found @ kernel.astype(float) + bias
            found = {"relu": np.maximum(found, 0), "linear": found, "sigmoid": 1 / (1 + np.exp(-found))}[
                activation
            ]
        return found[:, 0]

    return layers_of(kernels, biases, named), score


def two_sets(n=5, n_reference=7):
    """Return rows and reference rows; some numbers of some rows are those of reference rows."""
    draw = np.random.default_rng(2)
    rows, reference = (draw.normal(size=(size, NUMBERS)).astype("float32") for size in (n, n_reference))
    rows[1, [1, 2, 5]] = reference[3, [1, 2, 5]]  # two players change nothing
    rows[2, PLAYER >= 0] = reference[4, PLAYER >= 0]  # nobody changes anything
    return rows, reference


WIDTHS = [(5,), (20, 3), (16, 40), (70, 130), (64, 64, 17)]


@pytest.mark.parametrize("units", WIDTHS)
def test_all_coalitions_have_the_mean_score_of_their_mixes(units):
    """Whatever the widths: blocks of one, two and four times sixteen units, filled up or not."""
    layers, score = network(*units)
    rows, reference = two_sets()
    found = DenseMixer(layers, reference, PLAYER, 3).all_means(rows)
    for at, coalition in enumerate(all_coalitions(3)):
        kept = np.where(PLAYER >= 0, coalition[PLAYER], False)
        true = [score(np.where(kept, row, reference)).mean() for row in rows]
        assert found[:, at] == pytest.approx(true, abs=2e-6)


@pytest.mark.parametrize("units", WIDTHS)
@pytest.mark.parametrize("pairs", [1, 3, 40])
def test_what_each_joining_changes_is_what_the_scores_say(units, pairs):
    """As if every mix on the way had been scored, where players that change nothing have none."""
    layers, score = network(*units)
    rows, reference = two_sets()
    design = antithetic_orders(3, len(reference), pairs, 7)
    owner = np.maximum(PLAYER, 0)  # every number has one
    empty, full = score(reference), score(rows)
    found = DenseMixer(layers, reference, owner, 3).along(rows, design.orders, empty, full)
    for row, whole, told in zip(rows, full, found, strict=True):
        mixes = score(np.where(design.coalitions[:, owner], row, reference[design.background]))
        assert told == pytest.approx(gains(design, mixes, empty, whole), abs=2e-6)
        assert np.abs(told.sum(axis=2) - (whole - empty)[:, None]).max() < 2e-6


def test_a_layer_without_activation_and_a_score_without_sigmoid():
    """Both are taken as they are."""
    layers, score = network(20, 8, activations=["linear", "relu", "linear"])
    rows, reference = two_sets()
    found = DenseMixer(layers, reference, PLAYER, 3).all_means(rows)
    assert found[:, 0] == pytest.approx(score(reference).mean(), abs=2e-6)


@pytest.mark.parametrize("activations", [["tanh", "sigmoid"], ["relu", "relu"], ["relu, relu", "linear"]])
def test_other_activations_are_left_to_others(activations):
    """What the loops do not know they do not guess."""
    assert network(5, activations=activations)[0] is None


def test_neither_company_nor_cores_change_a_bit(monkeypatch):
    """A row has the same bytes alone, among others, and on one core."""
    layers, score = network(64, 64)
    draw = np.random.default_rng(3)
    rows, reference = draw.normal(size=(70, NUMBERS)).astype("float32"), two_sets()[1]
    mixer, design = DenseMixer(layers, reference, PLAYER, 3), antithetic_orders(3, 7, 2, 7)
    empty, full = score(reference), score(rows)
    means, along = mixer.all_means(rows), mixer.along(rows, design.orders, empty, full)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    assert mixer.all_means(rows).tobytes() == means.tobytes()
    assert mixer.along(rows, design.orders, empty, full).tobytes() == along.tobytes()
    for at in (0, 37, 69):
        one = slice(at, at + 1)
        assert mixer.all_means(rows[one]).tobytes() == means[one].tobytes()
        assert mixer.along(rows[one], design.orders, empty, full[one]).tobytes() == along[one].tobytes()


def test_no_rows_have_no_means():
    """Nothing in, nothing out."""
    layers, _ = network(5)
    mixer = DenseMixer(layers, two_sets()[1], PLAYER, 3)
    assert mixer.all_means(np.empty((0, NUMBERS), "float32")).shape == (0, 8)


def test_a_number_that_is_none_stays_none():
    """A NaN inside is not raised to the floor of relu."""
    layers, _ = network(5)
    rows, reference = two_sets()
    rows[0, 0] = np.nan
    found = DenseMixer(layers, reference, PLAYER, 3).all_means(rows)
    with_it = all_coalitions(3)[:, PLAYER[0]]
    assert np.isnan(found[0, with_it]).all()
    assert not np.isnan(found[0, ~with_it]).any()
