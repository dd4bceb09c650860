"""``plainspoken packs``: known regulations, their state on a day, and what needs a lawyer's look."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from audit.law import Look, PackLaw


def packs(
    names: list[str] | None = typer.Argument(
        None, help="Packs, or folders of house policies; by default all that are known."
    ),
    as_of: str | None = typer.Option(
        None, "--as-of", metavar="DATE", help="The day whose law is told; by default today (UTC)."
    ),
    stale: bool = typer.Option(False, "--stale", help="List what a lawyer should look at, and why."),
    older_than: int = typer.Option(
        180, "--older-than", metavar="DAYS", min=0, help="With --stale: days since the last look."
    ),
    ahead: int = typer.Option(
        180, "--ahead", metavar="DAYS", min=0, help="With --stale: how far ahead beginnings are told."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List the regulations that are known, their state on a day, and when their law was last checked.

    Named ones are told item by item.
    """
    from audit.law import law_of, looks
    from audit.policy import known_packs

    day = _day(as_of)
    versions = {one.name: one for one in known_packs()}
    found = law_of(names or list(versions))
    if stale:
        due = looks(found, day, older_than=older_than, ahead=ahead)
        typer.echo(json.dumps(_due(due, day)) if as_json else "\n".join(_in_words(due, day)))
        return
    if as_json:
        digests = {name: one.digest for name, one in versions.items()}
        typer.echo(
            json.dumps({"day": day.isoformat(), "packs": [_as_json(one, day, digests) for one in found]})
        )
        return
    for pack in found:
        typer.echo("\n".join(_told(pack, day, whole=bool(names))))


def _day(text: str | None) -> dt.date:
    from audit.errors import UsageError

    if text is None:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of: {text!r} is no date. Write it as 2026-11-20.") from None


def _told(pack: PackLaw, day: dt.date, *, whole: bool) -> list[str]:
    from audit.law import state

    entry = pack.entry
    lines = [f"{pack.name:<16} {pack.state(day)}; checked {entry.as_of.isoformat()}  {entry.title}"]
    if not whole:
        return lines
    lines.append(
        f"  requirements, texts and terms: {pack.begun(day)} hold, {pack.to_come(day)} begin or change later"
    )
    lines += [f"  source: {source}" for source in entry.sources]
    for name, item in pack.items.items():
        lines += [
            f"  {name}: {item.title}",
            f"    {state(item, day)}; {item.confidence} confidence; checked {item.checked}; {item.source}",
        ]
        lines += [f"    to verify: {item.verify}"] if item.verify else []
        lines += [f"    awaited on {one.on}: {one.what}" for one in item.awaited]
    return lines


def _as_json(pack: PackLaw, day: dt.date, digests: dict[str, str]) -> dict[str, Any]:
    from audit.law import state

    entry = pack.entry
    return {
        "pack": pack.name,
        "title": entry.title,
        "as_of": entry.as_of.isoformat(),
        "digest": digests.get(pack.name),
        "from": None if entry.since is None else entry.since.isoformat(),
        "until": None if entry.until is None else entry.until.isoformat(),
        "status": entry.status,
        "state": pack.state(day),
        "sources": list(entry.sources),
        "hold": pack.begun(day),
        "to_come": pack.to_come(day),
        "law": [
            {"item": name, "state": state(item, day), **item.model_dump(mode="json", by_alias=True)}
            for name, item in pack.items.items()
        ],
    }


def _due(due: tuple[Look, ...], day: dt.date) -> dict[str, Any]:
    rows = [
        {"pack": one.pack, "item": one.item, "why": one.why, "title": one.title, "source": one.source}
        for one in due
    ]
    return {"day": day.isoformat(), "stale": rows}


def _in_words(due: tuple[Look, ...], day: dt.date) -> list[str]:
    if not due:
        return [f"As of {day}, nothing needs a look."]
    lines = [f"As of {day}, {len(due)} things need a lawyer's look:"]
    before = None
    for one in due:
        if (one.pack, one.item) != before:
            lines.append(f"{one.pack} · {one.item}: {one.title}")
            before = one.pack, one.item
        lines.append(f"  {one.why}")
    return lines
