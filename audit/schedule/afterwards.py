"""After an audit: what changed since the one that it is held to, and what of it is to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.compare import Comparison, compare
from audit.errors import AuditError
from audit.ledger import Ledger, releases
from audit.ledger.alerts import Alert
from audit.ledger.releases import Baseline
from audit.record import Audit
from audit.schedule import watch


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What follows from an audit; ``comparison`` is None where there is nothing to compare with."""

    against: Baseline | None
    comparison: Comparison | None
    cause: str | None  # why it was not compared, where it should have been
    alerts: tuple[Alert, ...]
    reasons: Mapping[str, Any] | None = None  # the sealed figure of how they moved

    def as_json(self) -> dict[str, Any] | None:
        """Return it in short, for machines; ``plainspoken compare`` tells the whole."""
        if self.against is None:
            return None
        told: dict[str, Any] = {
            "audit": self.against.audit.audit,
            "accepted": self.against.release is not None,
            "cause": self.cause,
        }
        if self.reasons is not None and "psi" in self.reasons:
            told["reasons"] = {name: self.reasons[name] for name in ("psi", "by_chance", "reading")}
        if self.comparison is not None:
            found = self.comparison
            told |= {
                "versions": [one.name for one in found.versions],
                "findings_changed": len(found.findings),
                "worse": len(found.worse),
                "flipped": found.flips.share if found.flips is not None else None,
                "drifted": [
                    name
                    for name, moved in {"score": found.score, **found.features}.items()
                    if moved.reading in ("some", "much")
                ],
            }
        return told

    def in_words(self) -> str | None:
        """Return it in one sentence."""
        told = self.as_json()
        if told is None or self.against is None:
            return None
        which = f"the {'accepted' if told['accepted'] else 'earlier'} audit {told['audit'][:12]}"
        if self.comparison is None:
            return f"Not compared with {which}: {self.cause}"
        drifted = ", ".join(told["drifted"]) or "none"
        reasons = f"; first reasons moved {told['reasons']['reading']}" if "reasons" in told else ""
        return (
            f"Compared with {which}: {told['findings_changed']} findings changed, {told['worse']} for the "
            f"worse; drift: {drifted}{reasons}."
        )


def afterwards(ledger: Ledger, audit: Audit) -> Afterwards:
    """Compare an audit with the last accepted one of its kind, else with the one before it."""
    against = releases.held_to(ledger, audit)
    turned = watch.not_met(ledger, audit, against)
    alerts = (turned,) if turned is not None else ()
    if against is None:
        return Afterwards(None, None, None, alerts)
    moved = ledger.figures(audit.audit).get("reason_drift")
    reasons = moved.body if moved is not None else None
    try:
        found = compare(ledger, against.audit.audit, audit.audit)
    except AuditError as error:
        # What was sealed stands; an earlier audit whose rows went is no reason to call this one failed.
        return Afterwards(against, None, f"{type(error).__name__}: {error}", alerts)
    flipped = watch.flipped(audit, found)
    return Afterwards(against, found, None, (*alerts, flipped) if flipped is not None else alerts, reasons)
