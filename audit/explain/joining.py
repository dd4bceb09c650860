"""What one method says of many rows, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from audit.record import Attributions


def taken(attributions: Attributions, rows: Sequence[int]) -> Attributions:
    """Return what is said of some of the rows, in the order given."""
    place = np.asarray(rows, dtype=np.int64)
    errors = attributions.standard_error
    return replace(
        attributions,
        values=attributions.values[place],
        base=attributions.base[place],
        output=attributions.output[place],
        residual=attributions.residual[place],
        standard_error=None if errors is None else errors[place],
        certified=tuple(attributions.certified[at] for at in rows) if attributions.certified else (),
    )


def joined(parts: Sequence[Attributions]) -> Attributions:
    """Return what is said of the rows of all parts, part after part.

    Where one part gives no standard error because it is exact, its errors are 0.
    """
    if len(parts) == 1:
        return parts[0]
    errors = [part.standard_error for part in parts]
    known = [
        np.zeros_like(part.values) if error is None else error
        for part, error in zip(parts, errors, strict=True)
    ]
    return replace(
        parts[0],
        values=np.concatenate([part.values for part in parts]),
        base=np.concatenate([part.base for part in parts]),
        output=np.concatenate([part.output for part in parts]),
        residual=np.concatenate([part.residual for part in parts]),
        standard_error=None if all(error is None for error in errors) else np.concatenate(known),
        certified=tuple(word for part in parts for word in part.certified),
    )
