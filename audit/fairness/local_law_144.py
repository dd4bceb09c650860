"""The table that New York City's Local Law 144 asks of an audit of an employment tool.

Rates by sex, by race or ethnicity, and where both meet, each over the highest rate of its own kind. Who falls
into an unknown category is counted and left out, never guessed. A category below two per cent of the data may
be left out of the ratios with a stated justification; its count and rate stay.

Why so, cells that a public summary withholds: the rules ask for the count and rate of every category, and a
rate of one or two people says of each what became of them. A category of fewer than five people is marked,
and so is what would give it away beside the totals; what to do with them is for the auditor and counsel.

Source: 6 RCNY 5-300 to 5-303. The rules set no line: nothing here is a pass.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from audit.fairness.bootstrap import draws, interval
from audit.fairness.groups import FAVOURABLE, CountTable
from audit.fairness.published import Key, suppressed

UNKNOWN = "unknown"
LEAST_SHARE = 0.02  # 6 RCNY 5-301(d)
LEAST = 5  # persons of a category that a public summary tells of

CROSS = " x "  # joins the names of crossed categories

Basis = Literal["selection_rate", "scoring_rate"]


def bias_audit(
    table: CountTable,
    sex: str,
    race: str,
    *,
    adverse_high: bool,
    seed: int,
    justification: str | None = None,
) -> dict[str, Any]:
    """Return the tables of selection and scoring rates.

    Parameters
    ----------
    sex, race : attributes of ``table``
    adverse_high : whether high scores are bad; a score "above the median" is one on its better side
    justification : why categories below two per cent are left out of the ratios; None: they stay in

    Returns
    -------
    dict
        ``n`` assessed, ``n_unknown`` of them with an unknown sex or race, ``least``, ``median_score``,
        ``justification``, and ``tables``, one for each basis and kind of category: ``basis``, ``kind``,
        ``highest`` and ``rows`` of ``category``, ``n``, ``n_counted`` (selected, or above the median),
        ``rate``, ``impact_ratio`` with ``low`` and ``high``, ``share``, ``under_two_percent``,
        ``excluded`` and ``withheld`` (no public summary may tell of it). A basis not to be measured has
        ``cause``. Rows of outcome ``none`` were not assessed.

    Source: 6 RCNY 5-301(b) to (d). Intervals, which are not asked for: the Poisson bootstrap, in which each
    draw has its own highest category.
    """
    kinds = {"sex": (sex,), "race_ethnicity": (race,), "intersectional": (sex, race)}
    median = _median(table)
    places = [table.attributes.index(name) for name in (sex, race)]
    unknown = [i for i, cell in enumerate(table.cells) if UNKNOWN in (cell[places[0]], cell[places[1]])]
    decided = table.counts[:, :2].sum(axis=(1, 2))
    hidden = _withheld(table, kinds)
    tables: list[dict[str, Any]] = []
    for basis in ("selection_rate", "scoring_rate"):
        counted, of = _counted(table, basis, median, adverse_high)
        for kind, names in kinds.items():
            if not of.any():
                cause = (
                    "the decisions have no scores" if basis == "scoring_rate" else "nobody was decided upon"
                )
                tables.append({"basis": basis, "kind": kind, "cause": cause})
                continue
            excluding = justification is not None
            tables.append(_table(table, basis, kind, names, counted, of, seed, excluding, hidden[names]))
    return {
        "n": int(decided.sum()),
        "n_unknown": int(decided[unknown].sum()),
        "least": LEAST,
        "median_score": median,
        "justification": justification,
        "tables": tables,
    }


def _withheld(table: CountTable, kinds: dict[str, tuple[str, ...]]) -> dict[Key, frozenset[Key]]:
    """Return, of each kind of category, which no public summary may tell of.

    What would give a small one away is looked for among people whose sex and race are both known: of them
    alone do crossed categories add up to the others.
    """
    both = {names: dict[Key, int]() for names in kinds.values()}
    alone = {names: dict[Key, int]() for names in kinds.values()}
    places = {names: [table.attributes.index(name) for name in names] for names in kinds.values()}
    (every,) = [names for names in places if len(names) > 1]
    for number, cell in enumerate(table.cells):
        n = int(table.counts[number, :2].sum())
        known = UNKNOWN not in [cell[place] for place in places[every]]
        for names, its in places.items():
            key = tuple(cell[place] for place in its)
            if UNKNOWN in key or not n:
                continue
            alone[names][key] = alone[names].get(key, 0) + n
            if known:
                both[names][key] = both[names].get(key, 0) + n
    hidden = suppressed(both, LEAST)
    return {names: _with_cover(hidden[names], cells) for names, cells in alone.items()}


def _with_cover(hidden: frozenset[Key], cells: dict[Key, int]) -> frozenset[Key]:
    """Add the small ones of a table itself, and the next larger until its total gives none of them away."""
    gone = set(hidden) | {key for key, n in cells.items() if n < LEAST}
    while gone and (len(gone) == 1 or sum(cells.get(key, 0) for key in gone) < LEAST):
        left = [key for key in cells if key not in gone]
        if not left:
            break
        gone.add(min(left, key=lambda key: (cells[key], key)))
    return frozenset(gone)


def _median(table: CountTable) -> float | None:
    """Return the median score of everybody assessed; the mean of the middle two where they are even."""
    counts = table.score_counts()
    until = np.cumsum(counts.n)
    if not len(until):
        return None
    n = int(until[-1])
    middle = [float(counts.score[np.searchsorted(until, rank)]) for rank in ((n + 1) // 2, n // 2 + 1)]
    return sum(middle) / 2


def _counted(
    table: CountTable, basis: str, median: float | None, adverse_high: bool
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return, of each cell, how many count and out of how many."""
    if basis == "selection_rate":
        return table.counts[:, FAVOURABLE].sum(axis=1), table.counts[:, :2].sum(axis=(1, 2))
    cell = table.scores.key // 3
    better = np.zeros(len(cell), dtype=np.bool_)
    if median is not None:
        better = table.scores.value < median if adverse_high else table.scores.value > median
    counted, of = np.zeros(len(table.cells), dtype=np.int64), np.zeros(len(table.cells), dtype=np.int64)
    np.add.at(counted, cell[better], table.scores.n[better])
    np.add.at(of, cell, table.scores.n)
    return counted, of


