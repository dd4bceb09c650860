"""Letters of a call that was killed after they were recorded and before their folder stood in its place.

They count as issued, so nobody would write them again; and where they lie nobody would look. The
next call puts them where they can be sent, and removes what was not recorded.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from audit.cli.output import MARKER, orphans, rescued

if TYPE_CHECKING:
    from audit.ledger import Ledger


def rescue(ledger: Ledger, audit: str, out: Path) -> dict[Path, int]:
    """Return the folders that were put in place, and how many files each holds.

    Parameters
    ----------
    out : the folder that is asked for now; what lies beside it is looked at
    """
    found: dict[Path, int] = {}
    left = orphans(out.absolute())
    if not left:
        return found
    issued = {one.sha256 for one in ledger.documents(audit) if not one.draft}
    for orphan in left:
        names = [path.name for path in orphan.iterdir() if path.is_file() and path.name != MARKER]
        kept = [name for name in names if hashlib.sha256((orphan / name).read_bytes()).hexdigest() in issued]
        if kept:
            found[rescued(orphan, kept)] = len(kept)
        elif names and all(name.endswith((".pdf", ".html", ".txt", ".csv")) for name in names):
            shutil.rmtree(orphan)  # letters that were never recorded: they are written anew
    return found
