"""Permutation importance: against plain loops, a closed form, and scikit-learn on the same data."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.permutation_importance import (
    Judged,
    auc_loss,
    log_loss,
    permutation_importance,
    permuted_scores,
)
from audit.explain.population import population
from audit.fairness.delong import placements
from tests.oracles.effects import auc
from tests.worlds.small_scorers import (
    BENT_COLUMNS,
    BENT_FACTORS,
    PlainScorer,
    as_records,
    bent,
    bent_rows,
    linear,
)


def bent_people(n=200, seed=2, groups=None):
    """Return a population of the bent function, with outcomes that follow it."""
    rows = bent_rows(n, seed)
    people = population(PlainScorer(bent, BENT_COLUMNS), rows, BENT_FACTORS, groups)
    adverse = (np.random.default_rng(seed).random(n) < people.scores).astype(float)
    return people, Judged(adverse=adverse, cutoffs=np.full(n, 0.5))


def test_all_columns_of_a_factor_are_dealt_out_together():
    """What is scored is each row with both columns of one other row: row by row, by hand."""
    people, _ = bent_people(40)
    found = permuted_scores(people, "ab", 2, seed=7)
    records = as_records(people.rows)
    generator = np.random.default_rng([7, 0])
    for repeat in range(2):
        order = generator.permutation(40)
        for at, record in enumerate(records):
            other = records[order[at]]
            mixed = {**record, "a": other["a"], "b": other["b"]}
            score = bent({column: np.array([cell]) for column, cell in mixed.items()})[0]
            assert found[repeat, at] == pytest.approx(score, abs=1e-12)


def test_measures_are_means_over_rows_and_repeats():
    """Changes, turned decisions and losses, counted in plain loops."""
    people, judged = bent_people(60)
    everybody, _ = permutation_importance(people, judged, repeats=3, seed=11)
    one = {each.factor: each for each in everybody}["ab"]
    after = permuted_scores(people, "ab", 3, seed=11)
    before, adverse = people.scores, judged.adverse == 1
    moved = [abs(after[r, i] - before[i]) for r in range(3) for i in range(60)]
    turned = [(after[r, i] >= 0.5) != (before[i] >= 0.5) for r in range(3) for i in range(60)]
    assert one.measures["moved"].value == pytest.approx(sum(moved) / len(moved))
    assert one.measures["turned"].value == pytest.approx(sum(turned) / len(turned))
    fallen = [auc(before, adverse) - auc(after[r], adverse) for r in range(3)]
    assert one.measures["auc"].value == pytest.approx(sum(fallen) / 3)
    losses = [
        -np.log(s if bad else 1 - s) for r in range(3) for s, bad in zip(after[r], adverse, strict=True)
    ]
    at_first = [-np.log(s if bad else 1 - s) for s, bad in zip(before, adverse, strict=True)]
    assert one.measures["log_loss"].value == pytest.approx(np.mean(losses) - np.mean(at_first))


def test_a_linear_score_moves_by_its_weight():
    """Mean change of w x is w times the mean distance of two draws: 2 w sd / sqrt(pi) if normal."""
    draw = np.random.default_rng(5)
    rows = {"a": draw.normal(size=4000), "b": draw.normal(size=4000)}
    people = population(linear({"a": 2.0, "b": -1.0}), rows, {"a": ["a"], "b": ["b"]})
    found, _ = permutation_importance(people, Judged(), repeats=5)
    expected = 2 / np.sqrt(np.pi)
    for one, weight in zip(found, (2.0, 1.0), strict=True):
        moved = one.measures["moved"]
        assert abs(moved.value - weight * expected) < 3 * moved.standard_error
        assert moved.standard_error < 0.05 * weight
        assert one.causes == {
            "turned": "no cutoff is stated",
            "auc": "what really happened was not observed",
            "log_loss": "what really happened was not observed",
        }


def test_scikit_learn_agrees():
    """The loss of AUC and of log-loss, column by column, against sklearn's on the same model and rows."""
    from sklearn.inspection import permutation_importance as sklearns
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(9)
    table = draw.normal(size=(600, 3))
    table[:, 2] = 0.7 * table[:, 0] + 0.7 * table[:, 2]
    outcome = (draw.random(600) < 1 / (1 + np.exp(-(table @ [1.5, -0.8, 0.0])))).astype(int)
    model = LogisticRegression().fit(table, outcome)
    columns = ("a", "b", "c")
    scorer = PlainScorer(lambda rows: model.predict_proba(np.stack([*rows.values()], axis=1))[:, 1], columns)
    rows = dict(zip(columns, table.T, strict=True))
    people = population(scorer, rows, {column: [column] for column in columns})
    found, _ = permutation_importance(people, Judged(adverse=outcome.astype(float)), repeats=60)
    for measure, scoring in (("auc", "roc_auc"), ("log_loss", "neg_log_loss")):
        theirs = sklearns(model, table, outcome, scoring=scoring, n_repeats=60, random_state=3)
        for at, one in enumerate(found):
            noise = theirs.importances_std[at] * np.sqrt(2 / 60)
            assert abs(one.measures[measure].value - theirs.importances_mean[at]) < 4 * noise + 1e-9, (
                measure,
                one.factor,
            )


