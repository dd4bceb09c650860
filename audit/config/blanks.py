"""What only a person can know: a place that a draft leaves open, and that no audit runs with.

``plainspoken init`` and ``plainspoken reasons draft`` write ``"<complete: what is wanted>"`` there. Whoever
reads the file meets it as a fault at its line, and as nothing else: that such a value is no date or no
column is not said beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from audit.config.reader import Lines, Loc
from audit.errors import Fault

_BLANK = re.compile(r"<complete:\s*(.*?)\s*>", re.DOTALL)


def blank(wanted: str) -> str:
    """Return what stands in a draft where something is to be completed, as YAML text.

    >>> blank("who answers for this audit")
    '"<complete: who answers for this audit>"'
    """
    plain = wanted.replace("\\", "/").replace('"', "'")
    return f'"<complete: {plain}>"'


def blank_faults(data: Any, lines: Lines, at: Loc = ()) -> Iterator[Fault]:
    """Yield a fault for every value of a file that is still to be completed."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from blank_faults(value, lines, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from blank_faults(value, lines, (*at, index))
    elif isinstance(data, str) and (found := _BLANK.fullmatch(data.strip())):
        wanted = found[1] or "what belongs here"
        yield lines.fault(
            at, f"this is still to be completed: {wanted}", "Write it in place of <complete: …>"
        )
