"""Letters of a call that ended after they were recorded and before their folder stood in its place.

They count as issued, so nobody would write them again; and where they lie nobody would look. The same
command goes on in their folder. Any other puts them where they can be sent, beside the folder that they
were written for, and removes what was not recorded. Folders that another ledger's letters were written
into are left to its own calls.

Where the same command had ended well, its folder stands: nobody in it is written again, and it is left as
it is unless there are letters for others now.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from audit.cli.manifest import hash_of
from audit.cli.marker import MARKER, is_lasting, purpose_of
from audit.cli.output import MAKING, orphans, rescued
from audit.ledger.documents import with_hashes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.cli.tally import Order
    from audit.ledger import IssuedDocument, Ledger

AT = "sent_at"  # the one word of a purpose that is the first call's to say, and the next one's to take over


def purpose_for(
    ledger: Ledger, audit: str, asked: Sequence[str] | Literal["unsent", "all"], order: Order
) -> dict[str, str]:
    """Return what makes two calls the same, so that the second may go on in the folder of the first."""
    said = (asked if isinstance(asked, str) else sorted(asked), order.date.isoformat(), order.formats)
    more = (order.draft, order.again_reason, order.late_reason, order.kind, order.lang, order.stamped)
    keys = [key and key.certificate for key in (order.pades, order.manifest_key)]
    # A hash: reasons are words about people, and ids are theirs.
    same = hashlib.sha256(json.dumps([*said, *more, *keys]).encode()).hexdigest()
    return {"ledger": ledger.origin, "audit": audit, "order": same}


class Resumed(NamedTuple):
    """A folder that is gone on with, and the letters in it, by the names of their files."""

    folder: Path
    sent_at: str
    kept: Mapping[str, IssuedDocument]

    @property
    def letters(self) -> Counter[str]:
        """How many letters of each kind there are, in however many formats."""
        return Counter(
            kind for kind, _, _ in {(one.kind, one.decision, one.person) for one in self.kept.values()}
        )

    def persons(self) -> dict[str, frozenset[str]]:
        """Return who has their letter, by decision; all are pseudonyms."""
        found: dict[str, set[str]] = {}
        for one in self.kept.values():
            if one.decision is not None and one.person is not None:
                found.setdefault(one.decision, set()).add(one.person)
        return {decision: frozenset(persons) for decision, persons in found.items()}


def rescue(ledger: Ledger, out: Path, purpose: Mapping[str, str]) -> tuple[dict[Path, int], Resumed | None]:
    """Return the folders that were put in place, how many files each holds, and the one to go on with.

    Parameters
    ----------
    out : the folder that is asked for now; what lies beside it is looked at
    purpose : what it is to be filled for
    """
    found: dict[Path, int] = {}
    resumed: Resumed | None = None
    for orphan in orphans(out.absolute()):
        before = purpose_of(orphan)
        if before is not None and before.get("ledger") != ledger.origin:
            continue
        shutil.rmtree(orphan / MAKING, ignore_errors=True)
        names, issued = _issued(ledger, orphan, before)
        letters = _letters(issued)
        if (
            letters
            and _same(before, purpose)
            and resumed is None
            and orphan.name.startswith(f".{out.absolute().name}.")
        ):
            for name in names - letters.keys():
                (orphan / name).unlink()
            resumed = Resumed(orphan, str((before or {})[AT]), letters)
        elif letters:
            found[rescued(orphan, list(issued))] = len(issued)
        elif before is not None:
            shutil.rmtree(orphan)  # letters that were never recorded: they are written anew
    return found, resumed


def standing(ledger: Ledger, out: Path, purpose: Mapping[str, str]) -> Resumed | None:
    """Return the folder that the same command has put in place; None where there is none."""
    before = purpose_of(out)
    if not is_lasting(out) or not _same(before, purpose):
        return None
    return Resumed(out, str((before or {})[AT]), _letters(_issued(ledger, out, before)[1]))


def _same(before: Mapping[str, str] | None, purpose: Mapping[str, str]) -> bool:
    return before is not None and {**before, AT: ""} == {**purpose, AT: ""}


def _issued(
    ledger: Ledger, folder: Path, before: Mapping[str, str] | None
) -> tuple[set[str], dict[str, IssuedDocument]]:
    """Return the names of a folder's files, and which of them are recorded."""
    hashes = {path.name: hash_of(path) for path in folder.iterdir() if path.is_file() and path.name != MARKER}
    known = {
        one.sha256: one
        for one in with_hashes(ledger, set(hashes.values()))
        if before is None or one.sent_at.isoformat() == before[AT] or one.person is None
    }
    return set(hashes), {name: known[each] for name, each in sorted(hashes.items()) if each in known}


def _letters(issued: Mapping[str, IssuedDocument]) -> dict[str, IssuedDocument]:
    return {name: one for name, one in issued.items() if one.person is not None}
