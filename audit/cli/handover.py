"""``plainspoken handover``: letters in one file for a printer, who has them, and until when."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.ledger.handovers import Handover

handover = typer.Typer(
    help="Letters in one file for a printer, who has them, and until when.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_JSON = typer.Option(False, "--json", help="Print one JSON object.")
_LEDGER = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP)
_BY = typer.Option(..., "--by", metavar="NAME", help="Who answers for it; kept in the log.")
_CHANNELS = ("mail", "email", "portal")


@handover.command("bind")
def bind(
    folder: Path = typer.Argument(..., metavar="DIR", help="A folder that plainspoken letters wrote."),
    file: Path = typer.Argument(
        ..., metavar="FILE.pdf", help="The bound file; its list lies beside it as .csv."
    ),
    channel: list[str] | None = typer.Option(
        None, "--channel", metavar="WAY", help="Bind what goes by mail, email or portal. Default: mail."
    ),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Bind a folder's letters into one PDF, a bookmark each, with the list that a mail-merge reads."""
    from audit.cli import print_file
    from audit.cli.place import open_ledger
    from audit.cli.progress import progress_bars

    for one in channel or ():
        if one not in _CHANNELS:
            raise UsageError(f"--channel: '{one}' is none. Use {', '.join(_CHANNELS)}.")
    print_file.refuse_taken(file)
    with open_ledger(ledger) as opened, progress_bars(quiet=as_json) as progress:
        made = print_file.bind(
            opened,
            folder,
            file,
            at=dt.datetime.now(dt.UTC),
            channels=channel or ("mail",),
            progress=progress,
        )
    typer.echo(json.dumps(made.as_json()) if as_json else made.in_words())


@handover.command("give")
def give(
    paths: list[Path] = typer.Argument(
        ..., metavar="FILE.pdf|DIR…", help="Bound files, each with its list beside it, or folders of letters."
    ),
    to: str = typer.Option(
        ..., "--to", metavar="NAME", help="Which house has them; kept in the log. Not a person's name."
    ),
    until: str = typer.Option(
        ..., "--until", metavar="DATE", help="The last day; then they are returned or destroyed."
    ),
    by: str = _BY,
    on: str | None = typer.Option(None, "--on", metavar="DATE", help="The day of it. Default: today."),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Record that letters are handed to somebody: which files, how many letters, to whom, until when."""
    from audit.cli.handed import letters_in
    from audit.cli.place import open_ledger
    from audit.ledger import handovers

    now = dt.datetime.now(dt.UTC)
    day, last = _day("--on", on), _day("--until", until)
    _past("--on", day)
    if last < dt.date.today():
        raise UsageError(
            f"--until: {last} is past, so they would have to be gone already. Name a day to come."
        )
    with open_ledger(ledger) as opened:
        found = list(letters_in(opened, paths))
        files = dict.fromkeys(one for hashes, _ in found for one in hashes)
        letters = {one.sha256: one for _, them in found for one in them}
        given = handovers.give(
            opened, list(letters.values()), list(files), to=to, on=day, until=last, by=by, at=now
        )
    _tell((given,), as_json)


@handover.command("close")
def close(
    name: str = typer.Argument(..., metavar="HANDOVER", help="Its name, as handover list shows it."),
    how: str = typer.Option(..., "--how", metavar="END", help="returned or destroyed, as they confirm it."),
    by: str = _BY,
    on: str | None = typer.Option(None, "--on", metavar="DATE", help="The day of it. Default: today."),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Record that what was handed over came back or was destroyed; from then on it is not open."""
    from audit.cli.place import open_ledger
    from audit.ledger import handovers

    end = next((one for one in handovers.ENDS if one == how), None)
    if end is None:
        raise UsageError(f"--how: '{how}' is no end of a handover. Use {' or '.join(handovers.ENDS)}.")
    day = _day("--on", on)
    _past("--on", day)
    with open_ledger(ledger) as opened:
        closed = handovers.close(opened, name, end, on=day, by=by, at=dt.datetime.now(dt.UTC))
    _tell((closed,), as_json)


@handover.command("list")
def list_(
    closed: bool = typer.Option(False, "--closed", help="Those that were closed too."),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """List what is with others; 3 where some of it is past its day."""
    from audit.cli.place import open_ledger
    from audit.ledger import handovers

    with open_ledger(ledger) as opened:
        found = handovers.handovers(opened, closed=closed)
    _tell(found, as_json)
    today = dt.date.today()
    raise typer.Exit(3 if any(one.end is None and one.until < today for one in found) else 0)


def in_words(one: Handover) -> str:
    """Return a handover in a line."""
    letters = f"{one.letters} letter{'' if one.letters == 1 else 's'}"
    files = f"{len(one.files)} file{'' if len(one.files) == 1 else 's'}"
    told = f"{one.handover}: {letters} in {files} with {one.to} since {one.on}, until {one.until}"
    if one.end is not None:
        return f"{told}; {one.end} on {one.ended_on}, by {one.ended_by}"
    return f"{told}; log entry {one.entry}"


def _tell(found: Sequence[Handover], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"handovers": [one.as_json() for one in found]}))
    else:
        typer.echo("\n".join(map(in_words, found)) if found else "Nothing is with others.")


def _day(option: str, text: str | None) -> dt.date:
    try:
        return dt.date.fromisoformat(text) if text else dt.date.today()
    except ValueError as error:
        raise UsageError(f"{option}: '{text}' is no date. Write it as 2026-11-20.") from error


def _past(option: str, day: dt.date) -> None:
    if day > dt.date.today():
        raise UsageError(f"{option}: {day} is still to come. Record it on that day.")
