"""Some letters of a call made both ways, stamped and rendered, and compared: what was found is sealed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.cli.manifest import record_text

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def compare(room: Room, ledger: Ledger, asked: Sequence[Asked], n: int) -> Sampled:
    """Compare the letters of n decisions, evenly spaced among those that are asked for."""
    from reports.compiled.equality import differences
    from reports.letter import Letters

    found = Sampled()
    stamping, plain = room.letters(ledger), Letters(ledger, room.audit, room.folder)
    chosen = sorted({place * len(asked) // n for place in range(n)}) if asked else []
    for place in chosen:
        stamped, rendered = room.told(stamping, asked[place]), room.tell(plain, asked[place])
        found.stamped += stamped.stamped
        if [one for _, one in stamped.letters] != [one for _, one in rendered.letters]:
            found.differences["who is written to"] += 1
            continue
        for (made, _), (right, _) in zip(stamped.letters, rendered.letters, strict=True):
            for one, other in zip(made, right, strict=True):
                if one.format == "pdf":
                    found.compared += 1
                    found.templates.add(one.template_digest)
                    found.differences.update(differences(one.content, other.content))
                elif one != other:
                    found.differences[f"the {one.format} file"] += 1
    return found


def seal(ledger: Ledger, audit: str, found: Sampled) -> None:
    """Record what was found in the ledger."""
    text = json.dumps(found.as_json(), indent=1, sort_keys=True) + "\n"
    record_text(ledger, audit, KIND, text, text, sorted(found.templates))
