"""What is audited: the model as it was opened, the data as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class Trust:
    """Who allowed a format that can run code, why, and when."""

    by: str
    reason: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class Model:
    """The model as it was opened.

    ``digest`` is the SHA-256 of its bytes (of the module's bytes for a Python function, of every file
    of a folder, of the column's name for scores already in the data); ``version`` is its first 16
    digits unless the config gives one.
    """

    digest: str
    name: str
    framework: str  # keras | sklearn | xgboost | lightgbm | onnx | saved_model | function | scores | none
    version: str
    inputs: tuple[str, ...] = ()
    output: str = ""
    n_parameters: int | None = None
    layers: tuple[Mapping[str, Any], ...] = ()  # {"name", "kind", "units"}
    trust: Trust | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """The data as they were read; ``digest`` is over their content, not over the file's bytes."""

    digest: str
    name: str
    n_rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartitionPlan:
    """A run of rows, in the order of their source: rows ``start`` to ``start + n_rows - 1``."""

    seq: int
    start: int
    n_rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row set aside, and why. ``row`` counts from 0 in the order of the source."""

    row: int
    cause: str