def test_placements_average_to_the_auc():
    """With ties; both parts have the AUC as their mean."""
    draw = np.random.default_rng(2)
    scores, adverse = draw.integers(0, 6, 80).astype(float), draw.random(80) < 0.4
    expected = auc(scores.tolist(), adverse.tolist())
    assert [part.mean() for part in placements(scores, adverse)] == pytest.approx([expected, expected])


def test_the_standard_error_of_a_fallen_auc_is_what_new_samples_show():
    """Over 300 fresh samples, the spread of the loss is what each sample says it is."""
    draw = np.random.default_rng(4)
    losses, errors = [], []
    for _ in range(300):
        adverse = draw.random(150) < 0.4
        signal = draw.normal(size=150) + adverse
        other = draw.normal(size=150)
        found = auc_loss(
            signal + other, np.stack([draw.permutation(signal) + other for _ in range(5)]), adverse, True
        )
        losses.append(found.value)
        errors.append(found.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(losses), rel=0.15)


def test_low_scores_may_be_the_adverse_ones():
    """Turning the scale around changes no loss."""
    draw = np.random.default_rng(8)
    adverse, before, after = draw.random(90) < 0.5, draw.random(90), draw.random((4, 90))
    for loss in (auc_loss, log_loss):
        high, low = loss(before, after, adverse, True), loss(1 - before, 1 - after, adverse, False)
        assert (low.value, low.standard_error) == pytest.approx((high.value, high.standard_error))


def test_what_is_not_read_does_nothing_and_says_so():
    """A column that the model ignores moves no score; one that it does not have is not measured."""
    rows = bent_rows(50, 1)
    people = population(
        PlainScorer(bent, BENT_COLUMNS), {**rows, "c": np.ones(50)}, {**BENT_FACTORS, "other": ["nowhere"]}
    )
    found = {one.factor: one for one in permutation_importance(people, Judged(), repeats=2)[0]}
    assert (found["idle"].measures["moved"].value, found["idle"].measures["moved"].standard_error) == (0, 0)
    assert found["other"].causes["moved"] == "the model does not read it"
    assert found["c"].causes["moved"] == "all rows hold the same value"
    assert found["c"].measures == {}


def test_few_rows_and_rare_outcomes_are_not_measured():
    """Under 30 rows nothing is; without two outcomes of each kind no AUC."""
    people, judged = bent_people(29)
    assert permutation_importance(people, judged)[0][0].causes["moved"] == "too few: n < 30"
    people, _ = bent_people(40)
    rare = np.full(40, np.nan)
    rare[:10], rare[0] = 0.0, 1.0
    one = permutation_importance(people, Judged(adverse=rare), repeats=2)[0][0]
    assert one.causes["auc"] == "fewer than two outcomes of one kind were observed"
    assert "log_loss" in one.measures
    scores = population(linear({"a": 10.0}), {"a": np.arange(40.0)}, {"a": ["a"]})
    one = permutation_importance(scores, Judged(adverse=np.arange(40) % 2.0), repeats=2)[0][0]
    assert one.causes["log_loss"] == "the scores are no probabilities: they leave 0 to 1"


def test_groups_are_measured_on_their_own_rows():
    """A group's numbers are the means over its rows, with values dealt out among all."""
    sexes = np.array(["m", "f"] * 60 + ["x"] * 5, dtype=object)
    people, judged = bent_people(125, groups={"sex": sexes})
    everybody, by_group = permutation_importance(people, judged, repeats=4, seed=3)
    assert set(by_group) == {("sex", "f"), ("sex", "m")}
    after = permuted_scores(people, "ab", 4, seed=3)
    mine = sexes == "f"
    one = by_group["sex", "f"][0]
    assert one.n == 60
    assert one.measures["moved"].value == pytest.approx(np.abs(after - people.scores)[:, mine].mean())
    fallen = auc(people.scores[mine], judged.adverse[mine] == 1) - np.mean(
        [auc(each[mine], judged.adverse[mine] == 1) for each in after]
    )
    assert one.measures["auc"].value == pytest.approx(fallen)
    assert everybody[0].n == 125


def test_the_same_seed_gives_the_same_numbers():
    """And another seed others; numpy's global generator is left alone."""
    people, judged = bent_people(50)
    state = np.random.get_state()[1].copy()
    first, second = (permutation_importance(people, judged, repeats=2, seed=1)[0] for _ in range(2))
    assert first == second
    assert permutation_importance(people, judged, repeats=2, seed=2)[0] != first
    assert np.array_equal(np.random.get_state()[1], state)
