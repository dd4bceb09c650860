"""Method and limits of an audit of pictures: the model, the methods, and what they cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.pictured import SAYS, cause_of, in_sentence, name_of
from reports.sealed import Sealed, framework_words, read
from reports.sections.scope import LIMIT
from reports.wording import capital, count, joined

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Model, method and limits"
_LIMITS = (
    "A map says which pixels this model’s score follows. It does not say that the model is right, nor what "
    "it would do on other pictures.",
    "Pictures of which half is hidden are none that the model has learned from: a curve measures the model "
    "on them too.",
    "Integrated gradients give a pixel of the baseline’s colour nothing, whatever it means to the model.",
    "A map of Grad-CAM is no finer than the model’s last convolution.",
    "Labels were taken as they are.",
)

_INTERVALS = (
    "95%: Wilson’s for shares; for means over pictures by the normal law, held to their range. A method and "
    "lot are compared picture by picture."
)


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method: what its map is, where it comes from, and its settings."""

    name: str
    says: str
    source: str
    settings: str


@dataclass(frozen=True, slots=True)
class ImageMethod:
    """What the section prints."""

    finding: str
    model: tuple[tuple[str, str], ...]
    layers: tuple[tuple[str, str, str], ...]
    rows: tuple[tuple[str, str], ...]
    methods: tuple[MethodRow, ...]
    limits: tuple[str, ...]
    limit: str


def _model(sealed: Sealed) -> tuple[tuple[str, str], ...]:
    model = sealed.audit.model
    rows = [
        ("File", model.name),
        ("Kind", capital(framework_words(model.framework))),
        ("Version", model.version),
        ("Reads", capital(", ".join(model.inputs))),
        ("Gives", capital(model.output)),
        ("Parameters", count(model.n_parameters) if model.n_parameters is not None else "not known"),
    ]
    if model.trust is not None:
        date = wording.date_in_words(model.trust.date)
        rows.append(("Trust", f"It runs code. Allowed by {model.trust.by}, {date}: {model.trust.reason}"))
    walls = (sealed.figure("environment") or {}).get("walls")
    if walls:
        rows.append(("Walls around it", capital(str(walls))))
    return tuple(rows)


def _value(number: float) -> str:
    return f"{number:g}".replace("-", wording.MINUS)


def _rows(body: dict[str, Any], scores: str) -> tuple[tuple[str, str], ...]:
    classes = [str(one) for one in body["classes"]]
    named = joined(classes) if len(classes) <= 12 else f"{', '.join(classes[:12])} …"
    drawn = f"{count(body['sample'])} pictures, drawn by the seed {body['seed']}"
    baseline = capital(str(body["baseline"]))
    return (
        ("Pictures", f"{count(body['n'])}, each {' x '.join(map(str, body['size']))}; all were classified."),
        ("Classes", f"{count(len(classes))}: {named}."),
        ("Black, white", f"{_value(body['low'])} and {_value(body['high'])}."),
        ("Explained", f"{drawn}; of each the class that the model read, right or wrong."),
        ("Baseline", f"{baseline}: what hides pixels, and where integrated gradients start."),
        (
            "Region curve",
            f"The part of the class’s score that is back, at most 1. Score: {scores}.",
        ),
        ("Intervals", _INTERVALS),
    )


def query(ledger: Reading, audit_id: str) -> ImageMethod:
    """Read model, method and limits."""
    sealed = read(ledger, audit_id)
    body = dict(sealed.figure("image_method") or {})
    curves = sealed.measured("image_curves")
    methods = tuple(
        MethodRow(
            name_of(one["method"]),
            SAYS.get(one["method"], ""),
            one["source"],
            ", ".join(f"{name} {value}" for name, value in sorted(one["details"].items()))
            or (f"not measured: {cause_of(str(one['cause']))[0]}" if one["cause"] else wording.NOTHING),
        )
        for one in body["methods"]
    )
    return ImageMethod(
        finding=f"{count(body['sample'])} of {count(body['n'])} pictures were explained, "
        f"by {joined([in_sentence(one['method']) for one in body['methods']]) or 'no method'}",
        model=_model(sealed),
        layers=tuple(
            (
                str(one.get("name", "")),
                str(one.get("kind", "")),
                count(one["units"]) if one.get("units") is not None else wording.NOTHING,
            )
            for one in sealed.audit.model.layers[:24]
        ),
        rows=_rows(body, str(curves["scores"]) if curves is not None else "none was measured"),
        methods=methods,
        limits=_LIMITS,
        limit=LIMIT,
    )


def title(data: ImageMethod) -> str:
    """Return how many pictures were explained, and by what."""
    return data.finding
