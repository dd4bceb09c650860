"""What a fair-lending report is about: model, products, period, stages, population, and who was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import register, wording
from reports.sealed import Sealed, decision_rule, framework_words, read
from reports.wording import capital, count, joined

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Scope"


@dataclass(frozen=True, slots=True)
class LendingScope:
    """What the section prints."""

    finding: str
    rows: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str, str], ...]
    causes: tuple[tuple[str, str], ...]


def query(ledger: Reading, audit_id: str) -> LendingScope:
    """Read what was audited."""
    sealed = read(ledger, audit_id)
    audit = sealed.audit
    population = dict(sealed.figure("population") or audit.counts)
    said = {one.label: one for one in register.register(sealed)}

    def told(label: str) -> str:
        one = said[label]
        return f"Not stated: {one.says}." if one.open else f"{capital(one.says)}."

    packs = [one.name for one in ledger.packs(audit.audit)]
    rows = (
        ("Model", _model(sealed)),
        ("Decision", f"{capital(decision_rule(sealed))}."),
        ("Products", told("Products")),
        ("Period", told("Period")),
        ("Stages of decision", told("Stages of decision")),
        ("Outcomes later", _observed(sealed)),
        ("Judged", f"As of {wording.date_in_words(audit.as_of)}, by {joined(packs) or 'no policy'}."),
    )
    return LendingScope(
        f"{count(population['rows'])} applications to {_named(sealed)}",
        rows,
        tuple(_counts(population)),
        tuple((one["cause"], count(one["n"])) for one in population.get("quarantined_causes", ())),
    )


def title(data: LendingScope) -> str:
    """Return how many applications to which model."""
    return data.finding


def _named(sealed: Sealed) -> str:
    model = sealed.audit.model
    return "decisions as they were taken" if model.framework == "none" else f"the model {model.name}"


def _model(sealed: Sealed) -> str:
    model = sealed.audit.model
    if model.framework == "none":
        return "None: decisions were audited as they were taken."
    return f"{model.name}, version {model.version}: {framework_words(model.framework)}."


def _observed(sealed: Sealed) -> str:
    observed = (sealed.figure("data") or {}).get("observed")
    if not observed:
        return f"Not stated: {register.NOT_OBSERVED}, so errors and calibration were not measured."
    return f"In “{observed['column']}”, known of {count(observed['n_known'])} applications."


def _counts(population: dict[str, int]) -> tuple[tuple[str, str, str], ...]:
    return (
        ("Applications", count(population["rows"]), "all rows of the data"),
        ("Approved", count(population["favourable"]), "the favourable decision of every rate"),
        ("Refused", count(population["adverse"]), "the adverse decision"),
        ("Withdrawn or incomplete", count(population["none"]), "excluded: no decision, in no rate"),
        ("Set aside", count(population["quarantined"]), "excluded: rows that could not be read"),
    )
