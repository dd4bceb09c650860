"""One decision now, under an accepted audit: scored, explained and sealed before it is answered.

``audit.open("audit.yaml").decide(row)`` runs the same functions as a nightly batch, on a batch of one:
the same reasons in the same order, from the same compiled shapes, so to the same bits. The model stays
open in its child process, and the reference is read once.

Why so, an audit a decision: it can be explained, verified, replayed and its letter written like any
other, and nothing is answered that is not in the log. The price is some 80 KB of ledger a decision
(figures, duties and texts in force, as every audit holds them); whoever decides by the thousand runs a
batch.

Why so, a release only: one applicant has nobody of his own to be compared with, and a model that
decides alone must be one that somebody accepted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from audit.errors import ConfigError, DataError, Fault
from audit.result import Result, open_result

if TYPE_CHECKING:
    from typing import Literal

    from audit.host import Host
    from audit.prepare import Ready
    from audit.record import Decision


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision as it was sealed.

    ``decision`` holds outcome, score, cutoff, notice and ordered reasons; ``result`` is its audit.
    """

    decision: Decision
    result: Result


class Live:
    """An accepted audit, open for one decision at a time. Use it in a ``with``, or close it.

    Parameters
    ----------
    source : str, Path or mapping
        A config of ``kind: batch`` with a ``release``. The data that it names are not read.
    ledger : str, optional
        As ``audit.run`` takes it.
    now : callable, optional
        The clock (UTC).

    Raises
    ------
    ConfigError, ModelError
        With every fault that can be seen without a row.
    """

    def __init__(
        self,
        source: str | Path | Mapping[str, Any],
        *,
        ledger: str | None = None,
        now: Callable[[], dt.datetime] | None = None,
    ) -> None:
        from audit.config import read_config
        from audit.host import host_of
        from audit.pinned import kinds_of
        from audit.places import hidden_from_models, ledger_url
        from audit.release import completing

        folder = Path.cwd() if isinstance(source, Mapping) else Path(source).parent
        self._source, self._now = source, now
        self._url = ledger_url(ledger, folder.resolve())
        reading = read_config(source, complete=completing(self._url))
        if reading.faults or reading.config is None:
            raise ConfigError(reading.faults)
        config = reading.config
        if config.release is None:
            fact, way_out = "no release is named", "Accept an audit, and write release: AUDIT"
            raise ConfigError(Fault(config.lines.file, None, "release", fact, way_out))
        self._id = config.data.id
        self._kinds = kinds_of(config, self._url)
        self._ready: Ready | None = None
        self._host: Host | None = host_of(config, hidden_from_models(config, self._url))
        if self._host is not None:
            self._host.model()

    def decide(self, row: Mapping[str, Any]) -> Decided:
        """Score, explain and seal one application.

        Parameters
        ----------
        row : mapping
            Column -> cell, with every column that the config names. The same row again gives the
            decision that is sealed already.

        Raises
        ------
        ConfigError, DataError, ModelError
            The row lacks a column, or holds what an application cannot; nothing is written then.
        """
        from audit import prepare
        from audit.ledger import Ledger
        from audit.runner import carry_out

        frame = {column: [cell] for column, cell in row.items()}
        if self._ready is None:
            ready = prepare.prepare(
                self._source, ledger=self._url, data=frame, kinds=self._kinds, host=self._host
            )
        else:
            ready = prepare.another(self._ready, frame, self._kinds)
        self._ready = ready
        aside = [
            row.cause for part in ready.job.source.plan() for row in ready.job.source.read(part).quarantined
        ]
        if aside:
            raise DataError(f"the application: {aside[0]}. Correct the cell.")
        result = carry_out(ready, self._url, now=self._now)
        with Ledger.open(self._url) as book:
            return Decided(book.decision(result.audit.audit, self.name_of(row)), result)

    def name_of(self, row: Mapping[str, Any]) -> str:
        """Return the id of an application, as the ledger knows it."""
        import polars as pl

        from audit.data.cells import as_words
        from audit.data.container import cell_text

        return str(as_words(pl.Series([cell_text(row[self._id]) or ""])).item())

    def close(self) -> None:
        """End the process that holds the model."""
        if self._host is not None:
            self._host.close()

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@overload
def open_anything(path: Mapping[str, Any], audit: Literal["latest"] = "latest") -> Live: ...
@overload
def open_anything(path: str | Path, audit: str = "latest") -> Result | Live: ...


def open_anything(path: str | Path | Mapping[str, Any], audit: str = "latest") -> Result | Live:
    """Open a sealed audit of a ledger, or, from a config, one decision at a time.

    Parameters
    ----------
    path : str, Path or mapping
        A ledger as ``audit.result.open_result`` takes it; or ``audit.yaml``, or the same keys as Python
        values.
    audit : str
        Which audit of the ledger.
    """
    if isinstance(path, Mapping) or str(path).endswith((".yaml", ".yml")):
        return Live(path)
    return open_result(path, audit)
