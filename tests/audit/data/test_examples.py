"""The examples in the docstrings of data and models are true."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = [
    "data.cells", "data.container", "data.content", "data.likeness", "data.slices", "models",
    "slicing.counts", "slicing.cuts", "slicing.paired", "slicing.worst",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    """Each module has at least one, and all of them give what they show."""
    outcome = doctest.testmod(import_module(f"audit.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
