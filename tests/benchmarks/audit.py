"""Time and peak memory of a whole audit, config to sealed ledger, by number of rows.

Run by hand: ``python tests/benchmarks/audit.py --json``. The rows are the public card holders', again
under new ids where more are asked for than there are; the model is the example's. Unit: rows a second
at the largest size, a process of its own and everything it loads included. The peer is what the bare
network needs to score the same file in its own process, read and nothing else done.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.realdata.measured import Done, plainspoken, python
from tests.worlds import card_holders

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TODAY = dt.date(2026, 11, 20)
CUTOFF = 0.30  # of the example
# Reads the file and scores it by Keras's own way, then counts the refused.
BARE = f"""\
import json, sys
import keras, polars as pl
from audit.demo.prepare import FEATURES
x = pl.read_csv(sys.argv[1] + "/applications.csv").select(FEATURES).to_numpy().astype("float32")
model = keras.saving.load_model(sys.argv[1] + "/credit_mlp.keras", compile=False)
scores = model.predict(x, batch_size=1024, verbose=0)[:, 0]
print()
print(json.dumps({{"adverse": int((scores >= {CUTOFF}).sum())}}))
"""


def measure(n: int) -> tuple[Done, Done]:
    """Return the whole audit and the bare scoring of ``n`` rows."""
    with tempfile.TemporaryDirectory() as place:
        config = card_holders.lay_out(Path(place) / "portfolio", DATA, n, TODAY)
        return plainspoken("run", str(config), "--json"), python(BARE, str(config.parent))


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rows", type=int, nargs="+", default=[1_000, 5_000, 30_000])
    reader.add_argument("--json", action="store_true")
    asked = reader.parse_args()
    if not DATA.is_dir():
        sys.exit(f"There are no public data beside the checkout ({DATA}): nothing to measure.")
    sizes = sorted(asked.rows)
    found: dict[int, tuple[Done, Done]] = {}
    for n in sizes:
        whole, bare = found[n] = measure(n)
        if not asked.json:
            stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in whole.told["timings"].items())
            print(
                f"{n:>7,} rows: {whole.seconds:6.1f} s, {n / whole.seconds:7.0f} rows/s, "
                f"{whole.megabytes:6.0f} MB   (bare scoring {bare.seconds:.1f} s, {bare.megabytes:.0f} MB)"
            )
            print(f"         {stages}", flush=True)
    print(json.dumps(summary(found)) if asked.json else f"difference: {summary(found)['difference']}")


def summary(found: dict[int, tuple[Done, Done]]) -> dict[str, Any]:
    """Return the figures in the form that all benchmarks have."""
    sizes = sorted(found)
    (small, _), (large, bare) = found[sizes[0]], found[sizes[-1]]
    speed, bare_speed = sizes[-1] / large.seconds, sizes[-1] / bare.seconds
    return {
        "project": speed,
        "peers": {"keras predict alone": bare_speed},
        "unit": "rows/s",
        "ratios": {
            "keras predict alone": speed / bare_speed,
            f"memory, {sizes[-1]} rows to {sizes[0]}": large.megabytes / small.megabytes,
        },
        # Refused by the audit and by the bare network, at most over the sizes.
        "difference": max(
            abs(whole.told["counts"]["adverse"] - alone.told["adverse"]) for whole, alone in found.values()
        ),
        "rows": {
            str(n): {"seconds": round(whole.seconds, 2), "megabytes": round(whole.megabytes)}
            for n, (whole, _) in found.items()
        },
    }


if __name__ == "__main__":
    main()
