"""The five worlds are what they say they are, seen through the real readers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from audit.config import load_config, load_dictionary
from audit.data.dataset import open_source
from audit.data.decide import decide
from audit.data.likeness import protected_inputs
from audit.data.recipients import read_persons
from audit.data.slices import groups
from audit.models import open_model
from tests.worlds import even_lender, joint_lender, proxy_lender, tilted_lender, tiny_group

WORLDS = [even_lender, tilted_lender, proxy_lender, tiny_group, joint_lender]


def audited(world):
    config = load_config(world.config)
    scorer = open_model(
        config.model.path, config.model.trust, folder=config.folder, features=config.data.features
    )
    source = open_source(config)
    (plan,) = source.plan()
    batch = source.read(plan)
    decisions = decide(config, batch, scorer.score(batch.features()), persons=read_persons(config))
    return config, batch, decisions


@pytest.mark.parametrize("world", WORLDS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_world_holds_its_truth(world, tmp_path):
    """Rows, refusals and protected inputs are those that the construction promises."""
    built = world.build(tmp_path)
    config, batch, decisions = audited(built)
    assert load_dictionary(config.folder / config.dictionary)
    assert len(decisions) == built.truth["n_rows"]
    if "adverse" in built.truth:
        assert sum(one.outcome == "adverse" for one in decisions) == built.truth["adverse"]
    assert (
        protected_inputs(batch.frame, config.data.features, config.protected)
        == built.truth["protected_inputs"]
    )


@pytest.mark.parametrize("world", WORLDS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_both_codings_of_the_label_decide_alike(world, tmp_path):
    """The mirrored model refuses the same applicants."""
    high = audited(world.build(tmp_path / "high"))[2]
    low = audited(world.build(tmp_path / "low", coding="low"))[2]
    assert [one.outcome for one in high] == [one.outcome for one in low]
    np.testing.assert_allclose([one.score for one in high], [1 - one.score for one in low])


def rate(config, batch, decisions, attribute):
    n, selected = Counter(), Counter()
    for group, one in zip(groups(config.protected, batch.frame)[attribute].tolist(), decisions, strict=True):
        n[group] += 1
        selected[group] += one.outcome == "favourable"
    return {group: selected[group] / n[group] for group in n}


def test_rates_of_the_even_and_the_tilted_lender(tmp_path):
    """Equal in every group; 0.70 and 0.49."""
    even = even_lender.build(tmp_path / "even")
    audit = audited(even)
    for attribute in ("sex", "age"):
        assert set(rate(*audit, attribute).values()) == {even.truth["selection_rate"]}
    tilted = tilted_lender.build(tmp_path / "tilted")
    assert rate(*audited(tilted), "sex") == pytest.approx(tilted.truth["selection_rate"])


def test_the_tiny_group_and_the_unknown_are_there(tmp_path):
    """Three people and forty of whom nothing is known are groups like others."""
    world = tiny_group.build(tmp_path)
    config, batch, _ = audited(world)
    counted = Counter(groups(config.protected, batch.frame)["sex"].tolist())
    assert {name: counted[name] for name in ("nonbinary", "unknown")} == world.truth["groups"]


def test_a_district_is_a_sign_of_sex_until_enough_people_move(tmp_path):
    """2 of 2,000 leave it one, 3 do not."""
    for moved, expected in ((2, {"district": "sex"}), (3, {})):
        world = proxy_lender.build(tmp_path / str(moved), moved=moved)
        config, batch, _ = audited(world)
        assert protected_inputs(batch.frame, config.data.features, config.protected) == expected


def test_joint_applications_have_their_persons(tmp_path):
    """A letter for each person of each refusal."""
    world = joint_lender.build(tmp_path)
    _, _, decisions = audited(world)
    several = {one.decision: len(one.persons) for one in decisions if len(one.persons) > 1}
    assert several == world.truth["persons"]
    assert sum(len(one.persons) for one in decisions if one.outcome == "adverse") == world.truth["n_letters"]
