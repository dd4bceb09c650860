"""Whole audits that estimate groups, split gaps, look for proxies and try other models."""

from __future__ import annotations

import dataclasses
import io
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import audit
from audit.cli import main
from audit.data.estimated import ESTIMATED
from audit.fairness.alternatives import Candidate, Judging
from audit.fairness.bisg import GROUPS
from audit.ledger import Ledger
from audit.trained_anew import order_of
from tests.worlds import named_lender
from tests.worlds.lender import FEATURES, MODEL, REASONS, terms

TRUST = {"by": "Model Risk", "reason": "twenty lines, read", "date": "2026-11-02"}
N = 900
EXPLAIN = {"reference": {"rows": 1000, "min_rows": 20}, "sample": 60, "favourable": 300}
ALL = {"also": ["proxies", "alternatives"], "retrain": "python:training:train", "trust": TRUST}


@dataclasses.dataclass
class Found:
    """A world, its audit, and the audit's figures."""

    world: Any
    result: Any
    figures: dict[str, Any]

    def outcome(self, requirement: str) -> set[str]:
        """Return the outcomes of a requirement."""
        return {one.outcome for one in self.result.findings if one.requirement == requirement}


def run(folder: Path, **options: Any) -> Found:
    """Build and audit a world."""
    world = named_lender.build(folder / "world", **options)
    result = audit.run(world.config)
    with Ledger.open(result.ledger_url) as ledger:
        figures = {name: one.body for name, one in ledger.figures(result.audit.audit).items()}
        access = {name: one.access for name, one in ledger.figures(result.audit.audit).items()}
    for name in (
        "gap",
        "estimated_groups",
        "proxies",
        "alternatives",
        "cutoff_frontier",
        "stability_by_group",
    ):
        assert access.get(name, "fair_lending") == "fair_lending", name
    return Found(world, result, figures)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The audit that asks for everything."""
    return run(tmp_path_factory.mktemp("named"), n=N, fairness=ALL, explain=EXPLAIN)


def test_estimated_rates_are_the_weighted_sums(whole: Found) -> None:
    """Each group's rate is sum(p * approved) / sum(p), over those whose name and tract are listed."""
    body = whole.figures["estimated_groups"]
    known = [(p, approved) for p, approved in whole.world.truth["weights"] if p is not None]
    assert (body["n"], body["n_matched"]) == (N, len(known))
    assert body["missing"] == [{"cause": "the surname is in no table", "n": N - len(known)}]
    assert body["levels"] == [{"level": "tract", "n": len(known)}]
    for at, group in enumerate(GROUPS):
        (one,) = [each for each in body["groups"] if each["group"] == group]
        size = sum(p[at] for p, _ in known)
        assert one["expected"] == pytest.approx(size, rel=1e-9)
        if size < 30:
            assert one["rate"] is None
            continue
        assert one["rate"] == pytest.approx(sum(p[at] * y for p, y in known) / size, rel=1e-9)
        assert one["low"] < one["rate"] < one["high"]
        assert one["bound_low"] < one["rate"] < one["bound_high"]


def test_estimated_groups_are_judged_by_the_screen(whole: Found) -> None:
    """Four fifths is asked of estimated groups too, by weights, and says how they were found."""
    found = [
        one
        for one in whole.result.findings
        if one.requirement == "screening.four_fifths" and one.attribute == ESTIMATED
    ]
    assert {one.group for one in found} == set(GROUPS) - {"white"}
    (black,) = [one for one in found if one.group == "black"]
    assert black.value is not None
    assert black.value < 1
    assert "estimated by name and address" in (black.cause or "")


def test_the_gap_of_every_group_is_the_sum_of_its_parts(whole: Found) -> None:
    """Factors, bases, residual and sampling give the gap; it is the difference of everybody's mean scores."""
    attributes = {one["attribute"]: one for one in whole.figures["gap"]["attributes"]}
    assert set(attributes) == {"sex", "age", "sex x age", ESTIMATED}
    n_split = 0
    for of in attributes.values():
        for one in of["groups"]:
            if one["cause"] is None:
                n_split += 1
                parts = [
                    *(each["value"] for each in one["factors"]),
                    one["base"],
                    one["residual"],
                    one["sampling"],
                ]
                assert sum(parts) == pytest.approx(one["gap"], abs=1e-14)
    assert n_split >= 3
    women, men = (
        [sum(terms(row).values()) for row in whole.world.rows if row["sex"] == sex]
        for sex in ("female", "male")
    )
    (found,) = attributes["sex"]["groups"]
    assert found["gap"] == pytest.approx(np.mean(women) - np.mean(men), abs=1e-9)


