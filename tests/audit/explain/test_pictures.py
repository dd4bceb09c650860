"""Figures say what was stored: counted by hand, weighted, and the same in every order of rows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from audit.explain import pictures
from audit.explain.pictures import Attributed
from audit.record import Decision, DroppedReason, Notice, Reason, ReasonCode, Reference


def some_attributed(n=40, order=None):
    """Return contributions: debt pushes as it rises, town is text, idle does nothing."""
    draw = np.random.default_rng(1)
    debt, rate = draw.normal(size=n), draw.integers(0, 3, n).astype(float)
    debt[3] = np.nan
    town = draw.choice(np.array(["north", "south"], dtype=object), size=n)
    pushed = np.stack([np.nan_to_num(debt) * 0.2, (town == "north") * 0.1, np.zeros(n)], axis=1)
    adverse = np.arange(n) % 2 == 0
    order = np.arange(n) if order is None else order
    return Attributed(
        method="shapley",
        factors=("debt_level", "town", "idle"),
        contributions=pushed[order],
        adverse=adverse[order],
        weights=np.where(adverse, 1.0, 5.0)[order],
        columns={"rate": rate[order], "debt": debt[order], "town": town[order]},
    )


CODES = {
    "debt_level": ReasonCode("debt_level", "D1", ("rate", "debt"), {"en": "Your debt is too high"}),
    "town": ReasonCode("town", "T1", ("town",), {"en": "Where you live"}),
    "idle": ReasonCode("idle", "I1", ("nowhere",), {"en": "Nothing"}),
}


def refusal(at, *codes, **changes):
    """Return an adverse decision with these reasons, in this order."""
    reasons = tuple(
        Reason(rank, code, factor, "words", 0.1) for rank, (code, factor) in enumerate(codes, start=1)
    )
    return Decision(f"d{at}", 0, at, (), changes.pop("outcome", "adverse"), reasons=reasons, **changes)


D, T = ("D1", "debt_level"), ("T1", "town")


def test_importance_is_the_weighted_mean_size_with_its_interval():
    """Approved applicants stand for five each; the label is neutral."""
    attributed = some_attributed()
    body = pictures.importance(attributed).body
    first = body["factors"][0]
    sizes = np.abs(attributed.contributions[:, 0])
    assert [row["factor"] for row in body["factors"]] == ["debt_level", "town", "idle"]
    assert first["label"] == "Debt level"
    assert first["mean_abs"] == pytest.approx(np.average(sizes, weights=attributed.weights))
    assert first["low"] < first["mean_abs"] < first["high"]
    assert first["mean_adverse"] == pytest.approx(attributed.contributions[attributed.adverse, 0].mean())
    assert (body["n"], body["method"], body["unit"]) == (40, "shapley", "score")


def test_importance_by_group_is_that_of_its_own_rows():
    """A group's mean size over its rows alone; a small group has a count and no number."""
    attributed = some_attributed()
    sexes = ["f"] * 18 + ["m"] * 17 + ["x"] * 5
    figure = pictures.importance_by_group(attributed, {"sex": sexes}, min_group=10)
    (sex,) = figure.body["attributes"]
    assert figure.access == "fair_lending"
    assert sex["groups"] == [{"group": "f", "n": 18}, {"group": "m", "n": 17}, {"group": "x", "n": 5}]
    assert [row["factor"] for row in sex["factors"]] == ["debt_level", "town", "idle"]
    first, second, third = sex["factors"][0]["values"]
    expected = np.average(np.abs(attributed.contributions[:18, 0]), weights=attributed.weights[:18])
    assert first["value"] == pytest.approx(expected)
    assert first["low"] < first["value"] < first["high"]
    assert second["value"] != first["value"]
    assert third is None
    everybody = pictures.importance_by_group(attributed, {"all": ["all"] * 40}).body["attributes"][0]
    whole = pictures.importance(attributed).body["factors"]
    for one, other in zip(everybody["factors"], whole, strict=True):
        assert one["values"] == [{"value": other["mean_abs"], "low": other["low"], "high": other["high"]}]


def test_equal_weights_give_the_usual_standard_error():
    """With one weight for all, the interval is mean plus and minus 1.96 standard errors."""
    attributed = some_attributed()
    plain = Attributed(
        "shapley", attributed.factors, attributed.contributions, attributed.adverse, np.ones(40), {}
    )
    row = pictures.importance(plain).body["factors"][0]
    sizes = np.abs(attributed.contributions[:, 0])
    error = sizes.std(ddof=1) / np.sqrt(40)
    assert row["high"] - row["mean_abs"] == pytest.approx(1.959963984540054 * error)


def test_the_strip_has_a_dot_a_share_of_people():
    """At most 120 dots, ranks from 0 to 1, missing values without a rank."""
    body = pictures.swarm(some_attributed(300), CODES).body
    debt, town, idle = body["factors"]
    assert len(debt["points"]) <= pictures.POINTS
    ranks = [rank for _, rank in debt["points"] if rank is not None]
    assert 0 <= min(ranks) < 0.1
    assert 0.9 < max(ranks) <= 1
    assert all(rank is None for _, rank in town["points"])
    assert idle["share_adverse"] == 0.0
    assert debt["q25"] < debt["q75"]


