"""The words that records are written in: outcomes, states, kinds, roles."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["adverse", "favourable", "none"]
NoticeState = Literal["none", "ready", "held", "sent", "void"]
HoldEnd = Literal["send_as_ranked", "reconsidered", "withdrawn"]
Certified = Literal["exact", "certain", "tie", "false"]
FindingOutcome = Literal["met", "not_met", "inconclusive", "not_applicable", "not_measured", "error"]
MeasurementState = Literal["measured", "inconclusive", "not_applicable", "not_measured", "error"]
Kind = Literal["law", "guidance", "convention", "house"]
Access = Literal["notice", "model_risk", "fair_lending", "privileged"]
DocumentAccess = Literal["public", "notice", "model_risk", "fair_lending", "privileged"]
Component = Literal["score", "rule", "judgmental"]
Role = Literal["primary", "joint", "guarantor"]

#: Comment 9(b)(2)-7: where the score had a part in the decision.
SCORED_STAGES = ("score", "gray_band")

HOLD_CAUSES = (
    "protected_basis",
    "negative_age",
    "blocked_proxy",
    "decision_differs",
    "action_differs",
    "ranking_uncertain",
    "reason_helped",
    "no_reason",
    "residual",
    "reference_too_small",
)

DENIED = "denied"  # what a letter tells where the record names no other action

# Kinds of letters that tell a person what was decided; the others tell of prices and scores, or answer a
# request, and leave the notice owed.
TELLING = (
    "adverse_action",
    "counteroffer",
    "incomplete",
    "fcra_notice",
    "ccd2_rejection",
    "gdpr_explanation",
    "uk_explanation",
)
