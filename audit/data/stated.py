"""The reasons that the lender itself put down for each application, as HMDA codes of denial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.data.cells import as_words

if TYPE_CHECKING:
    import polars as pl

    from audit.config.stated import DenialReasons

CODES = range(1, 10)  # 12 CFR part 1003, appendix to the register: 1 to 9 are reasons
# 10: not applicable; 1111: exempt. Neither is a reason.
_NONE = frozenset({"", "10", "1111"})


@dataclass(frozen=True, slots=True)
class StatedReasons:
    """What the lender stated of the rows of a partition.

    Parameters
    ----------
    codes : of each row, its codes in the lender's order, each once
    unread : cells that are no code and no word of ``values``
    """

    codes: tuple[tuple[int, ...], ...]
    unread: int


def stated_reasons(section: DenialReasons, frame: pl.DataFrame) -> StatedReasons:
    """Read the stated reasons of a partition; a word that nobody explained is counted, never guessed."""
    meaning = {str(code): code for code in CODES} | dict(section.values)
    unread = 0
    rows: list[tuple[int, ...]] = []
    columns = [as_words(frame[column]).fill_null("").to_list() for column in section.columns]
    for cells in zip(*columns, strict=True):
        found: list[int] = []
        for cell in cells:
            word = str(cell).strip()
            word = word.removesuffix(".0") if word not in meaning else word  # 3.0 in a column with gaps
            if word in meaning:
                found.append(meaning[word])
            elif word not in _NONE:
                unread += 1
        rows.append(tuple(dict.fromkeys(found)))
    return StatedReasons(tuple(rows), unread)
