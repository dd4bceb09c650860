"""Which letter a decision asks for, from its record alone, and the clause that says so.

The order is that of the law: where somebody lives whose law asks, what happened, who is told. A
letter that answers a request (``Kind.on_request``) is never chosen; whoever answers asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reports.kinds import adverse_action
from reports.mandatory import RECORD, Gap

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Role

NO_NOTICE = "comment 9-2"


class Choice(NamedTuple):
    """A kind of letter, and why it is this one."""

    kind: str
    why: str
    source: str


def jurisdiction(case: CaseFile) -> str:
    """Return whose law the record names: us, eu, uk; empty where it says nothing."""
    return case.record.get("jurisdiction", "").strip().lower()


def choose(decision: Decision, case: CaseFile, role: Role | None = None) -> Choice | Gap:
    """Return the kind of letter that is due to a person, or why none is.

    Parameters
    ----------
    role : the person's part in the application; None: whoever of its applicants
    """
    where = jurisdiction(case)
    if where in ("", "us"):
        return _us(decision)
    return Gap(f"record.jurisdiction is {where}: letters of this place are not built yet", RECORD)


def _us(decision: Decision) -> Choice | Gap:
    if gap := adverse_action.of_the_decision(decision):
        return gap
    return Choice("adverse_action", "adverse action on consumer credit", "12 CFR 1002.2(c), 1002.9(a)(1)")
