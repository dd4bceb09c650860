"""Audits with every method beside the one that letters quote: what is measured, and what says why not."""

from __future__ import annotations

import datetime as dt
import re

import pytest

import audit
from audit.cli.explain import account, in_words
from audit.config.explain import KNOWN_METHODS, LOCAL_METHODS
from audit.demo import world
from audit.explain import EXPLAINERS, explainer
from audit.ledger import Ledger
from tests.worlds.desk import Desk

OF_GRADIENTS = {name for name in EXPLAINERS if "gradient" in explainer(name).needs}
ROWS = 600


def test_the_config_takes_every_method_of_the_table_but_the_quoted_one():
    """Whatever is built can be asked for, and nothing else."""
    assert set(LOCAL_METHODS) == set(EXPLAINERS) - {"shapley"}
    assert set(EXPLAINERS) <= set(KNOWN_METHODS)


def test_a_function_is_cross_checked_as_far_as_scores_go(fresh) -> None:
    """Of a linear lender occlusion is the quoted value; what needs gradients says that there are none."""
    desk = Desk(fresh("even").folder).set(explain__also=list(LOCAL_METHODS), explain__sample=8)
    result = audit.run(desk.config)
    found = {row["method"]: row for row in result.figures["agreement"].body["with"]}
    assert set(found) == set(LOCAL_METHODS)
    assert found["occlusion"]["max_difference"] < 1e-6
    assert found["occlusion"]["n"] == 8
    for name in OF_GRADIENTS:
        assert found[name]["top4_overlap"] is None
        assert f"{name} needs gradients, and this model gives scores alone" in found[name]["cause"]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The example's network on its first applicants, audited with every method."""
    folder = tmp_path_factory.mktemp("example")
    config = world.lay_out(folder, dt.date(2026, 11, 20))
    lines = (folder / "applications.csv").read_text().splitlines(keepends=True)
    (folder / "applications.csv").write_text("".join(lines[: ROWS + 1]))
    text = config.read_text()
    asked = re.sub(r"(?m)^  also: \[.*\]", f"  also: [{', '.join(LOCAL_METHODS)}]", text)
    assert asked != text
    config.write_text(asked)
    return audit.run(config)


def test_a_network_is_explained_by_every_method(example) -> None:
    """All are measured; those that play the letters' game agree with them, the others lean that way."""
    body = example.figures["agreement"].body
    found = {row["method"]: row for row in body["with"]}
    assert set(found) == set(LOCAL_METHODS)
    assert {row["cause"] for row in found.values()} == {None}
    assert {row["n"] for row in found.values()} == {60}
    assert found["shap"]["max_difference"] < 1e-6
    assert "how" not in found["shap"]
    assert found["expected_gradients"]["top4_overlap"] > 0.8
    for row in found.values():
        assert row["rank_correlation"] > 0.4


def test_one_decision_is_told_by_every_method(example) -> None:
    """`explain` prints each method's contributions, and the JSON has errors and residuals."""
    with Ledger.open(example.ledger_url) as ledger:
        of = example.audit.audit
        refused = (one.decision for one in ledger.decisions(of, outcome="adverse"))
        name = next(one for one in refused if len(ledger.attributions(of, one)) > 1)
        told = account(ledger, of, name)
    assert set(told["attributions"]) == set(EXPLAINERS)
    assert set(told["residual"]) == set(EXPLAINERS)
    for method in ("expected_gradients", "smoothgrad"):
        errors = [entry["standard_error"] for entry in told["attributions"][method].values()]
        assert min(errors) >= 0.0
        assert max(errors) > 0.0
    for method in set(EXPLAINERS) - {"integrated_gradients", "lime"}:  # these start elsewhere
        total = sum(entry["value"] for entry in told["attributions"][method].values())
        whole = told["reference"]["mean_score"] + total + told["residual"][method]
        assert whole == pytest.approx(told["score"], abs=1e-6)
    assert abs(told["residual"]["shapley"]) < 1e-6
    assert abs(told["residual"]["occlusion"]) > 1e-3
    printed = in_words(told)
    for method in EXPLAINERS:
        assert f"\n  {method}: " in printed
