"""What the small sealed audit measured besides its rates: the numbers that are judged, and the figures."""

from __future__ import annotations

from typing import Any

from audit import figures as figures_
from audit.ledger.seal import digest
from audit.record import Decision, Figure, Measurement, QuarantinedRow, Reference
from tests.worlds.sealed_people import CODES, CUTOFF, FACTORS, Applicant, audit_head


def other_measurements(decided: list[Decision], held: int, reference: Reference) -> tuple[Measurement, ...]:
    adverse = [d for d in decided if d.outcome == "adverse"]
    zero = (
        "protected_inputs",
        "inputs_without_factor",
        "factors_without_statement",
        "vague_statements",
        "unapproved_statements",
        "reasons_not_adverse",
        "uncertain_rankings",
    )
    first = [d.reasons[0].code for d in adverse if d.reasons]
    numbers = {
        **dict.fromkeys(zero, 0.0),
        "adverse_without_reason": float(sum(not d.reasons for d in adverse)),
        "reasons_at_most_four": float(max(len(d.reasons) for d in adverse)),
        "held_notices": float(held),
        "completeness_residual": max(abs(d.residual or 0.0) for d in decided),
        "reference_size": float(reference.n),
        "lime_top4_overlap": 1.0,
        "most_common_reason_share": max(first.count(code) for code in first) / len(first),
        "decision_differs": float(sum(d.notice.cause == "decision_differs" for d in decided)),
        "disclosed_score_role": 1.0,
        "agency_stated": 1.0,
    }
    return (
        *(Measurement(measure, value) for measure, value in numbers.items()),
        Measurement("directions_not_shown", state="not_applicable", cause="no factor states a direction"),
    )


