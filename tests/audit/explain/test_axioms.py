"""Each explanation method holds what it declares: one suite over the whole table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.explain import AXIOMS, EXPLAINERS, explainer
from audit.record import Attributions
from tests.worlds.small_networks import COLUMNS, FACTORS, networked, some_rows, weighted

N, N_REFERENCE = 70, 30  # more rows than one compiled loop takes, and more points than one batch
PLACE = {factor: at for at, factor in enumerate(FACTORS)}


def declared() -> list[tuple[str, str]]:
    """Return every method with every axiom that it declares."""
    return [(name, axiom) for name in EXPLAINERS for axiom in sorted(explainer(name).axioms)]


@pytest.fixture(scope="module", params=["tanh", "relu"])
def scorer(request):
    """A small network, smooth or with kinks: twins a and b, an idle column, interactions."""
    return networked(request.param)


@pytest.fixture(scope="module")
def linear():
    """A linear network, compiled once; each test sets its weights."""
    return weighted()


def explained(scorer, name, n=N, **options) -> Attributions:
    """Explain the first rows of the world."""
    rows = {column: cells[:n] for column, cells in some_rows(N, 1).items()}
    return explainer(name).explain(scorer, rows, some_rows(N_REFERENCE, 2), FACTORS, **options)


@pytest.mark.parametrize("name", list(EXPLAINERS))
def test_every_method_declares_axioms_that_are_known(name):
    """A method without an axiom promises nothing, and a bound goes with completeness alone."""
    method = explainer(name)
    assert method.axioms
    assert method.axioms <= set(AXIOMS)
    assert hasattr(method, "complete_within") == ("complete" in method.axioms)


def holds_complete(name, scorer):
    """Base and contributions add up to the score, within what the method states."""
    found = explained(scorer, name)
    reach = np.ptp(found.output)
    assert reach > 0.3
    assert np.abs(found.residual).max() <= explainer(name).complete_within * reach
    assert found.residual == pytest.approx(found.output - found.base - found.values.sum(axis=1), abs=1e-15)


def holds_unused_is_zero(name, scorer):
    """The idle column gets 0, though it moves in the data and is read."""
    values = explained(scorer, name).values
    assert np.abs(values[:, PLACE["idle"]]).max() < 1e-8
    assert np.abs(values[:, PLACE["cd"]]).mean() > 0.01


def holds_symmetric(name, scorer):
    """Twins with the same values get the same."""
    values = explained(scorer, name).values
    assert values[:, PLACE["a"]] == pytest.approx(values[:, PLACE["b"]], abs=1e-6)
    assert np.abs(values[:, PLACE["a"]]).mean() > 0.01


def holds_seeded(name, scorer):
    """The same seed gives the same bytes, whatever was drawn from numpy's own generator meanwhile."""
    one = explained(scorer, name, n=6, seed=11)
    before = np.random.get_state()[1].tobytes()
    two = explained(scorer, name, n=6, seed=11)
    assert np.random.get_state()[1].tobytes() == before
    np.random.random(3)
    three = explained(scorer, name, n=6, seed=11)
    for other in (two, three):
        assert one.values.tobytes() == other.values.tobytes()
        assert one.residual.tobytes() == other.residual.tobytes()


def holds_batch_invariant(name, scorer):
    """Rows that are explained alone, or in another company, have the bytes that they have in the batch."""
    together = explained(scorer, name)
    few = explained(scorer, name, n=3)
    assert few.values.tobytes() == together.values[:3].tobytes()
    rows, reference = some_rows(N, 1), some_rows(N_REFERENCE, 2)
    for at in (0, 65, N - 1):
        row = {column: cells[at : at + 1] for column, cells in rows.items()}
        alone = explainer(name).explain(scorer, row, reference, FACTORS)
        assert alone.values.tobytes() == together.values[at].tobytes()
        if together.standard_error is not None:
            assert alone.standard_error.tobytes() == together.standard_error[at].tobytes()


def holds_linear(name, linear):
    """Of a linear model a factor gets its weights times the distance from the mean of the reference."""
    layer, scorer = linear
    rows, reference = some_rows(3, 4), some_rows(12, 5)
    apart = {column: rows[column] - reference[column].mean() for column in COLUMNS}

    @settings(max_examples=10)
    @given(st.lists(st.floats(-3, 3, width=32), min_size=len(COLUMNS), max_size=len(COLUMNS)))
    def it_is_the_closed_form(weights):
        layer.set_weights([np.array(weights, dtype=np.float32)[:, None], np.array([0.5], dtype=np.float32)])
        found = explainer(name).explain(scorer, rows, reference, FACTORS)
        by_column = dict(zip(COLUMNS, weights, strict=True))
        for factor, columns in FACTORS.items():
            true = sum(by_column[column] * apart[column] for column in columns)
            assert found.values[:, PLACE[factor]] == pytest.approx(true, abs=2e-5)

    it_is_the_closed_form()


HOLDS = {
    "complete": holds_complete,
    "unused_is_zero": holds_unused_is_zero,
    "symmetric": holds_symmetric,
    "seeded": holds_seeded,
    "batch_invariant": holds_batch_invariant,
    "linear": holds_linear,
}


@pytest.mark.parametrize(("name", "axiom"), declared())
def test_it_holds_what_it_declares(name, axiom, scorer, linear):
    """The axiom that the method declares is true of it."""
    HOLDS[axiom](name, linear if axiom == "linear" else scorer)


def test_every_axiom_has_its_test():
    """No axiom can be declared that nothing tests."""
    assert set(HOLDS) == set(AXIOMS)


@pytest.mark.parametrize(
    ("name", "axiom"), [("lime", "complete"), ("occlusion", "complete"), ("gradients", "complete")]
)
def test_the_suite_would_see_a_false_promise(name, axiom, scorer, monkeypatch):
    """A method that does not add up fails where it said that it does."""
    monkeypatch.setattr(explainer(name), "complete_within", 1e-3, raising=False)
    with pytest.raises(AssertionError):
        HOLDS[axiom](name, scorer)
