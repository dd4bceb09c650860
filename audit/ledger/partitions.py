"""Partitions: Parquet bytes kept as rows, named by their hash and by what they hold.

The only place of the ledger that knows arrays. A partition has two names: the SHA-256 of its
bytes, for integrity, and its **content root**, the Merkle root over each column packed in
little-endian form, for sameness.

Why so: the bytes of a Parquet file change with the version of the library that wrote it (its
footer carries that version), the packed columns do not; so a resumed or repeated run is compared
by content root. And as rows of the one database they need no folder, no rename and no clean-up
after a crash.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from audit.errors import EvidenceError, LedgerError
from audit.ledger import log, seal

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import ArrayLike, NDArray

_FEW = 4  # rows asked for before a partition is indexed by them
Column = tuple[str, str, Any]  # name, type, values
_WIDTHS = {"i8": "<i8", "i4": "<i4", "f4": "<f4", "f8": "<f8"}


@dataclass(frozen=True, slots=True, eq=False)
class AttributionBlock:
    """What one method says of some decisions of a part.

    Parameters
    ----------
    rows : int[k]
        Positions among the part's decisions.
    values : float[k, factors]
        Positive where they push toward the adverse outcome; kept as float32.
    standard_error : float[k, factors], optional
    residual : float[k], optional
        What is left between the score and base + values; kept as float64.
    base : float[k], optional
    """

    factors: tuple[str, ...]
    rows: ArrayLike
    values: ArrayLike
    standard_error: ArrayLike | None = None
    residual: ArrayLike | None = None
    base: ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """A partition, ready to be kept. ``columns`` is JSON: name, type and, for codes, their labels."""

    kind: str
    name: str
    columns: str
    n_rows: int
    content: bytes
    content_root: bytes

    @property
    def sha256(self) -> bytes:
        """Return the hash of the bytes."""
        return sha256(self.content).digest()


def _column_bytes(kind: str, values: Any) -> bytes:
    import numpy as np

    if kind in _WIDTHS:
        packed: bytes = np.ascontiguousarray(values, dtype=_WIDTHS[kind]).tobytes()
        return packed
    cells = [cell.encode() if kind == "str" else bytes(cell) for cell in values]
    ends = np.cumsum([len(cell) for cell in cells], dtype="<u8")
    return bytes(ends.tobytes()) + b"".join(cells)


def _content_root(columns: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> bytes:
    leaves = []
    for column in columns:
        name, kind = column["name"], column["type"]
        described = seal.text_of(column)
        leaves.append(log.leaf_hash(seal.pack([described, _column_bytes(kind, values[name])])))
    return log.merkle_root(leaves)


def _numbers(name: str, kind: str, values: ArrayLike) -> NDArray[Any]:
    import numpy as np

    array = np.asarray(values, dtype=_WIDTHS[kind])
    if kind.startswith("f"):
        if not np.isfinite(array).all():
            raise LedgerError(f"{name}: a NaN or infinite number cannot be sealed. Record the cause instead.")
        array = array + np.zeros(1, dtype=array.dtype)  # no -0.0
    return array


def pack(
    kind: str,
    name: str,
    columns: Sequence[Column],
    extra: Mapping[str, Mapping[str, Any]] | None = None,
) -> Packed:
    """Return a partition of the given columns.

    Parameters
    ----------
    columns : sequence of (name, type, values)
        Types: i8, i4, f4, f8 (little-endian numbers), str, bin.
    extra : mapping of column to description
        What else is known of a column (``labels`` of codes, ``fields`` of cells); it is hashed too.
    """
    import polars as pl

    described = [
        {"name": column, "type": type_, **(extra or {}).get(column, {})} for column, type_, _ in columns
    ]
    values = {
        column: _numbers(f"{kind} {name}: {column}", type_, data) if type_ in _WIDTHS else list(data)
        for column, type_, data in columns
    }
    types = {"str": pl.String, "bin": pl.Binary}
    frame = pl.DataFrame(
        {
            column: values[column] if type_ in _WIDTHS else pl.Series(values[column], dtype=types[type_])
            for column, type_, _ in columns
        }
    )
    out = io.BytesIO()
    # Ciphertext does not compress; everything else does.
    frame.write_parquet(out, compression="lz4" if kind == "inputs" else "zstd", statistics=False)
    root = _content_root(described, values)
    return Packed(kind, name, json.dumps(described, ensure_ascii=False), frame.height, out.getvalue(), root)


def attributions(block: AttributionBlock, n_decisions: int, method: str) -> list[Column]:
    """Return the columns of one method's attributions.

    Raises
    ------
    LedgerError
        Where the block's shape or its rows are not those of so many decisions.
    """
    import numpy as np

    values = np.asarray(block.values, dtype=np.float64)
    rows = np.asarray(block.rows, dtype=np.int64)
    if values.shape != (len(rows), len(block.factors)):
        raise LedgerError(
            f"attributions {method}: values have the shape {values.shape} "
            f"(expected {(len(rows), len(block.factors))}). Give one row a decision and one column a factor."
        )
    if len(np.unique(rows)) != len(rows) or (len(rows) and not 0 <= rows.min() <= rows.max() < n_decisions):
        raise LedgerError(f"attributions {method}: rows must be different positions below {n_decisions}.")
    columns: list[Column] = [("pos", "i8", rows)]
    columns += [(f"value:{factor}", "f4", values[:, i]) for i, factor in enumerate(block.factors)]
    if block.standard_error is not None:
        errors = np.asarray(block.standard_error, dtype=np.float64)
        columns += [(f"error:{factor}", "f4", errors[:, i]) for i, factor in enumerate(block.factors)]
    for name, extra in (("residual", block.residual), ("base", block.base)):
        if extra is not None:
            columns.append((name, "f8", np.asarray(extra, dtype=np.float64)))
    return columns


def as_bytes(columns: Sequence[Column]) -> list[tuple[str, str, bytes]]:
    """Return columns of numbers with these as bytes, so that another process can be told them."""
    return [(name, type_, _column_bytes(type_, values)) for name, type_, values in columns]


def pack_bytes(kind: str, name: str, columns: Sequence[tuple[str, str, bytes]]) -> Packed:
    """Return the partition of columns of numbers that ``as_bytes`` made."""
    import numpy as np

    return pack(kind, name, [(of, type_, np.frombuffer(data, _WIDTHS[type_])) for of, type_, data in columns])


def pack_groups(groups: Mapping[str, Sequence[str]], n_decisions: int) -> Packed:
    """Return the partition of protected group codes; its labels are the groups' names."""
    columns, extra = [], {}
    for attribute, of_rows in groups.items():
        if len(of_rows) != n_decisions:
            raise LedgerError(
                f"groups {attribute}: {len(of_rows)} groups for {n_decisions} decisions. Give one a decision."
            )
        names = [str(group) for group in of_rows]
        labels = sorted(set(names))
        code = {label: i for i, label in enumerate(labels)}
        columns.append((attribute, "i4", [code[group] for group in names]))
        extra[attribute] = {"labels": labels}
    return pack("groups", "", columns, extra)


