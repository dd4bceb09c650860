"""Slices, search, periods and a baseline through a whole run: sealed as a plain loop counts them."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import audit
from audit.errors import ConfigError, ModelError
from tests.worlds.lender import CUTOFF, World, refused, score

REGIONS = ("east", "north", "west")


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open models in this process: what a child answers is the same, and tested elsewhere."""
    from audit.host.local import LocalHost

    monkeypatch.setattr("audit.host.start", LocalHost)


def sliced(world: World, **performance: Any) -> World:
    """Add a region, a day and an older score, and slice by them; in the west errors are planted."""
    rows = [dict(row) for row in world.rows]
    for i, row in enumerate(rows):
        row["region"] = "" if i % 47 == 0 else REGIONS[i % 3]
        row["day"] = f"2026-{1 + i % 2:02}-{1 + i % 28:02}"
        row["old_score"] = "" if i % 40 == 0 else round(0.5 * score(row) + 0.01 * (i % 37), 4)
        if row["region"] == "west":
            row["defaulted"] = int(not refused(row)) if i % 2 else row["defaulted"]
    with (world.folder / "applications.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    config = json.loads(world.config.read_text())
    config["slices"] = [
        ["region"],
        {"by": ["income", "sex"], "bins": {"income": [40, 80]}},
        ["late_payments"],
    ]
    config["performance"] = performance
    world.config.write_text(json.dumps(config))
    return World(world.folder, world.truth, rows)


def figures(result: Any) -> dict[str, Any]:
    from audit.ledger import Ledger

    with Ledger.open(result.ledger_url) as ledger:
        return {name: one.body for name, one in ledger.figures(result.audit.audit).items()}


def wrong(row: dict[str, Any]) -> bool:
    return refused(row) != bool(row["defaulted"])


def test_a_run_seals_what_a_plain_loop_counts(fresh: Callable[..., World]) -> None:
    """Every slice of every entry; missing is unknown, bins are left-closed, attributes are their groups."""
    world = sliced(fresh("tilted"))
    result = audit.run(world.config)
    region, crossed, late = figures(result)["slices"]["slices"]
    rows = world.rows
    names = [one["slice"] for one in region["groups"]]
    assert names == [*REGIONS, "unknown"]
    for one in region["groups"]:
        mine = [row for row in rows if (row["region"] or "unknown") == one["slice"]]
        assert one["n"] == len(mine)
        assert one["measures"]["error_rate"]["value"] == sum(map(wrong, mine)) / len(mine)
        auc = roc_auc_score([row["defaulted"] for row in mine], [score(row) for row in mine])
        assert one["measures"]["auc"]["value"] == pytest.approx(auc, abs=1e-12)
        cutoff = one["sweep"]["threshold"].index(CUTOFF)
        assert one["sweep"]["error_rate"][cutoff] == one["measures"]["error_rate"]["value"]
    assert [one["slice"] for one in crossed["groups"]] == [
        f"{income} x {sex}" for income in ("under 40", "40 to 80", "80+") for sex in ("female", "male")
    ]
    for one in crossed["groups"]:
        income, sex = one["slice"].split(" x ")
        low, high = {"under 40": (0, 40), "40 to 80": (40, 80), "80+": (80, 999)}[income]
        assert one["n"] == sum(row["sex"] == sex and low <= row["income"] < high for row in rows)
    assert [one["slice"] for one in late["groups"]] == sorted({str(row["late_payments"]) for row in rows})


def test_the_planted_region_is_found_in_a_whole_run(fresh: Callable[..., World]) -> None:
    """The search crosses inputs, attributes and slices, and names the region where outcomes were turned."""
    result = audit.run(sliced(fresh("tilted"), search={}).config)
    body = figures(result)["slice_search"]
    assert body["columns"] == [
        "region",
        "income",
        "sex",
        "late_payments",
        "utilisation",
        "years_at_address",
        "age",
    ]
    assert body["slices"][0]["groups"] == [{"column": "region", "group": "west"}]
    assert body["slices"][0]["found"]
    assert body["n_found"] >= 1
    assert body["n_tested"] > 100
    # The edges of a search are told, so that a slice can be found again.
    assert len(body["edges"]["income"]) == 3


def test_periods_and_a_column_of_scores_are_compared(fresh: Callable[..., World]) -> None:
    """Months by the stated column; the older scores on the rows that have one."""
    world = sliced(
        fresh("tilted"),
        over_time={"column": "day"},
        baseline={"scores": "old_score", "cutoff": 0.35},
    )
    bodies = figures(audit.run(world.config))
    assert [one["period"] for one in bodies["over_time"]["periods"]] == ["2026-01", "2026-02"]
    beside = bodies["baseline"]
    kept = [row for row in world.rows if row["old_score"] != ""]
    assert beside["n_uncompared"] == len(world.rows) - len(kept)
    whole = beside["slices"][0]
    assert whole["n"] == len(kept)
    observed = [row["defaulted"] for row in kept]
    assert whole["baseline"]["auc"]["value"] == pytest.approx(
        roc_auc_score(observed, [row["old_score"] for row in kept]), abs=1e-12
    )
    other = [(row["old_score"] >= 0.35) != bool(row["defaulted"]) for row in kept]
    mine = [wrong(row) for row in kept]
    assert whole["errors"]["only_model"] == sum(a and not b for a, b in zip(mine, other, strict=True))
    assert whole["errors"]["only_baseline"] == sum(b and not a for a, b in zip(mine, other, strict=True))


def _file(world: World, features: list[str]) -> dict[str, Any]:
    """Write a fitted baseline beside the config; return how a config names it."""
    import skops.io
    from sklearn.linear_model import LogisticRegression

    rows = np.array([[float(row[name] or 0) for name in features] for row in world.rows])
    model = LogisticRegression(max_iter=2000).fit(rows, [row["defaulted"] for row in world.rows])
    model.feature_names_in_ = np.array(features, dtype=object)
    path = world.folder / "old.skops"
    skops.io.dump(model, path)
    return {"path": "old.skops", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "cutoff": 0.3}


def test_a_second_model_is_scored_on_the_same_rows(fresh: Callable[..., World]) -> None:
    """A pinned file is opened like any model; it is compared slice by slice, and its digest is sealed."""
    import skops.io

    world = sliced(fresh("even"))
    features = ["income", "utilisation", "late_payments"]
    named = _file(world, features)
    config = json.loads(world.config.read_text())
    config["performance"]["baseline"] = named
    config["slices"] = [["region"]]
    world.config.write_text(json.dumps(config))
    body = figures(audit.run(world.config))["baseline"]
    assert body["digest"] == named["sha256"]
    model = skops.io.load(world.folder / "old.skops")
    rows = np.array([[float(row[name] or 0) for name in features] for row in world.rows])
    scores = 1 / (1 + np.exp(-(rows @ model.coef_[0] + model.intercept_[0])))
    whole = body["slices"][0]
    observed = [row["defaulted"] for row in world.rows]
    assert whole["baseline"]["auc"]["value"] == pytest.approx(roc_auc_score(observed, scores), abs=1e-12)
    assert [one["slice"] for one in body["slices"]] == ["all", *REGIONS, "unknown"]


def _spoilt(world: World, **performance: Any) -> str:
    config = json.loads(world.config.read_text())
    config["performance"] = performance
    world.config.write_text(json.dumps(config))
    with pytest.raises((ConfigError, ModelError)) as refusal:
        audit.run(world.config)
    return str(refusal.value)


def test_what_cannot_be_sliced_is_refused_before_work(fresh: Callable[..., World]) -> None:
    """An unknown column, another digest, a file that is no model: each is named at its place."""
    world = sliced(fresh("even"))
    assert "performance.search.columns[0]: no column 'regoin'" in _spoilt(
        world, search={"columns": ["regoin"]}
    )
    assert "performance.over_time.column: no column 'when'" in _spoilt(world, over_time={"column": "when"})
    assert "performance.baseline.scores: no column 'older'" in _spoilt(world, baseline={"scores": "older"})
    named = {"path": "old.skops", "sha256": "0" * 64}
    assert "performance.baseline.path: there is no model file" in _spoilt(world, baseline=named)
    (world.folder / "old.skops").write_bytes(b"no model")
    assert "performance.baseline.sha256: the digest of old.skops differs" in _spoilt(world, baseline=named)
    digest = hashlib.sha256(b"no model").hexdigest()
    assert "performance.baseline: " in _spoilt(world, baseline={**named, "sha256": digest})
    world = sliced(fresh("tilted"))
    config = json.loads(world.config.read_text())
    config["slices"] = [["application_id"]]
    world.config.write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=r"slices\[0\]: these columns make up to .* slices, more than 500"):
        audit.run(world.config)


