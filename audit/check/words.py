"""The words of decisions, outcomes and groups: what a reader would take for another word than was meant.

Only the adverse word is stated, so that every other one is favourable; and each spelling of a group is a
group. A missing value that a program wrote as a word, a score where a decision is expected, or ``No`` beside
``no`` would therefore move rates and say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.config import Config, Inspection
from audit.config.nearest import did_you_mean, listed
from audit.errors import Fault

TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")
MISSING = frozenset({"nan", "<na>", "nat", "null", "#n/a"})  # how programs write that nothing is there
_FEW = 50

Stated = str | int | float | bool


def label_faults(config: Config, inspection: Inspection) -> Iterator[Fault]:
    """Yield what is wrong with the words of ``decision.taken`` and ``data.observed``."""
    for loc, stated, words, way_out in (
        (
            ("decision", "taken"),
            config.decision.taken,
            inspection.taken,
            "Name a column that holds a word for each decision; scores stand under model.scores",
        ),
        (
            ("data", "observed"),
            config.data.observed,
            inspection.observed,
            "Name a column that says whether it happened",
        ),
    ):
        if stated is None or not words:
            continue
        others = {word: n for word, n in words.items() if not _is_word(word, stated.adverse)}
        lost = {word: n for word, n in others.items() if word.lower() in MISSING}
        if lost:
            fact = f"{stated.column!r} says {counted(lost)}: a missing value, which would count as favourable"
            yield config.lines.fault((*loc, "column"), fact, "Leave these cells empty")
        if any(_is_fraction(word) for word in others):
            fact = f"{stated.column!r} holds {len(words):,} different values with fractions among them"
            yield config.lines.fault((*loc, "column"), fact, way_out)
        elif len(others) < len(words):
            alike = {word: n for word, n in others.items() if _folded(word) == _folded(str(stated.adverse))}
            if alike and not isinstance(stated.adverse, bool):
                fact = f"{stated.column!r} says {stated.adverse!r} and also {counted(alike)}, as favourable"
                yield config.lines.fault((*loc, "adverse"), fact, "Write both alike")
        elif config.audit.kind == "population":
            # One word alone may be a population without a single refusal. Of two, neither is what is stated.
            meant = did_you_mean(str(stated.adverse), words)
            if len(words) > 1 or meant:
                fact = f"no row of {stated.column!r} is {stated.adverse!r} (it holds {counted(words)})"
                yield config.lines.fault((*loc, "adverse"), fact, f"{meant}Name the word of the adverse ones")


def group_faults(config: Config, name: str, groups: Mapping[str, int]) -> Iterator[Fault]:
    """Yield what is wrong with the names of an attribute's groups.

    Parameters
    ----------
    name : of the attribute
    groups : group -> rows, without those of whom it is unknown
    """
    lost = {group: n for group, n in groups.items() if group.lower() in MISSING}
    if lost:
        fact = f"{config.protected[name].column!r} says {counted(lost)}: a missing value, taken for a group"
        yield config.lines.fault(
            ("protected", name), fact, "Leave these cells empty: they are then 'unknown'"
        )
    spelt: dict[str, dict[str, int]] = {}
    for group, n in groups.items():
        spelt.setdefault(_folded(group), {})[group] = n
    twice = {group: n for one in spelt.values() if len(one) > 1 for group, n in one.items()}
    if twice:
        fact = f"groups differ in capitals and spaces alone ({counted(twice)})"
        yield config.lines.fault(("protected", name), fact, "Write each group in one way")


def counted(words: Mapping[str, int]) -> str:
    """Return words with their rows; of many only how many, since a name or an id is not repeated."""
    if len(words) > _FEW:
        return f"{len(words):,} different values"
    ordered = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    return listed(f"{word or '(empty)'} {n:,}" for word, n in ordered)


def _is_word(word: str, stated: Stated) -> bool:
    if isinstance(stated, bool):
        return word.lower() in (TRUE if stated else FALSE)
    try:
        return word == str(stated).strip() or float(word) == float(stated)
    except ValueError:
        return False


def _is_fraction(word: str) -> bool:
    try:
        return float(word) % 1 > 0
    except ValueError:
        return False


def _folded(word: str) -> str:
    return "".join(word.casefold().split())
