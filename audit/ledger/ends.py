"""How a held notice goes on: sent as it was ranked, decided anew, or not at all because it was withdrawn.

Nobody edits a reason. A second person, who neither answers for the audit nor asked for the end, says how
it goes on and why; the log keeps it, and the end is final.

Why so: R2 (12 CFR part 1002, comment 9(b)(2)-4) lets no principal factor be left out or swapped. So a
notice that a protected basis or a blocked proxy holds is sent as ranked only where counsel decided that the
true reason is told; any other way to a letter is a new decision. Where the reasons explain another decision
than the one taken, or do not add up to the score, or compare with too few applicants, they are not the true
ones, and no person's word makes them so: such a notice is decided anew or withdrawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from audit.errors import UsageError
from audit.ledger import events
from audit.ledger.database import writing
from audit.ledger.events import Event, Happening
from audit.record import Audit, Decision, HoldEnd

if TYPE_CHECKING:
    from audit.ledger import Ledger

ENDS: tuple[str, ...] = get_args(HoldEnd)

#: Causes under which a notice may be sent as ranked, and whose word it takes beside the second person's.
AS_RANKED = {
    "ranking_uncertain": "",
    "protected_basis": "counsel",
    "negative_age": "counsel",
    "blocked_proxy": "counsel",
}

_WHY_NOT = {
    "action_differs": "its record says two different actions, so it is not known what to tell",
    "decision_differs": "its reasons explain another decision than the one taken",
    "residual": "its contributions do not add up to the score, so the reasons are not those of the score",
    "reference_too_small": "its reasons come from a comparison with too few applicants",
    "reason_helped": "a reason of its vendor helped the applicant, so it is not why",
    "no_reason": "it has no reason to send",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How the holds of one call are to end.

    Parameters
    ----------
    by : who decides it
    opened_by : who asked for it; None: whoever answers for the audit
    counsel : who decided that the true reason is told, where a protected basis or a blocked proxy is held
    anew : of ``reconsidered``, the audit that holds the new record of the same application
    outcome : of ``reconsidered`` without a new record: a person decided, and only for the applicant
    """

    end: str
    by: str
    reason: str
    opened_by: str | None = None
    counsel: str | None = None
    anew: str | None = None
    outcome: str | None = None


def end(
    ledger: Ledger, audit: str, names: Sequence[str], wish: Wish, *, at: dt.datetime
) -> tuple[Event, ...]:
    """End the holds of some decisions, all of them or none; return the acts.

    Parameters
    ----------
    names : ids as in the data, or pseudonyms

    Raises
    ------
    UsageError
        Where one of them is not held, may not end so, or the second person is none.
    GoneError
        Where an applicant was erased: nobody is left to be told.
    """
    found = ledger.find(audit)
    _refuse_first_person(wish, found.owner)
    if not names:
        raise UsageError("held: no decision is named. Name those whose hold is to end.")
    held = [ledger.decision(found, name) for name in dict.fromkeys(names)]
    acts = [_act(ledger, found, one, wish) for one in held]
    with writing(ledger.engine) as connection:
        ended = {event.decision for event in events.select(connection, "hold_end", audit=found.audit)}
        for one in held:
            if one.decision in ended:
                raise UsageError(f"decision {one.decision}: its hold was ended meanwhile. An end is final.")
        entry = events.write(ledger, connection, found.audit, "hold_end", acts, at)
    written = events.events(ledger, "hold_end", audit=found.audit)
    return tuple(event for event in written if event.entry == entry)


def _refuse_first_person(wish: Wish, owner: str) -> None:
    events.need(by=wish.by, reason=wish.reason)
    if wish.end not in ENDS:
        raise UsageError(f"--end: '{wish.end}' is no end of a hold. Use {', '.join(ENDS)}.")
    for other, what in ((owner, "answers for the audit"), (wish.opened_by, "asked for it")):
        if other is not None and events.same_name(wish.by, other):
            raise UsageError(
                f"--by: {wish.by} {what}, and a hold is ended by a second person. Have another decide."
            )
    if wish.counsel is not None and wish.end != "send_as_ranked":
        raise UsageError("--counsel: it goes with send_as_ranked. Leave it out.")
    if wish.end != "reconsidered" and (wish.anew or wish.outcome):
        raise UsageError("--anew, --outcome: they go with reconsidered. Leave them out.")


