"""``plainspoken correct`` and ``affected``: letters that replace others, and who got a faulty text."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.listed import IDS_HELP, OUT_HELP
from audit.cli.place import LEDGER_HELP
from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.cli.tally import Order
    from audit.ledger import IssuedDocument, Ledger
    from audit.record import Decision, Recipient


def correct(
    decision: str = typer.Argument(..., metavar="DECISION", help="An id as in the data, or a pseudonym."),
    out: Path = typer.Option(
        ..., "--out", metavar="DIR", help="Folder for the letters; one of ours is replaced."
    ),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="What was wrong; kept, locked."),
    by: str = typer.Option(..., "--by", metavar="NAME", help="Who answers for it; kept in the log."),
    audit: str | None = typer.Option(
        None, "--audit", metavar="AUDIT", help="Whose record is told. Default: the newest that decided on it."
    ),
    date: str | None = typer.Option(
        None, "--date", metavar="DATE", help="The date that is printed, and the day of sending."
    ),
    late: bool = typer.Option(False, "--late", help="Send it although the first notice was late too."),
    format: list[str] | None = typer.Option(
        None, "--format", help="pdf, html or txt; may be given several times. Default: pdf."
    ),
    recipients: Path | None = typer.Option(
        None, "--recipients", metavar="FILE", help="Read instead of whom the first letter went to."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write letters that replace those issued on a decision, and say which; the log links them."""
    from audit.cli.letters import day_of, formats_of
    from audit.cli.output import refuse_foreign
    from audit.cli.place import open_ledger
    from audit.cli.tally import Order
    from audit.ledger import events

    events.need(by=by, reason=reason)
    order = Order(day_of(date), formats_of(format), again_reason=reason, late_reason=reason if late else None)
    refuse_foreign(out)
    with open_ledger(ledger) as opened:
        found, decided = _record(opened, audit, decision)
        told = _write(opened, found, decided, order, by=by, recipients=recipients, out=out)
    if as_json:
        typer.echo(json.dumps(told))
    else:
        n = "1 letter" if told["letters"] == 1 else f"{told['letters']} letters"
        of = f", in place of {', '.join(told['replaced'])}" if told["replaced"] else ""
        typer.echo(f"{n} in {out}{of}")
        if told["refused"]:
            typer.echo(f"{told['refused']} refused: {told['exceptions']}")
    raise typer.Exit(3 if told["refused"] else 0)


def _record(ledger: Ledger, audit: str | None, name: str) -> tuple[str, Decision]:
    """Return the record that is told: that of the audit named, else of the newest that knows the decision."""
    if audit is not None:
        found = ledger.find(audit)
        return found.audit, ledger.decision(found, name)
    for one in sorted(ledger.audits(), key=lambda one: str(one.sealed_at), reverse=True):
        if one.state != "sealed":
            continue
        try:
            return one.audit, ledger.decision(one, name)
        except UsageError:
            continue  # this audit has no such decision; another may
    raise UsageError(f"{name}: no audit of this ledger has such a decision. Look at the id in the data.")


def _write(
    ledger: Ledger,
    audit: str,
    decision: Decision,
    order: Order,
    *,
    by: str,
    recipients: Path | None,
    out: Path,
) -> dict[str, Any]:
    from audit.cli.addressees import folder_of
    from audit.cli.outbox import as_csv
    from audit.cli.output import OutputFolder
    from audit.cli.sealing import Records, own_names
    from audit.cli.tally import EXCEPTIONS, Tally
    from audit.ledger import corrections
    from audit.record import Refusal
    from reports.letter import Letters
    from reports.numbers import replaced_by_next

    letters, tally = Letters(ledger, audit, folder_of(ledger, audit)), Tally(audit, out, draft=False)
    replaced: list[str] = []
    taken: set[str] = set()
    at = dt.datetime.now(dt.UTC)

    def free(stem: str) -> bool:
        was_free = stem not in taken
        taken.add(stem)
        return was_free

    with OutputFolder(out, private=True) as folder:
        records = Records(ledger, audit, order, folder, tally)
        for first, whom in _first_letters(ledger, audit, decision, recipients):
            named = replaced_by_next(ledger, first)
            made = letters.render(
                decision,
                whom,
                date=order.date,
                formats=order.formats,
                again_reason=order.again_reason,
                late_reason=order.late_reason,
                kind=first.kind,
                lang=first.language,
                replaced=named,
                review=letters.reviewed(decision, whom),
            )
            if isinstance(made, Refusal):
                tally.exceptions.append(made)
                continue
            made = own_names(made, free)  # a person may have letters of several kinds
            # The link stands before the letter does: one that could be sent is never without it.
            hashes = [hashlib.sha256(one.content).hexdigest() for one in made]
            reason = order.again_reason or ""
            corrections.record(ledger, audit, first, hashes, by=by, reason=reason, at=at)
            for one in made:
                folder.write(one.name, one.content)
            if records.add(made, whom):
                replaced.append(named.number)
        folder.write(EXCEPTIONS, as_csv(tally.exceptions))
    return {**tally.as_json(), "replaced": replaced}


