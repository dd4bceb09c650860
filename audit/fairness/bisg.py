"""Bayesian Improved Surname Geocoding: how likely a name and an address make each of six groups.

For group r: ``u_r = P(r | surname) * P(area | r)``, and ``p_r = u_r / sum(u)``. The probabilities are
weights of people in sums over many of them. They are nobody's race: no value of one person leaves the
step that sums them.

Why so, ``P(area | r)`` and not ``P(r | area)``: the surname has brought the shares of the nation in
already; the area may only say how much more often than elsewhere each group lives there.

Source: Consumer Financial Protection Bureau (2014), Using publicly available information to proxy for
unidentified race and ethnicity; Elliott et al. (2009), Health Services and Outcomes Research
Methodology 9:69; the treatment of "some other race" after Word et al. (2008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GROUPS = ("white", "black", "aian", "api", "hispanic", "two_or_more")
"""Non-Hispanic White, Black, American Indian and Alaska Native, Asian and Pacific Islander; Hispanic; two
or more races, or another one."""

LEVELS = ("block_group", "tract", "zip")
"""Areas, the finest first."""

ROOFTOP = frozenset({"rooftop", "usastreetaddr"})
COARSE = frozenset({"street", "zip4", "zip", "usastreetname", "usazip4", "usazipcode"})
"""How precisely an address was found, also as a geocoder in wide use spells it."""

SUMS_TO_ONE = 0.99  # what sums to less is missing
_PUERTO_RICO = ("006", "007", "008", "009")  # ZIP codes; its people are not in the list of surnames
_ALONE = ("NH_White_alone", "NH_Black_alone", "NH_AIAN_alone", "NH_API_alone")
_WITH_OTHER = ("NH_White_Other", "NH_Black_Other", "NH_AIAN_Other", "NH_API_Other")
_ASIAN_PAIRS = ("NH_Asian_HPI", "NH_Asian_HPI_Other")
COUNTS = (
    *_ALONE, *_WITH_OTHER, *_ASIAN_PAIRS, "NH_Other_alone", "NH_Mult_Total", "Hispanic_Total",
    "Non_Hispanic_Total", "Total_Pop",
)  # fmt: skip
"""Columns of a table of adults by area, as the Census Bureau counts them."""


def posterior(name_given: Any, area_given: Any) -> Floats:
    """Return how likely each group is, given a surname and an area.

    Parameters
    ----------
    name_given : float[n, 6]
        ``P(group | surname)``; NaN where the surname is not listed.
    area_given : float[n, 6]
        ``P(area | group)``, in the same order of groups; NaN where the area is not known.

    Returns
    -------
    float64[n, 6]
        Each row sums to 1, or is NaN: one of the two is missing, or no group has both.

    Examples
    --------
    >>> posterior([[0.5, 0.5, 0, 0, 0, 0]], [[0.003, 0.001, 0.002, 0, 0, 0]]).round(2).tolist()
    [[0.75, 0.25, 0.0, 0.0, 0.0, 0.0]]
    """
    both = np.asarray(name_given, dtype=np.float64) * np.asarray(area_given, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = both / both.sum(axis=1, keepdims=True)
    return without_short_rows(found)


def without_short_rows(probabilities: Floats) -> Floats:
    """Return probabilities with NaN in every row that is not complete, or sums to less than 0.99."""
    found = np.array(probabilities, dtype=np.float64)
    total = np.where(np.isnan(found), 0.0, found).sum(axis=1)
    found[(total < SUMS_TO_ONE) | np.isnan(found).any(axis=1)] = np.nan
    return found


def area_given_group(counts: Mapping[str, Any], names: Sequence[str], level: str) -> Floats:
    """Return which share of each group's adults lives in each area.

    Parameters
    ----------
    counts : column of ``COUNTS`` -> one count an area
    names : codes of the areas
        Puerto Rico is left out: state 72, ZIP codes from 006 to 009.

    Returns
    -------
    float64[areas, 6]
        ``P(area | group)``; each column sums to 1, or is 0 where nobody is of a group. NaN in the rows of
        Puerto Rico.
    """
    given = {column: np.asarray(counts[column], dtype=np.float64) for column in COUNTS}
    barred = _PUERTO_RICO if level == "zip" else ("72",)
    kept = np.array([not name.startswith(barred) for name in names], dtype=bool)
    alone = [given[one] + given[other] for one, other in zip(_ALONE, _WITH_OTHER, strict=True)]
    pairs = given["NH_Asian_HPI"] + given["NH_Asian_HPI_Other"]
    alone[3] = alone[3] + pairs
    several = given["NH_Mult_Total"] - sum(given[column] for column in _WITH_OTHER) - pairs
    other, everybody = given["NH_Other_alone"], given["Total_Pop"]
    rest = everybody - given["Hispanic_Total"] - other
    only_other = given["Non_Hispanic_Total"] == other
    with np.errstate(invalid="ignore", divide="ignore"):
        grown = [part + part / rest * other for part in (*alone, several)]
    grown = [np.where(only_other, other / 5, np.where(everybody == 0, 0.0, part)) for part in grown]
    by_group = np.stack([*grown[:4], given["Hispanic_Total"], grown[4]], axis=1)
    by_group[~kept] = np.nan
    national = np.nansum(by_group, axis=0)
    found: Floats = by_group / np.where(national > 0, national, 1.0)  # a group of nobody lives nowhere
    return found


def finest(
    precision: Sequence[str | None] | None, of_level: Mapping[str, Floats], n: int
) -> tuple[Floats, NDArray[np.object_]]:
    """Return each row's probabilities by the finest area that its address supports.

    An address found to the rooftop takes block group, then tract, then ZIP code: the first that gives
    probabilities. One found to a street, a ZIP+4 or a ZIP code takes the ZIP code alone. With another
    word, or none, there are none.

    Parameters
    ----------
    precision : how precisely each address was found; None: all of them to the rooftop
    of_level : level -> float64[n, 6], the posterior by areas of that level
    """
    words = None if precision is None else [(word or "").strip().lower() for word in precision]
    rooftop = np.ones(n, dtype=bool) if words is None else np.array([one in ROOFTOP for one in words])
    coarse = np.zeros(n, dtype=bool) if words is None else np.array([one in COARSE for one in words])
    found = np.full((n, len(GROUPS)), np.nan)
    level = np.full(n, "", dtype=object)
    for name in LEVELS:
        if name not in of_level:
            continue
        allowed = rooftop | coarse if name == "zip" else rooftop
        mine = allowed & np.isnan(found[:, 0]) & ~np.isnan(of_level[name][:, 0])
        found[mine] = of_level[name][mine]
        level[mine] = name
    return found, level
