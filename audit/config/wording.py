"""When the words of a reason say nothing about the applicant (R9)."""

from __future__ import annotations

import re

# 12 CFR 1002.9(b)(2): that internal standards or policies were not met, or that no qualifying
# score was achieved, is insufficient as a reason.
_BANNED = re.compile(
    r"\b(internal (standards?|polic(y|ies)|criteria)|polic(y|ies)"
    r"|(standards?|criteria) ((were|was|are) )?not met"
    r"|qualifying score|score ((is|was) )?(too )?low|low score|insufficient score|models?|algorithms?"
    r"|risk assessment)\b",
    re.IGNORECASE,
)

# What stands around those words without saying anything about the applicant.
_FILLER = """
    a acceptable achieve achieved an and applicant applicants application are assessment at automated bank
    based because below by company computer credit creditor criteria cutoff
    decided decision denied did do does due enough fail failed failing fails for from guidelines have high
    in insufficient internal is its lender lending low made meet meeting met minimum no not of on or
    our outcome output overall policies policy poor qualify qualifying reason refused required requirement
    requirements result results risk satisfied score scored scores scoring standard standards statistical
    system than the this to too under underwriting unsatisfactory was we were with you your
"""

_WORD = re.compile(r"[^\W\d_]+")
_POSSESSIVE = re.compile(r"['’]s\b")


def is_vague(statement: str) -> bool:
    """Whether a statement names a score, a model or a policy, and nothing specific beside it.

    >>> is_vague("Your score is too low"), is_vague("Age or model of the automobile")
    (True, False)
    """
    plain = _POSSESSIVE.sub("", statement)
    if not _BANNED.search(plain):
        return False
    rest = _WORD.findall(_BANNED.sub(" ", plain).lower())
    return set(rest) <= set(_FILLER.split())
