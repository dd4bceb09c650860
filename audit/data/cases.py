"""What a letter must know of one application, bound from columns and constants of the config."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from audit.config import bind
from audit.data.cells import as_words, date, truth
from audit.record import BureauScore, CaseFile, Source

if TYPE_CHECKING:
    from audit.config import Binding, Config
    from audit.config.letters import BureauScoreSection, SourceSection
    from audit.data.dataset import Batch

    Cell = Callable[[int], str]

RECORD = (
    "received_at",
    "completed_at",
    "decided_at",
    "product",
    "requested_terms",
    "offered_terms",
    "missing_information",
    "respond_by",
    "pre_adverse_on",
    "tier",
    "apr",
    "best_apr",
    "purpose",
    "human_involved",
    "debt_advice",
    "residence",
    "jurisdiction",
    "language",
)
_DATES = ("received_at", "completed_at", "decided_at", "respond_by", "pre_adverse_on")


def case_files(
    config: Config, batch: Batch, inputs: Sequence[str], rows: Sequence[int] | None = None
) -> tuple[CaseFile, ...]:
    """Return the case files of a partition.

    Parameters
    ----------
    inputs : sequence of str
        The columns that the model read.
    rows : sequence of int, optional
        Positions in the batch; by default all. Letters need those of adverse decisions alone.
    """
    frame = batch.frame if rows is None else batch.frame[list(rows)]
    ids = as_words(frame[config.data.id]).to_list()
    record = _record(config, frame)
    sources = [_source(one, frame) for one in config.sources]
    scores = [_bureau_score(one, frame) for one in config.bureau_scores]
    seen = {column: _values(frame[column]) for column in inputs}
    return tuple(
        CaseFile(
            decision=decision,
            record={key: text for key, cell in record.items() if (text := cell(i))},
            sources=tuple(used for one in sources if (used := one(i)) is not None),
            bureau_scores=tuple(told for one in scores if (told := one(i)) is not None),
            inputs={column: values[i] for column, values in seen.items()},
        )
        for i, decision in enumerate(ids)
    )


def _values(column: pl.Series) -> list[float | str | None]:
    return column.to_list()


def _cell(binding: Binding | None, frame: pl.DataFrame) -> Cell:
    """Return how to read a binding in row i; empty where it says nothing."""
    if binding is None:
        return lambda i: ""
    bound = bind(binding, frame.columns)
    if bound.column is None:
        constant = str(bound.value)
        return lambda i: constant
    cells = as_words(frame[bound.column]).fill_null("").to_list()
    return lambda i: str(cells[i])


def _record(config: Config, frame: pl.DataFrame) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for key in RECORD:
        binding = getattr(config.record, key)
        if binding is not None:
            cells[key] = _as_date(_cell(binding, frame)) if key in _DATES else _cell(binding, frame)
    return cells


def _as_date(cell: Cell) -> Cell:
    def read(i: int) -> str:
        text = cell(i)
        day = date(text)
        return text if day is None else day.isoformat()  # what is no date stays as it stands

    return read


def _source(section: SourceSection, frame: pl.DataFrame) -> Callable[[int], Source | None]:
    name, address, phone = (_cell(one, frame) for one in (section.name, section.address, section.phone))
    toll_free, nationwide = _cell(section.toll_free, frame), _cell(section.nationwide, frame)
    used = _cell(section.used_when, frame)

    def read(i: int) -> Source | None:
        was_used = True if section.used_when is None else truth(used(i))
        if was_used is False:
            return None
        return Source(
            kind=section.kind,
            # 15 USC 1681m(a)(3): the agency must be named. Where nobody knows whether it was used,
            # it stays without a name, and a letter that needs the name is refused.
            name=name(i) if was_used else "",
            address=address(i),
            phone=phone(i),
            toll_free=bool(truth(toll_free(i))),
            nationwide=bool(truth(nationwide(i))),
            of=section.of,
        )

    return read


def _bureau_score(section: BureauScoreSection, frame: pl.DataFrame) -> Callable[[int], BureauScore | None]:
    value, low, high = (_cell(one, frame) for one in (section.value, section.low, section.high))
    created_on, provider = _cell(section.created_on, frame), _cell(section.provider, frame)
    key_factors = [_cell(one, frame) for one in section.key_factors]
    inquiries = _cell(section.inquiries, frame)

    def read(i: int) -> BureauScore | None:
        if not value(i):  # no score of this kind was used for this application
            return None
        return BureauScore(
            value=value(i),
            low=low(i),
            high=high(i),
            created_on=date(created_on(i)),
            provider=provider(i),
            key_factors=tuple(text for one in key_factors if (text := one(i))),
            inquiries=inquiries(i) or None,
            role=section.role,
            of=section.of,
        )

    return read