def test_income_carries_the_estimated_gap(whole: Found) -> None:
    """The planted cause, less income, is what stands behind the gap of the estimated group."""
    (of,) = [one for one in whole.figures["gap"]["attributes"] if one["attribute"] == ESTIMATED]
    (black,) = [one for one in of["groups"] if one["group"] == "black"]
    assert black["factors"][0]["factor"] == "income"
    assert black["factors"][0]["low"] > 0
    assert black["factors"][0]["value"] > 0.5 * black["gap"]


def test_no_factor_tells_sex_here(whole: Found) -> None:
    """Sex was dealt by chance, so the scan names nothing for it."""
    (sex,) = [one for one in whole.figures["proxies"]["attributes"] if one["attribute"] == "sex"]
    assert len(sex["factors"]) == len(FEATURES)
    assert not any(one["named"] for one in sex["factors"])
    assert all(abs(one["auc"] - 0.5) < 0.1 for one in sex["together"])


def test_every_candidate_is_kept_and_none_applied(whole: Found) -> None:
    """Held and averaged factors, models trained with all, without each, with weights; decisions stay."""
    body = whole.figures["alternatives"]
    kinds = [one["kind"] for one in body["candidates"]]
    n = len(FEATURES)
    assert kinds.count("held") == kinds.count("averaged") == n
    lacking = [frozenset(one["factors"]) for one in body["candidates"] if one["kind"] == "without"]
    assert {frozenset((factor,)) for factor in {f for one in lacking for f in one}} <= set(lacking)
    assert len(set(lacking)) == len(lacking) > n  # each factor, then several together, each set once
    assert max(len(one) for one in lacking) == n - 1
    assert body["retrained"]["failed"] == []
    assert kinds.count("now") == kinds.count("retrained") == 1
    assert kinds.count("weighted") == 4
    assert body["n"] + body["n_trained"] == N
    assert body["retrained"]["digest"]
    assert body["cause"] is None
    assert all(one["auc"] is not None for one in body["candidates"])
    for at in range(len(body["candidates"][0]["attributes"])):
        assert any(one["attributes"][at]["frontier"] for one in body["candidates"])
    refused = sum(1 for one in whole.world.rows if sum(terms(one).values()) + 0.15 >= 0.40)
    assert whole.figures["population"]["adverse"] == refused


def test_the_frontier_of_cutoffs_is_read_from_the_counts(whole: Found) -> None:
    """At the cutoff in use approval is the audit's own."""
    body = whole.figures["cutoff_frontier"]
    at = body["cutoffs"].index(0.40)
    assert body["approval"][at] == pytest.approx(whole.figures["population"]["favourable"] / N)
    assert body["right"] is not None


def test_stability_is_told_by_group(whole: Found) -> None:
    """Each group of refusals that were looked at has its count; small ones have no shares."""
    body = whole.figures["stability_by_group"]
    for of in body["attributes"]:
        assert sum(one["n"] for one in of["groups"]) == 60
        assert all(one["overlap"] is None for one in of["groups"] if one["n"] < body["min_group"])


def test_nobodys_probability_is_kept(whole: Found, tmp_path: Path) -> None:
    """No surname, no area and no probability of anybody stands in the ledger, a partition, or an export."""
    out = tmp_path / "all.zip"
    main_of("export", "latest", "--out", str(out), "--ledger", whole.result.ledger_url)
    page = tmp_path / "report.html"
    main_of("report", "latest", "--out", str(page), "--ledger", whole.result.ledger_url)
    ledger = Path(whole.result.ledger_url.removeprefix("sqlite:///"))
    found = [ledger.read_bytes(), out.read_bytes(), page.read_bytes()]
    with zipfile.ZipFile(out) as packed:
        found += [packed.read(name) for name in packed.namelist()]
    numbers: list[np.ndarray] = []
    with sqlite3.connect(ledger) as opened:
        for (content,) in opened.execute("select content from partition_contents"):
            frame = pl.read_parquet(io.BytesIO(content))
            numbers += [frame[name].to_numpy() for name in frame.columns if frame[name].dtype.is_numeric()]
            words = [
                frame[name].cast(pl.String).to_list()
                for name in frame.columns
                if frame[name].dtype == pl.String
            ]
            found.append(" ".join(str(cell) for column in words for cell in column).encode())
    assert len(numbers) > len(FEATURES)
    weights = [p for p, _ in whole.world.truth["weights"] if p is not None]
    rare = sorted({value for p in weights for value in p if 0.02 < value < 0.98})
    assert len(rare) > 20
    told = [named_lender.CANARY, *named_lender.TRACTS, "Calderway", "del Valle"]
    told += [repr(value)[:10] for value in rare]
    for content in found:
        for word in told:
            assert word.encode() not in content
            assert word.upper().encode() not in content
        for value in rare:
            assert np.float64(value).tobytes() not in content
    for column in numbers:
        near = np.searchsorted(rare, column.astype(float)).clip(1, len(rare) - 1)
        for side in (near, near - 1):
            assert not np.isclose(column.astype(float), np.array(rare)[side], rtol=1e-7, atol=0).any()


