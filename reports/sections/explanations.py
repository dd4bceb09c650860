"""Explanations: how much each factor moves scores, which way, how far methods agree, and what holds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts import bars, effects
from reports.charts import swarm as strips
from reports.heat import Heat, heat, square
from reports.sealed import Sealed, cutoff_words, read
from reports.soundness import Soundness, soundness
from reports.wording import capital, count

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Explanations"
METHOD_WORDS = {
    "shapley": "Shapley values",
    "shap": "SHAP",
    "lime": "LIME",
    "integrated_gradients": "Integrated gradients",
    "expected_gradients": "Expected gradients",
    "gradients": "Gradients",
    "smoothgrad": "SmoothGrad",
    "occlusion": "Occlusion",
    "factor_points": "Factor points",
}


@dataclass(frozen=True, slots=True)
class SwarmRow:
    """One row of the strip's table."""

    label: str
    share: str
    quartiles: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far one method agrees with the one that letters quote."""

    method: str
    first: str
    overlap: str
    correlation: str
    difference: str
    used_for: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class EffectBinRow:
    """One bin of an effect's table."""

    range: str
    n: str
    mean: str


@dataclass(frozen=True, slots=True)
class EffectPart:
    """One factor's curve, its meaning and its table."""

    label: str
    column: str
    chart: effects.Effect
    meaning: str
    bins: tuple[EffectBinRow, ...]


@dataclass(frozen=True, slots=True)
class Explanations:
    """What the section prints."""

    finding: str
    cause: str
    n: str
    importance: bars.Bars | None
    importance_narrow: bars.Bars | None
    importance_meaning: str
    heats: tuple[Heat, ...]
    swarm: strips.Swarm | None
    swarm_narrow: strips.Swarm | None
    swarm_dots: int
    swarm_meaning: str
    swarm_rows: tuple[SwarmRow, ...]
    effects: tuple[EffectPart, ...]
    agreement: tuple[Agreement, ...]
    agreement_meaning: str
    among: Heat | None
    soundness: Soundness


def method_words(method: str) -> str:
    """Return a method's name as people say it."""
    return METHOD_WORDS.get(method, capital(method.replace("_", " ")))


def _quoted(text: str) -> str:
    """Return a factor's label inside a sentence."""
    return f"“{text}”"


def _importance(sealed: Sealed, body: dict[str, Any]) -> tuple[bars.Bars | None, bars.Bars | None, str]:
    factors = body["factors"]
    sizes = tuple(
        bars.Size(
            f["label"],
            wording.score(f["mean_abs"])
            + ("" if f["low"] is None else f" ({wording.score_interval(f['low'], f['high'])})"),
            f["mean_abs"],
            low=f["low"],
            high=f["high"],
        )
        for f in factors
    )
    first = factors[0]
    cutoff = (sealed.measured("scores") or {}).get("cutoff")
    at = f"; the cutoff stands at {cutoff_words(float(cutoff))}" if cutoff is not None else ""
    meaning = (
        f"{_quoted(first['label'])} moves a score by {wording.score(first['mean_abs'])} on average{at}. "
        "This is no reason for any one person."
    )
    head = "Mean size (95% interval)"
    return (
        bars.bars(sizes, meaning, head=head),
        bars.bars(sizes, meaning, head=head, narrow=True),
        meaning,
    )


def _heats(sealed: Sealed) -> tuple[Heat, ...]:
    body = sealed.measured("importance_by_group")
    found = [
        heat(entry, sealed.references.get(entry["attribute"], ""), "moves a score by")
        for entry in (body["attributes"] if body else ())
        if " x " not in entry["attribute"]
    ]
    return tuple(one for one in found if one is not None)


def _swarm(
    body: dict[str, Any],
) -> tuple[strips.Swarm | None, strips.Swarm | None, str, int, tuple[SwarmRow, ...]]:
    strands = tuple(
        strips.Strand(
            f["label"], tuple((float(p[0]), None if p[1] is None else float(p[1])) for p in f["points"])
        )
        for f in body["factors"]
    )
    ends = [(p[0], s.label) for s in strands for p in s.points]
    if not ends:
        return None, None, "", 0, ()
    far, near = max(ends), min(ends)
    meaning = (
        f"Of these dots, the furthest toward refusal is one of {_quoted(far[1])}, {wording.signed(far[0])}; "
        f"the furthest toward approval one of {_quoted(near[1])}, {wording.signed(near[0])}."
    )
    rows = tuple(
        SwarmRow(
            f["label"],
            wording.NOTHING if f["share_adverse"] is None else wording.share(f["share_adverse"]),
            wording.signed_interval(f["q25"], f["q75"]),
        )
        for f in body["factors"]
    )
    dots = max(len(s.points) for s in strands)
    return strips.swarm(strands, meaning), strips.swarm(strands, meaning, narrow=True), meaning, dots, rows


def _direction(label: str, means: list[float], low: str, high: str) -> str:
    rises = all(b >= a for a, b in pairwise(means))
    falls = all(b <= a for a, b in pairwise(means))
    if rises and falls:
        return f"{_quoted(label)} moves no score."
    if rises:
        return f"The higher {_quoted(label)}, the nearer to refusal: from {low} to {high}."
    if falls:
        return f"The lower {_quoted(label)}, the nearer to refusal: from {high} to {low}."
    return (
        f"{_quoted(label)} does not push one way throughout, "
        "so neither “too high” nor “too low” is true of it."
    )


