"""Every comparison of groups that a run makes, from the merged counts. Pure.

Which rows come out hangs on what the config names: decisions alone give selection, an observed outcome
errors and ranking, controls and segments and prices what their names say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from audit.fairness.controlled import OF_DECISIONS, OF_PRICES, OF_SCORES, controlled, controlled_prices
from audit.fairness.disparities import MOST_GROUPS, disparities, small_cause
from audit.fairness.error_gaps import DIFFERENCES, EQUALIZED_ODDS, error_gaps
from audit.fairness.error_gaps import OF_SCORES as SCORE_GAPS
from audit.fairness.groups import CountTable
from audit.fairness.matched import matched_pairs
from audit.fairness.pricing import PRICE_GAP, price_gaps
from audit.fairness.rates import OF_SCORES as SCORE_RATES
from audit.fairness.rates import WITH_OUTCOME
from audit.fairness.segments import common
from audit.fairness.strata import Strata, selected_by_stratum, two_by_two
from audit.record import Disparity

if TYPE_CHECKING:
    from audit.config import Config

OF_SEGMENTS = ("segmented_adverse_impact_ratio", "segmented_odds_ratio")
OF_PAIRS = "matched_pairs_difference"
# What needs to know what happened later, and what needs columns that are recorded of nobody.
OF_OUTCOMES = frozenset((*WITH_OUTCOME, *SCORE_RATES, *DIFFERENCES, EQUALIZED_ODDS, *SCORE_GAPS))
AMONG_ALIKE = frozenset((*OF_SEGMENTS, *OF_DECISIONS, OF_SCORES, OF_PAIRS, PRICE_GAP, OF_PRICES))
NO_STRATUM = "no {} holds both the group and the reference"


def references(config: Config) -> dict[str, str]:
    """Return the reference group of each attribute and intersection."""
    stated = {name: attribute.reference for name, attribute in config.protected.items()}
    for names in config.intersections:
        stated[" x ".join(names)] = " x ".join(stated[name] for name in names)
    return stated


def compared(config: Config, table: CountTable, strata: Strata | None) -> tuple[Disparity, ...]:
    """Return every comparison of a group with its reference."""
    stated, low = references(config), config.fairness.min_group
    high = config.decision.adverse_high
    found = (
        *disparities(table, stated, adverse_high=high, min_group=low),
        *error_gaps(table, stated, adverse_high=high, min_group=low),
    )
    return found if strata is None else (*found, *_among_alike(config, strata, stated))


def _among_alike(config: Config, strata: Strata, stated: Mapping[str, str]) -> tuple[Disparity, ...]:
    """Return the comparisons of people who are alike in what the config names."""
    fairness, high = config.fairness, config.decision.adverse_high
    low, controls = fairness.min_group, control_kinds(config)
    if strata.table is None:
        names = [*(OF_SEGMENTS if fairness.segments else ()), *((OF_PAIRS,) if controls else ())]
        names += [PRICE_GAP] if fairness.price is not None else []
        return tuple(
            Disparity(attribute, "all", reference, name, 0, None, cause=strata.cause)
            for attribute, reference in stated.items()
            for name in names
        )
    found: tuple[Disparity, ...] = ()
    if fairness.segments:
        found += _segmented(strata.table, stated, segment_names(config), low)
    if controls:
        found += controlled(strata.table, stated, controls, adverse_high=high, min_group=low)
        found += _paired(strata.table, stated, tuple(controls), low)
    if fairness.price is not None and strata.prices is not None:
        worse_high = fairness.price.adverse == "high"
        found += price_gaps(strata.prices, stated, worse_high, low)
        if controls:
            found += controlled_prices(strata.prices, stated, controls, worse_high, low)
    return found


def control_kinds(config: Config) -> dict[str, str]:
    """Return the controls as the counts name them, and what each is to a regression."""
    return {f"control: {one.column}": one.kind for one in config.fairness.controls}


def segment_names(config: Config) -> tuple[str, ...]:
    """Return the segments as the counts name them."""
    return tuple(f"segment: {column}" for column in config.fairness.segments)


def _segmented(
    table: CountTable, stated: Mapping[str, str], columns: tuple[str, ...], low: int
) -> tuple[Disparity, ...]:
    rows = []
    for attribute, reference in stated.items():
        found = selected_by_stratum(table, attribute, columns)
        for group in _others(table, attribute, reference):
            tables = two_by_two(found, group, reference)
            one = common(tables.values())
            m = sum(each[3] for each in tables.values())
            small = small_cause(one.n, m, low)
            for name, numbers in (
                (OF_SEGMENTS[0], (one.ratio, one.ratio_low, one.ratio_high)),
                (OF_SEGMENTS[1], (one.odds_ratio, one.odds_low, one.odds_high)),
            ):
                cause = NO_STRATUM.format("segment") if not tables else small
                if tables and numbers[0] is None:
                    cause = "within segments there is nothing to compare"
                p_value = None if numbers[0] is None else one.p_value
                rows.append(Disparity(attribute, group, reference, name, one.n, *numbers, p_value, cause))
    return tuple(rows)


def _paired(
    table: CountTable, stated: Mapping[str, str], columns: tuple[str, ...], low: int
) -> tuple[Disparity, ...]:
    rows = []
    for attribute, reference in stated.items():
        found = selected_by_stratum(table, attribute, columns)
        for group in _others(table, attribute, reference):
            one = matched_pairs(two_by_two(found, group, reference).values())
            cause = small_cause(one.n_pairs, one.n_pairs, low) if one.n_pairs else NO_STRATUM.format("kind")
            numbers = one.difference, one.low, one.high, one.p_value
            rows.append(Disparity(attribute, group, reference, OF_PAIRS, one.n_pairs, *numbers, cause=cause))
    return tuple(rows)


def _others(table: CountTable, attribute: str, reference: str) -> tuple[str, ...]:
    groups = table.groups(attribute)
    if reference not in groups or len(groups) > MOST_GROUPS:
        return ()  # `disparities` says why
    return tuple(group for group in groups if group != reference)
