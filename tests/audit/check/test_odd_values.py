"""Whatever stands wherever in a config, the answer is faults in words."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.check import examine
from audit.config import Inspection, read_yaml
from audit.config.reader import Loc, place
from tests.worlds.full_config import COLUMNS, RECIPIENTS_COLUMNS, lay

ODD: tuple[Any, ...] = (None, -1, "zzz", [], {"zzz": 1}, [None])
SEEN = Inspection(
    source="applications.csv",
    columns=COLUMNS,
    n_rows=5,
    groups={"sex": {"male": 3, "female": 2}, "age": {"40-61": 3, "18-24": 2}},
    score_low=0.0,
    score_high=1.0,
    recipients_columns=RECIPIENTS_COLUMNS,
)


def places(data: Any, loc: Loc = ()) -> Iterator[Loc]:
    yield loc
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in steps:
        yield from places(inner, (*loc, step))


def test_no_odd_value_ends_in_anything_but_faults(tmp_path: Path, monkeypatch: Any) -> None:
    """Each fault has a place, a fact and a way out, and none of them repeats another."""
    monkeypatch.chdir(lay(tmp_path, policies="policies: []").parent)
    data, _ = read_yaml("audit.yaml")
    refused = 0
    for loc in list(places(data))[1:]:
        for value in ODD:
            changed = copy.deepcopy(data)
            inside = changed
            for step in loc[:-1]:
                inside = inside[step]
            inside[loc[-1]] = value
            _, faults = examine(changed, lambda config: SEEN)
            words = [str(fault) for fault in faults]
            assert len(set(words)) == len(words), (place(loc), value)
            for word in words:
                assert re.fullmatch(r"[^:]+(:\d+)?: \S.*?: .+\. .+\.", word), (place(loc), value, word)
            refused += bool(faults)
    assert refused > 500
