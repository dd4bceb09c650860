"""A decision and its case as the ledger keeps them: a slim row, details beside it, locked cells. Pure.

The slim row holds what is counted and quoted; the details (each reason with its size, what was
dropped and why) lie in a partition, the sentences once a part under their digest; who the
applicant is and what the model saw lie in cells locked under a person.

Why so: the application as a whole (its id, its record, the model's inputs) is locked under the
primary applicant alone, and a bureau score under the person it is of. If each person of a joint
application held a copy, erasing one of them would erase nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from operator import itemgetter
from typing import Any, cast

from audit.ledger.locking import Inputs
from audit.record import (
    BureauScore,
    CaseFile,
    Certified,
    Decision,
    DroppedReason,
    HoldEnd,
    Notice,
    NoticeState,
    Person,
    Reason,
    Source,
    turned,
)

Cell = dict[str, Any]


def persons_of(decision: Decision) -> tuple[Person, ...]:
    """Return the persons of a decision, the primary one first; one of its own where none is named."""
    people = decision.persons or (Person(decision.decision),)
    if len(people) == 1:
        return people
    return tuple(sorted(people, key=lambda person: person.role != "primary"))


# --- the slim row and its details ----------------------------------------------------------------


def decision_columns(decisions: Sequence[Decision], pseudonyms: list[bytes]) -> dict[str, list[Any]]:
    """Return the slim rows of decisions, column by column."""
    notices = [decision.notice for decision in decisions]
    return {
        "source_row": [decision.row for decision in decisions],
        "decision": pseudonyms,
        "outcome": [decision.outcome for decision in decisions],
        "score": [decision.score for decision in decisions],
        "cutoff": [decision.cutoff for decision in decisions],
        "action": [decision.action for decision in decisions],
        "stage": [decision.stage for decision in decisions],
        "certified": [decision.certified for decision in decisions],
        "notice": [notice.state for notice in notices],
        "cause": [notice.cause for notice in notices],
        "due_on": [notice.due_on and notice.due_on.isoformat() for notice in notices],
        "reason_codes": [
            " ".join([reason.code for reason in decision.reasons]) if decision.reasons else ""
            for decision in decisions
        ],
    }


@lru_cache(4096)  # a portfolio has millions of reasons and a few sentences
def sentence_digest(sentence: str) -> str:
    """Return the 16 hex digits under which a part keeps a sentence."""
    return sha256(sentence.encode()).hexdigest()[:16]


def details(decision: Decision) -> dict[str, Any]:
    """Return what the slim row leaves out; empty where there is nothing."""
    body: dict[str, Any] = {}
    if decision.reference is not None:
        body["reference"] = decision.reference
    if decision.residual is not None:
        body["residual"] = float(decision.residual)
    if decision.gap is not None:
        body["gap"] = float(decision.gap)
    if decision.rules:
        body["rules"] = list(decision.rules)
    if decision.judgment:
        body["judgment"] = list(decision.judgment)
    if decision.reasons:
        body["reasons"] = [_reason_list(reason) for reason in decision.reasons]
    if decision.dropped:
        body["dropped"] = [[d.factor, _size(d.contribution), d.cause] for d in decision.dropped]
    return body


def _size(value: float | None) -> float | None:
    return None if value is None else float(value)


def _reason_list(reason: Reason) -> list[Any]:
    size, error = reason.contribution, reason.standard_error
    return [
        int(reason.rank),
        reason.code,
        reason.factor,
        sentence_digest(reason.statement),
        None if size is None else float(size),
        None if error is None else float(error),
        reason.component,
        int(reason.by_missing),
        list(reason.merged),
    ]


def decision_of(
    row: Mapping[str, Any],
    seq: int,
    persons: Sequence[tuple[bytes, str]],
    detail: str | None,
    sentences: Mapping[str, str],
    *,
    sent: bool,
    end: HoldEnd | None = None,
) -> Decision:
    """Return the decision as the ledger knows it, under pseudonyms.

    Parameters
    ----------
    sent : whether its notices went out
    end : how its hold was ended, where it was held and is not any more
    """
    body = json.loads(detail) if detail else {}
    state: NoticeState = row["notice"]
    if state == "held" and end is not None:
        state = "ready" if end == "send_as_ranked" else "void"
    if state == "ready" and sent:
        state = "sent"
    reasons = tuple(
        Reason(rank, code, factor, sentences[text], size, error, component, bool(missing), tuple(merged))
        for rank, code, factor, text, size, error, component, missing, merged in body.get("reasons", ())
    )
    return Decision(
        decision=row["decision"].hex(),
        seq=seq,
        row=row["source_row"],
        persons=tuple(Person(person.hex(), role) for person, role in persons),  # type: ignore[arg-type]
        outcome=row["outcome"],
        score=row["score"],
        cutoff=row["cutoff"],
        action=row["action"],
        stage=row["stage"],
        rules=tuple(body.get("rules", ())),
        judgment=tuple(body.get("judgment", ())),
        reference=body.get("reference"),
        residual=body.get("residual"),
        gap=body.get("gap"),
        certified=cast("Certified | None", row["certified"]),
        reasons=reasons,
        dropped=tuple(DroppedReason(*item) for item in body.get("dropped", ())),
        notice=Notice(
            state, row["cause"], dt.date.fromisoformat(row["due_on"]) if row["due_on"] else None, end
        ),
    )


# --- the locked cells ------------------------------------------------------------------------------


def _owner(role: str, persons: Sequence[Person]) -> int:
    # What is said to be of a person who takes no part in the decision is kept with the primary one.
    return next((i for i, person in enumerate(persons) if person.role == role), 0)


def cells(decision: Decision, persons: Sequence[Person], case: CaseFile | None) -> list[Cell]:
    """Return what is to be locked for each person of the decision, in the order of ``persons_of``."""
    bodies: list[Cell] = [{"person": person.person} for person in persons]
    primary = bodies[0]
    primary["decision"] = decision.decision
    if case is not None:
        record = case.record
        primary["record"] = record if type(record) is dict else dict(record)
        if case.counterfactuals is not None:  # absent where none were looked for, as in older ledgers
            primary["counterfactuals"] = turned.as_values(case.counterfactuals)
        for source in case.sources:
            bodies[_owner(source.of, persons)].setdefault("sources", []).append(asdict(source))
        for score in case.bureau_scores:
            day = score.created_on
            body = {**asdict(score), "created_on": day and day.isoformat()}
            bodies[_owner(score.of, persons)].setdefault("bureau_scores", []).append(body)
    return bodies


def _says_more(case: CaseFile) -> bool:
    return bool(case.sources or case.bureau_scores or case.counterfactuals is not None)


def cells_of_all(
    decisions: Sequence[Decision], people: Sequence[Sequence[Person]], cases: Sequence[CaseFile | None]
) -> list[Cell]:
    """Return what is to be locked for each person of each decision."""
    out: list[Cell] = []
    for decision, persons, case in zip(decisions, people, cases, strict=True):
        if case is None or len(persons) > 1 or type(case.record) is not dict or _says_more(case):
            out += cells(decision, persons, case)
        else:  # most of a portfolio
            out.append({"person": persons[0].person, "decision": decision.decision, "record": case.record})
    return out


def case_of(unlocked: Sequence[bytes], inputs: Mapping[str, float | str | None]) -> CaseFile:
    """Return the case file that these opened cells hold, in the order of the persons."""
    bodies = [json.loads(cell) for cell in unlocked]
    primary = bodies[0]
    return CaseFile(
        decision=primary["decision"],
        record=primary.get("record", {}),
        sources=tuple(Source(**source) for body in bodies for source in body.get("sources", ())),
        bureau_scores=tuple(
            BureauScore(
                **{
                    **score,
                    "created_on": score["created_on"] and dt.date.fromisoformat(score["created_on"]),
                    "key_factors": tuple(score["key_factors"]),
                }
            )
            for body in bodies
            for score in body.get("bureau_scores", ())
        ),
        inputs=inputs,
        counterfactuals=turned.from_values(primary["counterfactuals"])
        if "counterfactuals" in primary
        else None,
    )


def input_names(cases: Sequence[CaseFile]) -> tuple[str, ...]:
    """Return the inputs' names, in the order in which the cases name them first."""
    orders = dict.fromkeys(tuple(case.inputs) for case in cases)  # one, where all of them have all
    return tuple(dict.fromkeys(chain.from_iterable(orders)))


def seen(cases: Sequence[CaseFile | None], names: Sequence[str]) -> list[Inputs]:
    """Return what the model saw of each: in the order of ``names``; by name where some are absent."""
    in_order = itemgetter(*names) if len(names) > 1 else lambda inputs: tuple(map(inputs.get, names))
    return [
        None
        if case is None or not case.inputs
        else in_order(case.inputs)
        if len(case.inputs) == len(names)
        else dict(case.inputs)
        for case in cases
    ]


def inputs_of(unlocked: bytes, names: Sequence[str]) -> dict[str, float | str | None]:
    """Return the inputs that an opened cell holds."""
    body = json.loads(unlocked)
    return dict(zip(names, body, strict=True)) if isinstance(body, list) else body
