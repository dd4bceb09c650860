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
    "slices",
    "fairness",
    "group_scores",
    "cutoffs",
    "estimated",
    "gap",
    "alternatives",
    "explanations",
    "behaviour",
    "reasons",
    "findings",
    "requests",
    "method",
    "evidence",
)

LENDING = (
    "lending_summary",
    "lending_contents",
    "lending_scope",
    "lending_law",
    "lending_classes",
    "fairness",
    "group_scores",
    "cutoffs",
    "estimated",
    "lending_treatment",
    "gap",
    "alternatives",
    "reasons",
    "findings",
    "lending_record",
    "evidence",
)
"""The sections of a fair-lending report, in the order of print."""

LOCAL_LAW_144 = ("ll144",)
"""The one section of the public summary under Local Law 144."""

OF_IMAGES = (
    "image_summary",
    "image_accuracy",
    "image_explanations",
    "image_method",
    "findings",
    "evidence",
)
"""The sections of an audit of pictures, in the order of print."""
