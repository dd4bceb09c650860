"""The worlds of ``tests/audit``, and one that refuses in four ways."""

from __future__ import annotations

from typing import Any

import pytest

import audit
from tests.audit.conftest import Audited, audited, blank_ledger, fresh
from tests.worlds import staged_lender

__all__ = ["audited", "blank_ledger", "fresh", "staged"]


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """A lender that refuses by rule, by score, by judgment and in the gray band."""
    world = staged_lender.build(tmp_path_factory.mktemp("staged") / "world")
    result: Any = audit.run(world.config)
    return Audited(world, result)
