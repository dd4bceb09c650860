"""Why an audit that ran by itself failed: in words for the log, and in full for the terminal.

Why so: an entry of the log never goes, and an alert is read by many. A message of data or model may
quote a cell of somebody's row, so it is printed where the run was, and not kept.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from audit.errors import AuditError, ConfigError
from audit.ledger.alerts import Alert


def cause(error: Exception) -> str:
    """Return why a run failed, as the log may keep it for good."""
    if isinstance(error, ConfigError):
        first = error.faults[0]
        more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
        return f"{Path(first.file).name}: {first.place or 'config'}: {type(error).__name__}{more}"
    if isinstance(error, AuditError):
        return f"{type(error).__name__}; its words are in the scheduler's own log"
    return f"{type(error).__name__} at {_place(error)}"


def in_full(error: Exception) -> str:
    """Return it as the terminal may show it."""
    return str(error) if isinstance(error, AuditError) else f"{type(error).__name__} at {_place(error)}"


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def alert(config: Path, slot: str, error: AuditError) -> Alert:
    """Say that a run which another scheduler called failed."""
    return Alert(
        f"failed/{config.name}/{slot}",
        "failed",
        f"{config.name}: the audit failed",
        f"Slot {slot} ended with exit code {error.exit_code}: {cause(error)}",
    )
