"""Frames and Parquet files are read in any order of their parts, and broken ones are told."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from audit.data import container
from audit.data.container import Frame, ParquetFile
from audit.errors import DataError


def rows(source):
    return pl.concat([chunk.frame for chunk in source.chunks()]).rows()


def test_frames_of_every_kind_hold_the_same_text():
    """polars, pandas (without pyarrow) and plain columns."""
    columns = {
        "n": [1.0, None, 2.5],
        "s": ["x", None, " y"],
        "d": [dt.datetime(2026, 11, 20, 8, 30), None, None],
    }
    expected = [("1", "x", "2026-11-20T08:30:00"), (None, None, None), ("2.5", " y", None)]
    whole = pd.DataFrame(
        {
            "n": pd.array([1.0, None, 2.5], dtype="Float64"),
            "s": columns["s"],
            "d": pd.to_datetime(pd.Series(columns["d"])),
        }
    )
    for frame in (pl.DataFrame(columns), whole):
        read = [tuple(cell and cell.removesuffix(".000000") for cell in row) for row in rows(Frame(frame))]
        assert read == expected
    assert rows(Frame({"b": [True, None], "i": np.array([3, 4])})) == [("true", "3"), (None, "4")]
    assert rows(Frame(pd.DataFrame({"b": [True, False], "c": pd.Categorical(["u", None])}))) == [
        ("true", "u"),
        ("false", None),
    ]


def test_a_parquet_file_is_read_by_ranges(tmp_path, monkeypatch):
    """Each chunk is there again, in any order."""
    monkeypatch.setattr(container, "PARTITION_ROWS", 4)
    pl.DataFrame({"i": range(10)}).write_parquet(tmp_path / "data.parquet")
    source = ParquetFile(tmp_path / "data.parquet")
    assert [(chunk.start, chunk.frame.height) for chunk in source.chunks()] == [(0, 4), (4, 4), (8, 2)]
    assert source.chunk(2).frame["i"].to_list() == ["8", "9"]
    assert source.chunk(0).frame["i"].to_list() == ["0", "1", "2", "3"]


def test_what_is_no_parquet_and_what_is_no_table(tmp_path):
    """A broken file, lists in cells, a name that stands twice: each is told with its way out."""
    (tmp_path / "data.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        ParquetFile(tmp_path / "data.parquet")
    with pytest.raises(DataError, match="column 'a': its cells are List"):
        rows(Frame(pl.DataFrame({"a": [[1], [2]]})))
    with pytest.raises(DataError, match="names 'a' twice"):
        Frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="cannot be read as a data frame"):
        Frame(object())
