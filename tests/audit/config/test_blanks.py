"""Places that a draft leaves open: named at their line, alone, and nothing is audited with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.check import examine
from audit.config import load_config, read_yaml
from audit.config.blanks import blank, blank_faults
from audit.errors import ConfigError
from tests.worlds import even_lender
from tests.worlds.desk import Desk
from tests.worlds.full_config import lay


def _places(path: Path) -> list[str]:
    return [fault.place for fault in examine(path)[1]]


@pytest.mark.parametrize(
    ("key", "block", "place"),
    [
        ("audit", 'audit: {name: n, owner: "<complete: who>", as_of: 2026-11-20}', "audit.owner"),
        ("audit", 'audit: {name: n, owner: o, as_of: "<complete: the day>"}', "audit.as_of"),
        ("decision", 'decision: {adverse: "<complete: which>", cutoff: 0.3, disclosed_score: '
         "{role: not_a_credit_score, by: C, date: 2026-11-20}}", "decision.adverse"),
        ("decision", 'decision: {adverse: high, cutoff: "<complete: it>", disclosed_score: '
         "{role: not_a_credit_score, by: C, date: 2026-11-20}}", "decision.cutoff"),
        ("entities", 'entities: {us: {name: n, address: a, ecoa_agency: "<complete: x>"}}',
         "entities.us.ecoa_agency"),
        ("entities", 'entities: {us: "<complete: the creditor>"}', "entities.us"),
    ],
)  # fmt: skip
def test_a_place_is_named_and_nothing_else(tmp_path: Path, key: str, block: str, place: str) -> None:
    """Not that the text is no date or no number, nor that something is missing for it."""
    assert _places(lay(tmp_path, **{key: block})) == [place]


def test_a_config_with_open_places_cannot_be_loaded(tmp_path: Path) -> None:
    """All are told at once, each with what is wanted."""
    path = lay(tmp_path, entities='entities: {us: {name: "<complete: a>", ecoa_agency: "<complete: b>"}}')
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert [fault.fact for fault in refused.value.faults] == [
        "this is still to be completed: a",
        "this is still to be completed: b",
    ]
    assert all(fault.line for fault in refused.value.faults)


def test_a_column_to_be_named_is_not_called_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` and `run` name the place, and `run` writes no ledger."""
    world = even_lender.build(tmp_path / "world", n_profiles=10)
    desk = Desk(world.folder, capsys)
    desk.set(data__id="<complete: the column that names one decision>")
    for command in ("check", "run"):
        answer = desk.ask(command, desk.config)
        assert answer.code == 2
        assert answer.err.count("still to be completed") == 1
        assert "no column" not in answer.err
    assert not (desk.folder / "ledger.db").exists()


def test_what_is_written_is_what_is_found(tmp_path: Path) -> None:
    """Any text can be asked for, quotation marks too, and stands in a file that can be read."""
    for wanted in ("who: {by: NAME}", 'the "best" one', "a > b", "back\\slash", "zwölf"):
        path = tmp_path / "some.yaml"
        path.write_text(f"a:\n  b: [{blank(wanted)}]\n", encoding="utf-8")
        (fault,) = blank_faults(*read_yaml(path))
        assert (fault.place, fault.line) == ("a.b[0]", 2)
        assert fault.fact.startswith("this is still to be completed: ")


def test_other_text_is_left_alone(tmp_path: Path) -> None:
    """A sentence that mentions the mark is no open place."""
    path = tmp_path / "some.yaml"
    path.write_text('a: "write <complete: x> here"\nb: complete\n')
    assert list(blank_faults(*read_yaml(path))) == []
