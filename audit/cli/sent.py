"""``plainspoken sent``: takes in what a mail house says of letters: sent, or returned."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from audit.ledger import IssuedDocument
    from audit.ledger.deliveries import Result

COLUMNS = ("notice", "result", "date", "channel")
_HASH = re.compile(r"[0-9a-f]{64}")


def sent(
    file: Path = typer.Argument(
        ..., metavar="FILE.csv", help="Columns notice (its number, or SHA-256), result, date, channel."
    ),
    by: str = typer.Option(..., "--by", metavar="NAME", help="Who takes it in; kept in the log."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Take in a file of results as a whole; a bad row refuses it and is named, and twice is once."""
    from audit.cli.place import open_ledger
    from audit.ledger import deliveries
    from reports.numbers import by_number

    rows = _rows(file)
    with open_ledger(ledger) as opened:
        numbers = by_number(opened)
        hashes = {one.sha256: one for issued in numbers.values() for one in issued}
        results, faults = _read(file, rows, numbers, hashes)
        if faults:
            raise UsageError("\n".join([*faults, "Nothing was taken in. Mend these rows, or take them out."]))
        new, known = deliveries.record(opened, results, by=by, at=dt.datetime.now(dt.UTC))
    returned = sum(one.state == "returned" for one in results)
    if as_json:
        typer.echo(json.dumps({"rows": len(rows), "new": new, "known": known, "returned": returned}))
        return
    more = f"; {returned} came back: plainspoken due" if returned else ""
    typer.echo(f"{len(rows)} rows: {new} new, {known} known before{more}")


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(
                    f"{file}: the column {missing[0]} is missing (expected {', '.join(COLUMNS)}). Add it."
                )
            return list(reader)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}. Name the file of the mail house.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file}: this is no CSV in UTF-8 ({error}). Save it as such.") from error


def _read(
    file: Path,
    rows: Sequence[Mapping[str, str]],
    numbers: Mapping[str, Sequence[IssuedDocument]],
    hashes: Mapping[str, IssuedDocument],
) -> tuple[list[Result], list[str]]:
    """Return the results, and what is wrong with rows, each by its line."""
    from audit.ledger.deliveries import CHANNELS, STATES, Result

    results: list[Result] = []
    faults: list[str] = []
    for line, row in enumerate(rows, start=2):
        told = {name: (row.get(name) or "").strip() for name in COLUMNS}
        wrong = list(_wrong(told, STATES, CHANNELS))
        issued = _letters(told["notice"], numbers, hashes)
        if told["notice"] and not issued:
            wrong.append("notice: no letter of this ledger has that number or hash")
        elif len({(one.decision, one.person) for one in issued}) > 1:
            wrong.append("notice: letters to several persons have that number; give the SHA-256 of the file")
        elif issued and not wrong:
            day = dt.date.fromisoformat(told["date"])
            before = [one for one in issued if one.sent_at.date() <= day]
            if before:
                results.append(Result(_first_file(before), told["result"], day, told["channel"]))
            else:
                wrong.append(f"date: {day} is before the notice, of {issued[0].sent_at.date()}")
        faults += [f"{file}:{line}: {fact}." for fact in wrong]
    return results, faults


def _wrong(told: Mapping[str, str], states: Sequence[str], channels: Sequence[str]) -> Iterator[str]:
    for name in COLUMNS:
        if not told[name]:
            yield f"{name}: it is missing"
    if told["result"] and told["result"] not in states:
        yield f"result: '{told['result'][:20]}' is none (expected {' or '.join(states)})"
    if told["channel"] and told["channel"] not in channels:
        yield f"channel: it is none (expected {', '.join(channels)})"  # a remark is not repeated
    if told["date"]:
        try:
            if dt.date.fromisoformat(told["date"]) > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
                yield f"date: {told['date']} is still to come"
        except ValueError:
            yield f"date: '{told['date'][:20]}' is none (write it as 2026-11-20)"


def _letters(
    name: str, numbers: Mapping[str, Sequence[IssuedDocument]], hashes: Mapping[str, IssuedDocument]
) -> Sequence[IssuedDocument]:
    if _HASH.fullmatch(name.lower()):
        found = hashes.get(name.lower())
        return () if found is None else (found,)
    return numbers.get(name.upper(), ())


def _first_file(issued: Sequence[IssuedDocument]) -> IssuedDocument:
    """Return the first file of the last issue: its other formats are the same letter."""
    last = issued[-1]
    return next(one for one in issued if one.sent_at == last.sent_at and one.again == last.again)
