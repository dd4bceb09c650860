"""``plainspoken export``: one zip for an examiner, who checks it offline with one command."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit


def export(
    audit: str | None = typer.Argument(None, metavar="[AUDIT]", help=AUDIT_HELP + " Else --from and --to."),
    out: Path = typer.Option(
        ..., "--out", metavar="FILE.zip", help="The file to write, for its owner's eyes."
    ),
    since: str | None = typer.Option(
        None, "--from", metavar="DATE", help="Audits sealed on this day or later."
    ),
    until: str | None = typer.Option(
        None, "--to", metavar="DATE", help="Audits sealed on this day or before."
    ),
    product: str | None = typer.Option(
        None, "--product", help="Only decisions about this product; it needs the key file."
    ),
    action: str | None = typer.Option(None, "--action", help="Only decisions with this action, as denied."),
    classes: list[str] | None = typer.Option(
        None,
        "--class",
        metavar="CLASS",
        help="notice, model_risk, fair_lending or privileged; several times. Default: all but the last.",
    ),
    locked: bool = typer.Option(
        False,
        "--locked",
        help="Application ids, records and model inputs in clear too; it needs the key file.",
    ),
    key: Path | None = typer.Option(
        None,
        "--key",
        metavar="FILE",
        help="The public key that the examiner holds, where it was changed since.",
    ),
    by: str = typer.Option("", "--by", metavar="NAME", help="Who hands it out; kept in the log."),
    reason: str = typer.Option("", "--reason", metavar="TEXT", help="Why; kept in the log."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write the evidence of an audit, or of a time, as one zip; the log says what was handed out."""
    from audit.cli import bundle
    from audit.cli.place import kept_text, open_ledger
    from audit.errors import UsageError
    from audit.ledger import acts, seal, shapes

    chosen = tuple(one for one in bundle.CLASSES if one in (classes or bundle.DEFAULT))
    for one in classes or ():
        if one not in bundle.CLASSES:
            raise UsageError(f"--class: '{one}' is no class. Use {', '.join(bundle.CLASSES)}.")
    if (locked or "privileged" in chosen) and not (by.strip() and reason.strip()):
        raise UsageError(
            "export: what is locked or privileged leaves with a name and a reason. Give --by and --reason."
        )
    if (audit is None) == (since is None and until is None):
        raise UsageError("export: it is not said which audits. Give either AUDIT, or --from and --to.")
    with open_ledger(ledger) as opened:
        audits = _audits(opened, audit, _day("--from", since), _day("--to", until))
        if locked or product is not None:
            opened.pseudonym("decision", "")  # without the key file this says so, before anything is written
        at = dt.datetime.now(dt.UTC)

        def log_it(files: str) -> int:
            body = {
                "act": "export",
                "audits": [one.audit for one in audits],
                "classes": list(chosen),
                "locked": int(locked),
                "product": product or "",
                "action": action or "",
                "files": files,
                "by": by,
                "reason": reason,
                "at": shapes.microseconds(at),
            }
            return acts.log_act(opened, f"export/{seal.digest(seal.canonical(body))}", body)[0]

        wish = bundle.Wish(audits, chosen, product, action, locked)
        draft = out.with_name(f".{out.name}.{os.getpid()}.part")
        try:
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            left_out = bundle.build(opened, wish, draft, log_it, kept_text(key))
            os.replace(draft, out)
        finally:
            draft.unlink(missing_ok=True)
        public = opened.public_key
    if as_json:
        told = {"file": str(out), "audits": [one.audit for one in audits], "left_out": left_out}
        typer.echo(json.dumps({**told, "public_key": public}))
        return
    typer.echo(
        f"{out}: {len(audits)} {'audit' if len(audits) == 1 else 'audits'}, {out.stat().st_size:,} bytes."
    )
    for one in left_out:
        typer.echo(f"left out  {one}")
    typer.echo(f"Check it: python3 {out} {out} --key KEY, or python -m audit.proof_check {out} --key KEY")
    typer.echo(f"KEY is the public key, got from elsewhere than this file: {public}")


def _day(option: str, text: str | None) -> dt.date | None:
    from audit.errors import UsageError

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option}: '{text}' is no date. Write it as 2026-11-20.") from error


def _audits(
    ledger: Ledger, name: str | None, since: dt.date | None, until: dt.date | None
) -> tuple[Audit, ...]:
    from audit.errors import UsageError

    if name is not None:
        found = ledger.find(name)
        if found.sealed_at is None:
            raise UsageError(f"audit {found.audit[:12]}: it is not sealed. Run it again: it resumes.")
        return (found,)
    low, high = since or dt.date.min, until or dt.date.max
    every = tuple(
        one for one in ledger.audits() if one.sealed_at is not None and low <= one.sealed_at.date() <= high
    )
    if not every:
        raise UsageError("export: no audit was sealed in that time. Look at plainspoken list.")
    return every
