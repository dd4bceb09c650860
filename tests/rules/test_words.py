"""R9, R10, R15, R19, R20: the words of a reason, and what a letter may print."""

from __future__ import annotations

from dataclasses import replace

import pytest

import audit
from audit.errors import ConfigError
from audit.ledger import Ledger
from audit.vague import is_vague
from reports.sheet import ReasonLine
from tests.reports.letters.test_lint import Sent
from tests.rules import posted
from tests.worlds.desk import Desk
from tests.worlds.lender import FEATURES

# 12 CFR 1002.9(b)(2) and what comes to the same.
BANNED = (
    "Internal standards",
    "Our internal policy",
    "Credit policy",
    "Criteria not met",
    "You did not achieve a qualifying score",
    "Score too low",
    "Your score is low",
    "Insufficient score",
    "Result of our model",
    "Decision of an algorithm",
    "Risk assessment",
)
# The items of sample forms C-1 to C-3.
OF_THE_FORMS = (
    "Length of residence",
    "Excessive obligations in relation to income",
    "Unable to verify credit references",
    "Number of recent inquiries on credit bureau report",
    "Value or type of collateral not sufficient",
    "Poor credit performance with us",
)


def test_R09_specific_text(fresh) -> None:
    """R9: what the rule rejects is refused in the dictionary, and in a letter; the forms' items are not."""
    assert {text: is_vague(text) for text in (*BANNED, *OF_THE_FORMS)} == (
        dict.fromkeys(BANNED, True) | dict.fromkeys(OF_THE_FORMS, False)
    )
    desk = Desk(fresh("even").folder).text("reasons.yaml", "Length of residence", "Insufficient score")
    with pytest.raises(
        ConfigError, match=r"years_at_address\.statement\.en: 'Insufficient score' names nothing"
    ):
        audit.run(desk.config)
    sent = Sent()
    first, *rest = sent.notice.reasons
    sent.notice = replace(sent.notice, reasons=(replace(first, statement="Internal standards"), *rest))
    assert "g" in sent.broken()


def test_R10_no_nearest_box(fresh) -> None:
    """R10: an input without a factor stops the audit; a statement that nobody approved stays a draft."""
    desk = Desk(fresh("even").folder)
    desk.rows(lambda rows: [{**row, "savings": i % 7} for i, row in enumerate(rows)])
    desk.set(data__features=[*FEATURES, "savings"])
    with pytest.raises(ConfigError, match="savings: the model reads this column, and no factor has it"):
        audit.run(desk.config)

    world = fresh("even")
    desk = Desk(world.folder)
    desk.text(
        "reasons.yaml", "  priority: 1\n  approved: {by: Model Risk, date: 2026-11-02}", "  priority: 1"
    )
    result = audit.run(desk.config)
    (finding,) = [one for one in result.findings if one.requirement.endswith("statements_approved")]
    assert (finding.outcome, finding.cause) == ("not_met", "utilisation")
    with Ledger.open(result.ledger_url) as ledger:
        row = next(
            world.rows[one.row]
            for one in ledger.decisions(result.audit.audit, outcome="adverse")
            if "utilisation" in {reason.factor for reason in one.reasons}
        )
    assert "no approved statement (code C2)" in posted.refusal(result, row).cause


def test_R15_reasons_are_no_key_factors(staged) -> None:
    """R15: a letter with a bureau's score prints both lists apart, and neither stands in for the other."""
    row = next(
        row
        for row in staged.world.rows
        if row["granted"] == "no" and row["decided_by"] == "S" and row["bureau_used"] == "yes"
    )
    text = posted.letter(staged.result, row)
    before, _, after = text.decode().partition("Key factors that adversely affected your credit score:")
    told = [reason.statement for reason in staged.decisions[row["application_id"]].reasons]
    assert posted.printed(text) == told
    assert row["k1"] in after
    assert row["k2"] in after
    assert row["k1"] not in before
    assert not set(told) & {row["k1"], row["k2"]}

    sent = Sent()
    key_factors = sent.notice.scores[0].key_factors
    sent.notice = replace(
        sent.notice, reasons=tuple(ReasonLine(i, one) for i, one in enumerate(key_factors, start=1))
    )
    assert "d" in sent.broken()
    sent = Sent()
    block = sent.notice.scores[0]
    reasons = tuple(line.statement for line in sent.notice.reasons)
    for factors in ((), (*reasons, *reasons)):
        sent.notice = replace(sent.notice, scores=(replace(block, key_factors=factors),))
        assert "e" in sent.broken()


def test_R19_direction_words(audited, fresh) -> None:
    """R19: "too high" is met where more always pushes further, and not where the effect turns."""
    (straight,) = audited("tiny").findings("screening.directions_show")
    assert (straight.outcome, straight.value, straight.n) == ("met", 0.0, 3)
    desk = Desk(fresh("tiny").folder)
    desk.text("model.py", '0.45 * columns["utilisation"]', '0.9 * np.abs(columns["utilisation"] - 0.5)')
    result = audit.run(desk.config)
    (turns,) = [one for one in result.findings if one.requirement == "screening.directions_show"]
    assert (turns.outcome, turns.value, turns.cause) == ("not_met", 1.0, "utilisation")
    desk.text("reasons.yaml", "  direction: {high: adverse}\n  priority: 1", "  priority: 1")
    neutral = audit.run(desk.config)
    (named,) = [one for one in neutral.findings if one.requirement == "screening.directions_show"]
    assert (named.outcome, named.n) == ("met", 2)


def test_R20_text_generation(staged) -> None:
    """R20: whoever writes the letter, what it prints is diffed against the record before it is sent."""
    for row in staged.world.rows[:60]:
        decision = staged.decisions[row["application_id"]]
        if decision.outcome == "adverse":
            assert posted.printed(posted.letter(staged.result, row)) == [
                reason.statement for reason in decision.reasons
            ]

    def written(*lines: str) -> set[str]:
        sent = Sent()
        sent.notice = replace(
            sent.notice, reasons=tuple(ReasonLine(i, text) for i, text in enumerate(lines, start=1))
        )
        return sent.broken()

    true = [line.statement for line in Sent().notice.reasons]
    assert written(*true) == set()
    other = "Number of recent inquiries"
    assert "d" in written(*true, other)  # invented
    assert "d" in written(*true[1:])  # left out
    assert "d" in written(*reversed(true))  # ranked otherwise
    assert "d" in written(true[0] + ", sadly", *true[1:])  # reworded
    # The record itself may hold approved statements alone, each of its own factor.
    sent = Sent()
    first, *rest = sent.decision.reasons
    sent.decision = replace(sent.decision, reasons=(replace(first, statement=other), *rest))
    sent.notice = replace(sent.notice, reasons=(ReasonLine(1, other), *sent.notice.reasons[1:]))
    assert sent.broken() == {"d"}
