"""What can go wrong, split by whose move it is next.

Every message a user reads has the form ``file:line: place: fact. Way out.``
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where it stands, and what to do about it.

    Parameters
    ----------
    file : str
        The file as the user named it.
    line : int or None
        1-based line, where one is known.
    place : str
        The path inside the file (``protected.age``), or the part at fault.
    fact : str
        What is so, without a full stop at its end.
    way_out : str
        What the user can do, without a full stop at its end.
    """

    file: str
    line: int | None
    place: str
    fact: str
    way_out: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line is not None else self.file
        place = f"{self.place}: " if self.place else ""
        return f"{where}: {place}{self.fact}. {self.way_out}."


class AuditError(Exception):
    """An error in the run; a retry is safe. The parent of all of ours."""

    exit_code = 1


class UsageError(AuditError):
    """The command was asked for something that it cannot do; the caller's move."""

    exit_code = 2


class ConfigError(AuditError):
    """The config, the dictionary or a policy has faults; all of them, at once."""

    exit_code = 2

    def __init__(self, faults: Fault | tuple[Fault, ...]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else faults
        super().__init__("\n".join(str(fault) for fault in self.faults))


class PolicyError(ConfigError):
    """A policy pack has faults; the pack author's move."""


class DataError(AuditError):
    """The data cannot be audited as they are; the data owner's move."""

    exit_code = 2


class ModelError(AuditError):
    """The model cannot be opened, or answers what no score can be; the model owner's move."""

    exit_code = 2


class LedgerError(AuditError):
    """The ledger cannot be read or written now."""


class SchemaError(LedgerError):
    """The ledger's schema is older or newer than this program."""

    exit_code = 78


class EvidenceError(LedgerError):
    """What is stored is not what was sealed."""

    exit_code = 4


class GoneError(LedgerError):
    """What was asked for was erased or purged, and the ledger says when and why; no retry brings it back."""

    exit_code = 2


class BusyError(LedgerError):
    """Another run holds this audit."""

    exit_code = 75


class FencedError(LedgerError):
    """This run lost its lease to another and may not write."""

    exit_code = 76
