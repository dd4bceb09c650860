"""The applications: planned in one pass, then read partition by partition.

``plan`` reads everything once: it counts, digests, settles which features are numbers, finds ids
that stand in several rows, and sets bad rows aside. ``read`` gives one partition, typed. Between
the two only facts are kept (a bit a faulty cell, 16 bytes an id), never rows, so that memory is
flat in the number of rows. A source can be pickled after ``plan`` and read elsewhere.

Why so: a feature is a column of numbers when at least four fifths of its filled cells are numbers
(or when the model says so). A column with some text among its numbers is then stopped for its
faults; called a column of words instead, it would go to the model in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from audit.data import content
from audit.data.cells import FALSE, TRUE, as_words, numbers, truths
from audit.data.columns import absent_columns
from audit.data.container import Container, Frame, ParquetFile, check_names
from audit.data.csv_file import CsvFile
from audit.data.duplicates import id_marks, repeated
from audit.data.facts import Facts
from audit.data.quarantine import DUPLICATE, RAGGED, check_share, row_faults
from audit.errors import ConfigError, DataError
from audit.record import Dataset, PartitionPlan, QuarantinedRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import Config, Inspection

Kind = Literal["number", "text"]
_NUMBERS_SHARE = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One partition: the rows that were kept, with features as Float64 or String."""

    plan: PartitionPlan
    frame: pl.DataFrame
    rows: NDArray[np.int64]
    quarantined: tuple[QuarantinedRow, ...]
    feature_names: tuple[str, ...]

    def features(self) -> dict[str, NDArray[Any]]:
        """Return the features as a scorer takes them."""
        return self.inputs(self.feature_names)

    def inputs(self, columns: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Return columns as float64 (NaN where missing) or as objects (empty where missing)."""
        return {column: as_array(self.frame[column]) for column in columns}

    def keys(self) -> tuple[bytes, ...]:
        """Return 16 bytes a row, of its whole content: they break ties whatever the order of rows."""
        cells = [as_words(self.frame[column]).fill_null("\x00") for column in sorted(self.frame.columns)]
        rows = pl.DataFrame(cells).select(pl.concat_str(pl.all(), separator="\x1f")).to_series()
        return tuple(hashlib.sha256(row.encode()).digest()[:16] for row in rows.to_list())


def as_array(column: pl.Series) -> NDArray[Any]:
    """Return a column as a scorer takes it."""
    gaps = column.null_count() > 0
    if column.dtype.is_numeric():
        plain = column.cast(pl.Float64)
        return (plain.fill_null(np.nan) if gaps else plain).to_numpy(writable=True)
    return (column.fill_null("") if gaps else column).to_numpy(writable=True).astype(object)


@dataclass(slots=True)
class _Pass:
    """What is known of one chunk before the pass has ended."""

    start: int
    n_rows: int
    digest: str
    faults: dict[str, NDArray[np.uint8]]  # cause -> packed bits
    not_numbers: dict[str, NDArray[np.uint8]]  # feature -> packed bits
    infinite: dict[str, NDArray[np.uint8]]


@dataclass(slots=True)
class _Cells:
    """What the cells of one feature look like."""

    filled: int = 0
    numeric: int = 0
    words_of_truth: int = 0

    def kind(self) -> Literal["number", "truth", "text"]:
        if self.filled and self.words_of_truth == self.filled:
            return "truth"
        return "number" if self.numeric >= _NUMBERS_SHARE * self.filled else "text"


class Source:
    """Where the applications come from. ``plan`` first; then ``read``, in any order."""

    def __init__(self, config: Config, container: Container, kinds: Mapping[str, Kind]) -> None:
        self.name = container.name
        self.columns = container.columns
        self.facts = Facts(config)
        self.kinds: dict[str, Literal["number", "truth", "text"]] = {}
        self._config = config
        self._container = container
        self._stated = dict(kinds)
        self._plans: tuple[PartitionPlan, ...] | None = None
        self._quarantined: dict[int, tuple[QuarantinedRow, ...]] = {}
        self._digest = ""
        self._held: tuple[PartitionPlan, Batch] | None = None

    @property
    def digest(self) -> str:
        """Digest of the content; planned first where it was not yet."""
        self.plan()
        return self._digest

    @property
    def n_rows(self) -> int:
        """Rows of the source, those set aside included."""
        return sum(plan.n_rows for plan in self.plan())

    def dataset(self) -> Dataset:
        """Return what is kept of the data."""
        return Dataset(digest=self.digest, name=self.name, n_rows=self.n_rows, columns=self.columns)

    def inspection(self) -> Inspection:
        """Return what the pass saw; also after ``plan`` refused the data for their faults."""
        if self._plans is None and not self.facts.n_rows:
            self.plan()
        return self.facts.inspection(self.name, self.columns)

    def plan(self) -> tuple[PartitionPlan, ...]:
        """Read everything once and return the partitions, in order.

        Raises
        ------
        DataError
            No rows, or more than ``data.max_quarantined`` of them set aside.
        """
        if self._plans is None:
            passes, cells, ids = self._first_pass()
            self.kinds = {feature: self._kind(feature, seen.kind()) for feature, seen in cells.items()}
            self._set_aside(passes, ids)
            self._plans = tuple(
                PartitionPlan(seq=seq, start=one.start, n_rows=one.n_rows, digest=one.digest)
                for seq, one in enumerate(passes)
            )
        return self._plans

    def read(self, plan: PartitionPlan) -> Batch:
        """Return one partition.

        Raises
        ------
        DataError
            The data are no longer those that were planned.
        """
        self.plan()
        if self._held is not None and self._held[0] == plan:
            return self._held[1]
        frame = self._container.chunk(plan.seq).frame
        stands = isinstance(self._container, Frame)  # what is in memory already cannot change
        if not stands and (frame.height != plan.n_rows or content.digest(frame) != plan.digest):
            raise DataError(
                f"{self.name}: rows {plan.start + 1} to {plan.start + plan.n_rows} changed since the run "
                "began. Start again, on data that stand still."
            )
        typed = [self._typed(frame[column]) for column in self.kinds]
        score = self._config.model.scores if self._config.model is not None else None
        if score is not None and score not in self.kinds:
            typed.append(numbers(frame[score]).fill_nan(None))
        frame = frame.with_columns(typed)
        kept = np.ones(plan.n_rows, dtype=bool)
        aside = self._quarantined.get(plan.seq, ())
        kept[[one.row - plan.start for one in aside]] = False
        batch = Batch(
            plan=plan,
            frame=frame if not aside else frame.filter(pl.Series(kept)),
            rows=np.flatnonzero(kept) + plan.start,
            quarantined=aside,
            feature_names=self._config.data.features,
        )
        if stands:
            self._held = plan, batch  # and is asked for again
        return batch

    def _first_pass(self) -> tuple[list[_Pass], dict[str, _Cells], list[NDArray[np.uint64]]]:
        whole = content.Content(self.columns)
        cells = {feature: _Cells() for feature in self._config.data.features}
        passes: list[_Pass] = []
        ids: list[NDArray[np.uint64]] = []
        self.facts = Facts(self._config)
        for chunk in self._container.chunks():
            frame = chunk.frame
            of_chunk = whole.add(frame)
            self.facts.add(frame)
            faults = {RAGGED: chunk.ragged, **row_faults(self._config, frame)}
            one = _Pass(chunk.start, frame.height, of_chunk, {}, {}, {})
            one.faults = {cause: np.packbits(mask) for cause, mask in faults.items() if mask.any()}
            for feature, seen in cells.items():
                self._look_at(frame[feature], seen, one)
            ids.append(id_marks(as_words(frame[self._config.data.id])))
            passes.append(one)
        self._digest = whole.digest()
        return passes, cells, ids

    def _look_at(self, column: pl.Series, seen: _Cells, one: _Pass) -> None:
        filled = column.is_not_null()
        values = numbers(column)
        wrong = values.is_nan().fill_null(False)
        infinite = values.is_infinite().fill_null(False)
        n_filled, n_wrong = int(filled.sum()), int(wrong.sum())
        seen.filled += n_filled
        seen.numeric += n_filled - n_wrong
        if n_wrong:
            # Packed to a bit a cell: whether these are faults is known when the pass has ended.
            one.not_numbers[column.name] = np.packbits(wrong.to_numpy())
            truth = column.filter(wrong).str.strip_chars().str.to_lowercase().is_in([TRUE[0], FALSE[0]])
            seen.words_of_truth += int(truth.sum())
        if infinite.any():
            one.infinite[column.name] = np.packbits(infinite.to_numpy())

    def _kind(
        self, feature: str, seen: Literal["number", "truth", "text"]
    ) -> Literal["number", "truth", "text"]:
        stated = self._stated.get(feature)
        if stated is None or (stated == "number" and seen == "truth"):
            return seen
        return stated

    def _typed(self, column: pl.Series) -> pl.Series:
        kind = self.kinds[column.name]
        if kind == "text":
            return column
        if kind == "truth":
            return truths(column).cast(pl.Float64)
        return numbers(column).fill_nan(None)

    def _set_aside(self, passes: list[_Pass], ids: list[NDArray[np.uint64]]) -> None:
        """Name the rows set aside, each with its first cause, and refuse too many of them."""
        again = repeated(ids)
        duplicate = DUPLICATE.format(id=self._config.data.id)
        causes: dict[str, list[int]] = {}
        for seq, one in enumerate(passes):
            masks = [(cause, np.unpackbits(bits, count=one.n_rows)) for cause, bits in one.faults.items()]
            masks.append((duplicate, again[one.start : one.start + one.n_rows].view(np.uint8)))
            for feature, bits in one.not_numbers.items():
                if self.kinds[feature] == "number":
                    mask = np.unpackbits(bits, count=one.n_rows)
                    masks.append((f"{feature}: text in a column of numbers", mask))
            for feature, bits in one.infinite.items():
                if self.kinds[feature] != "text":
                    masks.append((f"{feature}: an infinite number", np.unpackbits(bits, count=one.n_rows)))
            first: dict[int, str] = {}
            for cause, mask in masks:
                for row in np.flatnonzero(mask).tolist():
                    first.setdefault(row + one.start, cause)
            for row in sorted(first):
                causes.setdefault(first[row], []).append(row)
            self._quarantined[seq] = tuple(QuarantinedRow(row, first[row]) for row in sorted(first))
        check_share(self.name, causes, len(again), self._config.data.max_quarantined)


def open_source(config: Config, *, frame: Any = None, kinds: Mapping[str, Kind] | None = None) -> Source:
    """Open the data that a config names.

    Parameters
    ----------
    frame : data frame, optional
        Read instead of ``data.path``: polars, pandas, or anything with the Arrow stream.
    kinds : mapping, optional
        Features of which the model says whether it wants a number or a text.

    Raises
    ------
    ConfigError
        A column that the config names is not there; all of them, each with its line.
    DataError
        The file or the database cannot be read.
    """
    container = _container(config) if frame is None else Frame(frame)
    check_names(container.columns, container.name)
    faults = tuple(absent_columns(config, container.columns, container.name))
    if faults:
        raise ConfigError(faults)
    return Source(config, container, kinds or {})


def _container(config: Config) -> Container:
    data = config.data
    if data.query is not None:
        from audit.data.sql_query import SqlQuery

        return SqlQuery(data.query.url, data.query.query, data.id)
    path = config.file(str(data.path))
    if not path.is_file():
        fact = f"there is no file {path.name} in {path.parent}"
        raise ConfigError(config.lines.fault(("data", "path"), fact, "Correct the path"))
    return ParquetFile(path) if path.suffix.lower() == ".parquet" else CsvFile(path)
