"""R7, R8, R11, R12: the component that failed, knock-outs, what belongs together, what is missing."""

from __future__ import annotations

import json

import pytest

import audit
from audit.errors import ConfigError
from audit.ledger import Ledger
from tests.rules import posted
from tests.worlds import staged_lender
from tests.worlds.desk import Desk
from tests.worlds.lender import FACTORS, FEATURES

SAID = {
    "K1": "Bankruptcy",
    "K2": "Garnishment or attachment",
    "J1": "Value or type of collateral not sufficient",
    "J2": "Unable to verify credit references",
}


def test_R07_component(staged, capsys) -> None:
    """R7: by score, by judgment, or in the gray band: reasons of what failed and of nothing else."""
    seen = dict.fromkeys(("score", "rule", "judgmental", "gray_band"), 0)
    for row in staged.world.rows:
        decision = staged.decisions[row["application_id"]]
        assert decision.stage == staged_lender.WORDS[row["decided_by"]]
        if decision.outcome != "adverse":
            continue
        seen[decision.stage] += 1
        components = [reason.component for reason in decision.reasons]
        codes = [reason.code for reason in decision.reasons]
        assert 1 <= len(codes) <= 4
        if decision.stage == "score":
            assert set(components) == {"score"}
        if decision.stage == "judgmental":
            # What the reviewer wrote, in the reviewer's order; what was scored is on record, untold.
            assert codes == [
                {"references": "J2"}.get(word, word) for word in row["reviewer_wrote"].split("|")
            ]
            assert {one.factor for one in decision.dropped} == set(FACTORS)
            assert {one.cause for one in decision.dropped} == {"other_component"}
        if decision.stage == "gray_band":
            assert "J1" in codes
            # A person may refuse whom nothing scored speaks against; else both components are told.
            pushed = [one for one in decision.dropped if one.cause == "helped"]
            assert ("score" in components) == (len(pushed) < len(FACTORS))
        assert decision.notice.state == "ready"
    assert min(seen.values()) > 20
    assert staged.result.audit.counts["held"] == 0

    row = next(row for row in staged.world.rows if row["decided_by"] == "J")
    letter = posted.letter(staged.result, row)
    assert posted.printed(letter)[0] in (SAID["J2"], SAID["J1"])
    assert b"counted most" not in letter  # judgment has no sizes
    desk = Desk(staged.world.folder, capsys)
    told = desk.of_ledger("explain", "latest", row["application_id"], "--json").json
    assert (told["stage"], told["reasons"][0]["component"]) == ("judgmental", "judgmental")
    assert "refused by a person's judgment" in desk.of_ledger("explain", "latest", row["application_id"]).out


def test_R08_knock_outs(staged, tmp_path) -> None:
    """R8: each rule that fired is stated itself and first; one without a statement is refused, or held."""
    several = 0
    for row in staged.world.rows:
        decision = staged.decisions[row["application_id"]]
        if row["decided_by"] != "R":
            continue
        fired = {"K1": ["K1"], "garnishment|bankruptcy": ["K1", "K2"]}[row["fired"]]  # by priority
        several += len(fired) > 1
        assert [reason.code for reason in decision.reasons] == fired
        assert {reason.component for reason in decision.reasons} == {"rule"}
        assert {reason.contribution for reason in decision.reasons} == {None}
    assert several > 20
    row = next(row for row in staged.world.rows if "|" in row["fired"])
    assert posted.printed(posted.letter(staged.result, row)) == [SAID["K1"], SAID["K2"]]

    # A rule that fired beside the score stands before what the score says.
    desk = Desk.copy(staged.world.folder, tmp_path / "beside")
    desk.rows(lambda rows: [{**row, "decided_by": row["decided_by"].replace("R", "G")} for row in rows])
    result = audit.run(desk.rows(lambda rows: [_judged(row) for row in rows]).config)
    with Ledger.open(result.ledger_url) as ledger:
        ruled = [one for one in ledger.decisions(result.audit.audit, outcome="adverse") if one.rules]
    assert len(ruled) > 20
    for decision in ruled:
        components = [reason.component for reason in decision.reasons]
        n = components.count("rule")
        assert n == len(decision.rules)
        assert components[:n] == ["rule"] * n

    # 60 rows name a rule that no entry states.
    desk.rows(lambda rows: [{**row, "fired": row["fired"].replace("K1", "K9")} for row in rows])
    with pytest.raises(
        ConfigError, match=r"decision\.rules: rules fired that no entry of reasons\.yaml states \(K9"
    ):
        audit.run(desk.config)


