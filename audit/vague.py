"""When the words of a reason say nothing about the applicant (R9), or only that it is another one (R21)."""

from __future__ import annotations

import re

# 12 CFR 1002.9(b)(2): that internal standards or policies were not met, or that no qualifying
# score was achieved, is insufficient as a reason.
_BANNED = re.compile(
    r"""\b(?:
        (?:internal\ )?(?:standards?|polic(?:y|ies)|criteria|criterion|guidelines?)
      | (?:standards?|criteria|requirements?)\ (?:(?:were|was|are)\ )?not\ met
      | (?:do|did|does)(?:\ not|n['’]t)\ (?:meet|satisfy|qualify|pass)
      | not\ (?:qualif(?:y|ied)|eligible) | unqualified | ineligib(?:le|ility)
      | scores? | ratings? | profiles? | bureau\ scores? | number\ of\ points
      | internal\ (?:reasons?|grounds?) | decision\ engine
      | machine\ learning | artificial\ intelligence | ai | adverse\ result
      | qualifying\ score | low(?:er)?\ score | (?:insufficient|inadequate|poor|weak)\ (?:scores?|points?)
      | scores?\ (?:(?:is|was|were|fell|falls|lies|too|far)\ )*
        (?:low|below|under|insufficient|inadequate|poor|weak)
      | scores?\ (?:is|was|did|does|do)(?:\ not|n['’]t) | (?:not\ enough|too\ few|insufficient)\ points?
      | models? | algorithms? | scorecards? | scoring | computer
      | (?:credit\ )?risk(?:\ (?:assessment|level|grade|tier|rating|profile))? | credit\ ?worthiness
      | (?:business|management|credit)\ decision | discretion
      | other | miscellaneous | unspecified
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)

# What stands around those words without saying anything about the applicant.
_FILLER = """
    a acceptable adverse category general prediction reach reached required threshold achieve
    achieved all an and any applicant applicants application are assessment at automated bank based
    because below by company computer credit creditor criteria criterion cutoff decided decision
    denied did do does due enough fail failed failing fails for from guidelines have high in
    insufficient internal is it its lender lending level low made meet meeting met minimum no not of
    on or our outcome output overall point points policies policy poor qualify qualifying reason
    reasons refused required requirement requirements result results risk satisfied score scored
    scores scoring standard standards statistical system than the this to too under underwriting
    unsatisfactory various was we were with you your
"""
FILLER = frozenset(_FILLER.split())

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
    return set(rest) <= FILLER


# The last box of the sample forms, "Other, specify:", and what stands in for it.
_OTHER = re.compile(
    r"""^\W*(?:other|miscellaneous|various|several|unspecified|unlisted|additional)\b
        (?:\W+(?:credit|specific|such|and|or|applicable|relevant))*
        (?:\W+(?:reasons?|factors?|grounds?|causes?|specify|information|details?|see|\d+)\b|\W*$)
      | \b(?:not|none)\W+(?:listed|specified|of\W+the\W+above)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def says_other(statement: str) -> bool:
    """Whether a statement is the box "other" in some words: a reason without one of its own.

    >>> says_other("Other, specify: see your file"), says_other("Other obligations are too high")
    (True, False)
    """
    return is_vague(statement) or _OTHER.search(statement) is not None
