"""Other values of the same shape, made from a letter's own: what a compiled page is proved with.

Each text becomes another that takes as many lines, so that a page compiled from either must come out
the same, and nothing of the first letter can be left in what all others share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.compiled.cutting import Uncut
from reports.compiled.setting import Unset
from reports.compiled.stated import Stated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.compiled.setting import Setter

_FROM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_TURNED = str.maketrans(_FROM, "eabcdpfghiqnojlmurksvtzwyxENABCDPFGHIQOJLMURKSVTZWYX3571908264")
_FILLER = ["Vary", "A.", "Tôkén", "of", "70", "Other", "Wörds,", "said", "in", "plain", "letters", "till"]
_FILLER += ["the", "lines", "are", "full"]


def other_texts(
    texts: Sequence[str], setters: Sequence[Setter | None], counts: Sequence[int]
) -> tuple[str, ...]:
    """Return texts that take as many lines as these do; those without a setter stay.

    Raises
    ------
    Uncut
        For one of them none is found.
    """
    return tuple(
        text if setter is None else _other(text, setter, count)
        for text, setter, count in zip(texts, setters, counts, strict=True)
    )


def other_number(number: str) -> str:
    """Return a number of the same length.

    >>> other_number("N-18563")
    'J-56081'
    """
    return number.translate(_TURNED)


def other_share(share: str) -> str:
    """Return another share, in percent.

    >>> other_share("56.73")
    '94.14'
    """
    return f"{(float(share) + 37.41) % 100:.2f}"


def other_stated(said: Stated) -> Stated:
    """Return another title and other days, where a page has any.

    >>> other_stated(Stated("Notice of 2026", created="2026-11-20"))
    Stated(title='Jlshbd lp 7378', created='1998-11-30', modified='')
    """
    created, modified = said.created and "1998-11-30", said.modified and "1999-12-31"
    return Stated(said.title.translate(_TURNED), created, modified)


def _other(text: str, setter: Setter, count: int) -> str:
    for one in _candidates(text):
        try:
            if one != text and len(setter.lines(one)) == count:
                return one
        except Unset:
            continue
    raise Uncut("a text for which no other of as many lines was found")


def _candidates(text: str) -> Iterator[str]:
    turned = text.translate(_TURNED).split(" ")
    for before in ([], ["Vary"], ["An", "Other"], ["I"]):
        yield " ".join([*before, *turned])
        words = [*before, *turned, *_FILLER * 40]
        for change in range(1, 60):
            for n in (len(turned) - change, len(turned) + change):
                if n > 0:
                    yield " ".join(words[:n])
    yield from ("Zq", "7", "n")
