"""The data: how many rows became decisions, which columns, and who is in which group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.groups import attribute_label, group_label, order
from reports.sealed import Sealed, read
from reports.wording import count, joined, plural

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Data and people"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column that the model reads."""

    name: str
    type: str
    missing: str
    low: str
    median: str
    high: str
    distinct: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of a protected attribute; ``head`` rows name the attribute."""

    label: str
    aside: str
    n: str
    head: bool = False
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Data:
    """What the section prints."""

    finding: str
    source: str
    outcomes: tuple[tuple[str, str, str], ...]
    causes: tuple[tuple[str, str], ...]
    features: tuple[Feature, ...]
    groups: tuple[tuple[GroupRow, ...], ...]  # one or two columns
    min_group: int
    observed: str


def _number(value: float | None) -> str:
    if value is None:
        return wording.NOTHING
    if float(value).is_integer():
        return count(int(value)) if value >= 0 else wording.MINUS + count(int(-value))
    return wording.size(value, 1 if abs(value) >= 1000 else 3)


def _features(body: dict[str, Any]) -> tuple[Feature, ...]:
    return tuple(
        Feature(
            f["name"],
            f["type"],
            count(f["missing"]),
            _number(f["low"]),
            _number(f["median"]),
            _number(f["high"]),
            count(f["distinct"]) if f["distinct"] is not None else wording.NOTHING,
        )
        for f in body.get("features", ())
    )


def _groups(body: dict[str, Any], min_group: int) -> tuple[GroupRow, ...]:
    rows = []
    for entry in body.get("protected", ()):
        rows.append(GroupRow(attribute_label(entry["attribute"]), entry["provenance"], "", head=True))
        for group in sorted(entry["groups"], key=lambda g: order(g["group"], entry["reference"])):
            is_reference = group["group"] == entry["reference"]
            few = group["n"] < min_group
            rows.append(
                GroupRow(
                    group_label(group["group"]),
                    "reference" if is_reference else "too few to judge" if few else "",
                    count(group["n"]),
                    tone="reference" if is_reference else "few" if few else "",
                )
            )
    return tuple(rows)


def _halves(rows: tuple[GroupRow, ...]) -> tuple[tuple[GroupRow, ...], ...]:
    """Cut the rows before the attribute that makes both columns most alike in length."""
    heads = [i for i, row in enumerate(rows) if row.head and i]
    if not heads:
        return (rows,) if rows else ()
    cut = min(heads, key=lambda i: abs(len(rows) - 2 * i))
    return rows[:cut], rows[cut:]


def _unknown(body: dict[str, Any]) -> str:
    missing = [
        f"{count(group['n'])} without {attribute_label(entry['attribute']).lower()}"
        for entry in body.get("protected", ())
        for group in entry["groups"]
        if group["group"] == "unknown" and group["n"]
    ]
    return joined(missing)


def _observed(body: dict[str, Any], rows: int) -> str:
    observed = body.get("observed")
    if not observed:
        return (
            "What became of the applicants is not in the data, so errors and calibration were not measured."
        )
    return (
        f"What became of the applicants stands in “{observed['column']}” (adverse: {observed['adverse']}) "
        f"for {count(observed['n_known'])} of {count(rows)} applications."
    )


def query(ledger: Reading, audit_id: str) -> Data:
    """Read the population, the columns and the groups."""
    sealed: Sealed = read(ledger, audit_id)
    body = dict(sealed.figure("data") or {})
    population = dict(sealed.figure("population") or sealed.audit.counts)
    rows, aside = population["rows"], population["quarantined"]
    finding = f"{count(rows)} applications, {count(aside) if aside else 'none'} set aside"
    unknown = _unknown(body)
    outcomes = (
        (
            "Approved",
            count(population["favourable"]),
            "the favourable decision: alone “selection” in every rate",
        ),
        (
            "Refused",
            count(population["adverse"]),
            f"{count(population['held'])} of their notices {plural(population['held'], 'is', 'are')} held",
        ),
        (
            "Withdrawn or incomplete",
            count(population["none"]),
            "no decision: stays out of rates, gets no notice",
        ),
        (
            "Set aside",
            count(aside),
            "rows that could not be read; causes below" if aside else "no row was unreadable",
        ),
    )
    return Data(
        finding=finding + (f"; {unknown}" if unknown else ""),
        source=body.get("name") or sealed.audit.dataset.name,
        outcomes=outcomes,
        causes=tuple((c["cause"], count(c["n"])) for c in population.get("quarantined_causes", ())),
        features=_features(body),
        groups=_halves(_groups(body, sealed.min_group)),
        min_group=sealed.min_group,
        observed=_observed(body, rows),
    )


def title(data: Data) -> str:
    """Return how many applications, and what is missing of them."""
    return data.finding
