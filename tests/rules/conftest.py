"""Worlds audited once, and worlds of one's own; those of ``tests/audit``."""

from __future__ import annotations

from tests.audit.conftest import audited, blank_ledger, fresh

__all__ = ["audited", "blank_ledger", "fresh"]
