"""The model: what it is, what it reads, and whether a protected attribute is among it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import wording
from reports.sealed import framework_words, read
from reports.wording import capital, count, joined, plural

if TYPE_CHECKING:
    from audit.record import ReasonCode
    from reports.sealed import Reading

LABEL = "Model"


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor: its code, its words, and the inputs that make it."""

    code: str
    statement: str
    columns: str
    approved: str


@dataclass(frozen=True, slots=True)
class Model:
    """What the section prints."""

    finding: str
    rows: tuple[tuple[str, str], ...]
    layers: tuple[tuple[str, str, str], ...]
    factors: tuple[Factor, ...]
    unnamed: str
    meaning: str


def _factor(code: ReasonCode) -> Factor:
    statement = code.statement.get("en") or next(iter(code.statement.values()), "no statement")
    approved = "not approved"
    if code.approved is not None:
        approved = wording.date_in_words(code.approved.date)
    return Factor(code.code, statement, ", ".join(code.columns) or "no column", approved)


def query(ledger: Reading, audit_id: str) -> Model:
    """Read model and dictionary."""
    sealed = read(ledger, audit_id)
    model = sealed.audit.model
    body = sealed.figure("model") or {}
    codes = ledger.codes(sealed.audit.audit)
    inputs = tuple(body.get("inputs") or model.inputs)
    found = body.get("protected_inputs") or ()
    named = {column for code in codes for column in (*code.columns, *code.missing_columns)}
    unnamed = [column for column in inputs if column not in named]
    if not inputs:
        finding = f"The audit rests on {framework_words(model.framework)}"
    elif found:
        what = joined([f"{i['column']} ({i['attribute']})" for i in found[:3]])
        finding = f"The model reads a protected attribute: {what}"
    else:
        n, aged = len(inputs), body.get("permitted_inputs") or ()
        finding = f"The model reads {count(n)} {plural(n, 'input')}; none is a protected attribute"
        if aged:
            finding = (
                f"The model reads age by leave ({joined(list(aged)[:3])}), and no other protected attribute"
            )
    rows = [
        ("File", model.name),
        ("Kind", capital(framework_words(model.framework))),
        ("Version", model.version),
        ("Output", model.output or wording.NOTHING),
        ("Parameters", count(model.n_parameters) if model.n_parameters is not None else "not known"),
    ]
    if model.trust is not None:
        date = wording.date_in_words(model.trust.date)
        rows.append(("Trust", f"It runs code. Allowed by {model.trust.by}, {date}: {model.trust.reason}"))
    walls = (sealed.figure("environment") or {}).get("walls")
    if walls:
        rows.append(("Walls around it", capital(str(walls))))
    layers = tuple(
        (
            str(layer.get("name", "")),
            str(layer.get("kind", "")),
            count(layer["units"]) if layer.get("units") is not None else wording.NOTHING,
        )
        for layer in (body.get("layers") or model.layers)
    )
    unapproved = sum(code.approved is None for code in codes)
    if unapproved:
        meaning = (
            f"{count(unapproved)} of {count(len(codes))} statements "
            f"{plural(unapproved, 'is', 'are')} not approved: a letter that needs one is a draft."
        )
    else:
        meaning = (
            "Every statement is approved. A factor is what one reason can name: its inputs move together."
        )
    return Model(
        finding=finding,
        rows=tuple(rows),
        layers=layers,
        factors=tuple(_factor(code) for code in codes),
        unnamed=joined(unnamed),
        meaning=meaning if codes else "",
    )


def title(data: Model) -> str:
    """Return what the model reads."""
    return data.finding
