"""What was asked for all letters of one call, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from reports.deadline import DAYS, WARN_AFTER_DAYS
from reports.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.cli.pressroom import Told
    from audit.cli.rescue import Resumed
    from audit.cli.signature import SigningKey
    from audit.cli.stamped_sample import Sampled
    from audit.record import Refusal

EXCEPTIONS = "exceptions.csv"
_HELD = "held: "


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for all letters of one call."""

    date: dt.date
    formats: tuple[Any, ...]
    draft: bool = False
    again_reason: str | None = None
    late_reason: str | None = None
    kind: str | None = None  # None: the one that each decision asks for
    lang: str | None = None  # None: that of each record
    stamped: bool = False  # PDFs are stamped where that is proved equal
    jobs: int = 1  # processes that render
    sample: int = 0  # decisions whose letters are made both ways and compared first
    together: int = 1  # letters that are recorded in one transaction
    pades: SigningKey | None = None  # signs each PDF
    manifest_key: SigningKey | None = None  # signs the manifest


@dataclass(slots=True)
class Tally:
    """What came of it: counts and the folder, never an id."""

    audit: str
    out: Path
    draft: bool
    letters: int = 0
    files: int = 0
    near: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    grades: Counter[float] = field(default_factory=Counter)  # how many letters have each
    resumed: int = 0  # letters among these that a call had recorded which ended before its folder stood
    stands: int = 0  # letters that the same command has put in place before, where it adds none
    rescued: Mapping[Path, int] = field(default_factory=dict)
    moved: Path | None = None
    exceptions: list[Refusal] = field(default_factory=list)
    stamped: int = 0
    compiled: int = 0  # pages that were compiled for them
    causes: Counter[str] = field(default_factory=Counter)  # why WeasyPrint rendered the others
    proof: Sampled | None = None

    def goes_on(self, resumed: Resumed) -> None:
        """Count the letters of a folder that is gone on with."""
        self.kinds.update(resumed.letters)
        self.letters = self.resumed = resumed.letters.total()
        self.files = len(resumed.kept)

    def add(self, told: Told) -> None:
        """Count what came of a decision."""
        self.exceptions += told.exceptions
        self.stamped += told.stamped
        self.compiled += told.compiled
        self.causes.update(told.causes)

    @property
    def held(self) -> int:
        """How many notices are held."""
        return sum(one.cause.startswith(_HELD) for one in self.exceptions)

    @property
    def refused(self) -> int:
        """How many letters were refused."""
        return len(self.exceptions) - self.held

    @property
    def reading_grade(self) -> float | None:
        """The median Flesch-Kincaid grade of the English letters; None where there is none."""
        return round(median(self.grades.elements()), 1) if self.grades else None

    def as_json(self) -> dict[str, Any]:
        """Return the counts for machines."""
        return {
            "audit": self.audit,
            "letters": self.letters,
            "kinds": dict(sorted(self.kinds.items())),
            "files": self.files,
            "draft": self.draft,
            "refused": self.refused,
            "held": self.held,
            "near_deadline": self.near,
            "reading_grade": self.reading_grade,
            "stamped": self.stamped,
            "compiled": self.compiled,
            "rendered": dict(sorted(self.causes.items())),
            "proof": None if self.proof is None else self.proof.as_json(),
            "resumed": self.resumed,
            "stands": self.stands,
            "rescued": {str(path): n for path, n in self.rescued.items()},
            "moved": None if self.moved is None else str(self.moved),
            "out": str(self.out),
            "exceptions": str(self.out / EXCEPTIONS),
        }

    def in_words(self) -> str:
        """Return the counts for people."""
        what = ("draft" if self.draft else "letter") + ("" if max(self.letters, self.stands) == 1 else "s")
        lines = [f"{self.letters} {what} in {self.out}"]
        if self.stands:
            lines = [f"nothing new: {self.stands} {what} of the same command stand in {self.out}"]
        lines += [f"  {n} {kind}: {KINDS[kind].source}" for kind, n in sorted(self.kinds.items())]
        if self.reading_grade is not None:
            lines.append(f"  reading grade {self.reading_grade} (Flesch-Kincaid, prescribed texts included)")
        if self.resumed:
            lines.append(
                f"  {self.resumed} were recorded by a call that ended before; this one went on from there"
            )
        if self.stamped or self.causes:
            pages = f"{self.compiled} page{'' if self.compiled == 1 else 's'} compiled"
            lines.append(f"  {self.stamped} stamped, {self.causes.total()} rendered by WeasyPrint, {pages}")
            lines += [f"    {n} for {cause}" for cause, n in self.causes.most_common()]
        if self.proof is not None:
            same = "equal" if not self.proof.differences else "not equal, so every letter was rendered"
            nothing = "  nothing was compared: the decisions of the sample ask for no letter now"
            said = f"  {self.proof.compared} letters made both ways: {same}"
            lines.append(said if self.proof.compared or self.proof.differences else nothing)
            lines += [f"    {n} × {place}" for place, n in self.proof.differences.most_common()]
        lines += [
            f"{n} files of an earlier call, recorded and not put in place then: {path}"
            for path, n in self.rescued.items()
        ]
        if self.moved is not None:
            lines.append(f"the letters that lay there: {self.moved}")
        if self.near:
            lines.append(f"{self.near} of them with {DAYS - WARN_AFTER_DAYS} days or fewer left")
        if self.exceptions:
            lines.append(f"{self.refused} refused, {self.held} held: {self.out / EXCEPTIONS}")
        return "\n".join(lines)
