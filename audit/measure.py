"""The second half of a run: from explained partitions to what is sealed.

Rates, measurements, findings and figures: everything that a report prints later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit import behaviour, gaps, group_measurements, measurements, overrides, reasons_stated, worker
from audit import figures as drawn
from audit import findings as duties
from audit.data.profile import merge_profiles
from audit.explain import pictures
from audit.explain.agreement import agreement, overlaps
from audit.explain.joining import joined, taken
from audit.fairness.groups import CountTable, merge
from audit.fairness.rates import measurements as rate_measurements
from audit.fairness.rates import rates
from audit.fairness.reason_mix import reason_gaps
from audit.fairness.strata import Strata, merge_strata
from audit.group_figures import group_figures
from audit.group_tests import compared, references
from audit.identity import environment
from audit.ledger.seal import digest_of_json
from audit.record import Attributions, Decision, Disparity, Figure, Finding, Measurement, Rate
from audit.scored_age import of_scored_age
from audit.sliced_figures import sliced_figures
from audit.vague import is_vague

if TYPE_CHECKING:
    from audit.barrier import Barrier
    from audit.job import ExplainedPartition, ScoredPartition
    from audit.prepare import Ready


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """How groups fared: counted once, merged, and compared with the stated reference."""

    table: CountTable
    rates: tuple[Rate, ...]
    disparities: tuple[Disparity, ...]
    strata: Strata | None = None


def partition(scored: ScoredPartition, explained: ExplainedPartition, sign: float) -> dict[str, Any]:
    """Return a finished partition as the ledger's writer takes it.

    Parameters
    ----------
    sign : 1 where high scores are adverse, else -1; sealed contributions push toward refusal
    """
    from audit.ledger.partitions import AttributionBlock

    return {
        "seq": explained.seq,
        "decisions": explained.decisions,
        "cases": explained.cases,
        "attributions": {
            method: AttributionBlock(
                factors=block.attributions.factors,
                rows=block.rows,
                values=sign * block.attributions.values,
                standard_error=block.attributions.standard_error,
                residual=sign * block.attributions.residual,
                base=block.attributions.base,
            )
            for method, block in explained.blocks.items()
        },
        "groups": {name: members.tolist() for name, members in scored.groups.items()},
        "quarantined": scored.quarantined,
    }


def groups(ready: Ready, scored: Sequence[ScoredPartition]) -> Groups:
    """Merge the counts and compare the groups; a night of refusals has no rates to compare."""
    config = ready.config
    table = merge(part.counts for part in scored)
    if config.uncompared is not None:
        return Groups(table, (), ())
    parts = [part.strata for part in scored if part.strata is not None]
    strata = merge_strata(parts) if parts else None
    low, high = config.fairness.min_group, config.decision.adverse_high
    found = rates(table, low, adverse_high=high)
    return Groups(table, found, compared(config, table, strata), strata)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Everything that a run knows before it judges."""

    ready: Ready
    scored: Sequence[ScoredPartition]
    explained: Sequence[ExplainedPartition]
    barrier: Barrier
    groups: Groups
    soundness: Sequence[Figure]  # whether the explanations hold

    @property
    def decisions(self) -> list[Decision]:
        """All decisions, in the order of their rows."""
        return [one for part in self.explained for one in part.decisions]

    @property
    def has_model(self) -> bool:
        """Whether a model was opened."""
        return self.ready.model.framework not in ("none", "scores")


def findings(
    run: Measured, figures: Sequence[Figure], fail_on: Sequence[str] | None
) -> tuple[tuple[Finding, ...], int]:
    """Judge every requirement; return the findings and the exit code of the run.

    Parameters
    ----------
    figures : what was drawn; how far methods agree is judged from the figure that prints it
    fail_on : outcomes that give exit code 3; default: the config's
    """
    config, codes = run.ready.config, run.ready.job.codes
    bodies = {one.name: one.body for one in figures}
    agreement = bodies.get("agreement", {}).get("with", ())
    effects = bodies.get("effects", {})
    sound = {name: bodies[name] for name in measurements.OF_SOUNDNESS if name in bodies}
    vague = [code.factor for code in codes if is_vague(code.statement.get("en", ""))]
    inputs = (run.ready.model.inputs or config.data.features) if run.has_model else ()
    measured: tuple[Measurement, ...] = (
        *rate_measurements(run.groups.rates, run.groups.disparities),
        *_of_estimates(run, bodies, inputs),
        *measurements.of_inputs(
            inputs, run.barrier.protected_inputs, codes, stated=bool(config.protected or config.fairness.bisg)
        ),
        *of_scored_age(
            next((one.permitted for one in config.protected.values() if one.permitted is not None), None),
            run.barrier.job.ages,
            [part.aged for part in run.explained if part.aged is not None],
            known=run.has_model,
        ),
        *measurements.of_statements(codes, vague, config.audit.as_of),
        *measurements.of_reasons(run.decisions, known=run.has_model or config.reasons_given is not None),
        *measurements.of_references(run.barrier.references),
        *measurements.of_agreement(agreement),
        *measurements.of_soundness(sound),
        *measurements.of_reason_audit(bodies.get("reason_drift"), bodies.get("stated_reasons")),
        *measurements.of_directions(effects, codes),
        *measurements.of_notice_facts(config.resolved()),
    )
    judged = duties.judge(run.ready.policy.requirements, measured, config.audit.kind, only=config.audit.only)
    return judged, duties.exit_code(judged, fail_on if fail_on is not None else config.fail_on)


