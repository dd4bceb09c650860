"""A row that is alone in its set is hashed as any set of rows is."""

from __future__ import annotations

import json
import math
import random
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from sqlalchemy import BigInteger, Double, LargeBinary, Table, Text

from audit.errors import LedgerError
from audit.ledger import entries, issuing, tables
from audit.ledger.columns import Word
from audit.record import Recipient

EVERY = [one for one in tables.metadata.sorted_tables if one.name in tables.EVIDENCE and "pos" in one.columns]


def a_row(table: Table, rng: random.Random) -> dict[str, Any]:
    """Return random values of a table's types, some missing, some in types that are cast."""
    found: dict[str, Any] = {}
    for column in table.columns:
        kind = type(column.type)
        if isinstance(column.type, Word):
            found[column.name] = rng.choice(column.type.words)
        elif column.nullable and rng.random() < 0.3:
            found[column.name] = None
        elif kind is BigInteger:
            found[column.name] = rng.choice((rng.randint(-(2**40), 2**40), 0, True, np.int64(7)))
        elif kind is Double:
            found[column.name] = rng.choice((rng.gauss(0, 1), 0.0, -0.0, 3, np.float64(0.1)))
        elif kind is Text:
            found[column.name] = rng.choice(("", "Zoë ’", "a" * 300))
        else:
            assert kind is LargeBinary
            found[column.name] = rng.randbytes(rng.choice((0, 16, 400)))
    return found


@pytest.mark.parametrize("table", EVERY, ids=lambda table: str(table.name))
def test_a_row_alone_hashes_as_a_set_of_one(table: Table) -> None:
    """Leaf and root are those that the set of rows has, column by column."""
    rng = random.Random(str(table.name))
    for _ in range(20):
        row = a_row(table, rng)
        whole = entries.row_set(table, [row])
        assert (whole.root, whole.leaves) == (entries.row_hash(table, row),) * 2


def test_what_is_no_measurement_is_not_hashed() -> None:
    """NaN and infinity are refused as in a set, with the same words."""
    table = next(one for one in EVERY if any(type(column.type) is Double for column in one.columns))
    name = next(column.name for column in table.columns if type(column.type) is Double)
    for value in (math.nan, math.inf):
        row = {**a_row(table, random.Random(0)), name: value}
        with pytest.raises(LedgerError) as of_set:
            entries.row_set(table, [row])
        with pytest.raises(LedgerError) as alone:
            entries.row_hash(table, row)
        assert str(alone.value) == str(of_set.value)


def test_a_recipient_is_written_as_its_fields() -> None:
    """What is locked of whom a letter went to is what it was before, byte for byte."""
    one = Recipient("APP-1", "P-1", "joint", "Zoë Example", ("1 A St", "Dayton"), "email", True)
    assert issuing._recipient(one) == json.dumps(asdict(one), ensure_ascii=False).encode()
