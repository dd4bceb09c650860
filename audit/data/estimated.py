"""Reading the tables behind estimated groups, and each row's probabilities from its name and address.

What comes out is a weight of each row in sums. It stays in the memory of the run: no ledger, no
partition, no export holds it, and the process that holds the model never receives it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from audit.data.cells import as_words, numbers
from audit.errors import DataError
from audit.fairness import bisg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import Config
    from audit.config.bisg import BisgSection

    Floats = NDArray[np.float64]

ESTIMATED = "race (estimated)"
"""What estimated groups are called, among the attributes of an audit."""

NO_NAME = "the surname is in no table"
NO_AREA = "the area is in no table, or nobody of the name's groups lives there"
NOT_ONE = "the probabilities are missing, outside 0 to 1, or do not sum to 1 (within 0.01)"
_CODE = {"block_group": ("GEOID10_BlkGrp", 12), "tract": ("GEOID10_Tract", 11), "zip": ("ZCTA5", 5)}
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "dds", "md", "phd"})
_NO_LETTERS = re.compile(r"[`{}\\,.0-9\"]")


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """Weights of a partition's rows in each group, and why some have none.

    ``weights`` is float64[n, 6] in the order of ``bisg.GROUPS``, NaN in rows without; ``levels`` counts the
    areas that were used, ``missing`` the causes.
    """

    weights: Floats
    levels: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)


def estimated(config: Config, frame: pl.DataFrame) -> Estimated | None:
    """Return the weights of rows; None where the config estimates no groups.

    Raises
    ------
    DataError
        A table that is absent or lacks a column.
    """
    section = config.fairness.bisg
    if section is None:
        return None
    if section.probabilities is not None:
        columns = [getattr(section.probabilities, group) for group in bisg.GROUPS]
        cells = [numbers(frame[column]).fill_null(np.nan).to_numpy() for column in columns]
        given = np.stack(cells, axis=1) if frame.height else np.empty((0, len(columns)))
        weights = bisg.without_short_rows(np.where((given < 0) | (given > 1), np.nan, given))
        weights[weights.sum(axis=1) > 2 - bisg.SUMS_TO_ONE] = np.nan
        weights /= np.where(np.isnan(weights[:, :1]), 1.0, weights.sum(axis=1, keepdims=True))
        return Estimated(weights, {}, _counted({NOT_ONE: np.isnan(weights[:, 0])}))
    return _by_name(config, section, frame)


def _by_name(config: Config, section: BisgSection, frame: pl.DataFrame) -> Estimated:
    known = surnames(config.file(str(section.tables.surnames)))
    columns = [one for one in (section.surname, section.co_surname) if one is not None]
    listed = [as_words(frame[column]).to_list() for column in columns]
    given = np.full((frame.height, len(bisg.GROUPS)), np.nan)
    for row, words in enumerate(zip(*listed, strict=True)):
        found = next((known[part] for word in words for part in parts_of(word) if part in known), None)
        if found is not None:
            given[row] = found
    of_level = {}
    for level, column in section.areas.given.items():
        table = areas(config.file(section.tables.given[level]), level)
        codes = as_words(frame[column]).to_list()
        width = _CODE[level][1]
        absent = np.full(len(bisg.GROUPS), np.nan)
        rows = [table.get((code or "").strip().zfill(width), absent) for code in codes]
        lives = np.stack(rows) if rows else np.empty((0, len(bisg.GROUPS)))
        of_level[level] = bisg.posterior(given, lives)
    how = None if section.precision is None else as_words(frame[section.precision]).to_list()
    weights, levels = bisg.finest(how, of_level, frame.height)
    unnamed = np.isnan(given[:, 0])
    return Estimated(
        weights,
        dict(sorted(Counter(one for one in levels.tolist() if one).items())),
        _counted({NO_NAME: unnamed, NO_AREA: ~unnamed & np.isnan(weights[:, 0])}),
    )


def _counted(causes: Mapping[str, NDArray[np.bool_]]) -> dict[str, int]:
    return {cause: int(rows.sum()) for cause, rows in causes.items() if rows.any()}


def parts_of(surname: str | None) -> tuple[str, ...]:
    """Return a surname as the tables spell it; of two with a hyphen between, each.

    Suffixes and lone initials are left out, and what is written apart is joined.

    >>> parts_of("O'Leary-de la Cruz, Jr.")
    ('OLEARY', 'DELACRUZ')
    """
    if not surname:
        return ()
    words = _NO_LETTERS.sub(" ", surname.replace("'", "").replace("’", "").lower()).split()
    kept = "".join(word for word in words if (word not in _SUFFIXES and len(word) > 1) or word == "-")
    return tuple(part.upper() for part in kept.split("-") if part)[:2]


def surnames(path: Path) -> Mapping[str, Floats]:
    """Return ``P(group | surname)`` by surname."""
    return _surnames(path, path.stat().st_mtime_ns) if path.is_file() else _absent(path)


def areas(path: Path, level: str) -> Mapping[str, Floats]:
    """Return ``P(area | group)`` by the code of the area."""
    return _areas(path, level, path.stat().st_mtime_ns) if path.is_file() else _absent(path)


def digest(path: Path) -> str:
    """Return the SHA-256 of a table's bytes, in hex."""
    if not path.is_file():
        _absent(path)
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _absent(path: Path) -> Any:
    raise DataError(f"{path.name}: there is no such file in {path.parent}. Correct fairness.bisg.tables.")


@lru_cache(maxsize=4)
def _surnames(path: Path, changed: int) -> Mapping[str, Floats]:
    frame = _read(path, ("name", *bisg.GROUPS))
    shares = np.stack([numbers(frame[group]).fill_null(np.nan).to_numpy() for group in bisg.GROUPS], axis=1)
    return dict(zip(frame["name"].to_list(), shares, strict=True))


@lru_cache(maxsize=8)
def _areas(path: Path, level: str, changed: int) -> Mapping[str, Floats]:
    code, _ = _CODE[level]
    frame = _read(path, (code, *bisg.COUNTS))
    counts = {column: numbers(frame[column]).fill_null(0).to_numpy() for column in bisg.COUNTS}
    names: Sequence[str] = frame[code].to_list()
    return dict(zip(names, bisg.area_given_group(counts, names, level), strict=True))


def _read(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Read a CSV as text: codes keep their zeros, and NAN, NULL and TRUE are surnames."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path.name}: it cannot be read as a CSV file. Save it again.") from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise DataError(
            f"{path.name}: there is no column {missing[0]!r} (columns: {', '.join(frame.columns[:12])}). "
            "Name the columns as README.md says."
        )
    return frame.select(columns)
