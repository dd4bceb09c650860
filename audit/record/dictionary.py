"""The dictionary of reasons: factors, their words, and who approved them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a statement, and when."""

    by: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class Proxy:
    """What was decided about a factor's likeness to a protected attribute."""

    of: str
    verdict: Literal["reviewed", "blocked"]
    by: str
    date: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class BureauCode:
    """What a bureau's score calls the same thing: a code means nothing without its bureau and model."""

    bureau: str
    model: str
    code: str


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One factor of the model (or a rule, or a ground of judgment: no columns), and its words."""

    factor: str
    code: str
    columns: tuple[str, ...]
    statement: Mapping[str, str]  # language -> sentence
    direction: Mapping[str, str] = field(default_factory=dict)  # {"high": "adverse"}
    hmda: int | None = None
    changeable: bool = True
    change: Mapping[str, str] = field(default_factory=dict)  # column -> increase, decrease, any, never
    missing_columns: tuple[str, ...] = ()
    missing_statement: Mapping[str, str] = field(default_factory=dict)
    priority: int | None = None
    proxy: Proxy | None = None
    approved: Approval | None = None
    bureau: tuple[BureauCode, ...] = ()

    def statement_in(self, language: str, *, missing: bool = False) -> str | None:
        """Return the words of a language, or of the language that it is a kind of (``es-MX``: ``es``).

        Parameters
        ----------
        missing : whether the words for missing information are meant (``Reason.by_missing``)

        Returns
        -------
        str or None
            None where nobody wrote it in that language: no other language stands in for it.
        """
        words = self.missing_statement if missing else self.statement
        return words.get(language) or words.get(language.partition("-")[0]) or None

    @property
    def languages(self) -> frozenset[str]:
        """The languages in which all that this factor may have to say is written."""
        own = frozenset(self.statement)
        return own & frozenset(self.missing_statement) if self.missing_statement else own
