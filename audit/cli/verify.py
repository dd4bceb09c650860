"""``plainspoken verify``: proves that nothing of what was sealed was altered."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP


def verify(
    audit: str | None = typer.Argument(None, metavar="[AUDIT]", help=AUDIT_HELP + " Default: all."),
    checkpoint: Path | None = typer.Option(
        None, "--checkpoint", metavar="FILE", help="A checkpoint kept elsewhere."
    ),
    key: Path | None = typer.Option(
        None, "--key", metavar="FILE", help="The public half of the signing key."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Prove that nothing was altered, deleted or inserted since it was sealed."""
    from audit.cli.place import kept_text, open_ledger
    from audit.ledger.verify import verify as verify_ledger

    note, public = kept_text(checkpoint), kept_text(key)
    with open_ledger(ledger) as opened:
        found = opened.find(audit).audit if audit is not None else None
        proof = verify_ledger(opened, found, checkpoint=note, public_key=public)
    if as_json:
        checks = [{"name": one.name, "ok": one.ok, "fact": one.fact} for one in proof.checks]
        typer.echo(json.dumps({"ok": proof.ok, "checks": checks, "cannot": list(proof.cannot)}))
    else:
        for one in proof.checks:
            typer.echo(f"{'holds' if one.ok else 'DOES NOT HOLD'}  {one.name}: {one.fact}")
        for limit in proof.cannot:
            typer.echo(f"cannot tell  {limit}")
        typer.echo("The evidence holds." if proof.ok else "The evidence does not hold.")
    raise typer.Exit(0 if proof.ok else 4)
