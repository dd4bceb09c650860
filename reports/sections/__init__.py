"""The sections of the report, one module each: LABEL, ``query`` and ``title``.

``query(ledger, audit_id)`` reads sealed rows and returns a frozen dataclass of finished values;
``title(data)`` says what was found, from the same values; the template of the same name places
them. A query that gives None has nothing to say of this audit, and its section is left out. The
order here is the order of print.
"""

from __future__ import annotations

NAMES = (
    "summary",
    "scope",
    "data",
    "model",
    "performance",
    "fairness",
    "explanations",
    "behaviour",
    "reasons",
    "findings",
    "method",
    "evidence",
)
