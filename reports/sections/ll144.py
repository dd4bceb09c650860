"""The public summary of an audit under New York City's Local Law 144: its seven items, and nothing inside.

Why so, no reading of anything else: what is published must hold nothing of the internal report, so this
section reads one figure, the audit's name, kind and day, and whether it is an example.

Source: Admin. Code 20-870 to 20-874; 6 RCNY 5-300 to 5-304.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.errors import UsageError
from reports import wording
from reports.groups import group_label
from reports.sealed import read
from reports.wording import count

if TYPE_CHECKING:
    from audit.record import Audit
    from reports.sealed import Reading, Sealed

LABEL = "Public summary"
_KINDS = {
    "sex": "Sex",
    "race_ethnicity": "Race and ethnicity",
    "intersectional": "Sex with race and ethnicity",
}
_MUST = {
    "distributed_on": "the day on which the tool was first used (6 RCNY 5-303(a)(2))",
    "source": "source and explanation of the data (6 RCNY 5-303(a)(1))",
}
LIMIT = (
    "The law sets no line for an impact ratio, so no number here is a pass or a fail. This program computed "
    "the numbers. It is not the independent auditor that the law asks for: who audited must stand beside "
    "this summary."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One category; ``head`` rows name the kind. Each basis of the table has its cells."""

    label: str
    head: bool = False
    n: str = ""
    cells: tuple[tuple[str, str, str], ...] = ()  # counted, rate, impact ratio, of each basis


@dataclass(frozen=True, slots=True)
class LocalLaw144:
    """Everything that the summary prints."""

    name: str
    access: str
    demonstration: str
    facts: tuple[tuple[str, str], ...]
    formulas: tuple[tuple[str, str], ...]
    bases: tuple[tuple[str, str, str], ...]
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]
    justification: str
    withheld: str
    limit: str


def refuse(audit: Audit, sealed: Sealed) -> None:
    """Refuse an audit that has no such tables, or lacks what the summary must say.

    Raises
    ------
    UsageError
        With the cause, and the key of the config that is missing.
    """
    who = f"report: audit {audit.audit[:8]}"
    if audit.kind != "population":
        raise UsageError(
            f"{who} is {'one batch of refusals' if audit.kind == 'batch' else 'of pictures'}, so it has no "
            "selection rates. A summary under Local Law 144 needs an audit of the kind population."
        )
    if sealed.groups_elsewhere:
        raise UsageError(
            f"{who} compares no group. {sealed.groups_elsewhere}. Render this summary there, with --ledger."
        )
    body = sealed.figure("ll144")
    if body is None or "tables" not in body:
        raise UsageError(
            f"{who} has no tables under Local Law 144: {_why(body)}. Name sex and race under "
            "`fairness.ll144`, and run again."
        )
    for key, what in _MUST.items():
        if not body.get(key):
            raise UsageError(f"{who} lacks {what}. Set `fairness.ll144.{key}`, and run again.")
    tables = [one for one in body["tables"] if one.get("rows")]
    if {one["kind"] for one in tables} != set(_KINDS):
        raise UsageError(
            f"{who} knows sex, or race and ethnicity, of nobody, so no category can be told. Give the data "
            "their columns, and run again."
        )
    if any("withheld" not in row for one in tables for row in one["rows"]):
        raise UsageError(
            f"{who} was sealed by a program that did not look for small categories. Run it again before "
            "anything is published."
        )


def _why(body: Any) -> str:
    return "none were asked for" if not body else str(body.get("cause", "none were asked for"))


def query(ledger: Reading, audit_id: str) -> LocalLaw144:
    """Read the tables, and when and of what they were made."""
    sealed = read(ledger, audit_id)
    audit, body = sealed.audit, sealed.figure("ll144") or {}
    example = sealed.figure("demonstration")
    bases = tuple(_BASES[basis] for basis in _bases(body))
    high = (audit.config.get("decision") or {}).get("adverse", "high") == "high"
    return LocalLaw144(
        name=audit.name,
        access="Public",
        demonstration=str(example["note"]) if example else "",
        facts=tuple(_facts(audit.sealed_at, body)),
        formulas=_formulas(_bases(body), high=high),
        bases=bases,
        rows=tuple(_rows(body)),
        left_out=tuple(_left_out(body)),
        justification=_justification(body),
        withheld=_withheld(body),
        limit=LIMIT,
    )


def title(data: LocalLaw144) -> str:
    """Return what it is; it concludes nothing."""
    return f"Results of a bias audit under Local Law 144: {data.name}"


_BASES = {
    "selection_rate": ("Selected", "Selection rate", "Impact ratio"),
    "scoring_rate": ("Better than median", "Scoring rate", "Impact ratio"),
}


