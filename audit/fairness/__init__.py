"""Fairness measurements: pure functions over one count table."""

from __future__ import annotations

from audit.fairness.disparities import disparities
from audit.fairness.groups import CountTable, count, merge
from audit.fairness.rates import measurements, rates

__all__ = ["CountTable", "count", "disparities", "measurements", "merge", "rates"]