def _of_estimates(
    run: Measured, bodies: Mapping[str, Mapping[str, Any]], inputs: Sequence[str]
) -> tuple[Measurement, ...]:
    """Measure estimated groups, and whether what they are estimated from is scored."""
    section = run.ready.config.fairness.bisg
    return (
        *group_measurements.of_estimated_groups(bodies.get("estimated_groups")),
        *group_measurements.of_proxy_columns(inputs, section.columns.values() if section else None),
    )


def counts(scored: Sequence[ScoredPartition], explained: Sequence[ExplainedPartition]) -> dict[str, int]:
    """Return the counts of ``run --json``: adverse + favourable + none + quarantined = rows."""
    decisions = [one for part in explained for one in part.decisions]
    by_outcome = {
        outcome: sum(one.outcome == outcome for one in decisions)
        for outcome in ("adverse", "favourable", "none")
    }
    aside = sum(len(part.quarantined) for part in scored)
    return {
        "rows": len(decisions) + aside,
        **by_outcome,
        "held": sum(one.notice.state == "held" for one in decisions),
        "quarantined": aside,
    }


def figures(run: Measured, demonstration: str | None) -> tuple[Figure, ...]:
    """Draw every table and series that a report prints."""
    return (
        *_of_population(run),
        *_of_groups(run),
        *gaps.figures(run, _attributed(run)),
        *_of_reasons(run),
        *_of_behaviour(run),
        *_of_method(run, demonstration),
    )


def _of_population(run: Measured) -> tuple[Figure, ...]:
    ready, config, table = run.ready, run.ready.config, run.groups.table
    aside = [row for part in run.scored for row in part.quarantined]
    stated = config.data.observed
    cutoff = config.decision.cutoff.value if config.decision.cutoff is not None else None
    return (
        drawn.population(table, held=counts(run.scored, run.explained)["held"], quarantined=aside),
        drawn.data(
            ready.dataset.name,
            ready.dataset.digest,
            merge_profiles(part.profile for part in run.scored),
            table,
            config.grouped,
            (stated.column, stated.adverse) if stated is not None else None,
        ),
        drawn.model(
            ready.model,
            run.barrier.protected_inputs,
            run.barrier.job.ages.columns if run.barrier.job.ages is not None else (),
        ),
        drawn.scores(table, cutoff),
        drawn.calibration(table, adverse_high=config.decision.adverse_high),
        drawn.confusion(table),
        *sliced_figures(run.ready, run.scored, run.groups.table),
    )


def _of_groups(run: Measured) -> tuple[Figure, ...]:
    of, config = run.groups, run.ready.config
    found = group_figures(config, run.ready.policy, of.table, of.strata, of.rates, of.disparities)
    return (*found, overrides.figure(config, run.scored))


def _of_reasons(run: Measured) -> tuple[Figure, ...]:
    codes = {code.factor: code for code in run.ready.job.codes}
    attributed = _attributed(run)
    members: dict[str, list[str]] = {}
    for part in run.scored:
        for name, of_part in part.groups.items():
            members.setdefault(name, []).extend(of_part.tolist())
    decisions = run.decisions
    return (
        pictures.importance(attributed),
        pictures.importance_by_group(
            attributed, _groups_of_attributed(run), run.ready.config.fairness.min_group
        ),
        pictures.swarm(attributed, codes),
        pictures.effects(attributed, codes),
        pictures.reason_mix(decisions, run.ready.job.codes),
        *_reasons_by_group(run, members),
        pictures.holds(decisions),
        pictures.certified(decisions),
        pictures.dropped(decisions),
        pictures.reference(run.barrier.references),
        _agreement(run),
        _stated(run),
        *run.soundness,
    )


def _reasons_by_group(run: Measured, members: Mapping[str, Sequence[str]]) -> tuple[Figure, ...]:
    """Count reasons by group, and hold each group against its reference; a batch has counts alone."""
    counted = pictures.reasons_by_group(run.decisions, members, run.ready.job.codes)
    config = run.ready.config
    if config.uncompared is not None or not config.protected:
        return (counted,)
    gaps_ = reason_gaps(counted.body["attributes"], references(config), config.fairness.min_group)
    return counted, Figure("reason_gaps", "fair_lending", gaps_)


