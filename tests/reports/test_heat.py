"""Heat tables: darker is more, every cell has its number."""

from __future__ import annotations

from typing import Any

from reports.heat import MOST_GROUPS, heat


def entry(*values: float | None, n_groups: int = 0) -> dict[str, Any]:
    """Return an attribute with one factor, one value a group."""
    cells = [None if value is None else {"value": value, "low": value, "high": value} for value in values]
    return {
        "attribute": "sex",
        "groups": [{"group": f"g{at}", "n": 40} for at in range(len(cells) or n_groups)],
        "factors": [{"factor": "income", "label": "Income", "values": cells}] if cells else [],
    }


def test_a_cell_is_as_dark_as_it_is_large() -> None:
    """Five steps from 0 to the largest; too few has none, and a loss below 0 the palest."""
    found = heat(entry(0.1, 0.05, 0.0, -0.01, None), "", "moves a score by")
    assert found is not None
    ((label, cells),) = found.rows
    assert (label, [cell.step for cell in cells]) == ("Income", [5, 3, 1, 1, 0])
    assert [cell.value for cell in cells] == ["0.100", "0.050", "0.000", "−0.010", "too few"]
    assert found.meaning == "The darkest cell: “Income” moves a score by 0.100 in group “g0”."


def test_where_nothing_moves_no_cell_is_the_darkest() -> None:
    """All zero: every cell is pale, and nothing is said of it."""
    found = heat(entry(0.0, 0.0), "", "moves a score by")
    assert found is not None
    assert found.meaning == ""
    assert {cell.step for _, cells in found.rows for cell in cells} == {1}


def test_more_groups_than_fit_stand_elsewhere() -> None:
    """A table that is wider than the page is not drawn; nor one without groups."""
    assert heat(entry(*[0.1] * (MOST_GROUPS + 1)), "", "moves") is None
    assert heat(entry(), "", "moves") is None


def test_the_reference_group_stands_first() -> None:
    """As in every other table of the report."""
    found = heat(entry(0.1, 0.2, 0.3), "g2", "moves a score by")
    assert found is not None
    assert found.groups[0] == ("g2", "n = 40")
    assert found.rows[0][1][0].value == "0.300"
