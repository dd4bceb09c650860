"""The Merkle log against RFC 6962's vectors, another library, and forged proofs."""

from __future__ import annotations

import random
from hashlib import sha256

import pymerkle
import pytest

from audit.ledger import log

# Inputs and roots of the test vectors published with RFC 6962's reference implementation.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def some_leaves(n: int) -> list[bytes]:
    """Return n different leaf hashes."""
    return [log.leaf_hash(str(i).encode()) for i in range(n)]


def test_root_meets_the_published_vectors() -> None:
    """The roots over the first 1 to 8 inputs are the published ones, and the empty root too."""
    leaves = [log.leaf_hash(data) for data in INPUTS]
    assert [log.merkle_root(leaves[: i + 1]).hex() for i in range(8)] == ROOTS
    assert log.merkle_root([]) == sha256(b"").digest()


def test_root_and_frontier_agree_with_another_library() -> None:
    """pymerkle, and our frontier, give the same root at every size up to 70."""
    tree, frontier = pymerkle.InmemoryTree(algorithm="sha256"), log.Frontier()
    for i, leaf in enumerate(some_leaves(70)):
        tree.append_entry(str(i).encode())
        frontier = frontier.append(leaf)
        assert log.merkle_root(some_leaves(i + 1)) == tree.get_root() == frontier.root()
        assert log.Frontier.unpacked(frontier.size, frontier.packed()) == frontier


def test_frontier_of_another_size_is_refused() -> None:
    """Bytes that cannot be the frontier of so many leaves are no frontier."""
    with pytest.raises(ValueError, match="frontier of 3 leaves"):
        log.Frontier.unpacked(3, b"x" * 32)


def test_every_inclusion_proof_holds_for_its_leaf_alone() -> None:
    """Each leaf's path proves it at its place, and neither at another place nor for another leaf."""
    for n in range(1, 34):
        leaves = some_leaves(n)
        root = log.merkle_root(leaves)
        for i in range(n):
            path = log.inclusion_proof(leaves, i)
            assert log.verify_inclusion(leaves[i], i, n, path, root)
            assert not log.verify_inclusion(leaves[i], (i + 1) % n, n, path, root) or n == 1
            assert not log.verify_inclusion(log.leaf_hash(b"other"), i, n, path, root)
            assert not log.verify_inclusion(leaves[i], i, n, (*path, root), root)


def test_every_consistency_proof_holds_for_its_beginning_alone() -> None:
    """Each earlier log is proven a beginning of each later one, and a changed one is not."""
    for n in range(1, 34):
        leaves = some_leaves(n)
        root = log.merkle_root(leaves)
        for m in range(1, n + 1):
            old, proof = log.merkle_root(leaves[:m]), log.consistency_proof(leaves, m)
            assert log.verify_consistency(m, old, n, root, proof)
            other = log.merkle_root([*leaves[: m - 1], log.leaf_hash(b"other")])
            assert not log.verify_consistency(m, other, n, root, proof)


def forge(proof: tuple[bytes, ...], leaves: list[bytes], draw: random.Random) -> tuple[bytes, ...]:
    """Return the proof with one thing changed: a bit, a hash less, a hash more, or the order."""
    forged, act = list(proof), draw.randrange(4)
    if act == 0 and forged:
        at = draw.randrange(len(forged))
        flipped = bytearray(forged[at])
        flipped[draw.randrange(32)] ^= 1 << draw.randrange(8)
        forged[at] = bytes(flipped)
    elif act == 1 and forged:
        forged.pop(draw.randrange(len(forged)))
    elif act == 2:
        forged.insert(draw.randrange(len(forged) + 1), draw.choice(leaves))
    else:
        forged.reverse()
    return tuple(forged)


def test_no_mutated_proof_is_accepted() -> None:
    """Of several thousand proofs with one thing changed, none is accepted."""
    draw, tried = random.Random(5), 0
    for n in range(2, 40):
        leaves = some_leaves(n)
        root, i, m = log.merkle_root(leaves), draw.randrange(n), draw.randrange(1, n)
        old = log.merkle_root(leaves[:m])
        inclusion, consistency = log.inclusion_proof(leaves, i), log.consistency_proof(leaves, m)
        for _ in range(40):
            forged = forge(inclusion, leaves, draw)
            if forged != inclusion:
                tried += 1
                assert not log.verify_inclusion(leaves[i], i, n, forged, root)
            forged = forge(consistency, leaves, draw)
            if forged != consistency:
                tried += 1
                assert not log.verify_consistency(m, old, n, root, forged)
    assert tried > 2000


def test_asking_beyond_the_log_is_refused() -> None:
    """There is no proof for a leaf, or a beginning, that does not exist."""
    with pytest.raises(IndexError):
        log.inclusion_proof(some_leaves(3), 3)
    with pytest.raises(IndexError):
        log.consistency_proof(some_leaves(3), 4)
    assert not log.verify_inclusion(b"", 3, 3, (), b"")
    assert not log.verify_consistency(4, b"", 3, b"", ())