def test_the_search_would_see_a_probability() -> None:
    """The canary test looks for what a leak would look like: the number in a column, as text, as bytes."""
    given = named_lender.posterior("CALDERWAY", "01001020200")[1]
    assert repr(given)[:10] in json.dumps({"leak": given})
    assert np.isclose(np.float32(given).astype(float), given, rtol=1e-7, atol=0)


def main_of(*arguments: str) -> None:
    """Run the command and let it end well."""
    with pytest.raises(SystemExit) as leave:
        main(list(arguments))
    assert not leave.value.code


@pytest.mark.parametrize(
    ("column", "requirement"),
    [
        ("tract", "screening.proxy_columns_not_scored"),
        ("p_black", "us_ecoa_regb.protected_basis_not_scored"),
    ],
)
def test_what_estimates_are_made_of_is_found_among_the_inputs(
    tmp_path: Path, column: str, requirement: str
) -> None:
    """An area that is scored is named; a probability that is scored is a protected basis."""
    extra = f"{column}:\n  columns: [{column}]\n  code: C9\n  statement: {{en: Place of residence}}\n"
    extra += "  priority: 9\n  approved: {by: Model Risk, date: 2026-11-02}\n"
    world = named_lender.build(
        tmp_path / "world",
        n=300,
        features=(*FEATURES, column),
        model=MODEL.replace(
            "sum(terms(columns).values())", f'sum(terms(columns).values()) + 1e-12 * columns["{column}"]'
        ),
        reasons=REASONS + extra,
    )
    if column.startswith("p_"):
        config = json.loads(world.config.read_text())
        frame = pl.read_csv(world.folder / "applications.csv", infer_schema=False)
        for at, group in enumerate(GROUPS):
            given = [p[at] if p else 1 / 6 for p, _ in world.truth["weights"]]
            frame = frame.with_columns(pl.Series(f"p_{group}", given))
        frame.write_csv(world.folder / "applications.csv")
        config["fairness"]["bisg"] = {"probabilities": {group: f"p_{group}" for group in GROUPS}}
        world.config.write_text(json.dumps(config))
    result = audit.run(world.config)
    (found,) = [one for one in result.findings if one.requirement == requirement]
    assert found.outcome == "not_met"
    assert column in (found.cause or "")
    clean = [one for one in result.findings if one.requirement == "screening.proxy_columns_not_scored"]
    assert clean[0].outcome == "not_met"


@pytest.mark.parametrize(
    ("function", "cause"), [("broken", "raised ValueError"), ("nothing", "returned no function")]
)
def test_a_function_that_does_not_train_has_a_cause(tmp_path: Path, function: str, cause: str) -> None:
    """What a user's function raises is told by its kind alone, and stops neither the audit nor the others."""
    fairness = {**ALL, "also": ["alternatives"], "retrain": f"python:training:{function}"}
    body = run(tmp_path, n=200, fairness=fairness).figures["alternatives"]
    assert cause in body["retrained"]["cause"]
    assert {one["kind"] for one in body["candidates"]} == {"now", "held", "averaged"}


