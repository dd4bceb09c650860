"""Policy packs: what law, guidance, conventions and the house ask, as in force on one day.

A pack is a folder of YAML, and adding one adds no Python: ``pack.yaml`` (what it is),
``requirements.yaml`` (questions with dated bounds), ``statements.yaml`` (prescribed texts, dated),
``reasons.yaml`` (published lists of reasons, as seeds), ``retention.yaml`` (how long records are
kept; see ``audit.retention``), ``clocks.yaml`` (how long an answer may take; see ``audit.clocks``),
``law.yaml`` (the state of the law that it rests on; see ``audit.law``), ``theories.yaml`` and
``classes.yaml`` (what tests serve and whom the law protects; see ``audit.theories``) and
``cases.yaml`` (situations with their answers, run by the tests).
All but ``pack.yaml`` may be absent. The packs of this program lie beside this module; a house policy
lies in the user's folder and names what it ``extends``.

Why so, no overriding: a house policy adds requirements, stricter ones too, under its own name. It
cannot replace a requirement or a prescribed text of another pack, so that what prints as the law is
what the law's pack says.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from audit.clauses import MEASURES as MEASURES
from audit.clauses import BoundEntry, PackEntry, RequirementEntry, SeedEntry, StatementEntry
from audit.config.faults import read_model
from audit.config.nearest import did_you_mean, listed
from audit.config.reader import Lines, Loc, read_yaml
from audit.config.section import Section
from audit.errors import ConfigError, Fault, PolicyError
from audit.record import Bound, PackVersion, Policy, ReasonCode, Requirement, Statement

PACKS = Path(__file__).resolve().parent / "packs"

_FILES = ("pack.yaml", "requirements.yaml", "statements.yaml", "reasons.yaml")
_BESIDE = (
    "retention.yaml",
    "clocks.yaml",
    "law.yaml",
    "theories.yaml",
    "classes.yaml",
    "cases.yaml",
    "cases_counted.yaml",
)  # read by others; they change nothing that an audit finds
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")

S = TypeVar("S", bound=Section)


@dataclass(slots=True)
class Pack:
    """A pack as far as it could be read."""

    name: str
    folder: Path
    entry: PackEntry | None = None
    requirements: dict[str, RequirementEntry] = field(default_factory=dict)
    statements: dict[str, list[StatementEntry]] = field(default_factory=dict)
    seeds: dict[str, SeedEntry] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)  # file name -> where things stand
    digest: str = ""
    faults: list[Fault] = field(default_factory=list)

    @property
    def note_key(self) -> str:
        """The key under which the pack's note is sealed with its texts."""
        return f"{self.name}.note"

    def note(self) -> Statement:
        """Return what the pack says of the state of its law on the day of its last check."""
        assert self.entry is not None
        assert self.entry.note is not None
        return Statement(self.note_key, "en", self.entry.note, self.entry.title, self.name)

    def speaks(self, day: dt.date) -> bool:
        """Whether anything of the pack holds on a day."""
        entry = self.entry
        if entry is None or (entry.since is not None and day < entry.since):
            return False
        return entry.until is None or day < entry.until

    def version(self) -> PackVersion:
        """Return what an audit keeps of the pack."""
        assert self.entry is not None
        return PackVersion(self.name, self.digest, self.entry.as_of, self.entry.title)


def load_policy(names: Sequence[str], as_of: dt.date, folder: Path | None = None) -> Policy:
    """Read packs and what they extend, and merge them as in force on a day.

    Parameters
    ----------
    names : names of known packs, or folders of house policies
    as_of : the day whose bounds and texts are taken
    folder : where the folders of house policies are looked for: the config's

    Returns
    -------
    What a pack extends stands before it. A requirement whose bound begins later has no bound.

    Raises
    ------
    PolicyError
        With all faults of all packs, each with file and line.
    """
    packs: dict[Path, Pack] = {}
    faults: list[Fault] = []
    for name in names:
        _gather(name, folder, packs, faults, Fault("policies", None, name, "", ""))
    faults += _clashes(list(packs.values()))
    if faults:
        raise PolicyError(tuple(dict.fromkeys(faults)))
    return Policy(
        as_of=as_of,
        packs=tuple(pack.version() for pack in packs.values()),
        requirements=tuple(
            _requirement(pack.name, name, entry, as_of if pack.speaks(as_of) else dt.date.min)
            for pack in packs.values()
            for name, entry in pack.requirements.items()
        ),
        statements=tuple(pack.note() for pack in packs.values() if pack.entry and pack.entry.note)
        + tuple(
            Statement(key, language, text, entry.source, pack.name)
            for pack in packs.values()
            for key, entries in pack.statements.items()
            for entry in (_in_force(entries, as_of) if pack.speaks(as_of) else ())
            for language, text in entry.text.items()
        ),
        counterfactuals=any(
            pack.entry is not None and pack.entry.counterfactuals and pack.speaks(as_of)
            for pack in packs.values()
        ),
    )


