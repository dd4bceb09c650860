"""Why groups differ, from what a run has at hand: estimated groups, gaps by factor, factors that tell groups.

No model is asked. Weights in estimated groups are summed here and go no further: what leaves is numbers
of groups of at least ``fairness.min_group`` people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import behaviour, worker
from audit.data import estimated as tables
from audit.data.estimated import ESTIMATED
from audit.explain.pictures import importance, label_of
from audit.fairness import bisg, gap, proxies, weighted
from audit.group_tests import references
from audit.record import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.pictures import Attributed
    from audit.job import ScoredPartition
    from audit.measure import Measured

    Floats = NDArray[np.float64]

_NOBODY = "fewer people than the minimum size have probabilities"
_NO_MODEL = "no model was opened, so no factor was read"


def figures(run: Measured, attributed: Attributed) -> tuple[Figure, ...]:
    """Return the figures ``gap``, and where asked for ``estimated_groups`` and ``proxies``.

    Parameters
    ----------
    attributed : what says how far each factor moves scores
    """
    config = run.ready.config
    if config.uncompared is not None:
        return ()
    found = []
    if config.fairness.bisg is not None:
        found.append(_estimated(run))
    if config.protected or config.fairness.bisg is not None:
        found.append(_gap(run))
    if "proxies" in config.fairness.also:
        found.append(_proxies(run, attributed))
    return tuple(found)


def weights_of(scored: Sequence[ScoredPartition]) -> Floats | None:
    """Return everybody's weights in estimated groups, in the order of rows; None where none are estimated."""
    parts = [part.estimated.weights for part in scored if part.estimated is not None]
    return np.concatenate(parts) if parts else None


# --- estimated groups ----------------------------------------------------------------------------


def _estimated(run: Measured) -> Figure:
    config = run.ready.config
    section = config.fairness.bisg
    weights = weights_of(run.scored)
    assert section is not None
    assert weights is not None
    outcome = np.array([one.outcome for part in run.scored for one in part.decisions], dtype=object)
    decided = (outcome == "adverse") | (outcome == "favourable")
    matched = decided & ~np.isnan(weights[:, 0])
    missing: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    for part in run.scored:
        if part.estimated is not None:
            missing.update(part.estimated.missing)
            levels.update(part.estimated.levels)
    fewest = config.fairness.min_group
    body: dict[str, Any] = {
        "attribute": ESTIMATED,
        "reference": section.reference,
        "method": "columns of probabilities" if section.probabilities is not None else "BISG",
        "n": int(decided.sum()),
        "n_matched": int(matched.sum()),
        "missing": [{"cause": cause, "n": n} for cause, n in sorted(missing.items())],
        "levels": [{"level": level, "n": levels[level]} for level in bisg.LEVELS if level in levels],
        "tables": [
            {"table": place.partition(".")[2], "name": name, "sha256": tables.digest(config.file(name))}
            for place, name in section.files.items()
        ],
        "difference": weighted.DIFFERENCE,
        "min_group": fewest,
        "groups": [],
        "cause": None,
    }
    if matched.sum() < fewest:
        return Figure("estimated_groups", "fair_lending", {**body, "cause": _NOBODY})
    approved = outcome[matched] == "favourable"
    found = weighted.weighted_rates(weights[matched], approved, bisg.GROUPS, section.reference, fewest)
    body["groups"] = [_told(one) for one in found]
    return Figure("estimated_groups", "fair_lending", body)


def _told(one: weighted.WeightedRate) -> dict[str, Any]:
    names = (
        "group", "expected", "rate", "low", "high", "unseen", "bound_low", "bound_high", "ratio", "ratio_low",
        "ratio_high", "ratio_error_low", "ratio_error_high", "p_value", "cause",
    )  # fmt: skip
    return {
        **{name: getattr(one, name) for name in names},
        "classified": [
            {"at": each.at, "n": each.n, "rate": each.rate, "low": each.low, "high": each.high}
            for each in one.classified
        ],
    }


# --- the gap by factor ---------------------------------------------------------------------------


def _gap(run: Measured) -> Figure:
    config = run.ready.config
    people = _attributed(run)
    fewest = config.fairness.min_group
    found = [
        (attribute, reference, group, gap.split(people, mine, base, fewest))
        for attribute, reference, group, mine, base in _memberships(run)
    ]
    labels = {factor: label_of(factor) for factor in people.factors}
    return Figure("gap", "fair_lending", gap.body(found, labels, fewest))


def _attributed(run: Measured) -> gap.Attributed:
    sign = run.ready.sign
    scores, strata, rows, contributions, rest = [], [], [], [], []
    factors: tuple[str, ...] = ()
    start = 0
    for part in run.explained:
        scores += [np.nan if one.score is None else sign * one.score for one in part.decisions]
        strata += [_STRATA.get(one.outcome, -1) for one in part.decisions]
        block = part.blocks.get(worker.QUOTED)
        if block is not None:
            found = block.attributions
            factors = found.factors
            rows += [start + at for at in block.rows]
            contributions.append(sign * found.values)
            rest.append(sign * np.stack([found.base, found.residual], axis=1))
        start += len(part.decisions)
    return gap.Attributed(
        np.array(scores, dtype=np.float64),
        np.array(strata, dtype=np.int64),
        np.array(rows, dtype=np.int64),
        factors,
        np.concatenate(contributions) if contributions else np.empty((0, 0)),
        np.concatenate(rest) if rest else np.empty((0, 2)),
    )


_STRATA = {"adverse": gap.REFUSED, "favourable": gap.APPROVED}


def _memberships(run: Measured) -> Iterator[tuple[str, str, str, Floats, Floats]]:
    """Yield attribute, reference, group, and everybody's membership of the group and of the reference."""
    for attribute, reference in references(run.ready.config).items():
        members = np.concatenate([part.groups[attribute] for part in run.scored]).astype(str)
        for group in run.groups.table.groups(attribute):
            if group != reference:
                mine, base = (members == one for one in (group, reference))
                yield attribute, reference, group, mine.astype(float), base.astype(float)
    weights, section = weights_of(run.scored), run.ready.config.fairness.bisg
    if weights is None or section is None:
        return
    known = np.nan_to_num(weights, nan=0.0)
    base = known[:, bisg.GROUPS.index(section.reference)]
    for at, group in enumerate(bisg.GROUPS):
        if group != section.reference:
            yield ESTIMATED, section.reference, group, known[:, at], base


# --- which factors tell the groups ---------------------------------------------------------------


def _proxies(run: Measured, attributed: Attributed) -> Figure:
    config, job = run.ready.config, run.barrier.job
    if not run.has_model or not job.factors:
        return Figure("proxies", "fair_lending", {"cause": _NO_MODEL})
    if not config.protected:
        return Figure("proxies", "fair_lending", {"cause": "no protected attribute is stated"})
    seen = behaviour.look(job, run.scored, proxies.ROWS)
    sizes = importance(attributed).body.get("factors", ())
    body = proxies.scan(
        behaviour.read(job, seen),
        job.factors,
        {name: members.tolist() for name, members in seen.groups.items() if name in config.protected},
        [at.to_bytes(8, "big") for at in range(len(seen.order))],  # they stand by what they hold already
        {row["factor"]: float(row["mean_abs"]) for row in sizes},
        labels={factor: label_of(factor) for factor in job.factors},
        verdicts={code.factor: code.proxy.verdict for code in job.codes if code.proxy is not None},
        seed=config.seed,
        min_group=config.fairness.min_group,
    )
    return Figure("proxies", "fair_lending", body)
