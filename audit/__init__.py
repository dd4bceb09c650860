"""Audits models that decide about people, and says plainly why.

The public names load what they need when they are first used: ``audit.run``, ``audit.open``,
``audit.Config``, ``audit.Ledger``, ``audit.Result`` and the record types.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.config import Config
    from audit.ledger import Ledger
    from audit.live import open_anything as open
    from audit.record import Audit, Decision, Disparity, Finding, Rate, Reason
    from audit.result import Result
    from audit.runner import run

__all__ = [
    "Audit",
    "Config",
    "Decision",
    "Disparity",
    "Finding",
    "Ledger",
    "Rate",
    "Reason",
    "Result",
    "open",
    "run",
]

_HOMES = {
    "Config": "audit.config:Config",
    "Ledger": "audit.ledger:Ledger",
    "Result": "audit.result:Result",
    "open": "audit.live:open_anything",
    "run": "audit.runner:run",
    **{
        name: f"audit.record:{name}"
        for name in ("Audit", "Decision", "Disparity", "Finding", "Rate", "Reason")
    },
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'audit' has no attribute '{name}'")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
