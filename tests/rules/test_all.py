"""Each of the 21 rules has exactly one test of its name in this folder."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_rule_has_its_test() -> None:
    """A rule that nobody tests by name could be lost unseen."""
    found = [
        int(number)
        for file in Path(__file__).parent.glob("test_*.py")
        for number in re.findall(r"^def test_R(\d\d)_\w+\(", file.read_text(), re.MULTILINE)
    ]
    assert sorted(found) == list(range(1, 22))
