"""The tables of Local Law 144 against the example in the rules themselves, and plain loops."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.fairness import count
from audit.fairness.local_law_144 import bias_audit

# 6 RCNY 5-301(b), the example: applicants, selected, selection rate in per cent, impact ratio.
SEX = {"Male": (1390, 667, 48, 1.00), "Female": (1181, 555, 47, 0.979)}
RACE = {
    "Hispanic or Latino": (408, 204, 50, 0.97),
    "White": (797, 412, 52, 1.00),
    "Black or African American": (390, 170, 44, 0.84),
    "Native Hawaiian or Pacific Islander": (119, 52, 44, 0.85),
    "Asian": (616, 302, 49, 0.95),
    "Native American or Alaska Native": (41, 18, 44, 0.85),
    "Two or More Races": (213, 96, 45, 0.87),
}
BOTH = {
    ("Male", "Hispanic or Latino"): (205, 90, 43.9, 0.841),
    ("Female", "Hispanic or Latino"): (190, 82, 43.2, 0.827),
    ("Male", "White"): (412, 215, 52.2, 1.000),
    ("Male", "Black or African American"): (226, 95, 42.0, 0.806),
    ("Male", "Native Hawaiian or Pacific Islander"): (87, 37, 42.5, 0.815),
    ("Male", "Asian"): (321, 167, 52.0, 0.997),
    ("Male", "Native American or Alaska Native"): (24, 11, 45.8, 0.878),
    ("Male", "Two or More Races"): (115, 52, 45.2, 0.866),
    ("Female", "White"): (385, 197, 51.2, 0.981),
    ("Female", "Black or African American"): (164, 75, 45.7, 0.876),
    ("Female", "Native Hawaiian or Pacific Islander"): (32, 15, 46.9, 0.898),
    ("Female", "Asian"): (295, 135, 45.8, 0.877),
    ("Female", "Native American or Alaska Native"): (17, 7, 41.2, 0.789),
    ("Female", "Two or More Races"): (98, 44, 44.9, 0.860),
}


def audited(people, **more):
    """Return the tables of (sex, race) -> (n, selected), everybody without a score."""
    rows = [
        ("favourable" if i < selected else "adverse", sex, race)
        for (sex, race), (n, selected) in people.items()
        for i in range(n)
    ]
    outcome, sex, race = map(list, zip(*rows, strict=True))
    return bias_audit(
        count(outcome, {"sex": sex, "race": race}), "sex", "race", adverse_high=False, seed=7, **more
    )


def rows_of(found, basis, kind):
    (table,) = [one for one in found["tables"] if (one["basis"], one["kind"]) == (basis, kind)]
    return {row["category"]: row for row in table["rows"]}


@pytest.mark.parametrize(("kind", "example"), [("sex", SEX), ("race_ethnicity", RACE)])
def test_the_example_of_the_rules(kind, example) -> None:
    """Rates and ratios of the rules' own tables come out, to the digits that they print."""
    people = {(name, "x") if kind == "sex" else ("x", name): one[:2] for name, one in example.items()}
    rows = rows_of(audited(people), "selection_rate", kind)
    for name, (n, selected, percent, ratio) in example.items():
        row = rows[name]
        assert (row["n"], row["n_counted"]) == (n, selected)
        assert row["rate"] * 100 == pytest.approx(percent, abs=0.5)
        assert row["impact_ratio"] == pytest.approx(ratio, abs=0.005 if kind != "sex" else 0.0005)
        assert row["low"] <= row["impact_ratio"] <= row["high"] <= 1


def test_the_intersections_of_the_rules_and_who_is_unknown() -> None:
    """Fourteen intersections with one decimal more, and 250 people counted and left out."""
    people = {key: one[:2] for key, one in BOTH.items()} | {
        ("unknown", "White"): (150, 60),
        ("Male", "unknown"): (100, 50),
    }
    found = audited(people)
    rows = rows_of(found, "selection_rate", "intersectional")
    assert len(rows) == 14
    for (sex, race), (n, _, percent, ratio) in BOTH.items():
        row = rows[f"{sex} x {race}"]
        assert row["n"] == n
        assert row["rate"] * 100 == pytest.approx(percent, abs=0.05)
        assert row["impact_ratio"] == pytest.approx(ratio, abs=0.0007)  # some were cut off, not rounded
    assert found["n_unknown"] == 250
    assert found["n"] == sum(one[0] for one in BOTH.values()) + 250


def test_below_two_per_cent_may_be_left_out_of_the_ratios() -> None:
    """Without a justification it is only marked; with one it has count and rate and no ratio."""
    people = {("x", name): one[:2] for name, one in RACE.items()}
    small = "Native American or Alaska Native"
    marked = rows_of(audited(people), "selection_rate", "race_ethnicity")[small]
    assert (marked["under_two_percent"], marked["excluded"]) == (True, False)
    assert marked["impact_ratio"] is not None
    found = audited(people, justification="fewer than 2 % of the data")
    left = rows_of(found, "selection_rate", "race_ethnicity")[small]
    assert (left["excluded"], left["impact_ratio"], left["n"]) == (True, None, 41)
    assert left["rate"] == pytest.approx(18 / 41)
    assert found["justification"] == "fewer than 2 % of the data"