def _effects(body: dict[str, Any]) -> tuple[EffectPart, ...]:
    means = [b["mean"] for f in body["factors"] for b in f["bins"]]
    low, high = min([*means, 0.0]), max([*means, 0.0])
    room = (high - low) * 0.06 or 1e-6
    parts = []
    for f in body["factors"]:
        if not f["bins"]:
            continue
        bins = tuple(effects.EffectBin(b["low"], b["high"], b["n"], b["mean"]) for b in f["bins"])
        ordered = [b.mean for b in bins]
        meaning = _direction(f["label"], ordered, wording.signed(ordered[0]), wording.signed(ordered[-1]))
        parts.append(
            EffectPart(
                f["label"],
                f["column"],
                effects.effect(bins, f["label"], meaning, low=low - room, high=high + room),
                meaning,
                tuple(
                    EffectBinRow(
                        _plain(b.low) if b.low == b.high else f"{_plain(b.low)} to {_plain(b.high)}",
                        count(b.n),
                        wording.signed(b.mean),
                    )
                    for b in bins
                ),
            )
        )
    return tuple(parts)


def _plain(value: float) -> str:
    if float(value).is_integer():
        return wording.size(value, 0)
    return wording.size(value, 1 if abs(value) >= 1000 else 3)


_FEWEST_AMONG = 3  # methods that make a table worth its room


def _among(sealed: Sealed) -> Heat | None:
    """Return how far each method agrees with each other one; two alone stand in the table above."""
    among = (sealed.measured("agreement") or {}).get("among") or {"methods": ()}
    if len(among["methods"]) < _FEWEST_AMONG:
        return None
    names = [method_words(method) for method in among["methods"]]
    pairs = [
        (value, names[i], names[j])
        for i, row in enumerate(among["top4_overlap"])
        for j, value in enumerate(row[:i])
        if value is not None
    ]
    meaning = ""
    if pairs:
        value, one, other = min(pairs)
        meaning = f"Farthest apart: {one} and {other}, which share {wording.share(value)} of the first four."
    return square(names, among["top4_overlap"], "Each method against each other", meaning)


def _agreement(sealed: Sealed) -> tuple[tuple[Agreement, ...], str]:
    body = sealed.measured("agreement")
    if body is None:
        return (), ""
    method = (sealed.figure("method") or {}).get("reasons", {}).get("method", "shapley")
    dash = wording.NOTHING
    rows = [Agreement(method_words(method), dash, dash, dash, dash, "the reasons in letters", quoted=True)]
    told = []
    for other in body["with"]:
        if other.get("top4_overlap") is None:
            cause = f"not measured: {other.get('cause') or 'no cause was recorded'}"
            rows.append(Agreement(method_words(other["method"]), dash, dash, dash, dash, cause))
            continue
        same = other["same_top1"]
        told.append(same)
        rows.append(
            Agreement(
                method_words(other["method"]),
                wording.share(same),
                wording.ratio(other["top4_overlap"]),
                wording.ratio(other["rank_correlation"]),
                wording.small(other["max_difference"]),
                f"cross-check, {count(body['n'])} decisions"
                + (f"; {other['how']}" if other.get("how") else ""),
            )
        )
    if not told:
        return tuple(rows), ""
    ends = (
        f"{wording.share(min(told))} to {wording.share(max(told))}"
        if len(told) > 1
        else wording.share(told[0])
    )
    return tuple(
        rows
    ), f"Other methods name the same first factor in {ends} of decisions. Letters quote one method only."


def query(ledger: Reading, audit_id: str) -> Explanations:
    """Read the global pictures."""
    sealed = read(ledger, audit_id)
    importance, strip, curves = (sealed.measured(n) for n in ("importance", "swarm", "effects"))
    agreement, agreement_meaning = _agreement(sealed)
    if importance is None or not importance["factors"]:
        cause = sealed.cause("importance") or "nothing was attributed"
        return Explanations(
            "No decision was explained",
            cause,
            "0",
            None,
            None,
            "",
            (),
            None,
            None,
            0,
            "",
            (),
            (),
            agreement,
            agreement_meaning,
            _among(sealed),
            soundness(sealed),
        )
    first = importance["factors"][0]["label"]
    wide, narrow, meaning = _importance(sealed, dict(importance))
    swarm_wide, swarm_narrow, swarm_meaning, dots, rows = (
        _swarm(dict(strip)) if strip and strip["factors"] else (None, None, "", 0, ())
    )
    return Explanations(
        finding=f"{_quoted(first)} moves scores most",
        cause="",
        n=count(importance["n"]),
        importance=wide,
        importance_narrow=narrow,
        importance_meaning=meaning,
        heats=_heats(sealed),
        swarm=swarm_wide,
        swarm_narrow=swarm_narrow,
        swarm_dots=dots,
        swarm_meaning=swarm_meaning,
        swarm_rows=rows,
        effects=_effects(dict(curves)) if curves else (),
        agreement=agreement,
        agreement_meaning=agreement_meaning,
        among=_among(sealed),
        soundness=soundness(sealed),
    )


def title(data: Explanations) -> str:
    """Return the factor that moves scores most."""
    return data.finding
