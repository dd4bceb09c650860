"""What one pass over the data saw, so that misfits are told before any work starts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from audit.config import Inspection, NumbersSeen, bind
from audit.config.slices import sliced_names
from audit.data.cells import as_words, listed_names, numbers
from audit.data.levels import ColumnSeen
from audit.data.slices import groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.config import Config

_CUTOFFS_KEPT = 1000
_WORDS_KEPT = 1000


class Facts:
    """Counts over all rows, those set aside included."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.n_rows = 0
        self.groups: dict[str, Counter[str]] = {name: Counter() for name in config.protected}
        self.missing: dict[str, int] = dict.fromkeys(config.data.features, 0)
        self.numbers: dict[str, NumbersSeen] = {}
        self.actions: Counter[str] = Counter()
        self.cutoff_keys: Counter[str] = Counter()
        self.cutoffs: set[float] = set()
        self.stages: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.observed: Counter[str] = Counter()
        sliced = (name for _, name in sliced_names(config))
        self.levels = {name: ColumnSeen() for name in sliced if name not in config.names("protected")}

    def add(self, frame: pl.DataFrame) -> None:
        """Take the next rows, all text."""
        decision = self._config.decision
        self.n_rows += frame.height
        for name, members in groups(self._config.protected, frame).items():
            self.groups[name].update(members.tolist())
        for name, column in self.levels.items():
            column.add(frame[name])
        for feature in self.missing:
            self.missing[feature] += frame[feature].null_count()
        for name, attribute in self._config.protected.items():
            if attribute.bands is not None:
                self._add_numbers(name, frame[attribute.column], attribute.bands[0])
        if self._config.record.action is not None:
            bound = bind(self._config.record.action, frame.columns)
            if bound.column is not None:
                self.actions.update(as_words(frame[bound.column]).drop_nulls().to_list())
        if decision.stage is not None and len(self.stages) <= _WORDS_KEPT:
            self.stages.update(as_words(frame[decision.stage.column]).drop_nulls().to_list())
        if decision.rules is not None and len(self.rules) <= _WORDS_KEPT:
            cells = listed_names(frame[decision.rules.column], decision.rules.separator)
            self.rules.update(name for names in cells for name in names)
        if decision.cutoff is not None and decision.cutoff.by is not None:
            self.cutoff_keys.update(as_words(frame[decision.cutoff.by]).drop_nulls().to_list())
        for label, words in ((decision.taken, self.taken), (self._config.data.observed, self.observed)):
            if label is not None and len(words) <= _WORDS_KEPT:
                words.update(as_words(frame[label.column]).drop_nulls().to_list())
        if decision.cutoff is not None and decision.cutoff.column is not None:
            seen = numbers(frame[decision.cutoff.column]).drop_nulls().unique()
            self.cutoffs.update(seen.filter(seen.is_finite()).to_list())
            if len(self.cutoffs) > _CUTOFFS_KEPT:  # as many as rows: the ends are enough
                self.cutoffs = {min(self.cutoffs), max(self.cutoffs)}

    def inspection(self, source: str, columns: Sequence[str]) -> Inspection:
        """Return what ``check`` judges, as far as the data can tell it."""
        cutoff = self._config.decision.cutoff
        if cutoff is not None and cutoff.column is None:
            cutoffs = [cutoff.value] if cutoff.value is not None else list(cutoff.values.values())
        else:
            cutoffs = list(self.cutoffs)
        return Inspection(
            source=source,
            columns=tuple(columns),
            n_rows=self.n_rows,
            groups={name: dict(counts) for name, counts in self.groups.items()},
            numbers=dict(self.numbers),
            missing=dict(self.missing),
            actions=dict(self.actions),
            cutoff_keys=dict(self.cutoff_keys),
            cutoffs=tuple(sorted(set(cutoffs))),
            stages=dict(self.stages),
            rules=dict(self.rules),
            taken=dict(self.taken),
            observed=dict(self.observed),
            levels=dict(self.levels),
        )

    def _add_numbers(self, name: str, cells: pl.Series, first_band: float) -> None:
        values = numbers(cells).drop_nulls().to_numpy()
        values = values[np.isfinite(values)]
        if not len(values):
            return
        low, high = float(values.min()), float(values.max())
        before = self.numbers.get(name, NumbersSeen(0, low, high))
        self.numbers[name] = NumbersSeen(
            n=before.n + len(values),
            low=min(before.low, low),
            high=max(before.high, high),
            n_below_bands=before.n_below_bands + int((values < first_band).sum()),
        )