def test_a_tiny_category_that_is_left_out_is_not_the_highest() -> None:
    """Three of three selected make no reference where they are left out."""
    people = {("x", "A"): (300, 150), ("x", "B"): (300, 120), ("x", "C"): (3, 3)}
    assert rows_of(audited(people), "selection_rate", "race_ethnicity")["A"]["impact_ratio"] == pytest.approx(
        0.5
    )
    found = audited(people, justification="too few")
    assert rows_of(found, "selection_rate", "race_ethnicity")["A"]["impact_ratio"] == 1.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from("fm"),
            st.sampled_from(["A", "B", "unknown"]),
            st.sampled_from([1.0, 2.0, 3.0, 4.0]),
        ),
        min_size=1,
        max_size=40,
    ),
    st.booleans(),
)
def test_scoring_rates_equal_plain_loops(people, adverse_high) -> None:
    """The share above the median of the full sample, on the better side, category by category."""
    sex, race, score = map(list, zip(*people, strict=True))
    table = count(["favourable"] * len(people), {"sex": sex, "race": race}, score)
    found = bias_audit(table, "sex", "race", adverse_high=adverse_high, seed=7)
    median = statistics.median(score)
    assert found["median_score"] == median
    for category, row in rows_of(found, "scoring_rate", "race_ethnicity").items():
        mine = [one[2] for one in people if one[1] == category]
        better = [one < median if adverse_high else one > median for one in mine]
        assert (row["n"], row["n_counted"]) == (len(mine), sum(better))
    assert "unknown" not in rows_of(found, "scoring_rate", "race_ethnicity")


def test_without_scores_scoring_rates_have_a_cause() -> None:
    """A tool that selects and does not score has selection rates alone."""
    found = audited({("f", "A"): (30, 10), ("m", "B"): (30, 20)})
    causes = {one["cause"] for one in found["tables"] if one["basis"] == "scoring_rate"}
    assert causes == {"the decisions have no scores"}
    assert found["median_score"] is None


def test_intervals_cover_a_known_ratio() -> None:
    """Of 200 samples with rates of 0.4 and 0.5, the interval holds 0.8 about 19 times in 20."""
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(200):
        people = {
            ("x", "A"): (400, int(rng.binomial(400, 0.4))),
            ("x", "B"): (400, int(rng.binomial(400, 0.5))),
        }
        row = rows_of(audited(people), "selection_rate", "race_ethnicity")["A"]
        held += row["low"] <= 0.8 <= row["high"]
    assert held / 200 >= 0.9


CELL = st.tuples(st.sampled_from(["F", "M", "unknown"]), st.sampled_from(["A", "B", "C", "unknown"]))


@given(st.dictionaries(CELL, st.integers(1, 40), min_size=1))
def test_small_categories_are_withheld_and_not_given_away(people) -> None:
    """Fewer than five are never told of; beside a total at least two, and five people, are missing."""
    found = audited({cell: (n, n // 2) for cell, n in people.items()})
    for kind in ("sex", "race_ethnicity", "intersectional"):
        rows = list(rows_of(found, "selection_rate", kind).values())
        hidden = [row for row in rows if row["withheld"]]
        assert all(row["withheld"] for row in rows if row["n"] < 5)
        if hidden and len(hidden) < len(rows):
            assert len(hidden) > 1
            assert sum(row["n"] for row in hidden) >= 5


def test_a_row_of_crossed_categories_gives_nobody_away() -> None:
    """Three Asian women follow neither from all women nor from all Asian people."""
    people = {
        ("F", "White"): 200,
        ("F", "Asian"): 3,
        ("M", "White"): 300,
        ("M", "Asian"): 50,
        ("F", "Black"): 60,
    }
    found = audited({cell: (n, n // 2) for cell, n in people.items()})
    crossed = rows_of(found, "selection_rate", "intersectional")
    whole = {k: rows_of(found, "selection_rate", k) for k in ("sex", "race_ethnicity")}
    assert crossed["F x Asian"]["withheld"]
    others = [
        row["withheld"] for name, row in crossed.items() if name.startswith("F") and name != "F x Asian"
    ]
    assert any(others) or whole["sex"]["F"]["withheld"]
    assert crossed["M x Asian"]["withheld"] or whole["race_ethnicity"]["Asian"]["withheld"]


def test_the_example_of_the_rules_withholds_nobody() -> None:
    """Its smallest category has seventeen people: the summary tells of every one."""
    found = audited({cell: (n, selected) for cell, (n, selected, _, _) in BOTH.items()})
    assert not any(row["withheld"] for one in found["tables"] for row in one.get("rows", ()))
