"""``plainspoken keys``: the key that signs checkpoints. Its private half never enters the database."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import LEDGER_HELP

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.signing import Home

keys = typer.Typer(
    help="Make, show or change the key that signs checkpoints.", no_args_is_help=True, rich_markup_mode=None
)
_JSON = typer.Option(False, "--json", help="Print one JSON object.")


@keys.command("new")
def new(
    out: Path = typer.Option(
        ..., "--out", metavar="FILE", help="Where the private half goes; readable by its owner alone."
    ),
    as_json: bool = _JSON,
) -> None:
    """Make a signing key of its own: for $PLAINSPOKEN_SIGN_KEY, or for keys rotate --to."""
    from audit.errors import UsageError
    from audit.ledger.notes import Signer, new_private_key
    from audit.ledger.people import place_secret

    line = new_private_key()
    if not place_secret(out, line + "\n"):
        raise UsageError(f"{out}: there is a file already, and keys are never overwritten. Name another.")
    public = Signer(line).public
    typer.echo(json.dumps({"file": str(out), "public_key": public}) if as_json else public)


@keys.command("show")
def show(
    public: bool = typer.Option(
        False, "--public", help="Print the public key in force and nothing else: to be kept elsewhere."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = _JSON,
) -> None:
    """Show the public keys that signed this ledger, and whether the private half is at hand."""
    from audit.cli.place import open_ledger
    from audit.ledger.database import reading
    from audit.ledger.proving import key_changes
    from audit.ledger.signing import in_force

    with open_ledger(ledger) as opened:
        with reading(opened.engine) as connection:
            chain = list(key_changes(connection))
        home = in_force(opened.key_file, opened.public_key)
        at_hand = home if home is not None and home.signer.public == opened.public_key else None
        origin = opened.origin
    if public:
        typer.echo(chain[-1][1])
        return
    where = at_hand.where if at_hand is not None else None
    open_to_others = _open_to_others(at_hand)
    if as_json:
        told = {
            "origin": origin,
            "public_key": chain[-1][1],
            "keys": [{"entry": entry, "public_key": line} for entry, line in chain],
            "private": where,
            "open_to_others": open_to_others,
        }
        typer.echo(json.dumps(told))
        return
    typer.echo(f"ledger   {origin}")
    for entry, line in chain:
        typer.echo(f"{'in force' if line == chain[-1][1] else 'before  '} {line}  since log entry {entry}")
    typer.echo(f"private  {where or 'not at hand on this machine: nothing can be signed here'}")
    if open_to_others:
        typer.echo(f"warning  {where} can be read by others than its owner. Run chmod 600 {where}")


def _open_to_others(home: Home | None) -> bool:
    return home is not None and home.file is not None and bool(home.file.stat().st_mode & 0o077)


@keys.command("rotate")
def rotate(
    to: Path | None = typer.Option(
        None, "--to", metavar="FILE", help="The new private key, of keys new. Default: one is made."
    ),
    signer: str | None = typer.Option(
        None, "--signer", metavar="NAME", help="The new key is that of this signer plug."
    ),
    people: bool = typer.Option(
        False, "--people", help="Change the key that wraps the persons' keys instead of the signing key."
    ),
    keep: Path | None = typer.Option(
        None, "--keep", metavar="FILE", help="With --people: where the old key goes, for restores of backups."
    ),
    by: str = typer.Option(..., "--by", metavar="NAME", help="Who changes it; kept in the log."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why; kept in the log."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = _JSON,
) -> None:
    """Let another key sign from now on; the old one vouches for it, and signs no longer."""
    from audit.cli.place import open_ledger
    from audit.errors import UsageError
    from audit.ledger import signing

    if sum((to is not None, signer is not None, people)) > 1:
        raise UsageError("keys rotate: one key at a time. Give --to, --signer or --people.")
    if keep is not None and not people:
        raise UsageError("--keep: it is for the people key. Give --people with it.")
    if not by.strip() or not reason.strip():
        raise UsageError("keys rotate: --by and --reason are kept in the log. Give both.")
    with open_ledger(ledger) as opened:
        if people:
            _rotate_people(opened, by, reason, keep, as_json)
            return
        following = None
        if to is not None:
            if not to.is_file():
                raise UsageError(
                    f"{to}: there is no such file. Make one with plainspoken keys new --out {to}."
                )
            following = signing.read_signer(to)
        elif signer is not None:
            following = signing.Plugged(signer)
        done = signing.rotate(opened, by=by, reason=reason, at=dt.datetime.now(dt.UTC), to=following)
    if as_json:
        told = {
            "previous": done.previous,
            "public_key": done.public,
            "entry": done.entry,
            "file": str(done.file) if done.file is not None else None,
            "checkpoint": done.checkpoint,
        }
        typer.echo(json.dumps(told))
        return
    typer.echo(f"Since log entry {done.entry} this key signs: {done.public}")
    typer.echo(f"Keep this line elsewhere, beside the one before: {done.previous}")
    if done.file is not None:
        typer.echo(f"Its private half is {done.file}. Back it up apart from the database.")
    else:
        typer.echo("Put its private half where the old one was before the next run.")
    typer.echo(done.checkpoint, nl=False)


def _rotate_people(opened: Ledger, by: str, reason: str, keep: Path | None, as_json: bool) -> None:
    from audit.ledger.rotation import rotate_people_key

    key_id, n, remains = rotate_people_key(
        opened, at=dt.datetime.now(dt.UTC), by=by, reason=reason, keep=keep
    )
    if as_json:
        typer.echo(json.dumps({"key": key_id, "persons": n, "remains": list(remains)}))
        return
    typer.echo(f"The keys of {n} {'person' if n == 1 else 'persons'} are wrapped under {key_id} now.")
    for one in remains:
        typer.echo(f"remains  {one}")
