"""What agreement chance alone gives: every permutation of a small list, one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any


def shares(pairs: Sequence[tuple[Any, Any]], agree: Callable[[Any, Any], bool]) -> tuple[float, float]:
    """Return mean and standard deviation of the share that agrees, over all n! orders of one side."""
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    found = [
        sum(agree(one, other) for one, other in zip(ones, order, strict=True)) / len(pairs)
        for order in permutations(others)
    ]
    mean = sum(found) / len(found)
    return mean, math.sqrt(sum((share - mean) ** 2 for share in found) / len(found))
