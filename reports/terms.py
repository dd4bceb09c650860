"""What all letters of one audit share: who writes, under whose supervision, in which words.

Read once from the sealed ledger, so that each letter costs only what is its own.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import UsageError
from reports.language import Language, language

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from audit.ledger import Ledger
    from audit.record import Reason, ReasonCode

ENGLISH = "en"  # what a text of a pack is printed in where the pack has it in no other language
_PRESCRIBED = frozenset({"ecoa_notice", "fcra_615a", "fcra_615b", "fcra_score"})
_PICTURES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Creditor:
    """The lender, as its letters name it, and whom a person turns to there."""

    name: str
    address: tuple[str, ...]
    phone: str = ""
    dpo: str = ""
    authority: str = ""
    review_contact: str = ""
    lawful_basis: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """The facts and texts in force for every letter of an audit, of one kind, place and language.

    Parameters
    ----------
    entity : str
        The key of ``entities`` that writes: us, eu, uk.
    creditor : Creditor
        Empty fields where the config states none; a letter that needs them is refused.
    agency : tuple of str
        Lines of the supervising agency; empty where none is stated.
    texts : mapping of key to text
        The sealed statements in the letters' language, else in English: prescribed words are
        printed as the law has them, never as somebody's translation.
    codes : mapping of factor to ReasonCode
    words : Language
        What the kind of letter says in this language.
    disclosed : mapping
        ``decision.disclosed_score`` of the config; empty where it is not stated.
    example : bool
        Whether person and lender are invented (the demonstration).
    protected : names of the protected attributes and their columns
    age_permitted : whether age is scored by leave of 12 CFR 1002.6(b)(2), and may be a reason
    raw_names : names of model inputs and factors, which no person should read
    names_persons : whether the data say who the person is (``data.person``)
    several_creditors : whether the config names more than one lender
    paper : what the letters are printed on: letter or a4
    letterhead : the house's mark as a data address; empty where there is none
    packs : names of the packs in force
    program, model, cutoff : what decided, for kinds that tell the procedure
    config : the sealed config
    sealed : whether the audit is; no letter quotes an open one
    """

    creditor: Creditor
    agency: tuple[str, ...]
    texts: Mapping[str, str]
    codes: Mapping[str, ReasonCode]
    words: Language
    entity: str = "us"
    disclosed: Mapping[str, Any] = field(default_factory=dict)
    example: bool = False
    protected: frozenset[str] = frozenset()
    age_permitted: bool = False
    raw_names: frozenset[str] = frozenset()
    names_persons: bool = False
    several_creditors: bool = False
    paper: str = "letter"
    letterhead: str = ""
    packs: frozenset[str] = frozenset()
    config: Mapping[str, Any] = field(default_factory=dict)
    as_of: dt.date | None = None
    sealed: bool = True
    all_texts: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (language, key) -> text
    texts_lang: str = ENGLISH  # the language that the prescribed texts stand in: the letter's, else English

    def told(self, kind: str, entity: str, code: str, house: Path | None) -> Terms:
        """Return the terms of another kind of letter, in another place and language."""
        lender, several = _lender(self.config, entity)
        texts = _texts(self.all_texts, code)
        words = language(kind, code, entity, house)
        said = {language for language, key in self.all_texts if key in _PRESCRIBED}
        return replace(
            self,
            entity=entity,
            creditor=_creditor(lender),
            agency=agency_lines(lender.get("ecoa_agency"), texts),
            texts=texts,
            words=words,
            several_creditors=several,
            texts_lang=words.code if words.code in said else ENGLISH,
        )

    def statement_of(self, reason: Reason) -> str:
        """Return a reason's statement in the letters' language; empty where the dictionary has none.

        The record holds the English sentence, which is the one that was ranked and sealed; a letter in
        another language says the approved sentence of the same code.
        """
        if self.words.code == ENGLISH:
            return reason.statement
        code = self.codes.get(reason.factor)
        if code is None:
            return ""
        return code.statement_in(self.words.code, missing=reason.by_missing) or ""

    def is_approved(self, reason: Reason) -> bool:
        """Whether somebody approved the statements of the reason's factor, and of those merged into it."""
        codes = [self.codes.get(factor) for factor in (reason.factor, *reason.merged)]
        return all(code is not None and code.approved is not None for code in codes)


