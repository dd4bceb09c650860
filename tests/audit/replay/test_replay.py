"""Whole audits run again: equal where nothing changed, and every change named where it lies."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.ledger import Ledger, erasure
from audit.replay import Replay, replay
from tests.worlds.desk import Desk

LATER = dt.datetime(2027, 1, 5, 9, tzinfo=dt.UTC)
BESIDE = "return 0.15 + sum(terms(columns).values())"


def no_terms(_audit: str) -> tuple[Any, ...]:
    """No law asks for anything to be kept."""
    return ()


def again(desk: Desk, name: str = "latest", **options: Any) -> Replay:
    """Run the desk's audit again."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        return replay(ledger, name, folder=desk.folder, **options)


def of(told: Replay, kind: str) -> Any:
    """Return what was compared of one kind."""
    (found,) = [one for one in told.compared if one.kind == kind]
    return found


def differing(told: Replay) -> list[str]:
    """Return the kinds that differ."""
    return [one.kind for one in told.compared if not one.ok]


def pseudonym(desk: Desk, decision: str) -> str:
    """Return what a decision is called in the ledger."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        return ledger.pseudonym("decision", decision)


@pytest.fixture
def desk(fresh) -> Desk:
    """A world with joint applicants, audited, whose files may be changed."""
    world = fresh("joint")
    audit.run(world.config)
    return Desk(world.folder)


@pytest.mark.parametrize(
    ("name", "coding"),
    [("even", "high"), ("tilted", "low"), ("proxy", "high"), ("tiny", "low"), ("joint", "high")],
)
def test_an_untouched_audit_is_equal_to_the_last_bit(audited, name: str, coding: str) -> None:
    """Every score, contribution, reason, rate, finding and figure comes out with the same bits."""
    found = audited(name, coding)
    with Ledger.open(found.result.ledger_url) as ledger:
        told = replay(ledger, found.result.audit.audit, folder=found.world.folder)
    assert told.exact
    assert told.ok, told.in_words()
    assert told.cannot == ()
    assert told.erased == {}
    n = found.world.truth["n_rows"]
    assert of(told, "scores").n == 5 * n
    assert of(told, "scores").largest == of(told, "attributions").largest == 0.0
    assert all(one.n > 0 for one in told.compared)
    assert "equal to the first" in told.in_words()


def test_nothing_is_written(desk: Desk) -> None:
    """A replay leaves the ledger as it was, byte for byte."""
    before = (desk.folder / "ledger.db").read_bytes()
    assert again(desk).ok
    assert (desk.folder / "ledger.db").read_bytes() == before


def test_a_changed_model_byte_is_named(desk: Desk) -> None:
    """A byte that changes no score is a difference of the model, and of nothing else."""
    desk.text("model.py", "A linear score: high is bad.", "A linear score; high is bad.")
    told = again(desk)
    assert differing(told) == ["model"]
    assert {one.place for one in of(told, "model").differences} == {"digest", "version"}


def test_a_changed_weight_is_followed_to_every_number(desk: Desk) -> None:
    """A model that scores a hundredth higher differs by that hundredth in every decision."""
    desk.text("model.py", BESIDE, BESIDE.replace("0.15", "0.16"))
    told = again(desk)
    assert differing(told)[:4] == ["model", "reference", "scores", "attributions"]
    moved = [one for one in of(told, "scores").differences if one.place == "score"]
    assert len(moved) == len({one.decision for one in moved}) == 160
    assert all(one.now - one.sealed == pytest.approx(0.01, abs=1e-12) for one in moved)
    assert of(told, "scores").largest == pytest.approx(0.01, abs=1e-12)


def test_a_changed_cell_is_named_and_moves_nothing(desk: Desk) -> None:
    """The cell of one applicant is named with both numbers; the scores are those of the record."""

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[7]["utilisation"] = "0.9191"
        return rows

    before = None
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        before = ledger.case("latest" and ledger.find("latest"), "A000007").inputs["utilisation"]
    desk.rows(change)
    told = again(desk)
    assert differing(told) == ["data"]
    cell, digest = of(told, "data").differences
    assert (cell.decision, cell.place) == (pseudonym(desk, "A000007"), "inputs.utilisation")
    assert (cell.sealed, cell.now) == (before, 0.9191)
    assert digest.place == "digest"
    now = again(desk, from_files=True)
    assert {"data", "scores"} <= set(differing(now))
    assert of(now, "scores").decisions == {cell.decision}
    assert of(now, "attributions").decisions <= {cell.decision}


@pytest.mark.parametrize(
    ("column", "value", "place"),
    [
        ("completed_at", "2026-11-01", "record.completed_at"),
        ("sex", "somebody", "protected.sex"),
        ("fico", "801", "bureau_scores"),
    ],
)
def test_a_changed_cell_beside_the_features_is_named(desk: Desk, column: str, value: str, place: str) -> None:
    """What letters say, protected groups and bureau scores are held against the record too."""

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[8][column] = value
        return rows

    desk.rows(change)
    found = of(again(desk), "data")
    assert (pseudonym(desk, "A000008"), place) in {(one.decision, one.place) for one in found.differences}


def test_what_is_not_recorded_is_said(desk: Desk) -> None:
    """An age that stays in its band changes the digest alone, and why no cell is named is said."""

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[3]["age"] = str(int(rows[3]["age"]) + 1)
        return rows

    desk.rows(change)
    told = again(desk)
    assert [one.place for one in of(told, "data").differences] == ["digest"]
    assert any("does not keep" in one for one in told.cannot)


def test_rows_taken_out_and_put_in_are_named(desk: Desk) -> None:
    """A removed and an added row are named; nobody else's numbers move for it."""

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [*rows[:9], *rows[10:], {**rows[9], "application_id": "NEW", "applicant_id": "NEW"}]

    desk.rows(change)
    told = again(desk)
    assert differing(told) == ["data"]
    rows = {one.decision: (one.sealed, one.now) for one in of(told, "data").differences if one.place == "row"}
    assert rows == {
        pseudonym(desk, "A000009"): ("recorded", None),
        pseudonym(desk, "NEW"): (None, "in the data"),
    }
    assert of(told, "scores").n == 5 * 159
    assert any("1 recorded row is not in the data" in one for one in told.cannot)


