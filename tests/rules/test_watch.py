"""R21: what is watched from audit to audit."""

from __future__ import annotations

import audit
from audit.compare import compare
from audit.ledger import Ledger
from audit.schedule.afterwards import afterwards
from audit.vague import says_other
from tests.worlds.desk import Desk


def finding(result, requirement: str):
    """Return the one finding of a requirement."""
    (found,) = [one for one in result.findings if one.requirement == f"screening.{requirement}"]
    return found


def test_R21_drift_watch(fresh, capsys) -> None:
    """R21: one code for nearly all, "other", and reasons that flipped on unchanged inputs are told."""
    # One code on more than nine notices in ten.
    desk = Desk(fresh("tiny").folder)
    desk.text("model.py", '0.45 * columns["utilisation"]', '4.5 * columns["utilisation"]')
    desk.set(decision__cutoff=2.5)
    one_code = audit.run(desk.config)
    share = finding(one_code, "one_reason_for_all")
    assert (share.outcome, share.value > 0.9) == ("not_met", True)

    # "Other" in words that the dictionary takes.
    desk = Desk(fresh("tiny").folder)
    plain = audit.run(desk.config)
    assert (finding(plain, "no_reason_is_other").outcome, finding(plain, "one_reason_for_all").outcome) == (
        "met",
        "met",
    )
    desk.text("reasons.yaml", "Length of residence", "'Other, specify: see your file'")
    other = audit.run(desk.config)
    with Ledger.open(other.ledger_url) as ledger:
        refusals = list(ledger.decisions(other.audit.audit, outcome="adverse"))
    n = sum(any("Other" in reason.statement for reason in one.reasons) for one in refusals)
    assert (finding(other, "no_reason_is_other").outcome, finding(other, "no_reason_is_other").value) == (
        "not_met",
        n / len(refusals),
    )

    # Another version of the model turns the main reasons of people whose data are the same.
    desk = Desk(fresh("tiny").folder, capsys)
    first = audit.run(desk.config)
    desk.text("model.py", '0.07 * columns["late_payments"]', '0.20 * columns["late_payments"]')
    second = audit.run(desk.config)
    before, after = _main(first), _main(second)
    both = before.keys() & after.keys()
    expected = sum(before[name] != after[name] for name in both)
    assert expected > 0.05 * len(both) > 0
    with Ledger.open(first.ledger_url) as ledger:
        found = compare(ledger, first.audit.audit, second.audit.audit).flips
        told = afterwards(ledger, second.audit)
    assert (found.n, found.changed, found.main) == (len(both), 0, expected)
    assert found.alarms
    (alert,) = [one for one in told.alerts if one.kind == "flipped"]
    assert f"{expected} " in alert.text
    assert "utilisation then, late_payments now" in alert.text
    assert told.as_json()["flipped"] == expected / len(both)
    said = desk.of_ledger("compare", first.audit.audit, second.audit.audit)
    assert f"{expected} ({expected / len(both):.1%}) with another main reason" in said.out
    told_json = desk.of_ledger("compare", first.audit.audit, second.audit.audit, "--json").json
    assert told_json["flips"]["main"] == expected


def _main(result) -> dict[str, str]:
    """Return the main reason of each refusal."""
    with Ledger.open(result.ledger_url) as ledger:
        return {
            one.decision: one.reasons[0].factor
            for one in ledger.decisions(result.audit.audit, outcome="adverse")
        }


def test_the_same_model_flips_nothing(fresh) -> None:
    """R21: made again, or told in other codes, nobody has another reason; and whose data changed is apart."""
    desk = Desk(fresh("tiny").folder)
    first = audit.run(desk.config)
    desk.text("reasons.yaml", "code: C1", "code: C11")
    second = audit.run(desk.config)
    desk.rows(
        lambda rows: [
            {**row, "income": float(row["income"]) - (20 if i % 2 else 0)} for i, row in enumerate(rows)
        ]
    )
    third = audit.run(desk.config)
    with Ledger.open(first.ledger_url) as ledger:
        again = compare(ledger, first.audit.audit, second.audit.audit).flips
        moved = compare(ledger, second.audit.audit, third.audit.audit).flips
        assert all(one.kind != "flipped" for one in afterwards(ledger, second.audit).alerts)
    n = first.audit.counts["adverse"]
    assert (again.n, again.same, again.main, again.share) == (n, n, 0, 0.0)
    assert not again.alarms
    assert moved.changed > 20
    assert moved.n + moved.changed == n


def test_other_is_known_in_its_ways() -> None:
    """R21: the box "other" in some words, and statements that merely begin so."""
    for text in (
        "Other",
        "Other, specify: ____",
        "Other reasons",
        "Various factors",
        "Reason not listed above",
    ):
        assert says_other(text), text
    for text in (
        "Other obligations are too high",
        "Several accounts past due",
        "Additional income could not be verified",
        "Delinquent past or present credit obligations with others",
    ):
        assert not says_other(text), text
