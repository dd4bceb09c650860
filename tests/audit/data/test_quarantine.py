"""A bad row is set aside with its cause, and all others stay."""

from __future__ import annotations

import pytest

from audit.data import container, csv_file
from audit.data.dataset import open_source
from audit.errors import DataError

HEADER = "id,income,city,sex,taken\n"


def aside(config):
    source = open_source(config)
    return {one.row: one.cause for plan in source.plan() for one in source.read(plan).quarantined}


def generous(a_config, **sections):
    data = {"path": "data.csv", "id": "id", "features": ["income"], "max_quarantined": 0.9}
    return a_config(data={**data, **sections.pop("data", {})}, **sections)


def test_each_fault_sets_its_row_aside_with_its_cause(a_config, put):
    """A missing id, a missing decision, an infinite number, a word among numbers, a short record."""
    good = "".join(f"g{i},{i},x,male,granted\n" for i in range(10))
    put(HEADER + good + ",5,x,male,granted\nb,5,x,male,\nc,inf,x,male,granted\nd,five,x,male,granted\ne,5\n")
    assert aside(generous(a_config)) == {
        10: "id: the id is missing",
        11: "taken: the decision taken is missing",
        12: "income: an infinite number",
        13: "income: text in a column of numbers",
        14: "the row has another number of cells than the header",
    }


def test_missing_features_groups_and_outcomes_are_no_faults(a_config, put):
    """Nobody is set aside for an empty feature, an unknown sex or an outcome still to come."""
    put("id,income,city,sex,taken,later\na,,x,,granted,\nb,1,x,male,refused,1\n")
    config = generous(a_config, data={"observed": {"column": "later", "adverse": 1}})
    assert aside(config) == {}


def test_duplicate_ids_set_all_their_rows_aside_across_partitions(a_config, put, monkeypatch):
    """Neither of two rows with one id is believed; white space around an id makes no other id."""
    for module in (container, csv_file):
        monkeypatch.setattr(module, "PARTITION_ROWS", 4)
    ids = [f"i{i}" for i in range(12)]
    ids[9] = "i1"
    ids[5] = " i3 "
    put(HEADER + "".join(f"{name},1,x,male,granted\n" for name in ids))
    assert sorted(aside(generous(a_config))) == [1, 3, 5, 9]


def test_too_many_faults_stop_with_counts_and_rows_and_no_persons(a_config, put):
    """The message counts by cause and names row numbers, never an id or a value."""
    rows = [f"secret-{i},{'oops' if i < 3 else i},x,male,granted\n" for i in range(20)]
    put(HEADER + "".join(rows))
    with pytest.raises(DataError) as caught:
        aside(a_config())
    told = str(caught.value)
    assert "3 of 20 rows cannot be read (15.00%, at most 1.00% may be set aside)" in told
    assert "income: text in a column of numbers (3: rows 1, 2, 3)" in told
    assert told.endswith("or raise data.max_quarantined.")
    assert "secret" not in told
    assert "oops" not in told


def test_the_share_itself_is_allowed(a_config, put):
    """At most 5 % is allowed: one of twenty goes on, two do not."""
    for n_bad, stops in ((1, False), (2, True)):
        put(HEADER + "".join(f"i{i},{'oops' if i < n_bad else i},x,male,granted\n" for i in range(20)))
        config = generous(a_config, data={"max_quarantined": 0.05})
        if stops:
            with pytest.raises(DataError):
                aside(config)
        else:
            assert len(aside(config)) == 1


def test_no_row_left_is_refused_however_generous(a_config, put):
    """An audit of nobody does not pass."""
    put(HEADER + "a,1,x,male,\n")
    with pytest.raises(DataError, match="1 of 1 rows"):
        aside(generous(a_config, data={"max_quarantined": 1.0}))


def test_actions_that_the_config_does_not_know(a_config, put):
    """A word without a meaning is a fault; who withdrew needs no decision."""
    put(
        "id,income,city,sex,taken,act\na,1,x,male,refused,D\nb,1,x,male,,W\nc,1,x,male,granted,Z\nd,1,x,male,granted,\n"
    )
    config = generous(
        a_config,
        record={"action": {"column": "act", "values": {"A": "approved", "D": "denied", "W": "withdrawn"}}},
    )
    assert aside(config) == {
        2: "record.action: an action that the config does not know",
        3: "record.action: the action is missing",
    }


def test_scores_and_cutoffs_in_columns_must_be_numbers(a_config, put):
    """A score or a cutoff that is missing or no number decides nothing."""
    put("id,sex,s,c\na,male,0.5,0.4\nb,male,,0.4\nc,male,0.5,low\nd,male,0.1,0.4\n")
    config = a_config(
        data={"path": "data.csv", "id": "id", "max_quarantined": 0.9},
        model={"scores": "s"},
        decision={"adverse": "high", "cutoff": {"column": "c"}},
    )
    assert aside(config) == {1: "s: the score is missing", 2: "c: the cutoff is not a finite number"}


def test_a_product_without_a_cutoff(a_config, put):
    """A value that `by` does not list has no cutoff."""
    put("id,sex,s,product\na,male,0.5,card\nb,male,0.5,loan\n")
    config = a_config(
        data={"path": "data.csv", "id": "id", "max_quarantined": 0.9},
        model={"scores": "s"},
        decision={"adverse": "high", "cutoff": {"by": "product", "values": {"card": 0.4}}},
    )
    assert aside(config) == {1: "product: no cutoff is stated for its value"}


def test_stages_are_four(a_config, put):
    """A stage that nobody defined is a fault."""
    put(
        "id,income,city,sex,taken,by\na,1,x,male,refused,rule\nb,1,x,male,refused,magic\nc,1,x,male,granted,score\n"
    )
    decision = {"taken": {"column": "taken", "adverse": "refused"}, "stage": {"column": "by"}}
    assert aside(generous(a_config, decision=decision)) == {
        1: "by: a stage other than rule, score, judgmental, gray_band"
    }
