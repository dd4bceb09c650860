"""The tables that a report of fair lending prints beside rates and disparities. Pure.

Each is one figure of JSON values; what could not be measured is ``{"cause": …}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.fairness import classical, performance, power
from audit.fairness.bootstrap import DRAWS, interval
from audit.fairness.definitions import defined
from audit.fairness.delong import delong_interval
from audit.fairness.disparities import MOST_GROUPS
from audit.fairness.drawn_ratios import ratios
from audit.fairness.families import families
from audit.fairness.fisher import fisher_p_value, mid_p_value
from audit.fairness.groups import FAVOURABLE, CountTable
from audit.fairness.local_law_144 import bias_audit
from audit.fairness.matched import matched_pairs
from audit.fairness.published import LEAST, suppressed
from audit.fairness.quantiles import quantiles_by_group
from audit.fairness.rates import SELECTION, WITH_OUTCOME
from audit.fairness.segments import common
from audit.fairness.strata import Strata, selected_by_stratum, two_by_two
from audit.group_tests import control_kinds, references, segment_names
from audit.record import Access, Bound, Disparity, Figure, Policy, Rate
from audit.slicing.by_group import sweeps
from audit.slicing.sweep import grid

if TYPE_CHECKING:
    from audit.config import Config

NAMES: dict[str, Access] = {
    "definitions": "fair_lending",
    "families": "fair_lending",
    "classical": "fair_lending",
    "calibration_by_group": "fair_lending",
    "score_quantiles": "fair_lending",
    "group_sweeps": "fair_lending",
    "price_quantiles": "fair_lending",
    "segments": "fair_lending",
    "matched_pairs": "fair_lending",
    "ll144": "fair_lending",
    "published": "fair_lending",
}
MOST_PUBLISHED = 1500  # cells; past it nobody reads the table


def group_figures(
    config: Config,
    policy: Policy,
    table: CountTable,
    strata: Strata | None,
    rates: Sequence[Rate],
    disparities: Sequence[Disparity],
) -> tuple[Figure, ...]:
    """Return the figures of an audit's comparisons of groups, each name of ``NAMES`` once.

    Raises
    ------
    KeyError
        A metric that has no definition: what is printed must be defined.
    """
    if config.uncompared is not None:
        bodies: dict[str, dict[str, Any]] = {name: {"cause": config.uncompared} for name in NAMES}
    else:
        stated = references(config)
        bodies = {
            "definitions": {
                "rows": defined({one.metric for one in rates} | {one.metric for one in disparities})
            },
            "families": {"alpha": 0.05, "families": families(disparities, lines(policy))},
            "classical": _classical(
                table,
                stated,
                config.seed,
                config.decision.adverse_high,
                lines(policy).get("adverse_impact_ratio"),
            ),
            "calibration_by_group": _calibration(
                table, tuple(config.protected), config.decision.adverse_high
            ),
            "score_quantiles": _quantiles(table, config, "the decisions have no scores"),
            "group_sweeps": _sweeps(config, table, stated),
            "price_quantiles": _quantiles(
                None if strata is None else strata.prices,
                config,
                "the config names no price (fairness.price)",
            ),
            "segments": _segments(config, strata, stated),
            "matched_pairs": _pairs(config, strata, stated),
            "ll144": _ll144(config, table),
            "published": _published(config, table),
        }
    return tuple(Figure(name, access, bodies[name]) for name, access in NAMES.items())


def lines(policy: Policy) -> dict[str, Bound]:
    """Return the line that a policy in force draws for each measure; the first where several do."""
    found: dict[str, Bound] = {}
    for one in policy.requirements:
        if one.bound is not None:
            found.setdefault(one.measure, one.bound)
    return found


def _classical(
    table: CountTable, stated: Mapping[str, str], seed: int, adverse_high: bool, line: Bound | None
) -> dict[str, Any]:
    """Return what other tools print of each selection rate, and what the numbers of people could show."""
    rows = []
    for attribute, reference in stated.items():
        groups = table.groups(attribute)
        if reference not in groups or len(groups) > MOST_GROUPS:
            continue
        y, m = _selected(table, attribute, reference)
        drawn = ratios(table, attribute, reference, seed)
        for group in groups:
            x, n = _selected(table, attribute, group)
            if group == reference or not n or not m:
                continue
            gap = power.smallest_detectable_gap(n, y / m, m)
            rows.append(
                {
                    "attribute": attribute,
                    "group": group,
                    "reference": reference,
                    "n_selected": x,
                    "n": n,
                    "n_reference_selected": y,
                    "n_reference": m,
                    "clopper_pearson": list(classical.clopper_pearson_interval(x, n)),
                    "newcombe": list(classical.newcombe_interval(x, n, y, m)),
                    "katz": _ends(classical.katz_interval(x, n, y, m)),
                    "bootstrap": _drawn_ends(table, attribute, group, reference, drawn),
                    "fisher": fisher_p_value(x, n, y, m),
                    "mid_p": mid_p_value(x, n, y, m),
                    "smallest_detectable_gap": gap,
                    "smallest_detectable_ratio": None if gap is None else 1 - gap / (y / m),
                    "power_at_line": None
                    if line is None or line.at_least is None
                    else power.power_of_gap(line.at_least * y / m, n, y / m, m),
                }
            )
    if not rows:
        return {"cause": "no group was compared with a reference"}
    return {
        "rows": rows,
        "auc": _delong(table, tuple(stated), adverse_high),
        "draws": DRAWS,
        "seed": seed,
        "power": power.POWER,
    }


def _drawn_ends(
    table: CountTable, attribute: str, group: str, reference: str, drawn: Mapping[tuple[str, str], Any]
) -> dict[str, dict[str, float | None]]:
    """Return, for each rate, the group's over the reference's with its bootstrap interval."""
    found = {}
    for metric, (share, _) in (SELECTION | WITH_OUTCOME).items():
        (x, n), (y, m) = (
            (int(a), int(b)) for a, b in (share(table.matrix(attribute, g)) for g in (group, reference))
        )
        if n and y:
            value = (x / n) / (y / m)
            low, high = interval(drawn[metric, group], value) or (None, None)
            found[metric] = {"ratio": value, "low": low, "high": high}
    return found


def _delong(table: CountTable, attributes: Sequence[str], adverse_high: bool) -> list[dict[str, Any]]:
    """Return each group's AUC with DeLong's interval, beside Newcombe's that rates carry."""
    rows = []
    for attribute in ("all", *attributes):
        groups = table.groups(attribute)
        for group in groups if len(groups) <= MOST_GROUPS else ():
            counts = table.score_counts(attribute, group)
            auc = performance.auc_rate(attribute, group, counts, adverse_high=adverse_high).value
            if auc is not None:
                rows.append(
                    {
                        "attribute": attribute,
                        "group": group,
                        "auc": auc,
                        "delong": _ends(delong_interval(auc, counts)),
                    }
                )
    return rows


