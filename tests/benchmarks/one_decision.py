"""Milliseconds of one decision under an accepted audit, warm: explained, and sealed before it is answered.

Run by hand: ``python tests/benchmarks/one_decision.py [--json]``. The model is a network of 28 columns
whose ten factors are valued exactly, against 100 reference rows and against the default of 1,000. What the
bound is for is *explained*: score, exact values, reasons, and what would have turned the refusal, asked
of the process that holds the model. Beside it stand its parts, what is checked, typed and counted of the
application, and the whole of ``Live.decide`` with the audit that is sealed. Every decision is another
refused applicant's. On a busy machine the clock says little: the same is asked of a model in this
process too, and the processor milliseconds of that are told.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import audit
from audit import barrier, prepare, worker
from audit.host import Order
from audit.host.local import LocalHost
from audit.ledger import Ledger, releases
from audit.live import Live
from tests.benchmarks.side_by_side.table import from_shell
from tests.benchmarks.side_by_side.turns import Turns, flop_of_mixes, kernels_of
from tests.worlds import wide_network

N_FACTORS, N_ROWS = 10, 3_000
BOUNDS = {100: 25.0, 1000: 120.0}  # reference rows -> milliseconds
DECISIONS = 3  # of each reference in one round
AS_OF = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def lay_out(
    folder: Path, wide: wide_network.WideNetwork, n_reference: int
) -> tuple[Path, list[dict[str, Any]]]:
    """Audit a portfolio, accept the audit, and return a config under it and refused applicants."""
    folder.mkdir()
    wide.model.save(folder / "model.keras")
    rows: list[dict[str, Any]] = []
    for at, row in enumerate(wide.table[:N_ROWS].tolist()):
        named = dict(zip(wide_network.COLUMNS, row, strict=True))
        rows.append({"application_id": f"W{at:05d}", "sex": ("female", "male")[at % 2], **named})
    with (folder / "applications.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    reasons = {
        factor: {
            "columns": list(columns),
            "code": f"F{place}",
            "statement": {"en": f"Information number {place} of your application"},
            "changeable": place <= N_FACTORS - len(wide_network.CATEGORIES),
            "priority": place,
            "approved": {"by": "Example committee", "date": "2026-11-02"},
        }
        for place, (factor, columns) in enumerate(wide_network.factors(N_FACTORS).items(), start=1)
    }
    (folder / "reasons.yaml").write_text(json.dumps(reasons), encoding="utf-8")  # JSON is YAML
    stated = _config(n_reference, float(sorted(wide.scores[:N_ROWS])[int(0.7 * N_ROWS)]))
    config = folder / "audit.yaml"
    config.write_text(json.dumps(stated), encoding="utf-8")
    found = audit.run(config)
    with Ledger.open(found.ledger_url) as ledger:
        accepted = releases.accept(ledger, "latest", by="Model Risk", reason="yearly validation", at=AS_OF)
    stated["audit"]["kind"], stated["release"] = "batch", accepted.audit
    for name in ("model", "dictionary"):
        del stated[name]
    for section, names in {"decision": ("cutoff", "adverse"), "explain": ("reasons", "reference")}.items():
        for name in names:
            del stated[section][name]
    config.write_text(json.dumps(stated), encoding="utf-8")
    refused = [row for row, score in zip(rows, wide.scores, strict=False) if score >= _cutoff_of(found)]
    return config, [{**row, "application_id": f"L{at:05d}"} for at, row in enumerate(refused)]


def _cutoff_of(found: Any) -> float:
    return float(found.audit.config["decision"]["cutoff"])


def _config(n_reference: int, cutoff: float) -> dict[str, Any]:
    return {
        "audit": {"name": "Wide network", "owner": "Model Risk", "as_of": "2026-11-20"},
        "model": {"path": "model.keras"},
        "data": {"path": "applications.csv", "id": "application_id", "features": list(wide_network.COLUMNS)},
        "decision": {
            "adverse": "high",
            "cutoff": round(cutoff, 4),
            "disclosed_score": {"role": "not_a_credit_score", "by": "Counsel", "date": "2026-11-02"},
        },
        "protected": {"sex": {"column": "sex", "type": "category", "reference": "male"}},
        "explain": {
            "reasons": {"method": "shapley", "exact_up_to": N_FACTORS, "at_most": 4, "floor": 0.05},
            "reference": {"kind": "all_applicants", "rows": n_reference, "min_rows": 50},
            "also": ["counterfactual"],
            "favourable": 20,
        },
        "dictionary": "reasons.yaml",
        "policies": ["us_ecoa_regb", "us_fcra", "screening"],
        "entities": {
            "us": {
                "name": "Sample Harbor Credit Co.",
                "address": "500 Example Street, Sampletown DE 00000",
                "phone": "1-800-555-0142",
                "ecoa_agency": "ftc",
            }
        },
        "record": {
            "purpose": {"value": "consumer"},
            "received_at": "2026-11-02",
            "completed_at": "2026-11-03",
            "decided_at": "2026-11-19",
            "product": "Personal loan",
            "requested_terms": "A loan as stated in the application",
            "jurisdiction": "us",
            "language": "en",
        },
    }


class Desk:
    """One accepted audit that is open, and the milliseconds of what is asked of it."""

    def __init__(self, config: Path, refused: list[dict[str, Any]]) -> None:
        self.live = Live(config)
        self._refused = iter(refused)
        self.milliseconds: dict[str, list[float]] = {}
        order = Order(path="model.keras", folder=config.parent, features=wide_network.COLUMNS)
        self._here = LocalHost(order)

    def _timed(self, part: str, run: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        found = run()
        self.milliseconds.setdefault(part, []).append((time.perf_counter() - begun) * 1e3)
        return found

    def whole(self) -> Any:
        """Decide on the next applicant: checked, explained, sealed, answered."""
        row = next(self._refused)
        return self._timed("decided and sealed", lambda: self.live.decide(row)).decision

    def parts(self) -> None:
        """Do the same step by step on the next applicant, up to what would be sealed."""
        live, row = self.live, next(self._refused)
        before, tell = live._ready, lambda *_: None
        assert before is not None
        assert before.host is not None
        frame = {column: [cell] for column, cell in row.items()}
        ready = self._timed("checks", lambda: prepare.another(before, frame, live._kinds))
        host, plan = ready.host, ready.job.source.plan()[0]
        values = self._timed("typing", lambda: ready.job.source.read(plan).features())
        self._timed("score alone", lambda: host.score(values))
        scored = self._timed("score and counts", lambda: prepare.score(ready, tell))
        chosen = barrier.choose(ready, scored)
        (found,) = self._timed(
            "values, reasons, change", lambda: list(prepare.explain(scored, chosen, host, tell))
        )
        told = sum(self.milliseconds[part][-1] for part in ("score alone", "values, reasons, change"))
        self.milliseconds.setdefault("explained", []).append(told)
        (decision,), (case,) = found.decisions, found.cases
        assert decision.certified in ("exact", "tie")
        assert decision.reasons
        assert case.counterfactuals is not None
        self._of_the_model(ready, scored[0], chosen)
        busy = time.process_time()
        self._here.score(values)
        (here,) = prepare.explain(scored, chosen, self._here, tell)
        told = (time.process_time() - busy) * 1e3
        self.milliseconds.setdefault("explained, processor", []).append(told)
        assert here.decisions == found.decisions

    def _of_the_model(self, ready: Any, scored: Any, chosen: Any) -> None:
        """Ask the process that holds the model for the exact values alone."""
        ((reference, mine),) = worker.by_reference(scored.decisions, [0], chosen.by_cutoff)
        values = worker.take(ready.job.source.read(scored.plan).features(), mine)
        options = worker.options_of(ready.job, worker.QUOTED, chosen.scale)
        self._timed(
            "exact values alone",
            lambda: ready.host.attribute(worker.QUOTED, values, reference, ready.job.factors, options),
        )

    def median(self, part: str) -> float:
        """Milliseconds."""
        return statistics.median(self.milliseconds[part])


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    wide = wide_network.build()
    with tempfile.TemporaryDirectory() as place:
        desks: dict[int, Desk] = {}
        try:
            for n_reference in BOUNDS:
                desk = desks[n_reference] = Desk(*lay_out(Path(place) / str(n_reference), wide, n_reference))
                for _ in range(2):  # what opens and compiles is not counted
                    desk.whole()
                    desk.parts()
                desk.milliseconds.clear()
            for _ in range(rounds):
                for desk in desks.values():
                    for _ in range(DECISIONS):
                        desk.whole()
                        desk.parts()
        finally:
            for desk in desks.values():
                desk.live.close()
    turns = Turns({}, rounds)
    kernels = kernels_of(wide.model)
    rows = []
    for n_reference, bound in BOUNDS.items():
        desk = desks[n_reference]
        flop = flop_of_mixes(kernels, n_reference << N_FACTORS, 1 << N_FACTORS)
        explained, exact = desk.median("explained"), desk.median("exact values alone")
        rows.append(
            {
                "what": f"one decision, {N_FACTORS} factors of 28 columns",
                "reference": n_reference,
                "explained": explained,
                "bound": bound,
                "ratio": bound / explained,
                "met": explained <= bound,
                "met_by_processor": desk.median("explained, processor") <= bound,
                "milliseconds": {part: desk.median(part) for part in desk.milliseconds},
                "share": flop / (exact / 1e3) / turns.peak,
            }
        )
    return {
        "project": rows[0]["explained"],
        "peers": {},
        "unit": "milliseconds of one explained decision, 100 reference rows",
        "ratios": {f"bound to measured, reference {row['reference']}": row["ratio"] for row in rows},
        "difference": 0.0,
        "difference_is": "none: every decision was certified exact or a tie",
        "matmul_peak_flop_a_second": turns.peak,
        "rows": rows,
    }


def as_text(result: dict[str, Any]) -> str:
    """Return the figures as text."""
    lines = [f"matmul peak {result['matmul_peak_flop_a_second'] / 1e9:.0f} GFLOP/s"]
    for row in result["rows"]:
        parts = ", ".join(f"{part} {ms:.1f}" for part, ms in row["milliseconds"].items())
        lines.append(
            f"{row['what']}, reference {row['reference']}: {row['explained']:.1f} ms explained, bound "
            f"{row['bound']:g} {'met' if row['met'] else 'MISSED'}"
            f" (by processor milliseconds {'met' if row['met_by_processor'] else 'MISSED'}); "
            f"{row['share']:.1%} of the peak; {parts}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    from_shell(__doc__, main, as_text=as_text)
