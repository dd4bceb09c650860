"""One reader for all sources: the same rows have the same types and the same digest."""

from __future__ import annotations

import pickle
import random

import numpy as np
import polars as pl
import pytest

from audit.data import container, csv_file
from audit.data.dataset import open_source
from audit.errors import ConfigError, DataError

HEADER = "id,income,city,sex,taken\n"
THREE = HEADER + "a,10,Oslo,male,refused\nb,,,,granted\nc,30.5,Bergen,female,granted\n"


def only(source):
    (plan,) = source.plan()
    return source.read(plan)


def test_numbers_and_words_are_told_apart(a_config, put):
    """A column of numbers is float with NaN where missing; words are words, empty where missing."""
    put(THREE)
    features = only(open_source(a_config())).features()
    assert features["income"].dtype == np.float64
    np.testing.assert_array_equal(features["income"], [10.0, np.nan, 30.5])
    assert features["city"].tolist() == ["Oslo", "", "Bergen"]


def test_the_digest_is_of_the_content_and_not_of_what_holds_it(a_config, put, tmp_path):
    """CSV, gzip, Parquet, a frame and any order of columns have one digest."""
    put(THREE)
    put(THREE, "data.csv.gz")
    frame = pl.DataFrame(
        {"sex": ["male", None, "female"], "id": ["a", "b", "c"], "income": [10.0, None, 30.5],
         "taken": ["refused", "granted", "granted"], "city": ["Oslo", None, "Bergen"]}
    )  # fmt: skip
    frame.write_parquet(tmp_path / "data.parquet")
    data = {"id": "id", "features": ["income", "city"]}
    sources = [
        open_source(a_config(data={"path": name, **data}))
        for name in ("data.csv", "data.csv.gz", "data.parquet")
    ]
    sources.append(open_source(a_config(), frame=frame))
    assert len({source.digest for source in sources}) == 1
    reads = [only(source).frame.select("id", "income", "city", "sex", "taken") for source in sources]
    assert all(read.equals(reads[0]) for read in reads)


def test_partitions_change_neither_digest_nor_rows(a_config, put, monkeypatch):
    """The size of the partitions has no say in what was read."""
    draw = random.Random(1)
    put(HEADER + "".join(f"{i},{draw.random()},x{i % 3},male,granted\n" for i in range(50)))
    whole = open_source(a_config())
    rows = only(whole).frame
    for module in (container, csv_file):
        monkeypatch.setattr(module, "PARTITION_ROWS", 7)
    cut = open_source(a_config())
    assert len(cut.plan()) == 8
    assert cut.digest == whole.digest
    assert pl.concat([cut.read(plan).frame for plan in cut.plan()]).equals(rows)
    assert [plan.start for plan in cut.plan()] == list(range(0, 50, 7))


@pytest.mark.parametrize(
    ("old", "new"), [("a,10", "a,11"), ("Oslo", "Oslo "), ("c,30.5", "b2,30.5"), ("b,,,", "b,,,male")]
)
def test_the_digest_moves_with_any_cell(a_config, put, old, new):
    """A changed number, word, id or group is another content."""
    put(THREE)
    before = open_source(a_config()).digest
    put(THREE.replace(old, new))
    assert open_source(a_config()).digest != before


def test_the_digest_moves_with_the_order_of_rows(a_config, put):
    """Two rows that change places are another content."""
    put(THREE)
    before = open_source(a_config()).digest
    lines = THREE.splitlines(keepends=True)
    put("".join([lines[0], lines[2], lines[1], lines[3]]))
    assert open_source(a_config()).digest != before


def test_a_partition_that_changed_after_the_plan_is_refused(a_config, put):
    """What is scored is what was digested."""
    put(THREE)
    source = open_source(a_config())
    (plan,) = source.plan()
    put(THREE.replace("30.5", "99.9"))
    with pytest.raises(DataError, match="rows 1 to 3 changed since the run began"):
        source.read(plan)


def test_a_source_is_read_elsewhere_as_it_is_here(a_config, put):
    """A worker gets the planned source by pickle and reads the same rows."""
    put(THREE)
    source = open_source(a_config())
    here = only(source)
    there = only(pickle.loads(pickle.dumps(source)))
    assert there.frame.equals(here.frame)
    assert there.keys() == here.keys()


def test_a_column_with_some_text_among_numbers_is_told_and_not_taken_for_words(a_config, put):
    """One word in twenty numbers is a row's fault; the column stays a column of numbers."""
    rows = [f"{i},{'n/a' if i == 7 else i},x,male,granted\n" for i in range(20)]
    put(HEADER + "".join(rows))
    config = a_config(data={"path": "data.csv", "id": "id", "features": ["income"], "max_quarantined": 0.05})
    batch = only(open_source(config))
    assert [(one.row, one.cause) for one in batch.quarantined] == [(7, "income: text in a column of numbers")]
    assert batch.rows.tolist() == [i for i in range(20) if i != 7]
    assert batch.features()["income"].dtype == np.float64


def test_what_the_model_wants_decides(a_config, put):
    """Codes that look like numbers are words where the model says so."""
    put(HEADER + "a,10,007,male,granted\nb,20,3,male,granted\n")
    guessed = only(open_source(a_config())).features()["city"]
    stated = only(open_source(a_config(), kinds={"city": "text"})).features()["city"]
    assert guessed.tolist() == [7.0, 3.0]
    assert stated.tolist() == ["007", "3"]


def test_a_column_of_true_and_false_is_one_of_numbers(a_config, put):
    """true is 1 and false is 0; yes and no stay words."""
    put(HEADER + "a,true,yes,male,granted\nb,FALSE,no,male,granted\nc,,yes,male,granted\n")
    features = only(open_source(a_config())).features()
    np.testing.assert_array_equal(features["income"], [1.0, 0.0, np.nan])
    assert features["city"].tolist() == ["yes", "no", "yes"]


def test_absent_columns_are_told_all_at_once(a_config, put):
    """Each is named with its place in the config and the columns that are there."""
    put("id,income\n1,2\n")
    with pytest.raises(ConfigError) as caught:
        open_source(a_config())
    told = str(caught.value)
    for place, column in (
        ("data.features", "city"),
        ("protected.sex.column", "sex"),
        ("decision.taken", "taken"),
    ):
        assert place in told
        assert f"no column '{column}' in data.csv (columns: id, income)" in told


def test_an_absent_file_is_told(a_config):
    """The message names file and folder."""
    with pytest.raises(ConfigError, match=r"data\.path: there is no file data\.csv in"):
        open_source(a_config())


def test_no_rows_is_refused(a_config, put):
    """A header alone is not an audit without findings."""
    put(HEADER)
    with pytest.raises(DataError, match="it holds no rows"):
        open_source(a_config()).plan()


def test_keys_follow_the_row_and_not_its_place(a_config, put):
    """The same rows in another order have the same keys."""
    put(THREE)
    first = only(open_source(a_config())).keys()
    lines = THREE.splitlines(keepends=True)
    put("".join([lines[0], lines[3], lines[1], lines[2]]))
    second = only(open_source(a_config())).keys()
    assert len(set(first)) == 3
    assert second == (first[2], first[0], first[1])


def test_the_inspection_says_what_the_data_hold(a_config, put):
    """Groups, missing cells and rows, for checks before any work."""
    put(THREE)
    source = open_source(a_config())
    source.plan()
    seen = source.inspection()
    assert seen.n_rows == 3
    assert seen.groups == {"sex": {"male": 1, "unknown": 1, "female": 1}}
    assert seen.missing == {"income": 1, "city": 1}