def _table(
    table: CountTable,
    basis: str,
    kind: str,
    names: tuple[str, ...],
    counted: np.ndarray[Any, Any],
    of: np.ndarray[Any, Any],
    seed: int,
    excluding: bool,
    hidden: frozenset[Key],
) -> dict[str, Any]:
    found: dict[tuple[str, ...], np.ndarray[Any, Any]] = {}
    places = [table.attributes.index(name) for name in names]
    for number, cell in enumerate(table.cells):
        category = tuple(cell[place] for place in places)
        if UNKNOWN not in category and of[number]:
            both = np.array([counted[number], of[number] - counted[number]])
            found[category] = found.get(category, np.zeros(2, dtype=np.int64)) + both
    total = sum(int(both.sum()) for both in found.values())
    rates = {category: int(both[0]) / int(both.sum()) for category, both in found.items()}
    under = {category: int(both.sum()) < LEAST_SHARE * total for category, both in found.items()}
    inside = [category for category in sorted(found) if not (excluding and under[category])]
    highest = max(inside, key=lambda category: rates[category], default=None)
    ends = _intervals({category: found[category] for category in inside}, rates, (basis, kind), seed)
    rows = []
    for category in sorted(found):
        n, top = int(found[category].sum()), rates[highest] if highest is not None else 0.0
        ratio = rates[category] / top if category in ends and top > 0 else None
        low, high = ends.get(category) or (None, None)
        rows.append(
            {
                "category": CROSS.join(category),
                "n": n,
                "n_counted": int(found[category][0]),
                "rate": rates[category],
                "impact_ratio": ratio,
                "low": low,
                "high": high,
                "share": n / total,
                "under_two_percent": under[category],
                "excluded": excluding and under[category],
                "withheld": category in hidden,
            }
        )
    name = None if highest is None else CROSS.join(highest)
    return {
        "basis": basis,
        "kind": kind,
        "attributes": list(names),
        "n": total,
        "highest": name,
        "rows": rows,
    }


def _intervals(
    found: dict[tuple[str, ...], np.ndarray[Any, Any]],
    rates: dict[tuple[str, ...], float],
    names: tuple[str, str],
    seed: int,
) -> dict[tuple[str, ...], tuple[float, float] | None]:
    """Return the interval of each category's rate over the highest rate of the same draw."""
    if not found:
        return {}
    categories = list(found)
    drawn = draws(np.stack([found[category] for category in categories]), names, seed).astype(np.float64)
    people = drawn.sum(axis=2)
    share = np.divide(drawn[:, :, 0], people, out=np.full(people.shape, np.nan), where=people > 0)
    top = np.nanmax(np.where(np.isnan(share), 0.0, share), axis=1, keepdims=True)
    ratio = np.divide(share, top, out=np.full(share.shape, np.nan), where=top > 0)
    highest = max(rates[category] for category in categories)
    return {
        category: interval(ratio[:, place], rates[category] / highest) if highest > 0 else None
        for place, category in enumerate(categories)
    }
