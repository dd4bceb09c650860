"""Reading YAML with lines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from audit.config.reader import place, read_yaml
from audit.errors import ConfigError


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(folder: Path, text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read_yaml(written(folder, text))
    return str(caught.value).replace(str(folder), "")


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    """Keys, items of lists and what has no place of its own all lead to a line."""
    _, lines = read_yaml(written(tmp_path, "a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n"))
    assert lines.line(("a",)) == 1
    assert lines.line(("a", "b")) == 2
    assert lines.line(("a", "c", 0)) == 4
    assert lines.line(("a", "c", 1, "d")) == 5
    assert lines.line(("a", "b", "nothing", "here")) == 2


def test_yaml_1_2_keeps_words_as_words(tmp_path: Path) -> None:
    """`no` is text, 0.5 a number, a date a date, and a code with a leading zero keeps its zero."""
    data, _ = read_yaml(
        written(tmp_path, "a: no\nb: 0.5\nc: 2026-11-20\nd: 0123\ne: '1'\nf: true\ng: 0\nh: 2026-13-01\n")
    )
    assert data == {
        "a": "no",
        "b": 0.5,
        "c": dt.date(2026, 11, 20),
        "d": "0123",
        "e": "1",
        "f": True,
        "g": 0,
        "h": "2026-13-01",
    }


def test_keys_are_text_as_spelled(tmp_path: Path) -> None:
    """Codes of the data stay what they are when they stand as keys."""
    data, _ = read_yaml(written(tmp_path, "1: a\n01: b\ntrue: c\n"))
    assert data == {"1": "a", "01": "b", "true": "c"}


def test_all_duplicate_keys_are_named_with_both_lines(tmp_path: Path) -> None:
    """The second of two equal keys is refused wherever it stands, and every one of them."""
    message = refused(tmp_path, "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert "/a.yaml:4: b.c: this key stands already in line 3. Keep one." in message
    assert "/a.yaml:5: a: this key stands already in line 1. Keep one." in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1\nb: 2\n", ":2: this is not YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", ""),
        ("a: &x\n  b: *x\n", "this alias stands inside what it names"),
        ("<<: {a: 1}\n", "merge keys are not YAML 1.2"),
        ("? [a]\n: 1\n", "a key must be one word"),
        (b"a: 1\nb: \xff\n", ":2: this is not UTF-8 text"),
        ("a: 1\n---\nb: 2\n", "this is not YAML"),
        ("a:\n\t- 1\n", ":2: this is not YAML"),
    ],
)
def test_what_cannot_be_read_is_a_fault(tmp_path: Path, text: str | bytes, words: str) -> None:
    """Broken files end in a fault that names the file and, where one is known, the line."""
    if not words:
        data, _ = read_yaml(written(tmp_path, text))
        assert data == {"a": ["ls"]}  # an unknown tag is not acted upon
        return
    assert words in refused(tmp_path, text)


def test_files_that_would_not_end_are_refused(tmp_path: Path) -> None:
    """Nesting without end and aliases of aliases end in a fault, not in a full memory."""
    assert "stand too deep inside each other" in refused(tmp_path, "[" * 5000 + "]" * 5000)
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    assert "the aliases make this file too long" in refused(tmp_path, bomb)


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    """A file that is not there is named as it was given."""
    with pytest.raises(ConfigError, match=r"nowhere.yaml: there is no such file. Name a file that exists."):
        read_yaml(tmp_path / "nowhere.yaml")


def test_an_empty_file_is_nothing(tmp_path: Path) -> None:
    """An empty file reads as None, for the caller to judge."""
    assert read_yaml(written(tmp_path, "# only words\n"))[0] is None


def test_places_read_like_the_file() -> None:
    """Lists are counted from 0 in brackets, keys joined by dots."""
    assert place(("explain", "also", 1)) == "explain.also[1]"
    assert place(()) == ""
