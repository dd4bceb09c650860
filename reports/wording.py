"""Numbers, dates and outcomes as words: rounding lives here and nowhere else.

Two rules bind every number that is printed. The ends of an interval are rounded outward, so that
a printed interval never promises more than was measured. A value never rounds onto or across its
bound: 0.0496 against a bound of 0.05 prints 4.9%, because 5.0% would tell another story.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "capital",
    "count",
    "date_in_words",
    "digest_groups",
    "interval",
    "joined",
    "moment_in_words",
    "number_in_words",
    "p_value",
    "percent",
    "percent_interval",
    "plural",
    "ratio",
    "ratio_interval",
    "score",
    "score_interval",
    "share",
    "short_id",
    "signed",
    "signed_interval",
    "size",
    "small",
]

MINUS = "\u2212"
EN_DASH = "\u2013"
NO_BREAK = "\u00a0"
NOTHING = EN_DASH  # where a cell has no meaning; an empty cell would look forgotten

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


# --- rounding ----------------------------------------------------------------------------------


def _decimal(value: float) -> Decimal:
    # The shortest decimal that names the float: 0.8 is 0.8, not 0.8000000000000000444.
    return Decimal(repr(float(value)))


def _rounded(value: Decimal, digits: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=rounding)


def _beside(value: Decimal, digits: int, bounds: Iterable[float]) -> Decimal:
    """Round to the nearest, but stay on the value's side of every bound."""
    nearest = _rounded(value, digits, ROUND_HALF_EVEN)
    for bound in map(_decimal, bounds):
        if value < bound <= nearest:
            return _rounded(value, digits, ROUND_FLOOR)
        if nearest <= bound < value:
            return _rounded(value, digits, ROUND_CEILING)
    return nearest


_MOST_DIGITS = 6


def _end(value: Decimal, digits: int, rounding: str, bounds: Iterable[float]) -> Decimal:
    """Round one end outward, with more digits where it would otherwise reach a bound."""
    limits = [_decimal(bound) for bound in bounds]
    for more in range(digits, _MOST_DIGITS):
        end = _rounded(value, more, rounding)
        if not any(end <= limit < value or value < limit <= end for limit in limits):
            return end
    return _rounded(value, _MOST_DIGITS, rounding)


def _outward(
    low: Decimal, high: Decimal, digits: int, bounds: Iterable[float] = ()
) -> tuple[Decimal, Decimal]:
    limits = tuple(bounds)
    return _end(low, digits, ROUND_FLOOR, limits), _end(high, digits, ROUND_CEILING, limits)


def _plain(number: Decimal, *, sign: bool = False) -> str:
    text = f"{abs(number):,}"
    if number == 0:
        return text
    return (MINUS if number < 0 else "+" if sign else "") + text


# --- counts and values ---------------------------------------------------------------------------


def count(n: int) -> str:
    """Return a count: ``1,146``."""
    return _plain(Decimal(int(n)))


def number_in_words(n: int) -> str:
    """Return a count in words up to nine, in digits from ten on.

    >>> number_in_words(2), number_in_words(16)
    ('two', '16')
    """
    return _SMALL[n] if 0 <= n < len(_SMALL) else count(n)


def plural(n: int, one: str, many: str = "") -> str:
    """Return the form of a noun that goes with n: ``plural(2, "duty", "duties")``."""
    return one if n == 1 else many or one + "s"


def size(value: float | None, digits: int, bounds: Iterable[float] = ()) -> str:
    """Return a value with so many decimals, on its own side of the bounds."""
    return NOTHING if value is None else _plain(_beside(_decimal(value), digits, bounds))


def signed(value: float | None, digits: int = 3, bounds: Iterable[float] = ()) -> str:
    """Return a value with its sign: ``+0.023`` or ``−0.006``."""
    return NOTHING if value is None else _plain(_beside(_decimal(value), digits, bounds), sign=True)


def percent(value: float | None, digits: int = 1, bounds: Iterable[float] = ()) -> str:
    """Return a rate of 0 to 1 as ``77.1%``, on its own side of the bounds (0 to 1 too).

    >>> percent(0.0496, bounds=(0.05,))
    '4.9%'
    """
    if value is None:
        return NOTHING
    return _plain(_beside(_decimal(value) * 100, digits, [float(b) * 100 for b in bounds])) + "%"


def share(part: float, whole: float = 1.0) -> str:
    """Return a share in whole percent; above 0 it never prints 0, below all it never prints 100.

    >>> share(12, 1146), share(0, 1146)
    ('1%', '0%')
    """
    if whole == 0:
        return NOTHING
    exact = _decimal(part) * 100 / _decimal(whole)
    whole_percent = _rounded(exact, 0, ROUND_HALF_EVEN)
    if exact > 0 and whole_percent == 0:
        return f"<{NO_BREAK}1%"
    if exact < 100 and whole_percent == 100:
        return f">{NO_BREAK}99%"
    return _plain(whole_percent) + "%"