def _calibration(table: CountTable, attributes: Sequence[str], adverse_high: bool) -> dict[str, Any]:
    if not table.matrix()[:2, :2].sum():
        return {"cause": "what really happened was not observed"}
    by_group: dict[str, dict[str, Any]] = {}
    for attribute in attributes:
        groups = table.groups(attribute)
        if len(groups) > MOST_GROUPS:
            continue
        by_group[attribute] = {}
        for group in groups:
            found = performance.calibration(table.score_counts(attribute, group), adverse_high=adverse_high)
            by_group[attribute][group] = (
                {"cause": found}
                if isinstance(found, str)
                else [
                    {
                        "n": b.n,
                        "mean_score": b.mean_score,
                        "observed": b.observed,
                        "low": b.low,
                        "high": b.high,
                    }
                    for b in found
                ]
            )
    return {"by_group": by_group, "outcome": "adverse" if adverse_high else "favourable"}


def _quantiles(table: CountTable | None, config: Config, cause: str) -> dict[str, Any]:
    if table is None or not sum(table.n_scored):
        return {"cause": cause}
    named = [name for name in references(config) if len(table.groups(name)) <= MOST_GROUPS]
    return {"rows": quantiles_by_group(table, ("all", *named), config.fairness.min_group)}


def _sweeps(config: Config, table: CountTable, stated: Mapping[str, str]) -> dict[str, Any]:
    decision = config.decision
    cutoff = decision.cutoff.value if decision.cutoff is not None else None
    return sweeps(
        table,
        stated,
        grid(table.score_counts(), config.performance.thresholds or (), cutoff),
        cutoff=cutoff,
        adverse_high=decision.adverse_high,
        included=decision.at_cutoff == "adverse",
        min_group=config.fairness.min_group,
    )


