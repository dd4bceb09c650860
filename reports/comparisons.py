"""What else was compared between groups: tables of one row a group, one column a measure.

A value that chance would seldom make, with all tests of its measure counted in, is marked; a group that is
too small has its count alone. Crossed groups stand in the attached file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import ratios, wording
from reports.groups import group_label, parts
from reports.wording import capital, count, number_in_words, plural

if TYPE_CHECKING:
    from audit.record import Disparity
    from reports.sealed import Sealed

Form = Callable[[float, float | None, float | None], str]


def _points(value: float, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" ({wording.signed_interval(low * 100, high * 100, 1)})"
    return wording.signed(value * 100, 1) + ends


def _ratio(value: float, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" ({wording.ratio_interval(low, high, (1.0,))})"
    return wording.ratio(value, (1.0,)) + ends


def _persons(value: float, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" ({wording.signed_interval(low, high, 0)})"
    return wording.signed(value, 0) + ends


def _size(value: float, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" ({wording.signed_interval(low, high, 2)})"
    return wording.signed(value, 2) + ends


@dataclass(frozen=True, slots=True)
class _Table:
    heading: str
    sub: str
    columns: tuple[tuple[str, str, Form], ...]  # metric, title, how it is written
    asked: bool = False  # made because the config asks for it: where nothing was measured, it says why


_TABLES = (
    _Table(
        "How much, and could it be seen",
        "Shortfall: persons of the group fewer than at the reference’s rate. Seen: the smallest gap, in "
        "points, that these numbers of people find four times in five.",
        (("shortfall", "Shortfall, persons", _persons), ("odds_ratio", "Odds ratio", _ratio)),
    ),
    _Table(
        "Among those who turned out alike",
        "Points by which those of the reference are approved more often. Equalized odds is the larger of "
        "both gaps, whichever side. Borne out: refusals that turned out badly.",
        (
            ("equal_opportunity_difference", "Turned out well", _points),
            ("false_negative_rate_difference", "Turned out badly", _points),
            ("equalized_odds_difference", "Equalized odds", _points),
            ("positive_predictive_value_difference", "Borne out", _points),
        ),
    ),
    _Table(
        "How scores err",
        "Harsher: score minus outcome against the reference’s, in standard deviations; plus is harsher on "
        "the group. AUC and KS: how much worse scores rank the group.",
        (
            ("residual_standardized_mean_difference", "Harsher, SD", _size),
            ("auc_difference", "AUC", _size),
            ("ks_difference", "KS", _size),
        ),
    ),
    _Table(
        "Among applicants alike",
        "Only people who agree in what the config names are compared: within segments, by regression with "
        "the controls, and in matched pairs. Points as above; the score gap in standard deviations.",
        (
            ("segmented_adverse_impact_ratio", "Ratio in segments", _ratio),
            ("controlled_marginal_effect", "Points, controls", _points),
            ("matched_pairs_difference", "Points, pairs", _points),
            ("controlled_standardized_mean_difference", "Score gap", _size),
        ),
        asked=True,
    ),
    _Table(
        "What the approved pay",
        "Mean price against the reference’s, in the unit of the data; plus is worse for the group.",
        (("price_gap", "Gap", _size), ("controlled_price_gap", "Gap, controls", _size)),
        asked=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One group; ``head`` rows name an attribute. A cell is its text and whether it is beyond chance."""

    label: str
    head: bool
    tone: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One table of comparisons."""

    heading: str
    sub: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """How one measure is computed and read."""

    title: str
    formula: str
    of: str
    direction: str
    interval: str


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the tables of Local Law 144."""

    label: str
    head: bool
    n: str = ""
    counted: str = ""
    rate: str = ""
    ratio: str = ""


def tables(sealed: Sealed) -> tuple[Compared, ...]:
    """Return the tables with a value, and those that the config asks for: they say why there is none."""
    found = {(d.metric, d.attribute, d.group): d for d in sealed.disparities}
    sure = _sure(sealed)
    seen = {(row["attribute"], row["group"]): row for row in _rows(sealed, "classical")}
    made = []
    for table in _TABLES:
        columns = [one for one in table.columns if any(key[0] == one[0] for key in found)]
        names = {metric for metric, _, _ in columns}
        measured = any(found[key].value is not None for key in found if key[0] in names)
        if not columns or not (measured or table.asked):
            continue
        titles = [title for _, title, _ in columns]
        with_power = table is _TABLES[0] and bool(seen)
        rows, causes = [], dict[str, None]()
        for attribute in ratios.attributes(sealed):
            if len(parts(attribute)) > 1:
                continue
            reference = sealed.references[attribute]
            against = f"{ratios.heading(attribute, reference)}, against {group_label(reference)}"
            rows.append(Row(against, True, "", ()))
            for d in ratios.by_group(sealed, attribute):
                its = [found.get((metric, attribute, d.group)) for metric, _, _ in columns]
                cells = [_cell(one, form, sure) for one, (_, _, form) in zip(its, columns, strict=True)]
                if with_power:
                    gap = seen.get((attribute, d.group), {}).get("smallest_detectable_gap")
                    cells.append((wording.NOTHING if gap is None else wording.size(gap * 100, 1), False))
                few = d.n < sealed.min_group
                rows.append(Row(group_label(d.group), False, "few" if few else "", tuple(cells)))
                causes |= dict.fromkeys(
                    one.cause for one in its if one is not None and one.value is None and one.cause
                )
        made.append(
            Compared(
                table.heading,
                table.sub,
                (*titles, "Seen, points") if with_power else tuple(titles),
                tuple(rows),
                tuple(causes),
            )
        )
    return tuple(made)


