"""What a fair-lending report holds, item by item: measured, stated, or not measured and why.

Why so, a list of its own: a section that has nothing to say is easily left out, and a reader takes what
is not there for what was looked at and found in order. So each item that such a report should hold is
named here, whatever the audit measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports import classes, wording
from reports.outcomes import Mark, mark
from reports.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.sealed import Sealed

State = Literal["measured", "stated", "not_measured", "not_stated", "not_applicable"]
_NOT_STATED = Mark("not_measured", "muted", "Not stated")
_WORDS = {"measured": "Measured", "stated": "Stated"}
BATCH = "a batch of refusals has no rates to compare"
NOT_OBSERVED = "what really happened was not observed"


@dataclass(frozen=True, slots=True)
class Item:
    """One item; ``says`` is the cause where it was not measured, ``anchor`` where it stands."""

    heading: str
    label: str
    state: State
    says: str
    anchor: str

    @property
    def word(self) -> str:
        """Return the state in a word; empty where a mark says it."""
        return _WORDS.get(self.state, "")

    @property
    def mark(self) -> Mark:
        """Return the mark of what is open or does not apply."""
        return _NOT_STATED if self.state == "not_stated" else mark(self.state)

    @property
    def open(self) -> bool:
        """Return whether nothing is known of it."""
        return self.state in ("not_measured", "not_stated")


def register(sealed: Sealed) -> tuple[Item, ...]:
    """Return every item in the order of print."""
    return tuple(
        one
        for part in (_scope, _law, _who, _outcomes, _treatment, _search, _reasons, _record)
        for one in part(sealed)
    )


def _item(heading: str, label: str, anchor: str, cause: str, says: str = "") -> Item:
    return Item(heading, label, "not_measured" if cause else "measured", cause or says, anchor)


def _stated(heading: str, label: str, anchor: str, says: str) -> Item:
    return Item(heading, label, "stated", says, anchor)


def _scope(sealed: Sealed) -> Iterator[Item]:
    heading, at = "Scope", "lending_scope"
    yield _stated(heading, "Model, population, exclusions", at, "")
    yield _or_not(heading, "Products", at, product(sealed), "the config names none (record.product)")
    yield _or_not(
        heading, "Period", at, period(sealed), "no column of dates was named (performance.over_time)"
    )
    cause = "the config names none (decision.stage); all count as the score’s"
    yield _or_not(heading, "Stages of decision", at, stages(sealed), cause)


def _or_not(heading: str, label: str, at: str, found: str, cause: str) -> Item:
    return _stated(heading, label, at, found) if found else Item(heading, label, "not_stated", cause, at)


def product(sealed: Sealed) -> str:
    """Return the product that the config states; empty where it states none."""
    return _binding((sealed.audit.config.get("record") or {}).get("product"))


def period(sealed: Sealed) -> str:
    """Return from when to when the decisions were taken; empty where nobody knows."""
    body = sealed.measured("over_time")
    if body is not None and body["periods"]:
        first, last = (body["periods"][at]["period"] for at in (0, -1))
        of = f"“{body['column']}”"
        return f"{first}, by {of}" if first == last else f"{first} to {last}, by {of}"
    return _binding((sealed.audit.config.get("record") or {}).get("decided_at"))


def stages(sealed: Sealed) -> str:
    """Return which column says at what stage a decision fell; empty where the config names none."""
    stage = (sealed.audit.config.get("decision") or {}).get("stage")
    column = stage.get("column") if isinstance(stage, dict) else stage
    return f"by “{column}”" if column else ""


def _binding(bound: object) -> str:
    """Return what a key of ``record`` is bound to: a column by its name, or one value for all."""
    if isinstance(bound, dict):
        if bound.get("column"):
            return f"by “{bound['column']}”"
        return "" if bound.get("value") is None else str(bound["value"])
    return "" if bound is None else str(bound)


def _law(sealed: Sealed) -> Iterator[Item]:
    day = wording.date_in_words(sealed.audit.as_of)
    yield _stated("Legal frame", "Theory of each test, state of the law", "lending_law", f"as of {day}")


def _who(sealed: Sealed) -> Iterator[Item]:
    at, every = "lending_classes", classes.protected(sealed)
    missing = [one for one in every if not one.known]
    says = f"{count(len(every) - len(missing))} of {count(len(every))} classes are known to this audit"
    yield _stated("Protected classes", "Classes of both acts", at, says)
    provenance = {one["provenance"] for one in classes.attributes(sealed)}
    cause = "" if provenance or classes.estimated(sealed) else "no protected attribute is stated"
    heading = "Class values"
    yield _item(heading, "Origin, coverage, unknowns", at, cause)
    yield _item(heading, "Estimated from name and address", "estimated", without_estimates(sealed))


def without_estimates(sealed: Sealed) -> str:
    """Return why no groups were estimated; empty where they were."""
    if classes.estimated(sealed):
        return ""
    body = sealed.figure("estimated_groups")
    if body is None:
        return "the config does not ask for it (fairness.bisg)"
    return str(body.get("cause") or "no group was estimated")


_MEASURES = (
    ("Approval rate and adverse impact ratio", ("adverse_impact_ratio",), ""),
    ("Standardised gap in mean score", ("standardized_mean_difference",), ""),
    ("Marginal effect and odds ratio", ("marginal_effect", "odds_ratio"), ""),
    (
        "The same with legitimate controls",
        ("controlled_marginal_effect", "controlled_standardized_mean_difference"),
        "controls",
    ),
    ("Gaps in price", ("price_gap", "controlled_price_gap"), "price"),
    (
        "Gaps in error rates",
        (
            "equal_opportunity_difference",
            "false_negative_rate_difference",
            "positive_predictive_value_difference",
            "equalized_odds_difference",
        ),
        "observed",
    ),
    ("Calibration gap (score minus outcome)", ("residual_standardized_mean_difference",), "observed"),
)


def _outcomes(sealed: Sealed) -> Iterator[Item]:
    for label, metrics, needs in _MEASURES:
        rows = [one for one in sealed.disparities if one.metric in metrics]
        measured = any(one.value is not None for one in rows)
        cause = "" if measured else _why_not(sealed, needs, [one.cause or "" for one in rows])
        yield _item("Outcome tests", label, "fairness", cause)


def _why_not(sealed: Sealed, needs: str, causes: list[str]) -> str:
    if sealed.audit.kind == "batch":
        return BATCH
    fairness = sealed.audit.config.get("fairness") or {}
    if needs in ("controls", "price") and not fairness.get(needs):
        return f"the config names none (fairness.{needs})"
    if needs == "observed" and not (sealed.figure("data") or {}).get("observed"):
        return NOT_OBSERVED
    return next((cause for cause in causes if cause), "no group was compared with a reference")


def finding_of(sealed: Sealed, measure: str) -> tuple[str, str, str]:
    """Return outcome, cause and requirement's title of a measure; empty where nothing asks for it."""
    for asked in sealed.asked:
        if asked.requirement is not None and asked.requirement.measure == measure and asked.findings:
            first = asked.having(asked.outcome)[0]
            return asked.outcome, first.cause or "", asked.title
    return "", "", ""


