"""What the program has is told where its users look: in the README, in --help, or in --schema."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer

from audit import errors
from audit.cli import COMMANDS, app, main
from audit.config import read_yaml
from audit.config.explain import GLOBAL_METHODS
from audit.config.images import METHODS
from audit.explain import EXPLAINERS, explainers
from audit.explain.images import IMAGE_METHODS
from audit.models import BY_ENDING, BY_PREFIX
from audit.policy import known_packs
from tests.worlds.full_config import lay

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Exit codes that a scheduler meets and that no class of error carries.
CODES = {0, 3, 76}
# Config keys under which stand names of the user's: attributes, jurisdictions, codes of actions.
CHOSEN = {"protected", "entities", "values", "orders", "bins", "databases", "overlays", "inputs", "factors"}
CHOSEN |= {"label", "source", "storage", "balance", "2"}  # words by language


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as leave:
        main(list(arguments))
    assert not leave.value.code, arguments
    return capsys.readouterr().out


def _keys(value: Any, inside: str = "") -> set[str]:
    """Return every key of a nested value but those that the user makes up."""
    if isinstance(value, list):
        return set().union(*(_keys(one) for one in value))
    if not isinstance(value, dict):
        return set()
    own = set() if inside in CHOSEN else set(value)
    return own.union(*(_keys(one, key) for key, one in value.items()))


def _named(schema: Any) -> set[str]:
    """Return every key that a JSON Schema gives a property."""
    if isinstance(schema, dict):
        found = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
        return found.union(*map(_named, schema.values()))
    return set().union(*map(_named, schema)) if isinstance(schema, list) else set()


def _rows(heading: str) -> list[str]:
    """Return the rows of the table that follows a heading cell in the README."""
    (table,) = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README, flags=re.M)
    return table.splitlines()


def test_every_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The README's table of commands and --help name the same commands, each with a sentence."""
    told = {name for row in _rows("command") for name in re.findall(r"`([a-z]+)`", row.split("|")[1])}
    assert told == set(COMMANDS)
    listed = dict(
        re.findall(r"^  ([a-z]+) +(\S.*)$", _printed(capsys, "--help").partition("Commands:")[2], flags=re.M)
    )
    assert set(listed) == set(COMMANDS)


def test_every_option_is_explained() -> None:
    """No option of any command is without a sentence of help."""
    for name, entry in COMMANDS.items():
        module, _, function = entry.partition(":")
        found = getattr(importlib.import_module(module), function)
        fresh = found if isinstance(found, typer.Typer) else typer.Typer()
        if fresh is not found:
            fresh.command(name)(found)
        command: Any = typer.main.get_command(fresh)
        for one in (command, *getattr(command, "commands", {}).values()):
            for parameter in one.params:
                if parameter.name in ("help", "install_completion", "show_completion"):
                    continue
                assert getattr(parameter, "help", ""), f"{name}: {parameter.name}"
    assert app.info.help


def test_every_exit_code_is_told() -> None:
    """The README's table of exit codes holds the codes of all errors, and no other."""
    told = {int(code) for row in _rows("exit code") for code in row.split("|")[1].split(",")}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    carried = {kind.exit_code for kind in kinds if issubclass(kind, errors.AuditError)}
    assert told == carried | CODES


def test_every_config_key_is_in_the_schema(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each key of a config with every section, and of the example's, stands in `check --schema`."""
    schema = json.loads(_printed(capsys, "check", "--schema"))
    named = _named(schema)
    for file in (lay(tmp_path), ROOT / "audit" / "demo" / "audit.yaml"):
        data = read_yaml(file)[0]
        assert _keys(data) - named == set(), file


def test_every_section_of_the_config_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    """An editor shows a sentence for each part of the config."""
    schema = json.loads(_printed(capsys, "check", "--schema"))
    for name, part in schema["$defs"].items():
        if "properties" in part:
            assert part.get("description"), name


def test_every_pack_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Each pack stands in the README and, with its date and title, in `packs`."""
    printed = _printed(capsys, "packs")
    packs = {one.name: one for one in known_packs()}
    assert set(packs) == {folder.name for folder in (ROOT / "audit" / "packs").iterdir() if folder.is_dir()}
    for name in packs:
        assert f"`{name}`" in README, name
        (line,) = [line for line in printed.splitlines() if line.startswith(f"{name} ")]
        assert re.search(r"; checked \d{4}-\d\d-\d\d  \w", line)


def test_every_explanation_method_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Each method stands in the README, in the schema's list and in `doctor`."""
    schema = _printed(capsys, "check", "--schema")
    for name in (*EXPLAINERS, *GLOBAL_METHODS, *IMAGE_METHODS):
        assert f"`{name}`" in README, name
        assert f'"{name}"' in schema, name
    assert set(EXPLAINERS) <= set(explainers())
    assert tuple(IMAGE_METHODS) == METHODS


def test_every_model_format_is_told() -> None:
    """Each ending and each prefix that opens a model stands in the README."""
    for ending in BY_ENDING:
        assert f"`{ending}`" in README, ending
    assert "`python:" in README
    assert set(BY_PREFIX) == {"python", "scores"}
    assert "{scores: COLUMN}" in README


def test_public_names_load() -> None:
    """Every name that `import audit` promises is there when it is used."""
    import audit

    for name in audit.__all__:
        assert getattr(audit, name) is not None
    assert set(audit.__all__) <= set(dir(audit))
    hints = get_type_hints(audit.Finding)
    assert set(get_args(hints["outcome"])) == {
        "met", "not_met", "inconclusive", "not_applicable", "not_measured", "error",
    }  # fmt: skip
