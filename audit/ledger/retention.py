"""When records may go, and when they must: retention terms, counted from the notice.

The time runs from the notice of the decision. Where no letter was issued from this ledger the
notice is taken to have gone out at the last moment at which it was due, or when the audit was
sealed, whichever is later: a doubt keeps a record longer, never shorter.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import UsageError
from audit.ledger import shapes, tables
from audit.ledger.columns import is_named
from audit.ledger.database import reading, records
from audit.ledger.read import rows_of
from audit.record import RetentionTerm

if TYPE_CHECKING:
    from audit.ledger import Ledger

Terms = Callable[[str], Sequence[RetentionTerm]]  # audit -> the terms that hold for it today


@dataclass(frozen=True, slots=True)
class Ground:
    """Why something of a person must be kept: a decision, the term, its source, the last day."""

    audit: str
    decision: str
    term: RetentionTerm
    kept_until: dt.date

    @property
    def source(self) -> str:
        """Who says so."""
        assert self.term.at_least is not None
        return self.term.at_least.source


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the day so many months later; the month's last day where it has no such day.

    >>> months_after(dt.date(2026, 1, 31), 25)
    datetime.date(2028, 2, 29)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_force(ledger: Ledger, as_of: dt.date, folder: Path | None = None) -> Terms:
    """Return, for each audit, the terms of its packs that are in force on a day.

    Parameters
    ----------
    folder : Path, optional
        Where the folders of house policies lie, as the audits' configs name them.

    Raises
    ------
    UsageError
        When an audit is asked for whose house policy is not found: its terms are not known, and
        what may have to be kept is not let go.
    """
    from audit.errors import PolicyError
    from audit.policy import known_packs
    from audit.retention import load_retention

    known = {pack.name for pack in known_packs()}
    made: dict[str, tuple[RetentionTerm, ...]] = {}

    def terms(audit: str) -> tuple[RetentionTerm, ...]:
        if audit not in made:
            config, sealed = _config_and_packs(ledger, audit)
            asked = [str(name) for name in config.get("policies", ())]
            names = [name for name in sealed if name in known]
            for name in sealed:
                if name not in known:
                    names.append(next((one for one in asked if Path(one).name == name), f"{name}/"))
            try:
                loaded = load_retention(names or asked, as_of, folder)
            except PolicyError as error:
                raise UsageError(
                    f"audit {audit[:12]}: how long its records are kept cannot be told ({error}). "
                    "Name the folder of its config with --policies FOLDER."
                ) from error
            purpose = (config.get("record") or {}).get("purpose", "consumer")
            purpose = purpose if purpose in ("consumer", "business") else "consumer"
            made[audit] = tuple(term for term in loaded if term.purpose in (None, purpose))
        return made[audit]

    return terms


def _config_and_packs(ledger: Ledger, audit: str) -> tuple[Mapping[str, Any], list[str]]:
    seals, found = tables.seals, ledger.find(audit)
    with reading(ledger.engine) as connection:
        entry = connection.scalar(sa.select(seals.c.entry).where(seals.c.audit == audit))
        packs = rows_of(connection, tables.packs, entry) if entry is not None else ()
        return found.config, [row["name"] for row in packs]


# --- from when the time runs ---------------------------------------------------------------------


def decisions_of(connection: Connection, person: bytes) -> Sequence[Mapping[str, Any]]:
    """Return each decision that a person takes part in, with its audit and what dates it."""
    people, decided, parts = tables.decision_persons, tables.decisions, tables.parts
    query = (
        sa.select(parts.c.audit, decided.c.decision, decided.c.due_on)
        .join(decided, (decided.c.entry == people.c.entry) & (decided.c.pos == people.c.place))
        .join(parts, parts.c.entry == people.c.entry)
        .where(is_named(people.c.person, person))
        .order_by(parts.c.entry, decided.c.pos)
    )
    return records(connection.execute(query))


def noticed_on(connection: Connection, audit: str, decision: bytes, due_on: str | None) -> dt.date:
    """Return the day of the notice of a decision, or the latest day that it can have been."""
    letters = tables.documents
    last = connection.scalar(
        sa.select(sa.func.max(letters.c.sent_at)).where(
            letters.c.audit == audit, letters.c.decision == decision, letters.c.draft == 0
        )
    )
    return _day(last) if last is not None else _at_the_latest(decided_on(connection, audit), due_on)


def decided_on(connection: Connection, audit: str) -> dt.date:
    """Return the day on which an audit was sealed (opened, where it was not): its decisions are older.

    Raises
    ------
    UsageError
        Where the audit has neither.
    """
    seals, audits = tables.seals, tables.audits
    at = connection.scalar(sa.select(seals.c.sealed_at).where(seals.c.audit == audit))
    if at is None:
        at = connection.scalar(sa.select(audits.c.opened_at).where(audits.c.audit == audit))
    if at is None:
        raise UsageError(
            f"audit {audit[:12]}: it is not sealed and names no day, so how long its records are kept "
            "cannot be told. Finish the run first."
        )
    return _day(at)


def _day(at: int) -> dt.date:
    moment = shapes.moment(at)
    assert moment is not None
    return moment.date()


def _at_the_latest(sealed_on: dt.date, due_on: str | None) -> dt.date:
    return max(sealed_on, dt.date.fromisoformat(due_on)) if due_on else sealed_on


def grounds(connection: Connection, person: bytes, terms: Terms, today: dt.date) -> list[Ground]:
    """Return what keeps a person's records beyond today: minima of the law alone, the longest last."""
    found = []
    for row in decisions_of(connection, person):
        noticed = noticed_on(connection, row["audit"], row["decision"], row["due_on"])
        for term in terms(row["audit"]):
            least = term.at_least
            if least is None or least.kind != "law" or not {"application", "notice"} & set(term.covers):
                continue
            until = months_after(noticed, least.months)
            if until >= today:
                found.append(Ground(row["audit"], row["decision"].hex(), term, until))
    return sorted(found, key=lambda ground: ground.kept_until)


