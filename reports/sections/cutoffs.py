"""Cutoffs: what each cutoff of the sweep would do to each group, by the scores alone.

Every text that the page's slider can show is worded here, from sealed counts and ratios: the script only
chooses among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import ratios, wording
from reports.charts.sweep import Measured, Sweep, shared, sweep
from reports.groups import attribute_label, group_label, group_words, order, parts
from reports.sealed import cutoff_words, read
from reports.wording import capital, count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reports.sealed import Reading, Sealed

LABEL = "Cutoffs"
MOST_GROUPS = 50  # rows of the table; results.json has them all
MOST_PANELS = 8  # groups drawn
MOST_COLUMNS = 4  # groups side by side in a table of every cutoff
MOST_BLOCKS = 2  # such tables for an attribute
MOST_STEPS = 24  # cutoffs of such a table

_FEW = "too few"


@dataclass(frozen=True, slots=True)
class Row:
    """One group at the cutoff that is shown first; ``head`` rows name an attribute."""

    label: str
    head: bool
    tone: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One group's ratios over the cutoffs."""

    heading: str
    chart: Sweep


@dataclass(frozen=True, slots=True)
class Table:
    """Every cutoff of one attribute: rows of a cutoff, whether it is in force, and a cell a group."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, bool, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What the section prints."""

    finding: str
    cause: str
    steps: tuple[str, ...]  # each cutoff in words
    at: int  # the one that is shown first
    shown: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    slider: Mapping[str, Any]  # what the script chooses from
    panels: tuple[Panel, ...]
    rates: tuple[Table, ...]
    errors: tuple[Table, ...]
    screen: str
    min_group: int
    notes: tuple[str, ...]


def query(ledger: Reading, audit_id: str) -> Cutoffs | None:
    """Read the sweep of every group; None where the audit sealed none."""
    sealed = read(ledger, audit_id)
    whole, body = sealed.figure("group_sweeps"), sealed.measured("group_sweeps")
    if whole is None or sealed.audit.kind == "batch" or sealed.groups_elsewhere:
        return None  # nothing was sealed, or the section Fairness says why nobody is compared
    if body is None:
        return _nothing(sealed, str(whole["cause"]))
    line = ratios.screening_line(sealed.asked)
    told = _told(body)
    steps = tuple(cutoff_words(cut) for cut in body["thresholds"])
    at = body["thresholds"].index(body["cutoff"]) if body["cutoff"] is not None else len(steps) // 2
    at_each = [_cells(told, at, body, line) for at in range(len(steps))]
    panels, n_panels = _panels(told, body, line)
    where = [_where(i, steps, body) for i in range(len(steps))]
    notes = [f"{attribute_label(of['attribute'])}: {of['cause']}." for of in _single(body) if "cause" in of]
    n_groups = sum(len(of["groups"]) for of in _single(body) if "groups" in of)
    if n_groups > len(at_each[at]):
        notes.append(f"{count(n_groups - len(at_each[at]))} more groups stand in results.json.")
    if n_panels > len(panels):
        notes.append(f"Of {count(n_panels)} groups those are drawn that are furthest behind.")
    return Cutoffs(
        finding=_finding(told, body),
        cause="",
        steps=steps,
        at=at,
        shown=where[at],
        columns=_columns(body),
        rows=tuple(_rows(told, at_each[at])),
        slider={"at": at, "steps": [{"where": w, "rows": c} for w, c in zip(where, at_each, strict=True)]},
        panels=panels,
        rates=tuple(_tables(body, lambda one, i: _rate(one, i, line))),
        errors=tuple(_tables(body, lambda one, i: _wrong(one, i, max(int(body["min_group"]), 1))))
        if body["outcomes"]
        else (),
        screen="" if line is None else f"{line:.2f}",
        min_group=int(body["min_group"]),
        notes=tuple(notes),
    )


def title(data: Cutoffs) -> str:
    """Return over how many cutoffs the widest finding holds."""
    return data.finding


def _nothing(sealed: Sealed, cause: str) -> Cutoffs:
    title = "What other cutoffs would do to groups was not measured"
    return Cutoffs(title, cause, (), 0, "", (), (), {}, (), (), (), "", sealed.min_group, ())


