"""How the reasons moved since an earlier audit, as a table; from one sealed figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.wording import capital, count, number_in_words, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.sealed import Sealed

_READINGS = {
    "little": "by the convention of scorecard builders, little",
    "some": "by the convention of scorecard builders, some drift",
    "much": "by the convention of scorecard builders, much drift",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One code then and now; ``beyond`` says whether its change is more than chance."""

    code: str
    label: str
    then: str
    now: str
    change: str
    any_place: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """What the section prints of it; without rows ``cause`` says why there are none."""

    about: str = ""
    rows: tuple[Row, ...] = ()
    meaning: str = ""
    cause: str = ""


def drift(sealed: Sealed) -> Drift | None:
    """Read how far the reasons moved; None where the audit sealed nothing of it."""
    body = sealed.figure("reason_drift")
    if body is None:
        return None
    if "against" not in body:
        return Drift(cause=capital(str(body["cause"])) + ".")
    which = "the last accepted one" if body["accepted"] else "the one before; none was accepted"
    about = (
        f"Share of refusals in which the reason comes first, against audit "
        f"{wording.short_id(body['against'])} ({which}): {count(body['n_then'])} refusals then, "
        f"{count(body['n_now'])} now."
    )
    rows = tuple(_row(code, body) for code in body["codes"])
    return Drift(about, rows, _meaning(body, rows))


def _row(code: Mapping[str, Any], body: Mapping[str, Any]) -> Row:
    n, m = body["n_then"], body["n_now"]
    told = "new" if code["new"] else "gone" if code["gone"] else ""
    change = f"{wording.signed(code['change'] * 100, 1)} ({_points(code['low'], code['high'])})"
    any_place = f"{wording.share(code['any_then'], n)} to {wording.share(code['any_now'], m)}"
    return Row(
        code["code"],
        code["label"] + (f" ({told})" if told else ""),
        wording.NOTHING if code["new"] else wording.percent(code["then"] / n),
        wording.NOTHING if code["gone"] else wording.percent(code["now"] / m),
        change,
        any_place,
        code["low"] > 0 or code["high"] < 0,
    )


def _points(low: float, high: float) -> str:
    # No bound at zero is crossed by rounding: an end that excludes it does so in print too.
    return wording.signed_interval(low * 100, high * 100, 1, (0.0,))


def _meaning(body: Mapping[str, Any], rows: tuple[Row, ...]) -> str:
    psi, chance = wording.small(body["psi"]), wording.small(body["by_chance"])
    reading = _READINGS.get(body["reading"], "too few refusals to tell it from chance")
    told = f"The stability index of the first reasons is {psi}, where chance alone gives {chance}: {reading}."
    moved = [row for row in rows if row.beyond]
    if not moved:
        return told + " No code changed by more than chance."
    n = len(moved)
    codes = plural(n, "code changed", "codes changed")
    return (
        f"{told} {capital(number_in_words(n))} of {number_in_words(len(rows))} {codes} by more than chance, "
        f"“{moved[0].label}” most. Of twenty codes that stand still, one looks so by chance."
    )
