"""Rows from a database: ``data.path: {url: ${APPLICATIONS_DB}, query: SELECT …}``.

The query is read in the order of the id, through one cursor, so that memory stays flat and two
runs meet the same rows in the same order. A partition out of order starts the query again.
Errors name no URL: it may hold a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from audit.config import expand
from audit.data.container import PARTITION_ROWS, Chunk, blank_to_missing, cell_text, check_names
from audit.errors import DataError

if TYPE_CHECKING:
    from sqlalchemy import Engine


class SqlQuery:
    """A query over any database that SQLAlchemy reaches.

    Parameters
    ----------
    url : str
        As the config writes it; ``${NAME}`` is put in at the moment of connecting, so that no secret
        is kept or pickled.
    query : str
        A SELECT.
    order_by : str
        The id column.
    """

    name = "query"

    def __init__(self, url: str, query: str, order_by: str) -> None:
        self._url = url
        self._query = query.strip().rstrip(";")
        self._order_by = order_by
        self._cursor: tuple[int, Iterator[Chunk]] | None = None
        self.columns = self._columns()
        check_names(self.columns, self.name)
        if order_by not in self.columns:
            raise DataError(
                f"query: it gives no column {order_by!r}, the id (columns: {', '.join(self.columns[:12])}). "
                "Select it, or correct data.id."
            )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cursor": None}

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows."""
        from sqlalchemy import exc, text

        engine = self._engine()
        quoted = engine.dialect.identifier_preparer.quote(self._order_by)
        statement = text(f"SELECT * FROM ({self._query}) AS applications ORDER BY {quoted}")
        start = 0
        try:
            with engine.connect() as connection:
                result = connection.execution_options(stream_results=True, yield_per=PARTITION_ROWS).execute(
                    statement
                )
                for rows in result.partitions(PARTITION_ROWS):
                    yield self._chunk(start, rows)
                    start += len(rows)
        except exc.SQLAlchemyError as error:
            raise self._failed(error) from None
        finally:
            engine.dispose()

    def chunk(self, seq: int) -> Chunk:
        """Return the ``seq``-th chunk."""
        at, cursor = self._cursor or (0, self.chunks())
        if at > seq:
            at, cursor = 0, self.chunks()
        for chunk in cursor:
            at += 1
            if at > seq:
                self._cursor = (at, cursor)
                return chunk
        raise DataError("query: it gives fewer rows than before. Start again, on data that stand still.")

    def _columns(self) -> tuple[str, ...]:
        from sqlalchemy import exc, text

        engine = self._engine()
        try:
            with engine.connect() as connection:
                # No rows, but the names of the columns.
                result = connection.execute(
                    text(f"SELECT * FROM ({self._query}) AS applications WHERE 1 = 0")
                )
                return tuple(result.keys())
        except exc.SQLAlchemyError as error:
            raise self._failed(error) from None
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, exc

        try:
            return create_engine(expand(self._url))
        except (exc.SQLAlchemyError, ImportError, ValueError) as error:
            raise self._failed(error) from None

    def _chunk(self, start: int, rows: Any) -> Chunk:
        columns = zip(*rows, strict=True) if rows else [() for _ in self.columns]
        frame = pl.DataFrame(
            [
                blank_to_missing(pl.Series(name, [cell_text(cell) for cell in cells], dtype=pl.String))
                for name, cells in zip(self.columns, columns, strict=True)
            ]
        )
        return Chunk(start, frame, np.zeros(frame.height, dtype=bool))

    def _failed(self, error: Exception) -> DataError:
        # The driver's own words may quote the URL or a value, so only the kind of error is told.
        original = getattr(error, "orig", None) or error
        return DataError(
            f"query: the database refuses it ({type(original).__name__}). "
            "Check data.path.url and run the query by hand."
        )
