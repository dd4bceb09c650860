"""The columns that a config names, held against those that the data have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from audit.config.slices import performance_columns
from audit.data.cells import listed

if TYPE_CHECKING:
    from audit.config import Config
    from audit.errors import Fault


def named_columns(config: Config) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every column that the config names outright, with its place in the config.

    Plain names in ``record``, ``sources`` and ``bureau_scores`` may be constants: they are not here.
    """
    decision, data = config.decision, config.data
    named: list[tuple[tuple[str | int, ...], str | None]] = [
        (("data", "id"), data.id),
        (("data", "person"), data.person),
        *((("data", "features", at), feature) for at, feature in enumerate(data.features)),
        *((("protected", name, "column"), one.column) for name, one in config.protected.items()),
    ]
    if data.observed is not None:
        named.append((("data", "observed", "column"), data.observed.column))
    if config.model is not None:
        named.append((("model", "scores"), config.model.scores))
    if decision.cutoff is not None:
        named.append((("decision", "cutoff"), decision.cutoff.column or decision.cutoff.by))
    for key in ("taken", "stage", "rules", "judgment"):
        section = getattr(decision, key)
        named.append((("decision", key, "column"), section.column if section is not None else None))
    if config.record.action is not None:
        named.append((("record", "action", "column"), config.record.action.column))
    if config.reasons_given is not None:
        given = config.reasons_given.columns
        named += [(("reasons_given", "columns", at), column) for at, column in enumerate(given)]
    if config.fairness.bisg is not None:
        estimated = config.fairness.bisg.columns.items()
        named += [(("fairness", "bisg", *place.split(".")), column) for place, column in estimated]
    named += performance_columns(config)
    yield from ((loc, column) for loc, column in named if column is not None)


def absent_columns(config: Config, columns: Sequence[str], name: str) -> Iterator[Fault]:
    """Yield a fault for each column that the config names and the data do not have."""
    for loc, column in named_columns(config):
        if column not in columns:
            fact = f"no column {column!r} in {name} (columns: {listed(columns, 20)})"
            yield config.lines.fault(loc, fact, "Name one of these, or remove the entry")
