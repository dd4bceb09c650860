"""Evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from audit.record import Evidence
from reports.sections import evidence
from tests.worlds.sealed import seal_small_audit
from tests.worlds.told import AUDIT, ToldLedger, audit


def test_evidence_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("evidence")


def test_digests_are_whole() -> None:
    """Groups of 16 are set apart by space, not by a blank, so that a copied digest is whole."""
    page = evidence.query(ToldLedger(), AUDIT)
    assert "".join(page.audit_groups) == AUDIT
    assert all(len("".join(row.groups)) == 64 for row in page.digests)


def test_the_checkpoint_is_printed_line_by_line(tmp_path: Path) -> None:
    """The note of a real seal can be typed back: every line stands there, the empty one too."""
    ledger, name = seal_small_audit(tmp_path)
    with ledger:
        page = evidence.query(ledger, name)
        assert "\n".join(page.checkpoint) == ledger.find(name).checkpoint.rstrip("\n")
        assert {"Findings", "Figures", "Rates"} <= {row.what for row in page.digests}
        assert "stand in results.json" in page.parts


def test_partitions_are_counted_not_listed() -> None:
    """A large audit has thousands of digests; the page says how many the file holds."""
    told = ToldLedger()
    parts = tuple(Evidence(f"part {i}: decisions", "ab" * 32, i + 2) for i in range(400))
    told.evidence = lambda _: (Evidence("model", "3f" * 32, 1), *parts)  # type: ignore[method-assign]
    page = evidence.query(told, AUDIT)
    assert [row.what for row in page.digests] == ["Model"]
    assert page.parts.startswith("400 more digests, of the head and of 400 partitions")


def test_an_open_audit_claims_nothing() -> None:
    """Without a checkpoint the title does not say that anything is sealed."""
    page = evidence.query(ToldLedger(the_audit=replace(audit(), checkpoint="")), AUDIT)
    assert evidence.title(page) == "This audit is not sealed yet; nothing here can be checked"
