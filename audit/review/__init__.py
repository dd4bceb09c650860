"""A dictionary of reasons read as a lawyer would: R9, R10 and R19, before anybody is told anything.

``review(path)`` opens the data and the model that a config names, as a run does, and writes nothing. Words
that say which way are held to the model itself, over rows of the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.check.factors import factor_faults
from audit.check.files import file_faults, shown
from audit.config import Config, read_config
from audit.config.dictionary import Dictionary, read_dictionary
from audit.config.faults import touched
from audit.config.load import in_order
from audit.data.dataset import Source, open_source
from audit.errors import ConfigError, Fault, UsageError
from audit.host import Host, host_of
from audit.images import is_of_images
from audit.places import hidden_from_models, ledger_url
from audit.reading import grade
from audit.review.directions import side_of
from audit.review.effects import ROWS, Effect, effects
from audit.review.words import statements, word_faults
from audit.worker import model_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.record import ReasonCode

    Columns = Mapping[str, NDArray[Any]]

# What must be whole for data and model to be opened; faults elsewhere are for `check` to tell.
_NEEDED = ("data", "model", "decision.adverse", "dictionary", "release")


@dataclass(frozen=True, slots=True)
class Review:
    """What was found.

    ``grades`` are the school grades of the English statements by factor; ``elsewhere`` counts faults of the
    config that keep an audit from running, and this from nothing.
    """

    faults: tuple[Fault, ...]
    factors: int
    approved: int
    languages: Mapping[str, int] = field(default_factory=dict)  # language -> factors that have it
    grades: Mapping[str, float] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    elsewhere: int = 0

    @property
    def median_grade(self) -> float | None:
        """The middle grade; None where nothing is in English."""
        return median(self.grades.values()) if self.grades else None


def review(path: Path) -> Review:
    """Read a config's dictionary, and hold its words to data and model.

    Raises
    ------
    ConfigError
        Config, dictionary, data or model cannot be read; with every fault that says why.
    DataError, ModelError, UsageError
    """
    if is_of_images(path):
        raise UsageError(f"{path}: an audit of pictures has no dictionary. Name a config with one.")
    reading = read_config(path)
    config = reading.config
    if config is None:
        raise ConfigError(reading.faults)
    if config.dictionary is None:
        raise UsageError(f"{path}: it names no dictionary. Add dictionary: reasons.yaml.")
    found = (*reading.faults, *file_faults(config))
    needed = [fault for fault in found if _is_needed(fault)]
    if needed:
        raise ConfigError(in_order(needed))
    file = shown(config, config.dictionary)
    assert file is not None  # or a variable that is not set was told above
    dictionary = read_dictionary(file)
    if not dictionary.complete:
        raise ConfigError(dictionary.faults)
    seen = _seen(config, dictionary)
    codes = dictionary.codes
    english = {code.factor: grade(code.statement["en"]) for code in codes if "en" in code.statement}
    tongues = sorted({tongue for code in codes for tongue in code.statement})
    faults = [
        *dictionary.faults,
        *word_faults(dictionary, seen.columns, config.audit.as_of),
        *seen.faults,
        *(fault for code in codes for fault in _direction(dictionary, code, seen.effects)),
    ]
    return Review(
        faults=in_order([fault for fault in faults if not touched(fault, config.refused)]),
        factors=len(codes),
        approved=sum(code.approved is not None for code in codes),
        languages={tongue: sum(tongue in code.statement for code in codes) for tongue in tongues},
        grades={factor: value for factor, value in english.items() if value is not None},
        effects=seen.effects,
        elsewhere=len(found),
    )


def _is_needed(fault: Fault) -> bool:
    return any(fault.place == name or fault.place.startswith((f"{name}.", f"{name}[")) for name in _NEEDED)


@dataclass(frozen=True, slots=True)
class _Seen:
    columns: tuple[str, ...]
    faults: tuple[Fault, ...]
    effects: tuple[Effect, ...]


def _seen(config: Config, dictionary: Dictionary) -> _Seen:
    """Look at data and model, and move the columns of those factors whose words name a side."""
    host = host_of(config, hidden_from_models(config, ledger_url(None, config.folder)))
    try:
        source = open_source(config)
        source.plan()
        model = model_of(config, host)
        inspection = replace(source.inspection(), model_inputs=model.inputs)
        columns = model.inputs or config.data.features
        faults = tuple(factor_faults(config, dictionary, inspection))
        asked = [
            code
            for code in dictionary.codes
            if code.columns and (code.direction or _sides(code)) and set(code.columns) <= set(columns)
        ]
        if host is None or config.decision.adverse is None or not asked:
            return _Seen(columns, faults, ())
        moved = _moved(config, asked, _rows(source, columns, config.seed), host)
        return _Seen(columns, faults, moved)
    finally:
        if host is not None:
            host.close()


def _rows(source: Source, columns: Sequence[str], seed: int) -> Columns:
    """Return at most ``ROWS`` of the applications, drawn by the seed, in their order."""
    plans = source.plan()
    total = sum(plan.n_rows for plan in plans)
    drawn = np.sort(np.random.default_rng(seed).choice(total, size=min(ROWS, total), replace=False))
    parts = []
    for plan in plans:
        mine = drawn[(drawn >= plan.start) & (drawn < plan.start + plan.n_rows)]
        if len(mine):
            batch = source.read(plan)
            at = np.flatnonzero(np.isin(batch.rows, mine))  # rows set aside are not among them
            parts.append({name: cells[at] for name, cells in batch.inputs(columns).items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in columns}


def _moved(config: Config, codes: Sequence[ReasonCode], rows: Columns, host: Host) -> tuple[Effect, ...]:
    found: list[Effect] = []
    for code in codes:
        flags = [name for name in code.missing_columns if name in rows and len(code.columns) > 1]
        values = [name for name in code.columns if name not in flags]
        found += effects(
            code.factor,
            values,
            flags,
            rows,
            host.score,
            adverse_high=config.decision.adverse_high,
            orders=config.explain.orders,
        )
    return tuple(found)


def _sides(code: ReasonCode) -> list[tuple[tuple[str | int, ...], str, str]]:
    """Return the statements that name a side: their place, the side and the word."""
    named: list[tuple[tuple[str | int, ...], str, str]] = []
    for loc, tongue, text in statements(code):
        side = side_of(text, tongue)
        # What is said of missing information speaks of no value.
        if side is not None and "missing" not in loc[1:2]:
            named.append((loc, *side))
    return named


def _direction(dictionary: Dictionary, code: ReasonCode, seen: Sequence[Effect]) -> Iterator[Fault]:
    """Yield words and directions that the model does not bear out (R19)."""
    stated = next(iter(code.direction), None)
    mine = [one for one in seen if one.factor == code.factor]
    ways = {one.way for one in mine} - {"none"}
    for loc, side, word in _sides(code):
        if not code.columns:
            continue  # a rule or a ground of judgment is what fired, and has no effect to follow
        if side != "either" and stated is not None and stated != side:
            fact = f"{word!r} speaks of {side} values, and direction says that {stated} ones are adverse"
            yield dictionary.lines.fault(loc, fact, "Mend the words or the direction")
        elif stated is None:
            fact = f"{word!r} says which way, and no direction is stated (R19){_effect_told(mine)}"
            way_out = "Use a neutral name, such as 'length of residence'"
            if ways in ({"high"}, {"low"}):
                way_out = f"Add direction: {{{next(iter(ways))}: adverse}}, or u{way_out[1:]}"
            yield dictionary.lines.fault(loc, fact, way_out)
    if stated is None or not code.columns:
        return
    loc = (code.factor, "direction")
    if not mine:
        fact = "no model was asked, so nothing shows that the effect goes that way"
        yield dictionary.lines.fault(loc, fact, "Name a model in the config, or use neutral words without it")
    elif not ways <= {"high", "low"} or stated not in ways:
        fact = f"{stated} values are stated to be adverse{_effect_told(mine)}"
        way_out = "Use neutral words without a direction, or a model that is held to it"
        yield dictionary.lines.fault(loc, fact, way_out)


def _effect_told(mine: Sequence[Effect]) -> str:
    words = {
        "high": "{0} pushes toward refusal where it is high ({1:.0%} of {2} rows)",
        "low": "{0} pushes toward refusal where it is low ({1:.0%} of {2} rows)",
        "both": "{0} pushes both ways (at most {1:.0%} of {2} rows go one way)",
        "none": "{0} moves no score",
    }
    told = [
        words[one.way].format(one.column, one.share, one.lines)
        if one.way in words
        else f"{one.column} was not tested: {one.cause}"
        for one in mine
    ]
    return f"; {'; '.join(told)}" if told else ""


__all__ = ["Review", "review"]