def pack_folders(names: Sequence[str], folder: Path | None = None) -> dict[str, Path]:
    """Return the packs and what they extend, each with its folder; what is extended stands first.

    Raises
    ------
    PolicyError
        Where one of them cannot be found or read.
    """
    packs: dict[Path, Pack] = {}
    faults: list[Fault] = []
    for name in names:
        _gather(name, folder, packs, faults, Fault("policies", None, name, "", ""))
    if faults:
        raise PolicyError(tuple(dict.fromkeys(faults)))
    return {pack.name: path for path, pack in packs.items()}


def known_packs() -> tuple[PackVersion, ...]:
    """Return the packs that come with this program, and the day on which each was last checked."""
    packs = [read_pack(PACKS / name) for name in _known()]
    faults = tuple(fault for pack in packs for fault in pack.faults)
    if faults:
        raise PolicyError(faults)
    return tuple(pack.version() for pack in packs)


def seed_reasons(name: str) -> tuple[ReasonCode, ...]:
    """Return a known pack's published list of reasons, as entries without columns.

    They are facts to start a dictionary from: a factor needs its own accurate words (R10).
    """
    pack = read_pack(PACKS / name)
    if pack.faults:
        raise PolicyError(tuple(pack.faults))
    return tuple(
        ReasonCode(factor=seed, code=seed, columns=(), statement=dict(entry.statement), hmda=entry.hmda)
        for seed, entry in pack.seeds.items()
    )


def _known() -> list[str]:
    return sorted(path.parent.name for path in PACKS.glob("*/pack.yaml"))


def _find(name: str, folder: Path | None) -> Path | None:
    # A name without a slash is first of all one of ours: a folder beside the config that happens to
    # be called so never stands in for the law.
    if "/" not in name and name in _known():
        return PACKS / name
    path = (folder or Path()) / name
    return path if path.is_dir() else None


def _gather(
    name: str, folder: Path | None, packs: dict[Path, Pack], faults: list[Fault], asked: Fault
) -> None:
    """Read a pack after what it extends; one that was read already is not read again."""
    path = _find(name, folder)
    if path is None:
        fact = f"there is no policy pack {name!r} and no such folder"
        way_out = f"{did_you_mean(name, _known())}Known packs: {listed(_known())}"
        faults.append(Fault(asked.file, asked.line, asked.place, fact, way_out))
        return
    if path.resolve() in packs:
        return
    pack = read_pack(path)
    faults += pack.faults
    packs[path.resolve()] = pack  # before its parents, so that a circle ends; moved behind them below
    for at, parent in enumerate(pack.entry.extends if pack.entry else ()):
        asked = pack.lines["pack.yaml"].fault(("extends", at), "", "")
        _gather(parent, path if "/" in parent else path.parent, packs, faults, asked)
    packs[path.resolve()] = packs.pop(path.resolve())


def read_pack(folder: Path) -> Pack:
    """Read one pack as far as it can be read, its faults kept beside it."""
    pack = Pack(folder.resolve().name, folder)
    hashed = hashlib.sha256()
    for file in _FILES:
        path = folder / file
        if not path.exists() and file != "pack.yaml":
            continue
        try:
            data, lines = read_yaml(path)
        except ConfigError as error:
            pack.faults += error.faults
            continue
        # A checkout on another system may have other line ends; the law is the same.
        content = path.read_bytes().replace(b"\r\n", b"\n")
        hashed.update(f"{file}\0{len(content)}\0".encode() + content)
        pack.lines[file] = lines
        if not isinstance(data, dict) or not data:
            pack.faults.append(lines.fault((), "nothing stands in this file", "Fill it, or remove it"))
            continue
        if file == "pack.yaml":
            pack.entry, refused = read_model(PackEntry, data, lines)
            pack.faults += refused
        else:
            _fill(pack, file, data, lines)
    pack.digest = hashed.hexdigest()
    pack.faults += _unread(folder)
    if pack.entry and not (pack.requirements or pack.statements or pack.entry.extends or pack.faults):
        fact = "this pack has no requirement, no statement and extends nothing"
        pack.faults.append(Fault(str(folder / "pack.yaml"), None, "", fact, "Add requirements.yaml"))
    return pack


