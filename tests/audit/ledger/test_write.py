"""Writing: what is read is what was written; a retry changes nothing; parts stand or fall whole."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.errors import BusyError, EvidenceError, FencedError, LedgerError
from audit.ledger import AttributionBlock, Ledger, tables, verify
from audit.ledger import case as cases_
from audit.ledger.database import reading, writing
from tests.worlds.sealed import SmallAudit, small_audit, write_audit


@pytest.fixture(scope="module")
def small() -> SmallAudit:
    """The audit before it is written."""
    return small_audit()


@pytest.fixture
def fresh(tmp_path: Path) -> Ledger:
    """A new ledger without audits."""
    return Ledger.open(str(tmp_path / "ledger.db"), create=True)


def log_bodies(ledger: Ledger) -> list[str]:
    """Return the bodies of the audit's own log entries."""
    with reading(ledger.engine) as connection:
        table = tables.log_entries
        query = sa.select(table.c.body).where(table.c.position > 0).order_by(table.c.position)
        return list(connection.scalars(query))


def test_what_is_read_is_what_was_written(fresh: Ledger, small: SmallAudit) -> None:
    """Every record comes back equal; decisions under their pseudonyms."""
    audit = write_audit(fresh, small)
    head, seal = small.head, small.seal
    assert audit == replace(
        head,
        state="sealed",
        sealed_at=seal["sealed_at"],
        exit_code=seal["exit_code"],
        counts=seal["counts"],
        timings=seal["timings"],
        checkpoint=audit.checkpoint,
    )
    assert fresh.rates(audit) == seal["rates"]
    assert fresh.disparities(audit) == seal["disparities"]
    assert fresh.findings(audit) == seal["findings"]
    assert fresh.requirements(audit) == seal["policy"].requirements
    assert fresh.statements(audit) == seal["policy"].statements
    assert fresh.packs(audit) == seal["policy"].packs
    assert fresh.codes(audit) == seal["codes"]
    assert fresh.references(audit) == seal["references"]
    assert tuple(fresh.figures(audit).values()) == seal["figures"]
    for read, written in zip(fresh.decisions(audit), small.decisions, strict=True):
        persons = tuple(replace(p, person=fresh.pseudonym("person", p.person)) for p in written.persons)
        assert read == replace(
            written, decision=fresh.pseudonym("decision", written.decision), persons=persons
        )


def test_cases_come_back_with_the_key(fresh: Ledger, small: SmallAudit) -> None:
    """The case file of each decision, the joint applicant's score too, is equal to what was locked."""
    audit = write_audit(fresh, small)
    for decision, case in zip(small.decisions, small.cases, strict=True):
        assert fresh.case(audit, decision.decision) == case
        assert fresh.people(audit, decision.decision) == decision.persons


def test_cells_of_a_part_are_those_of_each_decision(small: SmallAudit) -> None:
    """Made for all at once or one by one, with a case file or without: the same cells in the same order."""
    met = set()
    for one in small.parts:
        files = {file.decision: file for file in one["cases"]}
        for given in (files, {}):
            in_order = [given.get(decision.decision) for decision in one["decisions"]]
            people = [cases_.persons_of(decision) for decision in one["decisions"]]
            singly = map(cases_.cells, one["decisions"], people, in_order)
            assert cases_.cells_of_all(one["decisions"], people, in_order) == [
                c for few in singly for c in few
            ]
            met |= {(len(who), file is None) for who, file in zip(people, in_order, strict=True)}
    assert {(1, False), (1, True), (2, False)} <= met


def test_attributions_come_back_as_float32(fresh: Ledger, small: SmallAudit) -> None:
    """Every method's contributions, errors and residuals stand by factor; where there are none, nothing."""
    audit = write_audit(fresh, small)
    block: AttributionBlock = small.parts[0]["attributions"]["shapley"]
    decision = small.decisions[0].decision
    found = fresh.attributions(audit, decision)
    values = dict(zip(block.factors, block.values[0], strict=True))  # type: ignore[index]
    assert {f: v for f, (v, _) in found["shapley"].items()} == pytest.approx(values, rel=1e-6)
    assert {error for _, error in found["shapley"].values()} == {None}
    assert found["lime"]["income"][1] == pytest.approx(0.01)
    assert fresh.residuals(audit, decision) == {"shapley": small.decisions[0].residual}
    incomplete = next(d for d in small.decisions if d.outcome == "none")
    assert fresh.attributions(audit, incomplete.decision) == {}