def test_a_model_that_cannot_do_without_a_factor_is_no_candidate(tmp_path: Path) -> None:
    """What fails for one subset is named with its cause, and the others are measured."""
    fairness = {**ALL, "also": ["alternatives"], "retrain": "python:training:needs_income"}
    body = run(tmp_path, n=300, fairness=fairness).figures["alternatives"]
    assert body["retrained"]["cause"] is None
    failed = body["retrained"]["failed"]
    assert "trained without income" in [one["name"] for one in failed]
    assert all("raised KeyError" in one["cause"] and "income" in one["name"] for one in failed)
    trained = [one for one in body["candidates"] if one["kind"] in ("retrained", "without", "weighted")]
    assert trained
    assert not any("income" in one["factors"] for one in trained)


def test_the_order_of_factors_weighs_ratio_against_accuracy() -> None:
    """First whose absence brings the groups together, last whose absence only costs accuracy."""
    rng = np.random.default_rng(2)
    n = 4_000
    group, skill = rng.random(n) < 0.5, rng.normal(size=n)
    bad = (rng.normal(size=n) + skill > 0.5).astype(float)
    judging = Judging(
        bad, {"sex": (("f", "m"), np.stack([group, ~group], axis=1).astype(float))}, {"sex": "m"}, n // 2
    )
    whole = Candidate("trained anew", "retrained", skill + 0.8 * group)
    without_proxy = Candidate("a", "without", skill, ("proxy",))
    without_skill = Candidate("b", "without", rng.normal(size=n) + 0.8 * group, ("skill",))
    assert order_of([whole, without_skill, without_proxy], judging) == ("proxy", "skill")
    assert order_of([whole], judging) == ()


def test_without_outcomes_what_needs_them_is_not_measured(tmp_path: Path) -> None:
    """No column of outcomes: ratios stand, accuracy and retraining have the cause."""
    world = named_lender.build(tmp_path / "world", n=200, fairness=ALL)
    config = json.loads(world.config.read_text())
    del config["data"]["observed"]
    world.config.write_text(json.dumps(config))
    result = audit.run(world.config)
    with Ledger.open(result.ledger_url) as ledger:
        body = ledger.figures(result.audit.audit)["alternatives"].body
        cutoffs = ledger.figures(result.audit.audit)["cutoff_frontier"].body
    assert "what happened later" in body["cause"]
    assert "what happened later" in body["retrained"]["cause"]
    assert all(one["auc"] is None for one in body["candidates"])
    assert cutoffs["right"] is None


def test_the_config_says_what_is_missing(tmp_path: Path) -> None:
    """Each half of a pair, a function without trust, an absent table and column: a fault with its place."""
    world = named_lender.build(tmp_path / "world", n=60)
    good = json.loads(world.config.read_text())

    def refused(**changes: Any) -> str:
        world.config.write_text(json.dumps({**good, "fairness": good["fairness"] | changes}))
        with pytest.raises(audit.errors.ConfigError) as error:
            audit.run(world.config)
        return str(error.value)

    bisg = good["fairness"]["bisg"]
    assert "nobody is named who trusts it" in refused(retrain="python:training:train", also=["alternatives"])
    assert "names no function" in refused(retrain="training.py", also=["alternatives"], trust=TRUST)
    assert "alternatives are not asked for" in refused(retrain="python:training:train", trust=TRUST)
    assert "not both a column and a table" in refused(bisg={**bisg, "areas": {"zip": "tract"}})
    assert "surnames need a column and a table" in refused(bisg={**bisg, "surname": None})
    assert "no column 'moon'" in refused(bisg={**bisg, "surname": "moon"})
    assert "there is no census file" in refused(
        bisg={**bisg, "tables": {"surnames": "absent.csv", "tract": "tracts.csv"}}
    )
    assert "Did you mean" in refused(also=["proxie"])


def test_another_table_makes_another_audit(tmp_path: Path) -> None:
    """The digests of census tables and of the training function are part of what an audit is."""
    world = named_lender.build(tmp_path / "world", n=120)
    first = audit.run(world.config)
    assert audit.run(world.config).existing
    table = world.folder / "surnames.csv"
    table.write_text(table.read_text().replace("0.9,0.04", "0.8,0.14"))
    second = audit.run(world.config)
    assert not second.existing
    assert second.audit.audit != first.audit.audit


def test_a_replay_finds_the_same(whole: Found, capsys: pytest.CaptureFixture[str]) -> None:
    """Run again, nothing differs: the estimates, the scan and the alternatives are drawn by seed."""
    main_of("replay", "latest", "--ledger", whole.result.ledger_url)
    assert "differ" not in capsys.readouterr().out.replace("No difference", "").replace("0 differ", "")