def _judged(row: dict[str, str]) -> dict[str, str]:
    return {**row, "reviewer_wrote": row["reviewer_wrote"] or ("J1" if row["decided_by"] == "G" else "")}


def test_a_new_rule_holds_its_own_notices_of_a_night(staged, tmp_path) -> None:
    """R8: a night of refusals is not stopped by a rule without a statement; who it refused is held."""
    with Ledger.open(staged.result.ledger_url) as ledger:
        (reference,) = ledger.references(staged.result.audit.audit)
    pinned = {"from": staged.result.audit.audit, "sha256": reference.digest}
    desk = Desk.copy(staged.world.folder, tmp_path / "night")
    desk.rows(
        lambda rows: [
            {**row, "fired": row["fired"].replace("K1", "K9")} for row in rows if row["granted"] == "no"
        ]
    )
    desk.set(audit__kind="batch", explain__reference={"pinned": pinned, "min_rows": 20}, data__observed=None)
    night = audit.run(desk.config)
    with Ledger.open(night.ledger_url) as ledger:
        for decision in ledger.decisions(night.audit.audit, outcome="adverse"):
            held = decision.notice.cause if decision.notice.state == "held" else None
            assert held == ("no_reason" if "K9" in decision.rules else None)
    assert 0 < night.audit.counts["held"] < night.audit.counts["adverse"]


def test_a_stage_without_a_meaning_is_refused(staged, tmp_path) -> None:
    """R7: which component failed must be known of every row, in the config's words."""
    desk = Desk.copy(staged.world.folder, tmp_path / "world")
    desk.rows(lambda rows: [{**row, "decided_by": row["decided_by"].replace("J", "X")} for row in rows])
    with pytest.raises(
        ConfigError, match=r"decision\.stage\.values: the data hold stages without a meaning here \(X "
    ):
        audit.run(desk.config)
    values = json.loads(desk.config.read_text())["decision"]["stage"]["values"]
    desk.set(decision__stage__values={**values, "X": "by hand"})
    with pytest.raises(ConfigError, match=r"decision\.stage\.values\.X.*gray_band"):
        audit.run(desk.config)


def test_R11_grouping(fresh, audited) -> None:
    """R11: a factor cut into one-hot parts has the same contribution and the same rank as uncut."""
    whole = audited("even")
    desk = Desk(fresh("even").folder)
    parts = [f"late_{n}" for n in range(7)]

    def cut(rows):
        return [
            {**row, **{f"late_{n}": int(int(row["late_payments"]) == n) for n in range(7)}} for row in rows
        ]

    desk.rows(cut).set(data__features=[one for one in FEATURES if one != "late_payments"] + parts)
    desk.text("reasons.yaml", "columns: [late_payments]", f"columns: [{', '.join(parts)}]")
    desk.text(
        "model.py",
        '0.07 * columns["late_payments"]',
        "sum(0.07 * n * columns[f'late_{n}'] for n in range(7))",
    )
    result = audit.run(desk.config)
    n = 0
    with Ledger.open(result.ledger_url) as ledger:
        for name, decision in whole.decisions.items():
            again = ledger.decision(result.audit.audit, name)
            assert [reason.factor for reason in again.reasons] == [
                reason.factor for reason in decision.reasons
            ]
            for one, other in zip(again.reasons, decision.reasons, strict=True):
                n += one.factor == "late_payments"
                assert one.contribution == pytest.approx(other.contribution, abs=1e-9)
    assert n > 20

    # Two factors in the same words are told once, under the higher rank.
    desk = Desk(fresh("even").folder)
    desk.text(
        "reasons.yaml", "Length of residence", "Delinquent past or present credit obligations with others"
    )
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        told = list(ledger.decisions(result.audit.audit, outcome="adverse"))
    for decision in told:
        statements = [reason.statement for reason in decision.reasons]
        assert len(set(statements)) == len(statements)
    assert any(reason.merged for decision in told for reason in decision.reasons)


def test_R12_missing(audited) -> None:
    """R12: whose years at the address are missing is told that they could not be verified."""
    found = audited("tiny")
    said = {True: set(), False: set()}
    for row in found.world.rows:
        for reason in found.decisions[row["application_id"]].reasons:
            if reason.factor == "years_at_address":
                said[row["years_at_address"] is None].add((reason.statement, reason.by_missing))
    assert said == {True: {("Unable to verify residence", True)}, False: {("Length of residence", False)}}
