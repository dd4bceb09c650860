"""Words that say which way: "too many", "insufficient", "high" (R19).

They say something of the model and not only of the applicant: that more (or less) of it never helps. So
they need a declared direction, and an effect that goes that way (``audit.review.effects``). A name without a
side, such as "length of residence", needs neither (comment 9(b)(2)-3).

Known limit: words are looked for in English, Spanish, German and French. "Poor" and "unacceptable" judge and
name no side, so they are none of them.
"""

from __future__ import annotations

import re
from typing import Literal

Side = Literal["high", "low", "either"]

_SIDES: dict[str, dict[Side, str]] = {
    "en": {
        "high": r"too (?:many|much|high|large|long|great|big|often|frequent(?:ly)?|heavy|old)"
        r"|excessive(?:ly)?|(?:very |so )?high(?:er)?(?!\s+school|-|\w)|above",
        "low": r"too (?:few|little|low|small|short|new|young)|insufficient(?:ly)?|inadequate(?:ly)?"
        r"|not (?:enough|sufficient|adequate|long enough)|low(?:er)?(?!-|\w)|lack of|limited|below|few(?!\w)"
        r"|short(?!-|\s+term|\w)",
        "either": r"too \w+",
    },
    "es": {
        "high": r"demasiad[oa]s?|excesiv[oa]s?|elevad[oa]s?|(?:muy )?alt[oa]s?(?!\w)|superior(?:es)? a",
        "low": r"insuficientes?|muy poc[oa]s?|baj[oa]s?(?!\w)|falta de|limitad[oa]s?|inferior(?:es)? a",
        "either": r"demasiado \w+",
    },
    "de": {
        "high": r"zu (?:viele?|hohe?|groß\w*|lang\w*|häufig\w*)|übermäßig\w*|hohe[rsn]?(?!\w)|überhöht\w*",
        "low": r"zu (?:wenige?|gering\w*|niedrig\w*|klein\w*|kurz\w*|jung\w*|neu\w*)|unzureichend\w*"
        r"|nicht ausreichend\w*|niedrige?[rsn]?(?!\w)|geringe?[rsn]?(?!\w)|fehlende?[rsn]?(?!\w)",
        "either": r"zu \w+ (?=bemessen)",
    },
    "fr": {
        "high": r"trop (?:de|d['’]|élevée?s?|grande?s?|longue?s?)|excessi(?:f|ve)s?|élevée?s?(?!\w)",
        "low": r"insuffisant\w*|trop (?:peu|faibles?|courte?s?|récente?s?)|faibles?(?!\w)|manque d"
        r"|limitée?s?",
        "either": r"trop \w+",
    },
}
_PATTERNS = {
    tongue: [(side, re.compile(rf"\b(?:{words})", re.IGNORECASE)) for side, words in sides.items()]
    for tongue, sides in _SIDES.items()
}


def side_of(text: str, language: str = "en") -> tuple[Side, str] | None:
    """Return which side the words name, and the word that does; None where they name none.

    >>> side_of("Too many recent inquiries"), side_of("Length of residence")
    (('high', 'Too many'), None)
    """
    found: list[tuple[int, Side, str]] = []
    for side, pattern in _PATTERNS.get(language.partition("-")[0], []):
        match = pattern.search(text)
        if match is not None:
            found.append((match.start(), side, match[0]))
    if not found:
        return None
    named = {side for _, side, _ in found} - {"either"}
    _, side, word = min(found, key=lambda one: (one[0], one[1] == "either"))
    return (side, word) if len(named) == 1 and side in named else ("either", word)