def _first_letters(
    ledger: Ledger, audit: str, decision: Decision, recipients: Path | None
) -> list[tuple[IssuedDocument, Recipient]]:
    """Return the last letter that each person got on a decision, with whom the new one goes to."""
    from audit.cli.addressees import of_decision
    from audit.ledger import documents

    last: dict[tuple[str, str], IssuedDocument] = {}
    for one in documents.letters(ledger, decision.decision):
        key = (one.person or "", one.kind)
        before = last.get(key)
        if before is None or (one.sent_at, one.again) != (before.sent_at, before.again):
            last[key] = one  # of one issue in several formats the first file stands for it
    if not last:
        raise UsageError(
            f"decision {decision.decision}: nothing was issued on it, so there is nothing to correct. "
            "See plainspoken letters."
        )
    known: dict[str, Recipient] = {}
    if recipients is not None:
        listed = of_decision(ledger, audit, recipients, decision.decision)
        known = {one.role: one for one in listed}
    pairs = []
    for one in last.values():
        whom = known.get(one.role or "") if recipients is not None else documents.recipient(ledger, one)
        if whom is None:
            raise UsageError(
                f"decision {decision.decision}: it is not known whom the {one.role} applicant's letter goes "
                "to. Give --recipients FILE."
            )
        pairs.append((one, whom))
    return pairs


def affected(
    statement: str | None = typer.Option(None, "--statement", metavar="CODE", help="The code of a reason."),
    template: str | None = typer.Option(
        None, "--template", metavar="DIGEST", help="A template's digest, or a beginning of it."
    ),
    model: str | None = typer.Option(
        None, "--model", metavar="DIGEST", help="A model's digest, or a beginning of it."
    ),
    ids: bool = typer.Option(False, "--ids", help=IDS_HELP),
    out: Path | None = typer.Option(None, "--out", metavar="FILE", help=OUT_HELP),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List who got a letter with a reason, from a template or on a model; --ids names them."""
    from audit.cli.listed import Names, give
    from audit.cli.place import open_ledger
    from audit.ledger import corrections
    from reports.numbers import number_of

    with open_ledger(ledger) as opened:
        found = corrections.affected(opened, statement=statement, template=template, model=model)
        names, nth = Names(opened, ids=ids), corrections.nth(opened)
        replaced = {one.subject for one in _corrections(opened)}
        rows = [
            {
                "decision": names.of(one.audit, one.decision or ""),
                "role": one.role,
                "notice": number_of(one, nth),
                "sent_on": one.sent_at.date().isoformat(),
                "audit": one.audit[:12],
                "format": one.format,
                "sha256": one.sha256,
                "corrected": one.sha256 in replaced,
            }
            for one in found
        ]
    give("affected", rows, out=out, as_json=as_json, line=_line, none="Nobody got such a letter.")


def _corrections(ledger: Ledger) -> tuple[Any, ...]:
    from audit.ledger import events

    return events.events(ledger, "correction")


def _line(row: Mapping[str, Any]) -> str:
    after = ", corrected" if row["corrected"] else ""
    return (
        f"{row['decision']:<32}  {row['notice']}  {row['sent_on']}  {row['role']} applicant, "
        f"audit {row['audit']}{after}"
    )
