"""``plainspoken verify``: proves that nothing of what was sealed was altered."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP


def verify(
    audit: str | None = typer.Argument(None, metavar="[AUDIT]", help=AUDIT_HELP + " Default: all."),
    checkpoint: Path | None = typer.Option(
        None,
        "--checkpoint",
        metavar="FILE",
        envvar="PLAINSPOKEN_CHECKPOINTS",
        help="A checkpoint kept elsewhere, or the folder of run --checkpoints: its newest one.",
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

    public = kept_text(key)
    with open_ledger(ledger) as opened:
        note = (
            _newest_in(checkpoint, opened.origin)
            if checkpoint and checkpoint.is_dir()
            else kept_text(checkpoint)
        )
        found = opened.find(audit).audit if audit is not None else None
        proof = verify_ledger(opened, found, checkpoint=note, public_key=public)
    if as_json:
        checks = [{"name": one.name, "ok": one.ok, "fact": one.fact} for one in proof.checks]
        told = {"ok": proof.ok, "checks": checks, "gone": list(proof.gone), "cannot": list(proof.cannot)}
        typer.echo(json.dumps(told))
    else:
        for one in proof.checks:
            typer.echo(f"{'holds' if one.ok else 'DOES NOT HOLD'}  {one.name}: {one.fact}")
        for went in proof.gone:
            typer.echo(f"gone  {went}")
        for limit in proof.cannot:
            typer.echo(f"cannot tell  {limit}")
        typer.echo("The evidence holds." if proof.ok else "The evidence does not hold.")
    raise typer.Exit(0 if proof.ok else 4)


def _newest_in(folder: Path, origin: str) -> str:
    from audit.cli.checkpoints import newest_kept
    from audit.errors import UsageError

    text = newest_kept(folder, origin)
    if text is None:
        raise UsageError(f"{folder}: no checkpoint of {origin} lies there. Name the file that you kept.")
    return text
