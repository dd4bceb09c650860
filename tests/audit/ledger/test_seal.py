"""Canonical bytes: different things never hash alike, and equal things always do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.ledger import seal

VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.binary()
VALUES |= st.floats(allow_nan=False, allow_infinity=False)


def told_apart(values: list[object]) -> list[tuple[str, object]]:
    """Return the values with their types, as packing tells them apart."""
    return [(type(v).__name__, v + 0.0 if isinstance(v, float) else v) for v in values]


@given(st.lists(VALUES, max_size=4), st.lists(VALUES, max_size=4))
def test_rows_pack_alike_only_where_they_are_equal(one: list[object], other: list[object]) -> None:
    """Packing is injective up to -0.0, which is 0.0."""
    same = seal.pack(one) == seal.pack(other)  # type: ignore[arg-type]
    assert same == (told_apart(one) == told_apart(other))


@given(st.sampled_from((st.integers(-(2**63), 2**63 - 1), st.text(), st.binary(), st.floats())), st.data())
def test_a_column_packs_as_its_values_do(kind: st.SearchStrategy[object], data: st.DataObject) -> None:
    """Packing column by column gives the bytes of packing row by row, and refuses the same values."""
    values = data.draw(st.lists(st.none() | kind, max_size=6))
    try:
        expected = [seal.pack([value]) for value in values]  # type: ignore[list-item]
    except ValueError:
        with pytest.raises(ValueError, match="sealed"):
            seal.pack_column(values)
    else:
        assert seal.pack_column(values) == expected


def test_what_is_not_measured_is_not_a_number() -> None:
    """NaN and infinity cannot be sealed; -0.0 is 0.0; 1 is not 1.0 and no text."""
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="sealed"):
            seal.pack([value])
    assert seal.pack([-0.0]) == seal.pack([0.0])
    assert len({seal.pack([1]), seal.pack([1.0]), seal.pack(["1"]), seal.pack([b"1"])}) == 4


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_a_text_is_compact_json_with_sorted_keys(value: object) -> None:
    """The one encoder that is kept writes what json.dumps writes."""
    assert seal.text_of(value) == json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def test_no_text_of_what_json_does_not_know() -> None:
    """NaN, infinity and a list that holds itself are refused, and the encoder goes on as before."""
    circle: list[object] = []
    circle.append(circle)
    for value in (float("nan"), [float("inf")], circle):
        with pytest.raises(ValueError, match=r"Out of range float|holds itself"):
            seal.text_of(value)
    with pytest.raises(TypeError, match="not JSON serializable"):
        seal.text_of({"a": b"bytes"})
    assert seal.text_of({"b": 1, "a": [None]}) == '{"a":[null],"b":1}'


def test_log_bodies_hold_strings_and_integers_only() -> None:
    """A float, a bool, None or a key beyond ASCII has no place in the log."""
    assert seal.canonical({"b": "é", "a": [1, {"c": "x"}]}) == '{"a":[1,{"c":"x"}],"b":"é"}'
    for body in ({"a": 1.5}, {"a": True}, {"a": None}, {"ä": 1}):
        with pytest.raises(TypeError, match="log entry"):
            seal.canonical(body)


def test_run_id_depends_on_every_part_and_on_no_order() -> None:
    """The same parts in any order give the same id; a changed part gives another; no parts give none."""
    one = seal.run_id({"model": "a", "data": "b"})
    assert len(one) == 64
    assert one == seal.run_id({"data": "b", "model": "a"})
    assert one != seal.run_id({"model": "a", "data": "c"})
    with pytest.raises(ValueError, match="at least one part"):
        seal.run_id({})
