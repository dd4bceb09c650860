"""Tests of labels that are coded the other way round, and of those that are merely unusual."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.check.coding import CodingSeen, coding_faults
from audit.config import load_config
from tests.worlds import even_lender


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory):
    """The config of a small lender, with a decision taken."""
    import json

    path: Path = even_lender.build(tmp_path_factory.mktemp("even"), n_profiles=2).config
    whole = json.loads(path.read_text())
    whole["decision"]["taken"] = {"column": "granted", "adverse": "no"}
    path.write_text(json.dumps(whole, indent=1))
    return load_config(path)


@pytest.mark.parametrize(
    ("seen", "places"),
    [
        (CodingSeen(), []),
        (CodingSeen(100, 80), []),
        (CodingSeen(100, 81), ["decision.taken"]),
        (CodingSeen(29, 29), []),
        (CodingSeen(auc=0.5, auc_high=0.55), []),
        (CodingSeen(auc=0.42, auc_high=0.46), []),
        (CodingSeen(auc=0.41, auc_high=0.45), ["decision.adverse"]),
        (CodingSeen(auc=0.2, auc_high=0.9), []),
        (CodingSeen(auc=0.1, auc_high=None), []),
        (CodingSeen(50, 50, 0.1, 0.12), ["decision.taken", "decision.adverse"]),
    ],
)
def test_only_what_rows_contradict_almost_everywhere_is_refused(config, seen: CodingSeen, places) -> None:
    """Overrides, weak models and small numbers are a lender's own affair."""
    faults = list(coding_faults(config, seen))
    assert [fault.place for fault in faults] == places
    assert all(fault.line for fault in faults)
