"""The lender's own reasons through a whole run: planted ones agree, and their finding follows."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from typing import Any

import audit
from tests.worlds.lender import World, terms

HMDA = {"income": 1, "utilisation": 3, "late_payments": 2, "years_at_address": 6}


def _states(world: World, stated: Callable[[dict[str, Any]], list[int]]) -> World:
    """Write two columns of stated reasons, and name them in the config."""
    rows = [dict(row) for row in world.rows]
    for row in rows:
        row["why_1"], row["why_2"] = [*map(str, stated(row)), "", ""][:2]
    with (world.folder / "applications.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    config = json.loads(world.config.read_text())
    config["record"]["denial_reasons"] = ["why_1", "why_2"]
    world.config.write_text(json.dumps(config))
    reasons = world.folder / "reasons.yaml"
    with_codes = re.sub(
        r"^(\w+):$", lambda found: f"{found[0]}\n  hmda: {HMDA[found[1]]}", reasons.read_text(), flags=re.M
    )
    reasons.write_text(with_codes)
    return world


def _figure(result: Any) -> Any:
    from audit.ledger import Ledger

    with Ledger.open(result.ledger_url) as ledger:
        return ledger.figures(result.audit.audit)["stated_reasons"].body


def _finding(result: Any) -> Any:
    (found,) = [one for one in result.findings if one.requirement == "screening.reasons_as_the_lender_stated"]
    return found


def test_the_finding_is_judged_by_the_sealed_figure(fresh: Callable[..., World]) -> None:
    """Every refusal is compared, and the requirement is answered by the share that shares a code."""
    result = audit.run(_states(fresh("tilted"), lambda row: [2, 3]).config)
    body, found = _figure(result), _finding(result)
    assert body["n"] == body["refusals"] == result.audit.counts["adverse"]
    assert body["columns"] == ["why_1", "why_2"]
    assert (found.value, found.low, found.n) == (body["overlap"]["value"], body["overlap"]["low"], body["n"])
    assert found.outcome == "met"


def test_a_lender_that_always_says_other_does_not(fresh: Callable[..., World]) -> None:
    """No factor has the code 9, so nothing is within reach and nothing agrees, by chance neither."""
    result = audit.run(_states(fresh("tilted"), lambda row: [9]).config)
    body = _figure(result)
    assert body["within_reach"]["value"] == body["overlap"]["value"] == body["overlap"]["chance"] == 0.0
    assert _finding(result).outcome == "not_met"


def test_without_a_column_it_does_not_apply(audited: Callable[..., Any]) -> None:
    """Nobody named the lender's reasons, so the finding says that and no number."""
    found = _finding(audited("tilted").result)
    assert (found.outcome, found.value) == ("not_applicable", None)
    assert "record.denial_reasons" in found.cause


def test_the_strongest_factor_is_found_again(fresh: Callable[..., World]) -> None:
    """A register that names the code of the largest term of the score agrees far beyond chance."""

    def largest(row: dict[str, Any]) -> list[int]:
        found = terms(row)
        return [HMDA[max(("utilisation", "late_payments", "years_at_address"), key=found.__getitem__)]]

    body = _figure(audit.run(_states(fresh("tilted"), largest).config))
    assert body["same_first"]["low"] > body["same_first"]["chance_high"]
