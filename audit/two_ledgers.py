"""One run as two audits: for notices in the lender's ledger, for fairness in one of its own.

Each names the other by its id, which follows from what it rests on and so is known before either begins.
So a run that died between the two goes on where it stopped: what is sealed is found, the rest is made.
The model is opened once; it is scored twice, because the audit for notices must not see what the other reads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import ConfigError

if TYPE_CHECKING:
    from audit.config import Config
    from audit.config.only import Only
    from audit.result import Result


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run seals.

    Parameters
    ----------
    url : the ledger of the audit, or of the one for notices
    fairness : the ledger of the one for fairness; None where they are one
    """

    url: str
    fairness: str | None = None

    @property
    def apart(self) -> bool:
        """Whether the run is two audits."""
        return self.fairness is not None


def place_of(source: str | Path | Mapping[str, Any], ledger: str | None, only: Only | None) -> Place:
    """Return where a run of a config seals.

    Raises
    ------
    ConfigError
        Both halves would lie in one ledger.
    """
    from audit.config import expand, read_config
    from audit.places import ledger_url

    config = read_config(source).config
    folder = config.folder if config is not None else _beside(source)
    url = ledger_url(ledger, folder)
    if config is None or config.fairness.ledger is None:
        return Place(url)
    own = ledger_url(_under(folder, expand(config.fairness.ledger)), folder)
    if _same(own, url):
        fact = "it is the ledger of the audit itself"
        raise ConfigError(config.lines.fault(("fairness", "ledger"), fact, "Name another, or leave it out"))
    asked = only or config.audit.only
    if asked == "notices":
        return Place(url)
    if asked == "fairness":
        return Place(own)
    return Place(url, own if _compares(config) else None)


def _compares(config: Config) -> bool:
    return config.audit.kind == "population" and bool(config.protected or config.fairness.bisg)


def _beside(source: str | Path | Mapping[str, Any]) -> Path:
    return Path.cwd() if isinstance(source, Mapping) else Path(source).parent.resolve()


def _under(folder: Path, name: str) -> str:
    """Return a plain file name as one that starts at the config's folder; a URL as it is."""
    return name if "://" in name else str(folder / name)


def _same(one: str, other: str) -> bool:
    from audit.ledger.database import file_of, parsed

    files = [file_of(parsed(url)) for url in (one, other)]
    if None not in files:
        return len({file.resolve() for file in files if file is not None}) == 1
    return one == other


def _refuse_one(config: Config, place: Place) -> None:
    """Open both ledgers before hours of work, and refuse one that is both under two spellings."""
    from audit.ledger import Ledger

    assert place.fairness is not None
    with Ledger.open(place.fairness, create=True) as other, Ledger.open(place.url, create=True) as own:
        if own.origin == other.origin:
            fact = "it is the ledger of the audit itself, spelled otherwise"
            raise ConfigError(
                config.lines.fault(("fairness", "ledger"), fact, "Name another, or leave it out")
            )


def audited_apart(
    source: str | Path | Mapping[str, Any], place: Place, data: Any, options: Mapping[str, Any]
) -> Result:
    """Make the audit for notices and then the one for fairness; return the first, beside it the second.

    Parameters
    ----------
    options : keywords of ``carry_out``
    """
    from audit import identity, parted, prepare
    from audit.data.container import as_polars
    from audit.runner import carry_out

    assert place.fairness is not None
    tell = options["progress"] or (lambda stage, done, total: None)
    clock = options["now"] or (lambda: dt.datetime.now(dt.UTC))
    frame = as_polars(data, "data frame") if data is not None else None  # a stream is read once
    named = {name: options[name] for name in ("slot", "again", "demonstration")}
    with prepare.prepare(source, ledger=place.url, data=frame, only="fairness") as compared:
        told = prepare.prepare(source, ledger=place.url, data=frame, only="notices", host=compared.host)
        tell("check", 1, 1)
        _refuse_one(told.config, place)
        other = identity.head(compared, opened_at=clock(), **named)
        first = carry_out(told, place.url, companion=parted.companion("fairness", other.audit), **options)
        second = carry_out(
            compared,
            place.fairness,
            companion=parted.companion("notices", first.audit.audit, str(first.audit.checkpoint or "")),
            **options,
        )
    return replace(first, companion=second)
