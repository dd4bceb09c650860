"""What the audit rested on, held against the files that its config names: model, data, dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from audit.data.cases import case_files
from audit.data.cells import as_words
from audit.data.slices import groups, intersection_groups
from audit.record import CaseFile, Model, ReasonCode
from audit.replay.difference import Compared

if TYPE_CHECKING:
    from audit.data.dataset import Source
    from audit.job import Job
    from audit.replay.records import Records

ORDER = "order of the rows"


def config(sealed: Mapping[str, Any], now: Mapping[str, Any]) -> Compared:
    """Hold the sealed config against another one, key by key."""
    found = Compared("config")
    one, other = _flat(sealed), _flat(now)
    for place in dict.fromkeys((*one, *other)):
        found.equal(place, one.get(place), other.get(place))
    return found


def _flat(value: Any, place: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        out: dict[str, Any] = {}
        for key, inner in value.items():
            out |= _flat(inner, f"{place}.{key}" if place else str(key))
        return out
    return {place: value}


def model(sealed: Model, now: Model) -> Compared:
    """Hold the model that was audited against the one that the config names."""
    found = Compared("model")
    for name in ("digest", "name", "framework", "version", "inputs", "output", "n_parameters"):
        found.equal(name, getattr(sealed, name), getattr(now, name))
    return found


def dictionary(sealed: Sequence[ReasonCode], now: Sequence[ReasonCode]) -> Compared:
    """Hold the dictionary of reasons as it was against the file."""
    found = Compared("dictionary")
    old, new = {code.factor: code for code in sealed}, {code.factor: code for code in now}
    for factor in dict.fromkeys((*old, *new)):
        if factor not in old or factor not in new:
            n = "an entry"
            found.equal(factor, n if factor in old else None, n if factor in new else None)
            continue
        for field in fields(ReasonCode):
            one, other = getattr(old[factor], field.name), getattr(new[factor], field.name)
            if isinstance(one, Mapping) and isinstance(other, Mapping):
                for key in dict.fromkeys((*one, *other)):
                    found.equal(f"{factor}.{field.name}.{key}", one.get(key), other.get(key))
            else:
                found.equal(f"{factor}.{field.name}", _plain(one), _plain(other))
    return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def data(records: Records, source: Source, job: Job) -> tuple[Compared, set[Any]]:
    """Hold the data as they are now against the recorded rows; return too which rows were met.

    What is compared is what was recorded: what the model saw, the record of a letter,
    protected groups and the rows set aside. Whether other columns differ only the digest tells.
    """
    found, met = Compared("data"), set()
    order: list[tuple[int, int]] = []
    config = job.config
    sealed = records.audit.dataset
    for plan in source.plan():
        batch = source.read(plan)
        ids = as_words(batch.frame[config.data.id]).to_list()
        cases = case_files(config, batch, config.data.features)
        members = groups(config.protected, batch.frame)
        members |= intersection_groups(config.intersections, members)
        for i, (name, row) in enumerate(zip(ids, batch.rows.tolist(), strict=True)):
            key = records.key(name, row)
            if key not in records.places:
                label = str(key) if records.unlocked else f"row {row}"
                found.equal("row", None, "in the data", label)
                continue
            met.add(key)
            part, pos = records.places[key]
            order.append((part.seq, pos))
            if pos in part.gone:
                continue
            label = part.decisions[pos].decision
            case = part.cases[pos]
            if case is not None and config.audit.only != "fairness":
                _case(found, case, cases[i], label, whole=pos not in part.partly)
            for attribute, of in members.items():
                if attribute in part.groups:
                    found.equal(f"protected.{attribute}", part.groups[attribute][pos], str(of[i]), label)
    for key, decision in records.sealed():
        if key not in met and records.told(key) is None:
            found.equal("row", "recorded", None, decision.decision)
    found.equal(ORDER, "as recorded", "as recorded" if order == sorted(order) else "another")
    _aside(found, records, source)
    erased = any(records.told(key) is not None for key, _ in records.sealed() if key not in met)
    if not erased:  # a row that had to go changes the digest, and is no difference
        found.equal("digest", sealed.digest, source.digest)
        found.equal("rows", sealed.n_rows, source.n_rows)
    found.equal("columns", list(sealed.columns), list(source.columns))
    return found, met


def _case(found: Compared, sealed: CaseFile, now: CaseFile, label: str, *, whole: bool) -> None:
    for column in dict.fromkeys((*sealed.inputs, *now.inputs)):
        found.equal(f"inputs.{column}", sealed.inputs.get(column), _cell(now.inputs.get(column)), label)
    for name in dict.fromkeys((*sealed.record, *now.record)):
        found.equal(f"record.{name}", sealed.record.get(name), now.record.get(name), label)
    if whole:  # a bureau score is told of as a whole: what it says stays locked
        for name in ("sources", "bureau_scores"):
            one, other = getattr(sealed, name), getattr(now, name)
            same = sorted(map(repr, one)) == sorted(map(repr, other))
            found.equal(name, "as recorded", "as recorded" if same else "of other content", label)


def _cell(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value


def _aside(found: Compared, records: Records, source: Source) -> None:
    sealed = {row.row: row.cause for part in records.parts for row in part.quarantined}
    now = {row.row: row.cause for plan in source.plan() for row in source.read(plan).quarantined}
    for row in sorted({*sealed, *now}):
        found.equal(f"set aside, row {row}", sealed.get(row), now.get(row))
