"""``plainspoken init``: from a model and its data to a config and a dictionary to complete."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import typer

from audit.errors import UsageError

FILES = ("audit.yaml", "reasons.yaml")


def init(
    model: str = typer.Option(
        ...,
        "--model",
        metavar="FILE",
        help="The model to audit: a file, a folder/, or python:module:function.",
    ),
    data: Path = typer.Option(..., "--data", metavar="FILE", help="The applications: CSV or Parquet."),
    out: Path = typer.Option(Path(), "--out", metavar="DIR", help="Folder for the two files. Default: here."),
    features: str = typer.Option(
        "",
        "--features",
        metavar="A,B,C",
        help="The model's inputs in their order, where it does not name them.",
    ),
    output: str = typer.Option(
        "0", "--output", metavar="N|NAME", help="Which output of the model is the score."
    ),
    trust_by: str | None = typer.Option(
        None, "--trust-by", metavar="NAME", help="Who answers for a model that runs code when it is opened."
    ),
    trust_reason: str | None = typer.Option(
        None, "--trust-reason", metavar="TEXT", help="Why it may be opened; printed in the report."
    ),
    name: str | None = typer.Option(None, "--name", metavar="NAME", help="What the audit is called."),
) -> None:
    """Look at a model and its data; write a commented audit.yaml and reasons.yaml to complete."""
    from audit.start import begin

    if (trust_by is None) != (trust_reason is None):
        raise UsageError(
            "--trust-by, --trust-reason: both are needed. Say who answers for the model, and why."
        )
    refuse_existing(out)
    begun = begin(
        model,
        data,
        out,
        today=dt.date.today(),
        features=[one.strip() for one in features.split(",") if one.strip()],
        output=int(output) if output.isdigit() else output,
        trust=(trust_by, trust_reason) if trust_by and trust_reason else None,
        name=name,
    )
    out.mkdir(parents=True, exist_ok=True)
    for file, text in zip(FILES, (begun.audit_yaml, begun.reasons_yaml), strict=True):
        write_new(out / file, text)
    for line in begun.told:
        typer.echo(line)
    n = (begun.audit_yaml + begun.reasons_yaml).count('"<complete:')
    typer.echo(
        f"Written: {out / FILES[0]} and {out / FILES[1]}. {n} places are to be completed; each is named by"
    )
    typer.echo(f"  plainspoken check {out / FILES[0]}")


def refuse_existing(folder: Path) -> None:
    """Raise UsageError where a file that is to be written is there already; before any work is done."""
    for file in FILES:
        if (folder / file).exists():
            raise UsageError(_there_already(folder / file))


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises
    ------
    UsageError
        It is there already; nothing of it is changed.
    """
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError:
        raise UsageError(_there_already(file)) from None


def _there_already(file: Path) -> str:
    way_out = "Name another place with --out, or move it away"
    return f"{file}: it exists already, and no draft overwrites a file. {way_out}."
