"""``plainspoken sample``: an examiner's sample, drawn so that nobody could choose it, and logged."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP


def sample(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    n: int = typer.Option(..., "--n", metavar="N", min=1, help="How many decisions."),
    seed: int = typer.Option(..., "--seed", metavar="S", help="Any number, chosen by the examiner."),
    outcome: str | None = typer.Option(
        None, "--outcome", help="Draw from these alone: adverse, favourable or none."
    ),
    ids: bool = typer.Option(False, "--ids", help="Give the ids as in the data too; it needs the key file."),
    out: Path | None = typer.Option(
        None, "--out", metavar="FILE", help="Write a CSV file, for its owner's eyes, and print no decision."
    ),
    by: str = typer.Option("", "--by", metavar="NAME", help="Who draws; kept in the log."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Draw decisions by a seed; the same seed draws the same, and the log says that it was drawn."""
    from audit.cli.look import write_private
    from audit.cli.place import open_ledger
    from audit.errors import GoneError, UsageError
    from audit.ledger import acts

    if outcome not in (None, "adverse", "favourable", "none"):
        raise UsageError(f"--outcome: '{outcome}' is no outcome. Use adverse, favourable or none.")
    with open_ledger(ledger) as opened:
        found = opened.find(audit)
        if ids:
            opened.pseudonym("decision", "")  # without the key file this says so, before anything is logged
        drawn = acts.sample(opened, found, n, seed, outcome=outcome, by=by, at=dt.datetime.now(dt.UTC))
        rows = []
        for name in drawn.decisions:
            decision = opened.decision(found, name)
            row = {"decision": name, "outcome": decision.outcome, "row": decision.row}
            if ids:
                try:
                    row["id"] = opened.case(found, name).decision
                except GoneError as error:
                    row["id"], row["cause"] = None, str(error)
            rows.append(row)
    told = {"audit": drawn.audit, "entry": drawn.entry, "n": n, "seed": seed, "of": drawn.of}
    if out is not None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
        write_private(out, text.getvalue().encode())
        typer.echo(json.dumps({**told, "file": str(out)}) if as_json else f"{n} of {drawn.of:,} in {out}")
    elif as_json:
        typer.echo(json.dumps({**told, "decisions": rows}))
    else:
        for row in rows:
            typer.echo("  ".join(str(row[key]) for key in ("decision", "outcome", "id") if key in row))
    if not as_json:
        typer.echo(f"Drawn with seed {seed}; log entry {drawn.entry} says so.")
