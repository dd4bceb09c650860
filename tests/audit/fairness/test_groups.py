"""Counting once, and merging in any order to the same table."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.data.slices import intersection_groups
from audit.fairness.disparities import disparities
from audit.fairness.groups import CountTable, count, merge
from audit.fairness.tally import UNIT, add_tallies, exact_square_sums, exact_sums, tally

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["adverse", "favourable", "none"]),
        st.sampled_from(["female", "male", "unknown"]),
        st.sampled_from(["18-24", "25-61", "62+"]),
        st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6), st.sampled_from([0.1, 0.2, 0.3, -0.0])),
        st.sampled_from([1, 0, None]),
    ),
    min_size=1,
    max_size=60,
)


def counted(rows: list[tuple[str, str, str, float, int | None]]) -> CountTable:
    outcome, sex, age, score, observed = map(list, zip(*rows, strict=True))
    crossed = [f"{a} x {b}" for a, b in zip(sex, age, strict=True)]
    return count(outcome, {"sex": sex, "age": age, "sex x age": crossed}, score, observed)


def same(a: CountTable, b: CountTable) -> bool:
    return (
        (a.attributes, a.cells, a.n_scored, a.score_sum, a.square_sum)
        == (b.attributes, b.cells, b.n_scored, b.score_sum, b.square_sum)
        and a.scores.level == b.scores.level
        and all(
            x.tobytes() == y.tobytes()
            for x, y in (
                (a.counts, b.counts),
                (a.scores.key, b.scores.key),
                (a.scores.value, b.scores.value),
                (a.scores.n, b.scores.n),
            )
        )
    )


@given(ROWS, st.integers(1, 5), st.randoms(use_true_random=False))
def test_any_cut_in_any_order_merges_to_the_same_bytes(rows, n_parts, chance) -> None:
    """Partitions cut anywhere, shuffled, merged in any nesting give the whole's table, bit for bit."""
    cuts = sorted(chance.randrange(len(rows) + 1) for _ in range(n_parts - 1))
    parts = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    tables = [counted(part) for part in parts if part]
    chance.shuffle(tables)
    half = len(tables) // 2
    nested = merge([merge(tables[:half] or tables), *(tables[half:] if half else [])])
    assert same(nested, counted(rows))
    assert same(merge(tables), counted(rows))


@given(ROWS)
def test_every_row_is_counted_where_it_belongs(rows) -> None:
    """The count matrix of a group holds each of its rows once, decided by observed."""
    table = counted(rows)
    for sex in {row[1] for row in rows}:
        matrix = table.matrix("sex", sex)
        for i, outcome in enumerate(["adverse", "favourable", "none"]):
            for j, observed in enumerate([1, 0, None]):
                expected = sum(row[1] == sex and row[0] == outcome and row[4] == observed for row in rows)
                assert matrix[i, j] == expected
    assert table.matrix().sum() == len(rows)


@given(
    st.lists(
        st.tuples(st.floats(-1e100, 1e100).filter(lambda v: v == 0 or abs(v) > 1e-100), st.integers(0, 2))
    )
)
def test_sums_are_exact(pairs) -> None:
    """Sums and sums of squares equal those of fractions, with no rounding at all."""
    value = np.array([pair[0] for pair in pairs], dtype=np.float64)
    key = np.array([pair[1] for pair in pairs], dtype=np.int64)
    sums, squares = exact_sums(value, key, 3), exact_square_sums(value, key, 3)
    for each in range(3):
        mine = [Fraction(v) for v, k in pairs if k == each]
        assert sums[each] * UNIT == sum(mine)
        assert squares[each] * UNIT == sum(v * v for v in mine)


def test_the_smallest_floats_sum_exactly() -> None:
    """Subnormal numbers are whole multiples of the unit too."""
    tiny = np.array([5e-324, 5e-324, 2.3e-308])
    assert exact_sums(tiny, np.zeros(3, dtype=np.int64), 1)[0] * UNIT == sum(
        Fraction(v) for v in tiny.tolist()
    )


@settings(max_examples=40)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=200), st.integers(1, 6), st.integers(0, 2**32))
def test_a_tally_stays_within_its_cap_in_any_order(values, n_parts, seed) -> None:
    """Past the cap scores lose their last bits; which ones does not depend on the partitions."""
    most = 40
    whole = tally(np.zeros(len(values), dtype=np.int64), np.array(values), most)
    shuffled = random.Random(seed).sample(values, len(values))
    parts = [np.array(shuffled[i::n_parts]) for i in range(n_parts)]
    tallies = [tally(np.zeros(len(part), dtype=np.int64), part, most) for part in parts if len(part)]
    merged = add_tallies(tallies, most)
    assert merged.level == whole.level
    assert merged.value.tolist() == whole.value.tolist()
    assert merged.n.tolist() == whole.n.tolist()
    assert len(whole.value) <= most or whole.level == 52
    assert whole.n.sum() == len(values)
    if len(set(values)) <= most:
        assert whole.level == 0


