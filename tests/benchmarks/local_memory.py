"""Peak memory of the batched local methods by number of rows: what grows must be the rows and the answers.

Run by hand: ``python tests/benchmarks/local_memory.py [--json]``. Each method explains 10,000 and then
100,000 rows of the network of 28 columns in one call, each in a process of its own. Beside the peak
stands how many bytes a further row costs, in numbers of 8 bytes for each of its columns: the rows as
they are given take one such number, encoded they take a half, and what a method says of each column
and the sums that it is made of take one each; where orders are sampled a covariance is kept of each row.
What is held at once of mixes and points, hundreds of numbers a column and row, must not be seen in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.side_by_side.table import from_shell
from tests.worlds import wide_network

SIZES = (10_000, 100_000)
COPIES = 12.0  # numbers that a further row may cost for each of its columns
# Exact up to six factors, sampled beyond; 16 reference rows, for time and not for memory.
METHODS: dict[str, dict[str, Any]] = {
    "shapley": {"n_factors": 6},
    "sampled": {"n_factors": 12},
    "occlusion": {"n_factors": 12},
    "factor_points": {"n_factors": 12},
    "integrated_gradients": {"n_factors": 12, "steps": 50},
    "expected_gradients": {"n_factors": 12, "draws": 1},
    "lime": {"n_factors": 12},
}
ALONE = """\
import json, resource, sys, time
import numpy as np
from audit.explain import explainer
from audit.models import open_model
from tests.worlds import wide_network

path, method, n, options = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
draw, n_factors = np.random.default_rng(7), options.pop("n_factors")
scorer = open_model(path, features=wide_network.COLUMNS)
rows = draw.normal(size=(len(wide_network.COLUMNS), n))  # columns lie one after the other, as they are read
given = dict(zip(wide_network.COLUMNS, rows, strict=True))
reference = wide_network.named(draw.normal(size=(16, len(wide_network.COLUMNS))))
factors = wide_network.factors(n_factors)
name = {"sampled": "shapley"}.get(method, method)
options |= {"escalate": False} if method == "sampled" else {}
some = {column: cells[:300] for column, cells in given.items()}
explainer(name).explain(scorer, some, reference, factors, **options)  # compiled before
begun = time.perf_counter()
found = explainer(name).explain(scorer, given, reference, factors, **options)
assert found.values.shape == (n, n_factors)
assert np.isfinite(found.values).all()
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "peak": peak}))
"""


def main(rounds: int) -> dict[str, Any]:
    """Measure each method once a size, whatever ``rounds`` says: a peak does not vary as time does."""
    found = []
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "model.keras"
        wide_network.build().model.save(model)
        for method, options in METHODS.items():
            small, large = (_alone(model, method, n, options) for n in SIZES)
            further = (large["peak"] - small["peak"]) / (SIZES[1] - SIZES[0])
            copies = further / (8 * len(wide_network.COLUMNS))
            found.append(
                {
                    "what": method,
                    "megabytes": [round(one["peak"] / 1e6) for one in (small, large)],
                    "bytes_a_further_row": round(further),
                    "copies": copies,
                    "met": copies <= COPIES,
                    "rows_per_second": SIZES[1] / large["seconds"],
                }
            )
    return {
        "project": max(row["copies"] for row in found),
        "peers": {},
        "unit": f"numbers of 8 bytes that a further row costs for each of its columns, at most {COPIES:g}",
        "ratios": {},
        "difference": 0.0,
        "difference_is": "none: memory alone",
        "rows": found,
    }


def _alone(model: Path, method: str, n: int, options: dict[str, Any]) -> dict[str, Any]:
    """Return seconds and peak bytes of a process that explains so many rows."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(model), method, str(n), json.dumps(options)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if done.returncode:
        sys.exit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def as_text(result: dict[str, Any]) -> str:
    """Return the figures as text."""
    return "\n".join(
        f"{row['what']}: {row['megabytes'][0]} MB at {SIZES[0]:,} rows, {row['megabytes'][1]} MB at "
        f"{SIZES[1]:,}: {row['bytes_a_further_row']} bytes a further row, {row['copies']:.1f} numbers for "
        f"each column, bound {COPIES:g} {'met' if row['met'] else 'MISSED'}; "
        f"{row['rows_per_second']:.0f} rows/s"
        for row in result["rows"]
    )


if __name__ == "__main__":
    from_shell(__doc__, main, as_text=as_text)
