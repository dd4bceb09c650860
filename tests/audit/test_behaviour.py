"""Which decisions global methods look at, and what they find in a lender whose truth is known."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from audit import barrier, behaviour, prepare
from audit.config.explain import GLOBAL_METHODS
from tests.worlds.desk import Desk


def silent(*_: object) -> None:
    """Show no progress."""


def ready_and_scored(desk):
    """Prepare and score a world."""
    ready = prepare.prepare(desk.config)
    return ready, prepare.score(ready, silent)


def figures_of(desk):
    """Return the figures of every global method, as a run would ask for them."""
    ready, scored = ready_and_scored(desk)
    chosen = barrier.choose(ready, scored)
    sent = pickle.loads(pickle.dumps(behaviour.look(ready.job, scored, rows=300)))
    return {one.name: one for one in behaviour.figures(chosen.job, sent, chosen.by_cutoff, ready.host)}


@pytest.fixture
def desk(fresh):
    """An even lender that asks for every global method."""
    return Desk(fresh("even").folder).set(explain__also=list(GLOBAL_METHODS))


def test_the_look_is_bounded_and_complete(desk):
    """So many scored decisions, each with its groups, outcome and cutoff; all where they are fewer."""
    ready, scored = ready_and_scored(desk)
    seen = behaviour.look(ready.job, scored, rows=100)
    assert sum(len(positions) for _, positions in seen.places) == 100
    assert sorted(seen.order.tolist()) == list(range(100))
    assert set(seen.groups) == set(scored[0].groups)
    assert {len(members) for members in seen.groups.values()} == {100}
    assert np.unique(seen.cutoffs).tolist() == [0.4]
    scores = [one for part in scored for one in part.decisions if one.score is not None]
    whole = behaviour.look(ready.job, scored, rows=10**6)
    decided = [one for one in scores if one.outcome != "none"]
    assert sum(len(positions) for _, positions in whole.places) == len(decided)


def test_a_linear_lender_is_what_it_is(desk):
    """No factors interact, each curve is its term, all lines are parallel."""
    found = figures_of(desk)
    assert all(pair["size"] == 0 for pair in found["interaction"].body["pairs"])
    curves = {axis["column"]: axis for axis in found["partial_dependence"].body["axes"]}
    for column, slope in (("income", -0.0015), ("utilisation", 0.45), ("late_payments", 0.07)):
        axis = curves[column]
        points = np.array(axis["points"])
        assert np.array(axis["mean"]) - axis["mean"][0] == pytest.approx(slope * (points - points[0]))
        assert axis["spread"] == pytest.approx(0, abs=1e-9)
    effects = {axis["column"]: axis for axis in found["ale"].body["axes"]}
    points = np.array(effects["income"]["points"])
    assert np.diff(effects["income"]["effect"]) == pytest.approx(-0.0015 * np.diff(points))
    assert found["weights"].body["cause"].startswith("the model is no Keras network")


def test_missing_values_are_counted(desk):
    """Rows that do not know their years at the address are told of, and in no bin."""
    found = figures_of(desk)
    curve = next(
        axis for axis in found["partial_dependence"].body["axes"] if axis["column"] == "years_at_address"
    )
    effect = next(axis for axis in found["ale"].body["axes"] if axis["column"] == "years_at_address")
    assert curve["n_unknown"] == effect["left_out"] > 0


def test_no_figure_depends_on_the_order_of_rows(desk, fresh):
    """Another order of the same file gives the same bytes."""
    other = Desk(fresh("even").folder).set(explain__also=list(GLOBAL_METHODS))
    other.rows(lambda rows: list(reversed(rows)))
    one, two = figures_of(desk), figures_of(other)
    for name, figure in one.items():
        assert json.dumps(figure.body, allow_nan=False) == json.dumps(two[name].body, allow_nan=False), name


def test_nothing_is_measured_that_was_not_asked(fresh):
    """Cross-checks of single decisions are no global methods."""
    desk = Desk(fresh("even").folder).set(explain__also=["lime"])
    assert figures_of(desk) == {}


def test_a_run_seals_what_it_was_asked_and_the_report_tells_it(desk):
    """From the config to the page: every figure is a row, groups are of restricted access."""
    import audit
    from audit.ledger import Ledger
    from reports import report

    result = audit.run(desk.config)
    with Ledger.open(f"sqlite:///{desk.folder / 'ledger.db'}") as book:
        sealed = book.figures(result.audit.audit)
        page = report.render(book, result.audit.audit, "html").words
    assert set(GLOBAL_METHODS) <= set(sealed)
    for name in ("importance_by_group", "permutation_importance_by_group", "partial_dependence_by_group"):
        assert sealed[name].access == "fair_lending"
    assert sealed["agreement"].body["with"] == []
    assert "No two of these factors act together: what each does adds up." in page
    assert "the model is no Keras network" in page


def test_decisions_without_a_model_say_why(fresh):
    """A global method that was asked of nobody has its cause."""
    desk = Desk(fresh("even").folder).set(
        explain__also=["ale", "weights"],
        model=None,
        decision={"taken": {"column": "decision", "adverse": "refused"}},
    )
    desk.rows(lambda rows: [{**row, "decision": ("refused", "ok")[at % 2]} for at, row in enumerate(rows)])
    found = figures_of(desk)
    assert {name: one.body["cause"][:18] for name, one in found.items()} == {
        "ale": "no model was opene",
        "weights": "no model was opene",
    }