def test_reference_rows_are_the_inputs_of_the_reference(fresh: Ledger, small: SmallAudit) -> None:
    """A reference can be pinned from the ledger: its applicants' inputs, in its order."""
    audit = write_audit(fresh, small)
    (reference,) = small.seal["references"]
    inputs = {(d.seq, d.row): c.inputs for d, c in zip(small.decisions, small.cases, strict=True)}
    assert fresh.reference_rows(audit, reference.digest) == tuple(inputs[at] for at in reference.rows)


def test_groups_come_back_part_by_part(fresh: Ledger, small: SmallAudit) -> None:
    """Protected groups can be counted again."""
    audit = write_audit(fresh, small)
    assert dict(fresh.groups(audit)) == {part["seq"]: part["groups"] for part in small.parts}


def test_a_sealed_audit_answers_existing(fresh: Ledger, small: SmallAudit) -> None:
    """A second run of the same audit writes nothing and gets the first one's result."""
    first = write_audit(fresh, small)
    before = log_bodies(fresh)
    writer = fresh.begin(replace(small.head, opened_at=None))
    assert writer.existing
    assert writer.audit == first == writer.seal(**small.seal)
    assert log_bodies(fresh) == before
    with pytest.raises(LedgerError, match="sealed"):
        writer.partition(**small.parts[0])


