"""Whether explanations hold, as a table: what was measured, its interval, the bound and the verdict.

Pure retelling of three figures and of the findings about them. A number that no requirement asks
about stands without a bound; what was not measured stands with its cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import facts, wording
from reports.wording import count

if TYPE_CHECKING:
    from reports.outcomes import Asked, Mark
    from reports.sealed import Sealed

FIGURES = ("stability", "faithfulness", "named_methods")
_METHODS = {
    "near_cutoff": "Regulation B, applicants just past the cutoff",
    "all_applicants": "Regulation B, all applicants",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One number, on how many refusals, with what is asked of it."""

    label: str
    n: str
    value: str
    bound: str
    mark: Mark | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Rank:
    """What putting right the first reasons does, beside as many other factors."""

    label: str
    n: str
    moved: str
    turned: str
    others_moved: str
    others_turned: str


@dataclass(frozen=True, slots=True)
class Soundness:
    """What the section prints of it; without rows the audit sealed none of it."""

    rows: tuple[Row, ...] = ()
    ranks: tuple[Rank, ...] = ()
    meaning: str = ""


def soundness(sealed: Sealed) -> Soundness:
    """Read whether the explanations hold."""
    if all(sealed.figure(name) is None for name in FIGURES):
        return Soundness()
    faithful = sealed.measured("faithfulness")
    rows = (*_stability(sealed), *_faithfulness(sealed), *_named(sealed), *_completeness(sealed))
    if faithful is None:
        return Soundness(rows)
    return Soundness(rows, tuple(_rank(rank) for rank in faithful["ranks"]), _meaning(faithful))


def _stability(sealed: Sealed) -> Iterator[Row]:
    body = sealed.figure("stability") or {}
    seeds, references = (body.get(part) or body for part in ("seeds", "references"))
    exact = "; nothing is drawn" if seeds.get("exact") else ""
    yield _share(
        sealed,
        f"Another seed{exact}: same reasons, same order",
        seeds,
        "same_order",
        "seed_same_reasons",
        whole=bool(exact),
    )
    again = f"Comparison group drawn anew, {_times(references.get('draws'))}"
    yield _share(sealed, f"{again}: reasons that stay", references, "overlap", "reference_draw_overlap")
    if "cause" not in references:
        yield _share(sealed, "Then: the same reasons", references, "same_set")
        yield _share(sealed, "Then: the same order too", references, "same_order")


def _faithfulness(sealed: Sealed) -> Iterator[Row]:
    body = sealed.figure("faithfulness") or {}
    label = "Printed reasons put right: part of the way to the comparison group’s average"
    yield _share(sealed, label, body, "share_moved", "reasons_share_moved")
    if "cause" in body:
        return
    yield _share(sealed, "Then: the decision turns", body, "turned")
    yield _share(sealed, "Further than as many other factors", body, "moved_more", "reasons_moved_more")
    label = "Reasons that, put right alone, move the score toward refusal"
    yield _share(sealed, label, body, "against_alone", "reasons_against_alone")


@dataclass(frozen=True, slots=True)
class Similar:
    """One of Regulation B's named methods beside the method that letters quote (R5)."""

    method: str
    n: str
    overlap: str
    first: str
    correlation: str
    mark: Mark | None = None
    cause: str = ""


def similar(sealed: Sealed) -> tuple[Similar, ...]:
    """Read how far the reasons are those of either named method; the nearer one carries the verdict."""
    body = sealed.figure("named_methods") or {}
    rows = body.get("with", ())
    nearest = _nearest(rows)
    asked = _asked(sealed, "named_method_overlap")
    mark = asked.mark if asked is not None else None
    told = []
    for row in rows:
        method = _METHODS.get(row["population"], str(row["population"]))
        if row["top4_overlap"] is None:
            nothing = (wording.NOTHING,) * 3
            told.append(Similar(method, count(row["n"]), *nothing, cause=str(row["cause"])))
            continue
        overlap = wording.percent(row["top4_overlap"], 1, _bounds(asked))
        told.append(
            Similar(
                method,
                count(row["n"]),
                f"{overlap} ({wording.percent_interval(row['low'], row['high'], mark=False)})",
                wording.percent(row["same_top1"]),
                wording.ratio(row["rank_correlation"]),
                mark if row is nearest else None,
            )
        )
    return tuple(told)