def test_another_order_of_the_rows_is_named_once(desk: Desk) -> None:
    """The same rows in another order are one difference, and every number is equal."""
    desk.rows(lambda rows: rows[::-1])
    told = again(desk)
    assert differing(told) == ["data"]
    assert {one.place for one in of(told, "data").differences} == {"order of the rows", "digest"}
    assert of(told, "attributions").largest == 0.0


def test_a_changed_sentence_is_named(desk: Desk) -> None:
    """A sentence of the dictionary is named by factor; run from the files, so is every letter it is in."""
    desk.text("reasons.yaml", "Length of residence", "Time at the address")
    told = again(desk)
    assert differing(told) == ["dictionary"]
    (one,) = of(told, "dictionary").differences
    assert (one.place, one.sealed, one.now) == (
        "years_at_address.statement.en",
        "Length of residence",
        "Time at the address",
    )
    now = again(desk, from_files=True)
    assert differing(now) == ["dictionary", "reasons"]
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        with_it = {
            one.decision
            for one in ledger.decisions(ledger.find("latest"))
            if any(part.statement == "Length of residence" for part in one.reasons)
        }
    assert of(now, "reasons").decisions == with_it


def test_a_changed_joint_applicant_is_named(desk: Desk) -> None:
    """Another role of a person is a difference of the data: letters would go to somebody else."""
    desk.text("recipients.csv", ",joint,", ",guarantor,")
    told = again(desk)
    assert differing(told) == ["data"]
    assert {one.place for one in of(told, "data").differences} == {"persons"}


def test_a_changed_seed_of_sampled_explanations_is_named(fresh) -> None:
    """The config names the seed; run from the files, the sampled contributions differ and scores do not."""
    desk = Desk(fresh("even").folder)
    mixed = "0.15 + sum(t.values()) + 9 * t['utilisation'] * t['late_payments'] * t['years_at_address']"
    desk.text("model.py", BESIDE, f"t = terms(columns)\n    return {mixed}")
    desk.set(explain__reasons__exact_up_to=1)
    first = audit.run(desk.config)
    recorded = again(desk, first.audit.audit)
    assert recorded.ok, recorded.in_words()  # the same seed draws the same orders
    desk.set(seed=8)
    told = again(desk, config=desk.config)
    assert differing(told) == ["config"]
    (one,) = of(told, "config").differences
    assert (one.place, one.sealed, one.now) == ("seed", 7, 8)
    now = again(desk, config=desk.config, from_files=True)
    assert {"config", "attributions"} <= set(differing(now))
    assert of(now, "scores").ok
    assert any(one.place.startswith("shapley ") for one in of(now, "attributions").differences)


