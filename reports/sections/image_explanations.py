"""Where the model looks: pictures beside their maps, region curves, and how far methods agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts import curves
from reports.pictured import SAYS, beats_lot, best, cause_of, half_words, in_sentence, interval_words, name_of
from reports.sealed import Sealed, read
from reports.wording import capital, count

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Explanations"


@dataclass(frozen=True, slots=True)
class Panel:
    """One method's region curve."""

    name: str
    says: str
    chart: curves.Curve
    meaning: str


@dataclass(frozen=True, slots=True)
class Image:
    """One drawn picture: what it is, and its bytes as base64."""

    words: str
    png: str


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One picture with its maps."""

    place: str
    label: str
    predicted: str
    right: bool
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class ImageExplanations:
    """What the section prints."""

    finding: str
    cause: str
    n: str
    baseline: str
    scores: str
    panels: tuple[Panel, ...]
    absent: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    pictures: tuple[PictureRow, ...]
    pictures_cause: str
    pairs: tuple[tuple[str, str, str], ...]
    pairs_meaning: str
    complete: str


def _panels(body: dict[str, Any]) -> tuple[Panel, ...]:
    by_lot = tuple(point["mean"] for point in body["control"]["points"])
    panels = []
    for one in sorted(body["methods"], key=lambda one: -one["area"]):
        points = one["points"]
        known = all(point["low"] is not None for point in points)
        series = curves.Series(
            tuple(100.0 * point["share"] for point in points),
            tuple(point["mean"] for point in points),
            tuple(point["low"] for point in points) if known else (),
            tuple(point["high"] for point in points) if known else (),
            (by_lot,),
        )
        against = {
            True: "more than pixels by lot",
            False: "less than pixels by lot",
            None: "not to be told from pixels by lot",
        }[beats_lot(one)]
        meaning = (
            f"Half of the score is back {half_words(one['half'])}. "
            f"Area {interval_words(one['area'], one['low'], one['high'])}: {against}."
        )
        name = name_of(one["method"])
        chart = curves.curve(series, f"{name}. {meaning}", low=0.0, high=1.0)
        panels.append(Panel(name, SAYS.get(one["method"], ""), chart, meaning))
    return tuple(panels)


def _pictures(body: dict[str, Any], asked: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[PictureRow, ...]]:
    shown = body["shown"]
    if not shown:
        return (), ()
    methods = tuple(method for method in asked if method in shown[0]["maps"])
    heads: list[str] = ["Picture"]
    for method in methods:
        heads.append(name_of(method))
        if method == "xrai":
            heads.append(f"First {wording.percent(body['top'], 0)} by XRAI")
    rows = []
    for one in shown:
        place = f"No. {count(one['row'] + 1)}"
        images = [Image(f"{place}: the picture, labelled {one['label']}", one["picture"])]
        for method in methods:
            images.append(Image(f"{place}: {name_of(method)}", one["maps"][method]))
            if method == "xrai":
                images.append(Image(f"{place}: the regions that XRAI ranks first", one["top"]))
        score = wording.ratio(one["score"])
        rows.append(
            PictureRow(
                place, str(one["label"]), f"read as {one['predicted']} ({score})", one["right"], tuple(images)
            )
        )
    return tuple(heads), tuple(rows)


def _pairs(sealed: Sealed) -> tuple[tuple[tuple[str, str, str], ...], str]:
    body = sealed.measured("image_agreement")
    if body is None:
        return (), f"Agreement was not measured: {sealed.cause('image_agreement')}."
    told = sorted(body["pairs"], key=lambda one: -(one["value"] if one["value"] is not None else -2))
    rows = tuple(
        (
            f"{name_of(one['one'])} and {in_sentence(one['other'])}",
            wording.signed_interval(one["low"], one["high"])
            if one["low"] is not None
            else "no order to compare",
            wording.signed(one["value"], 2) if one["value"] is not None else wording.NOTHING,
        )
        for one in told
    )
    known = [one for one in told if one["value"] is not None]
    if not known:
        return rows, ""
    near, far = known[0], known[-1]
    meaning = (
        f"{name_of(near['one'])} and {in_sentence(near['other'])} agree most "
        f"({wording.signed(near['value'], 2)})"
    )
    if far is not near:
        two = f"{in_sentence(far['one'])} and {in_sentence(far['other'])}"
        meaning += f", {two} least ({wording.signed(far['value'], 2)})"
    return rows, f"{meaning}. Methods that disagree cannot all show where the model looks."


def _complete(sealed: Sealed) -> str:
    body = sealed.measured("image_completeness")
    if body is None:
        return f"Whether contributions add up was not measured: {sealed.cause('image_completeness')}."
    if body["share"] is None:
        return "The class score does not move on the way from the baseline, so nothing had to add up."
    return (
        f"Integrated gradients leave out {wording.percent(body['share'], 2)} of the way from the baseline to "
        f"the picture: {wording.score(body['mean'])} of {wording.score(body['way'])} on average, "
        f"{wording.score(body['largest'])} at most."
    )


def query(ledger: Reading, audit_id: str) -> ImageExplanations:
    """Read pictures, curves and agreement."""
    sealed = read(ledger, audit_id)
    body, shown = sealed.measured("image_curves"), sealed.measured("image_pictures")
    method = sealed.figure("image_method") or {}
    asked = tuple(str(one["method"]) for one in method.get("methods", ()))
    heads, rows = _pictures(dict(shown), asked) if shown is not None else ((), ())
    pairs, pairs_meaning = _pairs(sealed)
    first = best(body["methods"]) if body is not None else None
    absent = tuple(
        (name_of(one["method"]), f"{capital('. '.join(filter(None, cause_of(str(one['cause'])))))}.")
        for one in (body["absent"] if body is not None else method.get("methods", ()))
        if one.get("cause")
    )
    finding = "No picture was explained"
    if first is not None:
        finding = f"By {in_sentence(first['method'])}, half of the score is back {half_words(first['half'])}"
    return ImageExplanations(
        finding=finding,
        cause="" if body is not None else sealed.cause("image_curves"),
        n=count(body["n"]) if body is not None else "0",
        baseline=str(method.get("baseline", "")),
        scores=capital(str(body["scores"])) if body is not None else "",
        panels=_panels(dict(body)) if body is not None else (),
        absent=absent,
        heads=heads,
        pictures=rows,
        pictures_cause="" if rows else sealed.cause("image_pictures"),
        pairs=pairs,
        pairs_meaning=pairs_meaning,
        complete=_complete(sealed),
    )


def title(data: ImageExplanations) -> str:
    """Return which method brings the score back soonest."""
    return data.finding