def read_terms(
    ledger: Ledger,
    audit_id: str,
    kind: str = "adverse_action",
    entity: str = "us",
    code: str = ENGLISH,
    house: Path | None = None,
) -> Terms:
    """Return what the letters of an audit share, from its sealed rows alone.

    Parameters
    ----------
    house : Path, optional
        The folder of the house's own templates and words.
    """
    audit = ledger.find(audit_id)
    config = audit.config
    texts = {(s.language, s.key): s.text for s in ledger.statements(audit.audit)}
    codes = {one.factor: _as_approved(one, audit.as_of) for one in ledger.codes(audit.audit)}
    protected = _part(config, "protected")
    away = _part(_part(config, "audit"), "kept_away")
    columns = {str(entry["column"]) for entry in protected.values() if (entry or {}).get("column")}
    common = Terms(
        creditor=Creditor("", ()),
        agency=(),
        texts={},
        codes=codes,
        words=language(kind, code, entity, house),
        disclosed=_part(_part(config, "decision"), "disclosed_score"),
        example=ledger.figure(audit.audit, "demonstration") is not None,
        protected=frozenset(protected) | columns | frozenset(away) | frozenset(map(str, away.values())),
        age_permitted=any((entry or {}).get("permitted") for entry in protected.values()),
        raw_names=frozenset(audit.model.inputs) | frozenset(codes),
        names_persons=bool(_part(config, "data").get("person")),
        paper=_part(config, "letters").get("paper") or "letter",
        packs=frozenset(str(name) for name in config.get("policies") or ()),
        config=config,
        as_of=audit.as_of,
        sealed=audit.state == "sealed",
        all_texts=texts,
    )
    return common.told(kind, entity, code, house)


def agency_lines(agency: object, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of the agency: a row of the pack by its name, or a name and address given."""
    if isinstance(agency, dict):
        name, address = _text(agency.get("name")), _lines(agency.get("address"))
        return (name, *address) if name and address else ()  # 1002.9(b)(1) asks for both
    return _lines(texts.get(f"agency.{agency}"))


def letterhead(path: Path) -> str:
    """Return the house's mark as a data address, so that no page asks for a file.

    Raises
    ------
    UsageError
        There is no such file, or it is no picture that a letter can hold.
    """
    kind = _PICTURES.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"letters.letterhead: {path.name} is no picture. Use one of {', '.join(_PICTURES)}.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"letters.letterhead: {path}: {error.strerror}. Correct the path.") from error
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _lender(config: Mapping[str, Any], entity: str) -> tuple[Mapping[str, Any], bool]:
    stated = _part(config, "entities").get(entity) or {}
    # 12 CFR 1002.9(g): one creditor a notice is what we print.
    return (stated, False) if isinstance(stated, dict) else ({}, True)


def _creditor(lender: Mapping[str, Any]) -> Creditor:
    return Creditor(
        name=_text(lender.get("name")),
        address=_lines(lender.get("address")),
        **{
            field: _text(lender.get(field))
            for field in ("phone", "dpo", "authority", "review_contact", "lawful_basis")
        },
    )


def _texts(every: Mapping[tuple[str, str], str], code: str) -> dict[str, str]:
    english = {key: text for (language, key), text in every.items() if language == ENGLISH}
    return english | {key: text for (language, key), text in every.items() if language == code}


def _as_approved(code: ReasonCode, as_of: dt.date) -> ReasonCode:
    # The finding on approvals counts a later one as none, so letters do the same.
    late = code.approved is not None and code.approved.date > as_of
    return replace(code, approved=None) if late else code


def _part(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return config.get(key) or {}


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _lines(value: object) -> tuple[str, ...]:
    lines = value if isinstance(value, list | tuple) else str(value or "").splitlines()
    return tuple(text for text in map(_text, lines) if text)
