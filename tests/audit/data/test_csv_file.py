"""CSV files, packed or not, come back cell by cell as they were written."""

from __future__ import annotations

import csv
import gzip
import io
import pickle
import random

import polars as pl
import pytest

from audit.data import csv_file
from audit.data.csv_file import CsvFile
from audit.errors import DataError


def cells(file):
    return pl.concat([chunk.frame for chunk in file.chunks()]).rows()


def test_cells_are_those_of_the_standard_reader(put):
    """Quotation marks, commas, line ends, accents and white space inside cells come back as written."""
    draw = random.Random(5)
    alphabet = ["a", "é", '"', ",", "\n", "\r\n", " ", "x"]
    rows = [["".join(draw.choices(alphabet, k=draw.randint(0, 6))) for _ in range(3)] for _ in range(400)]
    rows = [row for row in rows if any(row)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["a", "b", "c"], *rows])
    expected = [tuple(cell if cell.strip() else None for cell in row) for row in rows]
    assert cells(CsvFile(put(text.getvalue()))) == expected


@pytest.mark.parametrize("block", [7, 64, 1 << 20])
@pytest.mark.parametrize("rows", [1, 3, 20_000])
def test_neither_block_nor_partition_changes_what_is_read(put, monkeypatch, block, rows):
    """Records that span blocks and partitions are read whole, and again in any order."""
    monkeypatch.setattr(csv_file, "_BLOCK", block)
    monkeypatch.setattr(csv_file, "PARTITION_ROWS", rows)
    file = CsvFile(put('a,b\n1,"x, ""y""\nz"\n2,\r\n\n3,w\n4,"last"', "data.csv.gz"))
    assert cells(file) == [("1", 'x, "y"\nz'), ("2", None), ("3", "w"), ("4", "last")]
    first = list(file.chunks())
    assert [chunk.start for chunk in first] == [
        sum(chunk.frame.height for chunk in first[:seq]) for seq in range(len(first))
    ]
    copy = pickle.loads(pickle.dumps(file))
    for seq in reversed(range(len(first))):
        assert copy.chunk(seq).frame.equals(first[seq].frame)


def test_a_record_of_another_length_is_one_rows_fault(put):
    """Too few or too many cells mark their row and leave the others."""
    chunk = next(CsvFile(put("a,b\n1,2\n3\n4,5,6\n7,8\n")).chunks())
    assert chunk.ragged.tolist() == [False, True, True, False]
    assert chunk.frame.rows() == [("1", "2"), (None, None), (None, None), ("7", "8")]


def test_the_byte_order_mark_is_no_part_of_a_name(put):
    """A file saved by a spreadsheet has the column that its header shows."""
    assert CsvFile(put("\ufeffid,income\n1,2\n")).columns == ("id", "income")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("id;income\n1;2\n", "not separated by commas"),
        ("id,id\n1,2\n", "names 'id' twice"),
        ("id,\n1,2\n", "column 2 has no name"),
        ('id,income\n1,"2\n3,4\n', "opened and never closed"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused(put, text, words):
    """The message says what is so and what to do."""
    with pytest.raises(DataError, match=words):
        list(CsvFile(put(text)).chunks())


def test_bytes_that_are_not_utf8_are_refused(tmp_path):
    """Latin-1 is told, with the rows it lies between, and no cell is repeated."""
    (tmp_path / "data.csv").write_bytes("id,name\n1,José\n".encode("latin-1"))
    with pytest.raises(DataError, match="row between 1 and 1 is not UTF-8") as caught:
        list(CsvFile(tmp_path / "data.csv").chunks())
    assert "Jos" not in str(caught.value)


def test_a_gzip_file_that_was_cut_short_is_refused(tmp_path):
    """Half a file is not taken for a small one."""
    whole = gzip.compress("\n".join(["id,x", *(f"{i},{i * 7919 % 1000}" for i in range(5000))]).encode())
    (tmp_path / "data.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read to its end"):
        list(CsvFile(tmp_path / "data.csv.gz").chunks())
