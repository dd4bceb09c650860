"""The JSON Schema takes what the config takes and refuses what it refuses."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.config import json_schema, read_yaml
from audit.config.faults import read_model
from audit.config.reader import Lines, Loc, place
from audit.config.schema import Config
from tests.oracles.json_schema import meets
from tests.worlds.full_config import lay

SCHEMA = json_schema()
ODD: tuple[Any, ...] = (None, True, -1, 0.5, 3, "", "zzz", [], ["zzz"], {}, {"zzz": 1}, [{}], [None])

# Refusals that look at more than one key, or at a date: no schema of one value can say them.
ACROSS = (
    "low (", "a credit score is told with its range", "the kind is", "min_rows (", "a category has no bands",
    "has no bands", "begins at 62", "is none of the bands", "whole numbers", "do not ascend", "is no date",
    "not built yet",
)  # fmt: skip


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=dt.date.isoformat))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return plain(read_yaml(lay(tmp_path_factory.mktemp("full")))[0])


def places(data: Any, loc: Loc = ()) -> Iterator[Loc]:
    yield loc
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in steps:
        yield from places(inner, (*loc, step))


def put(data: Any, loc: Loc, value: Any) -> Any:
    changed = copy.deepcopy(data)
    inside = changed
    for step in loc[:-1]:
        inside = inside[step]
    inside[loc[-1]] = value
    return changed


def agree(data: Any, why: str) -> None:
    _, faults = read_model(Config, data, Lines("audit.yaml"))
    taken = meets(data, SCHEMA, SCHEMA)
    if faults and taken:
        facts = [fault.fact for fault in faults]
        assert all(any(word in fact for word in ACROSS) for fact in facts), (why, facts)
    else:
        assert taken == (not faults), (why, [str(fault) for fault in faults])


def test_the_full_config_meets_the_schema(full: Any) -> None:
    """Both take every key that is built."""
    assert meets(full, SCHEMA, SCHEMA)
    agree(full, "the full config")


def test_odd_values_at_every_place_are_judged_alike(full: Any) -> None:
    """Whatever stands at whatever place, schema and models agree."""
    n = 0
    for loc in list(places(full))[1:]:
        for value in ODD:
            agree(put(full, loc, value), f"{place(loc)} = {value!r}")
            n += 1
    assert n > 1500


def test_left_out_keys_are_judged_alike(full: Any) -> None:
    """Schema and models ask for the same keys."""
    for loc in list(places(full))[1:]:
        if isinstance(loc[-1], str):
            changed = copy.deepcopy(full)
            inside = changed
            for step in loc[:-1]:
                inside = inside[step]
            del inside[loc[-1]]
            agree(changed, f"without {place(loc)}")


def test_unknown_keys_are_refused_by_both_wherever_they_stand(full: Any) -> None:
    """No mapping with fixed keys takes another key."""
    free = {"protected", "entities", "values", "orders", "bins"}
    for loc in places(full):
        inside = full
        for step in loc:
            inside = inside[step]
        if isinstance(inside, dict) and not (loc and loc[-1] in free):
            changed = put(full, (*loc, "zzz"), 1)
            assert not meets(changed, SCHEMA, SCHEMA), place(loc)
            assert read_model(Config, changed, Lines("audit.yaml"))[1], place(loc)


@pytest.mark.parametrize(
    ("loc", "value"),
    [
        (("explain", "reasons", "method"), "lime"),
        (("record", "gross_revenue_band"), "a"),
    ],
)
def test_what_is_not_built_yet_is_refused_by_both(full: Any, loc: Loc, value: Any) -> None:
    """Editors underline what a run would refuse."""
    changed = put(full, loc, value)
    assert not meets(changed, SCHEMA, SCHEMA)
    assert any("not built yet" in fault.fact for fault in read_model(Config, changed, Lines("a"))[1])


@pytest.mark.parametrize(
    ("loc", "value", "taken"),
    [
        (("data", "path"), {"url": "${DB}", "query": "SELECT 1"}, True),
        (("data", "path"), {"url": "${DB}"}, False),
        (("data", "path"), "A.CSV.GZ", True),
        (("data", "path"), "a.xls", False),
        (("model", "path"), "python:package.module:function", True),
        (("model", "path"), "python:package", False),
        (("decision", "cutoff"), {"column": "c"}, True),
        (("decision", "cutoff"), {"by": "c", "values": {"x": 1}}, True),
        (("decision", "cutoff"), {"by": "c"}, False),
        (("decision", "cutoff"), {"by": "c", "values": {"x": 1}, "tiers": True}, True),
        (("decision", "cutoff"), {"column": "c", "tiers": True}, True),
        (("decision", "cutoff"), {"column": "c", "tiers": "yes"}, False),
        (("decision", "stage"), {"column": "s", "values": {"J": "judgmental"}}, True),
        (("decision", "stage"), {"column": "s", "values": {"J": "by hand"}}, False),
        (("decision", "cutoff"), {"column": "c", "by": "c", "values": {"x": 1}}, False),
        (("explain", "reference"), {"pinned": {"from": "latest", "sha256": "0" * 64}}, True),
        (("explain", "reference"), {"pinned": {"from": "latest"}}, False),
        (("entities", "us", "ecoa_agency"), {"name": "n", "address": ["a", "b"]}, True),
        (("entities", "us", "ecoa_agency"), "sec", False),
        (("record", "action"), {"column": "a", "values": {"D": "denied"}}, True),
        (("record", "action"), {"column": "a", "values": {"D": "refused"}}, False),
        (("record", "product"), {"value": 5}, True),
        (("record", "product"), {"raw": "x"}, False),
        (("record", "product"), {"value": 5, "column": "x"}, False),
    ],
)
def test_the_forms_of_a_value_are_judged_alike(full: Any, loc: Loc, value: Any, taken: bool) -> None:
    """Each form that the design names is taken, and its broken twin refused, by both."""
    changed = put(full, loc, value)
    assert meets(changed, SCHEMA, SCHEMA) is taken
    assert (not read_model(Config, changed, Lines("a"))[1]) is taken


def test_the_schema_describes_itself() -> None:
    """It is JSON, names its dialect, and refuses unknown keys at the top."""
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    assert SCHEMA["else"]["additionalProperties"] is False
    assert set(SCHEMA["else"]["required"]) == {"audit", "data"}


def test_the_example_meets_the_schema() -> None:
    """The embedded example's config is taken."""
    example = Path(__file__).parents[3] / "audit" / "demo" / "audit.yaml"
    assert meets(plain(read_yaml(example)[0]), SCHEMA, SCHEMA)
