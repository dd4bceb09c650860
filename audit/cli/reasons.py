"""``plainspoken reasons``: the dictionary of reasons, checked, drafted, and how it changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import AuditError, ConfigError

if TYPE_CHECKING:
    from audit.ledger.dictionaries import Noted
    from audit.review import Review

reasons = typer.Typer(
    help="The dictionary of reasons: check its words, draft entries, list its changes.", no_args_is_help=True
)

_CONFIG = typer.Argument(Path("audit.yaml"), metavar="[AUDIT.YAML]", help="The config that names it.")


@reasons.command("check")
def check(
    config: Path = _CONFIG, as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")
) -> None:
    """Hold the words to Regulation B and to the model; exit code 3 where something is to be mended."""
    from audit.review import review

    faults: tuple[str, ...] = ()
    found: Review | None = None
    try:
        found = review(config)
        faults, code = tuple(map(str, found.faults)), 3 if found.faults else 0
    except AuditError as error:
        faults = tuple(map(str, error.faults)) if isinstance(error, ConfigError) else (str(error),)
        code = error.exit_code
    if as_json:
        typer.echo(json.dumps({"ok": not faults, "faults": list(faults), **_as_values(found)}))
    else:
        for fault in faults:
            typer.echo(fault, err=True)
        for line in _in_words(found, len(faults)):
            typer.echo(line)
    raise typer.Exit(code)


def _as_values(found: Review | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "factors": found.factors,
        "approved": found.approved,
        "languages": dict(found.languages),
        "reading_grade": {name: round(value, 1) for name, value in found.grades.items()},
        "effects": [
            {
                "factor": one.factor,
                "column": one.column,
                "way": one.way,
                "share": round(one.share, 4),
                "rows": one.lines,
                "cause": one.cause,
            }
            for one in found.effects
        ],
        "elsewhere": found.elsewhere,
    }


def _in_words(found: Review | None, n_faults: int) -> list[str]:
    if found is None:
        return [f"{n_faults} {'fault' if n_faults == 1 else 'faults'}. The words were not looked at."]
    tongues = ", ".join(f"{name} {n}" for name, n in found.languages.items())
    lines = [f"{found.factors} factors, {found.approved} approved; statements by language: {tongues}."]
    if found.median_grade is not None:
        hardest = max(found.grades, key=lambda name: (found.grades[name], name))
        lines.append(
            f"Reading level (Flesch-Kincaid grade, English): median {found.median_grade:.1f}; "
            f"hardest {found.grades[hardest]:.1f} ({hardest})."
        )
    for one in found.effects:
        if one.way in ("high", "low"):
            told = f"adverse where it is {one.way}, in {one.share:.0%} of {one.lines} rows"
        else:
            told = one.cause or f"no one way ({one.share:.0%} of {one.lines} rows)"
        lines.append(f"Tested: {one.factor}: {one.column}: {told}.")
    n = found.elsewhere
    if n:
        words = "1 fault keeps" if n == 1 else f"{n} faults keep"
        lines.append(f"{words} the config itself from running: plainspoken check tells.")
    verdict = f"{n_faults} to be mended." if n_faults else "Nothing to be mended was found."
    return [*lines, verdict]


@reasons.command("draft")
def draft(
    config: Path = _CONFIG,
    out: Path | None = typer.Option(
        None, "--out", metavar="FILE", help="A new file for the entries. Default: the terminal."
    ),
) -> None:
    """Draft entries for inputs without a factor, from their names and values; none is approved."""
    from audit.cli.init import write_new
    from audit.start.draft import draft as drafted
    from audit.start.reasons_yaml import counted

    found = drafted(config)
    if not found.factors:
        typer.echo("Every feature has a factor already; nothing is to be drafted.", err=True)
        return
    told = f"Drafted: {counted(found.factors, found.inputs)}; nothing of it is approved."
    if out is None:
        typer.echo(found.text)
        typer.echo(told, err=True)
        return
    write_new(out, found.text)
    typer.echo(f"{out}: {told} Complete it, then add it to the dictionary.")


@reasons.command("history")
def history(
    name: str | None = typer.Option(
        None, "--name", metavar="NAME", help="Of audits of this name only; default: all."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List how the dictionary changed from audit to audit, and who approved it."""
    from audit.cli.place import open_ledger
    from audit.ledger import dictionaries

    with open_ledger(ledger) as opened:
        found = dictionaries.history(opened, name)
        names = {one.audit: one.name for one in opened.audits()}
    if as_json:
        typer.echo(json.dumps({"changes": [_change(one, names) for one in found]}))
        return
    if not found:
        typer.echo("No audit had another dictionary than the one of the same name before it.")
    for one in found:
        typer.echo(f"{one.at:%Y-%m-%d}  entry {one.entry}  {names[one.audit]} (audit {one.audit[:12]})")
        told = [("added", said) for said in one.change.added]
        told += [("removed", said) for said in one.change.removed]
        told += [("altered", f"{a.factor} {a.code}: {', '.join(a.keys)}") for a in one.change.altered]
        for what, said in told:
            by = one.change.approved.get(said.split(" ")[0].rstrip(":"))
            approval = "" if by is None else f"  approved by {by}" if by else "  approved by nobody"
            typer.echo(f"  {what:<8} {said}{approval}")


def _change(one: Noted, names: dict[str, str]) -> dict[str, Any]:
    return {
        "entry": one.entry,
        "audit": one.audit,
        "name": names[one.audit],
        "before": one.before,
        "at": one.at.isoformat(),
        "added": list(one.change.added),
        "removed": list(one.change.removed),
        "altered": [{"factor": a.factor, "code": a.code, "keys": list(a.keys)} for a in one.change.altered],
        "approved": dict(one.change.approved),
    }