def _stated(run: Measured) -> Figure:
    """Hold the reasons against those that the lender stated itself."""
    section = run.ready.config.record.denial_reasons
    parts = [part.stated for part in run.scored if part.stated is not None]
    return reasons_stated.figure(
        run.decisions,
        [codes for part in parts for codes in part.codes] if section is not None else None,
        run.ready.job.codes,
        columns=section.columns if section is not None else (),
        unread=sum(part.unread for part in parts),
    )


def _attributed(run: Measured) -> pictures.Attributed:
    """Gather what was attributed in all partitions, turned toward refusal, with each row's weight."""
    blocks = [(part, part.blocks["shapley"]) for part in run.explained if "shapley" in part.blocks]
    factors = blocks[0][1].attributions.factors if blocks else ()
    adverse = [part.decisions[at].outcome == "adverse" for part, block in blocks for at in block.rows]
    columns = {
        column: np.concatenate([part.values[column] for part, _ in blocks])
        for column in (blocks[0][0].values if blocks else ())
    }
    return pictures.Attributed(
        method="shapley",
        factors=factors,
        contributions=np.concatenate([run.ready.sign * block.attributions.values for _, block in blocks])
        if blocks
        else np.empty((0, 0)),
        adverse=np.array(adverse, dtype=bool),
        weights=np.where(np.array(adverse, dtype=bool), 1.0, run.barrier.weight or 1.0),
        columns=columns,
    )


def _of_behaviour(run: Measured) -> tuple[Figure, ...]:
    """Ask the model how it behaves; without a global method no decision is chosen and none is read."""
    job = run.barrier.job
    if not job.config.explain.global_methods:
        return ()
    return behaviour.figures(job, behaviour.look(job, run.scored), run.barrier.by_cutoff, run.ready.host)


def _groups_of_attributed(run: Measured) -> dict[str, list[str]]:
    """Return the group of each attributed row, in the order of ``_attributed``."""
    found: dict[str, list[str]] = {}
    for part, scored in zip(run.explained, run.scored, strict=True):
        if "shapley" in part.blocks:
            rows = list(part.blocks["shapley"].rows)
            for name, members in scored.groups.items():
                found.setdefault(name, []).extend(members[rows].tolist())
    return found


def _agreement(run: Measured) -> Figure:
    """Compare each other method with the one that letters quote, on the rows that both explained."""
    rows: list[dict[str, Any]] = []
    causes: dict[str, str] = {}
    found: dict[str, Attributions] = {}
    tolerance = worker.TOLERANCE * run.barrier.scale
    for method in run.ready.config.explain.cross_checks:
        pairs = []
        for part in run.explained:
            quoted, other = part.blocks.get("shapley"), part.blocks.get(method)
            if quoted is not None and other is not None:
                place = {at: i for i, at in enumerate(quoted.rows)}
                mine = [place[at] for at in other.rows]
                pairs.append((taken(quoted.attributions, mine), other.attributions))
            causes |= {name: cause for name, cause in part.causes.items() if name == method}
        if pairs:
            one, two = (joined([pair[side] for pair in pairs]) for side in (0, 1))
            found |= {"shapley": one, method: two}
            rows.append(agreement(one, two, orient=run.ready.sign, tolerance=tolerance))
            causes.pop(method, None)
        else:
            causes.setdefault(method, measurements.NO_MODEL)
    among = overlaps(found, orient=run.ready.sign, tolerance=tolerance)
    return pictures.agreement(max((row["n"] for row in rows), default=0), rows, causes, among)


def _of_method(run: Measured, demonstration: str | None) -> tuple[Figure, ...]:
    config, reasons = run.ready.config, run.ready.config.explain.reasons
    figures = (
        drawn.method(
            reasons=reasons.method,
            exact_up_to=reasons.exact_up_to,
            at_most=reasons.at_most,
            floor=reasons.floor,
            players=len(run.ready.job.factors),
            seed=config.seed,
            scale="the score, as the cutoff is stated",
            designs=sorted(
                {
                    str(part.blocks["shapley"].attributions.details.get("design", ""))
                    for part in run.explained
                    if "shapley" in part.blocks
                }
            ),
        ),
        environment_figure(environment(), run.ready.walls),
    )
    return (*figures, drawn.demonstration(demonstration)) if demonstration is not None else figures


def environment_figure(found: Mapping[str, str], walls: str | None) -> Figure:
    """Return what an audit ran on, from its environment and the walls around its model."""
    return drawn.environment(
        program=found.get("plainspoken", ""),
        python=found["python"],
        packages={name: text for name, text in found.items() if name not in _NO_PACKAGES},
        platform=f"{found['system']} {found['machine']}",
        fingerprint=digest_of_json(dict(found)),
        walls=walls,
    )


_NO_PACKAGES = (
    "plainspoken", "python", "system", "machine", "byteorder", "processor", "TF_ENABLE_ONEDNN_OPTS",
    "XLA_FLAGS",
)  # fmt: skip
