"""How many years of school an English sentence asks for, by Flesch and Kincaid.

Source: Kincaid, Fishburne, Rogers and Chissom (1975), Research Branch Report 8-75:
grade = 0.39 words a sentence + 11.8 syllables a word - 15.59.

Why so, an own count of syllables: hyphenation leaves out every split that is bad typography, and so
counts too few. This one goes by the groups of vowels and the silent endings. It is reported and never
a fault: the formula was fitted to passages, and a reason is a phrase.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?]+(?:\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")
# Two vowels that are spoken apart: ma-te-ri-al, pe-ri-od, ex-pe-ri-ence, cre-ate, a-re-a, ra-ti-o.
_APART = re.compile(r"(?<![ctsgx])i(?:a|o|ence|ent)|cre(?=at)|rea(?=s?$)|tio$")
# And vowels that are not spoken: mar-riage, busi-ness, eve-ning, fore-clo-sure.
_SILENT = re.compile(r"rriage|business|^every|^evening|^fore")
_SILENT_END = re.compile(r"[^aeiouy]e$|[^aeiouytd]ed$|[^aeiouycsxzg]es$")
_SPOKEN_END = re.compile(r"[^aeiouylr]les?$|[cs]hes$")  # ta-ble, ti-tles, bran-ches


@lru_cache(8192)  # letters are made of few words
def syllables(word: str) -> int:
    """Return how many syllables an English word has, at least one.

    >>> [syllables(word) for word in ("loan", "credit", "obligations", "experience")]
    [1, 2, 4, 4]
    """
    letters = re.sub(r"[^a-z]", "", word.lower())
    if letters.endswith("ment") and len(letters) > 7:
        return syllables(letters[:-4]) + 1  # state-ment: the e before it is silent
    n = len(_VOWELS.findall(letters)) + len(_APART.findall(letters)) - len(_SILENT.findall(letters))
    if _SILENT_END.search(letters) and not _SPOKEN_END.search(letters):
        n -= 1
    return max(n, 1)


def grade(text: str) -> float | None:
    """Return the Flesch-Kincaid grade of an English text; None where it holds no word.

    A phrase without a full stop is one sentence. The grade of very short words is below 0.
    """
    return _grade([_counted(text)])


def grade_of_lines(lines: Iterable[str]) -> float | None:
    """Return the grade of lines that each end with a sentence, as ``grade`` of all of them in one text.

    >>> grade_of_lines(["We used a loan file.", "You can ask."]) == grade("We used a loan file. You can ask.")
    True
    """
    return _grade(list(map(_counted, lines)))


@lru_cache(4096)  # most lines of a letter are said to everybody
def _counted(text: str) -> tuple[int, int, int]:
    """Return the words, the sentences that end, and the syllables of a text."""
    words = _WORD.findall(text)
    return len(words), len(_SENTENCE.findall(text)), sum(map(syllables, words))


def _grade(counted: Sequence[tuple[int, int, int]]) -> float | None:
    words = sum(n for n, _, _ in counted)
    if not words:
        return None
    sentences = max(1, sum(n for _, n, _ in counted))
    return 0.39 * words / sentences + 11.8 * sum(n for _, _, n in counted) / words - 15.59
