"""Refusals answered per second by the smallest change that would have turned them, beside genetic search.

Run by hand: ``python tests/benchmarks/counterfactuals.py [--json] [--dice PYTHON]``, where PYTHON is an
interpreter of another environment that has dice-ml. The model is the example's network as a plain
function of arrays, the same for all; ours is also timed on the Keras model as an audit runs it. The
plain peer is a genetic search over the same options (dice-ml's idea, row by row, a generation at once); it
seeks the least of cost and number of factors added up, ours the fewest factors before the least cost.
dice-ml changes single columns and knows no factors: ``impossible`` is the share of answers in which the
number of late months is not that of the months which are late. All take their turns in every round; the
median of the rounds counts, and within a round the mean of the refusals: ours of all of them (five times
over, a round of one change being short), the peers' of some that are drawn without looking. ``ratios``
are of ours asked for all refusals in one call to peers asked row by row, as both work;
``ratios_one_at_a_time`` are of ours asked row by row too.

Counted of ours is the whole call, from plain columns to records, shared out among all refusals of the
example; what follows from the reference alone is kept from a first call that is not counted. Counted
of dice-ml is ``generate_counterfactuals`` of one row for one change (``total_CFs=1``, silent, only the
columns that may move, all else as dice-ml has it); its data, model and explainer are made before. A
processor ratio compares the processor time of both, by all threads.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of everybody here: small products, and threads that spin

import numpy as np
import polars as pl
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.config import load_dictionary
from audit.explain.counterfactual import counterfactuals
from audit.explain.counterfactual.movable import movable
from audit.explain.counterfactual.options import options
from audit.explain.counterfactual.trial import Rule
from audit.models import open_model
from audit.record import NoCounterfactual

DEMO = Path(__file__).parents[2] / "audit" / "demo"
LATE = ["status_2", "status_3", "status_4", "status_5", "status_6"]
CUTOFF = 0.30  # of the example
ALONE = "ours, one decision alone, one change"  # asked as the peers are
PEAK = "matmul"  # two large float32 matrices, on one core as all others here
DICE = """\
import gc, json, random, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd, dice_ml
from raiutils.exceptions import UserConfigValidationException
given = np.load(sys.argv[1])
columns, n = given["columns"].tolist(), int(sys.argv[2])
random.seed(7); np.random.seed(7)

class Network:
    def predict_proba(self, frame):
        x = np.asarray(frame, dtype=np.float32)
        x = (x - given["mean"]) / given["scale"]
        for at in range(2):
            x = np.maximum(x @ given[f"w{at}"] + given[f"b{at}"], 0)
        # The cutoff becomes one half, dice's own.
        odds = (x @ given["w2"] + given["b2"])[:, 0] - np.log(0.3 / 0.7)
        p = 1 / (1 + np.exp(-odds))
        return np.stack([1 - p, p], axis=1)
    def predict(self, frame):
        return (self.predict_proba(frame)[:, 1] >= 0.5).astype(int)

table = pd.DataFrame(given["table"], columns=columns)
whole = [c for c in columns if (table[c] == table[c].round()).all()]
table[whole] = table[whole].astype(int)
network = Network()
data = dice_ml.Data(dataframe=table.assign(refused=network.predict(table)), continuous_features=columns,
                    outcome_name="refused")
dice = dice_ml.Dice(data, dice_ml.Model(model=network, backend="sklearn", model_type="classifier"),
                    method="genetic")
rows = pd.DataFrame(given["refused"][:n], columns=columns)
rows[whole] = rows[whole].astype(int)
gc.freeze()
seconds, processor, changes = [], [], []
for at in range(n):
    query = rows.iloc[[at]]
    begun, busy = time.perf_counter(), time.process_time()
    try:
        found = dice.generate_counterfactuals(query, total_CFs=1, desired_class=0, verbose=False,
                                              features_to_vary=given["vary"].tolist())
        answer = found.cf_examples_list[0].final_cfs_df
    except UserConfigValidationException:  # it found nothing
        answer = None
    seconds.append(time.perf_counter() - begun)
    processor.append(time.process_time() - busy)
    if answer is not None and len(answer):
        changes.append([at, answer[columns].astype(float).values.tolist()[0]])