def _treatment(sealed: Sealed) -> Iterator[Item]:
    heading, at = "Treatment tests", "lending_treatment"
    yield _item(heading, "No prohibited basis as an input", at, not_scored_cause(sealed))
    yield _item(heading, "Matched pairs", at, without_pairs(sealed))
    yield _item(heading, "Override rates by class", at, without_overrides(sealed))
    outcome, cause, _ = finding_of(sealed, "elderly_age_negative")
    if outcome == "not_applicable" or (not outcome and not permitted_age(sealed)):
        yield Item(heading, "Age rule for 62 and older", "not_applicable", cause or NO_AGE, at)
    else:
        open_ = outcome in ("", "not_measured")
        yield _item(heading, "Age rule for 62 and older", at, (cause or "no policy asks") if open_ else "")


def without_overrides(sealed: Sealed) -> str:
    """Return why it is not known how often people departed from the score; empty where it is."""
    if sealed.measured("overrides") is not None:
        return ""
    if sealed.figure("overrides") is None:
        return "the program that sealed this audit did not count departures from model and cutoff by class"
    return sealed.cause("overrides")


NO_AGE = "age is not scored by leave of the regulation"


def permitted_age(sealed: Sealed) -> tuple[str, ...]:
    """Return the inputs that tell age, where it is scored by leave."""
    return tuple((sealed.figure("model") or {}).get("permitted_inputs") or ())


def not_scored_cause(sealed: Sealed) -> str:
    """Return why it is not known whether a protected basis is scored; empty where it is."""
    model = sealed.measured("model")
    if model is None or not model.get("inputs"):
        return "the model’s inputs are not known to this audit"
    outcome, cause, _ = finding_of(sealed, "protected_inputs")
    return (cause or "the check gave no answer") if outcome in ("not_measured", "error") else ""


def without_pairs(sealed: Sealed) -> str:
    """Return why there are no matched pairs; empty where there are."""
    body = sealed.figure("matched_pairs")
    if body is not None and body.get("rows"):
        return ""
    if any(d.metric == "matched_pairs_difference" and d.value is not None for d in sealed.disparities):
        return ""
    if body is None or "cause" not in body:
        return _why_not(sealed, "controls", [])
    return str(body["cause"])


def without_proxies(sealed: Sealed) -> str:
    """Return why factors were not tried on telling a group; empty where they were."""
    if sealed.measured("proxies") is not None:
        return ""
    body = sealed.figure("proxies")
    return (
        "the config does not ask for it (fairness.also: [proxies])"
        if body is None
        else sealed.cause("proxies")
    )


def without_alternatives(sealed: Sealed) -> str:
    """Return why no alternative was searched for; empty where one was."""
    if sealed.measured("alternatives") is not None:
        return ""
    asked = sealed.figure("alternatives") is not None
    return (
        sealed.cause("alternatives")
        if asked
        else "the config does not ask for it (fairness.also: [alternatives])"
    )


def _search(sealed: Sealed) -> Iterator[Item]:
    yield _item("Proxy scan", "What tells a group, and moves scores", "gap", without_proxies(sealed))
    yield _item(
        "Alternatives",
        "Search for less discriminatory ones",
        "alternatives",
        without_alternatives(sealed),
    )


def _reasons(sealed: Sealed) -> Iterator[Item]:
    heading, none = "Reason-code audit", "no reasons were found"
    mix = sealed.measured("reason_mix")
    by_group = sealed.measured("reasons_by_group")
    told = bool(mix and mix["n_notices"])
    yield _item(heading, "Distribution by class", "reasons", "" if told and by_group else none)
    named = sealed.measured("named_methods")
    cause = "" if named else "reasons were not compared with a method that Regulation B names"
    yield _item(heading, "Fidelity", "reasons", cause)
    yield _item(heading, "Share of notices with the same code", "reasons", "" if told else none)


def _record(sealed: Sealed) -> Iterator[Item]:
    yield _stated("Findings", "Findings and their owner", "findings", "")
    yield Item("Findings", "Due date of each finding", "not_stated", NO_DUE_DATES, "lending_record")
    yield _stated("Record", "Retention, privilege, how to reproduce", "lending_record", "")


NO_DUE_DATES = "this program keeps none; the owner sets them"
