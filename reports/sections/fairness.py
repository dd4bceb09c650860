"""Approval by group: ratios, gaps and errors, each beside its n."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import comparisons, ratios, wording
from reports.charts.forest import Forest, forest
from reports.groups import attribute_label, group_label, group_words, order, parts
from reports.outcomes import Mark, mark
from reports.sealed import Sealed, read
from reports.wording import capital, count, plural

if TYPE_CHECKING:
    from audit.record import Disparity, Rate
    from reports.sealed import Reading

LABEL = "Fairness"
MOST_DRAWN = 48  # rows of the forest: what a page holds
MOST_ROWS = 150  # groups in a table; results.json has them all
_ERRORS = (
    ("false_positive_rate", "Refused, of those that turned out well"),
    ("true_positive_rate", "Refused, of those that turned out badly"),
    ("positive_predictive_value", "Turned out badly, of those refused"),
    ("auc", "AUC"),
)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group in the table of approvals; ``head`` rows name an attribute."""

    label: str
    head: bool = False
    tone: str = ""  # reference | few
    n: str = ""
    rate: str = ""
    interval: str = ""
    ratio: str = ""
    p_value: str = ""
    points: str = ""
    gap: str = ""
    mark: Mark | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One group in the table of errors."""

    label: str
    head: bool
    tone: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the crossed table; ``step`` 1 to 5 is its shade, 0 none."""

    value: str
    aside: str
    step: int


