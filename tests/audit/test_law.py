"""The state of the law as data: what holds on a day, and what a lawyer should look at."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.errors import PolicyError
from audit.law import law_of, looks, state
from audit.policy import PACKS, known_packs, load_policy
from tests.worlds.lender import World

DAY = dt.date(2026, 11, 20)
ALL = [one.name for one in known_packs()]

PACK = "title: A house\nas_of: 2026-11-20\nfrom: 2026-03-01\nuntil: 2027-03-01\n"
REQUIREMENTS = """\
enough_to_compare_with:
  title: Enough to compare with
  question: Are there enough applicants to compare with?
  kind: house
  access: model_risk
  measure: reference_size
  bound: [{from: 2026-01-01, at_least: 20}, {from: 2026-06-01, at_least: 100000}]
  source: a house line
  remedy: Use more data.
"""
LAW = """\
rule:
  title: A rule
  status: enacted
  confidence: high
  checked: 2026-11-01
  source: a book
"""


def house(folder: Path, *, pack: str = PACK, requirements: str = REQUIREMENTS, law: str = LAW) -> Path:
    """Write a house policy at ``folder/house`` and return ``folder``."""
    place = folder / "house"
    place.mkdir()
    for name, text in (("pack", pack), ("requirements", requirements), ("law", law)):
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def whys(folder: Path, law: str, day: dt.date = DAY, **options: Any) -> list[str]:
    """Return why the one rule of a house policy should be looked at."""
    found = looks(law_of(["house/"], house(folder, law=law)), day, **options)
    return [one.why for one in found if one.item == "rule"]


def test_every_known_pack_says_what_it_rests_on() -> None:
    """Each has items with a source, and none was checked after the pack itself."""
    for pack in law_of(ALL):
        assert pack.items, pack.name
        assert pack.entry.sources, pack.name
        assert all(item.checked <= pack.entry.as_of for item in pack.items.values())


def test_the_state_of_the_law_on_the_day_it_was_written() -> None:
    """What regulation.md, section 14, says of 20 November 2026, is what the packs say."""
    packs = {pack.name: pack for pack in law_of(ALL)}

    def of(pack: str, item: str) -> str:
        return state(packs[pack].items[item], DAY)

    assert of("us_ecoa_regb", "notices_and_reasons") == "in force since 2011-12-30"
    assert of("us_ecoa_regb", "no_effects_test") == "in force since 2026-07-21, challenged"
    assert of("us_ecoa_regb", "circulars_withdrawn") == "withdrawn on 2025-05-12"
    assert of("us_ecoa_regb", "small_business_data") == "begins on 2028-01-01"
    assert of("screening", "fair_housing") == "in force, challenged"
    assert of("eu_gdpr", "digital_omnibus") == "proposed"
    assert of("us_co_sb26_189", "earlier_act") == "withdrawn"
    assert packs["eu_ccd2"].state(DAY) == "in force since 2026-11-20"
    assert packs["eu_ai_act"].state(DAY) == "begins on 2027-12-02"
    assert packs["uk_gdpr"].state(dt.date(2026, 2, 4)).startswith("begins on 2026-02-05")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("  verify: The text.\n", "to verify: The text."),
        ("  from: 2027-01-01\n", "begins in 42 days, on 2027-01-01"),
        ("  awaited: [{on: 2027-01-01, what: rules}]\n", "in 42 days, on 2027-01-01: rules"),
        ("  awaited: [{on: 2026-11-10, what: rules}]\n", "due since 2026-11-10: rules"),
    ],
)
def test_what_is_uncertain_or_about_to_begin_is_listed(tmp_path: Path, change: str, why: str) -> None:
    """Each mark alone puts a sure and fresh item on the list."""
    assert whys(tmp_path, LAW + change) == [why]


@pytest.mark.parametrize("status", ["challenged", "proposed"])
def test_what_is_pending_is_listed(tmp_path: Path, status: str) -> None:
    """A suit or a proposal that is not decided may change the law tomorrow."""
    (why,) = whys(tmp_path, LAW.replace("enacted", status))
    assert "pending" in why or "proposed" in why


def test_what_nobody_is_sure_of_is_listed(tmp_path: Path) -> None:
    """Without a word what to verify, the confidence itself is the reason."""
    assert whys(tmp_path, LAW.replace("high", "low")) == ["known with low confidence"]


def test_age_is_counted_from_the_last_look(tmp_path: Path) -> None:
    """19 days are not older than 19, and are older than 18; a sure item that is fresh needs nothing."""
    assert whys(tmp_path, LAW, older_than=19) == []
    law = law_of(["house/"], tmp_path)
    found = [one.why for one in looks(law, DAY, older_than=18) if one.item == "rule"]
    assert found == ["last checked 19 days ago, on 2026-11-01"]


def test_what_begins_beyond_the_horizon_waits(tmp_path: Path) -> None:
    """42 days ahead is told within 42 days and not within 41."""
    law = LAW + "  from: 2027-01-01\n"
    assert whys(tmp_path, law, ahead=41) == []
    assert len([one for one in looks(law_of(["house/"], tmp_path), DAY, ahead=42) if one.item == "rule"]) == 1


def test_a_bound_that_will_change_is_listed(tmp_path: Path) -> None:
    """Whoever runs audits is told that another number will hold."""
    found = looks(law_of(["house/"], house(tmp_path)), dt.date(2026, 5, 1))
    assert ("requirement enough_to_compare_with", "begins in 31 days, on 2026-06-01") in [
        (one.item, one.why) for one in found
    ]


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (LAW + "  concerns: [enough_to_compare]\n", "Did you mean 'enough_to_compare_with'?"),
        (LAW.replace("enacted", "proposed") + "  from: 2027-01-01\n", "no day of effect yet"),
        (LAW + "  from: 2027-01-01\n  until: 2026-01-01\n", "it ends on 2026-01-01"),
        (LAW.replace("enacted", "settled"), "status"),
        ("", "nothing stands in this file"),
    ],
)
def test_a_fault_in_the_law_has_its_line(tmp_path: Path, law: str, said: str) -> None:
    """What cannot be so is refused with file and line."""
    with pytest.raises(PolicyError) as caught:
        law_of(["house/"], house(tmp_path, law=law))
    assert "law.yaml" in str(caught.value)
    assert said in str(caught.value)


def test_looking_again_makes_no_other_audit(tmp_path: Path) -> None:
    """The digest of a pack is of what it asks; that somebody checked the law once more is not."""
    folder = house(tmp_path)
    before = load_policy(["house/"], DAY, folder).packs[0].digest
    (folder / "house" / "law.yaml").write_text(LAW.replace("2026-11-01", "2026-11-19"), encoding="utf-8")
    assert load_policy(["house/"], DAY, folder).packs[0].digest == before


@pytest.mark.parametrize(
    ("day", "bound"),
    [("2026-02-28", None), ("2026-03-01", 20.0), ("2026-06-01", 100000.0), ("2027-03-01", None)],
)
def test_outside_its_days_a_pack_asks_nothing(tmp_path: Path, day: str, bound: float | None) -> None:
    """Before the pack begins and after it ended, no bound of it holds, whatever its own day says."""
    (asked,) = load_policy(["house/"], dt.date.fromisoformat(day), house(tmp_path)).requirements
    assert (asked.bound.at_least if asked.bound else None) == bound


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [("2026-05-31", "met"), ("2026-06-01", "not_met"), ("2027-03-01", "not_applicable")],
)
def test_an_audit_is_judged_by_the_bound_of_its_day(
    fresh: Callable[..., World], as_of: str, outcome: str
) -> None:
    """The same model on the same data: the day before the planted change it is met, and then it is not."""
    world = fresh("tilted")
    house(world.folder)
    config = json.loads(world.config.read_text())
    config["audit"]["as_of"] = as_of
    config["policies"] = [*config["policies"], "house/"]
    world.config.write_text(json.dumps(config))
    (found,) = [
        one for one in audit.run(world.config).findings if one.requirement == "house.enough_to_compare_with"
    ]
    assert found.outcome == outcome


def test_an_audit_under_the_packs_for_what_comes(fresh: Callable[..., World]) -> None:
    """Each can be named in a config; what has begun is answered, and what has not does not apply."""
    world = fresh("tiny")
    config = json.loads(world.config.read_text())
    config["policies"] = ["eu_ccd2", "uk_gdpr", "eu_ai_act", "us_co_sb26_189", "us_ca_admt"]
    world.config.write_text(json.dumps(config))
    assert {one.requirement: one.outcome for one in audit.run(world.config).findings} == {
        "eu_ccd2.refusals_can_be_explained": "met",
        "eu_ccd2.every_input_can_be_named": "met",
        "uk_gdpr.information_on_record": "met",
        "eu_ai_act.main_elements_on_record": "not_applicable",
        "us_co_sb26_189.described_within_thirty_days": "not_applicable",
        "us_ca_admt.logic_on_record": "not_applicable",
    }


def test_whether_counterfactuals_are_found_is_a_pack_s_to_say() -> None:
    """European explanations need them from the day on which their pack begins; American notices do not."""
    asked = {
        name: load_policy([name], DAY).counterfactuals
        for name in ("eu_gdpr", "eu_ccd2", "uk_gdpr", "us_ecoa_regb", "us_ca_admt")
    }
    assert asked == {
        "eu_gdpr": True, "eu_ccd2": True, "uk_gdpr": True, "us_ecoa_regb": False, "us_ca_admt": False,
    }  # fmt: skip
    assert not load_policy(["eu_ccd2"], dt.date(2026, 11, 19)).counterfactuals


def test_adding_a_regulation_adds_no_python(tmp_path: Path) -> None:
    """No module names a pack that nothing but its duties to letters would need."""
    named = [
        (path.name, name)
        for path in (PACKS.parent).rglob("*.py")
        for name in ("eu_ccd2", "eu_ai_act", "uk_gdpr", "us_co_sb26_189", "us_ca_admt", "eu_gdpr")
        if f'"{name}"' in path.read_text(encoding="utf-8")
    ]
    assert named == []
