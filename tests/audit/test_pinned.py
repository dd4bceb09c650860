"""Tests of pinned references: what is written is read back, and what does not fit is refused."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from audit import prepare
from audit.errors import ConfigError, LedgerError
from audit.ledger import Ledger
from audit.pinned import columns_of, written
from audit.record import Reference
from tests.worlds.desk import Desk

ROWS = [
    {"income": 60.5, "utilisation": 0.25, "late_payments": 1.0, "years_at_address": None},
    {"income": 61.5, "utilisation": 0.1, "late_payments": 0.0, "years_at_address": 3.0},
]
KINDS = dict.fromkeys(ROWS[0], "number")


def test_bytes_depend_on_content_alone() -> None:
    """The same rows give the same bytes whatever the order of their keys; the order of rows counts."""
    reference = Reference("near_cutoff", "d" * 64, 2, 9, 0.4, 0.3, 0.2, 0.39)
    turned = [dict(reversed(row.items())) for row in ROWS]
    assert written(reference, ROWS, "m") == written(reference, turned, "m")
    assert written(reference, ROWS, "m") != written(reference, ROWS[::-1], "m")
    assert json.loads(written(reference, ROWS, "m")) == {
        "kind": "near_cutoff",
        "model": "m",
        "cutoff": 0.4,
        "rows": ROWS,
    }


def _ready(fresh) -> prepare.Ready:
    return prepare.prepare(fresh("even").config)


def test_rows_become_columns_of_their_kind(fresh) -> None:
    """Missing numbers are NaN, missing words empty; a column of gaps keeps its kind."""
    config = _ready(fresh).config
    rows = [{"a": None, "b": None, "c": "x"}, {"a": None, "b": None, "c": None}]
    found = columns_of(config, rows, {"a": "number", "b": "text", "c": "text"})
    assert np.isnan(found["a"]).all()
    assert found["a"].dtype == np.float64
    assert found["b"].tolist() == ["", ""]
    assert found["c"].tolist() == ["x", ""]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"income": "much"}], "'income' is number in the data"),
        ([{"incomes": 1.0}], "does not hold the feature 'income'"),
    ],
)
def test_what_the_model_cannot_read_is_refused(fresh, rows, told: str) -> None:
    """Never filled up in silence: the reasons would be others."""
    with pytest.raises(ConfigError, match=told):
        columns_of(_ready(fresh).config, rows, {"income": "number"})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"rows": []}',
        b'{"rows": {}, "cutoff": 0.4, "model": "m"}',
        b'{"rows": [{"income": NaN}], "cutoff": 0.4, "model": "m"}',
        b'{"rows": [{"income": [1]}], "cutoff": 0.4, "model": "m"}',
        b'{"rows": [{"income": true}], "cutoff": 0.4, "model": "m"}',
        b'{"rows": [], "cutoff": "high", "model": "m"}',
    ],
)
def test_a_file_that_is_no_reference_is_refused(fresh, content: bytes) -> None:
    """One sentence with the config's line; what is in the file is not repeated."""
    desk = Desk(fresh("even").folder)
    (desk.folder / "pin.json").write_bytes(content)
    desk.set(
        explain__reference={"pinned": {"from": "pin.json", "sha256": hashlib.sha256(content).hexdigest()}}
    )
    with pytest.raises(ConfigError, match=r"pinned\.from: pin\.json is no reference file\. Write one"):
        prepare.prepare(desk.config)


def test_an_empty_reference_is_inconclusive(fresh) -> None:
    """Without applicants every notice is held, with the number that is needed."""
    import audit

    desk = Desk(fresh("even").folder)
    digest = hashlib.sha256((desk.folder / "model.py").read_bytes()).hexdigest()
    content = json.dumps({"rows": [], "cutoff": 0.4, "model": digest}).encode()
    (desk.folder / "pin.json").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    desk.set(explain__reference={"pinned": {"from": "pin.json", "sha256": sha256}, "min_rows": 20})
    result = audit.run(desk.config)
    assert result.audit.counts["held"] == result.audit.counts["adverse"] > 0
    (entry,) = result.figures["reference"].body["references"]
    assert entry["cause"] == "only 0 applicants, 20 are needed"


def test_a_reference_of_an_audit_needs_its_key(audited, tmp_path) -> None:
    """Its applicants' inputs are locked; without the key file the run says so before work."""
    found = audited("even")
    (digest,) = found.references
    desk = Desk.copy(found.world.folder, tmp_path / "own")
    pinned = {"from": found.result.audit.audit, "sha256": digest}
    desk.set(explain__reference={"pinned": pinned, "min_rows": 20})
    ready = prepare.prepare(desk.config)
    assert ready.pinned is not None
    assert (ready.pinned.reference.kind, ready.pinned.reference.digest) == ("pinned", digest)
    desk.set(explain__reference__pinned__sha256="3" * 64)
    with pytest.raises(ConfigError, match=rf"has no reference 3333.* \(it has {digest}\)\. Pin one"):
        prepare.prepare(desk.config)
    desk.set(explain__reference__pinned__sha256=digest)
    (desk.folder / "ledger.key").unlink()
    with pytest.raises(LedgerError, match="key file is absent"):
        prepare.prepare(desk.config)
    with Ledger.open(f"sqlite:///{desk.folder / 'ledger.db'}") as ledger:
        assert len(ledger.audits()) == 1
