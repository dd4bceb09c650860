"""Which inputs are one factor: parts of a category, flags of what is missing, months of one source (R11).

Every factor keeps why its columns were put together, for whoever reads the draft. A column that is put
beside the wrong others gives wrong reasons, so names are followed only where the data agree: parts of a
category are 0 or 1 and never two at once, and a flag that is set leaves its column empty or at one value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.data.cells import as_words, numbers
from audit.start.names import is_cryptic, phrase, words_of
from audit.start.table import Table
from audit.vague import is_vague

_FLAG = re.compile(
    r"(?P<before>.+?)[_. -]?(?:is_?)?(?:missing|isna|is_na|isnull|null|nan|unknown)(?:_?(?:flag|ind))?"
    r"|(?:missing|isna|isnull|no)[_. -](?P<after>.+)",
    re.IGNORECASE,
)
_LAG = re.compile(r"(?P<stem>.*?[A-Za-z])(?:[_. -](?:lag|t|m)_?)?[_. -]?\d{1,2}", re.IGNORECASE)
_TRANSFORM = re.compile(
    r"(?P<stem>.+?)[_. -](?:mean|avg|average|max|min|sum|std|log|sqrt|squared|sq|bin|band|bucket|woe|scaled|"
    r"norm|lag|prev|latest|change|delta)",
    re.IGNORECASE,
)
_PART = re.compile(r"[_. =\[-]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A factor as it is proposed: no words of it are approved."""

    factor: str
    columns: tuple[str, ...]
    why: str = ""  # why several columns are one factor
    flags: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()  # columns that are empty in some rows
    said: str = ""  # what it may be called; empty where the names say nothing


def drafts(table: Table, inputs: Sequence[str]) -> tuple[Draft, ...]:
    """Return one factor for each source that the inputs come from, in the order of the inputs."""
    left = list(inputs)
    groups: list[tuple[list[str], str, str]] = []  # columns, why, what they share
    for found, why, shared in (*_categories(table, inputs), *_series(left, table)):
        free = [column for column in found if column in left]
        if len(free) > 1:
            groups.append((free, why, shared))
            left = [column for column in left if column not in free]
    flags = _flags(table, left, groups)
    left = [column for column in left if column not in flags]
    groups += [([column], "", column) for column in left]
    groups.sort(key=lambda group: list(inputs).index(group[0][0]))
    made: list[Draft] = []
    used: set[str] = set()
    for columns, why, shared in groups:
        mine = tuple(flag for flag, of in flags.items() if of in columns)
        if mine:
            why = "; ".join(part for part in (why, f"{', '.join(mine)} says where it is missing") if part)
        name = _name(shared, used)
        used.add(name)
        made.append(
            Draft(
                factor=name,
                columns=(*columns, *mine),
                why=why,
                flags=mine,
                gaps=tuple(one for one in columns if table[one].missing),
                said="" if is_vague(phrase(shared)) else phrase(shared),
            )
        )
    return tuple(made)


def _name(shared: str, used: set[str]) -> str:
    name = "_".join(words_of(shared)) or "factor"
    at = 2
    base = name
    while name in used:
        name, at = f"{base}_{at}", at + 1
    return name


def _categories(table: Table, inputs: Sequence[str]) -> Iterable[tuple[list[str], str, str]]:
    """Yield columns of 0 and 1 that share the beginning of their names and are never set together."""
    switches = [one for one in inputs if table[one].is_switch]
    by_start: dict[str, list[str]] = {}
    for one in switches:
        for match in _PART.finditer(one):
            if match.start():
                by_start.setdefault(one[: match.start()], []).append(one)
    for shared in sorted(by_start, key=len, reverse=True):
        columns = by_start[shared]
        if len(columns) > 1 and not is_cryptic(shared):
            together = sum(numbers(table.frame[one]) for one in columns)
            if not isinstance(together, int) and together.max() == 1:
                why = f"parts of one category: never two at once in {table.n:,} rows"
                yield columns, why, shared.rstrip("_. =[-")


def _series(inputs: Sequence[str], table: Table) -> Iterable[tuple[list[str], str, str]]:
    """Yield columns whose names differ in a number or in a transform alone."""
    numbered: dict[str, list[str]] = {}
    for one in inputs:
        match = _LAG.fullmatch(one)
        if match and not is_cryptic(match["stem"]) and not table[one].is_switch:
            numbered.setdefault(match["stem"], []).append(one)
    stems: dict[str, list[str]] = {}
    for one in inputs:
        match = _TRANSFORM.fullmatch(one)
        if match:
            stems.setdefault(match["stem"], []).append(one)
    for stem, columns in stems.items():
        # x_mean goes with x, and with the numbered ones of x.
        base = [stem] if stem in inputs else []
        whole = [*base, *numbered.pop(stem, []), *columns]
        if len(whole) > 1:
            yield sorted(whole, key=list(inputs).index), "one source by its names: transforms of it", stem
    for stem, columns in numbered.items():
        if len(columns) > 1:
            yield columns, "one source by its names: numbered the same", stem


def _flags(table: Table, left: Sequence[str], groups: list[tuple[list[str], str, str]]) -> dict[str, str]:
    """Return flag -> a column that it speaks of, where the data agree that it is one."""
    known = [*left, *(column for columns, _, _ in groups for column in columns)]
    found: dict[str, str] = {}
    for flag in left:
        match = _FLAG.fullmatch(flag)
        if match is None or not table[flag].is_switch:
            continue
        stem = match["before"] or match["after"]
        others = [one for one in known if one != flag]
        meant = [one for one in others if one == stem] or [one for one in others if one.startswith(stem)]
        for column in meant:
            if _leaves_no_value(table, flag, column):
                found[flag] = column
                break
    return found


def _leaves_no_value(table: Table, flag: str, column: str) -> bool:
    rows = table.frame.filter(numbers(table.frame[flag]) == 1.0)
    return bool(as_words(rows[column]).drop_nulls().n_unique() <= 1)
