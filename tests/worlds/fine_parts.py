"""The small audit of ``sealed.py`` in as many parts as a fault loop wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audit.ledger import AttributionBlock
from tests.worlds.sealed import SmallAudit, small_audit


def _joined(small: SmallAudit, method: str) -> tuple[tuple[str, ...], list[tuple[int, int, int]]]:
    """Return a method's factors and, for each row, its decision, its part and its place in the block."""
    places, start, factors = [], 0, ()
    for number, part in enumerate(small.parts):
        block = part["attributions"][method]
        factors = block.factors
        places += [(start + int(at), number, i) for i, at in enumerate(block.rows)]
        start += len(part["decisions"])
    return factors, places


def _cut(small: SmallAudit, method: str, chosen: range) -> AttributionBlock:
    factors, places = _joined(small, method)
    mine = [place for place in places if place[0] in chosen]

    def column(name: str) -> Sequence[Any] | None:
        blocks = [part["attributions"][method] for part in small.parts]
        if getattr(blocks[0], name) is None:
            return None
        return [getattr(blocks[number], name)[i] for _, number, i in mine]

    return AttributionBlock(
        factors,
        [at - chosen.start for at, _, _ in mine],
        column("values") or [],
        standard_error=column("standard_error"),
        residual=column("residual"),
    )


def fine_audit(n_parts: int, name: str = "Disturbed portfolio") -> SmallAudit:
    """Return the same audit, its decisions in ``n_parts`` parts of equal size."""
    small = small_audit(name)
    n = len(small.decisions)
    size = -(-n // n_parts)
    decisions = tuple(replace(one, seq=i // size) for i, one in enumerate(small.decisions))
    seq_of = {one.row: one.seq for one in decisions}
    references = tuple(
        replace(one, rows=tuple((seq_of[row], row) for _, row in one.rows))
        for one in small.seal["references"]
    )
    groups = {
        attribute: [group for part in small.parts for group in part["groups"][attribute]]
        for attribute in small.parts[0]["groups"]
    }
    parts = []
    for seq, start in enumerate(range(0, n, size)):
        chosen = range(start, min(start + size, n))
        parts.append(
            {
                "seq": seq,
                "decisions": [decisions[i] for i in chosen],
                "cases": [small.cases[i] for i in chosen],
                "attributions": {
                    method: cut
                    for method in small.parts[0]["attributions"]
                    if len((cut := _cut(small, method, chosen)).rows)  # type: ignore[arg-type]
                },
                "groups": {attribute: [of[i] for i in chosen] for attribute, of in groups.items()},
                "quarantined": small.parts[0]["quarantined"] if seq == 0 else (),
            }
        )
    return SmallAudit(
        small.head, tuple(parts), {**small.seal, "references": references}, decisions, small.cases
    )
