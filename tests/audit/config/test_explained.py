"""What explaining letters are told by a config: words by language, and the README's example."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from audit.config import load_config, read_yaml
from audit.config.faults import read_model
from audit.config.letters import Entity, LettersSection
from audit.config.reader import Lines
from tests.worlds.full_config import lay

README = Path(__file__).parents[3] / "README.md"


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        ("Three years", None),
        (["One", "Two"], None),
        ({"en": "Three years", "de": ["Drei", "Jahre"]}, None),
        ([], "expected at least 1"),
        ({}, "expected at least 1"),
        (3, "expected a mapping"),
        ({"en": {"x": "y"}}, "expected a list"),
        ([""], "this is empty"),
    ],
)
def test_words_stand_alone_in_lines_or_by_language(value: Any, fact: str | None) -> None:
    """A text, lines, or either of them under each language, and nothing else."""
    _, faults = read_model(Entity, {"name": "x", "storage": value}, Lines("audit.yaml"))
    if fact is None:
        assert faults == ()
    else:
        assert any(fact in one.fact and one.place.startswith("storage") for one in faults), faults


@pytest.mark.parametrize(
    ("letters", "place", "fact"),
    [
        ({"inputs": {"a": {"label": "A"}}}, "inputs.a.source", "missing"),
        ({"inputs": {"a": {"label": "A", "source": "own", "of": "nobody"}}}, "inputs.a.of", "expected"),
        ({"score": {"low": 1, "high": 1}}, "score", "low (1) is not below high (1)"),
        ({"inputs": {"a": {"label": "A", "source": "own", "unit": "€"}}}, "inputs.a.unit", "not known"),
    ],
)
def test_what_is_told_of_inputs_is_checked(letters: dict[str, Any], place: str, fact: str) -> None:
    """An input needs a name and a source, a score an ascending range; each fault has its place."""
    _, faults = read_model(LettersSection, letters, Lines("audit.yaml"))
    (fault,) = faults
    assert fault.place == place
    assert fact in fault.fact


def test_the_example_of_the_readme_is_a_config(tmp_path: Path) -> None:
    """What the README shows for Europe is taken as it stands."""
    section = README.read_text(encoding="utf-8").partition("## Letters that explain a decision")[2]
    block = re.findall(r"```yaml\n(.*?)```", section, flags=re.S)[0]
    path = lay(tmp_path)
    data, _ = read_yaml(path)
    shown = YAML(typ="safe").load(block)
    data["entities"] |= shown["entities"]
    data["letters"] = shown["letters"]
    out = io.StringIO()
    YAML(typ="safe").dump(data, out)
    path.write_text(out.getvalue(), encoding="utf-8")
    config = load_config(path)
    assert config.entities["eu"].storage == {"en": "Three years", "de": "Drei Jahre"}
    assert config.letters.inputs["months_late"].of == "all"