def figures(
    people: tuple[Applicant, ...],
    decided: list[Decision],
    attributed: dict[str, dict[str, float]],
    reference: Reference,
    table: Any,
    quarantined: tuple[QuarantinedRow, ...],
    held: int,
) -> tuple[Figure, ...]:
    adverse = [d for d in decided if d.outcome == "adverse"]
    labels = {code.factor: code.statement["en"] for code in CODES}
    by_factor = {factor: [attributed[one][factor] for one in attributed] for factor in FACTORS}
    order = sorted(FACTORS, key=lambda factor: -sum(map(abs, by_factor[factor])))
    n = len(attributed)

    def mean_abs(factor: str) -> float:
        return sum(map(abs, by_factor[factor])) / n

    def ranks(column: str) -> dict[str, float]:
        ranked = sorted((one.value(column), one.id) for one in people)
        return {id_: i / (len(ranked) - 1) for i, (_, id_) in enumerate(ranked)}

    importance = [
        {
            "factor": factor,
            "label": labels[factor],
            "mean_abs": mean_abs(factor),
            "low": 0.85 * mean_abs(factor),
            "high": 1.15 * mean_abs(factor),
            "mean_adverse": sum(attributed[d.decision][factor] for d in adverse) / len(adverse),
        }
        for factor in order
    ]
    swarm = []
    for factor in order:
        rank, sizes = ranks(FACTORS[factor][0]), sorted(by_factor[factor])
        swarm.append(
            {
                "factor": factor,
                "label": labels[factor],
                "points": [[values[factor], rank[one]] for one, values in attributed.items()],
                "share_adverse": sum(value > 0 for value in sizes) / n,
                "q25": sizes[n // 4],
                "q75": sizes[3 * n // 4],
            }
        )
    effects = []
    for factor in order:
        column = FACTORS[factor][0]
        ordered = sorted((one for one in people if one.id in attributed), key=lambda one: one.value(column))
        size = -(-len(ordered) // 5)
        bins = [ordered[i : i + size] for i in range(0, len(ordered), size)]
        effects.append(
            {
                "factor": factor,
                "label": labels[factor],
                "column": column,
                "bins": [
                    {
                        "low": part[0].value(column),
                        "high": part[-1].value(column),
                        "n": len(part),
                        "mean": sum(attributed[one.id][factor] for one in part) / len(part),
                    }
                    for part in bins
                ],
            }
        )
    told = [d for d in adverse if d.notice.state == "ready"]
    codes = [
        {
            "code": code.code,
            "factor": code.factor,
            "label": labels[code.factor],
            "first": sum(d.reasons[0].code == code.code for d in told),
            "any": sum(code.code in [r.code for r in d.reasons] for d in told),
        }
        for code in CODES
    ]
    sexes = {one.id: one.sex for one in people}
    by_group = {
        "attribute": "sex",
        "groups": [
            {"group": sex, "n": sum(sexes[d.decision] == sex for d in told)} for sex in ("female", "male")
        ],
        "codes": [
            {
                "code": code.code,
                "label": labels[code.factor],
                "counts": [
                    sum(sexes[d.decision] == sex and code.code in [r.code for r in d.reasons] for d in told)
                    for sex in ("female", "male")
                ],
            }
            for code in CODES
        ],
    }
    causes: dict[str, int] = {}
    for dropped in (item for d in adverse for item in d.dropped):
        causes[dropped.cause] = causes.get(dropped.cause, 0) + 1
    head = audit_head()
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "data": (
            "model_risk",
            {
                "name": head.dataset.name,
                "digest": head.dataset.digest,
                "features": [_feature(column, people) for column in head.model.inputs],
                "protected": [
                    {
                        "attribute": name,
                        "type": type_,
                        "provenance": "collected",
                        "reference": reference_group,
                        "groups": [
                            {"group": group, "n": int(table.matrix(name, group).sum())}
                            for group in table.groups(name)
                        ],
                    }
                    for name, type_, reference_group in (
                        ("sex", "category", "male"),
                        ("age", "integer", "40-61"),
                    )
                ],
                "observed": {
                    "column": "defaulted",
                    "adverse": 1,
                    "n_known": sum(one.observed is not None for one in people),
                },
            },
        ),
        "importance": (
            "model_risk",
            {"method": "shapley", "n": n, "unit": "probability of default", "factors": importance},
        ),
        "swarm": ("model_risk", {"factors": swarm}),
        "effects": ("model_risk", {"factors": effects}),
        "reason_mix": ("notice", {"n_notices": len(told), "codes": codes}),
        "reasons_by_group": ("fair_lending", {"attributes": [by_group]}),
        "holds": (
            "notice",
            {"n_held": held, "causes": [{"cause": "decision_differs", "n": held}] if held else []},
        ),
        "certified": ("model_risk", {"exact": len(adverse), "certain": 0, "tie": 0, "false": 0}),
        "dropped": (
            "model_risk",
            {"causes": [{"cause": cause, "n": causes[cause]} for cause in sorted(causes)]},
        ),
        "agreement": (
            "model_risk",
            {
                "n": len(attributed) // 4,
                "with": [
                    {
                        "method": "lime",
                        "top4_overlap": 1.0,
                        "same_top1": 1.0,
                        "rank_correlation": 1.0,
                        "max_difference": 0.1 * max(abs(v) for values in by_factor.values() for v in values),
                        "cause": None,
                    }
                ],
            },
        ),
        "reference": (
            "model_risk",
            {
                "references": [
                    {
                        "kind": reference.kind,
                        "n": reference.n,
                        "candidates": reference.candidates,
                        "cutoff": reference.cutoff,
                        "mean_score": reference.mean_score,
                        "low": reference.low,
                        "high": reference.high,
                        "digest": reference.digest,
                        "cause": reference.cause,
                    }
                ]
            },
        ),
        "method": (
            "model_risk",
            {
                "reasons": {
                    "method": "shapley",
                    "exact_up_to": 10,
                    "at_most": 4,
                    "floor": 0.05,
                    "players": 5,
                },
                "seed": 7,
                "scale": "probability of default",
            },
        ),
        "environment": (
            "model_risk",
            {
                "program": "0.1.0",
                "python": "3.11",
                "packages": {"numpy": "2.4", "polars": "2.1"},
                "platform": "Linux x86_64",
                "fingerprint": digest("Linux x86_64 3.11")[:16],
            },
        ),
    }
    return (
        figures_.population(table, held=held, quarantined=quarantined),
        figures_.model(head.model, {}),
        figures_.scores(table, CUTOFF),
        figures_.calibration(table, adverse_high=True),
        figures_.confusion(table),
        *(Figure(name, access, body) for name, (access, body) in bodies.items()),  # type: ignore[arg-type]
    )


def _feature(column: str, people: tuple[Applicant, ...]) -> dict[str, Any]:
    known = sorted(value for one in people if (value := one.inputs[column]) is not None)
    return {
        "name": column,
        "type": "number",
        "missing": len(people) - len(known),
        "low": known[0],
        "median": known[len(known) // 2],
        "high": known[-1],
        "distinct": len(set(known)),
    }