def _cell(one: Disparity | None, form: Form, sure: dict[tuple[str, str, str], bool]) -> tuple[str, bool]:
    if one is None:
        return wording.NOTHING, False
    if one.cause is not None and one.value is not None:
        return f"too few, n = {count(one.n)}" if one.cause.startswith("too few") else wording.NOTHING, False
    if one.value is None:
        return "not measured", False
    return form(one.value, one.low, one.high), sure.get((one.metric, one.attribute, one.group), False)


def _sure(sealed: Sealed) -> dict[tuple[str, str, str], bool]:
    body = sealed.measured("families") or {"families": []}
    return {
        (family["metric"], row["attribute"], row["group"]): bool(row["statistical"])
        for family in body["families"]
        for row in family["rows"]
    }


def families_meaning(sealed: Sealed) -> str:
    """Return how many tests of selection there were, and what is left with all of them counted in."""
    body = sealed.measured("families") or {"families": []}
    family = next((one for one in body["families"] if one["metric"] == "adverse_impact_ratio"), None)
    if family is None:
        return ""
    n, rows = family["n_tests"], [row for row in family["rows"] if row["statistical"] is not None]
    plain = sum(row["p_value"] < 0.05 for row in rows)
    held = [row for row in rows if row["statistical"]]
    both = sum(bool(row["practical"]) for row in held)
    sentence = (
        f"{capital(number_in_words(n))} {plural(n, 'approval ratio was', 'approval ratios were')} tested. "
        f"Alone, {_many(plain)} {plural(plain, 'is', 'are')} more than chance at 5%; "
        f"with all tests counted in (Holm), {_many(len(held))}."
    )
    if family["line"] is not None and held:
        verb = plural(both, "lies", "lie") if both else "lies"
        sentence += f" Of these, {_many(both)} {verb} below the screening line."
    return sentence


def _many(n: int) -> str:
    return number_in_words(n) if n else "none"


def definitions(sealed: Sealed) -> tuple[Defined, ...]:
    """Return how each number of this section is computed, as sealed with it."""
    return tuple(
        Defined(*(_typeset(row[key]) for key in ("title", "formula", "denominator", "direction", "interval")))
        for row in _rows(sealed, "definitions")
    )


def _typeset(text: str) -> str:
    return str(text).replace(" - ", f" {wording.MINUS} ").replace(" x ", " × ")


_KINDS = {"sex": "Sex", "race_ethnicity": "Race or ethnicity", "intersectional": "Sex and race or ethnicity"}
_BASES = {"selection_rate": "selection rate", "scoring_rate": "scoring rate"}


def local_law_144(sealed: Sealed) -> tuple[tuple[Category, ...], str]:
    """Return the rows of the tables of Local Law 144, and who is not in them."""
    body = sealed.measured("ll144")
    if body is None:
        return (), ""
    rows: list[Category] = []
    for table in body["tables"]:
        if "cause" in table:
            continue
        rows.append(Category(f"{_KINDS[table['kind']]}, {_BASES[table['basis']]}", True))
        for row in table["rows"]:
            ratio = wording.NOTHING if row["impact_ratio"] is None else f"{row['impact_ratio']:.3f}"
            if row["excluded"]:
                ratio = "left out, under 2%"
            rows.append(
                Category(
                    group_label(row["category"]),
                    False,
                    count(row["n"]),
                    count(row["n_counted"]),
                    wording.percent(row["rate"]),
                    ratio,
                )
            )
    unknown = body["n_unknown"]
    note = (
        f"{count(unknown)} of {count(body['n'])} people assessed are not in these tables, because their sex "
        "or their race or ethnicity is unknown. The rules set no line for an impact ratio."
    )
    if body["justification"]:
        note += f" Categories under 2% are left out of the ratios: {body['justification']}."
    return tuple(rows), note


def _rows(sealed: Sealed, name: str) -> list[dict[str, Any]]:
    body = sealed.measured(name)
    return [] if body is None else list(body["rows"])