def _nearest(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    measured = [row for row in rows if row["top4_overlap"] is not None]
    return max(measured, key=lambda row: float(row["top4_overlap"]), default=None)


def _bounds(asked: Asked | None) -> tuple[float, ...]:
    requirement = asked.requirement if asked is not None else None
    return facts.bounds_of(requirement.bound if requirement is not None else None)


def _named(sealed: Sealed) -> Iterator[Row]:
    body = sealed.figure("named_methods") or {}
    nearest = _nearest(body.get("with", ()))
    asked = _asked(sealed, "named_method_overlap")
    if "with" not in body:
        yield _not_measured("Regulation B’s two named methods", asked, str(body.get("cause", "")))
    for row in body.get("with", ()):
        method = _METHODS.get(row["population"], str(row["population"]))
        # The regulation asks for likeness to either, so the nearer one is judged.
        judged = asked if nearest is None or row is nearest else None
        if row["top4_overlap"] is None:
            yield _not_measured(method, judged, str(row["cause"]))
            continue
        yield _row(
            f"{method}: overlap, first four",
            {"value": row["top4_overlap"], "low": row["low"], "high": row["high"], "n": row["n"]},
            judged,
        )
        yield Row("Then: the same first factor", count(row["n"]), wording.percent(row["same_top1"]), "")
        yield Row("Then: rank correlation", count(row["n"]), wording.ratio(row["rank_correlation"]), "")


def _completeness(sealed: Sealed) -> Iterator[Row]:
    asked = _asked(sealed, "completeness_residual")
    if asked is None or not asked.findings or asked.findings[0].value is None:
        return
    finding = asked.findings[0]
    bound = asked.requirement.bound if asked.requirement else None
    yield Row(
        "What contributions miss of a score, at most",
        "" if finding.n is None else count(finding.n),
        facts.measured(finding, facts.bounds_of(bound)),
        facts.bound_words(finding, bound),
        asked.mark,
    )


def _share(
    sealed: Sealed,
    label: str,
    body: Mapping[str, Any],
    key: str,
    measure: str = "",
    *,
    whole: bool = False,
) -> Row:
    asked = _asked(sealed, measure) if measure else None
    found = body.get(key)
    if found is None or found["value"] is None:
        cause = str(body.get("cause") or "there was nothing to compare")
        return _not_measured(label, asked, cause)
    return _row(label, {**found, **({"low": None, "high": None} if whole else {})}, asked, key)


def _row(label: str, found: Mapping[str, Any], asked: Asked | None, key: str = "") -> Row:
    requirement = asked.requirement if asked is not None else None
    bounds = facts.bounds_of(requirement.bound if requirement is not None else None)
    value = _number(key, found["value"], bounds)
    if found["low"] is not None and found["high"] is not None:
        value += f" ({_interval(key, found['low'], found['high'])})"
    bound = ""
    if asked is not None and requirement is not None and asked.findings:
        bound = facts.bound_words(asked.findings[0], requirement.bound)
    n = f"{count(found['n'])} reasons" if key == "against_alone" else count(found["n"])
    return Row(label, n, value, bound, asked.mark if asked is not None else None)


def _not_measured(label: str, asked: Asked | None, cause: str) -> Row:
    return Row(label, "", wording.NOTHING, "", asked.mark if asked is not None else None, cause)


def _number(key: str, value: float, bounds: tuple[float, ...] = ()) -> str:
    # Part of a way: it may go further than the whole, or back.
    return wording.ratio(value, bounds) if key == "share_moved" else wording.percent(value, 1, bounds)


def _interval(key: str, low: float, high: float) -> str:
    if key == "share_moved":
        return wording.interval(low, high, 2)
    return wording.percent_interval(low, high, mark=False)


def _asked(sealed: Sealed, measure: str) -> Asked | None:
    return next((one for one in sealed.asked if one.findings and one.findings[0].measure == measure), None)


def _times(draws: Any) -> str:
    return {1: "once", 2: "twice"}.get(draws, f"{wording.number_in_words(int(draws or 0))} times")


def _rank(body: Mapping[str, Any]) -> Rank:
    rank = int(body["rank"])
    label = "The first reason" if rank == 1 else f"The first {wording.number_in_words(rank)}"
    printed, others = body["printed"], body["others"]

    def said(of: Mapping[str, Any], key: str) -> str:
        value = of[key]["value"]
        return wording.NOTHING if value is None else _number(key, value)

    return Rank(
        label,
        count(body["n"]),
        said(printed, "share_moved"),
        said(printed, "turned"),
        said(others, "share_moved"),
        said(others, "turned"),
    )


def _meaning(body: Mapping[str, Any]) -> str:
    turned = body["turned"]
    if turned["value"] is None:
        return ""
    return (
        f"Put right, the printed reasons turn {wording.share(turned['value'])} of {count(turned['n'])} "
        f"refusals. Each is put right with the values of {count(body['reference_n'])} applicants of the "
        "comparison group in turn; what counts is the mean score."
    )
