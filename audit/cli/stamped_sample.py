"""Some letters of a call made both ways, stamped and rendered, and compared: what was found is sealed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.cli.manifest import record_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.cli.pressroom import Asked, Room
    from audit.ledger import Ledger

KIND = "letters_proof"


@dataclass(slots=True)
class Sampled:
    """How many letters were compared, how many of them were stamped, and where they differed."""

    compared: int = 0
    stamped: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    templates: set[str] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        """Return the counts; nothing in them is anybody's."""
        return {
            "compared": self.compared,
            "stamped": self.stamped,
            "differences": dict(sorted(self.differences.items())),
            "templates": sorted(self.templates),
        }


def spaced(total: int, n: int) -> frozenset[int]:
    """Return the places of n among so many, evenly spaced.

    >>> sorted(spaced(10, 3))
    [0, 3, 6]
    """
    return frozenset(place * total // n for place in range(n)) if total and n else frozenset()


def compare(room: Room, ledger: Ledger, asked: Iterable[Asked]) -> Sampled:
    """Compare the letters of some decisions."""
    from reports.compiled.equality import differences
    from reports.letter import Letters

    found = Sampled()
    stamping, plain = room.letters(ledger), Letters(ledger, room.audit, room.folder)
    for one in asked:
        stamped, rendered = room.told(stamping, one), room.tell(plain, one)
        found.stamped += stamped.stamped
        if [one for _, one in stamped.letters] != [one for _, one in rendered.letters]:
            found.differences["who is written to"] += 1
            continue
        for (made, _), (right, _) in zip(stamped.letters, rendered.letters, strict=True):
            for file, other in zip(made, right, strict=True):
                if file.format == "pdf":
                    found.compared += 1
                    found.templates.add(file.template_digest)
                    found.differences.update(differences(file.content, other.content))
                elif file != other:
                    found.differences[f"the {file.format} file"] += 1
    return found


def seal(ledger: Ledger, audit: str, found: Sampled) -> None:
    """Record what was found in the ledger."""
    text = json.dumps(found.as_json(), indent=1, sort_keys=True) + "\n"
    record_text(ledger, audit, KIND, text.encode(), text, sorted(found.templates))
