"""R1, R2, R3, R6, R13, R14: which factors are told, how many, on which side, in which order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import audit
from audit.errors import ConfigError
from audit.ledger import Ledger
from audit.reasons import principal_reasons
from audit.record import Decision, Notice, Person, ReasonCode
from tests.oracles.lending import near_cutoff, reasons
from tests.oracles.linear import principal
from tests.reports.letters.test_lint import Sent
from tests.rules import posted
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, FACTORS, FEATURES, refused, score, terms


def test_R01_fidelity(staged, fresh) -> None:
    """R1: each reason is a factor of the model, or a rule or ground of that very decision."""
    with Ledger.open(staged.result.ledger_url) as ledger:
        codes = {code.factor: code for code in ledger.codes(staged.result.audit.audit)}
    inputs = set(staged.result.audit.model.inputs)
    seen = set()
    for decision in staged.decisions.values():
        for reason in decision.reasons:
            seen.add(reason.component)
            if reason.component == "score":
                assert set(codes[reason.factor].columns) <= inputs
            else:
                assert (
                    reason.factor
                    in {"rule": decision.rules, "judgmental": decision.judgment}[reason.component]
                )
    assert seen == {"score", "rule", "judgmental"}

    desk = Desk(fresh("even").folder).text("reasons.yaml", "columns: [income]", "columns: [income, savings]")
    with pytest.raises(ConfigError, match=r"income\.columns\[1\]: the model does not read 'savings'"):
        audit.run(desk.config)

    sent = Sent()
    sent.decision = replace(sent.decision, reasons=(replace(sent.decision.reasons[0], component="rule"),))
    assert "d" in sent.broken()  # a rule that did not fire


def test_R02_no_suppression(audited) -> None:
    """R2: what is told is a prefix of the ranking; a protected factor in it holds, and keeps its place."""
    found = audited("proxy")
    held = 0
    with Ledger.open(found.result.ledger_url) as ledger:
        for decision in found.decisions.values():
            if decision.outcome != "adverse":
                continue
            attributed = ledger.attributions(found.result.audit.audit, decision.decision)["shapley"]
            ranking = principal({factor: value for factor, (value, _) in attributed.items()}, 0.05, 99)
            told = [reason.factor for reason in decision.reasons]
            assert told == ranking[: len(told)]
            assert len(told) == min(4, len(ranking))
            beyond = {one.factor for one in decision.dropped if one.cause == "beyond_at_most"}
            assert beyond == set(ranking[4:])
            # Every factor is told, or on record with its cause.
            assert {*told, *(one.factor for one in decision.dropped)} == set(attributed)
            assert (decision.notice.cause == "protected_basis") == ("district" in told)
            held += "district" in told
    assert 0 < held < found.result.audit.counts["adverse"]


def test_R03_count(fresh, audited) -> None:
    """R3: one to four, never padded; none is held, more are found, and six are not sent."""
    for decision in audited("even").decisions.values():
        if decision.outcome == "adverse":
            total = sum(reason.contribution for reason in decision.reasons)
            total += sum(one.contribution for one in decision.dropped if one.cause == "below_floor")
            assert 1 <= len(decision.reasons) <= 4
            assert all(reason.contribution >= 0.05 * total * (1 - 1e-9) for reason in decision.reasons)

    world = fresh("tiny")
    desk = Desk(world.folder)
    extra = ("extra0", "extra1", "extra2")
    more = "".join(
        f"extra{i}:\n  columns: [extra{i}]\n  code: X{i}\n  statement: {{en: Extra matter of fact {word}}}\n"
        "  approved: {by: Model Risk, date: 2026-11-02}\n"
        for i, word in enumerate(("one", "two", "three"))
    )
    (desk.folder / "reasons.yaml").write_text((desk.folder / "reasons.yaml").read_text() + more)
    desk.text("model.py", "return 0.15 +", "return 0.15 + sum(columns[f'extra{i}'] for i in range(3)) +")
    # 0.2 more of each for the refused: six factors and more that count.
    desk.rows(
        lambda rows: [
            {**row, **dict.fromkeys(extra, 0.2 * refused(one))}
            for row, one in zip(rows, world.rows, strict=True)
        ]
    )
    desk.set(data__features=[*FEATURES, *extra])
    desk.set(explain__reasons__at_most=6, explain__reasons__floor=0.001)
    result = audit.run(desk.config)
    (finding,) = [one for one in result.findings if one.requirement.endswith("reasons_at_most_four")]
    assert (finding.outcome, finding.value) == ("not_met", 6.0)
    with Ledger.open(result.ledger_url) as ledger:
        told = {one.row: len(one.reasons) for one in ledger.decisions(result.audit.audit, outcome="adverse")}
    (row, _) = next(item for item in told.items() if item[1] == 6)
    assert "6 reasons (1 to 4 can be told)" in posted.refusal(result, world.rows[row]).cause

    six = _ranked({name: float(size) for name, size in zip("abcdef", (9, 8, 7, 6, 5, 4), strict=True)})
    assert ([reason.factor for reason in six.reasons], six.notice.state) == (list("abcd"), "ready")
    assert [(one.factor, one.cause) for one in six.dropped] == [
        ("e", "beyond_at_most"),
        ("f", "beyond_at_most"),
    ]
    nothing = _ranked({"income": -1.0})
    assert (nothing.reasons, nothing.notice.cause) == ((), "no_reason")


def _ranked(contributions: dict[str, float], *, residual: float = 0.0) -> Decision:
    codes = {one: ReasonCode(one, one.upper(), (one,), {"en": f"About {one}"}) for one in contributions}
    return principal_reasons(
        Decision("D1", 0, 0, (Person("P1"),), "adverse", notice=Notice("ready")),
        contributions,
        None,
        codes,
        frozenset(),
        tolerance=1e-9,
        certified="exact",
        residual=residual,
        reference_ok=True,
        protected_factors=frozenset(),
    )


@pytest.mark.parametrize("coding", ["high", "low"])
def test_R06_direction(audited, fresh, coding: str) -> None:
    """R6: every reason counted against the applicant; one that a vendor gives and that helped is held."""
    found = audited("tiny", coding)
    rows = found.world.rows
    reference = [rows[i] for i in near_cutoff(rows, score, CUTOFF, 20)]
    means = {factor: sum(terms(row)[factor] for row in reference) / len(reference) for factor in FACTORS}
    n = 0
    for row in rows:
        for reason in found.decisions[row["application_id"]].reasons:
            n += 1
            assert reason.contribution > 0
            # Put right, the score does not get worse.
            assert score(row) - terms(row)[reason.factor] + means[reason.factor] < score(row)
    assert n > 100

    desk = Desk(fresh("tiny", coding=coding).folder)
    given = [FACTORS[min(FACTORS, key=lambda one: terms(row)[one] - means[one])] for row in rows]
    desk.rows(lambda old: [{**row, "r1": code} for row, code in zip(old, given, strict=True)])
    desk.set(reasons_given={"columns": ["r1"], "method": "points below maximum", "by": "Vendor"})
    result = audit.run(desk.config)
    with Ledger.open(result.ledger_url) as ledger:
        causes = {one.notice.cause for one in ledger.decisions(result.audit.audit, outcome="adverse")}
    assert causes == {"reason_helped"}
    (finding,) = [one for one in result.findings if one.requirement.endswith("pushed_toward_refusal")]
    assert (finding.outcome, finding.value) == ("not_met", float(result.audit.counts["adverse"]))

    sent = Sent()
    first, *rest = sent.decision.reasons
    sent.decision = replace(sent.decision, reasons=(replace(first, contribution=-0.1), *rest))
    assert sent.broken() == {"d"}


def test_R13_ties_and_noise(fresh, audited) -> None:
    """R13: equal factors go by priority and are logged as a tie; the order of rows changes nothing."""
    desk = Desk(fresh("even").folder)
    twin = "burden:\n  columns: [burden]\n  code: C9\n  statement: {en: Burden of debts}\n  priority: %d\n"
    approved = "  approved: {by: Model Risk, date: 2026-11-02}\n"
    path = desk.folder / "reasons.yaml"
    plain = path.read_text()
    desk.rows(lambda rows: [{**row, "burden": row["utilisation"]} for row in rows])
    desk.set(data__features=[*FEATURES, "burden"])
    desk.text("model.py", '0.45 * columns["utilisation"]', '0.225 * columns["utilisation"]')
    desk.text("model.py", "return 0.15 +", 'return 0.15 + 0.225 * columns["burden"] +')
    for priority, first in ((0, "burden"), (2, "utilisation")):
        path.write_text(plain + twin % priority + approved)
        result = audit.run(desk.config)
        n = 0
        with Ledger.open(result.ledger_url) as ledger:
            for decision in ledger.decisions(result.audit.audit, outcome="adverse"):
                pair = [one.factor for one in decision.reasons if one.factor in ("burden", "utilisation")]
                if len(pair) == 2:
                    n += 1
                    assert pair[0] == first
                    assert decision.certified == "tie"
                    assert decision.notice.state == "ready"
        assert n > 20

    whole = audited("even")
    turned = Desk(fresh("even").folder).rows(lambda rows: rows[::-1])
    result = audit.run(turned.config)
    with Ledger.open(result.ledger_url) as ledger:
        for name, decision in whole.decisions.items():
            again = ledger.decision(result.audit.audit, name)
            assert again.reasons == decision.reasons


def test_R14_completeness(audited, tmp_path: Path) -> None:
    """R14: contributions are the score less the reference's mean; where they are not, the notice is held."""
    for coding, sign in (("high", 1.0), ("low", -1.0)):
        found = audited("even", coding)
        with Ledger.open(found.result.ledger_url) as ledger:
            for decision in found.decisions.values():
                if decision.outcome != "adverse":
                    continue
                attributed = ledger.attributions(found.result.audit.audit, decision.decision)["shapley"]
                total = sum(value for value, _ in attributed.values())
                mean = found.references[decision.reference].mean_score
                assert total == pytest.approx(sign * (decision.score - mean), abs=1e-6)
                assert abs(decision.residual) < 1e-9
    assert _ranked({"income": 3.0}, residual=1e-3).notice == Notice("held", "residual")
    assert _ranked({"income": 3.0}, residual=float("nan")).notice == Notice("held", "residual")
    assert _ranked({"income": 3.0}).notice == Notice("ready")


def test_the_reasons_of_the_worlds_are_those_of_the_oracle(audited) -> None:
    """R1 to R6 together: on a linear lender the whole list is the slow oracle's, for every refusal."""
    found = audited("tiny")
    rows = found.world.rows
    reference = [rows[i] for i in near_cutoff(rows, score, CUTOFF, 20)]
    for row in rows:
        told = [reason.factor for reason in found.decisions[row["application_id"]].reasons]
        assert told == ([factor for factor, _ in reasons(row, reference, terms)] if refused(row) else [])