def _act(ledger: Ledger, audit: Audit, one: Decision, wish: Wish) -> Happening:
    notice = one.notice
    if notice.state != "held":
        since = f" (it was ended: {notice.end})" if notice.end else ""
        raise UsageError(
            f"decision {one.decision}: its notice is {notice.state}{since}, not held. See plainspoken held."
        )
    subject, result = None, None
    if wish.end == "send_as_ranked":
        _refuse_as_ranked(one, wish.counsel)
    elif wish.end == "reconsidered":
        subject, result = _anew(ledger, audit, one, wish)
    return Happening(
        decision=one.decision,
        person=one.persons[0].person,
        state=wish.end,
        by=wish.by,
        kind=notice.cause,
        subject=subject,
        result=result,
        second=wish.counsel or wish.opened_by,
        words={"reason": wish.reason, **({"opened_by": wish.opened_by} if wish.opened_by else {})},
    )


def _refuse_as_ranked(one: Decision, counsel: str | None) -> None:
    cause = one.notice.cause or "no_reason"
    if cause not in AS_RANKED:
        raise UsageError(
            f"decision {one.decision}: held by {cause}: "
            f"{_WHY_NOT.get(cause, 'its reasons are not settled')}. End it with reconsidered or withdrawn."
        )
    # One cause is recorded of several, in their order; what comes after it is looked at here.
    if not one.reasons or any(not reason.statement.strip() for reason in one.reasons):
        raise UsageError(
            f"decision {one.decision}: {_WHY_NOT['no_reason']}. End it with reconsidered or withdrawn."
        )
    if AS_RANKED[cause] == "counsel" and not (counsel or "").strip():
        raise UsageError(
            f"decision {one.decision}: held by {cause}: its true reason is sent only where counsel decided "
            "so (12 CFR part 1002, comment 9(b)(2)-4; 1002.4(a)). Give --counsel NAME, or end it with "
            "reconsidered."
        )
    if AS_RANKED[cause] != "counsel" and counsel is not None:
        raise UsageError(f"--counsel: a notice held by {cause} takes a second person alone. Leave it out.")


def _anew(ledger: Ledger, before: Audit, one: Decision, wish: Wish) -> tuple[str | None, str]:
    """Return the new record (audit/decision) where there is one, and its outcome."""
    if (wish.anew is None) == (wish.outcome is None):
        raise UsageError(
            "reconsidered: it is not said what came of it. Give either --anew AUDIT, whose record of this "
            "application is the new one, or --outcome favourable."
        )
    if wish.anew is None:
        if wish.outcome != "favourable":
            raise UsageError(
                "--outcome: a person alone can only decide for the applicant. A refusal needs a record with "
                "its own reasons: decide on the application again, and give --anew AUDIT."
            )
        return None, "favourable"
    other = ledger.find(wish.anew)
    if other.audit == before.audit:
        raise UsageError("--anew: this is the audit that holds the notice. Name the one that decided anew.")
    if other.state != "sealed":
        raise UsageError(f"--anew: audit {other.audit[:12]} is not sealed. Let its run end first.")
    if other.sealed_at is not None and before.sealed_at is not None and other.sealed_at < before.sealed_at:
        raise UsageError(
            f"--anew: audit {other.audit[:12]} was sealed before this one, so it decided nothing anew. "
            "Name a later one."
        )
    new = ledger.decision(other, one.decision)
    if new.outcome == "none":
        raise UsageError(
            f"decision {one.decision}: audit {other.audit[:12]} decided nothing about it. Name one that did."
        )
    return f"{other.audit}/{new.decision}", new.outcome


def held(ledger: Ledger, audit: str) -> tuple[Decision, ...]:
    """Return the decisions of an audit whose notice is held now, the most urgent first."""
    last = dt.date.max
    found = ledger.decisions(audit, notice="held")
    return tuple(sorted(found, key=lambda one: (one.notice.due_on or last, one.seq, one.row)))
