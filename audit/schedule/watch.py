"""What is worth telling after an audit ran by itself, in words that name no person.

Why so: an alert goes to chats and mailboxes that many read. It names an audit, a slot, a duty and
counts; a finding about a protected group is counted there and named only in the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from audit.compare import Comparison
from audit.ledger import Ledger, alerts
from audit.ledger.alerts import Alert
from audit.ledger.releases import Baseline
from audit.ledger.slots import SlotRow
from audit.record import Audit, Finding

NEAR = dt.timedelta(days=5)  # a notice that is due so soon and not issued is told
LONG_PAST = dt.timedelta(days=7)  # one that is overdue for longer was told every day of that week

_NAMED = ("notice", "model_risk")  # access classes whose findings an alert may name
_SHOWN = 8


def turned(before: Iterable[Finding], now: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are ``not_met`` now and were not then."""
    was = {(one.requirement, one.attribute, one.group) for one in before if one.outcome == "not_met"}
    return tuple(
        one
        for one in now
        if one.outcome == "not_met" and (one.requirement, one.attribute, one.group) not in was
    )


def not_met(ledger: Ledger, audit: Audit, against: Baseline | None) -> Alert | None:
    """Say which requirements turned ``not_met``; None where none did."""
    before = ledger.findings(against.audit.audit) if against is not None else ()
    found = turned(before, ledger.findings(audit.audit))
    if not found:
        return None
    named = sorted({one.requirement for one in found if one.access in _NAMED})
    unnamed = len({(one.requirement, one.attribute, one.group) for one in found if one.access not in _NAMED})
    lines = [*(f"- {name}" for name in named[:_SHOWN])]
    if len(named) > _SHOWN:
        lines.append(f"- and {len(named) - _SHOWN} more")
    if unnamed:
        noun = "finding" if unnamed == 1 else "findings"
        lines.append(f"- {unnamed} {noun} of restricted access, named in the ledger alone")
    since = "in its first audit"
    if against is not None:
        word = "accepted" if against.release is not None else "earlier"
        since = f"since the {word} audit {against.audit.audit[:12]}"
    told = "\n".join([f"Not met now, and not {since}:" if against else f"Not met {since}:", *lines])
    where = f"plainspoken show {audit.audit[:12]}"
    return Alert(
        f"not_met/{audit.audit}",
        "not_met",
        f"{audit.name}: requirements turned not_met",
        f"{told}\n{where}" + (f"\nslot {audit.slot}" if audit.slot else ""),
    )


def flipped(audit: Audit, comparison: Comparison) -> Alert | None:
    """Say that the same applicants are told other main reasons (R21); None where few or none are."""
    found = comparison.flips
    if found is None or not found.alarms:
        return None
    then = comparison.then.audit[:12]
    lines = [
        f"Of {found.n:,} applicants refused here and in {then} with the same inputs, {found.main:,} "
        f"({found.share:.1%}) have another main reason now."
    ]
    lines += [f"- {was} then, {now} now: {n:,}" for was, now, n in found.pairs]
    changed = [one.name for one in comparison.versions if not one.name.startswith("environment")]
    if changed:
        lines.append(f"Changed since: {', '.join(changed[:_SHOWN])}")
    return Alert(
        f"flipped/{audit.audit}",
        "flipped",
        f"{audit.name}: reasons flipped",
        "\n".join([*lines, f"plainspoken compare {then} {audit.audit[:12]}"]),
    )


def failed(row: SlotRow) -> Alert:
    """Say that a run failed."""
    return Alert(
        f"failed/{row.schedule}/{row.slot}",
        "failed",
        f"{row.schedule}: the audit failed",
        f"Slot {row.slot} ended with exit code {row.exit_code}: {row.cause}",
    )


def missed(rows: Sequence[SlotRow]) -> Alert:
    """Say that slots of one schedule were skipped."""
    first, last = rows[0], rows[-1]
    span = f"Slot {last.slot}" if len(rows) == 1 else f"{len(rows)} slots, {first.slot} to {last.slot},"
    verb = "was" if len(rows) == 1 else "were"
    return Alert(
        f"missed/{last.schedule}/{last.slot}",
        "missed",
        f"{last.schedule}: {'a slot was' if len(rows) == 1 else 'slots were'} missed",
        f"{span} {verb} not run: {last.cause}",
    )


def deadline(ledger: Ledger, today: dt.date) -> Alert | None:
    """Say how many notices are due within days and were not issued; None where there is none."""
    n, earliest = alerts.notices_due(ledger, today - LONG_PAST, today + NEAR)
    if not n or earliest is None:
        return None
    late, _ = alerts.notices_due(ledger, today - LONG_PAST, today - dt.timedelta(days=1))
    overdue = f"; {late} of them {'is' if late == 1 else 'are'} overdue" if late else ""
    noun = "notice is" if n == 1 else "notices are"
    return Alert(
        f"deadline/{today.isoformat()}",
        "deadline",
        f"{n} {noun} near the deadline",
        # 12 CFR 1002.9(a)(1): 30 days after a completed application
        f"{n} {noun} not issued and due by {today + NEAR}, the first on {earliest}{overdue}.\n"
        "plainspoken letters AUDIT --unsent",
    )
