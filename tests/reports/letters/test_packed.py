"""Contents that were compressed in parts expand to the very contents, and depend on nothing before them."""

from __future__ import annotations

import random
import zlib
from typing import Any

import pytest

from reports.compiled.cutting import Slot
from reports.compiled.packed import Packed
from reports.compiled.press import Press
from reports.compiled.shape import Shape
from reports.letter import Letters
from tests.worlds.many_letters import KINDS, US, printed, seeds
from tests.worlds.noticed import TODAY, Remembered, a_recipient

_SIGNS = [
    b"BT\n1 0 0 -1 96 73.85958 Tm\n",
    b"/LCRRNU 17.3 Tf\n[<0033>0<0004>] TJ\nET\n",
    b"\0\xff",
    b"q\n",
    b"",
]


def some_bytes(rng: random.Random, most: int) -> bytes:
    """Return drawing instructions, or any bytes."""
    if rng.random() < 0.5:
        return b"".join(rng.choices(_SIGNS, k=rng.randint(0, most // 10)))
    return rng.randbytes(rng.randint(0, most))


@pytest.mark.parametrize("seed", range(60))
def test_contents_come_back_as_they_were(seed: int) -> None:
    """Whatever the parts are, and however many slots stand beside one another."""
    rng = random.Random(seed)
    parts: list[bytes | Slot] = []
    values: dict[Slot, bytes] = {}
    for n in range(rng.randint(0, 12)):
        slot = Slot(rng.choice(("text", "number", "share", "code")), n)
        parts.append(slot if rng.random() < 0.5 else some_bytes(rng, 900))
        values[slot] = some_bytes(rng, rng.choice((20, 2000)))
    packed = Packed(parts)
    made = packed.filled(values.__getitem__)
    assert zlib.decompress(made) == b"".join(values[one] if isinstance(one, Slot) else one for one in parts)
    others = {slot: some_bytes(rng, 500) for slot in values}
    packed.filled(others.__getitem__)
    assert packed.filled(values.__getitem__) == made == Packed(parts).filled(values.__getitem__)


@pytest.mark.parametrize("n", [0, 1, 65_534, 65_535, 65_536, 200_000])
def test_what_one_stored_block_cannot_hold_stands_in_several(n: int) -> None:
    """A stored block says its length in two bytes."""
    content = random.Random(n).randbytes(n)
    assert zlib.decompress(Packed([content]).filled(lambda _: b"")) == content
    slot = Slot("code", 0)
    assert zlib.decompress(Packed([b"a", slot, b"b"]).filled(lambda _: content)) == b"a" + content + b"b"


def test_what_many_say_is_shorter_than_it_was() -> None:
    """Parts that repeat themselves are compressed, each by itself, and a sentence of an own slot is too."""
    still, slot = b"".join(_SIGNS) * 20, Slot("text", 0)
    made = Packed([still, slot, still]).filled(lambda _: b"<0033>0<0004>0" * 40)
    assert len(made) < len(still) / 4


def test_one_altered_byte_is_found_by_the_sum() -> None:
    """The stream ends with the sum of its content, which each reader reckons."""
    made = bytearray(Packed([b"abc", Slot("text", 0)]).filled(lambda _: b"own"))
    at = bytes(made).index(b"own")
    made[at] ^= 1
    with pytest.raises(zlib.error, match="incorrect data check"):
        zlib.decompress(made)


def test_letters_share_plates_and_their_bytes_do_not_depend_on_it() -> None:
    """A press that has the plate writes what one writes that makes it, and does so for many from few."""
    press = Press()
    made = {}
    for seed in seeds("adverse_action", "en", 8):
        made[seed] = printed("adverse_action", "en", seed, press=press)
    assert press.stamped == 8
    for seed, letter in made.items():
        assert printed("adverse_action", "en", seed, press=press) == letter
        assert printed("adverse_action", "en", seed, press=Press()) == letter
    assert press.stamped == 16


def test_a_letter_whose_blanks_are_filled_is_the_one_that_is_rendered_alone() -> None:
    """What is a person's own is told by the letter's facts, not by whether its words were filled."""
    press, ledger = Press(), Remembered()
    many = Letters(ledger, "latest", press=press)  # type: ignore[arg-type]
    for name in ("Jo Li", "Mary O’Connor", "Zoë & Sons <Ltd>", "Ann Example"):
        whom = a_recipient(name=name)
        alone = Letters(ledger, "latest", press=Press())  # type: ignore[arg-type]
        made = many.render(ledger.decided, whom, date=TODAY)
        assert isinstance(made, tuple)
        assert made == alone.render(ledger.decided, whom, date=TODAY)
    assert many._pages.filled == 2
    assert press.stamped == 4
    assert len(press._alikes) == 1


@pytest.mark.parametrize(("kind", "lang"), [one for one in KINDS if one[0] in US])
def test_what_is_a_persons_own_is_a_text_by_itself(
    kind: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No text holds an own value beside other words: a plate would then be made for each letter."""
    seen: list[Shape] = []
    alike = Press._alike

    def noted(self: Press, shape: Shape, *rest: Any) -> Any:
        seen.append(shape)
        return alike(self, shape, *rest)

    monkeypatch.setattr(Press, "_alike", noted)
    press = Press()
    for seed in seeds(kind, lang, 6):
        printed(kind, lang, seed, press=press)
    assert len(seen) == 6
    for shape in seen:
        assert shape.own is not None
        assert shape.own & set(shape.texts)
        for text in set(shape.texts) - shape.own:
            assert not [one for one in shape.own if len(one) > 3 and one in text], text


def test_a_press_lets_go_of_plates(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps no more than so many, and its letters stay the same."""
    monkeypatch.setattr("reports.compiled.press._KEPT", 3)
    press = Press()
    some = seeds("adverse_action", "en", 4) * 2
    made = [printed("adverse_action", "en", seed, press=press) for seed in some]
    assert made[:4] == made[4:]
    assert len(press._alikes) <= 3
    assert press.stamped == 8
