"""Which items of the sample forms C-1 and C-2 sound like a factor: hints for whoever writes its words.

They are never taken as words by themselves: a factor that is not really the one of the list needs its own
statement (12 CFR part 1002, appendix C, paragraphs 3 and 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from audit.policy import seed_reasons
from audit.start.names import words_of

# 12 CFR 1003.4(a)(16)
HMDA = {
    1: "debt-to-income ratio", 2: "employment history", 3: "credit history", 4: "collateral",
    5: "insufficient cash", 6: "unverifiable information", 7: "application incomplete",
    8: "mortgage insurance denied", 9: "other",
}  # fmt: skip

# Words of a column's name -> entries of the pack's list (form C-1), and what form C-2 says, in short.
_SIGNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        r"employ\w*|emp|job|occupation",
        ("length_of_employment", "irregular_employment"),
        "employment too short",
    ),
    (
        r"income|salary|wage|earnings",
        ("income_insufficient", "unverified_income"),
        "income below the minimum",
    ),
    (
        r"dti|debt|obligations?|installments?|instalments?|liabilit\w+",
        ("obligations_to_income",),
        "obligations excessive in relation to income",
    ),
    (r"residence|address|tenure|housing", ("length_of_residence", "temporary_residence"), ""),
    (r"inq\w*|enquir\w*", ("recent_inquiries",), ""),
    (
        r"late|delinq\w*|arrears|dpd|past|status|pay|payment|payments|paid",
        ("delinquent_with_others", "poor_performance_with_us"),
        "payment history unsatisfactory",
    ),
    (r"bankrupt\w*", ("bankruptcy",), ""),
    (r"collections?|judgments?|derog\w*|public", ("collection_or_judgment",), ""),
    (r"garnish\w*|attachment", ("garnishment_or_attachment",), ""),
    (r"foreclos\w*|repossess\w*", ("foreclosure_or_repossession",), ""),
    (r"collateral|property|ltv|vehicle|car", ("collateral",), ""),
    (r"references?", ("too_few_references", "unacceptable_references"), "too few references"),
    (r"savings|checking|deposits?|account", ("no_deposit_relationship", "bank_references"), ""),
    (
        r"history|experience|credits?|file|oldest|accounts",
        ("limited_credit_experience", "no_credit_file"),
        "",
    ),
    (r"down|downpayment", ("down_payment",), ""),
)


@dataclass(frozen=True, slots=True)
class Hint:
    """What the sample forms say of such a thing, and the HMDA code that goes with it."""

    texts: tuple[str, ...]
    hmda: int | None


def hint_for(columns: Iterable[str]) -> Hint | None:
    """Return the items that sound like these columns; None where none does."""
    words = [word for column in columns for word in words_of(column)]
    seeds = {seed.factor: seed for seed in seed_reasons("us_ecoa_regb")}
    for pattern, names, said in _SIGNS:
        if any(re.fullmatch(pattern, word) for word in words):
            texts = [f"{seeds[name].statement['en']} (C-1)" for name in names]
            return Hint((*texts, f"{said} (C-2)") if said else tuple(texts), seeds[names[0]].hmda)
    return None