def _bases(body: Any) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            one["basis"]
            for one in body["tables"]
            if one.get("rows") and not (one["basis"] == "scoring_rate" and _few_scored(body))
        )
    )


def _few_scored(body: Any) -> bool:
    """Return whether fewer than the least of a category that is told have scores.

    What is withheld was chosen by who was decided upon. Where few of them have scores, a rate would tell of
    single people, and what hides it beside the totals was not looked for: so no scoring rate is told at all.
    """
    return any(
        not row["withheld"] and row["n"] < body["least"]
        for one in body["tables"]
        if one["basis"] == "scoring_rate"
        for row in one.get("rows", ())
    )


def _facts(sealed_at: dt.datetime | None, body: Any) -> list[tuple[str, str]]:
    used = dt.date.fromisoformat(body["distributed_on"])
    return [
        ("Date of this audit", wording.date_in_words(sealed_at)),
        ("Distribution date of the tool", wording.date_in_words(used)),
        ("Data, and why these", str(body["source"])),
        ("People assessed", count(body["n"])),
        (
            "Of them in an unknown category",
            f"{count(body['n_unknown'])}; counted here, in no rate, and never guessed",
        ),
    ]


def _formulas(bases: tuple[str, ...], *, high: bool) -> tuple[tuple[str, str], ...]:
    found = []
    if "selection_rate" in bases:
        found.append(
            ("Selection rate", "selected people of the category / all assessed people of the category")
        )
    if "scoring_rate" in bases:
        better = "A lower score is the better one here." if high else "A higher score is the better one."
        found.append(
            (
                "Scoring rate",
                "people of the category who scored better than the median of all scores / all people of the "
                f"category who have a score. {better}",
            )
        )
    found.append(
        ("Impact ratio", "rate of the category / highest rate among the categories of the same kind")
    )
    return tuple(found)


def _rows(body: Any) -> list[Row]:
    by = {(one["kind"], one["basis"]): one for one in body["tables"] if one.get("rows")}
    bases = _bases(body)
    rows: list[Row] = []
    for kind, words in _KINDS.items():
        rows.append(Row(words, head=True))
        tables = [by[kind, basis] for basis in bases]
        # By name, not by place: nobody of a category may have a score.
        named = [{row["category"]: row for row in table["rows"]} for table in tables]
        for first in tables[0]["rows"]:
            its = [rows_of.get(first["category"]) for rows_of in named]
            if first["withheld"]:
                small = first["n"] < body["least"]
                n = f"fewer than {body['least']}" if small else "withheld"
                rows.append(Row(group_label(first["category"]), n=n, cells=(("–", "–", "–"),) * len(its)))
                continue
            cells = tuple(
                (count(one["n_counted"]), wording.percent(one["rate"]), _ratio(one, body))
                if one is not None
                else ("–", "–", "–")
                for one in its
            )
            rows.append(Row(group_label(first["category"]), n=count(first["n"]), cells=cells))
    return rows


def _ratio(one: Any, body: Any) -> str:
    if one["excluded"]:
        return "left out"
    return wording.NOTHING if one["impact_ratio"] is None else f"{one['impact_ratio']:.3f}"


def _left_out(body: Any) -> list[str]:
    """Say which categories of less than two per cent have no impact ratio, and why."""
    told: dict[str, None] = {}
    for table in body["tables"]:
        for row in table.get("rows", ()):
            if not row["excluded"]:
                continue
            who = group_label(row["category"])
            if row["withheld"]:
                told[f"{who}: count and rate are withheld, see below"] = None
            elif table["basis"] == _bases(body)[0]:
                told[f"{who}: {count(row['n'])} people, rate {wording.percent(row['rate'])}"] = None
    return list(told)


def _justification(body: Any) -> str:
    return f"Less than 2% of the data each (6 RCNY 5-301(d)). The justification: {body['justification']}."


def _withheld(body: Any) -> str:
    return " ".join(text for text in (_withheld_categories(body), _withheld_scores(body)) if text)


def _withheld_scores(body: Any) -> str:
    if not _few_scored(body):
        return ""
    return (
        f"Scoring rates are not told here: of some category fewer than {body['least']} people have scores. "
        "The auditor has them, and decides with counsel what is published."
    )


def _withheld_categories(body: Any) -> str:
    if not any(row["withheld"] for one in body["tables"] for row in one.get("rows", ())):
        return ""
    return (
        f"Categories of fewer than {body['least']} people are not told here, nor what would give them away "
        "beside the totals, since their rates would say of single people what became of them. The rules ask "
        "for the count and rate of every category: the auditor has them, and decides with counsel what "
        "is published."
    )
