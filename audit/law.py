"""The state of the law, as data: what each pack rests on, since when, how surely, and who must look again.

Each pack has a ``law.yaml`` beside its requirements: one entry a rule, a judgment or a pending
proposal, with its day of effect, its source, its status, how sure we are, and the day on which
somebody last checked it. ``plainspoken packs`` prints it as of a day; ``packs --stale`` lists what a
lawyer should look at.

Why so, no part of a pack's digest: that somebody looked again and found nothing new changes no
finding, so it must not make another audit of the same inputs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.clauses import LawEntry, PackEntry
from audit.config.faults import read_model
from audit.config.nearest import did_you_mean, listed
from audit.config.reader import read_yaml
from audit.errors import Fault, PolicyError
from audit.policy import Pack, pack_folders, read_pack
from audit.retention import FILE as RETENTION
from audit.retention import TermEntry

FILE = "law.yaml"
OLDER_THAN = 180  # days since somebody looked
AHEAD = 180  # days within which a beginning is told
PENDING = ("challenged", "proposed")


@dataclass(frozen=True, slots=True)
class Dated:
    """Something of a pack that holds from a day: ``requirement four_fifths``."""

    what: str
    since: dt.date


@dataclass(frozen=True, slots=True)
class PackLaw:
    """A pack, the law that it rests on, and every day from which something of it holds."""

    name: str
    entry: PackEntry
    items: dict[str, LawEntry]
    dated: tuple[Dated, ...]

    def state(self, day: dt.date) -> str:
        """Return the state of the pack on a day: ``in force since 2011-12-30, 2 of 8 items pending``."""
        pending = sum(item.status in PENDING for item in self.items.values())
        told = f", {pending} of {len(self.items)} items pending" if pending else ""
        return state(self.entry, day) + told

    def begun(self, day: dt.date) -> int:
        """Return how many of its requirements and statements hold on a day."""
        return len({one.what for one in self.dated if one.since <= day})

    def to_come(self, day: dt.date) -> int:
        """Return how many of its requirements, statements and terms begin, or change, after a day."""
        return len({one.what for one in self.dated if one.since > day})


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that a lawyer should look at, and why."""

    pack: str
    item: str
    why: str
    title: str
    source: str


def law_of(names: Sequence[str], folder: Path | None = None) -> tuple[PackLaw, ...]:
    """Read the law of packs, and of what they extend.

    Parameters
    ----------
    names : names of known packs, or folders of house policies
    folder : where the folders of house policies are looked for

    Raises
    ------
    PolicyError
        With all faults, each with file and line.
    """
    found, faults = [], []
    for name, path in pack_folders(names, folder).items():
        pack = read_pack(path)
        terms, refused = _terms(path)
        items, more = _items(path, {*pack.requirements, *pack.statements, *terms})
        faults += [*pack.faults, *refused, *more]
        if pack.entry is not None:
            found.append(PackLaw(name, pack.entry, items, tuple(_dated(pack, terms))))
    if faults:
        raise PolicyError(tuple(dict.fromkeys(faults)))
    return tuple(found)


def state(entry: PackEntry | LawEntry, day: dt.date) -> str:
    """Return the state of a pack or of a piece of law on a day, in words."""
    if entry.status == "proposed":
        return "proposed"
    if entry.until is not None and entry.until <= day:
        return f"{'withdrawn' if entry.status == 'withdrawn' else 'ended'} on {entry.until}"
    if entry.status == "withdrawn":
        return "withdrawn"
    if entry.since is not None and day < entry.since:
        return f"begins on {entry.since}"
    since = "" if entry.since is None else f" since {entry.since}"
    challenged = ", challenged" if entry.status == "challenged" else ""
    return f"in force{since}{challenged}"


def looks(
    packs: Sequence[PackLaw], day: dt.date, *, older_than: int = OLDER_THAN, ahead: int = AHEAD
) -> tuple[Look, ...]:
    """Return what a lawyer should look at, as of a day.

    Parameters
    ----------
    older_than : days since the last look after which another one is due
    ahead : days within which a beginning is told
    """
    return tuple(one for pack in packs for one in _looks(pack, day, older_than, ahead))


