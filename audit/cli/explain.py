"""``plainspoken explain``: one decision in the terminal, from what was sealed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Reference


def explain(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    decisions: list[str] = typer.Argument(
        ..., metavar="DECISION…", help="Ids as in the data, or pseudonyms where the key file is not at hand."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object a decision, one a line."),
) -> None:
    """Say of a decision: score, cutoff, reasons, and what each method says."""
    from audit.cli.place import open_ledger

    with open_ledger(ledger) as opened:
        found = opened.find(audit).audit
        for name in decisions:
            told = account(opened, found, name)
            typer.echo(json.dumps(told) if as_json else in_words(told))


def account(ledger: Ledger, audit: str, name: str) -> dict[str, Any]:
    """Return what an audit knows of one decision, as the JSON object that machines read."""
    decision = ledger.decision(audit, name)
    reference = next((one for one in ledger.references(audit) if one.digest == decision.reference), None)
    methods = ledger.attributions(audit, decision.decision)
    attributions = {
        method: {
            factor: {"value": value, "standard_error": error} for factor, (value, error) in factors.items()
        }
        for method, factors in methods.items()
    }
    told: dict[str, Any] = {
        "decision": name,
        "score": decision.score,
        "cutoff": decision.cutoff,
        "outcome": decision.outcome,
        "stage": decision.stage,
        "rules": list(decision.rules),
        "judgment": list(decision.judgment),
        "notice": {
            "state": decision.notice.state,
            "cause": decision.notice.cause,
            "due_on": decision.notice.due_on.isoformat() if decision.notice.due_on else None,
            **({"end": decision.notice.end} if decision.notice.end else {}),
        },
        "reference": None
        if reference is None
        else {
            "kind": reference.kind,
            "n": reference.n,
            "mean_score": reference.mean_score,
            "low": reference.low,
            "high": reference.high,
            "digest": reference.digest,
        },
        "attributions": attributions,
        "residual": ledger.residuals(audit, decision.decision),
        "reasons": [
            {
                "rank": one.rank,
                "code": one.code,
                "factor": one.factor,
                "statement": one.statement,
                "contribution": one.contribution,
                "component": one.component,
            }
            for one in decision.reasons
        ],
        "certified": decision.certified,
    }
    changes = _counterfactuals(ledger, audit, decision.decision)
    if changes is not None:
        told["counterfactuals"] = changes
    if not attributions:
        told["cause"] = f"not attributed: {_why_not(decision.outcome, reference)}"
    return told


def _counterfactuals(ledger: Ledger, audit: str, decision: str) -> Any:
    """Return what would have turned the decision; None where it was not looked for, or stays locked."""
    from audit.errors import GoneError
    from audit.record.turned import as_values

    if not ledger.keyring.at_hand:
        return None
    try:
        turned = ledger.case(audit, decision).counterfactuals
    except GoneError as error:
        return {"cause": str(error), "tried": 0}
    return None if turned is None else as_values(turned)


def _why_not(outcome: str, reference: Reference | None) -> str:
    if outcome == "none":
        return "the application was not decided on"
    if reference is not None and reference.cause is not None:
        return f"there was nobody to compare with ({reference.cause})"
    if outcome == "favourable":
        return "a favourable decision outside of the sample"
    return "no model was opened"


_STAGES = {"rule": "a rule", "judgmental": "a person's judgment", "gray_band": "score and judgment together"}


def in_words(told: dict[str, Any]) -> str:
    lines = [f"{told['decision']}: {told['outcome']}"]
    if told["score"] is not None:
        cutoff = "" if told["cutoff"] is None else f", cutoff {told['cutoff']:.4f}"
        lines.append(f"  score {told['score']:.4f}{cutoff}")
    if told["outcome"] == "adverse" and told["stage"] != "score":
        lines.append(f"  refused by {_STAGES[told['stage']]}")
    notice = told["notice"]
    cause = f" ({notice['cause']})" if notice["cause"] else ""
    if "end" in notice:
        cause = f" (was held by {notice['cause']}: {notice['end']})"
    due = f", due on {notice['due_on']}" if notice["due_on"] else ""
    lines.append(f"  notice {notice['state']}{cause}{due}")
    if told["reference"]:
        reference = told["reference"]
        mean = reference["mean_score"]
        lines.append(
            f"  compared with {reference['n']} applicants ({reference['kind']})"
            + ("" if mean is None else f", mean score {mean:.4f}")
        )
    for one in told["reasons"]:
        size = "" if one["contribution"] is None else f"  {one['contribution']:+.4f}"
        of = "" if one["component"] == "score" else f"  ({one['component']})"
        lines.append(f"  {one['rank']}. {one['statement']} [{one['code']}]{size}{of}")
    for method, factors in told["attributions"].items():
        parts = ", ".join(f"{factor} {entry['value']:+.4f}" for factor, entry in factors.items())
        lines.append(f"  {method}: {parts}")
    changes = told.get("counterfactuals", ())
    if isinstance(changes, dict):
        lines.append(f"  no change is told: {changes['cause']}")
        changes = ()
    for one in changes:
        parts = "; ".join(
            f"{column} {_shown(after)} instead of {_shown(before)}"
            for column, before, after in one["changes"]
        )
        lines.append(f"  with {parts} the score would be {one['score_after']:.4f}")
    if "cause" in told:
        lines.append(f"  {told['cause']}")
    return "\n".join(lines)


def _shown(value: float | str | None) -> str:
    if value is None:
        return "nothing known"
    return value if isinstance(value, str) else f"{value:.6g}"
