"""What sampling calls certain is what all coalitions say: Taiwanese card holders and German credit.

The sampled way is forced on eight factors, so that the exact answer is known for every row. A row that is
called ``certain`` must have the exact reasons in the exact order; what is not certain may be wrong, and
is what letters are held for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from audit.explain import shapley
from audit.explain.certainty import Rule
from audit.models import open_model
from audit.models.keras import import_keras_quietly, scorer_of
from tests.realdata import german
from tests.realdata.conftest import DATA
from tests.worlds import card_holders

pytestmark = pytest.mark.slow
DEMO = Path(shapley.__file__).parents[1] / "demo"
N_ROWS, N_REFERENCE = 1_500, 200
RULE = Rule()


def taiwan() -> tuple[Any, dict[str, Any], dict[str, Any], dict[str, tuple[str, ...]]]:
    """The example's network, its refused card holders and some approved ones, and its eight factors."""
    config = YAML(typ="safe").load(DEMO / "audit.yaml")
    stated = YAML(typ="safe").load(DEMO / "reasons.yaml")
    columns = config["data"]["features"]
    table = card_holders.applicants(DATA, 30_000)
    values = {column: table[column].cast(float).to_numpy() for column in columns}
    scorer: Any = open_model(DEMO / config["model"]["path"], features=columns)
    refused = scorer.score(values) >= config["decision"]["cutoff"]
    rows, others = np.flatnonzero(refused)[:N_ROWS], np.flatnonzero(~refused)
    reference = np.random.default_rng(7).choice(others, N_REFERENCE, replace=False)
    factors = {factor: tuple(entry["columns"]) for factor, entry in stated.items()}
    return scorer, *({c: v[some] for c, v in values.items()} for some in (rows, reference)), factors


def germany() -> tuple[Any, dict[str, Any], dict[str, Any], dict[str, tuple[str, ...]]]:
    """A network of named columns, all thousand applicants, and some of the approved, with eight factors."""
    import_keras_quietly()
    people = german.rows(DATA)
    scorer: Any = scorer_of(german.network(people))
    values = {name: column[:, 0] for name, column in german.columns(people).items()}
    approved = np.flatnonzero(scorer.score(values) < german.CUTOFF)
    reference = np.random.default_rng(7).choice(approved, N_REFERENCE, replace=False)
    factors = {factor: columns for factor, (columns, _, _) in german.FACTORS.items()}
    return scorer, values, {c: v[reference] for c, v in values.items()}, factors


def printed(contributions: np.ndarray) -> list[int]:
    """Return the factors that a letter would name, by the definition: above the floor, largest first."""
    floor = RULE.floor * contributions[contributions > 0].sum()
    order = np.argsort(-contributions, kind="stable")[: RULE.at_most]
    return [int(at) for at in order if contributions[at] > floor]


@pytest.mark.parametrize("people", [taiwan, germany])
@pytest.mark.parametrize("escalate", [False, True])
@pytest.mark.parametrize("sampling", shapley.SAMPLINGS)
def test_what_is_certain_has_the_exact_reasons_in_order(people: Any, escalate: bool, sampling: str) -> None:
    """All of a thousand rows and more: set and order of every row that is certain are the exact ones."""
    scorer, rows, reference, factors = people()
    exact = shapley.explain(scorer, rows, reference, factors)
    sampled = shapley.explain(
        scorer, rows, reference, factors, exact_up_to=2, escalate=escalate, budget=0, sampling=sampling
    )
    assert len(exact.values) >= 1_000
    assert set(exact.certified) <= {"exact", "tie"}
    certain = [at for at, word in enumerate(sampled.certified) if word == "certain"]
    right = [
        at for at in range(len(exact.values)) if printed(sampled.values[at]) == printed(exact.values[at])
    ]
    wrong = sorted(set(certain) - set(right))
    asked = "asked again" if escalate else "asked once"
    counts = f"{len(certain)} certain, {len(wrong)} of them wrong; {len(right)} right of all"
    print(f"{people.__name__}, {sampling}, {asked}: {len(exact.values)} rows, {counts}")
    assert len(certain) > len(exact.values) / 20
    assert wrong == []