def _looks(pack: PackLaw, day: dt.date, older_than: int, ahead: int) -> Iterator[Look]:
    entry = pack.entry
    own = (pack.name, "pack")
    about = (entry.title, "; ".join(entry.sources))
    if (age := (day - entry.as_of).days) > older_than:
        yield Look(*own, f"last checked {age} days ago, on {entry.as_of}", *about)
    for name, item in pack.items.items():
        told = (item.title, item.source)
        if (age := (day - item.checked).days) > older_than:
            yield Look(pack.name, name, f"last checked {age} days ago, on {item.checked}", *told)
        if item.verify is not None:
            yield Look(pack.name, name, f"to verify: {item.verify}", *told)
        elif item.confidence != "high":
            yield Look(pack.name, name, f"known with {item.confidence} confidence", *told)
        if item.status in PENDING:
            word = "a suit or a repeal is pending" if item.status == "challenged" else "proposed, not decided"
            yield Look(pack.name, name, word, *told)
        if item.since is not None and 0 < (left := (item.since - day).days) <= ahead:
            yield Look(pack.name, name, f"begins in {left} days, on {item.since}", *told)
        for awaited in item.awaited:
            left = (awaited.on - day).days
            if 0 < left <= ahead:
                yield Look(pack.name, name, f"in {left} days, on {awaited.on}: {awaited.what}", *told)
            elif left <= 0 and item.checked <= awaited.on:
                yield Look(pack.name, name, f"due since {awaited.on}: {awaited.what}", *told)
    for one in pack.dated:
        if one.what != "pack" and one.since == entry.since:
            continue  # it begins with the pack
        if 0 < (left := (one.since - day).days) <= ahead:
            yield Look(pack.name, one.what, f"begins in {left} days, on {one.since}", *about)


def _items(path: Path, known: set[str]) -> tuple[dict[str, LawEntry], list[Fault]]:
    items: dict[str, LawEntry] = {}
    faults: list[Fault] = []
    if not (path / FILE).exists():
        return items, faults
    data, lines = read_yaml(path / FILE)
    if not isinstance(data, dict) or not data:
        return items, [lines.fault((), "nothing stands in this file", "Fill it, or remove it")]
    for name, value in data.items():
        entry, refused = read_model(LawEntry, value, lines, (name,))
        faults += refused
        if entry is None:
            continue
        items[name] = entry
        for index, one in enumerate(entry.concerns):
            if one not in known:
                fact = f"{one!r} is no requirement, statement or term of this pack ({listed(sorted(known))})"
                way_out = f"{did_you_mean(one, known)}Name one of them"
                faults.append(lines.fault((name, "concerns", index), fact, way_out))
    return items, faults


def _terms(path: Path) -> tuple[dict[str, TermEntry], list[Fault]]:
    terms: dict[str, TermEntry] = {}
    faults: list[Fault] = []
    if (path / RETENTION).exists():
        data, lines = read_yaml(path / RETENTION)
        for name, value in data.items() if isinstance(data, dict) else ():
            entry, refused = read_model(TermEntry, value, lines, (name,))
            faults += refused
            if entry is not None:
                terms[name] = entry
    return terms, faults


def _dated(pack: Pack, terms: dict[str, TermEntry]) -> Iterator[Dated]:
    if pack.entry is not None and pack.entry.since is not None:
        yield Dated("pack", pack.entry.since)
    for name, requirement in pack.requirements.items():
        for bound in requirement.bound:
            yield Dated(f"requirement {name}", bound.since)
    for key, entries in pack.statements.items():
        for text in entries:
            yield Dated(f"statement {key}", text.since)
    for name, term in terms.items():
        for months in (*term.at_least, *term.at_most):
            yield Dated(f"retention {name}", months.since)