@dataclass(frozen=True, slots=True)
class Crossed:
    """Approval by two attributes at once."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Fairness:
    """What the section prints."""

    cause: str
    forest: Forest | None
    forest_narrow: Forest | None
    meaning: str
    screen: str
    rows: tuple[GroupRow, ...]
    error_columns: tuple[str, ...]
    error_rows: tuple[ErrorRow, ...]
    crossed: tuple[Crossed, ...]
    min_group: int
    finding: str
    compared: tuple[comparisons.Compared, ...]
    tests: str
    law_rows: tuple[comparisons.Category, ...]
    law_note: str
    definitions: tuple[comparisons.Defined, ...]
    bounds: str  # what duties ask at least, in words
    not_drawn: str
    not_listed: str


def _disparity(sealed: Sealed, metric: str, attribute: str, group: str) -> Disparity | None:
    wanted = (metric, attribute, group)
    return next((d for d in sealed.disparities if (d.metric, d.attribute, d.group) == wanted), None)


def _rate_cells(rate: Rate | None) -> tuple[str, str]:
    if rate is None or rate.value is None:
        return "not measured", ""
    return wording.percent(rate.value), wording.percent_interval(rate.low, rate.high, mark=False)


def _rows(sealed: Sealed) -> tuple[GroupRow, ...]:
    judged, line = ratios.judged_by_screen(sealed), ratios.screening_line(sealed.asked)
    rows = []
    for attribute in ratios.attributes(sealed):
        reference = sealed.references[attribute]
        rows.append(GroupRow(ratios.heading(attribute, reference), head=True))
        base = sealed.rate("selection_rate", attribute, reference)
        value, ends = _rate_cells(base)
        n = wording.NOTHING if base is None else count(base.n)
        dash = wording.NOTHING
        rows.append(
            GroupRow(
                group_label(reference),
                False,
                "reference",
                n,
                value,
                ends,
                "1",
                dash,
                dash,
                dash,
                None,
                "reference",
            )
        )
        for d in ratios.by_group(sealed, attribute):
            value, ends = _rate_cells(sealed.rate("selection_rate", attribute, d.group))
            gap = _disparity(sealed, "standardized_mean_difference", attribute, d.group)
            effect = _disparity(sealed, "marginal_effect", attribute, d.group)
            finding = judged.get((attribute, d.group))
            few = d.n < sealed.min_group
            rows.append(
                GroupRow(
                    label=group_label(d.group),
                    tone="few" if few else "",
                    n=count(d.n),
                    rate=value,
                    interval=ends,
                    ratio=wording.ratio(d.value, () if line is None else (line,)),
                    p_value=wording.p_value(d.p_value),
                    points=wording.NOTHING
                    if effect is None or effect.value is None
                    else wording.signed(-effect.value * 100, 1),
                    gap=wording.NOTHING if gap is None else wording.signed(gap.value, 2),
                    mark=None if finding is None else mark(finding.outcome, "convention"),
                    note="too few" if few else "",
                )
            )
    return tuple(rows)


def _fitting(rows: tuple[GroupRow, ...]) -> tuple[tuple[GroupRow, ...], int]:
    """Return the rows that a table holds, and how many groups are left out."""
    shown = rows[:MOST_ROWS]
    return shown, sum(not row.head for row in rows[MOST_ROWS:])


def _error_rows(sealed: Sealed) -> tuple[tuple[str, ...], tuple[ErrorRow, ...]]:
    metrics = [
        (m, label) for m, label in _ERRORS if any(r.metric == m and r.value is not None for r in sealed.rates)
    ]
    if not metrics:
        return (), ()
    rows = []
    for attribute in ("all", *ratios.attributes(sealed)):
        if len(parts(attribute)) > 1:
            continue  # crossed groups stand in the attached file
        if attribute != "all":
            rows.append(ErrorRow(ratios.heading(attribute, sealed.references[attribute]), True, "", ()))
        reference = sealed.references.get(attribute, "all")
        groups = {r.group for r in sealed.rates if r.attribute == attribute and r.metric == metrics[0][0]}
        for group in sorted(groups, key=lambda g: order(g, reference)):
            cells, few = [], False
            for metric, _ in metrics:
                rate = sealed.rate(metric, attribute, group)
                if rate is None or rate.value is None:
                    cells.append(wording.NOTHING if rate is None else "not measured")
                    continue
                if rate.n < sealed.min_group:
                    few = True
                    cells.append(f"too few, n = {count(rate.n)}")
                    continue
                shown = wording.score(rate.value) if metric == "auc" else wording.percent(rate.value)
                cells.append(f"{shown} of {count(rate.n)}" if metric != "auc" else shown)
            tone = "few" if few else "reference" if group == reference and attribute != "all" else ""
            label = "All" if attribute == "all" else group_label(group)
            rows.append(ErrorRow(label, False, tone, tuple(cells)))
    return tuple(label for _, label in metrics), tuple(rows[:MOST_ROWS])


def _crossed(sealed: Sealed, attribute: str) -> Crossed | None:
    names = parts(attribute)
    if len(names) != 2:
        return None
    rates = {
        parts(r.group): r
        for r in sealed.rates
        if r.attribute == attribute and r.metric == "selection_rate" and len(parts(r.group)) == 2
    }
    downs = sorted({g[0] for g in rates}, key=lambda g: order(g, ""))
    acrosses = sorted({g[1] for g in rates}, key=lambda g: order(g, ""))
    enough = {g: r.value for g, r in rates.items() if r.value is not None and r.n >= sealed.min_group}
    if not enough:
        return None
    low, high = min(enough.values()), max(enough.values())

    def cell(group: tuple[str, ...]) -> Cell:
        rate = rates.get(group)
        if rate is None:
            return Cell(wording.NOTHING, "nobody", 0)
        if group not in enough:
            return Cell("too few", f"n = {count(rate.n)}", 0)
        # Darker is approved less often: the reader looks for the dark cell.
        part = 0.0 if high == low else (high - enough[group]) / (high - low)
        return Cell(wording.percent(enough[group]), f"n = {count(rate.n)}", 1 + min(4, int(part * 5)))

    darkest = min(enough, key=lambda g: enough[g])
    who = capital(group_words(attribute, " x ".join(darkest)))
    meaning = (
        f"{who} are approved least often: {wording.percent(enough[darkest])}, "
        f"and there are {count(rates[darkest].n)} of them."
    )
    return Crossed(
        f"Approval rate by {attribute_label(attribute).lower()}",
        tuple(group_label(g) for g in acrosses),
        tuple((group_label(d), tuple(cell((d, a)) for a in acrosses)) for d in downs),
        meaning,
    )


def query(ledger: Reading, audit_id: str) -> Fairness:
    """Read rates and disparities of every group."""
    sealed = read(ledger, audit_id)
    line = ratios.screening_line(sealed.asked)
    drawn, n_left = ratios.fitting(ratios.forest_rows(sealed, line), MOST_DRAWN)
    bounds = ratios.duty_bounds(sealed.asked)
    rows, n_unlisted = _fitting(_rows(sealed))
    finding = ratios.finding(sealed)
    sentence = finding + "."
    columns, errors = _error_rows(sealed)
    crossed = [c for a in ratios.attributes(sealed) if (c := _crossed(sealed, a)) is not None]
    cause = "" if drawn else "no protected attribute was compared in this audit"
    if sealed.audit.kind == "batch":
        cause = "these are the refusals of one batch, so no approval rate exists"
    if sealed.groups_elsewhere:
        cause = sealed.groups_elsewhere[0].lower() + sealed.groups_elsewhere[1:]
    law_rows, law_note = comparisons.local_law_144(sealed)
    return Fairness(
        cause=cause,
        forest=forest(drawn, sentence, line, bounds=bounds) if drawn and not cause else None,
        forest_narrow=forest(drawn, sentence, line, bounds=bounds, narrow=True)
        if drawn and not cause
        else None,
        meaning=ratios.meaning(sealed),
        screen="" if line is None else f"{line:.2f}",
        rows=rows if not cause else (),
        error_columns=columns,
        error_rows=errors,
        crossed=tuple(crossed),
        min_group=sealed.min_group,
        finding=finding,
        compared=comparisons.tables(sealed) if not cause else (),
        tests=comparisons.families_meaning(sealed) if not cause else "",
        law_rows=law_rows,
        law_note=law_note,
        definitions=comparisons.definitions(sealed),
        bounds=wording.joined([f"{value:.2f}, the {name}" for value, name in bounds]),
        not_drawn=f"{count(n_left)} more {plural(n_left, 'group')} in the table below." if n_left else "",
        not_listed=f"{count(n_unlisted)} more {plural(n_unlisted, 'group')} in results.json."
        if n_unlisted
        else "",
    )


def title(data: Fairness) -> str:
    """Return the largest gap that is more than chance."""
    return data.finding
