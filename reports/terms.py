"""What all letters of one audit share: who writes, under whose supervision, in which words.

Read once from the sealed ledger, so that each letter costs only what is its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from audit.ledger import Ledger
    from audit.record import ReasonCode

LANGUAGE = "en"
ENTITY = "us"  # the key of `entities` that writes notices of US law


@dataclass(frozen=True, slots=True)
class Creditor:
    """The lender, as its letters name it."""

    name: str
    address: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """The facts and texts in force for every letter of an audit.

    Parameters
    ----------
    creditor : Creditor
        Empty fields where the config states none; a letter that needs them is refused.
    agency : tuple of str
        Lines of the supervising agency; empty where none is stated.
    texts : mapping of key to text
        The sealed statements in the letters' language.
    codes : mapping of factor to ReasonCode
    disclosed : mapping
        ``decision.disclosed_score`` of the config; empty where it is not stated.
    example : bool
        Whether person and lender are invented (the demonstration).
    protected : names of the protected attributes and their columns
    age_permitted : whether age is scored by leave of 12 CFR 1002.6(b)(2), and may be a reason
    raw_names : names of model inputs and factors, which no person should read
    names_persons : whether the data say who the person is (``data.person``)
    several_creditors : whether the config names more than one lender
    paper : what the letters are printed on
    sealed : whether the audit is; no letter quotes an open one
    """

    creditor: Creditor
    agency: tuple[str, ...]
    texts: Mapping[str, str]
    codes: Mapping[str, ReasonCode]
    disclosed: Mapping[str, Any] = field(default_factory=dict)
    example: bool = False
    protected: frozenset[str] = frozenset()
    age_permitted: bool = False
    raw_names: frozenset[str] = frozenset()
    names_persons: bool = False
    several_creditors: bool = False
    paper: str = "letter"
    sealed: bool = True


def read_terms(ledger: Ledger, audit_id: str) -> Terms:
    """Return what the letters of an audit share, from its sealed rows alone."""
    audit = ledger.find(audit_id)
    config = audit.config
    us = _part(config, "entities").get(ENTITY) or {}
    several = not isinstance(us, dict)  # 12 CFR 1002.9(g): one creditor a notice is what we print
    lender: Mapping[str, Any] = {} if several else us
    texts = {s.key: s.text for s in ledger.statements(audit.audit) if s.language == LANGUAGE}
    codes = {code.factor: _as_approved(code, audit.as_of) for code in ledger.codes(audit.audit)}
    protected = _part(config, "protected")
    columns = {str(entry["column"]) for entry in protected.values() if (entry or {}).get("column")}
    return Terms(
        creditor=Creditor(
            name=_text(lender.get("name")),
            address=_lines(lender.get("address")),
            phone=_text(lender.get("phone")),
        ),
        agency=agency_lines(lender.get("ecoa_agency"), texts),
        texts=texts,
        codes=codes,
        disclosed=_part(_part(config, "decision"), "disclosed_score"),
        example=ledger.figure(audit.audit, "demonstration") is not None,
        protected=frozenset(protected) | columns,
        age_permitted=any((entry or {}).get("permitted") for entry in protected.values()),
        raw_names=frozenset(audit.model.inputs) | frozenset(codes),
        names_persons=bool(_part(config, "data").get("person")),
        several_creditors=several,
        paper=_part(config, "letters").get("paper") or "letter",
        sealed=audit.state == "sealed",
    )


def agency_lines(agency: object, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of the agency: a row of the pack by its name, or a name and address given."""
    if isinstance(agency, dict):
        name, address = _text(agency.get("name")), _lines(agency.get("address"))
        return (name, *address) if name and address else ()  # 1002.9(b)(1) asks for both
    return _lines(texts.get(f"agency.{agency}"))


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
