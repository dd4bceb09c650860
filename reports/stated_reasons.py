"""How far the reasons agree with those that the lender stated, as tables; from one sealed figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.wording import capital, count, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.sealed import Sealed

_KINDS = (
    ("same_first", "The same code first"),
    ("first_among", "The lender’s first code among ours"),
    ("overlap", "At least one code in common"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One way to agree, and what it would be if the lender's reasons belonged to other refusals."""

    label: str
    found: str
    chance: str


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One HMDA code, how many refusals name it on each side and on both."""

    code: str
    label: str
    factors: str
    stated: str
    found: str
    both: str
    chance: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What the section prints of it; without rows ``cause`` says why."""

    about: str
    rows: tuple[Row, ...] = ()
    codes: tuple[CodeRow, ...] = ()
    meaning: str = ""
    cause: str = ""


def stated(sealed: Sealed, codes: Mapping[str, str]) -> Stated | None:
    """Read how far the lender's own reasons agree; None where no column of them is named.

    Parameters
    ----------
    codes : factor -> its code in the dictionary
    """
    body = sealed.measured("stated_reasons")
    if body is None:
        return None
    about = _about(body)
    if "overlap" not in body:
        return Stated(about, cause=capital(str(body["cause"])) + ".")
    rows = tuple(_row(label, body[key]) for key, label in _KINDS)
    return Stated(about, rows, tuple(_code(row, codes) for row in body["codes"]), _meaning(body))


def _about(body: Mapping[str, Any]) -> str:
    told = (
        f"{count(body['n'])} of {count(body['refusals'])} refusals have a reason on both sides; the lender "
        f"stated none for {count(body['not_stated'])}."
    )
    if body["not_found"]:
        told += f" For {count(body['not_found'])} no reason was found here."
    if body["unread"]:
        n = body["unread"]
        told += f" {count(n)} {plural(n, 'cell holds', 'cells hold')} a word that is no code."
    return told


def _row(label: str, found: Mapping[str, Any]) -> Row:
    def told(value: str, low: str, high: str) -> str:
        ends = wording.percent_interval(found[low], found[high], mark=False)
        return f"{wording.percent(found[value])} ({ends})"

    return Row(label, told("value", "low", "high"), told("chance", "chance_low", "chance_high"))


def _code(row: Mapping[str, Any], codes: Mapping[str, str]) -> CodeRow:
    factors = ", ".join(sorted(codes.get(factor, factor) for factor in row["factors"]))
    return CodeRow(
        str(row["hmda"]),
        row["label"],
        factors or wording.NOTHING,
        count(row["stated"]),
        count(row["found"]),
        count(row["both"]),
        count(round(row["by_chance"])),
    )


def _meaning(body: Mapping[str, Any]) -> str:
    overlap, reach = body["overlap"], body["within_reach"]
    where = "within"
    if overlap["low"] > overlap["chance_high"]:
        where = "above"
    elif overlap["high"] < overlap["chance_low"]:
        where = "below"
    told = (
        f"{wording.share(overlap['value'])} of these refusals share a code with what the lender stated, "
        f"{where} what chance alone gives ({wording.share(overlap['chance'])})."
    )
    if reach["value"] < 1:
        told += (
            f" In {wording.share(1 - reach['value'])} the lender names only codes for which no factor of "
            "the dictionary stands, so nothing could agree."
        )
    return told
