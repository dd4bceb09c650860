"""After an audit: what changed since the one that it is held to, and what of it is to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audit.compare import Comparison, compare
from audit.errors import AuditError
from audit.ledger import Ledger
from audit.ledger.alerts import Alert
from audit.record import Audit
from audit.schedule import watch
from audit.schedule.watch import Baseline


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What follows from an audit; ``comparison`` is None where there is nothing to compare with."""

    against: Baseline | None
    comparison: Comparison | None
    cause: str | None  # why it was not compared, where it should have been
    alerts: tuple[Alert, ...]

    def as_json(self) -> dict[str, Any] | None:
        """Return it in short, for machines; ``plainspoken compare`` tells the whole."""
        if self.against is None:
            return None
        told: dict[str, Any] = {
            "audit": self.against.audit.audit,
            "accepted": self.against.release is not None,
            "cause": self.cause,
        }
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
        return (
            f"Compared with {which}: {told['findings_changed']} findings changed, {told['worse']} for the "
            f"worse; drift: {drifted}."
        )


def afterwards(ledger: Ledger, audit: Audit) -> Afterwards:
    """Compare an audit with the last accepted one of its kind, else with the one before it."""
    against = watch.baseline(ledger, audit)
    turned = watch.not_met(ledger, audit, against)
    alerts = (turned,) if turned is not None else ()
    if against is None:
        return Afterwards(None, None, None, alerts)
    try:
        found = compare(ledger, against.audit.audit, audit.audit)
    except AuditError as error:
        # What was sealed stands; an earlier audit whose rows went is no reason to call this one failed.
        return Afterwards(against, None, f"{type(error).__name__}: {error}", alerts)
    flipped = watch.flipped(audit, found)
    return Afterwards(against, found, None, (*alerts, flipped) if flipped is not None else alerts)
