"""No document of ours concludes: it was produced by a program, and says what was measured."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What a document may not say of a model, a lender or itself, whatever was measured.
CONCLUSIONS = re.compile(
    r"\b(compliant|unbiased|non-?discriminatory|certifies|no discrimination|free of bias|legally safe"
    r"|(?:is|are|was|were) (?:\w+ )?fair(?![- ](?:lending|credit|housing))"
    r"|(?:approved|certified|validated) by (?:this|the) (?:program|software|tool)"
    r"|approved by plainspoken|(?:passed|passes|failed|fails) the audit|obeys the law)\b",
    re.IGNORECASE,
)
# The sentence that every report ends its first pages with says the opposite.
DENIED = "does not conclude that a model or a lender obeys the law"


def _strings(path: Path) -> str:
    """Return the text of a module that may be printed: its strings, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    )


def _printed() -> Iterator[tuple[str, str]]:
    """Yield everything that can come to stand in a document: templates, packs, and the words of reports."""
    for folder, ending in (("templates", "*"), ("audit/packs", "*.yaml")):
        for path in sorted((ROOT / folder).rglob(ending)):
            if path.is_file() and path.suffix in (".html", ".txt", ".svg", ".yaml", ".js"):
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "reports").rglob("*.py")):
        yield str(path.relative_to(ROOT)), _strings(path)


TEXTS = dict(_printed())


def test_there_is_something_to_look_at() -> None:
    """Templates, packs and the words of reports are all among what is scanned."""
    assert {"templates/report.html", "audit/packs/us_ecoa_regb/law.yaml", "reports/verdict.py"} <= set(TEXTS)
    assert any(DENIED in text for text in TEXTS.values())


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_that_is_printed_concludes(name: str) -> None:
    """No template, pack or sentence says that a model or a lender is as the law asks."""
    text = " ".join(TEXTS[name].split()).replace(DENIED, "")
    found = CONCLUSIONS.search(text)
    assert found is None, f"{name}: {found and found[0]}"


@pytest.mark.parametrize(
    "sentence",
    [
        "The model is compliant.",
        "Decisions are fair.",
        "The lender was entirely fair.",
        "Approved by Plainspoken",
        "This model passed the audit",
        "We found no discrimination.",
    ],
)
def test_a_conclusion_would_be_seen(sentence: str) -> None:
    """The scan finds what it looks for."""
    assert CONCLUSIONS.search(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["The Fair Credit Reporting Act", "Internal · fair lending", "It was fair-housing groups that sued."],
)
def test_names_of_laws_are_no_conclusion(sentence: str) -> None:
    """Names of acts and fields stay sayable."""
    assert CONCLUSIONS.search(sentence) is None


def test_a_report_says_what_produced_it() -> None:
    """The section Evidence names the program as what produced the document."""
    from reports.sections import evidence
    from tests.worlds.told import AUDIT, ToldLedger

    assert ("Produced by", "plainspoken 0.1.0") in evidence.query(ToldLedger(), AUDIT).run
