"""Tests of the worker seam: the same values inline, pickled, and in a process of its own."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from audit import barrier, prepare, worker
from audit.host.local import LocalHost
from tests.worlds.desk import Desk


def same(one, other) -> bool:
    """Whether two explained partitions are equal, contributions to the bit."""
    return (
        one.decisions == other.decisions
        and one.cases == other.cases
        and one.causes == other.causes
        and one.blocks.keys() == other.blocks.keys()
        and all(
            one.blocks[name].rows == other.blocks[name].rows
            and np.array_equal(one.blocks[name].attributions.values, other.blocks[name].attributions.values)
            for name in one.blocks
        )
    )


@pytest.fixture
def ready(fresh, monkeypatch):
    """An audit in three partitions, ready to be scored."""
    monkeypatch.setattr("audit.data.csv_file.PARTITION_ROWS", 128)
    with prepare.prepare(fresh("tiny").config) as found:
        yield found


def silent(*_: object) -> None:
    """Tell nobody."""


def test_partitions_are_the_same_in_a_process_of_their_own(ready) -> None:
    """What a spawned process returns is what the driver would have computed itself."""
    plans = ready.job.source.plan()
    assert len(plans) == 3
    inline = prepare.score(ready, silent)
    chosen = barrier.choose(ready, inline)
    explained = list(prepare.explain(inline, chosen, ready.host, silent))
    host = LocalHost(ready.host._order)  # not opened yet, so it can be handed over
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawned) as pool:
        scored = [pool.submit(worker.score_partition, ready.job, plan, host).result() for plan in plans]
        for one, other in zip(inline, scored, strict=True):
            assert one.decisions == other.decisions
            assert one.keys == other.keys
            assert {name: of.tolist() for name, of in one.groups.items()} == {
                name: of.tolist() for name, of in other.groups.items()
            }
        for part, before in zip(scored, explained, strict=True):
            done = pool.submit(
                worker.explain_partition,
                chosen.job,
                part,
                chosen.by_cutoff,
                chosen.selections[part.plan.seq],
                chosen.scale,
                host,
            ).result()
            assert same(before, done)


def test_a_job_holds_no_model_and_no_rows(ready) -> None:
    """What is handed to a worker is small and plain, before and after the model was opened."""
    before = len(pickle.dumps(ready.job))
    prepare.score(ready, silent)
    assert len(pickle.dumps(ready.job)) == before
    names = {
        row["application_id"] for row in ready.job.source.read(ready.job.source.plan()[0]).frame.to_dicts()
    }
    written = pickle.dumps(ready.job.source)
    assert not any(name.encode() in written for name in names)


def test_a_partition_that_changed_meanwhile_is_refused(ready) -> None:
    """Data that are written to during a run are no data to audit."""
    from audit.errors import DataError

    desk = Desk(ready.config.folder)
    desk.rows(lambda rows: [{**row, "income": "50"} for row in rows])
    with pytest.raises(DataError, match=r"changed since the run began|fewer|cannot"):
        prepare.score(ready, silent)


def test_progress_goes_forward_only(ready) -> None:
    """Over partitions and references the number of explained decisions never falls, and ends at the total."""
    told: list[tuple[int, int]] = []
    scored = prepare.score(ready, silent)
    chosen = barrier.choose(ready, scored)
    list(prepare.explain(scored, chosen, ready.host, lambda _, done, total: told.append((done, total))))
    done = [one for one, _ in told]
    assert done == sorted(done)
    assert told[-1][0] == told[-1][1] > 100


def test_every_adverse_decision_is_attributed_and_a_sample_of_the_others(ready) -> None:
    """The sample has the size asked for, is seeded, and each of it stands for as many as it should."""
    scored = prepare.score(ready, silent)
    chosen = barrier.choose(ready, scored)
    outcomes = {part.plan.seq: [one.outcome for one in part.decisions] for part in scored}
    attributed = [
        outcomes[seq][at] for seq, chosen_of in chosen.selections.items() for at in chosen_of.attributed
    ]
    everyone = [outcome for of in outcomes.values() for outcome in of]
    assert attributed.count("adverse") == everyone.count("adverse")
    assert attributed.count("favourable") == 50
    assert chosen.weight == everyone.count("favourable") / 50
    checked = [outcomes[seq][at] for seq, of in chosen.selections.items() for at in of.sample]
    assert checked == ["adverse"] * 20
    again = barrier.choose(ready, scored)
    assert again.selections == chosen.selections or all(
        again.selections[seq].attributed == of.attributed for seq, of in chosen.selections.items()
    )


def test_a_cross_check_that_cannot_be_made_is_recorded(fresh, monkeypatch) -> None:
    """A method that refuses its task leaves a cause behind, and the reasons stay."""
    import audit.explain.lime
    from audit.errors import UsageError

    def refused(*_: object, **__: object) -> None:
        raise UsageError("lime: cannot. Do without.")

    monkeypatch.setattr(audit.explain.lime, "explain", refused)
    monkeypatch.setattr("audit.host.start", LocalHost)
    ready = prepare.prepare(Desk(fresh("even").folder).set(explain__also=["lime"]).config)
    scored = prepare.score(ready, silent)
    (part,) = prepare.explain(scored, barrier.choose(ready, scored), ready.host, silent)
    assert part.causes == {"lime": "lime: cannot. Do without."}
    assert set(part.blocks) == {"shapley"}


def test_a_model_that_knows_no_mixes_is_told_so(fresh) -> None:
    """Rows can be scored, mixes cannot: the message says what was asked of the model."""
    from audit.errors import ModelError

    desk = Desk(fresh("even").folder)
    desk.text(
        "model.py",
        "return 0.15 + sum(terms(columns).values())",
        "known = columns['income'] + columns['utilisation']\n"
        "    seen = np.isin(np.round(known, 6), _known())\n"
        "    return np.where(seen, 0.15 + sum(terms(columns).values()), np.nan)",
    )
    desk.text(
        "model.py",
        "def terms(columns):",
        "def _known():\n"
        "    import csv\n"
        "    from pathlib import Path\n\n"
        "    lines = Path(__file__).with_name('known.csv').read_text().splitlines()\n"
        "    rows = csv.DictReader(lines)\n"
        "    return np.round([float(row['income']) + float(row['utilisation']) for row in rows], 6)\n\n\n"
        "def terms(columns):",
    )
    # The applications themselves are hidden from a model; a copy of its own is not.
    shutil.copy(desk.folder / "applications.csv", desk.folder / "known.csv")
    with prepare.prepare(desk.config) as ready:
        scored = prepare.score(ready, silent)
        with pytest.raises(ModelError, match=r"model: it cannot score .* mixed with another's.*NaN.*\. Let"):
            list(prepare.explain(scored, barrier.choose(ready, scored), ready.host, silent))