def test_the_effect_follows_the_column_that_moves_the_factor():
    """Of two columns the one that the contribution follows is drawn; text has no bins."""
    body = pictures.effects(some_attributed(300), CODES).body
    debt, town, idle = body["factors"]
    assert debt["column"] == "debt"
    assert len(debt["bins"]) == pictures.BINS
    means = [one["mean"] for one in debt["bins"]]
    assert means == sorted(means)
    assert sum(one["n"] for one in debt["bins"]) == 299  # one is missing
    assert (town["column"], town["bins"]) == ("", [])
    assert idle["bins"] == []


def test_few_distinct_values_stand_each_for_itself():
    """A column of 0, 1, 2 has three bins."""
    attributed = some_attributed()
    only_rate = Attributed(
        "shapley",
        ("rate",),
        attributed.contributions[:, :1],
        attributed.adverse,
        attributed.weights,
        {"rate": attributed.columns["rate"]},
    )
    bins = pictures.effects(only_rate, {}).body["factors"][0]["bins"]
    assert [(one["low"], one["high"]) for one in bins] == [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]


def test_pictures_do_not_depend_on_the_order_of_rows():
    """Another order of the same rows seals the same bytes."""
    order = np.random.default_rng(3).permutation(40)
    for draw in (
        pictures.importance,
        lambda one: pictures.swarm(one, CODES),
        lambda one: pictures.effects(one, CODES),
        lambda one: pictures.importance_by_group(one, {"all": ["all"] * 40}),
    ):
        one, other = draw(some_attributed()), draw(some_attributed(order=order))
        assert json.dumps(one.body, allow_nan=False) == json.dumps(other.body, allow_nan=False)


def test_without_rows_a_picture_has_its_cause():
    """Empty is no picture."""
    nobody = some_attributed(4)
    nobody = Attributed(
        "shapley", nobody.factors, nobody.contributions[:0], nobody.adverse[:0], nobody.weights[:0], {}
    )
    for drawn in (
        pictures.importance(nobody),
        pictures.importance_by_group(nobody, {}),
        pictures.swarm(nobody, {}),
        pictures.effects(nobody, {}),
    ):
        assert drawn.body == {"cause": "no decision was attributed"}


def test_the_mix_counts_first_and_any_place():
    """Refusals with a reason are counted; a reason of the dictionary that never came is shown as 0."""
    decisions = [
        refusal(0, D, T),
        refusal(1, T),
        refusal(2, T, D),
        refusal(3),
        refusal(4, outcome="favourable"),
    ]
    body = pictures.reason_mix(decisions, list(CODES.values())).body
    assert body["n_notices"] == 3
    assert [(row["code"], row["first"], row["any"]) for row in body["codes"]] == [
        ("T1", 2, 3),
        ("D1", 1, 2),
        ("I1", 0, 0),
    ]


def test_reasons_are_counted_by_group():
    """Each group's refusals and how many of them name a reason."""
    decisions = [refusal(0, D, T), refusal(1, T), refusal(2, T), refusal(3, outcome="favourable")]
    groups = {"sex": ["female", "female", "male", "male"]}
    figure = pictures.reasons_by_group(decisions, groups, list(CODES.values()))
    (sex,) = figure.body["attributes"]
    assert sex["groups"] == [{"group": "female", "n": 2}, {"group": "male", "n": 1}]
    assert {row["code"]: row["counts"] for row in sex["codes"]} == {"D1": [1, 0], "T1": [2, 1]}
    assert figure.access == "fair_lending"


def test_holds_verdicts_and_dropped_factors_are_counted():
    """One count a cause, the most frequent first."""
    decisions = [
        refusal(0, D, notice=Notice("held", "residual"), certified="exact"),
        refusal(1, D, notice=Notice("held", "no_reason"), certified="tie"),
        refusal(2, D, notice=Notice("held", "no_reason"), certified="exact"),
        refusal(
            3, D, notice=Notice("ready"), certified="false", dropped=(DroppedReason("town", -1.0, "helped"),)
        ),
        refusal(4, outcome="favourable", certified="exact"),
    ]
    assert pictures.holds(decisions).body == {
        "n_held": 3,
        "causes": [{"cause": "no_reason", "n": 2}, {"cause": "residual", "n": 1}],
    }
    assert pictures.certified(decisions).body == {"exact": 2, "certain": 0, "tie": 1, "false": 1}
    assert pictures.dropped(decisions).body == {"causes": [{"cause": "helped", "n": 1}]}


def test_agreement_shows_what_could_not_be_measured():
    """A method that failed has its cause beside those that were measured."""
    body = pictures.agreement(
        9, [{"method": "shap", "top4_overlap": 1.0}], {"lime": "nobody", "shap": "no"}
    ).body
    assert body["n"] == 9
    assert [row["method"] for row in body["with"]] == ["shap", "lime"]
    assert body["with"][1]["cause"] == "nobody"
    assert body["with"][1]["top4_overlap"] is None


def test_references_are_shown_one_a_cutoff():
    """What a report prints of a reference, without its rows."""
    one = Reference("near_cutoff", "ab" * 32, 3, 4, 0.5, 0.4, 0.3, 0.45, ((0, 1),))
    (row,) = pictures.reference([one]).body["references"]
    assert (row["n"], row["candidates"], row["cutoff"], row["mean_score"]) == (3, 4, 0.5, 0.4)
    assert "rows" not in row
