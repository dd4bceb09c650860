"""German credit, whole: a network of named columns, reasons on factors, the same under both codings."""

from __future__ import annotations

import datetime as dt
import json
import math
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import audit
from audit.explain import shapley
from audit.ledger import Ledger
from audit.models import open_model
from tests.realdata import german
from tests.realdata.conftest import DATA

FACTORS = {factor: columns for factor, (columns, _, _) in german.FACTORS.items()}
ALL = frozenset(FACTORS)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The data, the network, its mirrored twin, and the sealed audits of both."""
    from audit.models.keras import import_keras_quietly

    import_keras_quietly()
    folder = tmp_path_factory.mktemp("german")
    people = german.rows(DATA)
    model = german.network(people)
    high = german.lay_out(folder / "high", people, model, adverse="high")
    low = german.lay_out(folder / "low", people, german.mirrored(model), adverse="low")
    return SimpleNamespace(
        people=people,
        model=model,
        scores=german.scores(model, people),
        folder=high.parent,
        result=audit.run(high),
        mirrored=audit.run(low),
    )


def _ledger(result: Any) -> Ledger:
    return Ledger.open(result.ledger_url)


def _near_cutoff(bank: SimpleNamespace) -> list[int]:
    """Return the approved applicants nearest the cutoff, by sorting: a tenth of them, at least fifty."""
    approved = np.flatnonzero(bank.scores < german.CUTOFF)
    order = approved[np.argsort(german.CUTOFF - bank.scores[approved])]
    return order[: max(50, math.ceil(len(approved) / 10))].tolist()


def _brute_force(bank: SimpleNamespace, row: int, reference: list[int]) -> dict[str, float]:
    """Return each factor's Shapley value from the definition: all coalitions, every reference row."""
    coalitions = [frozenset(some) for size in range(len(ALL) + 1) for some in combinations(FACTORS, size)]
    own, others = german.columns([bank.people[row]]), german.columns([bank.people[i] for i in reference])
    n = len(reference)
    mixed = {
        column: np.concatenate(
            [np.repeat(own[column], n, axis=0) if factor in some else others[column] for some in coalitions]
        )
        for factor, columns in FACTORS.items()
        for column in columns
    }
    values = german.scores_of(bank.model, mixed).reshape(len(coalitions), n).mean(axis=1)
    worth = dict(zip(coalitions, values, strict=True))
    found = {}
    for factor in FACTORS:
        total = 0.0
        for some in coalitions:
            if factor not in some:
                weight = math.factorial(len(some)) * math.factorial(len(ALL) - len(some) - 1)
                total += weight / math.factorial(len(ALL)) * (worth[some | {factor}] - worth[some])
        found[factor] = total
    return found


def _refused(bank: SimpleNamespace) -> list[int]:
    return np.flatnonzero(bank.scores >= german.CUTOFF).tolist()


@pytest.mark.slow
def test_every_score_and_outcome_is_the_network_s_own(bank: SimpleNamespace) -> None:
    """Scores in the ledger equal the network asked directly; the cutoff splits them; nobody is lost."""
    with _ledger(bank.result) as ledger:
        decisions = {one.row: one for one in ledger.decisions(bank.result.audit.audit)}
    assert len(decisions) == 1000
    difference = max(abs(decisions[i].score - bank.scores[i]) for i in range(1000))
    assert difference < 1e-6
    for i, score in enumerate(bank.scores):
        assert decisions[i].outcome == ("adverse" if score >= german.CUTOFF else "favourable")
    counts = bank.result.audit.counts
    assert counts["adverse"] == len(_refused(bank)) > 100
    assert (counts["rows"], counts["quarantined"], counts["none"]) == (1000, 0, 0)


@pytest.mark.slow
def test_the_reference_is_the_nearest_tenth_of_the_approved(bank: SimpleNamespace) -> None:
    """Whom refused applicants are compared with is what sorting by distance to the cutoff gives."""
    with _ledger(bank.result) as ledger:
        (reference,) = ledger.references(bank.result.audit.audit)
    chosen = _near_cutoff(bank)
    assert sorted(row for _, row in reference.rows) == sorted(chosen)
    assert reference.mean_score == pytest.approx(float(bank.scores[chosen].mean()), abs=1e-6)


