"""Where the public data lie; without them these tests are skipped, and say so."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder where there are no data."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"no public data beside the checkout ({DATA})"))
