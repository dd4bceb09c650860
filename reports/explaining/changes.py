"""What would have led to another result: changes that the model that refused scored once more, in words.

They were found and scored when the audit ran; nothing is looked for here. A change that touches data of
another person of the application is not told.

Source: Court of Justice, C-203/22, which names it as a way to explain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.record import NoCounterfactual
from reports.explaining.inputs import is_theirs, label, value
from reports.explaining.parts import Block, Grid, Part, paragraphs, part, rows
from reports.explaining.procedure import beside

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Recipient
    from audit.record.turned import Counterfactual
    from reports.terms import Terms

AT_MOST = 3

# How each cause in the record begins, and the words that tell it.
CAUSES = {
    "no cutoff is stated": "no_cutoff",
    "the score lies on the favourable side": "not_by_score",
    "the model reads no factor that can change": "nothing_changeable",
    "nobody in the reference lies on the favourable side": "nobody_approved",
    "no change of up to": "nothing_turned",
    "no model was opened": "no_model",
    "there was nobody to compare with": "nobody_to_compare",
}


def cause_of(found: NoCounterfactual | None) -> str:
    """Return the key of the words that tell why no change is told."""
    if found is None:
        return "not_looked_for"
    return next((key for start, key in CAUSES.items() if found.cause.startswith(start)), "not_calculated")


def told_changes(terms: Terms, case: CaseFile, recipient: Recipient) -> tuple[Counterfactual, ...]:
    """Return the changes that this person may read, the smallest first."""
    found = case.counterfactuals
    if found is None or isinstance(found, NoCounterfactual):
        return ()
    return tuple(
        one for one in found if all(is_theirs(terms, change.column, recipient) for change in one.changes)
    )[:AT_MOST]


def changes(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Part | None:
    """Return the part that tells the changes, or why there is none to tell."""
    words, found = terms.words, case.counterfactuals
    theirs = told_changes(terms, case, recipient)
    if not theirs:
        others = found is not None and not isinstance(found, NoCounterfactual)
        key = "about_others" if others else cause_of(found if isinstance(found, NoCounterfactual) else None)
        return part("changes", words["changes"], paragraphs(words["no_changes"][key]))
    blocks: list[Block | None] = [*paragraphs(words["changes_intro"])]
    for number, one in enumerate(theirs, start=1):
        title = f"{words['change']} {number}" if len(theirs) > 1 else ""
        blocks.append(_grid(terms, case, one, title))
        if recipient.role != "guarantor":
            blocks.append(rows((words["score_then"], (beside(words, one.score_after, decision.cutoff)[0],))))
    blocks += paragraphs(words["changes_promise"])
    return part("changes", words["changes"], blocks)


def _grid(terms: Terms, case: CaseFile, one: Counterfactual, title: str) -> Grid:
    words = terms.words
    return Grid(
        title,
        (words["information"], words["your_value"], words["other_value"]),
        tuple(
            (
                label(terms, change.column),
                value(terms, change.column, change.before),
                value(terms, change.column, change.after),
            )
            for change in one.changes
        ),
    )
