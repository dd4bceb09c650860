"""The example's lender with as many applicants as are asked for: all 30,000 card holders, or more.

The rows are the public file's; where more are asked for than it has, they come again under new ids.
Names, addresses and dates are made up as in the example, by the example's own code.
"""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
from pathlib import Path
from unittest import mock

import polars as pl

from audit.demo import prepare, world

SOURCE = Path("taiwan_default") / "taiwan_default.csv.gz"


def applicants(data: Path, n: int) -> pl.DataFrame:
    """Return ``n`` card holders with the columns of the example, each with an id of its own."""
    whole = prepare.features(data / SOURCE)
    copies = -(-n // whole.height)
    found = pl.concat([whole] * copies)[:n]
    return found.with_columns(
        pl.format("APP-{}", pl.int_range(100_001, 100_001 + n).cast(pl.String)).alias("application_id")
    )


def lay_out(folder: Path, data: Path, n: int, today: dt.date) -> Path:
    """Write model, data, recipients, dictionary and config into a new folder; return the config's path."""
    folder.mkdir(parents=True)
    here = folder / "source"
    here.mkdir()
    for name in ("audit.yaml", "reasons.yaml", "credit_mlp.keras"):
        shutil.copy(Path(world.__file__).parent / name, here)
    with gzip.GzipFile(here / "applications.csv.gz", "wb", compresslevel=1, mtime=0) as file:
        file.write(applicants(data, n).write_csv().encode())
    with mock.patch.object(world, "_HERE", here):
        config = world.lay_out(folder, today)
    shutil.rmtree(here)
    return config
