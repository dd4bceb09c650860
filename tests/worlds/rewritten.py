"""A ledger written anew from what another one tells: the same audit, by today's writer, in today's schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from audit.ledger import AttributionBlock, Ledger, tables
from audit.ledger.database import reading
from audit.ledger.read import parts_of, rows_of
from audit.record import Decision, Policy, QuarantinedRow
from tests.worlds.disturbed import FixedDraws


def _block(
    told: Mapping[int, tuple[Mapping[str, tuple[float, float | None]], float | None]],
) -> AttributionBlock:
    """Return the block of one method: position -> contributions with their errors, and the residual."""
    rows = sorted(told)
    factors = tuple(told[rows[0]][0])
    errors = [[told[at][0][factor][1] for factor in factors] for at in rows]
    residuals = [told[at][1] for at in rows]
    return AttributionBlock(
        factors,
        rows,
        [[told[at][0][factor][0] for factor in factors] for at in rows],
        standard_error=None if errors[0][0] is None else errors,  # type: ignore[arg-type]
        residual=None if residuals[0] is None else residuals,  # type: ignore[arg-type]
    )


def _attributions(ledger: Ledger, audit: str, decisions: list[Decision]) -> dict[str, AttributionBlock]:
    told: dict[str, dict[int, Any]] = {}
    for at, decision in enumerate(decisions):
        residuals = ledger.residuals(audit, decision)
        for method, values in ledger.attributions(audit, decision).items():
            told.setdefault(method, {})[at] = (values, residuals.get(method))
    return {method: _block(told[method]) for method in sorted(told)}


def _quarantined(ledger: Ledger, audit: str) -> dict[int, tuple[QuarantinedRow, ...]]:
    with reading(ledger.engine) as connection:
        return {
            seq: tuple(
                QuarantinedRow(row["source_row"], row["cause"])
                for row in rows_of(connection, tables.quarantined_rows, entry)
            )
            for entry, seq in parts_of(connection, audit)
        }


def rewrite(origin: Ledger, audit: str, target: Ledger, draws: FixedDraws) -> str:
    """Write an audit of one ledger into another, from its records alone; return its id."""
    head = origin.find(audit)
    assert head.sealed_at is not None
    assert head.exit_code is not None
    writer = target.begin(
        replace(head, state="open", sealed_at=None, exit_code=None, counts={}, timings={}, checkpoint="")
    )
    by_part: dict[int, list[Decision]] = {}
    for decision in origin.decisions(audit):
        by_part.setdefault(decision.seq, []).append(decision)
    groups, aside = dict(origin.groups(audit)), _quarantined(origin, audit)
    for seq, told in sorted(by_part.items()):
        cases = [origin.case(audit, decision) for decision in told]
        decisions = [
            replace(
                decision,
                decision=case.decision,
                persons=origin.people(audit, decision),
                # "sent" follows from the documents, which are not written here
                notice=replace(decision.notice, state="ready")
                if decision.notice.state == "sent"
                else decision.notice,
            )
            for decision, case in zip(told, cases, strict=True)
        ]
        draws.restart(f"part {seq}")
        writer.partition(
            seq, decisions, cases, _attributions(origin, audit, told), groups[seq], aside.get(seq, ())
        )
    policy = Policy(head.as_of, origin.packs(audit), origin.requirements(audit), origin.statements(audit))
    return writer.seal(
        policy=policy,
        codes=origin.codes(audit),
        references=origin.references(audit),
        rates=origin.rates(audit),
        disparities=origin.disparities(audit),
        findings=origin.findings(audit),
        figures=tuple(origin.figures(audit).values()),
        counts=head.counts,
        exit_code=head.exit_code,
        sealed_at=head.sealed_at,
        timings=head.timings,
    ).audit


def fresh_ledger(folder: Path, keys: Path, draws: FixedDraws) -> Ledger:
    """Return a new ledger in today's schema, under the keys ``keys`` + ``.key`` and ``.sign``."""
    for ending in (".key", ".sign"):
        (folder / f"ledger{ending}").write_bytes(keys.with_suffix(ending).read_bytes())
    draws.restart("ledger")
    return Ledger.open(str(folder / "ledger.db"), create=True)
