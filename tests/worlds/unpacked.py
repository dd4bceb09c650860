"""Every partition of a ledger, decompressed: where a value in clear would hide."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import polars as pl

from audit.ledger.partitions import Unpacked


def decoded(folder: Path) -> list[bytes]:
    """Every partition of the ledger as text, decompressed."""
    connection = sqlite3.connect(folder / "ledger.db")
    query = "SELECT columns, content FROM partitions JOIN partition_contents USING (sha256)"
    found = []
    for columns, content in connection.execute(query):
        frame = Unpacked(columns, content).frame
        binary = [name for name, kind in frame.schema.items() if kind == pl.Binary]
        found.append(frame.drop(binary).write_csv().encode())
        found += [bytes(cell) for column in binary for cell in frame[column].to_list()]
    connection.close()
    return found
