"""Lists about people: on the screen, as JSON, or as a CSV file for its owner's eyes."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from audit.ledger import Ledger

IDS_HELP = "Give the ids as in the data in place of pseudonyms; it needs the key file."
OUT_HELP = "Write a CSV file, for its owner's eyes, and print no decision."


class Names:
    """What decisions are called: by their pseudonym, or by the id as in the data."""

    def __init__(self, ledger: Ledger, *, ids: bool) -> None:
        self._ledger, self._ids = ledger, ids
        if ids:
            ledger.pseudonym("decision", "")  # without the key file this says so, before anything is done

    def of(self, audit: str, decision: str) -> str:
        """Return the id of a decision where ids are asked for and its applicant was not erased."""
        from audit.errors import GoneError

        if not self._ids:
            return decision
        try:
            return self._ledger.case(audit, decision).decision
        except GoneError:
            return decision


def give(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    out: Path | None,
    as_json: bool,
    line: Callable[[Mapping[str, Any]], str],
    none: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print rows, or write them into a private file and print how many they are.

    Parameters
    ----------
    name : what the rows are called in JSON
    line : a row in words
    none : what is said where there is none
    more : what JSON says beside them
    """
    from audit.cli.look import write_private

    told = dict(more or {})
    if out is not None:
        text = io.StringIO()
        columns = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_private(out, text.getvalue().encode())
        if as_json:
            typer.echo(json.dumps({**told, "n": len(rows), "file": str(out)}))
        else:
            typer.echo(f"{len(rows)} in {out}")
    elif as_json:
        typer.echo(json.dumps({**told, "n": len(rows), name: [dict(row) for row in rows]}))
    else:
        typer.echo("\n".join(map(line, rows)) if rows else none)


def left(days: int | None) -> str:
    """Return the days that are left, in words.

    >>> left(-2), left(0), left(None)
    ('2 days past', 'today', 'no day known')
    """
    if days is None:
        return "no day known"
    if days == 0:
        return "today"
    unit = "day" if abs(days) == 1 else "days"
    return f"{days} {unit} left" if days > 0 else f"{-days} {unit} past"


def near(days: int | None) -> bool:
    """Whether so few days are left that it is warned of: ten of thirty, or none known."""
    from reports.deadline import DAYS, WARN_AFTER_DAYS

    return days is None or days < DAYS - WARN_AFTER_DAYS
