"""Page 1 of an audit of pictures: what is recognised, where methods look, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.outcomes import Mark
from reports.pictured import (
    beats_lot,
    best,
    cause_of,
    half_words,
    in_sentence,
    interval_words,
    name_of,
    verb_of,
)
from reports.sealed import Sealed, access_words, read
from reports.sections.summary import Key, outcome_counts, trust_words
from reports.unknown import Unknown
from reports.verdict import verdict
from reports.wording import capital, count, joined, plural

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Summary"
FEW = 30  # pictures of a class: fewer are shown and not judged


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method on page 1."""

    name: str
    area: str
    half: str
    against: str


@dataclass(frozen=True, slots=True)
class ImageSummary:
    """Everything page 1 prints."""

    name: str
    about: str
    access: str
    trust: str
    verdict: str
    lead: str
    keys: tuple[Key, ...]
    methods: tuple[MethodRow, ...]
    control: str
    unknowns: tuple[Unknown, ...]
    counts: tuple[tuple[str, Mark], ...]


def _recognised(body: dict[str, Any]) -> str:
    ends = wording.percent_interval(body["low"], body["high"])
    right = body["n"] - body["wrong"]
    return (
        f"The model names {count(right)} of {count(body['n'])} pictures as they are labelled: "
        f"{wording.percent(body['value'])} (95% interval {ends})"
    )


def _lead(accuracy: dict[str, Any], curves: dict[str, Any] | None) -> str:
    judged = [one for one in accuracy["classes"] if one["n"] >= FEW]
    parts = []
    if judged:
        low = min(judged, key=lambda one: one["value"])
        ends = wording.percent_interval(low["low"], low["high"])
        parts.append(
            f"Least often recognised: “{low['class']}”, {wording.percent(low['value'])} ({ends}), "
            f"n = {count(low['n'])}."
        )
    first = best(curves["methods"]) if curves else None
    if curves and first is not None:
        parts.append(
            f"In the order of {in_sentence(first['method'])}, half of a class’s score is back "
            f"{half_words(first['half'])}; by lot {half_words(curves['control']['half'])}."
        )
    return " ".join(parts)


_AGAINST = {True: "more than by lot", False: "less than by lot", None: "cannot be told from lot"}


def _methods(curves: dict[str, Any] | None) -> tuple[tuple[MethodRow, ...], str]:
    if curves is None:
        return (), ""
    control = curves["control"]
    rows = tuple(
        MethodRow(
            name_of(one["method"]),
            interval_words(one["area"], one["low"], one["high"]),
            half_words(one["half"]),
            _AGAINST[beats_lot(one)],
        )
        for one in sorted(curves["methods"], key=lambda one: -one["area"])
    )
    by_lot = interval_words(control["area"], control["low"], control["high"])
    return rows, f"Pixels by lot: {by_lot}, half back {half_words(control['half'])}."


def _keys(sealed: Sealed, accuracy: dict[str, Any], curves: dict[str, Any] | None) -> tuple[Key, ...]:
    classes = len(accuracy["classes"])
    keys = [
        Key("Pictures", count(accuracy["n"]), f"{count(classes)} {plural(classes, 'class', 'classes')}"),
        Key(
            "Recognised",
            wording.percent(accuracy["value"]),
            f"interval {wording.percent_interval(accuracy['low'], accuracy['high'])}",
        ),
    ]
    if curves is not None:
        n = len(curves["methods"])
        keys.append(Key("Explained", count(curves["n"]), f"by {count(n)} {plural(n, 'method')}"))
    complete = sealed.measured("image_completeness")
    if complete is not None and complete["share"] is not None:
        keys.append(Key("Left unexplained", wording.share(complete["share"]), "by integrated gradients"))
    return tuple(keys)


def _unknown(accuracy: dict[str, Any], curves: dict[str, Any] | None, sealed: Sealed) -> tuple[Unknown, ...]:
    rows = []
    absent = curves["absent"] if curves else ()
    for one in absent:
        fact, way_out = cause_of(str(one["cause"]))
        question = f"What {verb_of([one['method']])} {in_sentence(one['method'])} say?"
        rows.append(Unknown(question, f"{capital(fact)}.", f"{way_out}." if way_out else wording.NOTHING))
    if curves is None:
        rows.append(Unknown("Where does the model look?", f"{capital(sealed.cause('image_curves'))}.", "–"))
    unsure = [one["method"] for one in (curves["methods"] if curves else ()) if beats_lot(one) is None]
    if unsure:
        who = joined([in_sentence(one) for one in unsure])
        rows.append(
            Unknown(
                f"{capital(verb_of(unsure))} {who} find more than pixels by lot?",
                "Picture by picture, the 95% interval of the gain over lot spans 0.",
                "More pictures in `explain.sample`.",
            )
        )
    few = [one["class"] for one in accuracy["classes"] if one["n"] < FEW]
    if few:
        who = joined([f"“{name}”" for name in few]) if len(few) <= 3 else f"{count(len(few))} classes"
        rows.append(
            Unknown(
                f"How often {plural(len(few), 'is', 'are')} {who} recognised?",
                f"Under {FEW} pictures{plural(len(few), '', ' each')}.",
                "More pictures.",
            )
        )
    return tuple(rows)


def query(ledger: Reading, audit_id: str) -> ImageSummary:
    """Read what page 1 tells."""
    sealed = read(ledger, audit_id)
    audit = sealed.audit
    accuracy = dict(sealed.figure("image_accuracy") or {})
    found = sealed.measured("image_curves")
    curves = None if found is None else dict(found)
    rows, control = _methods(curves)
    method = sealed.figure("image_method") or {}
    size = " x ".join(str(one) for one in method.get("size", ()))
    spoken = f"{_recognised(accuracy)}."
    lead = _lead(accuracy, curves)
    if sealed.asked:
        lead = f"{spoken} {lead}"
        spoken = verdict(sealed.asked, {})
    return ImageSummary(
        name=audit.name,
        about=f"Model {audit.model.name} · pictures of {size} · as of {wording.date_in_words(audit.as_of)}",
        access=access_words(sealed),
        trust=trust_words(audit.model.trust),
        verdict=spoken,
        lead=lead,
        keys=_keys(sealed, accuracy, curves),
        methods=rows,
        control=control,
        unknowns=_unknown(accuracy, curves, sealed),
        counts=outcome_counts(sealed.asked) if sealed.asked else (),
    )


def title(data: ImageSummary) -> str:
    """Return the verdict."""
    return data.verdict
