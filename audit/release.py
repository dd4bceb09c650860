"""What a batch takes from the audit that was accepted, and is held to.

A batch that says ``release: AUDIT`` need not say again which model, dictionary, cutoff, method and
reference it runs with: they are those of the accepted audit. What it says all the same must be equal;
the files behind it too, whatever their names (``check.released``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.config import Config, Lines, ReleaseSeen
from audit.errors import ConfigError, Fault, LedgerError, UsageError
from audit.pinned import written

if TYPE_CHECKING:
    from audit.config.load import Complete
    from audit.ledger import Ledger
    from audit.record import Audit

_DECISION = ("adverse", "cutoff", "at_cutoff")


def completing(url: str) -> Complete:
    """Return what puts into a config the parts that its release gives, out of the ledger at ``url``."""
    return partial(_completed, url)


def _completed(
    url: str, data: dict[str, Any], lines: Lines, folder: Path
) -> tuple[dict[str, Any], list[Fault]]:
    named = data.get("release")
    if not isinstance(named, str):
        return data, []  # no id; the schema says so
    try:
        with _ledger(url) as ledger:
            audit = _accepted(ledger, named)
            references = sorted(one.digest for one in ledger.references(audit))
    except UsageError as error:
        fact, _, way_out = str(error).rpartition(". ")
        return data, [lines.fault(("release",), fact, way_out)]
    filled: dict[str, Any] = {**data, "release": audit.audit}
    sealed: Mapping[str, Any] = audit.config
    for key in ("model", "dictionary"):
        if filled.get(key) is None and sealed.get(key) is not None:
            filled[key] = sealed[key]
    decision = _section(data.get("decision"))
    explain = _section(data.get("explain"))
    if decision is None or explain is None:
        return filled, []
    accepted = sealed.get("decision") or {}
    filled["decision"] = {
        **{key: accepted[key] for key in _DECISION if accepted.get(key) is not None},
        **decision,
    }
    reasons = _section(explain.get("reasons"))
    if reasons is not None:
        explain["reasons"] = {**((sealed.get("explain") or {}).get("reasons") or {}), **reasons}
    if explain.get("reference") is None and references:
        if len(references) > 1:
            fact = f"release {audit.audit[:12]} has {len(references)} references, one for each cutoff"
            way_out = "Name the one of this batch: explain.reference.pinned: {from: AUDIT, sha256: …}"
            return filled, [lines.fault(("release",), fact, way_out)]
        few = ((sealed.get("explain") or {}).get("reference") or {}).get("min_rows")
        pinned = {"kind": "pinned", "pinned": {"from": audit.audit, "sha256": references[0]}}
        explain["reference"] = pinned if few is None else {**pinned, "min_rows": few}
    filled["explain"] = explain
    return filled, []


def release_of(config: Config, url: str) -> ReleaseSeen | None:
    """Return what was pinned together in the release that a config names; None where it names none.

    Raises
    ------
    ConfigError
        Where no such audit was accepted.
    """
    if config.release is None:
        return None
    try:
        with _ledger(url) as ledger:
            audit = _accepted(ledger, config.release)
            known = tuple(sorted(one.digest for one in ledger.references(audit)))
            pinned = config.explain.reference.pinned
            if pinned is not None and pinned.sha256 not in known:
                known = (*known, *_as_files(ledger, audit))
            sealed: Mapping[str, Any] = audit.config
            return ReleaseSeen(
                audit=audit.audit,
                model_digest=audit.model.digest,
                output=(sealed.get("model") or {}).get("output"),
                codes=ledger.codes(audit),
                decision={key: (sealed.get("decision") or {}).get(key) for key in _DECISION},
                reasons=(sealed.get("explain") or {}).get("reasons") or {},
                references=known,
            )
    except UsageError as error:
        fact, _, way_out = str(error).rpartition(". ")
        raise ConfigError(config.lines.fault(("release",), fact, way_out)) from error


def _ledger(url: str) -> Ledger:
    from audit.ledger import Ledger
    from audit.ledger.database import is_empty

    if is_empty(url):
        raise UsageError("there is no ledger, so no audit was accepted. Name the ledger that holds it")
    return Ledger.open(url)


def _accepted(ledger: Ledger, named: str) -> Audit:
    from audit.ledger import releases

    return ledger.find(releases.named(ledger, named).audit)


def _as_files(ledger: Ledger, audit: Audit) -> tuple[str, ...]:
    """Return the digests that the references have once they are written into files of their own."""
    try:
        return tuple(
            hashlib.sha256(
                written(one, ledger.reference_rows(audit, one.digest), audit.model.digest)
            ).hexdigest()
            for one in ledger.references(audit)
        )
    except LedgerError:
        return ()  # the rows are locked, and the key file is not at hand: such a file cannot be known


def _section(value: Any) -> dict[str, Any] | None:
    """Return a copy of a section; None where what stands there is none, which the schema says."""
    return dict(value) if isinstance(value, Mapping) else {} if value is None else None