def _single(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the attributes that are not crossed; crossed groups stand in the attached file."""
    return [of for of in body["attributes"] if len(parts(of["attribute"])) == 1]


def _ordered(of: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(of["groups"], key=lambda one: order(one["group"], of["reference"]))


def _told(body: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Return attributes with their groups, ``MOST_GROUPS`` in all."""
    left, told = MOST_GROUPS, []
    for of in _single(body):
        kept = _ordered(of)[:left] if "groups" in of else []
        left -= len(kept)
        if kept:
            told.append((of, kept))
    return told


def _compared(
    told: Sequence[tuple[Mapping[str, Any], list[Mapping[str, Any]]]],
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for of, groups in told:
        for one in groups:
            if "ratio" in one and any(ratio is not None for ratio in one["ratio"]):
                yield of, one


def _n_below(one: Mapping[str, Any]) -> int:
    return sum(high is not None and high < 1 for high in one["high"])


def _finding(
    told: Sequence[tuple[Mapping[str, Any], list[Mapping[str, Any]]]], body: Mapping[str, Any]
) -> str:
    found = [(of, one) for of, one in _compared(told)]
    if not found:
        return "No group has people enough to be compared at other cutoffs"
    n = count(len(body["thresholds"]))
    of, one = max(found, key=lambda pair: _n_below(pair[1]))
    if not _n_below(one):
        return f"At none of {n} cutoffs does the interval of a group’s ratio lie below equal rates"
    return (
        f"{capital(group_words(of['attribute'], one['group']))}: the ratio’s interval lies below equal rates "
        f"at {count(_n_below(one))} of {n} cutoffs"
    )


def _where(at: int, steps: Sequence[str], body: Mapping[str, Any]) -> str:
    force = ", the one in force" if body["thresholds"][at] == body["cutoff"] else ""
    return f"{steps[at]} (step {at + 1} of {len(steps)}{force})"


def _columns(body: Mapping[str, Any]) -> tuple[str, ...]:
    rates = ("Applicants", "Approved", "Ratio (95% interval)")
    return (*rates, "Refused wrongly", "Approved wrongly", "Decided wrongly") if body["outcomes"] else rates


def _cells(
    told: Sequence[tuple[Mapping[str, Any], list[Mapping[str, Any]]]],
    at: int,
    body: Mapping[str, Any],
    line: float | None,
) -> list[list[str]]:
    rows = []
    for of, groups in told:
        for one in groups:
            if "cause" in one:
                empty = [_FEW] * (len(_columns(body)) - 1)
                rows.append([count(one["n"]), *empty])
                continue
            cells = [count(one["n"]), _share(one["approved"][at], one["n"], 1)]
            cells.append("reference" if one["group"] == of["reference"] else _ratio(one, at, line))
            if body["outcomes"]:
                wrong = one["false_positive"][at], one["false_negative"][at]
                sizes = one["n_favourable"], one["n_adverse"]
                least = int(body["min_group"])
                cells += [_share(x, n, least) for x, n in zip(wrong, sizes, strict=True)]
                cells.append(_share(sum(wrong), sum(sizes), least))
            rows.append(cells)
    return rows


def _rows(
    told: Sequence[tuple[Mapping[str, Any], list[Mapping[str, Any]]]], cells: Sequence[Sequence[str]]
) -> Iterator[Row]:
    place = iter(cells)
    for of, groups in told:
        yield Row(attribute_label(of["attribute"]), True, "", ())
        for one in groups:
            tone = "few" if "cause" in one else "reference" if one["group"] == of["reference"] else ""
            yield Row(group_label(one["group"]), False, tone, tuple(next(place)))


def _share(x: int, n: int, least: int) -> str:
    if n < least or not n:
        return f"{_FEW}, n = {count(n)}"
    return wording.percent(x / n)


def _ratio(one: Mapping[str, Any], at: int, line: float | None) -> str:
    if "ratio" not in one or one["ratio"][at] is None:
        return wording.NOTHING
    bounds = (1.0,) if line is None else (1.0, line)
    ends = wording.ratio_interval(one["low"][at], one["high"][at], bounds)
    return f"{wording.ratio(one['ratio'][at], bounds)} ({ends})"


def _rate(one: Mapping[str, Any], at: int, line: float | None) -> str:
    if "cause" in one:
        return _FEW
    approved = _share(one["approved"][at], one["n"], 1)
    return f"{approved} · {_ratio(one, at, line)}" if "ratio" in one else approved


def _wrong(one: Mapping[str, Any], at: int, least: int) -> str:
    if "cause" in one:
        return _FEW
    return " / ".join(
        wording.percent(one[wrong][at] / one[size]) if one[size] >= least else _FEW
        for wrong, size in (("false_positive", "n_favourable"), ("false_negative", "n_adverse"))
    )


def _tables(body: Mapping[str, Any], cell: Callable[[Mapping[str, Any], int], str]) -> Iterator[Table]:
    force, n = body["cutoff"], len(body["thresholds"])
    step = -(-n // MOST_STEPS)
    kept = [at for at, cut in enumerate(body["thresholds"]) if at % step == 0 or cut == force]
    for of in _single(body):
        groups = [one for one in _ordered(of) if "cause" not in one] if "groups" in of else []
        if len(groups) < 2:
            continue
        reference, others = groups[0], groups[1:]
        size = MOST_COLUMNS - 1
        for block in range(min(MOST_BLOCKS, -(-len(others) // size))):
            shown = [reference, *others[block * size : (block + 1) * size]]
            yield Table(
                attribute_label(of["attribute"]),
                tuple(group_label(one["group"]) for one in shown),
                tuple(
                    (
                        cutoff_words(body["thresholds"][at]),
                        body["thresholds"][at] == force,
                        tuple(cell(one, at) for one in shown),
                    )
                    for at in kept
                ),
            )


def _panels(
    told: Sequence[tuple[Mapping[str, Any], list[Mapping[str, Any]]]],
    body: Mapping[str, Any],
    line: float | None,
) -> tuple[tuple[Panel, ...], int]:
    """Return the panels of those furthest behind, in the order of the table, and how many could be drawn."""
    found = list(_compared(told))
    first = sorted(
        range(len(found)),
        key=lambda i: (-_n_below(found[i][1]), min(r for r in found[i][1]["ratio"] if r is not None), i),
    )
    kept = sorted(first[:MOST_PANELS])
    series = {
        i: [
            Measured(*point)
            for point in zip(
                body["thresholds"],
                found[i][1]["ratio"],
                found[i][1]["low"],
                found[i][1]["high"],
                strict=True,
            )
        ]
        for i in kept
    }
    between = shared(series.values(), line)
    panels = []
    for i, points in series.items():
        of, one = found[i]
        who = capital(group_words(of["attribute"], one["group"]))
        n_known = sum(p.value is not None for p in points)
        said = f"{who}: interval below equal rates at {count(_n_below(one))} of {count(n_known)} cutoffs"
        heading = f"{who} against {group_label(of['reference'])}"
        panels.append(Panel(heading, sweep(points, said, between=between, line=line, cutoff=body["cutoff"])))
    return tuple(panels), len(found)