def last_notice(connection: Connection, audit: str, entry: int) -> dt.date:
    """Return the latest notice of all decisions of a part."""
    decided, letters = tables.decisions, tables.documents
    due = connection.scalar(sa.select(sa.func.max(decided.c.due_on)).where(decided.c.entry == entry))
    sent = connection.scalar(
        sa.select(sa.func.max(letters.c.sent_at))
        .join(decided, decided.c.decision == letters.c.decision)
        .where(decided.c.entry == entry, letters.c.audit == audit, letters.c.draft == 0)
    )
    days = [_at_the_latest(decided_on(connection, audit), due)]
    return max(*days, _day(sent)) if sent is not None else days[0]


def goes_on(
    terms: Iterable[RetentionTerm], kind: str, noticed: dt.date
) -> tuple[dt.date, RetentionTerm] | None:
    """Return the first day on which records of this kind go, and the term by which; None for never.

    That is after the shortest maximum, and never before every minimum is over, of any kind.
    """
    covering = [term for term in terms if kind in term.covers]
    ends = [
        (months_after(noticed, term.at_most.months), term) for term in covering if term.at_most is not None
    ]
    if not ends:
        return None
    end, term = min(ends, key=lambda pair: pair[0])
    kept = [months_after(noticed, t.at_least.months) for t in covering if t.at_least is not None]
    return max([end, *kept]) + dt.timedelta(days=1), term


def rows(terms: Iterable[RetentionTerm]) -> list[dict[str, Any]]:
    """Return the rows by which an entry seals the terms that it applied, each once."""
    return [_row(term) for term in dict.fromkeys(terms)]


def _row(term: RetentionTerm) -> dict[str, Any]:
    def said() -> Iterator[tuple[str, Any]]:
        for name in ("at_least", "at_most"):
            kept = getattr(term, name)
            yield f"{name}_months", kept and kept.months
            yield f"{name}_since", kept and kept.since.isoformat()
            yield f"{name}_kind", kept and kept.kind
            yield f"{name}_source", kept and kept.source

    return {"term": term.term, "title": term.title, "covers": " ".join(term.covers), **dict(said())}
