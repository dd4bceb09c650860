"""``plainspoken list`` and ``show``: look through the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit


def list_audits(
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List the audits of the ledger, the newest last."""
    from audit.cli.place import open_ledger

    with open_ledger(ledger) as opened:
        audits = opened.audits()
    if as_json:
        typer.echo(json.dumps({"audits": [_head(one) for one in audits]}))
        return
    if not audits:
        typer.echo("No audit yet. Make one with plainspoken run.")
    for one in audits:
        when = one.sealed_at.strftime("%Y-%m-%d %H:%M UTC") if one.sealed_at else "not sealed"
        typer.echo(f"{one.audit[:12]}  {when:<20}  {one.counts.get('rows', 0):>9,} rows  {one.name}")


def show(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Show what an audit measured and found."""
    from audit.cli.place import open_ledger

    with open_ledger(ledger) as opened:
        shown = contents(opened, opened.find(audit))
    if as_json:
        typer.echo(json.dumps(shown))
        return
    typer.echo(f"{shown['name']}  {shown['audit'][:12]}  {shown['state']}")
    typer.echo(f"model {shown['model']['name']} {shown['model']['version']}, data {shown['dataset']['name']}")
    for name, n in shown["counts"].items():
        typer.echo(f"{name:<14}{n:>10,}")
    typer.echo("")
    for one in shown["findings"]:
        where = "" if one["group"] == "all" else f" [{one['attribute']}: {one['group']}]"
        value = "" if one["value"] is None else f" {one['value']:.4g} ({one['bound']})"
        cause = f": {one['cause']}" if one["cause"] else ""
        typer.echo(f"{one['outcome']:<15}{one['requirement']}{where}{value}{cause}")
    typer.echo("")
    for one in shown["rates"]:
        if one["value"] is not None:
            typer.echo(
                f"{one['metric']:<28}{one['attribute']}: {one['group']:<18} {one['value']:.4f}  n={one['n']:,}"
            )


def contents(ledger: Ledger, audit: Audit) -> dict[str, Any]:
    """Return an audit as the JSON object that machines read."""
    key = audit.audit
    return {
        **_head(audit),
        "model": {
            "name": audit.model.name,
            "framework": audit.model.framework,
            "version": audit.model.version,
            "digest": audit.model.digest,
        },
        "dataset": {"name": audit.dataset.name, "rows": audit.dataset.n_rows, "digest": audit.dataset.digest},
        "counts": dict(audit.counts),
        "rates": [
            {
                "attribute": one.attribute,
                "group": one.group,
                "metric": one.metric,
                "n": one.n,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "cause": one.cause,
            }
            for one in ledger.rates(key)
        ],
        "disparities": [
            {
                "attribute": one.attribute,
                "group": one.group,
                "reference": one.reference,
                "metric": one.metric,
                "n": one.n,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "p_value": one.p_value,
                "cause": one.cause,
            }
            for one in ledger.disparities(key)
        ],
        "findings": [
            {
                "requirement": one.requirement,
                "kind": one.kind,
                "access": one.access,
                "attribute": one.attribute,
                "group": one.group,
                "outcome": one.outcome,
                "measure": one.measure,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "bound": one.bound,
                "source": one.source,
                "cause": one.cause,
            }
            for one in ledger.findings(key)
        ],
        "figures": {name: figure.body for name, figure in ledger.figures(key).items()},
        "checkpoint": audit.checkpoint,
    }


def _head(audit: Audit) -> dict[str, Any]:
    return {
        "audit": audit.audit,
        "name": audit.name,
        "kind": audit.kind,
        "state": audit.state,
        "as_of": audit.as_of.isoformat(),
        "sealed_at": audit.sealed_at.isoformat() if audit.sealed_at else None,
        "rows": audit.counts.get("rows"),
        "exit_code": audit.exit_code,
    }
