"""Counts by control and segment: merged in any order, and too fine told whatever the partitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.fairness import count, strata
from audit.fairness.strata import Strata, merge_strata, selected_by_stratum, two_by_two

ROW = st.tuples(
    st.sampled_from(["adverse", "favourable", "none"]),
    st.sampled_from(["f", "m"]),
    st.sampled_from(["card", "car", "home"]),
    st.sampled_from([1.5, 2.5, float("nan")]),
)
ROWS = st.lists(ROW, min_size=1, max_size=40)


def of(rows) -> Strata:
    outcome, sex, product, price = map(list, zip(*rows, strict=True))
    groups = {"sex": sex, "segment: product": product}
    priced = [p if o == "favourable" else float("nan") for o, p in zip(outcome, price, strict=True)]
    return Strata(count(outcome, groups), ("segment: product",), count(outcome, groups, priced)).capped()


def told(found: Strata):
    assert found.table is not None
    assert found.prices is not None
    return found.table.cells, found.table.counts.tolist(), found.prices.score_sum, found.prices.square_sum


@given(ROWS, st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_cut_in_any_order_gives_the_same(rows, n_parts, chance) -> None:
    """Partitions cut anywhere and shuffled merge to the whole's counts and exact sums."""
    cuts = sorted(chance.randrange(len(rows) + 1) for _ in range(n_parts - 1))
    parts = [of(rows[a:b]) for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True) if a < b]
    chance.shuffle(parts)
    assert told(merge_strata(parts)) == told(of(rows))


@given(ROWS)
def test_two_by_two_tables_are_those_of_plain_loops(rows) -> None:
    """Each stratum's table holds its people once; who was not decided upon is in none."""
    found = selected_by_stratum(of(rows).table, "sex", ("segment: product",))
    tables = two_by_two(found, "f", "m")
    for product in {row[2] for row in rows}:
        sides = [[row for row in rows if row[1:3] == (sex, product) and row[0] != "none"] for sex in "fm"]
        if not all(sides):
            assert (product,) not in tables
            continue
        expected = [n for side in sides for n in (sum(row[0] == "favourable" for row in side), len(side))]
        assert tables[product,] == tuple(expected)


def test_too_fine_is_told_whatever_the_partitions(monkeypatch) -> None:
    """More combinations than the cap give no table and a cause, cut into parts or not."""
    monkeypatch.setattr(strata, "MOST_CELLS", 5)
    rows = [("adverse", "f", str(i), 1.5) for i in range(8)]
    assert of(rows).table is None
    merged = merge_strata([of(rows[:4]), of(rows[4:])])
    assert (merged.table, merged.cause) == (None, of(rows).cause)
    assert "more than 5 combinations: state bands" in merged.cause
    assert merge_strata([of(rows[:7]), of(rows[7:])]).cause == merged.cause


def test_nothing_is_paired_person_by_person() -> None:
    """A quarter of a million people in a thousand kinds take no longer than their cells."""
    rng = np.random.default_rng(1)
    n = 250_000
    table = count(
        np.where(rng.random(n) < 0.6, "favourable", "adverse").astype(object),
        {"sex": rng.choice(["f", "m"], n), "control: kind": rng.integers(0, 1000, n).astype(str)},
    )
    found = two_by_two(selected_by_stratum(table, "sex", ("control: kind",)), "f", "m")
    assert len(found) == 1000
    assert sum(n + m for _, n, _, m in found.values()) == n


def test_an_unknown_attribute_is_refused() -> None:
    """A name that was not counted is no empty group."""
    with pytest.raises(ValueError, match="x"):
        selected_by_stratum(of([("adverse", "f", "card", 1.5)]).table, "x", ())
