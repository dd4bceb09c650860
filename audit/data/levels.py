"""What one pass saw of a column that rows are sliced by: numbers with their counts, or words.

Nothing of it is sealed but edges of bins, and names and counts of categories.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from audit.data.cells import as_words, numbers
from audit.fairness.tally import Tally, add_tallies, tally

if TYPE_CHECKING:
    import polars as pl

MOST_VALUES = 1 << 16  # different numbers that are told apart, 1.5 MB a column
MOST_WORDS = 2000  # past so many different words a column names nobody's group
MOST_LEVELS = 10  # a column of numbers with no more than these is cut at each of them
NUMBERS_SHARE = 0.8  # of the filled cells, as in ``dataset``


class ColumnSeen:
    """Counts over all rows of a column, those set aside included; their order changes nothing."""

    def __init__(self) -> None:
        self.filled = 0
        self.numeric = 0
        self.whole = True
        self.values: Tally | None = None
        self.words: Counter[str] | None = Counter()

    def add(self, cells: pl.Series) -> None:
        """Take the next cells."""
        values = numbers(cells).drop_nulls().to_numpy()
        known = values[np.isfinite(values)].astype(np.float64)
        self.filled += len(values)
        self.numeric += len(known)
        self.whole = self.whole and bool((known == np.floor(known)).all())
        counted = tally(np.zeros(len(known), dtype=np.int64), known, MOST_VALUES)
        self.values = counted if self.values is None else add_tallies([self.values, counted], MOST_VALUES)
        if self.words is not None:
            words = as_words(cells).drop_nulls().value_counts()
            self.words.update(dict(zip(words.to_series(0).to_list(), words["count"].to_list(), strict=True)))
            if len(self.words) > MOST_WORDS:
                self.words = None

    @property
    def is_numbers(self) -> bool:
        """Whether it is a column of numbers with more values than are told apart one by one."""
        if not self.filled or self.numeric < NUMBERS_SHARE * self.filled or self.values is None:
            return False
        return self.values.level > 0 or len(self.values.value) > MOST_LEVELS

    def quantiles(self, bins: int) -> tuple[float, ...]:
        """Return the inner edges of bins of about equal count, ascending; an edge begins its bin.

        Heavy values make bins fall together, so there may be fewer; none where the column is constant.
        """
        if self.values is None or len(self.values.value) < 2:
            return ()
        place, total = np.cumsum(self.values.n), int(self.values.n.sum())
        # The value that holds this share of the rows begins a bin; the lowest one has a bin to itself.
        wanted = [int(np.searchsorted(place, total * k / bins, side="right")) for k in range(1, bins)]
        return tuple(sorted({float(self.values.value[max(at, 1)]) for at in wanted}))
