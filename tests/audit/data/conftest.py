"""A small config, and files to put beside it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.config import Config, load_config


@pytest.fixture
def a_config(tmp_path: Path) -> Callable[..., Config]:
    """Return a factory: sections given replace the plain ones, None leaves one out."""

    def make(**sections: Any) -> Config:
        plain: dict[str, Any] = {
            "audit": {"name": "Small", "owner": "Model Risk", "as_of": "2026-11-20"},
            "data": {"path": "data.csv", "id": "id", "features": ["income", "city"]},
            "decision": {"taken": {"column": "taken", "adverse": "refused"}},
            "protected": {"sex": {"column": "sex", "type": "category", "reference": "male"}},
        }
        whole = {**plain, **sections}
        return load_config({key: value for key, value in whole.items() if value is not None}, folder=tmp_path)

    return make


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes text beside the config, gzipped where the name says so."""

    def write(text: str, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write
