"""``Config``: the whole of an ``audit.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from audit.config.data import DataSection
from audit.config.decision import DecisionSection
from audit.config.environment import expand
from audit.config.explain import ExplainSection
from audit.config.fairness import FairnessSection
from audit.config.letters import (
    BureauScoreSection,
    Entity,
    LettersSection,
    RecipientsSection,
    RecordSection,
    SourceSection,
)
from audit.config.model import ModelSection
from audit.config.protected import ProtectedAttribute
from audit.config.reader import Lines
from audit.config.section import Date, Many, Section, Text, Unique, Whole
from audit.config.slices import MOST_SPECS, PerformanceSection, SliceSection
from audit.errors import Fault

BATCH = "a batch of refusals has no rates to compare"
NOTICES_ALONE = "this audit was made for notices alone: groups are compared by an audit of their own"

FindingWord = Literal["met", "not_met", "inconclusive", "not_applicable", "not_measured", "error"]


class AuditSection(Section):
    """What this audit is."""

    name: Text
    owner: Text
    as_of: Date
    """The day whose law is in force."""

    kind: Literal["population", "batch"] = "population"
    """batch: the refusals of one night."""

    only: Literal["notices", "fairness"] | None = None
    """notices: reads no protected column. fairness: compares groups, and owes nobody a letter."""

    kept_away: Mapping[Text, Text] = Field(default_factory=dict)
    """Of an audit for notices: the protected attributes that it did not read, and their columns."""


class ReasonsGiven(Section):
    """Reasons that a vendor gave with its scores."""

    columns: Annotated[Many[Text], Field(min_length=1), Unique("column")]
    """Columns of reason codes in order of rank."""

    method: Text
    by: Text


class Config(Section):
    """The whole config of an audit, key for key as the file spells it."""

    audit: AuditSection
    model: ModelSection | None = None
    data: DataSection
    decision: DecisionSection = Field(default_factory=DecisionSection)
    protected: Mapping[str, ProtectedAttribute] = Field(default_factory=dict)
    intersections: Many[Annotated[Many[Text], Field(min_length=2), Unique("attribute")]] = ()
    explain: ExplainSection = Field(default_factory=ExplainSection)
    reasons_given: ReasonsGiven | None = None
    dictionary: Text | None = None
    """The file of reasons, one entry a factor."""

    policies: Annotated[Many[Text], Unique("policy")] = ()
    """Packs by name, and folders of house policies."""

    fail_on: Annotated[Many[FindingWord], Unique("outcome")] = ("not_met", "error")
    """Outcomes of requirements that end a run with exit code 3."""

    entities: Mapping[str, Entity] = Field(default_factory=dict)
    record: RecordSection = Field(default_factory=RecordSection)
    sources: Many[SourceSection] = ()
    bureau_scores: Many[BureauScoreSection] = ()
    recipients: RecipientsSection | None = None
    release: Text | None = None
    """The accepted audit of a batch, by id: its model, dictionary, cutoff, method and reference hold."""

    slices: Annotated[Many[SliceSection], Field(max_length=MOST_SPECS)] = ()
    """Sliced model analysis: each entry a list of columns to cross, or {by, bins, values}."""

    performance: PerformanceSection = Field(default_factory=PerformanceSection)
    fairness: FairnessSection = Field(default_factory=FairnessSection)
    letters: LettersSection = Field(default_factory=LettersSection)
    seed: Whole = 7

    _path: Path = PrivateAttr(default=Path("config"))
    _folder: Path = PrivateAttr(default=Path())
    _lines: Lines = PrivateAttr(default_factory=lambda: Lines("config"))
    _refused: tuple[Fault, ...] = PrivateAttr(default=())

    @property
    def path(self) -> Path:
        """The config file as the user named it."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder that the config's paths start from, absolute."""
        return self._folder

    @property
    def lines(self) -> Lines:
        """Where each value stands in the file."""
        return self._lines

    @property
    def refused(self) -> tuple[Fault, ...]:
        """Faults of what was left out of it; empty in every config that may be audited with."""
        return self._refused

    @property
    def uncompared(self) -> str | None:
        """Why this audit compares no groups; None where it does."""
        if self.audit.kind == "batch":
            return BATCH
        if self.audit.only == "notices":
            return NOTICES_ALONE
        return None

    @property
    def grouped(self) -> Mapping[str, ProtectedAttribute]:
        """The protected attributes whose groups are counted and kept; none in an audit for notices."""
        return {} if self.audit.only == "notices" else self.protected

    def names(self, section: Literal["protected", "entities"]) -> tuple[str, ...]:
        """Return the names that a section gives, those included that were left out of it."""
        places = (fault.place.split(".") for fault in self._refused)
        left_out = [place[1] for place in places if place[0] == section and len(place) > 1]
        return tuple(dict.fromkeys([*getattr(self, section), *left_out]))

    def placed(self, path: Path, folder: Path, lines: Lines, refused: tuple[Fault, ...] = ()) -> Config:
        """Return a copy that knows where it was read, and what was left out."""
        copy = self.model_copy()
        copy._path, copy._folder, copy._lines, copy._refused = path, folder, lines, refused
        return copy

    def file(self, written: str) -> Path:
        """Return where a path of the config lies: from the config's folder, ``${NAME}`` put in.

        Raises
        ------
        ConfigError
            An environment variable is not set.
        """
        return self._folder / expand(written)

    def resolved(self) -> dict[str, Any]:
        """Return the whole config as JSON values, defaults written out and ``${NAME}`` as written.

        The same config gives the same values on every machine: neither its folder nor a secret is
        among them.
        """
        return self.model_dump(mode="json", by_alias=True)
