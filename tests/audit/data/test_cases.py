"""What a letter must know of one decision is read from its row, and nothing is made up."""

from __future__ import annotations

import datetime as dt

from audit.data.cases import case_files
from audit.data.dataset import open_source
from audit.record import BureauScore, Source

HEADER = "id,income,city,sex,taken,got,bureau,free,fico,fico_on,k1,k2,us\n"
ROWS = (
    "a,10,Oslo,male,refused,2026-11-02T08:30:00,yes,1,640,2026-11-03,Too many inquiries,,jp\n"
    "b,,,male,refused,2 Nov 2026,no,0,,,,,\n"
    "c,5,Rome,male,refused,,,true,700,,x,y,\n"
)
BUREAU = {"kind": "cra", "name": "Example Bureau", "phone": "1-800-555-0199", "toll_free": "free",
          "nationwide": True, "used_when": "bureau", "of": "joint"}  # fmt: skip
SCORE = {"value": "fico", "low": 300, "high": 850, "created_on": "fico_on", "provider": "Example Bureau",
         "key_factors": ["k1", "k2"]}  # fmt: skip


def cases(config, **more):
    source = open_source(config)
    return case_files(config, source.read(source.plan()[0]), config.data.features, **more)


def test_a_plain_name_that_is_a_column_is_that_column(a_config, put):
    """`us` is a column here, so it is read; forced constants are not; what is empty is left out."""
    put(HEADER + ROWS)
    record = {"jurisdiction": "us", "product": {"value": "city"}, "language": "en", "received_at": "got"}
    first, second, _ = cases(a_config(record=record))
    assert first.record == {
        "received_at": "2026-11-02",
        "jurisdiction": "jp",
        "product": "city",
        "language": "en",
    }
    assert second.record == {"received_at": "2 Nov 2026", "product": "city", "language": "en"}


def test_sources_are_those_that_were_used(a_config, put):
    """Used, not used, and not known: the last is a source without a name, which no letter may print."""
    put(HEADER + ROWS)
    first, second, third = cases(a_config(sources=[BUREAU]))
    bureau = Source("cra", "Example Bureau", "", "1-800-555-0199", True, True, "joint")
    assert first.sources == (bureau,)
    assert second.sources == ()
    assert [one.name for one in third.sources] == [""]


def test_bureau_scores_keep_their_text_and_date(a_config, put):
    """A row without a score has none; absent key factors are left out."""
    put(HEADER + ROWS)
    first, second, third = cases(a_config(bureau_scores=[SCORE]))
    assert first.bureau_scores == (
        BureauScore("640", "300", "850", dt.date(2026, 11, 3), "Example Bureau", ("Too many inquiries",)),
    )
    assert second.bureau_scores == ()
    assert third.bureau_scores[0].created_on is None
    assert third.bureau_scores[0].key_factors == ("x", "y")


def test_inputs_are_what_the_model_read(a_config, put):
    """Numbers, words, and None where the cell was empty."""
    put(HEADER + ROWS)
    assert [one.inputs for one in cases(a_config())] == [
        {"income": 10.0, "city": "Oslo"},
        {"income": None, "city": None},
        {"income": 5.0, "city": "Rome"},
    ]


def test_only_the_rows_asked_for(a_config, put):
    """Positions in the batch choose, in their order."""
    put(HEADER + ROWS)
    assert [one.decision for one in cases(a_config(), rows=[2, 0])] == ["c", "a"]
