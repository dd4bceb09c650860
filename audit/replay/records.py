"""What was recorded, found by decision; and a source that gives the recorded inputs back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audit.data.cells import as_words
from audit.data.dataset import Batch, Source
from audit.record import Audit, CaseFile, Decision, PartitionPlan

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.recorded import RecordedPart

Key = str | int  # the pseudonym; without the key file, the row of the data


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """An audit as it was recorded.

    Without the key file no pseudonym can be made of an id, so decisions are found by their row.
    """

    audit: Audit
    parts: tuple[RecordedPart, ...]
    places: Mapping[Key, tuple[RecordedPart, int]]
    ledger: Ledger

    @classmethod
    def of(cls, ledger: Ledger, audit: Audit) -> Records:
        """Read everything that an audit recorded."""
        from audit.ledger.recorded import recorded

        parts = tuple(recorded(ledger, audit))
        by_name = ledger.keyring.at_hand
        places: dict[Key, tuple[RecordedPart, int]] = {
            (one.decision if by_name else one.row): (part, pos)
            for part in parts
            for pos, one in enumerate(part.decisions)
        }
        return cls(audit, parts, places, ledger)

    @property
    def unlocked(self) -> bool:
        """Whether the recorded inputs can be read."""
        return self.ledger.keyring.at_hand

    def key(self, decision: str, row: int) -> Key:
        """Return under which key a decision of the data is recorded."""
        return self.ledger.pseudonym("decision", decision) if self.unlocked else row

    def key_of(self, decision: Decision) -> Key:
        """Return under which key a decision that was made again is recorded."""
        return self.key(decision.decision, decision.row)

    def recorded_key(self, decision: Decision) -> Key:
        """Return the key of a decision as it was read from the ledger."""
        return decision.decision if self.unlocked else decision.row

    def sealed(self) -> Iterator[tuple[Key, Decision]]:
        """Yield every decision that was recorded, with its key."""
        for key, (part, pos) in self.places.items():
            yield key, part.decisions[pos]

    def told(self, key: Key) -> str | None:
        """Return when and under which entry a decision's inputs went; None where they are there."""
        part, pos = self.places[key]
        return part.gone.get(pos)

    def inputs(self) -> dict[str, CaseFile]:
        """Return the recorded cases by the ids of the data."""
        return {case.decision: case for part in self.parts for case in part.cases if case is not None}


class RecordedSource(Source):
    """The applications with what the model saw of them as it was recorded.

    Everything that is not recorded (dates, protected columns) comes from the data as they are now;
    rows of which nothing was recorded are left out. A row whose record is gone keeps the data's cells.
    """

    def __init__(
        self, source: Source, inputs: Mapping[str, Mapping[str, Any]], known: frozenset[str]
    ) -> None:
        self.__dict__.update(source.__dict__)
        self._inputs = inputs
        self._known = known
        self._kept = tuple(plan for plan in source.plan() if len(self.read(plan).rows))

    def plan(self) -> tuple[PartitionPlan, ...]:
        """Return the partitions that hold recorded rows."""
        return self._kept if "_kept" in self.__dict__ else super().plan()

    def read(self, plan: PartitionPlan) -> Batch:
        """Return one partition, its features as they were recorded."""
        import numpy as np
        import polars as pl

        batch = super().read(plan)
        ids = as_words(batch.frame[self._config.data.id]).to_list()
        kept = np.array([one in self._known for one in ids], dtype=bool)
        frame = batch.frame
        columns = []
        for name in batch.feature_names:
            cells = frame[name].to_list()
            found = [
                self._inputs[one].get(name, cell) if one in self._inputs else cell
                for one, cell in zip(ids, cells, strict=True)
            ]
            columns.append(pl.Series(name, found, dtype=frame[name].dtype))
        return replace(
            batch, frame=frame.with_columns(columns).filter(pl.Series(kept)), rows=batch.rows[kept]
        )


def recorded_source(source: Source, config_id: str, records: Records) -> RecordedSource:
    """Return the data with the recorded inputs in place of today's."""
    cases = records.inputs()
    known = set(cases)
    for plan in source.plan():  # rows whose record is gone are known by their pseudonym alone
        batch = source.read(plan)
        for one, row in zip(as_words(batch.frame[config_id]).to_list(), batch.rows.tolist(), strict=True):
            if one not in known and records.key(one, row) in records.places:
                known.add(one)
    return RecordedSource(source, {name: case.inputs for name, case in cases.items()}, frozenset(known))
