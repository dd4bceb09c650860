"""What a group of people is called: in running text, and in a table under its attribute."""

from __future__ import annotations

import re

from reports.wording import EN_DASH, NO_BREAK, capital

_CROSS = re.compile(r"\s+[x×]\s+")
_BAND = re.compile(r"^(\d+)-(\d+)$")
_OPEN_BAND = re.compile(r"^\d+\+$")
ESTIMATED = "(estimated)"
"""Ends the name of an attribute whose groups are weights, not anybody's."""

ESTIMATED_NAMES = {
    "white": "White",
    "black": "Black",
    "aian": "American Indian or Alaska Native",
    "api": "Asian or Pacific Islander",
    "hispanic": "Hispanic",
    "two_or_more": "Two or more races, or another",
}
_SEX = {"male": "men", "m": "men", "female": "women", "f": "women"}


def parts(name: str) -> tuple[str, ...]:
    """Return the attributes (or groups) that an intersection's name crosses."""
    return tuple(_CROSS.split(name))


def is_band(group: str) -> bool:
    """Return whether the group is a band of numbers, as ``18-24`` or ``62+``."""
    return bool(_BAND.match(group) or _OPEN_BAND.match(group))


def _dashed(group: str) -> str:
    return _BAND.sub(rf"\1{EN_DASH}\2", group)


def attribute_label(attribute: str) -> str:
    """Return the attribute as a heading: ``Sex and age``."""
    words = [part.replace("_", " ") for part in parts(attribute)]
    return capital(" and ".join(words))


def group_label(group: str) -> str:
    """Return the group as a cell under its attribute: ``male, 18–24``."""
    return ", ".join(_dashed(part) for part in parts(group))


def label_in(attribute: str, group: str) -> str:
    """Return the group as a cell under its attribute, an estimated one by its full name."""
    if attribute.endswith(ESTIMATED):
        return ESTIMATED_NAMES.get(group, group)
    return group_label(group)


def _one(attribute: str, group: str) -> str:
    if attribute.endswith(ESTIMATED):
        return f"the estimated group {ESTIMATED_NAMES.get(group, group)}"
    name = attribute.replace("_", " ")
    if group == "unknown":
        return f"people of unknown {name}"
    if attribute.lower() in {"sex", "gender"} and group.lower() in _SEX:
        return _SEX[group.lower()]
    if is_band(group):
        return f"{'ages' if attribute == 'age' else name}{NO_BREAK}{_dashed(group)}"
    return f"{name} “{group}”"


def group_words(attribute: str, group: str) -> str:
    """Return the group as running text names it.

    >>> print(group_words("sex x age", "male x 18-24"))
    men aged 18–24
    """
    if attribute == "all":
        return "all applicants"
    attributes, groups = parts(attribute), parts(group)
    if len(attributes) != len(groups):
        return f"{attribute_label(attribute).lower()} “{group}”"
    names = [_one(a, g) for a, g in zip(attributes, groups, strict=True)]
    people = [n for n in names if n in _SEX.values()]
    ages = [n.removeprefix(f"ages{NO_BREAK}") for n in names if n.startswith(f"ages{NO_BREAK}")]
    if len(names) == 2 and people and ages:
        return f"{people[0]} aged{NO_BREAK}{ages[0]}"
    return ", ".join(names)


def order(group: str, reference: str) -> tuple[int, tuple[tuple[int, float, str], ...]]:
    """Sort key inside an attribute: the reference first, bands by their start, unknown last."""
    keys = []
    for part in parts(group):
        start = re.match(r"^\d+", part) if is_band(part) else None
        keys.append((2 if part == "unknown" else 0, float(start[0]) if start else -1.0, part))
    return (0 if group == reference else 1, tuple(keys))
