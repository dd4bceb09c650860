"""Two audits side by side: what was put in, what came out, and who applied."""

from __future__ import annotations

import pytest

import audit
from audit.compare import compare
from audit.errors import UsageError
from audit.ledger import Ledger
from tests.worlds.desk import Desk


def poorer(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the rows with three tenths of every income gone."""
    return [{**row, "income": str(round(float(row["income"]) * 0.7, 1))} for row in rows]


@pytest.fixture
def two(fresh) -> tuple[Desk, audit.Result, audit.Result]:
    """The tilted lender, and the same lender when incomes had fallen."""
    desk = Desk(fresh("tilted").folder)
    first = audit.run(desk.config)
    desk.rows(poorer)
    return desk, first, audit.run(desk.config)


def test_a_fall_of_incomes_is_seen_where_it_is(two) -> None:
    """Only the income drifts; rates, counts and the data's version change with it, and nothing else."""
    _, first, second = two
    with Ledger.open(first.ledger_url) as ledger:
        found = compare(ledger, first.audit.audit, second.audit.audit)
    assert [one.place["what"] for one in found.versions] == ["data"]
    assert found.features["income"].reading == "much"
    assert found.features["income"].psi > 1
    assert {name for name, one in found.features.items() if one.psi == 0.0} == {
        "utilisation",
        "late_payments",
        "years_at_address",
    }
    assert found.score.psi > 0
    assert found.cause is None
    assert found.left_out == (0, 0)
    counts = {one.place["count"]: (one.then, one.now) for one in found.counts}
    assert counts["adverse"] == (first.audit.counts["adverse"], second.audit.counts["adverse"])
    (rate,) = [
        one
        for one in found.rates
        if one.place == {"metric": "selection_rate", "attribute": "sex", "group": "female"}
    ]
    assert rate.then == pytest.approx(0.49, abs=1e-12)
    assert rate.change == pytest.approx(rate.now - rate.then, abs=1e-15)
    assert rate.change < 0
    assert rate.apart is False
    shares = {one.place["code"]: one for one in found.reasons}
    assert sum(one.then for one in shares.values()) == pytest.approx(1, abs=1e-12)
    assert sum(one.now for one in shares.values()) == pytest.approx(1, abs=1e-12)


def test_turned_round_everything_is_turned_round(two) -> None:
    """Compared the other way, each change has the other sign."""
    _, first, second = two
    with Ledger.open(first.ledger_url) as ledger:
        one = compare(ledger, first.audit.audit, second.audit.audit)
        other = compare(ledger, second.audit.audit, first.audit.audit)
    forth = {tuple(row.place.items()): row for row in (*one.rates, *one.disparities)}
    back = {tuple(row.place.items()): row for row in (*other.rates, *other.disparities)}
    assert forth.keys() == back.keys()
    for place, row in forth.items():
        assert (row.then, row.now, row.apart) == (back[place].now, back[place].then, back[place].apart)
        if row.change is not None:
            assert row.change == -back[place].change
    assert len(one.findings) == len(other.findings)
    assert one.same_findings == other.same_findings > 0


def test_the_same_again_changes_nothing(fresh) -> None:
    """Another audit of the same inputs has no change at all."""
    desk = Desk(fresh("even").folder)
    first, second = audit.run(desk.config), audit.run(desk.config, again=1)
    with Ledger.open(first.ledger_url) as ledger:
        found = compare(ledger, first.audit.audit, second.audit.audit)
    assert found.versions == ()
    assert found.findings == ()
    assert all(
        one.then == one.now for one in (*found.counts, *found.rates, *found.disparities, *found.reasons)
    )
    assert all(one.psi == 0.0 for one in (found.score, *found.features.values()))
    assert "the same versions, the same config, the same data" in found.in_words()


def test_versions_name_what_was_changed(fresh) -> None:
    """A sentence, a seed and a model are named, each as it was and as it is."""
    desk = Desk(fresh("even").folder)
    first = audit.run(desk.config)
    desk.text("reasons.yaml", "Length of residence", "Time at the address").set(seed=8)
    desk.text("model.py", "return 0.15 +", "return 0.17 +")
    second = audit.run(desk.config)
    with Ledger.open(first.ledger_url) as ledger:
        found = compare(ledger, first.audit.audit, second.audit.audit)
    changed = {one.place["what"]: (one.then, one.now) for one in found.versions}
    assert set(changed) == {"model", "model digest", "reason years_at_address", "config seed"}
    assert changed["config seed"] == (7, 8)
    assert changed["reason years_at_address"] == ("C4: Length of residence", "C4: Time at the address")


def test_a_finding_that_turned_is_named(fresh) -> None:
    """Where an input came to tell the sex, the duty that it must not turned not met."""
    desk = Desk(fresh("proxy", moved=40).folder)
    first = audit.run(desk.config)
    desk.rows(lambda rows: [{**row, "district": str(1 + (row["sex"] == "female"))} for row in rows])
    second = audit.run(desk.config)
    with Ledger.open(first.ledger_url) as ledger:
        found = compare(ledger, first.audit.audit, second.audit.audit)
    turned = {one.place["requirement"]: (one.then, one.now) for one in found.worse}
    assert turned["us_ecoa_regb.protected_basis_not_scored"] == ("met", "not_met")


def test_without_the_key_the_applicants_are_not_measured(two) -> None:
    """What the model saw is locked; the scores are not, and why is said."""
    desk, first, second = two
    (desk.folder / "ledger.key").rename(desk.folder / "elsewhere.key")
    with Ledger.open(first.ledger_url) as ledger:
        found = compare(ledger, first.audit.audit, second.audit.audit)
    assert found.features == {}
    assert "key file" in found.cause
    assert found.score.psi > 0
    assert "features: not measured" in found.in_words()


def test_one_audit_is_no_two(two) -> None:
    """An audit is not compared with itself."""
    _, first, second = two
    with Ledger.open(first.ledger_url) as ledger, pytest.raises(UsageError, match="named twice"):
        compare(ledger, "latest", second.audit.audit)


def test_the_command_prints_the_same_in_words_and_as_json(two, capsys: pytest.CaptureFixture[str]) -> None:
    """The table names what changed; JSON has every number; nothing is judged, so the code is 0."""
    desk = Desk(two[0].folder, capsys)
    first, second = (one.audit.audit for one in two[1:])
    answer = desk.of_ledger("compare", first, second, "--json")
    assert answer.code == 0
    assert (answer.json["a"]["audit"], answer.json["b"]["audit"]) == (first, second)
    (income,) = [one for one in answer.json["drift"]["features"] if one["feature"] == "income"]
    assert income["reading"] == "much"
    assert {one["metric"] for one in answer.json["disparities"]} >= {"adverse_impact_ratio"}
    words = desk.of_ledger("compare", first[:10], "latest")
    assert words.code == 0
    assert f"{income['psi']:.4f}" in words.out
    assert "selection_rate sex: female" in words.out
    assert desk.of_ledger("compare", first, "nobody").code == 2
