"""What an audit measured about model inputs, reasons and notices, beside the rates of groups. Pure.

Each function answers for one part; a requirement of a pack picks its measure by name. What could
not be measured is a measurement with that state and its cause, never left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from audit.record import Decision, Measurement, ReasonCode, Reference
from audit.record.words import MeasurementState
from audit.vague import says_other

NO_MODEL = "no model was opened: the scores or the decisions were already in the data"
NOT_STATED = "no protected attribute is stated, so none was looked for among the inputs"
NO_SIZE = "no reason has a size: those of a vendor, of rules and of judgment have none"
NOT_ATTRIBUTED = "no decision was attributed"
NO_ORDER = "no order of reasons was measured: none was explained here"
NO_REFUSAL = "no decision was adverse"
NO_EARLIER = "there is no earlier audit to hold the reasons to"
NO_REASONS = "no model was opened and no reasons were given, so nothing is known of why anybody was refused"
_OF_REASONS = (
    "adverse_without_reason",
    "reasons_not_adverse",
    "reasons_at_most_four",
    "held_notices",
    "uncertain_rankings",
    "completeness_residual",
    "most_common_reason_share",
    "other_reasons_share",
    "decision_differs",
)


def of_inputs(
    inputs: Collection[str],
    protected_inputs: Mapping[str, str],
    codes: Sequence[ReasonCode],
    *,
    stated: bool = True,
) -> tuple[Measurement, ...]:
    """Measure what the model reads: protected attributes, and columns that no factor names.

    Parameters
    ----------
    inputs : columns that the model reads; empty where no model was opened
    protected_inputs : column -> the protected attribute that it is, or tells
    codes : the dictionary
    stated : whether the config states any protected attribute; where it states none, finding none
        among the inputs shows nothing
    """
    if not inputs:
        return tuple(
            Measurement(measure, state="not_measured", cause=NO_MODEL)
            for measure in ("protected_inputs", "inputs_without_factor")
        )
    named = {column for code in codes for column in (*code.columns, *code.missing_columns)}
    without = sorted(set(inputs) - named)
    told = ", ".join(f"{column} tells {attribute}" for column, attribute in sorted(protected_inputs.items()))
    return (
        Measurement("protected_inputs", float(len(protected_inputs)), n=len(inputs), cause=told or None)
        if stated
        else Measurement("protected_inputs", state="not_measured", cause=NOT_STATED),
        Measurement(
            "inputs_without_factor", float(len(without)), n=len(inputs), cause=", ".join(without) or None
        ),
    )


def of_statements(
    codes: Sequence[ReasonCode], vague: Collection[str], as_of: Any, language: str = "en"
) -> tuple[Measurement, ...]:
    """Measure the dictionary: missing, vague and unapproved statements.

    Parameters
    ----------
    vague : factors whose statement says nothing specific (R9)
    as_of : date on which an approval must have been given
    """
    if not codes:
        cause = "no dictionary of reasons was given"
        return tuple(
            Measurement(measure, state="not_measured", cause=cause)
            for measure in ("factors_without_statement", "vague_statements", "unapproved_statements")
        )
    silent = [code.factor for code in codes if not code.statement.get(language, "").strip()]
    unapproved = [code.factor for code in codes if code.approved is None or code.approved.date > as_of]
    return tuple(
        Measurement(measure, float(len(found)), n=len(codes), cause=", ".join(sorted(found)) or None)
        for measure, found in (
            ("factors_without_statement", silent),
            ("vague_statements", list(vague)),
            ("unapproved_statements", unapproved),
        )
    )


def of_reasons(decisions: Sequence[Decision], *, known: bool = True) -> tuple[Measurement, ...]:
    """Measure the reasons of adverse decisions: present, toward refusal, certain, complete, varied.

    Parameters
    ----------
    known : whether the audit could know reasons: from a model, a vendor, rules or judgment. Where it
        could not, their absence is not measured; it would accuse a lender of what was only not shown.
    """
    adverse = [one for one in decisions if one.outcome == "adverse"]
    if not adverse:
        return tuple(
            Measurement(measure, state="not_applicable", cause=NO_REFUSAL) for measure in _OF_REASONS
        )
    if not known and not any(one.reasons for one in adverse):
        return tuple(Measurement(measure, state="not_measured", cause=NO_REASONS) for measure in _OF_REASONS)
    n = len(adverse)
    with_reasons = [one for one in adverse if one.reasons]
    residuals = [abs(one.residual) for one in adverse if one.residual is not None]
    first = Counter(one.reasons[0].code for one in with_reasons)
    held = Counter(one.notice.cause for one in adverse if one.notice.state == "held")
    told = ", ".join(f"{cause} {count}" for cause, count in sorted(held.items(), key=str))
    sizes = [
        reason.contribution for one in adverse for reason in one.reasons if reason.contribution is not None
    ]
    helped = sum(size <= 0 for size in sizes)
    by_vendor = held["reason_helped"]  # a vendor's reasons have no size of ours, and a side all the same
    others = sum(any(says_other(reason.statement) for reason in one.reasons) for one in with_reasons)
    ranked = [one for one in adverse if one.certified is not None]
    return (
        Measurement("adverse_without_reason", float(sum(not _is_explained(one) for one in adverse)), n=n),
        Measurement("reasons_not_adverse", float(helped + by_vendor), n=len(sizes) + by_vendor)
        if sizes or by_vendor
        else Measurement("reasons_not_adverse", state="not_measured", cause=NO_SIZE),
        Measurement("reasons_at_most_four", float(max(len(one.reasons) for one in with_reasons)), n=n)
        if with_reasons
        else Measurement("reasons_at_most_four", state="not_measured", cause="no decision has a reason"),
        Measurement("held_notices", float(sum(held.values())), n=n, cause=told or None),
        Measurement(
            "uncertain_rankings", float(sum(one.certified == "false" for one in ranked)), n=len(ranked)
        )
        if ranked
        else Measurement("uncertain_rankings", state="not_measured", cause=NO_ORDER),
        Measurement("completeness_residual", max(residuals), n=len(residuals))
        if residuals
        else Measurement("completeness_residual", state="not_measured", cause=NOT_ATTRIBUTED),
        Measurement("most_common_reason_share", max(first.values()) / len(with_reasons), n=len(with_reasons))
        if with_reasons
        else Measurement("most_common_reason_share", state="not_measured", cause="no decision has a reason"),
        Measurement("other_reasons_share", others / len(with_reasons), n=len(with_reasons))
        if with_reasons
        else Measurement("other_reasons_share", state="not_measured", cause="no decision has a reason"),
        Measurement("decision_differs", float(held["decision_differs"] + held["action_differs"]), n=n),
    )


def _is_explained(decision: Decision) -> bool:
    """Return whether a refusal's own reasons are on record.

    Why so: where the decision is not that of model and cutoff, the factors of the score are on record
    too, but somebody else refused, for reasons that nobody wrote down (12 CFR 1002.9(b)(2)).
    """
    told = bool(decision.reasons) and all(reason.statement for reason in decision.reasons)
    scored = all(reason.component == "score" for reason in decision.reasons)
    elsewhere = decision.notice.cause == "decision_differs" and scored
    return told and decision.notice.cause != "no_reason" and not elsewhere


def of_references(references: Sequence[Reference]) -> tuple[Measurement, ...]:
    """Measure the smallest reference: how many applicants a refused one was compared with."""
    if not references:
        return (Measurement("reference_size", state="not_measured", cause=NOT_ATTRIBUTED),)
    smallest = min(references, key=lambda one: one.n)
    return (Measurement("reference_size", float(smallest.n), n=smallest.n, cause=smallest.cause),)


def of_agreement(rows: Sequence[Mapping[str, Any]]) -> tuple[Measurement, ...]:
    """Measure how far other methods agree with the one that letters quote.

    Parameters
    ----------
    rows : the entries of the figure ``agreement``: method, n, top4_overlap, max_difference, cause
    """
    found = {row["method"]: row for row in rows}
    measurements = []
    for measure, method, key in (
        ("shap_top4_overlap", "shap", "top4_overlap"),
        ("shap_difference", "shap", "max_difference"),
        ("lime_top4_overlap", "lime", "top4_overlap"),
    ):
        row = found.get(method)
        if row is None or row.get(key) is None:
            cause = (row or {}).get("cause") or f"{method} was not asked for in explain.also"
            measurements.append(Measurement(measure, state="not_measured", cause=cause))
        else:
            measurements.append(Measurement(measure, float(row[key]), n=int(row["n"])))
    return tuple(measurements)


OF_SOUNDNESS = ("stability", "faithfulness", "named_methods")
FEWEST_DECLINED = 100  # a test of similarity on fewer declined cases concludes nothing


def of_soundness(figures: Mapping[str, Mapping[str, Any]]) -> tuple[Measurement, ...]:
    """Measure whether explanations hold: again, when put right, and beside the methods that law names.

    Parameters
    ----------
    figures : name -> body of the figures in ``OF_SOUNDNESS``
    """
    bodies = [figures.get(name) or {"cause": NO_MODEL} for name in OF_SOUNDNESS]
    stability, faithful, named = bodies
    seeds, references = (stability.get(part) or stability for part in ("seeds", "references"))
    return (
        _same_over_seeds(seeds),
        _of_share("reference_draw_overlap", references, "overlap"),
        _of_share("reasons_share_moved", faithful, "share_moved"),
        _of_share("reasons_moved_more", faithful, "moved_more"),
        _of_share("reasons_against_alone", faithful, "against_alone"),
        _most_similar(named),
    )


def _same_over_seeds(body: Mapping[str, Any]) -> Measurement:
    found = _of_share("seed_same_reasons", body, "same_order")
    if found.state != "measured" or not body["exact"]:
        return found
    # Nothing is drawn: other refusals could not come out otherwise, so there is no interval.
    told = f"all coalitions were valued, so nothing is drawn; largest difference {body['max_difference']:.3g}"
    return replace(found, low=None, high=None, cause=told)


def _of_share(measure: str, body: Mapping[str, Any], key: str) -> Measurement:
    found = body.get(key)
    if found is None:
        cause = str(body["cause"])
        state = "not_applicable" if cause == NO_REFUSAL else "not_measured"
        return Measurement(measure, state=state, cause=cause)  # type: ignore[arg-type]
    if found["value"] is None:
        return Measurement(measure, state="not_measured", cause=_NOTHING_TO_COMPARE[measure])
    return Measurement(measure, found["value"], found["low"], found["high"], n=found["n"])


_NOTHING_TO_COMPARE = {
    "seed_same_reasons": NOT_ATTRIBUTED,
    "reference_draw_overlap": NOT_ATTRIBUTED,
    "reasons_share_moved": "no refusal lies further toward refusal than the mean of its reference",
    "reasons_moved_more": "no refusal has as many factors that are no reason",
    "reasons_against_alone": NO_SIZE,
}


def _most_similar(body: Mapping[str, Any]) -> Measurement:
    """Measure the nearer of the two named methods: the regulation asks for likeness to either of them."""
    measure = "named_method_overlap"
    rows = [row for row in body.get("with", ()) if row["top4_overlap"] is not None]
    if not rows:
        causes = [str(row["cause"]) for row in body.get("with", ())] or [str(body["cause"])]
        state = "not_applicable" if causes == [NO_REFUSAL] else "not_measured"
        return Measurement(measure, state=state, cause="; ".join(dict.fromkeys(causes)))  # type: ignore[arg-type]
    best = max(rows, key=lambda row: float(row["top4_overlap"]))
    told = f"nearer to {_POPULATION_WORDS[best['population']]}"
    few = int(best["n"]) < FEWEST_DECLINED
    if few:
        told += f"; only {best['n']} declined cases, fewer than {FEWEST_DECLINED}"
    return Measurement(
        measure,
        float(best["top4_overlap"]),
        best["low"],
        best["high"],
        n=int(best["n"]),
        state="inconclusive" if few else "measured",
        cause=told,
    )


_POPULATION_WORDS = {
    "near_cutoff": "the average of applicants at or slightly above the passing score",
    "all_applicants": "the average of all applicants",
}


def of_reason_audit(
    drift: Mapping[str, Any] | None, stated: Mapping[str, Any] | None
) -> tuple[Measurement, ...]:
    """Measure how far the reasons moved since an earlier audit, and whether the lender's own agree.

    Parameters
    ----------
    drift, stated : bodies of the figures ``reason_drift`` and ``stated_reasons``
    """
    return (_moved(drift or {}), _as_stated(stated or {}))


def _moved(body: Mapping[str, Any]) -> Measurement:
    measure = "reason_mix_psi"
    if body.get("psi") is None:
        cause = str(body.get("cause", NO_EARLIER))
        first: MeasurementState = "not_applicable" if cause == NO_EARLIER else "not_measured"
        return Measurement(measure, state=first, cause=cause)
    n, psi, chance = int(body["n_now"]), float(body["psi"]), float(body["by_chance"])
    told = f"since audit {str(body['against'])[:12]}; by chance {chance:.3g}"
    if body["reading"].startswith("not told"):
        return Measurement(
            measure, psi, n=n, state="inconclusive", cause=f"{told}; too few refusals to tell it from chance"
        )
    return Measurement(measure, psi, n=n, cause=told)


def _as_stated(body: Mapping[str, Any]) -> Measurement:
    measure = "stated_reason_overlap"
    found = body.get("overlap")
    if found is None:
        cause = str(body.get("cause", NO_REFUSAL))
        state: MeasurementState = "not_measured" if "columns" in body else "not_applicable"
        return Measurement(measure, state=state, cause=cause)
    told = f"by chance {found['chance']:.1%}"
    return Measurement(measure, found["value"], found["low"], found["high"], n=found["n"], cause=told)


def of_directions(effects: Mapping[str, Any], codes: Sequence[ReasonCode]) -> tuple[Measurement, ...]:
    """Measure whether stated directions show: "too high" is true only where higher always pushes further.

    Parameters
    ----------
    effects : the body of the figure ``effects``: each factor's mean contribution along its main column
    codes : the dictionary; ``direction`` is ``{"high": "adverse"}`` or ``{"low": "adverse"}``

    Returns
    -------
    tuple of one Measurement
        How many stated directions do not show: the mean contribution runs back by more than a
        twentieth of its own range somewhere, or does not rise at all.
    """
    stated = [code for code in codes if code.direction and code.columns]
    if not stated:
        return (Measurement(_DIRECTIONS, state="not_applicable", cause="no factor states a direction"),)
    bins = {entry["factor"]: entry["bins"] for entry in effects.get("factors", ())}
    seen = [code for code in stated if len(bins.get(code.factor, ())) > 1]
    if not seen:
        cause = str(effects.get("cause") or "no factor with a stated direction has a column of numbers")
        return (Measurement(_DIRECTIONS, state="not_measured", cause=cause),)
    missed = [code.factor for code in seen if not _shows(code, bins[code.factor])]
    return (Measurement(_DIRECTIONS, float(len(missed)), n=len(seen), cause=", ".join(missed) or None),)


_DIRECTIONS = "directions_not_shown"
_RUNS_BACK = 0.05  # of the range of the means: what noise between neighbouring bins may do


def _shows(code: ReasonCode, bins: Sequence[Mapping[str, Any]]) -> bool:
    means = [float(entry["mean"]) for entry in bins]  # along the column, low values first
    if "low" in code.direction:
        means.reverse()
    highest, back = means[0], 0.0
    for mean in means[1:]:
        back = max(back, highest - mean)
        highest = max(highest, mean)
    return means[-1] > means[0] and back <= _RUNS_BACK * (max(means) - min(means))


def of_notice_facts(config: Mapping[str, Any]) -> tuple[Measurement, ...]:
    """Measure what notices need from the config: the role of the score, the agency.

    Parameters
    ----------
    config : the resolved config
    """
    disclosed = (config.get("decision") or {}).get("disclosed_score")
    us = (config.get("entities") or {}).get("us") or {}
    return (
        Measurement("disclosed_score_role", 1.0 if disclosed else 0.0)
        if config.get("model")
        else Measurement("disclosed_score_role", state="not_applicable", cause="no score of ours is used"),
        Measurement("agency_stated", 1.0 if us.get("ecoa_agency") else 0.0),
        Measurement(
            "notice_days",
            state="not_measured",
            cause="no notice had been sent when this audit was sealed; the ledger records each sending",
        ),
    )