def _fill(pack: Pack, file: str, data: Mapping[str, Any], lines: Lines) -> None:
    for name, value in data.items():
        if not _NAME.fullmatch(name):
            way_out = "Use small letters, digits and underscores"
            pack.faults.append(lines.fault((name,), f"{name!r} is no name", way_out))
        if file == "statements.yaml":
            pack.statements[name] = list(_entries(pack, value, lines, (name,)))
        elif file == "requirements.yaml":
            _put(pack, pack.requirements, name, RequirementEntry, value, lines)
        else:
            _put(pack, pack.seeds, name, SeedEntry, value, lines)


def _put(pack: Pack, into: dict[str, S], name: str, model: type[S], value: Any, lines: Lines) -> None:
    entry, refused = read_model(model, value, lines, (name,))
    pack.faults += refused
    if entry is not None:
        into[name] = entry


def _entries(pack: Pack, value: Any, lines: Lines, loc: Loc) -> Iterator[StatementEntry]:
    if not isinstance(value, list) or not value:
        pack.faults.append(lines.fault(loc, "a list of dated texts was expected", "Write `- from: …`"))
        return
    days: set[dt.date] = set()
    for at, item in enumerate(value):
        entry, refused = read_model(StatementEntry, item, lines, (*loc, at))
        pack.faults += refused
        if entry is None:
            continue
        if entry.since in days:
            fact = "two texts begin on the same day"
            pack.faults.append(lines.fault((*loc, at, "from"), fact, "Keep one text a day"))
        days.add(entry.since)
        yield entry


def _unread(folder: Path) -> Iterator[Fault]:
    # A misspelt file name would silently take its requirements out of force.
    for path in sorted(folder.glob("*.y*ml")):
        if path.name not in (*_FILES, *_BESIDE):
            hint = did_you_mean(path.name, (*_FILES, *_BESIDE))
            way_out = f"{hint}Files of a pack: {listed((*_FILES, *_BESIDE))}"
            yield Fault(str(path), None, "", "no file of this name is read", way_out)


def _clashes(packs: list[Pack]) -> Iterator[Fault]:
    named: dict[str, Pack] = {}
    said = {pack.note_key: pack for pack in packs}  # pack.yaml writes these
    for pack in packs:
        first = named.setdefault(pack.name, pack)
        if first is not pack or (pack.folder != PACKS / pack.name and pack.name in _known()):
            fact = f"another pack is called {pack.name!r} already"
            yield Fault(str(pack.folder), None, "", fact, "Rename the folder")
        for key in pack.statements:
            if said.setdefault(key, pack) is not pack or key == pack.note_key:
                fact = f"the pack {said[key].name!r} has this text already, and it is not replaced"
                yield pack.lines["statements.yaml"].fault((key,), fact, "Choose another key")


def _requirement(pack: str, name: str, entry: RequirementEntry, as_of: dt.date) -> Requirement:
    bounds = [Bound(b.since, b.at_least, b.at_most, b.equals) for b in _in_force(entry.bound, as_of)]
    return Requirement(
        requirement=f"{pack}.{name}",
        kind=entry.kind,
        access=entry.access,
        question=entry.question,
        measure=entry.measure,
        bound=bounds[0] if bounds else None,
        source=entry.source,
        remedy=entry.remedy,
        title=entry.title,
        not_measured=entry.not_measured,
        population=entry.population,
    )


D = TypeVar("D", BoundEntry, StatementEntry)


def _in_force(entries: Sequence[D], as_of: dt.date) -> list[D]:
    """Return the entry that began last on or before the day; none where all begin later."""
    begun = [entry for entry in entries if entry.since <= as_of]
    return [max(begun, key=lambda entry: entry.since)] if begun else []
