"""The log's arithmetic: an RFC 6962 Merkle tree, its frontier, and its two proofs.

Pure functions over hashes; nothing here knows a database.

Why so: home-made hash structures have accepted forged proofs in the verifying client before
now, so the algorithms are RFC 9162's, unchanged: leaf = SHA-256(00 | bytes), node =
SHA-256(01 | left | right), split at the largest power of two below n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import repeat

EMPTY_ROOT = sha256(b"").digest()
HASH_SIZE = 32


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one leaf.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(b"\x00" + data).digest()


def leaf_hashes(columns: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Return the leaf hash of each row: its bytes are those of the columns, one behind the other.

    >>> leaf_hashes([[b"a"], [b"b"]]) == [leaf_hash(b"ab")]
    True
    """
    if len(set(map(len, columns))) > 1:
        raise ValueError("columns of rows have one length")
    if len(columns) == 1:
        return [sha256(b"\x00" + row).digest() for row in columns[0]]
    rows = map(b"".join, zip(repeat(b"\x00"), *columns, strict=False))  # the first one has no end
    return [sha256(row).digest() for row in rows] if columns else []


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; that of an empty tree is SHA-256 of nothing."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        # A node without a neighbour moves up unchanged: this is the same tree as RFC 9162's
        # split at the largest power of two.
        alone = level[-1:] if len(level) % 2 else []
        pairs, n = b"".join(level), 2 * HASH_SIZE * (len(level) // 2)
        level = [sha256(b"\x01" + pairs[i : i + 64]).digest() for i in range(0, n, 64)] + alone  # node_hash
    return level[0]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the full subtrees of a log, largest first: all that appending needs.

    Parameters
    ----------
    size : int
        How many leaves there are.
    roots : tuple of 32-byte hashes
        One for each bit set in ``size``.
    """

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier after one more leaf."""
        roots = list(self.roots)
        size, node = self.size, leaf
        while size & 1:
            node = node_hash(roots.pop(), node)
            size >>= 1
        return Frontier(self.size + 1, (*roots, node))

    def root(self) -> bytes:
        """Return the root of the whole log."""
        if not self.roots:
            return EMPTY_ROOT
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = node_hash(left, node)
        return node

    def packed(self) -> bytes:
        """Return the hashes one after the other."""
        return b"".join(self.roots)

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> Frontier:
        """Return the frontier that ``packed`` holds.

        Raises
        ------
        ValueError
            Where the bytes cannot be the frontier of so many leaves.
        """
        if len(packed) != HASH_SIZE * size.bit_count():
            raise ValueError(f"{len(packed)} bytes cannot be the frontier of {size} leaves")
        return cls(size, split(packed))


def split(packed: bytes) -> tuple[bytes, ...]:
    """Return the 32-byte hashes that lie one after the other."""
    return tuple(packed[i : i + HASH_SIZE] for i in range(0, len(packed), HASH_SIZE))


def _split_point(n: int) -> int:
    """Return the largest power of two below n (n > 1)."""
    return 1 << ((n - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the path that proves leaf ``index`` (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    if len(leaves) == 1:
        return ()
    k = _split_point(len(leaves))
    if index < k:
        return (*inclusion_proof(leaves[:k], index), merkle_root(leaves[k:]))
    return (*inclusion_proof(leaves[k:], index - k), merkle_root(leaves[:k]))


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether ``path`` proves that ``leaf`` stands at ``index`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof that the first ``old_size`` leaves are a beginning (RFC 9162, 2.1.4.1)."""
    if not 0 < old_size <= len(leaves):
        raise IndexError(f"no log of {old_size} leaves within {len(leaves)}")

    def subproof(m: int, part: Sequence[bytes], complete: bool) -> tuple[bytes, ...]:
        n = len(part)
        if m == n:
            return () if complete else (merkle_root(part),)
        k = _split_point(n)
        if m <= k:
            return (*subproof(m, part[:k], complete), merkle_root(part[k:]))
        return (*subproof(m - k, part[k:], False), merkle_root(part[:k]))

    return subproof(old_size, leaves, True)


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether ``proof`` shows that the old log is a beginning of the new (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_node = node_hash(new_node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old_node == old_root and new_node == new_root
