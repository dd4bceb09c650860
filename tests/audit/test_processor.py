"""What of a machine decides the last bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import processor as module
from audit.processor import processor

X86 = "processor\t: 0\nmodel name\t: A Chip\nflags\t\t: fpu avx2 sse\n\nprocessor\t: 1\nmodel name\t: B\n"


def told(tmp_path: Path, text: str) -> str:
    """Return what is told of a machine whose system says this."""
    file = tmp_path / str(len(list(tmp_path.iterdir())))
    file.write_text(text)
    return module._processor(file)


def test_instruction_sets_tell_processors_apart(tmp_path: Path) -> None:
    """The same name with another instruction set is another processor; the order of the sets is not."""
    one = told(tmp_path, X86)
    assert one.startswith("A Chip ")
    assert told(tmp_path, X86.replace("fpu avx2 sse", "sse fpu avx2")) == one
    assert told(tmp_path, X86.replace("avx2", "avx512")) != one
    assert told(tmp_path, "processor: 0\nFeatures: fp asimd\nCPU part: 0xd0c\n").startswith("0xd0c ")


def test_a_system_that_does_not_tell_is_not_guessed(tmp_path: Path) -> None:
    """Nothing known is nothing said."""
    assert told(tmp_path, "nothing: here\n") == ""
    assert module._processor(tmp_path / "absent") == ""


def test_switches_that_are_set_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A switch of TensorFlow is part of the environment only where it is set."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    found = processor()
    assert found["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert "XLA_FLAGS" not in found
