"""The rows that a benchmark tells, as text and as one JSON object."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """Ours beside one peer.

    ``error`` and ``peer_error`` are mean distances to exact values; 0 is exact. ``share`` is that of the
    measured matmul peak, None where operations cannot be counted. ``processor_ratio`` is the ratio of
    processor seconds.
    """

    what: str
    ours: float
    peer: str
    theirs: float
    reference: int
    bound: float | None = None
    aim: float | None = None
    error: float | None = None
    peer_error: float | None = None
    share: float | None = None
    processor_ratio: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as fast."""
        return self.ours / self.theirs

    @property
    def met(self) -> bool | None:
        """Whether the bound is reached, at an error that is not larger; None without a bound."""
        if self.bound is None:
            return None
        no_worse = self.error is None or self.peer_error is None or self.error <= self.peer_error
        return self.ratio >= self.bound and no_worse


def told(
    rows: Sequence[Row], *, unit: str, difference: float, difference_is: str, peak: float, **more: Any
) -> dict[str, Any]:
    """Return the object that all benchmarks print; ``project`` is the first row's."""
    return {
        "project": rows[0].ours,
        "peers": {f"{row.what}: {row.peer}": row.theirs for row in rows},
        "unit": unit,
        "ratios": {f"{row.what}: {row.peer}": row.ratio for row in rows},
        "difference": difference,
        "difference_is": difference_is,
        "matmul_peak_flop_a_second": peak,
        "rows": [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in rows],
        **more,
    }


def printed(result: dict[str, Any]) -> str:
    """Return the same as text."""
    lines = [f"{result['unit']}; matmul peak {result['matmul_peak_flop_a_second'] / 1e9:.0f} GFLOP/s"]
    for row in result["rows"]:
        bound = (
            "" if row["bound"] is None else f", bound {row['bound']:g}, aim {row['aim'] or row['bound']:g}"
        )
        verdict = {True: " met", False: " MISSED", None: ""}[row["met"]]
        lines.append(
            f"{row['what']}: {row['ours']:.4g}; {row['peer']}: {row['theirs']:.4g} -> "
            f"{row['ratio']:.4g}x"
            + (
                ""
                if row["processor_ratio"] is None
                else f" ({row['processor_ratio']:.4g}x by processor seconds)"
            )
            + f"{bound}{verdict}; reference {row['reference']}"
            + ("" if row["error"] is None else f"; error {row['error']:.2g}")
            + ("" if row["peer_error"] is None else f" (peer {row['peer_error']:.2g})")
            + ("" if row["share"] is None else f"; {row['share']:.1%} of the peak")
        )
    for what, held in result.get("memory", {}).items():
        words = ", ".join(f"{float(mb):.0f} MB for {int(n):,} rows" for n, mb in held.items())
        lines.append(f"resident at the peak, {what}: {words}")
    lines.append(f"difference {result['difference']:.2g}: {result['difference_is']}")
    return "\n".join(lines)


def from_shell(
    words: str | None,
    measure: Callable[[int], dict[str, Any]],
    *,
    rounds: int = 5,
    as_text: Callable[[dict[str, Any]], str] = printed,
) -> None:
    """Measure as the command line asks, and print."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=rounds)
    asked = parser.parse_args()
    result = measure(asked.rounds)
    print(json.dumps(result) if asked.json else as_text(result))
