"""``plainspoken letters``: reads recipients, renders letters, records them, and puts them in place."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP
from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.cli.print_file import Bound
    from audit.cli.tally import Order, Tally
    from audit.ledger import Ledger
    from audit.runner import Progress

_FORMATS = ("pdf", "html", "txt")
_HELD_KIB = 8192  # of the ledger in memory: what a transaction changes, and no more
_TOGETHER = 500  # stamped letters that are recorded in one transaction, and settled on the disk before


def letters(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    out: Path = typer.Option(
        ..., "--out", metavar="DIR", help="Folder for the letters; one of ours is replaced."
    ),
    decision: list[str] | None = typer.Option(
        None,
        "--decision",
        metavar="ID",
        help="A decision by its id as in the data; may be given several times.",
    ),
    unsent: bool = typer.Option(False, "--unsent", help="Every notice that was not issued yet."),
    every: bool = typer.Option(False, "--all", help="Every adverse decision."),
    kind: str | None = typer.Option(
        None, "--kind", help="Which letter. Default: the one that each decision asks for."
    ),
    lang: str | None = typer.Option(
        None, "--lang", help="The language, as en. Default: that of each record."
    ),
    format: list[str] | None = typer.Option(
        None, "--format", help="pdf, html or txt; may be given several times. Default: pdf."
    ),
    draft: bool = typer.Option(False, "--draft", help="Mark every letter DRAFT, without an address."),
    date: str | None = typer.Option(
        None,
        "--date",
        metavar="DATE",
        help="The date that is printed, and the day of sending. Default: today.",
    ),
    late: bool = typer.Option(False, "--late", help="Send past the deadline; needs --reason."),
    again: bool = typer.Option(False, "--again", help="Issue again what was issued; needs --reason."),
    reason: str | None = typer.Option(None, "--reason", metavar="TEXT", help="Why late, or why again."),
    recipients: Path | None = typer.Option(
        None, "--recipients", metavar="FILE", help="Read instead of the config's recipients."
    ),
    stamped: bool = typer.Option(
        False, "--stamped", help="Compile each page once and stamp PDFs, where that is proved equal."
    ),
    prove_sample: int = typer.Option(
        0,
        "--prove-sample",
        metavar="N",
        min=0,
        help="With --stamped: make the letters of N decisions both ways, compare, and seal what was found.",
    ),
    print_to: Path | None = typer.Option(
        None,
        "--print-file",
        metavar="FILE.pdf",
        help="Bind what goes by mail into one PDF too, with a list of its letters beside it as .csv.",
    ),
    pades: Path | None = typer.Option(
        None, "--pades", metavar="KEY.p12", help="Sign each PDF (PAdES) with this key and its certificate."
    ),
    sign_manifest: Path | None = typer.Option(
        None,
        "--sign-manifest",
        metavar="KEY.p12",
        help="Sign the list of all files (CAdES): manifest.sha256.p7s lies beside it.",
    ),
    passphrase_env: str | None = typer.Option(
        None, "--passphrase-env", metavar="NAME", help="The variable that holds the passphrase of KEY.p12."
    ),
    jobs: int | None = typer.Option(
        None, "--jobs", metavar="N", min=1, help="Processes that render. Default: every core if --stamped."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="End with one JSON object on the last line."),
) -> None:
    """Write the letters that tell refused persons the action and its reasons."""
    from audit.cli.outbox import write
    from audit.cli.output import refuse_foreign
    from audit.cli.place import open_ledger
    from audit.cli.progress import progress_bars
    from audit.cli.signature import SigningKey
    from audit.cli.tally import Order
    from audit.ledger.database import hold_less
    from reports.kinds import KINDS

    if kind is not None and kind not in KINDS:
        raise UsageError(f"--kind: there is no '{kind}'. The kinds are: {', '.join(KINDS)}.")
    if sum((bool(decision), unsent, every)) != 1:
        raise UsageError("letters: it is not said which. Give either --decision, --unsent or --all.")
    if (late or again) and not (reason or "").strip():
        raise UsageError(
            "--reason: it is missing. --late and --again need one, and it is kept with the letter."
        )
    if prove_sample and not stamped:
        raise UsageError("--prove-sample: nothing is stamped, so there is nothing to prove. Add --stamped.")
    if reason is not None and not (late or again):
        raise UsageError("--reason: it gives a reason for nothing. Give --late or --again with it.")
    order = Order(
        date=day_of(date),
        formats=formats_of(format),
        draft=draft,
        again_reason=reason if again else None,
        late_reason=reason if late else None,
        kind=kind,
        lang=lang.strip().lower() if lang else None,
        stamped=stamped,
        jobs=jobs or (len(os.sched_getaffinity(0)) if stamped else 1),
        sample=prove_sample,
        together=_TOGETHER if stamped else 1,
        pades=SigningKey(pades, passphrase_env) if pades else None,
        manifest_key=SigningKey(sign_manifest, passphrase_env) if sign_manifest else None,
    )
    _refuse_unsigned(order, passphrase_env)
    if print_to is not None:
        _refuse_unbound(print_to, out, order)
    refuse_foreign(out)  # before any work, so that it is not lost to a full folder
    with open_ledger(ledger) as opened, progress_bars(quiet=as_json) as progress:
        hold_less(opened.engine, _HELD_KIB)
        found = opened.find(audit)
        tally = write(
            opened,
            found.audit,
            decision or ("unsent" if unsent else "all"),
            order,
            recipients=recipients,
            out=out,
            progress=progress,
        )
        bound = None if print_to is None else _bound(opened, tally, print_to, progress)
    told = tally.as_json() if print_to is None else {**tally.as_json(), "print": bound and bound.as_json()}
    typer.echo(json.dumps(told) if as_json else tally.in_words())
    if bound is not None and not as_json:
        typer.echo(bound.in_words())
    if order.date < dt.date.today() and not as_json:
        ago = (dt.date.today() - order.date).days
        typer.echo(f"dated {ago} {'day' if ago == 1 else 'days'} before today: the date is that of mailing")
    raise typer.Exit(3 if tally.refused or tally.held else 0)


def _refuse_unsigned(order: Order, passphrase_env: str | None) -> None:
    keys = [key for key in (order.pades, order.manifest_key) if key is not None]
    if not keys and passphrase_env is not None:
        raise UsageError("--passphrase-env: no key is named. Give --pades or --sign-manifest with it.")
    if keys and order.draft:
        raise UsageError("--pades, --sign-manifest: a draft is not signed. Leave --draft or the key out.")
    if order.pades is not None and "pdf" not in order.formats:
        raise UsageError("--pades: it signs PDFs. Give --format pdf with it, or --sign-manifest.")
    for key in keys:
        key.check(order.date, dt.datetime.now(dt.UTC))


def _refuse_unbound(file: Path, out: Path, order: Order) -> None:
    from audit.cli.print_file import refuse_taken

    if order.draft:
        raise UsageError("--print-file: drafts go to nobody. Leave --draft or --print-file out.")
    if "pdf" not in order.formats:
        raise UsageError("--print-file: it binds PDFs. Give --format pdf with it.")
    if file.absolute().is_relative_to(out.absolute()):
        raise UsageError(
            f"--print-file: {file} lies in {out}, which is replaced as a whole. Name another place."
        )
    refuse_taken(file)


def _bound(ledger: Ledger, tally: Tally, file: Path, progress: Progress) -> Bound | None:
    """Bind what was written; where that fails the letters stand, and may be bound once more."""
    from audit.cli.print_file import bind
    from audit.errors import AuditError

    if not tally.letters and not tally.stands:
        typer.echo(f"{file}: there is no letter to bind, so it was not written", err=True)
        return None
    try:
        return bind(ledger, tally.out, file, at=dt.datetime.now(dt.UTC), progress=progress)
    except AuditError as error:
        typer.echo(tally.in_words(), err=True)
        stands = (
            f"The letters are recorded and lie in {tally.out}: plainspoken handover bind {tally.out} FILE.pdf"
        )
        raise type(error)(f"{error} {stands}") from error


def write_letters(
    ledger: Ledger,
    audit: str,
    decisions: Sequence[str],
    *,
    recipients: Path,
    date: dt.date,
    folder: Path,
    formats: Sequence[str] = _FORMATS,
    progress: Progress | None = None,
) -> int:
    """Write the letters of some decisions into a folder; return how many letters were written."""
    from audit.cli.outbox import write
    from audit.cli.tally import Order

    order = Order(date=date, formats=formats_of(formats))
    tally = write(ledger, audit, list(decisions), order, recipients=recipients, out=folder, progress=progress)
    return tally.letters


def day_of(text: str | None) -> dt.date:
    """Return the day that is named; today where none is."""
    try:
        return dt.date.fromisoformat(text) if text else dt.date.today()
    except ValueError as error:
        raise UsageError(f"--date: '{text}' is no date. Write it as 2026-11-20.") from error


def formats_of(asked: Sequence[str] | None) -> tuple[str, ...]:
    """Return the formats that are asked for, each once; PDF where none is."""
    wanted = tuple(dict.fromkeys(word.lower() for word in asked or ("pdf",)))
    for word in wanted:
        if word not in _FORMATS:
            raise UsageError(f"--format: '{word}' is no format of a letter. Use pdf, html or txt.")
    return wanted
