"""The lender's own reasons, read from the data."""

from __future__ import annotations

import polars as pl

from audit.config.stated import DenialReasons
from audit.data.stated import stated_reasons


def test_codes_are_read_and_what_is_none_is_none() -> None:
    """Codes stand once, in the lender's order; 10, 1111 and empty are no reason; the rest is counted."""
    section = DenialReasons.model_validate(["first", "second"])
    frame = pl.DataFrame(
        {"first": ["1", "3.0", "10", "", "bankrupt", "3"], "second": [None, "1", "1111", "4", "2", "3"]}
    )
    read = stated_reasons(section, frame)
    assert read.codes == ((1,), (3, 1), (), (4,), (2,), (3,))
    assert read.unread == 1


def test_numbers_with_gaps_are_codes() -> None:
    """A column that a tool turned into floats is still a column of codes."""
    frame = pl.DataFrame({"first": [1.0, None, 9.0]})
    assert stated_reasons(DenialReasons.model_validate(["first"]), frame).codes == ((1,), (), (9,))


def test_words_of_the_lender_have_the_meaning_that_is_stated() -> None:
    """``values`` says which code a word stands for."""
    section = DenialReasons.model_validate({"columns": ["why"], "values": {"DTI": 1, "OTHER": 9}})
    frame = pl.DataFrame({"why": ["DTI", "OTHER", "dti"]})
    read = stated_reasons(section, frame)
    assert (read.codes, read.unread) == (((1,), (9,), ()), 1)


def test_the_config_writes_itself_back() -> None:
    """A list stays a list, a mapping a mapping."""
    for written in (["a", "b"], {"columns": ["a"], "values": {"DTI": 1}}):
        assert DenialReasons.model_validate(written).model_dump(mode="json") == written
