"""How each record lies in its table: records to rows, and rows back to records. Pure.

Lists and mappings become compact JSON text, days ISO text, moments UTC microseconds; reading a
row that was written gives an equal record.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from audit.errors import LedgerError
from audit.ledger.seal import text_of
from audit.record import (
    Approval,
    Audit,
    Bound,
    BureauCode,
    Dataset,
    Disparity,
    Figure,
    Finding,
    Model,
    PackVersion,
    Proxy,
    Rate,
    ReasonCode,
    Reference,
    Requirement,
    Statement,
    Trust,
)

Row = dict[str, Any]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def microseconds(moment: dt.datetime) -> int:
    """Return UTC microseconds since 1970.

    Raises
    ------
    LedgerError
        For a moment without a time zone: it names no moment.
    """
    if moment.tzinfo is None:
        raise LedgerError(f"{moment.isoformat()}: a moment without a time zone cannot be sealed. Give UTC.")
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int | None) -> dt.datetime | None:
    """Return the moment that microseconds stand for."""
    return None if value is None else _EPOCH + value * _MICROSECOND


def _day(value: str | None) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(value)


def _iso(value: dt.date | None) -> str | None:
    return None if value is None else value.isoformat()


def json_text(what: str, value: Any) -> str:
    """Return compact JSON; a value that JSON does not know is refused with its place."""
    try:
        return text_of(value)
    except (TypeError, ValueError) as error:
        raise LedgerError(f"{what}: {error}. Seal strings, finite numbers, lists and mappings.") from error


# --- the audit, its model and its data ---------------------------------------------------------


def _trust_row(trust: Trust | None) -> str | None:
    if trust is None:
        return None
    return text_of({"by": trust.by, "reason": trust.reason, "date": trust.date.isoformat()})


def model_row(model: Model) -> Row:
    """Return the row of a model."""
    return {
        "digest": model.digest,
        "name": model.name,
        "framework": model.framework,
        "version": model.version,
        "inputs": json_text("model.inputs", list(model.inputs)),
        "output": model.output,
        "n_parameters": model.n_parameters,
        "layers": json_text("model.layers", [dict(layer) for layer in model.layers]),
        "trust": _trust_row(model.trust),
    }


def model_of(row: Mapping[str, Any]) -> Model:
    """Return the model of a row."""
    trust = json.loads(row["trust"]) if row["trust"] else None
    return Model(
        digest=row["digest"],
        name=row["name"],
        framework=row["framework"],
        version=row["version"],
        inputs=tuple(json.loads(row["inputs"])),
        output=row["output"],
        n_parameters=row["n_parameters"],
        layers=tuple(json.loads(row["layers"])),
        trust=trust and Trust(trust["by"], trust["reason"], dt.date.fromisoformat(trust["date"])),
    )


def dataset_row(dataset: Dataset) -> Row:
    """Return the row of a dataset."""
    return {
        "digest": dataset.digest,
        "name": dataset.name,
        "n_rows": dataset.n_rows,
        "columns": json_text("data.columns", list(dataset.columns)),
    }


def dataset_of(row: Mapping[str, Any]) -> Dataset:
    """Return the dataset of a row."""
    return Dataset(row["digest"], row["name"], row["n_rows"], tuple(json.loads(row["columns"])))


def audit_row(audit: Audit) -> Row:
    """Return the row of an audit as it opens."""
    return {
        "audit": audit.audit,
        "name": audit.name,
        "kind": audit.kind,
        "owner": audit.owner,
        "as_of": audit.as_of.isoformat(),
        "config": json_text("config", dict(audit.config)),
        "slot": audit.slot,
        "again": audit.again,
        "seed": audit.seed,
        "program": audit.program,
        "opened_at": None if audit.opened_at is None else microseconds(audit.opened_at),
        "environment": json_text("environment", dict(audit.environment)),
    }


def audit_of(
    row: Mapping[str, Any],
    model: Mapping[str, Any],
    dataset: Mapping[str, Any],
    seal: Mapping[str, Any] | None,
    checkpoint: str,
) -> Audit:
    """Return the audit that these rows tell of; ``seal`` is None while it is open."""
    return Audit(
        audit=row["audit"],
        name=row["name"],
        kind=row["kind"],
        owner=row["owner"],
        as_of=dt.date.fromisoformat(row["as_of"]),
        model=model_of(model),
        dataset=dataset_of(dataset),
        config=json.loads(row["config"]),
        state="open" if seal is None else "sealed",
        slot=row["slot"],
        again=row["again"],
        seed=row["seed"],
        program=row["program"],
        opened_at=moment(row["opened_at"]),
        sealed_at=None if seal is None else moment(seal["sealed_at"]),
        exit_code=None if seal is None else seal["exit_code"],
        counts={} if seal is None else json.loads(seal["counts"]),
        timings={} if seal is None else json.loads(seal["timings"]),
        checkpoint=checkpoint,
        environment=json.loads(row["environment"]),
    )


# --- flat records: a column a field ------------------------------------------------------------

_RENAMED = {"group": "group_name"}  # the field's name is a word of SQL


def _flat_row(record: Any) -> Row:
    return {_RENAMED.get(f.name, f.name): getattr(record, f.name) for f in fields(record)}


def _flat_of(kind: Callable[..., Any], row: Mapping[str, Any]) -> Any:
    return kind(**{f.name: row[_RENAMED.get(f.name, f.name)] for f in fields(kind)})  # type: ignore[arg-type]


def rate_row(rate: Rate) -> Row:
    """Return the row of a rate."""
    return _flat_row(rate)


def rate_of(row: Mapping[str, Any]) -> Rate:
    """Return the rate of a row."""
    return _flat_of(Rate, row)  # type: ignore[no-any-return]


def disparity_row(disparity: Disparity) -> Row:
    """Return the row of a disparity."""
    return _flat_row(disparity)


def disparity_of(row: Mapping[str, Any]) -> Disparity:
    """Return the disparity of a row."""
    return _flat_of(Disparity, row)  # type: ignore[no-any-return]


def finding_row(finding: Finding) -> Row:
    """Return the row of a finding."""
    return _flat_row(finding)


def finding_of(row: Mapping[str, Any]) -> Finding:
    """Return the finding of a row."""
    return _flat_of(Finding, row)  # type: ignore[no-any-return]


def statement_row(statement: Statement) -> Row:
    """Return the row of a statement."""
    return _flat_row(statement)


def statement_of(row: Mapping[str, Any]) -> Statement:
    """Return the statement of a row."""
    return _flat_of(Statement, row)  # type: ignore[no-any-return]


def pack_row(pack: PackVersion) -> Row:
    """Return the row of a pack."""
    return {**_flat_row(pack), "as_of": pack.as_of.isoformat()}


def pack_of(row: Mapping[str, Any]) -> PackVersion:
    """Return the pack of a row."""
    return PackVersion(row["name"], row["digest"], dt.date.fromisoformat(row["as_of"]), row["title"])


def figure_row(figure: Figure) -> Row:
    """Return the row of a figure."""
    return {
        "name": figure.name,
        "access": figure.access,
        "body": json_text(f"figure {figure.name}", dict(figure.body)),
    }


def figure_of(row: Mapping[str, Any]) -> Figure:
    """Return the figure of a row."""
    return Figure(row["name"], row["access"], json.loads(row["body"]))


# --- records with parts --------------------------------------------------------------------------


def requirement_row(requirement: Requirement) -> Row:
    """Return the row of a requirement; its bound lies in four columns."""
    row = _flat_row(requirement)
    bound = row.pop("bound")
    return {
        **row,
        "bound_since": bound and bound.since.isoformat(),
        "at_least": bound and bound.at_least,
        "at_most": bound and bound.at_most,
        "equals": bound and bound.equals,
        "population": int(requirement.population),
    }


def requirement_of(row: Mapping[str, Any]) -> Requirement:
    """Return the requirement of a row."""
    since = _day(row["bound_since"])
    plain = {f.name: row[f.name] for f in fields(Requirement) if f.name not in ("bound", "population")}
    return Requirement(
        **plain,
        bound=None if since is None else Bound(since, row["at_least"], row["at_most"], row["equals"]),
        population=bool(row["population"]),
    )


def reference_row(reference: Reference) -> Row:
    """Return the row of a reference; its applicants lie in a partition."""
    row = _flat_row(reference)
    del row["rows"]
    return row


def reference_of(row: Mapping[str, Any], rows: tuple[tuple[int, int], ...] = ()) -> Reference:
    """Return the reference of a row."""
    plain = {f.name: row[f.name] for f in fields(Reference) if f.name != "rows"}
    return Reference(**plain, rows=rows)


def code_row(code: ReasonCode) -> Row:
    """Return the row of a reason code."""
    proxy, approved = code.proxy, code.approved
    return {
        "factor": code.factor,
        "code": code.code,
        "columns": text_of(list(code.columns)),
        "statement": text_of(dict(code.statement)),
        "direction": text_of(_directions(code)),
        "hmda": code.hmda,
        "changeable": int(code.changeable),
        "missing_columns": text_of(list(code.missing_columns)),
        "missing_statement": text_of(dict(code.missing_statement)),
        "priority": code.priority,
        "proxy": proxy and text_of({**_flat_row(proxy), "date": _iso(proxy.date)}),
        "approved": approved and text_of({"by": approved.by, "date": _iso(approved.date)}),
    }


def _directions(code: ReasonCode) -> dict[str, Any]:
    """Return which way the score goes, and where stated which ways the columns can go, and bureaus' codes."""
    # Beside the score's direction, not in columns of their own: a dictionary that states none of them
    # has the bytes that it always had.
    change = {"change": dict(code.change)} if code.change else {}
    bureau = {"bureau": [_flat_row(one) for one in code.bureau]} if code.bureau else {}
    return {**code.direction, **change, **bureau}


def code_of(row: Mapping[str, Any]) -> ReasonCode:
    """Return the reason code of a row."""
    direction = json.loads(row["direction"])
    change, bureau = direction.pop("change", {}), direction.pop("bureau", ())
    proxy = json.loads(row["proxy"]) if row["proxy"] else None
    approved = json.loads(row["approved"]) if row["approved"] else None
    return ReasonCode(
        factor=row["factor"],
        code=row["code"],
        columns=tuple(json.loads(row["columns"])),
        statement=json.loads(row["statement"]),
        direction=direction,
        hmda=row["hmda"],
        changeable=bool(row["changeable"]),
        change=change,
        missing_columns=tuple(json.loads(row["missing_columns"])),
        missing_statement=json.loads(row["missing_statement"]),
        priority=row["priority"],
        proxy=proxy and Proxy(**{**proxy, "date": dt.date.fromisoformat(proxy["date"])}),
        approved=approved and Approval(approved["by"], dt.date.fromisoformat(approved["date"])),
        bureau=tuple(BureauCode(**one) for one in bureau),
    )
