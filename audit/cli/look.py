"""``plainspoken list`` and ``show``: look through the ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP
from audit.errors import AuditError, UsageError

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
    reference: Path | None = typer.Option(
        None,
        "--reference",
        metavar="FILE",
        help="Write whom refused applicants were compared with, to pin it in a batch. It needs the key file.",
    ),
    cutoff: float | None = typer.Option(
        None, "--cutoff", metavar="SCORE", help="Whose reference, where the audit has several cutoffs."
    ),
) -> None:
    """Show what an audit measured and found."""
    from audit.cli.place import open_ledger

    if cutoff is not None and reference is None:
        raise UsageError("--cutoff: it chooses a reference, and none is asked for. Give --reference FILE.")
    with open_ledger(ledger) as opened:
        found = opened.find(audit)
        if reference is not None:
            _write_reference(opened, found, reference, cutoff, as_json)
            return
        shown = contents(opened, found)
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
            whom = f"{one['attribute']}: {one['group']:<18}"
            typer.echo(f"{one['metric']:<28}{whom} {one['value']:.4f}  n={one['n']:,}")


def _write_reference(ledger: Ledger, audit: Audit, file: Path, cutoff: float | None, as_json: bool) -> None:
    """Write a reference file, readable by its owner alone: it holds what the model saw of applicants."""
    import hashlib

    from audit.pinned import written

    known = [one for one in ledger.references(audit) if cutoff is None or one.cutoff == cutoff]
    if len(known) != 1:
        cutoffs = ", ".join(f"{one.cutoff}" for one in ledger.references(audit)) or "none"
        what = f"{len(known) or 'no'} reference{'' if len(known) == 1 else 's'}"
        raise UsageError(
            f"audit {audit.audit[:12]}: it has {what} to choose from (cutoffs: {cutoffs}). "
            "Choose one with --cutoff, or another audit."
        )
    content = written(known[0], ledger.reference_rows(audit, known[0].digest), audit.model.digest)
    write_private(file, content)
    digest = hashlib.sha256(content).hexdigest()
    if as_json:
        told = {"audit": audit.audit, "file": str(file), "sha256": digest, "n": known[0].n}
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"{known[0].n} applicants in {file}. Pin them: {{from: {file}, sha256: {digest}}}")


def write_private(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner's eyes.

    Raises
    ------
    AuditError
        The disk does not take it.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
            handle.write(content)
        os.replace(temporary, file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise AuditError(f"{file}: {error.strerror}. Make room or name another file.") from error


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