def test_a_constant_column_and_one_class_of_outcome_end_in_causes(fresh: Callable[..., World]) -> None:
    """Nothing crashes: one slice holds everybody, no order is measured, and the search has no rest there."""
    world = sliced(fresh("even"), search={"columns": ["bureau_used", "sex"]})
    rows = [{**row, "region": "south", "defaulted": 1} for row in world.rows]
    _write(world.folder / "applications.csv", rows)
    bodies = figures(audit.run(world.config))
    (south,) = bodies["slices"]["slices"][0]["groups"]
    assert south["measures"]["auc"]["cause"] == "every observed outcome is adverse"
    assert bodies["performance"]["gains"] == {"cause": "every observed outcome is adverse"}
    assert "region" not in bodies["slice_search"]["columns"]


def test_a_report_of_slices_is_rendered_from_the_ledger(fresh: Callable[..., World]) -> None:
    """The section stands in the page, with the slice that was found in its heading."""
    from audit.ledger import Ledger
    from reports.report import page

    result = audit.run(sliced(fresh("tilted"), search={}, baseline={"scores": "old_score"}).config)
    with Ledger.open(result.ledger_url) as ledger:
        text = page(ledger, result.audit.audit, "html")
    assert 'id="slices"' in text
    assert "worse than the rest by more than chance, first region west" in text
    assert "Beside the baseline" in text


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