def _segments(config: Config, strata: Strata | None, stated: Mapping[str, str]) -> dict[str, Any]:
    if strata is None or not config.fairness.segments:
        return {"cause": "the config names no segments (fairness.segments)"}
    if strata.table is None:
        return {"cause": str(strata.cause)}
    rows, alike = [], []
    for attribute, reference in stated.items():
        if len(strata.table.groups(attribute)) > MOST_GROUPS:
            continue
        found = selected_by_stratum(strata.table, attribute, segment_names(config))
        for group in strata.table.groups(attribute):
            if group == reference:
                continue
            tables = two_by_two(found, group, reference)
            for stratum, (x, n, y, m) in tables.items():
                rows.append(
                    {
                        "attribute": attribute,
                        "group": group,
                        "reference": reference,
                        "segment": " x ".join(stratum),
                        "n_selected": x,
                        "n": n,
                        "n_reference_selected": y,
                        "n_reference": m,
                        "ratio": None if y == 0 else (x * m) / (n * y),
                        "katz": _ends(classical.katz_interval(x, n, y, m)),
                        "p_value": fisher_p_value(x, n, y, m),
                    }
                )
            one = common(tables.values())
            alike.append(
                {"attribute": attribute, "group": group, "n_segments": one.n_segments, "p_alike": one.p_alike}
            )
    return {"columns": list(config.fairness.segments), "rows": rows, "alike": alike}


def _pairs(config: Config, strata: Strata | None, stated: Mapping[str, str]) -> dict[str, Any]:
    controls = control_kinds(config)
    if strata is None or not controls:
        return {"cause": "the config names no controls (fairness.controls)"}
    if strata.table is None:
        return {"cause": str(strata.cause)}
    rows = []
    for attribute, reference in stated.items():
        if len(strata.table.groups(attribute)) > MOST_GROUPS:
            continue
        found = selected_by_stratum(strata.table, attribute, tuple(controls))
        for group in strata.table.groups(attribute):
            if group != reference:
                tables = two_by_two(found, group, reference)
                one = matched_pairs(tables.values())
                rows.append(
                    {
                        "attribute": attribute,
                        "group": group,
                        "reference": reference,
                        "n_kinds": len(tables),
                        "n_pairs": one.n_pairs,
                        "against": one.against,
                        "toward": one.toward,
                    }
                )
    return {"controls": [one.column for one in config.fairness.controls], "rows": rows}


def _ll144(config: Config, table: CountTable) -> dict[str, Any]:
    asked = config.fairness.ll144
    if asked is None:
        return {"cause": "the config asks for no audit under Local Law 144 (fairness.ll144)"}
    found = bias_audit(
        table,
        asked.sex,
        asked.race,
        adverse_high=config.decision.adverse_high,
        seed=config.seed,
        justification=asked.leave_out_below_two_percent,
    )
    on = asked.distributed_on
    return {**found, "distributed_on": None if on is None else on.isoformat(), "source": asked.source}


def _published(config: Config, table: CountTable) -> dict[str, Any]:
    """Return counts and selection rates of every group, small cells left out."""
    named: dict[tuple[str, ...], str] = {(name,): name for name in config.protected}
    named |= {tuple(names): " x ".join(names) for names in config.intersections}
    people: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    chosen: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    for names in named:
        places = [table.attributes.index(name) for name in names]
        people[names], chosen[names] = {}, {}
        for number, cell in enumerate(table.cells):
            key = tuple(cell[place] for place in places)
            counts = table.counts[number]
            people[names][key] = people[names].get(key, 0) + int(counts[:2].sum())
            chosen[names][key] = chosen[names].get(key, 0) + int(counts[FAVOURABLE].sum())
    if sum(len(cells) for cells in people.values()) > MOST_PUBLISHED:
        return {"cause": f"more than {MOST_PUBLISHED:,} groups: state bands, or join groups"}
    hidden = suppressed(people, LEAST, chosen)
    rows = []
    for names, attribute in named.items():
        for key in sorted(people[names]):
            row: dict[str, Any] = {"attribute": attribute, "group": " x ".join(key)}
            n = people[names][key]
            if key not in hidden[names]:
                row |= {"n": n, "selection_rate": chosen[names][key] / n if n else None}
            rows.append({**row, "suppressed": key in hidden[names]})
    x, n = _selected(table, "all", "all")
    return {"least": LEAST, "n": n, "selection_rate": x / n if n else None, "rows": rows}


def _selected(table: CountTable, attribute: str, group: str) -> tuple[int, int]:
    matrix = table.matrix(attribute, group)
    return int(matrix[FAVOURABLE].sum()), int(matrix[:2].sum())


def _ends(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else list(ends)
