"""The vocabulary: what is kept of an audit, as frozen values, and the two roles that act.

Nouns are kept facts (``Decision``, ``Finding``), ``-er`` names act (``Scorer``, ``Explainer``).
Standard library only, so that every floor may import it; arrays appear in annotations alone.
"""

from __future__ import annotations

from audit.record.audited import Dataset, Model, PartitionPlan, QuarantinedRow, Trust
from audit.record.clock import Clock, Span
from audit.record.decided import (
    BureauScore,
    CaseFile,
    Decision,
    DroppedReason,
    Notice,
    Person,
    Reason,
    Recipient,
    Source,
)
from audit.record.dictionary import Approval, BureauCode, Proxy, ReasonCode
from audit.record.explained import Attributions, DifferentiableScorer, Explainer, Reference, Scorer
from audit.record.kept import Kept, KeptFor, RetentionTerm
from audit.record.measured import (
    Bound,
    Disparity,
    Figure,
    Finding,
    Measurement,
    PackVersion,
    Policy,
    Rate,
    Requirement,
    Statement,
)
from audit.record.pictured import Classifier, Pictured
from audit.record.sealed import Audit, Document, Evidence, Refusal
from audit.record.turned import Change, Counterfactual, NoCounterfactual
from audit.record.words import (
    HOLD_CAUSES,
    SCORED_STAGES,
    Access,
    Certified,
    Component,
    DocumentAccess,
    FindingOutcome,
    HoldEnd,
    Kind,
    MeasurementState,
    NoticeState,
    Outcome,
    Role,
)

__all__ = [
    "HOLD_CAUSES",
    "SCORED_STAGES",
    "Access",
    "Approval",
    "Attributions",
    "Audit",
    "Bound",
    "BureauCode",
    "BureauScore",
    "CaseFile",
    "Certified",
    "Change",
    "Classifier",
    "Clock",
    "Component",
    "Counterfactual",
    "Dataset",
    "Decision",
    "DifferentiableScorer",
    "Disparity",
    "Document",
    "DocumentAccess",
    "DroppedReason",
    "Evidence",
    "Explainer",
    "Figure",
    "Finding",
    "FindingOutcome",
    "HoldEnd",
    "Kept",
    "KeptFor",
    "Kind",
    "Measurement",
    "MeasurementState",
    "Model",
    "NoCounterfactual",
    "Notice",
    "NoticeState",
    "Outcome",
    "PackVersion",
    "PartitionPlan",
    "Person",
    "Pictured",
    "Policy",
    "Proxy",
    "QuarantinedRow",
    "Rate",
    "Reason",
    "ReasonCode",
    "Recipient",
    "Reference",
    "Refusal",
    "Requirement",
    "RetentionTerm",
    "Role",
    "Scorer",
    "Source",
    "Span",
    "Statement",
    "Trust",
]