class Unpacked:
    """A partition that was read: its columns, and its rows by ``pos``."""

    def __init__(self, described: str, content: bytes) -> None:
        import polars as pl

        self.columns: list[dict[str, Any]] = json.loads(described)
        try:
            self.frame: pl.DataFrame = pl.read_parquet(io.BytesIO(content))
        except pl.exceptions.PolarsError as error:
            raise EvidenceError("a partition's bytes are no Parquet file any more. Run verify.") from error
        self._at: dict[int, int] | None = None
        self._asked = 0

    def content_root(self) -> bytes:
        """Return the content root, computed anew."""
        values: dict[str, np.ndarray[Any, Any] | list[Any]] = {}
        for column in self.columns:
            series = self.frame[column["name"]]
            values[column["name"]] = series.to_numpy() if column["type"] in _WIDTHS else series.to_list()
        return _content_root(self.columns, values)

    def row_at(self, pos: int) -> dict[str, Any] | None:
        """Return the row whose ``pos`` this is; None where there is none."""
        self._asked += 1
        if self._asked <= _FEW:  # a page of one decision: not worth an index of all
            index = self.frame["pos"].index_of(pos)
            return None if index is None else self.frame.row(index, named=True)
        if self._at is None:
            self._at = {value: i for i, value in enumerate(self.frame["pos"].to_list())}
        index = self._at.get(pos)
        return None if index is None else self.frame.row(index, named=True)

    def lists(self) -> dict[str, list[Any]]:
        """Return each column as a list; codes as their labels."""
        out = {}
        for column in self.columns:
            values = self.frame[column["name"]].to_list()
            labels = column.get("labels")
            out[column["name"]] = [labels[code] for code in values] if labels is not None else values
        return out

    def described(self, name: str) -> dict[str, Any]:
        """Return what is known of a column."""
        return next(column for column in self.columns if column["name"] == name)