@pytest.mark.slow
def test_sealed_shapley_values_equal_brute_force(bank: SimpleNamespace) -> None:
    """Exact Shapley values of five refusals: at most 1e-6 from all coalitions over all reference rows."""
    reference = _near_cutoff(bank)
    largest = 0.0
    with _ledger(bank.result) as ledger:
        for row in _refused(bank)[:: len(_refused(bank)) // 5][:5]:
            expected = _brute_force(bank, row, reference)
            one = ledger.decision(bank.result.audit.audit, bank.people[row]["application_id"])
            sealed = ledger.attributions(bank.result.audit.audit, one)["shapley"]
            largest = max(largest, *(abs(sealed[factor][0] - expected[factor]) for factor in FACTORS))
            assert one.certified == "exact"
            assert abs(one.residual) < 1e-6
    assert largest < 1e-6, f"largest difference {largest:.1e}"


@pytest.mark.slow
def test_shapley_from_python_equals_brute_force(bank: SimpleNamespace) -> None:
    """`shapley.explain` on the opened model, with dicts of columns, gives the same, in the model's unit."""
    reference, row = _near_cutoff(bank), _refused(bank)[0]
    scorer = open_model(bank.folder / "model.keras", features=german.FEATURES)
    flat = [
        {name: values[:, 0] for name, values in german.columns(some).items()}
        for some in ([bank.people[row]], [bank.people[i] for i in reference])
    ]
    found = shapley.explain(scorer, *flat, {factor: list(columns) for factor, columns in FACTORS.items()})
    expected = _brute_force(bank, row, reference)
    largest = max(abs(found.values[0, i] - expected[factor]) for i, factor in enumerate(found.factors))
    assert largest < 1e-6, f"largest difference {largest:.1e}"


@pytest.mark.slow
def test_the_reasons_told_are_the_largest_contributions(bank: SimpleNamespace) -> None:
    """Codes and sentences of every refusal are those of the factors that pushed most, above the floor."""
    told = 0
    with _ledger(bank.result) as ledger:
        for one in ledger.decisions(bank.result.audit.audit, outcome="adverse"):
            values = ledger.attributions(bank.result.audit.audit, one)["shapley"]
            pushed = {factor: value for factor, (value, _) in values.items() if value > 0}
            floor = 0.05 * sum(pushed.values())
            expected = sorted((f for f, v in pushed.items() if v >= floor), key=lambda f: -pushed[f])[:4]
            assert [reason.factor for reason in one.reasons] == expected
            for reason in one.reasons:
                assert (reason.code, reason.statement) == german.FACTORS[reason.factor][1:]
            told += 1
    assert told == len(_refused(bank))


@pytest.mark.slow
def test_rates_of_the_protected_groups_are_counted(bank: SimpleNamespace) -> None:
    """Selection rates by sex, age and foreign worker are what a plain loop counts."""
    approved = bank.scores < german.CUTOFF
    named = {
        "sex": [row["sex"] for row in bank.people],
        "foreign_worker": [row["foreign_worker"] for row in bank.people],
        "age": [
            "18-25" if (age := int(row["age_years"])) < 26 else "26-61" if age < 62 else "62+"
            for row in bank.people
        ],
    }
    rates = {
        (rate.attribute, rate.group): rate for rate in bank.result.rates if rate.metric == "selection_rate"
    }
    for attribute, groups in named.items():
        for group in set(groups):
            members = np.array([one == group for one in groups])
            rate = rates[attribute, group]
            assert (rate.n, rate.value) == (members.sum(), pytest.approx(approved[members].mean()))
    (finding,) = [f for f in bank.result.findings if f.measure == "protected_inputs"]
    assert (finding.outcome, finding.value) == ("met", 0.0)


@pytest.mark.slow
def test_both_label_codings_give_the_same_reasons(bank: SimpleNamespace) -> None:
    """The mirrored network (1 - score, low is bad) refuses the same people for the same reason codes."""
    found = []
    for result in (bank.result, bank.mirrored):
        with _ledger(result) as ledger:
            found.append({one.row: one for one in ledger.decisions(result.audit.audit)})
    assert bank.mirrored.audit.audit != bank.result.audit.audit
    largest = 0.0
    for row, one in found[0].items():
        other = found[1][row]
        assert (other.outcome, other.notice.state) == (one.outcome, one.notice.state)
        assert other.score == pytest.approx(1 - one.score, abs=1e-6)
        assert [reason.code for reason in other.reasons] == [reason.code for reason in one.reasons]
        for mine, theirs in zip(one.reasons, other.reasons, strict=True):
            largest = max(largest, abs(mine.contribution - theirs.contribution))
    assert largest < 1e-6
    assert [(f.requirement, f.group, f.outcome) for f in bank.mirrored.findings] == [
        (f.requirement, f.group, f.outcome) for f in bank.result.findings
    ]


@pytest.mark.slow
def test_report_and_letters_tell_it(bank: SimpleNamespace, tmp_path: Path) -> None:
    """The report renders from the ledger, and a letter prints exactly the reasons of its decision."""
    from audit.cli.letters import write_letters
    from reports.report import render

    refused = [bank.people[row]["application_id"] for row in _refused(bank)[:3]]
    with _ledger(bank.result) as ledger:
        key = bank.result.audit.audit
        html = render(ledger, key, "html").content.decode()
        n = write_letters(
            ledger, key, refused, recipients=bank.folder / "recipients.csv", date=dt.date(2026, 11, 20),
            folder=tmp_path / "letters", formats=("txt",),
        )  # fmt: skip
        told = {name: ledger.decision(key, name).reasons for name in refused}
    assert "German credit" in html
    assert "foreign_worker" in html or "foreign worker" in html
    assert n == 3
    for name, reasons in told.items():
        words = " ".join((tmp_path / "letters" / f"{name}.txt").read_text(encoding="utf-8").split())
        places = [words.index(reason.statement) for reason in reasons]
        assert places == sorted(places)
        unsaid = {sentence for _, _, sentence in german.FACTORS.values()} - {r.statement for r in reasons}
        assert not [sentence for sentence in unsaid if sentence in words]


def test_the_published_split_gives_the_published_difference(tmp_path: Path) -> None:
    """Seven hundred rows drawn as a public tutorial draws them: 25 and over against under 25, -0.169905."""
    people = german.rows(DATA)
    drawn = [people[i] for i in np.random.RandomState(0).permutation(1000)[:700]]
    german.table(tmp_path / "applications.csv", drawn)
    config = tmp_path / "audit.yaml"
    sections = {
        "audit": {"name": "Drawn", "owner": "Model Risk", "as_of": "2026-11-20"},
        "data": {"path": "applications.csv", "id": "application_id"},
        "decision": {"taken": {"column": "credit_risk", "adverse": "bad"}},
        "protected": {
            "age": {"column": "age_years", "type": "integer", "bands": [0, 25], "reference": "25+"}
        },
        "policies": ["screening"],
    }
    config.write_text(json.dumps(sections), encoding="utf-8")  # JSON is YAML
    result = audit.run(config)
    (effect,) = [one for one in result.disparities if one.metric == "marginal_effect"]
    assert -effect.value == pytest.approx(-0.169905, abs=5e-7)
