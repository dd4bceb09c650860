"""``plainspoken prove``: a small file with which anybody checks one decision, offline."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP


def prove(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    decision: str = typer.Argument(
        ...,
        metavar="DECISION",
        help="The id as in the data, or the pseudonym where the key file is not at hand.",
    ),
    out: Path = typer.Option(..., "--out", metavar="FILE", help="The file to write."),
    checkpoint: Path | None = typer.Option(
        None, "--checkpoint", metavar="FILE", help="Prove under this checkpoint; default: the newest."
    ),
    key: Path | None = typer.Option(
        None,
        "--key",
        metavar="FILE",
        help="The public key that the reader holds, where it was changed since.",
    ),
    role: str | None = typer.Option(
        None, "--role", help="Only what was sent to this person: primary, joint or guarantor."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write the proof of one decision; ``python -m audit.proof_check`` checks it offline."""
    from audit.cli.look import write_private
    from audit.cli.place import kept_text, open_ledger
    from audit.errors import UsageError
    from audit.ledger.proving import prove as proof_of

    if role not in (None, "primary", "joint", "guarantor"):
        raise UsageError(f"--role: '{role}' is no role. Use primary, joint or guarantor.")
    with open_ledger(ledger) as opened:
        found = opened.find(audit)
        text = proof_of(
            opened,
            found,
            decision,
            checkpoint=kept_text(checkpoint),
            public_key=kept_text(key),
            role=role,
        )
        public = opened.public_key
    write_private(out, text.encode())
    told = json.loads(text)
    letters = sum(row["table"] == "documents" for row in told["rows"])
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "audit": found.audit,
                    "decision": told["decision"],
                    "file": str(out),
                    "documents": letters,
                    "checkpoint": told["checkpoint"],
                    "public_key": public,
                }
            )
        )
        return
    sent = f"{letters or 'no'} {'letter' if letters == 1 else 'letters'}"
    typer.echo(f"{out}: decision {told['decision']}, {sent}, {len(text):,} bytes.")
    typer.echo(f"Check it offline: python -m audit.proof_check {out} --key KEY")
    typer.echo(f"KEY is the public key, got from elsewhere than this file: {public}")
