"""Scope of a fair-lending report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.sections import lending_scope
from tests.worlds.told import AUDIT, ToldLedger, audit


def test_lending_scope_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("lending_scope")


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        (None, "Not stated: the config names none (record.product)."),
        ({"column": "product_line"}, "By “product_line”."),
        ({"value": "Credit card"}, "Credit card."),
    ],
)
def test_a_product_is_said_or_said_to_be_missing(bound: dict[str, str] | None, told: str) -> None:
    """A column, one value for all, or in plain words nothing."""
    config = {**audit().config, "record": {"product": bound}}
    page = lending_scope.query(ToldLedger(the_audit=replace(audit(), config=config)), AUDIT)
    assert dict(page.rows)["Products"] == told


def test_who_is_excluded_is_counted() -> None:
    """Rows add up: approved, refused, withdrawn, set aside."""
    page = lending_scope.query(ToldLedger(), AUDIT)
    rows, *parts = (int(n.replace(",", "")) for _, n, _ in page.counts)
    assert rows == sum(parts) == 5000
