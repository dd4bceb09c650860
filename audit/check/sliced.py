"""``slices`` and ``performance``: are there groups to tell apart, and few enough of them?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.config import Config, Inspection
from audit.config.nearest import did_you_mean, listed
from audit.data.levels import MOST_WORDS
from audit.errors import Fault
from audit.slicing.cuts import cut_of, expected_slices
from audit.slicing.figures import MOST_SLICES


def slice_faults(config: Config, inspection: Inspection) -> Iterator[Fault]:
    """Yield slices that cannot be told apart, values that no row has, and far too many slices."""
    seen = inspection.levels
    for number, one in enumerate(config.slices):
        here = ("slices", number)
        if any(name not in seen and name not in inspection.groups for name in one.by):
            continue  # a column that is not there has a fault of its own
        sizes: dict[str, int] = {}
        for name in one.by:
            loc = (*here, one.by.index(name))
            if name in inspection.groups:
                known = {group for group, n in inspection.groups[name].items() if n}
            elif name in one.bins:
                if not seen[name].numeric:
                    fact = f"bins are given for {name!r}, and none of its cells is a number"
                    yield config.lines.fault(loc, fact, "Remove the bins, or name a column of numbers")
                continue
            elif seen[name].words is None and not seen[name].is_numbers:
                fact = f"{name!r} holds more than {MOST_WORDS:,} different words"
                yield config.lines.fault(loc, fact, "Name a column with fewer, or join them in the data")
                sizes[name] = 1
                continue
            else:
                known = set(seen[name].words or ())
            for value in one.values.get(name, ()):
                if known and value not in known:
                    way_out = f"{did_you_mean(value, sorted(known))}Name one of {listed(sorted(known))}"
                    yield config.lines.fault(here, f"no row of {name!r} is {value!r}", way_out)
            sizes[name] = min(len(known), len(one.values.get(name, known)) + 1)
        cuts = [
            cut_of(config, name, seen, bins=one.bins.get(name, ()), values=one.values.get(name, ()))
            for name in one.by
        ]
        n = expected_slices(cuts, {name: max(size, 1) for name, size in sizes.items()})
        if n > MOST_SLICES:
            fact = f"these columns make up to {n:,} slices, more than {MOST_SLICES}"
            way_out = "Name fewer columns, give bins, or say by values: {COLUMN: [ … ]} which stand apart"
            yield config.lines.fault(here, fact, way_out)
