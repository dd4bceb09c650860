"""What weights say, against networks made by hand."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from audit.explain.weights import chained, paths_from, weights
from audit.models.dense import DenseLayer, DenseNetwork


def network(columns, given, *kernels, activation="relu"):
    """Return a network of layers without biases; the last is linear."""
    given = np.asarray(given, dtype=float)
    values, layers = given, []
    for place, kernel in enumerate(np.asarray(one, dtype=float) for one in kernels):
        last = place == len(kernels) - 1
        summed = values @ kernel
        values = np.maximum(summed, 0) if activation == "relu" and not last else summed
        layers.append(
            DenseLayer(
                f"layer{place}", kernel, np.zeros(kernel.shape[1]), "linear" if last else activation, values
            )
        )
    return DenseNetwork(tuple(columns), given, tuple(layers))


# Both inputs have a standard deviation of 1 over these four rows.
CORNERS = [[-1, -1], [-1, 1], [1, -1], [1, 1]]


def test_path_weights_are_sums_over_all_paths():
    """Product of absolute weights along each path, path by path, in a network of three layers."""
    draw = np.random.default_rng(1)
    sizes = (3, 4, 2, 1)
    kernels = [draw.normal(size=pair) for pair in pairwise(sizes)]
    given = draw.normal(size=(50, 3)) * [1, 2, 0.5]
    found = weights(network("abc", given, *kernels))
    for at, column in enumerate("abc"):
        total = sum(
            abs(kernels[0][at, i] * kernels[1][i, j] * kernels[2][j, 0])
            for i, j in product(range(4), range(2))
        )
        one = next(one for one in found.columns if one.column == column)
        assert one.path == pytest.approx(total * given[:, at].std())
        assert one.signed is None
    assert sum(one.share for one in found.columns) == pytest.approx(1)
    assert [one.path for one in found.columns] == sorted((one.path for one in found.columns), reverse=True)


def test_of_linear_layers_the_signed_weight_is_the_slope():
    """Two linear layers are one; what cancels, cancels, and the path weight does not."""
    found = weights(network("ab", CORNERS, [[1, 1], [2, 0]], [[1], [-1]], activation="linear"))
    by_column = {one.column: one for one in found.columns}
    assert found.linear
    assert by_column["a"].signed == pytest.approx(0.0)
    assert by_column["a"].path == pytest.approx(2.0)
    assert by_column["b"].signed == pytest.approx(2.0)
    scores = chained([np.array([[1.0, 1.0], [2.0, 0.0]]), np.array([[1.0], [-1.0]])])
    assert scores.tolist() == [[0.0], [2.0]]


def test_idle_and_cut_off_units_are_counted():
    """One unit is never above 0 on these rows, one has no way in, one no way out."""
    kernel = [[-1, 0, 1, 1], [-1, 0, 1, 1]]
    found = weights(network("ab", np.abs(CORNERS), kernel, [[1], [1], [1], [0]]))
    first = found.layers[0]
    assert (first.units, first.idle, first.cut_off) == (4, 4, 2)  # all rows are equal: all are idle
    varied = weights(network("ab", [[1, 2], [3, 1], [0, 1]], kernel, [[1], [1], [1], [0]])).layers[0]
    assert (varied.idle, varied.cut_off) == (2, 2)


def test_a_unit_is_cut_off_where_only_dead_ends_read_it():
    """No path leads from it to the score, although its own weights are not 0."""
    found = weights(network("ab", CORNERS, [[1, 1], [1, 1]], [[1, 0], [0, 1]], [[1], [0]]))
    assert [layer.cut_off for layer in found.layers] == [1, 1, 0]


def test_sizes_of_a_layer():
    """Root of the sum of squares, largest stretch, share of small weights."""
    found = weights(network("ab", CORNERS, [[3, 0], [0, 4]], [[1], [1e-9]]))
    first, last = found.layers
    assert (first.norm, first.gain, first.small) == pytest.approx((5.0, 4.0, 0.5))
    assert last.small == pytest.approx(0.5)
    assert found.n == 4


def test_what_the_first_layer_mixes():
    """The strongest inputs of each unit by one standard deviation, with sign and share."""
    given = np.array(CORNERS) * [1.0, 10.0]
    found = weights(network("ab", given, [[4, 1], [-0.1, 0.0]], [[1], [2]]))
    one, two = found.units
    assert one.unit == 0
    assert one.inputs[0] == ("a", pytest.approx(4.0), pytest.approx(0.8))
    assert one.inputs[1] == ("b", pytest.approx(-1.0), pytest.approx(0.2))
    assert two.inputs == (("a", pytest.approx(1.0), pytest.approx(1.0)),)
    assert (one.reach, two.reach) == pytest.approx((5 / 7, 2 / 7))


def test_parts_of_one_column_are_added_up():
    """Numbers that come from one column count as that column; their slopes have no sum."""
    found = weights(network(["a", "town", "town"], np.eye(3), [[1], [2], [3]], [[1]], activation="linear"))
    spread = np.eye(3)[:, 0].std()
    assert {one.column: one.path for one in found.columns} == pytest.approx({"a": spread, "town": 5 * spread})
    assert {one.column: one.signed for one in found.columns}["town"] is None


def test_an_input_that_never_changes_has_no_weight():
    """Its standard deviation is 0, so whatever its weights are, it moves nothing."""
    found = weights(network("ab", [[1, 0], [1, 2]], [[9], [1]], [[1]]))
    assert {one.column: one.path for one in found.columns} == {"a": 0.0, "b": 1.0}
    nothing = weights(network("ab", [[1, 1], [1, 1]], [[9], [1]], [[1]]))
    assert [one.share for one in nothing.columns] == [0.0, 0.0]
    assert nothing.units[0].inputs == ()


def test_products_from_each_layer_onward():
    """Last is the output itself."""
    first, second = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    assert [one.tolist() for one in paths_from([first, second])] == [[[11.0]], [[3.0], [4.0]], [[1.0]]]
