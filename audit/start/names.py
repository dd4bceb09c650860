"""What a column's name says: its words, and what an applicant would call it.

A guess from a name is a proposal, and everything that is made of it says so.
"""

from __future__ import annotations

import re

_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_SHORT = {
    "acct": "account", "accts": "accounts", "addr": "address", "amt": "amount", "avg": "average",
    "bal": "balance", "del": "delinquent", "delinq": "delinquent", "dti": "debt-to-income ratio",
    "emp": "employment", "hist": "history", "inq": "inquiries", "inqs": "inquiries",
    "ltv": "loan-to-value ratio", "mo": "months", "mths": "months", "mnths": "months", "no": "number",
    "nr": "number", "num": "number", "obs": "observed", "pct": "percent", "pmt": "payment",
    "prev": "previous", "qty": "number", "rev": "revolving", "tot": "total", "util": "utilisation",
    "yrs": "years", "bin": "band", "dpd": "days past due",
}  # fmt: skip
_UNITS = {
    "months": "in months", "years": "in years", "days": "in days", "percent": "in percent", "dm": "",
    "eur": "", "usd": "", "ntd": "", "000s": "", "k": "",
}  # fmt: skip
# A stem that says nothing: x1, v12, feature_3, col_a.
_GENERIC = frozenset((
    "x", "v", "f", "z", "c", "var", "variable", "feature", "feat", "col", "column", "field", "attr",
    "attribute", "input",
))  # fmt: skip


def words_of(column: str) -> tuple[str, ...]:
    """Return the words of a column's name, in small letters.

    >>> words_of("creditLimit_USD"), words_of("BILL_AMT1")
    (('credit', 'limit', 'usd'), ('bill', 'amt', '1'))
    """
    return tuple(word.lower() for word in _SPLIT.split(column) if word)


def is_cryptic(column: str) -> bool:
    """Return whether a name says nothing that could stand in a letter."""
    words = [word for word in words_of(column) if not word.isdigit()]
    telling = [word for word in words if word not in _GENERIC and (len(word) > 2 or word in _SHORT)]
    return not any(re.search("[aeiouy]", _SHORT.get(word, word)) for word in telling)


def phrase(column: str) -> str:
    """Return what a column may be called in a sentence; empty where its name says nothing.

    >>> phrase("duration_months"), phrase("BILL_AMT1"), phrase("x12")
    ('Duration in months', 'Bill amount', '')
    """
    if is_cryptic(column):
        return ""
    words = [_SHORT.get(word, word) for word in words_of(column) if len(word) > 1 and not word.isdigit()]
    unit = ""
    if len(words) > 1 and words[-1] in _UNITS:
        unit = _UNITS[words.pop()]
    said = " ".join([*words, unit] if unit else words)
    return said[:1].upper() + said[1:]
