"""What the sections read of one audit: its sealed rows, and how its decision rule is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from reports import access, outcomes, wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audit.ledger.requests import Reviews
    from audit.record import (
        Audit,
        Decision,
        Disparity,
        Evidence,
        Figure,
        Finding,
        PackVersion,
        Rate,
        ReasonCode,
        Reference,
        Requirement,
        Statement,
    )


class Reading(Protocol):
    """The reading half of a ledger, as reports use it."""

    def find(self, audit: str) -> Audit: ...
    def requirements(self, audit: str) -> tuple[Requirement, ...]: ...
    def findings(self, audit: str) -> tuple[Finding, ...]: ...
    def rates(self, audit: str) -> tuple[Rate, ...]: ...
    def disparities(self, audit: str) -> tuple[Disparity, ...]: ...
    def figures(self, audit: str) -> Mapping[str, Figure]: ...
    def codes(self, audit: str) -> tuple[ReasonCode, ...]: ...
    def statements(self, audit: str) -> tuple[Statement, ...]: ...
    def packs(self, audit: str) -> tuple[PackVersion, ...]: ...
    def references(self, audit: str) -> tuple[Reference, ...]: ...
    def evidence(self, audit: str) -> tuple[Evidence, ...]: ...
    def reviews(self, audit: str) -> Reviews | None: ...
    def decisions(
        self, audit: str, *, outcome: str | None = None, notice: str | None = None
    ) -> Iterator[Decision]: ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """The rows that several sections share."""

    audit: Audit
    asked: tuple[outcomes.Asked, ...]
    rates: tuple[Rate, ...]
    disparities: tuple[Disparity, ...]
    figures: Mapping[str, Figure]

    def figure(self, name: str) -> Mapping[str, Any] | None:
        """Return the body of a figure, or None where the run sealed none."""
        found = self.figures.get(name)
        return None if found is None else found.body

    def measured(self, name: str) -> Mapping[str, Any] | None:
        """Return the body of a figure unless it only says why there is none."""
        body = self.figure(name)
        return None if body is None or set(body) == {"cause"} else body

    def cause(self, name: str) -> str:
        """Return why a figure was not measured."""
        body = self.figure(name)
        return "not part of this audit" if body is None else str(body.get("cause", ""))

    def rate(self, metric: str, attribute: str = "all", group: str = "all") -> Rate | None:
        """Return one rate."""
        wanted = (metric, attribute, group)
        return next((r for r in self.rates if (r.metric, r.attribute, r.group) == wanted), None)

    @property
    def only(self) -> str:
        """Return what alone the audit was made for: notices, fairness, or neither."""
        return str((self.audit.config.get("audit") or {}).get("only") or "")

    @property
    def groups_elsewhere(self) -> str:
        """Return where groups are compared, where not in this audit; empty where they are."""
        if self.only != "notices":
            return ""
        other = self.figure("companion")
        if other is None:
            return "This audit was made for notices alone and reads no group"
        name = wording.short_id(str(other["audit"]))
        return f"Groups are compared in audit {name}, in the fair-lending ledger"

    @property
    def min_group(self) -> int:
        """Return the size under which a group is too small to be told of."""
        fairness = self.audit.config.get("fairness") or {}
        return int(fairness.get("min_group") or 30)

    @property
    def references(self) -> dict[str, str]:
        """Return the reference group of each attribute."""
        return {d.attribute: d.reference for d in self.disparities if d.metric == "adverse_impact_ratio"}


def read(ledger: Reading, audit_id: str) -> Sealed:
    """Read what the sections share."""
    audit = ledger.find(audit_id)
    return Sealed(
        audit,
        outcomes.gather(ledger.requirements(audit.audit), ledger.findings(audit.audit)),
        ledger.rates(audit.audit),
        ledger.disparities(audit.audit),
        ledger.figures(audit.audit),
    )


def cutoff_words(cutoff: float) -> str:
    """Return a cutoff with at least two decimals where it has any: ``0.30``, ``0.125``, ``600``."""
    text = f"{cutoff:.6f}".rstrip("0").rstrip(".")
    if "." in text and len(text.split(".")[1]) == 1:
        text += "0"
    return text.replace("-", wording.MINUS)


def decision_rule(sealed: Sealed) -> str:
    """Return who is refused: ``refused at a score of 0.30 or more``."""
    decision = sealed.audit.config.get("decision") or {}
    scores = sealed.measured("scores")
    cutoff = decision.get("cutoff")
    if isinstance(cutoff, (int, float)) and not isinstance(cutoff, bool):
        number = float(cutoff)
    elif scores is not None and scores.get("cutoff") is not None:
        number = float(scores["cutoff"])
    else:
        return "refused by a cutoff of each row" if cutoff else "decisions as they were taken"
    high = decision.get("adverse", "high") == "high"
    included = decision.get("at_cutoff", "adverse") == "adverse"
    if included:
        return f"refused at a score of {cutoff_words(number)} or {'more' if high else 'less'}"
    return f"refused {'above' if high else 'below'} a score of {cutoff_words(number)}"


# A house policy that calls a finding privileged has set it; a fair-lending report asks apart.
_ACCESS_WORDS = access.WORDS | {"privileged": access.COUNSEL}


def access_words(sealed: Sealed) -> str:
    """Return the strictest access class among all that the report prints."""
    return _ACCESS_WORDS[access.strictest(sealed)]


def framework_words(framework: str) -> str:
    """Return what kind of model it is."""
    return {
        "keras": "a Keras network",
        "sklearn": "a scikit-learn model",
        "xgboost": "an XGBoost model",
        "lightgbm": "a LightGBM model",
        "onnx": "an ONNX graph",
        "saved_model": "a TensorFlow SavedModel",
        "function": "a Python function",
        "scores": "scores that were in the data",
        "none": "no model: decisions as they were taken",
    }.get(framework, f"a {framework} model")