print(json.dumps({"seconds": seconds, "processor": processor, "changes": changes}))
"""


def network(model: Any) -> tuple[Callable[[Any], Any], dict[str, Any]]:
    """Return the example's network as a function of a matrix, and its numbers by name."""
    scale, *dense = [layer for layer in model.layers if layer.weights]
    numbers: dict[str, Any] = {
        "mean": np.asarray(scale.mean).ravel(),
        "scale": np.sqrt(np.asarray(scale.variance).ravel()),
    }
    for at, layer in enumerate(dense):
        numbers[f"w{at}"], numbers[f"b{at}"] = (np.asarray(one) for one in layer.get_weights())

    def score(x: Any) -> Any:
        x = (np.asarray(x, dtype=np.float32) - numbers["mean"]) / numbers["scale"]
        for at in range(2):
            x = np.maximum(x @ numbers[f"w{at}"] + numbers[f"b{at}"], 0)
        odds: Any = (x @ numbers["w2"] + numbers["b2"])[:, 0].astype(np.float64)
        return 1 / (1 + np.exp(-odds))

    return score, numbers


class Arrays:
    """A scorer whose encoded rows are the rows: what the function takes."""

    def __init__(self, function: Callable[[Any], Any], columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.spans = {column: (at, at + 1) for at, column in enumerate(columns)}
        self.score_encoded = function

    def encode(self, rows: Any) -> Any:
        """Return float32[n, columns]."""
        return np.stack([rows[column] for column in self.columns], axis=1).astype(np.float32)

    def score(self, rows: Any) -> Any:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))


def genetic(score: Any, row: Any, could: Any, costs: list[Any], draw: Any) -> Any:
    """Return one change by a genetic search: 100 candidates, until 5 generations bring nothing better."""
    k, best, worse = len(could), (np.inf, None), 0
    n_options = np.array([len(one) for one in costs])
    people, first = np.full((100, k), -1), draw.integers(k, size=100)
    people[np.arange(100), first] = draw.integers(n_options[first])
    for _ in range(100):
        mixes, fitness = np.repeat(row[None], len(people), axis=0), np.zeros(len(people))
        for one, price, option in zip(could, costs, people.T, strict=True):
            moved = np.flatnonzero(option >= 0)
            mixes[np.ix_(moved, one.places)] = one.encoded[option[moved]]
            fitness[moved] += 1 + price[option[moved]]
        scores = score(mixes)
        fitness += np.where(scores >= CUTOFF, 1e3 * (1 + scores), 0.0)
        order = np.argsort(fitness, kind="stable")
        if scores[order[0]] < CUTOFF and fitness[order[0]] < best[0]:
            best, worse = (float(fitness[order[0]]), people[order[0]].copy()), 0
        else:
            worse += 1
        if best[1] is not None and worse >= 5:
            break
        parents = people[order[:50]]
        mother, father = parents[draw.integers(50, size=(2, 50))]
        children = np.where(draw.random((50, k)) < 0.5, mother, father)
        new = np.flatnonzero(draw.random(50) < 0.4)
        at = draw.integers(k, size=len(new))
        children[new, at] = draw.integers(-1, n_options[at])
        people = np.concatenate([parents, children])
    return best[1]


