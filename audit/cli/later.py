"""Commands whose capability is still to come: they say so and change nothing."""

from __future__ import annotations

import typer

from audit.errors import UsageError


def init(
    model: str = typer.Option(..., "--model", metavar="FILE", help="The model to audit."),
    data: str = typer.Option(..., "--data", metavar="FILE", help="The applications."),
) -> None:
    """Write a commented audit.yaml and reasons.yaml to complete (not built yet)."""
    raise UsageError(
        "init: not built yet. Run plainspoken demo and take its audit.yaml and reasons.yaml as the pattern."
    )
