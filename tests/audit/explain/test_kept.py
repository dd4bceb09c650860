"""What is kept of a reference serves one scorer, one key and nothing else."""

from __future__ import annotations

import gc

import numpy as np

from audit.explain.kept import AT_MOST, _of_scorers, content, kept

ROWS = np.array([[1.0], [2.0]])


class Anything:
    """A scorer that somebody can wait for the end of."""

    weight = 1.0

    def score_encoded(self, encoded):
        """Return float64[n]."""
        return self.weight * encoded[:, 0]


class Slotted:
    """A scorer of which nobody hears when it ends."""

    __slots__ = ()

    def score_encoded(self, encoded):
        """Return float64[n]."""
        return encoded[:, 0]


def test_the_same_question_is_asked_once():
    """Of one scorer and one key; another scorer is another question."""
    one, other, asked = Anything(), Anything(), []

    def find():
        asked.append(1)
        return len(asked)

    assert [kept(one, ROWS, "a", find), kept(one, ROWS, "a", find), kept(one, ROWS, "b", find)] == [1, 1, 2]
    assert kept(other, ROWS, "a", find) == 3
    assert [kept(Slotted(), ROWS, "a", find) for _ in range(2)] == [4, 5]


def test_another_reference_or_a_model_that_was_changed_is_asked_anew():
    """Weights that are set under way show in the scores of the reference."""
    one = Anything()
    assert kept(one, ROWS, "a", lambda: 1) == 1
    assert kept(one, ROWS[::-1], "a", lambda: 2) == 2
    one.weight = 0.5
    assert kept(one, ROWS, "a", lambda: 3) == 3


def test_no_more_is_kept_than_stated_and_nothing_of_who_has_ended():
    """The oldest goes first."""
    one = Anything()
    for key in range(AT_MOST + 1):
        kept(one, ROWS, key, lambda key=key: key)
    assert kept(one, ROWS, 0, lambda: "anew") == "anew"
    assert kept(one, ROWS, AT_MOST, lambda: "anew") == AT_MOST
    place = id(one)
    assert len(_of_scorers[place]) == AT_MOST
    del one
    gc.collect()
    assert place not in _of_scorers


def test_arrays_are_told_apart_by_what_they_hold():
    """Bytes, shape, kind of number, and words."""
    numbers = np.arange(4.0)
    assert content(numbers) == content(numbers.copy())
    told = [numbers, numbers[::-1], numbers.reshape(2, 2), numbers.astype("float32"), np.array(["a"], object)]
    assert len({content(one) for one in told}) == len(told)
    assert content(np.array(["a", "b"], object)) == content(np.array(["a", "b"], object))
