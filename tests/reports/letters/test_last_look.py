"""The last look finds the same in a letter's words as in its lines, and a missing sign however it counts."""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from reports import kinds
from reports.compiled.blanks import Pages
from reports.printing import Page, _lacking
from tests.worlds.many_letters import KINDS, printed

MANY = 10


def looked_at(
    kind: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Page, tuple[Any, ...], dict[str, Any]]]:
    """Return the pages of some random letters, and what else their last looks were given."""
    seen: list[Page] = []
    found: list[tuple[Page, tuple[Any, ...], dict[str, Any]]] = []
    module: Any = kinds.KINDS[kind].content
    page, broken = Pages.page, module.broken

    def noted(self: Pages, *facts: Any) -> Page:
        seen.append(page(self, *facts))
        return seen[-1]

    def looked(*facts: Any, **more: Any) -> Any:
        assert (more["text_words"], more["html_words"]) == (seen[-1].said, seen[-1].html_said)
        found.append((seen[-1], facts, more))
        return broken(*facts, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Pages, "page", noted)
        patched.setattr(module, "broken", looked)
        for seed in range(1, MANY + 1):
            printed(kind, lang, seed, formats=("txt",), strange=True)
    return found


def spoilt(lines: str, rng: random.Random) -> str:
    """Return lines with a word lost, doubled, swapped, or of another script."""
    words = lines.split(" ")
    at = rng.randrange(len(words))
    words[at] = rng.choice(("", words[at] * 2, "Σ王", "\u00a0", words[at - 1], "late_3", words[at].upper()))
    return " ".join(words)


@pytest.mark.parametrize(("kind", "lang"), KINDS)
def test_words_and_lines_break_the_same_checks(kind: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found in the lines of a letter, whole or spoilt, is found in its words."""
    module: Any = kinds.KINDS[kind].content
    letters = looked_at(kind, lang, monkeypatch)
    assert letters
    rng, n = random.Random(f"{kind}/{lang}"), 0
    for page, facts, more in letters:
        assert page.said == " ".join(page.text.split())
        assert page.html_said == " ".join(page.html_words.split())
        pairs = [(page.text, page.html_words)]
        for _ in range(12):
            pairs.append((spoilt(page.text, rng), rng.choice((page.html_words, spoilt(page.text, rng)))))
        for text, html in pairs:
            of_lines = module.broken(*facts, **{**more, "text_words": text, "html_words": html})
            words = {"text_words": " ".join(text.split()), "html_words": " ".join(html.split())}
            assert module.broken(*facts, **{**more, **words}) == of_lines
            n += bool(of_lines)
    assert n > len(letters)


@pytest.mark.parametrize("seed", range(300))
def test_a_sign_that_is_not_drawn_is_missed_however_it_is_looked_for(seed: int) -> None:
    """Equal texts on both sides are left out of the count, and the count comes to the same."""
    rng = random.Random(seed)
    texts = ["Jo Li", "aa b", "b aa", "12", "21", "", "a", "ab ba"]
    still, drawn = (" ".join(rng.choices(texts, k=rng.randint(0, 4))) for _ in range(2))
    told, lines = (rng.choices(texts, k=rng.randint(0, 4)) for _ in range(2))
    if rng.random() < 0.5:
        drawn, lines = still + drawn, [*told, *lines]
        rng.shuffle(lines)
    needed = Counter((still + "".join(told)).replace(" ", ""))
    needed.subtract(Counter((drawn + "".join(lines)).replace(" ", "")))
    page: Any = SimpleNamespace(still=still, told=tuple(told))
    assert _lacking(page, [drawn, *lines]) == any(n > 0 for n in needed.values())