def test_many_attributes_never_count_more_cells_than_rows() -> None:
    """Only combinations that occur get a cell."""
    rng = np.random.default_rng(3)
    groups = {f"a{i}": rng.integers(0, 9, 200).astype(str) for i in range(12)}
    table = count(["favourable"] * 200, groups)
    assert len(table.cells) <= 200
    for attribute, values in groups.items():
        for group in np.unique(values):
            assert table.matrix(attribute, str(group)).sum() == (values == group).sum()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcomes": ["adverse", "denied"]}, "denied"),
        ({"scores": [0.1]}, "1 values for 2"),
        ({"scores": [0.1, np.inf]}, "infinite"),
        ({"observed": [1]}, "1 values for 2"),
        ({"observed": [1, 2]}, "neither"),
        ({"observed": ["bad", "good"]}, "neither"),
        ({"groups": {"sex": ["female"]}}, "1 values for 2"),
    ],
)
def test_what_cannot_be_counted_is_refused(change, words) -> None:
    """Wrong lengths and values that mean nothing raise, with what was wrong."""
    given_values = {"outcomes": ["adverse", "favourable"], "groups": {"sex": ["female", "male"]}} | change
    with pytest.raises(ValueError, match=words):
        count(**given_values)


def test_merging_nothing_is_refused() -> None:
    """An empty audit is no audit."""
    with pytest.raises(ValueError, match="no counts"):
        merge([])
    with pytest.raises(ValueError, match="different attributes"):
        merge([count(["none"], {"sex": ["f"]}), count(["none"], {"age": ["62+"]})])


@given(ROWS)
def test_text_counts_alike_however_it_is_held(rows) -> None:
    """Lists, arrays of objects, arrays of text and polars columns give the same table, bit for bit."""
    outcome, sex, age, score, observed = map(list, zip(*rows, strict=True))
    whole = count(outcome, {"sex": sex, "age": age}, score, observed)
    for held in (
        lambda words: np.array(words, dtype=object),
        lambda words: np.array(words),
        pl.Series,
        lambda words: pl.Series(words, dtype=pl.Categorical),
    ):
        assert same(whole, count(held(outcome), {"sex": held(sex), "age": held(age)}, score, observed))


def test_what_is_no_text_is_named_by_its_words() -> None:
    """Numbers and missing values among group names are counted by how they are written."""
    table = count(["adverse"] * 4, {"town": ["a", None, 3, 3]})
    assert set(table.groups("town")) == {"a", "None", "3"}
    assert table.matrix("town", "3").sum() == 2


def test_crossed_attributes_of_any_depth_are_those_of_plain_loops() -> None:
    """One to four attributes together: counts, rates and comparisons, unknown ones too."""
    rng = np.random.default_rng(17)
    n = 3_000
    plain = {
        "sex": rng.choice(["f", "m", "unknown"], n, p=[0.45, 0.5, 0.05]),
        "race": rng.choice(["a", "b", "c"], n, p=[0.7, 0.25, 0.05]),
        "age": rng.choice(["young", "old"], n),
        "region": rng.choice(["north", "south"], n, p=[0.8, 0.2]),
    }
    reference = {"sex": "m", "race": "a", "age": "old", "region": "north"}
    members = {name: np.asarray(cells, dtype=object) for name, cells in plain.items()}
    crossed = [list(plain)[:depth] for depth in (2, 3, 4)]
    members |= intersection_groups(crossed, members)
    outcome = np.where(rng.random(n) < 0.6, "favourable", "adverse")
    references = reference | {" x ".join(c): " x ".join(reference[name] for name in c) for c in crossed}
    found = {
        (one.attribute, one.group): one
        for one in disparities(count(outcome, members, None), references, min_group=30)
        if one.metric == "adverse_impact_ratio"
    }
    for names in [["sex"], *crossed]:
        attribute = " x ".join(names)
        cells: dict[str, list[int]] = {}
        for row in range(n):
            key = " x ".join(str(plain[name][row]) for name in names)
            cells.setdefault(key, [0, 0])
            cells[key][0] += 1
            cells[key][1] += outcome[row] == "favourable"
        base = cells[references[attribute]]
        others = {group: of for group, of in cells.items() if group != references[attribute]}
        assert {group for of, group in found if of == attribute} == set(others)
        for group, (of_group, selected) in others.items():
            one = found[attribute, group]
            assert one.n == of_group
            assert one.value == pytest.approx((selected / of_group) / (base[1] / base[0]), rel=1e-12)
            assert (one.cause is not None) == (min(of_group, base[0]) < 30), group