def ratio(value: float | None, bounds: Iterable[float] = ()) -> str:
    """Return a ratio with two decimals: ``0.90``."""
    return size(value, 2, bounds)


def score(value: float | None, bounds: Iterable[float] = ()) -> str:
    """Return a score, a contribution or an AUC with three decimals: ``0.785``."""
    return size(value, 3, bounds)


def small(value: float | None) -> str:
    """Return a size with three decimals, or ``< 0.001`` where it would print 0 and is not."""
    if value is not None and 0 < abs(value) < 0.0005:
        return f"<{NO_BREAK}0.001"
    return size(value, 3)


def p_value(value: float | None) -> str:
    """Return a p-value with three decimals, or ``< 0.001``; it never rounds across 0.05."""
    if value is None:
        return NOTHING
    return f"<{NO_BREAK}0.001" if value < 0.001 else size(value, 3, (0.05,))


# --- intervals -----------------------------------------------------------------------------------


def _ends(low: str, high: str) -> str:
    return f"{low}{EN_DASH}{high}"


def interval(low: float | None, high: float | None, digits: int, bounds: Iterable[float] = ()) -> str:
    """Return ``0.83–0.97``, rounded outward; signs make it ``−0.006 to +0.023``.

    An end that excludes a bound excludes it in print too: 0.9993 against 1 prints 0.9993.
    """
    if low is None or high is None:
        return NOTHING
    if low < 0:
        return signed_interval(low, high, digits, bounds)
    below, above = _outward(_decimal(low), _decimal(high), digits, bounds)
    return _ends(_plain(below), _plain(above))


def signed_interval(
    low: float | None, high: float | None, digits: int = 3, bounds: Iterable[float] = ()
) -> str:
    """Return ``−0.006 to +0.023``, rounded outward; its blanks are fixed."""
    if low is None or high is None:
        return NOTHING
    below, above = _outward(_decimal(low), _decimal(high), digits, bounds)
    return f"{_plain(below, sign=True)}{NO_BREAK}to{NO_BREAK}{_plain(above, sign=True)}"


def percent_interval(low: float | None, high: float | None, digits: int = 1, *, mark: bool = True) -> str:
    """Return ``75.9–78.2%``, rounded outward; never past 0 or 100."""
    if low is None or high is None:
        return NOTHING
    below, above = _outward(_decimal(low) * 100, _decimal(high) * 100, digits)
    return _ends(_plain(max(below, Decimal(0))), _plain(min(above, Decimal(100)))) + ("%" if mark else "")


def ratio_interval(low: float | None, high: float | None, bounds: Iterable[float] = ()) -> str:
    """Return ``0.83–0.97``; 1, where rates are equal, is a bound of every ratio."""
    return interval(low, high, 2, (*bounds, 1.0))


def score_interval(low: float | None, high: float | None) -> str:
    """Return ``0.770–0.801``."""
    return interval(low, high, 3)


# --- dates, ids and lists ------------------------------------------------------------------------


def date_in_words(date: dt.date | None, style: str = "day_first") -> str:
    """Return a date in words.

    Parameters
    ----------
    date : date or datetime
        A datetime is read as it stands; no time zone is applied.
    style : {"day_first", "us"}
        ``20 November 2026`` in reports, ``November 20, 2026`` in US letters.
    """
    if date is None:
        return NOTHING
    month = MONTHS[date.month - 1]
    if style == "us":
        return f"{month}{NO_BREAK}{date.day}, {date.year}"
    if style == "day_first":
        return f"{date.day}{NO_BREAK}{month}{NO_BREAK}{date.year}"
    raise ValueError(f"date style: {style!r} is unknown. Use day_first or us.")


def moment_in_words(moment: dt.datetime | None) -> str:
    """Return ``20 November 2026, 18:41:07 UTC``; a moment without a zone is UTC already."""
    if moment is None:
        return NOTHING
    utc = moment.astimezone(dt.UTC) if moment.tzinfo else moment
    return f"{date_in_words(utc.date())}, {utc:%H:%M:%S}{NO_BREAK}UTC"


def short_id(identifier: str) -> str:
    """Return the first eight digits of an id in groups of four: ``7f3a 91c2``."""
    return f"{identifier[:4]}{NO_BREAK}{identifier[4:8]}"


def digest_groups(digest: str, length: int = 16) -> tuple[str, ...]:
    """Return a digest in groups of 16; a template sets them apart without a blank to copy."""
    return tuple(digest[i : i + length] for i in range(0, len(digest), length))


def joined(words: Sequence[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def capital(text: str) -> str:
    """Return the text with a capital first letter and the rest as it stands."""
    return text[:1].upper() + text[1:]