def main(rounds: int, dice: str | None, dice_rows: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    config = YAML(typ="safe").load(DEMO / "audit.yaml")
    codes = load_dictionary(DEMO / "reasons.yaml")
    columns = list(config["data"]["features"])
    table = pl.read_csv(DEMO / "applications.csv.gz").select(pl.col(columns).cast(pl.Float64))
    matrix = table.to_numpy()
    keras_scorer: Any = open_model(DEMO / config["model"]["path"], features=columns)

    import keras

    score, numbers = network(keras.saving.load_model(DEMO / config["model"]["path"], compile=False))
    plain = Arrays(score, tuple(columns))
    scores = score(matrix)
    refused, approved = matrix[scores >= CUTOFF], matrix[scores < CUTOFF]
    reference = approved[np.argsort(-scores[scores < CUTOFF], kind="stable")[: len(approved) // 10]]

    def named(rows: Any) -> dict[str, Any]:
        return {column: rows[:, at] for at, column in enumerate(columns)}

    def ours(scorer: Any, rows: Any, at_most: int) -> Any:
        return counterfactuals(scorer, named(rows), named(reference), codes, CUTOFF, "high", at_most=at_most)

    def alone(scorer: Any, n: int, at_most: int) -> Any:
        return [ours(scorer, refused[[at]], at_most) for at in drawn[:n]]

    factors = movable(codes, columns)
    rule = Rule(CUTOFF, adverse_high=True, at_cutoff="adverse")
    could = options(plain, factors, named(reference), reference, np.ones(len(reference), dtype=bool), rule)

    drawn = np.random.default_rng(11).permutation(len(refused))[: max(dice_rows, 20)]

    def by_genes(n: int) -> Any:
        draw = np.random.default_rng(7)
        costs = [one.costs(named(refused[drawn[:n]])) for one in could]
        return [
            genetic(score, refused[at], could, [c[i] for c in costs], draw) for i, at in enumerate(drawn[:n])
        ]

    n_all = len(refused)
    square = np.random.default_rng(7).random((1024, 1024), dtype=np.float32)
    turns: dict[str, tuple[Callable[[int], Any], int]] = {
        "ours, one change": (lambda n: [ours(plain, refused, 1) for _ in range(n // n_all)], 5 * n_all),
        "ours, up to three": (lambda n: ours(plain, refused[:n], 3), n_all),
        "ours, one change, Keras": (lambda n: ours(keras_scorer, refused[:n], 1), n_all),
        "ours, up to three, Keras": (lambda n: ours(keras_scorer, refused[:n], 3), n_all),
        ALONE: (lambda n: alone(plain, n, 1), 20),
        "ours, one decision alone, Keras": (lambda n: alone(keras_scorer, n, 3), 20),
        "plain genetic search": (by_genes, 20),
        PEAK: (lambda n: [square @ square for _ in range(n)], 4),
    }
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    processor: dict[str, list[float]] = {name: [] for name in turns}
    answers: dict[str, Any] = {
        name: run(n if name == "ours, one change" else 1) for name, (run, n) in turns.items()
    }  # compiled, not counted
    gc.freeze()  # nobody's garbage is looked for among the libraries' own objects while somebody is timed
    by_dice: dict[str, Any] = {}
    for _ in range(rounds):
        for name, (run, n) in turns.items():
            begun, busy = time.perf_counter(), time.process_time()
            answers[name] = run(n)
            seconds[name].append((time.perf_counter() - begun) / n)
            processor[name].append((time.process_time() - busy) / n)
        if dice is not None:
            vary = [column for one in factors for column in one.columns]
            by_dice = _by_dice(
                dice, dice_rows, numbers, columns=columns, vary=vary, table=matrix, refused=refused[drawn]
            )
            for mine, theirs in ((seconds, "seconds"), (processor, "processor")):
                mine.setdefault("dice-ml genetic", []).append(statistics.fmean(by_dice[theirs]))
    rates = {name: 1 / statistics.median(each) for name, each in seconds.items()}
    project = rates["ours, one change"]
    peers = {name: rate for name, rate in rates.items() if not name.startswith(("ours", PEAK))}
    peak = 2.0 * len(square) ** 3 * rates[PEAK]
    scored: list[int] = []
    plain.score_encoded = lambda x: [scored.append(len(x)), score(x)][1]
    ours(plain, refused, 1)
    plain.score_encoded = score
    layers = [numbers[f"w{at}"] for at in range(3)]
    flop = 2.0 * sum(one.size for one in layers) * sum(scored) / n_all
    busy_for = {name: statistics.median(each) for name, each in processor.items()}
    return {
        "project": project,
        "peers": peers,
        "unit": f"refusals answered per second, one change each, {len(could)} factors that can change",
        "ratios": {name: project / rate for name, rate in peers.items()},
        "ratios_one_at_a_time": {name: rates[ALONE] / rate for name, rate in peers.items()},
        "processor_ratios": {name: busy_for[name] / busy_for["ours, one change"] for name in peers},
        "processor_milliseconds": {name: 1e3 * each for name, each in busy_for.items()},
        "evaluations_of_one_refusal": sum(scored) / n_all,
        "matmul_peak_flop_a_second": peak,
        "share_of_matmul_peak": project * flop / peak,
        "difference": float(np.abs(keras_scorer.score(named(matrix)) - scores).max()),
        "difference_is": "largest, of a score by the plain function to one by the audit's Keras scorer",
        "others_of_ours": {name: rate for name, rate in rates.items() if name.startswith("ours, ")},
        "found": _found(answers, could, refused, drawn, named, by_dice, factors, columns, dice_rows),
        "median_milliseconds_of_dice": 1e3 * statistics.median(by_dice["seconds"]) if by_dice else None,
    }


def _found(
    answers: Any,
    could: Any,
    refused: Any,
    drawn: Any,
    named: Any,
    by_dice: Any,
    factors: Any,
    columns: Any,
    n_dice: int,
) -> dict[str, Any]:
    """Return, by method, the share that was found, the mean number of factors, and what is impossible."""
    mine = answers["ours, up to three, Keras"]
    told = [one for one in mine if not isinstance(one, NoCounterfactual)]
    genes = answers["plain genetic search"]
    known = [one for one in genes if one is not None]
    found = {
        "ours": {
            "share": len(told) / len(mine),
            "factors": float(np.mean([len(one[0].factors) for one in told])),
            "cost": float(np.mean([one[0].cost for one in told])),
            "cost_of_the_rows_of_genetic": float(np.mean([mine[at][0].cost for at in drawn[: len(genes)]])),
        },
        "plain genetic search": {
            "share": len(known) / len(genes),
            "factors": float(np.mean([(one >= 0).sum() for one in known])),
            "cost": float(
                np.mean(
                    [
                        sum(
                            could[at].costs(named(refused[drawn[i : i + 1]]))[0, o]
                            for at, o in enumerate(one)
                            if o >= 0
                        )
                        for i, one in enumerate(genes)
                        if one is not None
                    ]
                )
            ),
        },
    }
    if by_dice:
        changed = []
        impossible = 0
        place = {column: at for at, column in enumerate(columns)}
        for row, after in by_dice["changes"]:
            moved = {c for c in columns if abs(after[place[c]] - refused[drawn[row]][place[c]]) > 1e-6}
            changed.append(sum(bool(moved & set(one.columns)) for one in factors))
            impossible += sum(after[place[c]] > 0 for c in LATE) != after[place["months_late"]]
        found["dice-ml genetic"] = {
            "share": len(changed) / n_dice,
            "factors": float(np.mean(changed)),
            "impossible": impossible / len(changed),
        }
    return found


def _by_dice(python: str, n: int, numbers: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Run dice-ml in its own environment, and return seconds and answers of each row."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "given.npz"
        np.savez(file, **numbers, **{name: np.asarray(value) for name, value in given.items()})
        done = subprocess.run(
            [python, "-c", DICE, str(file), str(n)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dice", help="an interpreter that has dice-ml")
    parser.add_argument("--dice-rows", type=int, default=100)
    arguments = parser.parse_args()
    result = main(arguments.rounds, arguments.dice, arguments.dice_rows)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"ours: {result['project']:.4g} {result['unit']}")
        for name, rate in result["others_of_ours"].items():
            print(f"{name}: {rate:.4g}")
        for peer, rate in result["peers"].items():
            print(
                f"{peer}: {rate:.4g} ({result['ratios'][peer]:.0f}x, by processor seconds "
                f"{result['processor_ratios'][peer]:.0f}x, ours one at a time "
                f"{result['ratios_one_at_a_time'][peer]:.1f}x)"
            )
        print(f"processor milliseconds of one: {result['processor_milliseconds']}")
        print(f"found: {result['found']}")
        print(f"difference {result['difference']:.2g}: {result['difference_is']}")