def test_an_erased_applicant_is_answered_with_the_entry(desk: Desk) -> None:
    """Whether the row is still in the data or not, the answer is when it went and under which entry."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        found = ledger.find("latest")
        near = {place for one in ledger.references(found) for place in one.rows}
        who = next(
            one for one in ledger.decisions(found, outcome="adverse") if (one.seq, one.row) not in near
        )
        name = ledger.case(found, who).decision
        done = erasure.erase(ledger, who.persons[0].person, at=LATER, terms=no_terms)
    assert done.told == f"erased on 2027-01-05 under entry {done.entry}"
    told = again(desk)
    assert told.ok, told.in_words()
    assert told.erased == {who.decision: done.told}
    assert done.told in told.in_words()
    assert of(told, "scores").n == 5 * 159
    desk.rows(lambda rows: [row for row in rows if row["application_id"] != name])
    told = again(desk)
    assert told.ok, told.in_words()
    assert told.erased == {who.decision: done.told}
    assert of(told, "rates").n > 0
    assert any("what the model got right and wrong" in one for one in told.cannot)


def test_comparisons_of_people_alike_are_said_to_be_out_of_reach_after_an_erasure(fresh) -> None:
    """Controls, segments and prices are not kept, so without the row they cannot be counted again."""
    desk = Desk(fresh("joint").folder)
    desk.set(
        fairness__controls=[{"column": "late_payments", "type": "number", "bands": [0, 1, 3]}],
        fairness__segments=["bureau_used"],
        fairness__price={"column": "utilisation"},
    )
    audit.run(desk.config)
    assert again(desk).ok
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        found = ledger.find("latest")
        near = {place for one in ledger.references(found) for place in one.rows}
        who = next(
            one for one in ledger.decisions(found, outcome="adverse") if (one.seq, one.row) not in near
        )
        name = ledger.case(found, who).decision
        done = erasure.erase(ledger, who.persons[0].person, at=LATER, terms=no_terms)
    told = again(desk)
    assert told.ok, told.in_words()
    assert told.erased == {who.decision: done.told}
    desk.rows(lambda rows: [row for row in rows if row["application_id"] != name])
    told = again(desk)
    assert told.ok, told.in_words()
    assert told.erased == {who.decision: done.told}
    assert any("people alike in controls, segments or prices" in one for one in told.cannot), told.cannot
    assert of(told, "rates").n > 0


def test_an_erased_applicant_of_the_reference_is_said(desk: Desk) -> None:
    """Where somebody whom others were compared with is gone, their contributions are not made up."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        found = ledger.find("latest")
        near = {place for one in ledger.references(found) for place in one.rows}
        who = next(one for one in ledger.decisions(found) if (one.seq, one.row) in near)
        name = ledger.case(found, who).decision
        done = erasure.erase(ledger, who.persons[0].person, at=LATER, terms=no_terms)
    desk.rows(lambda rows: [row for row in rows if row["application_id"] != name])
    told = again(desk)
    assert told.ok, told.in_words()
    assert of(told, "attributions").n == 0
    assert of(told, "scores").n == 5 * 159
    (why,) = [one for one in told.cannot if one.startswith("attributions and reasons of")]
    assert done.told in why


def test_what_a_policy_let_go_is_answered_with_the_policy(desk: Desk) -> None:
    """After a purge no row is compared, rates and findings still are, and why is said of each row."""
    from audit.ledger import purge, retention

    then = dt.datetime(2032, 12, 20, tzinfo=dt.UTC)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        assert purge.purge(ledger, at=then, terms=retention.in_force(ledger, then.date()))
    told = again(desk)
    assert told.ok, told.in_words()
    assert len(told.erased) == 160
    assert all(words.startswith("purged by policy us_ecoa_regb.") for words in told.erased.values())
    assert of(told, "scores").n == 0
    assert of(told, "rates").n > 0
    assert "All that could be compared is equal." in told.in_words()


def test_without_the_key_decisions_are_matched_by_row(desk: Desk) -> None:
    """The run is then from the files, every number is still compared, and what is not is said."""
    (desk.folder / "ledger.key").rename(desk.folder / "elsewhere.key")
    told = again(desk)
    assert told.ok, told.in_words()
    assert of(told, "attributions").n > 0
    assert any("key file" in one for one in told.cannot)


