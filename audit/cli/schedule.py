"""``plainspoken schedule``: which audits run by themselves, and when."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import UsageError

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.schedules import Schedule

schedule = typer.Typer(
    help="Audits that run by themselves: add, list, pause, resume, remove.", no_args_is_help=True
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BY = "Who answers for it. Default: the user of this machine."


@schedule.command("add")
def add(
    config: Path = typer.Argument(..., metavar="AUDIT.YAML", help="The config to run."),
    cron: str | None = typer.Option(
        None, "--cron", metavar="FIELDS", help="Minute, hour, day, month, weekday: '30 1 * * *'."
    ),
    every: str | None = typer.Option(
        None, "--every", metavar="INTERVAL", help="30m, 6h, 1d or 2w, counted from local midnight."
    ),
    zone: str = typer.Option(..., "--zone", metavar="ZONE", help="IANA zone of the clock: Europe/Berlin."),
    name: str | None = typer.Option(None, "--name", metavar="NAME", help="Default: the config's name."),
    missed: str = typer.Option(
        "latest", "--missed", metavar="POLICY", help="Of slots that were missed run: latest, all or skip."
    ),
    out: Path | None = typer.Option(
        None, "--out", metavar="DIR", help="Folder in which each slot gets a folder with its report."
    ),
    reason: str = typer.Option("", "--reason", metavar="TEXT", help="Why it is scheduled; goes in the log."),
    by: str | None = typer.Option(None, "--by", metavar="NAME", help=_BY),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Let an audit run by itself; plainspoken tick does it, called by any scheduler."""
    from audit.cli.place import open_ledger
    from audit.config import load_config
    from audit.config.images import is_of_images, load_images_config
    from audit.ledger import schedules
    from audit.schedule.cron import parse
    from audit.schedule.slots import POLICIES
    from audit.schedule.slots import zone as zone_of

    if (cron is None) == (every is None):
        raise UsageError("--cron, --every: give one of them, to say when the audit is due.")
    if missed not in POLICIES:
        raise UsageError(f"--missed: {missed!r} is no policy. Use {', '.join(POLICIES)}.")
    called = name if name is not None else config.stem
    if not _NAME.fullmatch(called):
        raise UsageError(f"--name: {called!r} is no name. Use letters, digits, dots, - and _.")
    expression = cron if cron is not None else f"every {(every or '').strip()}"
    now = dt.datetime.now(dt.UTC)
    parse(expression, now.astimezone(zone_of(zone)).date())
    if is_of_images(config):
        load_images_config(config)
    else:
        load_config(config)
    with open_ledger(ledger, config.absolute().parent, create=True) as opened:
        added = schedules.add(
            opened,
            called,
            config=str(config.absolute()),
            expression=" ".join(expression.split()),
            zone=zone,
            missed=missed,
            out=str(out.absolute()) if out is not None else None,
            reason=reason,
            by=by or getpass.getuser(),
            at=now,
        )
        _say(as_json, "added", opened, added)


@schedule.command("list")
def list_schedules(
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List the schedules: when each is due next, and how its last slot ended."""
    from audit.cli.place import open_ledger
    from audit.ledger import schedules

    with open_ledger(ledger) as opened:
        shown = [_shown(opened, one) for one in schedules.schedules(opened)]
    if as_json:
        typer.echo(json.dumps({"schedules": shown}))
        return
    if not shown:
        typer.echo("No schedule yet. Add one with plainspoken schedule add.")
    for one in shown:
        last = one["last"]
        ended = f"last {last['slot']}: {last['state']}" if last else "not run yet"
        due = f"next {one['next']}" if not one["paused"] else f"paused by {one['paused']['by']}"
        typer.echo(f"{one['name']}  {one['expression']}  {one['zone']}  {due}  {ended}")


@schedule.command("pause")
def pause(
    name: str = typer.Argument(..., metavar="NAME", help="The schedule."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why it rests; goes in the log."),
    by: str | None = typer.Option(None, "--by", metavar="NAME", help=_BY),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Let a schedule rest; its slots are skipped meanwhile, each with an entry in the log."""
    _act("pause", name, reason, by, ledger, as_json)


@schedule.command("resume")
def resume(
    name: str = typer.Argument(..., metavar="NAME", help="The schedule."),
    reason: str = typer.Option("", "--reason", metavar="TEXT", help="Why it runs again; goes in the log."),
    by: str | None = typer.Option(None, "--by", metavar="NAME", help=_BY),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Let a schedule run again."""
    _act("resume", name, reason, by, ledger, as_json)


@schedule.command("remove")
def remove(
    name: str = typer.Argument(..., metavar="NAME", help="The schedule."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why it goes; goes in the log."),
    by: str | None = typer.Option(None, "--by", metavar="NAME", help=_BY),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Take a schedule away; the audits that it ran stay."""
    _act("remove", name, reason, by, ledger, as_json)


def _act(act: str, name: str, reason: str, by: str | None, ledger: str | None, as_json: bool) -> None:
    from audit.cli.place import open_ledger
    from audit.ledger import schedules

    done = {"pause": schedules.pause, "resume": schedules.resume, "remove": schedules.remove}[act]
    with open_ledger(ledger) as opened:
        found = done(opened, name, reason=reason, by=by or getpass.getuser(), at=dt.datetime.now(dt.UTC))
        _say(as_json, f"{act}d", opened, found)


def _say(as_json: bool, done: str, ledger: Ledger, one: Schedule) -> None:
    shown = _shown(ledger, one)
    if as_json:
        typer.echo(json.dumps({"done": done, "schedule": shown}))
    elif done in ("added", "resumed"):
        typer.echo(f"{one.name}: {done}. It is due next at {shown['next']}, when plainspoken tick is called.")
    else:
        typer.echo(f"{one.name}: {done}.")


def _shown(ledger: Ledger, one: Schedule) -> dict[str, Any]:
    from audit.ledger import slots
    from audit.schedule.cron import parse
    from audit.schedule.slots import next_slot, zone

    pattern = parse(one.expression, one.added_at.astimezone(zone(one.zone)).date())
    ahead = next_slot(pattern, one.zone, dt.datetime.now(dt.UTC))
    rows = slots.slots(ledger, one.name)
    last = rows[-1] if rows else None
    return {
        "name": one.name,
        "config": one.config,
        "expression": one.expression,
        "zone": one.zone,
        "missed": one.missed,
        "out": one.out,
        "added_at": one.added_at.isoformat(),
        "by": one.by,
        "reason": one.reason,
        "paused": one.paused
        and {"since": one.paused.since.isoformat(), "by": one.paused.by, "reason": one.paused.reason},
        "next": ahead.name,
        "next_due_at": ahead.due_at.isoformat(),
        "last": last
        and {
            "slot": last.slot,
            "state": last.act,
            "audit": last.audit,
            "exit_code": last.exit_code,
            "cause": last.cause,
        },
    }
