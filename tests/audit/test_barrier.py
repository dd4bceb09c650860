"""Tests of what stands between scoring and explaining: references and their rows."""

from __future__ import annotations

import numpy as np

from audit import barrier, prepare
from tests.worlds.desk import Desk


def silent(*_: object) -> None:
    """Tell nobody."""


def test_the_rows_of_a_reference_are_its_own(fresh, monkeypatch) -> None:
    """Fetched over partitions in one pass, each row is the one that the reference names, in its order."""
    monkeypatch.setattr("audit.data.csv_file.PARTITION_ROWS", 64)
    world = fresh("tiny")
    desk = Desk(world.folder).set(
        decision__cutoff={"by": "sex", "values": {"female": 0.35, "male": 0.4, "nonbinary": 0.4}},
    )
    desk.rows(lambda rows: [{**row, "sex": row["sex"] or "male"} for row in rows])
    ready = prepare.prepare(desk.config)
    scored = prepare.score(ready, silent)
    chosen = barrier.choose(ready, scored)
    assert sorted(chosen.by_cutoff) == [0.35, 0.4]
    for reference, values in chosen.by_cutoff.values():
        assert len({seq for seq, _ in reference.rows}) > 1
        expected = [world.rows[row] for _, row in reference.rows]
        assert values["income"].tolist() == [row["income"] for row in expected]
        years = [np.nan if row["years_at_address"] is None else row["years_at_address"] for row in expected]
        np.testing.assert_array_equal(values["years_at_address"], years)


def test_each_partition_is_read_once_for_all_references(fresh, monkeypatch) -> None:
    """Forty cutoffs cost as many reads as one."""
    from audit import worker

    desk = Desk(fresh("tiny").folder).set(decision__cutoff={"column": "own"}, explain__reference__min_rows=1)
    desk.rows(lambda rows: [{**row, "own": 0.35 + (i % 40) / 1000} for i, row in enumerate(rows)])
    ready = prepare.prepare(desk.config)
    scored = prepare.score(ready, silent)
    reads: list[int] = []
    real = worker.rows_of

    def counted(job, plan, positions):
        reads.append(plan.seq)
        return real(job, plan, positions)

    monkeypatch.setattr(worker, "rows_of", counted)
    chosen = barrier.choose(ready, scored)
    assert len(chosen.by_cutoff) == 40
    assert reads == [0]