def test_on_another_environment_tolerances_hold(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of another version lets a score move by 1e-9 and not by 1e-3, and is named."""
    from audit import identity

    here = identity.environment()
    monkeypatch.setattr(identity, "environment", lambda: {**here, "numpy": "0.0.1"})
    desk.text("model.py", BESIDE, BESIDE.replace("0.15", "0.150000001"))
    told = again(desk)
    assert not told.exact
    assert told.environment == (("numpy", here["numpy"], "0.0.1"),)
    assert differing(told) == ["model"]
    assert of(told, "scores").largest == pytest.approx(1e-9, rel=1e-3)
    assert any(one.startswith("figures: ") for one in told.cannot)
    desk.text("model.py", "0.150000001", "0.151")
    assert "scores" in differing(again(desk))


def test_an_audit_that_is_not_sealed_is_refused(desk: Desk) -> None:
    """There is nothing to hold a second run against."""
    from audit.errors import UsageError

    with (
        Ledger.open(str(desk.folder / "ledger.db")) as ledger,
        pytest.raises(UsageError, match="no audit begins so"),
    ):
        replay(ledger, "zz", folder=desk.folder)


def test_files_that_are_not_there_are_asked_for(desk: Desk, tmp_path: Path) -> None:
    """A folder without the files is the caller's to correct."""
    from audit.errors import AuditError

    empty = tmp_path / "empty"
    empty.mkdir()
    with (
        Ledger.open(str(desk.folder / "ledger.db")) as ledger,
        pytest.raises(AuditError) as refused,
    ):
        replay(ledger, "latest", folder=empty)
    assert refused.value.exit_code == 2
    assert "applications.csv" in str(refused.value)


def test_a_pinned_model_that_changed_is_named_and_not_opened(fresh) -> None:
    """A pin refuses the changed file; the answer is the two digests, and that nothing was run."""
    import hashlib

    import joblib
    import numpy as np
    from sklearn.tree import DecisionTreeClassifier

    from tests.worlds.lender import FEATURES, refused

    world = fresh("even")
    desk, file = Desk(world.folder), world.folder / "model.joblib"
    rows = [[np.nan if row[name] is None else row[name] for name in FEATURES] for row in world.rows]
    answers = np.array([refused(row) for row in world.rows])

    def save(depth: int) -> str:
        joblib.dump(DecisionTreeClassifier(max_depth=depth, random_state=0).fit(rows, answers), file)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    pinned = save(3)
    desk.set(model__path="model.joblib", model__sha256=pinned, model__output=1)
    first = audit.run(desk.config)
    told = again(desk, first.audit.audit)
    assert told.ok, told.in_words()
    other = save(2)
    told = again(desk, first.audit.audit)
    assert differing(told) == ["model"]
    (one,) = of(told, "model").differences
    assert (one.place, one.sealed, one.now) == ("digest", pinned, other)
    assert told.cannot[0].startswith("it could not be run again: ")


# --- the command ---------------------------------------------------------------------------------


def test_the_command_ends_with_4_where_something_differs(
    fresh, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 and "equal" at first; 4, the kind and the rows after a cell was changed; 2 for misuse."""
    desk = Desk(fresh("even").folder, capsys)
    audit.run(desk.config)
    monkeypatch.chdir(tmp_path)  # the files are found beside the ledger
    answer = desk.of_ledger("replay", "latest", "--json")
    assert (answer.code, answer.json["equal"], answer.json["demand"]) == (0, True, "bits")
    assert answer.json["run_from"] == "record"

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[0]["income"] = "15.5"
        return rows

    desk.rows(change)
    answer = desk.of_ledger("replay", "latest", "--json", "--limit", 1)
    assert (answer.code, answer.json["differs"]) == (4, ["data"])
    (data,) = [one for one in answer.json["compared"] if one["kind"] == "data"]
    assert data["different"] == 2
    (cell,) = data["differences"]
    assert (cell["decision"], cell["place"], cell["now"]) == (
        pseudonym(desk, "A000000"),
        "inputs.income",
        15.5,
    )
    answer = desk.of_ledger("replay", "latest")
    assert answer.code == 4
    assert "What differs: data." in answer.out
    assert "A000000" not in answer.out  # decisions are named by their pseudonyms
    elsewhere = tmp_path / "moved"
    shutil.move(desk.folder / "applications.csv", elsewhere.with_suffix(".csv"))
    assert desk.of_ledger("replay", "latest").code == 2
    assert desk.of_ledger("replay", "latest", "--folder", tmp_path / "nowhere").code == 2
    assert desk.of_ledger("replay", "latest", "--folder", tmp_path, "--config", desk.config).code == 2


@pytest.mark.slow
def test_the_example_is_equal_to_the_last_bit(tmp_path: Path) -> None:
    """The embedded Keras network, its explanations and its letters' reasons come out with the same bits."""
    from audit.demo.world import NOTE, lay_out

    config = lay_out(tmp_path, dt.date(2026, 11, 20))
    result = audit.run(config, demonstration=NOTE)
    desk = Desk(tmp_path)
    told = again(desk)
    assert told.ok, told.in_words()
    assert of(told, "scores").largest == of(told, "attributions").largest == 0.0
    assert of(told, "scores").n == 5 * result.audit.counts["rows"]

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[0]["credit_limit"] = str(float(rows[0]["credit_limit"]) + 1)
        return rows

    desk.rows(change)
    told = again(desk)
    assert differing(told) == ["data"], told.in_words()
    model = tmp_path / "credit_mlp.keras"
    content = bytearray(model.read_bytes())
    content[-1] ^= 1  # in the comment of the archive's end: nothing that the network computes
    model.write_bytes(bytes(content))
    told = again(desk)
    assert "model" in differing(told)
    assert of(told, "model").differences[0].place == "digest"
