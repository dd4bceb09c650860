"""Volume: what holds for ten decisions holds for 30,000; ``tests/benchmarks/ledger.py`` tells how fast."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audit.ledger import AttributionBlock, Ledger, verify
from audit.record import CaseFile, Decision, DroppedReason, Notice, Person, Reason
from tests.worlds.sealed import small_audit

N, N_INPUTS = 30_000, 20
FACTORS = tuple(f"factor_{i}" for i in range(8))


def portfolio() -> tuple[list[Decision], list[CaseFile], AttributionBlock]:
    """Return 30,000 decisions with 20 inputs each, a fifth of them refused with four reasons."""
    draw = np.random.default_rng(3)
    inputs = np.round(draw.normal(size=(N, N_INPUTS)) * 1000, 2).tolist()
    values = draw.normal(size=(N, len(FACTORS)))
    record = {"product": "Credit card", "jurisdiction": "us", "completed_at": "2026-11-05"}
    decisions, cases = [], []
    for i in range(N):
        adverse = i % 5 == 0
        reasons = tuple(
            Reason(rank + 1, f"C{rank}", FACTORS[rank], f"Sentence {rank}", float(values[i, rank]))
            for rank in range(4)
        )
        dropped = tuple(DroppedReason(f, float(values[i, j]), "helped") for j, f in enumerate(FACTORS[4:], 4))
        decisions.append(
            Decision(
                decision=f"APP-{i}",
                seq=0,
                row=i,
                persons=(Person(f"person-{i}"),),
                outcome="adverse" if adverse else "favourable",
                score=float(values[i, 0]),
                cutoff=0.3,
                certified="exact",
                residual=1e-12,
                reasons=reasons if adverse else (),
                dropped=dropped if adverse else (),
                notice=Notice("ready") if adverse else Notice(),
            )
        )
        names = (f"input_{j}" for j in range(N_INPUTS))
        cases.append(CaseFile(f"APP-{i}", record, inputs=dict(zip(names, inputs[i], strict=True))))
    return decisions, cases, AttributionBlock(FACTORS, np.arange(N), values)


@pytest.mark.slow
def test_thirty_thousand_decisions_read_back_as_they_were_written(tmp_path: Path) -> None:
    """Locked inputs, attributions and groups of one large part: counted, opened, verified."""
    decisions, cases, block = portfolio()
    small = small_audit()
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as ledger:
        writer = ledger.begin(small.head)
        groups = {"sex": ["female" if i % 2 else "male" for i in range(N)]}
        writer.partition(0, decisions, cases, {"shapley": block}, groups)
        seal = {**small.seal, "references": tuple(replace(r, rows=()) for r in small.seal["references"])}
        audit = writer.seal(**seal)
        found = list(ledger.decisions(audit))
        assert [one.score for one in found] == [one.score for one in decisions]
        assert sum(1 for _ in ledger.decisions(audit, outcome="adverse")) == N // 5
        for i in range(0, N, N // 100):
            assert ledger.case(audit, f"APP-{i}").inputs == cases[i].inputs
        said = ledger.attributions(audit, found[-1])["shapley"]
        assert [value for value, _ in said.values()] == pytest.approx(block.values[-1], rel=1e-6)
        assert verify(ledger).ok
