"""`reasons check`: each rule, at its line, with a way out, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.worlds import even_lender
from tests.worlds.desk import Answer, Desk


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small lender whose dictionary is in order."""
    return even_lender.build(tmp_path_factory.mktemp("even") / "world", n_profiles=25).folder


@pytest.fixture
def desk(
    even: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """A copy of it to spoil."""
    from audit.host.local import LocalHost

    monkeypatch.setattr("audit.host.start", LocalHost)
    return Desk.copy(even, tmp_path / "desk", capsys)


def _check(desk: Desk) -> Answer:
    return desk.ask("reasons", "check", desk.config, "--json")


def test_a_dictionary_in_order_has_nothing_to_mend(desk: Desk) -> None:
    """Exit code 0; directions were tested on the model, and the reading level is told."""
    answer = _check(desk)
    assert (answer.code, answer.json["ok"], answer.json["faults"]) == (0, True, [])
    assert {(one["factor"], one["way"], one["share"]) for one in answer.json["effects"]} == {
        ("income", "low", 1.0), ("utilisation", "high", 1.0), ("late_payments", "high", 1.0),
    }  # fmt: skip
    assert set(answer.json["reading_grade"]) == {
        "income",
        "utilisation",
        "late_payments",
        "years_at_address",
    }
    told = desk.ask("reasons", "check", desk.config)
    assert "Nothing to be mended was found." in told.out
    assert "Tested: utilisation: utilisation: adverse where it is high, in 100%" in told.out
    assert "Flesch-Kincaid grade" in told.out


@pytest.mark.parametrize(
    ("old", "new", "place", "fact"),
    [
        ("Length of residence", "Residence too short", "statement.en", "'too short' says which way"),
        ("{low: adverse}", "{high: adverse}", "direction", "pushes toward refusal where it is low"),
        ("are too high", "are too low", "statement.en", "speaks of low values"),
        ("Length of residence", "Income insufficient for the amount of credit requested!", "statement.en",
         "income has the same words"),
        ("Length of residence", "Your years_at_address", "statement.en", "the name of a column"),
        ("Length of residence", "word " * 21, "statement.en", "21 words"),
        ("{en: Length of residence}", "{en: Length of residence, es: Residencia}", "statement",
         "there are no words in es (1 of 4 factors have it)"),
        ("{en: Length of residence}", "{en: Length of residence, spanish: R}", "statement.spanish",
         "'spanish' is no language"),
        ("  approved: {by: Model Risk, date: 2026-11-02}\n", "", "approved", "nobody approved"),
        ("date: 2026-11-02", "date: 2026-11-22", "approved", "after the day of the audit"),
        ("Length of residence", "Internal policy", "statement.en", "nothing specific"),
        ("code: C4", "code: C3", "code", "belongs to late_payments already"),
        ("columns: [utilisation]", "columns: []", "utilisation", "no factor has it"),
    ],
)  # fmt: skip
def test_each_rule_is_told_at_its_line(desk: Desk, old: str, new: str, place: str, fact: str) -> None:
    """One thing is spoilt: exit code 3, and a fault with file, line, place, fact and way out."""
    desk.text("reasons.yaml", old, new)
    answer = _check(desk)
    assert answer.code == 3
    faults = answer.json["faults"]
    (mine, *_) = [fault for fault in faults if fact in fault]
    file, line, where, rest = mine.split(":", 3)
    assert file.endswith("reasons.yaml")
    assert int(line) >= 1
    assert where.strip().endswith(place)
    assert mine.endswith(".")
    assert rest.count(". ") >= 1


def test_words_with_a_side_are_held_to_the_model(desk: Desk) -> None:
    """What helps some and hurts others may not be called too high, whatever direction is stated."""
    desk.text("model.py", '0.45 * columns["utilisation"]', '0.9 * np.abs(columns["utilisation"] - 0.4)')
    desk.text("model.py", "0.15 +", "0.3 +")
    (fault,) = _check(desk).json["faults"]
    assert "utilisation.direction: high values are stated to be adverse" in fault
    assert "pushes both ways" in fault


def test_what_only_a_person_can_know_is_named_and_the_words_are_looked_at(desk: Desk) -> None:
    """An approval that is still to come is one fault of code 3, and no other fault beside it."""
    desk.text("reasons.yaml", "approved: {by: Model Risk, date: 2026-11-02}", 'approved: "<complete: who>"')
    answer = _check(desk)
    assert answer.code == 3
    assert len(answer.json["faults"]) == 4
    assert all("still to be completed: who" in fault for fault in answer.json["faults"])
    assert answer.json["approved"] == 0


def test_faults_elsewhere_are_counted_and_stop_nothing(desk: Desk) -> None:
    """A creditor that is not named keeps an audit from running, and not the words from being read."""
    desk.set(entities__us__name="<complete: the creditor>")
    answer = _check(desk)
    assert (answer.code, answer.json["elsewhere"]) == (0, 1)
    assert "1 fault keeps the config itself" in desk.ask("reasons", "check", desk.config).out


@pytest.mark.parametrize("spoilt", ["config", "dictionary", "data", "model", "yaml"])
def test_what_cannot_be_read_ends_with_2(desk: Desk, spoilt: str) -> None:
    """No config, no dictionary, no data, no model; the message has a way out and no traceback."""
    if spoilt == "config":
        desk.config.unlink()
    elif spoilt == "yaml":
        desk.text("reasons.yaml", "  code: C1\n", "")
    else:
        name = {"dictionary": "reasons.yaml", "data": "applications.csv", "model": "model.py"}[spoilt]
        (desk.folder / name).unlink()
    answer = desk.ask("reasons", "check", desk.config)
    assert answer.code == 2
    assert answer.err.strip().endswith(".")
    assert "Traceback" not in answer.err


def test_nothing_is_written(desk: Desk) -> None:
    """The check leaves no file behind."""
    before = desk.files()
    _check(desk)
    assert desk.files() == before


def test_draft_proposes_what_has_no_factor_and_approves_nothing(desk: Desk) -> None:
    """Entries for one input that was left out: hints in comments, a code of its own, no approval."""
    text = (desk.folder / "reasons.yaml").read_text()
    start, stop = text.index("late_payments:"), text.index("years_at_address:")
    (desk.folder / "reasons.yaml").write_text(text[:start] + text[stop:])
    out = desk.folder / "more.yaml"
    answer = desk.ask("reasons", "draft", desk.config, "--out", out)
    assert answer.code == 0
    assert "1 factor of 1 input" in answer.out
    drafted = out.read_text()
    assert "late_payments:" in drafted
    assert "income:" not in drafted
    assert "hint: Delinquent past or present credit obligations with others (C-1)" in drafted
    (desk.folder / "reasons.yaml").write_text(text[:start] + text[stop:] + drafted)
    (fault,) = _check(desk).json["faults"]
    assert "late_payments.approved: this is still to be completed" in fault
    again = desk.ask("reasons", "draft", desk.config, "--out", out)
    assert again.code == 0
    assert "Every feature has a factor already" in again.err
    assert out.read_text() == drafted


def test_draft_never_overwrites(desk: Desk) -> None:
    """A file that is there stays as it is."""
    desk.text("reasons.yaml", "columns: [utilisation]", "columns: []")
    answer = desk.ask("reasons", "draft", desk.config, "--out", desk.folder / "audit.yaml")
    assert answer.code == 2
    assert "no draft overwrites a file" in answer.err
    assert json.loads(desk.config.read_text())["audit"]["owner"] == "Model Risk"