def test_an_interrupted_audit_goes_on_and_leaves_the_same_log(tmp_path: Path, small: SmallAudit) -> None:
    """Killed after the first part and run again, the log holds the same bodies as without the kill."""
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole = Ledger.open(str(tmp_path / "whole" / "ledger.db"), create=True)
    write_audit(whole, small)
    # The same keys, so that locked bytes can be compared.
    cut_url = str(tmp_path / "cut" / "ledger.db")
    for name in ("ledger.key", "ledger.sign"):
        (tmp_path / "cut" / name).write_bytes((tmp_path / "whole" / name).read_bytes())
    script = f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from audit.ledger import Ledger
        from tests.worlds.sealed import small_audit
        small = small_audit()
        ledger = Ledger.open({cut_url!r}, create=True)
        writer = ledger.begin(small.head)
        writer.partition(**small.parts[0])
        os.kill(os.getpid(), 9)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert killed.returncode == -9
    cut = Ledger.open(cut_url)
    writer = cut.begin(small.head)
    assert not writer.existing
    assert writer.committed == {0}
    assert writer.partition(**small.parts[0]) is False
    assert writer.partition(**small.parts[1]) is True
    writer.seal(**small.seal)
    assert verify(cut).ok
    assert len(log_bodies(cut)) == len(log_bodies(whole)) == 4
    # Each person's key is random, so ciphertext differs between two ledgers; all else is equal.
    assert shape_of(cut) == shape_of(whole)


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, small: SmallAudit) -> None:
    """Kill -9 at ten random moments of writing: whole parts only, and the last run seals the audit."""
    url = str(tmp_path / "ledger.db")
    script = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from audit.ledger import Ledger
        from tests.worlds.sealed import small_audit
        small = small_audit()
        ledger = Ledger.open({url!r}, create=True)
        print("ready", flush=True)
        writer = ledger.begin(small.head)
        for part in small.parts:
            writer.partition(**part)
        writer.seal(**small.seal)
        print("sealed", flush=True)
    """
    draw = random.Random(1)
    for _ in range(10):
        run = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        time.sleep(draw.uniform(0.0, 0.12))
        run.kill()
        run.communicate()
        with Ledger.open(url) as left:
            assert verify(left).ok
    with Ledger.open(url) as ledger:
        audit = write_audit(ledger, small)
        assert verify(ledger).ok
        assert len(list(ledger.decisions(audit))) == len(small.decisions)
        assert len(log_bodies(ledger)) == 4


def shape_of(ledger: Ledger) -> list[str]:
    """Return what the log says of everything that is not locked."""
    import json

    out = []
    for body in map(json.loads, log_bodies(ledger)):
        for locked in ("locked_fields", "partitions", "persons"):
            body["rows"].pop(locked, None)
        body.pop("root", None)
        body.get("contents", {}).pop("inputs/", None)
        out.append(json.dumps(body, sort_keys=True))
    return out


def test_a_part_with_other_content_is_refused(fresh: Ledger, small: SmallAudit) -> None:
    """The same part with one score changed, or one value, is not the part that was committed."""
    writer = fresh.begin(small.head)
    part = small.parts[0]
    writer.partition(**part)
    decisions = [replace(part["decisions"][0], score=0.123), *part["decisions"][1:]]
    with pytest.raises(EvidenceError, match="other content"):
        writer.partition(**{**part, "decisions": decisions})
    block = part["attributions"]["shapley"]
    values = [list(row) for row in block.values]
    values[3][1] += 1e-3
    changed = {**part["attributions"], "shapley": replace(block, values=values)}
    with pytest.raises(EvidenceError, match="other content"):
        writer.partition(**{**part, "attributions": changed})
    cases = [replace(part["cases"][0], record={"product": "another"}), *part["cases"][1:]]
    with pytest.raises(EvidenceError, match="other content"):
        writer.partition(**{**part, "cases": cases})
    assert writer.partition(**part) is False


def test_parts_are_committed_in_order(fresh: Ledger, small: SmallAudit) -> None:
    """The second part cannot come first, so that the log reads as the data do."""
    writer = fresh.begin(small.head)
    with pytest.raises(LedgerError, match="expected part 0"):
        writer.partition(**small.parts[1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"score": float("nan")}, "decisions: row 0: nan"),
        ({"cutoff": float("inf")}, "decisions: row 0: inf"),
    ],
)
def test_what_is_no_number_is_not_sealed(
    fresh: Ledger, small: SmallAudit, change: dict[str, float], words: str
) -> None:
    """A NaN or infinite score is refused with its place, and nothing of the part is written."""
    writer = fresh.begin(small.head)
    part = small.parts[0]
    decisions = [replace(part["decisions"][0], **change), *part["decisions"][1:]]  # type: ignore[arg-type]
    with pytest.raises(LedgerError, match=words):
        writer.partition(**{**part, "decisions": decisions})
    assert writer.committed == frozenset()
    with reading(fresh.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.person_keys)) == 0


def test_attributions_that_do_not_fit_are_refused(fresh: Ledger, small: SmallAudit) -> None:
    """A NaN, a wrong shape, or a row beyond the part is refused with its place."""
    writer = fresh.begin(small.head)
    part = small.parts[0]
    for block, words in (
        (AttributionBlock(("a",), [0], [[float("nan")]]), "NaN"),
        (AttributionBlock(("a", "b"), [0], [[1.0]]), "shape"),
        (AttributionBlock(("a",), [99], [[1.0]]), "positions"),
        (AttributionBlock(("a",), [1, 1], [[1.0], [1.0]]), "positions"),
    ):
        with pytest.raises(LedgerError, match=words):
            writer.partition(**{**part, "attributions": {"shapley": block}})


def test_a_second_run_of_an_audit_is_busy_or_fenced(fresh: Ledger, small: SmallAudit) -> None:
    """While a living process holds the audit another is sent away; a later holder fences the earlier."""
    writer = fresh.begin(small.head)
    holder = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with writing(fresh.engine) as connection:
            name = f"{socket.gethostname()}:{holder.pid}"
            connection.execute(tables.leases.update().values(owner=name))
        with pytest.raises(BusyError, match="at work on it"):
            fresh.begin(small.head)
    finally:
        holder.communicate(b"\n")
    assert os.getpid() != holder.pid
    successor = fresh.begin(small.head)  # its holder is gone
    with pytest.raises(FencedError, match="took it over"):
        writer.partition(**small.parts[0])
    with pytest.raises(FencedError, match="took it over"):
        writer.seal(**small.seal)
    assert successor.partition(**small.parts[0]) is True


def test_two_audits_share_their_persons_and_nothing_else(fresh: Ledger, small: SmallAudit) -> None:
    """The same applicants in another audit keep their pseudonyms and keys; both audits verify."""
    one, two = write_audit(fresh, small), write_audit(fresh, small_audit("Another portfolio"))
    assert one.audit != two.audit
    first, second = (next(iter(fresh.decisions(audit))) for audit in (one, two))
    assert first.persons == second.persons
    assert fresh.case(one, first) == fresh.case(two, second)
    with reading(fresh.engine) as connection:
        counted = connection.scalar(sa.select(sa.func.count()).select_from(tables.persons))
    assert counted == 72
    assert verify(fresh).ok
    assert [audit.audit for audit in fresh.audits()] == [one.audit, two.audit]
