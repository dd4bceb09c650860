"""A hundred thousand forged proofs, and another library's proofs: what is accepted is the true ones alone."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pymerkle
import pytest

from audit.ledger import log
from audit.proof_check import ProofError, check, consistent, included, text_of
from tests.audit.ledger.test_log import forge, some_leaves
from tests.audit.proof_check.conftest import Proven

TRIES = 100_000


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a proof, but for the whole."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


def other(value: Any, draw: random.Random) -> Any:
    """Return another value, most often one that looks the part."""
    if isinstance(value, bool) or value is None:
        return draw.choice([0, "", [], "x"])
    if isinstance(value, int):
        return draw.choice([value + 1, value - 1, -value - 1, value * 2 + 1, str(value), None])
    if isinstance(value, float):
        return draw.choice([value + 1e-9, -value - 1, 0.0 if value else 1.0, 1, None])
    if isinstance(value, list):
        shuffled = draw.sample(value, len(value))
        extra = [*value, draw.choice(value) if value else 0]
        return draw.choice([value[1:], value[:-1], extra, shuffled, value[::-1], {}])
    if isinstance(value, dict):
        return draw.choice([{}, {**value, "more": 1}, list(value), dict(list(value.items())[1:])])
    at = draw.randrange(len(value) + 1)
    letter = draw.choice("0123456789abcdef +/=\n")
    return draw.choice(
        [
            value[:at] + letter + value[at + 1 :],
            value[:at] + letter + value[at:],
            value[: at - 1],
            value.upper(),
            "",
        ]
    )


def a_value(text: str, draw: random.Random) -> str:
    """Change one value somewhere, and write the whole as a proof is written."""
    body = json.loads(text)
    path = draw.choice(list(places(body)))
    inside = body
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = other(inside[path[-1]], draw)
    return text_of(body)


def a_swap(text: str, draw: random.Random) -> str:
    """Let two values of the proof trade places."""
    body = json.loads(text)
    one, two = draw.sample([p for p in places(body) if len(p) > 1], 2)
    if one[: len(two)] == two or two[: len(one)] == one:
        return text
    ends = []
    for path in (one, two):
        inside = body
        for step in path[:-1]:
            inside = inside[step]
        ends.append((inside, path[-1]))
    (a, i), (b, j) = ends
    a[i], b[j] = b[j], a[i]
    return text_of(body)


def a_byte(text: str, draw: random.Random) -> str:
    """Change, drop or insert one character of the file as it lies on disk."""
    at, letter = draw.randrange(len(text)), chr(draw.randrange(32, 127))
    return draw.choice(
        [text[:at] + letter + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + letter + text[at:]]
    )


def a_graft(text: str, draw: random.Random, source: str) -> str:
    """Put a part of another true proof into this one."""
    body, donor = json.loads(text), json.loads(source)
    path = draw.choice([p for p in places(donor) if len(p) <= 3])
    inside, given = body, donor
    try:
        for step in path[:-1]:
            inside, given = inside[step], given[step]
        inside[path[-1]] = given[path[-1]]
    except (IndexError, TypeError):
        return text  # the other proof has no such place
    return text_of(body)


def forged(proven: Proven, draw: random.Random, n: int) -> Iterator[str]:
    """Yield n forged proofs, each different from the true ones."""
    true = {proven.text, proven.early}
    ways: list[Callable[[str], str]] = [
        lambda text: a_value(text, draw),
        lambda text: a_swap(text, draw),
        lambda text: a_byte(text, draw),
        lambda text: a_graft(text, draw, proven.early if text == proven.text else proven.text),
    ]
    made = 0
    while made < n:
        text = draw.choice(ways)(proven.text if made % 2 else proven.early)
        if text not in true:
            made += 1
            yield text


def accepted(proven: Proven, n: int, seed: int) -> list[str]:
    """Return the forged proofs that were accepted; anything but a refusal is an error."""
    passed = []
    for text in forged(proven, random.Random(seed), n):
        try:
            check(text, proven.key)
        except ProofError:
            continue
        passed.append(text)
    return passed


def test_no_forged_proof_is_accepted(proven: Proven) -> None:
    """Of 2,000 proofs with a value, a byte, two places or a part of another proof changed: none."""
    assert accepted(proven, 2_000, seed=1) == []


@pytest.mark.slow
def test_no_forged_proof_of_a_hundred_thousand_is_accepted(proven: Proven) -> None:
    """Of 100,000: none, and none ends but in a refusal."""
    assert accepted(proven, TRIES, seed=2) == []


@pytest.mark.slow
def test_no_forged_path_of_a_hundred_thousand_is_accepted() -> None:
    """Paths of both kinds with one thing changed, over logs of 2 to 200 entries: none holds."""
    draw, tried = random.Random(3), 0
    while tried < TRIES:
        n = draw.randrange(2, 201)
        leaves = some_leaves(n)
        root, i, m = log.merkle_root(leaves), draw.randrange(n), draw.randrange(1, n)
        old = log.merkle_root(leaves[:m])
        inclusion, consistency = log.inclusion_proof(leaves, i), log.consistency_proof(leaves, m)
        for _ in range(200):
            other_path = forge(inclusion, leaves, draw)
            if other_path != inclusion:
                tried += 1
                assert not included(leaves[i], i, n, list(other_path), root)
            other_path = forge(consistency, leaves, draw)
            if other_path != consistency:
                tried += 1
                assert not consistent(m, old, n, root, list(other_path))


def test_another_library_makes_the_same_proofs() -> None:
    """pymerkle's inclusion and consistency proofs hold here, and ours hold there, at sizes up to 33."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for n in range(1, 34):
        tree.append_entry(str(n - 1).encode())
        leaves = some_leaves(n)
        root = log.merkle_root(leaves)
        assert tree.get_root() == root
        for i in range(n):
            theirs = tree.prove_inclusion(i + 1, n)
            assert included(leaves[i], i, n, list(log.inclusion_proof(leaves, i)), root)
            pymerkle.verify_inclusion(leaves[i], root, theirs)
            steps = [bytes.fromhex(step) for step in theirs.serialize()["path"]][1:]
            assert included(leaves[i], i, n, steps, root)
