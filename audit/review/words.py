"""What can be said of a dictionary's words without looking at a model: R9, R10, and what letters need.

Vague words, duplicate codes and columns, and languages that are spelt wrong are faults of the file already
(``audit.config.dictionary``); here is what a file may say and a letter should not.

Why so, the lengths: a reason is one line of a letter. Appendix C of Regulation B says all of its own in at
most nine words; a statement of more than 20 words, or 120 letters, explains, and a notice need not (comment
9(b)(2)-3). That line is ours.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

from audit.config.dictionary import Dictionary
from audit.config.nearest import listed
from audit.config.reader import Loc
from audit.errors import Fault
from audit.record import ReasonCode

MOST_WORDS, MOST_LETTERS = 20, 120
_RAW_NAME = re.compile(r"[_\d.]|[a-z][A-Z]")  # as letters refuse it: an ordinary word is nobody's column
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


def statements(code: ReasonCode) -> Iterator[tuple[Loc, str, str]]:
    """Yield place, language and text of every statement of a factor."""
    for tongue, text in code.statement.items():
        yield (code.factor, "statement", tongue), tongue, text
    for tongue, text in code.missing_statement.items():
        yield (code.factor, "missing", "statement", tongue), tongue, text


def word_faults(dictionary: Dictionary, columns: Sequence[str], as_of: dt.date) -> Iterator[Fault]:
    """Yield what of a dictionary's words should not reach a letter.

    Parameters
    ----------
    columns : the columns that the model reads
    as_of : the day of the audit; an approval after it is none
    """
    yield from _same_words(dictionary)
    yield from _languages(dictionary)
    names = {*columns, *(code.factor for code in dictionary.codes)}
    raw = sorted(name for name in names if _RAW_NAME.search(name))
    open_ = {fault.place for fault in dictionary.faults}
    for code in dictionary.codes:
        for loc, _, text in statements(code):
            yield from _form(dictionary, loc, text, raw)
        yield from _approval(dictionary, code, as_of, open_)


def _same_words(dictionary: Dictionary) -> Iterator[Fault]:
    first: dict[tuple[str, str], str] = {}
    for code in dictionary.codes:
        for loc, tongue, text in statements(code):
            said = tongue, " ".join(re.findall(r"\w+", text.casefold()))
            other = first.setdefault(said, code.factor)
            if other != code.factor:
                # R10, R11: factors of one statement become one reason in the letter.
                fact = f"{other} has the same words, so that letters cannot tell the two apart"
                way_out = "Say what is this factor's own, or make one factor of both"
                yield dictionary.lines.fault(loc, fact, way_out)


def _languages(dictionary: Dictionary) -> Iterator[Fault]:
    wanted: dict[str, int] = {}
    for code in dictionary.codes:
        for tongue in code.statement:
            wanted[tongue] = wanted.get(tongue, 0) + 1
    n = len(dictionary.codes)
    for code in dictionary.codes:
        for tongue in sorted({*code.statement, *code.missing_statement}):
            if not _LANGUAGE.fullmatch(tongue):
                yield dictionary.lines.fault(
                    (code.factor, "statement", tongue), f"{tongue!r} is no language", "Write en, es, de, fr …"
                )
        parts: tuple[tuple[Loc, Mapping[str, str]], ...] = ((("statement",), code.statement),)
        if code.missing_statement:
            parts += ((("missing", "statement"), code.missing_statement),)
        for place, words in parts:
            lacking = [tongue for tongue in sorted(wanted) if tongue not in words and tongue != "en"]
            if lacking:
                told = listed(f"{tongue} ({wanted[tongue]} of {n} factors have it)" for tongue in lacking)
                fact = f"there are no words in {told}"
                yield dictionary.lines.fault(
                    (code.factor, *place), fact, "Add them: letters in that language need every factor"
                )


def _form(dictionary: Dictionary, loc: Loc, text: str, raw: Sequence[str]) -> Iterator[Fault]:
    n_words = len(text.split())
    if n_words > MOST_WORDS or len(text) > MOST_LETTERS:
        fact = (
            f"{n_words} words and {len(text)} letters (at most {MOST_WORDS} and {MOST_LETTERS} fit a reason)"
        )
        yield dictionary.lines.fault(loc, fact, "Name what counted, and leave the explanation out")
    named = [name for name in raw if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    if named:
        fact = f"the words hold the name of a column ({listed(named)}), and letters refuse that"
        yield dictionary.lines.fault(loc, fact, "Say it in words that an applicant knows")


def _approval(dictionary: Dictionary, code: ReasonCode, as_of: dt.date, open_: set[str]) -> Iterator[Fault]:
    loc = (code.factor, "approved")
    if code.approved is None:
        if ".".join(loc) not in open_:  # or it is said there already that it is to be completed
            fact = "nobody approved this statement, so letters with it are drafts"
            yield dictionary.lines.fault(loc, fact, "Add approved: {by: NAME, date: 2026-11-20} once read")
    elif code.approved.date > as_of:
        fact = f"it was approved on {code.approved.date}, after the day of the audit ({as_of})"
        yield dictionary.lines.fault(loc, fact, "Mend the date, or audit.as_of")
